/*
 * callback_fix.c - a method that an object keeps of itself becomes a static one.
 *
 *     self.action = self.press          self.action = self.press
 *
 *     def press(self):                  @staticmethod
 *         return "ok"                   def press():
 *                                           return "ok"
 *
 * `self.press` is then the plain function, which holds nobody; every call by way of an object stays
 * as it is.  One by way of the class, with the object as an argument, would not: so it is safe
 * where the name is private and the program has no such call.
 */
#include "report/callback_fix.h"

#include "rule.h"

/* The value of the store to `self` that the edge is: `self.press`; NONE when it is anything else.
 */
static uint32_t find_method_value(const struct facts *facts, const struct cycle_edge *edge)
{
    const struct scope *s = &facts->scopes[facts_scope_at(facts, edge->place.start)];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_STORE || op->b == NONE || facts->ops[op->b].start != edge->place.start) {
            continue; /* the edge is made where the method is bound */
        }
        const struct op *target = &facts->ops[op->a], *value = &facts->ops[op->b];
        if (target->kind == OP_TARGET_ATTRIBUTE && value->kind == OP_ATTRIBUTE
            && classes_is_self(facts, target->a) && classes_is_self(facts, value->a)) {
            return op->b;
        }
    }
    return NONE;
}

/* Whether the function has plain parameters only, and nothing else that static would change. */
static bool is_plain_method(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    bool is_plain = s->n_parameters > 0 && facts_first_decorator(facts, scope) == NONE
                    && !(s->flags & (SCOPE_USES_SUPER | SCOPE_CALLS_LOCALS));
    for (uint32_t i = 0; i < s->n_parameters; i++) {
        const struct parameter *p = &facts->parameters[s->first_parameter + i];
        is_plain = is_plain && p->kind == PARAMETER_PLAIN
                   && (i > 0 || (p->default_value == NONE && p->annotation == NONE));
    }
    return is_plain;
}

static bool uses_self(const struct facts *facts, const struct scope *s)
{
    uint32_t variable = facts->parameters[s->first_parameter].variable;
    if (facts->variables[variable].flags
        & (VARIABLE_IS_CAPTURED | VARIABLE_IS_REBOUND | VARIABLE_IS_DELETED)) {
        return true;
    }
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if ((op->kind == OP_LOAD || op->kind == OP_TARGET_NAME) && op->a == variable) {
            return true;
        }
    }
    return false;
}

/* Whether an attribute of this name is asked of something that is no instance: of a class. */
static bool is_asked_of_class(const struct program *program, uint32_t file, const char *name)
{
    const struct facts *facts = program->files[file];
    uint32_t symbol = facts_symbol(facts, name);
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_ATTRIBUTE && op->b == symbol
            && classes_named_by(program, file, op->a) != NONE) {
            return true;
        }
    }
    return false;
}

/* The method that the value names; a subclass may mean another one by it. */
static bool find_static(struct check *check, uint32_t file, uint32_t value, struct method *method)
{
    const struct facts *facts = check->program->files[file];
    const char *name = facts_name(facts, facts->ops[value].b);
    uint32_t class = classes_of_instance(check->program, file, facts->ops[value].a);
    if (class == NONE || check->program->classes->all.items[class].has_subclass
        || check->program->classes->all.items[class].n_ancestors != 1
        || !classes_own_method(check->program, class, name, method) || method->file != file
        || strncmp(name, "__", 2) == 0) {
        return false;
    }
    const struct scope *s = &facts->scopes[method->scope];
    return is_plain_method(facts, method->scope) && !uses_self(facts, s)
           && !is_asked_of_class(check->program, file, name);
}

void callback_offer_static(struct check *check, struct finding *finding, const struct cycle *cycle)
{
    const struct cycle_edge *edge = cycle->edges;
    uint32_t file = edge->place.file;
    const struct facts *facts = check->program->files[file];
    struct method method;
    if (cycle->n_edges != 1 || strcmp(edge->via, "method") != 0 || file != finding->place.file) {
        return;
    }
    uint32_t value = find_method_value(facts, edge);
    if (value == NONE || !find_static(check, file, value, &method)) {
        return;
    }
    const struct scope *s = &facts->scopes[method.scope];
    const struct parameter *first = &facts->parameters[s->first_parameter];
    uint32_t end = s->n_parameters > 1 ? first[1].start : first->end;
    finding_change(check, finding, CHANGE_BEFORE, (struct place){file, s->start, s->name_end},
                   "@staticmethod");
    finding_change(check, finding, CHANGE_REPLACE, (struct place){file, first->start, end}, "%s",
                   "");
    finding->fix_is_safe = facts_name(facts, s->name)[0] == '_';
}
