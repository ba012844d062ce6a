/*
 * default_fix.c - an object of its own in place of a default that all share.
 *
 *     def f(names=[]):              def f(names=None):
 *                                       if names is None:
 *                                           names = []
 *
 *     names: list = []              names: list = field(default_factory=list)
 *
 *     dict.fromkeys(names, [])      {key: [] for key in names}
 *
 * None is safe: somebody may rely on what is shared.
 */
#include "report/default_fix.h"

#include "rule.h"

/* ---- where the value may go ---- */

static bool is_local_name(const struct facts *facts, const struct scope *scope, uint32_t name)
{
    for (uint32_t i = 0; i < scope->n_variables; i++) {
        if (facts->variables[scope->first_variable + i].name == name) {
            return true;
        }
    }
    return false;
}

/* Whether an op of a default means the same in the function as outside. */
static bool means_the_same(const struct facts *facts, const struct op *op,
                           const struct scope *scope)
{
    if (op->kind == OP_FUNCTION || op->kind == OP_AWAIT || op->kind == OP_YIELD
        || op->kind == OP_YIELD_FROM) {
        return false;
    }
    if (op->kind != OP_LOAD && op->kind != OP_TARGET_NAME) {
        return true;
    }
    const struct variable *variable = &facts->variables[op->a];
    if (variable->flags & VARIABLE_IN_COMPREHENSION) {
        return true;
    }
    return op->kind == OP_LOAD && variable->scope == 0
           && !is_local_name(facts, scope, variable->name);
}

/* The ops of an expression stand together: what it is made of before it, what it holds behind. */
static bool can_move_inside(const struct facts *facts, uint32_t value, const struct scope *scope)
{
    uint32_t start = facts->ops[value].start, end = op_end(&facts->ops[value]);
    uint32_t first = value, last = value;
    while (first > 0 && facts->ops[first - 1].start >= start && facts->ops[first - 1].start < end) {
        first--;
    }
    while (last + 1 < facts->n_ops && facts->ops[last + 1].start >= start
           && facts->ops[last + 1].start < end) {
        last++;
    }
    for (uint32_t i = first; i <= last; i++) {
        if (!means_the_same(facts, &facts->ops[i], scope)) {
            return false;
        }
    }
    return true;
}

static bool is_none(const struct facts *facts, uint32_t value)
{
    return facts->ops[value].kind == OP_CONSTANT && facts->ops[value].aux == CONSTANT_NONE;
}

static bool loads(const struct facts *facts, uint32_t value, uint32_t variable)
{
    return facts->ops[value].kind == OP_LOAD && facts->ops[value].a == variable;
}

/* Whether None means something to the function already. */
static bool knows_none(const struct facts *facts, const struct scope *scope, uint32_t variable)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_COMPARE
            && ((loads(facts, op->a, variable) && is_none(facts, op->b))
                || (loads(facts, op->b, variable) && is_none(facts, op->a)))) {
            return true;
        }
    }
    return false;
}

/* `count=[0]` is how a function keeps a number from call to call. */
static bool is_cell(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_DISPLAY && op->aux == CONTAINER_LIST && op->b == 1;
}

/* ---- parameters ---- */

void default_offer_none(struct check *check, struct finding *finding, const struct scope *scope,
                        const struct parameter *parameter)
{
    uint32_t file = finding->place.file, value = parameter->default_value;
    const struct facts *facts = check->program->files[file];
    const char *name = variable_name(facts, parameter->variable);
    if (scope->kind != SCOPE_FUNCTION || is_cell(facts, value)
        || !can_move_inside(facts, value, scope) || knows_none(facts, scope, parameter->variable)) {
        return;
    }
    struct place place = place_of_op(file, &facts->ops[value]);
    struct place function = {file, scope->start, scope->end};
    finding_change(check, finding, CHANGE_REPLACE, place, "None");
    finding_change(check, finding, CHANGE_BEGIN_BODY, function, "if %s is None:\n\t%s = \1", name,
                   name)
        ->quoted[0] = place;
}

/* ---- fields ---- */

static bool is_empty_display(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_DISPLAY && op->b == 0
           && (op->aux == CONTAINER_LIST || op->aux == CONTAINER_DICT);
}

static bool is_bare_call(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_CALL && op->b == 0
           && (facts->ops[op->a].kind == OP_LOAD || facts->ops[op->a].kind == OP_ATTRIBUTE);
}

