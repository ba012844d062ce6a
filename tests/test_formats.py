#!/usr/bin/env python3
"""Every output format of the built binary: what it parses as, its keys and types, its determinism.

Nothing here depends on which rules there are, except that a mutable default is reported.
"""

import collections
import html.parser
import json
import os
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

from harness import BINARY, Checks, cyclint

RULE, CODE = "mutable-default", "W9408"
FORMATS = ["text", "colorized", "parseable", "msvs", "json", "json2", "sarif", "github", "gitlab"]
FORMATS += ["junit", "html"]
FILES = {
    "pkg/__init__.py": "",
    "pkg/plain.py": "def f(a=[]):\n    return a.append(1)\n",
    "pkg/wide.py": "def 集める(é='日本',\tb=[]):  # ü\n    return b.append(é)\n",
    "pkg/crlf.py": "def f(a):\r\n    return a\r\n\r\n\r\ndef g(a=[]):\r\n    return a.append(1)\r\n",
    "pkg/bom.py": "\ufeffdef f(a=[]):\n    return a.append(1)\n",
    "pkg/method.py": "class C:\n    def m(self, a=[]):\n        return a.append(1)\n",
    "pkg/quiet.py": "def f(a=[]):  # cyclint: disable=%s; shared on purpose\n    a.append(1)\n" % RULE,
    "a b&<c>'%.py": "def f(a=[]):\n    return a.append(1)\n",
}
# path, line, column of `[]` in characters
PLACES = {
    ("pkg/plain.py", 1, 8),
    ("pkg/wide.py", 1, 18),
    ("pkg/crlf.py", 5, 8),
    ("pkg/bom.py", 1, 8),
    ("pkg/method.py", 2, 18),
    ("a b&<c>'%.py", 1, 8),
}
PYLINT_KEYS = {
    "type": str,
    "symbol": str,
    "message": str,
    "messageId": str,
    "confidence": str,
    "module": str,
    "obj": str,
    "line": int,
    "column": int,
    "endLine": (int, type(None)),
    "endColumn": (int, type(None)),
    "path": str,
    "absolutePath": str,
}
OUR_KEYS = {"fingerprint": str, "remedy": str, "url": str, "related": list}
PLAIN_KEYS = ["type", "module", "obj", "line", "column", "endLine", "endColumn", "path", "symbol"]
PLAIN_KEYS += ["message", "message-id"]


def write_project(folder):
    for name, text in FILES.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)


def run(folder, style, *arguments, **environment):
    """Only the one rule, so that other rules' changes do not matter."""
    only = ["--disable=all", "--enable=" + RULE]
    return cyclint(
        "-f", style, *only, *arguments, ".", cwd=folder, environment=environment
    )


def places(messages):
    return {(one["path"], one["line"], one["column"]) for one in messages}


def check_json2(checks, folder):
    answer = run(folder, "json2")
    report = json.loads(answer.out)
    checks.equal(sorted(report), ["messages", "statistics"], "json2: keys")
    checks.equal(places(report["messages"]), PLACES, "json2: places")
    keys = dict(PYLINT_KEYS, **OUR_KEYS)
    for message in report["messages"]:
        for key, kind in keys.items():
            checks.check(isinstance(message.get(key, 0.5), kind), "json2: type of " + key, message)
        checks.equal(set(message) - set(keys) - {"cycle", "fix", "cost"}, set(), "json2: no more")
        checks.equal(message["absolutePath"], os.path.join(folder, message["path"]), "json2: path")
        checks.check(re.fullmatch("[0-9a-f]{16}", message["fingerprint"]), "json2: fingerprint")
    objects = {message["path"]: message["obj"] for message in report["messages"]}
    checks.equal(objects["pkg/method.py"], "C.m", "json2: obj of a method")
    check_statistics(checks, report["statistics"], len(PLACES))


