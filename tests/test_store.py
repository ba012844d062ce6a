#!/usr/bin/env python3
"""The store: a warm run reports what a cold one does, whatever happened to the store or the files.

Everything runs in throw-away folders on small packages that are made here.
"""

import csv
import io
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

from harness import BINARY, FIXTURES, ROOT, Checks, cyclint

CACHE = ".cyclint_cache"
DATABASE = os.path.join(CACHE, "cyclint.db")
SEED = 20240607
WARNING = "cannot use the cache"

NODE = """class Node:
    def __init__(self, tree):
        self.tree = tree
"""
TREE = """from pkg.node import Node


class Tree:
    def __init__(self):
        self.root = Node(self)
"""


class Project:
    """A throw-away folder with a package."""

    def __init__(self, files=None):
        self.path = tempfile.mkdtemp(prefix="cyclint-store-")
        for name, text in (files or {"pyproject.toml": "", "pkg/__init__.py": "", "pkg/node.py": NODE,
                                     "pkg/tree.py": TREE}).items():
            self.write(name, text)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def at(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.at(name)) or self.path, exist_ok=True)
        with open(self.at(name), "wb") as opened:
            opened.write(text if isinstance(text, bytes) else text.encode())

    def run(self, *arguments, **keywords):
        return cyclint(*(arguments or ("pkg",)), **{"cwd": self.path, **keywords})

    def report(self, *arguments):
        """What a run says, and how many files it need not parse, need not even read."""
        answer = self.run("-f", "json2", "--timings", *(arguments or ("pkg",)))
        counts = re.search(r"(\d+) files, (\d+) unchanged, (\d+) the same", answer.err)
        n, unchanged, same = map(int, counts.groups()) if counts else (0, 0, 0)
        return answer.out, unchanged + same, unchanged, answer

    def cold(self, *arguments):
        return self.report("--no-cache", *(arguments or ("pkg",)))[0]

    def change(self, sql, values=()):
        database = sqlite3.connect(self.at(DATABASE))
        database.execute(sql, values)
        database.commit()
        database.close()

    def rows(self, sql):
        database = sqlite3.connect(self.at(DATABASE))
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()


def test_warm(checks):
    with Project() as project:
        cold = project.cold()
        checks.check(not os.path.exists(project.at(CACHE)), "--no-cache leaves nothing behind")
        checks.check("reference-cycle" in cold, "there is a finding", cold)
        first, known, _, answer = project.report()
        checks.equal((first, known), (cold, 0), "the first run")
        checks.check(os.path.exists(project.at(DATABASE)), "a store is made", answer)
        checks.equal(sorted(os.listdir(project.at(CACHE))), [".gitignore", "CACHEDIR.TAG", "cyclint.db"],
                     "what is in its folder")
        second, known, unchanged, _ = project.report()
        checks.equal((second, known, unchanged), (cold, 3, 0), "young files are read again, not parsed")
        time.sleep(2.2)
        checks.equal(project.report()[:3], (cold, 3, 0), "the last time that they are read")
        checks.equal(project.report()[:3], (cold, 3, 3), "old files are not even read")
        checks.equal(project.report("--isolated", "pkg")[2], 3, "--isolated does not switch it off")
        os.chdir(project.at("pkg"))
        answer = cyclint("--timings", ".", cwd=project.at("pkg"))
        os.chdir(ROOT)
        checks.check("3 files, 3 unchanged" in answer.err, "from another folder", answer)
        checks.check(not os.path.exists(project.at("pkg/" + CACHE)), "one store a project")
        project.write("pkg/node.py", NODE.replace("self.tree = tree", "pass  # tree"))
        os.utime(project.at("pkg/node.py"), (1, 1))
        out, known, unchanged, _ = project.report()
        checks.equal((out, known, unchanged), (project.cold(), 2, 2), "an edited file is parsed")
        checks.check("reference-cycle" not in out, "the cycle is gone", out)


