#!/usr/bin/env python3
"""The outside of the program: options, configuration, file discovery, exit status, bad input.

Bad input always means the same four things: a message that names the thing, the right bit in the
exit status, no crash, and the other files still analysed.
"""

import json
import os
import pty
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from harness import BINARY, ROOT, Checks, cyclint

FINDING = "def f():\n    global X\n"  # W9403 in line 2
SYNTAX_ERROR = "def f(:\n    pass\n"
FATAL, ERROR, WARNING, REFACTOR, CONVENTION, USAGE = 1, 2, 4, 8, 16, 32
SECONDS = 60  # what the most expensive of the bad inputs may take, in a sanitizer build too


class Folder:
    """A throw-away folder to run in."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="cyclint-cli-")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for parent, folders, _ in os.walk(self.path):
            for name in folders:
                if not os.path.islink(os.path.join(parent, name)):
                    os.chmod(os.path.join(parent, name), 0o700)
        shutil.rmtree(self.path)

    def at(self, name):
        path = os.path.join(self.path, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return path

    def write(self, name, text=""):
        with open(self.at(name), "wb") as opened:
            opened.write(text if isinstance(text, bytes) else text.encode())
        return name

    def run(self, *arguments, **keywords):
        return cyclint(*arguments, cwd=self.path, **keywords)

    def found(self, *arguments):
        """The paths that have a finding when all files hold FINDING."""
        answer = self.run("-f", "json", "--isolated", *arguments)
        return [one["path"] for one in json.loads(answer.out)]


def codes(answer):
    return sorted({one["messageId"] for one in answer.messages()})


# ---- options


def test_usage(checks):
    with Folder() as folder:
        folder.write("a.py", FINDING)
        for arguments, needles in [
            (["--outptu", "x"], ["--outptu", "did you mean '--output'"]),
            (["--frobnicate"], ["no option '--frobnicate'"]),
            (["-Z"], ["no option '-Z'"]),
            (["-j", "many", "a.py"], ["'-j'", "'many'"]),
            (["-j", "-1", "a.py"], ["'-j'", "'-1'"]),
            (["-j"], ["'-j' needs a value"]),
            (["--color=pink", "a.py"], ["'--color'", "'pink'", "auto|always|never"]),
            (["--score", "maybe", "a.py"], ["'--score'", "'maybe'"]),
            (["--py-version", "2.7", "a.py"], ["'2.7'", "3.12"]),
            (["--exit-zero=yes", "a.py"], ["'--exit-zero' takes no value"]),
            (["--disable=refrence-cycel", "a.py"], ["'--disable'", "'refrence-cycel'"]),
            (["--disable=global-not-asigned", "a.py"], ["did you mean 'global-not-assigned'"]),
            (["--enable=W9999", "a.py"], ["'--enable'", "'W9999'"]),
            (["--fail-on=nonsense", "a.py"], ["'--fail-on'", "'nonsense'"]),
            (["--ignore-patterns=(", "a.py"], ["--ignore-patterns", "'('"]),
            (["-f", "pdf", "a.py"], ["'pdf'", "json2"]),
            (["-f", "text,json", "a.py"], ["text", "json", "standard output"]),
            (["-f", "json:", "a.py"], ["'json:' names no file"]),
            (["--rcfile", "nowhere.toml", "a.py"], ["nowhere.toml"]),
            (["--progress", "--score"], ["'--progress' needs a value"]),
            (["--help-msg", "nonsense"], ["'nonsense'"]),
            (["explain"], ["which rule"]),
            (["explain", "global-not-asigned"], ["did you mean 'global-not-assigned'"]),
            ([], ["no path given"]),
        ]:
            answer = folder.run(*arguments)
            what = "usage error: %s" % " ".join(arguments)
            checks.equal(answer.status, USAGE, what)
            checks.check(all(one in answer.err for one in needles), what, answer)
            checks.equal(answer.out, "", what + ": nothing on the standard output")


def test_forms(checks):
    """All ways to give an option, which must do the same."""
    with Folder() as folder:
        folder.write("a.py", FINDING)
        folder.write("-e.py", FINDING)
        expected = folder.run("--output-format=parseable", "--score=n", "a.py").out
        checks.check("W9403" in expected, "the finding is there", expected)
        for arguments in [
            ["-f", "parseable", "-s", "n", "a.py"],
            ["-fparseable", "-sn", "a.py"],
            ["-f=parseable", "a.py", "-s=no"],
            ["a.py", "--output-format", "parseable", "--score", "false"],
            ["--output-f=parseable", "--sco=n", "a.py"],
            ["-vfparseable", "-sn", "--", "a.py"],
        ]:
            checks.equal(folder.run(*arguments).out, expected, " ".join(arguments))
        checks.equal(folder.found("--", "-e.py"), ["-e.py"], "a path after --")
        answer = folder.run("--re", "a.py")
        checks.equal(answer.status, USAGE, "an option that begins nothing uniquely or needs a value")


def test_questions(checks):
    for arguments, needles in [
        (["--help"], ["usage: cyclint", "--min-confidence", "exit status"]),
        (["-h"], ["--py-version 3.N"]),
        (["--version"], ["cyclint "]),
        (["--list-msgs"], [":global-not-assigned (W9403): *", ":file-unreadable (F9001): *"]),
        (["--list-msgs-enabled"], ["Enabled messages:\n", "Disabled messages:\n"]),
        (["--help-msg=W9403"], ["global-not-assigned (W9403, warning)", "Why:", "Instead:"]),
        (["explain", "global-not-assigned"], ["Bad:", "Good:"]),
        (["explain", "W9401", "W9402"], ["global-statement (W9401", "(W9402"]),
        (["--generate-toml-config"], ["[tool.cyclint]", 'min-confidence = "likely"']),
        (["--generate-man"], [".TH CYCLINT 1", "\\-\\-min\\-confidence"]),
        (["--generate-completion", "bash"], ["complete ", "--min-confidence"]),
        (["--generate-completion", "zsh"], ["#compdef cyclint", "--min-confidence"]),
        (["--generate-completion", "fish"], ["complete -c cyclint", "-l min-confidence"]),
    ]:
        answer = cyclint(*arguments)
        what = " ".join(arguments)
        checks.equal(answer.status, 0, what)
        checks.check(all(one in answer.out for one in needles), what, answer)
    for arguments in (["--help"], ["--list-msgs"]):
        wide = [line for line in cyclint(*arguments).out.splitlines() if len(line) > 79]
        wide = [line for line in wide if not line.startswith(":")]
        checks.equal(wide, [], "%s fits a terminal" % arguments[0])


def test_shells(checks):
    for shell in ("bash", "zsh", "fish"):
        if shutil.which(shell):
            script = cyclint("--generate-completion", shell).out.encode()
            done = subprocess.run([shell, "-n", "/dev/stdin"], input=script, capture_output=True)
            checks.equal((done.returncode, done.stderr), (0, b""), "%s reads its completions" % shell)
    if shutil.which("man"):
        page = cyclint("--generate-man").out.encode()
        done = subprocess.run(["man", "--warnings", "-l", "-"], input=page, capture_output=True)
        checks.equal(done.stderr, b"", "man has no complaint")


def test_selection(checks):
    with Folder() as folder:
        folder.write("a.py", FINDING)
        folder.write("broken.py", SYNTAX_ERROR)
        paths = ["a.py", "broken.py", "missing.py"]
        for arguments, expected in [
            ([], ["E9003", "F9001", "W9403"]),
            (["-d", "W9403"], ["E9003", "F9001"]),
            (["-d", "global-not-assigned"], ["E9003", "F9001"]),
            (["-d", "94"], ["E9003", "F9001"]),
            (["-d", "W94,E"], ["F9001"]),
            (["-d", "all"], ["F9001"]),
            (["-d", "all", "-d", "F9001"], []),
            (["-d", "all", "-e", "94"], ["F9001", "W9403"]),
            (["-e", "94", "-d", "all"], ["F9001", "W9403"]),
            (["-d", "W9403", "-e", "W9403"], ["E9003", "F9001", "W9403"]),
            (["-e", "W9403", "-d", "W9403"], ["E9003", "F9001"]),
            (["-E"], ["E9003", "F9001"]),
        ]:
            answer = folder.run("-f", "json2", *arguments, *paths)
            checks.equal(codes(answer), expected, "selection %s" % " ".join(arguments))
        with_all = folder.run("--list-msgs-enabled", "-d", "all", "-e", "W9403").out
        enabled = with_all.split("Disabled")[0]
        checks.check("W9403" in enabled and "W9401" not in enabled, "--list-msgs-enabled", with_all)


# Valid Python that the grammar cannot read: the file gets one error around it, and others inside.
MISREAD = "x = 1\n\ndef f(bar):\n    def g():\n        (bar.\n    baz)\n    return g\n"


def test_place_of_error(checks):
    with Folder() as folder:
        for text, place in [
            ("def f(:\n    pass\nx = 1\n", "a.py:1:6:"),
            (MISREAD, "a.py:5:8:"),
        ]:
            folder.write("a.py", text)
            answer = folder.run("a.py")
            told = [line for line in answer.out.splitlines() if "E9003" in line]
            checks.check(told and told[0].startswith(place), "an error's place", answer)


def test_cut_analysis(checks):
    """What the cycle analysis does not follow to the end, it tells."""
    stores = "".join("    a%d = A()\n    a%d.x = x\n" % (i, i) for i in range(21_000))
    with Folder() as folder:
        folder.write("a.py", "class A:\n    pass\n\ndef f(x):\n" + stores)
        answer = folder.run("a.py")
        checks.check("a.py:4:4: I9006:" in answer.out, "a function that is too large", answer)
        checks.equal(answer.status, 0, "is information")


def test_exit_status(checks):
    with Folder() as folder:
        folder.write("clean.py", "x = 1\n")
        folder.write("a.py", FINDING)
        folder.write("broken.py", SYNTAX_ERROR)
        for arguments, expected in [
            (["clean.py"], 0),
            (["a.py"], WARNING),
            (["broken.py"], ERROR),
            (["a.py", "broken.py"], ERROR | WARNING),
            (["a.py", "missing.py"], FATAL | WARNING),
            (["missing.py", "--exit-zero"], 0),
            (["a.py", "--exit-zero", "--fail-on=W9403"], 0),
            (["a.py", "--fail-under=0"], 0),
            (["a.py", "--fail-under=0", "--fail-on=W9403"], WARNING),
            (["a.py", "--fail-under=-20", "--fail-on=W"], WARNING),
            (["a.py", "--fail-under=0", "--fail-on=E"], 0),
            (["a.py", "--disable=all"], 0),
        ]:
            answer = folder.run(*arguments)
            checks.equal(answer.status, expected, "exit status of %s" % " ".join(arguments))


# ---- configuration


def test_configuration(checks):
    with Folder() as folder:
        folder.write("a.py", FINDING)
        folder.write("sub/b.py", FINDING)
        folder.write("sub/gen/c.py", FINDING)

        def paths(*arguments):
            return [one["path"] for one in json.loads(folder.run("-fjson", *arguments, ".").out)]

        everything = ["a.py", "sub/b.py", "sub/gen/c.py"]
        checks.equal(paths(), everything, "no configuration")
        folder.write("pyproject.toml", "[tool.other]\nx = 1\n")
        checks.equal(paths(), everything, "a pyproject.toml of others")
        folder.write("pyproject.toml", "[broken")
        checks.equal(paths(), everything, "a broken pyproject.toml that is not about us")
        folder.write("pyproject.toml", '[tool.cyclint]\nextend-exclude = ["gen"]\n')
        checks.equal(paths(), everything[:2], "extend-exclude")
        checks.equal(paths("--isolated"), everything, "--isolated")
        folder.write("sub/.cyclintrc.toml", "disable = 'W9403'\n")
        checks.equal(paths(), ["a.py"], "the nearest configuration disables")
        checks.equal(paths("-e", "W9403"), ["a.py", "sub/b.py"], "the command line comes last")
        folder.write("sub/.cyclintrc.toml", "ignore = ['b.py']\n")
        checks.equal(paths(), ["a.py"], "the nearest configuration ignores")
        folder.write("other.toml", '[tool.cyclint]\nignore-paths = ["sub/"]\n')
        checks.equal(paths("--rcfile", "other.toml"), ["a.py"], "--rcfile is the only one")

        folder.write("pyproject.toml", "")
        text = folder.run("--generate-toml-config", "--disable=94", "--jobs=3", "--ignore=a\"b").out
        folder.write("sub/.cyclintrc.toml", text)
        answer = folder.run("--generate-toml-config", "sub")
        checks.equal(answer.out, text, "what --generate-toml-config writes can be read")


USER_RULE = """((call function: (identifier) @name) @report
 (#eq? @name "print") (#set! code "%s") (#set! message "a print"))
"""


def test_rules_folder(checks):
    """A folder of rules in the configuration is found from anywhere."""
    with Folder() as folder:
        folder.write("lint/no-print.scm", USER_RULE % "W8001")
        folder.write("sub/a.py", "print(1)\n")
        folder.write("pyproject.toml", "[tool.cyclint]\nrules = 'lint'\n")
        for where, path in ((".", "sub/a.py"), ("sub", "a.py")):
            answer = cyclint("-fjson2", path, cwd=folder.at(where))
            checks.equal(codes(answer), ["W8001"], "rules from %s" % where)
        answer = folder.run("explain", "no-print", "--rules=lint")
        checks.check("no-print (W8001, warning)" in answer.out, "explain a rule of one's own", answer)
        checks.check("W8001" in folder.run("--list-msgs").out, "list a rule of one's own")
        folder.write("lint/no-print.scm", USER_RULE % "E9003")
        answer = folder.run("sub")
        checks.equal(answer.status, USAGE, "a code that is taken")
        checks.check("E9003" in answer.err, "a code that is taken is told", answer)


def test_bad_configuration(checks):
    with Folder() as folder:
        folder.write("a.py", FINDING)
        for text, place, needles in [
            ("jobs = [1\n", "1:", ["TOML"]),
            ("x = 'y\n", "1:", ["TOML"]),
            ("jobs = 1\njobs = 2\n", "2:1", ["value already"]),
            ("\ndisble = []\n", "2:1", ["'disble'", "did you mean 'disable'"]),
            ("rcfile = 'x'\n", "1:1", ["'rcfile'"]),
            ("help = true\n", "1:1", ["'help'"]),
            ("jobs = 'x'\n", "1:8", ["'jobs' must be a whole number, not a string"]),
            ("jobs = -1\n", "1:8", ["'jobs'", "'-1'"]),
            ("jobs.x = 1\n", "1:1", ["'jobs' must be a whole number, not a table"]),
            ("[jobs]\n", "1:2", ["'jobs'"]),
            ("[[disable]]\n", "1:3", ["'disable'"]),
            ("score = 1979-05-27\n", "1:9", ["'score'", "date"]),
            ("disable = [1]\n", "1:12", ["'disable' must be an array of strings"]),
            ("disable = [['W91']]\n", "1:12", ["'disable'"]),
            ("disable = ['W9403',\n  'gobal-not-assigned']\n", "2:3", ["did you mean"]),
            ("color = 'pink'\n", "1:9", ["'pink'"]),
            ("min-confidence = 'High'\n", "1:18", ["'High'", "certain"]),
        ]:
            folder.write(".cyclintrc.toml", text)
            answer = folder.run("a.py")
            what = "configuration %r" % text
            checks.equal(answer.status, USAGE, what)
            where = ".cyclintrc.toml:%s" % place
            checks.check(all(one in answer.err for one in [where, *needles]), what, answer)


def test_toml(checks):
    """Every way to write a string comes through to the finding's line."""
    with Folder() as folder:
        folder.write("a.py", FINDING)
        for text, expected in [
            ("msg-template = 'a\\b'", "a\\b"),
            ('msg-template = "a\\tb\\u00e9\\U0001F600\\"\\\\"', 'a\tb\u00e9\U0001f600"\\'),
            ('msg-template = """\nab"c\\\n    d"""', 'ab"cd'),
            ("msg-template = '''\na'b'''", "a'b"),
            ('"msg-template" = "q"', "q"),
            ("'msg-template' = 'q' # comment", "q"),
            ("\ufeffmsg-template = 'bom'\r\n", "bom"),
            ("[tool]\ncyclint.msg-template = 'dotted'", "dotted"),
            ("tool = {cyclint = {msg-template = 'inline'}}", "inline"),
            ("[other]\na = [{b = 1}, {b = 2}]\n[[o]]\nx=1\n[[o]]\nx=1\n"
             "[tool.'cyclint']\nmsg-template='far'", "far"),
        ]:
            folder.write(".cyclintrc.toml", text + "\n")
            answer = folder.run("-sn", "a.py")
            lines = answer.out.splitlines()
            checks.check(lines[1:] == [expected], "TOML %r" % text, answer)


# ---- file discovery


def test_discovery(checks):
    with Folder() as folder:
        for name in ["b.py", "a/x.py", "a/y.pyi", "a/script", "a/b/z.py", ".hidden/h.py", "Z.py",
                     "build/o.py", "venv/v.py", ".venv/v.py", "node_modules/n.py", ".git/g.py",
                     "my env/pyvenv.cfg", "my env/e.py", "d.py/in.py", "\u00e9.py", "CVS/c.py"]:
            folder.write(name, FINDING)
        os.symlink("missing", folder.at("a/.#lock.py"))
        everything = [".hidden/h.py", "Z.py", "a/b/z.py", "a/x.py", "b.py", "d.py/in.py", "\u00e9.py"]
        for arguments, expected in [
            (["."], everything),
            ([""], None),
            (["a"], ["a/b/z.py", "a/x.py"]),
            (["a/", "./a//b", "a/x.py"], ["a/b/z.py", "a/x.py"]),
            (["a/y.pyi", "a/script"], ["a/script", "a/y.pyi"]),
            (["build", "venv/v.py"], ["build/o.py", "venv/v.py"]),
            ([".", "--ignore=b"], [one for one in everything if "/b/" not in one]),
            (["b.py", "--ignore=b.py"], []),
            ([".", "--ignore-patterns=[a-b]$,Z"], [".hidden/h.py", "b.py", "d.py/in.py", "\u00e9.py"]),
            ([".", "--ignore-paths=a/b"], [one for one in everything if "/b/" not in one]),
            ([".", "--extend-exclude=a/*/z.py,*.py/"], [".hidden/h.py", "Z.py", "a/x.py", "b.py", "\u00e9.py"]),
            (["b.py", "--extend-exclude=b.py"], ["b.py"]),
        ]:
            what = "discovery of %s" % " ".join(arguments)
            if expected is None:
                checks.equal(folder.run(*arguments).status, FATAL, what)
            else:
                checks.equal(folder.found(*arguments), expected, what)
        inside = cyclint("-fjson", "--isolated", "../a", cwd=folder.at("a"))
        checks.equal([one["path"] for one in json.loads(inside.out)], ["../a/b/z.py", "../a/x.py"],
                     "a path that goes up")


GITIGNORE = """
# comment
*.gen.py
!keep.gen.py
/top.py
folder/
a/**/deep.py
**/any/x.py
in/**
spaced\\ name.py
[ab]1.py
[!c]2.py
\\#hash.py
q?.py
trailing.py   
"""
# What git itself says of them is in test_gitignore_as_git().
NAMES = ["a.gen.py", "keep.gen.py", "s/keep.gen.py", "s/b.gen.py", "top.py", "s/top.py",
         "folder/x.py", "s/folder/y.py", "s/t/folder", "a/deep.py", "a/b/c/deep.py", "b/deep.py",
         "any/x.py", "s/any/x.py", "any/y.py", "in/x.py", "in/d/y.py", "s/in/x.py",
         "spaced name.py", "a1.py", "c1.py", "c2.py", "d2.py", "#hash.py", "qa.py", "qab.py",
         "trailing.py", "sub/own.py", "sub/again.gen.py", "sub/d/own.py", "sub/re/own.py",
         "excluded.py", "plain.py"]


def test_gitignore_as_git(checks):
    if not shutil.which("git"):
        return
    with Folder() as folder:
        for name in NAMES:
            folder.write(name, FINDING)
        folder.write(".gitignore", GITIGNORE)
        folder.write("sub/.gitignore", "/own.py\n!again.gen.py\n")
        folder.write("sub/re/.gitignore", "*\n!*.py\n")
        subprocess.run(["git", "init", "-q", folder.path], check=True)
        folder.write(".git/info/exclude", "excluded.py\n")
        listed = subprocess.run(
            ["git", "-c", "core.quotePath=off", "ls-files", "--others", "--exclude-standard",
             "-z", "*.py"],
            cwd=folder.path, capture_output=True, text=True, check=True,
            env=dict(os.environ, HOME=folder.path, XDG_CONFIG_HOME=folder.path),
        ).stdout.split("\0")
        expected = sorted(one for one in listed if one)
        checks.check(10 < len(expected) < len(NAMES) - 8, "git leaves some out", expected)
        checks.equal(folder.found("."), expected, "what .gitignore leaves out")
        checks.equal(folder.found("sub"), [one for one in expected if one.startswith("sub/")],
                     "from a folder inside the repository")
        every = sorted(one for one in NAMES if one.endswith(".py"))
        checks.equal(folder.found(".", "--no-gitignore"), every, "--no-gitignore")
        checks.equal(folder.found("top.py"), ["top.py"], "a file that is named")
        identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
        subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "x"],
                       cwd=folder.path, check=True)
        subprocess.run(["git", "worktree", "add", "-q", folder.at("tree/wt")],
                       cwd=folder.path, check=True, capture_output=True)
        for name in ("excluded.py", "plain.py", "top.py"):
            folder.write("tree/wt/" + name, FINDING)
        inside = cyclint("-fjson", "--isolated", ".", cwd=folder.at("tree/wt"))
        checks.equal([one["path"] for one in json.loads(inside.out)], ["plain.py", "top.py"],
                     "a worktree has its repository's .git/info/exclude, not its .gitignore")


