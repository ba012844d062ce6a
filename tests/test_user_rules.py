#!/usr/bin/env python3
"""Rules of a user's own folder: what they report, and what is said of a wrong one."""

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
    ("(cal) @report", "r.scm:1:2: unknown node kind 'cal', did you mean 'call'?"),
    ("(call", "r.scm:1:6: the query ends where a node is expected"),
    ('(call) @c\n(call funtion: (_))', "r.scm:2:7: unknown field 'funtion', did you mean 'function'?"),
    ('((call) @c (#eq? @d "x"))', "r.scm:1:18: unknown capture '@d', did you mean '@c'?"),
    ('((call) @c (#equ? @c "x"))', "r.scm:1:14: unknown predicate '#equ?', did you mean '#eq?'?"),
    ('((call) @c (#match? @c "("))', "r.scm:1:24: this is no regular expression: "),
    ("(call) @report", "r.scm:1:1: the rule has no code; add (#set! code \"W8001\") to a pattern"),
    ('((call) (#set! code "X1"))', "r.scm:1:16: a code is one of E W R C I and four digits"),
    ('((call) (#set! code "W8001"))', "r.scm:1:1: the rule has no message; "),
    (
        '((call) (#set! code "W8001") (#set! message "{what}"))',
        "r.scm:1:37: the message names '{what}', but nothing is captured as '@what'",
    ),
    ('((call)\n (#set! cod "W8001"))', "r.scm:2:9: a rule has no 'cod', did you mean 'code'?"),
    ('((call) (#set! code "W9401") (#set! message "m"))', "r.scm:1:16: there is already a rule W9401"),
    (
        '((call) (#set! code "W8001") (#set! message "m") (#set! name "global-statement"))',
        "r.scm:1:57: there is already a rule W9401 (global-statement)",
    ),
]


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as opened:
        opened.write(text)
    return path


def lint(folder, text, *arguments):
    write(folder, "r.scm", text)
    program = write(folder, "program.py", PROGRAM)
    return cyclint("--isolated", "--rules", folder, *arguments, program)


def check_good(checks, folder):
    text = GOOD
    answer = lint(folder, text, "-f", "json2", "--disable=all", "--enable=r")
    found = [(m["line"], m["messageId"], m["message"]) for m in answer.messages()]
    expected = [(2, "W8001", "'print' of \"a\", 100%"), (4, "W8001", "'print' of , 100%")]
    checks.equal(found, expected, "its findings, under the name of the file")
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


def main():
    checks = Checks("user rules")
    with tempfile.TemporaryDirectory() as folder:
        check_good(checks, folder)
        check_wrong(checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