def check_statistics(checks, statistics, n):
    kinds = ["fatal", "error", "warning", "refactor", "convention", "info"]
    checks.equal(list(statistics["messageTypeCount"]), kinds, "json2: kinds of messages")
    checks.equal(statistics["messageTypeCount"]["warning"], n, "json2: number of warnings")
    checks.equal(statistics["modulesLinted"], len(FILES), "json2: modules")
    checks.check(0 <= statistics["score"] < 10, "json2: score", statistics)


def check_json(checks, folder):
    messages = json.loads(run(folder, "json").out)
    checks.equal(places(messages), PLACES, "json: places")
    for message in messages:
        checks.equal(list(message), PLAIN_KEYS, "json: pylint's keys in pylint's order")


LINES = {
    "text": r"(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): %s: .+ \(%s\)" % (CODE, RULE),
    "parseable": r"(?P<path>.+?):(?P<line>\d+): \[%s\(%s\), [\w.]*\] .+" % (CODE, RULE),
    "msvs": r"(?P<path>.+)\((?P<line>\d+)\): \[%s\(%s\)[\w.]*\] .+" % (CODE, RULE),
}


def check_lines(checks, folder, style):
    out = run(folder, style, "--score=n").out
    lines = [line for line in out.splitlines() if not line.startswith("*************")]
    found = [re.fullmatch(LINES[style], line) for line in lines]
    checks.check(all(found), style + ": each line is a finding", out)
    expected = sorted((path, str(line)) for path, line, _ in PLACES)
    seen = sorted((one["path"], one["line"]) for one in found if one)
    checks.equal(seen, expected, style + ": places")
    checks.check("************* Module pkg.plain" in out.splitlines(), style + ": module line")


def check_score(checks, folder):
    out = run(folder, "text", "--score=y").out
    checks.check(
        re.search(r"\n\n-+\nYour code has been rated at \d+\.\d\d/10.*\n\n$", out), "score", out
    )
    out = run(folder, "text", "--reports=y").out
    checks.check("Messages by category\n--------------------\n\n+--" in out, "reports", out)


def check_template(checks, folder):
    template = "{C}|{category}|{line:03d}|{column}|{end_line}|{end_column}|{module}|{obj}|{symbol}"
    out = run(folder, "text", "--score=n", "--msg-template=" + template).out
    checks.check("W|warning|002|18|2|20|pkg.method|C.m|" + RULE in out.splitlines(), "template", out)
    answer = run(folder, "text", "--msg-template={lien}")
    checks.equal(answer.status, 32, "an unknown field of a template is a usage error")
    checks.check("{lien}" in answer.err, "which names the field", answer)


def check_colorized(checks, folder):
    plain = run(folder, "colorized", "--score=n", "--color=never").out
    colorful = run(folder, "colorized", "--score=n", "--color=always").out
    checks.check("\x1b[" not in plain and "\x1b[" in colorful, "colours on demand")
    checks.equal(re.sub("\x1b\\[[0-9;]*m", "", colorful), plain, "colours change nothing else")
    lines = plain.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("pkg/wide.py:1:18"))
    # A wide character is two cells, a tab goes to the next multiple of four.
    checks.equal(lines[at + 2], "     1 | def 集める(é='日本',    b=[]):  # ü", "source line")
    checks.equal(lines[at + 3], "       | " + " " * 26 + "^^", "caret under what is meant")
    checks.check(all(len(line) <= 80 for line in lines if "|" in line[:9]), "80 columns")


FIXED = {  # a file, and the lines of its fix as they are shown
    b"def f(x, found=[]):\n    found.append(x)\n    return found\n": [
        "     1 - def f(x, found=[]):",
        "     1 + def f(x, found=None):",
        "     2 +     if found is None:",
        "     3 +         found = []",
    ],
    b"x = 0\r\ndef f():\r\n\tglobal x\r\n\treturn x\r\n": ["     3 -     global x"],
    b"def f(\n    x,\n    found=[],\n):\n    found.append(x)\n    return found\n": [
        "     3 -     found=[],",
        "     3 +     found=None,",
        "     5 +     if found is None:",
        "     6 +         found = []",
    ],
}


