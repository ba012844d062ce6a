/*
 * heap.c - the order in which functions are walked.
 *
 * Every function is walked once, callees before callers where they are not recursive: a walker that
 * needs a summary waits on the stack until the callee's walk is done.  Files and functions are
 * taken in order, so the result is the same every time.
 */
#include "heap/heap.h"

#include "base/error.h"
#include "heap/type_graph.h"
#include "heap/walk.h"

#include "points/points.h"
#include <stdlib.h>

/* ---- what nested functions capture */

struct capture_pass {
    struct analysis *a;
    uint32_t file;
    struct pair_table seen; /* scope, variable */
    struct {
        ARRAY_OF(uint64_t);
    } pairs; /* scope, variable */
};

/* Every scope between the use and the owner captures the variable. */
static void add_captures(struct capture_pass *pass, uint32_t scope, uint32_t variable)
{
    const struct facts *facts = pass->a->program->files[pass->file];
    uint32_t owner = facts->variables[variable].scope;
    if (owner == 0 || facts->scopes[owner].kind == SCOPE_CLASS) {
        return;
    }
    for (; scope != owner && scope != 0; scope = facts->scopes[scope].parent) {
        uint32_t next = (uint32_t)pass->pairs.n;
        if (pair_table_put(&pass->seen, pair_key(scope, variable), next) == next) {
            *array_push(&pass->pairs) = pair_key(scope, variable);
        }
    }
}

static bool names_variable(const struct op *op)
{
    return op->kind == OP_LOAD || op->kind == OP_TARGET_NAME || op->kind == OP_NONLOCAL;
}

static int compare_pairs(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

static void find_captures(struct analysis *a, uint32_t file, struct capture_pass *pass)
{
    const struct facts *facts = a->program->files[file];
    pass->file = file;
    pass->pairs.n = 0;
    pair_table_clear(&pass->seen);
    for (uint32_t scope = 1; scope < facts->n_scopes; scope++) {
        const struct scope *s = &facts->scopes[scope];
        for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
            if (names_variable(&facts->ops[i])
                && facts->variables[facts->ops[i].a].scope != scope) {
                add_captures(pass, scope, facts->ops[i].a);
            }
        }
    }
    if (pass->pairs.n > 0) {
        qsort(pass->pairs.items, pass->pairs.n, sizeof *pass->pairs.items, compare_pairs);
    }
    for (size_t i = 0; i < pass->pairs.n; i++) {
        uint32_t scope = (uint32_t)(pass->pairs.items[i] >> 32);
        struct captures *captures = &a->captures[a->program->link->first_function[file] + scope];
        if (captures->n == 0) {
            captures->first = (uint32_t)a->captured.n;
        }
        captures->n++;
        *array_push(&a->captured) = (uint32_t)pass->pairs.items[i];
    }
}

static void find_all_captures(struct analysis *a)
{
    struct capture_pass pass = {.a = a};
    for (uint32_t file = 0; file < a->program->n_files; file++) {
        find_captures(a, file, &pass);
    }
    pair_table_free(&pass.seen);
    array_free(&pass.pairs);
}

/* ---- the stack of walkers */

void walker_push(struct analysis *a, uint32_t file, uint32_t scope)
{
    struct walker **slot = &a->walkers[a->n_walkers++];
    if (*slot == NULL) {
        *slot = alloc_zeroed(1, sizeof **slot);
    }
    a->states[a->program->link->first_function[file] + scope] = SUMMARY_UNDER_WAY;
    walker_start(*slot, a, file, scope);
}

static void walk_until_empty(struct analysis *a)
{
    while (a->n_walkers > 0) {
        struct walker *w = a->walkers[a->n_walkers - 1];
        if (walker_run(w)) {
            a->states[a->program->link->first_function[w->file] + w->scope] = SUMMARY_DONE;
            a->heap->n_summaries++;
            a->n_walkers--;
        }
    }
}

