/*
 * unit_compare_query.c - our query matcher against tree-sitter's own, on real code.
 *
 * Each query is run by both over every file; the sets of matches (pattern, names and places of the
 * captures) must be equal.  tree-sitter leaves predicates to its caller: here they are evaluated a
 * second time, independently.
 *
 *     unit_compare_query              a sample of the standard libraries of all Pythons found
 *     FULL=1 unit_compare_query       all of their files
 *     unit_compare_query FOLDER…      all files of these folders
 */
#include "base/array.h"
#include "syntax/grammar.h"
#include "syntax/grammar_children.h"
#include "syntax/query.h"
#include "text/source.h"
#include "unit.h"

#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <tree_sitter/api.h>
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

const TSLanguage *tree_sitter_python(void);

enum {
    MAX_BYTES = 4000000,
    N_SAMPLED = 120,          /* files, of all libraries together */
    MAX_SAMPLED = 40000,      /* bytes: tree-sitter needs a second a query for some large files */
    MAX_SHOWN = 12,           /* differences */
    MAX_MATCH_CAPTURES = 2000 /* in one match, to be compared; a longer one is cut alike in both */
};

struct test_query {
    char *text;
    TSQuery *stock;
};

/* All of the syntax; where tree-sitter is known to differ (query_attempts.c), not that. */
static const char *const texts[] = {
    "(identifier) @a",
    "(call function: (identifier) @f) @c",
    "(call function: (attribute object: (identifier) @o attribute: (identifier) @a))",
    "(call function: (identifier) @f arguments: (argument_list (string) @s)) (comment) @n",
    "(argument_list (string) @s)",
    "(argument_list . (_) @first)",
    "(argument_list (_) @last .)",
    "(argument_list . (_) @only .)",
    "(argument_list (identifier) @a . (identifier) @b)",
    "(argument_list (identifier) @a (keyword_argument) @b)",
    "(argument_list (_)* @all)",
    "(argument_list (_)+ @all)",
    "(argument_list (identifier)? @i (keyword_argument) @k)",
    "(argument_list (identifier)* @i (keyword_argument)+ @k)",
    "(block (expression_statement)+ @run)",
    "(block . (expression_statement (string) @doc))",
    "((comment)+ @doc . (function_definition) @f)",
    "((comment)* @doc . (class_definition) @f)",
    "((comment) @a . (comment) @b)",
    "((import_statement) @a (import_from_statement) @b)",
    "[(if_statement) (while_statement) (for_statement)] @loop",
    "[(call function: (identifier) @f) (attribute attribute: (identifier) @f)] @whole",
    "(binary_operator left: [(identifier) (string)] @l right: [(integer) (string) @s] @r)",
    "[\"if\" \"elif\" \"else\"] @word",
    "(if_statement \"if\" @if condition: (_) @c \":\" @colon)",
    "(if_statement alternative: (elif_clause)* @e alternative: (else_clause)? @else) @i",
    "(if_statement !alternative) @plain",
    "(function_definition !return_type name: (identifier) @n) @f",
    "(function_definition \"async\"? @async name: (_) @n)",
    "(class_definition superclasses: (argument_list (identifier) @b)* body: (block) @body)",
    "(class_definition body: (block (function_definition name: (identifier) @m)))",
    "(class_definition name: (identifier) @c body: (block (_)* @before . "
    "(function_definition) @f))",
    "(_ (call) @c)",
    "(_ (call) @c (call) @d)",
    "(_ (comment) @c) @parent",
    "(_ . (comment) @c)",
    "(_ function: (identifier) @f) @call",
    "_ @anything",
    "(_) @named",
    "(module (_) @top)",
    "(module . (comment)* @c . (expression_statement (string) @doc))",
    "(ERROR) @e",
    "(ERROR (identifier) @i)",
    "(MISSING) @m",
    "(MISSING \")\") @m",
    "(MISSING identifier) @m",
    "(_ (ERROR) @e) @p",
    "(try_statement (except_clause)+ @x (finally_clause)? @f)",
    "(try_statement (block) @b . (except_clause (block (pass_statement)) ) @x)",
    "(dictionary (pair key: (string) @k value: (_) @v))",
    "(dictionary \"{\" . (pair) @first)",
    "(list \"[\" . \"]\") @empty",
    "(tuple _ @t . (identifier) @after)",
    "(parameters [(identifier) @p (default_parameter name: (identifier) @p value: (_) @v)])",
    "(parameters (identifier) @self . (_)? @next)",
    "(decorated_definition (decorator)+ @d definition: (_) @x)",
    "(assignment left: (identifier) @l right: [(call) @c (list) @v])",
    "(comparison_operator (identifier) @a operators: _ @op (none) @n)",
    "(string (interpolation (identifier) @i)+ ) @s",
    "(return_statement (_)? @value) @r",
    "(with_item value: (as_pattern (call) @c alias: (as_pattern_target) @t)?) @w",
    "(((identifier) @a) (#match? @a \"^[A-Z]\"))",
    "((identifier) @a (#eq? @a \"self\"))",
    "((identifier) @a (#not-eq? @a \"self\") (#not-match? @a \"^_|x$\"))",
    "((identifier) @a (#any-of? @a \"open\" \"close\" \"read\"))",
    "(call function: (identifier) @f (#any-of? @f \"open\" \"len\")) @c",
    "((assignment left: (identifier) @l right: (identifier) @r) (#eq? @l @r))",
    "((assignment left: (_) @l right: (_) @r) (#not-eq? @l @r))",
    "((call function: (attribute object: (_) @o attribute: (identifier) @a)) "
    "(#not-any-of? @a \"append\" \"get\") (#match? @o \"^(self|cls)$\"))",
    "((argument_list (identifier)* @i) (#any-eq? @i \"self\"))",
    "((argument_list (identifier)+ @i) (#eq? @i \"self\"))",
    "((argument_list (identifier)+ @i) (#any-not-eq? @i \"self\"))",
    "((argument_list (identifier)+ @i) (#any-match? @i \"e$\"))",
    "((argument_list (identifier)+ @i) (#any-not-match? @i \"[aeiou]\"))",
    "((comment) @c (#match? @c \"(TODO|XXX|FIXME)\\\\b\"))",
    "((block (expression_statement (string) @s) . (_)?  @n) (#match? @s \"\\\\n\"))",
    "(argument_list (_) @a . (_) @b .)",
    "((if_statement (block (return_statement)) @b . (else_clause)) @i)",
    "((_) @a . (comment) @b . (_) @c)",
    "(lambda parameters: (lambda_parameters [(identifier) (default_parameter)]+ @p)? body: (_) @b)",
    "(for_statement left: (_) @l right: (_) @r body: (block (_)? @first))",
    "(call arguments: (argument_list [((identifier) @a . (identifier) @b) (string) @s]))",
    "(call (identifier) @a @b @c (argument_list) @d @e)",
    "(subscript value: (_) @v subscript: (_)+ @s)",
    "(import_from_statement module_name: (_) @m name: (dotted_name)+ @n)",
    "(import_from_statement name: (_) @first . \",\" . name: (_) @second)",
    "(concatenated_string (string) @a (string)* @rest)",
};

