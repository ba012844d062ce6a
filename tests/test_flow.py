#!/usr/bin/env python3
"""Runs random functions under CPython: each run must be a path through the function's graph.

The functions are made of if, while, for, try, with, return, break, continue, raise, `and`, `or`,
`not`, conditional expressions and comprehensions.  What they call notes its name; t1() returns, r1()
may raise, c1() is true or false, l1() gives a range, m1() a context manager.
"""

import os
import random
import re
import subprocess
import tempfile

from harness import Checks

N_FUNCTIONS, N_RUNS, MAX_TRACE = 40, 15, 60
UNIT = next(unit for unit in os.environ["UNITS"].split() if unit.endswith("unit_flow"))
CALLED = re.compile(r"\b([trclm]\d+)\(")


class E(Exception):
    pass


class F(Exception):
    pass


class TooLong(Exception):
    pass


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, *exception):
        return False


# ---- random functions


class Writer:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.n_names = 0
        self.lines = []

    def call(self, kind):
        self.n_names += 1
        return "%s%d()" % (kind, self.n_names)

    def condition(self, depth=0):
        chance = self.random.random()
        if depth > 2 or chance < 0.5:
            return self.call("c")
        if chance < 0.65:
            return "(not %s)" % self.condition(depth + 1)
        word = "and" if chance < 0.82 else "or"
        return "(%s %s %s)" % (self.condition(depth + 1), word, self.condition(depth + 1))

    def line(self, indent, text):
        self.lines.append(" " * indent + text)

    def block(self, indent, depth, in_loop):
        for _ in range(self.random.randint(1, 3)):
            kinds = [self.simple, self.leaving]
            if depth > 0:
                kinds += [self.branch, self.loop, self.guarded, self.managed]
            self.random.choice(kinds)(indent, depth - 1, in_loop)

    def part(self, chance, head, indent, depth, in_loop):
        if self.random.random() < chance:
            self.line(indent, head)
            self.block(indent + 1, depth, in_loop)

    def simple(self, indent, depth, in_loop):
        texts = [
            self.call("t"),
            self.call("r"),
            "x = %s if %s else %s" % (self.call("r"), self.condition(), self.call("t")),
            "x = [%s for y in %s if %s]" % (self.call("r"), self.call("l"), self.condition()),
        ]
        self.line(indent, self.random.choice(texts))

    def leaving(self, indent, depth, in_loop):
        texts = ["return", "return " + self.call("r"), "raise E", "raise F"]
        texts += ["break", "continue"] * 2 if in_loop else []
        self.line(indent, "if %s: %s" % (self.condition(), self.random.choice(texts)))

    def branch(self, indent, depth, in_loop):
        self.part(1, "if %s:" % self.condition(), indent, depth, in_loop)
        self.part(0.4, "elif %s:" % self.condition(), indent, depth, in_loop)
        self.part(0.5, "else:", indent, depth, in_loop)

    def loop(self, indent, depth, in_loop):
        heads = ["while %s:" % self.condition(), "for x in %s:" % self.call("l")]
        self.part(1, self.random.choice(heads), indent, depth, True)
        self.part(0.4, "else:", indent, depth, in_loop)

    def guarded(self, indent, depth, in_loop):
        handlers = self.random.choice(
            [[], ["E"], ["F"], ["E", "F"], ["Exception"], ["E", ""], ["(E, F)"], [""]]
        )
        self.part(1, "try:", indent, depth, in_loop)
        for handler in handlers:
            self.part(1, ("except %s:" % handler).replace(" :", ":"), indent, depth, in_loop)
        if handlers:
            self.part(0.4, "else:", indent, depth, in_loop)
        self.part(0.5 if handlers else 1, "finally:", indent, depth, in_loop)

    def managed(self, indent, depth, in_loop):
        heads = ["with %s as x:" % self.call("m"), "with %s, %s:" % (self.call("m"), self.call("m"))]
        self.part(1, self.random.choice(heads), indent, depth, in_loop)

    def function(self, name):
        self.line(0, "def %s():" % name)
        self.block(1, 3, False)


# ---- running them


class Run:
    """One run: the names called, each with what came of it, and how it ended."""

    def __init__(self, code, names, function, seed):
        self.random = random.Random(seed)
        self.trace = []
        space = {"E": E, "F": F}
        space.update((name, self.callee(name)) for name in names)
        exec(code, space)
        self.raised = False
        try:
            space[function]()
        except (E, F):
            self.raised = True
        except TooLong:
            pass
        self.is_whole = len(self.trace) < MAX_TRACE

    def callee(self, name):
        return lambda: self.call(name)

    def call(self, name):
        result = {"l": range(self.random.randint(0, 2)), "m": Manager()}.get(name[0])
        if name[0] == "c":
            result = self.random.random() < 0.5
        raises = name[0] == "r" and self.random.random() < 0.4
        self.trace.append((name, "raised" if raises else result))
        if len(self.trace) >= MAX_TRACE:
            raise TooLong
        if raises:
            raise self.random.choice([E, F])
        return result


# ---- the graphs


class Graph:
    def __init__(self, entry, at_end, at_return, at_raise):
        self.entry, self.at_end, self.at_return, self.at_raise = entry, at_end, at_return, at_raise
        self.nodes = []

    def closure(self, nodes, outcomes):
        """All nodes reached without a call; a branch on a call goes as that call came out."""
        found, pending = set(), list(nodes)
        while pending:
            node = pending.pop()
            if node < 0 or node in found:
                continue
            found.add(node)
            called, condition, raises, next_0, next_1, raise_to = self.nodes[node]
            if called != "-":
                continue
            outcome = outcomes.get(condition)
            pending += [next_0] if outcome is True else [next_1] if outcome is False else [next_0, next_1]
            pending += [raise_to] if raises else []
        return found

    def has_path(self, run):
        outcomes = {}
        nodes = self.closure([self.entry], outcomes)
        for name, result in run.trace:
            outcomes[name] = result
            here = [self.nodes[node] for node in nodes if self.nodes[node][0] == name]
            nodes = self.closure([node[5 if result == "raised" else 3] for node in here], outcomes)
        ends = {self.at_raise} if run.raised else {self.at_end, self.at_return}
        return bool(ends & nodes)


def read_graphs(text):
    graphs = {}
    for line in text.splitlines():
        word, *fields = line.split()
        if word == "function":
            graph = graphs[fields[0]] = Graph(*map(int, fields[1:]))
        else:
            graph.nodes.append((fields[1], fields[2], *map(int, fields[3:])))
    return graphs


def graphs_of(text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "functions.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run([UNIT, path], capture_output=True, text=True, check=True)
    return read_graphs(done.stdout)


def main():
    checks = Checks("test_flow")
    writer = Writer(20)
    names = ["f%d" % i for i in range(N_FUNCTIONS)]
    for name in names:
        writer.function(name)
    text = "\n".join(writer.lines) + "\n"
    code, called, graphs = compile(text, "functions.py", "exec"), set(CALLED.findall(text)), graphs_of(text)
    n_whole = 0
    for i, name in enumerate(names):
        for seed in range(N_RUNS):
            run = Run(code, called, name, i * N_RUNS + seed)
            if run.is_whole:
                n_whole += 1
                checks.check(graphs[name].has_path(run), "%s: no path for %s" % (name, run.trace))
    checks.check(n_whole > N_FUNCTIONS * N_RUNS / 2, "only %d runs were short enough" % n_whole)
    checks.finish()


if __name__ == "__main__":
    main()
