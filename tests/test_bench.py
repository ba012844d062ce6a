#!/usr/bin/env python3
"""The benchmarks run: their numbers are nobody's test, that there are numbers is."""

import os
import re
import subprocess
import sys
import tempfile
from unittest import mock

from harness import ROOT, Checks

sys.path.insert(0, os.path.join(ROOT, "tests", "bench"))
import corpus  # noqa: E402
import measure  # noqa: E402
import plot  # noqa: E402


def check_measure(checks):
    loop = [sys.executable, "-c", "x = bytearray(50_000_000)\nfor i in range(2_000_000): pass"]
    cost = measure.measure(loop)
    checks.check(0.01 < cost.cpu <= cost.wall * 1.5 + 0.1, "a process that computes takes processor time")
    checks.check(cost.memory > 50_000_000, "its memory is told in bytes")
    small = measure.measure(['true'])
    checks.check(small.memory < 8_000_000, "a small process is small", small)
    idle = measure.measure([sys.executable, "-c", "import time; time.sleep(0.3)"])
    checks.check(idle.wall >= 0.3 and idle.cpu < 0.3, "one that sleeps takes wall time")
    done = subprocess.run([sys.executable, "-c", "import measure; measure.measure(['sh', '-c', 'kill -9 $$'])"],
                          cwd=os.path.join(ROOT, "tests", "bench"), capture_output=True, text=True)
    checks.check(done.returncode != 0 and "ended with 137" in done.stderr, "one that fails is no measurement")
    many = [measure.Cost(1, 5, 3), measure.Cost(2, 4, 9), measure.Cost(3, 6, 1)]
    checks.check(measure.median(many) == measure.Cost(2, 5, 3), "each figure has its own median")


def check_plot(checks):
    with tempfile.TemporaryDirectory() as folder:
        plot.HERE, plot.README = folder, os.path.join(folder, "README.md")
        with open(plot.README, "w") as file:
            file.write("a\n<!-- speed -->\nold\n<!-- end of speed -->\nb\n")
        plot.write_section("speed", "new")
        written = open(plot.README).read()
        checks.check(re.fullmatch(r"a\n<!-- speed -->\s+new\s+<!-- end of speed -->\nb\n", written), "a section is replaced")
        plot.draw_speed([{"name": "a<b", "ratio": 1.0}, {"name": "cyclint", "ratio": 0.3}])
        plot.draw_scale([(1, 2.0, 90.0), (2, 2.1, 80.0)])
        for name in ("speed.svg", "scale.svg"):
            done = subprocess.run([sys.executable, "-c", "import sys, xml.dom.minidom as d; d.parse(sys.argv[1])",
                                   os.path.join(folder, name)])
            checks.check(done.returncode == 0, "%s is well formed" % name)


def check_corpus(checks):
    with tempfile.TemporaryDirectory() as folder:
        package = os.path.join(folder, "packages", "one", "one")
        os.makedirs(package)
        for name, text in (("a.py", "x = 1\n"), ("b.py", "y = 2\n" * 2000), ("c.so", "")):
            with open(os.path.join(package, name), "w") as file:
                file.write(text)
        with mock.patch.object(corpus.precision, "fetch", autospec=True, return_value=os.path.dirname(
                os.path.dirname(package))), mock.patch.object(corpus, "BUILD", folder):
            files = corpus.files(corpus.copy(["one"], "corpus"))
        names = [os.path.basename(path) for path in files]
        checks.equal(names, ["a.py", "b.py"], "what is no Python is not copied")
        checks.equal(corpus.size(files), (2001, 12006), "lines and bytes are counted")
        checks.equal(corpus.one_file(files), files[1], "one file is of a common size")


def main():
    checks = Checks("bench")
    check_measure(checks)
    check_plot(checks)
    check_corpus(checks)
    checks.finish()


if __name__ == "__main__":
    main()
