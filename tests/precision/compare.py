#!/usr/bin/env python3
"""What pylint, ruff and cyclint each find of what all three look for.

    tests/precision/compare.py                 counts, and writes the table into README.md
    tests/precision/compare.py --only-they KIND    what only the others report, with its code
    tests/precision/compare.py --only-we KIND      what only cyclint reports, with its code

The code is the packages of fresh.txt.  The others are pylint and ruff as pinned below, in a virtual
environment of their own; each with its defaults but for the choice of rules.  Two findings are the
same when their lines overlap.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import venv

import precision

PINNED = ("pylint==4.1.4", "ruff==0.17.6")
BUILD = os.path.join(os.environ.get("CYCLINT_PRECISION", precision.BUILD), "compare")
TABLE = re.compile(r"(?<=<!-- compare -->\n).*?(?=<!-- end of compare -->)", re.DOTALL)

# What is compared: a name, cyclint's rules, pylint's, ruff's.
KINDS = {
    "files and their like": (
        ("W9301", "W9302", "W9303", "R9304", "W9305", "W9306", "W9308", "W9311"),
        ("R1732",),
        ("SIM115",),
    ),
    "mutable defaults": (("W9408",), ("W0102",), ("B006", "B039", "RUF008", "RUF024")),
    "mutable class attributes": (("W9409",), (), ("RUF012",)),
    "global without definition": (("W9402",), ("W0601",), ()),
    "global without assignment": (("W9403",), ("W0602",), ("PLW0602",)),
    "global at module level": (("W9404",), ("W0604",), ("PLW0604",)),
    "global statement": (("W9401",), ("W0603",), ("PLW0603",)),
    "cached methods": (("W9407",), ("W1518",), ("B019",)),
    "variables of a loop in a closure": (("W9603",), ("W0640",), ("B023",)),
    "tasks that nobody keeps": (("W9602",), (), ("RUF006",)),
}
HEADER = 12  # lines that the parameters of a function take at most
OFF = {"W9401"}  # by default; then the row says so


def tools():
    """The folder of pylint and ruff, installed once."""
    folder = os.path.join(BUILD, "venv")
    stamp = os.path.join(folder, "pinned")
    if not os.path.exists(stamp) or open(stamp).read() != " ".join(PINNED):
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([os.path.join(folder, "bin", "pip"), "install", "-q", *PINNED], check=True)
        with open(stamp, "w") as file:
            file.write(" ".join(PINNED))
    return os.path.join(folder, "bin")


def rules_of(tool):
    return sorted({rule for rules in KINDS.values() for rule in rules[tool]})


def python_files(folder):
    for here, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if name not in precision.TESTS.split(","))
        for name in sorted(files):
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(here, name), folder)


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    if not done.stdout.strip().startswith("["):
        sys.exit("%s\n%s" % (" ".join(command[:8]), done.stderr))
    return json.loads(done.stdout)


def run_pylint(folder):
    found = run([os.path.join(tools(), "pylint"), "--rcfile=/dev/null", "-j1", "--persistent=n", "--disable=all",
                 "--enable=" + ",".join(rules_of(1)), "-f", "json", *python_files(folder)], folder)
    return [(os.path.normpath(m["path"]), m["line"], m["endLine"] or m["line"], m["message-id"], m["message"])
            for m in found]


def run_ruff(folder):
    found = run([os.path.join(tools(), "ruff"), "check", "--isolated", "--no-cache", "--exit-zero", "--preview",
                 "--target-version=py312", "--select=" + ",".join(rules_of(2)), "--output-format=json",
                 "--exclude=" + precision.TESTS, "."], folder)
    return [(os.path.relpath(m["filename"], os.path.realpath(folder)), m["location"]["row"], m["end_location"]["row"],
             m["code"], m["message"]) for m in found]


def run_cyclint(folder):
    found = precision.analyse(folder, ["--ignore", precision.TESTS, "--enable=" + ",".join(OFF)])
    wanted = set(rules_of(0))
    return [(os.path.normpath(m["path"]), m["line"], m["endLine"] or m["line"], m["messageId"], m["message"])
            for m in found if m["messageId"] in wanted]


def remembered(name, tool, function, folder):
    """pylint takes minutes: what it said once is kept."""
    kept = os.path.join(BUILD, "%s.%s.json" % (name, tool))
    if not os.path.exists(kept):
        found = function(folder)
        with open(kept, "w", encoding="utf-8") as file:
            json.dump(found, file)
    with open(kept, encoding="utf-8") as file:
        found = json.load(file)
    tests = set(precision.TESTS.split(","))
    return [one for one in found if not tests & set(one[0].split("/"))]


def look(name, folder):
    return {
        "cyclint": run_cyclint(folder),
        "pylint": remembered(name, "pylint", run_pylint, folder),
        "ruff": remembered(name, "ruff", run_ruff, folder),
    }


def look_at_all():
    """By package, its folder and what each tool found there."""
    tools()
    folders = precision.folders(precision.FRESH)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda item: look(item[0], item[1][0]), folders.items())
        return {name: (folder, answer) for (name, (folder, _)), answer in zip(folders.items(), found)}


def overlap(a, b):
    """pylint tells a default at its `def`, the others where it stands."""
    slack = HEADER if "W0102" in (a[3], b[3]) else 0
    return a[0] == b[0] and a[1] <= b[2] + slack and b[1] <= a[2] + slack


def lacking(found, others):
    """Those of `found` that no other has."""
    by_path = collections.defaultdict(list)
    for one in others:
        by_path[one[0]].append(one)
    return [one for one in found if not any(overlap(one, other) for other in by_path[one[0]])]


def split(answer, kind):
    """What both, only they and only we report, of a package."""
    rules = KINDS[kind]
    ours = [one for one in answer["cyclint"] if one[3] in rules[0]]
    theirs = [one for tool, name in ((1, "pylint"), (2, "ruff")) for one in answer[name] if one[3] in rules[tool]]
    only_they = lacking(theirs, ours)
    once = []
    for one in only_they:  # pylint and ruff may say the same
        if not any(overlap(one, other) for other in once):
            once.append(one)
    only_we = lacking(ours, theirs)
    return len(ours) - len(only_we), once, only_we


def table(everything):
    lines = ["| what | cyclint | pylint | ruff | both | only they | only we |", "|---|---|---|---|---:|---:|---:|"]
    for kind, rules in KINDS.items():
        parts = [split(answer, kind) for _, answer in everything.values()]
        names = [" ".join(tool) or "-" for tool in rules]
        names[0] += " (off)" if set(rules[0]) & OFF else ""
        sums = [sum(part[0] for part in parts), *(sum(len(part[i]) for part in parts) for i in (1, 2))]
        lines.append("| %s | %s |" % (kind, " | ".join([*names, *map(str, sums)])))
    return "\n".join(lines) + "\n"


def show(everything, kind, part):
    for folder, answer in everything.values():
        for path, first, last, rule, message in split(answer, kind)[part]:
            print("\n%s %s" % (rule, message))
            precision.show_code(os.path.join(folder, path), first, last)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only-they", metavar="KIND", choices=KINDS)
    parser.add_argument("--only-we", metavar="KIND", choices=KINDS)
    options = parser.parse_args()
    os.makedirs(BUILD, exist_ok=True)
    everything = look_at_all()
    if options.only_they or options.only_we:
        show(everything, options.only_they or options.only_we, 1 if options.only_they else 2)
        return
    text = table(everything)
    with open(precision.README, encoding="utf-8") as file:
        readme = file.read()
    with open(precision.README, "w", encoding="utf-8") as file:
        file.write(TABLE.sub(lambda _: text, readme))
    print(text)


if __name__ == "__main__":
    main()
