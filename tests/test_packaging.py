#!/usr/bin/env python3
"""The wheel that the in-tree backend builds: whole, tagged for this platform, installable."""

import base64
import csv
import hashlib
import os
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile

from harness import BINARY, ROOT, Checks

sys.path.insert(0, os.path.join(ROOT, "packaging"))
import build_backend  # noqa: E402


def check_record(checks, wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        record = next(name for name in names if name.endswith("/RECORD"))
        rows = list(csv.reader(archive.read(record).decode().splitlines()))
        checks.equal([row[0] for row in rows], names, "RECORD names every file")
        for name, digest, size in rows:
            if name != record:
                data = archive.read(name)
                found = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                checks.equal(("sha256=" + found, str(len(data))), (digest, size), "RECORD of " + name)


def check_installation(checks, wheel, folder):
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    scripts = os.path.join(folder, "bin")
    install = [os.path.join(scripts, "python"), "-m", "pip", "install", "-q", "--no-index", wheel]
    done = subprocess.run(install, capture_output=True, text=True)
    checks.check(done.returncode == 0, "pip installs the wheel", done.stderr)
    said = [
        subprocess.run([binary, "--version"], capture_output=True, text=True).stdout
        for binary in (os.path.join(scripts, "cyclint"), BINARY)
    ]
    checks.check(said[0] == said[1] != "", "the installed program is the one just built", said)
    version = build_backend.project_field("version")
    checks.check(version in said[1].split(), "pyproject.toml and --version agree", said[1])


def check_sdist(checks, folder):
    with tarfile.open(os.path.join(folder, build_backend.build_sdist(folder))) as archive:
        names = {name.split("/", 1)[-1] for name in archive.getnames()}
    for needed in ("PKG-INFO", "pyproject.toml", "Makefile", "analyzer/cli/main.c"):
        checks.check(needed in names, "the source archive has " + needed)
    checks.check(not any(name.startswith(("build/", ".git/")) for name in names), "and no products")


def main():
    checks = Checks("packaging")
    with tempfile.TemporaryDirectory(prefix="cyclint-wheel-") as folder:
        name = build_backend.build_wheel(folder)
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        checks.check(name.endswith("-py3-none-%s.whl" % platform), "the tag", name)
        check_record(checks, os.path.join(folder, name))
        check_installation(checks, os.path.join(folder, name), os.path.join(folder, "venv"))
        check_sdist(checks, folder)
    checks.finish()


if __name__ == "__main__":
    main()
