#!/usr/bin/env python3
"""A program with a cycle a request, from the prediction to the fix: `make gc-example`.

    tests/gc/example.py [--bless]      writes what it prints into the README

Says what `cyclint gc report` predicts of tests/gc/service/service.py, what interpreters of this
machine do with it, what cyclint proposes, and what they do with tests/gc/service_fixed/service.py,
where that was done.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(FOLDER))

from harness import ROOT, cyclint  # noqa: E402
from test_gc_live import interpreters  # noqa: E402

README = os.path.join(ROOT, "README.md")
BLOCK = re.compile(r"```text\n# make gc-example\n.*?```", re.DOTALL)
PLAIN = ["--isolated", "--no-cache"]
REQUESTS = 100000
MOST = 3  # interpreters

MEASURE = """
import gc, json, service, sys, time
taken = began = 0
def watch(phase, info):
    global taken, began
    if phase == "start":
        began = time.thread_time_ns()
    else:
        taken += time.thread_time_ns() - began
gc.collect()
objects = len(gc.get_objects())
gc.callbacks.append(watch)
before = gc.get_stats()
service.serve(int(sys.argv[1]))
after = gc.get_stats()
gc.callbacks.remove(watch)
print(json.dumps({
    "objects": objects,
    "collections": [b["collections"] - a["collections"] for a, b in zip(before, after)],
    "collected": sum(b["collected"] - a["collected"] for a, b in zip(before, after)),
    "milliseconds": taken / 1e6,
}))
"""


def measure(path, folder):
    done = subprocess.run(
        [path, "-S", "-c", MEASURE, str(REQUESTS)], cwd=os.path.join(FOLDER, folder),
        capture_output=True, check=True, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"),
    )
    return json.loads(done.stdout)


def calibrate(path, figures):
    answer = cyclint("gc", "calibrate", "--python", path, "--output", figures)
    if answer.status != 0:
        raise SystemExit(answer.err)


def predict(python, heap, folder, figures):
    """What gc report says of handle(), for as many requests as are measured."""
    path = os.path.join(FOLDER, folder, "service.py")
    options = ["--json", "--python", python, "--heap", str(heap), "--calibration", figures]
    report = json.loads(cyclint("gc", "report", *options, *PLAIN, path).out)
    row = {row["function"]: row for row in report["functions"]}["handle"]
    million, share = row["per_million"], REQUESTS / 1e6
    return {
        "collections": [round(n * share) for n in million["collections"]],
        "collected": round(row["cyclic"] * REQUESTS),
        "milliseconds": [us * share / 1000 for us in million["microseconds"]],
    }


def chosen(found):
    """Some of the interpreters with three generations: the oldest, the newest, one between."""
    names = sorted(found, key=lambda name: [int(n) for n in re.findall(r"\d+", name)])
    names = [name for name in names if not name.endswith("t")]
    picked = {names[0], names[len(names) * 2 // 3], names[-1]}
    return [name for name in names if name in picked][:MOST]


def counts(collections):
    return " / ".join(map(str, collections))


def compare(found):
    """One row an interpreter: predicted, measured, measured after the fix."""
    for name in chosen(found):
        with tempfile.TemporaryDirectory() as folder:
            figures = os.path.join(folder, "figures.json")
            calibrate(found[name], figures)
            before = measure(found[name], "service")
            after = measure(found[name], "service_fixed")
            yield name, predict(name, before["objects"], "service", figures), before, after


def shown(command, *arguments, cwd=FOLDER):
    answer = cyclint(*command.split()[1:], *arguments, cwd=cwd)
    return "$ %s\n%s" % (command, answer.out)


def text(found):
    folder = os.path.join(FOLDER, "service")
    out = shown("cyclint gc report --python 3.12 --most 2 service.py", *PLAIN, cwd=folder)
    out += "\n" + shown("cyclint -f colorized --score=n service.py", *PLAIN, "--color=never", cwd=folder)
    out += "%d requests: collections by generation, and the time they take after gc calibrate\n\n" % REQUESTS
    out += "%-8s  %-34s  %-26s  %s\n" % ("Python", "predicted", "measured", "with a weak reference")
    for name, predicted, before, after in compare(found):
        low, high = predicted["milliseconds"]
        out += "%-8s  %-34s  %-26s  %s\n" % (
            name,
            "%s, %.1f to %.1f ms" % (counts(predicted["collections"]), low, high),
            "%s, %.1f ms" % (counts(before["collections"]), before["milliseconds"]),
            "%s, %.1f ms" % (counts(after["collections"]), after["milliseconds"]),
        )
    return re.sub(r"[ \t]+$", "", out, flags=re.MULTILINE)


def main():
    found = text(interpreters())
    if "--bless" not in sys.argv:
        print(found, end="")
        return
    with open(README, encoding="utf-8") as opened:
        readme = opened.read()
    block = "```text\n# make gc-example\n%s```" % found
    with open(README, "w", encoding="utf-8") as opened:
        opened.write(BLOCK.sub(lambda _: block, readme))


if __name__ == "__main__":
    main()