def test_gitignore_random(checks):
    """Whatever a .gitignore says, we and git leave out the same."""
    if not shutil.which("git"):
        return
    choose = random.Random(11)
    parts = ["a", "b", "*", "**", "/", "?", "[ab]", "[!a]", ".py", "ab", "**/", "/**", "\\a", "!"]
    with Folder() as folder:
        subprocess.run(["git", "init", "-q", folder.path], check=True)
        for _ in range(60):
            folders = [choose.choice("ab") * choose.randrange(1, 3) for _ in range(choose.randrange(4))]
            folder.write("/".join([*folders, choose.choice(["a", "b", "ab", "ba"]) + ".py"]), FINDING)
        for _ in range(100):
            lines = [
                choose.choice(["", "", "", "!", "/"])
                + "".join(choose.choice(parts) for _ in range(choose.randrange(1, 6)))
                + choose.choice(["", "", "/"])
                for _ in range(choose.randrange(1, 5))
            ]
            folder.write(".gitignore", "\n".join(lines))
            listed = subprocess.run(["git", "ls-files", "-o", "--exclude-standard", "*.py"],
                                    cwd=folder.path, capture_output=True, text=True, check=True)
            checks.equal(folder.found("."), sorted(listed.stdout.split()), ".gitignore %s" % lines)


