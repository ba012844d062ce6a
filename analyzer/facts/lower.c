/*
 * lower.c - the walk that lowers a tree to ops: the stack of frames and the queue of scopes.
 */
#include "facts/lower.h"

void visit(struct lower *l, uint32_t node)
{
    *array_push(&l->frames) = (struct frame){
        .node = node, .value = NONE, .operands = (uint32_t)l->operands.n, .mode = MODE_LOAD};
}

void visit_store(struct lower *l, uint32_t node, uint32_t value, uint32_t statement, uint8_t flags)
{
    visit(l, node);
    struct frame *f = array_last(&l->frames);
    f->mode = MODE_STORE;
    f->value = value;
    f->statement = statement;
    f->flags = flags;
}

void visit_delete(struct lower *l, uint32_t node)
{
    visit(l, node);
    array_last(&l->frames)->mode = MODE_DELETE;
}

void finish(struct lower *l, uint32_t value)
{
    l->result = value;
    l->operands.n = array_last(&l->frames)->operands;
    l->frames.n--;
}

uint32_t next_named(struct lower *l, struct frame *f)
{
    f->cursor = f->cursor == 0 ? first_named(l, f->node)
                               : tree_next_named(l->tree, f->cursor, tree_end(l->tree, f->node));
    if (f->cursor == 0) {
        f->cursor = UINT32_MAX; /* past the last */
    }
    return f->cursor == UINT32_MAX ? 0 : f->cursor;
}

bool visit_next(struct lower *l, struct frame *f)
{
    uint32_t child = next_named(l, f);
    if (child != 0) {
        visit(l, child);
    }
    return child != 0;
}

struct frame *parent_frame(struct lower *l)
{
    return l->frames.n > 1 ? &l->frames.items[l->frames.n - 2] : NULL;
}

bool has_token(const struct lower *l, uint32_t node, uint16_t kind)
{
    uint32_t end = tree_end(l->tree, node);
    for (uint32_t i = node + 1; i < end; i = tree_end(l->tree, i)) {
        if (kind_of(l, i) == kind) {
            return true;
        }
    }
    return false;
}

/* What has no handler (an error, a comment, a pattern nobody knows) is worth what its parts are. */
static void lower_unknown(struct lower *l, struct frame *f)
{
    f->step++;
    if (f->mode != MODE_LOAD || !visit_next(l, f)) {
        finish(l, f->mode == MODE_LOAD ? emit(l, OP_NOTHING, f->node, NONE, NONE) : NONE);
    }
}

static void run_frames(struct lower *l)
{
    while (l->frames.n > 0) {
        struct frame *f = array_last(&l->frames);
        void (*handler)(struct lower *, struct frame *) = lower_handlers[kind_of(l, f->node)];
        (handler ? handler : lower_unknown)(l, f);
    }
}

/* BREAK and CONTINUE named the loop's opener while its END was not yet known. */
static void aim_jumps(struct lower *l, const struct scope *scope)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        struct op *op = &l->ops.items[i];
        if (op->kind == OP_BREAK || op->kind == OP_CONTINUE) {
            op->b = l->ops.items[op->b].b;
        }
    }
}

/* A lambda's value is its body's. */
static void return_body_of_lambda(struct lower *l)
{
    if (l->scopes.items[l->scope].kind == SCOPE_LAMBDA) {
        uint32_t node = l->pending.items[l->scope].node;
        uint32_t body = child_of(l, node, FIELD_BODY);
        emit(l, OP_RETURN, body ? body : node, l->result, NONE);
    }
}

static void lower_scope(struct lower *l, uint32_t scope)
{
    l->scope = scope;
    l->result = NONE;
    l->scopes.items[scope].first_op = (uint32_t)l->ops.n;
    l->type_checking_depth = 0;
    start_scope(l, scope);
    run_frames(l);
    return_body_of_lambda(l);
    struct scope *done = &l->scopes.items[scope];
    done->n_ops = (uint32_t)l->ops.n - done->first_op;
    aim_jumps(l, done);
}

void lower_tree(struct lower *l, const struct tree *tree)
{
    l->tree = tree;
    queue_scope(l, 0, SCOPE_MODULE, 0);
    for (uint32_t scope = 0; scope < l->scopes.n; scope++) {
        lower_scope(l, scope);
    }
    names_resolve(l);
}

void lower_clear(struct lower *l)
{
    name_table_clear(&l->symbol_table);
    pair_table_clear(&l->use_table);
    l->symbols.n = l->ops.n = l->scopes.n = l->parameters.n = l->variables.n = 0;
    l->directives.n = l->frames.n = l->operands.n = l->controls.n = l->pending.n = 0;
    l->uses.n = l->comprehension_names.n = l->captured_names.n = 0;
    l->n_statements = l->flags = 0;
}

void lower_free(struct lower *l)
{
    name_table_free(&l->symbol_table);
    pair_table_free(&l->use_table);
    array_free(&l->symbols);
    array_free(&l->ops);
    array_free(&l->scopes);
    array_free(&l->parameters);
    array_free(&l->variables);
    array_free(&l->directives);
    array_free(&l->frames);
    array_free(&l->operands);
    array_free(&l->controls);
    array_free(&l->pending);
    array_free(&l->uses);
    array_free(&l->comprehension_names);
    array_free(&l->captured_names);
}
