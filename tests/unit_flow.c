/*
 * unit_flow.c - control-flow graphs of small programs, told as the paths through them.
 *
 * A path is what a run would do, in words: the calls it makes, "+c" and "-c" for the conditions
 * that held and did not, and how it ends: "end", "return", "raise".  Only calls of names that begin
 * with `risky` may raise here; one that does is written "risky!".  A loop is gone round at most
 * once.
 */
#include "base/array.h"
#include "base/builder.h"
#include "facts/collect.h"
#include "program/flow.h"
#include "unit.h"

#include <stdlib.h>

enum { MAX_STEPS = 400, MAX_VISITS = 2 };

struct bench {
    struct arena arena;
    struct facts facts;
    const struct flow *flow; /* of the first function, or else of the module */
};

static void bench_start(struct bench *bench, const char *text)
{
    *bench = (struct bench){0};
    struct parser *parser = parser_new();
    struct collector *collector = collector_new();
    const struct parse_limits limits = {.max_nodes = 1u << 20, .max_milliseconds = 60000};
    struct source source;
    struct tree tree;
    struct error error;
    CHECK(source_from_bytes("a.py", text, strlen(text), &bench->arena, &source, &error)
          && parser_parse(parser, &source, &limits, &tree, &error)
          && collector_run(collector, &tree, &source, &bench->arena, &bench->facts, &error));
    collector_free(collector);
    parser_free(parser);
    bench->flow = flow_build(&bench->facts, bench->facts.n_scopes > 1 ? 1 : 0, &bench->arena);
    CHECK(!bench->flow->is_partial);
}

static void bench_end(struct bench *bench)
{
    arena_free(&bench->arena);
}

static const char *name_of(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_LOAD        ? variable_name(facts, op->a)
           : op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b)
                                      : "?";
}

/* ---- paths ---- */

struct path {
    uint32_t node;
    const struct path *before;
    const char *words; /* so far, in the arena */
    uint32_t length;
};

struct paths {
    struct bench *bench;
    struct {
        ARRAY_OF(struct path *);
    } open;
    struct {
        ARRAY_OF(const char *);
    } done;
};

static bool is_too_often(const struct path *path, uint32_t node)
{
    uint32_t n = 0;
    for (; path != NULL; path = path->before) {
        n += path->node == node;
    }
    return n >= MAX_VISITS;
}

static void go(struct paths *paths, const struct path *from, uint32_t node, const char *word)
{
    if (node == NONE || from->length == MAX_STEPS || is_too_often(from, node)) {
        return;
    }
    struct arena *arena = &paths->bench->arena;
    struct path *path = arena_alloc(arena, sizeof *path);
    path->node = node;
    path->before = from;
    path->length = from->length + 1;
    path->words = *word == '\0'          ? from->words
                  : *from->words == '\0' ? word
                                         : arena_format(arena, "%s %s", from->words, word);
    *array_push(&paths->open) = path;
}

static void go_from_op(struct paths *paths, const struct path *path, const struct flow_node *node)
{
    const struct facts *facts = &paths->bench->facts;
    struct arena *arena = &paths->bench->arena;
    const struct op *op = &facts->ops[node->op];
    const char *word = "", *other = "";
    if (op->kind == OP_CALL) {
        word = name_of(facts, op->a);
    } else if (node->condition != NONE && facts->ops[node->condition].kind == OP_LOAD) {
        word = arena_format(arena, "+%s", name_of(facts, node->condition));
        other = arena_format(arena, "-%s", name_of(facts, node->condition));
    }
    go(paths, path, node->next[0], word);
    go(paths, path, node->next[1], other);
    bool is_risky = op->kind == OP_CALL && strncmp(word, "risky", 5) == 0;
    if (is_risky || op->kind == OP_RAISE || op->kind == OP_TRY) {
        go(paths, path, node->raise, is_risky ? arena_format(arena, "%s!", word) : "");
    }
}

static void finish(struct paths *paths, const struct path *path, const char *how)
{
    *array_push(&paths->done) =
        arena_format(&paths->bench->arena, "%s%s%s", path->words, *path->words ? " " : "", how);
}

