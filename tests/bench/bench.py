#!/usr/bin/env python3
"""How long cyclint takes beside other tools, cold, warm, after a comment was added and on one file.

    tests/bench/bench.py [--write] [--quick]

All run in turn, several rounds in one go, so that a machine whose speed changes treats all alike;
each figure is a median, and the ratios are what to trust.  A tool that takes longer than a minute runs
once.  --write puts the table into README.md and draws tests/bench/speed.svg.  --quick measures
nothing worth knowing: one round on one small package, to see that the command works.
"""

import argparse
import os
import shutil
import sys

import contenders
import corpus
import plot
from contenders import CACHES, CONTENDERS
from measure import median, measure

ROUNDS = 5
ONE_FILE_ROUNDS = 30
SLOW = 60  # seconds: once is enough


class Bench:
    def __init__(self, folder, rounds):
        self.folder, self.rounds = folder, rounds
        self.files = corpus.files(folder)
        self.one_file = corpus.one_file(self.files)
        self.list = os.path.join(corpus.BUILD, "files.txt")
        self.list_of_one = os.path.join(corpus.BUILD, "file.txt")
        for path, names in ((self.list, self.files), (self.list_of_one, [self.one_file])):
            with open(path, "w") as file:
                file.write("".join(name + "\n" for name in names))

    def run(self, contender, path, threads):
        listed = self.list_of_one if path == self.one_file else self.list
        return measure(contender.command(path, threads), stdin=listed if contender.reads_list else None,
                       cwd=corpus.BUILD, environment=contender.environment(threads))

    def in_turn(self, rounds, run):
        """By name the median of `run(contender)`, the contenders in turn; None where it gives None."""
        costs = {contender.name: [] for contender in CONTENDERS}
        for _ in range(rounds):
            for contender in CONTENDERS:
                done = costs[contender.name]
                if not done or done[0] and done[0].wall < SLOW:
                    cost = run(contender)
                    if cost:
                        done.append(cost)
        return {name: median(done) if done else None for name, done in costs.items()}

    def cold(self, threads):
        return self.in_turn(self.rounds, lambda c: self.run(c, self.folder, threads))

    def on_one_file(self):
        costs = self.in_turn(min(self.rounds * 6, ONE_FILE_ROUNDS), lambda c: self.run(c, self.one_file, 1))
        empty = median([measure(["true"]) for _ in range(ONE_FILE_ROUNDS)])
        return {name: cost and cost.wall - empty.wall for name, cost in costs.items()}

    def warm(self, change):
        """With a cache that holds the run before; `change` is called before each run."""
        shutil.rmtree(CACHES, ignore_errors=True)

        def run(contender):
            if contender.warm is None:
                return None
            command = contender.warm(self.folder, os.path.join(CACHES, contender.name))
            change()
            return measure(command, cwd=corpus.BUILD)

        for contender in CONTENDERS:
            run(contender)
        return self.in_turn(self.rounds, run)

    def change_one(self):
        """Adds a line to one file: another text each time."""
        with open(self.one_file, "a") as file:
            file.write("# %d\n" % os.path.getsize(self.one_file))


def rows(bench, threads):
    cold, parallel = bench.cold(1), bench.cold(threads)
    one = bench.on_one_file()
    same, changed = bench.warm(lambda: None), bench.warm(bench.change_one)
    stock = cold["tree-sitter"].cpu
    for contender in CONTENDERS:
        name = contender.name
        yield {
            "name": name, "version": contenders.version(contender), "does": contender.does,
            "cpu": cold[name].cpu, "ratio": cold[name].cpu / stock,
            "wall": None if contender.reads_list else parallel[name].wall,
            "same": same[name] and same[name].wall, "changed": changed[name] and changed[name].wall,
            "one": one[name], "memory": cold[name].memory,
        }


def seconds(value):
    if value is None:
        return ""
    return "%.0f s" % value if value >= 20 else "%.2f s" % value if value >= 1 else "%.3g ms" % (1000 * value)


def table(found, threads):
    lines = ["| | processor time | × parsing | wall, %d threads | nothing changed | a comment added | one file | memory |"
             % threads, "|---|---|---|---|---|---|---|---|"]
    for row in found:
        lines.append("| %s | %s | %.2f | %s | %s | %s | %s | %.0f MB |" % (
            ("%(name)s %(version)s" % row).strip(), seconds(row["cpu"]), row["ratio"], seconds(row["wall"]),
            seconds(row["same"]), seconds(row["changed"]), seconds(row["one"]), row["memory"] / 1e6))
    return "\n".join(lines)


def story(bench):
    lines, n_bytes = corpus.size(bench.files)
    return ("%s lines of %d packages (%s), %.1f MB in %d files.  What each does: %s.  *One file* is %.1f kB, "
            "less what an empty process takes; a field is empty where a tool keeps nothing from run to run." % (
                format(lines, ","), len(os.listdir(bench.folder)), ", ".join(sorted(os.listdir(bench.folder))),
                n_bytes / 1e6, len(bench.files), "; ".join("%s: %s" % (c.name, c.does) for c in CONTENDERS),
                os.path.getsize(bench.one_file) / 1000))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="the README's table, and the plot")
    parser.add_argument("--quick", action="store_true", help="only whether it works")
    options = parser.parse_args()
    contenders.install()
    names, rounds = (("click",), 1) if options.quick else (corpus.PACKAGES, ROUNDS)
    bench = Bench(corpus.copy(names, "corpus"), rounds)
    threads = len(os.sched_getaffinity(0))
    text = story(bench)
    found = list(rows(bench, threads))
    print(text, table(found, threads), sep="\n\n")
    if options.write:
        plot.draw_speed(found)
        plot.write_section("speed", "%s\n\n%s\n\n![Processor time of a cold run](tests/bench/speed.svg)" % (
            text, table(found, threads)))


if __name__ == "__main__":
    sys.exit(main())