def test_options(checks):
    with Project() as project:
        project.run("--cache-dir", "elsewhere/deep", "pkg")
        checks.check(os.path.exists(project.at("elsewhere/deep/cyclint.db")), "--cache-dir")
        checks.check(not os.path.exists(project.at(CACHE)), "and nowhere else")
        checks.equal(project.report("--cache-dir", "elsewhere/deep", "pkg")[1], 3, "--cache-dir, warm")
        project.run("--clear-cache", "--cache-dir", "elsewhere/deep")
        checks.check(not os.path.exists(project.at("elsewhere/deep")), "--clear-cache alone")
        project.run()
        checks.equal(project.report("--clear-cache", "pkg")[1], 0, "--clear-cache and a run")
        checks.equal(project.report()[1], 3, "which has stored anew")
        project.run("--clear-cache")
        checks.check(not os.path.exists(project.at(CACHE)), "--clear-cache in the project")
        answer = project.run("-", stdin=TREE.encode())
        checks.check(not os.path.exists(project.at(CACHE)), "stdin is not stored", answer)
        project.run("pkg")
        project.run("--from-stdin", "pkg/tree.py", stdin=b"x = 1\n")
        checks.equal(project.report()[:2], (project.cold(), 3), "nor does it change what is")
        os.remove(project.at("pkg/tree.py"))
        project.run()
        names = [name for name, in project.rows("SELECT path FROM files ORDER BY path")]
        checks.equal(names, ["pkg/__init__.py", "pkg/node.py"], "what has vanished is forgotten")


def test_sql(checks):
    with Project() as project:
        help_text = project.run("sql", "--help").out
        checks.check("cyclint sql" in help_text and "--fail-under" not in help_text, "sql --help is about sql", help_text)
        answer = project.run("sql", "SELECT 1")
        checks.check(answer.status == 32 and "no cache" in answer.err, "no store to ask", answer)
        project.run()
        question = "SELECT path, code FROM findings ORDER BY finding LIMIT 1"
        answer = project.run("sql", question)
        checks.equal(answer.out.split(), ["path", "code", "-----------", "-----", "pkg/tree.py", "W9101"],
                     "a table")
        found = list(csv.reader(io.StringIO(project.run("sql", question, "--format", "csv").out)))
        checks.equal(found, [["path", "code"], ["pkg/tree.py", "W9101"]], "CSV")
        found = json.loads(project.run("sql", question, "--format=json").out)
        checks.equal(found, [{"path": "pkg/tree.py", "code": "W9101"}], "JSON")
        odd = "SELECT 'a\"b,c\n\\' AS x, 1.5 AS y, NULL AS z, 2 AS n"
        found = json.loads(project.run("sql", odd, "--format=json").out)
        checks.equal(found, [{"x": 'a"b,c\n\\', "y": 1.5, "z": None, "n": 2}], "odd values as JSON")
        found = list(csv.reader(io.StringIO(project.run("sql", odd, "--format=csv").out, newline="")))
        checks.equal(found[1], ['a"b,c\n\\', "1.5", "", "2"], "odd values as CSV")
        checks.equal(json.loads(project.run("sql", "SELECT 1 WHERE 0", "--format=json").out), [], "no row")
        for table in ("files", "classes", "attributes", "refs", "findings", "cycles", "cycle_edges", "runs", "run_rules"):
            rows = json.loads(project.run("sql", "SELECT * FROM " + table, "--format=json").out)
            checks.check(rows, "the table %s has rows" % table)
        rows = project.rows("SELECT class, name, of, line, stores FROM attributes ORDER BY class")
        checks.equal(rows, [("Node", "tree", "instance", 3, 1), ("Tree", "root", "instance", 6, 1)], "attributes")
        rows = project.rows("SELECT path, class, attribute, target, how, line FROM refs")
        checks.equal(rows, [("pkg/tree.py", "Tree", "root", "pkg.node.Node", "call", 6)], "references")
        rows = project.rows("SELECT name, line, bases FROM classes ORDER BY name")
        checks.equal(rows, [("Node", 1, ""), ("Tree", 4, "")], "classes")
        for wrong in ("SELEC", "DELETE FROM facts", "SELECT 1; SELECT 2", "", "CREATE TABLE x (y)"):
            answer = project.run("sql", wrong)
            checks.check(answer.status == 32 and answer.err.startswith("cyclint: sql: "), wrong, answer)
        checks.equal(project.run("sql").status, 32, "no question")
        project.write("pyproject.toml", '[tool.cyclint]\noutput-format = ["sarif"]\n')
        checks.equal(project.run("sql", "SELECT 1 AS x").out, "x\n-\n1\n", "a format of findings")
        checks.equal(project.run("sql", "SELECT 1 AS x", "-f", "csv").out, "x\r\n1\r\n", "and a wanted one")
        checks.equal(project.run("sql", "SELECT 1", "-f", "pdf").status, 32, "no such format")


