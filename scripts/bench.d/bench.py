"""The comparisons of scripts/bench: what is run, beside what, and which ratio is the target."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import fixtures
from measure import Command, alternate, busy, run
from sops_files import sops
from table import Table

PARALLEL = 16


def start(bench):
    """Start-up and size of both programs."""
    commands = [lambda _, name=name: Command([fixtures.plugin(name), "--version"]) for name in ("secrets", "multi")]
    for name, median in zip(("secrets", "multi"), bench.alternate(commands, 20)):
        size = os.stat(fixtures.plugin(name)).st_size / 1e6
        bench.table.alone(f"`helm-{name} --version` ({size:.1f} MB)", median)


def decrypt(bench):
    folder = bench.folder("decrypt")
    fixtures.rules(folder)
    for keys in (10, 1000):
        name = f"{keys}.yaml"
        fixtures.encrypted(folder, name, fixtures.values(keys))
        # To watch a process of two milliseconds would slow it down.
        watch = "helm-secrets" if keys > 10 else None
        ours = Command([fixtures.plugin("secrets"), "decrypt", f"{folder}/{name}"], watch=watch)
        theirs = Command(["sops", "-d", f"{folder}/{name}"])
        samples = bench.alternate([lambda _, c=ours: c, lambda _, c=theirs: c], 10)
        bench.table.pair(f"decrypt {keys} keys, {keys * 6} values", "sops -d", *samples, wall=0.1)


def template(bench):
    folder = bench.folder("template")
    fixtures.rules(folder)
    fixtures.chart(folder)
    fixtures.no_plugin()
    names = [f"values-{number}.yaml" for number in range(20)]
    for name in names:
        fixtures.encrypted(folder, name, fixtures.values(10))
    flags = [part for name in names for part in ("-f", name)]
    plain = " ".join(f"-f plain/{name}" for name in names)
    ours = Command(["helm", "secrets", "template", "app1", "./app1", *flags], str(folder))
    theirs = Command(["sh", "-c", f"helm nothing && exec helm template app1 ./app1 {plain}"], str(folder))
    samples = bench.alternate([lambda _: ours, lambda _: theirs], 10)
    bench.table.pair("`helm secrets template`, 20 encrypted files", "no-op plugin + helm template, plain files",
                     *samples, wall=1.1)


def upgrade(bench):
    folder = bench.fleet()

    def ours(number):
        tag = f"image.tag=ours-{number}"
        return Command(["helm", "multi", "upgrade", "app1", "-P", str(PARALLEL), "--set", tag], str(folder), "helm-multi")

    def helmfile(number):
        argv = ["env", f"TAG=helmfile-{number}", "helmfile", "sync", "--concurrency", str(PARALLEL)]
        return Command(argv, str(folder))

    commands = [ours, lambda number: bare_helm(folder, f"bare-{number}"), helmfile]
    if bench.has_no_check_to_leave_out:
        commands.append(lambda number: bare_helm(folder, f"flag-{number}", "--disable-openapi-validation"))
    samples = bench.alternate(commands, 5, settle=2)
    what = "`helm multi upgrade`, 50 contexts"
    bench.table.pair(what, f"helm upgrade, xargs -P{PARALLEL}", samples[0], samples[1], wall=0.75, cpu=0.75, peak=20)
    bench.table.pair(what, "helmfile sync", samples[0], samples[2])
    if bench.has_no_check_to_leave_out:
        bench.table.pair(what, "helm upgrade --disable-openapi-validation", samples[0], samples[3])


def diff(bench):
    folder = bench.fleet()
    ours = Command(["helm", "multi", "diff", "app1", "-P", str(PARALLEL), "--set", "image.tag=new"], str(folder),
                   "helm-multi")
    commands = [lambda _: ours, lambda _: renders(folder)]
    if bench.has_no_check_to_leave_out:
        commands.append(lambda _: renders(folder, "--disable-openapi-validation"))
    samples = bench.alternate(commands, 5)
    what = "`helm multi diff`, 50 contexts"
    bench.table.pair(what, f"helm upgrade --dry-run=server + GET, xargs -P{PARALLEL}", samples[0], samples[1],
                     wall=1.1, peak=20)
    if bench.has_no_check_to_leave_out:
        bench.table.pair(what, "the same with --disable-openapi-validation", samples[0], samples[2])


def status(bench):
    folder = bench.fleet()
    argv = [fixtures.plugin("multi"), "status", "app1", "-P", str(PARALLEL)]
    ours = Command(argv, str(folder), "helm-multi")
    [median] = bench.alternate([lambda _: ours], 10)
    bench.table.alone("`helm multi status`, 50 contexts, without Helm's start", median, wall=0.5)


def vault(bench):
    folder = bench.folder("vault")
    fixtures.vault_paths(folder, 500)
    address = os.environ["VAULT_ADDR"]
    with proxy(address.removeprefix("http://"), delay=5) as distant:
        argv = ["env", f"VAULT_ADDR=http://{distant}", fixtures.plugin("secrets"), "vault", "resolve",
                "mapping.yaml", "--context", "prod"]
        far = Command(argv, str(folder), "helm-secrets")
        near = Command(argv[2:], str(folder), "helm-secrets")
        medians = bench.alternate([lambda _: far, lambda _: near], 10)
    bench.table.alone("`helm secrets vault resolve`, 500 paths, 10 ms round trip", medians[0], wall=0.3)
    bench.table.alone("the same without delay", medians[1])


def bare_helm(folder, tag, *flags):
    """One `helm upgrade --install` for each context, without a shell."""
    values = ["-f", "values.yaml", "-f", "plain/secrets.yaml", "--set", f"image.tag={tag}"]
    lines = folder / "arguments"
    lines.write_text("".join(
        f"-f plain/{name}.json --kube-context {cluster} -n {namespace}\n"
        for name, cluster, namespace in fixtures.CONTEXTS
    ))
    helm = ["helm", "upgrade", "--install", "app1", "./app1", *values, *flags]
    return Command(["xargs", "-a", str(lines), f"-P{PARALLEL}", "-L1", *helm], str(folder))


def renders(folder, flags=""):
    """One rendering and one GET of the deployed release for each context."""
    lines = folder / "renders"
    lines.write_text("".join(
        f"{name} {cluster} {namespace} {fixtures.credentials(cluster)}\n"
        for name, cluster, namespace in fixtures.CONTEXTS
    ))
    script = (
        "helm upgrade --install app1 ./app1 -f values.yaml -f plain/secrets.yaml -f plain/$1.json --set image.tag=new "
        f"--dry-run=server {flags} --kube-context $2 -n $3 && exec curl -sSf --cert $4/crt --key $4/key --cacert $4/ca "
        '"$5/api/v1/namespaces/$3/secrets?labelSelector=owner=helm,name=app1,status=deployed"'
    )
    return Command(["xargs", "-a", str(lines), f"-P{PARALLEL}", "-L1", "sh", "-ec", script, "sh"], str(folder))


@contextmanager
def proxy(target, delay):
    """An address that leads to `target`, `delay` milliseconds away in each direction."""
    argv = [os.environ["TESTENV"], "proxy", target, "--delay", str(delay)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        yield running.stdout.readline().strip()
        running.stdin.close()


class Bench:
    def __init__(self, work, runs):
        self.work, self.runs, self.table = Path(work), runs, Table()
        self.log = tempfile.TemporaryFile("w+", dir=work, errors="replace")
        self.prepared = None
        version = subprocess.run(["helm", "version", "--short"], check=True, capture_output=True, text=True).stdout
        self.helm = version.strip()
        # Helm 4 applies on the server, which refuses unknown fields itself.
        self.has_no_check_to_leave_out = self.helm.startswith("v4.")

    def folder(self, name):
        folder = self.work / name
        folder.mkdir()
        return folder

    def fleet(self):
        """The project with 50 contexts, its release installed everywhere."""
        if not self.prepared:
            self.prepared = self.folder("fleet")
            print("Installing 50 releases.", file=sys.stderr)
            fixtures.fleet(self.prepared)
            run(bare_helm(self.prepared, "first"), self.log)
        return self.prepared

    def alternate(self, commands, runs, settle=0):
        def after_rest(command):
            def rested(number):
                time.sleep(settle)
                return command(number)
            return rested

        return alternate([after_rest(command) for command in commands], self.runs or runs, self.log)


CASES = {case.__name__: case for case in (start, decrypt, sops, template, upgrade, diff, status, vault)}


def main():
    work, *arguments = sys.argv[1:]
    runs = None
    if arguments[:1] == ["--runs"]:
        runs, arguments = int(arguments[1]), arguments[2:]
    unknown = [name for name in arguments if name not in CASES]
    if unknown:
        sys.exit(f"no benchmark {unknown[0]}; there are {' '.join(CASES)}")
    bench = Bench(work, runs)
    noise = busy(seconds=3)
    for name in arguments or CASES:
        print(f"Measuring {name}.", file=sys.stderr)
        CASES[name](bench)
    print(f"Helm {bench.helm}, {os.cpu_count()} cores, of which other programs used {noise:.0%} before the start.\n")
    print(bench.table.text())
    sys.exit(1 if bench.table.missed else 0)


main()
