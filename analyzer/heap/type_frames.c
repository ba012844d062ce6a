/*
 * type_frames.c - what frames an exception's traceback may lead to.
 *
 * A traceback begins where the exception is caught and goes down the calls to where it was raised.
 * Of what a handler catches, the functions called in the body of its `try` are taken, and what they
 * call; of what somebody holds and raises, the function that raises it and those that call it, up
 * to where it is caught.  Only those of the same file: across files too many functions may call too
 * many others for any of it to be believed.
 */
#include "heap/type_frames.h"

#include "base/error.h"
#include "facts/uses.h"
#include "program/link.h"

#include <stdlib.h>

enum {
    MAX_CALLS_UP = 3 /* from who raises what is held; a frame further up holds other things */
};

/* ---- calls by function */

static uint32_t *count_calls(const struct type_frames *f, bool is_by_caller)
{
    size_t n_calls;
    const struct points_call *calls = points_calls(f->points, &n_calls);
    uint32_t *first = alloc_zeroed(f->program->link->n_functions + 2, sizeof *first);
    for (size_t i = 0; i < n_calls; i++) {
        first[(is_by_caller ? calls[i].caller : calls[i].callee) + 2]++;
    }
    for (uint32_t i = 0; i < f->program->link->n_functions; i++) {
        first[i + 2] += first[i + 1];
    }
    return first;
}

/* Leaves in `first[i]` where function i's begin: until now that was in `first[i + 1]`. */
static uint32_t *sort_calls(const struct type_frames *f, uint32_t *first, bool is_by_caller)
{
    size_t n_calls;
    const struct points_call *calls = points_calls(f->points, &n_calls);
    uint32_t *sorted = alloc_zeroed(n_calls + 1, sizeof *sorted);
    for (size_t i = 0; i < n_calls; i++) {
        sorted[first[(is_by_caller ? calls[i].caller : calls[i].callee) + 1]++] = (uint32_t)i;
    }
    return sorted;
}

static void find_raises(struct type_frames *f)
{
    size_t n;
    const struct points_raise *raises = points_raises(f->points, &n);
    f->next_raise = alloc_zeroed(n + 1, sizeof *f->next_raise);
    for (size_t i = n; i-- > 0;) {
        uint32_t next = pair_table_get(&f->first_raise, raises[i].object);
        f->next_raise[i] = next == TABLE_NONE ? 0 : next;
        pair_table_set(&f->first_raise, raises[i].object, (uint32_t)i + 1);
    }
}

void type_frames_begin(struct type_frames *f, struct program *program, const struct points *points)
{
    *f = (struct type_frames){.program = program, .points = points};
    f->file_of = alloc_zeroed(program->link->n_functions + 1, sizeof *f->file_of);
    for (uint32_t file = 0; file < program->n_files; file++) {
        for (uint32_t i = 0; i < program->files[file]->n_scopes; i++) {
            f->file_of[program->link->first_function[file] + i] = file;
        }
    }
    f->first_call = count_calls(f, true);
    f->by_caller = sort_calls(f, f->first_call, true);
    f->first_caller = count_calls(f, false);
    f->by_callee = sort_calls(f, f->first_caller, false);
    find_raises(f);
}

void type_frames_end(struct type_frames *f)
{
    free(f->file_of);
    free(f->first_call);
    free(f->by_caller);
    free(f->first_caller);
    free(f->by_callee);
    free(f->next_raise);
    pair_table_free(&f->first_raise);
}

/* ---- the frames of one traceback */

struct trace {
    const struct type_frames *f;
    uint32_t *functions;
    uint32_t depth[MAX_TRACE];
    uint32_t n;
};

static const struct points_call *call_at(const struct type_frames *f, uint32_t call)
{
    size_t n;
    return &points_calls(f->points, &n)[call];
}

