/*
 * python2.c - whether a file is written in Python 2, told by what Python 3 cannot read.
 *
 * The grammar reads both.  `print >>f, x` is left aside: Python 3 reads it, too, in another sense.
 * So it does `except A, b:` since 3.14: whether b is a class or a name for the exception, its
 * letters tell.
 */
#include "facts/python2.h"

#include <string.h>

static enum python2 print_or_exec(const struct tree *tree, uint32_t i)
{
    uint32_t first = tree_first_named(tree, i);
    bool is_other = first == 0 || tree->nodes[first].kind == KIND_CHEVRON
                    || tree->nodes[i].flags & NODE_HAS_ERROR;
    return is_other                                      ? PYTHON2_NOT
           : tree->nodes[i].kind == KIND_PRINT_STATEMENT ? PYTHON2_PRINT
                                                         : PYTHON2_EXEC;
}

/* 0777, 10L. */
static enum python2 integer(const char *s, size_t n)
{
    if (n > 1 && (s[n - 1] == 'L' || s[n - 1] == 'l')) {
        return PYTHON2_LONG;
    }
    bool is_octal = n > 1 && s[0] == '0';
    bool has_value = false;
    for (size_t i = 1; i < n && is_octal; i++) {
        is_octal = s[i] >= '0' && s[i] <= '7';
        has_value = has_value || s[i] != '0';
    }
    return is_octal && has_value ? PYTHON2_OCTAL : PYTHON2_NOT;
}

/* The beginning of a string: `, ur". */
static enum python2 string_start(const char *s, size_t n)
{
    bool is_raw_unicode = n > 2 && (s[0] | 0x20) == 'u' && (s[1] | 0x20) == 'r';
    return n > 0 && s[0] == '`' ? PYTHON2_BACKQUOTES
           : is_raw_unicode     ? PYTHON2_RAW_UNICODE
                                : PYTHON2_NOT;
}

static enum python2 raise(const struct tree *tree, uint32_t i)
{
    uint32_t first = tree_first_named(tree, i);
    return first != 0 && tree->nodes[first].kind == KIND_EXPRESSION_LIST ? PYTHON2_RAISE
                                                                         : PYTHON2_NOT;
}

static enum python2 parameters(const struct tree *tree, uint32_t i)
{
    uint32_t end = tree_end(tree, i);
    for (uint32_t child = i + 1; child < end; child = tree_end(tree, child)) {
        if (tree->nodes[child].kind == KIND_TUPLE_PATTERN) {
            return PYTHON2_TUPLE_PARAMETER;
        }
    }
    return PYTHON2_NOT;
}

/* A name that no exception class has: small letters only, and none of the standard library's. */
static bool is_name_of_exception(const char *s, size_t n)
{
    static const char *const classes[] = {"error", "timeout", "herror", "gaierror", NULL};
    for (const char *const *class = classes; *class != NULL; class ++) {
        if (strlen(*class) == n && memcmp(*class, s, n) == 0) {
            return false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!(s[i] >= 'a' && s[i] <= 'z') && s[i] != '_') {
            return false;
        }
    }
    return true;
}

/* `except A, b:`. */
static enum python2 except(const struct tree *tree, uint32_t i)
{
    uint32_t end = tree_end(tree, i), n_values = 0, last = 0;
    for (uint32_t child = i + 1; child < end; child = tree_end(tree, child)) {
        if (tree->nodes[child].field == FIELD_VALUE) {
            n_values++;
            last = child;
        }
    }
    const struct node *name = &tree->nodes[last];
    return n_values == 2 && name->kind == KIND_IDENTIFIER
                   && is_name_of_exception(tree->bytes + name->start, name->end - name->start)
               ? PYTHON2_EXCEPT
               : PYTHON2_NOT;
}

enum python2 python2_at_error(const struct tree *tree, uint32_t *offset)
{
    uint32_t start = tree->error_offset;
    while (start > 0 && tree->bytes[start - 1] != '\n') {
        start--;
    }
    while (start < tree->error_offset && strchr(" \t\f", tree->bytes[start]) != NULL) {
        start++;
    }
    *offset = start;
    const char *s = tree->bytes + start;
    size_t n = tree->n_bytes - start;
    bool is_print = n > 6 && strncmp(s, "print ", 6) == 0;
    size_t word = is_print ? 6 : 5;
    if (!is_print && !(n > 5 && strncmp(s, "exec ", 5) == 0)) {
        return PYTHON2_NOT;
    }
    while (word < n && s[word] == ' ') {
        word++;
    }
    bool is_other = word == n || strchr("(=.,:[", s[word]) != NULL;
    return is_other ? PYTHON2_NOT : is_print ? PYTHON2_PRINT : PYTHON2_EXEC;
}

enum python2 python2_at(const struct tree *tree, uint32_t i)
{
    const struct node *node = &tree->nodes[i];
    const char *s = tree->bytes + node->start;
    size_t n = node->end - node->start;
    switch (node->kind) {
    case KIND_PRINT_STATEMENT:
    case KIND_EXEC_STATEMENT:
        return print_or_exec(tree, i);
    case KIND_TOKEN_LESS_GREATER:
        return PYTHON2_UNEQUAL;
    case KIND_INTEGER:
        return integer(s, n);
    case KIND_STRING_START:
        return string_start(s, n);
    case KIND_RAISE_STATEMENT:
        return raise(tree, i);
    case KIND_PARAMETERS:
    case KIND_LAMBDA_PARAMETERS:
        return parameters(tree, i);
    case KIND_EXCEPT_CLAUSE:
        return except(tree, i);
    default:
        return PYTHON2_NOT;
    }
}

const char *python2_name(enum python2 what)
{
    static const char *const names[N_PYTHON2] = {
        [PYTHON2_NOT] = "",
        [PYTHON2_PRINT] = "a print statement",
        [PYTHON2_EXEC] = "an exec statement",
        [PYTHON2_BACKQUOTES] = "backquotes",
        [PYTHON2_UNEQUAL] = "<>",
        [PYTHON2_OCTAL] = "an octal number without 0o",
        [PYTHON2_LONG] = "a long number",
        [PYTHON2_RAW_UNICODE] = "a string ur\"\"",
        [PYTHON2_RAISE] = "raise with a comma",
        [PYTHON2_TUPLE_PARAMETER] = "a tuple as a parameter",
        [PYTHON2_EXCEPT] = "except with a comma",
    };
    return names[what];
}
