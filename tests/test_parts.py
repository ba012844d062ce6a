#!/usr/bin/env python3
"""`cyclint facts` and `cyclint link`: parts made apart give what one run gives, or an error that says why not."""

import os
import random
import re
import shutil
import subprocess
import sysconfig

from harness import BINARY, FIXTURES, Checks, cyclint
from test_store import NODE, TREE, Project

USAGE = 32
SEED = 20240607
FILES = {"pyproject.toml": "", "pkg/__init__.py": "", "pkg/node.py": NODE, "pkg/tree.py": TREE,
         "pkg/a b.py": "def f(x=[]):\n    x.append(1)\n", "pkg/bad.py": "def f(:\n", "pkg/latin.py": b"x = '\xe4'\n"}


def make(project, n, *arguments, paths=("pkg",), prefix="part", cwd=None):
    """The names of all parts."""
    names = []
    for i in range(1, n + 1):
        name = "%s%d-of-%d.db" % (prefix, i, n)
        answer = project.run("facts", "--shard", "%d/%d" % (i, n), "-o", name, *arguments, *paths)
        assert answer.status == 0 and answer.out == answer.err == "", answer
        names.append(name)
    return names


def link(project, names, *arguments):
    return project.run("link", *names, *arguments)


def read(path):
    with open(path, "rb") as opened:
        return opened.read()


def test_same(checks):
    with Project(FILES) as project:
        for n in (1, 2, 7, 40):
            names = make(project, n)
            for arguments in (["-f", "json2"], ["-f", "sarif"], [], ["-j1", "--enable=all", "-r", "y"],
                              ["--statistics"], ["-f", "text", "-d", "W9101"]):
                whole = project.run("--no-cache", *arguments, "pkg")
                linked = link(project, names, *arguments)
                checks.equal((linked.out, linked.err, linked.status), (whole.out, whole.err, whole.status),
                             "%d parts: %s" % (n, " ".join(arguments)))
            checks.check("reference-cycle" in linked.out or n, "across parts")
            shuffled = names[:]
            random.Random(SEED).shuffle(shuffled)
            checks.equal(link(project, shuffled).out, link(project, names).out, "%d parts in any order" % n)
        checks.equal(os.path.exists(project.at(".cyclint_cache")), False, "there is no store")
        answer = project.run("link", "-o", "out.txt", *names)
        checks.equal((answer.out, read(project.at("out.txt")).decode()), ("", link(project, names).out), "-o")
        checks.equal(project.run("--", "link").status & USAGE, USAGE & project.run("--", "link").status, "a path")
        for name in ("link", "facts"):
            shutil.copytree(project.at("pkg"), project.at(name))
            answer = project.run("--no-cache", "./" + name)
            checks.check(answer.out, "./%s is a path" % name, answer)
            answer = project.run("--no-cache", "--", name)
            checks.check("mutable-default" in answer.out, "-- %s is a path" % name, answer)


def test_bytes(checks):
    """A part depends on its files alone."""
    with Project(FILES) as project:
        first = [read(project.at(name)) for name in make(project, 7)]
        second = [read(project.at(name)) for name in make(project, 7, "-j1", prefix="again")]
        checks.equal(first, second, "the same bytes again")
        shutil.copytree(project.at("pkg"), project.at("other/pkg"))
        other = []
        for i in range(1, 8):
            project.run("facts", "--shard=%d/7" % i, "-o", "p.db", "pkg", cwd=project.at("other"))
            other.append(read(project.at("other/p.db")))
        checks.equal(other, first, "the same in another folder")
        project.write("pkg/node.py", NODE + "\n")
        changed = [read(project.at(name)) for name in make(project, 7, prefix="changed")]
        checks.equal(sum(a != b for a, b in zip(first, changed)), 1, "a changed file changes one part")
        project.write("pkg/new.py", "x = 1\n")
        added = [read(project.at(name)) for name in make(project, 7, prefix="added")]
        checks.equal(sum(a != b for a, b in zip(changed, added)), 1, "so does a new one")
        before = os.stat(project.at("added1-of-7.db")).st_mtime_ns
        make(project, 7, prefix="added")
        checks.equal(os.stat(project.at("added1-of-7.db")).st_mtime_ns, before, "an unchanged part keeps its time")


