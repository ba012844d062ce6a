/*
 * workload.c - reads what a program does with objects.
 */
#include "gcmodel/workload.h"

#include <limits.h>
#include <string.h>

static const uint64_t MAX_NUMBER = 1000000000000000000; /* sums of some of them still fit */

struct reader {
    const char *next;
    const char *word;
    size_t length;
    const struct gc_version *version;
    struct gc_workload *workload;
    uint32_t open[MAX_DEPTH]; /* blocks that are not closed yet */
    size_t depth;
    struct {
        char name[16];
        size_t length;
    } labels[MAX_LABELS];
    size_t n_labels;
    struct error *error;
};

bool gc_number_parse(const char *text, size_t length, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        *value = *value * 10 + (uint64_t)(text[i] - '0');
        if (*value > MAX_NUMBER) {
            return false;
        }
    }
    return length > 0;
}

bool gc_thresholds_parse(const char *text, size_t length, uint64_t limit[3], struct error *error)
{
    const char *rest = text, *end = text + length;
    for (size_t i = 0; i < 3; i++) {
        const char *comma = memchr(rest, ',', (size_t)(end - rest));
        const char *stop = comma != NULL ? comma : end;
        if (!gc_number_parse(rest, (size_t)(stop - rest), &limit[i]) || limit[i] > INT_MAX
            || (comma == NULL) != (i == 2)) {
            return error_at(error,
                            "'%.*s' are no thresholds: three numbers from 0 to %d are, as in "
                            "700,10,10",
                            (int)length, text, INT_MAX);
        }
        rest = stop + 1;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The next word; false at the end. */
static bool next_word(struct reader *r)
{
    while (is_blank(*r->next) || *r->next == '#') {
        r->next += *r->next == '#' ? strcspn(r->next, "\n") : 1;
    }
    r->word = r->next;
    if (*r->next == '{' || *r->next == '}') {
        r->next++;
    } else {
        while (*r->next != '\0' && !is_blank(*r->next) && strchr("{}#", *r->next) == NULL) {
            r->next++;
        }
    }
    r->length = (size_t)(r->next - r->word);
    return r->length > 0;
}

static bool bad_word(struct reader *r, const char *why)
{
    return error_at(r->error, "workload: '%.*s' %s", (int)(r->length > 80 ? 80 : r->length),
                    r->word, why);
}

static struct gc_op *add_op(struct reader *r, enum gc_op_kind kind)
{
    struct gc_op *op = array_push(&r->workload->ops);
    op->kind = kind;
    return op;
}

static bool find_label(struct reader *r, const char *name, size_t length, uint32_t *label)
{
    for (size_t i = 0; i < r->n_labels; i++) {
        if (r->labels[i].length == length && memcmp(r->labels[i].name, name, length) == 0) {
            *label = (uint32_t)i;
            return true;
        }
    }
    if (r->n_labels == MAX_LABELS || length >= sizeof r->labels[0].name) {
        return bad_word(r, "has a label too long, or one more than eight");
    }
    memcpy(r->labels[r->n_labels].name, name, length);
    r->labels[r->n_labels].length = length;
    *label = (uint32_t)r->n_labels++;
    return true;
}

/* LABEL=KIND*N */
static bool read_make(struct reader *r)
{
    const char *name = r->word, *end = r->word + r->length;
    const char *equals = memchr(name, '=', r->length);
    uint32_t label = 0;
    uint64_t n = 1;
    if (equals != NULL && !find_label(r, name, (size_t)(equals - name), &label)) {
        return false;
    }
    name = equals != NULL ? equals + 1 : name;
    const char *star = memchr(name, '*', (size_t)(end - name));
    if (star != NULL && !gc_number_parse(star + 1, (size_t)(end - star - 1), &n)) {
        return bad_word(r, "has no number after its *");
    }
    struct gc_kind kind;
    size_t length = (size_t)((star != NULL ? star : end) - name);
    if (!gc_kind_find(name, length, r->version, &kind, r->error)) {
        return error_within(r->error, "workload");
    }
    struct gc_op *op = add_op(r, GC_MAKE);
    op->label = label;
    op->n = n;
    op->made = (uint32_t)r->workload->kinds.n;
    *array_push(&r->workload->kinds) = kind;
    return true;
}

static bool open_block(struct reader *r, enum gc_op_kind kind, uint64_t n)
{
    if (r->depth == MAX_DEPTH) {
        return bad_word(r, "is nested too deeply");
    }
    r->open[r->depth++] = (uint32_t)r->workload->ops.n;
    add_op(r, kind)->n = n;
    if (!next_word(r) || *r->word != '{') {
        return bad_word(r, "stands where { is needed");
    }
    return true;
}

static bool close_block(struct reader *r)
{
    if (r->depth == 0) {
        return bad_word(r, "closes nothing");
    }
    uint32_t begin = r->open[--r->depth];
    r->workload->ops.items[begin].other = (uint32_t)r->workload->ops.n;
    add_op(r, GC_END)->other = begin;
    return true;
}

/* What may stand behind the colon of a word. */
enum suffix { NO_SUFFIX, LABEL_SUFFIX, NUMBER_AND_LABEL, GENERATION, THRESHOLDS };

static const struct {
    const char *word;
    enum gc_op_kind kind;
    enum suffix suffix;
} words[] = {
    {"keep", GC_KEEP, LABEL_SUFFIX},      {"drop", GC_DROP, LABEL_SUFFIX},
    {"cycle", GC_CYCLE, LABEL_SUFFIX},    {"resurrect", GC_RESURRECT, LABEL_SUFFIX},
    {"hold", GC_HOLD, NUMBER_AND_LABEL},  {"check", GC_CHECK, NO_SUFFIX},
    {"collect", GC_COLLECT, GENERATION},  {"enable", GC_ENABLE, NO_SUFFIX},
    {"disable", GC_DISABLE, NO_SUFFIX},   {"freeze", GC_FREEZE, NO_SUFFIX},
    {"unfreeze", GC_UNFREEZE, NO_SUFFIX}, {"threshold", GC_THRESHOLD, THRESHOLDS},
};

static bool read_number_and_label(struct reader *r, struct gc_op *op, const char *suffix, size_t n)
{
    const char *colon = memchr(suffix, ':', n);
    size_t digits = colon != NULL ? (size_t)(colon - suffix) : n;
    if (!gc_number_parse(suffix, digits, &op->n)) {
        return bad_word(r, "needs a number after its colon");
    }
    return colon == NULL || find_label(r, colon + 1, n - digits - 1, &op->label);
}

static bool read_suffix(struct reader *r, enum suffix suffix, struct gc_op *op, const char *text,
                        size_t n)
{
    switch (suffix) {
    case LABEL_SUFFIX:
        return n == 0 || find_label(r, text, n, &op->label);
    case NUMBER_AND_LABEL:
        return read_number_and_label(r, op, text, n);
    case GENERATION:
        op->n = 2;
        return n == 0 || (gc_number_parse(text, n, &op->n) && op->n <= 2)
               || bad_word(r, "names no generation from 0 to 2");
    case THRESHOLDS:
        return gc_thresholds_parse(text, n, op->limit, r->error);
    case NO_SUFFIX:
        break;
    }
    return n == 0 || bad_word(r, "takes nothing after a colon");
}

static bool read_word(struct reader *r)
{
    uint64_t n;
    if (*r->word == '}') {
        return close_block(r);
    }
    if (gc_number_parse(r->word, r->length, &n)) {
        return open_block(r, GC_REPEAT, n);
    }
    if (r->length == 6 && memcmp(r->word, "native", 6) == 0) {
        return open_block(r, GC_NATIVE, 1);
    }
    const char *colon = memchr(r->word, ':', r->length);
    size_t length = colon != NULL ? (size_t)(colon - r->word) : r->length;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].word) == length && memcmp(words[i].word, r->word, length) == 0) {
            size_t skipped = colon != NULL ? length + 1 : length;
            return read_suffix(r, words[i].suffix, add_op(r, words[i].kind), r->word + skipped,
                               r->length - skipped);
        }
    }
    return read_make(r);
}

bool gc_workload_parse(const char *text, const struct gc_version *version,
                       struct gc_workload *workload, struct error *error)
{
    struct reader r = {.next = text, .version = version, .workload = workload, .error = error};
    *workload = (struct gc_workload){0};
    r.n_labels = 1; /* the one without a name */
    bool ok = true;
    while (ok && next_word(&r)) {
        ok = read_word(&r);
    }
    if (ok && r.depth > 0) {
        ok = error_at(error, "workload: a { is not closed");
    }
    if (!ok) {
        gc_workload_free(workload);
    }
    return ok;
}

void gc_workload_free(struct gc_workload *workload)
{
    array_free(&workload->ops);
    array_free(&workload->kinds);
}
