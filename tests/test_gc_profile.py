#!/usr/bin/env python3
"""`cyclint gc profile` and `gc report --profile`: what is counted, and what is refused.

The program is run under every Python from 3.8 on that is found here.
"""

import json
import os
import subprocess
import sys
import tempfile

from harness import BINARY, Checks, cyclint
from test_gc_live import interpreters

PROGRAM = '''"""Answers requests.  Each leaves a cycle."""
import functools
import sys


class Session:
    def __init__(self, request):
        self.request = request


class Request:
    def __init__(self, number):
        self.number = number
        self.session = Session(self)


def decorate(function):
    return function


@decorate
@functools.wraps(decorate)
def handle(number):
    return Request(number).number


def rows(n):
    for i in range(n):
        yield [i]


def main(n):
    done = []
    for number in range(n):
        if number % 2:
            continue
        done.append(handle(number))
    table = [row for row in rows(7)]
    left = 5
    while left:
        left -= 1
        for inner in range(3):
            done.append(inner)
    return len(done) + len(table)


if __name__ == "__main__":
    print(main(int(sys.argv[1])))
    if len(sys.argv) > 2:
        exec(sys.argv[2])
'''
REQUESTS = 20000


def profile(folder, python, *arguments, output="p.json", script="app.py"):
    return cyclint("gc", "profile", "--output", output, "--", python, script, *arguments, cwd=folder)


def load(folder, name="p.json"):
    with open(os.path.join(folder, name), encoding="utf-8") as opened:
        return json.load(opened)


def report(folder, *options):
    answer = cyclint(
        *("gc", "report", "--json", "--isolated", "--no-cache", "--profile", "p.json"),
        *(*options, "app.py"),
        cwd=folder,
    )
    return json.loads(answer.out) if answer.status == 0 else answer


def line_of(text):
    return PROGRAM[: PROGRAM.index(text)].count("\n") + 1