def check_fix(checks):
    """Under a finding stand the lines that its fix changes, each with its number."""
    for text, expected in FIXED.items():
        with tempfile.TemporaryDirectory(prefix="cyclint-fix-") as folder:
            with open(os.path.join(folder, "a.py"), "wb") as file:
                file.write(text)
            for _ in range(2):  # analysed, and recalled
                answer = cyclint("--isolated", "--cache-dir", os.path.join(folder, "cache"), "-f", "colorized",
                                 "--color=never", "--score=n", "a.py", cwd=folder)
                shown = [line for line in answer.out.splitlines() if re.match(r" *\d+ [-+] ", line)]
                checks.equal(shown, expected, "the fix of %r is shown" % text)


def unescape(text):
    for code, character in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def check_github(checks, folder):
    lines = run(folder, "github").out.splitlines()
    checks.equal(len(lines), len(PLACES), "github: a line a finding")
    paths = set()
    for line in lines:
        match = re.fullmatch(r"::warning ([^:]*)::(.+)", line)
        checks.check(match, "github: form", line)
        if match:
            properties = dict(part.split("=", 1) for part in match[1].split(","))
            paths.add(unescape(properties["file"]))
            checks.check(int(properties["line"]) >= 1 and properties["title"], "github", line)
    checks.equal(paths, {path for path, _, _ in PLACES}, "github: paths")


def check_gitlab(checks, folder):
    issues = json.loads(run(folder, "gitlab").out)
    found = {(one["location"]["path"], one["location"]["lines"]["begin"]) for one in issues}
    checks.equal(found, {(path, line) for path, line, _ in PLACES}, "gitlab: places")
    for issue in issues:
        checks.equal(issue["check_name"], RULE, "gitlab: check_name")
        checks.equal(issue["severity"], "major", "gitlab: severity")
        checks.check(issue["description"] and issue["fingerprint"], "gitlab: texts", issue)
    prints = {issue["fingerprint"] for issue in issues}
    checks.equal(len(prints), len(issues), "gitlab: fingerprints differ")


def check_junit(checks, folder):
    root = ElementTree.fromstring(run(folder, "junit").out)
    cases = root.findall("testsuite/testcase")
    found = {(case.get("file"), int(case.get("line"))) for case in cases}
    checks.equal(found, {(path, line) for path, line, _ in PLACES}, "junit: places")
    checks.equal(int(root.get("failures")), len(PLACES), "junit: failures")
    checks.check(all(case.find("failure").text for case in cases), "junit: texts")


class Page(html.parser.HTMLParser):
    """Whether the tags of a page nest, and how many findings it shows."""

    EMPTY = {"meta", "br"}

    def __init__(self):
        super().__init__()
        self.open, self.n_findings, self.is_nested, self.marked = [], 0, True, []

    def handle_starttag(self, tag, attributes):
        self.n_findings += tag == "section"
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.is_nested = self.is_nested and bool(self.open) and self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "mark":
            self.marked.append(data)


def check_html(checks, folder):
    page = Page()
    page.feed(run(folder, "html").out)
    page.close()
    checks.check(page.is_nested and not page.open, "html: tags nest", page.open)
    checks.equal(page.n_findings, len(PLACES), "html: findings")
    checks.equal(page.marked, ["[]"] * len(PLACES), "html: what is marked")


def check_determinism(checks, folder):
    for style in FORMATS:
        first = run(folder, style, "-j1").out
        checks.check(first, style + ": there is output")
        for arguments, environment in (
            (["-j4"], {}),
            (["-j2"], {"LC_ALL": "C"}),
            (["-j1"], {"LC_ALL": "tr_TR.UTF-8"}),
            (["-j3"], {"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo"}),
        ):
            again = run(folder, style, *arguments, **environment).out
            checks.equal(again, first, "%s: the same with %s %s" % (style, arguments, environment))


