#!/usr/bin/env python3
"""Rules of a user's own folder: what they report, what is said of a wrong one, and --test-rules."""

import json
import os
import tempfile

from harness import Checks, cyclint

GOOD = """; Printing in production.
((call function: (identifier) @name arguments: (argument_list . (_)? @first)) @report
 (#eq? @name "print")
 (#set! code "W8001")
 (#set! message "'{name}' of {first}, 100%"))
"""

PROGRAM = """def f():
    print("a",
          1)
    print()
    log("x")
"""

# What stands in the file, and what is said about it.
WRONG = [
    ("(cal) @report", "rule.scm:1:2: unknown node kind 'cal', did you mean 'call'?"),
    ("(call", "rule.scm:1:6: the query ends where a node is expected"),
    ('(call) @c\n(call funtion: (_))', "rule.scm:2:7: unknown field 'funtion', did you mean 'function'?"),
    ('((call) @c (#eq? @d "x"))', "rule.scm:1:18: unknown capture '@d', did you mean '@c'?"),
    ('((call) @c (#equ? @c "x"))', "rule.scm:1:14: unknown predicate '#equ?', did you mean '#eq?'?"),
    ('((call) @c (#match? @c "("))', "rule.scm:1:24: this is no regular expression: "),
    ("(call) @report", "rule.scm:1:1: the rule has no code; add (#set! code \"W8001\") to a pattern"),
    ('((call) (#set! code "X1"))', "rule.scm:1:16: a code is one of E W R C I and four digits"),
    ('((call) (#set! code "W8001"))', "rule.scm:1:1: the rule has no message; "),
    (
        '((call) (#set! code "W8001") (#set! message "{what}"))',
        "rule.scm:1:37: the message names '{what}', but nothing is captured as '@what'",
    ),
    ('((call)\n (#set! cod "W8001"))', "rule.scm:2:9: a rule has no 'cod', did you mean 'code'?"),
    ('((call) (#set! code "W9401") (#set! message "m"))', "rule.scm:1:16: there is already a rule W9401"),
    (
        '((call) (#set! code "W8001") (#set! message "m") (#set! name "global-statement"))',
        "rule.scm:1:57: there is already a rule W9401 (global-statement)",
    ),
    ('((call) (#set! code "E9003") (#set! message "m"))', "rule.scm:1:16: there is already a rule E9003"),
    (
        '((call) (#set! code "W8001") (#set! message "m") (#set! name "warning"))',
        "rule.scm:1:57: 'warning' means many rules and cannot name one",
    ),
    (
        '((call) (#set! code "W8001") (#set! message "m") (#set! name "w80"))',
        "rule.scm:1:57: 'w80' means many rules and cannot name one",
    ),
    (
        '((call) (#set! code "W8001") (#set! message "m") (#set! off "false"))',
        "rule.scm:1:57: a rule that is off by default says (#set! off)",
    ),
    (
        '((call) (#set! code "W8001") (#set! message "m") (#set! confidence "sure"))',
        "rule.scm:1:57: the confidence is certain, likely or possible",
    ),
    (
        '((call) (#set! code "W8001") (#set! message "m") (#set! url "javascript:x"))',
        "rule.scm:1:57: a url begins with https:// and has no blank",
    ),
    ("(call\n\t(cal))", "rule.scm:2:3: unknown node kind 'cal', did you mean 'call'?\n        \t(cal))\n        \t ^\n"),
]

RULE = """((call function: (identifier) @name) @report
 (#eq? @name "%s") (#set! code "%s") (#set! message "'{name}' is called"))
"""
FULL = """((call function: (identifier) @name) @report
 (#eq? @name "print") (#set! code "R8001") (#set! message "a print")
 (#set! why "Nobody reads it.") (#set! instead "Use logging.") (#set! since "3.8")
 (#set! url "https://wiki.example.com/no-print?a=1&b=2") (#set! confidence "certain"))
"""


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as opened:
        opened.write(text)
    return path


def lint(folder, text, *arguments):
    write(folder, "rule.scm", text)
    program = write(folder, "program.py", PROGRAM)
    return cyclint("--isolated", "--rules", folder, *arguments, program)


