#!/usr/bin/env python3
"""The two hooks, run by pre-commit itself on commits to a throw-away repository.

The hooks come from a copy of this checkout as it lies here, committed or not.  pre-commit is the
one on the PATH, or is installed into build/pre-commit.
"""

import os
import shutil
import subprocess
import sys
import tempfile

from harness import ROOT, Checks

CLEAN = '"""Nothing to see."""\n\n\ndef double(number):\n    return 2 * number\n'
FINDING = (
    '"""A default that every call shares."""\n\n\n'
    "def collect(item, found=[]):\n    found.append(item)\n    return found\n"
)
RULE = "mutable-default"
CONFIG = "repos:\n- repo: %s\n  rev: %s\n  hooks:\n  - id: %s\n"
IDENTITY = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]


def run(command, cwd, **environment):
    return subprocess.run(
        command,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(clean_environment(), **environment),
    )


def clean_environment():
    """Git's own variables would lead out of the throw-away repository when a hook runs this."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def git(folder, *arguments, **environment):
    done = run(["git", *IDENTITY, *arguments], folder, **environment)
    done.is_done = done.returncode == 0
    return done


def pre_commit():
    found = shutil.which("pre-commit")
    if found:
        return found
    folder = os.path.join(ROOT, "build", "pre-commit")
    program = os.path.join(folder, "bin", "pre-commit")
    if not os.path.exists(program):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [os.path.join(folder, "bin", "python"), "-m", "pip", "install", "-q"]
        subprocess.run([*pip, "pre-commit"], check=True)
    return program


def copy_of_checkout(folder):
    """A repository whose only commit is what lies here; its path and the commit's name."""
    listed = git(ROOT, "ls-files", "-co", "--exclude-standard", "-z").stdout
    for path in filter(None, listed.split("\0")):
        if os.path.exists(os.path.join(ROOT, path)):
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            shutil.copy2(os.path.join(ROOT, path), os.path.join(folder, path))
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "A copy"]):
        done = git(folder, *arguments)
        assert done.is_done, done.stdout
    return git(folder, "rev-parse", "HEAD").stdout.strip()


class Project:
    """A user's repository with one hook installed."""

    def __init__(self, folder, source, revision, hook, home):
        self.folder = folder
        self.home = home
        os.makedirs(folder)
        git(folder, "init", "-q")
        self.write(".pre-commit-config.yaml", CONFIG % (source, revision, hook))
        installed = run([pre_commit(), "install"], folder, PRE_COMMIT_HOME=home)
        assert installed.returncode == 0, installed.stdout

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as opened:
            opened.write(text)

    def commit(self, *names, **environment):
        git(self.folder, "add", *names)
        return git(self.folder, "commit", "-m", "A change", PRE_COMMIT_HOME=self.home, **environment)


def check_files_hook(checks, project):
    project.write("clean.py", CLEAN)
    done = project.commit(".pre-commit-config.yaml", "clean.py")
    checks.check(done.is_done, "cyclint: a clean commit passes", done.stdout)
    project.write("finding.py", FINDING)
    done = project.commit("finding.py")
    checks.check(not done.is_done, "cyclint: a commit with a finding is refused", done.stdout)
    checks.check(RULE in done.stdout, "cyclint: and the finding is shown", done.stdout)
    project.write("finding.py", CLEAN)
    done = project.commit("finding.py")
    checks.check(done.is_done, "cyclint: once mended it passes", done.stdout)


def check_project_hook(checks, project):
    project.write("finding.py", FINDING)
    done = project.commit(".pre-commit-config.yaml", "finding.py", SKIP="cyclint-project")
    checks.check(done.is_done, "cyclint-project: pre-commit can be told to skip it", done.stdout)
    project.write("notes.txt", "nothing\n")
    done = project.commit("notes.txt")
    checks.check(not done.is_done, "cyclint-project: sees files that the commit leaves", done.stdout)
    checks.check(RULE in done.stdout, "cyclint-project: and shows the finding", done.stdout)


def check_diff(checks, project):
    """The whole project in view, the lines of the commit alone reported."""
    project.write("finding.py", FINDING)
    config = os.path.join(project.folder, ".pre-commit-config.yaml")
    with open(config, "a", encoding="utf-8") as opened:
        opened.write("    args: [--diff, HEAD, .]\n")
    done = project.commit(".pre-commit-config.yaml", "finding.py", SKIP="cyclint-project")
    checks.check(done.is_done, "cyclint-project, --diff: skipped", done.stdout)
    project.write("finding.py", FINDING + "\n\nNOTE = 1\n")
    done = project.commit("finding.py")
    checks.check(done.is_done, "cyclint-project, --diff: an old finding is no matter", done.stdout)
    project.write("other.py", FINDING)
    project.write("finding.py", FINDING.replace("found=[]", "found=[ ]"))
    done = project.commit("other.py")
    checks.check(not done.is_done and "other.py" in done.stdout and "finding.py" not in done.stdout,
                 "cyclint-project, --diff: what is not staged is not looked at", done.stdout)
    git(project.folder, "add", "-A")
    done = git(project.folder, "commit", "-am", "A change", PRE_COMMIT_HOME=project.home)
    checks.check(not done.is_done and "other.py" in done.stdout and "finding.py" in done.stdout,
                 "cyclint-project, --diff: commit -a", done.stdout)


def main():
    checks = Checks("pre-commit")
    with tempfile.TemporaryDirectory(prefix="cyclint-hooks-") as folder:
        source, home = os.path.join(folder, "source"), os.path.join(folder, "home")
        revision = copy_of_checkout(source)
        for n, (hook, check) in enumerate((("cyclint", check_files_hook), ("cyclint-project", check_project_hook),
                                           ("cyclint-project", check_diff))):
            check(checks, Project(os.path.join(folder, "%s-%d" % (hook, n)), source, revision, hook, home))
    checks.finish()


if __name__ == "__main__":
    main()
