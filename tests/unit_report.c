/*
 * unit_report.c - settling and writing, on findings made by hand in small programs.
 */
#include "facts/collect.h"
#include "report/builtin_rules.h"
#include "report/fingerprint.h"
#include "report/json.h"
#include "report/number.h"
#include "report/report.h"
#include "report/rule_names.h"
#include "report/settle.h"
#include "report/writer.h"
#include "text/cells.h"
#include "text/line_hash.h"
#include "text/logical.h"
#include "text/nearest.h"
#include "text/suppress.h"
#include "unit.h"

#include <stdlib.h>

/* Rules of our own, so that no real rule's change can break this test. */
static const struct rule rule_alpha = {
    .code = "W9101", .name = "alpha-rule", .message = "%s", .instead = "do it otherwise"};
static const struct rule rule_beta = {
    .code = "E9202", .name = "beta-rule", .message = "%s", .instead = ""};
static const struct rule rule_gamma = {
    .code = "R9301", .name = "gamma-rule", .message = "%s", .is_off = true};

/* Sorted by code, as a selection wants them. */
static const struct rule *const all_rules[] = {
    &builtin_syntax_error,        &rule_beta,
    &builtin_file_unreadable,     &builtin_limit_exceeded,
    &builtin_useless_suppression, &rule_gamma,
    &builtin_unknown_suppression, &rule_alpha};
enum { N_RULES = sizeof all_rules / sizeof *all_rules, MAX_FILES = 4 };

/* A program in memory and what was found in it. */
struct bench {
    struct arena arena;
    const char *paths[MAX_FILES];
    const char *texts[MAX_FILES];
    struct facts facts[MAX_FILES];
    const struct facts *files[MAX_FILES];
    const char *modules[MAX_FILES];
    struct program program;
    struct findings findings;
    struct failure failures[1];
    size_t n_failures;
    bool is_on[N_RULES];
    enum confidence min_confidence;
    double previous_score; /* 0 for none */
    struct report report;
};

static void bench_start(struct bench *bench)
{
    *bench = (struct bench){.min_confidence = CONFIDENCE_LIKELY};
    for (size_t i = 0; i < N_RULES; i++) {
        bench->is_on[i] = !all_rules[i]->is_off;
    }
    bench->program.files = bench->files;
    bench->program.modules = bench->modules;
}

static void turn_on(struct bench *bench, const struct rule *rule)
{
    for (size_t i = 0; i < N_RULES; i++) {
        bench->is_on[i] |= all_rules[i] == rule;
    }
}

static uint32_t add_file(struct bench *bench, const char *path, const char *module,
                         const char *text)
{
    const struct parse_limits limits = {.max_nodes = 1 << 20, .max_milliseconds = 10000};
    uint32_t i = bench->program.n_files++;
    struct error error = {.message = ""};
    struct source source;
    struct tree tree;
    struct parser *parser = parser_new();
    struct collector *collector = collector_new();
    bench->paths[i] = path;
    bench->texts[i] = text;
    bench->modules[i] = module;
    CHECK(source_from_bytes(path, text, strlen(text), &bench->arena, &source, &error)
          && parser_parse(parser, &source, &limits, &tree, &error)
          && collector_run(collector, &tree, &source, &bench->arena, &bench->facts[i], &error));
    CHECK_TEXT(error.message, "");
    bench->files[i] = &bench->facts[i];
    collector_free(collector);
    parser_free(parser);
    return i;
}

/* The place of the `n`th (from 0) occurrence of `what`. */
static struct place place_of(const struct bench *bench, uint32_t file, const char *what, int n)
{
    const char *text = bench->texts[file], *at = strstr(text, what);
    while (n-- > 0 && at) {
        at = strstr(at + 1, what);
    }
    if (!CHECK(at != NULL)) {
        return (struct place){.file = file};
    }
    uint32_t start = (uint32_t)(at - text);
    return (struct place){.file = file, .start = start, .end = start + (uint32_t)strlen(what)};
}

static struct finding *add_finding(struct bench *bench, const struct rule *rule, struct place place,
                                   const char *message)
{
    struct finding *finding = array_push(&bench->findings);
    *finding = (struct finding){
        .rule = rule,
        .place = place,
        .confidence = CONFIDENCE_LIKELY,
        .message = message,
        .scope = facts_scope_at(&bench->facts[place.file], place.start),
    };
    return finding;
}

static bool read_from_bench(void *context, const char *path, struct arena *arena,
                            struct source *source, struct error *error)
{
    const struct bench *bench = context;
    for (uint32_t i = 0; i < bench->program.n_files; i++) {
        if (strcmp(bench->paths[i], path) == 0) {
            return source_from_bytes(path, bench->texts[i], strlen(bench->texts[i]), arena, source,
                                     error);
        }
    }
    return error_at(error, "no such file: %s", path);
}

