/*
 * flow.c - from structured ops to a control-flow graph: the pass (flow_build.h).
 *
 * Nothing recurses: copies of `finally` parts are jobs, done after the scope itself.
 */
#include "program/flow_build.h"

#include <string.h>

enum {
    MAX_GROWTH = 8,          /* copies of `finally` may make a graph this many times its ops … */
    ALWAYS_ALLOWED = 1 << 12 /* … or this large, before it is given up as partial */
};

/* The END of the `try` whose FINALLY this is comes next: its body is made by jobs. */
static void do_range(struct flow_builder *build, uint32_t first, uint32_t end)
{
    for (uint32_t op = first; op < end; op++) {
        if (build->facts->ops[op].kind == OP_FINALLY) {
            op = build->facts->ops[op].b;
        }
        flow_do_op(build, op);
    }
}

static void do_job(struct flow_builder *build, struct job job)
{
    build->frame = job.frame;
    build->cached_raise = NONE;
    build->is_copying = true;
    flow_go_on(build, job.entry);
    if (build->nodes.n > build->limit) {
        build->flow->is_partial = true;
    } else {
        do_range(build, job.first, job.end);
    }
    uint32_t target = job.kind == EXIT_NORMAL
                          ? job.after
                          : flow_leave(build, job.frame, (enum exit_kind)job.kind, job.target);
    flow_link(build, build->loose, target);
}

/* Notes for each END which EXCEPT comes first and where FINALLY is: both name their END. */
static void find_parts(struct flow_builder *build)
{
    const struct scope *scope = build->scope;
    for (uint32_t i = scope->n_ops; i-- > 0;) {
        const struct op *op = &build->facts->ops[scope->first_op + i];
        if (op->kind == OP_FINALLY) {
            build->finally_of[op->b - scope->first_op] = scope->first_op + i;
        } else if (op->kind == OP_EXCEPT) {
            build->except_of[op->b - scope->first_op] = scope->first_op + i;
        }
    }
}

static uint32_t *none_for_each_op(const struct flow_builder *build, struct arena *arena)
{
    size_t size = sizeof(uint32_t) * build->scope->n_ops;
    return memset(arena_alloc(arena, size), 0xff, size);
}

static void free_build(struct flow_builder *build)
{
    array_free(&build->nodes);
    array_free(&build->frames);
    array_free(&build->exits);
    array_free(&build->jobs);
    array_free(&build->open);
    array_free(&build->threads);
}

static void build_graph(struct flow_builder *build)
{
    struct flow *flow = build->flow;
    flow->entry = flow_add_node(build, FLOW_ENTRY, NONE);
    flow->at_end = flow_add_node(build, FLOW_END, NONE);
    flow->at_return = flow_add_node(build, FLOW_RETURN, NONE);
    flow->at_raise = flow_add_node(build, FLOW_RAISE, NONE);
    flow_go_on(build, flow->entry);
    do_range(build, build->scope->first_op, build->scope->first_op + build->scope->n_ops);
    flow_link(build, build->loose, flow->at_end);
    for (size_t i = 0; i < build->jobs.n; i++) {
        do_job(build, build->jobs.items[i]);
    }
    flow_thread_branches(build);
}

const struct flow *flow_build(const struct facts *facts, uint32_t scope, struct arena *arena)
{
    struct flow *flow = arena_alloc(arena, sizeof *flow);
    flow->facts = facts;
    flow->scope = scope;
    struct flow_builder build = {
        .facts = facts,
        .scope = &facts->scopes[scope],
        .flow = flow,
        .limit = ALWAYS_ALLOWED + MAX_GROWTH * facts->scopes[scope].n_ops,
        .frame = NONE,
        .loose = FLOW_NOWHERE,
        .cached_raise = NONE,
    };
    build.finally_of = none_for_each_op(&build, arena);
    build.except_of = none_for_each_op(&build, arena);
    build.branch_of = none_for_each_op(&build, arena);
    find_parts(&build);
    build_graph(&build);
    flow->nodes = arena_copy(arena, build.nodes.items, sizeof *flow->nodes * build.nodes.n);
    flow->n_nodes = (uint32_t)build.nodes.n;
    free_build(&build);
    return flow;
}
