/*
 * lower_definitions.c - functions, lambdas, classes: what happens where they are defined, and how
 * their own scope begins.
 */
#include "facts/lower.h"

/* ---- the queue of scopes */

/* A scope sees the targets of the comprehensions it is defined in, long after those are done. */
static void capture_comprehension_names(struct lower *l, struct pending_scope *pending)
{
    pending->first_name = (uint32_t)l->captured_names.n;
    for (size_t i = 0; i < l->comprehension_names.n; i++) {
        *array_push(&l->captured_names) = l->comprehension_names.items[i];
        l->uses.items[l->comprehension_names.items[i].use].flags |= VARIABLE_IS_CAPTURED;
    }
    pending->n_names = (uint32_t)l->comprehension_names.n;
}

/* All children of a scope are queued while it is lowered, so they lie side by side. */
static void append_child(struct lower *l, uint32_t parent, uint32_t child)
{
    struct scope *scope = &l->scopes.items[parent];
    scope->first_child = scope->n_children == 0 ? child : scope->first_child;
    scope->n_children++;
}

uint32_t queue_scope(struct lower *l, uint32_t node, enum scope_kind kind, uint32_t name_node)
{
    uint32_t index = (uint32_t)l->scopes.n;
    struct pending_scope pending = {.node = node};
    capture_comprehension_names(l, &pending);
    *array_push(&l->pending) = pending;
    struct scope *scope = array_push(&l->scopes);
    const struct node *n = &l->tree->nodes[node];
    *scope = (struct scope){.kind = (uint8_t)kind,
                            .parent = index == 0 ? NONE : l->scope,
                            .start = n->start,
                            .end = n->end,
                            .name_start = l->tree->nodes[name_node].start,
                            .name_end = l->tree->nodes[name_node].end,
                            .defined_at = NONE,
                            .returns = NONE,
                            .first_child = NONE};
    scope->name = kind == SCOPE_MODULE   ? symbol_of_text(l, "<module>", 8)
                  : kind == SCOPE_LAMBDA ? symbol_of_text(l, "<lambda>", 8)
                                         : symbol_of_node(l, name_node);
    if (index == 0) {
        scope->name_end = scope->name_start;
        return 0;
    }
    uint8_t depth = l->scopes.items[l->scope].depth;
    scope->depth = depth < UINT8_MAX ? (uint8_t)(depth + 1) : depth;
    scope->flags = l->type_checking_depth > 0 ? SCOPE_IN_TYPE_CHECKING : 0;
    append_child(l, l->scope, index);
    return index;
}

/* ---- parameters */

static enum parameter_kind kind_of_splat(uint16_t kind)
{
    return kind == KIND_DICTIONARY_SPLAT_PATTERN ? PARAMETER_DOUBLE_STAR : PARAMETER_STAR;
}

static bool is_splat(uint16_t kind)
{
    return kind == KIND_LIST_SPLAT_PATTERN || kind == KIND_DICTIONARY_SPLAT_PATTERN;
}

/* The node of a parameter's name, inside its stars, default and annotation; 0 for `*` and `/`. */
static uint32_t name_of_parameter(const struct lower *l, uint32_t node, bool *is_starred,
                                  enum parameter_kind *kind)
{
    for (;;) {
        uint16_t k = kind_of(l, node);
        if (k == KIND_IDENTIFIER) {
            return node;
        }
        if (is_splat(k)) {
            *is_starred = true;
            *kind = kind_of_splat(k);
        } else if (k != KIND_DEFAULT_PARAMETER && k != KIND_TYPED_PARAMETER
                   && k != KIND_TYPED_DEFAULT_PARAMETER) {
            return 0;
        }
        uint32_t name = child_of(l, node, FIELD_NAME);
        node = name ? name : first_named(l, node);
        if (node == 0) {
            return 0;
        }
    }
}

static void make_earlier_positional_only(struct lower *l, uint32_t first)
{
    for (size_t i = first; i < l->parameters.n; i++) {
        l->parameters.items[i].kind = PARAMETER_POSITIONAL_ONLY;
    }
}

/* Makes the scope's parameters out of the list's node; their defaults and annotations come from the
 * definition's operands: one operand a parameter that has either, value and key. */
