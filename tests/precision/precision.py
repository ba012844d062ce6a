#!/usr/bin/env python3
"""How many findings each rule has on real code, and how many of a sample are worth having.

    tests/precision/precision.py                 counts, and writes README.md
    tests/precision/precision.py --check         the same, but fails where README.md would change
    tests/precision/precision.py --show RULE     the sampled findings of a rule, with their code; all: each rule
    tests/precision/precision.py --show RULE --todo   only those without a verdict
    tests/precision/precision.py --judge RULE    reads lines `NUMBER VERDICT [why]`, numbers as --show has them
    tests/precision/precision.py --only NAME     looks at this package only (with --show)
    tests/precision/precision.py --fresh --show all   those of the packages of fresh.txt; --judge all
    tests/precision/precision.py --fresh=second.txt --show all   those of another list

The code is the packages of requirements.txt, by their hashes, and a standard library of 3.13 if
there is one; and those of fresh.txt and second.txt, of which nobody had seen a finding before.  Each package is analysed by itself at the default settings, folders of tests left out.

A finding goes by its package, path, rule and the text of its line, so that a verdict outlives a new
version of cyclint and edits elsewhere in the file.  The sample of a rule is its first 20 findings, 40
where there are more than 500, in the order of a hash of that name: a rule that changes keeps most of its sample.
Of the packages of fresh.txt, and of second.txt, it is the first 60 of all findings together.

The verdicts, in judged.json:

    true   what is said is so, and a reviewer would want to hear it
    minor  it is so, and nobody would act on it
    false  it is not so, or does no harm here
"""

import argparse
import collections
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "tests", "precision")
BUILD = os.path.join(ROOT, "build", "precision")
KEPT = os.environ.get("CYCLINT_PRECISION", BUILD)  # where the packages are: checkouts can share them
BINARY = os.path.join(ROOT, os.environ.get("CYCLINT", "build/cyclint"))
JUDGED = os.path.join(HERE, "judged.json")
README = os.path.join(HERE, "README.md")
REQUIREMENTS, FRESH, SECOND = "requirements.txt", "fresh.txt", "second.txt"
PLATFORMS = ("any", "manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_24_x86_64",
             "manylinux_2_27_x86_64", "manylinux_2_28_x86_64")  # the first for the packages of requirements.txt
SAMPLE = 20
FRESH_SAMPLE = 60  # of all findings in the packages of fresh.txt
LARGE_SAMPLE = 40  # of a rule with many findings
MANY = 500
VERDICTS = ("true", "minor", "false")
LIBRARY = "python3.13"
TESTS = "test,tests,_tests,testing,idle_test"  # what leaks there is gone with the test run
LIBRARY_PARTS = "test,idle_test,lib2to3,site-packages,__pycache__"  # left out of a standard library
INTRODUCTION = """\
# How precise the rules are on real code

Written by `make precision`; the verdicts are in judged.json.

%(n_packages)d packages (requirements.txt) and %(library)s: %(n_lines)s lines of Python in %(n_files)s files, each package
analysed by itself at the default settings, folders of tests left out.  Of each rule the first %(sample)d findings in the order of a hash are read
and judged, %(large)d where there are more than %(many)d.  *True*: what is said is so, and a reviewer would want to hear it.  *Minor*: it is so, and nobody would
act on it.  *False*: it is not so, or does no harm here.

"""
HEADINGS = {FRESH: "Code that nobody had looked at", SECOND: "Other code that nobody had looked at"}
AT_FIRST = {FRESH: "51, 7 and 2", SECOND: "55, 2 and 3"}  # of the sample, at the first reading
FRESH_INTRODUCTION = """
## %(heading)s

%(n_packages)d packages (%(list)s): %(n_lines)s lines of Python in %(n_files)s files, %(n_found)d findings.  Of all of them together the
first %(sample)d in the order of a hash: %(true)d true, %(minor)d minor, %(false)d false.  That is after the causes of the false ones were
mended; at the first reading it was %(at_first)s.  Below, the verdicts on these and on others that were read to judge
a rule.

"""


# ---- the code


