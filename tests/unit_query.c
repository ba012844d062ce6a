/*
 * unit_query.c - the query matcher by itself: what queries say, what is wrong with them, what they
 * cost, and that nothing makes them crash.  That they match what tree-sitter matches is
 * unit_compare_query.c.
 */
#include "base/array.h"
#include "base/builder.h"
#include "syntax/grammar.h"
#include "syntax/query.h"
#include "text/source.h"
#include "unit.h"

#include <stdlib.h>
#include <time.h>

enum {
    N_MUTATED = 20000,
    N_TREES = 4,
    MAX_TREE = 200,
    FEW_STEPS = 20000,
    N_ROUNDS = 50 /* of compiling; the quickest counts, since the machine may be busy */
};

static const char program[] = "import os\n"
                              "# one\n"
                              "# two\n"
                              "def f(a, b=1):\n"
                              "    \"\"\"Doc.\"\"\"\n"
                              "    return g(a, b, 'x', key=a)\n"
                              "class C(object):\n"
                              "    def m(self):\n"
                              "        self.x = [y for y in open('p')]\n"
                              "        if self.x: pass\n"
                              "        else: self.x = self.x\n";

/* ---- what matches, as text: "f: g; args: (a, b)" a line ---- */

static struct parser *parser;
static struct arena arena;

static void parse(const char *text, struct tree *tree)
{
    struct source source;
    struct error error;
    struct parse_limits limits = {0};
    arena_reset(&arena);
    CHECK(source_from_bytes("t.py", text, strlen(text), &arena, &source, &error));
    CHECK(parser_parse(parser, &source, &limits, tree, &error));
}

struct listing {
    const struct tree *tree;
    struct builder out;
};

static void list_match(void *context, const struct query_match *match)
{
    struct listing *listing = context;
    for (uint32_t i = 0; i < match->n_captures; i++) {
        const struct node *node = &listing->tree->nodes[match->captures[i].node];
        builder_addf(&listing->out, "%s%s=%.*s", i > 0 ? " " : "", match->captures[i].name,
                     (int)(node->end - node->start), listing->tree->bytes + node->start);
    }
    builder_add(&listing->out, "\n");
}

/* Whether the query finds exactly these matches. */
static void check_found(const char *query, const char *expected)
{
    struct tree tree;
    struct error error = {""};
    struct listing listing = {.tree = &tree};
    struct query_set *set = query_set_new();
    parse(program, &tree);
    CHECK(query_set_add(set, "q", query, 0, &error));
    CHECK_TEXT(error.message, "");
    struct query_run *run = query_run_new(set);
    CHECK(query_run_tree(run, &tree, FEW_STEPS, list_match, &listing, &error));
    CHECK_TEXT(builder_string(&listing.out), expected);
    builder_free(&listing.out);
    query_run_free(run);
    query_set_free(set);
}

static void test_matches(void)
{
    check_found("(call function: (identifier) @f)", "f=g\nf=open\n");
    check_found("(call (argument_list . (_) @a))", "a=a\na='p'\n");
    check_found("(call (argument_list (identifier)+ @a))", "a=a\n"); /* a comma is a sibling */
    check_found("((comment)+ @c . (function_definition name: (_) @f))", "c=# one c=# two f=f\n");
    check_found("(class_definition !superclasses) @c", "");
    check_found("[\"if\" \"else\"] @w", "w=if\nw=else\n");
    check_found("(if_statement . \"if\" . (_) @c)", "c=self.x\n");
    /* tree-sitter's outer alternation would forget (none); see query_attempts.c. */
    check_found("(argument_list [[(string) (keyword_argument)] (integer)] @x)",
                "x='x'\nx=key=a\nx='p'\n");
    check_found("((expression) @e (#eq? @e \"if\"))", "");
}

