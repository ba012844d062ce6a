#!/bin/sh
# examples.sh FIXTURE.py… - writes the C file with the texts of fixtures/<rule>/bad.py and good.py.

set -eu
LC_ALL=C
export LC_ALL

# A file as a C initialiser, a string a line; NULL when there is no such file.
quote()
{
    if [ -s "$1" ]; then
        sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/     "/' -e 's/$/\\n"/' "$1"
    else
        echo '     0'
    fi
}

cat <<'EOF'
/*
 * examples.c - the example files of the rules; generated.
 */
#include "cli/examples.h"

/* C promises only 4095 characters a string; every compiler we know has no such limit. */
#pragma GCC diagnostic ignored "-Woverlength-strings"

const struct example examples[] = {
EOF
for file in "$@"; do
    dirname "$file"
done | sort -u | while read -r folder; do
    echo "    {\"$(basename "$folder")\","
    quote "$folder/bad.py"
    echo '     ,'
    quote "$folder/good.py"
    echo '    },'
done
cat <<'EOF'
    {0, 0, 0},
};
EOF
