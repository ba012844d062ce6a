#!/usr/bin/env python3
"""The collector model against the interpreters of this machine, now.

Runs tests/gc/truth.py under each Python from 3.8 to 3.15 that is found, by default a few of its
workloads; all of them with FULL=1.
"""

import glob
import json
import os
import subprocess
import sys

from harness import ROOT, Checks
from test_gcmodel import COLLECTED_DIFFERS, compare, is_close, is_generational

TRUTH = os.path.join(ROOT, "tests", "gc", "truth.py")
FEW = ["keep_list_10k", "keep_tuple_nested", "cycle_1", "cycle_2", "cycle_10", "cycle_slots"]
FEW += ["thr_100_5_3_cycles", "disable_window", "json_like_build", "drop_batch_500"]

# truth.py, but only for the workloads that are named.
RUN_SOME = """
import sys
source = open(sys.argv[1], encoding="utf-8").read().split("RESULT = ")[0]
exec(compile(source, sys.argv[1], "exec"))
for name in list(W):
    if len(sys.argv) > 2 and name not in sys.argv[2:]:
        del W[name]
json.dump(main(), sys.stdout)
"""


def interpreters():
    """One path for each version, `{"3.11.7": "/usr/bin/python3.11"}`."""
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    paths = [sys.executable] + ["python3.%d" % minor for minor in range(8, 16)]
    paths += sorted(glob.glob(os.path.join(root, "versions", "*", "bin", "python")))
    found = {}
    for path in paths:
        ask = (
            "import sys, sysconfig as s; print('%d.%d.%d' % sys.version_info[:3]"
            " + ('t' if s.get_config_var('Py_GIL_DISABLED') else ''))"
        )
        try:
            done = subprocess.run([path, "-c", ask], capture_output=True, timeout=30)
        except OSError:
            continue
        version = done.stdout.decode().strip()
        minor = int(version.split(".")[1]) if version.startswith("3.") else 0
        if done.returncode == 0 and 8 <= minor <= 15:
            found.setdefault(version, path)
    return found


def measure(path, names):
    command = [path, "-I", "-S", "-c", RUN_SOME, TRUTH, *names]
    done = subprocess.run(command, capture_output=True, timeout=600)
    if done.returncode != 0:
        raise SystemExit("%s: %s" % (path, done.stderr.decode("utf-8", "replace")[-2000:]))
    return json.loads(done.stdout)["workloads"]


def check_python(checks, python, path):
    rows = {}
    for name, truth in measure(path, [] if os.environ.get("FULL") else FEW).items():
        rows[name] = row = compare(python, name, truth)
        if not is_generational(python):
            continue
        model, found = row["collections"]
        checks.equal(model, found, "%s on this %s: collections" % (name, python))
        model, found = row["collected"]
        if int(python.split(".")[1]) >= 12 and (python, name) not in COLLECTED_DIFFERS:
            checks.equal(model, found, "%s on this %s: objects collected" % (name, python))
    close = sum(map(is_close, rows.values()))
    checks.check(close >= 0.95 * len(rows), "%s: examined is close in %d" % (python, close))


def main():
    checks = Checks("gc_live")
    found = interpreters()
    checks.check(found, "there is a Python to measure")
    for python, path in sorted(found.items()):
        check_python(checks, python, path)
    checks.finish()


if __name__ == "__main__":
    main()