static const struct report *settled(struct bench *bench)
{
    const struct selection selection = {.rules = all_rules,
                                        .is_on = bench->is_on,
                                        .n_rules = N_RULES,
                                        .min_confidence = bench->min_confidence};
    const struct settle_input input = {.program = &bench->program,
                                       .findings = &bench->findings,
                                       .failures = bench->failures,
                                       .n_failures = bench->n_failures,
                                       .selection = &selection,
                                       .read = read_from_bench,
                                       .read_context = bench};
    report_free(&bench->report);
    settle(&input, &bench->report);
    bench->report.has_previous_score = bench->previous_score > 0;
    bench->report.previous_score = bench->previous_score;
    return &bench->report;
}

static void bench_end(struct bench *bench)
{
    report_free(&bench->report);
    array_free(&bench->findings);
    arena_free(&bench->findings.arena);
    arena_free(&bench->arena);
}

/* What a writer makes of the bench; to be freed. */
static char *written(struct bench *bench, const char *format, struct writer_options options)
{
    struct builder out = {0};
    const struct writer *writer = writer_find(format);
    if (CHECK(writer != NULL)) {
        writer->write(settled(bench), &options, &out);
    }
    builder_add(&out, "");
    return out.s;
}

/* The options follow as designated initializers, at least one. */
#define CHECK_WRITTEN(bench, format, expected, ...)                                                \
    do {                                                                                           \
        char *actual = written(bench, format, (struct writer_options){__VA_ARGS__});               \
        CHECK_TEXT(actual, expected);                                                              \
        free(actual);                                                                              \
    } while (0)

/* ---- words and numbers ---- */

static void check_parts(const char *comment, const char *expected)
{
    static const char *const actions[] = {"disable", "next",     "enable", "skip",
                                          "noqa",    "noqa-all", "unknown"};
    struct suppress_comment parsed;
    struct builder seen = {0};
    builder_add(&seen, "");
    suppress_parse(comment, strlen(comment), &parsed);
    for (size_t i = 0; i < parsed.n; i++) {
        builder_addf(&seen, "%s(%.*s) ", actions[parsed.items[i].action],
                     (int)parsed.items[i].length, parsed.items[i].name);
    }
    builder_addf(&seen, "; %.*s", (int)parsed.reason_length, parsed.reason);
    CHECK_TEXT(seen.s, expected);
    CHECK(suppress_is_directive(comment, strlen(comment)) == (parsed.n > 0));
    array_free(&parsed);
    builder_free(&seen);
}

static void test_comments(void)
{
    check_parts("cyclint: disable=a-b,W9301", "disable(a-b) disable(W9301) ; ");
    check_parts("# cyclint:disable = a-b , W9301 ; short-lived",
                "disable(a-b) disable(W9301) ; short-lived");
    check_parts("cyclint: disable=a # why not", "disable(a) ; why not");
    check_parts("cyclint: disable=a, enable=b", "disable(a) enable(b) ; ");
    check_parts("cyclint: disable-next=a", "next(a) ; ");
    check_parts("cyclint: skip-file", "skip() ; ");
    check_parts("cyclint: disabel=a,b", "unknown(disabel) ; ");
    check_parts("cyclint: fine by me", "unknown(fine) ; ");
    check_parts("type: ignore  # cyclint: disable=a", "disable(a) ; ");
    check_parts("type: ignore # noqa: W9301", "noqa(W9301) ; ");
    check_parts("noqa", "noqa-all() ; ");
    check_parts("NoQA:W9301,E501 F401", "noqa(W9301) noqa(E501) noqa(F401) ; ");
    check_parts("noqa: W9301 because", "noqa(W9301) ; ");
    check_parts("noqa: because", "noqa-all() ; ");
    check_parts("noqabc", "; ");
    check_parts("see cyclint: it says so", "; ");
    check_parts("pylint: disable=a", "; ");
    check_parts("", "; ");
}

static const char *nearest_of(const char *word)
{
    return rule_names_nearest(all_rules, N_RULES, word, strlen(word));
}

static void test_names(void)
{
    CHECK(rule_answers_to(&rule_alpha, "alpha-rule", 10));
    CHECK(rule_answers_to(&rule_alpha, "w9101", 5));
    CHECK(rule_answers_to(&rule_alpha, "W91", 3));
    CHECK(rule_answers_to(&rule_alpha, "91", 2));
    CHECK(rule_answers_to(&rule_alpha, "W", 1));
    CHECK(rule_answers_to(&rule_alpha, "warning", 7));
    CHECK(rule_answers_to(&rule_alpha, "all", 3));
    CHECK(!rule_answers_to(&rule_alpha, "E91", 3));
    CHECK(!rule_answers_to(&rule_alpha, "10", 2));
    CHECK(!rule_answers_to(&rule_alpha, "alpha", 5));
    CHECK(!rule_answers_to(&rule_alpha, "", 0));
    CHECK_TEXT(nearest_of("alpah-rule"), "alpha-rule");
    CHECK_TEXT(nearest_of("W9110"), "W9101");
    CHECK(nearest_of("unused-import") == NULL);
}