def is_refused(checks, answer, words, what):
    checks.check(answer.status == USAGE and answer.out == "" and words in answer.err and answer.err.count("\n") == 1
                 and answer.err.startswith("cyclint: "), what, answer)


def test_wrong_sets(checks):
    with Project(FILES) as project:
        names = make(project, 3)
        is_refused(checks, link(project, names[:2]), "part 3/3 is missing", "a part is missing")
        is_refused(checks, link(project, names[2:]), "part 1/3 is missing, and others", "two are")
        is_refused(checks, link(project, []), "which parts", "all are")
        is_refused(checks, link(project, names + [names[0]]), "are the same part, 1/3", "a part twice")
        is_refused(checks, link(project, names[:2] + make(project, 2)[:1]), "another number of parts", "of another set")
        is_refused(checks, link(project, names[:2] + ["nowhere.db"]), "cannot read the part 'nowhere.db'", "no such part")
        is_refused(checks, link(project, names[:2] + ["/dev/zero"]), "no regular file", "a device without end")
        is_refused(checks, link(project, names[:2] + ["pkg"]), "no regular file", "a folder")
        is_refused(checks, link(project, names[:2] + ["pkg/node.py"]), "is no part", "another file")
        others = make(project, 3, "--ignore=tree.py", prefix="ignoring")
        is_refused(checks, link(project, names[:2] + others[2:]), "other options", "parts of other options")
        is_refused(checks, link(project, others), "other options", "options that link has not")
        checks.equal(link(project, others, "--ignore=tree.py").out,
                     project.run("--no-cache", "--ignore=tree.py", "pkg").out, "options that link has, too")
        others = make(project, 3, paths=("pkg/node.py", "pkg"), prefix="paths")
        is_refused(checks, link(project, names[:2] + others[2:]), "other paths", "parts of other paths")
        checks.equal(link(project, others).out, project.run("--no-cache", "pkg/node.py", "pkg").out, "their own paths")
        os.mkdir(project.at("rules"))
        project.write("rules/my-rule.scm", '((class_definition name: (identifier) @n) @report\n'
                                           ' (#set! code "W8001") (#set! message "a class"))\n')
        others = make(project, 3, "--rules", "rules", prefix="rules")
        is_refused(checks, link(project, names[:2] + others[2:]), "other rules", "parts of other rules")
        is_refused(checks, link(project, others), "other rules", "rules that link has not")
        linked = link(project, others, "--rules", "rules")
        checks.check("W8001" in linked.out, "rules that it has, too", linked)
        for wrong in ("0/3", "4/3", "1", "1/", "/3", "a/b", "1/3x", "-1/3", "1/0", "1/99999999999999999999", "", "1/2/3"):
            answer = project.run("facts", "--shard=" + wrong, "-o", "x.db", "pkg")
            is_refused(checks, answer, "--shard", "no shard: " + wrong)
        is_refused(checks, project.run("facts", "--shard", "1/2", "pkg"), "where to", "no output")
        checks.check(project.run("facts", "-o", "x.db").status == USAGE, "no path")
        project.write("pyproject.toml", '[tool.cyclint]\noutput = "report.txt"\n')
        is_refused(checks, project.run("facts", "--shard", "1/2", "pkg"), "where to", "an output for reports")
        project.write("pyproject.toml", "")
        is_refused(checks, project.run("facts", "-o", "x.db", "-"), "standard input", "the standard input")
        is_refused(checks, project.run("facts", "-o", "x.db", "--diff", "HEAD", "pkg"), "--diff", "--diff")
        is_refused(checks, link(project, names, "--trend"), "--trend", "--trend")
        answer = project.run("facts", "-o", "no/such/folder.db", "pkg")
        checks.check(answer.status == 1 and "cannot write" in answer.err, "a folder that is not there", answer)
        if os.path.exists("/dev/full"):
            answer = project.run("facts", "-o", "/dev/full", "pkg")
            checks.check(answer.status == 1 and "cannot write" in answer.err, "a full disk", answer)


