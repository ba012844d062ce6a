#!/usr/bin/env python3
"""What a cycle costs, on the finding: in text, json2 and SARIF alike."""

import json
import os
import tempfile

from harness import Checks, cyclint

CYCLES = """
class Part:
    def __init__(self, whole):
        self.whole = whole
        self.notes = []

class Whole:
    def __init__(self):
        self.part = Part(self)

def request():
    return str(Whole())

def again():
    def step(n):
        return step(n - 1)
    step(3)
"""
KEYS = ["python", "heap", "objects_per_trip", "garbage_waiting", "microseconds_per_million_trips"]


def main():
    checks = Checks("gc_cost")
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "cycles.py"), "w", encoding="utf-8") as opened:
            opened.write(CYCLES)

        def run(form, *options):
            return cyclint("--isolated", "--no-cache", "-f", form, *options, "cycles.py", cwd=folder)

        found = {m["symbol"]: m for m in run("json2", "--py-version=3.12").messages()}
        cycle = found["reference-cycle"]["cost"]
        checks.equal(list(cycle), KEYS, "what is told")
        checks.equal(cycle["python"], "3.12", "for which Python")
        checks.equal(cycle["objects_per_trip"], 3, "two instances and a list")
        low, high = cycle["microseconds_per_million_trips"]
        checks.check(0 < low < high, "a range of times", cycle)
        checks.check(cycle["garbage_waiting"] >= 699, "garbage of one young collection", cycle)
        checks.equal(found["recursive-closure"]["cost"]["objects_per_trip"], 3, "function, tuple, cell")
        older = {m["symbol"]: m for m in run("json2", "--py-version=3.9").messages()}
        checks.equal(older["reference-cycle"]["cost"]["objects_per_trip"], 5, "with their dicts")
        results = json.loads(run("sarif", "--py-version=3.12").out)["runs"][0]["results"]
        costs = [r["properties"]["cost"] for r in results if r["ruleId"] == "W9101"]
        checks.equal(costs, [cycle], "the same in SARIF")
        text = " ".join(run("colorized", "--color=never").out.split())
        checks.check("= cost: 3 objects a trip, up to" in text, "and in words", text)
        plain = run("text").out
        checks.check("cost:" not in plain, "but not in the lines that are grepped", plain)
    checks.finish()


if __name__ == "__main__":
    main()
