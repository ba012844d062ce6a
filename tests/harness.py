"""What the test programs share: the binary under test, running it, and counting checks.

Each test program prints what failed and, as its last line, `N passed, N failed`; its exit status
is 1 when something failed.
"""

import json
import os
import signal
import subprocess
import sys
import threading

# A job in a shell's background ignores the interrupt, and so would all it starts: some tests send one.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BINARY = os.path.join(ROOT, os.environ.get("CYCLINT", "build/cyclint"))
FIXTURES = os.path.join(ROOT, "fixtures")
TIME_LIMIT = 300  # seconds for one run; a sanitizer build over a standard library takes a minute
# What no run may end with: 1 (a file could not be analysed), 32 (usage), or a signal.
FATAL_BITS = 1 | 32


class Answer:
    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    @property
    def is_sane(self):
        return 0 <= self.status < FATAL_BITS and not self.status & FATAL_BITS

    def messages(self):
        """The findings of a json2 run."""
        return json.loads(self.out)["messages"]

    def __str__(self):
        return "exit status %d\n%s%s" % (self.status, self.out[-2000:], self.err[-2000:])


def cyclint(*arguments, cwd=ROOT, stdin=b"", environment=None):
    done = subprocess.run(
        [BINARY, *arguments],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        timeout=TIME_LIMIT,
        env={**os.environ, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", **(environment or {})},
    )
    return Answer(done)


def supports(option, _known=[]):
    """Whether the binary has this option, so that a test can name it before it is there."""
    if not _known:
        _known.append(cyclint("--help").out.split())
    return any(word.rstrip(",") == option or word.startswith(option + "=") for word in _known[0])


class Checks:
    def __init__(self, name):
        self.name = name
        self.n_passed = self.n_failed = 0
        self.lock = threading.Lock()

    def check(self, is_right, what, detail=""):
        with self.lock:
            if is_right:
                self.n_passed += 1
                return
            self.n_failed += 1
            print("FAIL %s: %s" % (self.name, what))
            for line in str(detail).splitlines()[:40]:
                print("     " + line)

    def equal(self, found, expected, what):
        self.check(found == expected, what, "expected: %s\nfound:    %s" % (expected, found))

    def finish(self):
        print("%d passed, %d failed" % (self.n_passed, self.n_failed))
        sys.exit(1 if self.n_failed or not self.n_passed else 0)
