#!/usr/bin/env python3
"""`cyclint gc`: what it refuses and how, that it is fast, tune's advice and plot, calibrate."""

import json
import math
import os
import random
import resource
import stat
import sys
import tempfile
import xml.dom.minidom

from harness import BINARY, Checks, cyclint

USAGE = 32
# For 10^9 trips, the start of the program included; under a sanitizer everything takes longer.
SECONDS_FOR_MANY = 1 if os.sep + "san" in BINARY else 0.010

# Arguments of simulate, and a part of the message.
REFUSED = [
    (["--python", "2.7"], "2.7"),
    (["--python", "3.7"], "3.7"),
    (["--python", "3.16"], "3.16"),
    (["--python", "4.0"], "4.0"),
    (["--python", "3.12.x"], "3.12.x"),
    (["--python", ""], "no Python version"),
    (["--python", "3.99999999999"], "no Python version"),
    (["--python", "3.14t"], "3.13t"),
    (["--heap", "-1"], "'-1'"),
    (["--heap", "1e6"], "'1e6'"),
    (["--trips", "99999999999999999999"], "10^18"),
    (["--trips", "1000000000000000000", "--objects", "1000"], "10^18"),
    (["--objects", "2000000"], "million"),
    (["--kept", "1.5"], "'1.5'"),
    (["--kept", "nan"], "'nan'"),
    (["--kept", "0.7", "--cyclic", "0.7"], "more than all"),
    (["--freeze", "5", "--heap", "4"], "--freeze"),
    (["--threshold", "700"], "'700'"),
    (["--threshold", "700,10"], "'700,10'"),
    (["--threshold", "700,10,10,10"], "700,10,10,10"),
    (["--threshold", "-1,10,10"], "'-1,10,10'"),
    (["--threshold", "2147483648,10,10"], "2147483648"),
    (["--layout", "tidy"], "'tidy'"),
    (["--kind", "lizt"], "'lizt'"),
    (["--kind", "tuple0"], "'tuple0'"),
    (["--counter", "512"], "512"),
    (["--no-such"], "--no-such"),
    (["--heap"], "needs a value"),
    (["--json=yes"], "takes no value"),
    (["stray"], "'stray'"),
    (["--workload", "3 { list"], "not closed"),
    (["--workload", "list }"], "closes nothing"),
    (["--workload", "5 list"], "{ is needed"),
    (["--workload", "hold:x"], "hold:x"),
    (["--workload", "collect:3"], "collect:3"),
    (["--workload", "list*"], "list*"),
    (["--workload", "threshold:1,2"], "1,2"),
    (["--workload", "check:now"], "nothing after a colon"),
    (["--workload", "1 { " * 20 + "}" * 20], "too deeply"),
    (["--workload", " ".join("l%d=list" % i for i in range(9))], "one more than eight"),
    (["--workload", "list*60000000"], "in hand"),
    (["--workload-file", "/no/such/file"], "/no/such/file"),
    (["--calibration", "/no/such/file"], "/no/such/file"),
]


def simulate(*arguments):
    return json.loads(cyclint("gc", "simulate", "--json", *arguments).out)


def test_refusals(checks):
    for arguments, part in REFUSED:
        answer = cyclint("gc", "simulate", *arguments)
        what = " ".join(arguments)[:60]
        checks.equal((answer.status, answer.out), (USAGE, ""), "refused: " + what)
        one_line = answer.err.startswith("cyclint: gc: ") and answer.err.count("\n") == 1
        checks.check(one_line and part in answer.err, "message: " + what, answer.err)
    for arguments in ([], ["fly"], ["tune"]):
        checks.equal(cyclint("gc", *arguments).status, USAGE, "refused: gc %s" % arguments)
    bound = cyclint("gc", "tune").err
    checks.check("--max-garbage" in bound, "tune wants a bound on garbage", bound)


def test_help(checks):
    checks.check("cyclint gc simulate" in cyclint("--help").out, "--help names gc")
    out = cyclint("gc", "--help").out
    checks.check("--max-garbage" in out and "--cyclic" in out, "gc --help tells the options", out)


def test_simulate(checks):
    # 1,000,000 counted allocations, of 701 each; each twelfth collection is of generation 1.
    known = ["--python", "3.12", "--heap", "1000000", "--trips", "2000000", "--kept", "0.2"]
    model = simulate(*known, "--cyclic", "0.3")
    checks.equal(model["collections"], [1307, 118, 1], "the example")
    frozen = simulate(*known, "--freeze", "1000000")
    checks.check(max(frozen["largest"]) < 1000000, "nobody examines a frozen heap", frozen)
    plain = simulate(*known)
    checks.equal(frozen["triggers"], plain["triggers"], "freezing makes none more or less")
    twice = [simulate("--workload", "%d { 2 { list cycle } }" % n) for n in (1000, 1000)]
    checks.equal(twice[0], twice[1], "the same again")
    checks.equal(simulate("--python", "3.14")["collector"], "generational", "plain 3.14")
    for version, name in ("3.14.4", "incremental"), ("3.14.5", "generational"), ("3.13t", "free-threaded"):
        checks.equal(simulate("--python", version)["collector"], name, version)


