/*
 * grammar_names.c - writes syntax/grammar.h and grammar.c while cyclint is built: the names of the
 * grammar's nodes and fields as C enums, taken from the grammar's own tables.
 *
 * A kind is tree-sitter's public symbol, so that several symbols with one name are one kind; the
 * error node gets the first number after them.  A named node `call` is KIND_CALL, a keyword `if` is
 * KIND_TOKEN_IF, an operator `+=` is KIND_TOKEN_PLUS_EQUAL.  Supertypes (`expression`) have kinds,
 * too, but no node ever has one: kind_is() tells what belongs to them.
 *
 *     grammar_names header | source
 */
#include <tree_sitter/api.h>

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const TSLanguage *tree_sitter_python(void);

enum { MAX_SYMBOLS = 1024, MAX_NAME = 200 };

static const TSLanguage *language;
static uint32_t n_symbols;

static const char *const words[] = {
    ['!'] = "BANG",      ['"'] = "QUOTE",     ['#'] = "HASH",        ['$'] = "DOLLAR",
    ['%'] = "PERCENT",   ['&'] = "AMPERSAND", ['\''] = "APOSTROPHE", ['('] = "LPAREN",
    [')'] = "RPAREN",    ['*'] = "STAR",      ['+'] = "PLUS",        [','] = "COMMA",
    ['-'] = "MINUS",     ['.'] = "DOT",       ['/'] = "SLASH",       [':'] = "COLON",
    [';'] = "SEMICOLON", ['<'] = "LESS",      ['='] = "EQUAL",       ['>'] = "GREATER",
    ['?'] = "QUESTION",  ['@'] = "AT",        ['['] = "LBRACKET",    ['\\'] = "BACKSLASH",
    [']'] = "RBRACKET",  ['^'] = "CARET",     ['`'] = "BACKTICK",    ['{'] = "LBRACE",
    ['|'] = "PIPE",      ['}'] = "RBRACE",    ['~'] = "TILDE",
};

static bool is_supertype(TSSymbol symbol)
{
    return ts_language_symbol_type(language, symbol) == TSSymbolTypeSupertype;
}

/* Whether a node of the tree can have this very number. */
static bool is_public(TSSymbol symbol)
{
    TSSymbolType type = ts_language_symbol_type(language, symbol);
    if (type == TSSymbolTypeAuxiliary || symbol == 0) {
        return false;
    }
    const char *name = ts_language_symbol_name(language, symbol);
    TSSymbol first = ts_language_symbol_for_name(language, name, (uint32_t)strlen(name),
                                                 type != TSSymbolTypeAnonymous);
    return first == symbol;
}

static void append(char *out, const char *word)
{
    if (out[0] != '\0' && out[strlen(out) - 1] != '_') {
        strcat(out, "_");
    }
    strcat(out, word);
}

/* `name` as the tail of a C constant: letters in upper case, every other character as a word. */
static void constant_tail(const char *name, char *out)
{
    out[0] = '\0';
    bool was_letter = false;
    for (const char *c = name; *c != '\0'; c++) {
        char letter[2] = {(char)toupper((unsigned char)*c), '\0'};
        if (isalnum((unsigned char)*c)) {
            was_letter ? (void)strcat(out, letter) : append(out, letter);
            was_letter = true;
        } else {
            was_letter = false;
            if ((unsigned char)*c < sizeof words / sizeof *words && words[(unsigned char)*c]) {
                append(out, words[(unsigned char)*c]);
            }
        }
    }
    if (out[0] == '\0') {
        strcpy(out, "UNDERSCORE");
    }
}

static void kind_constant(TSSymbol symbol, char *out)
{
    char tail[MAX_NAME / 2];
    constant_tail(ts_language_symbol_name(language, symbol), tail);
    bool is_token = ts_language_symbol_type(language, symbol) == TSSymbolTypeAnonymous;
    snprintf(out, MAX_NAME, "KIND_%s%s", is_token ? "TOKEN_" : "", tail);
}

