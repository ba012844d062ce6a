"""Twenty-four workloads that the model was not made from, in Python and in the model's words.

Each runs as tests/gc/truth.py runs its own: after full collections, between two gc.get_stats().  The
function's `n` is the default argument; what it keeps is gone when it returns.
"""

import collections
import functools
import gc

from workloads import LOOP, keep, loop, minor


class Plain:
    def __init__(self, parent):
        self.parent = parent
        self.child = None

    def method(self):
        pass


class WithList:
    def __init__(self):
        self.items = []


Point = collections.namedtuple("Point", "x y")
ONE = Plain(None)
SHARED = [1]


def generate():
    yield 1


def dict_of_lists(n=30000):
    kept = {}
    for i in range(n):
        kept[i] = [i]


def triples_kept(n=30000):
    kept = []
    for i in range(n):
        kept.append((i, i, i))


def generators_kept(n=20000):
    kept = []
    for _ in range(n):
        kept.append(generate())


def methods_kept(n=20000):
    kept = []
    for _ in range(n):
        kept.append(ONE.method)


def lambdas_kept(n=20000):
    kept = []
    for _ in range(n):
        kept.append(lambda: 1)


def parts_in_instances(n=15000):
    kept = []
    for _ in range(n):
        kept.append(WithList())


def parent_and_child(n=10000):
    for _ in range(n):
        a = Plain(None)
        a.child = Plain(a)


def dict_in_itself(n=20000):
    for _ in range(n):
        d = {}
        d["me"] = d


def batches_and_growth(n=60):
    kept = []
    for _ in range(n):
        batch = []
        for _ in range(700):
            batch.append([])
        for _ in range(100):
            kept.append([])
        batch = None


def threshold_in_between(n=10000):
    for _ in range(n):
        x = []
        x.append(x)
    gc.set_threshold(300, 4, 10)
    for _ in range(n):
        x = []
        x.append(x)


def middle_collections(n=8):
    kept = []
    for _ in range(n):
        for _ in range(3000):
            kept.append([])
        gc.collect(1)


def windows(n=4):
    for _ in range(n):
        gc.disable()
        for _ in range(3000):
            x = []
            x.append(x)
        gc.enable()
        for _ in range(3000):
            x = []
            x.append(x)


def frozensets_kept(n=20000):
    kept = []
    for i in range(n):
        kept.append({i})


def iterators_kept(n=20000):
    kept = []
    for _ in range(n):
        kept.append(iter(SHARED))


def long_tuples_dropped(n=6):
    for _ in range(n):
        batch = []
        for _ in range(3000):
            batch.append((SHARED, SHARED, SHARED, SHARED, SHARED))
        batch = None


def named_tuples_kept(n=20000):
    kept = []
    for i in range(n):
        kept.append(Point(i, i))


def nested_lists_kept(n=10000):
    kept = []
    for _ in range(n):
        kept.append([[[]]])


def atoms_only(n=100000):
    total = 0
    for i in range(n):
        total += len(str(i))


def mixed(n=8000):
    kept = []
    for _ in range(n):
        kept.append([])
        x, y = [], []
        x.append(y)
        y.append(x)
        x = y = None


def frozen_growth(n=40000):
    gc.freeze()
    kept = []
    for _ in range(n):
        kept.append([])
        x = []
        x.append(x)
    gc.unfreeze()


def rings_of_five(n=5000):
    for _ in range(n):
        a, b, c, d, e = [], [], [], [], []
        a.append(b)
        b.append(c)
        c.append(d)
        d.append(e)
        e.append(a)


def queue_of_lists(n=40000):
    waiting = collections.deque()
    for _ in range(n):
        waiting.append([])
        if len(waiting) > 2500:
            waiting.popleft()


def dict_with_dicts(n=12000):
    kept = []
    for i in range(n):
        kept.append({"a": {"b": i}, "c": [i]})


def growth_then_cycles(n=30000):
    kept = []
    for _ in range(n):
        kept.append([])
    for _ in range(n):
        x = []
        x.append(x)


def dying(n, first, more=""):
    """n times: a cycle that the function's variable holds until it is bound to the next `first`."""
    trips = ["%s cycle:%s %s check" % (first, b, more) for _, b in ("xy", "yx")]
    trips = [trip.replace("@", a) for trip, a in zip(trips, "xy")]
    return "%s %d { %s %s }" % (LOOP, n // 2, trips[0], trips[1])


RING = "@=list"

MORE = {
    dict_of_lists: lambda v: "dict keep " + loop(30000, "list keep"),
    triples_kept: lambda v: keep(30000, "atomic-tuple3"),
    generators_kept: lambda v: keep(20000, "generator"),
    methods_kept: lambda v: keep(20000, "method"),
    lambdas_kept: lambda v: keep(20000, "function"),
    parts_in_instances: lambda v: keep(15000, "bare-slots list" + (" dict" if minor(v) <= 10 else "")),
    parent_and_child: lambda v: dying(10000, "@=instance-of-container", "@=instance-of-container") + " cycle:y",
    dict_in_itself: lambda v: dying(20000, "@=dict") + " cycle:y",
    batches_and_growth: lambda v: "a=list keep:a %s 60 { list %s %s drop }"
    % (LOOP, loop(700, "list"), loop(100, "k=list keep:k")),
    threshold_in_between: lambda v: "%s threshold:300,4,10 %s"
    % (dying(10000, RING), dying(10000, RING)),
    middle_collections: lambda v: "list keep " + loop(8, loop(3000, "list keep") + " collect:1"),
    windows: lambda v: loop(4, "disable %s enable %s" % (dying(3000, RING), dying(3000, RING))),
    frozensets_kept: lambda v: keep(20000, "set"),
    iterators_kept: lambda v: keep(20000, "iterator"),
    long_tuples_dropped: lambda v: loop(6, "list %s drop" % loop(3000, "tuple5")),
    named_tuples_kept: lambda v: keep(20000, "namedtuple"),
    nested_lists_kept: lambda v: keep(10000, "list*3"),
    atoms_only: lambda v: loop(100000, ""),
    mixed: lambda v: "a=list keep:a " + loop(8000, "k=list keep:k x=list*2 cycle:x"),
    frozen_growth: lambda v: "freeze list keep %s unfreeze" % dying(40000, "k=list keep:k @=list"),
    rings_of_five: lambda v: dying(5000, "@=list*5 t=tuple5 drop:t"),
    queue_of_lists: lambda v: "object keep " + loop(40000, "list hold:2500"),
    dict_with_dicts: lambda v: keep(12000, "atomic-dict list dict"),
    growth_then_cycles: lambda v: "a=list keep:a %s %s"
    % (loop(30000, "list keep"), dying(30000, RING)),
}
