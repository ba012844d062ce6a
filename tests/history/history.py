#!/usr/bin/env python3
"""What cyclint says of bugs that were found and mended in released packages: before, and after.

    tests/history/history.py                 counts, and writes README.md
    tests/history/history.py --check         the same, but fails where README.md would change
    tests/history/history.py --missed        the fixes that are not told apart, and what is said in these places
    tests/history/history.py --show WORD     all that is said there of the fixes whose row has this word
    tests/history/history.py --only WORD     counts the fixes whose row has this word; writes nothing
    tests/history/history.py --fetch         the packages only

A row of fixes.tsv is a fix: its family, the package, its last version with the bug, its first without,
file, functions or classes (separated by spaces), rules, and what held what.  The packages are those of
requirements.txt, by their hashes; `python` is a standard library, of the interpreters that are found here.

Each package is analysed whole, as it was released, folders of tests left out: once at the default
settings, once with all rules and what is only possible.  A finding speaks for a row if it is of one of
its rules (a family is written 91) and it, or a place of its path, lies in one of the functions.  A fix
is told apart when such a finding of before is not made after: none of its rule with its message.
"""

import argparse
import ast
import collections
import concurrent.futures
import csv
import glob
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "tests", "history")
BUILD = os.path.join(ROOT, "build", "history")
KEPT = os.environ.get("CYCLINT_HISTORY", BUILD)  # where the packages are: checkouts can share them
BINARY = os.path.join(ROOT, os.environ.get("CYCLINT", "build/cyclint"))
FIXES, REQUIREMENTS, README = (os.path.join(HERE, name) for name in ("fixes.tsv", "requirements.txt", "README.md"))
PLATFORMS = ("any", "manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64",
             "manylinux_2_28_x86_64")
TESTS = "test,tests,_tests,testing,idle_test,lib2to3,site-packages"
LEVELS = {"default": [], "possible": ["--enable=all", "--min-confidence=possible"]}
MODULE = "<module>"
INTRODUCTION = """\
# What is said of bugs that were mended

Written by `make history`; the fixes are in fixes.tsv, the packages in requirements.txt.

%(n)d fixes of %(n_projects)d projects, as their changelogs and the difference of two releases tell them: taken as they came, the
missed ones kept.  *Before*: something is said in the functions at fault, by the rules that should.  *After*: something still
is in the first release with the fix, be it of another bug.  *Told apart*: something that is said before is no longer
said after.  First at the default settings, then with all rules and what is only possible.

"""


class Fix:
    def __init__(self, row):
        self.family, self.package, self.before, self.after, self.path, scopes, rules, self.what = row
        self.scopes = scopes.split()
        self.rules = rules.split()
        self.text = "\t".join(row)
        self.name = "%s %s %s" % (self.package, self.after, scopes)


def read_fixes(word=None):
    with open(FIXES, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return [fix for fix in map(Fix, rows) if word is None or word in fix.text]


# ---- the packages


def pinned():
    """By package and version, the line of requirements.txt."""
    lines = {}
    with open(REQUIREMENTS, encoding="utf-8") as file:
        for line in file:
            found = re.match(r"([\w.-]+)==(\S+) ", line)
            if found:
                lines[found.groups()] = line
    return lines


def folder_of(package, version):
    return os.path.join(KEPT, "packages", "%s-%s" % (package, version))


def unpack(archive, folder):
    if archive.endswith((".whl", ".zip")):
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder)
        return
    with tarfile.open(archive) as file:
        file.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))


def fetch_one(package, version, line):
    """One release: a wheel if there is one that any recent Python could use, or else the sources."""
    folder = folder_of(package, version)
    if os.path.isdir(folder):
        return
    os.makedirs(KEPT, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT) as temporary:
        wanted = os.path.join(temporary, "wanted.txt")
        with open(wanted, "w", encoding="utf-8") as file:
            file.write(line)
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes",
                        *how_to_get(line), "-d", temporary, "-r", wanted], check=True)
        (archive,) = (path for path in glob.glob(os.path.join(temporary, "*")) if path != wanted)
        unpacked = os.path.join(temporary, "unpacked")
        unpack(archive, unpacked)
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        os.rename(unpacked, folder)


