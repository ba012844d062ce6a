#!/usr/bin/env python3
"""Runs every fixtures/**/prove.py under every CPython found: 3.8 and later, at least one.

    tests/prove.py [RULE…]      only the proofs of these folders

Interpreters are looked for on the PATH (python3.8, python3.9, …, python3) and among pyenv's.
"""

import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FIXTURES = os.path.join(ROOT, "fixtures")
OLDEST, NEWEST = 8, 30  # minor versions of Python 3 to look for
TIME_LIMIT = 120  # seconds; a proof takes less than one


def candidates():
    for minor in range(OLDEST, NEWEST):
        yield shutil.which("python3.%d" % minor)
    yield shutil.which("python3")
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    yield from sorted(glob.glob(os.path.join(pyenv, "versions", "3.*", "bin", "python")))


def version_of(python):
    """"3.11.2" if it is a CPython that runs and is new enough, else None."""
    question = "import platform as p; print(p.python_implementation(), p.python_version())"
    try:
        answer = subprocess.run(
            [python, "-c", question], capture_output=True, text=True, timeout=TIME_LIMIT
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.fullmatch(r"CPython (3\.(\d+)\S*)\n", answer.stdout)
    return match.group(1) if match and int(match.group(2)) >= OLDEST else None


def interpreters():
    """Version -> program, one of each version."""
    found = {}
    for python in candidates():
        version = python and version_of(python)
        if version:
            found.setdefault(version, python)
    return found


def proofs(names):
    paths = glob.glob(os.path.join(FIXTURES, "**", "prove.py"), recursive=True)
    return sorted(
        path for path in paths if not names or os.path.basename(os.path.dirname(path)) in names
    )


def run(python, path):
    """What is wrong, or "" when the proof holds."""
    environment = dict(os.environ, PYTHONPATH=FIXTURES, PYTHONDONTWRITEBYTECODE="1")
    try:
        done = subprocess.run(
            [python, path],
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
            env=environment,
            cwd=os.path.dirname(path),
        )
    except subprocess.TimeoutExpired:
        return "no end after %d seconds" % TIME_LIMIT
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or "exit status %d" % (
        done.returncode
    )


def main(names):
    pythons = interpreters()
    paths = proofs(names)
    if not pythons or not paths:
        print("prove: no CPython 3.8 or later" if not pythons else "prove: no proof of that name")
        print("0 passed, 1 failed")
        return 1
    print("proofs under CPython " + ", ".join(pythons))
    jobs = [(version, path) for version in pythons for path in paths]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda job: run(pythons[job[0]], job[1]), jobs))
    failed = [(job, answer) for job, answer in zip(jobs, answers) if answer]
    for (version, path), answer in failed:
        print("FAIL %s under %s\n%s" % (os.path.relpath(path, ROOT), version, answer))
    print("%d passed, %d failed" % (len(jobs) - len(failed), len(failed)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