static void test_predicates(void)
{
    check_found("((identifier) @i (#eq? @i \"g\"))", "i=g\n");
    check_found("((identifier) @i (#match? @i \"^(o|C)\"))", "i=os\ni=C\ni=object\ni=open\n");
    check_found("((identifier) @i (#match? @i \"^[A-Z]$\"))", "i=C\n");
    check_found("((identifier) @i (#any-of? @i \"g\" \"open\"))", "i=g\ni=open\n");
    check_found("((assignment left: (_) @l right: (_) @r) (#eq? @l @r))", "l=self.x r=self.x\n");
    check_found("((comment)+ @c (#any-eq? @c \"# two\"))", "c=# one c=# two\n");
    check_found("((comment)+ @c (#eq? @c \"# two\"))", "");
    check_found("((argument_list . (string)? @s) @l (#not-eq? @s \"'p'\"))",
                "l=(a, b, 'x', key=a)\nl=(object)\n");
    check_found("((argument_list . (string)? @s) @l (#any-eq? @s \"'p'\"))", "l=('p') s='p'\n");
}

static void test_properties(void)
{
    struct query_set *set = query_set_new();
    struct error error;
    CHECK(query_set_add(set, "q", "((call) @c (#set! key \"a \\\"value\\\"\") (#set! bare))", 7,
                        &error));
    CHECK_TEXT(query_set_property(set, 7, "key"), "a \"value\"");
    CHECK_TEXT(query_set_property(set, 7, "bare"), "");
    CHECK(query_set_property(set, 7, "other") == NULL);
    CHECK(query_set_property(set, 8, "key") == NULL);
    CHECK(query_set_captures(set, 7, "c") && !query_set_captures(set, 7, "d"));
    query_set_free(set);
}

/* ---- what is wrong ---- */

static void check_wrong(const char *query, const char *message)
{
    struct query_set *set = query_set_new();
    struct error error = {""};
    CHECK(!query_set_add(set, "q", query, 0, &error));
    CHECK_TEXT(error.message, message);
    query_set_free(set);
}

static void test_errors(void)
{
    check_wrong("(cal)", "q:1:2: unknown node kind 'cal', did you mean 'call'?");
    check_wrong("; é\n(call ñ)", "q:2:7: a node is expected, not 'ñ'");
    check_wrong("(call name (x))", "q:1:7: a node is written in parentheses, a field before ':': "
                                   "'name'");
    check_wrong("(call func: (_))", "q:1:7: unknown field 'func'");
    check_wrong("\"iff\" @x", "q:1:2: unknown anonymous node 'iff', did you mean 'if'?");
    check_wrong("(call", "q:1:6: the query ends where a node is expected");
    check_wrong("(", "q:1:1: this '(' is not closed");
    check_wrong("(call))", "q:1:7: this ')' closes nothing");
    check_wrong("[(call)", "q:1:8: the query ends where a node is expected");
    check_wrong("[]", "q:1:1: an alternation needs a branch");
    check_wrong("(call \"x)", "q:1:7: this string is not closed");
    check_wrong("(call .)", "q:1:7: an anchor before ')' needs a child before it");
    check_wrong("(call)? @c", "q:1:1: this pattern would match where there is nothing");
    check_wrong("(call)* @c", "q:1:1: this pattern would match where there is nothing");
    check_wrong("(#eq? @a \"b\")", "q:1:1: a predicate belongs inside its pattern's parentheses");
    check_wrong("((call) @c (#eq? @c))", "q:1:14: #eq? takes a capture and one string");
    check_wrong("((call) @c (#eq \"c\"))", "q:1:14: unknown predicate '#eq', did you mean '#eq?'?");
    check_wrong("((call) @c (#set! a b c))", "q:1:14: #set! takes a key and a value");
    check_wrong("((call) @call (#eq? @cal \"x\"))",
                "q:1:21: unknown capture '@cal', did you mean '@call'?");
    check_wrong("(call/call)", "q:1:7: only a supertype can be narrowed with '/'");
    check_wrong("(expression/block)", "q:1:13: 'block' is no kind of 'expression'");
    check_wrong("[(call)? (list)] @x",
                "q:1:1: only the last branch of an alternation can begin with '?' or '*'");
    check_wrong("(call (block))", "q:1:7: a 'block' is never a child of 'call'");
    check_wrong("(if_statement\n  name: (_))", "q:2:9: a 'if_statement' has no field 'name'");
    check_wrong("(call function: (argument_list))",
                "q:1:17: a 'argument_list' is never a child of 'call' as its function");
    check_wrong("(identifier (call))", "q:1:13: a 'identifier' has nothing in it");
    check_wrong("(call !nam)", "q:1:8: unknown field 'nam', did you mean 'name'?");
}

