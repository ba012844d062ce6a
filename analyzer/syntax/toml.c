/*
 * toml.c - TOML files as a flat list of keys and values, each with its place.
 *
 * The grammar does the reading; what is left is to walk its tree once, keeping the key that leads
 * to where the walk is: entering a table or a pair adds the parts of its key, leaving takes them
 * away.
 */
#include "syntax/toml.h"

#include "base/builder.h"
#include "base/table.h"

#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>

const TSLanguage *tree_sitter_toml(void);

struct reading {
    const char *path;
    const char *text;
    struct arena *arena;
    struct toml *toml;
    struct strings key; /* parts that lead to where the walk is */
    struct {
        ARRAY_OF(size_t);
    } key_lengths; /* of `key`, at each table and pair that is open */
    TSPoint key_place;
    size_t depth;              /* arrays that are open */
    size_t n_tables_in_arrays; /* so that keys of different elements differ */
    struct name_table seen;    /* keys that have a value */
    struct error *error;
};

static bool error_in(struct reading *reading, TSPoint place, const char *what)
{
    return error_at(reading->error, "%s:%u:%u: %s", reading->path, place.row + 1, place.column + 1,
                    what);
}

/* ---- strings ----------------------------------------------------------------------------------
 */

static void add_code_point(struct builder *out, unsigned long c)
{
    if (c < 0x80) {
        builder_add_char(out, (char)c);
    } else if (c < 0x800) {
        builder_addf(out, "%c%c", (int)(0xC0 | c >> 6), (int)(0x80 | (c & 0x3F)));
    } else if (c < 0x10000) {
        builder_addf(out, "%c%c%c", (int)(0xE0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3F)),
                     (int)(0x80 | (c & 0x3F)));
    } else {
        builder_addf(out, "%c%c%c%c", (int)(0xF0 | (c >> 18 & 7)), (int)(0x80 | (c >> 12 & 0x3F)),
                     (int)(0x80 | (c >> 6 & 0x3F)), (int)(0x80 | (c & 0x3F)));
    }
}

/* Adds what the escape at `s` (behind its backslash) stands for; what follows it. */
static const char *add_escape(struct builder *out, const char *s)
{
    static const char letters[] = "btnfr", meanings[] = "\b\t\n\f\r";
    const char *letter = strchr(letters, *s);
    if (*s == 'u' || *s == 'U') {
        char digits[9] = "";
        size_t n = *s == 'u' ? 4 : 8;
        memcpy(digits, s + 1, n);
        add_code_point(out, strtoul(digits, NULL, 16));
        return s + 1 + n;
    }
    if (*s == '\n' || *s == '\r' || *s == ' ' || *s == '\t') {
        return s + strspn(s, " \t\r\n"); /* a line that goes on */
    }
    builder_add_char(out, letter != NULL ? meanings[letter - letters] : *s);
    return s + 1;
}

/* The value of a string as it is written, quotes included. */
static const char *string_value(struct arena *arena, const char *s, size_t n)
{
    char quote = *s;
    size_t n_quotes = n >= 6 && s[1] == quote && s[2] == quote ? 3 : 1;
    const char *end = s + n - n_quotes;
    s += n_quotes;
    if (n_quotes == 3) {
        s += *s == '\r';
        s += *s == '\n';
    }
    struct builder out = {0};
    while (s < end) {
        if (*s == '\\' && quote == '"') {
            s = add_escape(&out, s + 1);
        } else {
            builder_add_char(&out, *s++);
        }
    }
    const char *value = arena_string(arena, builder_string(&out), out.length);
    builder_free(&out);
    return value;
}

/* ---- keys -------------------------------------------------------------------------------------
 */

static bool is_type(TSNode node, const char *type)
{
    return strcmp(ts_node_type(node), type) == 0;
}

static const char *key_part(struct reading *reading, TSNode node)
{
    uint32_t start = ts_node_start_byte(node);
    const char *s = reading->text + start;
    size_t n = ts_node_end_byte(node) - start;
    return is_type(node, "quoted_key") ? string_value(reading->arena, s, n)
                                       : arena_string(reading->arena, s, n);
}

/* Adds the parts of a key.  `a.b.c` is ((a b) c) in the tree, so they come last first. */
static void push_key(struct reading *reading, TSNode node)
{
    size_t first = reading->key.n;
    reading->key_place = ts_node_start_point(node);
    while (is_type(node, "dotted_key")) {
        TSNode last = ts_node_named_child(node, ts_node_named_child_count(node) - 1);
        *array_push(&reading->key) = key_part(reading, last);
        node = ts_node_named_child(node, 0);
    }
    *array_push(&reading->key) = key_part(reading, node);
    for (size_t i = first, k = reading->key.n - 1; i < k; i++, k--) {
        const char *part = reading->key.items[i];
        reading->key.items[i] = reading->key.items[k];
        reading->key.items[k] = part;
    }
}

/* Notes that the key has a value; false when it had one. */
static bool is_new_key(struct reading *reading)
{
    struct builder whole = {0};
    builder_addf(&whole, "%zu", reading->n_tables_in_arrays);
    for (size_t i = 0; i < reading->key.n; i++) {
        builder_addf(&whole, "\x1f%s", reading->key.items[i]);
    }
    size_t before = reading->seen.n;
    const char *kept = arena_string(reading->arena, builder_string(&whole), whole.length);
    name_table_put(&reading->seen, kept, whole.length, 0);
    builder_free(&whole);
    return reading->seen.n > before;
}

/* ---- values -----------------------------------------------------------------------------------
 */

