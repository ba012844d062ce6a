#!/usr/bin/env python3
"""Compares the cycles that cyclint reports with those that CPython's collector finds.

    tests/truth/truth.py                 runs what has not been run yet, then compares
    tests/truth/truth.py --again         runs everything again
    tests/truth/truth.py --missed KIND   also tells the missed cycles of a kind, with their stores

What is run: test modules of the standard library and the programs in uses/, which exercise packages
as their documentation shows, each in a process of its own under watch.py.  The packages are those
of requirements.txt, by their hashes, in a virtual environment under build/truth.

A cycle counts if every edge of it was made by Python code in the analysed sources.  It is found when
cyclint reports one with the same edges: holder, attribute and target; a class may go by the name of
one of its bases, because that is where the code stands.
"""

import argparse
import ast
import collections
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.join(ROOT, "tests", "truth")
BUILD = os.path.join(ROOT, "build", "truth")
RUNS = os.environ.get("CYCLINT_TRUTH", BUILD)  # where the packages and what ran are kept: checkouts can share them
TIME_LIMIT = 240  # seconds for one program
KINDS = ("instance", "container", "callback", "closure", "exception", "frame", "generator", "class")
# What Python code puts between two objects; anything else was made by C.
VIA = {"list", "tuple", "set", "frozenset", "dict", "method", "partial", "cell", "traceback",
       "weakref-callback", "property", "staticmethod", "classmethod"}
TESTS = """test_argparse test_asyncio test_ast test_concurrent_futures test_configparser test_contextlib
    test_contextlib_async test_copy test_csv test_dataclasses test_difflib test_doctest test_email
    test_enum test_fractions test_functools test_htmlparser test_http_cookiejar test_httplib
    test_imaplib test_json test_logging test_mailbox test_unittest test_optparse test_pickle
    test_plistlib test_queue test_sched test_selectors test_shelve test_smtplib test_socketserver
    test_sqlite3 test_string test_subprocess test_tempfile test_textwrap test_threading test_timeit
    test_tokenize test_traceback test_types test_typing test_urllib test_urllib2 test_uuid
    test_weakref test_xml_etree test_sax test_minidom test_pulldom test_zipfile test_cmd test_pdb
    test_bdb test_inspect test_pyclbr test_pydoc test_graphlib test_ordered_dict test_collections
    test_userdict test_tarfile test_gettext test_poplib test_xmlrpc test_http_cookies
    test_httpservers test_code test_codeop test_trace test_profile test_lib2to3""".split()


# ---- the interpreter and the packages


