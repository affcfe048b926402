"""Encrypted files of three sizes in two stores beside sops, and `status` over many files."""

import json
import os
import shutil
import subprocess

import fixtures
from measure import Command

# Values in a file, and how often it is measured; sops takes half a minute for the largest JSON file.
SIZES = {10: 10, 1000: 5, 20000: 1}
FILES = 1000
# Of the encrypted file, for the largest one: what the program itself takes would hide it in the others.
PEAK = 12


def values(number):
    """Groups of ten values, as JSON has them; one of them is there to be changed."""
    groups = {}
    for group in range(number // 10):
        groups[f"group{group}"] = {f"key{key}": f"value-{group}-{key}-abcdefghijklmnop" for key in range(10)}
    groups["group0"]["key0"] = "marker-0"
    return groups


def text(groups, store):
    if store == "json":
        return json.dumps(groups, indent=2) + "\n"
    lines = []
    for group, entries in groups.items():
        lines += [f"{group}:", *(f"  {key}: {value}" for key, value in entries.items())]
    return "\n".join(lines) + "\n"


def sizes():
    """BENCH_SIZES="10 50" tries the part out with small files."""
    chosen = os.environ.get("BENCH_SIZES")
    return {int(size): 1 for size in chosen.split()} if chosen else SIZES


def sops(bench):
    folder = bench.folder("sops")
    fixtures.rules(folder)
    for store in ("yaml", "json"):
        for size, runs in sizes().items():
            for operation, case in operations(folder, store, size).items():
                ours, theirs = (lambda number, p=program: case(p, number) for program in ("ours", "theirs"))
                samples = bench.alternate([ours, theirs], runs)
                length = os.stat(folder / f"ours-{size}.{store}").st_size
                peak = PEAK * length / 2**20 if size == max(SIZES) else None
                what = f"{operation} {size} values, {store.upper()} ({length / 1e3:.3g} kB)"
                bench.table.pair(what, f"sops {operation}", *samples, wall=0.1, peak=peak and round(peak, 1))
    status(bench, folder)


def operations(folder, store, size):
    """What to run, by operation: functions from a program and the number of the run to a command."""
    plain = folder / "plain" / f"{size}.{store}"
    plain.parent.mkdir(exist_ok=True)
    plain.write_text(text(values(size), store))
    programs = {"ours": [fixtures.plugin("secrets")], "theirs": ["sops"]}
    # To watch a process of a few milliseconds would slow it down.
    watched = {"ours": "helm-secrets"} if size == max(sizes()) else {}
    encrypted = {name: folder / f"{name}-{size}.{store}" for name in programs}
    for path in encrypted.values():
        shutil.copy(plain, path)
        subprocess.run([*programs["ours"], "encrypt", "-i", path.name], cwd=folder, check=True, capture_output=True)

    def command(name, *arguments, env=()):
        return Command([*programs[name], *map(str, arguments)], str(folder), watched.get(name), env=env)

    def edit(name, number):
        # The number of the run keeps every edit a change.
        editor = f"sed -i s/marker-[0-9]*/marker-{number + 1}/"
        return command(name, "edit", encrypted[name], env=(("EDITOR", editor),))

    return {
        "encrypt": lambda name, _: command(name, "encrypt", plain),
        "decrypt": lambda name, _: command(name, "decrypt", encrypted[name]),
        "set": lambda name, number: command(name, "set", encrypted[name], '["group0"]["key1"]', f'"set-{number}"'),
        "edit": edit,
    }


def status(bench, folder):
    """Many small files in 20 folders."""
    many = folder / "many"
    name = f"ours-{min(sizes())}.yaml"
    for number in range(FILES):
        target = many / f"app{number % 20}" / f"secrets-{number}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, target)
    command = Command([fixtures.plugin("secrets"), "status", "."], str(many), "helm-secrets")
    [median] = bench.alternate([lambda _: command], 10)
    bench.table.alone(f"status of {FILES} files", median, wall=0.3)
