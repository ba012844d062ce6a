"""The code that is measured on: pinned packages from the registry, those of tests/precision."""

import os
import shutil
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "bench")

sys.path.insert(0, os.path.join(ROOT, "tests", "precision"))
import precision  # noqa: E402

# Frameworks, a toolkit for texts, a job queue: 400,000 lines; more would take the slowest too long.
PACKAGES = ("django", "celery", "docutils", "kombu", "scrapy", "werkzeug", "jinja2", "click", "flask",
            "urllib3", "requests")
SMALL = ("click", "flask", "jinja2", "requests", "werkzeug")  # to be multiplied
ONE_FILE_BYTES = 13_000  # the size of file that "one file" is


def copy(names, name):
    """A folder of copies, so that nothing around it counts: no configuration, no git."""
    folder = os.path.join(BUILD, name)
    shutil.rmtree(folder, ignore_errors=True)
    packages = precision.fetch(precision.REQUIREMENTS)
    for package in names:
        shutil.copytree(os.path.join(packages, package), os.path.join(folder, package),
                        ignore=lambda _, found: [f for f in found if "." in f and not f.endswith((".py", ".dist-info"))])
    return folder


def files(folder):
    return sorted(os.path.join(path, name) for path, _, names in os.walk(folder) for name in names
                  if name.endswith(".py"))


def size(paths):
    """Lines and bytes."""
    lines = n_bytes = 0
    for path in paths:
        with open(path, "rb") as file:
            text = file.read()
        lines, n_bytes = lines + text.count(b"\n"), n_bytes + len(text)
    return lines, n_bytes


def one_file(paths):
    """The file whose size is nearest to that of a common module."""
    return min(paths, key=lambda path: (abs(os.path.getsize(path) - ONE_FILE_BYTES), path))