def fetch(list_name):
    """The packages of a list, unpacked once for each state of it."""
    name = os.path.splitext(list_name)[0]
    packages = os.path.join(KEPT, "packages" if list_name == REQUIREMENTS else name)
    stamp, wanted = os.path.join(KEPT, list_name), os.path.join(HERE, list_name)
    if os.path.exists(stamp) and open(stamp).read() == open(wanted).read():
        return packages
    wheels = os.path.join(KEPT, "wheels-" + name)
    for folder in (packages, wheels):
        shutil.rmtree(folder, ignore_errors=True)
    platforms = ["--platform=%s" % platform for platform in PLATFORMS[: 1 if list_name == REQUIREMENTS else None]]
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", *platforms,
                    "--only-binary=:all:", "--python-version=3.12", "-d", wheels, "-r", wanted],
                   check=True)
    for wheel in glob.glob(os.path.join(wheels, "*.whl")):
        package = os.path.basename(wheel).split("-")[0].lower().replace("_", "-")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(os.path.join(packages, package))
    shutil.rmtree(wheels)
    shutil.copyfile(wanted, stamp)
    return packages


def find_library():
    """The standard library of a 3.13, and its version."""
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    found = sorted(glob.glob(os.path.join(root, "versions", "3.13*", "bin", "python")))
    code = "import sys, sysconfig; print(sysconfig.get_path('stdlib')); print(sys.version.split()[0])"
    for python in [*found, "python3.13"]:
        try:
            done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return done.stdout.split()
    return None, None


def folders(list_name):
    """By name, the folder to analyse and what else to say to cyclint."""
    packages = fetch(list_name)
    return {name: (os.path.join(packages, name), ["--ignore", TESTS]) for name in sorted(os.listdir(packages))}


def folders_and_library():
    """Those of the first list, with a standard library, and what that is called."""
    found = folders(REQUIREMENTS)
    library, version = find_library()
    if library:
        found[LIBRARY] = (library, ["--ignore", TESTS + "," + LIBRARY_PARTS])
    return found, "the standard library of Python " + version if library else "no standard library"


# ---- what cyclint says