def test_changed_files(checks):
    with Project(FILES) as project:
        names = make(project, 3)
        whole = link(project, names).out
        for name, text in (("pkg/tree.py", TREE + "\n"), ("pkg/latin.py", "x = 1\n"), ("pkg/node.py", b"\xff")):
            project.write(name, text)
            is_refused(checks, link(project, names), "'%s'" % name, name + " has changed")
            project.write(name, FILES[name])
        checks.equal(link(project, names).out, whole, "as it was, whatever its times")
        project.write("pkg/new.py", "x = 1\n")
        is_refused(checks, link(project, names), "no part has 'pkg/new.py'", "a new file")
        os.remove(project.at("pkg/new.py"))
        os.remove(project.at("pkg/tree.py"))
        is_refused(checks, link(project, names), "is not among the files now", "a file that is gone")
        project.write("pkg/tree.py", TREE)
        project.write("pkg/big.py", "x = 1\n" * 1000)
        names = make(project, 3, "--max-file-size=1k")
        whole = project.run("--no-cache", "--max-file-size=1k", "pkg")
        linked = link(project, names, "--max-file-size=1k")
        checks.equal((linked.out, linked.status), (whole.out, whole.status), "a file that is too large")
        project.write("pkg/big.py", "x = 1\n")
        is_refused(checks, link(project, names, "--max-file-size=1k"), "has changed", "which is not any more")


def test_damage(checks):
    rng = random.Random(SEED)
    with Project(FILES) as project:
        names = make(project, 2)
        good = read(project.at(names[0]))
        for n in range(120):
            at = rng.randrange(len(good))
            bad = {0: good[:at], 1: good[:at] + bytes([good[at] ^ 1 << rng.randrange(8)]) + good[at + 1:],
                   2: good + b"\0" * rng.randrange(1, 40)}[n % 3]
            project.write(names[0], bad)
            answer = link(project, names)
            checks.check(answer.status == USAGE and answer.out == "" and "'%s'" % names[0] in answer.err,
                         "damage %d" % n, answer)
        project.write(names[0], "")
        is_refused(checks, link(project, names), "is no part", "an empty file")


def test_made_up(checks):
    """The checksum is right, and what it is of is not: nothing may crash, whatever is said of it."""
    import ctypes
    import ctypes.util
    library = ctypes.util.find_library("xxhash")
    if library is None:
        return
    xxhash = ctypes.CDLL(library)
    xxhash.XXH3_64bits.restype = ctypes.c_uint64
    xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    rng = random.Random(SEED)
    with Project(FILES) as project:
        names = make(project, 1)
        good = read(project.at(names[0]))
        for n in range(200):
            at = rng.randrange(16, min(len(good), 600))
            bad = bytearray(good)
            bad[at:at + rng.choice([1, 4, 8])] = rng.choice([b"\xff" * 8, b"\0" * 8, rng.randbytes(8)])
            bad[8:16] = xxhash.XXH3_64bits(bytes(bad[48:]), len(bad) - 48).to_bytes(8, "little")
            project.write(names[0], bytes(bad))
            answer = link(project, names)
            checks.check(0 <= answer.status <= 63, "made up %d" % n, answer)


def test_with_others(checks):
    """--baseline, --fix, --diff, configuration: options of a run."""
    with Project(FILES) as project:
        names = make(project, 3)
        answer = link(project, names, "--write-baseline", "base.json")
        checks.check(os.path.exists(project.at("base.json")), "--write-baseline", answer)
        checks.equal(link(project, names, "--baseline", "base.json").out,
                     project.run("--no-cache", "--baseline", "base.json", "pkg").out, "--baseline")
        whole, linked = project.run("--no-cache", "--show-diff", "pkg"), link(project, names, "--show-diff")
        checks.equal((linked.out, linked.status), (whole.out, whole.status), "--show-diff")
        project.write("pyproject.toml", '[tool.cyclint]\ndisable = ["W9408"]\ntrend = true\n')
        whole, linked = project.run("--no-cache", "pkg"), link(project, names)
        checks.check("W9408" not in linked.out and "W9101" in linked.out, "the configuration", linked)
        project.write("pkg/pyproject.toml", '[tool.cyclint]\ndisable = ["W9101"]\n')
        linked = link(project, names)
        checks.check("W9101" not in linked.out and "W9408" in linked.out, "that of some files", linked)
        os.remove(project.at("pkg/pyproject.toml"))
        project.write("pyproject.toml", "")
        os.makedirs(project.at("copy"))
        shutil.copytree(project.at("pkg"), project.at("copy/pkg"))
        whole = project.run("--no-cache", "--fix", "--unsafe-fixes", "pkg", cwd=project.at("copy"))
        linked = link(project, names, "--fix", "--unsafe-fixes")
        checks.equal((linked.out, linked.err, linked.status), (whole.out, whole.err, whole.status), "--fix")
        for name in os.listdir(project.at("pkg")):
            if name.endswith(".py"):
                checks.equal(read(project.at("pkg/" + name)), read(project.at("copy/pkg/" + name)), "--fix: " + name)
        shutil.rmtree(project.at("copy"))