static void check_number(double value, unsigned decimals, const char *expected)
{
    struct builder out = {0};
    number_add(&out, value, decimals);
    CHECK_TEXT(builder_string(&out), expected);
    builder_free(&out);
}

static void test_numbers(void)
{
    check_number(9.999, 2, "10.00");
    check_number(-0.5, 2, "-0.50");
    check_number(-0.001, 2, "0.00");
    check_number(7, 0, "7");
    check_number(100.0 / 7, 2, "14.29");
}

static void test_cells(void)
{
    struct builder out = {0};
    CHECK(cells_add(&out, "a\tb", 3, 0) == 5);
    CHECK(cells_add(&out, "日本", 6, 0) == 4);
    CHECK(cells_add(&out, "e\xCC\x81", 3, 0) == 1);
    builder_clear(&out);
    CHECK(cells_add(&out, "\x1b[2J\xff\xE2\x80\xAE", 8, 0) == 6);
    CHECK_TEXT(builder_string(&out), "\xEF\xBF\xBD[2J\xEF\xBF\xBD\xEF\xBF\xBD");
    size_t length;
    CHECK(cells_decode("\xED\xA0\x80", 3, &length) == 0xFFFD && length == 1); /* a surrogate */
    CHECK(cells_decode("\xC0\x80", 2, &length) == 0xFFFD);                    /* overlong */
    CHECK(cells_decode("\xF0\x9F\x98\x80", 4, &length) == 0x1F600 && length == 4);
    CHECK(cells_decode("\xF0\x9F\x98", 3, &length) == 0xFFFD && length == 1);
    builder_free(&out);
}

static void test_json(void)
{
    struct builder out = {0};
    struct json json = json_begin(&out, 0);
    json_open(&json, '{');
    json_key_string(&json, "a\"b", "\\ \n \x01 \x7f \xED\xA0\x80 \xF0\x9F\x98\x80");
    json_key_open(&json, "l", '[');
    json_close(&json, ']');
    json_key_open(&json, "m", '[');
    json_number(&json, 1);
    json_decimal(&json, 2.5);
    json_bool(&json, true);
    json_null(&json);
    json_close(&json, ']');
    json_close(&json, '}');
    CHECK_TEXT(builder_string(&out), "{\"a\\\"b\":\"\\\\ \\n \\u0001 \\u007f "
                                     "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xF0\x9F\x98\x80\","
                                     "\"l\":[],\"m\":[1,2.50,true,null]}");
    builder_free(&out);
}

static void test_logical_lines(void)
{
    static const char text[] = "x = (1,\n"
                               "   ')',  # (\n"
                               ")\n"
                               "'''a\n"
                               "b'''\n"
                               "\n"
                               "y = 1 + \\\n"
                               "\t2\n"
                               "z = 'a\\\n"
                               "b'\n";
    static const uint32_t firsts[] = {0, 0, 0, 3, 3, 5, 6, 6, 8, 8};
    struct arena arena = {0};
    struct source source;
    struct lines lines;
    CHECK(source_from_bytes("a.py", text, sizeof text - 1, &arena, &source, NULL));
    lines_find(&source, &arena, &lines);
    const struct logical_line *found = logical_find(&source, &lines, &arena);
    for (uint32_t i = 0; i < 10; i++) {
        CHECK(found[i].first == firsts[i]);
    }
    CHECK(found[1].last == 2 && found[3].is_string && !found[5].is_code);
    CHECK(found[1].indent == 3 && found[7].indent == 8);
    arena_free(&arena);
}

/* The hashes of a text's lines, separated by blanks. */
static void check_line_hashes(const char *text, const char *expected)
{
    struct arena arena = {0};
    struct builder seen = {0};
    struct source source;
    uint32_t n;
    CHECK(source_from_bytes("a.py", text, strlen(text), &arena, &source, NULL));
    const struct line_hash *hashes = line_hash_find(&source, &arena, &n);
    for (uint32_t i = 0; i < n; i++) {
        builder_addf(&seen, "%s%llx:%u", i ? " " : "", (unsigned long long)hashes[i].hash,
                     hashes[i].ordinal);
    }
    CHECK_TEXT(builder_string(&seen), expected);
    builder_free(&seen);
    arena_free(&arena);
}

