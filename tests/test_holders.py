#!/usr/bin/env python3
"""What is known of packages that are not there: the tables' rows, and what `holders` adds to them."""

import os
import tempfile

from harness import Checks, cyclint

# What stands in a method of a class with a method `tick`, and what is reported: rule and edges.
KNOWN = [
    # Django, blinker: weakly, unless the call says otherwise.
    ("import blinker", "self.s = blinker.Signal(); self.s.connect(self.tick)", None),
    (
        "import blinker",
        "self.s = blinker.Signal(); self.s.connect(self.tick, weak=False)",
        ("W9102", "Signal.receivers -> Part (via list,method), Part.s -> Signal"),
    ),
    ("import django.dispatch as d", "self.s = d.Signal(); self.s.connect(self.tick)", None),
    (
        "import django.dispatch as d",
        "self.s = d.Signal(); self.s.connect(self.tick, weak=False)",
        ("W9102", "Signal.receivers -> Part (via list,method), Part.s -> Signal"),
    ),
    # Twisted: a deferred lets go of what it has called.
    (
        "from twisted.internet import reactor",
        "self.call = reactor.callLater(5, self.tick)",
        ("W9102", "Part.call -> DelayedCall, DelayedCall.func -> Part (via method)"),
    ),
    (
        "from twisted.internet import reactor",
        "self.call = reactor.callLater(5, self.tick)\n        self.call.cancel()",
        ("I9110", "until twisted.internet.base.DelayedCall.cancel is called"),
    ),
    (
        "from twisted.internet.task import LoopingCall",
        "self.loop = LoopingCall(self.tick)",
        ("W9102", "Part.loop -> LoopingCall, LoopingCall.f -> Part (via method)"),
    ),
    (
        "from twisted.internet.defer import Deferred",
        "self.done = Deferred(); self.done.addCallback(print).addErrback(self.tick)",
        ("W9102", "Deferred.callbacks -> Part (via list,method), Part.done -> Deferred"),
    ),
    (
        "from twisted.internet.defer import Deferred",
        "self.done = Deferred(); self.done.addBoth(self.tick); self.done.callback(None)",
        ("I9110", "until twisted.internet.defer.Deferred.callback is called"),
    ),
    (
        "from twisted.internet.defer import Deferred",
        "self.done = bus.fetch(); self.done.addBoth(self.tick)",
        ("I9110", "until twisted.internet.defer.Deferred.callback is called"),
    ),
    # A future of asyncio lets go of its callbacks, one of concurrent.futures does not.
    (
        "import asyncio",
        "self.done = bus.create_future(); self.done.add_done_callback(self.tick)",
        ("I9110", "until asyncio.Future.set_result is called"),
    ),
    (
        "from concurrent.futures import Future",
        "self.done = Future(); self.done.add_done_callback(self.tick)",
        ("W9102", "Future._done_callbacks -> Part (via list,method), Part.done -> Future"),
    ),
    # SQLAlchemy: the target has its listeners.
    (
        "from sqlalchemy import event, create_engine",
        "self.engine = create_engine('x'); event.listen(self.engine, 'connect', self.tick)",
        ("W9102", "create_engine.dispatch -> Part (via method), Part.engine -> create_engine"),
    ),
    (
        "from pyee import EventEmitter",
        "self.emitter = EventEmitter(); self.emitter.on('x', self.tick)",
        ("W9102", "EventEmitter._events -> Part (via list,method), Part.emitter -> EventEmitter"),
    ),
    (
        "from tornado.ioloop import PeriodicCallback",
        "self.call = PeriodicCallback(self.tick, 5)",
        ("W9102", "Part.call -> PeriodicCallback, PeriodicCallback.callback -> Part (via method)"),
    ),
    # What the process or a C++ object holds makes no cycle, and a weak reference neither.
    ("import atexit", "self.undo = atexit.register(print); atexit.register(self.tick)", None),
    ("from PyQt5.QtWidgets import QPushButton", "self.b = QPushButton(); self.b.clicked.connect(self.tick)", None),
    ("from pubsub import pub", "self.listener = pub.subscribe(self.tick, 'x')", None),
    ("import matplotlib.pyplot as p", "self.c = p.figure().canvas; self.id = self.c.mpl_connect('x', self.tick)", None),
    ("import tkinter", "self.b = tkinter.Button(command=self.tick)", None),
    ("import asyncio", "self.task = asyncio.create_task(self.tick())", None),
    # The standard library, where CPython's own edges are one more or differ between versions.
    (
        "import argparse",
        "self.p = argparse.ArgumentParser(); self.p.set_defaults(run=self.tick)",
        ("W9102", "ArgumentParser._defaults -> Part (via dict,method), Part.p -> ArgumentParser"),
    ),
    (
        "import contextlib",
        "self.stack = contextlib.ExitStack(); self.stack.callback(self.tick)",
        ("W9102", "ExitStack._exit_callbacks -> Part (via list,method), Part.stack -> ExitStack"),
    ),
    (
        "import threading",
        "self.t = threading.Thread(target=self.tick); self.t.start()",
        ("I9110", "until threading.Thread.run is called"),
    ),
]

