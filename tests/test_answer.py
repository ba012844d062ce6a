#!/usr/bin/env python3
"""A report of an earlier run is given again only while nothing has changed that could change it.

Each case makes a small project, lets its report be kept, changes one thing, and compares what the
next run says with what a run without a store says.  A case also tells whether the report may be
the kept one: a change that matters must not find it, one that does not should.
"""

import os
import re
import shutil
import subprocess
import time

from harness import BINARY, Checks, cyclint
from test_store import NODE, TREE, Project

BAD = "class Box:\n    def __init__(self):\n        self.me = self\n        self.f = open('x')\n"
FILES = {
    "pyproject.toml": "",
    "pkg/__init__.py": "",
    "pkg/node.py": NODE,
    "pkg/tree.py": TREE,
    "pkg/sub/__init__.py": "",
    "pkg/sub/box.py": BAD,
    "rules/my-rule.scm": '((class_definition name: (identifier) @n) @report\n'
                         ' (#set! code "W8001") (#set! message "a class"))\n',
}


class Case:
    """A project in which a change is made."""

    def __init__(self, checks, name, arguments=("pkg",), files=None, environment=None):
        self.checks, self.name, self.arguments = checks, name, list(arguments)
        self.environment = environment
        self.project = Project({**FILES, **(files or {})})
        self.at, self.write = self.project.at, self.project.write
        self.folder = self.project.path
        os.makedirs(self.at(".git/info"))
        os.makedirs(self.at("empty"))
        self.run()

    def run(self, *arguments):
        arguments = arguments or self.arguments
        return cyclint("-f", "json2", "--timings", "--cache-dir", self.at("cache"), *arguments, cwd=self.folder,
                       environment=self.environment)

    def cold(self, *arguments):
        arguments = arguments or self.arguments
        return cyclint("-f", "json2", "--no-cache", *arguments, cwd=self.folder, environment=self.environment)

    def compare(self, may_recall, what, findings_too=None):
        warm, cold = self.run(), self.cold()
        told = "".join(line for line in warm.err.splitlines(True) if not re.search(r"\d ms", line))
        self.checks.check((warm.out, warm.status, told) == (cold.out, cold.status, cold.err),
                          "%s: %s" % (self.name, what), "cold: %s\nwarm: %s" % (cold, warm))
        if findings_too is not None:
            self.checks.equal("findings recalled" in warm.err, findings_too,
                              "%s: %s: findings recalled" % (self.name, what))
        if may_recall is not None:
            self.checks.equal("report recalled" in warm.err, may_recall, "%s: %s: recalled" % (self.name, what))

    def finish(self):
        shutil.rmtree(self.project.path)


def rewrite(name, text):
    return lambda case: case.write(name, text)