static void walk_all(struct analysis *a)
{
    for (uint32_t file = 0; file < a->program->n_files; file++) {
        const struct facts *facts = a->program->files[file];
        for (uint32_t scope = facts->n_scopes; scope-- > 0;) { /* the module's body last */
            uint32_t number = a->program->link->first_function[file] + scope;
            if (facts->scopes[scope].kind != SCOPE_CLASS && a->states[number] == SUMMARY_ABSENT) {
                walker_push(a, file, scope);
                walk_until_empty(a);
            }
        }
    }
}

/* ---- */

static struct fields make_fields(struct program *program)
{
    return (struct fields){
        .element = link_symbol(program, "[]"),
        .index = {link_symbol(program, "[0]"), link_symbol(program, "[1]"),
                  link_symbol(program, "[2]"), link_symbol(program, "[3]"),
                  link_symbol(program, "[4]"), link_symbol(program, "[5]"),
                  link_symbol(program, "[6]"), link_symbol(program, "[7]")},
        .key = link_symbol(program, "[key]"),
        .self = link_symbol(program, "__self__"),
        .cell = link_symbol(program, "cell_contents"),
        .traceback = link_symbol(program, "__traceback__"),
        .dict = link_symbol(program, "__dict__"),
        .callback = link_symbol(program, "__callback__"),
        .tb_frame = link_symbol(program, "tb_frame"),
        .class_ = link_symbol(program, "__class__"),
        .wrapped = link_symbol(program, "__wrapped__"),
        .init = link_symbol(program, "__init__"),
        .call = link_symbol(program, "__call__"),
        .post_init = link_symbol(program, "__post_init__"),
    };
}

static int compare_cycles(const void *x, const void *y)
{
    const struct cycle *a = x, *b = y;
    if (a->place.file != b->place.file) {
        return a->place.file < b->place.file ? -1 : 1;
    }
    return (a->place.start > b->place.start) - (a->place.start < b->place.start);
}

static void sort_cycles(struct cycle *cycles, size_t n)
{
    if (n > 0) {
        qsort(cycles, n, sizeof *cycles, compare_cycles);
    }
}

static void free_analysis(struct analysis *a)
{
    for (size_t i = 0; i < MAX_WALKERS; i++) {
        if (a->walkers[i] != NULL) {
            walker_free(a->walkers[i]);
            free(a->walkers[i]);
        }
    }
    arena_free(&a->arena);
    free(a->summaries);
    free(a->names);
    free(a->states);
    free(a->captures);
    array_free(&a->captured);
    pair_table_free(&a->parameter_classes);
    pair_table_free(&a->attribute_types);
    families_free(&a->families);
    pair_table_free(&a->reported);
    array_free(&a->told);
    array_free(&a->told_places);
    array_free(&a->told_holders);
    free(a);
}

void heap_analyse(struct program *program, struct heap *heap)
{
    struct analysis *a = alloc_zeroed(1, sizeof *a);
    uint32_t n = program->link->n_functions;
    a->program = program;
    a->heap = heap;
    a->fields = make_fields(program);
    a->summaries = alloc_zeroed(n, sizeof *a->summaries);
    a->names = alloc_zeroed(n, sizeof *a->names);
    a->states = alloc_zeroed(n, sizeof *a->states);
    a->captures = alloc_zeroed(n, sizeof *a->captures);
    find_all_captures(a);
    infer_parameters(a);
    families_find(program, &a->families);
    walk_all(a);
    if (heap->wants_types) {
        struct points *points = points_solve(program);
        type_circles_find(a, points);
        points_free(points);
    }
    sort_cycles(heap->cycles.items, heap->cycles.n);
    sort_cycles(heap->alike.items, heap->alike.n);
    sort_cycles(heap->by_type.items, heap->by_type.n);
    free_analysis(a);
}

void heap_find_class_graph(struct program *program, struct heap *heap)
{
    class_graph_find(program, heap, &heap->class_graph);
}

void heap_free(struct heap *heap)
{
    class_graph_free(&heap->class_graph);
    arena_free(&heap->arena);
    array_free(&heap->cycles);
    array_free(&heap->alike);
    array_free(&heap->by_type);
    array_free(&heap->cut);
}