HOLDERS = [
    ("self.t = acme.Timer(5, self.tick)", [], None),
    (
        "self.t = acme.Timer(5, self.tick)",
        ["acme.Timer"],
        ("W9102", "Part.t -> Timer, Timer[] -> Part (via method)"),
    ),
    (
        "self.t = acme.Timer(5, callback=self.tick)",
        ["acme.Timer as callback"],
        ("W9102", "Part.t -> Timer, Timer.callback -> Part (via method)"),
    ),
    ("self.t = acme.Timer(5, self.tick)", ["acme.Timer weakly"], None),
    ("self.t = acme.Timer(5, self.tick)", ["acme.Timer by process"], None),
    (
        "self.t = acme.Timer(5, self.tick)\n        self.t.cancel()",
        ["acme.Timer as callback until cancel"],
        ("I9110", "until cancel is called"),
    ),
    ("self.t = acme.Timer(5, self.tick)", ["acme.Timer until cancel"], ("W9102", "Timer[] -> Part (via method)")),
    (
        "self.bus = bus; bus.on_change(self.tick)",
        [".on_change as listeners"],
        ("W9102", "Part.bus -> bus, bus.listeners -> Part (via list,method)"),
    ),
    (
        "self.bus = bus; acme.listen(bus, self.tick)",
        ["acme.listen by first as listeners"],
        ("W9102", "Part.bus -> bus, bus.listeners -> Part (via list,method)"),
    ),
    # A row of the tables is replaced.
    ("import threading; self.t = threading.Timer(5, self.tick)", ["threading.Timer weakly"], None),
]

WRONG = [
    ("acme.f weekly", "'weekly' cannot stand here: did you mean 'weakly'?"),
    ("acme.f by proces", "'proces' cannot stand after 'by': did you mean 'process'?"),
    ("acme.f by", "'by' must be followed by result, receiver, first or process"),
    ("acme.f until", "'until' must be followed by a name"),
    ("acme.f as 5", "'5' is no name such as 'package.Class.method'"),
    ("acme. weakly", "'acme.' is no name such as 'package.Class.method'"),
    ("a..b", "'a..b' is no name such as 'package.Class.method'"),
]


def program(imports, body):
    return "%s\n\n\nclass Part:\n    def start(self, bus):\n        %s\n\n    def tick(self):\n        pass\n" % (
        imports,
        body,
    )


def findings(folder, text, holders=()):
    path = os.path.join(folder, "part.py")
    config = os.path.join(folder, ".cyclintrc.toml")
    with open(path, "w", encoding="utf-8") as opened:
        opened.write(text)
    with open(config, "w", encoding="utf-8") as opened:
        opened.write("holders = [%s]\n" % ", ".join('"%s"' % one for one in holders))
    answer = cyclint("--rcfile", config, "--no-cache", "-f", "json2", "--disable=all", "--enable=W91,I9110", path)
    return [(m["messageId"], m["message"]) for m in answer.messages()]


def check_found(checks, found, expected, what):
    if expected is None:
        checks.equal(found, [], what)
    else:
        is_right = len(found) == 1 and found[0][0] == expected[0] and has_edges(found[0][1], expected[1])
        checks.check(is_right, what, "expected: %s\nfound:    %s" % (expected, found))


def has_edges(message, text):
    return text in message or all(edge in message for edge in text.split(", "))


def check_wrong(checks, folder):
    config = os.path.join(folder, "wrong.toml")
    for words, expected in WRONG:
        with open(config, "w", encoding="utf-8") as opened:
            opened.write('disable = []\nholders = [\n  "acme.good",\n  "%s",\n]\n' % words)
        answer = cyclint("--rcfile", config, folder)
        checks.equal(answer.status, 32, "status of %r" % words)
        checks.check("wrong.toml:4:3: 'holders': " + expected in answer.err, words, answer.err)
        answer = cyclint("--isolated", "--holders", words, folder)
        checks.check("'--holders': " + expected in answer.err, "--holders " + words, answer.err)
    with open(config, "w", encoding="utf-8") as opened:
        opened.write("holder = []\n")
    answer = cyclint("--rcfile", config, folder)
    checks.check("there is no key 'holder': did you mean 'holders'?" in answer.err, "holder", answer.err)


def main():
    checks = Checks("holders")
    with tempfile.TemporaryDirectory(prefix="cyclint-holders-") as folder:
        for imports, body, expected in KNOWN:
            check_found(checks, findings(folder, program(imports, body)), expected, body)
        for body, holders, expected in HOLDERS:
            check_found(checks, findings(folder, program("import acme", body), holders), expected, "%s: %s" % (holders, body))
        check_wrong(checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
