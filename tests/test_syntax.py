#!/usr/bin/env python3
"""Odd input: every construct of the grammar up to 3.15, what is no Python, and Python 2.

Each construct of constructs.txt must parse, and a finding after it be reported at its line; a mistake
anywhere must be told where it is, once, and the rest of the file be analysed.
"""

import ast
import os
import random
import sys
import tempfile

from harness import ROOT, Checks, cyclint

NEWER = "=== newer than Python 3.13\n"
TAIL = "\n\ndef leak(found=[]):\n    found.append(1)\n"
N_DAMAGED = 300


def constructs():
    with open(os.path.join(ROOT, "tests", "constructs.txt"), encoding="utf-8") as opened:
        older, newer = opened.read().rstrip("\n").split("\n" + NEWER)
    return older.split("\n---\n"), newer.split("\n---\n")


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as opened:
        opened.write(text)


def by_file(folder, *arguments):
    """The findings of each file of a folder."""
    answer = cyclint("--isolated", "--no-cache", "-fjson2", *arguments, ".", cwd=folder)
    found = {}
    for one in answer.messages():
        found.setdefault(one["path"], []).append(one)
    return answer, found


def check_constructs(checks, folder):
    older, newer = constructs()
    checks.check(len(older) > 200 and len(newer) > 20, "the constructs are there")
    if sys.version_info >= (3, 13):
        for text in older:
            ast.parse(text)
    texts = [text + TAIL for text in older + newer]
    for number, text in enumerate(texts):
        write(folder, "c%d.py" % number, text)
        write(folder, "crlf%d.py" % number, text.replace("\n", "\r\n"))
    answer, found = by_file(folder, "--disable=all", "--enable=E9003,W9408,F9001,F9002")
    for number, text in enumerate(texts):
        line = text.count("\n") - 1
        for name in ("c%d.py" % number, "crlf%d.py" % number):
            places = [(one["messageId"], one["line"]) for one in found.get(name, [])]
            right = ("W9408", line) in places and all(code == "W9408" for code, _ in places)
            checks.check(right, "%r parses, and what follows it" % text[: -len(TAIL)], places)


BEGIN = "import os\n\n\ndef first(seen=[]):\n    seen.append(1)\n\n\n"
BROKEN = [  # the text, the line of it that is wrong
    ("x = = 1\n", 1),
    ("def f(:\n    pass\n", 1),
    ("class A(\n", 4),  # which could go on until there
    ("if x\n    y = 1\n", 1),
    ("x = [1, 2\ny = 3\n", 1),
    ("return = 3\n", 1),
    ("f(a b)\n", 1),
    ("x = 'abc\n", 1),
    ("def g():\n    x = 1\n    y = = 2\n    return x\n", 3),
    ("<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> other\n", 1),
    ("for x on y:\n    pass\n", 1),
    ("lazy import\n", 1),
    ("%matplotlib inline\n", 1),
    ("x = 1\n!ls\n", 2),
    ("async x = 1\n", 1),
    ("def async(): pass\n", 1),
    ("{% for x in y %}\n", 1),
]


def check_broken(checks, folder):
    for number, (text, _) in enumerate(BROKEN):
        write(folder, "b%d.py" % number, BEGIN + text + TAIL)
    answer, found = by_file(folder)
    n_begin = BEGIN.count("\n")
    n_rest = 0
    for number, (text, line) in enumerate(BROKEN):
        places = found.get("b%d.py" % number, [])
        wrong = [one["line"] for one in places if one["messageId"] == "E9003"]
        checks.check(len(wrong) == 1 and 0 <= wrong[0] - n_begin - line <= 1, "where %r is wrong" % text, "%s, not %d" % (wrong, n_begin + line))
        defaults = [one["line"] for one in places if one["messageId"] == "W9408"]
        checks.check(4 in defaults, "what comes before %r is analysed" % text, places)
        n_rest += (BEGIN + text + TAIL).count("\n") - 1 in defaults
    # A bracket or a quote that nobody closes takes what follows with it.
    checks.check(n_rest >= len(BROKEN) - 4, "what comes after a mistake is analysed, too", "%d of %d" % (n_rest, len(BROKEN)))


