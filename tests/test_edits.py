#!/usr/bin/env python3
"""Random edits of real code: after each a run with a store says, byte for byte, what one without says.

Copies of packages of the standard library are edited as people edit: lines, functions, imports, files
and folders come, go, move and change, syntax breaks, files are touched or put back as they were, and
sometimes the configuration changes.  Runs differ in format, threads and selection, and now and then
two are under way at once.

CYCLINT_EDITS=N makes N edits instead of the usual ones, CYCLINT_SEED=N other ones.
"""

import os
import random
import re
import shutil
import subprocess
import tempfile
import threading

from harness import BINARY, Checks

STEPS = int(os.environ.get("CYCLINT_EDITS", 500))
SEED = int(os.environ.get("CYCLINT_SEED", 20261123))
PACKAGES = ("json", "concurrent", "logging", "wsgiref")
FORMATS = ("text", "json2", "sarif", "colorized", "html", "json", "gitlab", "junit")

LINES = [
    "import os, sys, weakref",
    "from json import decoder as d, encoder",
    "from concurrent.futures import *",
    "import logging.handlers as handlers",
    "shared = {}",
    "handle = open('x')",
    "class Node:\n    def __init__(self, tree):\n        self.tree = tree\n        tree.node = self",
    "class Tree(Node):\n    def __init__(self):\n        self.child = Node(self)\n    def __del__(self):\n        pass",
    "def gather(item, into=[]):\n    into.append(item)\n    return into",
    "def later(self):\n    self.later = lambda: self\n    return self.later",
    "def grow(key):\n    shared[key] = open(key)",
    "try:\n    gather(1)\nexcept ValueError as error:\n    kept = error",
    "def broken(:",
    "    stray = 1",
    "'''",
    "# cyclint: disable=all",
    "# cyclint: disable-next=reference-cycle",
    "x = 1  # noqa: W9101",
]
CONFIGURATIONS = [
    "",
    "[tool.cyclint]\nenable = ['all']\n",
    "[tool.cyclint]\ndisable = ['reference-cycle']\nignore = ['a.py']\n",
    "[tool.cyclint]\npy-version = '3.8'\n",
    "[tool.cyclint]\nmin-confidence = 'certain'\n",
]