/* A query that does not compile must leave nothing behind. */
static void test_failure_leaves_no_trace(void)
{
    struct query_set *set = query_set_new();
    struct error error;
    struct tree tree;
    struct listing listing = {.tree = &tree};
    CHECK(query_set_add(set, "q", "(module) @m", 0, &error));
    CHECK(!query_set_add(set, "r", "((call) @c (#match? @c \"a.b\")) (cal)", 1, &error));
    CHECK(query_set_add(set, "s", "(import_statement) @i", 2, &error));
    parse(program, &tree);
    struct query_run *run = query_run_new(set);
    CHECK(query_run_tree(run, &tree, FEW_STEPS, list_match, &listing, &error));
    CHECK(strstr(builder_string(&listing.out), "i=import os\n") != NULL);
    CHECK(strstr(builder_string(&listing.out), "c=") == NULL);
    builder_free(&listing.out);
    query_run_free(run);
    query_set_free(set);
}

static void ignore_match(void *context, const struct query_match *match)
{
    (void)context;
    (void)match;
}

/* All pairs of the statements of a long module: far too many, which must be noticed in time. */
static void test_many_pairs(void)
{
    struct query_set *set = query_set_new();
    struct error error;
    struct tree tree;
    struct builder module = {0};
    for (int i = 0; i < 20000; i++) {
        builder_add(&module, "x\n");
    }
    CHECK(query_set_add(set, "q", "(module (_) @a (_) @b)", 0, &error));
    parse(builder_string(&module), &tree);
    struct query_run *run = query_run_new(set);
    CHECK(!query_run_tree(run, &tree, 1000000, ignore_match, NULL, &error));
    CHECK_TEXT(error.message, "the queries take more than 1000000 steps here");
    query_run_free(run);
    query_set_free(set);
    builder_free(&module);
}

static void test_limits(void)
{
    struct query_set *set = query_set_new();
    struct error error;
    struct tree tree;
    CHECK(query_set_add(set, "q", "(_ (_) @a (_) @b (_) @c)", 0, &error));
    parse(program, &tree);
    struct query_run *run = query_run_new(set);
    CHECK(!query_run_tree(run, &tree, 50, ignore_match, NULL, &error));
    CHECK_TEXT(error.message, "the queries take more than 50 steps here");
    CHECK(query_run_tree(run, &tree, FEW_STEPS, ignore_match, NULL, &error));
    query_run_free(run);
    query_set_free(set);
    test_many_pairs();
    char deep[4000];
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    check_wrong(deep, "q:1:101: the pattern nests too deeply");
}

/* ---- what it costs ---- */

static const char *const costly[] = {
    "((call function: (identifier) @f) @report (#any-of? @f \"open\" \"len\" \"print\"))",
    "((call function: (attribute object: (identifier) @m attribute: (identifier) @a)) @report "
    "(#eq? @m \"gc\") (#match? @a \"^(collect|disable|enable)$\"))",
    "(function_definition name: (identifier) @n (#match? @n \"^__del__$\")) @report",
    "(for_statement body: (block (expression_statement (call function: (identifier) @f))))",
    "(class_definition body: (block (function_definition name: (identifier) @m)+))",
    "[(list_comprehension) (set_comprehension) (generator_expression)] @report",
};