def same_size_and_time(case):
    path, status = case.at("pkg/node.py"), os.stat(case.at("pkg/node.py"))
    case.write("pkg/node.py", NODE.replace("self.tree = tree", "tree.self = tree"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def link_elsewhere(case):
    os.remove(case.at("pkg/node.py"))
    case.write("elsewhere.py", "class Node:\n    pass\n")
    os.symlink("../elsewhere.py", case.at("pkg/node.py"))


def becomes_folder(case):
    os.remove(case.at("pkg/node.py"))
    os.mkdir(case.at("pkg/node.py"))


def options(*arguments):
    return lambda case: setattr(case, "arguments", list(arguments))


def from_folder(name, *arguments):
    def change(case):
        case.folder = case.at(name)
        case.arguments = list(arguments)

    return change


# What is changed, and whether the kept report may be given again.
CHANGES = [
    ("nothing", lambda case: None, True),
    ("a file is touched", lambda case: os.utime(case.at("pkg/node.py"), (1, 1)), True),
    ("a file is written anew", rewrite("pkg/node.py", NODE), True),
    ("another file is edited", rewrite("notes.txt", "x"), True),
    ("a file is edited", rewrite("pkg/node.py", "class Node:\n    pass\n"), False),
    ("a file is emptied", rewrite("pkg/tree.py", ""), False),
    ("a file is broken", rewrite("pkg/tree.py", TREE + "def (:\n"), False),
    ("a file is not UTF-8", rewrite("pkg/tree.py", b"x = '\xff'\n"), False),
    ("only a comment", rewrite("pkg/tree.py", TREE.replace("(self)\n", "(self)  # cyclint: disable=all\n")), False),
    ("same size and time", same_size_and_time, False),
    ("a new file", rewrite("pkg/new.py", BAD), False),
    ("a new file in a new folder", rewrite("pkg/deep/er/new.py", BAD), False),
    ("a file is gone", lambda case: os.remove(case.at("pkg/tree.py")), False),
    ("a file has another name", lambda case: os.rename(case.at("pkg/tree.py"), case.at("pkg/tee.py")), False),
    ("a folder has another name", lambda case: os.rename(case.at("pkg/sub"), case.at("pkg/bus")), False),
    ("two files change places", lambda case: (os.rename(case.at("pkg/tree.py"), case.at("x")),
                                              os.rename(case.at("pkg/node.py"), case.at("pkg/tree.py")),
                                              os.rename(case.at("x"), case.at("pkg/node.py"))), False),
    ("a file is a link", link_elsewhere, False),
    ("a file is a folder", becomes_folder, False),
    ("the package is in a package", rewrite("__init__.py", ""), False),
    ("the package is none", lambda case: os.remove(case.at("pkg/sub/__init__.py")), False),
    ("a .gitignore", rewrite(".gitignore", "node.py\n"), False),
    ("a .gitignore inside", rewrite("pkg/.gitignore", "sub/\n"), False),
    ("a .gitignore of no matter", rewrite("pkg/.gitignore", "other/\n"), True),
    (".git/info/exclude", rewrite(".git/info/exclude", "tree.py\n"), False),
    ("a virtual environment", rewrite("pkg/sub/pyvenv.cfg", ""), False),
    ("pyproject.toml", rewrite("pyproject.toml", "[tool.cyclint]\ndisable = ['reference-cycle']\n"), False),
    ("pyproject.toml of no matter", rewrite("pyproject.toml", "[tool.cyclint]\njobs = 1\n"), True),
    ("pyproject.toml ignores", rewrite("pyproject.toml", "[tool.cyclint]\nignore = ['node.py']\n"), False),
    ("pyproject.toml, a version", rewrite("pyproject.toml", "[tool.cyclint]\npy-version = '3.8'\n"), False),
    ("pyproject.toml, a size", rewrite("pyproject.toml", "[tool.cyclint]\nmax-file-size = 60\n"), False),
    ("pyproject.toml of one rule", rewrite("pyproject.toml", "[tool.cyclint.rule.reference-cycle]\n"
                                           "ignore-names = ['Tree', 'Node', 'Box']\n"), False),
    ("pyproject.toml is wrong", rewrite("pyproject.toml", "[tool.cyclint]\nno = 1\n"), False),
    (".cyclintrc.toml", rewrite(".cyclintrc.toml", "disable = ['all']\n"), False),
    ("a nearer pyproject.toml", rewrite("pkg/sub/pyproject.toml", "[tool.cyclint]\ndisable = ['all']\n"), False),
    ("a nearer .cyclintrc.toml", rewrite("pkg/.cyclintrc.toml", "enable = ['all']\n"), False),
    ("--disable", options("--disable=W9101", "pkg"), False),
    ("--enable", options("--enable=all", "pkg"), False),
    ("--errors-only", options("-E", "pkg"), False),
    ("--min-confidence", options("--min-confidence=certain", "pkg"), False),
    ("--py-version", options("--py-version=3.8", "pkg"), False),
    ("--rules", options("--rules=rules", "pkg"), False),
    ("--makers", options("--makers=open until shut", "pkg"), False),
    ("--closers", options("--closers=a.b", "pkg"), False),
    ("--borrowers", options("--borrowers=a.b", "pkg"), False),
    ("--holders", options("--holders=a.b strongly by process", "pkg"), False),
    ("--ignore", options("--ignore=node.py", "pkg"), False),
    ("--ignore-patterns", options("--ignore-patterns=n.*", "pkg"), False),
    ("--ignore-paths", options("--ignore-paths=pkg/sub", "pkg"), False),
    ("--extend-exclude", options("--extend-exclude=sub", "pkg"), False),
    ("--max-file-size", options("--max-file-size=60", "pkg"), False),
    ("one file", options("pkg/tree.py"), False),
    ("some files", options("pkg/tree.py", "pkg/node.py"), False),
    ("another spelling", options("./pkg/"), True),
    ("absolute paths", lambda case: case.arguments.__setitem__(0, case.at("pkg")), False),
    ("no such path", options("pkg", "nothing"), False),
    ("from another folder", from_folder("empty", "../pkg"), False),
    ("from inside", from_folder("pkg", "."), False),
    ("-j1", options("-j1", "pkg"), True),
    ("--isolated", options("--isolated", "pkg"), True),
    ("--exit-zero", options("--exit-zero", "pkg"), True),
    ("--fail-on", options("--fail-on=W9101", "--fail-under=0", "pkg"), True),
    ("--fail-under", options("--fail-under=-100", "pkg"), True),
]


def test_changes(checks):
    """Twice: right after the files were written, when all are read again, and when a look is enough."""
    cases = [(Case(checks, "a change"), change) for change in CHANGES]
    for case, (what, change, may_recall) in cases:
        change(case)
        case.compare(may_recall, what)
        case.finish()
    cases = [(Case(checks, "a change later"), change) for change in CHANGES]
    time.sleep(2.1)
    for case, _ in cases:
        case.run()
    for case, (what, change, may_recall) in cases:
        change(case)
        case.compare(may_recall, what)
        case.compare(True if case.cold().status < 32 else False, what + ", again")
        case.finish()


EDITED = """import weakref


class Tree:
    def __init__(self):
        self.root = Node(self); self.f = open("x")


class Node:
    '''docs'''

    def __init__(self, tree):
        self.tree = tree
        self.me = self
"""

# Edits of it, and whether they leave the program as it is.
PLACES = [
    ("a comment", lambda s: s.replace("tree\n", "tree  # why\n", 1), True),
    ("a comment of its own", lambda s: "# why\n" + s, True),
    ("a comment before a class", lambda s: "# why\n" + s.replace("import weakref\n\n\n", ""), None),
    ("blank lines", lambda s: s.replace("\n\n\n", "\n\n\n\n\n"), True),
    ("a comment inside", lambda s: s.replace("self.root", "# here\n        self.root"), True),
    ("suppressed", lambda s: s.replace('open("x")', 'open("x")  # cyclint: disable=all'), True),
    ("suppressed for the next", lambda s: s.replace("        self.me", "        # cyclint: disable-next=all\n"
                                                    "        self.me"), True),
    ("suppressed by noqa", lambda s: s.replace("self.me = self", "self.me = self  # noqa"), True),
    ("skipped", lambda s: "# cyclint: skip-file\n" + s, True),
    ("an unknown rule", lambda s: s + "# cyclint: disable=no-such\n", True),
    ("two lines of one", lambda s: s.replace("; self.f", "\n        self.f"), True),
    ("broken over lines", lambda s: s.replace("Node(self)", "Node(\n            self\n        )"), True),
    ("blanks", lambda s: s.replace("(self, tree)", "(self,   tree)").replace(" = ", "  =  "), True),
    ("deeper", lambda s: s.replace("\n    ", "\n        "), None),
    ("CRLF", lambda s: s.replace("\n", "\r\n"), True),
    ("a mark before it", lambda s: "\ufeff" + s, True),
    ("a rule is enabled", lambda s: "# cyclint: enable=all\n" + s, False),
    ("a rule is named", lambda s: "# cyclint: disable=missing-slots\n" + s, None),
    ("a statement", lambda s: s + "x = 1\n", False),
    ("another statement", lambda s: s.replace("self.me = self", "self.me = None"), False),
    ("another name", lambda s: s.replace("root", "child"), False),
    ("another string", lambda s: s.replace('"x"', '"y"'), False),
    ("another order", lambda s: s.replace("import weakref\n", "") + "import weakref\n", False),
    ("a decorator", lambda s: s.replace("class Tree", "@weakref\nclass Tree"), False),
    ("an annotation", lambda s: s.replace("tree)", "tree: int)"), False),
    ("broken", lambda s: s + "def (\n", False),
]


def test_places(checks):
    """Edits that only move things: the findings are kept, their places are new."""
    for what, edit, may_recall in PLACES:
        case = Case(checks, "places", ["--enable=useless-suppression", "pkg"], {"pkg/tree.py": EDITED})
        for text, there in ((edit(EDITED), "there"), (EDITED, "back")):
            case.write("pkg/tree.py", text)
            case.compare(False, "%s, %s" % (what, there), may_recall)
        case.compare(True, what + ", still")
        case.finish()


def test_places_later(checks):
    """The same when a look is enough for the other files, so that few of their facts are loaded."""
    names = {"pkg/said.py": "import os  # cyclint: disable=no-such\n", "pkg/made.py": "# Generated by a program. DO NOT EDIT.\n" + BAD}
    cases = [(Case(checks, "places later", ["--enable=useless-suppression", "pkg"], {"pkg/tree.py": EDITED, **names}), place)
             for place in PLACES]
    time.sleep(2.1)
    for case, _ in cases:
        case.run()
    for case, (what, edit, may_recall) in cases:
        case.write("pkg/tree.py", edit(EDITED))
        case.compare(False, what, may_recall)
        case.write("pkg/sub/box.py", "# why\n" + BAD)
        case.compare(False, what + ", and another", None if may_recall is None or not may_recall else True)
        case.write("pkg/tree.py", EDITED)
        case.compare(False, what + ", back", may_recall)
        case.finish()


def test_two_files(checks):
    """A cycle through two files, each of which is edited."""
    case = Case(checks, "two files")
    for text, name in (("# why\n" + NODE, "pkg/node.py"), ("# why\n" + TREE, "pkg/tree.py"),
                       (NODE.replace(":\n", ":  # why\n"), "pkg/node.py")):
        case.write(name, text)
        case.compare(False, "a comment in " + name, True)
    case.write("pkg/tree.py", TREE + "x = 1\n")
    case.compare(False, "a statement in the other file", False)
    case.write("pkg/node.py", NODE + "x = 1\n")
    case.compare(False, "a statement in this one", False)
    case.finish()


def test_user_rules(checks):
    case = Case(checks, "rules", ["--rules", "rules", "pkg"])
    case.compare(True, "nothing")
    case.write("rules/my-rule.scm", FILES["rules/my-rule.scm"].replace("a class", "some class"))
    case.compare(False, "a message")
    case.write("rules/my-rule.scm", FILES["rules/my-rule.scm"].replace("class_def", "function_def"))
    case.compare(False, "a query")
    case.write("rules/other.scm", FILES["rules/my-rule.scm"].replace("W8001", "W8002"))
    case.compare(False, "one more")
    os.remove(case.at("rules/my-rule.scm"))
    case.compare(False, "one less")
    case.finish()


def test_baseline(checks):
    case = Case(checks, "baseline")
    case.arguments = ["--baseline", "known.json", "pkg"]
    case.run("--write-baseline", "known.json", "pkg")
    case.compare(True, "all is known")
    case.write("known.json", '{"version": 1, "findings": []}')
    case.compare(True, "nothing is known")
    case.write("known.json", "{")
    case.compare(True, "it is broken")
    os.remove(case.at("known.json"))
    case.compare(True, "it is gone")
    case.finish()


def test_unreadable(checks):
    """A file that cannot be read is tried again each time."""
    for name, text in [("bad.py", b"# coding: nothing\n"), ("bad.py", b"x = '\xff'\n"), ("bad.py", b"\0" * 8)]:
        case = Case(checks, "unreadable", files={"pkg/" + name: text})
        case.compare(True, "still")
        case.write("pkg/" + name, b"x = 1\n" + text)
        case.compare(None, "more of it")
        case.write("pkg/" + name, b"x = 1\n")
        case.compare(False, "mended")
        case.write("pkg/" + name, text)
        case.compare(False, "broken again")
        case.finish()
    case = Case(checks, "too large", ["--max-file-size=90", "pkg"])
    case.compare(True, "still")
    case.write("pkg/tree.py", TREE * 2)
    case.compare(True, "larger")
    case.write("pkg/tree.py", "")
    case.compare(False, "small")
    case.finish()
    case = Case(checks, "a broken link")
    os.symlink("nowhere.py", case.at("pkg/link.py"))
    case.compare(False, "there")
    case.compare(True, "still")
    case.write("pkg/nowhere.py", BAD)
    case.compare(False, "leads somewhere")
    case.finish()
    if os.geteuid() != 0:
        case = Case(checks, "permission")
        os.chmod(case.at("pkg/tree.py"), 0)
        case.compare(False, "taken away")
        os.chmod(case.at("pkg/tree.py"), 0o600)
        case.compare(False, "given back")
        case.finish()


def test_writing(checks):
    """Whatever only concerns the writing is done with the kept report as with a new one."""
    formats = "text colorized parseable msvs json json2 sarif github gitlab junit html".split()
    case = Case(checks, "writing", ["--enable=all", "pkg"])
    ways = [["-f", name] for name in formats] + [
        ["--statistics"], ["-r", "y"], ["-s", "n"], ["--color=always", "-f", "colorized"],
        ["--msg-template={path} {obj} {msg}"], ["--sarif-max=1", "-f", "sarif"], ["--sarif-suppressed", "-f", "sarif"],
        ["--output", "out.txt"], ["-f", "text,sarif:out.txt"], ["-f", "html:out.txt"], ["--verbose"],
    ]
    for way in ways:
        for environment in ({"NO_COLOR": "1"}, {"NO_COLOR": ""}):
            answers = []
            for cache in (["--no-cache"], ["--cache-dir", case.at("cache")], ["--cache-dir", case.at("cache")]):
                answer = cyclint("--enable=all", "pkg", *way, *cache, cwd=case.folder, environment=environment)
                written = open(case.at("out.txt")).read() if os.path.exists(case.at("out.txt")) else None
                answers.append((answer.out, answer.err, answer.status, written))
            checks.check(answers[0] == answers[1] == answers[2], "written the same: %s" % way, answers)
    timings = cyclint("-f", "sarif", "--timings", "--enable=all", "--cache-dir", case.at("cache"), "pkg",
                      cwd=case.folder).err
    checks.check("report recalled" in timings, "SARIF of a kept report", timings)
    case.finish()


def test_history(checks):
    """A run that finds nothing new is a run, and what people ask the store for stays right."""
    case = Case(checks, "history")
    project = case.project
    ask = "SELECT %s FROM %s"

    def rows(what, table):
        answer = cyclint("sql", ask % (what, table), "-f", "csv", "--cache-dir", case.at("cache"), cwd=case.folder)
        return answer.out.splitlines()[1:]

    findings = rows("path, line, code, fingerprint", "findings")
    checks.check(findings, "there are findings")
    rules = rows("count(*)", "run_rules")
    case.compare(True, "nothing")
    checks.equal(rows("count(*)", "runs"), ["2"], "two runs")
    checks.equal(rows("path, line, code, fingerprint", "findings"), findings, "the same findings")
    checks.equal(rows("count(*)", "run_rules"), [str(2 * int(rules[0]))], "counted twice")
    case.arguments = ["--disable=all", "pkg"]
    case.compare(False, "no rule")
    checks.equal(rows("count(*)", "findings"), ["0"], "no findings")
    case.arguments = ["pkg"]
    case.compare(True, "the first again")
    checks.equal(rows("path, line, code, fingerprint", "findings"), findings, "its findings again")
    for n in range(30):
        case.run("--min-confidence=possible", "--max-file-size=%d" % (100000 + n), "pkg")
        case.run()
    checks.check(int(rows("count(*)", "answers")[0]) <= 16, "old reports are forgotten")
    case.compare(True, "but not what is wanted")
    case.finish()


def test_build(checks):
    """Another build of the program has reports of its own."""
    case = Case(checks, "build")
    with open(BINARY, "rb") as opened:
        program = opened.read()
    at = program.index(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0") + 16
    other = case.at("cyclint")
    with open(other, "wb") as opened:
        opened.write(program[:at] + bytes([program[at] ^ 1]) + program[at + 1:])
    os.chmod(other, 0o755)
    command = ["-f", "json2", "--timings", "--cache-dir", case.at("cache"), "pkg"]
    for expected in (False, True):
        done = subprocess.run([other, *command], cwd=case.folder, capture_output=True)
        checks.equal(b"report recalled" in done.stderr, expected, "another build")
        checks.equal(done.stdout.decode(), case.cold().out, "another build: the report")
    case.finish()


def test_input(checks):
    """The standard input has no times to tell by."""
    case = Case(checks, "input")
    for text in (TREE, "", BAD, TREE):
        answers = [cyclint("-f", "json2", "--stdin-filename", "pkg/tree.py", "pkg/node.py", "-", *cache,
                           cwd=case.folder, stdin=text.encode())
                   for cache in (["--no-cache"], ["--cache-dir", case.at("cache")])]
        checks.equal(answers[0].out, answers[1].out, "the standard input")
    case.finish()


def test_haste(checks):
    """Edits that follow each other as fast as they can, none of which changes the size."""
    case = Case(checks, "haste")
    for n in range(100):
        case.write("pkg/sub/box.py", BAD.replace("self.me = self", ("self.me = None", "self.me = self")[n % 2]))
        case.compare(False, "edit %d" % n)
    case.finish()


def main():
    checks = Checks("answer")
    for test in (test_changes, test_places, test_places_later, test_two_files, test_user_rules, test_baseline,
                 test_unreadable, test_writing, test_history, test_build, test_input, test_haste):
        test(checks)
    checks.finish()


if __name__ == "__main__":
    main()
