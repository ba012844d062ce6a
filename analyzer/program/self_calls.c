/*
 * self_calls.c - following `self.m()`, `super().m()` and `Base.m(self)`.
 */
#include "program/self_calls.h"

bool self_calls_super(const struct facts *facts, uint32_t value)
{
    return facts_calls(facts, value, "super");
}

/* The method that `super().name` means in a method of `after`, for instances of `class`. */
static bool find_after(const struct program *program, uint32_t class, uint32_t after,
                       const char *name, struct method *method)
{
    const struct class *c = &program->classes->all.items[class];
    bool is_after = false;
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        if (is_after && classes_own_method(program, ancestor, name, method)) {
            return true;
        }
        is_after |= ancestor == after;
    }
    return false;
}

bool self_calls_method(const struct program *program, uint32_t class, const struct method *caller,
                       uint32_t call, struct method *method)
{
    const struct facts *facts = program->files[caller->file];
    const struct op *callee = &facts->ops[facts->ops[call].a];
    if (callee->kind != OP_ATTRIBUTE) {
        return false;
    }
    const char *name = facts_name(facts, callee->b);
    if (classes_is_self(facts, callee->a)) {
        return classes_find_method(program, class, name, method);
    }
    if (self_calls_super(facts, callee->a)) {
        return find_after(program, class, caller->class, name, method);
    }
    uint32_t base = classes_named_by(program, caller->file, callee->a);
    uint32_t first = facts_argument(facts, call, 0, NULL);
    return base != NONE && first != NONE && classes_is_self(facts, first)
           && classes_find_method(program, base, name, method);
}

uint32_t self_calls_load_of_self(const struct facts *facts, uint32_t op)
{
    uint32_t scope = facts_scope_of_op(facts, op);
    uint32_t self = classes_self_of(facts, scope);
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; self != NONE && i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_LOAD && facts->ops[i].a == self) {
            return i;
        }
    }
    return NONE;
}
