"""The results as a Markdown table."""

HEAD = ["What", "Wall", "CPU", "Peak", "Beside", "Wall", "CPU", "Wall ratio", "CPU ratio", "Target"]


class Table:
    def __init__(self):
        self.rows, self.missed = [], 0

    def pair(self, what, beside, ours, theirs, wall=None, cpu=None, peak=None):
        """Our medians beside theirs; `wall` and `cpu` are the largest ratios wanted, `peak` MiB of our own."""
        wall_ratio, cpu_ratio = ours.wall / theirs.wall, ours.cpu / theirs.cpu
        targets = [(wall, wall_ratio, f"wall ≤ {wall} x"), (cpu, cpu_ratio, f"CPU ≤ {cpu} x")]
        targets.append((peak, ours.peak / 1024, f"peak ≤ {peak} MB"))
        self.rows.append([
            what, seconds(ours.wall, ours.spread), seconds(ours.cpu), memory(ours.peak), beside,
            seconds(theirs.wall, theirs.spread), seconds(theirs.cpu), f"{wall_ratio:.2f}", f"{cpu_ratio:.2f}",
            self.verdict(targets),
        ])

    def alone(self, what, ours, wall=None):
        """Our medians; `wall` is the longest time wanted, in seconds."""
        verdict = self.verdict([(wall, ours.wall, f"wall ≤ {wall} s")])
        self.rows.append([what, seconds(ours.wall, ours.spread), seconds(ours.cpu), memory(ours.peak)] + [""] * 5 + [verdict])

    def verdict(self, targets):
        said = []
        for target, is_, text in targets:
            if target is not None:
                self.missed += is_ > target
                said.append(text if is_ <= target else f"**missed**: {text}")
        return ", ".join(said)

    def text(self):
        rule = ["---"] * len(HEAD)
        return "\n".join("| " + " | ".join(row) + " |" for row in [HEAD, rule, *self.rows])


def seconds(time, spread=None):
    text = f"{time:.2f} s" if time >= 1 else f"{time * 1000:.3g} ms"
    return text if spread is None else f"{text} ±{spread * 50:.0f} %"


def memory(peak):
    return f"{peak / 1024:.1f} MB" if peak else ""
