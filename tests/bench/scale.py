#!/usr/bin/env python3
"""How the cost grows with the size of the code, and falls with threads.

    tests/bench/scale.py [--write] [--quick]

The code is five packages, copied 1, 2, 4 … 32 times side by side: programs that know nothing of each
other.  --write puts the tables into README.md and draws tests/bench/scale.svg; --quick stops at 2 times.
"""

import argparse
import os
import shutil
import sys

import corpus
import plot
from contenders import BINARY
from measure import measure, median

TIMES = (1, 2, 4, 8, 16, 32)
ROUNDS = 3
THREADS_AT = 16  # times the corpus, when threads are compared


def run(folder, threads):
    command = [BINARY, "--isolated", "--no-cache", "--exit-zero", "-j%d" % threads, folder]
    return median([measure(command, cwd=corpus.BUILD) for _ in range(ROUNDS)])


def multiply(small, times):
    folder = os.path.join(corpus.BUILD, "scale")
    shutil.rmtree(folder, ignore_errors=True)
    for i in range(times):
        for package in os.listdir(small):
            shutil.copytree(os.path.join(small, package), os.path.join(folder, "copy_%d" % i, package))
    return folder


def size_table(small, all_times):
    lines = ["| times | lines | processor time | a million lines | memory | a line |", "|---|---|---|---|---|---|"]
    points = []
    for times in all_times:
        folder = multiply(small, times)
        n_lines, _ = corpus.size(corpus.files(folder))
        cost = run(folder, 1)
        points.append((times, cost.cpu / n_lines * 1e6, cost.memory / n_lines))
        lines.append("| %d | %s | %.2f s | %.2f s | %.0f MB | %.0f bytes |" % (
            times, format(n_lines, ","), cost.cpu, points[-1][1], cost.memory / 1e6, points[-1][2]))
    return lines, points


def thread_table(small, times):
    folder = multiply(small, times)
    lines = ["| threads | wall | processor time |", "|---|---|---|"]
    for threads in range(1, len(os.sched_getaffinity(0)) + 1):
        cost = run(folder, threads)
        lines.append("| %d | %.2f s | %.2f s |" % (threads, cost.wall, cost.cpu))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write", action="store_true", help="the README's tables, and the plot")
    parser.add_argument("--quick", action="store_true", help="only whether it works")
    options = parser.parse_args()
    small = corpus.copy(corpus.SMALL, "small")
    lines, points = size_table(small, TIMES[:2] if options.quick else TIMES)
    threads = thread_table(small, 2 if options.quick else THREADS_AT)
    print("\n".join(lines + [""] + threads))
    if options.write:
        plot.draw_scale(points)
        plot.write_section("scale", "\n".join(lines + ["", "%d times the code:" % THREADS_AT, ""] + threads)
                           + "\n\n![Cost of a line against size](tests/bench/scale.svg)")


if __name__ == "__main__":
    sys.exit(main())
