#!/usr/bin/env python3
"""Runs all test programs and adds up what they count.

    tests/run.py [NAME…]       only those whose name contains one of these words

Test programs are the C unit tests (build/obj/…/tests/unit_*) and tests/*.py, without those that
are no tests.  Each prints `N passed, N failed` as its last line.  So does this one.
"""

import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NO_TESTS = re.compile(r"(run|harness|bench_.*|measure_.*|make_.*)\.py$")
COUNTS = re.compile(r"(\d+) passed, (\d+) failed$")
TIME_LIMIT = 1500  # seconds for one program


def programs(names):
    units = [path for path in os.environ.get("UNITS", "").split() if path]
    folder = os.path.join(ROOT, "tests")
    scripts = [
        [sys.executable, os.path.join(folder, name)]
        for name in sorted(os.listdir(folder))
        if name.endswith(".py") and not NO_TESTS.match(name)
    ]
    found = [[os.path.join(ROOT, unit)] for unit in sorted(units)] + scripts
    return [one for one in found if not names or any(n in os.path.basename(one[-1]) for n in names)]


def run(program):
    """What it counted.  One that ends badly, or counts nothing, counts as one failure."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            program,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            timeout=TIME_LIMIT,
            env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"),
        )
        lines, status = done.stdout.decode("utf-8", "replace").rstrip().split("\n"), done.returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        lines, status = [str(error)], 1
    counts = COUNTS.search(lines[-1])
    passed, failed = map(int, counts.groups()) if counts else (0, 0)
    if (status != 0 or passed == 0) and not failed:
        failed = 1
    shown = lines if failed else lines[-1:]
    seconds = time.monotonic() - began
    print("%-24s %5.1f s  %s" % (os.path.basename(program[-1]), seconds, "\n".join(shown)), flush=True)
    return passed, failed


def main(names):
    passed = failed = 0
    for program in programs(names):
        counts = run(program)
        passed += counts[0]
        failed += counts[1]
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
