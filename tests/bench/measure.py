"""Times a process from outside, by run_timed.c: wall, processor time and peak memory."""

import os
import statistics
import subprocess
import sys
from typing import NamedTuple

from corpus import ROOT

PROGRAMS = os.path.join(ROOT, os.environ.get("PROGRAMS", "build/obj/gcc/tests/bench"))
ENDED_BADLY = 64  # a linter's status is less; 127 is "not found", 128 and more a signal


class Cost(NamedTuple):
    wall: float  # seconds
    cpu: float  # seconds, user and system, children included
    memory: int  # bytes, the largest resident size of any one process


def measure(command, stdin=None, cwd=None, environment=None, ended_badly=ENDED_BADLY):
    """Runs a command to its end and throws its output away.  A status of `ended_badly` or more ends everything."""
    with open(stdin or os.devnull, "rb") as source:
        done = subprocess.run([os.path.join(PROGRAMS, "run_timed"), *command], stdin=source, cwd=cwd,
                              env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, text=True, check=True)
    status, wall, cpu, memory = done.stdout.split()
    if int(status) >= ended_badly:
        sys.exit("%s ended with %s" % (" ".join(map(str, command)), status))
    return Cost(float(wall), float(cpu), int(memory))


def median(costs):
    """The median of each figure by itself."""
    return Cost(*(statistics.median(figures) for figures in zip(*costs)))
