#!/usr/bin/env python3
"""--fix --unsafe-fixes on copies of standard libraries: every file still compiles.

    tests/test_fix_library.py [--all] [--diff FILE] [FOLDER…]

Each is compiled by the interpreter it belongs to, all rules on; a second run must change nothing.
Of the interpreters found the oldest and the newest are taken, and their libraries without the
tests; --all takes everything.  Folders given are fixed in place of the libraries, and --diff keeps
what was changed.
"""

import os
import shutil
import subprocess
import sys
import tempfile

from harness import BINARY, Checks
from prove import interpreters

# Lives in a file of its own process: a file that does not compile may warn, or take long.
COMPILE = """
import sys, warnings
warnings.simplefilter("ignore")
for path in sys.stdin.read().split("\\0"):
    try:
        with open(path, "rb") as opened:
            compile(opened.read(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        print("%s: %s" % (path, error))
"""


def library_of(python):
    question = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    return subprocess.run([python, "-c", question], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def python_files(folder):
    return sorted(
        os.path.join(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if name.endswith((".py", ".pyi"))
    )


def read(path):
    with open(path, "rb") as opened:
        return opened.read()


def fix(folder):
    return subprocess.run(
        [BINARY, "--isolated", "--no-cache", "--no-gitignore", "--exit-zero", "--enable=all",
         "--min-confidence=possible", "--fix", "--unsafe-fixes", "--statistics", folder],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=900)


def complaints(python, paths):
    done = subprocess.run([python, "-c", COMPILE], input="\0".join(paths), stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()


def check(checks, name, python, library, diff, leave_out):
    with tempfile.TemporaryDirectory() as parent:
        copy = os.path.join(parent, "lib")
        shutil.copytree(library, copy, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "site-packages", *leave_out))
        for path in python_files(copy):
            os.chmod(path, 0o644)
        before = {path: read(path) for path in python_files(copy)}
        bad_before = complaints(python, before) if python else []
        done = fix(copy)
        told = done.stderr.replace(copy, "").splitlines()
        checks.check(done.returncode == 0 and "would not parse" not in done.stderr, name + ": fixed", done.stderr)
        changed = [path for path in before if read(path) != before[path]]
        checks.check(changed, name + ": something is fixed", done.stderr)
        bad = complaints(python, changed) if python else []
        new = [line for line in bad if line.split(": ")[0] not in {old.split(": ")[0] for old in bad_before}]
        checks.check(not new, name + ": what was fixed compiles", "\n".join(new))
        fixed = {path: read(path) for path in before}
        again = fix(copy)
        restless = [path for path in fixed if read(path) != fixed[path]]
        checks.check(not restless, name + ": a second run changes nothing", "\n".join(restless) + again.stderr)
        print("%s: %d of %d files; %s" % (name, len(changed), len(before), " ".join(told[-1:])))
        if diff:
            write_diff(diff, copy, before, changed)


def write_diff(diff, copy, before, changed):
    import difflib
    with open(diff, "a", encoding="utf-8") as out:
        for path in changed:
            old = before[path].decode("utf-8", "replace").splitlines(True)
            new = read(path).decode("utf-8", "replace").splitlines(True)
            out.writelines(difflib.unified_diff(old, new, os.path.relpath(path, copy), os.path.relpath(path, copy)))


def main(arguments):
    checks = Checks("fix library")
    diff = None
    if "--diff" in arguments:
        at = arguments.index("--diff")
        diff = arguments[at + 1]
        del arguments[at : at + 2]
    folders = [one for one in arguments if one != "--all"]
    pythons = sorted(interpreters().items(), key=lambda item: [int(part) for part in item[0].split(".")[:2]])
    if folders:
        for folder in folders:
            check(checks, folder, pythons[-1][1], folder, diff, ())
    else:
        chosen = pythons if "--all" in arguments else {one[0]: one for one in (pythons[0], pythons[-1])}.values()
        for version, python in chosen:
            leave_out = () if "--all" in arguments else ("test", "tests", "lib2to3")
            check(checks, version, python, library_of(python), diff, leave_out)
    checks.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