def test_links(checks):
    with Folder() as folder:
        folder.write("real/a.py", FINDING)
        folder.write("real/sub/b.py", FINDING)
        os.symlink("..", folder.at("real/sub/loop"))
        os.symlink("real", folder.at("alias"))
        os.symlink("real/a.py", folder.at("again.py"))
        os.symlink(".", folder.at("self"))
        expected = ["real/a.py", "real/sub/b.py"]
        checks.equal(folder.found("."), expected, "links lead to nothing new")
        checks.equal(folder.found("alias"), ["alias/a.py", "alias/sub/b.py"], "a link that is named")
        os.symlink("self2", folder.at("self2"))
        answer = folder.run("-fjson2", "self2", "real")
        checks.equal(answer.status, FATAL | WARNING, "a link to itself")
        checks.equal(len(answer.messages()), 3, "a link to itself hides nothing")


# ---- bad input


def test_unreadable(checks):
    with Folder() as folder:
        folder.write("ok.py", FINDING)
        folder.write("d.py/in.py", FINDING)
        os.mkfifo(folder.at("fifo.py"))
        listening = socket.socket(socket.AF_UNIX)
        here = os.getcwd()
        os.chdir(folder.path)  # the path of a socket is short
        listening.bind("socket.py")
        os.chdir(here)
        os.symlink("nowhere", folder.at("dangling.py"))
        os.symlink("ok.py/x", folder.at("through.py"))
        bad = ["dangling.py", "fifo.py", "socket.py", "through.py"]
        for arguments in (["."], ["d.py", "ok.py", *bad]):
            answer = folder.run("-f", "json2", *arguments)
            fatal = [one["path"] for one in answer.messages() if one["messageId"] == "F9001"]
            others = [one["path"] for one in answer.messages() if one["messageId"] == "W9403"]
            checks.equal(fatal, bad, "what cannot be read in %s" % arguments)
            checks.equal(others, ["d.py/in.py", "ok.py"], "what can be read in %s" % arguments)
            checks.equal(answer.status, FATAL | WARNING, "exit status with unreadable files")
        listening.close()
        folder.write("book.ipynb", "{}")
        answer = folder.run("book.ipynb", "ok.py")
        checks.check("is a notebook" in answer.out and "W9403" in answer.out, "a notebook", answer)
        answer = folder.run("nowhere/at/all.py", "ok.py", "ok.py/below")
        checks.equal(answer.status, FATAL | WARNING, "missing paths")
        for needle in ("nowhere/at/all.py", "no such file", "ok.py/below", "W9403"):
            checks.check(needle in answer.out, "missing paths: %s" % needle, answer)
        if os.geteuid() != 0:
            folder.write("locked.py", FINDING)
            os.chmod(folder.at("locked.py"), 0)
            os.mkdir(folder.at("closed"), 0)
            answer = folder.run("locked.py", "closed", "ok.py")
            checks.equal(answer.status, FATAL | WARNING, "no permission")
            checks.check("closed" in answer.out and "locked.py" in answer.out, "no permission", answer)


