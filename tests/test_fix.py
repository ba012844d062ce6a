#!/usr/bin/env python3
"""--fix, --unsafe-fixes and --show-diff.

    tests/test_fix.py [RULE…]      only the fixtures of these rules

Every fixture with a finding that can be fixed is fixed in a copy: the result must parse, report
none of what was fixed, stay as it is when it is fixed again; and the rule's prove_fixed.py, which
sees the fixed files, must end well.

Then what must not happen to a file: its encoding, line ends, mode, links, and what somebody else
wrote meanwhile.
"""

import ast
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

from fixtures import FIXTURES, all_fixtures, arguments_for
from harness import BINARY, Checks, cyclint

ALL = ["--isolated", "--no-cache", "--min-confidence=possible"]
UNSAFE = ["--fix", "--unsafe-fixes"]
WARNING = 4

checks = Checks("fix")


class Folder:
    """A temporary folder of files."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="cyclint-fix-")
        return self

    def __exit__(self, *_):
        os.chmod(self.path, 0o700)
        shutil.rmtree(self.path)

    def write(self, name, text):
        path = os.path.join(self.path, name)
        with open(path, "wb") as opened:
            opened.write(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name="a.py"):
        with open(os.path.join(self.path, name), "rb") as opened:
            return opened.read()

    def run(self, *arguments, **how):
        return cyclint(*ALL, *arguments, cwd=self.path, **how)


# ---- fixtures ------------------------------------------------------------------------------


def fixable(answer):
    return [m for m in answer.messages() if "fix" in m]


def check_fixture(fixture, rule):
    """Fixes a copy of the fixture's folder, and looks at it; returns what kinds of fix it had."""
    arguments = [*arguments_for([rule]), fixture.target]
    before = cyclint(*arguments, cwd=fixture.folder)
    offered = fixable(before)
    if not offered:
        return set()
    folder = tempfile.mkdtemp(prefix="cyclint-fix-")
    try:
        copy = os.path.join(folder, "copy")
        shutil.copytree(fixture.folder, copy)
        check_copy(fixture, rule, arguments, copy, before, offered)
    finally:
        shutil.rmtree(folder)
    return {m["fix"]["applicability"] for m in offered}


def check_copy(fixture, rule, arguments, copy, before, offered):
    name = "%s (%s)" % (fixture.name, rule)
    diff = cyclint(*arguments, "--show-diff", "--unsafe-fixes", cwd=copy)
    checks.check(diff.status != 0 and diff.out.startswith("--- "), name + ": a diff", diff)
    after = cyclint(*arguments, *UNSAFE, cwd=copy)
    n_left = len(before.messages()) - len(offered)
    checks.check(after.is_sane and len(after.messages()) == n_left,
                 name + ": what was fixed is silent, the rest is not", after)
    texts = {}
    for path in sorted({edit["path"] for m in offered for edit in m["fix"]["edits"]}):
        with open(os.path.join(copy, path), "rb") as opened:
            texts[path] = opened.read()
        try:
            ast.parse(texts[path])
        except SyntaxError as error:
            checks.check(False, "%s: %s does not parse: %s" % (name, path, error), texts[path].decode())
    again = cyclint(*arguments, *UNSAFE, cwd=copy)
    for path, text in texts.items():
        with open(os.path.join(copy, path), "rb") as opened:
            checks.check(opened.read() == text, "%s: %s is fixed only once" % (name, path), again)
    check_diff(fixture, copy, diff.out, texts, name)