class Tree:
    """The edited files, and what they once were."""

    def __init__(self, rng):
        self.rng = rng
        self.path = tempfile.mkdtemp(prefix="cyclint-edits-")
        library = os.path.dirname(os.__file__)
        for package in PACKAGES:
            shutil.copytree(os.path.join(library, package), os.path.join(self.path, "code", package),
                            ignore=shutil.ignore_patterns("__pycache__"))
        self.write("pyproject.toml", b"")
        self.once = [(name, self.read(name)) for name in self.names()]

    def names(self):
        return sorted(os.path.relpath(os.path.join(folder, name), self.path)
                      for folder, _, names in os.walk(os.path.join(self.path, "code"))
                      for name in names if name.endswith(".py"))

    def at(self, name):
        return os.path.join(self.path, name)

    def read(self, name):
        with open(self.at(name), "rb") as opened:
            return opened.read()

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        with open(self.at(name), "wb") as opened:
            opened.write(text)

    # ---- edits: each gets the name of a file

    def edit_line(self, name):
        lines = self.read(name).split(b"\n")
        at = self.rng.randrange(len(lines))
        kind = self.rng.randrange(5)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, self.rng.choice(lines))
        elif kind == 2:
            lines[at:at] = self.rng.choice(LINES).encode().split(b"\n")
        elif kind == 3:
            lines[at] = lines[at] + b"  # " + str(self.rng.random()).encode()
        else:
            other = self.rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        self.write(name, b"\n".join(lines))

    def move_text(self, name):
        """Comments and blank lines come and go: the program stays as it is, most often."""
        lines = self.read(name).split(b"\n")
        for _ in range(self.rng.randrange(1, 4)):
            at = self.rng.randrange(len(lines))
            indent = re.match(rb"\s*", lines[at]).group()
            lines[at:at + self.rng.randrange(2) * (lines[at].strip() == b"")] = self.rng.choice([
                [b""], [indent + b"# why"], [indent + b"# cyclint: disable-next=all", lines[at]],
                [lines[at] + b"  # noqa"], [lines[at] + b"  # cyclint: disable=reference-cycle"],
                [indent + b"# cyclint: enable=all"]])
        self.write(name, b"\n".join(lines))

    def edit_function(self, name):
        """A definition goes, or comes from elsewhere, or gets another name."""
        text = self.read(name)
        blocks = re.split(rb"(?m)^(?=(?:def|class|@)\b)", text)
        at = self.rng.randrange(len(blocks))
        kind = self.rng.randrange(4)
        if kind == 0 and len(blocks) > 1:
            del blocks[at]
        elif kind == 1:
            other = re.split(rb"(?m)^(?=(?:def|class)\b)", self.read(self.rng.choice(self.names())))
            blocks.append(b"\n" + self.rng.choice(other))
        elif kind == 2:
            blocks.append(b"\n" + self.rng.choice(LINES).encode() + b"\n")
        else:
            found = re.findall(rb"(?:def|class) (\w+)", text)
            if found:
                self.write(name, text.replace(self.rng.choice(found), b"renamed%d" % self.rng.randrange(3)))
            return
        self.write(name, b"".join(blocks))

    def edit_imports(self, name):
        lines = self.read(name).split(b"\n")
        places = [i for i, line in enumerate(lines) if re.match(rb"\s*(import|from)\b", line)]
        modules = [n[len("code/"):-3].replace("/", ".").replace(".__init__", "") for n in self.names()]
        new = self.rng.choice(["import %s", "from %s import *", "from %s import Handler, Node as N"])
        line = (new % self.rng.choice(modules)).encode()
        if places and self.rng.randrange(2):
            lines[self.rng.choice(places)] = line
        else:
            lines.insert(0, line)
        self.write(name, b"\n".join(lines))

    def keep_size_and_time(self, name):
        text, status = self.read(name), os.stat(self.at(name))
        at = [m.start() for m in re.finditer(rb"self", text)]
        if at:
            where = self.rng.choice(at)
            self.write(name, text[:where] + self.rng.choice([b"slef", b"None", b"self"]) + text[where + 4:])
            os.utime(self.at(name), ns=(status.st_atime_ns, status.st_mtime_ns))

    def touch(self, name):
        time = self.rng.choice([1, 10**9, None])
        os.utime(self.at(name), None if time is None else (time, time))

    def revert(self, name):
        name, text = self.rng.choice([one for one in self.once if one[0] == name] or self.once)
        self.write(name, text)

    def remove(self, name):
        os.remove(self.at(name))

    def move(self, name):
        folder = os.path.dirname(self.rng.choice(self.names()))
        os.replace(self.at(name), self.at(os.path.join(folder, self.rng.choice(["a.py", "b.py", "__init__.py"]))))

    def swap(self, name):
        other = self.rng.choice(self.names())
        text = self.read(name)
        self.write(name, self.read(other))
        self.write(other, text)

    def add(self, name):
        folder = self.rng.choice([os.path.dirname(name), os.path.dirname(name) + "/new"])
        text = "\n".join(self.rng.choice(LINES) for _ in range(self.rng.randrange(6)))
        self.write(os.path.join(folder, self.rng.choice(["a.py", "b.py", "__init__.py"])), text.encode())

    def encode(self, name):
        text = self.read(name)
        self.write(name, self.rng.choice([text.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + text, text + b"\xff",
                                          b"# coding: latin-1\n" + text, text[:self.rng.randrange(len(text) + 1)]]))

    def configure(self, name):
        kind = self.rng.randrange(3)
        if kind == 0:
            self.write("pyproject.toml", self.rng.choice(CONFIGURATIONS).encode())
        elif kind == 1:
            self.write(os.path.join(os.path.dirname(name), ".gitignore"), self.rng.choice([b"a.py\n", b"new/\n", b""]))
        else:
            self.write(os.path.join(os.path.dirname(name), "pyproject.toml"), self.rng.choice(CONFIGURATIONS).encode())

    def nothing(self, name):
        pass

    def edit(self):
        edits = ([self.edit_line] * 8 + [self.edit_function] * 6 + [self.move_text] * 8 + [self.edit_imports] * 3 + [self.revert] * 4
                 + [self.keep_size_and_time] * 2 + [self.touch, self.remove, self.move, self.swap, self.add,
                                                    self.encode, self.configure] + [self.nothing] * 3)
        told = []
        for _ in range(self.rng.randrange(1, 4)):
            if len(self.names()) < 5:
                for name, text in self.once:
                    self.write(name, text)
            name = self.rng.choice(self.names())
            edit = self.rng.choice(edits)
            edit(name)
            told.append("%s %s" % (edit.__name__, name))
        return ", ".join(told)


def settings(rng):
    """How to run: most often as the time before."""
    arguments = ["-f", rng.choice(FORMATS), "-j%d" % rng.randrange(1, 3)]
    if rng.randrange(4) == 0:
        arguments.append(rng.choice(["--enable=all", "--disable=W9101", "-E", "--min-confidence=possible"]))
    paths = ["code"] if rng.randrange(4) else ["code/json", "code/logging"]
    return arguments + paths


def start(arguments, tree):
    return subprocess.Popen([BINARY, *arguments], cwd=tree.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env={**os.environ, "LC_ALL": "C.UTF-8", "NO_COLOR": "1"})


def finish(process):
    out, err = process.communicate(timeout=300)
    return out, err, process.returncode


def edit_and_compare(checks, seed, steps):
    rng = random.Random(seed)
    tree = Tree(rng)
    told = []
    try:
        for step in range(steps):
            told.append(tree.edit())
            arguments = settings(rng)
            warm = [start(arguments, tree) for _ in range(2 if rng.randrange(8) == 0 else 1)]
            answers = [finish(process) for process in warm]
            cold = finish(start(["--no-cache", *arguments], tree))
            checks.check(all(answer == cold for answer in answers),
                         "seed %d, step %d: %s: %s" % (seed, step, told[-1], " ".join(arguments)),
                         "before: %s\ncold: %s\nwarm: %s" % (told[-3:-1], cold, answers))
            if rng.randrange(4) == 0:
                tree.once.append((name := rng.choice(tree.names()), tree.read(name)))
    finally:
        shutil.rmtree(tree.path)


def main():
    checks = Checks("edits")
    threads = [threading.Thread(target=edit_and_compare, args=(checks, SEED + n, STEPS // 2)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checks.equal(checks.n_passed + checks.n_failed, STEPS // 2 * 2, "edits that were made")
    checks.finish()


if __name__ == "__main__":
    main()
