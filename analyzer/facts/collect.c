/*
 * collect.c - from one file's tree to its facts.
 *
 * Everything is gathered in growing arrays that a thread uses again for each file, and then copied
 * to the facts' own arena, each array in one piece of just its size.
 */
#include "facts/collect.h"

#include "base/error.h"
#include "facts/lower.h"
#include "facts/marks.h"
#include "facts/python2.h"
#include "text/generated.h"
#include "text/suppress.h"

#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct collector {
    struct lower lower;
    struct query_run *queries;
    struct marks marks;
};

static uint32_t symbol_for_marks(void *lower, const char *text, size_t length)
{
    return symbol_of_text(lower, text, length);
}

struct collector *collector_new(void)
{
    struct collector *collector = alloc_zeroed(1, sizeof *collector);
    collector->queries = query_run_new(marks_queries());
    collector->marks.symbol = symbol_for_marks;
    collector->marks.context = &collector->lower;
    return collector;
}

void collector_free(struct collector *collector)
{
    if (collector == NULL) {
        return;
    }
    lower_free(&collector->lower);
    query_run_free(collector->queries);
    marks_free(&collector->marks);
    free(collector);
}

/* ---- comments that speak to us */

static bool is_alone_on_line(const struct tree *tree, uint32_t start)
{
    while (start > 0 && (tree->bytes[start - 1] == ' ' || tree->bytes[start - 1] == '\t')) {
        start--;
    }
    return start == 0 || tree->bytes[start - 1] == '\n';
}

static void collect_directive(struct lower *l, const struct tree *tree, const struct node *node)
{
    const char *s = tree->bytes + node->start + 1;
    size_t length = node->end - node->start - 1;
    while (length > 0 && (*s == ' ' || *s == '\t')) {
        s++, length--;
    }
    while (length > 0 && (s[length - 1] == ' ' || s[length - 1] == '\r')) {
        length--;
    }
    if (!suppress_is_directive(s, length)) {
        return;
    }
    *array_push(&l->directives) =
        (struct directive){.start = node->start,
                           .end = node->end,
                           .text = symbol_of_text(l, s, length),
                           .flags = is_alone_on_line(tree, node->start) ? DIRECTIVE_IS_ALONE : 0};
}

/* Keeps the first place that only Python 2 reads. */
static void keep_python2(struct lower *l, enum python2 what, uint32_t offset)
{
    if (what != PYTHON2_NOT) {
        l->flags |= FACTS_ARE_PYTHON_2 | (uint32_t)what << FACTS_PYTHON_2_SHIFT;
        l->python2_offset = offset;
    }
}

/* In one pass: the comments that speak to us, and what is Python 2. */
static void collect_comments(struct lower *l, const struct tree *tree)
{
    for (uint32_t i = 0; i < tree->n; i++) {
        const struct node *node = &tree->nodes[i];
        if (node->kind == KIND_COMMENT && node->end > node->start + 1) {
            collect_directive(l, tree, node);
        } else if (python2_may_be(node->kind) && !(l->flags & FACTS_ARE_PYTHON_2)) {
            keep_python2(l, python2_at(tree, i), node->start);
        }
    }
    if (tree->has_errors && !(l->flags & FACTS_ARE_PYTHON_2)) {
        uint32_t offset;
        enum python2 what = python2_at_error(tree, &offset);
        keep_python2(l, what, offset);
    }
}

/* ---- from growing arrays to facts */

#define FREEZE(array) arena_copy(arena, (array)->items, (array)->n * sizeof *(array)->items)

#define FROZEN_SIZE(array) arena_size_of((array)->n * sizeof *(array)->items)

static size_t length_of_names(const struct lower *l)
{
    size_t length = 1;
    for (size_t i = 0; i < l->symbols.n; i++) {
        length += l->symbols.items[i].length + 1;
    }
    return length;
}

/* Two thirds full. */
static uint32_t count_symbol_slots(const struct lower *l)
{
    return (uint32_t)(l->symbols.n + l->symbols.n / 2 + 1);
}

/* Facts stay until the end of the run: they take no byte more than they must. */
static void reserve_facts(const struct lower *l, const struct marks *m, struct arena *arena)
{
    arena_reserve(
        arena,
        arena_size_of(length_of_names(l)) + arena_size_of((l->symbols.n + 1) * sizeof(uint32_t))
            + arena_size_of(count_symbol_slots(l) * sizeof(uint32_t)) + FROZEN_SIZE(&l->ops)
            + FROZEN_SIZE(&l->scopes) + FROZEN_SIZE(&l->parameters) + FROZEN_SIZE(&l->variables)
            + FROZEN_SIZE(&l->directives) + FROZEN_SIZE(&m->marks) + FROZEN_SIZE(&m->captures));
}

static void freeze_symbols(const struct lower *l, struct arena *arena, struct facts *facts)
{
    size_t n = l->symbols.n;
    char *names = arena_alloc(arena, length_of_names(l));
    uint32_t *offsets = arena_alloc(arena, (n + 1) * sizeof *offsets);
    uint32_t at = 0;
    for (size_t i = 0; i < n; i++) {
        offsets[i] = at;
        memcpy(names + at, l->symbols.items[i].text, l->symbols.items[i].length);
        at += l->symbols.items[i].length + 1;
    }
    offsets[n] = at;
    facts->names = names;
    facts->name_offsets = offsets;
    facts->n_symbols = (uint32_t)n;
}

