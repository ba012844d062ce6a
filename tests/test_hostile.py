#!/usr/bin/env python3
"""Programs that nobody would write by hand: none may crash the analyzer, hold it up or fill memory.

Each is generated, large in one way: deep, wide, long, circular, or cut to pieces.  The limits are
wide, because machines differ; what grows with the square of the size goes far beyond them.
"""

import os
import random
import resource
import subprocess
import sys
import tempfile

import harness

CPU_SECONDS = 10
MEGABYTES = 1500
SANITIZER_FACTOR = 10  # its runs are that much slower; their memory is not looked at
N_MUTATED = 40

METHODS = "    def __init__(self):\n        self.own = self.m\n    def __del__(self): self.m()\n"


def lines(pattern, n):
    return "".join(pattern.format(i=i, next=(i + 1) % n, before=i - 1) for i in range(n))


def indented(pattern, n):
    return "".join(" " * i + pattern.format(i=i) for i in range(n)) + " " * n + "pass\n"


def a_large_init(n):
    return (
        "class A:\n    def __init__(self):\n"
        + lines("        self.a{i} = B(self)\n", n)
        + "    def __del__(self):\n"
        + lines("        self.a{i}.close()\n", n)
        + "class B:\n    def __init__(self, owner): self.owner = owner\n"
    )


PROGRAMS = {
    "nested lists": "x = " + "[" * 20000 + "]" * 20000 + "\n",
    "nested calls": "x = " + "f(" * 20000 + ")" * 20000 + "\n",
    "nested attributes": "x = a" + ".b" * 20000 + "\n",
    "nested lambdas": "x = " + "lambda: " * 20000 + "1\n",
    "nested functions": indented("def f{i}(a{i}):\n", 500),
    "nested classes": indented("class C{i}:\n", 500),
    "nested try": "def f():\n" + indented(" try:\n", 100),
    "a long elif": "if a:\n    pass\n" + lines("elif b{i}:\n    x{i} = {i}\n", 20000),
    "a long sum": "x = " + " + ".join(["abcd"] * 170000) + "\n",
    "a long comparison": "x = " + " < ".join(["abcd"] * 100000) + "\n",
    "a long function": "def f(self, b):\n" + lines("    x{i} = self.g(b, {i})\n", 50000),
    "many methods": "class A:\n" + lines("    def m{i}(self): self.m{next}()\n", 5000),
    "many attributes": a_large_init(20000),
    "a chain of classes": "class C0: pass\n" + lines("class D{i}(D{before}):\n" + METHODS, 3000),
    "a circle of classes": lines("class C{i}(C{next}):\n" + METHODS, 3000),
    "many parameters": "def f(" + ", ".join("a%d" % i for i in range(5000)) + "):\n"
    + lines("    a{i}.x = a{next}\n", 5000),
    "a large dict": "x = {\n" + lines('    "k{i}": f{i},\n', 200000) + "}\n",
    "a ring of functions": lines("def f{i}(a):\n    return f{next}(a)\n", 50000),
    "a long name": "class %s:\n    def f(self): self.%s = self\n" % ("B" * 10**6, "c" * 10**6),
    "findings in one long line": "def f():\n    global %s\n" % ", ".join("g%d" % i for i in range(8000))
    + lines("    g{i} = 1\n", 8000),
    "a ring of functions that store": lines("def f{i}(a, b):\n    a.x{i} = b\n    f{next}(b, a)\n", 8000),
    "many opened files": "def f():\n" + lines('    f{i} = open("x{i}")\n', 5000),
    "methods by the name": "class A:\n" + lines("    def m{i}(self): self.a{i} = self.m{next}()\n", 20000),
    "many names in one global": "def f():\n    global "
    + ", ".join("g%d" % i for i in range(40000))
    + "\n"
    + lines("    g{i} = 1\n", 40000),
    "many names in one comment": "x = 1  # cyclint: disable=" + ",".join("n%d" % i for i in range(50000)) + "\n",
    "one name many times in a comment": "x = 1  # cyclint: disable=" + ",".join(["W9101"] * 50000) + "\n",
    "a comment on every line": lines("def f{i}(): global g{i}  # cyclint: disable=W9403\n", 20000),
    "a comment before every block": lines("# cyclint: disable=W9403\ndef f{i}(): global g{i}\n", 20000),
    "brackets that stay open": "x = [" * 50000,
    "nothing but errors": "$ ? ! x y z\n" * 30000,
}


