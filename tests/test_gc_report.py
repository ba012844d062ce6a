#!/usr/bin/env python3
"""`cyclint gc report`: what functions and loops make, what becomes of it, what it costs.

What an expression makes is compared with tests/gc/accounting.json, which was measured on ten builds
of CPython.
"""

import json
import os
import re
import tempfile

from harness import ROOT, Checks, cyclint

# How the measured expressions are written; those that are not here are written as they are called.
WRITTEN = {
    "{'k':[]}": "{'k': []}",
    "dict copy": None,
    "tuple([i,i])": None,  # the length of tuple(x) is not known
    "(i,L0)": "(1 + i, L0)",
    "frozenset([i])": None,  # and the list
    "int": "5 + i",
    "float": "5.5 * i",
    "str": "'%d' % i",
    "C1() 1 attr": "C1(i)",
    "C3() 3 attrs": "C3(i)",
    "CL() attr []": "CL()",
    "slots0": "S0()",
    "slots2": "S2(i)",
    "namedtuple(i,i)": "N(i, i)",
    "dataclass": "D(i)",
    "object()": "object()",
    "lambda": "lambda: 1",
    "closure1": "lambda: i",
    "generator obj unstarted": "gen()",
    "bound method": "K.m",
    "partial": "functools.partial(len, 1)",
    "exception inst": "ValueError(1)",
    "iter(list)": "iter(L0)",
    "enumerate": "enumerate(L0)",
    "zip": "zip(L0, L0)",
    "reversed": "reversed(L0)",
    "range": "range(i)",
    "slice": "slice(i)",
    "deque": "collections.deque()",
    "OrderedDict": "collections.OrderedDict()",
    "defaultdict(list)": "collections.defaultdict(list)",
    "Counter": "collections.Counter()",
    "complex": "complex(i)",
    "datetime": "datetime.datetime.now()",
}
AS_THEY_ARE = ["[]", "[[]]", "{}", "set()", "dict()", "C0()"]
# Atoms are told from what may hold others by the text, so a name counts as one that may.
AS_ATOMS = ["[i]", "{'k':i}", "(i,)", "(i,i)", "{i}", "(i,[])", "((i,),)", "{'k':{'j':i}}", "{'k':(i,i)}"]

SETTING = """
import collections, dataclasses, datetime, functools, typing

class C0:
    pass

class C1:
    def __init__(self, a):
        self.a = 1 + a

class C3:
    def __init__(self, a):
        self.a = 1 + a
        self.b = 2 + a
        self.c = 3 + a

class CL:
    def __init__(self):
        self.a = []

class S0:
    __slots__ = ()

class S2:
    __slots__ = ("a", "b")
    def __init__(self, a):
        self.a = 1 + a
        self.b = 2 + a

class N(typing.NamedTuple):
    a: int
    b: int

@dataclasses.dataclass
class D:
    a: int

class M:
    def m(self):
        pass

K = M()
L0 = [1]

def gen():
    yield 1

"""


def report(text, *options, name="made.py"):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as opened:
            opened.write(text)
        answer = cyclint("gc", "report", "--json", "--isolated", "--no-cache", *options, path)
    if answer.status != 0 or answer.err:
        raise SystemExit(str(answer))
    return json.loads(answer.out)


def by_name(rows):
    return {row["function"]: row for row in rows}


def test_accounting(checks):
    with open(os.path.join(ROOT, "tests", "gc", "accounting.json"), encoding="utf-8") as opened:
        accounting = json.load(opened)
    expressions = dict.fromkeys(AS_THEY_ARE)
    expressions.update((name, re.sub(r"\bi\b", "(1 + i)", name)) for name in AS_ATOMS)
    expressions.update((name, text) for name, text in WRITTEN.items() if text)
    names = list(expressions)
    text = SETTING
    for number, name in enumerate(names):
        text += "def f%d(i):\n    return %s\n\n" % (number, expressions[name] or name)
    for version in accounting["[]"]:
        made = by_name(report(text, "--python", version)["functions"])
        for number, name in enumerate(names):
            row = made.get("f%d" % number, {"counted": 0, "tracked": 0})
            truth = accounting[name].get(version)
            if truth is None or "counted" not in truth:
                continue
            what = "%s on %s: " % (name, version)
            checks.equal(row["counted"], truth["counted"], what + "counted")
            checks.equal(row["tracked"], truth["tracked"], what + "tracked")


