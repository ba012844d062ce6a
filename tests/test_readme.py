#!/usr/bin/env python3
"""Runs what README.md shows.

    tests/test_readme.py [--bless]     writes what the tool prints into the README

A ```python block begins with a comment that names its file.  A ```console block is a command after
`$` and what it prints.  The make targets of ```sh blocks must exist, their cyclint commands and
those of ```yaml blocks must run, a ```toml block must be a configuration, `explain` must know the
rules the text names.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile

from harness import BINARY, ROOT, Checks

README = os.path.join(ROOT, "README.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
USAGE_ERROR = 32


def run(command, folder):
    path = os.path.dirname(BINARY) + os.pathsep + os.environ["PATH"]
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ, PATH=path, LC_ALL="C.UTF-8"),
    )


def write_file(block, folder):
    name = re.match(r"# (\S+\.py)\n", block).group(1)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as opened:
        opened.write(block)


def output_of(block, folder):
    command = re.match(r"\$ (.*)\n", block).group(1)
    return "$ %s\n%s" % (command, run(command, folder).stdout)


def check_commands(checks, block, folder):
    """Lines of a shell or YAML block that call make or cyclint."""
    os.makedirs(os.path.join(folder, "src"), exist_ok=True)
    for line in block.splitlines():
        command = re.sub(r"^\s*(- )?(run: )?", "", line).split("#")[0].strip()
        if command.startswith("make "):
            done = run("make -n --no-print-directory " + command[5:], ROOT)
            checks.check(done.returncode == 0, command + " is a target", done.stdout)
        elif command.startswith("cyclint "):
            done = run(command, folder)
            checks.check(0 <= done.returncode < USAGE_ERROR, command, done.stdout)


def check_configuration(checks, block, folder):
    with open(os.path.join(folder, "pyproject.toml"), "w", encoding="utf-8") as opened:
        opened.write(block)
    done = run("cyclint --rcfile=pyproject.toml mail.py", folder)
    checks.check(0 <= done.returncode < USAGE_ERROR, "the configuration is one", done.stdout)
    os.remove(os.path.join(folder, "pyproject.toml"))


def check_hooks(checks, block):
    """The ids the README offers are those of the hooks file."""
    with open(os.path.join(ROOT, ".pre-commit-hooks.yaml"), encoding="utf-8") as opened:
        known = re.findall(r"^- id: (\S+)", opened.read(), re.MULTILINE)
    for name in re.findall(r"- id: (\S+)", block):
        checks.check(name in known, "there is a hook " + name)


def check_text(checks, text):
    for command in re.findall(r"`(cyclint [^`]+)`", text):
        done = run(command, ROOT)
        checks.check(done.returncode == 0, command, done.stdout)
    for formats in re.findall(r"cyclint -f sarif.*# also (.*)", text):
        for name in formats.split(", "):
            done = run("cyclint -f %s tests/harness.py" % shlex.quote(name), ROOT)
            checks.check(done.returncode < USAGE_ERROR, "format " + name, done.stdout)


def main(is_blessing):
    checks = Checks("README.md")
    with open(README, encoding="utf-8") as opened:
        text = opened.read()
    with tempfile.TemporaryDirectory(prefix="cyclint-readme-") as folder:

        def visit(match):
            kind, block = match.groups()
            if kind == "python":
                write_file(block, folder)
            elif kind == "console":
                found = output_of(block, folder)
                checks.equal(found, block, block.split("\n")[0])
                block = found
            elif kind == "toml":
                check_configuration(checks, block, folder)
            else:
                check_commands(checks, block, folder)
                check_hooks(checks, block)
            return "```%s\n%s```" % (kind, block)

        blessed = BLOCK.sub(visit, text)
    if is_blessing:
        with open(README, "w", encoding="utf-8") as opened:
            opened.write(blessed)
        return
    check_text(checks, text)
    checks.finish()


if __name__ == "__main__":
    main("--bless" in sys.argv)
