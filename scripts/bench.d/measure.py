"""Runs commands in turn and says what each run took."""

import os
import statistics
import sys
import threading
import time
from dataclasses import dataclass

HERE = os.getcwd()
SAMPLING = 0.02  # seconds between two looks at a process's peak memory


@dataclass(frozen=True)
class Command:
    """One side of a comparison."""

    argv: list
    cwd: str = "."
    # The program whose own peak memory is wanted; it may be a child of the one that is started.
    watch: str | None = None
    # Exit codes that are no failure.
    codes: tuple = (0,)
    # Variables beside those of the benchmark, as pairs.
    env: tuple = ()


@dataclass(frozen=True)
class Sample:
    wall: float  # seconds
    cpu: float  # seconds, user and system, of the process and all its children
    peak: int  # KiB of memory of the watched program at its largest; 0 when none is watched


def run(command, log):
    """One run, its output appended to the file `log`."""
    # Not by a shell, whose start would count.
    os.chdir(os.path.join(HERE, command.cwd))
    environment = dict(os.environ, **dict(command.env))
    log.seek(0, os.SEEK_END)
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)]
    actions += [(os.POSIX_SPAWN_DUP2, log.fileno(), fd) for fd in (1, 2)]
    start = time.perf_counter()
    pid = os.posix_spawnp(command.argv[0], command.argv, environment, file_actions=actions)
    peak = Peak(pid, command.watch) if command.watch else None
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    largest = peak.end() if peak else 0
    code = os.waitstatus_to_exitcode(status)
    if code not in command.codes:
        log.seek(max(0, log.tell() - 4000))
        sys.exit(f"{' '.join(command.argv)[:300]}: ended with {code}\n{log.read()}")
    return Sample(wall, usage.ru_utime + usage.ru_stime, largest)


def alternate(commands, runs, log):
    """Runs each of `commands` (functions from the number of the run to a Command) `runs` times, in turn, after one
    run of each that does not count."""
    samples = [[] for _ in commands]
    for number in range(runs + 1):
        for of_one, command in zip(samples, commands):
            sample = run(command(number), log)
            if number > 0:
                of_one.append(sample)
    return [Median.of(of_one) for of_one in samples]


@dataclass(frozen=True)
class Median:
    wall: float
    cpu: float
    peak: int  # the largest
    spread: float  # of the wall times: (largest - smallest) / median

    @staticmethod
    def of(samples):
        walls = [sample.wall for sample in samples]
        middle = statistics.median(walls)
        cpu = statistics.median(sample.cpu for sample in samples)
        peak = max(sample.peak for sample in samples)
        return Median(middle, cpu, peak, (max(walls) - min(walls)) / middle)


def busy(seconds):
    """The share of all cores that other programs use."""
    def times():
        user, nice, system, idle, waiting, *rest = (int(word) for word in read("/proc/stat").split("\n")[0].split()[1:9])
        return idle + waiting, user + nice + system + idle + waiting + sum(rest)

    idle, total = times()
    time.sleep(seconds)
    idle_now, total_now = times()
    return 1 - (idle_now - idle) / (total_now - total)


class Peak:
    """Watches the high-water mark of one program's memory. The usage that wait4 reports cannot serve: it is the
    maximum over all children."""

    def __init__(self, pid, name):
        self.pid, self.name, self.largest, self.over = pid, name, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()

    def watch(self):
        found = None
        while not self.over.wait(SAMPLING if found else SAMPLING / 10):
            found = found or self.find(self.pid)
            if found:
                self.largest = max(self.largest, high_water_mark(found))

    def find(self, pid):
        if read(f"/proc/{pid}/comm").strip() == self.name:
            return pid
        threads = os.listdir(f"/proc/{pid}/task") if os.path.exists(f"/proc/{pid}/task") else []
        children = " ".join(read(f"/proc/{pid}/task/{thread}/children") for thread in threads).split()
        return next((found for child in children if (found := self.find(int(child)))), None)

    def end(self):
        self.over.set()
        self.thread.join()
        return self.largest


def high_water_mark(pid):
    lines = read(f"/proc/{pid}/status").splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:  # it has ended
        return ""
