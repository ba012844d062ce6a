#!/usr/bin/env python3
"""Checks every fixture, as it stands and in every disguise.

    tests/fixtures.py [--bless] [--why-pending] [RULE…]

A fixture is fixtures/<rule>/<what is special>.py, or a folder fixtures/projects/<name>/.  A line
that is to be reported ends in `# [rule-name]`, several names separated by commas.  The rules of a
fixture are the one its folder is named for and those its markers name; they must report the marked
lines and no other.  A good.py must besides be silent under all rules that are on by default.

Then each fixture again: with a disable comment on each reported line, with non-ASCII text before
what is reported, with CRLF, with a BOM, by way of stdin, from another folder, with other numbers of
threads, cut off anywhere.

What the tool prints is compared with expected.txt, which --bless writes.

Fixtures in tests/pending.txt are ahead of the tool: they must fail, and be taken off the list when
they no longer do; --why-pending shows where they still differ.
"""

import ast
import collections
import concurrent.futures
import importlib.util
import json
import os
import re
import shutil
import sys
import tempfile

from harness import FIXTURES, ROOT, Checks, cyclint, supports

PENDING = os.path.join(ROOT, "tests", "pending.txt")
MARKER = re.compile(r"# \[([a-z0-9, -]+)\]$")
NON_ASCII = '"é😀"; '  # 6 characters, 10 bytes, 7 UTF-16 units
N_CUTS = 25  # of each file; spread over it, and another set for each length
NOT_FIXTURES = {"prove.py", "prove_fixed.py"}
# Statements with a body; their handlers and cases are no statements of their own.
BLOCKS = tuple(
    kind for kind in vars(ast).values() if isinstance(kind, type) and "body" in getattr(kind, "_fields", ())
)
ALWAYS = ["--isolated", "--output-format=json2"]

Finding = collections.namedtuple("Finding", "path line column end_line end_column rule")


class Fixture:
    def __init__(self, path):
        self.path = path  # of a file or a folder
        self.name = os.path.relpath(path, FIXTURES)
        self.folder = os.path.dirname(path)
        self.is_project = os.path.isdir(path)
        self.files = [path] if not self.is_project else python_files(path)
        self.markers = {}  # (path relative to the fixture's folder, line) -> rule names
        for file in self.files:
            self.read_markers(file)
        self.rules = {name for names in self.markers.values() for name in names}
        if not self.is_project:
            self.rules.add(os.path.basename(self.folder))

    def read_markers(self, file):
        with open(file, encoding="utf-8", newline="") as opened:
            for number, line in enumerate(opened.read().split("\n"), 1):
                match = MARKER.search(line.rstrip("\r"))
                if match:
                    names = {name.strip() for name in match.group(1).split(",")}
                    self.markers[os.path.relpath(file, self.folder), number] = names

    @property
    def target(self):
        return os.path.basename(self.path)

    @property
    def marked(self):
        return sorted((*place, name) for place, names in self.markers.items() for name in names)