/* The values that GitHub's own test of its upload action expects. */
static void test_line_hashes(void)
{
    static const char six[] = "e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 "
                              "e20e36e16fcb0cc8:1 b3edc88f2938467e:1 c8e28b0b4002a3a0:1 "
                              "c129715d7a2bc9a3:1";
    check_line_hashes("", "c129715d7a2bc9a3:1");
    check_line_hashes(" a\nb\n  \t\tc\n d", "271789c17abda88f:1 54703d4cd895b18:1 "
                                            "180aee12dab6264:1 a23a3dc5e078b07b:1");
    check_line_hashes(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
                      "8b7cf3e952e7aeb2:1 b1ae1287ec4718d9:1 bff680108adb0fcc:1 "
                      "c6805c5e1288b612:1 b86d3392aea1be30:1 e6ceba753e1a442:1");
    check_line_hashes(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", six);
    check_line_hashes(" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", six);
    check_line_hashes(" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", six);
    check_line_hashes(" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", six);
    struct builder lorem = {0};
    for (int i = 0; i < 10; i++) {
        builder_add(&lorem, "Lorem ipsum dolor sit amet.\n");
    }
    check_line_hashes(lorem.s, "a7f2ff13bc495cf2:1 a7f2ff13bc495cf2:2 a7f2ff13bc495cf2:3 "
                               "a7f2ff13bc495cf2:4 a7f2ff13bc495cf2:5 a7f2ff13bc495cf2:6 "
                               "a7f2ff1481e87703:1 a9cf91f7bbf1862b:1 55ec222b86bcae53:1 "
                               "cc97dc7b1d7d8f7b:1 c129715d7a2bc9a3:1");
    builder_free(&lorem);
}

/* ---- settling ---- */

/* The shown messages as "path:line:column:code …". */
static void check_shown(struct bench *bench, const char *expected)
{
    struct builder seen = {0};
    const struct report *report = settled(bench);
    builder_add(&seen, "");
    for (size_t i = 0; i < report->shown.n; i++) {
        const struct message *m = &report->shown.items[i];
        builder_addf(&seen, "%s:%u:%u:%s ", m->span.file->path, m->span.start.line,
                     m->span.start.column, m->rule->code);
    }
    CHECK_TEXT(seen.s, expected);
    builder_free(&seen);
}

static void test_order_and_doubles(void)
{
    struct bench b;
    bench_start(&b);
    uint32_t z = add_file(&b, "z.py", "z", "éé = one\ntwo = 2\n");
    uint32_t a = add_file(&b, "a.py", "a", "one\n");
    add_finding(&b, &rule_alpha, place_of(&b, z, "two", 0), "m");
    add_finding(&b, &rule_alpha, place_of(&b, z, "one", 0), "n");
    add_finding(&b, &rule_alpha, place_of(&b, z, "one", 0), "n");
    add_finding(&b, &rule_beta, place_of(&b, z, "one", 0), "n");
    add_finding(&b, &rule_gamma, place_of(&b, z, "one", 0), "off");
    add_finding(&b, &rule_alpha, place_of(&b, a, "one", 0), "m");
    add_finding(&b, &rule_alpha, place_of(&b, z, "2", 0), "unsure")->confidence =
        CONFIDENCE_POSSIBLE;
    check_shown(&b, "a.py:1:0:W9101 z.py:1:5:E9202 z.py:1:5:W9101 z.py:2:0:W9101 ");
    b.min_confidence = CONFIDENCE_CERTAIN;
    check_shown(&b, "");
    bench_end(&b);
}

static void test_failures_and_score(void)
{
    struct bench b;
    bench_start(&b);
    uint32_t f = add_file(&b, "pkg/m.py", "pkg.m", "a = 1\nb = 2\nc = 3\nd = 4\n");
    add_finding(&b, &rule_alpha, place_of(&b, f, "b", 0), "m");
    double score;
    CHECK(settled(&b)->n_statements == 4);
    CHECK(report_score(&b.report, &score) && score > 7.49 && score < 7.51);
    b.failures[0] = (struct failure){&builtin_file_unreadable, "lost.py", "cannot read"};
    b.n_failures = 1;
    check_shown(&b, "lost.py:1:0:F9001 pkg/m.py:2:0:W9101 ");
    CHECK_TEXT(b.report.shown.items[0].span.file->module, "lost");
    CHECK(report_score(&b.report, &score) && score == 0);
    CHECK(b.report.counts[CATEGORY_FATAL] == 1 && b.report.counts[CATEGORY_WARNING] == 1);
    CHECK(b.report.shown.items[1].span.file->absolute_path[0] == '/');
    bench_end(&b);
}

/* Finds `word` wherever it stands in a text, and tells which lines are still reported. */
static void check_suppressed(const char *text, const char *word, const char *expected_lines)
{
    struct bench b;
    struct builder seen = {0};
    bench_start(&b);
    uint32_t f = add_file(&b, "a.py", "a", text);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        uint32_t start = (uint32_t)(at - text);
        add_finding(&b, &rule_alpha, (struct place){f, start, start + (uint32_t)strlen(word)}, "m");
    }
    const struct report *report = settled(&b);
    builder_add(&seen, "");
    for (size_t i = 0; i < report->shown.n; i++) {
        const struct message *m = &report->shown.items[i];
        builder_addf(&seen, "%s%u ", m->rule == &rule_alpha ? "" : m->rule->code,
                     m->span.start.line);
    }
    CHECK_TEXT(seen.s, expected_lines);
    builder_free(&seen);
    bench_end(&b);
}

