#!/bin/sh
# new_rule.sh NAME CODE - begins a rule: its C file, query, examples and proof.
#
# What it writes is a small rule that works, to be changed into the one that is meant; no list is
# edited anywhere.
set -eu

fail()
{
    echo "new-rule: $1" >&2
    exit 1
}

name=$1
code=$2
usage='make new-rule NAME=some-name CODE=W9199'
echo "$name" | grep -Eqx '[a-z][a-z0-9]*(-[a-z0-9]+)*' || fail "a name is lower-case words with '-' between: $usage"
echo "$code" | grep -Eqx '[EWRCI]9[1-9][0-9]{2}' || fail "a code is E, W, R, C or I, and 9100 to 9999: $usage"
if grep -l "\"[EWRCI]${code#?}\"" rules/*.c analyzer/report/*.c; then
    fail "that number is taken by the file above"
fi
for file in "rules/$name.c" "queries/$name.scm" "fixtures/$name"; do
    [ ! -e "$file" ] || fail "$file is there already"
done
identifier=$(echo "$name" | tr - _)

cat >"rules/$name.c" <<END
/*
 * A call of sleep_forever(): say here what goes wrong, in one sentence.
 *
 * Then the idea: the query finds the places, and the default check reports each.  What a pattern
 * cannot say goes into a \`check\` of its own, which sees the whole program; the other files here are
 * examples.
 */
#include "rule.h"

const struct rule rule_$identifier = {
    .code = "$code",
    .name = "$name",
    .message = "'{name}' never returns",
    .why = "What will happen, when, and how one would notice.",
    .instead = "What to write instead.",
    .since = "",
    .confidence = CONFIDENCE_LIKELY,
};
END
cat >"queries/$name.scm" <<END
; A call by this very name.
(call
  function: (identifier) @name
  (#eq? @name "sleep_forever")) @report
END
mkdir -p "fixtures/$name"
cat >"fixtures/$name/bad.py" <<END
"""The smallest program someone might really write, and what is wrong with it."""

import time


def sleep_forever():
    while True:
        time.sleep(1)


def wait():
    sleep_forever()  # [$name]
END
cat >"fixtures/$name/good.py" <<END
"""The same done well, and what only looks like it."""

import time


def wait(seconds):
    time.sleep(seconds)


def wait_briefly():
    wait(0)
END
cat >"fixtures/$name/prove.py" <<END
"""CPython's word on $name: run bad.py and good.py, and assert what the rule claims."""

import good

assert good.wait_briefly() is None
END
echo "wrote rules/$name.c, queries/$name.scm, fixtures/$name/"
echo "next: change them; make bless ONLY=$name; make test ONLY=fixtures"