def check_several(checks, folder):
    with tempfile.TemporaryDirectory() as outside:
        path = os.path.join(outside, "out.json")
        answer = run(folder, "text,json2:" + path, "--score=n")
        checks.check(RULE in answer.out, "text goes to the standard output", answer)
        with open(path, encoding="utf-8") as file:
            checks.equal(places(json.load(file)["messages"]), PLACES, "json2 goes to its file")


def check_baseline(checks, folder):
    with tempfile.TemporaryDirectory() as outside:
        path = os.path.join(outside, "baseline.json")
        answer = run(folder, "json2", "--write-baseline", path)
        checks.equal(json.loads(answer.out)["messages"], [], "a new baseline leaves nothing to report")
        checks.equal(answer.status, 0, "and the status is 0")
        with open(path, encoding="utf-8") as file:
            known = {one["path"] for one in json.load(file)["findings"]}
        checks.equal(known, {path for path, _, _ in PLACES}, "the baseline has the findings")
        # Lines before it move a finding; another one is new.
        changed = os.path.join(folder, "pkg/plain.py")
        with open(changed, "w", encoding="utf-8") as file:
            file.write("import os\n\n\ndef new(b={}):\n    b[1] = os\n\n\n" + FILES["pkg/plain.py"])
        answer = run(folder, "json2", "--baseline", path)
        checks.equal(
            places(json.loads(answer.out)["messages"]),
            {("pkg/plain.py", 4, 10)},
            "only what is new is reported",
        )
        checks.equal(answer.status, 4, "and sets the status")
        results = json.loads(
            run(folder, "sarif", "--baseline", path, "--sarif-suppressed").out
        )["runs"][0]["results"]
        states = collections.Counter(one["baselineState"] for one in results)
        # The suppressed one is no less new for being suppressed.
        checks.equal(states, {"new": 2, "unchanged": len(PLACES)}, "sarif: baselineState")
        write_project(folder)
        with open(path, "w") as file:
            file.write("[]")
        checks.equal(run(folder, "json2", "--baseline", path).status, 32, "no baseline at all")


def check_strange_bytes(checks):
    """A path that is no UTF-8 makes no output that does not parse."""
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(os.fsencode(folder), b"\xff\xed\xa0\x80.py")
        with open(name, "w") as file:
            file.write(FILES["pkg/plain.py"])
        for style in ("json", "json2", "sarif", "gitlab"):
            done = subprocess.run([BINARY, "-f", style, "."], cwd=folder, capture_output=True)
            try:
                text = json.dumps(json.loads(done.stdout.decode("utf-8")))
                checks.check(not re.search(r"\\ud[89ab]", text) and RULE in text, style, text)
            except ValueError as error:
                checks.check(False, "%s with a strange path parses" % style, error)
        done = subprocess.run([BINARY, "-f", "junit", "."], cwd=folder, capture_output=True)
        checks.check(ElementTree.fromstring(done.stdout) is not None, "junit with a strange path")


def main():
    checks = Checks("formats")
    with tempfile.TemporaryDirectory() as folder:
        folder = os.path.realpath(folder)
        write_project(folder)
        check_json2(checks, folder)
        check_json(checks, folder)
        for style in LINES:
            check_lines(checks, folder, style)
        check_score(checks, folder)
        check_template(checks, folder)
        check_colorized(checks, folder)
        check_fix(checks)
        check_github(checks, folder)
        check_gitlab(checks, folder)
        check_junit(checks, folder)
        check_html(checks, folder)
        check_determinism(checks, folder)
        check_several(checks, folder)
        check_baseline(checks, folder)
        check_strange_bytes(checks)
    checks.finish()


if __name__ == "__main__":
    main()
