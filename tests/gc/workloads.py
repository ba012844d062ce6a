"""The workloads of truth.py in the words of `cyclint gc simulate --workload`.

Each is told by what its lines of Python do, on each version alike: what a line allocates is the
model's business.  The two that build their objects inside one call of C say so with native { }.
"""

LOOP = "r=range-call drop:r"  # range(n) is called once before the loop begins


def loop(n, body):
    return "%s %d { %s }" % (LOOP, n, body)


def keep(n, body):
    """keep = []; for … in range(n): keep.append(…)"""
    return "list keep " + loop(n, body + " keep")


def minor(version):
    return int(version.split(".")[1])


def record(version):
    """{"id": i, "tags": […], "pos": {…}, "kids": [{"id": j} for j in range(3)]}"""
    # Up to 3.11 a comprehension is a function that is called and thrown away.
    before, after = ("f=function", "drop:f") if minor(version) <= 11 else ("", "")
    kids = loop(3, "atomic-dict")
    return "list atomic-dict %s list %s %s dict" % (before, kids, after)


def json_record(version):
    # The parser in C makes the outer dict first and fills it later.
    return "dict list atomic-dict list atomic-dict*3"


def explicit(n):
    return " ".join(loop(300, "list keep") + " collect:%d" % (r % 3) for r in range(n))


CYCLE = "list cycle"

WORKLOADS = {
    "empty": lambda v: "",
    "keep_list_10k": lambda v: keep(10000, "list"),
    "keep_list_100k": lambda v: keep(100000, "list"),
    "keep_listcomp_100k": lambda v: keep(100000, "list"),
    "keep_tuple_atomic": lambda v: keep(20000, "atomic-tuple"),
    "keep_tuple_nested": lambda v: keep(20000, "tuple-of-atomic-tuple"),
    "keep_tuple_of_list": lambda v: "list keep " + keep(20000, "tuple2"),
    "keep_dict_atomic": lambda v: keep(20000, "atomic-dict"),
    "keep_dict_of_list": lambda v: keep(20000, "list dict"),
    "keep_instance": lambda v: keep(20000, "instance"),
    "keep_slots": lambda v: keep(20000, "slots"),
    "keep_set": lambda v: keep(20000, "set"),
    "keep_str": lambda v: keep(20000, ""),
    "drop_list": lambda v: loop(100000, "list hold:1"),
    "drop_instance": lambda v: loop(100000, "instance hold:1"),
    "drop_batch_500": lambda v: loop(200, "list %s drop" % loop(500, "list")),
    "drop_batch_5000": lambda v: loop(20, "list %s drop" % loop(5000, "list")),
    "queue_1000": lambda v: "object keep " + loop(50000, "slots hold:1000"),
    "cycle_1": lambda v: loop(20000, CYCLE),
    "cycle_2": lambda v: loop(20000, "list list cycle"),
    "cycle_10": lambda v: loop(3000, "list %s cycle" % loop(9, "list")),
    "cycle_5000": lambda v: loop(20, "list %s cycle" % loop(4999, "list")),
    "cycle_slots": lambda v: loop(20000, "slots cycle"),
    "cycle_del": lambda v: loop(5000, "bare-slots cycle"),
    "cycle_resurrect": lambda v: loop(5000, "bare-slots resurrect"),
    "cycle_weakref_cb": lambda v: "list keep "
    + loop(5000, "a=bare-slots r=weakref cycle:a keep:r"),
    "heap50k_cycles": lambda v: loop(50000, CYCLE),
    "heap200k_keep60k": lambda v: keep(60000, "list"),
    "grow_300k": lambda v: keep(300000, "list"),
    "heap200k_freeze_keep60k": lambda v: "freeze " + keep(60000, "list") + " unfreeze",
    "heap50k_freeze_cycles": lambda v: "freeze " + loop(120000, CYCLE) + " unfreeze",
    "thr_100_5_3_keep": lambda v: "threshold:100,5,3 " + keep(20000, "list"),
    "thr_100_5_3_cycles": lambda v: "threshold:100,5,3 " + loop(20000, CYCLE),
    "thr_50000_20_100_keep": lambda v: "threshold:50000,20,100 " + keep(100000, "list"),
    "thr_0_cycles": lambda v: "threshold:0,10,10 " + loop(20000, CYCLE),
    "disable_window": lambda v: "disable %s enable %s" % (loop(10000, CYCLE), loop(10000, CYCLE)),
    "explicit_collect": lambda v: "list keep " + explicit(30),
    "json_like_build": lambda v: keep(5000, record(v)),
    "json_loads_x5_kept": lambda v: "list keep "
    + loop(5, "native { list keep 5000 { %s keep } }" % json_record(v)),
    "list_zip": lambda v: "native { list keep object hold:1 50000 { zipped-atomic-tuple keep } }",
    "dict_zip_lists": lambda v: "list keep %s native { dict keep 50000 { tuple2 hold:1 } }"
    % loop(50000, "list keep"),
    "closures_kept": lambda v: "cell keep " + keep(20000, "tuple1 function"),
    "recursive_closure_dropped": lambda v: loop(10000, "recursive-closure cycle"),
    "exception_caught": lambda v: loop(20000, "exception drop"),
    "class_in_loop": lambda v: loop(300, "class cycle"),
    "dll_kept_then_dropped": lambda v: "bare-slots %s cycle list keep %s"
    % (loop(20000, "bare-slots"), loop(20000, "list keep")),
    "lru_evict": lambda v: "dict keep " + loop(30000, "slots hold:3000"),
}