static void test_suppression_of_lines(void)
{
    check_suppressed("X  # cyclint: disable=alpha-rule\nX\n", "X", "2 ");
    check_suppressed("X  # cyclint: disable=W9101; a reason\nX\n", "X", "2 ");
    check_suppressed("X  # cyclint: disable=beta-rule\nX\n", "X", "1 2 ");
    check_suppressed("X  # cyclint: disable=all\nX\n", "X", "2 ");
    check_suppressed("X  # noqa\nX  # noqa: W9101\nX  # noqa: E501\n", "X", "3 ");
    check_suppressed("X  # type: ignore # noqa: W9101\n", "X", "");
    check_suppressed("# cyclint: disable-next=W9101\n\n# more\nX\nX\n", "X", "5 ");
    /* A statement of several lines: its first line, its last, and one between. */
    check_suppressed("f(  # cyclint: disable=W9101\n  X,\n)\nX\n", "X", "4 ");
    check_suppressed("f(\n  X,\n)  # cyclint: disable=W9101\nX\n", "X", "4 ");
    check_suppressed("f(\n  1,  # cyclint: disable=W9101\n  X)\n", "X", "3 ");
    check_suppressed("X = '''\n# cyclint: disable=W9101\n'''\n", "X", "1 ");
    check_suppressed("# cyclint: skip-file\nX\n", "X", "");
    check_suppressed("X\n# cyclint: skip-file\nX\n", "X", "");
}

static void test_suppression_of_blocks(void)
{
    check_suppressed("X\n# cyclint: disable=W9101\nX\ndef f():\n    X\nX\n", "X", "1 ");
    check_suppressed("# cyclint: disable=W9101\nX\n# cyclint: enable=W9101\nX\n", "X", "4 ");
    check_suppressed("def f():\n    X\n    # cyclint: disable=W9101\n    X\nX\n", "X", "2 5 ");
    /* Before the first statement it speaks for the whole function, default arguments too. */
    check_suppressed("def f(a=X):\n    # cyclint: disable=W9101\n    X\nX\n", "X", "4 ");
    check_suppressed("def f(a=X):\n    '''doc'''\n    # cyclint: disable=W9101\n    X\nX\n", "X",
                     "5 ");
    check_suppressed("class C:\n    # cyclint: disable=W9101\n    def f(self):\n        X\nX\n",
                     "X", "5 ");
    /* Blocks inside functions. */
    check_suppressed("def f():\n"
                     "    if a:\n"
                     "        # cyclint: disable=W9101\n"
                     "        X\n"
                     "        while b:\n"
                     "            X\n"
                     "    X\n",
                     "X", "7 ");
    check_suppressed("def f():\n"
                     "    # cyclint: disable=W9101\n"
                     "    if a:\n"
                     "        # cyclint: enable=W9101\n"
                     "        X\n"
                     "    X\n",
                     "X", "5 ");
    check_suppressed("# cyclint: disable=W9101\nX  # cyclint: enable=W9101\nX\n", "X", "2 ");
    /* A comment at the left margin inside a function does not reach beyond it. */
    check_suppressed("def f():\n    X\n# cyclint: disable=W9101\n    X\n\nX\n", "X", "2 6 ");
    /* A string of several lines does not end a block, whatever its indentation. */
    check_suppressed("def f():\n    # cyclint: disable=W9101\n    g('''\nX''')\n    X\n", "X", "");
    check_suppressed("def f():\r\n    # cyclint: disable=W9101\r\n    X\r\nX\r\n", "X", "4 ");
}

