#!/usr/bin/env python3
"""Each rule's own page: what `explain` shows as the example is reported as one gets it without options, and what
it shows instead is not, even with the least confidence."""

import concurrent.futures
import glob
import json
import os
import re
import subprocess

from harness import BINARY, ROOT, Checks


def rule_names():
    return sorted(os.path.basename(path)[:-2] for path in glob.glob(os.path.join(ROOT, "rules", "*.c")))


def enabled_names():
    command = [BINARY, "--isolated", "--list-msgs-enabled"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("Disabled messages:")[0]
    return set(re.findall(r"^  ([a-z0-9-]+) \(", text, re.M))


def count(name, file, *options):
    command = [BINARY, "--isolated", "--no-cache", "--exit-zero", "-f", "json2", *options, file]
    done = subprocess.run(command, cwd=os.path.join(ROOT, "fixtures", name), capture_output=True, text=True,
                          encoding="utf-8")
    return sum(message["symbol"] == name for message in json.loads(done.stdout)["messages"])


ONLY_POSSIBLE = ("type-level-cycle",)  # by its nature; a rule that is off


def check_rule(checks, name, is_on):
    asked = [] if is_on else ["--enable=" + name]
    asked += ["--min-confidence=possible"] if name in ONLY_POSSIBLE else []
    n_bad = count(name, "bad.py", *asked)
    checks.check(n_bad > 0, name + ": bad.py is reported at the default confidence")
    n_good = count(name, "good.py", "--enable=" + name, "--min-confidence=possible")
    checks.check(n_good == 0, name + ": good.py is silent", "%d findings" % n_good)
    shown = subprocess.run([BINARY, "explain", name], capture_output=True, text=True, encoding="utf-8").stdout
    with open(os.path.join(ROOT, "fixtures", name, "bad.py"), encoding="utf-8") as file:
        marked = [line.split("  # [")[0].strip() for line in file if "  # [" in line]
    checks.check(any(line in shown for line in marked), name + ": explain shows a line that is reported")


def main():
    checks = Checks("examples")
    names, enabled = rule_names(), enabled_names()
    checks.check(len(names) > 70 and enabled & set(names), "there are rules")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: check_rule(checks, name, name in enabled), names))
    checks.finish()


if __name__ == "__main__":
    main()