OUTLINE = """import pkg.node as pn
from threading import Thread


class Base[T]: pass


class A(Base, pn.Node, list[int], make(), metaclass=Meta):
    x = 1
    y: pn.Node
    __slots__ = ()

    def __init__(self, tree: "T", other: pn.Other, *rest: pn.Rest, **more):
        self.tree, (self.a, *self.b) = tree, other
        self.other = other
        self.rest = rest
        self.thread = Thread(target=self.run)
        self.thread = None
        self.y = pn.Node()
        self.x += 1

        def inner():
            self.from_inner = Base()
        self.bound = Base.run

    class Nested:
        z = A

    @classmethod
    def make(cls):
        cls.made = 1


if True:
    class A:
        def __new__(cls): cls.q = 1
        def f(me): me.after = other.attribute
"""


def test_outline(checks):
    with Project({"pyproject.toml": "", "a.py": OUTLINE, "latin.py": b"# coding: latin-1\n# \xe4\nclass L: x = 1\n",
                  "bom.py": b"\xef\xbb\xbfclass B:\r\n    x = 1\r    y = 2\n"}) as project:
        project.run(".")
        checks.equal(project.rows("SELECT number, name, line, bases FROM classes WHERE path = 'a.py'"),
                     [(1, "Base", 5, ""), (2, "A", 8, "Base, pkg.node.Node, list"), (3, "A", 35, ""), (4, "A.Nested", 26, "")],
                     "classes and bases")
        rows = project.rows("SELECT number, name, of, line, stores FROM attributes WHERE path = 'a.py'")
        checks.equal(sorted(rows), sorted([
            (2, "x", "class", 9, 1), (2, "y", "class", 10, 0), (2, "__slots__", "class", 11, 1),
            (2, "tree", "instance", 14, 1), (2, "a", "instance", 14, 1), (2, "b", "instance", 14, 1),
            (2, "other", "instance", 15, 1), (2, "rest", "instance", 16, 1), (2, "thread", "instance", 17, 2),
            (2, "y", "instance", 19, 1), (2, "x", "instance", 20, 1), (2, "from_inner", "instance", 23, 1),
            (2, "bound", "instance", 24, 1), (4, "z", "class", 27, 1), (3, "after", "instance", 37, 1)]), "attributes")
        rows = project.rows("SELECT number, attribute, target, how, line FROM refs WHERE path = 'a.py'")
        checks.equal(sorted(rows), sorted([
            (2, "y", "pkg.node.Node", "annotation", 10), (2, "other", "pkg.node.Other", "annotation", 15),
            (2, "thread", "threading.Thread", "call", 17), (2, "y", "pkg.node.Node", "call", 19),
            (2, "from_inner", "Base", "call", 23), (2, "bound", "Base.run", "name", 24), (4, "z", "A", "name", 27),
            (3, "after", "other.attribute", "name", 37)]), "references")
        checks.equal(project.rows("SELECT name, line FROM attributes WHERE path <> 'a.py' ORDER BY path, line"),
                     [("x", 2), ("y", 3), ("x", 3)], "lines of odd files")
        project.write("a.py", "class A:\n    pass\n")
        os.remove(project.at("bom.py"))
        project.run(".")
        checks.equal(project.rows("SELECT path, name FROM classes UNION ALL SELECT path, name FROM attributes"
                                  " UNION ALL SELECT path, target FROM refs ORDER BY 1, 2"),
                     [("a.py", "A"), ("latin.py", "L"), ("latin.py", "x")], "what is no more is gone")