static void step(struct paths *paths, const struct path *path)
{
    static const char *const ends[] = {
        [FLOW_END] = "end", [FLOW_RETURN] = "return", [FLOW_RAISE] = "raise"};
    const struct flow_node *node = &paths->bench->flow->nodes[path->node];
    if (node->kind == FLOW_END || node->kind == FLOW_RETURN || node->kind == FLOW_RAISE) {
        finish(paths, path, ends[node->kind]);
    } else if (node->kind == FLOW_OP) {
        go_from_op(paths, path, node);
    } else {
        const char *word = node->kind == FLOW_WITH_EXIT ? "exit" : "";
        go(paths, path, node->next[0], word);
        go(paths, path, node->next[1], word);
    }
}

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All paths, sorted, each once, with " | " between. */
static void check_paths(const char *text, const char *expected, int line)
{
    struct bench bench;
    bench_start(&bench, text);
    struct paths paths = {.bench = &bench};
    const struct path start = {.node = NONE, .words = ""};
    go(&paths, &start, bench.flow->entry, "");
    while (paths.open.n > 0) {
        step(&paths, paths.open.items[--paths.open.n]);
    }
    if (paths.done.n > 0) {
        qsort(paths.done.items, paths.done.n, sizeof *paths.done.items, compare_words);
    }
    struct builder out = {0};
    for (size_t i = 0; i < paths.done.n; i++) {
        if (i == 0 || strcmp(paths.done.items[i], paths.done.items[i - 1]) != 0) {
            builder_addf(&out, "%s%s", out.length > 0 ? " | " : "", paths.done.items[i]);
        }
    }
    unit_check_text(builder_string(&out), expected, __FILE__, line);
    builder_free(&out);
    array_free(&paths.open);
    array_free(&paths.done);
    bench_end(&bench);
}

#define PATHS(text, expected) check_paths(text, expected, __LINE__)

static void test_branches(void)
{
    PATHS("a(); b()\n", "a b end");
    PATHS("if c: a()\nb()\n", "+c a b end | -c b end");
    PATHS("if c: a()\nelse: b()\n", "+c a end | -c b end");
    PATHS("if c: a()\nelif d: b()\nelse: e()\n", "+c a end | -c +d b end | -c -d e end");
    PATHS("if not c: a()\n", "+c end | -c a end");
    PATHS("if True: a()\nelse: b()\n", "a end");
    PATHS("if 0: a()\nelse: b()\n", "b end");
    PATHS("x = a() if c else b()\n", "+c a end | -c b end");
    PATHS("match v:\n case 1: a()\n case 2: b()\n", "a end | b end | end");
}

static void test_conditions_of_several(void)
{
    PATHS("if c and d: a()\n", "+c +d a end | +c -d end | -c end");
    PATHS("if c or d: a()\n", "+c a end | -c +d a end | -c -d end");
    PATHS("if not (c and d): a()\n", "+c +d end | +c -d a end | -c a end");
    PATHS("if c and not d: a()\n", "+c +d end | +c -d a end | -c end");
    PATHS("if not c or d: a()\n", "+c +d a end | +c -d end | -c a end");
    PATHS("if (c or d) and e: a()\n",
          "+c +e a end | +c -e end | -c +d +e a end | -c +d -e end | -c -d end");
    PATHS("if c and (d or e): a()\n", "+c +d a end | +c -d +e a end | +c -d -e end | -c end");
    PATHS("while c and d: a()\n", "+c +d a +c -d end | +c +d a -c end | +c -d end | -c end");
    PATHS("x = c and a()\nb()\n", "+c a b end | -c b end");
}

static void test_loops(void)
{
    PATHS("while c: a()\nb()\n", "+c a -c b end | -c b end");
    PATHS("while c: a()\nelse: b()\n", "+c a -c b end | -c b end");
    PATHS("while True:\n a()\n if c: break\n", "a +c end | a -c a +c end");
    PATHS("while True: a()\n", "");
    PATHS("while c:\n if d: break\n a()\nelse: b()\n",
          "+c +d end | +c -d a +c +d end | +c -d a -c b end | -c b end");
    PATHS("for x in v:\n if c: continue\n a()\n", "+c end | -c a end | end");
}

