#!/usr/bin/env python3
"""A standard library from end to end: no crash, a sane exit status, the same bytes twice."""

import os
import sysconfig

from harness import Checks, cyclint


def main():
    checks = Checks("standard library")
    library = sysconfig.get_path("stdlib")
    arguments = ["--isolated", "--no-cache", "-f", "json2", "--enable=all", "--min-confidence=possible", library]
    one, two, seven = (cyclint(jobs, *arguments) for jobs in ("-j1", "-j2", "-j7"))
    checks.check(0 <= two.status < 32, "it ends as it should", two)
    checks.check("Sanitizer" not in two.err + one.err, "no sanitizer has anything to say", two.err)
    checks.check(two.out == one.out, "two threads and one agree")
    checks.check(seven.out == one.out, "seven threads and one agree")
    paths = {message["path"] for message in two.messages()}
    checks.check(len(paths) > 10, "it finds something in many files", len(paths))
    checks.check(all(os.path.exists(path) for path in paths), "it names files that exist")
    checks.finish()


if __name__ == "__main__":
    main()
