#!/usr/bin/env python3
"""The collector model on workloads it was not made from (tests/gc/more_workloads.py).

They run under each Python from 3.8 on that is found here, and the model must say how many
collections of each generation there were, and which objects they freed.
"""

import json
import os
import subprocess
import sys

from harness import ROOT, Checks, cyclint
from test_gc_live import interpreters
from test_gcmodel import is_generational

FOLDER = os.path.join(ROOT, "tests", "gc")
sys.path.insert(0, FOLDER)

from more_workloads import MORE  # noqa: E402

# Of the workloads, those on which the objects collected must be equal before 3.12.
COLLECTED_SHARE = 0.97

# As truth.py does: run once to warm up, twice collected before, thresholds as they were.
MEASURE = """
import gc, json, sys
sys.path.insert(0, sys.argv[1])
from more_workloads import MORE
threshold, out = gc.get_threshold(), {}
for function in MORE:
    function(30)
    gc.set_threshold(*threshold); gc.enable()
    gc.collect(); gc.collect(); gc.disable(); gc.enable()
    gc.collect()
    before = gc.get_stats()
    heap = len(gc.get_objects(generation=2))
    freed = gc.collect()
    function()
    after = gc.get_stats()
    gc.set_threshold(*threshold); gc.enable()
    row = {key: [b[key] - a[key] for a, b in zip(before, after)] for key in ("collections", "collected")}
    row["collections"][2] -= 1; row["collected"][2] -= freed
    row["heap"] = heap
    out[function.__name__] = row
json.dump(out, sys.stdout)
"""


def measure(path):
    done = subprocess.run(
        [path, "-S", "-c", MEASURE, FOLDER], capture_output=True, timeout=600,
        env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"),
    )
    if done.returncode != 0:
        raise SystemExit("%s: %s" % (path, done.stderr.decode("utf-8", "replace")[-2000:]))
    return json.loads(done.stdout)


def check_python(checks, python, path):
    rows, n_equal = measure(path), 0
    checks.equal(len(rows), len(MORE), "%s: each workload is told" % python)
    for function, words in MORE.items():
        truth = rows[function.__name__]
        options = ["--python", python, "--heap", str(truth["heap"])]
        answer = cyclint("gc", "simulate", "--json", *options, "--workload", words(python))
        if answer.status != 0:
            raise SystemExit(answer.err)
        model = json.loads(answer.out)
        what = "%s on this %s: " % (function.__name__, python)
        checks.equal(model["collections"], truth["collections"], what + "collections")
        n_equal += model["collected"] == truth["collected"]
        if int(python.split(".")[1]) >= 12:
            checks.equal(model["collected"], truth["collected"], what + "objects collected")
    share = n_equal / len(MORE)
    checks.check(share >= COLLECTED_SHARE, "%s: objects collected on %.3f" % (python, share))


def main():
    checks = Checks("gc_more")
    for python, path in sorted(interpreters().items()):
        if is_generational(python):
            check_python(checks, python, path)
    checks.finish()


if __name__ == "__main__":
    main()