static void test_tries(void)
{
    PATHS("try: risky()\nexcept E: a()\nb()\n", "risky b end | risky! a b end | risky! raise");
    PATHS("try: risky()\nexcept Exception: a()\n", "risky end | risky! a end");
    PATHS("try: risky()\nexcept: a()\n", "risky end | risky! a end");
    PATHS("try: risky()\nexcept (E, BaseException): a()\n", "risky end | risky! a end");
    PATHS("try: risky()\nexcept E: a()\nexcept F: b()\n",
          "risky end | risky! a end | risky! b end | risky! raise");
    PATHS("try: risky()\nexcept: a()\nelse: b()\n", "risky b end | risky! a end");
    PATHS("try: risky()\nexcept: a()\nelse: risky2()\n",
          "risky risky2 end | risky risky2! raise | risky! a end");
    PATHS("try: risky()\nexcept: raise\n", "risky end | risky! raise");
    PATHS("try: x = y\nexcept NameError: a()\n", "a end | end | raise");
    PATHS("try: risky()\nfinally: a()\n", "risky a end | risky! a raise");
    PATHS("try: risky()\nexcept E: a()\nfinally: b()\n",
          "risky b end | risky! a b end | risky! b raise");
    PATHS("try: risky()\nexcept E: risky2()\nfinally: b()\nc()\n",
          "risky b c end | risky! b raise | risky! risky2 b c end | risky! risky2! b raise");
}

static void test_leaving_through_finally(void)
{
    PATHS("def f():\n try: return\n finally: a()\n b()\n", "a return");
    PATHS("def f():\n try:\n  if c: return\n finally: a()\n b()\n", "+c a return | -c a b end");
    PATHS("def f():\n try:\n  try: return\n  finally: a()\n finally: b()\n", "a b return");
    PATHS("def f():\n try: risky()\n finally: return\n", "risky return | risky! return");
    PATHS("while c:\n try: break\n finally: a()\nb()\n", "+c a b end | -c b end");
    PATHS("while c:\n try: continue\n finally: a()\nb()\n", "+c a -c b end | -c b end");
    PATHS("while c:\n try: a()\n finally: break\nb()\n", "+c a b end | -c b end");
    PATHS("def f():\n while c:\n  try:\n   if d: return\n   risky()\n  finally: a()\n b()\n",
          "+c +d a return | +c -d risky a +c +d a return | "
          "+c -d risky a +c -d risky! a raise | +c -d risky a -c b end | "
          "+c -d risky! a raise | -c b end");
    PATHS("try: risky()\nfinally:\n try: risky2()\n finally: a()\n",
          "risky risky2 a end | risky risky2! a raise | risky! risky2 a raise | "
          "risky! risky2! a raise");
}

static void test_with(void)
{
    PATHS("with m: a()\nb()\n", "a exit b end");
    PATHS("with m: risky()\n", "risky exit end | risky! exit raise");
    PATHS("with m, n: risky()\n", "risky exit exit end | risky! exit exit raise");
    PATHS("def f():\n with m: return\n", "exit return");
    PATHS("while c:\n with m: break\n", "+c exit end | -c end");
    PATHS("import contextlib\nwith contextlib.suppress(E): risky()\na()\n",
          "suppress risky exit a end | suppress risky! exit a end | suppress risky! exit raise");
    PATHS("def f():\n with m:\n  try: return\n  finally: a()\n", "a exit return");
}

static void test_never_returning(void)
{
    PATHS("import sys\nif c: sys.exit()\na()\n", "-c a end");
    PATHS("def f(self):\n try: risky()\n except E: pass\n else: self.fail()\n",
          "risky! end | risky! raise");
    PATHS("def f():\n raise E\n a()\n", "raise");
}

/* ---- data flow: which names were called on some way, on every way ---- */

static bool collect_call(void *context, const struct flow *flow, uint32_t at, enum flow_edge edge,
                         uint64_t *state)
{
    (void)context;
    const struct flow_node *node = &flow->nodes[at];
    if (node->kind == FLOW_OP && flow->facts->ops[node->op].kind == OP_CALL) {
        const char *name = name_of(flow->facts, flow->facts->ops[node->op].a);
        *state |= UINT64_C(1) << (name[0] - 'a');
    }
    return edge != FLOW_EXCEPTION;
}

