#!/usr/bin/env python3
"""What a user says of resources: `makers`, `closers` and `borrowers`, and the table they add to."""

import os
import tempfile

from harness import Checks, cyclint

CODE = """\
import acme
from acme import lease as borrow
from app.store import Store, checksum, open_log, quietly


def drop():
    acme.lease("x")
    return borrow("y").read()


def forget():
    held = acme.lease("x")
    return held.read()


def release():
    held = acme.lease("x")
    held.release()


def drop_own():
    return open_log("x").read()


def drop_store():
    return Store().read()


def sum_up(path):
    file = open(path)
    return checksum(file)


def hand_over(path):
    file = open(path)
    try:
        return file.read()
    finally:
        quietly(file)
"""

STORE = """\
class Store:
    def read(self):
        return ""


def open_log(path):
    return Store()


def checksum(file):
    return Store.sum(file)


def quietly(file):
    Store.close(file)
"""

# What is said, and the lines it adds to those reported.
SAID = (
    ({}, set()),
    ({"makers": ["acme.lease"]}, {7, 8, 12, 17}),
    ({"makers": ["acme.lease until release"]}, {7, 8, 12}),
    ({"makers": ["acme.lease as lease until release async"]}, {7, 8, 12}),
    ({"makers": ["app.store.open_log"]}, {22}),
    ({"makers": ["app.store.Store until close"]}, {22, 26}),
    ({"borrowers": ["app.store.checksum"]}, {30}),
    ({"closers": ["app.store.quietly"]}, set()),
)

WRONG = (
    ("makers", "acme.lease untill release", "'untill' cannot stand here: did you mean 'until'?"),
    ("makers", "acme.lease asynk", "'asynk' cannot stand here: did you mean 'async'?"),
    ("makers", "acme.lease until", "'until' must be followed by the name of a method"),
    ("makers", "acme.lease until a.b", "'a.b' is no name of a method"),
    ("makers", "acme.lease as", "'as' must be followed by what to call it"),
    ("makers", "acme..lease", "'acme..lease' is no name such as 'package.function'"),
    ("closers", "acme.close quietly", "'acme.close quietly' is no name such as 'package.function'"),
    ("borrowers", "1acme", "'1acme' is no name such as 'package.function'"),
)

RULES = "--enable=resource-dropped,resource-not-closed,use-after-close"


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as opened:
        opened.write(text)


def config(said):
    return "".join("%s = [%s]\n" % (key, ", ".join('"%s"' % one for one in words)) for key, words in said.items())


def lines(folder, *arguments):
    answer = cyclint(
        "--no-cache", "--disable=all", RULES, "--output-format=json2", *arguments, "app", cwd=folder
    )
    return {message["line"] for message in answer.messages()}


def check_said(checks, folder):
    for said, expected in SAID:
        write(folder, ".cyclintrc.toml", config(said))
        checks.equal(lines(folder), expected, "in the configuration: %s" % said)
        options = ["--%s=%s" % (key, ",".join(words)) for key, words in said.items()]
        checks.equal(lines(folder, "--isolated", *options), expected, "as options: %s" % said)


def check_more_closers(checks, folder):
    """What is said of a maker that is known is added to what is known."""
    write(folder, "app/log.py", 'def f(path):\n    file = open(path)\n    file.finish()\n')
    checks.equal(lines(folder, "--isolated"), {2}, "open() without more")
    checks.equal(lines(folder, "--isolated", "--makers=open until finish"), set(), "open() until finish()")
    listed = cyclint("--isolated", "--makers=open until finish", "--list-makers").out.splitlines()
    checks.check("open as file until close until detach until finish" in listed, "the list", listed[:3])
    os.unlink(os.path.join(folder, "app/log.py"))


def check_wrong(checks, folder):
    for key, words, expected in WRONG:
        write(folder, ".cyclintrc.toml", 'disable = []\n%s = [\n  "%s",\n]\n' % (key, words))
        answer = cyclint("app", cwd=folder)
        where = ".cyclintrc.toml:3:3: '%s': " % key
        checks.check(answer.status == 32 and where + expected in answer.err, words, answer.err)
        answer = cyclint("--isolated", "--" + key, words, "app", cwd=folder)
        checks.check("'--%s': %s" % (key, expected) in answer.err, "as option: " + words, answer.err)
    write(folder, ".cyclintrc.toml", 'maker = ["x"]\n')
    answer = cyclint("app", cwd=folder)
    checks.check("there is no key 'maker': did you mean 'makers'?" in answer.err, "maker", answer.err)
    os.unlink(os.path.join(folder, ".cyclintrc.toml"))


def check_list(checks):
    """What --list-makers writes, --makers reads; and the table is as long as it should be."""
    listed = cyclint("--isolated", "--list-makers").out
    again = cyclint("--isolated", "--list-makers", *("--makers=" + line for line in listed.splitlines()))
    checks.equal(
        {line.split()[0] for line in again.out.splitlines()},
        {line.split()[0] for line in listed.splitlines()},
        "the list read again",
    )
    for name in (
        "open io.open os.open dbm.open bz2.open gzip.open lzma.open zipfile.ZipFile tarfile.open shelve.open "
        "wave.open tokenize.open urllib.request.urlopen http.client.HTTPConnection smtplib.SMTP ftplib.FTP "
        "socket.socket ssl.wrap_socket selectors.DefaultSelector mmap.mmap sqlite3.connect subprocess.Popen "
        "multiprocessing.Pool concurrent.futures.ThreadPoolExecutor tempfile.TemporaryFile os.scandir "
        "asyncio.open_connection asyncio.start_server requests.Session httpx.Client aiohttp.ClientSession "
        "psycopg.connect redis.Redis PIL.Image.open h5py.File pyarrow.OSFile grpc.insecure_channel"
    ).split():
        checks.check("\n%s " % name in "\n" + listed, name + " is a maker")


def main():
    checks = Checks("makers")
    with tempfile.TemporaryDirectory(prefix="cyclint-makers-") as folder:
        write(folder, "app/__init__.py", "")
        write(folder, "app/use.py", CODE)
        write(folder, "app/store.py", STORE)
        check_said(checks, folder)
        check_more_closers(checks, folder)
        check_wrong(checks, folder)
    check_list(checks)
    checks.finish()


if __name__ == "__main__":
    main()
