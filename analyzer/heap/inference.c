/*
 * inference.c - what classes parameters have, as far as the calls that the program makes tell.
 *
 * One look at every call whose callee a name or `self` leads to: what class is each argument
 * plainly an instance of (a call of a class, `self`, a name or attribute bound to such a thing)?  A
 * parameter that is given instances of one class, or of classes of which one is the ancestor of the
 * others, is taken to be of that class.  The second round knows the attributes that the first
 * round's parameters were stored in.
 */
#include "heap/walk.h"

enum { N_ROUNDS = 2 };

/* More than one class was given: nothing is known. */
#define CONFLICTING (UINT32_MAX - 1)

static uint64_t key_of_parameter(const struct analysis *a, uint32_t file, uint32_t scope,
                                 uint32_t number)
{
    return pair_key(a->program->link->first_function[file] + scope, number);
}

uint32_t class_of_parameter(const struct analysis *a, uint32_t file, uint32_t scope,
                            uint32_t number)
{
    uint32_t class =
        pair_table_get(&a->parameter_classes, key_of_parameter(a, file, scope, number));
    return class == CONFLICTING ? NONE : class;
}

static uint32_t join_classes(const struct program *program, uint32_t x, uint32_t y)
{
    return x == y || x == NONE                                      ? y
           : x == CONFLICTING || classes_is_ancestor(program, x, y) ? x
           : classes_is_ancestor(program, y, x)                     ? y
                                                                    : CONFLICTING;
}

static void note_argument(struct analysis *a, uint32_t file, uint32_t scope, uint32_t number,
                          uint32_t class)
{
    uint64_t key = key_of_parameter(a, file, scope, number);
    uint32_t old = pair_table_get(&a->parameter_classes, key);
    pair_table_set(&a->parameter_classes, key, join_classes(a->program, old, class));
}

/* ---- what is called */

struct target {
    uint32_t file, scope;
    uint32_t first; /* the parameter that takes the first argument */
};

struct known_call {
    uint32_t file, call;
    struct target target;
};

struct known_calls {
    ARRAY_OF(struct known_call);
};

static bool method_of_class(const struct analysis *a, uint32_t class, uint32_t symbol,
                            struct target *target)
{
    uint32_t owner, value;
    if (class == NONE || !members_find(a->program, class, symbol, &owner, &value)
        || value == NONE) {
        return false;
    }
    target->file = a->program->classes->all.items[owner].file;
    const struct facts *facts = a->program->files[target->file];
    if (facts->ops[value].kind != OP_FUNCTION) {
        return false;
    }
    target->scope = facts->ops[value].a;
    target->first = classes_self_of(facts, target->scope) == NONE ? 0 : 1;
    return true;
}

static bool is_self_attribute(const struct facts *facts, const struct op *op)
{
    return op->kind == OP_ATTRIBUTE && classes_is_self(facts, op->a);
}

static uint32_t class_of_method(const struct analysis *a, uint32_t file, uint32_t self)
{
    const struct facts *facts = a->program->files[file];
    uint32_t method = facts->variables[facts->ops[self].a].scope;
    return classes_of_scope(a->program, file, facts->scopes[method].parent);
}

static bool find_target(struct analysis *a, uint32_t file, uint32_t callee, struct target *target)
{
    const struct facts *facts = a->program->files[file];
    const struct op *op = &facts->ops[callee];
    if (is_self_attribute(facts, op)) {
        uint32_t symbol = link_symbol_of(a->program->link, file, op->b);
        return method_of_class(a, class_of_method(a, file, op->a), symbol, target);
    }
    if (op->kind != OP_LOAD && op->kind != OP_ATTRIBUTE) {
        return false;
    }
    struct entity entity = link_entity(a->program, file, callee);
    if (entity.kind == ENTITY_CLASS) {
        return method_of_class(a, class_of_entity(a, entity), a->fields.init, target);
    }
    *target = (struct target){.file = entity.file, .scope = entity.index};
    return entity.kind == ENTITY_FUNCTION;
}

/* ---- what is given */

static uint32_t class_of_value(struct analysis *a, uint32_t file, uint32_t value)
{
    const struct facts *facts = a->program->files[file];
    const struct op *op = &facts->ops[value];
    if (is_self_attribute(facts, op)) {
        return type_of_attribute(a, class_of_method(a, file, op->a),
                                 link_symbol_of(a->program->link, file, op->b))
            .class;
    }
    return op->kind == OP_LOAD || op->kind == OP_CALL ? classes_of_instance(a->program, file, value)
                                                      : NONE;
}

static void look_at_call(struct analysis *a, const struct known_call *known)
{
    const struct facts *facts = a->program->files[known->file];
    const struct target *target = &known->target;
    uint32_t n = a->program->files[target->file]->scopes[target->scope].n_parameters;
    for (uint32_t i = 0; i < facts->ops[known->call].b && target->first + i < n; i++) {
        const struct op *argument = &facts->ops[known->call + 1 + i];
        if (argument->b != NONE || argument->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)) {
            return;
        }
        uint32_t class = class_of_value(a, known->file, argument->a);
        if (class != NONE) {
            note_argument(a, target->file, target->scope, target->first + i, class);
        }
    }
}

static void find_calls(struct analysis *a, uint32_t file, struct known_calls *calls)
{
    const struct facts *facts = a->program->files[file];
    struct target target;
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_CALL && op->b > 0 && !(op->flags & OP_IS_DECORATOR)
            && find_target(a, file, op->a, &target)) {
            *array_push(calls) = (struct known_call){file, i, target};
        }
    }
}

void infer_parameters(struct analysis *a)
{
    struct known_calls calls = {0};
    for (uint32_t file = 0; file < a->program->n_files; file++) {
        find_calls(a, file, &calls);
    }
    for (int round = 0; round < N_ROUNDS; round++) {
        pair_table_clear(&a->attribute_types);
        for (size_t i = 0; i < calls.n; i++) {
            look_at_call(a, &calls.items[i]);
        }
    }
    pair_table_clear(&a->attribute_types);
    array_free(&calls);
}