def test_schema(checks):
    """What --schema shows is what there is, and every word of the README's is in it."""
    with Project() as project:
        project.run()
        shown = project.run("sql", "--schema")
        checks.check(shown.status == 0 and not shown.err, "--schema", shown)
        empty = sqlite3.connect(":memory:")
        empty.execute("CREATE TABLE facts (path, size, lines, statements, classes, functions)")
        empty.executescript(shown.out)
        for name, kind in empty.execute("SELECT name, type FROM sqlite_master WHERE name <> 'facts'").fetchall():
            columns = [row[1] for row in empty.execute("PRAGMA table_info(%s)" % name)]
            found = [row[1] for row in project.rows("PRAGMA table_info(%s)" % name)]
            checks.equal(found, columns, "the columns of the %s %s" % (kind, name))
            answer = project.run("sql", "SELECT * FROM " + name, "--format=json")
            checks.check(answer.status == 0 and list(json.loads(answer.out)[0]) == columns, "asked for " + name, answer)
        rows = project.rows("SELECT code, kind, edges FROM cycles")
        checks.equal(rows, [("W9101", "instance", 2)], "a cycle")


def test_asking_others(checks):
    """A question to a store that is broken, of others, in use, or in a folder of others."""
    with Project() as project:
        project.run()
        good = open(project.at(DATABASE), "rb").read()

        def refused(words, what):
            answer = project.run("sql", "SELECT * FROM runs")
            checks.check(answer.status == 32 and answer.out == "" and words in answer.err
                         and answer.err.count("\n") == 1, what, answer)

        for bad in (b"", b"hello " * 5000, good[:20000], bytes(len(good))):
            project.write(DATABASE, bad)
            refused("no cache of cyclint", "%d bytes that begin %r" % (len(bad), bad[:5]))
        for sql, words in (("PRAGMA application_id = 7", "no cache of cyclint"),
                           ("PRAGMA user_version = 99", "another version")):
            project.write(DATABASE, good)
            database = sqlite3.connect(project.at(DATABASE))
            database.execute(sql)
            database.close()
            refused(words, sql)
        os.remove(project.at(DATABASE))
        os.mkdir(project.at(DATABASE))
        refused("cannot open", "a folder")
        os.rmdir(project.at(DATABASE))
        refused("there is no cache", "none")
        project.write(DATABASE, good)
        database = sqlite3.connect(project.at(DATABASE), isolation_level=None)
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("DELETE FROM runs")
        refused("is being written", "somebody has it for himself")
        database.close()
        project.write(DATABASE, good)
        writer = sqlite3.connect(project.at(DATABASE), isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM runs")
        answer = project.run("sql", "SELECT count(*) AS n FROM runs", "--format=csv")
        checks.equal(answer.out, "n\r\n1\r\n", "somebody writes: what was before is told")
        writer.close()


def as_nobody(project, *arguments):
    """As a user who may not write there; None when he cannot even come to the program."""
    def prepare():
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)

    try:
        done = subprocess.run([BINARY, *arguments], cwd=project.path, capture_output=True, preexec_fn=prepare)
    except PermissionError:
        return None
    return done.stdout.decode(), done.stderr.decode()


def test_read_only_folder(checks):
    with Project() as project:
        cold = project.cold()
        project.run()
        os.makedirs(project.at("empty"))
        modes = {".": 0o755, "empty": 0o555, CACHE: 0o555, DATABASE: 0o444}
        for name, mode in modes.items():
            os.chmod(project.at(name), mode)
        asked = as_nobody(project, "sql", "SELECT count(*) AS n FROM runs", "--format=csv")
        if asked is None:
            print("a folder that cannot be written was not tried: the user nobody cannot run " + BINARY)
            return
        checks.equal(asked, ("n\r\n1\r\n", ""), "a question in a folder that cannot be written")
        project.run("sql", "SELECT 1")
        for name in os.listdir(project.at(CACHE)):
            os.chmod(project.at(os.path.join(CACHE, name)), 0o444)
        asked = as_nobody(project, "sql", "SELECT count(*) AS n FROM runs", "--format=csv")
        checks.equal(asked, ("n\r\n1\r\n", ""), "after somebody else who may write asked")
        for folder in ([], ["--cache-dir=empty"], ["--cache-dir=empty/deep"]):
            out, err = as_nobody(project, "-f", "json2", *folder, "pkg")
            checks.equal(out, cold, "a run there: %s" % folder)
            checks.equal((err.count(WARNING), err.count("\n")), (1, 1), "which tells so once: %s" % folder)
        for name in modes:
            os.chmod(project.at(name), 0o755)
        checks.equal(project.report()[:2], (cold, 3), "and leaves the store as it was")


