"""Who is compared: each does what it has that is nearest to cyclint's work.

Their versions and hashes are in requirements.txt and package-lock.json; they are installed into
build/bench.
"""

import os
import shutil
import subprocess
import sys
from typing import Callable, NamedTuple, Optional

from corpus import BUILD, ROOT
from measure import PROGRAMS

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(BUILD, "venv")
NODE = os.path.join(BUILD, "node")
CACHES = os.path.join(BUILD, "caches")
BINARY = os.path.join(ROOT, os.environ.get("CYCLINT", "build/cyclint"))
RELEASE = os.path.join(ROOT, "build", "release", "cyclint")
PARSE_ONLY = os.path.join(PROGRAMS, "parse_only")

RUFF_RULES = "SIM115,B006,B019,PLW0602,PLW0603,RUF006"
PYLINT_RULES = ("consider-using-with,dangerous-default-value,method-cache-max-size-none,global-variable-undefined,"
                "global-variable-not-assigned")


class Contender(NamedTuple):
    name: str
    does: str
    command: Callable  # (path, threads) -> words
    warm: Optional[Callable] = None  # (path, cache folder) -> words; None without a cache of its own
    reads_list: bool = False  # the paths come on the standard input
    environment: Callable = lambda threads: {}


def venv(name):
    return os.path.join(VENV, "bin", name)




def cyclint(name, does, binary):
    return Contender(name, does, lambda path, threads: [binary, "--isolated", "--no-cache", "-j%d" % threads, path],
                     lambda path, cache: [binary, "--isolated", "--cache-dir", cache, path])


CONTENDERS = (
    Contender("tree-sitter", "parses, and nothing else", lambda path, threads: [PARSE_ONLY], reads_list=True),
    cyclint("cyclint", "all default rules, the whole program", BINARY),
    *([cyclint("cyclint optimized", "the same, from `make release`", RELEASE)] if os.path.exists(RELEASE) else []),
    Contender(
        "ast-grep", "one pattern, `open($$$)`",
        lambda path, threads: [venv("ast-grep"), "run", "-p", "open($$$A)", "-l", "python", "-j%d" % threads,
                               "--no-ignore", "vcs", path]),
    Contender(
        "ruff", "six rules: " + RUFF_RULES.replace(",", ", "),
        lambda path, threads: [venv("ruff"), "check", "--isolated", "--no-cache", "--select", RUFF_RULES, path],
        lambda path, cache: [venv("ruff"), "check", "--isolated", "--cache-dir", cache, "--select", RUFF_RULES, path],
        environment=lambda threads: {"RAYON_NUM_THREADS": str(threads)}),
    Contender(
        "pylint", "five messages: " + PYLINT_RULES.replace(",", ", "),
        lambda path, threads: [venv("pylint"), "--rcfile=" + os.devnull, "--disable=all", "--enable=" + PYLINT_RULES,
                               "--recursive=y", "-j%d" % threads, path]),
    Contender(
        "pyright", "types",
        lambda path, threads: [os.path.join(NODE, "node_modules", ".bin", "pyright"), "--threads", str(threads),
                               path]),
)


def install():
    """Installs what is not there yet."""
    os.makedirs(BUILD, exist_ok=True)
    requirements = os.path.join(HERE, "requirements.txt")
    stamp = os.path.join(VENV, "requirements.txt")
    if not os.path.exists(stamp) or open(stamp).read() != open(requirements).read():
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([venv("python"), "-m", "pip", "install", "-q", "--disable-pip-version-check",
                        "--require-hashes", "-r", requirements], check=True)
        shutil.copyfile(requirements, stamp)
    lock = os.path.join(HERE, "package-lock.json")
    stamp = os.path.join(NODE, "package-lock.json")
    if not os.path.exists(os.path.join(NODE, "node_modules")) or open(stamp).read() != open(lock).read():
        shutil.rmtree(NODE, ignore_errors=True)
        os.makedirs(NODE)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(os.path.join(HERE, name), os.path.join(NODE, name))
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=NODE, check=True)


def version(contender):
    """As the tool tells it; "" for tree-sitter, whose version package.json has."""
    if contender.reads_list:
        return ""
    program = contender.command(".", 1)[0]
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return next(word for word in done.stdout.split() if word[0].isdigit())