static bool type_of(TSNode node, enum toml_type *type)
{
    static const struct {
        const char *node;
        enum toml_type type;
    } types[] = {{"string", TOML_STRING},         {"integer", TOML_INTEGER},
                 {"float", TOML_FLOAT},           {"boolean", TOML_BOOLEAN},
                 {"offset_date_time", TOML_TIME}, {"local_date_time", TOML_TIME},
                 {"local_date", TOML_TIME},       {"local_time", TOML_TIME},
                 {"array", TOML_ARRAY},           {"inline_table", TOML_TABLE},
                 {"table", TOML_TABLE},           {"table_array_element", TOML_TABLE}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (is_type(node, types[i].node)) {
            *type = types[i].type;
            return true;
        }
    }
    return false;
}

/* The digits without underscores, in decimal. */
static const char *integer_value(struct arena *arena, const char *s, size_t n)
{
    struct builder digits = {0};
    for (size_t i = 0; i < n; i++) {
        if (s[i] != '_') {
            builder_add_char(&digits, s[i]);
        }
    }
    const char *text = builder_string(&digits);
    bool has_base = text[0] == '0' && text[1] != '\0';
    int base = !has_base ? 10 : text[1] == 'x' ? 16 : text[1] == 'o' ? 8 : 2;
    const char *value =
        arena_format(arena, "%lld", strtoll(has_base ? text + 2 : text, NULL, base));
    builder_free(&digits);
    return value;
}

static const char *value_text(struct reading *reading, TSNode node, enum toml_type type)
{
    uint32_t start = ts_node_start_byte(node);
    const char *s = reading->text + start;
    size_t n = ts_node_end_byte(node) - start;
    if (type == TOML_ARRAY || type == TOML_TABLE) {
        return "";
    }
    if (type == TOML_STRING) {
        return string_value(reading->arena, s, n);
    }
    return type == TOML_INTEGER ? integer_value(reading->arena, s, n)
                                : arena_string(reading->arena, s, n);
}

static void add_value(struct reading *reading, TSNode node, enum toml_type type)
{
    bool is_header = type == TOML_TABLE && !is_type(node, "inline_table");
    TSPoint place = is_header ? reading->key_place : ts_node_start_point(node);
    *array_push(reading->toml) = (struct toml_value){
        .key = arena_copy(reading->arena, reading->key.items,
                          reading->key.n * sizeof *reading->key.items),
        .n_key = reading->key.n,
        .depth = reading->depth,
        .type = type,
        .text = value_text(reading, node, type),
        .line = place.row + 1,
        .column = place.column + 1,
        .key_line = reading->key_place.row + 1,
        .key_column = reading->key_place.column + 1,
    };
}

/* ---- the walk ---------------------------------------------------------------------------------
 */

static bool has_key(TSNode node)
{
    return is_type(node, "pair") || is_type(node, "table") || is_type(node, "table_array_element");
}

static bool is_error(TSNode node)
{
    return ts_node_is_error(node) || ts_node_is_missing(node);
}

static bool enter(struct reading *reading, TSNode node)
{
    enum toml_type type;
    if (is_error(node)) {
        return error_in(reading, ts_node_start_point(node), "from here on this is not TOML");
    }
    if (has_key(node)) {
        *array_push(&reading->key_lengths) = reading->key.n;
        push_key(reading, ts_node_named_child(node, 0));
        if (is_type(node, "pair") && !is_new_key(reading)) {
            return error_in(reading, reading->key_place, "this key has a value already");
        }
    }
    bool is_element = is_type(node, "table_array_element")
                      || (reading->depth > 0 && is_type(node, "inline_table"));
    reading->n_tables_in_arrays += is_element;
    if (type_of(node, &type)) {
        add_value(reading, node, type);
    }
    reading->depth += is_type(node, "array");
    return true;
}

static void leave(struct reading *reading, TSNode node)
{
    if (has_key(node)) {
        reading->key.n = *array_last(&reading->key_lengths);
        reading->key_lengths.n--;
    }
    reading->depth -= is_type(node, "array");
}

/* Whether there is something of interest inside. */
static bool is_inner(TSNode node)
{
    return is_type(node, "document") || has_key(node) || is_type(node, "array")
           || is_type(node, "inline_table") || ts_node_has_error(node);
}

static bool walk(struct reading *reading, TSTreeCursor *cursor)
{
    while (true) {
        TSNode node = ts_tree_cursor_current_node(cursor);
        if (!enter(reading, node)) {
            return false;
        }
        if (is_inner(node) && ts_tree_cursor_goto_first_child(cursor)) {
            continue;
        }
        leave(reading, node);
        while (!ts_tree_cursor_goto_next_sibling(cursor)) {
            if (!ts_tree_cursor_goto_parent(cursor)) {
                return true;
            }
            leave(reading, ts_tree_cursor_current_node(cursor));
        }
    }
}

bool toml_read(const char *path, const char *text, size_t n, struct arena *arena, struct toml *toml,
               struct error *error)
{
    struct reading reading = {
        .path = path, .text = text, .arena = arena, .toml = toml, .error = error};
    TSParser *parser = ts_parser_new();
    ts_parser_set_language(parser, tree_sitter_toml());
    TSTree *tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)n);
    bool ok = tree != NULL;
    if (ok) {
        TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
        ok = walk(&reading, &cursor);
        ts_tree_cursor_delete(&cursor);
        ts_tree_delete(tree);
    } else {
        error_at(error, "%s: cannot be parsed", path);
    }
    ts_parser_delete(parser);
    array_free(&reading.key);
    array_free(&reading.key_lengths);
    name_table_free(&reading.seen);
    return ok;
}

const char *toml_type_name(enum toml_type type)
{
    static const char *const names[N_TOML_TYPES] = {
        "a string", "an integer", "a float", "a boolean", "a date or time", "an array", "a table"};
    return names[type];
}
