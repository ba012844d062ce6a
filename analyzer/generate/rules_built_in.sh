#!/bin/sh
# rules_built_in.sh RULE.c… - writes the C file that lists the rules of the folder, sorted by code,
# each with the text of its query.
#
# It reads two lines of each rule: `const struct rule rule_<name> = {` and `.code = "W9101",`.

set -eu
LC_ALL=C
export LC_ALL

# Lines of "code name", sorted: the rules.
list()
{
    for file in "$@"; do
        awk -v file="$file" '
            match($0, /^const struct rule rule_[a-z0-9_]+/) {
                name = substr($0, 24, RLENGTH - 23)
            }
            name != "" && code == "" && match($0, /\.code *= *"[A-Z][0-9]+"/) {
                code = substr($0, RSTART, RLENGTH)
                gsub(/^[^"]*"|"$/, "", code)
            }
            END {
                if (name == "" || code == "") {
                    print file ": no `const struct rule rule_… = {` with a `.code`" >"/dev/stderr"
                    exit 1
                }
                print code, name
            }' "$file"
    done | sort
}

# A file as the inside of a C initialiser, a string a line.
quote()
{
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/        "/' -e 's/$/\\n"/' "$1"
}

rules=$(list "$@")
# A failure within a pipe is not seen by set -e.
[ "$(printf '%s\n' "$rules" | grep -c .)" = "$#" ] || exit 1

cat <<'EOF'
/*
 * rules_built_in.c - the rules of the folder rules/, sorted by code; generated.
 */
#include "rules_built_in.h"

EOF
printf '%s\n' "$rules" | while read -r code name; do
    [ -z "$code" ] || echo "extern const struct rule rule_$name;"
done
echo
echo 'const struct rule_built_in rules_built_in[] = {'
printf '%s\n' "$rules" | while read -r code name; do
    [ -n "$code" ] || continue
    query=queries/$(echo "$name" | tr _ -).scm
    if [ -s "$query" ]; then
        echo "    {&rule_$name,"
        quote "$query"
        echo '    },'
    else
        echo "    {&rule_$name, NULL},"
    fi
done
echo '    {NULL, NULL},'
echo '};'
