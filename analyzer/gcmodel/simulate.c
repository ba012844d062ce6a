/*
 * simulate.c - runs a workload, word by word.
 */
#include "gcmodel/shares.h"
#include "gcmodel/simulation.h"

#include <string.h>

static bool hands_are_empty(const struct simulation *s)
{
    for (size_t i = 0; i < MAX_LABELS; i++) {
        if (s->hands[i].n > 0) {
            return false;
        }
    }
    return true;
}

static size_t begin_loop(struct simulation *s, size_t index, const struct gc_op *op)
{
    if (op->n == 0) {
        return op->other + 1;
    }
    s->loops[s->depth++] = (struct loop){.op = (uint32_t)index, .left = op->n};
    s->native += op->kind == GC_NATIVE;
    return index + 1;
}

static size_t end_loop(struct simulation *s, size_t index)
{
    struct loop *loop = &s->loops[s->depth - 1];
    s->native -= s->workload->ops.items[loop->op].kind == GC_NATIVE;
    objects_check(s);
    loop->left--;
    loop->trip++;
    if (loop->left > 0 && hands_are_empty(s)) {
        repeat_skip(s, loop);
    }
    if (loop->left > 0) {
        return loop->op + 1;
    }
    s->depth--;
    return index + 1;
}

static void do_gc_call(struct simulation *s, const struct gc_op *op)
{
    struct gc_heap *heap = &s->heap;
    switch ((int)op->kind) {
    case GC_CHECK:
        objects_check(s);
        break;
    case GC_COLLECT:
        objects_count_in_hand(s);
        collector_collect(heap, (int)op->n);
        break;
    case GC_ENABLE:
    case GC_DISABLE:
        heap->enabled = op->kind == GC_ENABLE;
        break;
    case GC_FREEZE:
        objects_freeze(heap);
        break;
    case GC_UNFREEZE:
        objects_unfreeze(heap);
        break;
    default:
        objects_set_threshold(heap, op->limit);
    }
}

/* Runs one op; gives the index of the next. */
static bool step(struct simulation *s, size_t *index, struct error *error)
{
    const struct gc_op *op = &s->workload->ops.items[*index];
    struct members *hand = &s->hands[op->label];
    switch (op->kind) {
    case GC_REPEAT:
    case GC_NATIVE:
        *index = begin_loop(s, *index, op);
        return true;
    case GC_END:
        *index = end_loop(s, *index);
        return true;
    case GC_MAKE:
        if (!objects_make(s, op, error)) {
            return false;
        }
        break;
    case GC_KEEP:
        objects_keep(s, hand);
        break;
    case GC_DROP:
        objects_drop(s, hand);
        break;
    case GC_CYCLE:
    case GC_RESURRECT:
        objects_die_in_cycle(s, (uint32_t)*index, hand, op->kind == GC_RESURRECT);
        break;
    case GC_HOLD:
        objects_hold(s, (uint32_t)*index, op, hand);
        break;
    case GC_CHECK:
    case GC_COLLECT:
    case GC_ENABLE:
    case GC_DISABLE:
    case GC_FREEZE:
    case GC_UNFREEZE:
    case GC_THRESHOLD:
        do_gc_call(s, op);
    }
    ++*index;
    return true;
}

static void begin(struct simulation *s, const struct gc_start *start)
{
    struct gc_heap *heap = &s->heap;
    heap->enabled = true;
    memcpy(heap->threshold, start->threshold, sizeof heap->threshold);
    heap->total = start->heap;
    heap->tracked[PERMANENT][TRACKED_ALWAYS] = start->frozen;
    heap->tracked[2][TRACKED_ALWAYS] = start->heap - start->frozen;
    heap->tracked[0][TRACKED_ALWAYS] = start->young;
    heap->count[0] = start->young;
    heap->serial = start->young;
    collector_start(heap);
    heap->local += start->counter;
}

static void end(struct simulation *s)
{
    struct gc_heap *heap = &s->heap;
    for (size_t i = 0; i < N_PLACES; i++) {
        for (size_t t = 0; t < TRACKED_NEVER; t++) {
            heap->result->heap += heap->tracked[i][t];
        }
    }
    heap->result->garbage = heap->garbage;
    for (size_t i = 0; i < s->workload->ops.n; i++) {
        array_free(&s->held[i].members);
        array_free(&s->held[i].ends);
    }
    for (size_t i = 0; i < MAX_LABELS; i++) {
        array_free(&s->hands[i]);
    }
    array_free(&heap->shapes);
    array_free(&heap->dead);
    array_release(s->held);
    array_release(s->shape_of_op);
}

bool gc_simulate(const struct gc_workload *workload, const struct gc_version *version,
                 const struct gc_start *start, struct gc_result *result, struct error *error)
{
    size_t n = workload->ops.n;
    if (shares_can_step(workload, version, start)) {
        shares_simulate(workload, version, start, result);
        return true;
    }
    struct simulation *s = alloc_zeroed(1, sizeof *s);
    *result = (struct gc_result){0};
    s->workload = workload;
    s->heap.version = version;
    s->heap.result = result;
    s->held = alloc_zeroed(n + 1, sizeof *s->held);
    s->shape_of_op = alloc_zeroed(n + 1, sizeof *s->shape_of_op);
    for (size_t i = 0; i < n; i++) {
        s->has_holds = s->has_holds || workload->ops.items[i].kind == GC_HOLD;
    }
    begin(s, start);
    bool ok = true;
    for (size_t i = 0; ok && i < n;) {
        ok = step(s, &i, error);
    }
    end(s);
    array_release(s);
    if (!ok) {
        gc_result_free(result);
    }
    return ok;
}

void gc_result_free(struct gc_result *result)
{
    array_free(&result->records);
}