def damages(size):
    """Ways to break the store: a name, and what to do with the bytes."""
    rng = random.Random(SEED)
    for n in range(60):
        offset, value = rng.randrange(size), rng.randrange(256)
        yield "byte %d becomes %d" % (offset, value), lambda b, o=offset, v=value: b[:o] + bytes([v]) + b[o + 1:]
    for n in range(20):
        start, length = rng.randrange(size), rng.choice([16, 512, 4096, 20000])
        noise = rng.randbytes(length)
        yield "%d bytes of noise at %d" % (length, start), lambda b, o=start, x=noise: b[:o] + x + b[o + len(x):]
    for n in range(12):
        length = rng.randrange(size)
        yield "cut to %d bytes" % length, lambda b, n=length: b[:n]
    yield "empty", lambda b: b""
    yield "no database", lambda b: b"hello " * 5000
    yield "zeros", lambda b: bytes(len(b))


def test_damage(checks):
    with Project() as project:
        cold = project.cold()
        project.run()
        with open(project.at(DATABASE), "rb") as opened:
            good = opened.read()
        for name, damage in damages(len(good)):
            shutil.rmtree(project.at(CACHE))
            project.write(DATABASE, damage(good))
            out, _, _, answer = project.report()
            checks.check(out == cold and answer.is_sane, "damaged: " + name, answer)
            checks.check(answer.err.count(WARNING) <= 1, "told at most once: " + name, answer.err)
            project.run()
            again = project.run("--timings", "pkg")
            checks.check(WARNING not in again.err, "it heals: " + name, again)


def damaged(rng, blob, kind):
    if kind == 0:
        at = rng.randrange(len(blob))
        return blob[:at] + bytes([blob[at] ^ 1 << rng.randrange(8)]) + blob[at + 1:]
    return blob[:rng.randrange(len(blob))] if kind == 1 else blob + b"\0\0\0\0"


def test_answers(checks):
    """So is a report that is kept."""
    with Project() as project:
        cold = project.cold()
        rng = random.Random(SEED)
        for n in range(60):
            project.run()
            (number, blob), = project.rows("SELECT answer, bytes FROM answers")
            project.change("UPDATE answers SET bytes = ?", (damaged(rng, blob, n % 3),))
            out, known, _, answer = project.report()
            checks.check((out, known) == (cold, 3) and answer.is_sane, "a damaged report", answer)
            checks.check("recalled" not in answer.err, "which is not believed", answer)
            checks.check("recalled" in project.report()[3].err, "and replaced")


def test_blobs(checks):
    """Facts are checked before they are believed, even if the database is sound."""
    with Project() as project:
        cold = project.cold()
        project.run()
        rng = random.Random(SEED)
        rows = project.rows("SELECT path, facts FROM facts")
        for n in range(60):
            path, blob = rng.choice([row for row in rows if len(row[1]) > 0])
            project.change("DELETE FROM answers")
            project.change("UPDATE facts SET facts = ? WHERE path = ?", (damaged(rng, blob, n % 3), path))
            out, known, _, answer = project.report()
            checks.check((out, known) == (cold, 2) and answer.is_sane, "a damaged blob", answer)
        checks.equal(project.report()[:2], (cold, 3), "which is replaced")


