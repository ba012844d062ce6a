#!/usr/bin/env python3
"""--diff: only findings on lines that have changed, whatever git has to say of them.

Everything runs in throw-away repositories.  What is expected is written down here by hand or told by
a second reading of the files, never by git's diff.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

from harness import Checks, cyclint
from test_store import NODE, TREE

USAGE = 32
SEED = 20240607
IDENTITY = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "protocol.file.allow=always"]
DEFAULT = "def f%d(found=[]):\n    found.append(1)\n    return found\n\n\n"


class Repository:
    """A throw-away repository."""

    def __init__(self, path=None):
        self.path = os.path.realpath(path or tempfile.mkdtemp(prefix="cyclint-diff-"))
        os.makedirs(self.path, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def at(self, name):
        return os.path.join(os.fsencode(self.path), os.fsencode(name))

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.at(name)), exist_ok=True)
        with open(self.at(name), "wb") as opened:
            opened.write(text if isinstance(text, bytes) else text.encode())

    def git(self, *arguments, **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(["git", *IDENTITY, *arguments], cwd=self.path, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env={**clean, **environment})
        assert done.returncode == 0, (arguments, done.stdout)
        return done.stdout.decode("utf-8", "replace").strip()

    def commit(self, message="a change"):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def run(self, *arguments, cwd=None, **keywords):
        return cyclint("--isolated", "--no-cache", *arguments, cwd=cwd or self.path, **keywords)

    def found(self, revision, *arguments, **keywords):
        """(path, line) of all that is shown; the answer itself when there is no report."""
        answer = self.run("-f", "json2", "--diff", revision, *(arguments or (".",)), **keywords)
        if not answer.is_sane:
            return answer
        return [(m["path"], m["line"]) for m in answer.messages()]


def test_lines(checks):
    with Repository() as repo:
        repo.write("a.py", "".join(DEFAULT % n for n in range(6)))
        first = repo.commit()
        checks.equal(repo.found("HEAD"), [], "nothing has changed")
        text = "".join(DEFAULT % n for n in range(6)).replace("found=[]", "found=[ ]", 1)
        repo.write("a.py", text)
        checks.equal(repo.found("HEAD"), [("a.py", 1)], "a line of a finding")
        repo.git("add", "-A")
        checks.equal(repo.found("HEAD"), [("a.py", 1)], "in the index")
        second = repo.commit()
        checks.equal(repo.found("HEAD"), [], "committed")
        checks.equal(repo.found("HEAD~1"), [("a.py", 1)], "since the commit before")
        checks.equal(repo.found(first[:10]), [("a.py", 1)], "by a short id")
        checks.equal(repo.found(":/a change"), [], "by the text of a message")
        repo.git("tag", "-a", "v1", "-m", "one", first)
        checks.equal(repo.found("v1"), [("a.py", 1)], "an annotated tag")
        repo.write("new.py", DEFAULT % 1)
        checks.equal(repo.found("HEAD"), [("new.py", 1)], "a file that git does not know")
        repo.git("add", "-N", "new.py")
        checks.equal(repo.found("HEAD"), [("new.py", 1)], "one that it is to be told of")
        repo.write(".gitignore", "new.py\nignored.py\n")
        repo.write("ignored.py", DEFAULT % 1)
        checks.equal(repo.found("HEAD", "--no-gitignore", "."), [("new.py", 1)], "an ignored file is not new")
        os.remove(repo.at(".gitignore"))
        os.remove(repo.at("ignored.py"))
        os.mkdir(repo.at("sub"))
        checks.equal(repo.found("HEAD", "..", cwd=repo.at("sub")), [("../new.py", 1)], "from a folder inside")
        checks.equal(repo.found("HEAD", repo.path, cwd="/"), [(repo.at("new.py").decode(), 1)],
                     "from outside")
        return second


def test_cycles(checks):
    """The one edge is in a file, the other in another; whichever changes, the cycle is shown."""
    for changed, old in (("pkg/node.py", "        self.tree = tree"), ("pkg/tree.py", "        self.root = Node(self)")):
        with Repository() as repo:
            repo.write("pkg/__init__.py", "")
            files = {"pkg/node.py": NODE, "pkg/tree.py": TREE}
            for name, text in files.items():
                repo.write(name, text.replace(old, "        pass"))
            repo.commit()
            checks.equal(repo.found("HEAD"), [], "no cycle yet")
            repo.write(changed, files[changed])
            checks.equal(repo.found("HEAD"), [("pkg/tree.py", 6)], "an edge in %s closes the cycle" % changed)
            checks.equal(repo.found("HEAD", changed), [], "of which one file alone knows nothing")
            repo.commit()
            repo.write(changed, "# a comment\n" + files[changed])
            checks.equal(repo.found("HEAD"), [], "another line of it")


def test_ranges(checks):
    with Repository() as repo:
        repo.write("a.py", DEFAULT % 1)
        repo.commit()
        repo.git("checkout", "-q", "-b", "topic")
        repo.write("topic.py", DEFAULT % 2)
        repo.commit()
        repo.git("checkout", "-q", "main")
        repo.write("a.py", "X = 1\n" + DEFAULT % 1)
        repo.write("main.py", DEFAULT % 3)
        repo.commit()
        repo.git("checkout", "-q", "topic")
        for revision in ("main", "main..", "main..HEAD", "main..topic"):
            checks.equal(repo.found(revision), [("topic.py", 1)], revision)
        repo.write("a.py", DEFAULT % 9)
        checks.equal(repo.found("main"), [("a.py", 1), ("topic.py", 1)], "a line that is not in main")
        repo.git("checkout", "-q", "--", "a.py")
        repo.git("checkout", "-q", "main")
        for revision in ("topic...", "topic...HEAD", "topic...main", "topic...@"):
            checks.equal(repo.found(revision), [("main.py", 1)], revision)
        checks.equal(repo.found("topic"), [("main.py", 1)], "topic lacks main.py")
        checks.equal(repo.found("...HEAD"), [], "what HEAD has in common with itself")
        checks.equal(repo.found(".."), [], "and no end at all")
        for revision in ("main...topic", "main..topic"):
            answer = repo.found(revision)
            checks.check(getattr(answer, "status", 0) == USAGE and "checked out" in answer.err,
                         revision + ": another commit's lines", answer)
        repo.write("a.py", "Y = 2\n" + DEFAULT % 1)
        checks.equal(repo.found("topic...main"), [("main.py", 1)], "with an edit on top")
        repo.git("checkout", "-q", "--orphan", "other")
        repo.commit()
        answer = repo.found("topic...")
        checks.check("in common" in answer.err and answer.status == USAGE, "no commit in common", answer)


def test_wrong(checks):
    with Repository() as repo:
        repo.write("a.py", DEFAULT % 1)
        checks.equal(repo.found("HEAD"), [("a.py", 1)], "before the first commit all is new")
        checks.equal(repo.found("@"), [("a.py", 1)], "by its other name")
        repo.commit()
        for revision in ("nowhere", "", "-x", "--all", "^HEAD", "HEAD:a.py", "HEAD^{tree}", "HEAD~9", "a..b..c",
                         "nowhere...", "HEAD..nowhere", "a b", "0" * 40, "deadbeef", "x\ny", "HEAD --output=owned"):
            answer = repo.run("--diff=" + revision, ".")
            checks.check(answer.status == USAGE and answer.err.startswith("cyclint: option '--diff': ")
                         and answer.err.count("\n") <= 2, "no revision: %r" % revision, answer)
            checks.equal(answer.out, "", "and no report")
        checks.equal(sorted(os.listdir(repo.path)), [".git", "a.py"], "and nothing was written")
        answer = repo.run("--diff", "HEAD", "-", stdin=b"x = 1\n")
        checks.check(answer.status == USAGE and "standard input" in answer.err, "the standard input", answer)
        for command in (["graph"], ["gc", "report"]):
            answer = cyclint(*command, "--diff", "HEAD", ".", cwd=repo.path)
            checks.check(answer.status == USAGE and "--diff" in answer.err, " ".join(command), answer)
        empty = tempfile.mkdtemp(prefix="cyclint-diff-")
        answer = repo.run("--diff", "HEAD", ".", environment={"PATH": empty})
        checks.check(answer.status == USAGE and "cannot run git" in answer.err, "no git", answer)
        with open(os.path.join(empty, "b.py"), "w", encoding="utf-8") as opened:
            opened.write(DEFAULT % 1)
        answer = repo.run("--diff", "HEAD", ".", cwd=empty)
        checks.check(answer.status == USAGE and "not in a git repository" in answer.err, "no repository", answer)
        repo.write("a.py", DEFAULT % 2)
        checks.equal(repo.found("HEAD", ".", os.path.join(empty, "b.py")), [("a.py", 1)], "a path outside")
        checks.equal(repo.found("HEAD", os.path.join(empty, "b.py"), "."), [("a.py", 1)], "and first")
        os.mkdir(os.path.join(empty, ".git"))
        answer = repo.run("--diff", "HEAD", ".", cwd=empty)
        checks.check(answer.status == USAGE and "git says" in answer.err, "a .git that is none", answer)
        shutil.rmtree(empty)
        bare = repo.at("bare").decode()
        repo.git("clone", "-q", "--bare", ".", bare)
        answer = repo.run("--diff", "HEAD", ".", environment={"GIT_DIR": bare, "GIT_WORK_TREE": "/nowhere"})
        checks.check(answer.status == USAGE, "variables that lead nowhere", answer)
        clone = repo.at("shallow").decode()
        repo.commit()
        repo.git("clone", "-q", "--depth", "1", "file://" + repo.path, clone)
        answer = repo.run("--diff", "HEAD~1", ".", cwd=clone)
        checks.check(answer.status == USAGE and "cut off" in answer.err, "a shallow clone", answer)


NAMES = ["plain.py", "with blank.py", 'quo"te.py', "new\nline.py", "ta\tb.py", "\xe4.py", b"\xff\xfe.py", "a\\b.py",
         "b/+++ x.py", " lead.py", "trail.py ", "-dash.py", "diff --git a.py", "$(id).py", "semi;colon.py", "\x01.py"]


def test_names(checks):
    with Repository() as repo:
        for name in NAMES:
            repo.write(name, DEFAULT % 1 + DEFAULT % 2)
        repo.commit()
        for name in NAMES:
            repo.write(name, DEFAULT % 1 + DEFAULT % 3)
        answers = [repo.run("--diff", "HEAD", "--msg-template={line}", "--score=n", b"./" + os.fsencode(name))
                   for name in NAMES]
        for name, answer in zip(NAMES, answers):
            checks.equal(answer.out.split("\n")[-2:], ["6", ""], "changed: %r" % name)
        for name in NAMES:
            repo.write(b"new/" + os.fsencode(name), DEFAULT % 1)
            answer = repo.run("--diff", "HEAD", "--msg-template={line}", "--score=n", b"new/" + os.fsencode(name))
            checks.equal(answer.out.split("\n")[-2:], ["1", ""], "unknown: %r" % name)
        repo.commit()
        for name in NAMES:
            os.makedirs(os.path.dirname(repo.at(b"moved/" + os.fsencode(name))), exist_ok=True)
            os.rename(repo.at(name), repo.at(b"moved/" + os.fsencode(name)))
            repo.write(b"moved/" + os.fsencode(name), DEFAULT % 1 + DEFAULT % 3 + DEFAULT % 4)
        repo.git("add", "-A")
        for name in NAMES:
            answer = repo.run("--diff", "HEAD", "--msg-template={line}", "--score=n", b"moved/" + os.fsencode(name))
            checks.equal(answer.out.split("\n")[-2:], ["11", ""], "renamed: %r" % name)


def test_odd_files(checks):
    with Repository() as repo:
        body = DEFAULT % 1 + DEFAULT % 2
        files = {"crlf.py": body.replace("\n", "\r\n"), "bom.py": "\ufeff" + body, "nonl.py": body.rstrip("\n"),
                 "cr.py": "X = 1\rY = 2\r" + body, "latin.py": b"# coding: latin-1\n# \xe4\n" + body.encode(),
                 "empty.py": "", "formfeed.py": "X = 1\n\f\n" + body}
        for name, text in files.items():
            repo.write(name, text)
        repo.commit()
        changed = {"crlf.py": 6, "bom.py": 6, "nonl.py": 6, "cr.py": 8, "latin.py": 8, "formfeed.py": 8}
        for name, line in changed.items():
            text = files[name] if isinstance(files[name], bytes) else files[name].encode()
            repo.write(name, text.replace(b"f2", b"g2"))
            checks.equal(repo.found("HEAD", name), [(name, line)], name)
        repo.write("empty.py", DEFAULT % 1)
        checks.equal(repo.found("HEAD", "empty.py"), [("empty.py", 1)], "an empty file that is filled")
        repo.write(".gitattributes", "bom.py -diff\ncrlf.py binary\nnonl.py diff=odd\n")
        repo.git("config", "diff.odd.textconv", "tr a-z A-Z <")
        repo.git("config", "diff.odd.command", "false")
        checks.equal(repo.found("HEAD", "bom.py"), [("bom.py", 1), ("bom.py", 6)], "binary for git: all of it")
        checks.equal(repo.found("HEAD", "nonl.py"), [("nonl.py", 6)], "a user's own diff program is not run")
        os.symlink("bom.py", repo.at("link.py"))
        os.remove(repo.at("cr.py"))
        checks.equal(repo.found("HEAD", "."), sorted([(n, l) for n, l in changed.items() if n != "cr.py"]
                                                     + [("bom.py", 1), ("crlf.py", 1), ("empty.py", 1)]),
                     "a link, and a file that is gone")
        repo.git("checkout", "-q", "--", ".")
        os.remove(repo.at(".gitattributes"))
        checks.equal(repo.found("HEAD", "."), [], "all as it was")
        os.chmod(repo.at("crlf.py"), 0o755)
        checks.equal(repo.found("HEAD", "."), [], "only the mode has changed")


SETTINGS = [("diff.noprefix", "true"), ("diff.mnemonicPrefix", "true"), ("color.ui", "always"),
            ("core.quotePath", "false"), ("diff.context", "9"), ("diff.interHunkContext", "50"),
            ("diff.external", "false"), ("diff.renames", "false"), ("diff.relative", "true"),
            ("diff.submodule", "log"), ("diff.suppressBlankEmpty", "true"), ("diff.algorithm", "patience"),
            ("diff.srcPrefix", "x/"), ("diff.ignoreSubmodules", "none"), ("diff.wordRegex", "."),
            ("core.pager", "false"), ("pager.diff", "true"), ("diff.stat", "true"), ("core.fsmonitor", "false")]


def test_settings(checks):
    """Whatever a user has set, the lines are the same."""
    with Repository() as repo:
        repo.write("pkg/a b.py", "".join(DEFAULT % n for n in range(9)))
        repo.write("pkg/b.py", "X = 1\n\n\n" + DEFAULT % 1)
        repo.commit()
        lines = "".join(DEFAULT % n for n in range(9)).split("\n")
        lines[10] = "def g(found=[]):"
        lines[30] = "def h(found=[]):"
        repo.write("pkg/a b.py", "\n".join(lines))
        repo.git("mv", "pkg/b.py", "pkg/c.py")
        expected = [("pkg/a b.py", 11), ("pkg/a b.py", 31)]
        checks.equal(repo.found("HEAD"), expected, "no settings")
        for key, value in SETTINGS:
            repo.git("config", key, value)
            checks.equal(repo.found("HEAD"), expected, "%s = %s" % (key, value))
        answer = [(os.path.join("pkg", path), line) for path, line in repo.found("HEAD", cwd=repo.at("pkg"))]
        checks.equal(answer, expected, "all of them, in a folder")
        for environment in ({"GIT_DIFF_OPTS": "--unified=5"}, {"GIT_EXTERNAL_DIFF": "false"},
                            {"GIT_LITERAL_PATHSPECS": "1"}, {"GIT_PAGER": "false"}):
            checks.equal(repo.found("HEAD", environment=environment), expected, str(environment))
        repo.git("config", "core.autocrlf", "true")
        checks.equal(repo.found("HEAD"), expected, "autocrlf")


def test_conflict(checks):
    with Repository() as repo:
        repo.write("a.py", DEFAULT % 1 + DEFAULT % 2)
        repo.commit()
        repo.git("checkout", "-q", "-b", "topic")
        repo.write("a.py", DEFAULT % 3 + DEFAULT % 2)
        repo.commit()
        repo.git("checkout", "-q", "main")
        repo.write("a.py", DEFAULT % 4 + DEFAULT % 2)
        repo.commit()
        subprocess.run(["git", *IDENTITY, "merge", "-q", "topic"], cwd=repo.path, capture_output=True)
        checks.check("<<<<<<<" in open(repo.at("a.py"), encoding="utf-8").read(), "there is a conflict")
        answer = repo.run("-f", "json2", "--diff", "HEAD", ".")
        checks.check(answer.status < USAGE and answer.messages(), "in the middle of a merge", answer)


def test_worktree(checks):
    with Repository() as repo:
        repo.write("a.py", DEFAULT % 1)
        repo.commit()
        other = tempfile.mkdtemp(prefix="cyclint-diff-")
        repo.git("worktree", "add", "-q", os.path.join(other, "tree"), "-b", "topic")
        tree = os.path.join(other, "tree")
        with open(os.path.join(tree, "b.py"), "w", encoding="utf-8") as opened:
            opened.write(DEFAULT % 1)
        checks.equal(repo.found("main", cwd=tree), [("b.py", 1)], "another working tree")
        checks.equal(repo.found("main"), [], "and the first one")
        environment = {"GIT_DIR": os.path.join(repo.path, ".git"), "GIT_WORK_TREE": os.path.join(other, "loose")}
        os.makedirs(os.path.join(other, "loose", "in"))
        shutil.copy(repo.at("a.py"), os.path.join(other, "loose").encode())
        with open(os.path.join(other, "loose", "in", "c.py"), "w", encoding="utf-8") as opened:
            opened.write(DEFAULT % 1)
        checks.equal(repo.found("main", cwd=os.path.join(other, "loose"), environment=environment),
                     [("in/c.py", 1)], "a working tree that only variables tell of")
        checks.equal(repo.found("main", cwd=os.path.join(other, "loose", "in"), environment=environment),
                     [("c.py", 1)], "in a folder of it")
        shutil.rmtree(other)


def test_submodules(checks):
    with Repository() as repo:
        with Repository() as library:
            library.write("lib.py", DEFAULT % 1 + DEFAULT % 2)
            library.write("in/deep.py", DEFAULT % 1)
            library.commit()
            repo.write("a.py", DEFAULT % 1)
            repo.commit()
            repo.git("submodule", "--quiet", "add", library.path, "vendor/lib")
            inside = Repository(os.path.join(repo.path, "vendor/lib"))
            everything = [("vendor/lib/in/deep.py", 1), ("vendor/lib/lib.py", 1), ("vendor/lib/lib.py", 6)]
            checks.equal(repo.found("HEAD"), everything, "a new submodule is new")
            repo.commit()
            checks.equal(repo.found("HEAD"), [], "it is committed")
            checks.equal(repo.found("HEAD~1"), everything, "and new since before")
            inside.write("lib.py", DEFAULT % 1 + DEFAULT % 3)
            checks.equal(repo.found("HEAD"), [("vendor/lib/lib.py", 6)], "an edit in it")
            inside.write("fresh.py", DEFAULT % 1)
            edits = [("vendor/lib/fresh.py", 1), ("vendor/lib/lib.py", 6)]
            checks.equal(repo.found("HEAD"), edits, "a file that it does not know")
            inside.commit()
            checks.equal(repo.found("HEAD"), edits, "a commit in it")
            repo.git("config", "diff.ignoreSubmodules", "all")
            repo.commit()
            repo.git("add", "vendor/lib")
            checks.equal(repo.found("HEAD~1"), edits, "which the repository has")
            checks.equal(repo.found("HEAD", ".", cwd=inside.path), [], "the submodule by itself")
            checks.equal(repo.found("HEAD~1", ".", cwd=inside.path), [("fresh.py", 1), ("lib.py", 6)],
                         "and its own commits")
            environment = {"GIT_DIR": os.path.join(repo.path, ".git"), "GIT_INDEX_FILE": repo.at(".git/index").decode()}
            checks.equal(repo.found("HEAD~1", environment=environment), edits, "in a hook")
        with Repository() as other:
            other.write("o.py", DEFAULT % 1)
            other.commit()
            other.write("o.py", DEFAULT % 1 + DEFAULT % 2)
            index = {"GIT_INDEX_FILE": os.path.join(repo.path, ".git", "index")}
            checks.equal(repo.found("HEAD", other.path, environment=index), [(other.at("o.py").decode(), 6)],
                         "the repository of others, in a hook")
            checks.equal(repo.found("HEAD", environment=index), [], "and its own")
        loose = Repository(os.path.join(repo.path, "loose"))
        loose.write("c.py", DEFAULT % 1)
        checks.equal(repo.found("HEAD"), [], "a repository that is no submodule is not looked into")
        loose.commit()
        repo.write("b.py", DEFAULT % 1)
        checks.equal(repo.found("HEAD"), [("b.py", 1)], "nor once it has a commit")


def test_combined(checks):
    with Repository() as repo:
        repo.write("a.py", "".join(DEFAULT % n for n in range(3)))
        repo.commit()
        repo.run("--write-baseline", "base.json", "a.py")
        repo.write("a.py", "".join(DEFAULT % n for n in (7, 1, 8)))
        changed = [("a.py", 1), ("a.py", 11)]
        checks.equal(repo.found("HEAD", "a.py"), changed, "without a baseline")
        repo.run("--write-baseline", "part.json", "--diff", "HEAD", "a.py")
        with open(repo.at("part.json"), encoding="utf-8") as opened:
            checks.equal(len(json.load(opened)["findings"]), 3, "a baseline is of all findings, whatever has changed")
        checks.equal(repo.found("HEAD", "--baseline", "part.json", "a.py"), [], "all are in the baseline")
        repo.write("a.py", "".join(DEFAULT % n for n in (0, 9, 2)) + DEFAULT % 3)
        checks.equal(repo.found("HEAD", "--baseline", "base.json", "a.py"), [("a.py", 6), ("a.py", 16)],
                     "new ones on changed lines")
        sarif = json.loads(repo.run("-f", "sarif", "--diff", "HEAD", "a.py").out)["runs"][0]["results"]
        checks.equal([r.get("baselineState") for r in sarif], [None, None], "a diff tells no baselineState")
        sarif = repo.run("-f", "sarif", "--sarif-suppressed", "--baseline", "base.json", "--diff", "HEAD", "a.py")
        states = [r["baselineState"] for r in json.loads(sarif.out)["runs"][0]["results"]]
        checks.equal(states, ["new", "new"], "with a baseline it does, of what is on changed lines")
        answer = repo.run("--diff", "HEAD", "a.py")
        checks.check(answer.status == 4, "the exit status is of what is shown", answer)
        repo.git("checkout", "-q", "--", "a.py")
        answer = repo.run("--diff", "HEAD", "a.py")
        checks.check(answer.status == 0 and "a.py" not in answer.out, "and of nothing else", answer)
        repo.write("a.py", "".join(DEFAULT % n for n in (7, 1, 8)))
        for n in range(2):
            for revision, expected in (("HEAD", changed), (None, [("a.py", n) for n in (1, 6, 11)])):
                choice = ["--diff", revision] if revision else []
                answer = cyclint("--isolated", "-f", "json2", *choice, "a.py", cwd=repo.path)
                checks.equal([(m["path"], m["line"]) for m in answer.messages()], expected,
                             "from the store, since %s, time %d" % (revision, n))
        repo.write("broken.py", b"x = '\xff'\n")
        repo.commit()
        answer = repo.run("--diff", "HEAD", ".")
        checks.check(answer.status & 1, "a file that cannot be read is told, old or new", answer)


# ---- random edits


def is_changed(old, new, line):
    """Whether a line of the new text is not one of the old: its text is made to be unique."""
    return new[line - 1] not in old


def test_edits(checks):
    """Every line has a text of its own, so whether it is new needs no diff to tell."""
    rng = random.Random(SEED)
    with Repository() as repo:
        repo.write("p/a.py", "")
        repo.commit()
        counter, names = 0, ["p/a.py", "p/b.py", "p/c d.py"]
        state = {"p/a.py": []}
        for step in range(40):
            committed = {name: list(lines) for name, lines in state.items()}
            for _ in range(rng.randrange(1, 4)):
                name = rng.choice(names)
                lines = state.setdefault(name, [])
                for _ in range(rng.randrange(1, 6)):
                    counter += 1
                    lines.insert(rng.randrange(len(lines) + 1), "def f%d(x=[]): x.append(%d)" % (counter, counter))
                for _ in range(rng.randrange(3)):
                    if lines:
                        lines.pop(rng.randrange(len(lines)))
                repo.write(name, "".join(line + "\n" for line in lines))
            if rng.randrange(2):
                repo.git("add", "-A")
            expected = [(name, n) for name in sorted(state) for n, line in enumerate(state[name], 1)
                        if line not in committed.get(name, [])]
            checks.equal(repo.found("HEAD"), expected, "edits, step %d" % step)
            repo.commit()


def main():
    if not shutil.which("git"):
        print("git is missing: nothing was tested")
        sys.exit(1)
    checks = Checks("diff")
    for test in (test_lines, test_cycles, test_ranges, test_wrong, test_names, test_odd_files, test_settings,
                 test_conflict, test_worktree, test_submodules, test_combined, test_edits):
        test(checks)
    checks.finish()


if __name__ == "__main__":
    main()
