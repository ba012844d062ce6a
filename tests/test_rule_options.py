#!/usr/bin/env python3
"""What the configuration says of single rules: `[tool.cyclint.rule.NAME]`."""

import os
import tempfile

from harness import Checks, cyclint

SHARED = """import django.db.models
from django.db import models


def add(name, seen=[]):
    seen.append(name)


def add_more(name, kept=[]):
    kept.append(name)


class Base(models.Model):
    pass


class Row(Base):
    def collect(self, rows=[]):
        rows.append(self)

    class Inner:
        def again(self, more=[]):
            more.append(self)


class Tree:
    def __init__(self):
        self.children = []
        self.me = self

    def grow(self, twigs=[]):
        twigs.append(self)
"""
LINES = {"seen": 5, "kept": 9, "rows": 18, "more": 22, "twigs": 31}
ALL = sorted(LINES.values())


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as opened:
        opened.write(text)
    return path


def lines_of(folder, rule="mutable-default", *arguments):
    answer = cyclint("-fjson2", "--no-cache", "--disable=all", "--enable=" + rule, *arguments, ".", cwd=folder)
    return answer, sorted(one["line"] for one in answer.messages() if one["symbol"] == rule) if answer.out else None


def check_names(checks, folder):
    write(folder, "app/models.py", SHARED)
    write(folder, "app/__init__.py", "")

    def without(*names):
        return sorted(set(ALL) - {LINES[name] for name in names})

    for key, expected in [
        ("", ALL),
        ('ignore-names = ["seen"]', without("seen")),
        ('ignore-names = ["[sk]e*"]', without("seen", "kept")),
        ('ignore-names = ["add"]', without("seen")),
        ('ignore-names = ["Row"]', without("rows", "more")),
        ('ignore-names = ["Inner"]', without("more")),
        ('ignore-names = ["app.models.add*"]', without("seen", "kept")),
        ('ignore-names = ["app.models.Row.collect"]', without("rows")),
        ('ignore-names = ["app.models.Row.collect.rows"]', without("rows")),
        ('ignore-names = ["app.*"]', []),
        ('ignore-names = ["models.add"]', ALL),
        ('ignore-names = ["*.Tree.*"]', without("twigs")),
        ('ignore-names = ["ad", "ee", "list"]', ALL),
        ('ignore-names = "seen"', without("seen")),
        ('ignore-bases = ["django.db.models.Model"]', without("rows", "more")),
        ('ignore-bases = ["Model"]', without("rows", "more")),
        ('ignore-bases = ["django.*"]', without("rows", "more")),
        ('ignore-bases = ["app.models.Base"]', without("rows", "more")),
        ('ignore-bases = ["Tree"]', without("twigs")),
        ('ignore-bases = ["object"]', ALL),
        ('exclude = ["app/"]', []),
        ('exclude = ["models.py"]', []),
        ('exclude = ["/models.py"]', ALL),
        ('exclude = ["app/*.py"]', []),
        ('exclude = ["*.py", "!models.py"]', ALL),
        ("exclude = []", ALL),
        ('min-confidence = "possible"', ALL),
        ("enabled = true", ALL),
    ]:
        write(folder, "pyproject.toml", "[tool.cyclint.rule.mutable-default]\n%s\n" % key)
        answer, found = lines_of(folder)
        checks.check(found == expected, "with %s: %s, not %s" % (key, expected, found), answer)
        answer = cyclint("-fjson2", "--no-cache", "--disable=all", "--enable=mutable-default", "app", cwd=folder)
        checks.equal(sorted(one["line"] for one in answer.messages()), expected, "the same from another path: " + key)
    write(folder, "pyproject.toml", '[tool.cyclint.rule.W9408]\nignore-names = ["seen"]\n')
    checks.equal(lines_of(folder)[1], without("seen"), "a rule by its code")
    write(folder, "pyproject.toml", '[tool.cyclint.rule.reference-cycle]\nignore-names = ["*"]\n')
    checks.equal(lines_of(folder)[1], ALL, "another rule's settings")
    write(folder, "pyproject.toml", "")
    write(folder, "app/.cyclintrc.toml", '[rule.mutable-default]\nexclude = ["/models.py"]\n')
    checks.equal(lines_of(folder)[1], [], "the configuration nearest to the file, and its folder")
    os.remove(os.path.join(folder, "app/.cyclintrc.toml"))


