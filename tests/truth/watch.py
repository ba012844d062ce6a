"""Runs one program under gc.DEBUG_SAVEALL and writes down every cycle that CPython's collector finds.

    watch.py OUTPUT test NAME       a test module of the standard library: test_argparse
    watch.py OUTPUT script PATH     a program

Each line of OUTPUT is one cycle, in JSON, written as soon as it is known: a program that is stopped
half-way has still said something.  A cycle is a list of edges; each has the names its holder goes
by (a class's own and its bases'), the attribute, the target's names, what lies between, and the file
of the holder's source.  fixtures/proof.py says what an object's edges are.
"""

import collections
import gc
import importlib
import inspect
import json
import os
import runpy
import sys
import types
import unittest
import weakref

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "fixtures"))
import proof  # noqa: E402

CHECK_AFTER = 3000  # new objects; a collection of all costs as much as making about so many
MAX_STARTS = 3  # objects from which the same edge is followed
MAX_SEEN = 2000  # objects on the way back
GENERATORS = tuple(proof.GENERATORS)

class Watcher:
    def __init__(self, output):
        self.output = output
        self.told = set()

    def check(self):
        """Tells the cycles of what is garbage now, and lets it go."""
        waiting = [(weakref.ref(thing), cycle) for thing, cycle in cycles_of_generators()]
        gc.collect()
        for watch, cycle in waiting:
            if watch() is None or any(thing is watch() for thing in gc.garbage):
                self.tell(cycle)
        for cycle in cycles_in(gc.garbage):
            self.tell(cycle)
        gc.set_debug(0)
        gc.garbage.clear()
        gc.collect()
        gc.garbage.clear()
        gc.set_debug(gc.DEBUG_SAVEALL)

    def tell(self, cycle):
        key = frozenset((e["holder"][0], e["attr"], e["target"][0], tuple(e["via"])) for e in cycle)
        if key in self.told:
            return
        self.told.add(key)
        self.output.write(json.dumps(cycle) + "\n")
        self.output.flush()


# ---- cycles among objects


def cycles_in(things):
    made = {id(thing): thing for thing in things}
    places = {key: thing for key, thing in made.items() if is_place(thing)}
    edges = {key: list(useful_edges(thing, made)) for key, thing in places.items()}
    successors = {key: [to for _, _, to in out if to in places] for key, out in edges.items()}
    cycles = []
    for part in proof.strong_parts(successors):
        cycles += shortest_cycles(part, places, edges)
    return cycles


def is_place(thing):
    try:
        return proof.is_place(thing)
    except Exception:  # a proxy of something that is gone
        return False


def useful_edges(place, made):
    """(attribute, via, id of the target), without what holds for every class and instance."""
    for name, target, via in safe_edges(place, made):
        if name == "__class__" or (isinstance(place, type) and name != "__mro__"):
            continue
        if name == "__mro__" and target is not place:
            continue
        yield name, via, id(target)


def safe_edges(place, made):
    try:
        return list(proof.edges_of(place, made))
    except Exception:  # an object half made, with attributes that raise
        return []


def shortest_cycles(part, places, edges):
    """For each kind of edge in a component, a shortest way back."""
    starts = collections.Counter()
    for key in part:
        for name, via, to in edges[key]:
            if to not in part:
                continue
            kind = (type(places[key]), names_of(places[key])[0], name, names_of(places[to])[0], via)
            if starts[kind] >= MAX_STARTS:
                continue
            starts[kind] += 1
            path = way_back(to, key, part, edges)
            if path is not None:
                yield described([(key, name, via, to), *path], places)


def way_back(start, goal, part, edges):
    """The shortest list of edges from `start` to `goal`; empty when they are the same."""
    reached = {start: None}
    pending = collections.deque([start])
    while pending and len(reached) < MAX_SEEN:
        key = pending.popleft()
        if key == goal:
            return list(reversed(list(steps_to(key, reached))))
        for name, via, to in edges.get(key, ()):
            if to in part and to not in reached:
                reached[to] = (key, name, via, to)
                pending.append(to)
    return list(reversed(list(steps_to(goal, reached)))) if goal in reached else None


def steps_to(key, reached):
    while reached[key] is not None:
        yield reached[key]
        key = reached[key][0]