def check_good(checks, folder):
    text = GOOD
    answer = lint(folder, text, "-f", "json2", "--disable=all", "--enable=rule")
    found = [(m["line"], m["messageId"], m["message"]) for m in answer.messages()]
    expected = [(2, "W8001", "'print' of \"a\", 100%"), (4, "W8001", "'print' of , 100%")]
    checks.equal(found, expected, "its findings, under the name of the file")
    answer = lint(folder, "\ufeff" + text.replace("\n", "\r\n"), "-f", "json2", "--disable=all", "--enable=rule")
    found = [(m["line"], m["messageId"], m["message"]) for m in answer.messages()]
    checks.equal(found, expected, "the same written on Windows")
    answer = lint(folder, text, "--disable=W8001")
    checks.check("W8001" not in answer.out and answer.is_sane, "it can be disabled", answer)
    answer = lint(folder, text, "--list-msgs")
    checks.check("W8001" in answer.out, "it is listed", answer)


def check_wrong(checks, folder):
    for text, message in WRONG:
        answer = lint(folder, text)
        right = answer.status == 32 and message in answer.err
        checks.check(right, message, "%s\n%s" % (text, answer))
    answer = cyclint("--isolated", "--rules", os.path.join(folder, "nowhere"), folder)
    checks.check(answer.status == 32 and "nowhere" in answer.err, "a missing folder", answer)


def check_full(checks, folder):
    """A rule with everything has it wherever a built-in rule has it."""
    path = write(folder, "lint/no-print.scm", FULL)
    write(folder, "lint/no-print/bad.py", "print(1)  # [no-print]\n")
    write(folder, "lint/no-print/good.py", "log(1)\n")
    program = write(folder, "src/a.py", "print(1)\nprint(2)  # cyclint: disable=no-print; on purpose\n")
    config = write(folder, "src/pyproject.toml", '[tool.cyclint]\nrules = "../lint"\n')

    def run(*arguments):
        return cyclint("--no-cache", *arguments, program, cwd=folder)

    found = run("-f", "json2").messages()
    checks.equal([one["line"] for one in found], [1], "from the configuration; a comment silences it")
    checks.equal(found[0]["url"], "https://wiki.example.com/no-print?a=1&b=2", "its url")
    checks.equal(found[0]["confidence"], "certain", "its confidence")
    checks.equal(found[0]["remedy"], "Use logging.", "its remedy")
    checks.equal(run("-f", "text").status, 8, "the exit status of its letter")
    for option in ("--disable=no-print", "--disable=R8001", "--disable=R80", "--disable=R", "--errors-only"):
        checks.equal(run("-f", "json2", option).messages(), [], option)
    about = cyclint("--rcfile", config, "explain", "R8001", cwd=folder)
    for needle in ("no-print (R8001, refactor)", "Nobody reads it.", "Use logging.", "Python 3.8", "print(1)",
                   "log(1)", "https://wiki.example.com/no-print"):
        checks.check(needle in about.out, "explain tells " + needle, about)
    listed = cyclint("--rcfile", config, "--list-msgs-enabled", "--disable=all", "--enable=no-print", cwd=folder)
    checks.check("  no-print (R8001)" in listed.out.split("Disabled")[0], "it is listed as enabled", listed)
    sarif = json.loads(run("-f", "sarif").out)["runs"][0]
    rule = [one for one in sarif["tool"]["driver"]["rules"] if one["id"] == "R8001"][0]
    checks.equal(rule["helpUri"], "https://wiki.example.com/no-print?a=1&b=2", "SARIF: its page")
    checks.check("Nobody reads it." in rule["help"]["markdown"], "SARIF: its reason", rule)
    html = run("-f", "html")
    checks.check('<a href="https://wiki.example.com/no-print?a=1&#38;b=2">' in html.out, "HTML: its page", html)
    checks.equal(run("--write-baseline", "baseline.json").status, 0, "a baseline is written")
    write(folder, "src/a.py", "\nprint(1)\nprint(2)  # cyclint: disable=no-print\nprint(3)\n")
    found = run("-f", "json2", "--baseline", "baseline.json").messages()
    checks.equal([one["line"] for one in found], [4], "the baseline knows it again")
    write(folder, "lint/no-print.scm", FULL.replace("(#set! why", "(#set! off) (#set! why"))
    checks.equal(run("-f", "json2").messages(), [], "off by default")
    found = run("-f", "json2", "--enable=no-print").messages()
    checks.equal([one["line"] for one in found], [2, 4], "on when asked for")
    bare = write(folder, "lint/no-print.scm", RULE % ("print", "R8001"))
    checks.equal(bare, path, "the same file")
    rule = json.loads(run("-f", "sarif").out)["runs"][0]["tool"]["driver"]["rules"]
    rule = [one for one in rule if one["id"] == "R8001"][0]
    checks.check("helpUri" not in rule, "SARIF: no page where the user told none", rule)
    checks.check("/rules/no-print" not in run("-f", "html,json2:x.json").out, "HTML: no page either")