def test_skipping(checks):
    """What is skipped adds up to what is run: while an object is in hand, each trip is run."""
    for version in "3.8", "3.12", "3.14", "3.14.2", "3.13t":
        for body in "object cycle", "object keep", "2 { object } cycle object keep", "object drop":
            run = ["--python", version, "--heap", "5000", "--workload"]
            loop = "60000 { %s }" % body.replace("object", "x=object").replace("cycle", "cycle:x")
            loop = loop.replace("keep", "keep:x").replace("drop", "drop:x")
            quick, slow = simulate(*run, "object keep " + loop), simulate(*run, "object " + loop)
            for key in "collections", "collected", "examined", "heap_at_end", "peak_garbage":
                checks.equal(quick[key], slow[key], "%s, %s: %s" % (version, body, key))


def fate(i, kept, cyclic, whole):
    """What becomes of trip i, when so many of `whole` trips are kept, or end in a cycle."""
    is_kept = (i + 1) * kept // whole != i * kept // whole
    others, j = whole - kept, i - i * kept // whole
    is_cyclic = not is_kept and others > 0 and (j + 1) * cyclic // others != j * cyclic // others
    return "keep" if is_kept else "cycle" if is_cyclic else "drop"


def in_words(trips, objects, kept, cyclic, kind="object"):
    """The same loop for the engine that makes each object."""
    divisor = math.gcd(math.gcd(kept, cyclic), 1000)
    kept, cyclic, whole = kept // divisor, cyclic // divisor, 1000 // divisor
    words = ["%s*%d %s check" % (kind, objects, fate(i, kept, cyclic, whole)) for i in range(whole)]
    once = "%d { %s }" % (trips // whole, " ".join(words))
    return once + " " + " ".join(words[: trips % whole])


def compare_shares(checks, told, kind, trips, objects, kept, cyclic):
    shares = ["--trips", trips, "--objects", objects, "--kept", kept / 1000, "--cyclic", cyclic / 1000]
    quick = simulate(*told, "--kind", kind, *map(str, shares))
    text = in_words(trips, objects, kept, cyclic, kind).encode()
    answer = cyclint("gc", "simulate", "--json", *told, "--workload-file", "-", stdin=text)
    slow = json.loads(answer.out)
    for result in quick, slow:
        for times in result["microseconds"].values():
            times[:] = [round(t) for t in times]
    checks.equal(quick, slow, "%s of %s: %s" % (kind, told, shares))


def test_random_shares(checks):
    """The same for any kind, shares and thresholds: with a free list, without, or not steppable."""
    chance = random.Random(5)
    kinds = "list dict atomic-dict set method builtin-method iterator tuple3 instance bare-slots".split()
    versions = "3.8 3.9 3.11 3.12 3.13 3.14 3.14.0 3.14.2 3.13t".split()
    for _ in range(40):
        for version in versions:
            kept = chance.choice([0, 1, 123, chance.randrange(1001)])
            cyclic = chance.choice([0, 1000 - kept, chance.randrange(1001 - kept)])
            limits = [chance.choice([1, chance.randrange(2, 100), 700]), chance.choice([0, 3, 10]),
                      chance.choice([0, 2, 10])]
            told = ["--python", version, "--heap", str(chance.choice([0, 10, 5000]))]
            told += ["--threshold", ",".join(map(str, limits))]
            trips = chance.choice([chance.randrange(500), chance.randrange(30000)])
            kind, objects = chance.choice(kinds), chance.choice([1, 1, 1, 3])
            compare_shares(checks, told, kind, trips, objects, kept, cyclic)


def test_shares(checks):
    """A loop told by shares is run a collection at a time: with the same result as object by object."""
    for version in "3.8", "3.11", "3.12", "3.14", "3.14.2", "3.13t":
        for options in [], ["--threshold", "100,3,2"], ["--threshold", "1,1,1"], ["--freeze", "900"]:
            for trips, objects, kept, cyclic in [
                (20003, 1, 123, 456), (20003, 1, 0, 500), (3000, 7, 250, 10), (300, 900, 500, 0),
                (20000, 1, 1, 0), (1, 1, 500, 500), (0, 1, 500, 500), (20000, 3, 0, 1000),
            ]:
                told = ["--python", version, "--heap", "1000", *options]
                compare_shares(checks, told, "object", trips, objects, kept, cyclic)


def processor_time(*arguments):
    """Of one run, the least of some: other programs share the machine."""
    least = 1e9
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        answer = cyclint(*arguments)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        least = min(least, used if answer.status == 0 else 1e9)
    return least


def test_speed(checks):
    for version in "3.10", "3.12", "3.14", "3.14.2", "3.13t":
        for kept, cyclic in (0, 1), (1, 0), (0.2, 0.3), (0.123, 0.456), (0.001, 0), (0, 0):
            trips = ["--python", version, "--trips", "1000000000"]
            shares = ["--kept", str(kept), "--cyclic", str(cyclic)]
            seconds = processor_time("gc", "simulate", *trips, *shares)
            checks.check(seconds < SECONDS_FOR_MANY, "10^9 trips, %s on %s" % (shares, version), seconds)


def test_speed_of_kinds(checks):
    """Of objects with a free list, and of those during whose making the interpreter looks for due
    collections; twice the time, for the tables are larger and machines busy."""
    versions = "3.8", "3.11", "3.12", "3.14", "3.14.0", "3.14.2", "3.13t"
    for kind, versions in ("list", versions), ("dict", versions), ("instance", ("3.13", "3.14")):
        for version in versions:
            for kept, cyclic in (0.2, 0.3), (0.123, 0.377), (0.001, 0.05):
                told = ["--python", version, "--trips", "1000000000", "--kind", kind]
                told += ["--kept", str(kept), "--cyclic", str(cyclic)]
                seconds = processor_time("gc", "simulate", *told)
                checks.check(seconds < 2 * SECONDS_FOR_MANY, "10^9 trips: %s" % told, seconds)


def test_tune(checks):
    with tempfile.TemporaryDirectory() as folder:
        plot = os.path.join(folder, "plot.svg")
        arguments = ["--python", "3.12", "--heap", "1000000", "--trips", "2000000"]
        arguments += ["--kept", "0.2", "--cyclic", "0.3", "--layout", "sequential"]
        bounds = ["--max-garbage", "5000", "--max-pause", "5ms"]
        answer = cyclint("gc", "tune", "--json", *arguments, *bounds, "--svg", plot)
        advice = json.loads(answer.out)
        now, best = advice["now"], advice["advised"]
        cheaper = best["microseconds"]["total"][1] < now["microseconds"]["total"][1]
        within = best["microseconds"]["pause_max"][1] <= 5000 and best["peak_garbage"] <= 5000
        checks.check(cheaper and within, "tune finds what is cheaper and within", advice)
        again = simulate(*arguments, "--freeze", str(best["frozen"]),
                         "--threshold", ",".join(map(str, best["threshold"])))
        checks.equal(again["collections"], best["collections"], "simulate confirms the advice")
        lines = xml.dom.minidom.parse(plot).getElementsByTagName("polyline")
        checks.equal(len(lines), 3, "the plot has three lines")
        impossible = cyclint("gc", "tune", *arguments, "--max-garbage", "0")
        checks.check(impossible.status == USAGE and "no thresholds" in impossible.err,
                     "bounds that nothing keeps", impossible)
        text = cyclint("gc", "tune", *arguments, *bounds).out
        checks.check("advised: gc.set_threshold(" in text, "tune in words", text)


def script(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as out:
        out.write("#!/bin/sh\n" + text)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


def test_calibrate(checks):
    with tempfile.TemporaryDirectory() as folder:
        figures = os.path.join(folder, "figures.json")
        answer = cyclint("gc", "calibrate", "--python", sys.executable, "--output", figures)
        checks.equal((answer.status, answer.out), (0, ""), "calibrate keeps its figures")
        with open(figures, encoding="utf-8") as opened:
            measured = json.load(opened)
        checks.equal(measured["python"], "%d.%d.%d" % sys.version_info[:3], "which Python it was")
        plain, here = simulate("--cyclic", "1"), simulate("--cyclic", "1", "--calibration", figures)
        checks.equal(plain["collections"], here["collections"], "figures change no count")
        checks.check(plain["microseconds"] != here["microseconds"], "figures change the times")
        for path, part in [
            (os.path.join(folder, "missing"), "cannot start"),
            (figures, "cannot start"),
            (script(folder, "fails", "exit 3\n"), "status 3"),
            (script(folder, "killed", "printf '{\"python\": '; kill -9 $$\n"), "signal 9"),
            (script(folder, "short", "printf '{\"nanoseconds\": {'\n"), "cut short"),
        ]:
            answer = cyclint("gc", "calibrate", "--python", path)
            checks.check(answer.status == USAGE and part in answer.err and not answer.out,
                         "calibrate: " + part, answer)
        broken = script(folder, "broken.json", "")
        answer = cyclint("gc", "simulate", "--calibration", broken)
        checks.equal(answer.status, USAGE, "a file without figures")


def main():
    checks = Checks("gc_command")
    test_refusals(checks)
    test_help(checks)
    test_simulate(checks)
    test_skipping(checks)
    test_shares(checks)
    test_random_shares(checks)
    test_speed(checks)
    test_speed_of_kinds(checks)
    test_tune(checks)
    test_calibrate(checks)
    checks.finish()


if __name__ == "__main__":
    main()
