"""What `cyclint gc profile` runs a program with: python -c PROBE OUT SCRIPT ... or OUT -m MODULE ...

Counts how often each function is called and how often control goes back in it, and what the cyclic
collector does meanwhile.  Since 3.12 sys.monitoring tells of calls and jumps; before, a trace
function does, which is slow.  All is written to OUT at the end, or not at all.  It makes no objects
that the collector counts while the program runs, but for those that hold a new place.  3.8 and later.
"""


def probe():
    import dis
    import gc
    import json
    import os
    import runpy
    import sys
    import threading
    import time

    out, arguments, pid = sys.argv[1], sys.argv[2:], os.getpid()
    library = os.path.dirname(os.__file__) + os.sep
    installed = (os.path.join(library, "site-packages"), os.path.join(library, "dist-packages"))
    calls, jumps, targets, last = {}, {}, {}, {}
    timing = [0, 0, 0]  # when the collection began, all, the longest; nanoseconds of processor time

    def is_program(code):
        path = code.co_filename
        is_library = path.startswith(library) and not path.startswith(installed)
        return not path.startswith("<") and not is_library

    def collecting(phase, info):
        if phase == "start":
            timing[0] = time.thread_time_ns()
        else:
            taken = time.thread_time_ns() - timing[0]
            timing[1] += taken
            timing[2] = max(timing[2], taken)

    def count_jump(code, source, target):
        places = jumps.setdefault(code, {})
        place = source << 24 | target
        places[place] = places.get(place, 0) + 1

    def monitor():
        monitoring = sys.monitoring

        def start(code, offset):
            if not is_program(code):
                return monitoring.DISABLE
            calls[code] = calls.get(code, 0) + 1

        def jump(code, source, target):
            if target > source or not is_program(code):
                return monitoring.DISABLE
            count_jump(code, source, target)

        events = monitoring.events
        monitoring.use_tool_id(monitoring.PROFILER_ID, "cyclint")
        monitoring.register_callback(monitoring.PROFILER_ID, events.PY_START, start)
        monitoring.register_callback(monitoring.PROFILER_ID, events.JUMP, jump)
        monitoring.set_events(monitoring.PROFILER_ID, events.PY_START | events.JUMP)

    def targets_of(code):
        backward = set()
        for i in dis.get_instructions(code):
            is_jump = i.opcode in dis.hasjrel or i.opcode in dis.hasjabs
            if is_jump and i.argval < i.offset:
                backward.add(i.argval)
        return backward

    def trace_line(frame, event, _):
        key = id(frame)
        if event == "line":
            before, now = last.get(key, -1), frame.f_lasti
            if now <= before and now in targets[frame.f_code]:
                count_jump(frame.f_code, before, now)
            last[key] = now
        elif event == "return":
            last.pop(key, None)
        return trace_line

    def trace_call(frame, event, _):
        code = frame.f_code
        if not is_program(code):
            return None
        if code not in targets:
            targets[code] = targets_of(code)
            calls[code] = {}
        entries = calls[code]  # a generator is entered again where it stopped
        entries[frame.f_lasti] = entries.get(frame.f_lasti, 0) + 1
        return trace_line if targets[code] else None

    def begin():
        gc.collect()
        objects = len(gc.get_objects())
        gc.callbacks.append(collecting)
        if hasattr(sys, "monitoring"):
            monitor()
        else:
            threading.settrace(trace_call)
            sys.settrace(trace_call)
        return objects, gc.get_stats()

    def end():
        stats = gc.get_stats()
        if hasattr(sys, "monitoring"):
            sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)
        else:
            sys.settrace(None)
            threading.settrace(None)
        if collecting in gc.callbacks:
            gc.callbacks.remove(collecting)
        return stats

    def lines_of(code):
        starts = sorted(dis.findlinestarts(code))

        def line_at(offset):
            found = code.co_firstlineno
            for start, line in starts:
                if start > offset:
                    break
                found = line or found
            return found

        return line_at

    def describe_functions():
        for code, times in calls.items():
            if isinstance(times, dict):
                times = times[min(times)]
            yield {
                "path": os.path.abspath(code.co_filename),
                "name": code.co_name,
                "line": code.co_firstlineno,
                "calls": times,
            }

    def describe_loops():
        for code, places in jumps.items():
            line_at = lines_of(code)
            for place, times in places.items():
                yield {
                    "path": os.path.abspath(code.co_filename),
                    "line": line_at(place & 0xFFFFFF),
                    "from": line_at(place >> 24),
                    "trips": times,
                }

    def write(objects, before, after):
        def during(key):
            return [b[key] - a[key] for a, b in zip(before, after)]

        threads = "t" if sys.version_info >= (3, 13) and "free-threading" in sys.version else ""
        profile = {
            "python": "%d.%d.%d%s" % (sys.version_info[:3] + (threads,)),
            "functions": list(describe_functions()),
            "loops": list(describe_loops()),
            "gc": {
                "threshold": list(gc.get_threshold()),
                "objects": objects,
                "before": before,
                "after": after,
                "collections": during("collections"),
                "collected": during("collected"),
                "seconds": timing[1] / 1e9,
                "longest": timing[2] / 1e9,
            },
            "complete": True,
        }
        with open(out, "w", encoding="utf-8") as opened:
            json.dump(profile, opened, indent=1)

    if not arguments:
        sys.exit("cyclint gc profile: no script")
    is_module = arguments[0] == "-m"
    if is_module and len(arguments) < 2:
        sys.exit("cyclint gc profile: no module behind -m")
    if not is_module and not os.path.exists(arguments[0]):
        sys.exit("cyclint gc profile: no such file: " + arguments[0])
    sys.argv = arguments[1:] if is_module else arguments
    sys.path[0] = os.getcwd() if is_module else os.path.dirname(os.path.abspath(arguments[0]))
    objects, before = begin()
    try:
        if is_module:
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(arguments[0], run_name="__main__")
    finally:
        after = end()
        if os.getpid() == pid:
            write(objects, before, after)


probe()
