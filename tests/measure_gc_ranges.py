#!/usr/bin/env python3
"""How many measured times lie in the ranges the collector model gives: `make measure-gc`.

    tests/measure_gc_ranges.py [VERSION…]

Each Python from 3.8 to 3.15 that is found is calibrated (`cyclint gc calibrate`) and runs the
workloads of tests/gc/truth.py; a gc callback times each collection by the thread's processor time,
and each workload is repeated, of which the fastest run counts.  Totals and longest pauses are compared
with `cyclint gc simulate --calibration`.  A workload that causes no collection proves nothing and is
left out.
"""

import json
import os
import subprocess
import sys
import tempfile

from harness import cyclint
from test_gc_live import TRUTH, interpreters
from test_gcmodel import WORKLOADS

REPEATS = 5
ENOUGH = 0.9

MEASURE = """
import sys
source = open(sys.argv[1], encoding="utf-8").read().split("RESULT = ")[0]
exec(compile(source, sys.argv[1], "exec"))
from time import thread_time_ns as now
times = array.array("q", [0]) * 100000
state = [0, 0]
def watch(phase, info):
    if phase == "start":
        state[1] = now()
    else:
        times[state[0]] = now() - state[1]
        state[0] += 1
out = {}
for name in list(W):
    runs = []
    for _ in range(int(sys.argv[2])):
        f, n, sizes = prepare(name)
        gc.collect()
        sizes = [len(gc.get_objects(generation=g)) for g in range(3)]
        gc.collect()
        state[0] = 0
        gc.callbacks.append(watch)
        f(n)
        gc.callbacks.remove(watch)
        gc.set_threshold(*THR); gc.enable()
        taken = times[:state[0]]
        runs.append([sum(taken), max(taken) if taken else 0])
    out[name] = {"heap": sizes[2], "total": min(r[0] for r in runs), "longest": min(r[1] for r in runs)}
json.dump(out, sys.stdout)
"""


def simulate(python, name, heap, figures):
    options = ["--python", python, "--heap", str(heap), "--young", "1", "--calibration", figures]
    answer = cyclint("gc", "simulate", "--json", *options, "--workload", WORKLOADS[name](python))
    return json.loads(answer.out)


def measure(path):
    command = [path, "-I", "-S", "-c", MEASURE, TRUTH, str(REPEATS)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=900)
    return json.loads(done.stdout)


def compare(python, path, figures):
    """(inside, all, lines about those outside) of the totals and longest pauses."""
    inside, every, outside = 0, 0, []
    for name, truth in measure(path).items():
        if truth["total"] == 0:
            continue
        model = simulate(python, name, truth["heap"], figures)["microseconds"]
        for key, told in ("total", model["total"]), ("longest", model["pause_max"]):
            found = truth[key] / 1000
            every += 1
            inside += told[0] <= found <= told[1]
            if not told[0] <= found <= told[1]:
                outside.append("    %s, %s: %.1f us, told %.1f to %.1f" % (name, key, found, *told))
    return inside, every, outside


def main():
    wanted = sys.argv[1:]
    all_inside = all_every = 0
    for python, path in sorted(interpreters().items()):
        if wanted and python not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            figures = os.path.join(folder, "figures.json")
            answer = cyclint("gc", "calibrate", "--python", path, "--output", figures)
            if answer.status != 0:
                raise SystemExit(answer.err)
            inside, every, outside = compare(python, path, figures)
        print("%-8s %3d of %3d times in their range, %.1f %%" % (python, inside, every, 100 * inside / every))
        print("\n".join(outside))
        all_inside, all_every = all_inside + inside, all_every + every
    share = all_inside / all_every
    print("all      %3d of %3d times in their range, %.1f %%" % (all_inside, all_every, 100 * share))
    sys.exit(share < ENOUGH)


if __name__ == "__main__":
    main()