def test_versions(checks):
    with Project() as project:
        cold = project.cold()
        for name, sql in [
            ("an older schema", "PRAGMA user_version = 0"),
            ("a newer schema", "PRAGMA user_version = 99"),
            ("another application", "PRAGMA application_id = 7"),
            ("another producer", "UPDATE facts SET producer = producer + 1"),
            ("no table", "DROP TABLE facts"),
            ("another table", "DROP TABLE findings; CREATE TABLE findings (x)"),
        ]:
            project.run()
            database = sqlite3.connect(project.at(DATABASE))
            database.executescript(sql)
            database.close()
            out, _, _, answer = project.report()
            checks.check(out == cold and answer.is_sane, name, answer)
            project.run()
            checks.equal(project.report()[:2], (cold, 3), name + ": the store is good again")
        os.mkdir(project.at("rules"))
        project.write("rules/my-rule.scm", '((class_definition name: (identifier) @n) @report\n'
                                           ' (#set! code "W8001") (#set! message "a class"))\n')
        cold = project.cold("--rules", "rules", "pkg")
        checks.check("W8001" in cold, "a user's rule", cold)
        checks.equal(project.report("--rules", "rules", "pkg")[:2], (cold, 0), "other rules, other facts")
        checks.equal(project.report("--rules", "rules", "pkg")[:2], (cold, 3), "and warm")
        project.write("rules/my-rule.scm", '((function_definition name: (identifier) @n) @report\n'
                                           ' (#set! code "W8001") (#set! message "a function"))\n')
        out, known, _, _ = project.report("--rules", "rules", "pkg")
        checks.equal((out, known), (project.cold("--rules", "rules", "pkg"), 0), "an edited rule")


def test_unusable(checks):
    with Project() as project:
        cold = project.cold()
        project.write("file", "")
        for folder in ("file", "file/below", "/proc/nowhere", "/dev/null/x"):
            out, _, _, answer = project.report("--cache-dir", folder, "pkg")
            checks.check(out == cold and answer.is_sane, "no folder: " + folder, answer)
            checks.equal(answer.err.count(WARNING), 1, "told once: " + folder)
        os.makedirs(project.at("odd/cyclint.db"))
        out, _, _, answer = project.report("--cache-dir", "odd", "pkg")
        checks.check(out == cold and answer.err.count(WARNING) == 1, "the store is a folder", answer)


def limit_files(n):
    def prepare():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (n, n))

    return prepare


def test_full_disk(checks):
    """No file may grow beyond a limit: SQLite sees what it would on a full disk."""
    for limit in (0, 100, 4096, 20000, 40000, 80000):
        with Project() as project:
            cold = project.cold()
            for n in range(2):
                done = subprocess.run([BINARY, "-f", "json2", "pkg"], cwd=project.path, capture_output=True,
                                      preexec_fn=limit_files(limit), restore_signals=False)
                err = done.stderr.decode()
                checks.equal(done.stdout.decode(), cold, "a full disk (%d): the report" % limit)
                checks.check(done.returncode >= 0 and err.count("\n") == err.count(WARNING) <= 1,
                             "a full disk (%d): told at most once" % limit, err)
            if limit < 20000:
                checks.check(WARNING in err, "a full disk (%d): told" % limit, err)
            project.run()
            checks.equal(project.report()[:2], (cold, 3), "a full disk (%d): later there is room" % limit)


def test_small_disk(checks):
    """A file system of its own that is full, where the kernel lets us have one."""
    script = "mount -t tmpfs -o size=$0 none small && shift 0 && exec \"$@\""
    with Project() as project:
        cold = project.cold()
        os.mkdir(project.at("small"))
        for size in ("4k", "16k", "60k", "100k", "160k", "400k"):
            command = ["unshare", "-rm", "sh", "-c", script, size, "sh", "-c",
                       '"$0" --cache-dir=small/c "$@" >one; "$0" --cache-dir=small/c "$@" >two;'
                       '"$0" -o small/report "$@"; echo $? >status; head -c 9000000 /dev/zero >small/rest 2>/dev/null;'
                       '"$0" --cache-dir=small/c "$@" >three', BINARY, "-f", "json2", "pkg"]
            try:
                done = subprocess.run(command, cwd=project.path, capture_output=True, timeout=100)
            except OSError:
                done = None
            if done is None or not os.path.exists(project.at("one")):
                print("a full file system was not tried: unshare and mount are not allowed here")
                return
            err = done.stderr.decode()
            for name in ("one", "two", "three"):
                with open(project.at(name), encoding="utf-8") as opened:
                    checks.equal(opened.read(), cold, "%s of disk: run %s" % (size, name))
                os.remove(project.at(name))
            checks.check(err.count("\n") == err.count(WARNING) + err.count("cannot write 'small/report'") <= 4,
                         "%s of disk: what is told" % size, err)
        os.rmdir(project.at("small"))