def check_cache(checks, folder):
    """A warm run reports what the rule says now."""
    write(folder, "lint/no-print.scm", RULE % ("print", "W8001"))
    program = write(folder, "a.py", "print(1)\nlog(2)\n")
    for name, line in (("print", 1), ("log", 2), ("log", 2)):
        write(folder, "lint/no-print.scm", RULE % (name, "W8001"))
        answer = cyclint("--isolated", "--cache-dir", "cache", "--rules", "lint", "-fjson2", program, cwd=folder)
        found = [(one["line"], one["message"]) for one in answer.messages()]
        checks.equal(found, [(line, "'%s' is called" % name)], "a run after another, of a rule about " + name)


def tested(folder, files, where="lint"):
    """The answer of --test-rules on these files."""
    with tempfile.TemporaryDirectory(dir=folder) as inner:
        for name, text in files.items():
            write(inner, name, text)
        return cyclint("--isolated", "--test-rules", where, cwd=inner)


def check_tests(checks, folder):
    rule = {"lint/p.scm": RULE % ("print", "W8001")}
    bad = {"lint/p/bad.py": "x = 1\r\nprint(x)  # [p]\r\n"}
    good = {"lint/p/good.py": "x = 1\n"}
    passes = [
        ("examples in a folder of its name", {**rule, **bad, **good}),
        ("examples beside it", {**rule, "lint/bad.py": "print()  # [p]\n", "lint/good.py": "\n"}),
        (
            "a folder of folders, each with all it needs",
            {
                "lint/a/p.scm": rule["lint/p.scm"],
                "lint/a/bad.py": "print()  # [p]\n",
                "lint/a/good.py": "log()\n",
                "lint/b/c/q.scm": RULE % ("log", "W8002"),
                "lint/b/c/bad.py": "log()  # [q]\nprint()\n",
                "lint/b/c/good.py": "print()\n",
            },
        ),
        (
            "two rules that share a folder and a line",
            {
                **rule,
                "lint/q.scm": RULE % ("log", "W8002"),
                "lint/bad.py": "print(log())  # [p, q]\nlog()  # [q]\n",
                "lint/good.py": "",
            },
        ),
        ("more examples", {**rule, **bad, **good, "lint/p/bad_two.py": "(print(),  # [p]\nprint())  # [p]\n", "lint/p/good_two.py": ""}),
        ("a comment silences", {**rule, **bad, "lint/p/good.py": "print()  # cyclint: disable=p\n"}),
        ("a rule that is off", {**bad, **good, "lint/p.scm": rule["lint/p.scm"].replace("(#set! code", "(#set! off) (#set! code")}),
        ("a rule that is only possible", {**bad, **good, "lint/p.scm": rule["lint/p.scm"].replace("(#set! code", '(#set! confidence "possible") (#set! code')}),
        ("brackets in a comment that are no mark", {**rule, **bad, "lint/p/good.py": "x = y[z]  # see [1] there\n"}),
    ]
    for what, files in passes:
        answer = tested(folder, files)
        checks.check(answer.status == 0 and "FAILED" not in answer.out, "passes: " + what, answer)
    fails = [
        ("a marked line that is not reported", {**rule, **bad, **good, "lint/p/bad.py": "log()  # [p]\nprint()  # [p]\n"},
         ["lint/p/bad.py:1:0: is marked, but not reported\n        log()"]),
        ("a reported line that is not marked", {**rule, **good, "lint/p/bad.py": "print()  # [p]\nprint()\n"},
         ["lint/p/bad.py:2:0: is reported, but not marked: 'print' is called\n        print()"]),
        ("a good example that is reported", {**rule, **bad, "lint/p/good.py": "y = print()\n"},
         ["lint/p/good.py:1:4: is reported, but not marked"]),
        ("a good example that is marked", {**rule, **bad, "lint/p/good.py": "print()  # [p]\n"}, ["a good example has no lines marked"]),
        ("no mark at all", {**rule, **good, "lint/p/bad.py": "log()\n"}, ["lint/p/bad.py: no line is marked; one that is to be reported ends in # [p]"]),
        ("no bad example", {**rule, **good}, ["there is no example lint/p/bad.py"]),
        ("no good example", {**rule, **bad}, ["there is no example lint/p/good.py"]),
        ("no example", rule, ["there is no example lint/bad.py", "there is no example lint/good.py"]),
        ("a mark that names no rule", {**rule, **good, "lint/p/bad.py": "print()  # [p]\nx = 1  # [global-stament]\n"},
         ["lint/p/bad.py:2:10: this mark names no rule, did you mean 'global-statement'?"]),
        ("an example that is no Python", {**rule, **bad, "lint/p/good.py": "x = 1\nx = = 2\n"}, ["lint/p/good.py:2:", "the example is no Python"]),
        ("a query that is none, and another rule", {**rule, **bad, **good, "lint/q.scm": "(call)\n  (cal) @x\n"},
         ["lint/q.scm:2:4: unknown node kind 'cal', did you mean 'call'?\n          (cal) @x\n           ^\n", "1 passed, 1 failed"]),
        ("two rules of one name", {**rule, **bad, **good, "lint/sub/p.scm": RULE % ("x", "W8002")}, ["there is already a rule W8001 (p)"]),
        ("a rule without a message", {**bad, **good, "lint/p.scm": '((call) (#set! code "W8001"))'}, ["the rule has no message; add"]),
    ]
    for what, files, needles in fails:
        answer = tested(folder, files)
        for needle in needles:
            checks.check(answer.status == 1 and needle in answer.out, "fails: " + what, "%s\n%s" % (needle, answer))
    answer = tested(folder, {**rule, **bad, **good})
    checks.check("does not say why" in answer.out, "a rule without a reason is noted", answer)
    answer = tested(folder, {"lint/readme.txt": ""})
    checks.check(answer.status == 32 and "there is no rule, no file *.scm, in the folder: lint" in answer.err, "an empty folder", answer)
    answer = tested(folder, {"x.txt": ""})
    checks.check(answer.status == 32 and "No such file or directory: lint" in answer.err, "no folder", answer)