static void test_comments_that_are_wrong(void)
{
    struct bench b;
    bench_start(&b);
    add_file(&b, "a.py", "a",
             "x = 1  # cyclint: disable=alpah-rule\n"
             "x = 1  # cyclint: disable=frobnicate\n"
             "x = 1  # cyclint: disabel=alpha-rule\n"
             "x = 1  # noqa: E501\n"
             "x = 1  # cyclint: disable=alpha-rule\n"
             "x = 1  # cyclint: disable=gamma-rule\n"
             "x = 1  # cyclint: disable=unknown,W9005\n"
             "x = 1  # noqa: W9101\n");
    check_shown(&b, "a.py:1:7:W9005 a.py:2:7:W9005 a.py:3:7:W9005 ");
    CHECK_TEXT(b.report.shown.items[0].text,
               "no rule is called 'alpah-rule'; did you mean 'alpha-rule'?");
    CHECK_TEXT(b.report.shown.items[1].text, "no rule is called 'frobnicate'");
    turn_on(&b, &builtin_useless_suppression);
    /* gamma-rule is off: nobody knows whether it would have found something. */
    check_shown(&b, "a.py:1:7:W9005 a.py:2:7:W9005 a.py:3:7:W9005 a.py:5:7:I9004 a.py:8:7:I9004 ");
    bench_end(&b);
}

static void test_enabling_what_is_off(void)
{
    struct bench b;
    bench_start(&b);
    uint32_t f = add_file(&b, "a.py", "a", "X\nX  # cyclint: enable=gamma-rule\n");
    add_finding(&b, &rule_gamma, place_of(&b, f, "X", 0), "m");
    add_finding(&b, &rule_gamma, place_of(&b, f, "X", 1), "m");
    check_shown(&b, "a.py:2:0:R9301 ");
    bench_end(&b);
}

/* ---- fingerprints ---- */

static void fingerprint_of(const char *path, const char *text, int n, char out[17])
{
    struct bench b;
    bench_start(&b);
    uint32_t f = add_file(&b, path, "a", text);
    for (int i = 0; i <= n; i++) {
        add_finding(&b, &rule_alpha, place_of(&b, f, "X", i), "held since line 3");
    }
    const struct report *report = settled(&b);
    if (CHECK(report->shown.n > (size_t)n)) {
        memcpy(out, report->shown.items[n].fingerprint, 17);
    }
    bench_end(&b);
}

static void test_fingerprints(void)
{
    char first[17], other[17];
    fingerprint_of("a.py", "def f():\n    X = 1\n", 0, first);
    CHECK(strlen(first) == 16);
    fingerprint_of("./a.py", "import os\n\n\ndef f():\n\tX  =  1\n", 0, other);
    CHECK_TEXT(other, first); /* lines before, blanks, and ./ do not matter */
    fingerprint_of("a.py", "def f():\n    X = 1\n    X = 1\n", 1, other);
    CHECK(strcmp(other, first) != 0); /* the second of two alike is another */
    fingerprint_of("a.py", "def g():\n    X = 1\n", 0, other);
    CHECK(strcmp(other, first) != 0);
    fingerprint_of("b.py", "def f():\n    X = 1\n", 0, other);
    CHECK(strcmp(other, first) != 0);
}

/* ---- writers ---- */

static void test_text(void)
{
    struct bench b;
    bench_start(&b);
    uint32_t f =
        add_file(&b, "pkg/m.py", "pkg.m", "class Tree:\n    def add(self):\n        return X\n");
    add_finding(&b, &rule_alpha, place_of(&b, f, "X", 0), "a message");
    CHECK_WRITTEN(&b, "text",
                  "************* Module pkg.m\n"
                  "pkg/m.py:3:15: W9101: a message (alpha-rule)\n",
                  .width = 0);
    CHECK_WRITTEN(&b, "parseable",
                  "************* Module pkg.m\n"
                  "pkg/m.py:3: [W9101(alpha-rule), Tree.add] a message\n",
                  .width = 0);
    CHECK_WRITTEN(&b, "msvs",
                  "************* Module pkg.m\n"
                  "pkg/m.py(3): [W9101(alpha-rule)Tree.add] a message\n",
                  .width = 0);
    CHECK_WRITTEN(&b, "text",
                  "************* Module pkg.m\n"
                  "W|warning|   3|15  |3|16|likely|{}|al|Tree.add\n",
                  .msg_template = "{C}|{category}|{line:4}|{column:<4}|{end_line}|{end_column}|"
                                  "{confidence}|{{}}|{symbol:.2}|{obj}",
                  .width = 0);
    b.previous_score = 5;
    CHECK_WRITTEN(&b, "text",
                  "************* Module pkg.m\n"
                  "pkg/m.py:3:15: W9101: a message (alpha-rule)\n"
                  "       |\n"
                  "     3 |         return X\n"
                  "       |                ^\n"
                  "       = instead: do it otherwise\n"
                  "\n"
                  "\n"
                  "------------------------------------------------------------------\n"
                  "Your code has been rated at 6.67/10 (previous run: 5.00/10, +1.67)\n"
                  "\n",
                  .explains = true, .shows_score = true);
    bench_end(&b);
}