PYTHON_2 = [
    ('print "hello", 1\n', "a print statement"),
    ("print x\n", "a print statement"),
    ("def f():\n    if x: print\n    print x % y,\n", "a print statement"),
    ('exec "code" in ns\n', "an exec statement"),
    ("exec compile(open(p).read(), p, 'exec') in d.__dict__\n", "an exec statement"),
    ("x = `y`\n", "backquotes"),
    ("if a <> b: pass\n", "<>"),
    ("os.chmod(p, 0777)\n", "an octal number without 0o"),
    ("x = 10L\n", "a long number"),
    ('x = ur"abc"\n', 'a string ur""'),
    ('raise ValueError, "bad"\n', "raise with a comma"),
    ("raise E, x, tb\n", "raise with a comma"),
    ("def f((a, b), c): pass\n", "a tuple as a parameter"),
    ("f = lambda (a, b): a\n", "a tuple as a parameter"),
    ("try: pass\nexcept ValueError, e: pass\n", "except with a comma"),
    ("try: pass\nexcept (A, B), why: pass\n", "except with a comma"),
    ("\n".join("print %d" % i for i in range(100)) + "\nraise E, x\nx = = 1\n", "a print statement"),
]
PYTHON_3 = [
    "print(x)\n", "print\n", "print >>f, x\n", "print (x), y\n", "print -1\n", "print [1]\n", "exec(x)\n",
    "x = 0\ny = 00\nz = 0_0\n", "x = 0o777\n", "x = 0x10\n", "x = u'a'\n", "raise E from None\n",
    "try: pass\nexcept A, B: pass\n", "try: pass\nexcept A, socket.error: pass\n", "try: pass\nexcept A, error: pass\n",
    "try: pass\nexcept A as e: pass\n", "f = lambda a, b: a\n", "x = '<>'\ny = '`'\n", "x = 1.0\ny = 0.5\nz = 00.5\nw = 1j\n",
]


def check_python_2(checks, folder):
    for number, (text, _) in enumerate(PYTHON_2):
        write(folder, "p%d.py" % number, text + TAIL)
    for number, text in enumerate(PYTHON_3):
        write(folder, "q%d.py" % number, text + TAIL)
    answer, found = by_file(folder, "--disable=all", "--enable=E9003,W9408")
    for number, (text, what) in enumerate(PYTHON_2):
        messages = [one["message"] for one in found["p%d.py" % number] if one["messageId"] == "E9003"]
        right = len(messages) == 1 and "this is Python 2 (%s)" % what in messages[0]
        checks.check(right, "one note that %r is Python 2" % text[:60], messages)
        rest = [one for one in found["p%d.py" % number] if one["messageId"] == "W9408"]
        checks.check(len(rest) == 1, "what both read alike is analysed after %r" % text[:60], found)
    for number, text in enumerate(PYTHON_3):
        codes = [one["messageId"] for one in found.get("q%d.py" % number, [])]
        checks.equal(codes, ["W9408"], "%r is no Python 2" % text)


KEPT = """def fetch():
    last = None
    try:
        connect()
    except OSError as error:
        last = error
    %s last
"""


def check_exceptions(checks, folder):
    """An exception of Python 2 has no traceback."""
    write(folder, "three.py", KEPT % "raise")
    write(folder, "two.py", KEPT % "raise" + "print 'x'\n")
    answer, found = by_file(folder)
    codes = {name: {one["messageId"] for one in found[name]} for name in found}
    checks.equal(codes, {"three.py": {"W9105"}, "two.py": {"E9003"}}, "kept exceptions")


def check_damaged(checks, folder):
    """Newer syntax, cut and joined at random: whatever comes of it, no crash and no place outside."""
    _, newer = constructs()
    chosen = random.Random(1)
    for number in range(N_DAMAGED):
        text = "\n".join(chosen.sample(newer, 3))
        a, b = sorted(chosen.randrange(len(text)) for _ in range(2))
        write(folder, "d%d.py" % number, text[:a] + text[b:] if number % 2 else text[:b])
    answer, found = by_file(folder, "--enable=all")
    checks.check(0 <= answer.status < 32 and not answer.status & 1, "damaged files", answer.err)


def check_files_stay(checks, folder):
    """What is read in other words is not written so: --fix leaves newer syntax as it is."""
    text = "lazy import json\n\n\nclass C[T = int]:\n    def add(self, found=[]):\n        found.append({**d for d in self})\n"
    write(folder, "newer.py", text)
    cyclint("--isolated", "--no-cache", "--unsafe-fixes", "--fix", "newer.py", cwd=folder)
    with open(os.path.join(folder, "newer.py"), encoding="utf-8") as opened:
        fixed = opened.read()
    checks.check(fixed != text and fixed.startswith("lazy import json\n\n\nclass C[T = int]:\n"), "a fixed file", fixed)
    checks.check("{**d for d in self}" in fixed, "a fixed file", fixed)


def check_missing_defaults(checks, folder):
    texts = ("class C[T = ]:\n    pass\n", "type A[T=\n] = int\n", "def f[T = , U](x):\n    pass\n")
    for text in texts:
        write(folder, "missing.py", text)
        answer = cyclint("--isolated", "--no-cache", "missing.py", cwd=folder)
        checks.check("syntax-error" in answer.out, "a type parameter's default that is not there", answer)


def main():
    checks = Checks("syntax")
    for check in (check_constructs, check_broken, check_python_2, check_exceptions, check_damaged, check_files_stay,
                  check_missing_defaults):
        with tempfile.TemporaryDirectory() as folder:
            check(checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