static void check_called(const char *text, bool on_every_way, const char *expected, int line)
{
    struct bench bench;
    bench_start(&bench, text);
    const struct flow_problem problem = {
        .n_words = 1, .is_intersection = on_every_way, .transfer = collect_call};
    const uint64_t nothing = 0;
    struct flow_states states =
        flow_solve(bench.flow, &problem, bench.flow->entry, &nothing, &bench.arena);
    const uint64_t *at_end = flow_state(&states, bench.flow->at_end);
    char called[27] = "";
    for (unsigned i = 0, n = 0; at_end != NULL && i < 26; i++) {
        if (*at_end >> i & 1) {
            called[n++] = (char)('a' + i);
        }
    }
    unit_check_text(called, expected, __FILE__, line);
    bench_end(&bench);
}

static void test_solving(void)
{
    const char *branch = "a()\nif x: b()\nelse: c()\nd()\n";
    check_called(branch, false, "abcd", __LINE__);
    check_called(branch, true, "ad", __LINE__);
    const char *loop = "while x:\n a()\n if y: break\n b()\nelse: c()\n";
    check_called(loop, false, "abc", __LINE__);
    check_called(loop, true, "", __LINE__);
    check_called("while True:\n a()\n if y: break\n b()\n", true, "a", __LINE__);
    check_called("while True: a()\n", false, "", __LINE__);
}

/* ---- bounds ---- */

static void test_bound_of_copies(void)
{
    enum { DEPTH = 24 }; /* 2^24 copies, were there no bound */
    struct builder text = {0};
    for (int i = 0; i < DEPTH; i++) {
        builder_addf(&text, "%*stry: risky()\n%*sfinally:\n", i, "", i, "");
    }
    builder_addf(&text, "%*sa()\n", DEPTH, "");
    struct bench bench = {0};
    struct parser *parser = parser_new();
    struct collector *collector = collector_new();
    const struct parse_limits limits = {.max_nodes = 1u << 20, .max_milliseconds = 60000};
    struct source source;
    struct tree tree;
    struct error error;
    CHECK(
        source_from_bytes("a.py", builder_string(&text), text.length, &bench.arena, &source, &error)
        && parser_parse(parser, &source, &limits, &tree, &error)
        && collector_run(collector, &tree, &source, &bench.arena, &bench.facts, &error));
    bench.flow = flow_build(&bench.facts, 0, &bench.arena);
    CHECK(bench.flow->is_partial);
    CHECK(bench.flow->n_nodes < 100000);
    collector_free(collector);
    parser_free(parser);
    builder_free(&text);
    bench_end(&bench);
}

/* ---- for test_flow.py ---- */

static const char *called_by(const struct facts *facts, uint32_t value)
{
    bool is_call = value != NONE && facts->ops[value].kind == OP_CALL;
    return is_call ? name_of(facts, facts->ops[value].a) : "-";
}

/* A line a node: its number, what it calls, what call it tests, whether it raises by itself, and
 * its successors. */
static void print_graph(const struct facts *facts, const struct flow *flow)
{
    printf("function %s %u %u %u %u\n", facts_name(facts, facts->scopes[flow->scope].name),
           flow->entry, flow->at_end, flow->at_return, flow->at_raise);
    for (uint32_t i = 0; i < flow->n_nodes; i++) {
        const struct flow_node *node = &flow->nodes[i];
        bool is_op = node->kind == FLOW_OP;
        uint8_t kind = is_op ? facts->ops[node->op].kind : OP_NOTHING;
        printf("node %u %s %s %d %d %d %d\n", i, called_by(facts, is_op ? node->op : NONE),
               called_by(facts, node->condition), kind == OP_RAISE || kind == OP_TRY,
               (int)node->next[0], (int)node->next[1], (int)node->raise);
    }
}

static int print_file(const char *path)
{
    struct arena arena = {0};
    struct source source;
    struct error error;
    if (!source_read(path, 1u << 30, &arena, &source, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    struct bench bench;
    bench_start(&bench, source.bytes);
    for (uint32_t i = 1; i < bench.facts.n_scopes; i++) {
        print_graph(&bench.facts, flow_build(&bench.facts, i, &bench.arena));
    }
    bench_end(&bench);
    arena_free(&arena);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2) {
        return print_file(argv[1]);
    }
    test_branches();
    test_conditions_of_several();
    test_loops();
    test_tries();
    test_leaving_through_finally();
    test_with();
    test_never_returning();
    test_solving();
    test_bound_of_copies();
    return unit_end("unit_flow");
}