static struct cycle_edge *edge_of(struct bench *bench, uint32_t file, const char *holder,
                                  const char *attribute, const char *target, const char *what)
{
    struct cycle_edge *edge = arena_alloc(&bench->arena, sizeof *edge);
    *edge = (struct cycle_edge){.holder = holder,
                                .attribute = attribute,
                                .target = target,
                                .via = "",
                                .place = place_of(bench, file, what, 0)};
    return edge;
}

static void test_explanation(void)
{
    struct bench b;
    bench_start(&b);
    uint32_t f = add_file(&b, "m.py", "m", "\tself.日本 = Node(self)\nnode.tree = self\n");
    struct finding *finding =
        add_finding(&b, &rule_alpha, place_of(&b, f, "Node(self)", 0), "a\x1bmessage");
    finding->remedy = "hold the tree weakly, because the one who made both of them holds the tree "
                      "already";
    finding->cycle = edge_of(&b, f, "m.Tree", "root", "m.Node", "self");
    finding->cycle->next = edge_of(&b, f, "m.Node", "tree", "m.Tree", "node.tree");
    finding->cycle->next->via = "list,method";
    CHECK_WRITTEN(&b, "text",
                  "************* Module m\n"
                  "m.py:1:11: W9101: a\\x1bmessage (alpha-rule)\n"
                  "       |\n"
                  "     1 |     self.日本 = Node(self)\n"
                  "       |                 ^^^^^^^^^^\n"
                  "       = cycle: Tree.root -> Node                     m.py:1\n"
                  "       =        Node.tree -> Tree (via list, method)  m.py:2\n"
                  "       = instead: hold the tree weakly, because the one who made\n"
                  "                  both of them holds the tree already\n"
                  "\n",
                  .explains = true, .width = 64);
    CHECK_WRITTEN(&b, "text",
                  "************* Module m\n"
                  "m.py:1:11: W9101: a\\x1bmessage (alpha-rule)\n"
                  "       |\n"
                  "     1 |     self.日本 = Node(self)\n"
                  "       |                 ^^^^^^^^^^\n"
                  "       = cycle: Tree.root -> Node\n"
                  "       =          line 1\n"
                  "       =        Node.tree -> Tree (via list, method)\n"
                  "       =          line 2\n"
                  "       = instead: hold the tree weakly,\n"
                  "                  because the one who\n"
                  "                  made both of them\n"
                  "                  holds the tree already\n"
                  "\n",
                  .explains = true, .width = 40);
    bench_end(&b);
}

/* A long line is shown around the finding, with a mark where it was cut. */
static void test_long_lines(void)
{
    struct bench b;
    bench_start(&b);
    uint32_t f = add_file(&b, "m.py", "m",
                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = X + "
                          "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n");
    add_finding(&b, &rule_beta, place_of(&b, f, "X", 0), "m");
    CHECK_WRITTEN(&b, "text",
                  "************* Module m\n"
                  "m.py:1:53: E9202: m (beta-rule)\n"
                  "       |\n"
                  "     1 | \xE2\x80\xA6"
                  "aaa = X + bbbbbbbbbbbbbbbbbbb\xE2\x80\xA6\n"
                  "       |        ^\n"
                  "\n",
                  .explains = true, .width = 40);
    bench_end(&b);
}

static void test_github(void)
{
    struct bench b;
    bench_start(&b);
    uint32_t f = add_file(&b, "a,b:c.py", "m", "one = 2\n");
    add_finding(&b, &rule_beta, place_of(&b, f, "one", 0), "50% of\nit: a, b");
    CHECK_WRITTEN(&b, "github",
                  "::error file=a%2Cb%3Ac.py,line=1,endLine=1,col=1,endColumn=3,"
                  "title=E9202 beta-rule::50%25 of%0Ait: a, b\n",
                  .width = 0);
    bench_end(&b);
}

static void test_no_findings(void)
{
    struct bench b;
    bench_start(&b);
    add_file(&b, "m.py", "m", "");
    CHECK_WRITTEN(&b, "text", "", .shows_score = true); /* nothing to rate */
    CHECK_WRITTEN(&b, "json", "[]\n", .width = 0);
    CHECK_WRITTEN(&b, "gitlab", "[]\n", .width = 0);
    CHECK_WRITTEN(&b, "github", "", .width = 0);
    bench_end(&b);
}

static void test_templates(void)
{
    struct error error;
    CHECK(writer_check_template("{path}:{line:>5d} {{x}} {msg:10.3}", &error));
    CHECK(!writer_check_template("{path}:{lien}", &error));
    CHECK(strstr(error.message, "'{lien}'") != NULL);
    CHECK(!writer_check_template("{path", &error));
    CHECK(!writer_check_template("path}", &error));
    CHECK(!writer_check_template("{line:q}", &error));
}