def random_bytes(n):
    """The same ones each time."""
    state, out = 1, bytearray()
    for _ in range(n):
        state = (state * 1103515245 + 12345) % 2**31
        out.append(state >> 16 & 255)
    return bytes(out)


# Text, and what may be said about it; None: nothing must be.
CONTENTS = {
    "binary junk": (random_bytes(100_000), {"F9001", "F9002", "E9003"}),
    "invalid UTF-8": (b'x = "\xff\xfe"\n', {"F9001"}),
    "unknown encoding": (b"# coding: klingon\nx = 1\n", {"F9001"}),
    "a NUL byte": (b"x = 1\0\n", {"F9001", "E9003"}),
    "no bytes": (b"", None),
    "no newline": (b"x = 1", None),
    "only a BOM": (b"\xef\xbb\xbf", None),
    "only CRs": (b"x = 1\ry = 2\r", None),
    "UTF-16": ("x = 1\n".encode("utf-16"), {"F9001", "E9003"}),
    "a control character": (b"x = \x1a\n", {"E9003", "F9001"}),
    "100000 parentheses": (b"x = " + b"(" * 100_000 + b"1" + b")" * 100_000 + b"\n", {None, "F9002"}),
    "100000 open parentheses": (b"(" * 100_000, {"E9003", "F9002"}),
    "100000 lists": (b"x = " + b"[" * 100_000 + b"]" * 100_000 + b"\n", {"I9006", "F9002"}),
    "2000 indents": (
        b"".join(b" " * i + b"if x:\n" for i in range(2000)) + b" " * 2000 + b"pass\n",
        {"E9003", "F9002"},
    ),
    "200000 additions": (b"x = 1" + b" + 1" * 200_000 + b"\n", {None, "F9002"}),
    "200000 attributes": (b"x = a" + b".b" * 200_000 + b"\n", {None, "F9002"}),
    "200000 calls": (b"x = a" + b"()" * 200_000 + b"\n", {"I9006", "F9002"}),
    "50000 lambdas": (b"x = " + b"lambda: " * 50_000 + b"1\n", {None, "F9002"}),
    "20000 elifs": (b"if x: pass\n" + b"elif y: pass\n" * 20_000, {None, "F9002"}),
    "a string of 10 MB": (b'x = "' + b"a" * 10_000_000 + b'"\n', {None, "F9002"}),
    "a list of 10 MB in one line": (b"x = [" + b"1, " * 3_333_333 + b"]\n", {None, "F9002"}),
    "1000000 lines": (b"x = 1\n" * 1_000_000, {None, "F9002"}),
    "100000 defs": (b"def f(): pass\n" * 100_000, {"I9006", "F9002"}),
}