def find_python():
    """An interpreter that has its own test modules: Debian's has none."""
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    found = sorted(glob.glob(os.path.join(root, "versions", "3.12*", "bin", "python")))
    for python in [*found, "python3.12", sys.executable]:
        try:
            subprocess.run([python, "-c", "import test.test_argparse, venv"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    sys.exit("no Python 3.12 with its own test modules was found")


def make_environment(python):
    folder = os.path.join(RUNS, "venv")
    own = os.path.join(folder, "bin", "python")
    wanted = os.path.join(HERE, "requirements.txt")
    stamp = os.path.join(folder, "requirements.txt")
    if not (os.path.exists(stamp) and open(stamp).read() == open(wanted).read()):
        subprocess.run([python, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([own, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", wanted], check=True)
        with open(stamp, "w") as file:
            file.write(open(wanted).read())
    return own


def folders_of(python):
    code = "import os, sysconfig; print(sysconfig.get_path('stdlib')); print(sysconfig.get_path('purelib'))"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.split()


# ---- running


def jobs():
    for name in TESTS:
        yield name, ["test", name]
    for path in sorted(glob.glob(os.path.join(HERE, "uses", "*.py"))):
        yield os.path.basename(path)[:-3], ["script", path]


def run_job(python, name, arguments, again):
    output = os.path.join(RUNS, "cycles", name + ".jsonl")
    if os.path.exists(output) and not again:
        return
    scratch = os.path.join(RUNS, "scratch", name)
    os.makedirs(scratch, exist_ok=True)
    command = [python, "-W", "ignore", os.path.join(HERE, "watch.py"), output + ".part", *arguments]
    with open(os.path.join(RUNS, "cycles", name + ".log"), "w") as log:
        try:
            subprocess.run(command, cwd=scratch, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=TIME_LIMIT)
            ending = "done"
        except subprocess.TimeoutExpired:
            ending = "stopped after %d s" % TIME_LIMIT
    if os.path.exists(output + ".part"):
        os.rename(output + ".part", output)
        print("%-28s %s, %d cycles" % (name, ending, sum(1 for _ in open(output))), flush=True)


def run_jobs(python, again):
    os.makedirs(os.path.join(RUNS, "cycles"), exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda job: run_job(python, *job, again), jobs()):
            pass


# ---- what CPython found


def true_cycles(folders):
    """Distinct cycles made by Python code in the folders, each a list of edges."""
    cycles = {}
    for path in sorted(glob.glob(os.path.join(RUNS, "cycles", "*.jsonl"))):
        with open(path, encoding="utf-8") as file:
            for line in file:
                try:
                    cycle = json.loads(line)
                except ValueError:  # the last line of a program that was stopped
                    continue
                if is_made_by_python(cycle, folders):
                    cycle = well_named(cycle, folders)
                    cycles.setdefault(key_of(cycle), cycle)
    return without_detours(cycles)


def well_named(cycle, folders):
    """With the names that older runs got wrong put right.

    functools.wraps() gives a wrapper the module of what it wraps; a mock's _Call makes up every
    attribute it is asked for, `_fields` too."""
    for i, edge in enumerate(cycle):
        if edge["kind"] == "function":
            edge["holder"] = cycle[i - 1]["target"] = [name_in_file(edge["holder"][0], edge["file"], folders)]
        elif edge["holder"][0] == "unittest.mock._Call" and not edge["attr"].startswith("_mock_"):
            edge["attr"] = "[]"
    return cycle


def name_in_file(name, path, folders):
    """A function's dotted name, as its own file's module says it."""
    folder = max((f for f in folders if path.startswith(f + os.sep)), key=len)
    module = re.sub(r"\.__init__$", "", os.path.splitext(os.path.relpath(path, folder))[0].replace(os.sep, "."))
    parts = name.split(".")
    lengths = [n for n in range(1, len(parts)) if is_module(parts[:n], folders)]
    return ".".join([module, *parts[lengths[-1] :]]) if lengths else name


def is_module(parts, folders):
    path = os.path.join(*parts)
    return any(os.path.isdir(os.path.join(f, path)) or os.path.isfile(os.path.join(f, path + ".py")) for f in folders)


def key_of(cycle):
    return frozenset((basic_name(e["holder"]), e["attr"], basic_name(e["target"])) for e in cycle)


def basic_name(names):
    """The last of an object's classes that Python code made: twenty subclasses are one cause."""
    if "builtins.BaseException" in names:
        return "builtins.BaseException"
    own = [name for name in names if not name.startswith(("builtins.", "_", "typing.", "abc."))]
    return own[-1] if own else names[0]


def without_detours(cycles):
    """Without those that contain all edges of a shorter one."""
    by_edge = collections.defaultdict(list)
    kept = []
    for key in sorted(cycles, key=lambda key: (len(key), sorted(key))):
        if not any(other < key for edge in key for other in by_edge[edge]):
            kept.append(cycles[key])
            for edge in key:
                by_edge[edge].append(key)
    return kept


def is_made_by_python(cycle, folders):
    for edge in cycle:
        file = edge["file"]
        if edge["kind"] == "exception" and edge["attr"] == "__traceback__":
            continue
        if edge["kind"] == "class" and "<locals>" not in edge["holder"][0]:
            return False  # a module that was imported anew
        if not file or not file.startswith(tuple(folders)) or not set(edge["via"]) <= VIA:
            return False
    return True


def kind_of_true(cycle):
    kinds = {edge["kind"] for edge in cycle}
    for kind in ("class", "exception", "frame", "generator"):
        if kind in kinds:
            return kind
    if any("method" in edge["via"] or "partial" in edge["via"] for edge in cycle):
        return "callback"
    if "function" in kinds:
        return "closure"
    return "instance"


# ---- what cyclint says


def analyse(folders):
    paths = [folder for folder in folders if not any(
        folder != other and folder.startswith(other + os.sep) for other in folders)]
    os.makedirs(BUILD, exist_ok=True)
    output = os.path.join(BUILD, "findings.json")
    command = [os.path.join(ROOT, "build", "cyclint"), "--isolated", "--enable", "all", "--min-confidence",
               "possible", "-f", "json2", "--exit-zero", "--no-gitignore"]
    with open(output, "w") as file:
        subprocess.run([*command, *paths], stdout=file, check=True)
    with open(output, encoding="utf-8") as file:
        return [message for message in json.load(file)["messages"] if message.get("cycle")]


def index_by_attributes(messages):
    index = collections.defaultdict(list)
    for message in messages:
        for edges in [message["cycle"]["edges"], *message["cycle"].get("alike", [])]:
            index[tuple(sorted(edge["attr"] for edge in edges))].append(edges)
    return index


def is_name_of(names, dotted):
    """Whether a dotted name means one of the names; modules may be spelled from another folder."""
    return any(dotted == name or dotted.endswith("." + name) or name.endswith("." + dotted) and "." in dotted
               for name in names)


def is_same_edge(true, told):
    return (
        true["attr"] == told["attr"]
        and (is_name_of(true["holder"], told["class"]) or is_any_exception(true["holder"], told["class"]))
        and (is_name_of(true["target"], told["target"]) or is_any_exception(true["target"], told["target"]))
    )


def is_any_exception(names, dotted):
    return dotted == "builtins.BaseException" and "builtins.BaseException" in names


def is_same_cycle(true, told):
    n = len(true)
    return n == len(told) and any(
        all(is_same_edge(true[i], told[(i + turn) % n]) for i in range(n)) for turn in range(n)
    )


def is_found(cycle, index):
    attributes = tuple(sorted(edge["attr"] for edge in cycle))
    return any(is_same_cycle(cycle, told) for told in index.get(attributes, ()))


def is_nearly_found(cycle, index):
    """The same attributes in the same order, but other names for the objects."""
    attributes = [edge["attr"] for edge in cycle]
    return any(
        [edge["attr"] for edge in told[turn:] + told[:turn]] == attributes
        for told in index.get(tuple(sorted(attributes)), ())
        for turn in range(len(told))
    )


# ---- telling


def spelled(cycle):
    return ", ".join(
        "%s.%s -> %s%s" % (e["holder"][0], e["attr"], e["target"][0], " via " + " ".join(e["via"]) if e["via"] else "")
        for e in cycle
    )


class Stores:
    """Where the attributes of a file are assigned."""

    def __init__(self):
        self.files = {}

    def places(self, path, attribute):
        if path not in self.files:
            self.files[path] = self.read(path)
        return self.files[path].get(attribute, [])

    def read(self, path):
        stores = collections.defaultdict(list)
        try:
            with open(path, "rb") as file:
                text = file.read()
            lines = text.decode("utf-8", "replace").split("\n")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Attribute) and (isinstance(node.ctx, ast.Store) or re.search(
                        r"\.%s\.(append|add|insert|setdefault)\(|\.%s\[.*\] = " % (node.attr, node.attr),
                        lines[node.lineno - 1])):
                    stores[node.attr].append("%s:%d: %s" % (path, node.lineno, lines[node.lineno - 1].strip()))
        except (OSError, SyntaxError, ValueError):
            pass
        return stores


def table(cycles, index):
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for cycle in cycles:
        for key in (kind_of_true(cycle), "all"):
            counts[key][0] += 1
            counts[key][1] += is_found(cycle, index)
            counts[key][2] += is_nearly_found(cycle, index)
    return counts


def print_table(title, counts):
    print("%-12s %6s %6s %8s %22s" % (title, "true", "found", "recall", "same attributes only"))
    for kind in (*KINDS, "all"):
        if kind in counts:
            n, found, nearly = counts[kind]
            print("%-12s %6d %6d %7.1f%% %22d" % (kind, n, found, 100 * found / n, nearly - found))


def is_of_tests(cycle):
    """Classes in functions of test code are no finding, and most of what tests make is for the test."""
    return any(edge["file"] and is_in_tests(edge["file"]) for edge in cycle)


def is_in_tests(path):
    return re.search(r"/(test|tests|testing|idle_test)/", path) is not None


def tell_missed(cycles, index, kind):
    stores = Stores()
    for cycle in cycles:
        if kind not in (kind_of_true(cycle), "all") or is_found(cycle, index):
            continue
        print("\n[%s] %s%s" % (kind_of_true(cycle), spelled(cycle), "  (near)" if is_nearly_found(cycle, index) else ""))
        for edge in cycle:
            for place in stores.places(edge["file"] or "", edge["attr"])[:4]:
                print("    " + place)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--missed", metavar="KIND")
    options = parser.parse_args()
    python = make_environment(find_python())
    run_jobs(python, options.again)
    folders = folders_of(python)
    messages = analyse(folders)
    cycles = true_cycles(folders)
    index = index_by_attributes(messages)
    likely = index_by_attributes([message for message in messages if message["confidence"] != "possible"])
    if options.missed:
        tell_missed([c for c in cycles if not is_of_tests(c)], index, options.missed)
    libraries = [cycle for cycle in cycles if not is_of_tests(cycle)]
    cycles = [cycle for cycle in cycles if kind_of_true(cycle) != "class" or not is_of_tests(cycle)]
    counts = {"all": table(cycles, index), "libraries": table(libraries, index), "likely": table(cycles, likely)}
    print_table("libraries", counts["libraries"])
    print_table("with tests", counts["all"])
    print_table("at likely", counts["likely"])
    with open(os.path.join(BUILD, "recall.json"), "w") as file:
        json.dump({**counts, "found": [spelled(c) for c in cycles if is_found(c, index)],
                   "missed": [spelled(c) for c in cycles if not is_found(c, index)]}, file, indent=1)


if __name__ == "__main__":
    main()