def test_lock(checks):
    with Project() as project:
        cold = project.cold()
        project.run()
        database = sqlite3.connect(project.at(DATABASE))
        database.execute("BEGIN IMMEDIATE")
        out, known, _, answer = project.report()
        checks.equal((out, known), (cold, 3), "another one writes: facts are read")
        checks.equal(answer.err.count(WARNING), 1, "and the user told that nothing is stored")
        database.execute("ROLLBACK")
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("BEGIN EXCLUSIVE")
        out, _, _, answer = project.report()
        checks.check(out == cold and answer.err.count(WARNING) == 1, "another one locks it", answer)
        database.close()
        checks.equal(project.report()[:2], (cold, 3), "and is gone")


def test_concurrency(checks):
    for is_fresh in (True, False):
        with Project() as project:
            cold = project.cold()
            if not is_fresh:
                project.run()
            for turn in range(4):
                if is_fresh:
                    shutil.rmtree(project.at(CACHE), ignore_errors=True)
                started = [
                    subprocess.Popen([BINARY, "-f", "json2", "pkg"], cwd=project.path,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                    for _ in range(6)
                ]
                for process in started:
                    out, err = process.communicate(timeout=100)
                    checks.equal((out.decode(), err.decode()), (cold, ""), "six at once")
            checks.equal(project.report()[:2], (cold, 3), "afterwards the store is good")
            checks.equal(project.rows("PRAGMA integrity_check"), [("ok",)], "and sound")


def test_quarrel(checks):
    """Runs of many kinds at once, while others clear, break, replace and edit."""
    rng = random.Random(SEED)
    with Project() as project:
        cold = project.cold()
        project.write("other/a.py", "def f(x=[]):\n    x.append(1)\n")
        commands = [["-f", "json2", "pkg"]] * 4 + [["--clear-cache", "-f", "json2", "pkg"], ["--trend", "pkg", "other"],
                    ["sql", "SELECT count(*) FROM runs"], ["--clear-cache"], ["-d", "all", "."], ["other"]]
        for turn in range(12):
            started = []
            for command in rng.sample(commands, len(commands)):
                started.append((command, subprocess.Popen([BINARY, *command], cwd=project.path, stdout=subprocess.PIPE,
                                                          stderr=subprocess.PIPE)))
                if rng.randrange(4) == 0:
                    breakage = rng.choice([b"", b"x" * 30000, None])
                    if breakage is None:
                        shutil.rmtree(project.at(CACHE), ignore_errors=True)
                    else:
                        project.write("breakage", breakage)
                        try:
                            os.replace(project.at("breakage"), project.at(DATABASE))
                        except FileNotFoundError:
                            pass  # its folder is gone at the moment
            for command, process in started:
                out, err = (text.decode() for text in process.communicate(timeout=100))
                what = "turn %d: %s" % (turn, " ".join(command))
                checks.check(process.returncode >= 0 and err.count("\n") <= 1, what, err)
                if command[-1] == "pkg":
                    checks.equal(out, cold, what)
        project.run()
        project.run()
        out, known, _, answer = project.report()
        checks.check((out, known) == (cold, 3) and not WARNING in answer.err, "and then all is well", answer)
        checks.equal(project.rows("PRAGMA integrity_check"), [("ok",)], "and sound")


def test_kill(checks):
    """Whoever is killed leaves the store as it was."""
    with Project() as project:
        cold = project.cold()
        for n in range(25):
            process = subprocess.Popen([BINARY, "-f", "json2", "pkg"], cwd=project.path,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(n * 0.0007)
            process.kill()
            process.wait()
        out, _, _, answer = project.report()
        checks.check(out == cold and answer.is_sane, "after being killed", answer)
        checks.equal(project.report()[:2], (cold, 3), "after being killed, warm")


# ---- edits

PIECES = [
    NODE, TREE, "", "x = 1\n", "def f():\n    global X\n", "def f(:\n    pass\n", "import pkg.tree\n",
    "class A:\n    def __init__(self):\n        self.me = self\n", "class B(A):\n    def __del__(self):\n        f()\n",
    "def g(p):\n    f = open(p)\n    return f.read()\n", "# cyclint: disable=W9101\n", "\xff".encode("latin-1"),
    "from pkg.a import *\nfrom pkg.b import A as Z\n\n\nclass D(Z):\n    def __init__(self, o):\n        o.d = self\n        self.o = o\n",
]
NAMES = ["pkg/a.py", "pkg/b.py", "pkg/node.py", "pkg/tree.py", "pkg/sub/__init__.py", "pkg/sub/c.py"]


def edit(project, rng):
    name = rng.choice(NAMES)
    path = project.at(name)
    action = rng.randrange(6)
    if action == 0 and os.path.exists(path):
        os.remove(path)
    elif action == 1 and os.path.exists(path):
        os.replace(path, project.at(rng.choice([n for n in NAMES if os.path.dirname(n) == "pkg"])))
    elif action == 2 and os.path.exists(path):
        os.utime(path, (rng.randrange(10), 0))
    else:
        pieces = [p if isinstance(p, bytes) else p.encode() for p in rng.choices(PIECES, k=rng.randrange(1, 4))]
        # Half of the edits keep the size, as those do that times alone tell.
        text = b"\n".join(pieces)
        if rng.randrange(2) and os.path.exists(path):
            size = os.path.getsize(path)
            text = text[:size].rjust(size, b"\n")
        project.write(name, text)
        if rng.randrange(2):
            os.utime(path, (1, 1))


def test_edits(checks):
    rng = random.Random(SEED)
    with Project() as project:
        for n in range(300):
            for _ in range(rng.randrange(1, 4)):
                edit(project, rng)
            jobs = "-j%d" % (1 + n % 2)
            warm = project.run("-f", "json2", jobs, "pkg")
            cold = project.run("-f", "json2", "--no-cache", "pkg")
            checks.check((warm.out, warm.status, warm.err) == (cold.out, cold.status, cold.err),
                         "edits, step %d" % n, "cold: %s\nwarm: %s" % (cold, warm))


# ---- real code


def test_formats(checks, name, path):
    """All formats, facts too, cold and warm, with one thread and two."""
    with Project({"pyproject.toml": ""}) as project:
        shutil.copytree(path, project.at("code"), ignore=shutil.ignore_patterns("*.pyc", "expected.txt"))
        n = sum(one.endswith(".py") for _, _, names in os.walk(project.at("code")) for one in names)
        for arguments in (["-f", "text"], ["-f", "json2"], ["-f", "sarif"], ["--dump-facts"]):
            what = "%s %s" % (name, " ".join(arguments))
            cold = project.run("--no-cache", "--exit-zero", "-j1", *arguments, "code").out
            checks.check(cold != "", what + ": there is a report")
            for jobs in ("-j1", "-j2"):
                warm = project.run("--exit-zero", jobs, *arguments, "code").out
                checks.check(warm == cold, "%s %s" % (what, jobs))
        known = project.report("--exit-zero", "code")[1]
        failed = len(re.findall('"messageId": "F900', project.cold("--exit-zero", "code")))
        checks.equal(known, n - failed, name + ": all files are known")


def main():
    checks = Checks("store")
    for test in (test_warm, test_options, test_sql, test_outline, test_schema, test_asking_others,
                 test_read_only_folder, test_damage, test_blobs, test_answers, test_versions, test_unusable,
                 test_full_disk, test_small_disk, test_lock, test_concurrency, test_quarrel, test_kill, test_edits):
        test(checks)
    test_formats(checks, "fixtures", FIXTURES)
    test_formats(checks, "asyncio", os.path.dirname(__import__("asyncio").__file__))
    checks.finish()


if __name__ == "__main__":
    main()