def test_contents(checks):
    for what, (text, expected) in CONTENTS.items():
        with Folder() as folder:
            folder.write("bad.py", text)
            folder.write("ok.py", FINDING)
            began = time.monotonic()
            answer = folder.run("-f", "json2", "--isolated", "bad.py", "ok.py")
            seconds = time.monotonic() - began
            is_sane = 0 <= answer.status < USAGE
            checks.check(is_sane, "%s: the exit status is %d" % (what, answer.status), answer)
            if not is_sane:
                continue
            said = {one["messageId"] for one in answer.messages() if one["path"] == "bad.py"}
            ok = said <= (expected or set()) and (said or expected is None or None in expected)
            checks.check(ok, "%s: said %s" % (what, sorted(said)), answer)
            others = [one["messageId"] for one in answer.messages() if one["path"] == "ok.py"]
            checks.equal(others, ["W9403"], "%s: the other file is analysed" % what)
            status = WARNING | (FATAL if {"F9001", "F9002"} & said else 0)
            status |= ERROR if "E9003" in said else 0
            checks.equal(answer.status, status, "%s: the exit status" % what)
            checks.check(seconds < SECONDS, "%s: took %.1f s" % (what, seconds))


def test_limits(checks):
    with Folder() as folder:
        folder.write("big.py", "x = 1\n" * 1000)
        folder.write("ok.py", FINDING)
        answer = folder.run("-fjson2", "--max-file-size=1k", ".")
        checks.equal(codes(answer), ["F9002", "W9403"], "--max-file-size")
        checks.equal(answer.status, FATAL | WARNING, "--max-file-size: exit status")
        answer = folder.run("-fjson2", "--max-file-size=1k", "-", stdin=b"x = 1\n" * 1000)
        checks.equal(codes(answer), ["F9002"], "--max-file-size holds for the standard input")