enum { N_TEXTS = sizeof texts / sizeof *texts };

static struct {
    ARRAY_OF(struct test_query);
} queries;

/* ---- the names of captures ---- */

struct one_match {
    uint64_t hash;
    uint32_t query, pattern;
    uint32_t first, end; /* of the first capture, for messages */
};

struct matches {
    ARRAY_OF(struct one_match);
};

struct place {
    uint64_t name;
    uint32_t start, end, kind;
    uint32_t unused;
};

static struct place place_list[MAX_MATCH_CAPTURES];

static void add_match(struct matches *matches, uint32_t query, uint32_t pattern, size_t n)
{
    struct one_match *match = array_push(matches);
    match->query = query;
    match->pattern = pattern;
    match->first = n ? place_list[0].start : 0;
    match->end = n ? place_list[0].end : 0;
    match->hash =
        XXH3_64bits_withSeed(place_list, n * sizeof *place_list, (uint64_t)query << 32 | pattern);
}

static int compare_matches(const void *a, const void *b)
{
    const struct one_match *x = a, *y = b;
    if (x->query != y->query) {
        return x->query < y->query ? -1 : 1;
    }
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void sort_unique(struct matches *matches)
{
    size_t n = 0;
    if (matches->n > 0) {
        qsort(matches->items, matches->n, sizeof *matches->items, compare_matches);
    }
    for (size_t i = 0; i < matches->n; i++) {
        if (n == 0 || compare_matches(&matches->items[n - 1], &matches->items[i]) != 0) {
            matches->items[n++] = matches->items[i];
        }
    }
    matches->n = n;
}

/* ---- our side ---- */

static const struct tree *our_tree;

static void add_ours(void *context, const struct query_match *match)
{
    size_t n = match->n_captures < MAX_MATCH_CAPTURES ? match->n_captures : MAX_MATCH_CAPTURES;
    for (size_t i = 0; i < n; i++) {
        const struct query_capture *capture = &match->captures[i];
        const struct node *node = &our_tree->nodes[capture->node];
        place_list[i] = (struct place){XXH3_64bits(capture->name, strlen(capture->name)),
                                       node->start, node->end, node->kind, 0};
    }
    add_match(context, match->owner, match->pattern, n);
}

/* ---- tree-sitter's side ---- */

struct operand {
    const char *s;
    uint32_t length;
};

static struct operand operand_of(const TSQuery *query, const TSQueryPredicateStep *step)
{
    struct operand operand;
    operand.s = ts_query_string_value_for_id(query, step->value_id, &operand.length);
    return operand;
}

static bool is_equal(struct operand a, struct operand b)
{
    return a.length == b.length && memcmp(a.s, b.s, a.length) == 0;
}

static struct operand text_of(const TSQueryCapture *capture, const char *bytes)
{
    uint32_t start = ts_node_start_byte(capture->node);
    return (struct operand){bytes + start, ts_node_end_byte(capture->node) - start};
}

static pcre2_code *code; /* of the expression that was asked for last */

static bool regex_finds(struct operand pattern, struct operand text)
{
    static struct operand last;
    if (last.s != pattern.s) {
        int error;
        PCRE2_SIZE offset;
        pcre2_code_free(code);
        code = pcre2_compile((PCRE2_SPTR)pattern.s, pattern.length,
                             PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &error, &offset, NULL);
        last = pattern;
    }
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    int result = pcre2_match(code, (PCRE2_SPTR)text.s, text.length, 0, 0, data, NULL);
    pcre2_match_data_free(data);
    return result >= 0;
}

/* One node against the predicate's other operands. */
static bool node_passes(const TSQuery *query, const char *name, const TSQueryPredicateStep *steps,
                        struct operand text)
{
    bool is_so = false;
    for (const TSQueryPredicateStep *step = steps + 2; step->type != TSQueryPredicateStepTypeDone;
         step++) {
        struct operand other = operand_of(query, step);
        is_so |= strstr(name, "match?") ? regex_finds(other, text) : is_equal(other, text);
    }
    return is_so != (strstr(name, "not-") != NULL);
}

static bool pair_passes(const TSQueryMatch *match, const TSQueryPredicateStep *steps,
                        const char *bytes, bool is_negated)
{
    struct operand sides[2] = {{NULL, 0}, {NULL, 0}};
    for (uint16_t i = 0; i < match->capture_count; i++) {
        for (int side = 0; side < 2; side++) {
            if (match->captures[i].index == steps[1 + side].value_id) {
                sides[side] = text_of(&match->captures[i], bytes);
            }
        }
    }
    return is_equal(sides[0], sides[1]) != is_negated;
}

static bool predicate_passes(const TSQuery *query, const TSQueryMatch *match,
                             const TSQueryPredicateStep *steps, const char *bytes)
{
    char name[40];
    struct operand operand = operand_of(query, steps);
    snprintf(name, sizeof name, "%.*s", (int)operand.length, operand.s);
    if (steps[2].type == TSQueryPredicateStepTypeCapture) {
        return pair_passes(match, steps, bytes, strstr(name, "not-") != NULL);
    }
    bool any = strncmp(name, "any-", 4) == 0 && strcmp(name, "any-of?") != 0, found = false;
    for (uint16_t i = 0; i < match->capture_count; i++) {
        if (match->captures[i].index == steps[1].value_id) {
            bool passes = node_passes(query, name, steps, text_of(&match->captures[i], bytes));
            if (!passes && !any) {
                return false;
            }
            found |= passes;
        }
    }
    return !any || found;
}

static bool passes(const TSQuery *query, const TSQueryMatch *match, const char *bytes)
{
    uint32_t n;
    const TSQueryPredicateStep *steps =
        ts_query_predicates_for_pattern(query, match->pattern_index, &n);
    for (uint32_t i = 0; i < n; i++) {
        if (!predicate_passes(query, match, steps + i, bytes)) {
            return false;
        }
        while (steps[i].type != TSQueryPredicateStepTypeDone) {
            i++;
        }
    }
    return true;
}

static void add_stock(struct matches *matches, uint32_t query, const TSQueryMatch *match)
{
    size_t n =
        match->capture_count < MAX_MATCH_CAPTURES ? match->capture_count : MAX_MATCH_CAPTURES;
    for (size_t i = 0; i < n; i++) {
        const TSQueryCapture *capture = &match->captures[i];
        uint32_t length;
        const char *name =
            ts_query_capture_name_for_id(queries.items[query].stock, capture->index, &length);
        TSSymbol symbol = ts_node_symbol(capture->node);
        place_list[i] = (struct place){XXH3_64bits(name, length), ts_node_start_byte(capture->node),
                                       ts_node_end_byte(capture->node),
                                       symbol == (TSSymbol)-1 ? KIND_ERROR : symbol, 0};
    }
    add_match(matches, query, match->pattern_index, n);
}

static void run_stock(struct matches *matches, TSTree *tree, const char *bytes)
{
    TSQueryCursor *cursor = ts_query_cursor_new();
    for (uint32_t i = 0; i < queries.n; i++) {
        TSQueryMatch match;
        ts_query_cursor_exec(cursor, queries.items[i].stock, ts_tree_root_node(tree));
        while (ts_query_cursor_next_match(cursor, &match)) {
            if (passes(queries.items[i].stock, &match, bytes)) {
                add_stock(matches, i, &match);
            }
        }
    }
    ts_query_cursor_delete(cursor);
}

/* ---- comparing ---- */

static unsigned n_shown;
static uint64_t n_matches;

static void show(const char *path, const char *who, const struct one_match *match)
{
    if (n_shown++ < MAX_SHOWN) {
        fprintf(stderr, "%s: only %s: pattern %u at %u..%u of %s\n", path, who, match->pattern,
                match->first, match->end, queries.items[match->query].text);
    }
}

static bool is_same(const char *path, struct matches *ours, struct matches *stock)
{
    sort_unique(ours);
    sort_unique(stock);
    size_t i = 0, j = 0;
    bool is_same = true;
    while (i < ours->n || j < stock->n) {
        int order = i == ours->n    ? 1
                    : j == stock->n ? -1
                                    : compare_matches(&ours->items[i], &stock->items[j]);
        if (order < 0) {
            show(path, "ours", &ours->items[i]);
        } else if (order > 0) {
            show(path, "tree-sitter", &stock->items[j]);
        }
        is_same &= order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    n_matches += ours->n;
    return is_same;
}

struct comparer {
    struct query_set *set;
    struct query_run *run;
    struct parser *parser;
    TSParser *stock;
    struct matches ours, theirs;
    struct arena arena;
};

/* That the tables by which impossible patterns are refused know every child there is. */
static bool children_are_possible(const struct tree *tree)
{
    for (uint32_t i = 0; i < tree->n; i++) {
        const struct node *parent = &tree->nodes[i];
        for (uint32_t c = i + 1; c < tree_end(tree, i); c = tree_end(tree, c)) {
            const struct node *child = &tree->nodes[c];
            bool is_counted = (child->flags & NODE_NAMED) && !(child->flags & NODE_EXTRA);
            if ((is_counted || child->field != FIELD_NONE)
                && !kind_may_hold(parent->kind, child->field, child->kind)) {
                fprintf(stderr, "'%s' has '%s' as '%s'\n", kind_name(parent->kind),
                        kind_name(child->kind), field_name(child->field));
                return false;
            }
        }
    }
    return true;
}

static void compare_file(struct comparer *comparer, const char *path)
{
    struct source source;
    struct tree tree;
    struct error error;
    struct parse_limits limits = {0};
    arena_reset(&comparer->arena);
    if (!source_read(path, MAX_BYTES, &comparer->arena, &source, &error)
        || !parser_parse(comparer->parser, &source, &limits, &tree, &error)) {
        return; /* not this test's business */
    }
    comparer->ours.n = comparer->theirs.n = 0;
    if (!tree.has_errors) {
        unit_check(children_are_possible(&tree), __FILE__, __LINE__, path);
    }
    our_tree = &tree;
    bool ran = query_run_tree(comparer->run, &tree, UINT64_MAX, add_ours, &comparer->ours, &error);
    unit_check(ran, __FILE__, __LINE__, path);
    TSTree *stock = ts_parser_parse_string(comparer->stock, NULL, source.bytes, source.n);
    run_stock(&comparer->theirs, stock, source.bytes);
    ts_tree_delete(stock);
    unit_check(is_same(path, &comparer->ours, &comparer->theirs), __FILE__, __LINE__, path);
}

/* ---- which files ---- */

static struct {
    ARRAY_OF(char *);
} files;

static off_t max_bytes = MAX_BYTES;

static int add_file(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)ftw;
    size_t n = strlen(path);
    if (type == FTW_F && status->st_size <= max_bytes && n > 3
        && strcmp(path + n - 3, ".py") == 0) {
        *array_push(&files) = strdup(path);
    }
    return 0;
}

static void add_folder(const char *path)
{
    nftw(path, add_file, 20, FTW_PHYS);
}

/* The standard library of an interpreter, which tells it itself. */
static void add_library_of(const char *python)
{
    char command[600], path[1000];
    snprintf(command, sizeof command,
             "'%s' -c 'import sysconfig; print(sysconfig.get_paths()[\"stdlib\"])' 2>/dev/null",
             python);
    FILE *pipe = popen(command, "r");
    if (pipe && fgets(path, sizeof path, pipe)) {
        path[strcspn(path, "\n")] = '\0';
        add_folder(path);
    }
    if (pipe) {
        pclose(pipe);
    }
}

static void add_libraries(void)
{
    char pattern[600];
    const char *root = getenv("PYENV_ROOT"), *home = getenv("HOME");
    if (root) {
        snprintf(pattern, sizeof pattern, "%s/versions/*/bin/python", root);
    } else {
        snprintf(pattern, sizeof pattern, "%s/.pyenv/versions/*/bin/python", home ? home : "");
    }
    glob_t found;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            add_library_of(found.gl_pathv[i]);
        }
        globfree(&found);
    } else {
        add_library_of("python3");
    }
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Keeps every so many files, and those that are there because they cannot be parsed. */
static void take_sample(void)
{
    size_t n = 0, every = files.n / N_SAMPLED + 1;
    for (size_t i = 0; i < files.n; i++) {
        char *path = files.items[i];
        if (i % every == 0 || strstr(path, "/badsyntax")) {
            files.items[n++] = path;
        } else {
            free(path);
        }
    }
    files.n = n;
}