static void add_function(struct trace *t, uint32_t function, uint32_t depth)
{
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->functions[i] == function) {
            return;
        }
    }
    if (t->n < MAX_TRACE) {
        t->functions[t->n] = function;
        t->depth[t->n++] = depth;
    }
}

/* What a function calls between two of its ops, of its own file. */
static void add_callees(struct trace *t, uint32_t function, uint32_t first_op, uint32_t end_op)
{
    const struct type_frames *f = t->f;
    for (uint32_t i = f->first_call[function]; i < f->first_call[function + 1]; i++) {
        const struct points_call *call = call_at(f, f->by_caller[i]);
        if (call->op >= first_op && call->op < end_op
            && f->file_of[call->callee] == f->file_of[function]) {
            add_function(t, call->callee, 1);
        }
    }
}

/* The ops of a `try` before its handlers. */
static void find_body(const struct facts *facts, uint32_t caught, uint32_t *first, uint32_t *end)
{
    uint32_t at = caught;
    while (facts->ops[at].kind != OP_EXCEPT) {
        at--;
    }
    *first = *end = uses_control_around(facts, at);
    if (*first == NONE) {
        return;
    }
    for (*end = *first + 1; facts->ops[*end].kind != OP_EXCEPT; (*end)++) {
        uint8_t kind = facts->ops[*end].kind;
        if (kind == OP_IF || kind == OP_LOOP || kind == OP_TRY || kind == OP_WITH) {
            *end = facts->ops[*end].b;
        }
    }
}

static void go_down(struct trace *t, uint32_t exception)
{
    const struct points_object *o = points_object_at(t->f->points, exception);
    if (o->kind != POINTS_EXCEPTION) {
        return; /* an instance of an exception's class: nobody caught it here */
    }
    const struct facts *facts = t->f->program->files[o->a];
    uint32_t first = o->b + 1, end = facts->ops[o->b].b; /* of a `with`, __exit__ is no part */
    if (facts->ops[o->b].kind == OP_CALL) {
        return;
    }
    if (facts->ops[o->b].kind == OP_CAUGHT) {
        find_body(facts, o->b, &first, &end);
    }
    uint32_t function = t->f->program->link->first_function[o->a] + facts_scope_of_op(facts, o->b);
    add_function(t, function, 0);
    add_callees(t, function, first, end);
}

static bool is_caught_there(const struct facts *facts, uint32_t op)
{
    for (uint32_t at = uses_control_around(facts, op); at != NONE;
         at = uses_control_around(facts, at)) {
        if (facts->ops[at].kind == OP_TRY) {
            return true;
        }
    }
    return false;
}

static void go_up(struct trace *t, uint32_t exception)
{
    const struct type_frames *f = t->f;
    size_t n;
    const struct points_raise *raises = points_raises(f->points, &n);
    uint32_t raise = pair_table_get(&f->first_raise, exception), first = t->n;
    for (; raise != TABLE_NONE && raise != 0; raise = f->next_raise[raise - 1]) {
        add_function(t, raises[raise - 1].function, 0);
    }
    for (uint32_t i = first; i < t->n; i++) {
        uint32_t function = t->functions[i];
        for (uint32_t c = f->first_caller[function];
             t->depth[i] < MAX_CALLS_UP && c < f->first_caller[function + 1]; c++) {
            const struct points_call *call = call_at(f, f->by_callee[c]);
            const struct facts *facts = f->program->files[f->file_of[call->caller]];
            if (f->file_of[call->caller] != f->file_of[function]) {
                continue;
            }
            add_function(t, call->caller,
                         is_caught_there(facts, call->op) ? MAX_CALLS_UP : t->depth[i] + 1);
        }
    }
}

uint32_t type_frames_of(const struct type_frames *f, uint32_t exception,
                        uint32_t functions[MAX_TRACE])
{
    struct trace trace = {.f = f, .functions = functions};
    go_down(&trace, exception);
    go_up(&trace, exception);
    return trace.n;
}