def test_real(checks, name, path):
    for n in (1, 2, 7):
        with Project({"pyproject.toml": ""}) as project:
            shutil.copytree(path, project.at("code"), ignore=shutil.ignore_patterns("*.pyc", "expected.txt"))
            names = make(project, n, paths=("code",))
            for arguments in (["-f", "json2", "--enable=all"], ["-f", "sarif"]):
                whole = project.run("--no-cache", *arguments, "code")
                linked = link(project, names, *arguments)
                checks.check((linked.out, linked.err, linked.status) == (whole.out, whole.err, whole.status),
                             "%s in %d parts: %s" % (name, n, " ".join(arguments)), linked)


# ---- a scheduler

EXAMPLE = os.path.join(os.path.dirname(FIXTURES), "packaging", "cyclint.ninja")


def ninja(project, *arguments):
    path = os.path.dirname(BINARY) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(["ninja", "-f", "cyclint.ninja", *arguments], cwd=project.path, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env={**os.environ, "PATH": path})
    return done.returncode, done.stdout


def test_ninja(checks):
    if not shutil.which("ninja"):
        print("ninja is missing (Debian's ninja-build): the example for it was not tried")
        checks.check(not os.environ.get("CYCLINT_CI"), "ninja is there in CI")
        return
    with Project({**FILES, "src/pkg/odd $na#me.py": "x = 1\n", "src/back\\slash.py": "y = 1\n",
                  "src/in \\ between \\# and.py": "", "src/c\\/d.py": "z = 1\n"}) as project:
        shutil.move(project.at("pkg"), project.at("src/code"))
        shutil.copy(EXAMPLE, project.at("cyclint.ninja"))
        n = len(re.findall(r"^build .*: facts", read(EXAMPLE).decode(), re.MULTILINE))

        def built(what):
            status, out = ninja(project, "-v")
            checks.equal(status, 0, what)
            report = read(project.at("cyclint.json")).decode()
            whole = project.run("--no-cache", "--exit-zero", "-f", "json2", "src").out
            checks.equal(report, whole, what + ": the report")
            return len(re.findall(r"cyclint facts ", out)), len(re.findall(r"cyclint link ", out))

        checks.equal(built("the first time"), (n, 1), "all is made")
        checks.equal(built("nothing has changed"), (0, 0), "nothing is made again")
        project.write("src/code/tree.py", TREE + "# more\n")
        made = built("one file has changed")
        checks.equal(made, (1, 1), "one part is made")
        project.write("src/code/extra.py", "def g(y={}):\n    y[1] = 1\n")
        checks.equal(built("a new file"), (n, 1), "its folder is new, so all look; one link")
        os.remove(project.at("src/code/extra.py"))
        checks.equal(built("a file goes"), (n, 1), "likewise")
        os.utime(project.at("src/code"))
        checks.equal(built("a folder is touched"), (n, 0), "all look, none changes, none links")
        checks.equal(built("and then"), (0, 0), "nothing is made again")
        os.makedirs(project.at("src/code/deep/er"))
        project.write("src/code/deep/er/x.py", "def h(z=[]):\n    z.append(1)\n")
        checks.equal(built("a new folder"), (n, 1), "is found")
        project.write("src/.gitignore", "deep\n")
        checks.equal(built("and ignored"), (n, 1), "which is found, too")
        os.remove(project.at("src/.gitignore"))
        checks.equal(built("and not ignored"), (n, 1), "and that")


def main():
    checks = Checks("parts")
    for test in (test_same, test_bytes, test_wrong_sets, test_changed_files, test_damage, test_made_up, test_with_others,
                 test_ninja):
        test(checks)
    test_real(checks, "fixtures", FIXTURES)
    test_real(checks, "json and email", os.path.join(sysconfig.get_path("stdlib"), "email"))
    checks.finish()


if __name__ == "__main__":
    main()