static void find_files(int n_folders, char **folders)
{
    bool is_sample = n_folders == 0 && !getenv("FULL");
    max_bytes = is_sample ? MAX_SAMPLED : MAX_BYTES;
    for (int i = 0; i < n_folders; i++) {
        add_folder(folders[i]);
    }
    if (n_folders == 0) {
        add_libraries();
    }
    if (files.n > 0) {
        qsort(files.items, files.n, sizeof *files.items, compare_paths);
    }
    if (is_sample) {
        take_sample();
    }
}

/* ---- the queries ---- */

static void add_query(struct query_set *set, const char *name, const char *text)
{
    struct error error;
    uint32_t offset;
    TSQueryError problem;
    TSQuery *stock =
        ts_query_new(tree_sitter_python(), text, (uint32_t)strlen(text), &offset, &problem);
    if (!stock) {
        fprintf(stderr, "tree-sitter does not take %s: %s\n", name, text);
        CHECK(stock != NULL);
        return;
    }
    if (!query_set_add(set, name, text, (uint32_t)queries.n, &error)) {
        fprintf(stderr, "%s\n", error.message);
        CHECK(!"compiled");
        ts_query_delete(stock);
        return;
    }
    *array_push(&queries) = (struct test_query){strdup(text), stock};
}

static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    if (!file || getdelim(&text, &size, '\0', file) < 0) {
        CHECK(!"readable");
    }
    if (file) {
        fclose(file);
    }
    return text;
}