def check_diff(fixture, copy, diff, texts, name):
    """patch(1) makes of the old text what --fix made of it."""
    if not shutil.which("patch"):
        return
    with tempfile.TemporaryDirectory() as folder:
        for path in texts:
            target = os.path.join(folder, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(os.path.join(fixture.folder, path), target)
        done = subprocess.run(["patch", "-p0", "-s"], input=diff, cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        checks.equal((done.returncode, done.stdout), (0, ""), name + ": patch takes the diff")
        for path, text in texts.items():
            with open(os.path.join(folder, path), "rb") as opened:
                checks.check(opened.read() == text, "%s: the diff is what --fix does" % name, diff)


def check_proof(rule, folder):
    """What the folder proves of its fixed files."""
    proof = os.path.join(folder, "prove_fixed.py")
    checks.check(os.path.exists(proof), rule + ": prove_fixed.py is there, for something is fixed")
    if not os.path.exists(proof):
        return
    with tempfile.TemporaryDirectory() as parent:
        copy = os.path.join(parent, "copy")
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
        for name in sorted(os.listdir(copy)):
            if name.endswith(".py") and not name.startswith("prove"):
                cyclint(*arguments_for([rule]), *UNSAFE, name, cwd=copy)
        done = subprocess.run(
            [sys.executable, "prove_fixed.py"], cwd=copy, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=120,
            env=dict(os.environ, PYTHONPATH=FIXTURES, PYTHONDONTWRITEBYTECODE="1"))
        checks.check(done.returncode == 0, rule + ": prove_fixed.py", done.stdout)


def check_fixtures(names):
    fixed_rules = set()
    n = 0
    for fixture in all_fixtures(names):
        if fixture.is_project:
            continue
        rule = os.path.basename(fixture.folder)
        if check_fixture(fixture, rule):
            fixed_rules.add(rule)
            n += 1
    for rule in sorted(fixed_rules):
        check_proof(rule, os.path.join(FIXTURES, rule))
    for rule in sorted(os.listdir(FIXTURES)):
        if os.path.exists(os.path.join(FIXTURES, rule, "prove_fixed.py")) and (not names or rule in names):
            checks.check(rule in fixed_rules, rule + " has a prove_fixed.py and nothing to fix")
    print("%d fixtures of %d rules were fixed" % (n, len(fixed_rules)))


# ---- single texts --------------------------------------------------------------------------

GLOBAL = "count = 0\n\n\ndef f():\n    global count\n    return count\n"
GLOBAL_FIXED = GLOBAL.replace("    global count\n", "")

LOCK = "import threading\nlock = threading.Lock()\ndef f(g):\n    lock.acquire()\n"

PARTS = """class Part:
    def __init__(self, whole):
        self.whole = whole


class Whole:
    def __init__(self):
        self._parts = {}

    def add(self, n):
        self._parts[n] = Part(self)

    def size(self):
        return sum(part.whole is not None for part in self._parts.values())
"""

# (what it is, the text, what --fix --unsafe-fixes makes of it; None: nothing)
TEXTS = [
    ("one of several names", "a = b = c = 0\ndef f():\n    global a, b, c\n    b = 1\n",
     "a = b = c = 0\ndef f():\n    global b\n    b = 1\n"),
    ("the last of the names", "a = b = 0\ndef f():\n    global a, b\n    a = 1\n",
     "a = b = 0\ndef f():\n    global a\n    a = 1\n"),
    ("names over lines", "a = b = 0\ndef f():\n    global a, \\\n        b\n    b = 1\n",
     "a = b = 0\ndef f():\n    global b\n    b = 1\n"),
    ("the only statement", "a = 0\ndef f():\n    global a  # why\n", "a = 0\ndef f():\n    pass  # why\n"),
    ("beside others", "a = 0\ndef f():\n    b = 1; global a; return b\n",
     "a = 0\ndef f():\n    b = 1; return b\n"),
    ("at the end of a line", "a = 0\ndef f():\n    b = 1; global a\n    return b\n",
     "a = 0\ndef f():\n    b = 1\n    return b\n"),
    ("on the line of its def", "a = 0\ndef f(): global a\n", "a = 0\ndef f(): pass\n"),
    ("on the line of its if", "a = 0\nif a: global a\n", "a = 0\nif a: pass\n"),
    ("no line end at the end", "a = 0\ndef f():\n    x = a\n    global a", "a = 0\ndef f():\n    x = a"),
    ("CRLF", "a = 0\r\ndef f(x=[]):\r\n    global a\r\n    x.append(a)\r\n",
     "a = 0\r\ndef f(x=None):\r\n    if x is None:\r\n        x = []\r\n    x.append(a)\r\n"),
    ("mixed line ends", "a = 0\r\ndef f(x=[]):\n    x.append(a)\r\n    return x\n",
     "a = 0\r\ndef f(x=None):\n    if x is None:\r\n        x = []\r\n    x.append(a)\r\n    return x\n"),
    ("tabs", "def f(x=[]):\n\tx.append(1)\n", "def f(x=None):\n\tif x is None:\n\t\tx = []\n\tx.append(1)\n"),
    ("two spaces", "def f(x=[]):\n  x.append(1)\n", "def f(x=None):\n  if x is None:\n    x = []\n  x.append(1)\n"),
    ("behind a docstring", 'def f(x=[]):\n    """Text\n    more."""  # and\n    x.append(1)\n',
     'def f(x=None):\n    """Text\n    more."""  # and\n    if x is None:\n        x = []\n    x.append(1)\n'),
    ("a docstring that is not alone", 'def f(x=[]):\n    """Text."""; x.append(1)\n', None),
    ("a body on the line of its def", "def f(x=[]): x.append(1); return x\n",
     "def f(x=None):\n    if x is None:\n        x = []\n    x.append(1); return x\n"),
    ("decorators", "@d\n@e(1)\nasync def f(x=[]):\n    x.append(1)\n",
     "@d\n@e(1)\nasync def f(x=None):\n    if x is None:\n        x = []\n    x.append(1)\n"),
    ("two defaults", "def f(x=[], *, y={}):\n    x.append(1)\n    y[1] = 2\n",
     "def f(x=None, *, y=None):\n    if x is None:\n        x = []\n    if y is None:\n        y = {}\n"
     "    x.append(1)\n    y[1] = 2\n"),
    ("a lambda", "f = lambda x=[]: x.append(1)\n", None),
    ("a name of the class", "class A:\n    n = 1\n    def f(self, x=[n, 2]):\n        x.append(1)\n", None),
    ("a name that is a local", "n = 1\ndef f(n, x=[n, 2]):\n    x.append(n)\n", None),
    ("a state", "def f(x=[0]):\n    x[0] += 1\n", None),
    ("None means something", "def f(x=[]):\n    if x is None:\n        return\n    x.append(1)\n", None),
    ("a form feed", "\fdef f(x=[]):\n    x.append(1)\n", "\fdef f(x=None):\n    if x is None:\n        x = []\n    x.append(1)\n"),
    ("over lines", "def f(\n    x={\n        # keys\n        1: 2,\n    },\n):\n    x[1] = 2\n",
     "def f(\n    x=None,\n):\n    if x is None:\n        x = {\n        # keys\n        1: 2,\n    }\n    x[1] = 2\n"),
    ("a block with nothing else", "a = b = 0\ndef f():\n    global a\n    global b\n", "a = b = 0\ndef f():\n    pass\n"),
    ("in an if", "def f(p):\n    if p: file = open(p); return file.read()\n", None),
    ("a with on one line", "def f(p):\n    x = 1; return open(p).read()\n", None),
    ("a text over lines", "def f(p):\n    file = open(p)\n    x = \"\"\"a\n  b\"\"\"\n    return x + file.read()\n", None),
    ("a comment to the left", "def f(p):\n\tfile = open(p)\n# why\n\tx = file.read(\n1)\n\n\treturn x\n",
     "def f(p):\n\twith open(p) as file:\n\t# why\n\t\tx = file.read(\n\t1)\n\n\treturn x\n"),
    ("a backslash", "def f(p):\n    file = open(p)\n    x = 1 + \\\n        len(file.read())\n    return x\n",
     "def f(p):\n    with open(p) as file:\n        x = 1 + \\\n            len(file.read())\n    return x\n"),
    ("two in one line", "def f(p, q):\n    return open(p).read() + open(q).read()\n",
     "def f(p, q):\n    with open(p) as file:\n        return file.read() + open(q).read()\n"),
    ("one around the other", "def f(p, q):\n    a = open(p)\n    b = open(q)\n    x = a.read()\n    y = b.read()\n    return x + y\n",
     "def f(p, q):\n    with open(p) as a:\n        b = open(q)\n        x = a.read()\n    y = b.read()\n    return x + y\n"),
    ("a generator", "def f(p):\n    for line in open(p):\n        yield line\n", None),
    ("a lambda's file", "f = lambda p: open(p).read()\n", None),
    ("something before it", "def f(p, g):\n    return g() + open(p).read()\n", None),
    ("only sometimes", "def f(p, c):\n    return open(p).read() if c else ''\n", None),
    ("a reader that goes on", "import csv\ndef f(p):\n    file = open(p)\n    rows = csv.reader(file)\n    return list(rows)\n", None),
    ("async", "async def f(p):\n    return open(p).read()\n",
     "async def f(p):\n    with open(p) as file:\n        return file.read()\n"),
    ("the name is taken", "file = 1\ndef f(p):\n    return open(p).read(), file\n",
     "file = 1\ndef f(p):\n    with open(p) as opened:\n        return opened.read(), file\n"),
    ("an else", "def f(p):\n    for x in open(p):\n        print(x)\n    else:\n        print(1)\n    return 2\n",
     "def f(p):\n    with open(p) as file:\n        for x in file:\n            print(x)\n        else:\n            print(1)\n    return 2\n"),
    ("used by a handler around it", "def f(p):\n    try:\n        file = open(p)\n        int(file.read())\n        file.close()\n"
     "    except ValueError:\n        return file.read()\n", None),
    ("used by a finally around it", "def f(p):\n    try:\n        file = open(p)\n        int(file.read())\n        file.close()\n"
     "    finally:\n        file.seek(0)\n", None),
    ("an exception bound only sometimes", "def f(c):\n    if c and (error := ValueError(c)):\n        raise error\n    return 2\n", None),
    ("an exception bound in an expression", "def f(c):\n    c and print(error := ValueError(c))\n    if c:\n        raise error\n", None),
    ("a comment where it is closed", "def f(p):\n    file = open(p)\n    int(file.read())\n    file.close()  # before the rename\n",
     None),
    ("a local in the finally of another", "def f(g):\n    a = KeyError()\n    b = KeyError()\n    try:\n        if g():\n            raise a\n"
     "        raise b\n    finally:\n        del a\n", None),
    ("two that tie strangers together", "class A: pass\nclass B: pass\ndef tie():\n    link(A(), B())\ndef link(a, b):\n    a.b = b\n    b.a = a\n", None),
    ("a part that is given out", PARTS + "    def __getitem__(self, n):\n        return self._parts[n]\n", None),
    ("parts that are gone over", PARTS + "    def __iter__(self):\n        for part in self._parts.values():\n            yield part\n", None),
    ("a part's owner that is compared", PARTS + "    def is_own(self, part):\n        return part.whole is self\n", None),
    ("a part's owner that is a key", PARTS + "    def count(self, part, counts):\n        counts[part.whole] = 1\n", None),
    ("a part for its owner only", PARTS, PARTS.replace("= whole\n", "= None if whole is None else weakref.proxy(whole)\n")
     .replace("class Part:", "import weakref\n\n\nclass Part:")),
    ("keys of a choice", "def f(a, b):\n    return dict.fromkeys(a if a else b, [])\n", None),
    ("keys over lines", "def f(a):\n    return dict.fromkeys(\n        a,\n        set(),\n    )\n", "def f(a):\n    return {key: set() for key in a}\n"),
    ("a field with a name of its class", "import dataclasses\n@dataclasses.dataclass\nclass A:\n    n: int = 1\n    x: list = [n]\n", None),
    ("a field that is imported", "from dataclasses import dataclass, field\n@dataclass\nclass A:\n    x: list = [1]\n",
     "from dataclasses import dataclass, field\n@dataclass\nclass A:\n    x: list = field(default_factory=lambda: [1])\n"),
    ("a static callback asked of its class", "class A:\n    def __init__(self):\n        self.f = self._g\n    def _g(self):\n        return 1\n"
     "A._g(A())\n", None),
    ("a static callback that a subclass means", "class A:\n    def __init__(self):\n        self.f = self._g\n    def _g(self):\n        return 1\n"
     "class B(A):\n    def _g(self):\n        return self\n", None),
    ("a lock", LOCK + "    g()\n    lock.release()\n", LOCK[:-len("lock.acquire()\n")] + "with lock:\n        g()\n"),
    ("a lock released in another block", LOCK + "    if g():\n        lock.release()\n", None),
    ("a lock released twice", LOCK + "    if g():\n        lock.release()\n        return\n    g()\n    lock.release()\n", None),
    ("a signal", "import threading\ndef f(start):\n    lock = threading.Lock()\n    lock.acquire()\n    def g():\n"
     "        lock.acquire()\n    start(g)\n    lock.release()\n", None),
    ("a turn that goes on early", "import queue\njobs = queue.Queue()\ndef work():\n    while True:\n        job = jobs.get()\n"
     "        if job is None:\n            continue\n        job.run()\n", None),
    ("a job that is asked for behind the loop", "import queue\njobs = queue.Queue()\ndef work():\n    while True:\n"
     "        job = jobs.get()\n        if job.is_last:\n            break\n        job.run()\n    return job\n", None),
    ("a syntax error elsewhere", GLOBAL + "def (:\n", None),
]


def check_texts():
    for what, text, expected in TEXTS:
        with Folder() as folder:
            folder.write("a.py", text)
            answer = folder.run(*UNSAFE, "a.py")
            found = folder.read().decode()
            wanted = text if expected is None else expected
            checks.check(found == wanted, what, "%s\n%s\nexpected:\n%s\n" % (answer, found, wanted))
            if expected is not None:
                again = folder.run(*UNSAFE, "a.py")
                checks.check(folder.read().decode() == wanted, what + ", again", again)


# ---- files ---------------------------------------------------------------------------------


def check_bytes(what, before, after):
    with Folder() as folder:
        folder.write("a.py", before)
        answer = folder.run("--fix", "a.py")
        checks.check(folder.read() == after, what, "%s\n%r" % (answer, folder.read()))


def check_encodings():
    for encoding in ("latin-1", "cp1252", "iso-8859-15", "koi8-r", "shift_jis", "utf-8"):
        word = {"koi8-r": "мир", "shift_jis": "表ソ", "cp1252": "“é”"}.get(encoding, "é")
        head = "# coding: %s\ntext = '%s'\n" % (encoding, word)
        check_bytes(encoding, (head + GLOBAL).encode(encoding), (head + GLOBAL_FIXED).encode(encoding))
    mark = b"\xef\xbb\xbf"
    check_bytes("a byte order mark", mark + GLOBAL.encode(), mark + GLOBAL_FIXED.encode())
    crlf = GLOBAL.replace("\n", "\r\n"), GLOBAL_FIXED.replace("\n", "\r\n")
    check_bytes("CRLF with a mark", mark + crlf[0].encode(), mark + crlf[1].encode())
    old = GLOBAL.replace("\n", "\r").encode()
    check_bytes("lone CRs are left alone", old, old)


def check_modes_and_links():
    with Folder() as folder:
        path = folder.write("a.py", GLOBAL)
        os.chmod(path, 0o754)
        os.symlink("a.py", os.path.join(folder.path, "link.py"))
        folder.run("--fix", "link.py")
        checks.equal(stat.S_IMODE(os.stat(path).st_mode), 0o754, "the mode stays")
        checks.check(os.path.islink(os.path.join(folder.path, "link.py")), "a link stays one")
        checks.equal(folder.read(), GLOBAL_FIXED.encode(), "what it leads to is fixed")
        path = folder.write("b.py", GLOBAL)
        os.link(path, os.path.join(folder.path, "other.py"))
        folder.run("--fix", "b.py")
        checks.equal(folder.read("other.py"), GLOBAL_FIXED.encode(), "both names of a file lead to the new text")
        checks.equal(sorted(os.listdir(folder.path)), ["a.py", "b.py", "link.py", "other.py"], "nothing else is left")


def check_refusals():
    if os.geteuid() == 0:
        print("fix: root may write anywhere, so read-only files are not tried")
        return
    with Folder() as folder:
        path = folder.write("a.py", GLOBAL)
        os.chmod(path, 0o444)
        answer = folder.run("--fix", "a.py")
        checks.check(answer.status & 1 and "a.py: not fixed" in answer.err, "a read-only file", answer)
        os.chmod(path, 0o644)
        os.chmod(folder.path, 0o555)
        answer = folder.run("--fix", "a.py")
        os.chmod(folder.path, 0o755)
        checks.check(answer.status & 1 and "a.py: not fixed" in answer.err, "a read-only folder", answer)
        checks.check("global-not-assigned" in answer.out, "what was not fixed is reported", answer)
        checks.equal(folder.read(), GLOBAL.encode(), "and the file is as it was")


def check_full_disk():
    """Nothing can be written any more: the file is as it was, and nothing lies beside it."""
    def fill():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))

    for name in ("a.py", "one of two names"):
        with Folder() as folder:
            path = folder.write("a.py", GLOBAL)
            if name != "a.py":
                os.link(path, os.path.join(folder.path, "b.py"))
            before = sorted(os.listdir(folder.path))
            done = subprocess.run([BINARY, *ALL, "--fix", "a.py"], cwd=folder.path, preexec_fn=fill,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            checks.check(done.returncode & 1 and "a.py: not fixed" in done.stderr, "a full disk: " + name, done.stderr)
            checks.check("global-not-assigned" in done.stdout, "what could not be fixed is reported", done.stdout)
            checks.equal(folder.read(), GLOBAL.encode(), "a full disk leaves the file as it was")
            checks.equal(sorted(os.listdir(folder.path)), before, "a full disk leaves nothing else")


def check_newer_text():
    """What somebody writes during the run is never lost, whenever that is."""
    newer = "# newer\n" + GLOBAL
    for delay in range(0, 60, 4):
        with Folder() as folder:
            for i in range(60):
                folder.write("m%d.py" % i, GLOBAL * 40)
            folder.write("a.py", GLOBAL)
            run = subprocess.Popen([BINARY, *ALL, "--fix", "."], cwd=folder.path,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            time.sleep(delay / 1000)
            replacement = folder.write("new", newer)
            os.replace(replacement, os.path.join(folder.path, "a.py"))
            errors = run.communicate()[1]
            found = folder.read().decode()
            checks.check(found in (newer, newer.replace("    global count\n", "")),
                         "a newer text stays", errors + found)


def check_two_runs():
    with Folder() as folder:
        for _ in range(5):
            folder.write("a.py", GLOBAL)
            runs = [subprocess.Popen([BINARY, *ALL, "--fix", "a.py"], cwd=folder.path,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(4)]
            for run in runs:
                run.wait()
            checks.equal(folder.read(), GLOBAL_FIXED.encode(), "several runs at once fix it once")
            checks.equal(os.listdir(folder.path), ["a.py"], "and leave nothing else")


# ---- options -------------------------------------------------------------------------------


def check_not_fixed(what, text, *arguments):
    with Folder() as folder:
        folder.write("a.py", text)
        answer = folder.run("--fix", *arguments, "a.py")
        checks.check(folder.read().decode() == text, what + " is not fixed", answer)


def check_fixed(what, text, *arguments):
    with Folder() as folder:
        folder.write("a.py", text)
        answer = folder.run("--fix", *arguments, "a.py")
        checks.check(folder.read().decode() != text, what + " is fixed", answer)


def check_what_is_left_alone():
    hushed = GLOBAL.replace("count\n    return", "count  # cyclint: disable=W9403\n    return")
    check_not_fixed("what a comment disables", hushed)
    check_not_fixed("what is disabled", GLOBAL, "--disable=global-not-assigned")
    check_not_fixed("what is not enabled", GLOBAL, "--disable=all", "--enable=91")
    check_not_fixed("what is unsafe", "def f(x=[]):\n    x.append(1)\n")
    kept = "import sys\ndef f():\n    frame = sys._getframe()\n    return list(frame.f_locals)\n"
    check_not_fixed("a frame that keeps a copy of its locals", kept, "--py-version=3.12")
    check_fixed("a frame that shows its locals", kept, "--py-version=3.13")
    with Folder() as folder:
        folder.write("a.py", GLOBAL)
        folder.run("--write-baseline=base.json", "a.py")
        answer = folder.run("--fix", "--baseline=base.json", "a.py")
        checks.check(folder.read() == GLOBAL.encode(), "what is in the baseline is not fixed", answer)
        book = folder.write("book.ipynb", json.dumps({"cells": [{"cell_type": "code", "source": GLOBAL}]}))
        folder.run("--fix", "book.ipynb")
        with open(book) as opened:
            checks.check(GLOBAL in json.load(opened)["cells"][0]["source"], "a notebook is not touched")


def check_status():
    with Folder() as folder:
        folder.write("a.py", GLOBAL)
        answer = folder.run("--show-diff", "a.py")
        checks.equal(answer.status, WARNING, "a diff that is not empty sets the bits of what it fixes")
        checks.check("-    global count\n" in answer.out and "W9403" not in answer.out, "only the diff", answer)
        checks.check("would fix 1 finding in 1 file" in answer.err, "and a count", answer)
        checks.equal(folder.read(), GLOBAL.encode(), "--show-diff changes nothing")
        checks.equal(folder.run("--show-diff", "--exit-zero", "a.py").status, 0, "--exit-zero")
        both = folder.run("--fix", "--show-diff", "a.py")
        checks.check(both.out == answer.out and folder.read() == GLOBAL.encode(), "--show-diff wins", both)
        plain = folder.run("a.py")
        checks.check("1 finding can be fixed with --fix\n" in plain.out, "text says that there is a fix", plain)
        answer = folder.run("--fix", "a.py")
        checks.equal(answer.status, 0, "what was fixed is no finding")
        checks.check("fixed 1 finding in 1 file" in answer.err, "and is counted", answer)
        answer = folder.run("--show-diff", "a.py")
        checks.equal((answer.status, answer.out), (0, ""), "an empty diff")


def check_stdin():
    with Folder() as folder:
        answer = folder.run("--fix", "-", stdin=GLOBAL.encode())
        checks.equal(answer.out, GLOBAL_FIXED, "stdin goes fixed to stdout")
        unsafe = b"def f(x=[]):\n    x.append(1)\n"
        answer = folder.run("--fix", "-", stdin=unsafe)
        checks.check(answer.out.encode() == unsafe and "W9408" in answer.err, "findings go to stderr", answer)
        answer = folder.run("--show-diff", "--stdin-filename=x.py", "-", stdin=GLOBAL.encode())
        checks.check(answer.out.startswith("--- x.py\n+++ x.py\n"), "a diff of stdin", answer)


def check_configuration():
    with Folder() as folder:
        folder.write("pyproject.toml", "[tool.cyclint]\nfix = true\nunsafe-fixes = true\n")
        folder.write("a.py", "def f(x=[]):\n    x.append(1)\n")
        answer = cyclint("--no-cache", "a.py", cwd=folder.path)
        checks.check(b"x=None" in folder.read(), "the keys fix and unsafe-fixes", answer)
        for option in ("--no-fix", "--no-unsafe-fixes"):
            folder.write("a.py", "def f(x=[]):\n    x.append(1)\n")
            answer = cyclint("--no-cache", option, "a.py", cwd=folder.path)
            checks.check(b"x=[]" in folder.read(), option + " takes the key back", answer)


def check_cache():
    """Facts from the store are of the text before."""
    with Folder() as folder:
        folder.write("a.py", GLOBAL)
        for what in ("a cold cache", "a warm cache"):
            cyclint("--isolated", "a.py", cwd=folder.path)
            answer = cyclint("--isolated", "--fix", "a.py", cwd=folder.path)
            checks.equal(folder.read(), GLOBAL_FIXED.encode(), "fixed with " + what)
            after = cyclint("--isolated", "a.py", cwd=folder.path)
            checks.check("W9403" not in after.out, "the cache knows the fixed text", after)
            folder.write("a.py", GLOBAL)


def main(names):
    check_fixtures(names)
    if not names:
        for check in (check_texts, check_encodings, check_modes_and_links, check_refusals,
                      check_full_disk, check_newer_text, check_two_runs,
                      check_what_is_left_alone, check_status, check_stdin, check_configuration, check_cache):
            check()
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
