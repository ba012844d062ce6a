#!/usr/bin/env python3
"""A layer includes only layers before it; rules include rule.h; two libraries have one user each."""

import os
import re

from harness import ROOT, Checks

LAYERS = ["base", "text", "syntax", "facts", "store", "program", "points", "heap", "gcmodel", "report", "cli"]
# What the rule interface shows is the one thing a layer may see of all rules together.
SHARED = {"rule.h"}
ONLY_IN = {"sqlite3.h": "store", "tree_sitter": "syntax"}
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]', re.MULTILINE)


def includes(folder):
    for parent, _, names in os.walk(os.path.join(ROOT, folder)):
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                path = os.path.join(parent, name)
                with open(path, encoding="utf-8") as opened:
                    for header in INCLUDE.findall(opened.read()):
                        yield os.path.relpath(path, os.path.join(ROOT, folder)), header


def is_allowed(layer, header):
    for name, owner in ONLY_IN.items():
        if header.startswith(name):
            return layer == owner
    of = header.split("/")[0]
    return layer not in LAYERS or of not in LAYERS or LAYERS.index(of) <= LAYERS.index(layer)


def main():
    checks = Checks("layers")
    checks.check(not is_allowed("base", "facts/facts.h"), "a layer may not include a later one")
    checks.check(not is_allowed("cli", "sqlite3.h"), "only store may include sqlite3.h")
    for path, header in includes("analyzer"):
        layer = path.split(os.sep)[0]
        if layer != "generate" and path not in SHARED:
            checks.check(is_allowed(layer, header), "analyzer/%s includes %s" % (path, header))
    for path, header in includes("rules"):
        is_own = os.path.exists(os.path.join(ROOT, "rules", header))
        right = header == "rule.h" or is_own
        checks.check(right, "rules/%s includes %s, not only rule.h" % (path, header))
    checks.finish()


if __name__ == "__main__":
    main()