def check_store(checks, folder):
    """A run after another goes by what the configuration says now."""
    write(folder, "a/b.py", SHARED)
    for key, expected in [("", ALL), ('ignore-names = ["*"]', []), ('ignore-names = ["*"]', []), ("", ALL),
                          ('exclude = ["/a"]', []), ('exclude = ["/b"]', ALL), ('ignore-bases = ["Tree"]', ALL[:-1])]:
        write(folder, ".cyclintrc.toml", "[rule.mutable-default]\n%s\n" % key)
        answer = cyclint("-fjson2", "--cache-dir=cache", "--disable=all", "--enable=mutable-default", "a", cwd=folder)
        checks.equal([one["line"] for one in answer.messages()], expected, "with a store and " + key)


def check_cycles(checks, folder):
    write(folder, "tree.py", SHARED)
    for key, expected in [
        ("", [29]),
        ('ignore-names = ["Tree"]', []),
        ('ignore-names = ["tree.Tree.me"]', []),
        ('ignore-names = ["me"]', []),
        ('ignore-names = ["you"]', [29]),
        ('ignore-bases = ["tree.Tree"]', []),
    ]:
        write(folder, ".cyclintrc.toml", "[rule.reference-cycle]\n%s\n" % key)
        answer, found = lines_of(folder, "reference-cycle")
        checks.check(found == expected, "a cycle with %s" % key, answer)


def check_selection(checks, folder):
    write(folder, "a.py", SHARED)
    listed = "--list-msgs-enabled"

    def enabled(*arguments):
        return cyclint(listed, *arguments, cwd=folder).out.split("Disabled messages:")[0]

    write(folder, ".cyclintrc.toml", "[rule.mutable-default]\nenabled = false\n[rule.missing-slots]\nenabled = true\n")
    checks.check("(W9408)" not in enabled() and "(R9805)" in enabled(), "enabled = false and true", enabled())
    checks.check("(W9408)" in enabled("--enable=W9408"), "the command line comes last", enabled())
    write(folder, ".cyclintrc.toml", 'disable = ["all"]\n[rule.mutable-default]\nenabled = true\n')
    checks.equal(sorted(cyclint("-fjson2", "a.py", cwd=folder).out.count('"messageId": "%s"' % code) for code in ("W9408", "W9101")),
                 [0, len(ALL)], "all but one disabled")
    # likely findings, which a rule may be asked to be surer of
    write(folder, ".cyclintrc.toml", '[rule.mutable-default]\nmin-confidence = "certain"\n')
    sure = {one["line"] for one in cyclint("-fjson2", "a.py", cwd=folder).messages() if one["symbol"] == "mutable-default"}
    write(folder, ".cyclintrc.toml", 'min-confidence = "certain"\n')
    same = {one["line"] for one in cyclint("-fjson2", "a.py", cwd=folder).messages() if one["symbol"] == "mutable-default"}
    checks.equal(sure, same, "the confidence of one rule is that of all, for this one")
    write(folder, ".cyclintrc.toml", 'min-confidence = "certain"\n[rule.resource-not-closed]\nmin-confidence = "possible"\n')
    write(folder, "b.py", "def f(p):\n    f = open(p)\n    print(f.read())\n")
    answer = cyclint("-fjson2", "b.py", cwd=folder)
    checks.check(any(one["symbol"] == "resource-not-closed" for one in answer.messages()), "less sure than all others", answer)
    os.remove(os.path.join(folder, ".cyclintrc.toml"))


SLOTS = """class Point:
    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z


def read(rows):
    return [Point(*row) for row in rows]
"""


def check_limits(checks, folder):
    write(folder, "a.py", SLOTS)
    for limit, expected in (("", [1]), ("max-attributes = 3", [1]), ("max-attributes = 2", [])):
        write(folder, ".cyclintrc.toml", "[rule.missing-slots]\n%s\n" % limit)
        answer, found = lines_of(folder, "missing-slots")
        checks.check(found == expected, "a small class with %s" % limit, answer)
    about = cyclint("explain", "missing-slots")
    checks.check("max-attributes = 12" in about.out, "explain tells the number", about)