/* Two nodes may be spelled alike in capitals; a silent clash would be found late. */
static void check_distinct(void)
{
    static char seen[MAX_SYMBOLS][MAX_NAME];
    uint32_t n = 0;
    for (uint32_t symbol = 0; symbol < n_symbols; symbol++) {
        if (!is_public((TSSymbol)symbol)) {
            continue;
        }
        kind_constant((TSSymbol)symbol, seen[n]);
        for (uint32_t i = 0; i < n; i++) {
            if (strcmp(seen[i], seen[n]) == 0) {
                fprintf(stderr, "grammar_names: two nodes would be called %s\n", seen[n]);
                exit(1);
            }
        }
        n++;
    }
}

static void write_kinds(void)
{
    printf("enum kind {\n    KIND_INVALID = 0,\n");
    for (uint32_t symbol = 0; symbol < n_symbols; symbol++) {
        if (is_public((TSSymbol)symbol)) {
            char constant[MAX_NAME];
            kind_constant((TSSymbol)symbol, constant);
            printf("    %s = %u,%s\n", constant, symbol,
                   is_supertype((TSSymbol)symbol) ? " /* a supertype */" : "");
        }
    }
    printf("    KIND_ERROR = %u,\n    N_KINDS = %u\n};\n\n", n_symbols, n_symbols + 1);
}

static void write_fields(void)
{
    uint32_t n = ts_language_field_count(language);
    printf("enum field {\n    FIELD_NONE = 0,\n");
    for (uint32_t field = 1; field <= n; field++) {
        char tail[MAX_NAME / 2];
        constant_tail(ts_language_field_name_for_id(language, (TSFieldId)field), tail);
        printf("    FIELD_%s = %u,\n", tail, field);
    }
    printf("    N_FIELDS = %u\n};\n\n", n + 1);
}

static void write_header(void)
{
    printf("/*\n * grammar.h - the kinds of nodes and the fields of tree-sitter-python; generated "
           "from its tables by grammar_names.c.\n */\n"
           "#ifndef CYCLINT_SYNTAX_GRAMMAR_H\n#define CYCLINT_SYNTAX_GRAMMAR_H\n\n"
           "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n");
    write_kinds();
    write_fields();
    printf("/* \"call\", \"+=\", \"ERROR\"; \"\" for a number that is no kind. */\n"
           "const char *kind_name(uint16_t kind);\n\n"
           "/* The kind called so, or KIND_INVALID; supertypes are among the named. */\n"
           "uint16_t kind_find(const char *name, size_t length, bool is_named);\n\n"
           "/* Whether nodes of this kind are named (anonymous ones are keywords, operators, "
           "brackets). */\nbool kind_is_named(uint16_t kind);\n\n"
           "/* Whether the kind groups others (`expression`) and no node has it. */\n"
           "bool kind_is_supertype(uint16_t kind);\n\n"
           "/* Whether `kind` is `supertype` or belongs to it, directly or through another. */\n"
           "bool kind_is(uint16_t kind, uint16_t supertype);\n\n"
           "/* \"name\", \"body\"; \"\" for FIELD_NONE and what is no field. */\n"
           "const char *field_name(uint8_t field);\n\n"
           "/* The field called so, or FIELD_NONE. */\n"
           "uint8_t field_find(const char *name, size_t length);\n\n#endif\n");
}

static void write_string(const char *s)
{
    putchar('"');
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\') {
            putchar('\\');
        }
        putchar(*s);
    }
    putchar('"');
}

enum attribute { IS_NAMED = 1, IS_SUPERTYPE = 2 };

static void write_kind_names(void)
{
    printf("enum { IS_NAMED = 1, IS_SUPERTYPE = 2 };\n\n"
           "static const struct {\n    const char *name;\n    unsigned flags;\n} kinds[N_KINDS] = "
           "{\n");
    for (uint32_t symbol = 0; symbol < n_symbols; symbol++) {
        if (!is_public((TSSymbol)symbol)) {
            continue;
        }
        TSSymbolType type = ts_language_symbol_type(language, (TSSymbol)symbol);
        printf("    [%u] = {", symbol);
        write_string(ts_language_symbol_name(language, (TSSymbol)symbol));
        printf(", %d},\n", (type != TSSymbolTypeAnonymous ? IS_NAMED : 0)
                               | (is_supertype((TSSymbol)symbol) ? IS_SUPERTYPE : 0));
    }
    printf("    [KIND_ERROR] = {\"ERROR\", IS_NAMED},\n};\n\n");
}