# ---- the standard input and output


def test_stdin(checks):
    with Folder() as folder:
        folder.write("pkg/__init__.py")
        text = FINDING.encode()
        for arguments, path in [
            (["-", "--stdin-filename", "pkg/new.py"], "pkg/new.py"),
            (["--from-stdin", "pkg/new.py"], "pkg/new.py"),
            (["-"], "<stdin>"),
        ]:
            messages = folder.run("-fjson2", *arguments, stdin=text).messages()
            checks.equal([one["path"] for one in messages], [path], "stdin %s" % arguments)
            if path.startswith("pkg"):
                checks.equal(messages[0]["module"], "pkg.new", "the module of stdin")
        folder.write("pkg/old.py", FINDING)
        for name, expected in [("pkg/a.py", ["pkg/a.py", "pkg/old.py"]), ("pkg/old.py", [])]:
            # What is on disk does not count for the file whose text comes.
            text = FINDING if name == "pkg/a.py" else "x = 1\n"
            answer = folder.run("-fjson2", "pkg", "-", "--stdin-filename", name, stdin=text.encode())
            paths = [one["path"] for one in answer.messages()]
            checks.equal(paths, expected, "stdin as %s beside a folder" % name)
        answer = folder.run("--from-stdin", "a.py", "b.py", stdin=b"")
        checks.equal(answer.status, USAGE, "--from-stdin with two paths")
        folder.write("-", FINDING)
        checks.equal(folder.found("./-"), ["./-"], "a file called -")


