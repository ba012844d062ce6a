#!/usr/bin/env python3
"""Runs what README.md shows.

    tests/test_readme.py [--bless]     writes what the tool prints into the README

A ```python or ```scheme block begins with a comment that names its file.  A ```console block is a command after
`$` and what it prints.  The make targets of ```sh blocks must exist, their cyclint commands and
those of ```yaml blocks must run, a ```toml block must be a configuration, `explain` must know the
rules the text names.  The table of rules between its two comments is made from what the tool says
of them.
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
TABLE = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- end of rules -->)", re.DOTALL)
FAMILIES = {
    "90": "The analysis itself",
    "91": "Reference cycles",
    "92": "Finalizers",
    "93": "Resources and context managers",
    "94": "Globals and shared state",
    "95": "Weak references",
    "96": "Kept alive",
    "97": "The collector",
    "98": "Object creation",
}
USAGE_ERROR = 32
# What a forge sets for a change to be merged.
CI_VARIABLES = {"GITHUB_BASE_REF": "main", "CI_MERGE_REQUEST_DIFF_BASE_SHA": "HEAD"}


def run(command, folder):
    path = os.path.dirname(BINARY) + os.pathsep + os.environ["PATH"]
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ, PATH=path, LC_ALL="C.UTF-8", **CI_VARIABLES),
    )


def rule_table():
    """One table a family: code, name, whether it is on, and the first sentence of why."""
    enabled = run("cyclint --isolated --list-msgs-enabled", ROOT).stdout
    enabled = set(re.findall(r"\((\w\d{4})\)", enabled.split("Disabled messages:")[0]))
    listed = re.findall(r"^:(\S+) \((\w\d{4})\):.*\n((?:  .*\n)+)", run("cyclint --isolated --list-msgs", ROOT).stdout,
                        re.MULTILINE)
    lines = []
    for family, title in FAMILIES.items():
        lines += ["", "**%s**" % title, "", "| | | why |", "|---|---|---|"]
        for name, code, why in sorted(listed, key=lambda rule: rule[1][1:]):
            if code[1:3] == family:
                first = re.match(r".*?[.:](?= |$)", " ".join(why.split())).group(0)[:-1]
                off = "" if code in enabled else " (off)"
                lines.append("| %s%s | %s | %s |" % (code, off, name, first.replace("|", "\\|")))
    return "\n".join(lines[1:]) + "\n"


def write_file(block, folder):
    name = re.match(r"[#;] (\S+\.(py|scm))\n", block).group(1)
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as opened:
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


def make_repository(folder):
    """The commands that ask git find a first commit, which the branch origin/main is at too."""
    identity = "git -c user.name=Somebody -c user.email=somebody@example.com "
    run("git init -q && %s commit -q --allow-empty -m first && git update-ref refs/remotes/origin/main HEAD" % identity,
        folder)


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

        make_repository(folder)

        def visit(match):
            kind, block = match.groups()
            if kind in ("python", "scheme"):
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
    table = rule_table()
    checks.equal(TABLE.search(text).group(0), table, "the table of rules (make docs)")
    blessed = TABLE.sub(lambda match: table, blessed)
    if is_blessing:
        with open(README, "w", encoding="utf-8") as opened:
            opened.write(blessed)
        return
    check_text(checks, text)
    checks.finish()


if __name__ == "__main__":
    main("--bless" in sys.argv)