static void freeze_symbol_slots(const struct lower *l, struct arena *arena, struct facts *facts)
{
    uint32_t n_slots = count_symbol_slots(l);
    uint32_t *slots = arena_alloc(arena, n_slots * sizeof *slots);
    for (uint32_t symbol = 0; symbol < l->symbols.n; symbol++) {
        const struct symbol *s = &l->symbols.items[symbol];
        uint32_t i = facts_slot(XXH3_64bits(s->text, s->length), n_slots);
        while (slots[i] != 0) {
            i = i + 1 < n_slots ? i + 1 : 0;
        }
        slots[i] = symbol + 1;
    }
    facts->symbol_slots = slots;
    facts->n_symbol_slots = n_slots;
}

/* A variable that two ops bind, or one unbinds, has no one value. */
#define BOUND_TWICE (NONE - 1)

static void note_store(struct variable *variable, const struct op *store)
{
    bool is_plain = store->kind == OP_STORE && !(store->flags & OP_IS_AUGMENTED);
    if (variable->value != BOUND_TWICE) {
        variable->value = variable->value == NONE && is_plain ? store->b : BOUND_TWICE;
    }
}

static void forget_unsure_value(struct variable *variable)
{
    uint32_t unsure = VARIABLE_IS_PARAMETER | VARIABLE_IS_DECLARED | VARIABLE_IS_REBOUND;
    if (variable->flags & unsure || !(variable->flags & VARIABLE_IS_BOUND)
        || variable->value == BOUND_TWICE) {
        variable->value = NONE;
    }
}

/* What each variable is bound to, if only one op of its scope binds it. */
static void find_only_values(const struct facts *facts, struct variable *variables)
{
    for (uint32_t i = 0; i < facts->n_variables; i++) {
        variables[i].value = NONE;
    }
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if ((op->kind != OP_STORE && op->kind != OP_DELETE)
            || facts->ops[op->a].kind != OP_TARGET_NAME) {
            continue;
        }
        struct variable *variable = &variables[facts->ops[op->a].a];
        const struct scope *scope = &facts->scopes[variable->scope];
        if (i - scope->first_op < scope->n_ops) {
            note_store(variable, op);
        }
    }
    for (uint32_t i = 0; i < facts->n_variables; i++) {
        forget_unsure_value(&variables[i]);
    }
}

static void freeze_arrays(const struct lower *l, struct arena *arena, struct facts *facts)
{
    facts->ops = FREEZE(&l->ops);
    facts->n_ops = (uint32_t)l->ops.n;
    facts->scopes = FREEZE(&l->scopes);
    facts->n_scopes = (uint32_t)l->scopes.n;
    facts->parameters = FREEZE(&l->parameters);
    facts->n_parameters = (uint32_t)l->parameters.n;
    struct variable *variables = FREEZE(&l->variables);
    facts->variables = variables;
    facts->n_variables = (uint32_t)l->variables.n;
    find_only_values(facts, variables);
    facts->n_directives = (uint32_t)l->directives.n;
}

static void freeze_marks(const struct marks *m, struct arena *arena, struct facts *facts)
{
    struct mark *marks = FREEZE(&m->marks);
    facts->n_marks = (uint32_t)m->marks.n;
    for (uint32_t i = 0; i < facts->n_marks; i++) {
        marks[i].scope = facts_scope_at(facts, marks[i].start);
    }
    facts->marks = marks;
    facts->captures = FREEZE(&m->captures);
    facts->n_captures = (uint32_t)m->captures.n;
}

/* Directives know their scope only now that all scopes are there. */
static void freeze_directives(const struct lower *l, struct arena *arena, struct facts *facts)
{
    struct directive *directives = FREEZE(&l->directives);
    for (uint32_t i = 0; i < facts->n_directives; i++) {
        directives[i].scope = facts_scope_at(facts, directives[i].start);
    }
    facts->directives = directives;
}

static uint32_t count_lines(const struct tree *tree)
{
    uint32_t n = 1;
    const char *s = tree->bytes, *end = s + tree->n_bytes;
    while ((s = memchr(s, '\n', (size_t)(end - s))) != NULL) {
        n++, s++;
    }
    return n;
}

bool collector_run(struct collector *collector, const struct tree *tree,
                   const struct source *source, struct arena *arena, struct facts *facts,
                   struct error *error)
{
    struct lower *l = &collector->lower;
    lower_clear(l);
    marks_clear(&collector->marks);
    lower_tree(l, tree);
    collect_comments(l, tree);
    if (!marks_collect(&collector->marks, collector->queries, tree, error)) {
        return false;
    }
    *facts = (struct facts){.path = source->path,
                            .hash = source->hash,
                            .n_bytes = tree->n_bytes,
                            .n_lines = count_lines(tree),
                            .n_statements = l->n_statements,
                            .flags = l->flags | (tree->has_errors ? FACTS_HAVE_ERRORS : 0)
                                     | (generated_is(source) ? FACTS_ARE_GENERATED : 0),
                            .error_offset = l->flags & FACTS_ARE_PYTHON_2 ? l->python2_offset
                                                                          : tree->error_offset};
    reserve_facts(l, &collector->marks, arena);
    freeze_symbols(l, arena, facts);
    freeze_symbol_slots(l, arena, facts);
    freeze_arrays(l, arena, facts);
    freeze_directives(l, arena, facts);
    freeze_marks(&collector->marks, arena, facts);
    return true;
}
