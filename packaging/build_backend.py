"""Makes a wheel that carries the cyclint binary: a PEP 517 backend that needs no other package.

`pip install .` calls build_wheel() in a checkout; it runs `make`, which fetches the grammars'
sources with npm and compiles.  The wheel's one file of note is a script, the binary itself, so its
tag is that of the platform and of no particular Python.
"""

import base64
import csv
import hashlib
import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAME = "cyclint"
EXECUTABLE = 0o100755 << 16  # where a zip file keeps a Unix mode
PLAIN = 0o100644 << 16
NOT_SOURCE = {"build", "node_modules", ".git", ".cyclint_cache", "__pycache__"}


def get_requires_for_build_wheel(config_settings=None):
    return []


get_requires_for_build_editable = get_requires_for_build_sdist = get_requires_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    binary = compile_binary()
    version = project_field("version")
    tag = "py3-none-" + re.sub(r"[-.]", "_", sysconfig.get_platform())
    info = "%s-%s.dist-info" % (NAME, version)
    with open(binary, "rb") as opened:
        program = opened.read()
    with open(os.path.join(ROOT, "LICENSE"), "rb") as opened:
        license_text = opened.read()
    files = [
        ("%s-%s.data/scripts/%s" % (NAME, version, NAME), program, EXECUTABLE),
        (info + "/METADATA", metadata(version).encode(), PLAIN),
        (info + "/WHEEL", wheel_file(tag).encode(), PLAIN),
        (info + "/LICENSE", license_text, PLAIN),
    ]
    name = "%s-%s-%s.whl" % (NAME, version, tag)
    write_wheel(os.path.join(wheel_directory, name), files, info + "/RECORD")
    return name


# There is no Python code to edit in place: an editable installation is an installation.
build_editable = build_wheel


def build_sdist(sdist_directory, config_settings=None):
    base = "%s-%s" % (NAME, project_field("version"))
    with tarfile.open(os.path.join(sdist_directory, base + ".tar.gz"), "w:gz") as archive:
        for path in source_files():
            archive.add(os.path.join(ROOT, path), os.path.join(base, path))
        info = metadata(project_field("version")).encode()
        entry = tarfile.TarInfo(base + "/PKG-INFO")
        entry.size = len(info)
        archive.addfile(entry, io.BytesIO(info))
    return base + ".tar.gz"


def compile_binary():
    """What make says goes to stderr: pip shows it with -v, or when the build fails."""
    jobs = "-j%d" % (os.cpu_count() or 1)
    try:
        done = subprocess.run(["make", "--no-print-directory", jobs, "all"], cwd=ROOT, stdout=sys.stderr)
    except OSError as error:
        raise SystemExit("cyclint is compiled when it is installed, and that needs make: %s" % error)
    if done.returncode != 0:
        raise SystemExit("cyclint did not compile; `make setup` installs what that needs on Debian")
    return os.path.join(ROOT, "build", NAME)


def project_field(field):
    """A plain string of pyproject.toml's [project]; Python before 3.11 has no TOML reader."""
    with open(os.path.join(ROOT, "pyproject.toml"), encoding="utf-8") as opened:
        project = opened.read().split("[project]", 1)[1].split("\n[", 1)[0]
    return re.search(r'^%s = "(.*)"$' % re.escape(field), project, re.MULTILINE).group(1)


def metadata(version):
    lines = [
        "Metadata-Version: 2.1",
        "Name: " + NAME,
        "Version: " + version,
        "Summary: " + project_field("description"),
        "Requires-Python: " + project_field("requires-python"),
        "Description-Content-Type: text/markdown",
        "",
    ]
    readme = os.path.join(ROOT, "README.md")
    if os.path.exists(readme):
        with open(readme, encoding="utf-8") as opened:
            lines.append(opened.read())
    return "\n".join(lines)


def wheel_file(tag):
    return "Wheel-Version: 1.0\nGenerator: %s\nRoot-Is-Purelib: false\nTag: %s\n" % (NAME, tag)


def write_wheel(path, files, record_name):
    record = io.StringIO()
    rows = csv.writer(record, lineterminator="\n")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data, mode in files:
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.writerow([name, "sha256=" + digest, len(data)])
            write_entry(archive, name, data, mode)
        rows.writerow([record_name, "", ""])
        write_entry(archive, record_name, record.getvalue().encode(), PLAIN)


def write_entry(archive, name, data, mode):
    entry = zipfile.ZipInfo(name)  # dated 1980: the same binary makes the same wheel
    entry.external_attr = mode
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def source_files():
    for parent, folders, names in os.walk(ROOT):
        folders[:] = sorted(set(folders) - NOT_SOURCE)
        for name in sorted(names):
            if not name.endswith(".pyc") and name != ".git":
                yield os.path.relpath(os.path.join(parent, name), ROOT)
