#!/usr/bin/env python3
"""--trend: what has changed since the last run that was asked the same."""

import os
import re
import sqlite3

from harness import Checks
from test_store import DATABASE, NODE, TREE, Project

DEFAULT = "def f%d(found=[]):\n    found.append(1)\n    return found\n\n\n"
NONE = "There is no earlier run"


def rows(answer):
    """{type: (number, previous, difference)} of the table; None when there is no run before."""
    if NONE in answer.out:
        return None
    found = re.findall(r"^\|(\S+) *\|(\S+) *\|(\S+) *\|(\S+) *\|$", answer.out.split("Trend\n-----\n")[1], re.MULTILINE)
    assert found[0] == ("type", "number", "previous", "difference"), answer
    return {row[0]: row[1:] for row in found[1:]}


def rating(answer):
    return re.search(r"rated at (.*)", answer.out).group(1)


def test_runs(checks):
    with Project({"pyproject.toml": "", "a.py": DEFAULT % 1, "b.py": "X = 1\n"}) as project:
        first = project.run("--trend", "a.py", "b.py")
        checks.equal(rows(first), None, "the first run")
        checks.check(NONE in first.out and "(previous run" not in first.out, "says so", first)
        again = project.run("--trend", "a.py", "b.py")
        checks.equal(rows(again), {"files": ("2", "2", "="), "statements": ("4", "4", "="), "messages": ("1", "1", "="),
                                   "mutable-default": ("1", "1", "=")}, "nothing has changed")
        checks.equal(rating(again), "7.50/10 (previous run: 7.50/10, +0.00)", "the rating")
        checks.equal(project.run("--trend", "a.py", "b.py").out, again.out, "and again: the same bytes")
        project.write("b.py", NODE + DEFAULT % 2 + DEFAULT % 3)
        worse = project.run("--trend", "a.py", "b.py")
        checks.equal(rows(worse)["mutable-default"], ("3", "1", "+2"), "two more")
        checks.equal(rows(worse)["messages"], ("3", "1", "+2"), "of all")
        project.write("a.py", "class A:\n    def __init__(self):\n        self.me = self\n")
        project.write("b.py", "\n")
        mixed = project.run("--trend", "a.py", "b.py")
        checks.equal({name: row for name, row in rows(mixed).items() if "-" in name},
                     {"mutable-default": ("0", "3", "-3"), "reference-cycle": ("1", "0", "+1")}, "a rule goes, one comes")
        checks.check("-" in rating(mixed).split(",")[1] or "+" in rating(mixed), "the rating", mixed)
        plain = project.run("a.py", "b.py")
        checks.check("Trend" not in plain.out and "previous run" not in plain.out, "only when it is wanted", plain)
        project.write("a.py", "")
        clean = project.run("--trend", "a.py", "b.py")
        checks.equal(rows(clean)["reference-cycle"], ("0", "1", "-1"), "all is well, which is told")


def test_what_is_compared(checks):
    with Project({"pyproject.toml": "", "pkg/__init__.py": "", "pkg/node.py": NODE, "pkg/tree.py": TREE}) as project:
        project.run("pkg")
        known = [["pkg"], ["./pkg/"], ["-j1", "pkg"], ["--color=always", "pkg"], ["--exit-zero", "--score=n", "pkg"],
                 ["--fail-under=3", "pkg"], ["-r", "y", "pkg"], [project.at("pkg")], ["--timings", "pkg"],
                 ["-f", "text,sarif:out.sarif", "pkg"], ["--isolated", "pkg"]]
        for arguments in known:
            answer = project.run("--trend", *arguments)
            checks.check(rows(answer), "the same question: " + " ".join(arguments), answer)
        new = [["pkg/tree.py"], ["pkg", "pkg/tree.py"], ["-d", "W9101", "pkg"], ["--min-confidence=certain", "pkg"],
               ["-E", "pkg"], ["--ignore=node.py", "pkg"], ["--py-version=3.8", "pkg"], ["--enable=all", "pkg"],
               ["-d", "W9101", "-e", "W9101", "pkg"], ["--write-baseline=base.json", "pkg"],
               ["--baseline=base.json", "pkg"]]
        for arguments in new:
            answer = project.run("--trend", *arguments)
            checks.equal(rows(answer), None, "another question: " + " ".join(arguments))
            checks.check(rows(project.run("--trend", *arguments)), "which can be asked again: " + " ".join(arguments))
        answer = project.run("--trend", "tree.py", "../pkg", cwd=project.at("pkg"))
        checks.equal(rows(project.run("--trend", "pkg", "pkg/tree.py"))["messages"], ("1", "1", "="),
                     "the folder and the order do not matter")
        project.write("pyproject.toml", '[tool.cyclint]\ndisable = ["W9408"]\n')
        checks.equal(rows(project.run("--trend", "pkg")), None, "another configuration")
        checks.check(rows(project.run("--trend", "--isolated", "pkg")), "which does not count here")
        project.write("pkg/pyproject.toml", '[tool.cyclint]\nmin-confidence = "possible"\n')
        checks.equal(rows(project.run("--trend", ".")), None, "another path")
        checks.check(rows(project.run("--trend", ".")), "known")
        project.write("pkg/pyproject.toml", '[tool.cyclint]\nmin-confidence = "certain"\n')
        checks.equal(rows(project.run("--trend", ".")), None, "another configuration of some files")


def test_odd(checks):
    with Project({"pyproject.toml": "", "a.py": DEFAULT % 1}) as project:
        answer = project.run("--trend", "--no-cache", "a.py")
        checks.check(answer.status == 32 and "--no-cache" in answer.err, "--no-cache", answer)
        answer = project.run("--trend", "-", stdin=(DEFAULT % 1).encode())
        checks.check(NONE in answer.out, "the standard input is not remembered", answer)
        project.run("--trend", "a.py")
        os.rename(project.at(DATABASE), project.at("kept.db"))
        project.write(DATABASE, "nonsense" * 1000)
        answer = project.run("--trend", "a.py")
        checks.check(NONE in answer.out and answer.is_sane, "a broken store", answer)
        answer = project.run("--trend", "-f", "json2", "a.py")
        checks.check(answer.messages() and "Trend" not in answer.out, "it is for text", answer)
        project.run("--clear-cache")
        checks.equal(rows(project.run("--trend", "a.py")), None, "--clear-cache forgets")
        project.write("pyproject.toml", "[tool.cyclint]\ntrend = true\n")
        project.run("a.py")
        checks.check(rows(project.run("a.py")), "in the configuration")
        database = sqlite3.connect(project.at(DATABASE))
        database.execute("UPDATE run_rules SET code = 'W9999', name = 'gone-rule'")
        database.commit()
        database.close()
        checks.equal(rows(project.run("a.py"))["gone-rule"], ("0", "1", "-1"), "a rule that is no more")
        runs = project.rows("SELECT paths, files, findings FROM runs")
        checks.equal(set(runs), {("a.py", 1, 1)}, "what is in the table of runs")


def main():
    checks = Checks("trend")
    for test in (test_runs, test_what_is_compared, test_odd):
        test(checks)
    checks.finish()


if __name__ == "__main__":
    main()