def check_counts(checks, folder, python, path):
    answer = profile(folder, path, str(REQUESTS))
    checks.equal((answer.status, answer.err), (0, ""), "%s: the program runs" % python)
    checks.equal(answer.out, "%d\n" % (REQUESTS // 2 + 15 + 7), "%s: and prints what it does" % python)
    counted = load(folder)
    checks.equal(counted["python"], python, "the version is told")
    calls = {f["name"]: f["calls"] for f in counted["functions"]}
    for name, times in ("main", 1), ("handle", REQUESTS / 2), ("rows", 1), ("<module>", 1):
        checks.equal(calls.get(name), times, "%s: calls of %s" % (python, name))
    side_by_side = report(folder)
    rows = {row["line"]: row for row in side_by_side["loops"]}
    main_loop = rows[line_of("    for number in")]
    checks.equal(main_loop.get("trips_measured"), REQUESTS, "%s: trips of a for loop" % python)
    functions = {row["function"]: row for row in side_by_side["functions"]}
    checks.equal(functions["handle"]["calls_measured"], REQUESTS / 2, "a decorated function is found")
    constructor = functions["Request.__init__"]
    checks.equal(constructor["calls_measured"], REQUESTS / 2, "%s: a constructor" % python)
    return side_by_side


def check_prediction(checks, python, found):
    """Half of the requests are answered: the text cannot know, and counts each."""
    measured, predicted = found["measured"], found["predicted"]
    checks.check(0 < sum(measured["collections"]), "%s: there were collections" % python, measured)
    share = predicted["collected"] / measured["collected"]
    checks.check(1.8 < share < 2.2, "%s: predicted for both branches" % python, found["measured"])


def test_interpreters(checks, folder):
    for python, path in sorted(interpreters().items()):
        check_prediction(checks, python, check_counts(checks, folder, python, path))


def test_ways_to_start(checks, folder):
    python = sys.executable
    for words in (["-m", "app", "4"], ["-X", "dev", "-O", "app.py", "4"]):
        answer = cyclint("gc", "profile", "--output", "w.json", "--", python, *words, cwd=folder)
        checks.equal((answer.status, answer.out), (0, "24\n"), "started with " + " ".join(words))
        calls = {f["name"]: f["calls"] for f in load(folder, "w.json")["functions"]}
        checks.equal(calls.get("handle"), 2, "and counted")
    answer = profile(folder, python, "4", "sys.exit(7)", output="e.json")
    checks.equal(answer.status, 0, "a program that fails has a profile")
    checks.check("status 7" in answer.err, "and that it failed is told", answer)
    checks.equal(load(folder, "e.json")["complete"], True, "which is whole")


def script(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write("#!/bin/sh\n" + text)
    os.chmod(path, 0o755)
    return path


def test_refusals(checks, folder):
    """An error in one line, and no file, not even half of one."""
    before = set(os.listdir(folder))
    python = sys.executable
    for command, part in [
        ([os.path.join(folder, "missing"), "app.py"], "cannot start Python: No such file"),
        ([folder, "app.py"], "cannot start Python: Permission denied"),
        ([python, "missing.py"], "status 1"),
        ([python], "status 1"),
        ([python, "-m"], "status 1"),
        ([python, "app.py", "4", "import os; os.kill(os.getpid(), 9)"], "signal 9"),
        ([python, "app.py", "4", "import os; os._exit(3)"], "status 3"),
        (["/bin/echo", "app.py"], "3.8 or later"),
        ([script(folder, "half", 'printf "{\\"python\\": " > "$3"\n'), "app.py"], "no whole profile"),
    ]:
        answer = cyclint("gc", "profile", "--output", "new.json", "--", *command, cwd=folder)
        last = answer.err.splitlines()[-1] if answer.err else ""
        right = answer.status == 32 and last.startswith("cyclint: gc: ") and part in last
        checks.check(right, "refused: " + part, answer)
    checks.equal(set(os.listdir(folder)) - {"half"}, before, "nothing is left behind")
    for arguments, part in [([], "needs a program"), (["--json", "--", "x"], "--json")]:
        answer = cyclint("gc", "profile", *arguments, cwd=folder)
        checks.check(answer.status == 32 and part in answer.err, "refused: %s" % part, answer)
    unwritable = cyclint("gc", "profile", "--output", "no/where.json", "--", python, "app.py", "1", cwd=folder)
    checks.check(unwritable.status != 0 and "no/where.json" in unwritable.err, "cannot be kept", unwritable)


def test_bad_profiles(checks, folder):
    profile(folder, sys.executable, "4")
    whole = load(folder)
    cut = json.dumps(whole)
    broken = [cut[: len(cut) * i // 10] for i in range(10)] + ["[]", "{}", "null", '"x"', "\0"]
    for change in (
        {"python": 3},
        {"functions": [{"path": "x", "name": "f", "line": 1, "calls": -1}]},
        {"functions": [{"path": "x", "name": "f", "line": 1e99, "calls": 1}]},
        {"loops": {}},
        {"gc": dict(whole["gc"], objects=1e300)},
        {"gc": dict(whole["gc"], threshold=[1, 2])},
        {"complete": False},
    ):
        broken.append(json.dumps(dict(whole, **change)))
    for number, text in enumerate(broken):
        with open(os.path.join(folder, "p.json"), "w", encoding="utf-8") as opened:
            opened.write(text)
        answer = report(folder)
        right = not isinstance(answer, dict) and "no whole profile" in answer.err and not answer.out
        checks.check(right, "profile %d is refused" % number, answer)
    with open(os.path.join(folder, "p.json"), "w", encoding="utf-8") as opened:
        json.dump(dict(whole, python="3.7.1"), opened)
    answer = report(folder)
    checks.check(not isinstance(answer, dict) and "3.7.1" in answer.err, "a Python that is not known", answer)


def test_interrupt(checks, folder):
    """Ctrl-C ends the program, and what it did until then is kept."""
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    done = subprocess.run(
        [BINARY, "gc", "profile", "--output", "i.json", "--", sys.executable, "app.py", "4", code],
        cwd=folder, capture_output=True, timeout=60,
    )
    checks.check(done.returncode in (0, 32), "an interrupted program", done)


def main():
    checks = Checks("gc_profile")
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "app.py"), "w", encoding="utf-8") as opened:
            opened.write(PROGRAM)
        test_interpreters(checks, folder)
        test_ways_to_start(checks, folder)
        test_refusals(checks, folder)
        test_bad_profiles(checks, folder)
        test_interrupt(checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