/* One finding with everything a finding can have, and its surroundings: for the validators. */
static void fill_everything(struct bench *b)
{
    bench_start(b);
    uint32_t f = add_file(b, "pkg/a b\xC3\xA9.py", "pkg.m",
                          "class Tree:\n"
                          "    def __init__(self):\n"
                          "        self.\xC3\xA9 = [Node(self)]\n"
                          "x = X  # cyclint: disable=gamma-rule,beta-rule; short-lived\n");
    uint32_t g = add_file(b, "../outside.py", "outside", "class Node:\n    tree = None\n");
    struct finding *cycle = add_finding(
        b, &rule_alpha, place_of(b, f, "[Node(self)]", 0),
        "'Tree' and 'Node' hold each other [always]: Tree.\xC3\xA9 -> Node, Node.tree -> Tree");
    cycle->cycle = edge_of(b, f, "pkg.m.Tree", "\xC3\xA9", "outside.Node", "Node(self)");
    cycle->cycle->via = "list";
    cycle->cycle->next = edge_of(b, g, "outside.Node", "tree", "pkg.m.Tree", "tree");
    struct change *change = arena_alloc(&b->arena, sizeof *change);
    *change = (struct change){
        .kind = CHANGE_REPLACE,
        .place = place_of(b, f, "[Node(self)]", 0),
        .text = "weakref.ref(self)",
    };
    cycle->changes = change;
    struct related *repeated = arena_alloc(&b->arena, sizeof *repeated);
    *repeated = (struct related){.place = cycle->cycle->place, .message = "again"};
    cycle->related = repeated;
    struct finding *other =
        add_finding(b, &rule_alpha, place_of(b, g, "Node", 0), "'Node' is not here");
    struct related *related = arena_alloc(&b->arena, sizeof *related);
    *related = (struct related){.place = place_of(b, f, "Tree", 0), .message = "but 'Tree' is"};
    other->related = related;
    add_finding(b, &rule_beta, place_of(b, f, "X", 0), "suppressed");
    b->failures[0] = (struct failure){&builtin_file_unreadable, "lost.py", "no such file"};
    b->n_failures = 1;
}

static void test_sarif(void)
{
    struct bench b;
    fill_everything(&b);
    char *all = written(&b, "sarif", (struct writer_options){.shows_suppressed = true});
    CHECK(strstr(all, "\"uri\": \"pkg/a%20b%C3%A9.py\"") != NULL);
    CHECK(strstr(all, "\"uri\": \"file:///") != NULL);
    CHECK(strstr(all, "each other \\\\[always\\\\]: [Tree.\xC3\xA9 -> Node](1), [Node.tree -> "
                      "Tree](2).\"")
          != NULL);
    CHECK(strstr(all, "again") == NULL); /* the edge is told already */
    CHECK(strstr(all, "See [but 'Tree' is](1).") != NULL);
    CHECK(strstr(all, "\"justification\": \"short-lived\"") != NULL);
    CHECK(strstr(all, "\"executionSuccessful\": false") != NULL);
    CHECK(strstr(all, "security-severity") == NULL);
    free(all);
    b.findings.items[0].message = "told without its path";
    char *untold = written(&b, "sarif", (struct writer_options){.sarif_max = 0});
    CHECK(strstr(untold, "path. Path: [pkg.m.Tree.\xC3\xA9 -> outside.Node](1), [outside.Node.tree "
                         "-> pkg.m.Tree](2).\"")
          != NULL);
    free(untold);
    char *one = written(&b, "sarif", (struct writer_options){.sarif_max = 1});
    CHECK(strstr(one, "gravest 1 of 2 findings") != NULL);
    CHECK(strstr(one, "suppressions") == NULL);
    free(one);
    bench_end(&b);
}

/* `unit_report FORMAT` prints a report with everything in that format: what other tests give to
 * that format's own validators. */
static int print_everything(const char *format)
{
    struct bench b;
    fill_everything(&b);
    char *text = written(&b, format, (struct writer_options){.shows_suppressed = true});
    fputs(text, stdout);
    free(text);
    bench_end(&b);
    return n_failed > 0;
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        return print_everything(argv[1]);
    }
    test_comments();
    test_names();
    test_numbers();
    test_cells();
    test_json();
    test_logical_lines();
    test_line_hashes();
    test_order_and_doubles();
    test_failures_and_score();
    test_suppression_of_lines();
    test_suppression_of_blocks();
    test_comments_that_are_wrong();
    test_enabling_what_is_off();
    test_fingerprints();
    test_text();
    test_explanation();
    test_long_lines();
    test_github();
    test_sarif();
    test_no_findings();
    test_templates();
    return unit_end("unit_report");
}