def how_to_get(line):
    """The Python whose wheel it is stands at the end of the line: `# 3.8`, or `# sources`."""
    python = line.rpartition("#")[2].strip()
    if python == "sources":
        return ["--no-binary=:all:"]
    return ["--only-binary=:all:", "--python-version=" + python, *("--platform=" + name for name in PLATFORMS)]


def library_of(version):
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    folder = os.path.join(root, "versions", version, "lib", "python" + version.rpartition(".")[0])
    return folder if os.path.isdir(folder) else None


def folders(fixes):
    """By package and version, the folder; without the libraries that are not here."""
    lines = pinned()
    found = {}
    for key in sorted({(fix.package, version) for fix in fixes for version in (fix.before, fix.after)}):
        if key[0] == "python":
            folder = library_of(key[1])
            if folder:
                found[key] = folder
            continue
        fetch_one(*key, lines[key])
        found[key] = folder_of(*key)
    return found


# ---- what cyclint says


def analyse(folder, options):
    command = [BINARY, "--isolated", "--no-cache", "--no-gitignore", "--exit-zero", "-f", "json2", "-j1",
               "--ignore=" + TESTS, *options, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    if done.returncode & ~1:
        sys.exit("%s in %s ended with %d:\n%s" % (" ".join(command), folder, done.returncode, done.stderr))
    return json.loads(done.stdout)["messages"]


def look(key, folder, level):
    """The findings of a release, kept until cyclint is built anew."""
    kept = os.path.join(BUILD, "found", "%s-%s-%s.json" % (*key, level))
    if os.path.exists(kept) and os.path.getmtime(kept) > os.path.getmtime(BINARY):
        with open(kept, encoding="utf-8") as file:
            return json.load(file)
    messages = analyse(folder, LEVELS[level])
    os.makedirs(os.path.dirname(kept), exist_ok=True)
    with open(kept, "w", encoding="utf-8") as file:
        json.dump(messages, file)
    return messages


def look_at_all(found):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {(key, level): pool.submit(look, key, folder, level)
                for key, folder in found.items() for level in LEVELS}
        return {name: job.result() for name, job in jobs.items()}


# ---- which of them speak for a fix


def scopes_of(path):
    """(first line, last line, name) of the functions and classes of a file; none if this Python cannot read it."""
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (SyntaxError, ValueError, OSError):
        return []
    found, pending = [], [(tree, "")]
    while pending:
        node, prefix = pending.pop()
        for child in ast.iter_child_nodes(node):
            name = prefix
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = prefix + "." + child.name if prefix else child.name
                first = min([child.lineno, *(each.lineno for each in child.decorator_list)])
                found.append((first, child.end_lineno, name))
            pending.append((child, name))
    return found


def is_within(name, scopes):
    return any(name == scope or name.startswith(scope + ".") for scope in scopes)


def places(message):
    """(path, line) of a finding and of the steps of its path."""
    yield message["path"], message["line"]
    for related in message["related"]:
        yield related["path"], related["line"]


def speaks(message, fix, path, ranges):
    if not any(message["messageId"] == rule or message["messageId"][1:3] == rule for rule in fix.rules):
        return False
    if os.path.normpath(message["path"]) == path and (MODULE in fix.scopes or is_within(message["obj"], fix.scopes)):
        return True
    lines = [line for place, line in places(message) if os.path.normpath(place) == path]
    return any(first <= line <= last for line in lines for first, last in ranges)


def said(fix, version, messages, folder):
    """What is said in the places of a fix, in one of its two releases."""
    path = find_path(folder, fix.path)
    if not path:
        return []
    ranges = [(first, last) for first, last, name in scopes_of(os.path.join(folder, path))
              if is_within(name, fix.scopes)]
    return [message for message in messages if speaks(message, fix, path, ranges)]


def find_path(folder, path):
    """The file below `folder`, in which sources have a folder of their own."""
    for found in (path, *glob.glob(os.path.join("*", path), root_dir=folder),
                  *glob.glob(os.path.join("*", "*", path), root_dir=folder)):
        if os.path.exists(os.path.join(folder, found)):
            return os.path.normpath(found)
    return None


def compare(fixes):
    """(fix, level -> (before, after)) for those whose two releases are here."""
    found = folders(fixes)
    messages = look_at_all(found)
    results = []
    for fix in fixes:
        keys = [(fix.package, version) for version in (fix.before, fix.after)]
        if not all(key in found for key in keys):
            continue
        if not find_path(found[keys[0]], fix.path):
            sys.exit("%s: no %s in %s" % (fix.name, fix.path, fix.before))
        results.append((fix, {level: tuple(said(fix, key[1], messages[key, level], found[key]) for key in keys)
                              for level in LEVELS}))
    return results


# ---- the table


def is_told_apart(pair):
    before, after = ({(message["messageId"], re.sub(r" \(and \d+ more.*", "", message["message"])) for message in found}
                     for found in pair)
    return bool(before - after)


def counts_of(results, level):
    pairs = [levels[level] for _, levels in results]
    n_apart = sum(map(is_told_apart, pairs))
    share = "%.0f %%" % (100 * n_apart / len(pairs)) if pairs else ""
    return [sum(bool(before) for before, _ in pairs), sum(bool(after) for _, after in pairs), n_apart, share]


def table(results):
    by_family = collections.defaultdict(list)
    for result in results:
        by_family[result[0].family].append(result)
    lines = ["| family | fixes | before | after | told apart | | possible: before | after | told apart | |",
             "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for family, found in [*sorted(by_family.items()), ("**all**", results)]:
        cells = [family, len(found), *counts_of(found, "default"), *counts_of(found, "possible")]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def missed_list(results):
    lines = ["", "## Not told apart at the default settings", ""]
    for fix, levels in results:
        before, after = levels["default"]
        if is_told_apart((before, after)):
            continue
        why = "still said after" if before else "told apart when possible" if is_told_apart(levels["possible"]) else \
              "said when possible" if levels["possible"][0] else "missed"
        lines.append("- %s %s, %s %s: %s (%s)" % (fix.package, fix.before, fix.path, " ".join(fix.scopes), fix.what, why))
    return "\n".join(lines) + "\n"


def readme(results):
    numbers = {"n": len(results), "n_projects": len({fix.package for fix, _ in results})}
    return INTRODUCTION % numbers + table(results) + missed_list(results)


def show(results):
    for fix, levels in results:
        print("\n%s: %s, %s\n    %s" % (fix.name, fix.path, " ".join(fix.rules), fix.what))
        for level, pair in levels.items():
            for when, messages in zip(("before", "after"), pair):
                for message in messages:
                    print("    %s %s: %s:%d %s %s [%s]" % (level, when, message["path"], message["line"],
                          message["messageId"], message["message"], message["confidence"]))


def write_or_check(text, is_check):
    if is_check:
        with open(README, encoding="utf-8") as file:
            if file.read() != text:
                sys.exit("tests/history/README.md is not what `make history` writes")
        return
    with open(README, "w", encoding="utf-8") as file:
        file.write(text)
    print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--missed", action="store_true")
    parser.add_argument("--show", metavar="WORD")
    parser.add_argument("--only", metavar="WORD")
    parser.add_argument("--fetch", action="store_true")
    options = parser.parse_args()
    fixes = read_fixes(options.show or options.only)
    if options.fetch:
        folders(fixes)
        return
    results = compare(fixes)
    if options.missed or options.show:
        show([one for one in results if options.show or not is_told_apart(one[1]["default"])])
    elif options.only:
        print(table(results) + missed_list(results))
    else:
        write_or_check(readme(results), options.check)


if __name__ == "__main__":
    main()