static void bind_parameters(struct lower *l, uint32_t scope, uint32_t list)
{
    uint32_t first = (uint32_t)l->parameters.n;
    l->scopes.items[scope].first_parameter = first;
    bool is_after_star = false;
    uint32_t end = list ? tree_end(l->tree, list) : 0;
    for (uint32_t i = list ? first_named(l, list) : 0; i != 0;
         i = tree_next_named(l->tree, i, end)) {
        if (kind_of(l, i) == KIND_POSITIONAL_SEPARATOR) {
            make_earlier_positional_only(l, first);
            continue;
        }
        if (kind_of(l, i) == KIND_KEYWORD_SEPARATOR) {
            is_after_star = true;
            continue;
        }
        bool is_starred = false;
        enum parameter_kind kind = is_after_star ? PARAMETER_KEYWORD_ONLY : PARAMETER_PLAIN;
        uint32_t name = name_of_parameter(l, i, &is_starred, &kind);
        if (name == 0) {
            continue;
        }
        is_after_star = is_after_star || is_starred;
        *array_push(&l->parameters) = (struct parameter){.variable = symbol_of_node(l, name),
                                                         .default_value = NONE,
                                                         .annotation = NONE,
                                                         .kind = kind,
                                                         .start = l->tree->nodes[i].start,
                                                         .end = l->tree->nodes[i].end};
    }
    l->scopes.items[scope].n_parameters = (uint32_t)l->parameters.n - first;
}

/* Until the scope starts, a parameter's `variable` is its name; then it is its use. */
static void start_parameters(struct lower *l, uint32_t scope)
{
    struct scope *s = &l->scopes.items[scope];
    for (uint32_t i = s->first_parameter; i < s->first_parameter + s->n_parameters; i++) {
        uint32_t name = l->parameters.items[i].variable;
        l->parameters.items[i].variable = bind_name(l, name, VARIABLE_IS_PARAMETER);
    }
}

void start_scope(struct lower *l, uint32_t scope)
{
    uint32_t node = l->pending.items[scope].node;
    start_parameters(l, scope);
    uint32_t body = scope == 0 ? 0 : child_of(l, node, FIELD_BODY);
    if (body != 0) {
        visit(l, body);
    } else if (scope == 0) {
        visit(l, 0);
    }
}

/* ---- where a function is defined */

enum definition_step { DEFINITION_DEFAULTS, DEFINITION_RETURNS, DEFINITION_DONE };

/* The next value to evaluate in the list of parameters: a default or an annotation, in this order
 * for each parameter.  f->cursor is the parameter, f->y its number, f->x 0 before its default, 1
 * between. */
static uint32_t next_parameter_value(struct lower *l, struct frame *f, uint32_t list)
{
    uint32_t end = tree_end(l->tree, list);
    if (f->cursor == 0) {
        f->cursor = first_named(l, list);
    }
    while (f->cursor != 0) {
        uint32_t parameter = f->cursor;
        uint32_t value =
            f->x == 0 ? child_of(l, parameter, FIELD_VALUE) : child_of(l, parameter, FIELD_TYPE);
        f->x++;
        if (f->x == 2 && value == 0) {
            bool is_starred;
            enum parameter_kind kind;
            f->y += name_of_parameter(l, parameter, &is_starred, &kind) != 0;
            f->x = 0;
            f->cursor = tree_next_named(l->tree, parameter, end);
        }
        if (value != 0) {
            return value;
        }
    }
    return 0;
}

static void keep_parameter_value(struct lower *l, struct frame *f, uint32_t scope, uint32_t list)
{
    uint32_t index = l->scopes.items[scope].first_parameter + f->y;
    struct parameter *parameter = &l->parameters.items[index];
    if (f->x == 1) {
        parameter->default_value = l->result;
        return;
    }
    parameter->annotation = l->result;
    f->y++;
    f->x = 0;
    f->cursor = tree_next_named(l->tree, f->cursor, tree_end(l->tree, list));
    if (f->cursor == 0) {
        f->cursor = UINT32_MAX;
    }
}

/* The values of the frame of a `decorated_definition` around this one, applied from the last to the
 * first; gives what the name is bound to. */
static uint32_t apply_decorators(struct lower *l, uint32_t value)
{
    struct frame *outer = parent_frame(l);
    if (outer == NULL || kind_of(l, outer->node) != KIND_DECORATED_DEFINITION) {
        return value;
    }
    uint32_t base = outer->operands, n = array_last(&l->frames)->operands - base;
    for (uint32_t i = n; i-- > 0;) {
        struct operand decorator = l->operands.items[base + i];
        uint32_t call = emit_with(l, OP_CALL, outer->node, decorator.value, 1, 0, OP_IS_DECORATOR);
        l->ops.items[call].start = decorator.start;
        l->ops.items[call].length_high = (uint8_t)((decorator.end - decorator.start) >> 16);
        l->ops.items[call].length_low = (uint16_t)((decorator.end - decorator.start) & 0xffff);
        emit(l, OP_ARGUMENT, outer->node, value, NONE);
        value = call;
    }
    return value;
}

