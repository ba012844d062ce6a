#!/usr/bin/env python3
"""`make new-rule` writes a rule that builds, reports, and passes the tests of fixtures."""

import os
import shutil
import subprocess
import sys
import tempfile

from harness import ROOT, Checks

NAME, CODE = "waits-for-nothing", "W9199"
# Copied so that only the new rule is compiled; `cp -a` keeps the times that make goes by.
PARTS = ["Makefile", "analyzer", "rules", "queries", "fixtures", "tests", "build", "node_modules"]
OTHERS = ["README.md", ".pre-commit-hooks.yaml", "package.json", "package-lock.json", ".npmrc", "LICENSE", ".clang-format"]


def main():
    checks = Checks("new-rule")
    with tempfile.TemporaryDirectory(prefix="cyclint-new-rule-") as folder:
        for part in PARTS + OTHERS:
            if os.path.exists(os.path.join(ROOT, part)):
                subprocess.run(["cp", "-a", os.path.join(ROOT, part), folder], check=True)

        def make(*arguments):
            return subprocess.run(
                ["make", "--no-print-directory", *arguments],
                cwd=folder,
                capture_output=True,
                text=True,
                env={name: value for name, value in os.environ.items() if name != "MAKEFLAGS"},
            )

        for name, code in (("Bad_Name", CODE), (NAME, "X1"), (NAME, "W9401")):
            done = make("new-rule", "NAME=" + name, "CODE=" + code)
            checks.check(done.returncode != 0, "refuses %s %s" % (name, code), done.stdout)
        done = make("new-rule", "NAME=" + NAME, "CODE=" + CODE)
        checks.check(done.returncode == 0, "writes a rule", done.stderr)
        done = make("new-rule", "NAME=" + NAME, "CODE=W9198")
        checks.check(done.returncode != 0, "does not write over one", done.stdout)
        done = make("WERROR=1", "bless", "ONLY=" + NAME)
        checks.check(done.returncode == 0, "it builds without a warning", done.stderr)
        for program in ("fixtures.py", "prove.py"):
            command = [sys.executable, os.path.join(folder, "tests", program), NAME]
            done = subprocess.run(command, capture_output=True, text=True)
            checks.check(done.returncode == 0, program + " passes for it", done.stdout)
        shutil.rmtree(os.path.join(folder, "build"))
    checks.finish()


if __name__ == "__main__":
    main()