def check_wrong(checks, folder):
    write(folder, "a.py", SHARED)
    for text, place, needles in [
        ("[rule.mutable-defalt]\n", "1:2", ["no rule is called 'mutable-defalt'", "did you mean 'mutable-default'"]),
        ("[rule.mutable-default]\n[rule.W9408]\nenabled = true\n", "2:2", ["two tables"]),
        ("\n[per-file-ignores]\n'tests/*' = ['W9408']\n", "2:2", ["'exclude' in [tool.cyclint.rule.NAME]"]),
        ("[rule.93]\nenabled = true\n", "1:2", ["no rule is called '93'"]),
        ("[rule.mutable-default]\n\nignore-name = ['x']\n", "3:1", ["'ignore-name' for the rule 'mutable-default'", "did you mean 'ignore-names'"]),
        ("[rule.mutable-default]\nignore-paths = ['x']\n", "2:1", ["did you mean 'exclude'"]),
        ("[rule.mutable-default]\nbase-classes = ['x']\n", "2:1", ["did you mean 'ignore-bases'"]),
        ("[rule.mutable-default]\nmax-attributes = 3\n", "2:1", ["no key 'max-attributes'"]),
        ("[rule.missing-slots]\nmax-atributes = 3\n", "2:1", ["did you mean 'max-attributes'"]),
        ("[rule.missing-slots]\nmax-attributes = '3'\n", "2:18", ["must be a whole number, not a string"]),
        ("[rule.missing-slots]\nmax-attributes = -3\n", "2:18", ["between 0 and"]),
        ("[rule.missing-slots]\nmax-attributes = [3]\n", "2:18", ["must be a whole number"]),
        ("[rule.mutable-default]\nenabled = 1\n", "2:11", ["'enabled' must be true or false, not an integer"]),
        ("[rule.mutable-default]\nenabled = [true]\n", "2:11", ["'enabled' must be true or false"]),
        ("[rule.mutable-default]\nignore-names = [1]\n", "2:17", ["must be an array of strings, not an array with an integer"]),
        ("[rule.mutable-default]\nignore-names = [['x']]\n", "2:17", ["must be an array of strings"]),
        ("[rule.mutable-default]\nignore-names = ['']\n", "2:17", ["an empty pattern"]),
        ("[rule.mutable-default]\nignore-names.x = 1\n", "2:", ["must be an array of strings"]),
        ("[rule.mutable-default]\nmin-confidence = 'sure'\n", "2:18", ["'sure' is none of possible, likely, certain"]),
        ("rule = 'x'\n", "1:1", ["[tool.cyclint.rule.NAME]"]),
        ("rule.mutable-default = false\n", "1:1", ["[tool.cyclint.rule.NAME]"]),
        ("[rules.mutable-default]\nenabled = true\n", "1:", ["[tool.cyclint.rule.NAME]"]),
    ]:
        write(folder, ".cyclintrc.toml", text)
        answer = cyclint("--no-cache", "a.py", cwd=folder)
        right = answer.status == 32 and all(one in answer.err for one in [".cyclintrc.toml:%s" % place, *needles])
        checks.check(right, "configuration %r" % text, answer)
    os.remove(os.path.join(folder, ".cyclintrc.toml"))


FULL = """[rule.mutable-default]
enabled = true
min-confidence = "possible"
ignore-names = ["a", "b\\"c.*"]
ignore-bases = ["x.Y"]
exclude = ["tests/", "!/tests/x.py"]

[rule.missing-slots]
max-attributes = 3

[rule.W9101]
enabled = false
"""


def check_round_trip(checks, folder):
    write(folder, "a.py", SHARED)
    write(folder, ".cyclintrc.toml", FULL)
    text = cyclint("--generate-toml-config", cwd=folder).out
    for needle in ('[tool.cyclint.rule."mutable-default"]', 'ignore-names = ["a", "b\\"c.*"]', "max-attributes = 3",
                   "# max-attributes = 12", '[tool.cyclint.rule."W9101"]\nenabled = false'):
        checks.check(needle in text, "--generate-toml-config has " + needle, text)
    write(folder, ".cyclintrc.toml", text)
    answer = cyclint("--generate-toml-config", cwd=folder)
    checks.equal(answer.out, text, "what --generate-toml-config writes says the same again")
    lines = text.split("\n# Each rule may have")[1].split("\n")[1:]
    bare = "\n".join(line[2:] if line.startswith("# ") else line.lstrip("#") for line in lines)
    write(folder, ".cyclintrc.toml", bare.split('[tool.cyclint.rule."mutable')[0])
    answer = cyclint("--generate-toml-config", cwd=folder)
    checks.check(answer.status == 0, "its example is one, too", "%s\n%s" % (bare, answer))


def check_user_rules(checks, folder):
    write(folder, "lint/no-print.scm", '((call function: (identifier) @n) @report (#eq? @n "print")\n'
          ' (#set! code "W8001") (#set! message "a print of \'{n}\'"))\n')
    write(folder, "a.py", "def f():\n    print()\n\n\ndef g():\n    print()\n")
    write(folder, ".cyclintrc.toml", 'rules = "lint"\n[rule.no-print]\nignore-names = ["g"]\n')
    checks.equal(lines_of(folder, "no-print")[1], [2], "a rule of the user's own")


def main():
    checks = Checks("options of rules")
    for check in (check_names, check_store, check_cycles, check_selection, check_limits, check_wrong, check_round_trip, check_user_rules):
        with tempfile.TemporaryDirectory() as folder:
            check(checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
