#!/usr/bin/env python3
"""`cyclint graph`: who holds whom, what is in a cycle, and what provably is in none.

Every verdict here can be read off the small programs beside it; Graphviz reads the dot where it is
installed.
"""

import json
import os
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree

from harness import Checks, cyclint

PROGRAM = '''\
import weakref
from dataclasses import dataclass
from typing import Optional


class Leaf:
    def __init__(self, name: str):
        self.name = name


class Branch:
    def __init__(self, parent):
        self.parent = weakref.ref(parent)
        self.leaves = []

    def grow(self):
        self.leaves.append(Leaf("x"))


class Tree:
    def __init__(self):
        self.root = Child(self)


class Child:
    def __init__(self, tree):
        self.tree = tree


@dataclass
class Employee:
    department: Optional["Department"]


class Department:
    def __init__(self):
        self.employees: list[Employee] = []


class Box:
    def __init__(self, content):
        self.content = content


class Shelf:
    def __init__(self):
        self.box = Box(3)


class Recursive:
    def __init__(self):
        self.callback = self.method

    def method(self):
        pass
'''
STATES = {
    "Leaf": "acyclic",
    "Branch": "acyclic",
    "Tree": "in-cycle",
    "Child": "in-cycle",
    "Employee": "possible",
    "Department": "possible",
    "Box": "unknown",
    "Shelf": "unknown",
    "Recursive": "in-cycle",
}

# Each makes `Part` or `Whole` something nobody can vouch for; none may be called acyclic.
DOUBTS = {
    "argument": ("def __init__(self, x):\n        self.x = x", ""),
    "foreign_base": ("pass", "import lib\nclass Base(lib.Base): pass"),
    "setattr": ("def put(self, n, v):\n        setattr(self, n, v)", ""),
    "dict": ("def put(self, n, v):\n        self.__dict__[n] = v", ""),
    "from_outside": ("def get(self):\n        return self.x", "def put(o, v):\n    o.x = v"),
    "handed_out": (
        "def __init__(self):\n        self.x = []\n    def get(self):\n        return self.x",
        "",
    ),
    "filled_from_outside": (
        "def __init__(self):\n        self.x = []",
        "def put(o, v):\n    o.x.append(v)",
    ),
    "cached_property": (
        "@functools.cached_property\n    def x(self):\n        return make()",
        "import functools\nfrom lib import make",
    ),
    "new": ("def __new__(cls, x):\n        return make(cls, x)", "from lib import make"),
    "returned": ("def __init__(self):\n        self.x = make()", "from lib import make"),
    "alias": (
        "def __init__(self, v):\n        x = []\n        self.x = x\n        x.append(v)",
        "",
    ),
    "any_type": (
        "def __init__(self, x: Any):\n        self.x = x",
        "from typing import Any",
    ),
    "generator": (
        "def __init__(self, xs):\n        self.x = (x for x in xs)",
        "",
    ),
}


def that(checks, what, is_right, detail):
    checks.check(is_right, what, detail)


def equal(checks, what, found, expected):
    checks.equal(found, expected, what)


def graph(folder, *arguments):
    return cyclint("graph", "--isolated", *arguments, cwd=folder)


def graph_of(folder, *arguments):
    return json.loads(graph(folder, "--format", "json", *arguments).out)


def write(folder, name, text):
    os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as opened:
        opened.write(text)


def check_states(checks, folder):
    write(folder, "m.py", PROGRAM)
    found = graph_of(folder)
    states = {one["name"]: one["state"] for one in found["classes"]}
    for name, state in STATES.items():
        equal(checks, f"state of {name}", states.get("m." + name), state)
    acyclic = sorted("m." + name for name, state in STATES.items() if state == "acyclic")
    equal(checks, "acyclic", found["acyclic"], acyclic)
    reasons = {one["name"]: one.get("reason", "") for one in found["classes"]}
    equal(checks, "reason", reasons["m.Box"], "attribute 'content' may hold argument 'content'")
    that(checks, "reason of a holder", "m.Box" in reasons["m.Shelf"], reasons["m.Shelf"])
    for cycle in found["cycles"]:
        edges = [found["edges"][number] for number in cycle["edges"]]
        for edge, following in zip(edges, edges[1:] + edges[:1]):
            equal(checks, "edges of a cycle follow", edge["target"], following["holder"])
    edges = {(e["holder"], e["attr"], e["target"], *e["via"]) for e in found["edges"]}
    for edge in [
        ("m.Branch", "leaves", "m.Leaf", "list"),
        ("m.Tree", "root", "m.Child"),
        ("m.Child", "tree", "m.Tree"),
        ("m.Employee", "department", "m.Department"),
        ("m.Department", "employees", "m.Employee", "list"),
        ("m.Recursive", "callback", "m.Recursive", "method"),
    ]:
        that(checks, f"edge {edge}", edge in edges, str(edges))
    that(checks, "no weak edge", not any(e[:2] == ("m.Branch", "parent") for e in edges), str(edges))


def check_doubts(checks, folder):
    for name, (body, before) in DOUBTS.items():
        base = "Base" if name == "foreign_base" else "object"
        text = f"{before}\nclass Part({base}):\n    {body}\nclass Whole:\n"
        text += "    def __init__(self, part: Part):\n        self.part = part\n"
        inner = os.path.join(folder, name)
        os.makedirs(inner)
        write(inner, "m.py", text)
        acyclic = graph_of(inner)["acyclic"]
        that(checks, f"doubt: {name}", not {"m.Part", "m.Whole"} & set(acyclic), str(acyclic))