enum { N_COSTLY = sizeof costly / sizeof *costly, N_PATTERNS = 42 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double compile_once(void)
{
    struct error error;
    double began = seconds();
    struct query_set *set = query_set_new();
    for (uint32_t i = 0; i < N_PATTERNS; i++) {
        CHECK(query_set_add(set, "q", costly[i % N_COSTLY], i, &error));
    }
    double took = seconds() - began;
    query_set_free(set);
    return took;
}

static void test_cost(void)
{
    double best = 1;
    for (int i = 0; i < N_ROUNDS; i++) {
        double took = compile_once();
        best = took < best ? took : best;
    }
    printf("%d patterns compile in %.0f us\n", N_PATTERNS, best * 1e6);
#ifndef CYCLINT_HOSTILE
    CHECK(best < 0.0003);
#endif
}

/* ---- nothing crashes ---- */

static uint64_t random_state = 88172645463325252u;

/* Marsaglia's xorshift: the same numbers at every run. */
static uint32_t random_below(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % n;
}

static const char *const pieces[] = {
    "(call ",
    "(identifier) ",
    "(_ ",
    "_ ",
    "\"if\" ",
    ") ",
    "[",
    "] ",
    "? ",
    "* ",
    "+ ",
    ". ",
    "@a ",
    "@b ",
    "function: ",
    "!name ",
    "(ERROR) ",
    "(MISSING ",
    "(#eq? @a \"",
    "\") ",
    "(#match? @a \"a.*b|(c)+$\") ",
    "(expression/",
    "(block ",
    "(argument_list ",
    "; \n",
    "\\",
    "\"",
    "left: ",
    "(comment)* ",
};

enum { N_PIECES = sizeof pieces / sizeof *pieces };

static void add_random_piece(struct builder *query)
{
    if (random_below(40) == 0) {
        builder_add_char(query, (char)(1 + random_below(255)));
    } else {
        builder_add(query, pieces[random_below(N_PIECES)]);
    }
}

/* A query that may be well-formed: some seed, with pieces put in, or bytes taken out. */
static void make_query(struct builder *query)
{
    builder_clear(query);
    if (random_below(2)) {
        builder_add(query, costly[random_below(N_COSTLY)]);
        for (uint32_t n = random_below(4); n > 0; n--) {
            query->s[random_below((uint32_t)query->length)] = " ()[]?*+.@_\"!:#"[random_below(15)];
        }
    }
    for (uint32_t n = random_below(12); n > 0; n--) {
        add_random_piece(query);
    }
}

static struct node random_nodes[MAX_TREE];
static char random_bytes[MAX_TREE + 1];

/* A tree that no parser made: any kinds and fields, but sizes and places that nest. */
static void make_tree(struct tree *tree)
{
    uint32_t ends[MAX_TREE], n_open = 0, n = 1 + random_below(MAX_TREE - 1);
    for (uint32_t i = 0; i < n; i++) {
        while (n_open > 0 && ends[n_open - 1] == i) {
            n_open--;
        }
        uint32_t end = n_open > 0 ? ends[n_open - 1] : n;
        uint32_t size = i == 0 ? n : 1 + random_below(end - i);
        uint16_t kind = (uint16_t)(1 + random_below(N_KINDS - 1));
        random_bytes[i] = (char)random_below(256);
        random_nodes[i] = (struct node){
            .kind = random_below(3) ? kind : KIND_CALL,
            .field = (uint8_t)random_below(N_FIELDS),
            .flags = (uint8_t)random_below(32),
            .start = i,
            .end = i + size,
            .size = size,
        };
        ends[n_open++] = i + size;
    }
    *tree = (struct tree){.nodes = random_nodes, .n = n, .bytes = random_bytes, .n_bytes = n};
}

static uint32_t n_run;

static void run_somewhere(const struct query_set *set)
{
    struct query_run *run = query_run_new(set);
    struct error error;
    struct tree tree;
    for (int i = 0; i < N_TREES; i++) {
        make_tree(&tree);
        query_run_tree(run, &tree, FEW_STEPS, ignore_match, NULL, &error);
    }
    query_run_free(run);
    n_run++;
}

static void test_random(void)
{
    struct builder query = {0};
    struct error error;
    for (int i = 0; i < N_MUTATED; i++) {
        struct query_set *set = query_set_new();
        make_query(&query);
        error.message[0] = '\0';
        bool ok = query_set_add(set, "q", builder_string(&query), 0, &error);
        if (!ok && strncmp(error.message, "q:", 2) != 0) {
            CHECK_TEXT(error.message, "an error with its place");
        }
        if (ok && query.length > 0) {
            run_somewhere(set);
        }
        query_set_free(set);
    }
    CHECK(n_run > N_MUTATED / 50);
    builder_free(&query);
}

int main(void)
{
    parser = parser_new();
    test_matches();
    test_predicates();
    test_properties();
    test_errors();
    test_failure_leaves_no_trace();
    test_limits();
    test_cost();
    test_random();
    parser_free(parser);
    arena_free(&arena);
    return unit_end("unit_query");
}
