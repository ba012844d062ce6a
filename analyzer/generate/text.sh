#!/bin/sh
# text.sh FILE NAME HEADER: a C source with the text of a file, a line a string.
echo "#include \"$3\""
echo
echo "#pragma GCC diagnostic ignored \"-Woverlength-strings\""
echo
echo "const char $2[] ="
sed 's/\\/\\\\/g; s/"/\\"/g; s/^/    "/; s/$/\\n"/' "$1"
echo '    "";'