def check_selection(checks, folder):
    write(folder, "m.py", PROGRAM)
    found = graph_of(folder, "--only-cycles")
    names = {one["name"] for one in found["classes"]}
    wanted = {"m." + n for n, s in STATES.items() if s in ("in-cycle", "possible")}
    equal(checks, "--only-cycles", names, wanted)
    that(checks, "all edges circular", all(e["circular"] for e in found["edges"]), str(found))


def check_names(checks, folder):
    """A path with the command's name, no path, a bad path, an empty program."""
    write(folder, "graph/n.py", "class Inner:\n    pass\n")
    found = graph_of(folder, "./graph")
    equal(checks, "a folder called graph", [one["name"] for one in found["classes"]], ["n.Inner"])
    answer = cyclint("-f", "json", "--isolated", "--", "graph", cwd=folder)
    equal(checks, "after -- it is a path", answer.out.strip(), "[]")
    answer = graph(folder, "missing.py")
    that(checks, "a missing path", answer.status & 1 and "missing.py" in answer.err, answer.err)
    write(folder, "broken/b.py", "class A:\n    def f(:\n")
    equal(checks, "broken code", graph(folder, "broken").status, 0)
    os.makedirs(os.path.join(folder, "empty"))
    equal(checks, "nothing", graph_of(folder, "empty")["classes"], [])
    equal(checks, "a wrong format", graph(folder, "--format", "png").status, 32)


def check_dot(checks, folder):
    write(folder, "m.py", PROGRAM)
    dot = graph(folder, "--format", "dot").out
    equal(checks, "dot is the default", graph(folder).out, dot)
    that(checks, "cycle's edge", '"m.Tree" -> "m.Child" [label="root", color="#c62828"' in dot, dot)
    if shutil.which("dot"):
        ran = subprocess.run(["dot", "-Tsvg"], input=dot.encode(), capture_output=True)
        equal(checks, "Graphviz reads it", (ran.returncode, ran.stderr), (0, b""))


def check_drawings(checks, folder):
    write(folder, "m.py", PROGRAM)
    write(folder, "odd.py", "class \u00c4\u4e2d:\n    def __init__(self, x='<&>'):\n        self.x = x\n")
    svg = graph(folder, "--format", "svg").out
    root = xml.etree.ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    texts = [one.text for one in root.iter(space + "text")]
    for name in [*STATES, "\u00c4\u4e2d", "leaves[]", "root", "tree", "callback"]:
        that(checks, f"svg shows {name}", name in texts, str(texts))
    places = [(one.get("x"), one.get("y")) for one in root.iter(space + "rect")]
    equal(checks, "no box on another", len(places), len(set(places)))
    inside = all(
        float(one.get("x")) + float(one.get("width")) <= float(root.get("width"))
        and float(one.get("y")) + float(one.get("height")) <= float(root.get("height"))
        for one in root.iter(space + "rect")
        if one.get("x")
    )
    that(checks, "all boxes on the sheet", inside, svg)
    page = graph(folder, "--format", "html").out
    that(checks, "the page has the drawing", svg in page, page)
    that(checks, "the page stands alone", "<script" not in page and "src=" not in page, page)
    answer = graph(folder, "--format", "svg", "--max-classes", "3")
    that(checks, "left out is told", "7 of 10 classes are not drawn" in answer.err, answer.err)
    that(checks, "and in the drawing", "7 more are not drawn" in answer.out, answer.out)
    equal(checks, "no limit for data", graph(folder, "-f", "dot", "--max-classes", "3").err, "")
    graph(folder, "-f", "svg:a.svg,json:a.json")
    equal(checks, "several formats", os.path.exists(os.path.join(folder, "a.json")), True)
    with open(os.path.join(folder, "a.svg"), encoding="utf-8") as opened:
        equal(checks, "into a file", opened.read(), svg)


def check_deep(checks, folder):
    """A chain of classes longer than a stack, drawn too."""
    lines = ["class C0:\n    pass\n"]
    for i in range(1, 3000):
        lines.append(f"class C{i}:\n    def __init__(self):\n        self.c = C{i - 1}()\n")
    write(folder, "m.py", "".join(lines))
    found = graph_of(folder)
    equal(checks, "a long chain is acyclic", len(found["acyclic"]), 3000)
    answer = graph(folder, "--format", "svg", "--max-classes", "0")
    equal(checks, "and can be drawn", (answer.status, answer.err), (0, ""))


def check_same(checks, folder):
    write(folder, "m.py", PROGRAM)
    write(folder, "p/q.py", "from m import Tree\nclass Wood:\n    def __init__(self):\n"
          "        self.tree = Tree()\n")
    for kind in ("dot", "json", "svg", "html"):
        one = graph(folder, "--format", kind, "-j1").out
        equal(checks, f"{kind}: threads", graph(folder, "--format", kind, "-j4").out, one)
        equal(checks, 
            f"{kind}: order", graph(folder, "--format", kind, "p", "m.py").out,
            graph(folder, "--format", kind, "m.py", "p").out,
        )


def main():
    checks = Checks("graph")
    for check in [check_states, check_doubts, check_selection, check_names, check_dot, check_drawings, check_deep, check_same]:
        folder = tempfile.mkdtemp(prefix="cyclint-graph-")
        try:
            check(checks, folder)
        finally:
            shutil.rmtree(folder)
    checks.finish()


if __name__ == "__main__":
    main()