def run_raw(arguments, **keywords):
    return subprocess.Popen([BINARY, *arguments], stderr=subprocess.PIPE, **keywords)


def test_output(checks):
    with Folder() as folder:
        folder.write("a.py", FINDING)
        plain = folder.run("-fjson", "a.py").out
        answer = folder.run("-fjson", "--output=out.json", "a.py")
        checks.equal((answer.out, answer.status), ("", WARNING), "--output leaves stdout alone")
        checks.equal(open(folder.at("out.json")).read(), plain, "--output")
        answer = folder.run("-f", "json:x.json,json2:y.json,text", "a.py")
        checks.equal(open(folder.at("x.json")).read(), plain, "one of several formats")
        checks.check("messages" in json.load(open(folder.at("y.json"))), "another one")
        checks.check("W9403" in answer.out, "and text on the standard output", answer)
        os.symlink("x.json", folder.at("link.json"))
        folder.run("-f", "json:link.json", "a.py")
        checks.check(os.path.islink(folder.at("link.json")), "a link stays one")
        answer = folder.run("-f", "json:no/such/folder/x.json", "a.py")
        checks.equal(answer.status, 1, "a file that cannot be written")
        checks.check("no/such/folder/x.json" in answer.err, "its name is told", answer)
        left = sorted(name for name in os.listdir(folder.path) if name != ".cyclint_cache")
        checks.equal(left, ["a.py", "link.json", "out.json", "x.json", "y.json"], "nothing is left")
        statistics = folder.run("--statistics", "a.py").out
        checks.equal(statistics, "1\tW9403\tglobal-not-assigned\n", "--statistics")
        for arguments in (["a.py"], ["--help"]):
            with open("/dev/full", "wb") as full:
                done = run_raw(arguments, stdout=full, cwd=folder.path)
                message = done.communicate()[1]
            checks.equal(done.returncode, 1, "a full disk: %s" % arguments)
            checks.check(b"No space left" in message, "a full disk is told", message)
            answer = folder.run("--output=/dev/full", "a.py")
            checks.equal(answer.status, 1, "--output on a full disk")
        done = run_raw(["a.py"], cwd=folder.path, preexec_fn=lambda: os.close(1))
        checks.check(b"cannot write" in done.communicate()[1] and done.returncode == 1,
                     "a standard output that is closed from the start")


