/*
 * instances.c - what calling a class does: __init__, generated constructors, named tuples.
 */
#include "heap/callees.h"

#include <string.h>

/* ---- making instances */

/* Without an __init__ of its own, a dataclass stores each argument in the field of its place or
 * name; a NamedTuple does the same. */
static void store_fields(struct walker *w, uint32_t class, uint32_t node, uint32_t op)
{
    struct program *program = w->analysis->program;
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    uint32_t position = 0, n_arguments = op_at(w, op)->b;
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *annotate = &facts->ops[i];
        if (annotate->kind != OP_ANNOTATE || facts->ops[annotate->a].kind != OP_TARGET_NAME) {
            continue;
        }
        const char *name = variable_name(facts, facts->ops[annotate->a].a);
        uint32_t value =
            facts_argument(w->facts, op, position < n_arguments ? (int)position : -1, name);
        position++;
        if (value != NONE) {
            store_field(w, set_of_node(w, node), link_symbol(program, name), value_of(w, value),
                        op);
        }
    }
}

bool is_container_class(const struct program *program, uint32_t class)
{
    return classes_derive_from(program, class, "list")
           || classes_derive_from(program, class, "dict")
           || classes_derive_from(program, class, "set")
           || classes_derive_from(program, class, "collections.UserList")
           || classes_derive_from(program, class, "collections.UserDict");
}

uint32_t make_instance(struct walker *w, const struct callee *callee, uint32_t op)
{
    uint32_t node = new_node(w, HEAP_INSTANCE);
    heap_node_at(&w->heap, node)->class = callee->class;
    uint32_t file, scope;
    if (callee->made != NONE && heap_node_at(&w->heap, callee->made)->first_edge != NONE) {
        hold(w, node, w->analysis->fields.class_, callee->made, place_at(w, op), 0, op);
    }
    if (function_of_class(w, callee->class, 0, w->analysis->fields.init, &file, &scope)) {
        struct callee init = {
            .kind = CALLEE_FUNCTION, .file = file, .scope = scope, .receiver = node};
        call_function(w, &init, op);
    } else if (classes_has_generated_init(w->analysis->program, callee->class)) {
        store_fields(w, callee->class, node, op);
        if (function_of_class(w, callee->class, 0, w->analysis->fields.post_init, &file, &scope)) {
            uint32_t arguments[1] = {set_of_node(w, node)};
            summary_apply(w, file, scope, arguments, 1, 0, op);
        }
    } else if (op_at(w, op)->b > 0 && is_container_class(w->analysis->program, callee->class)) {
        add_elements(w, set_of_node(w, node),
                     load_elements(w, value_of(w, op_at(w, op + 1)->a), op), op);
    } else {
        keep_as_base(w, callee->class, node, op);
    }
    return set_of_node(w, node);
}

/* The name of field number `position` as namedtuple() was told it: a list of strings or one string.
 */
static const char *field_of_named_tuple(struct walker *w, const struct callee *callee,
                                        uint32_t position)
{
    const struct facts *facts = facts_at(w, callee->file);
    uint32_t fields = facts_argument(facts, callee->maker, 1, "field_names");
    const struct op *op = fields == NONE ? NULL : &facts->ops[fields];
    if (op != NULL && op->kind == OP_DISPLAY && position < op->b) {
        const struct op *name = &facts->ops[facts->ops[fields + 1 + position].a];
        return name->kind == OP_CONSTANT ? facts_name(facts, name->a) : "";
    }
    if (op == NULL || op->kind != OP_CONSTANT || op->aux != CONSTANT_STRING) {
        return "";
    }
    const char *text = facts_name(facts, op->a);
    for (text += strspn(text, " ,"); position > 0; position--) {
        text += strcspn(text, " ,");
        text += strspn(text, " ,");
    }
    return arena_string(&w->analysis->heap->arena, text, strcspn(text, " ,"));
}

uint32_t make_named_tuple(struct walker *w, const struct callee *callee, uint32_t op)
{
    uint32_t node = new_node(w, HEAP_INSTANCE);
    heap_node_at(&w->heap, node)->foreign = callee->symbol;
    for (uint32_t i = 0; i < op_at(w, op)->b; i++) {
        const struct op *argument = op_at(w, op + 1 + i);
        const char *name = argument->b != NONE ? facts_name(w->facts, argument->b)
                                               : field_of_named_tuple(w, callee, i);
        if (*name != '\0') {
            store_field(w, set_of_node(w, node), link_symbol(w->analysis->program, name),
                        value_of(w, argument->a), op);
        }
    }
    return set_of_node(w, node);
}