/* Sets a change's text to what makes the value: `list`, `Counter`, `lambda: [1, 2]`. */
static void change_to_factory(struct check *check, struct finding *finding, struct place place,
                              uint32_t value, const char *before, const char *after)
{
    const struct facts *facts = check->program->files[place.file];
    const struct op *op = &facts->ops[value];
    if (is_empty_display(facts, value)) {
        const char *type = op->aux == CONTAINER_LIST ? "list" : "dict";
        finding_change(check, finding, CHANGE_REPLACE, place, "%sdefault_factory=%s%s", before,
                       type, after);
        return;
    }
    bool is_bare = is_bare_call(facts, value);
    struct change *change =
        finding_change(check, finding, CHANGE_REPLACE, place, "%sdefault_factory=%s\1%s", before,
                       is_bare ? "" : "lambda: ", after);
    change->quoted[0] = place_of_op(place.file, is_bare ? &facts->ops[op->a] : op);
}

/* The name that `from dataclasses import field` binds in the module; NULL when there is none. */
static const char *imported_field(const struct facts *facts)
{
    const struct scope *module = &facts->scopes[0];
    for (uint32_t i = module->first_op; i < module->first_op + module->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_import = op->kind == OP_STORE && op->b != NONE
                         && facts->ops[op->b].kind == OP_IMPORT_FROM
                         && facts->ops[op->a].kind == OP_TARGET_NAME;
        if (is_import && strcmp(facts_name(facts, facts->ops[op->b].a), "dataclasses") == 0
            && strcmp(facts_name(facts, facts->ops[op->b].b), "field") == 0) {
            uint32_t variable = facts->ops[op->a].a;
            bool is_only = !(facts->variables[variable].flags & VARIABLE_IS_REBOUND);
            return is_only ? variable_name(facts, variable) : NULL;
        }
    }
    return NULL;
}

/* The OP_ARGUMENT that gives a call the value; NONE when the value is no argument. */
static uint32_t argument_with(const struct facts *facts, uint32_t value)
{
    uint32_t use = uses_next(facts, value, value);
    return use != NONE && facts->ops[use].kind == OP_ARGUMENT ? use : NONE;
}

void default_offer_factory(struct check *check, struct finding *finding, uint32_t store,
                           uint32_t value)
{
    uint32_t file = finding->place.file, whole = NONE;
    const struct facts *facts = check->program->files[file];
    const struct scope *body = &facts->scopes[facts_scope_of_op(facts, store)];
    if (!can_move_inside(facts, value, body)) {
        return;
    }
    if (facts->ops[store].b != value) {
        whole = argument_with(facts, value);
        if (whole != NONE && facts->ops[whole].b != NONE) {
            change_to_factory(check, finding, place_of_op(file, &facts->ops[whole]), value, "", "");
        }
        return;
    }
    const char *name = imported_field(facts);
    if (name == NULL) {
        const char *module = finding_import(check, finding, file, "dataclasses");
        name = module == NULL ? NULL : arena_format(&check->scratch, "%s.field", module);
    } else if (is_local_name(facts, body, facts_symbol(facts, name))) {
        return;
    }
    if (name != NULL) {
        change_to_factory(check, finding, place_of_op(file, &facts->ops[value]), value,
                          arena_format(&check->scratch, "%s(", name), ")");
    }
}

/* ---- dict.fromkeys ---- */

static const char *free_name(const struct facts *facts)
{
    static const char *const names[] = {"key", "name", "each", NULL};
    for (const char *const *name = names; *name != NULL; name++) {
        if (facts_symbol(facts, *name) == NONE) {
            return *name;
        }
    }
    return NULL;
}

/* Whether the text may stand behind `in` as it is. */
static bool is_closed(const struct facts *facts, uint32_t value)
{
    switch (facts->ops[value].kind) {
    case OP_LOAD:
    case OP_ATTRIBUTE:
    case OP_CALL:
    case OP_ITEM:
    case OP_DISPLAY:
    case OP_COMPREHENSION:
    case OP_CONSTANT:
        return true;
    default:
        return false;
    }
}

void default_offer_comprehension(struct check *check, struct finding *finding, uint32_t call,
                                 uint32_t value)
{
    uint32_t file = finding->place.file;
    const struct facts *facts = check->program->files[file];
    uint32_t keys = facts_argument(facts, call, 0, NULL);
    const char *name = free_name(facts);
    bool is_class_body = facts->scopes[facts_scope_of_op(facts, call)].kind == SCOPE_CLASS;
    bool is_builtin =
        is_empty_display(facts, value) || (is_bare_call(facts, value) && !is_class_body);
    if (!facts_spells(facts, facts->ops[call].a, "dict.fromkeys") || keys == NONE || name == NULL
        || facts->ops[call].b != 2 || !is_closed(facts, keys) || !is_builtin) {
        return;
    }
    struct change *change =
        finding_change(check, finding, CHANGE_REPLACE, place_of_op(file, &facts->ops[call]),
                       "{%s: \1 for %s in \2}", name, name);
    change->quoted[0] = place_of_op(file, &facts->ops[value]);
    change->quoted[1] = place_of_op(file, &facts->ops[keys]);
}