def test_slow_reader(checks):
    """A pipe that does not block, and a reader that takes its time."""
    with Folder() as folder:
        folder.write("a.py", FINDING * 3000)
        expected = folder.run("a.py").out
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        done = run_raw(["a.py"], stdout=writer, cwd=folder.path)
        os.close(writer)
        time.sleep(1)
        with os.fdopen(reader, "rb") as opened:
            found = opened.read().decode()
        checks.equal(done.communicate()[1], b"", "a pipe that does not block: no complaint")
        checks.check(found == expected and len(found) > 100_000, "all of it comes through")


def test_closed_pipe(checks):
    with Folder() as folder:
        folder.write("a.py", FINDING * 3000)
        for arguments in (["a.py"], ["--list-msgs"]):
            reader, writer = os.pipe()
            os.close(reader)
            done = run_raw(arguments, stdout=writer, cwd=folder.path)
            os.close(writer)
            message = done.communicate()[1]
            checks.equal(message, b"", "%s | head says nothing" % arguments)
            checks.check(done.returncode in (0, WARNING), "%s | head: %d" % (arguments, done.returncode))


def test_interrupt(checks):
    with Folder() as folder:
        for i in range(200):
            folder.write("m%d.py" % i, "x = [\n" + "f(1, a.b),\n" * 20_000 + "]\n")
        for number in (signal.SIGINT, signal.SIGTERM):
            done = run_raw(["--progress=always", "--output=out.txt", "."],
                           stdout=subprocess.PIPE, cwd=folder.path)
            message = b""
            while b"/200 files" not in message:
                part = os.read(done.stderr.fileno(), 4096)
                if not part:
                    break
                message += part
            done.send_signal(number)
            began = time.monotonic()
            out, rest = done.communicate()
            message += rest
            checks.equal(done.returncode, -number, "signal %d ends the program by itself" % number)
            checks.check(time.monotonic() - began < 2, "signal %d: at once" % number)
            checks.equal(out, b"", "signal %d: nothing is written" % number)
            checks.check(b"/200 files" in message and message.endswith(b"\r\x1b[K"),
                         "signal %d: the bar is wiped" % number, message[-80:])
            checks.check(not any("out" in one for one in os.listdir(folder.path)),
                         "signal %d: no file is left" % number)


def on_terminal(arguments, cwd, **environment):
    """What the program writes when its output is a terminal."""
    master, slave = pty.openpty()
    base = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    done = subprocess.Popen([BINARY, *arguments], stdin=slave, stdout=slave, stderr=slave, cwd=cwd,
                            env=dict(base, TERM="xterm", **environment))
    os.close(slave)
    out = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    os.close(master)
    done.wait()
    return out


def test_terminal(checks):
    with Folder() as folder:
        folder.write("a.py", FINDING)
        for arguments, environment, has_color in [
            ([], {}, True),
            ([], {"NO_COLOR": "1"}, False),
            ([], {"NO_COLOR": ""}, True),
            (["--color=never"], {}, False),
            (["--color=always"], {"NO_COLOR": "1"}, True),
        ]:
            out = on_terminal([*arguments, "a.py"], folder.path, **environment)
            checks.equal(b"\x1b[" in out, has_color, "colour with %s %s" % (arguments, environment))
        checks.check(b"global X" in on_terminal(["a.py"], folder.path), "the line is shown")
        checks.check("\x1b[" not in folder.run("a.py").out, "no colour in a pipe")


def test_same_bytes(checks):
    """Whatever the number of threads and the locale."""
    paths = ["fixtures", "tests", "nowhere.py"]
    outs = {
        cyclint("-fjson2", "-j%d" % jobs, *paths, environment={"LC_ALL": locale}).out
        for jobs in (1, 2, 7, 0)
        for locale in ("C", "C.UTF-8")
    }
    checks.equal(len(outs), 1, "the same bytes")
    checks.check(all(len(json.loads(one)["messages"]) > 10 for one in outs), "and some findings")


def test_install(checks):
    with Folder() as folder:
        done = subprocess.run(["make", "-s", "install", "DESTDIR=" + folder.path, "PREFIX=/usr"],
                              cwd=ROOT, capture_output=True, text=True)
        checks.equal(done.returncode, 0, "make install")
        for name in ["bin/cyclint", "share/man/man1/cyclint.1",
                     "share/bash-completion/completions/cyclint",
                     "share/zsh/site-functions/_cyclint",
                     "share/fish/vendor_completions.d/cyclint.fish"]:
            path = os.path.join(folder.path, "usr", name)
            checks.check(os.path.exists(path) and os.path.getsize(path) > 0, "installed: %s" % name)


def main():
    checks = Checks("cli")
    for name, test in list(globals().items()):
        if name.startswith("test_") and (len(sys.argv) < 2 or name in sys.argv[1:]):
            test(checks)
    checks.finish()


if __name__ == "__main__":
    main()