def mutated(text, chance):
    """The text cut, shuffled, doubled or sprinkled with bytes."""
    kept = text.splitlines(keepends=True)
    way = chance.randrange(5)
    at = chance.randrange(len(kept) + 1)
    if way == 0:
        return text[: chance.randrange(len(text) + 1)].encode()
    if way == 1:
        chance.shuffle(kept)
    elif way == 2:
        kept[at:at] = kept[at // 2 : at] * 3
    elif way == 3:
        del kept[at // 2 : at]
    else:
        noisy = bytearray(text.encode())
        for _ in range(30):
            noisy[chance.randrange(len(noisy))] = chance.randrange(1, 128)
        return bytes(noisy)
    return "".join(kept).encode()


def is_sanitized():
    return "san" in harness.BINARY.split(os.sep)[-2]


def cpu_seconds():
    return CPU_SECONDS * (SANITIZER_FACTOR if is_sanitized() else 1)


def run(path):
    """Exit status, CPU seconds and megabytes of a run over everything that can be reported."""
    arguments = ["--isolated", "--no-cache"] if harness.supports("--no-cache") else ["--isolated"]
    arguments += ["-j1", "-e", "all", "--min-confidence", "possible", "-f", "json2", path]
    silent = os.open(os.devnull, os.O_WRONLY)
    process = os.posix_spawn(
        harness.BINARY,
        [harness.BINARY, *arguments],
        {**os.environ, "LC_ALL": "C.UTF-8"},
        file_actions=[(os.POSIX_SPAWN_DUP2, silent, 1)],
    )
    enough = 2 * cpu_seconds()
    resource.prlimit(process, resource.RLIMIT_CPU, (enough, enough))
    _, status, usage = os.wait4(process, 0)
    os.close(silent)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


def check_programs(checks, folder):
    for name, text in PROGRAMS.items():
        path = os.path.join(folder, name.replace(" ", "_") + ".py")
        with open(path, "w") as file:
            file.write(text)
        status, seconds, megabytes = run(path)
        checks.check(0 <= status < 32, name, "exit status %d" % status)
        checks.check(seconds < cpu_seconds(), name, "took %.1f s" % seconds)
        checks.check(is_sanitized() or megabytes < MEGABYTES, name, "took %d MB" % megabytes)


def check_cut(checks, folder):
    """What is not followed to its end is said."""
    path = os.path.join(folder, "many_opened_files.py")
    arguments = [harness.BINARY, "--isolated", "--no-cache", "-e", "analysis-cut", path]
    output = subprocess.run(arguments, stdout=subprocess.PIPE, check=False).stdout.decode()
    told = [line for line in output.splitlines() if "(analysis-cut)" in line]
    checks.check(len(told) == 1 and ":1:4: I9006: " in told[0], "a cut search is told", str(told))


def check_mutated(checks, folder):
    chance = random.Random(11)
    sources = sorted(
        os.path.join(where, name)
        for where, _, names in os.walk(harness.FIXTURES)
        for name in names
        if name.endswith(".py")
    )
    for i in range(N_MUTATED):
        origin = chance.choice(sources)
        with open(origin, encoding="utf-8") as file:
            text = file.read()
        path = os.path.join(folder, "mutated_%d.py" % i)
        with open(path, "wb") as file:
            file.write(mutated(text, chance))
    status, _, _ = run(folder)
    checks.check(0 <= status < 32, "mutated fixtures", "exit status %d" % status)


def main():
    checks = harness.Checks("hostile")
    with tempfile.TemporaryDirectory() as folder:
        check_programs(checks, folder)
        check_cut(checks, folder)
    with tempfile.TemporaryDirectory() as folder:
        check_mutated(checks, folder)
    return checks.finish()


if __name__ == "__main__":
    sys.exit(main())
