#!/usr/bin/env python3
"""The README's program with a cycle a request: what was predicted there still comes true here."""

import os
import re
import sys

from harness import ROOT, Checks, cyclint
from test_gc_live import interpreters

sys.path.insert(0, os.path.join(ROOT, "tests", "gc"))

import example  # noqa: E402

FIXED = os.path.join(ROOT, "tests", "gc", "service_fixed", "service.py")


def numbers(line):
    """The three collections of "533 / 48 / 0", as often as they stand in a line."""
    return [tuple(map(int, found)) for found in re.findall(r"(\d+) / (\d+) / (\d+)", line)]


def check_row(checks, row):
    predicted, measured, after = numbers(row)
    close = all(abs(a - b) <= 1 + b * 0.005 for a, b in zip(predicted, measured))
    checks.check(close, "predicted and measured", row)
    checks.equal(after, (0, 0, 0), "nothing is left to the collector: " + row)
    times = [float(n) for n in re.findall(r"(\d+\.\d) (?:to|ms)", row)]
    checks.check(times[0] < times[1], "a range", row)


def main():
    checks = Checks("gc_example")
    text = example.text(interpreters())
    with open(example.README, encoding="utf-8") as opened:
        block = example.BLOCK.search(opened.read()).group(0)
    static = text[: text.index("\nPython ")]
    checks.check(static in block, "the README shows what it prints (make gc-example-bless)", static)
    rows = [line for line in text.splitlines() if numbers(line)]
    checks.check(rows, "there is an interpreter", text)
    for row in rows + [line for line in block.splitlines() if numbers(line)]:
        check_row(checks, row)
    checks.check("make Reply.request a weakref.ref" in text, "the fix that is proposed", text)
    fixed = cyclint("--isolated", "--no-cache", FIXED)
    checks.equal((fixed.status, "W9101" in fixed.out), (0, False), "is the one that was made")
    checks.finish()


if __name__ == "__main__":
    main()
