#!/usr/bin/env python3
"""The optimized build says, byte for byte, what the plain one says: `make test-release`."""

import os
import subprocess
import sysconfig

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PLAIN, RELEASE = (os.path.join(ROOT, "build", name) for name in ("cyclint", "release/cyclint"))
RUNS = [
    ["-f", "json2", "fixtures"],
    ["-f", "json2", "--enable=all", "--min-confidence=possible", "fixtures"],
    ["-f", "json2", sysconfig.get_path("stdlib")],
    ["-f", "sarif", "-j1", os.path.join(sysconfig.get_path("stdlib"), "asyncio")],
]


def output(binary, arguments):
    command = [binary, "--isolated", "--no-cache", "--exit-zero", *arguments]
    return subprocess.run(command, capture_output=True, cwd=ROOT, check=True).stdout


def main():
    n_same = 0
    for arguments in RUNS:
        plain, release = output(PLAIN, arguments), output(RELEASE, arguments)
        is_same = plain == release and len(plain) > 1000
        n_same += is_same
        if not is_same:
            print("the release says something else: %s" % " ".join(arguments))
    print("%d passed, %d failed" % (n_same, len(RUNS) - n_same))
    return n_same != len(RUNS)


if __name__ == "__main__":
    raise SystemExit(main())