def cycles_of_generators():
    """Cycles through suspended generators: the collector closes them first, and their frames go.

    So these are looked for while all is still there, and count if the generator was garbage."""
    everything = None
    found = []
    for thing in gc.get_objects():
        if not isinstance(thing, GENERATORS) or not is_suspended(thing):
            continue
        if everything is None:
            everything = {id(one): one for one in gc.get_objects()}
        cycle = cycle_through(thing, everything)
        if cycle is not None:
            found.append((thing, cycle))
    return found


def is_suspended(generator):
    frame = getattr(generator, proof.GENERATORS[type(generator)])
    return frame is not None and frame.f_locals and is_own_file(frame.f_code.co_filename)


def cycle_through(generator, everything):
    edges, places = {}, {}
    pending = collections.deque([(generator, 0)])
    while pending and len(places) < 300:
        thing, depth = pending.popleft()
        if id(thing) in places or isinstance(thing, (type, types.ModuleType)):
            continue
        places[id(thing)] = thing
        edges[id(thing)] = list(useful_edges(thing, everything)) if depth < 4 else []
        pending.extend((everything[to], depth + 1) for _, _, to in edges[id(thing)])
    for name, via, to in edges[id(generator)]:
        path = way_back(to, id(generator), places.keys(), edges) if to in places else None
        if path is not None:
            return described([(id(generator), name, via, to), *path], places)
    return None


# ---- describing


def is_own_file(path):
    return bool(path) and not path.startswith("<") and not path.startswith(ROOT + "/fixtures")


def described(path, places):
    return [
        {
            "holder": names_of(places[key]),
            "kind": kind_of(places[key]),
            "attr": str(name),
            "target": names_of(places[to]),
            "via": list(via),
            "file": file_of(places[key]),
        }
        for key, name, via, to in path
    ]


def kind_of(place):
    for cls, kind in ((type, "class"), (types.FrameType, "frame"), (BaseException, "exception"),
                      (types.FunctionType, "function"), (GENERATORS, "generator")):
        if isinstance(place, cls):
            return kind
    return "instance"


def names_of(place):
    if isinstance(place, types.FrameType):
        return [name_of_code(place.f_code, place.f_globals.get("__name__", ""))]
    if isinstance(place, types.FunctionType):  # whose __module__ may be that of what it wraps
        module = module_of_file(place.__code__.co_filename) or place.__module__ or ""
        return [name_of_code(place.__code__, module)]
    if isinstance(place, GENERATORS):
        code = getattr(place, proof.GENERATORS[type(place)].replace("frame", "code"))
        return [name_of_code(code, module_of_file(code.co_filename))]
    if isinstance(place, type):
        return [name_of_class(place)]
    return [name_of_class(cls) for cls in type(place).__mro__ if cls is not object]


def name_of_code(code, module):
    return "%s.%s" % (module, getattr(code, "co_qualname", code.co_name))


def name_of_class(cls):
    return "%s.%s" % (type.__getattribute__(cls, "__module__"), cls.__qualname__)


def module_of_file(path):
    return next((name for name, module in list(sys.modules.items())
                 if getattr(module, "__file__", None) == path), "")


def file_of(place):
    if isinstance(place, type):
        return getattr(sys.modules.get(place.__module__), "__file__", None)
    return proof.file_of(place)


# ---- running


def watch_tests(watcher, name):
    run = unittest.TestCase.run

    def run_and_check(self, result=None):
        try:
            return run(self, result)
        finally:
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.disable()
            if gc.get_count()[0] > CHECK_AFTER or gc.garbage:
                watcher.check()

    unittest.TestCase.run = run_and_check
    suite = unittest.defaultTestLoader.loadTestsFromName("test." + name)
    unittest.TextTestRunner(stream=open(os.devnull, "w"), verbosity=0).run(suite)
    watcher.check()


def watch_script(watcher, path):
    """Its functions whose names begin with `use_`, one after the other."""
    sys.path.insert(0, os.path.dirname(path))
    module = runpy.run_path(path)
    for name, function in list(module.items()):
        if not name.startswith("use_"):
            continue
        try:
            function()
        except Exception as error:
            print("%s: %s: %r" % (os.path.basename(path), name, error), file=sys.stderr)
        watcher.check()


def main(output, kind, what):
    watcher = Watcher(open(output, "w", encoding="utf-8"))
    inspect.isroutine(importlib)  # loads what it needs
    gc.collect()
    gc.freeze()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    (watch_tests if kind == "test" else watch_script)(watcher, what)
    gc.set_debug(0)
    gc.garbage.clear()
    watcher.output.close()
    os._exit(0)  # threads and finalizers that a test left behind do not matter


if __name__ == "__main__":
    main(*sys.argv[1:])