ENDS = """
import functools

class Part:
    def __init__(self, whole):
        self.whole = whole
        self.notes = []

class Whole:
    def __init__(self):
        self.part = Part(self)

cache = []

def in_cycle():
    whole = Whole()
    return 1

def dropped():
    return len([1])

def returned():
    return [1]

def dropped_by_caller():
    returned()

def kept():
    cache.append([1])

def kept_by_name(into):
    row = {}
    into.append(row)

def confined():
    rows = []
    kept_by_name(rows)

def loops(n):
    for i in range(3):
        for j in range(n):
            cache.append([j])

def gathers():
    rows = []
    for i in range(3000):
        rows.append([i])
    return len(rows)

def recursive(n):
    cache.append([n])
    recursive(n - 1)

def raises():
    raise ValueError([1])

def closure():
    def again(n):
        return again(n - 1)
    again(3)

def caught():
    try:
        dropped()
    except ValueError as e:
        error = e
    return 1
"""


def test_ends(checks):
    made = report(ENDS, "--python", "3.12", "--loop-trips", "5")
    rows = by_name(made["functions"])

    def row(name):
        found = rows.get(name, {"dropped": 0, "returned": 0, "kept": 0, "cyclic": 0})
        return [found[key] for key in ("dropped", "returned", "kept", "cyclic")]

    checks.equal(row("in_cycle"), [0, 0, 0, 3], "the instances of a cycle, and what they hold")
    checks.equal(row("dropped"), [1, 0, 0, 0], "used and dropped")
    checks.equal(row("returned"), [0, 1, 0, 0], "returned")
    checks.equal(row("dropped_by_caller"), [1, 0, 0, 0], "what a callee returns and nobody takes")
    checks.equal(row("kept"), [0, 0, 1, 0], "added to a module's list")
    checks.equal(row("kept_by_name"), [0, 0, 1, 0], "added to an argument, through a name")
    checks.equal(row("confined"), [2, 0, 0, 0], "added to a list that the caller drops")
    checks.equal(row("loops"), [0, 0, 15, 0], "trips multiply: the text's and the default")
    checks.equal(row("gathers"), [1, 0, 3000, 0], "what a loop gathers is kept while it runs")
    checks.check(rows["gathers"]["per_million"]["microseconds"][0] > 0, "and costs something")
    checks.equal(row("recursive"), [0, 0, 1, 0], "recursion counts once")
    checks.equal(row("raises"), [1, 0, 0, 0], "what is raised is left out, not what it holds")
    checks.equal(row("closure"), [0, 0, 0, 3], "function, tuple and cell")
    checks.equal(row("caught")[3], 5, "an exception that keeps its own frame")
    loops = [(r["trips"], r["trips_from"]) for r in made["loops"] if r["function"] == "loops"]
    checks.equal(sorted(loops), [(3, "text"), (5, "default")], "where trips come from")
    price = rows["in_cycle"]["per_million"]
    checks.check(0 < price["microseconds"][0] < price["microseconds"][1], "a range", price)
    checks.equal(rows["dropped"]["per_million"]["microseconds"], [0, 0], "costs the collector nothing")


def test_text(checks):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "made.py")
        with open(path, "w", encoding="utf-8") as opened:
            opened.write(ENDS)
        answer = cyclint("gc", "report", "--isolated", "--no-cache", "--most", "2", "made.py", cwd=folder)
        checks.equal(answer.status, 0, "a report in words")
        lines = answer.out.splitlines()
        checks.check("Python 3.14, generational" in lines[0], "what holds", answer)
        checks.equal(sum("made.py:" in line for line in lines), 4, "two functions, two loops")
        checks.check("that cost less" in answer.out, "and how many are left out", answer)
        empty = os.path.join(folder, "empty.py")
        with open(empty, "w", encoding="utf-8") as opened:
            opened.write("x = 1\n")
        answer = cyclint("gc", "report", "--isolated", "--no-cache", "empty.py", cwd=folder)
        checks.check("none of 1 functions" in answer.out, "nothing to report", answer)
        for arguments, part in [
            (["--python", "3.7"], "3.7"),
            (["--heap", "-1"], "'-1'"),
            (["--loop-trips", "1000001"], "million"),
            (["--threshold", "1,2"], "'1,2'"),
            (["--no-such-option"], "--no-such-option"),
            (["--profile", "/no/such/file"], "/no/such/file"),
        ]:
            answer = cyclint("gc", "report", "--isolated", "--no-cache", *arguments, "made.py", cwd=folder)
            checks.check(answer.status in (1, 32) and part in answer.err, "refused: %s" % part, answer)
        answer = cyclint("gc", "report", "--isolated", "--no-cache", "missing.py", cwd=folder)
        checks.check(answer.status != 0 and "missing.py" in answer.err, "a file that is not there", answer)


def main():
    checks = Checks("gc_report")
    test_accounting(checks)
    test_ends(checks)
    test_text(checks)
    checks.finish()


if __name__ == "__main__":
    main()