/* The members of each supertype, those of supertypes within it included. */
static void write_supertypes(void)
{
    static bool is_member[MAX_SYMBOLS];
    printf("static const struct {\n    uint16_t supertype, kind;\n} members[] = {\n");
    for (uint32_t top = 0; top < n_symbols; top++) {
        if (!is_supertype((TSSymbol)top)) {
            continue;
        }
        memset(is_member, 0, sizeof is_member);
        is_member[top] = true;
        for (bool grew = true; grew;) {
            grew = false;
            for (uint32_t s = 0; s < n_symbols; s++) {
                uint32_t n = 0;
                const TSSymbol *subtypes = is_member[s] && is_supertype((TSSymbol)s)
                                               ? ts_language_subtypes(language, (TSSymbol)s, &n)
                                               : NULL;
                for (uint32_t i = 0; i < n; i++) {
                    grew |= !is_member[subtypes[i]];
                    is_member[subtypes[i]] = true;
                }
            }
        }
        for (uint32_t s = 0; s < n_symbols; s++) {
            if (is_member[s] && s != top) {
                printf("    {%u, %u},\n", top, s);
            }
        }
    }
    printf("    {0, 0},\n};\n\n");
}

static void write_field_names(void)
{
    printf("static const char *const fields[N_FIELDS] = {\n    \"\",\n");
    for (uint32_t field = 1; field <= ts_language_field_count(language); field++) {
        printf("    ");
        write_string(ts_language_field_name_for_id(language, (TSFieldId)field));
        printf(",\n");
    }
    printf("};\n\n");
}

static void write_source(void)
{
    printf("/*\n * grammar.c - the tables behind grammar.h; generated by grammar_names.c.\n */\n"
           "#include \"syntax/grammar.h\"\n\n#include <string.h>\n\n");
    write_kind_names();
    write_supertypes();
    write_field_names();
    printf("const char *kind_name(uint16_t kind)\n{\n"
           "    return kind < N_KINDS && kinds[kind].name != NULL ? kinds[kind].name : \"\";\n}\n\n"
           "bool kind_is_named(uint16_t kind)\n{\n"
           "    return kind < N_KINDS && (kinds[kind].flags & IS_NAMED) != 0;\n}\n\n"
           "bool kind_is_supertype(uint16_t kind)\n{\n"
           "    return kind < N_KINDS && (kinds[kind].flags & IS_SUPERTYPE) != 0;\n}\n\n"
           "uint16_t kind_find(const char *name, size_t length, bool is_named)\n{\n"
           "    for (uint16_t kind = 1; kind < N_KINDS; kind++) {\n"
           "        const char *candidate = kinds[kind].name;\n"
           "        if (candidate != NULL && kind_is_named(kind) == is_named\n"
           "            && strlen(candidate) == length && memcmp(candidate, name, length) == 0) {\n"
           "            return kind;\n        }\n    }\n    return KIND_INVALID;\n}\n\n"
           "bool kind_is(uint16_t kind, uint16_t supertype)\n{\n"
           "    if (kind == supertype) {\n        return true;\n    }\n"
           "    for (size_t i = 0; members[i].supertype != 0; i++) {\n"
           "        if (members[i].supertype == supertype && members[i].kind == kind) {\n"
           "            return true;\n        }\n    }\n    return false;\n}\n\n"
           "const char *field_name(uint8_t field)\n{\n"
           "    return field < N_FIELDS ? fields[field] : \"\";\n}\n\n"
           "uint8_t field_find(const char *name, size_t length)\n{\n"
           "    for (uint8_t field = 1; field < N_FIELDS; field++) {\n"
           "        if (strlen(fields[field]) == length\n"
           "            && memcmp(fields[field], name, length) == 0) {\n"
           "            return field;\n        }\n    }\n    return FIELD_NONE;\n}\n");
}

int main(int argc, char **argv)
{
    language = tree_sitter_python();
    n_symbols = ts_language_symbol_count(language);
    if (argc != 2 || n_symbols >= MAX_SYMBOLS) {
        fprintf(stderr, "usage: grammar_names header | source\n");
        return 1;
    }
    check_distinct();
    strcmp(argv[1], "header") == 0 ? write_header() : write_source();
    return ferror(stdout) || fflush(stdout) != 0;
}