def python_files(folder):
    return sorted(
        os.path.join(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if name.endswith(".py") and name not in NOT_FIXTURES and "__pycache__" not in parent
    )


def all_fixtures(names):
    found = []
    for rule in sorted(os.listdir(FIXTURES)):
        folder = os.path.join(FIXTURES, rule)
        if not os.path.isdir(folder) or rule in ("cli", "__pycache__"):
            continue
        for entry in sorted(os.listdir(folder)):
            path = os.path.join(folder, entry)
            is_file = entry.endswith(".py") and entry not in NOT_FIXTURES and rule != "projects"
            if is_file or os.path.isdir(path) and entry != "__pycache__" and python_files(path):
                found.append(Fixture(path))
    return [one for one in found if not names or one.name.split(os.sep)[0] in names]


def pending_paths():
    with open(PENDING, encoding="utf-8") as opened:
        lines = [line.split("#")[0].strip() for line in opened]
    return {line for line in lines if line}


# ---- running -------------------------------------------------------------------------------


def arguments_for(rules):
    cache = ["--no-cache"] if supports("--no-cache") else []
    return [
        *ALWAYS,
        *cache,
        "--min-confidence=possible",
        "--disable=all",
        "--enable=" + ",".join(sorted(rules)),
    ]


def run(fixture, folder=None, target=None, rules=None, extra=(), **how):
    return cyclint(
        *arguments_for(rules or fixture.rules),
        *extra,
        target or fixture.target,
        cwd=folder or fixture.folder,
        **how
    )


def findings(answer):
    return sorted(
        Finding(m["path"], m["line"], m["column"], m["endLine"], m["endColumn"], m["symbol"])
        for m in answer.messages()
    )


def places(found):
    return [(one.path, one.line, one.rule) for one in found]


def why_marks_fail(fixture):
    """None when exactly the marked lines are reported, else what is different."""
    answer = run(fixture)
    if not answer.is_sane:
        return str(answer)
    reported = sorted(set(places(findings(answer))))
    if reported == fixture.marked:
        return why_cycles_fail(fixture, answer)
    missing = ["not reported: %s:%d %s" % one for one in fixture.marked if one not in reported]
    wrong = ["not marked:   %s:%d %s" % one for one in reported if one not in fixture.marked]
    return "\n".join(missing + wrong)


# ---- the cycles that CPython proved --------------------------------------------------------


def proven_cycles(fixture):
    """The cycles of a fixture's prove.py, each a set of edges, or None.  An edge is (holder,
    attribute, target, what lies between)."""
    folder = fixture.path if fixture.is_project else fixture.folder
    path = os.path.join(folder, "prove.py")
    if not os.path.exists(path):
        return None
    if FIXTURES not in sys.path:
        sys.path.insert(0, FIXTURES)
    spec = importlib.util.spec_from_file_location("prove_" + str(len(sys.modules)), path)
    module = importlib.util.module_from_spec(spec)
    with open(path, encoding="utf-8") as opened:
        if "CYCLES" not in opened.read():
            return None
    spec.loader.exec_module(module)
    names = list(module.CYCLES) if fixture.is_project else [fixture.target]
    return [
        {parse_edge(edge) for edge in cycle}
        for name in names
        for expected in module.CYCLES[name].values()
        for cycle in (expected if expected and isinstance(expected[0], list) else [expected])
        if cycle
    ]


def parse_edge(text):
    edge, _, via = text.partition(" via ")
    holder, target = edge.split(" -> ")
    return (*holder.rsplit(".", 1), target, via)


def edge_text(edge):
    return "%s.%s -> %s via %s" % edge if edge[3] else "%s.%s -> %s" % edge[:3]


def short_name(dotted, modules):
    """`bad.Form.f` as CPython's __qualname__; of what is not ours, the class alone."""
    for module in sorted(modules, key=len, reverse=True):
        if dotted.startswith(module + "."):
            return dotted[len(module) + 1 :]
    return dotted.rsplit(".", 1)[-1]


def reported_cycles(fixture, answer):
    modules = set()
    for file in fixture.files:
        base = fixture.path if fixture.is_project else fixture.folder
        dotted = os.path.relpath(file, base)[:-3].replace(os.sep, ".")
        modules |= {dotted, fixture.target + "." + dotted, dotted.replace(".__init__", "")}
    for message in answer.messages():
        if message.get("cycle"):
            yield message, [
                (
                    short_name(e["class"], modules),
                    e["attr"],
                    short_name(e["target"], modules),
                    " ".join(e["via"]),
                )
                for e in message["cycle"]["edges"]
            ]


def is_edge_of(edge, cycle):
    """An exception whose class the tool does not know stands for any."""
    return any(
        all(mine == theirs or mine == "BaseException" for mine, theirs in zip(edge, proven))
        for proven in cycle
    )


def why_cycles_fail(fixture, answer):
    """None when each reported cycle is one that CPython saw, and each of those was reported."""
    proven = proven_cycles(fixture)
    if proven is None:
        return None
    wrong, covered = [], set()
    for message, edges in reported_cycles(fixture, answer):
        matching = [
            number
            for number, cycle in enumerate(proven)
            if all(is_edge_of(edge, cycle) for edge in edges)
        ]
        covered.update(matching)
        if not matching:
            shown = ", ".join(map(edge_text, edges))
            wrong.append("line %d: CPython saw no cycle %s" % (message["line"], shown))
    for number, cycle in enumerate(proven):
        if number not in covered:
            wrong.append("no finding is " + ", ".join(map(edge_text, sorted(cycle))))
    return "\n".join(wrong) or None


# ---- disguises -----------------------------------------------------------------------------


def disguise(fixture, change):
    """A copy of the fixture in a new folder, each file's text through `change(path, text)`."""
    folder = tempfile.mkdtemp(prefix="cyclint-fixture-")
    for file in fixture.files:
        relative = os.path.relpath(file, fixture.folder)
        copy = os.path.join(folder, relative)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        with open(file, "rb") as opened:
            data = opened.read()
        with open(copy, "wb") as opened:
            opened.write(change(relative, data))
    return folder


def answer_in_disguise(fixture, change):
    folder = disguise(fixture, change)
    try:
        return run(fixture, folder=folder)
    finally:
        shutil.rmtree(folder)


def with_disable_comments(fixture, reported):
    """A disable comment in place of the marker.  A marker may stand where nothing is reported only
    in a pending fixture."""

    def change(relative, data):
        lines = data.decode().split("\n")
        for (path, number), names in fixture.markers.items():
            if path == relative:
                comment = "# cyclint: disable=" + ",".join(sorted(names))
                lines[number - 1] = MARKER.sub(comment, lines[number - 1])
        return "\n".join(lines).encode()

    return change


def lines_for_text(data):
    """The lines on which a simple statement begins at the indentation: text may go before it."""
    tree = ast.parse(data)
    simple = set()
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            part = getattr(node, field, ())
            for statement in part if isinstance(part, list) else ():
                if not isinstance(statement, (*BLOCKS, ast.ImportFrom, ast.Global, ast.Nonlocal)):
                    simple.add((statement.lineno, statement.col_offset))
    lines = data.decode().split("\n")
    return {line for line, column in simple if lines[line - 1][:column].strip() == ""}


def with_text_before(fixture, moved):
    """Non-ASCII text at the start of every reported line where the grammar allows it."""

    def change(relative, data):
        allowed = lines_for_text(data)
        lines = data.decode().split("\n")
        for path, number in fixture.markers:
            if path == relative and number in allowed:
                line = lines[number - 1]
                indentation = line[: len(line) - len(line.lstrip())]
                lines[number - 1] = indentation + NON_ASCII + line.lstrip()
                moved.add((path, number))
        return "\n".join(lines).encode()

    return change


def after_move(found, moved):
    """The findings as they must be once NON_ASCII stands before the lines in `moved`."""
    result = []
    for one in found:
        if (one.path, one.line) in moved:
            end = one.end_column
            if one.end_line == one.line and end is not None:
                end += len(NON_ASCII)
            one = one._replace(column=one.column + len(NON_ASCII), end_column=end)
        result.append(one)
    return sorted(result)


def check_disguises(checks, fixture):
    plain = run(fixture)
    name = fixture.name
    if not plain.is_sane:
        checks.check(False, name, plain)
        return
    found = findings(plain)

    def compare(what, answer, expected):
        if not answer.is_sane:
            checks.check(False, "%s, %s" % (name, what), answer)
        else:
            checks.equal(findings(answer), expected, "%s, %s" % (name, what))

    compare("disabled by comments", answer_in_disguise(fixture, with_disable_comments(fixture, found)), [])
    moved = set()
    answer = answer_in_disguise(fixture, with_text_before(fixture, moved))
    compare("non-ASCII text before it", answer, after_move(found, moved))
    to_crlf = lambda _, data: data.replace(b"\n", b"\r\n")
    compare("CRLF", answer_in_disguise(fixture, to_crlf), found)
    with_bom = lambda _, data: b"\xef\xbb\xbf" + data
    compare("BOM", answer_in_disguise(fixture, with_bom), found)
    inner = os.path.relpath(fixture.folder, FIXTURES)
    deeper = [one._replace(path=os.path.join(inner, one.path)) for one in found]
    compare("another folder", run(fixture, folder=FIXTURES, target=fixture.name), deeper)
    if fixture.is_project:
        checks.equal(run(fixture, extra=["-j1"]).out, run(fixture, extra=["-j4"]).out, name + ", threads")
    else:
        check_stdin(checks, fixture, plain)


def check_stdin(checks, fixture, plain):
    with open(fixture.path, "rb") as opened:
        answer = run(
            fixture,
            target="-",
            extra=["--stdin-filename=" + fixture.target],
            stdin=opened.read(),
        )
    checks.equal(answer.out, plain.out, fixture.name + ", by way of stdin")


# ---- all at once ---------------------------------------------------------------------------


def check_good(checks, fixture):
    """A good.py is good in every respect that matters by default."""
    cache = ["--no-cache"] if supports("--no-cache") else []
    answer = cyclint(*ALWAYS, *cache, fixture.target, cwd=fixture.folder)
    if not answer.is_sane:
        checks.check(False, fixture.name + ", all default rules", answer)
        return
    shown = "\n".join("%d %s %s" % (m["line"], m["symbol"], m["message"]) for m in answer.messages())
    reported = {(m["line"], m["symbol"]) for m in answer.messages()}
    marked = {(line, rule) for _, line, rule in fixture.marked}
    checks.check(reported <= marked, fixture.name + ", all default rules", shown)


def check_threads(checks, fixtures):
    """All fixtures as one program: the same bytes whatever the number of threads."""
    folders = sorted({fixture.folder for fixture in fixtures})
    cache = ["--no-cache"] if supports("--no-cache") else []
    answers = [
        cyclint("--isolated", "-f", "json2", *cache, "--enable=all", "-j", n, *folders)
        for n in ("1", "2", "7")
    ]
    checks.check(answers[0].is_sane, "all fixtures at once", answers[0])
    checks.check(answers[0].out == answers[1].out == answers[2].out, "1, 2 and 7 threads agree")


def check_cache(checks, fixtures):
    """Cold, warm and without a cache: the same bytes."""
    if not supports("--cache-dir"):
        return
    folders = sorted({fixture.folder for fixture in fixtures})
    with tempfile.TemporaryDirectory(prefix="cyclint-cache-") as cache:
        same = ["--isolated", "-f", "json2", "--enable=all", *folders]
        cold = cyclint("--cache-dir", cache, *same)
        checks.check(bool(os.listdir(cache)), "a run fills its cache", cold)
        warm = cyclint("--cache-dir", cache, *same)
        none = cyclint("--no-cache", *same)
        checks.check(cold.out == warm.out == none.out, "cold, warm and without a cache agree")


def check_cuts(checks, fixtures):
    """Every file cut off at many places: a parse error at worst."""
    for folder in sorted({fixture.folder for fixture in fixtures}):
        files = [f for fixture in fixtures if fixture.folder == folder for f in fixture.files]
        with tempfile.TemporaryDirectory(prefix="cyclint-cuts-") as cuts:
            for number, file in enumerate(files):
                with open(file, "rb") as opened:
                    data = opened.read()
                for part in range(N_CUTS):
                    end = (len(data) * part + len(data) // 2) // N_CUTS
                    with open(os.path.join(cuts, "f%d_%d.py" % (number, end)), "wb") as opened:
                        opened.write(data[:end])
            answer = cyclint("--isolated", "-f", "json2", "--enable=all", cuts, cwd=cuts)
            is_json = answer.is_sane and isinstance(answer.messages(), list)
            checks.check(is_json, "cut off: " + os.path.relpath(folder, ROOT), answer)


# ---- snapshots -----------------------------------------------------------------------------


def snapshot(fixture):
    """What the user sees, as text and as json2, without where this folder lies."""
    answer = run(fixture)
    if not answer.is_sane:
        return "==== %s\n%s" % (fixture.target, answer.err)
    text = run(fixture, extra=["--output-format=text"]).out
    data = json.loads(answer.out)
    for message in data["messages"]:
        message.pop("absolutePath", None)
    shown = json.dumps(data, indent=1, ensure_ascii=False)
    return "==== %s\n%s%s\n" % (fixture.target, text, shown)


def check_snapshots(checks, fixtures, is_blessing):
    by_folder = collections.defaultdict(list)
    for fixture in fixtures:
        by_folder[fixture.path if fixture.is_project else fixture.folder].append(fixture)
    for folder, members in sorted(by_folder.items()):
        path = os.path.join(folder, "expected.txt")
        found = "".join(snapshot(fixture) for fixture in members)
        if is_blessing:
            with open(path, "w", encoding="utf-8") as opened:
                opened.write(found)
            continue
        expected = ""
        if os.path.exists(path):
            with open(path, encoding="utf-8") as opened:
                expected = opened.read()
        name = os.path.relpath(path, ROOT)
        checks.check(found == expected, name + " is what the tool prints", first_difference(found, expected))


def first_difference(found, expected):
    pairs = zip(found.split("\n") + ["(end)"], expected.split("\n") + ["(end)"])
    for number, (mine, theirs) in enumerate(pairs, 1):
        if mine != theirs:
            return "line %d\nexpected: %s\nfound:    %s\n(make bless, once it is right)" % (
                number,
                theirs,
                mine,
            )
    return ""


# ---- main ----------------------------------------------------------------------------------


def check_one(checks, fixture):
    reason = why_marks_fail(fixture)
    checks.check(reason is None, fixture.name + ": the marked lines", reason)
    if reason is None:
        check_disguises(checks, fixture)
    if fixture.target == "good.py":
        check_good(checks, fixture)


def check_pending(checks, fixture, is_shown):
    reason = why_marks_fail(fixture)
    checks.check(reason is not None, fixture.name + " passes: take it off tests/pending.txt")
    if is_shown and reason is not None:
        print("PENDING %s\n     %s" % (fixture.name, reason.strip().replace("\n", "\n     ")))


def main(arguments):
    is_blessing = "--bless" in arguments
    is_asked_why = "--why-pending" in arguments
    names = [name for name in arguments if not name.startswith("-")]
    checks = Checks("fixtures")
    pending = pending_paths()
    fixtures = all_fixtures(names)
    known = {os.path.join("fixtures", fixture.name) for fixture in fixtures}
    if not names:
        checks.check(pending <= known, "tests/pending.txt names files", sorted(pending - known))
    ready = [f for f in fixtures if os.path.join("fixtures", f.name) not in pending]
    late = [f for f in fixtures if os.path.join("fixtures", f.name) in pending]
    if is_blessing:
        check_snapshots(checks, ready, True)
        return
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda fixture: check_one(checks, fixture), ready))
        list(pool.map(lambda fixture: check_pending(checks, fixture, is_asked_why), late))
    check_snapshots(checks, ready, False)
    check_cuts(checks, fixtures)
    check_threads(checks, fixtures)
    check_cache(checks, fixtures)
    print("fixtures: %d checked, %d pending" % (len(ready), len(late)))
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