def analyse(folder, options):
    command = [BINARY, "--isolated", "--no-cache",
               "--no-gitignore", "--exit-zero", "-f", "json2", "-j", "1", *options, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    if done.returncode & ~1:
        sys.exit("%s ended with %d:\n%s" % (" ".join(command), done.returncode, done.stderr))
    return json.loads(done.stdout)["messages"]


class Source:
    """The lines of the files of a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.files = {}

    def lines(self, path):
        if path not in self.files:
            with open(os.path.join(self.folder, path), encoding="utf-8", errors="replace", newline="") as file:
                self.files[path] = re.split("\r\n|\n|\r", file.read())
        return self.files[path]

    def text(self, path, line):
        lines = self.lines(path)
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def count_lines(folder, options):
    """Of the files that cyclint sees."""
    out = set(options[1].split(",")) if options else set()
    n_files = n_lines = 0
    for here, names, files in os.walk(folder):
        names[:] = [name for name in names if name not in out]
        for name in files:
            if name.endswith(".py") and os.path.isfile(os.path.join(here, name)):
                n_files += 1
                with open(os.path.join(here, name), "rb") as file:
                    n_lines += file.read().count(b"\n")
    return n_files, n_lines


def is_of_run(message):
    """Whether it is about the run or a file, and not what a rule found."""
    return message["messageId"][1:3] == "90"


def look(name, folder, options):
    """The findings of a package, each with the key it goes by."""
    source = Source(folder)
    seen = collections.Counter()
    messages = [message for message in analyse(folder, options) if not is_of_run(message)]
    for message in messages:
        path = os.path.relpath(os.path.join(folder, message["path"]), folder)
        message["place"] = os.path.join(folder, path)
        key = "%s:%s:%s:%s" % (name, path, message["messageId"], source.text(path, message["line"]))
        seen[key] += 1
        message["key"] = key if seen[key] == 1 else "%s#%d" % (key, seen[key])
    return messages, *count_lines(folder, options)


def look_at_all(only, fresh):
    found, library = (folders(fresh), "") if fresh else folders_and_library()
    if only:
        found = {name: found[name] for name in only}
    total = {"messages": [], "n_files": 0, "n_lines": 0, "n_packages": len(found) - (LIBRARY in found),
             "library": library}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for messages, n_files, n_lines in pool.map(lambda item: look(item[0], *item[1]), found.items()):
            total["messages"] += messages
            total["n_files"] += n_files
            total["n_lines"] += n_lines
    return total


def last_look(only=None, fresh=None):
    """What was found last time, unless cyclint was built since."""
    kept = os.path.join(BUILD, os.path.splitext(fresh)[0] + ".json" if fresh else "findings.json")
    if not only and os.path.exists(kept) and os.path.getmtime(kept) > os.path.getmtime(BINARY):
        with open(kept, encoding="utf-8") as file:
            return json.load(file)
    total = look_at_all(only, fresh)
    if not only:
        os.makedirs(BUILD, exist_ok=True)
        with open(kept, "w", encoding="utf-8") as file:
            json.dump(total, file)
    return total


def rank(message):
    return hashlib.sha256(message["key"].encode()).hexdigest()


def by_rule(messages):
    """By rule, its findings in the order in which they are judged."""
    rules = collections.defaultdict(list)
    for message in messages:
        rules[message["messageId"], message["symbol"]].append(message)
    return {rule: sorted(found, key=rank) for rule, found in sorted(rules.items())}


def sample_of(found):
    return found[: LARGE_SAMPLE if len(found) > MANY else SAMPLE]


def default_rules():
    """(code, name) of all rules that are on."""
    command = [BINARY, "--isolated", "--list-msgs-enabled"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("Disabled")[0]
    return [(code, name) for name, code in re.findall(r"^  ([a-z-]+) \(([EWRCI]9[1-9]\d\d)\)", text, re.M)]


# ---- verdicts


def read_verdicts():
    if not os.path.exists(JUDGED):
        return {}
    with open(JUDGED, encoding="utf-8") as file:
        return json.load(file)


def verdict_of(verdicts, message):
    return verdicts.get(message["key"], "").split(":")[0]


def write_verdicts(verdicts):
    with open(JUDGED, "w", encoding="utf-8") as file:
        json.dump(verdicts, file, indent=0, sort_keys=True, ensure_ascii=False)
        file.write("\n")


def judge(sample):
    verdicts = read_verdicts()
    for line in sys.stdin:
        number, verdict, why = (line.split(None, 2) + ["", "", ""])[:3]
        if not number:
            continue
        if verdict not in VERDICTS:
            sys.exit("%r is none of %s" % (verdict, ", ".join(VERDICTS)))
        verdicts[sample[int(number) - 1]["key"]] = "%s: %s" % (verdict, why.strip()) if why.strip() else verdict
    write_verdicts(verdicts)


def show(sample, is_todo):
    verdicts = read_verdicts()
    for number, message in enumerate(sample, 1):
        verdict = verdicts.get(message["key"], "not judged")
        if is_todo and verdict != "not judged":
            continue
        print("\n%d. [%s] %s %s\n   %s" % (number, verdict, message["messageId"], message["message"], message["remedy"]))
        show_code(message["place"], message["line"], message["endLine"] or message["line"])
        for related in message["related"]:
            print("   - %s:%d: %s" % (related["path"], related["line"], related["message"]))


def show_code(path, first, last, around=5):
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = file.read().split("\n")
    last = min(last, first + 6)
    print("   " + path)
    for number in range(max(1, first - around), min(len(lines), max(last, first) + around) + 1):
        print("   %s%5d %s" % (">" if first <= number <= last else " ", number, lines[number - 1][:150]))


# ---- the table


def table(total):
    verdicts, rules = read_verdicts(), by_rule(total["messages"])
    lines = ["| rule | findings | in 100,000 lines | judged | true | minor | false | worth having |",
             "|---|---:|---:|---:|---:|---:|---:|---:|"]
    sums = collections.Counter()
    weighted = n_weighted = 0
    for rule in sorted({*rules, *default_rules()}):
        if rule[0] < "E91" and rule[0][1:] < "9100" or rule[0][1:3] == "90":
            continue
        found = rules.get(rule, [])
        counts = collections.Counter(verdict_of(verdicts, message) or "none" for message in sample_of(found))
        n = sum(counts[verdict] for verdict in VERDICTS)
        sums.update({verdict: counts[verdict] for verdict in VERDICTS})
        if n:
            weighted += counts["true"] / n * len(found)
            n_weighted += len(found)
        lines.append(row("%s %s" % rule, len(found), total["n_lines"], n, counts))
    n = sum(sums[verdict] for verdict in VERDICTS)
    lines.append(row("**all**", sum(map(len, rules.values())), total["n_lines"], n, sums))
    if n_weighted:
        lines += ["", "By the share of each rule in all findings, %.0f %% are worth having." % (100 * weighted / n_weighted)]
    return "\n".join(lines) + "\n"


def row(name, n_found, n_lines, n_judged, counts):
    share = "%.0f %%" % (100 * counts["true"] / n_judged) if n_judged else "not judged" if n_found else ""
    cells = [name, n_found, "%.1f" % (1e5 * n_found / n_lines), n_judged, *(counts[v] for v in VERDICTS), share]
    return "| " + " | ".join(map(str, cells)) + " |"


def fresh_sample(total):
    return sorted(total["messages"], key=rank)[:FRESH_SAMPLE]


def fresh_table(name, total):
    """What the sample of all findings in the fresh packages says, and what each rule finds there."""
    verdicts = read_verdicts()
    counts = collections.Counter(verdict_of(verdicts, message) or "none" for message in fresh_sample(total))
    rules = by_rule(total["messages"])
    numbers = {**total, "heading": HEADINGS[name], "list": name, "at_first": AT_FIRST[name], "sample": FRESH_SAMPLE, "n_found": len(total["messages"]),
               **{verdict: counts[verdict] for verdict in VERDICTS}}
    for number in ("n_lines", "n_files"):
        numbers[number] = format(total[number], ",")
    lines = ["| rule | findings | judged | true | minor | false |", "|---|---:|---:|---:|---:|---:|"]
    for rule, found in rules.items():
        of_rule = collections.Counter(verdict_of(verdicts, message) for message in found)
        cells = ["%s %s" % rule, len(found), sum(of_rule[v] for v in VERDICTS), *(of_rule[v] for v in VERDICTS)]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return FRESH_INTRODUCTION % numbers + "\n".join(lines) + "\n"


def compared():
    """What compare.py wrote into the file that is there."""
    with open(README, encoding="utf-8") as file:
        found = re.search(r"\n## Beside.*", file.read(), re.DOTALL)
    return found.group(0) if found else ""


def readme(total):
    numbers = {**total, "sample": SAMPLE, "large": LARGE_SAMPLE, "many": MANY}
    for name in ("n_lines", "n_files"):
        numbers[name] = format(total[name], ",")
    fresh = "".join(fresh_table(name, last_look(fresh=name)) for name in (FRESH, SECOND))
    return INTRODUCTION % numbers + table(total) + fresh + compared()


def write_or_check(text, is_check):
    if is_check:
        with open(README, encoding="utf-8") as file:
            if file.read() != text:
                sys.exit("tests/precision/README.md is not what `make precision` writes")
        return
    with open(README, "w", encoding="utf-8") as file:
        file.write(text)
    print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--show", metavar="RULE")
    parser.add_argument("--judge", metavar="RULE")
    parser.add_argument("--todo", action="store_true")
    parser.add_argument("--fresh", nargs="?", const=FRESH, metavar="LIST")
    parser.add_argument("--only", metavar="NAME", action="append")
    options = parser.parse_args()
    wanted = options.show or options.judge
    total = last_look(options.only, options.fresh)
    if not wanted:
        write_or_check(readme(total), options.check)
        return
    if options.fresh and wanted == "all":
        samples = [fresh_sample(total)]
    else:
        samples = [sample_of(found) for rule, found in by_rule(total["messages"]).items() if wanted in (*rule, "all")]
    for sample in samples:
        if options.judge:
            judge(sample)
        else:
            show(sample, options.todo)


if __name__ == "__main__":
    main()
