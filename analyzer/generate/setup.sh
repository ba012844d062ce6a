#!/bin/sh
# setup.sh - installs the Debian packages named as arguments, those that are missing.
#
# Nothing is done, and nobody need be root, when all are there.  A machine without apt gets one
# sentence that says what to install.
set -eu

missing=
for package; do
    # Nodesource and hand-made installations have no Debian package: the program is what counts.
    case $package in
    nodejs) command -v node >/dev/null && continue ;;
    python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null && continue ;;
    ninja-build) command -v ninja >/dev/null && continue ;;
    npm | gcc | clang | git | make | python3 | clang-format) command -v "$package" >/dev/null && continue ;;
    esac
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' && continue
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "setup: this is no Debian; please install what your system calls:$missing" >&2
    exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
        echo "setup: please run as root: apt-get install$missing" >&2
        exit 1
    fi
    as_root=sudo
fi
echo "setup: apt-get install$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # the list is meant to be split
$as_root apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 ||
    { $as_root apt-get update -q && $as_root apt-get install -y -q --no-install-recommends $missing; }
