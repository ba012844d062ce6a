"""What `cyclint gc calibrate` runs an interpreter with: times collections of known size.

Prints one JSON object; all times are nanoseconds of processor time, a range each.  An object costs what
its kind and its references make it cost, so several kinds are measured, and the objects of which the
interpreter itself consists: the range goes from the cheapest to the dearest.  3.8 and later.
"""

import gc
import json
import random
import sys
from time import thread_time_ns as now

NEAR = 2000  # objects that fit a cache; those of one young collection
FAR = 300000  # objects that fit none
# What a program makes is none of the kinds measured here, and other programs share the machine.
WIDEN = 1.4


class Instance:
    def __init__(self, number):
        self.number = number
        self.name = "name %d" % number
        self.other = self


class Slots:
    __slots__ = ("other", "number")

    def __init__(self, number):
        self.other = self
        self.number = number


class Finalized(Slots):
    def __del__(self):
        pass


def ring(number):
    itself = []
    itself.append(itself)
    return itself


def pair(number):
    one, other = Instance(number), [number]
    one.other = other
    other.append(one)
    return one


def closure(number):
    def again():
        return again

    return again


SHARED = [[] for _ in range(4)]
LIVE = [
    lambda i: [],
    lambda i: list(SHARED),
    lambda i: {"a": i, "b": SHARED, "c": "x"},
    lambda i: {i},
    lambda i: (i, SHARED),
    Slots,
    Instance,
    closure,
]
# How to make it, and how many objects it is.
DEAD = [(ring, 1), (Slots, 1), (Instance, 1), (pair, 2), (closure, 3), (Finalized, 1)]


def measure(make, generation, times):
    taken = []
    for _ in range(times):
        gc.collect()
        kept = make()
        began = now()
        gc.collect(generation)
        taken.append(now() - began)
        del kept
    return sorted(taken)


def spread(measured):
    """From (times, time of the rest, number of objects) to the cost of one object."""
    low = min((taken[0] - rest) / n for taken, rest, n in measured)
    high = max((taken[len(taken) * 3 // 4] - rest) / n for taken, rest, n in measured)
    return [max(0.1, low / WIDEN), max(0.1, low, high * WIDEN)]


def alive(make):
    return measure(lambda: [make(i) for i in range(NEAR)], 0, 15)


def dead(make):
    def leave():
        for i in range(NEAR):
            make(i)

    return measure(leave, 0, 15)


def tangled():
    kept = [[] for _ in range(FAR)]
    for one in kept:
        one.append(kept[random.randrange(FAR)])
    return kept


def main():
    gc.disable()
    random.seed(1)
    empty = measure(lambda: None, 0, 50)
    own = measure(lambda: None, 2, 9)
    bare = alive(LIVE[0])[0]
    live = [(alive(make), empty[0], NEAR) for make in LIVE]
    freed = [(dead(make), bare * n, NEAR * n) for make, n in DEAD]
    ordered = measure(lambda: [[] for _ in range(FAR)], 2, 4)
    mixed = measure(tangled, 2, 3)
    figures = {
        "collection": [empty[0] / WIDEN, empty[len(empty) * 3 // 4] * WIDEN],
        "object": spread(live),
        "object_own": spread(live + [(own, empty[0], len(gc.get_objects()))]),
        "object_sequential": spread([(ordered, own[0], FAR)]),
        "object_random": spread([(mixed, own[0], FAR)]),
        "freed": spread(freed),
    }
    json.dump({"python": sys.version.split()[0], "nanoseconds": figures}, sys.stdout)


main()
