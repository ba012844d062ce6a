#!/usr/bin/env python3
"""Counts instructions under valgrind: what two builds or two steps cost, exactly, on any machine.

    tests/bench/instructions.py [BINARY…]      build/cyclint unless others are named

Prints the instructions of parsing five small packages with an unchanged tree-sitter, and those of
whole runs of each binary over the same files, one thread, no cache.
"""

import os
import re
import subprocess
import sys

import corpus
from contenders import BINARY, PARSE_ONLY


def count(command, stdin=None):
    with open(stdin or os.devnull, "rb") as source:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + os.devnull, *command],
                              stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        sys.exit("valgrind says: " + done.stderr)
    return int(found[1])


def main(binaries):
    small = corpus.copy(corpus.SMALL, "small")
    listed = os.path.join(corpus.BUILD, "small.txt")
    with open(listed, "w") as file:
        file.write("".join(path + "\n" for path in corpus.files(small)))
    stock = count([PARSE_ONLY], listed)
    print("%14s  %5.2f  tree-sitter, parsing only" % (format(stock, ","), 1))
    for binary in binaries or [BINARY]:
        ours = count([binary, "--isolated", "--no-cache", "--exit-zero", "-j1", small])
        print("%14s  %5.2f  %s" % (format(ours, ","), ours / stock, os.path.relpath(binary)))


if __name__ == "__main__":
    main(sys.argv[1:])