/* The rules' own queries; the tests are run from the top folder. */
static void add_queries_of_rules(struct query_set *set)
{
    glob_t found;
    if (glob("queries/*.scm", 0, NULL, &found) != 0) {
        return;
    }
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *text = read_text(found.gl_pathv[i]);
        if (text) {
            add_query(set, found.gl_pathv[i], text);
        }
        free(text);
    }
    globfree(&found);
}

static void free_all(struct comparer *comparer)
{
    for (size_t i = 0; i < queries.n; i++) {
        free(queries.items[i].text);
        ts_query_delete(queries.items[i].stock);
    }
    for (size_t i = 0; i < files.n; i++) {
        free(files.items[i]);
    }
    pcre2_code_free(code);
    array_free(&queries);
    array_free(&files);
    array_free(&comparer->ours);
    array_free(&comparer->theirs);
    ts_parser_delete(comparer->stock);
    parser_free(comparer->parser);
    query_run_free(comparer->run);
    query_set_free(comparer->set);
    arena_free(&comparer->arena);
}

int main(int argc, char **argv)
{
    struct comparer comparer = {.set = query_set_new()};
    for (size_t i = 0; i < N_TEXTS; i++) {
        add_query(comparer.set, "text", texts[i]);
    }
    add_queries_of_rules(comparer.set);
    comparer.run = query_run_new(comparer.set);
    comparer.parser = parser_new();
    comparer.stock = ts_parser_new();
    ts_parser_set_language(comparer.stock, tree_sitter_python());
    find_files(argc - 1, argv + 1);
    for (size_t i = 0; i < files.n; i++) {
        compare_file(&comparer, files.items[i]);
    }
    printf("%zu queries, %zu files, %llu matches\n", queries.n, files.n,
           (unsigned long long)n_matches);
    CHECK(n_matches > 1000);
    free_all(&comparer);
    return unit_end("unit_compare_query");
}