static void store_definition(struct lower *l, uint32_t name, uint32_t value, uint32_t node)
{
    emit_store_name(l, name, symbol_of_node(l, name), value, node, OP_IS_IMPLICIT);
}

/* Defaults and annotations are evaluated in the scope around, before the function exists. */
static bool step_definition(struct lower *l, struct frame *f, uint32_t scope)
{
    uint32_t list = child_of(l, f->node, FIELD_PARAMETERS);
    if (f->step == DEFINITION_DEFAULTS && list != 0) {
        if (f->x != 0) {
            keep_parameter_value(l, f, scope, list);
        }
        uint32_t value = f->cursor == UINT32_MAX ? 0 : next_parameter_value(l, f, list);
        if (value != 0) {
            visit(l, value);
            return true;
        }
    }
    uint32_t returns = child_of(l, f->node, FIELD_RETURN_TYPE);
    if (f->step == DEFINITION_DEFAULTS && returns != 0) {
        f->step = DEFINITION_RETURNS;
        visit(l, returns);
        return true;
    }
    if (f->step == DEFINITION_RETURNS) {
        l->scopes.items[scope].returns = l->result;
    }
    return false;
}

static uint32_t begin_function(struct lower *l, struct frame *f, enum scope_kind kind,
                               uint32_t name)
{
    uint32_t scope = queue_scope(l, f->node, kind, name);
    bind_parameters(l, scope, child_of(l, f->node, FIELD_PARAMETERS));
    if (kind == SCOPE_FUNCTION && has_token(l, f->node, KIND_TOKEN_ASYNC)) {
        l->scopes.items[scope].flags |= SCOPE_IS_ASYNC;
    }
    return scope;
}

void lower_function(struct lower *l, struct frame *f)
{
    uint32_t name = child_of(l, f->node, FIELD_NAME);
    if (f->value == NONE) {
        l->n_statements++;
        f->value = begin_function(l, f, SCOPE_FUNCTION, name);
    }
    if (step_definition(l, f, f->value)) {
        return;
    }
    uint32_t node = f->node, scope = f->value;
    uint32_t function = emit(l, OP_FUNCTION, node, scope, NONE);
    l->scopes.items[scope].defined_at = function;
    store_definition(l, name, apply_decorators(l, function), node);
    finish(l, NONE);
}

void lower_lambda(struct lower *l, struct frame *f)
{
    if (f->value == NONE) {
        f->value = begin_function(l, f, SCOPE_LAMBDA, f->node + 1); /* the word `lambda` */
    }
    if (step_definition(l, f, f->value)) {
        return;
    }
    uint32_t scope = f->value;
    uint32_t function = emit(l, OP_FUNCTION, f->node, scope, NONE);
    l->scopes.items[scope].defined_at = function;
    finish(l, function);
}

void lower_class(struct lower *l, struct frame *f)
{
    uint32_t name = child_of(l, f->node, FIELD_NAME);
    uint32_t bases = child_of(l, f->node, FIELD_SUPERCLASSES);
    if (f->step++ == 0) {
        l->n_statements++;
    }
    if (step_arguments(l, f, bases)) {
        return;
    }
    uint32_t node = f->node;
    uint32_t scope = queue_scope(l, node, SCOPE_CLASS, name);
    uint32_t n = (uint32_t)l->operands.n - f->operands;
    uint32_t class = emit(l, OP_CLASS, node, scope, n);
    emit_operands(l, OP_ARGUMENT, f->operands);
    l->scopes.items[scope].defined_at = class;
    store_definition(l, name, apply_decorators(l, class), node);
    finish(l, NONE);
}

void lower_decorated(struct lower *l, struct frame *f)
{
    if (f->cursor != 0 && kind_of(l, f->cursor) == KIND_DECORATOR) {
        push_operand(l, f->cursor, l->result, NONE, 0);
    }
    if (!visit_next(l, f)) {
        finish(l, NONE);
    }
}

/* `type X = ...`: the value is not evaluated until asked for. */
void lower_type_alias(struct lower *l, struct frame *f)
{
    uint32_t left = child_of(l, f->node, FIELD_LEFT);
    uint32_t name = left;
    while (name != 0 && kind_of(l, name) != KIND_IDENTIFIER) {
        name = first_named(l, name);
    }
    if (f->step++ == 0) {
        l->n_statements++;
        uint32_t right = child_of(l, f->node, FIELD_RIGHT);
        if (right != 0) {
            visit(l, right);
            return;
        }
    }
    if (name != 0) {
        emit_store_name(l, name, symbol_of_node(l, name), l->result, f->node, 0);
    }
    finish(l, NONE);
}