def check_new(checks, folder):
    """A rule that was begun passes its tests; none is written over."""
    for name, code in (("waits", "W8001"), ("waits-again", "W8002")):
        answer = cyclint("--isolated", "--rules", "lint", "--new-rule", name, cwd=folder)
        checks.check(answer.status == 0 and "wrote lint/%s.scm" % name in answer.out, "begins a rule", answer)
        with open(os.path.join(folder, "lint", name + ".scm"), encoding="utf-8") as opened:
            checks.check('"%s"' % code in opened.read(), "its code is free")
    answer = cyclint("--isolated", "--test-rules", "lint", cwd=folder)
    checks.check(answer.status == 0 and "2 passed, 0 failed" in answer.out and "note" not in answer.out, "they pass", answer)
    for arguments in (["--rules", "lint", "--new-rule", "waits"], ["--rules", "lint", "--new-rule", "Waits"],
                      ["--rules", "lint", "--new-rule", "reference-cycle"], ["--rules", "lint", "--new-rule", "../x"],
                      ["--new-rule", "other"], ["--rules", "no/such/folder", "--new-rule", "other"]):
        answer = cyclint("--isolated", *arguments, cwd=folder)
        checks.check(answer.status == 32 and answer.err, "refuses " + " ".join(arguments), answer)
    checks.equal(sorted(os.listdir(os.path.join(folder, "lint"))), ["waits", "waits-again", "waits-again.scm", "waits.scm"], "no other file")


def check_tree(checks, folder):
    program = write(folder, "tree.py", "async def f():\n    return a + 'b\\n'\n")
    answer = cyclint("--show-tree", program)
    for needle in ("    2       (return_statement)\n", 'operator: "+"\n', "left: (identifier)  a\n"):
        checks.check(needle in answer.out, "the tree has " + needle.strip(), answer)
    broken = cyclint("--show-tree", write(folder, "tree.py", "x = (\n"))
    checks.check(broken.status == 0 and "ERROR" in broken.out, "a tree of what is no Python", broken)
    checks.equal(cyclint("--show-tree", os.path.join(folder, "none.py")).status, 1, "a file that is not there")


def main():
    checks = Checks("user rules")
    with tempfile.TemporaryDirectory() as folder:
        check_good(checks, folder)
        check_wrong(checks, folder)
    for check in (check_full, check_cache, check_tests, check_new, check_tree):
        with tempfile.TemporaryDirectory() as folder:
            check(checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
