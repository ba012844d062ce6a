/*
 * made_classes.c - recognising classes made at run time.
 *
 * Which of them the function keeps to itself is seen by the uses of the variable it is bound to.
 */
#include "program/made_classes.h"

#include "facts/uses.h"
#include "program/link.h"

#include <string.h>

static bool makes_class(const struct facts *facts, const struct op *call)
{
    static const char *const makers[] = {"collections.namedtuple",
                                         "typing.NamedTuple",
                                         "typing.TypedDict",
                                         "enum.Enum",
                                         "enum.IntEnum",
                                         "enum.Flag",
                                         "enum.IntFlag",
                                         "enum.StrEnum",
                                         "dataclasses.make_dataclass",
                                         "types.new_class"};
    if (call->kind != OP_CALL || call->flags & OP_IS_DECORATOR || call->b < 1) {
        return false;
    }
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        if (call->b >= 2 && facts_spells(facts, call->a, makers[i])) {
            return true;
        }
    }
    return call->b == 3 && facts_spells(facts, call->a, "type");
}

/* The variable of the function that a class made at `value` is stored in, or NONE. */
static uint32_t variable_of_class(const struct facts *facts, uint32_t value)
{
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, value)];
    for (uint32_t i = value; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && op->b == value && facts->ops[op->a].kind == OP_TARGET_NAME) {
            return facts->ops[op->a].a;
        }
    }
    return NONE;
}

static bool loads(const struct facts *facts, uint32_t value, uint32_t variable)
{
    return value != NONE && value < facts->n_ops && facts->ops[value].kind == OP_LOAD
           && facts->ops[value].a == variable;
}

/* isinstance(x, Class), or a base of another class made here. */
static bool is_only_asked(const struct facts *facts, uint32_t argument)
{
    const struct op *taker = &facts->ops[uses_call_of_argument(facts, argument)];
    return taker->kind == OP_CLASS || facts_spells(facts, taker->a, "isinstance")
           || facts_spells(facts, taker->a, "issubclass");
}

/* `cache[key] = Class = type(...)`: the class goes elsewhere as well. */
static bool is_other_store(const struct facts *facts, const struct op *store, uint32_t variable)
{
    const struct op *target = &facts->ops[store->a];
    bool is_class =
        facts->ops[store->b].kind == OP_CLASS || makes_class(facts, &facts->ops[store->b]);
    return is_class && target->kind != OP_TARGET_NAME
           && variable_of_class(facts, store->b) == variable;
}

/* Whether the class itself leaves the function: then making it is what the function is for. */
static bool leaves_function(const struct facts *facts, uint32_t variable)
{
    const struct scope *scope = &facts->scopes[facts->variables[variable].scope];
    if (facts->variables[variable].flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED)) {
        return true;
    }
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool hands_on = op->kind == OP_RETURN || op->kind == OP_YIELD || op->kind == OP_ELEMENT
                        || op->kind == OP_EITHER || op->kind == OP_RAISE;
        if ((hands_on && (loads(facts, op->a, variable) || loads(facts, op->b, variable)))
            || (op->kind == OP_STORE
                && (loads(facts, op->b, variable) || is_other_store(facts, op, variable)))
            || (op->kind == OP_ARGUMENT && loads(facts, op->a, variable)
                && !is_only_asked(facts, i))) {
            return true;
        }
    }
    return false;
}

/* The function a scope is part of, over class bodies; NONE for the module's own classes. */
static uint32_t function_around(const struct facts *facts, uint32_t scope)
{
    while (facts->scopes[scope].kind == SCOPE_CLASS) {
        scope = facts->scopes[scope].parent;
    }
    return facts->scopes[scope].kind == SCOPE_MODULE ? NONE : scope;
}

static bool is_cached(const struct facts *facts, uint32_t scope)
{
    return facts_find_decorator(facts, scope, "functools.lru_cache") != NONE
           || facts_find_decorator(facts, scope, "functools.cache") != NONE
           || facts_find_decorator(facts, scope, "functools.cached_property") != NONE;
}

/* A function that runs again and again, as far as one can see. */
static bool may_run_often(const struct facts *facts, uint32_t scope)
{
    const char *name = facts_name(facts, facts->scopes[scope].name);
    return facts->scopes[scope].kind == SCOPE_FUNCTION && !is_cached(facts, scope)
           && strcmp(name, "main") != 0;
}

/* What the call names the class, or else what the function calls it. */
static const char *name_of_made(const struct facts *facts, uint32_t call, uint32_t variable)
{
    const struct op *name = &facts->ops[facts->ops[call + 1].a];
    bool is_constant = name->kind == OP_CONSTANT && name->aux == CONSTANT_STRING && name->a != NONE;
    return is_constant        ? facts_name(facts, name->a)
           : variable != NONE ? variable_name(facts, variable)
                              : "<class>";
}

/* Its first method with a `__class__` cell. */
static uint32_t method_with_cell(const struct facts *facts, uint32_t class_scope)
{
    const struct scope *s = &facts->scopes[class_scope];
    for (uint32_t i = s->first_child; i < s->first_child + s->n_children; i++) {
        if (facts->scopes[i].kind == SCOPE_FUNCTION && facts->scopes[i].flags & SCOPE_USES_SUPER) {
            return i;
        }
    }
    return NONE;
}

static void describe_statement(const struct program *program, uint32_t file, struct arena *arena,
                               struct made_class *made)
{
    const struct facts *facts = program->files[file];
    uint32_t class_scope = facts->ops[made->op].a;
    const struct scope *s = &facts->scopes[class_scope];
    made->place = (struct place){.file = file, .start = s->start, .end = s->name_end};
    made->name = facts_name(facts, s->name);
    made->dotted = arena_format(arena, "%s.%s", program->modules[file],
                                facts_qualified_name(facts, class_scope, arena));
    made->of_itself = method_with_cell(facts, class_scope);
}

static void describe_call(const struct program *program, uint32_t file, struct arena *arena,
                          struct made_class *made)
{
    const struct facts *facts = program->files[file];
    made->place = place_of_op(file, &facts->ops[made->op]);
    made->name = name_of_made(facts, made->op, made->variable);
    made->dotted = arena_format(arena, "%s.%s", program->modules[file], made->name);
    made->of_itself = NONE;
}

bool made_class_at(const struct program *program, uint32_t file, uint32_t op, struct arena *arena,
                   struct made_class *made)
{
    const struct facts *facts = program->files[file];
    bool is_statement = facts->ops[op].kind == OP_CLASS;
    if (!is_statement && !makes_class(facts, &facts->ops[op])) {
        return false;
    }
    uint32_t scope = facts_scope_of_op(facts, op);
    uint32_t function = function_around(facts, scope);
    if (function == NONE) {
        return false;
    }
    uint32_t variable = scope == function ? variable_of_class(facts, op) : NONE;
    *made = (struct made_class){
        .op = op,
        .function = function,
        .variable = variable,
        .is_made_often = may_run_often(facts, function),
        .is_used_here = variable != NONE && !leaves_function(facts, variable),
    };
    (is_statement ? describe_statement : describe_call)(program, file, arena, made);
    return true;
}

/* ---- how often */

/* Whether an op lies in a loop of its scope. */
static bool is_in_loop(const struct facts *facts, uint32_t op)
{
    for (uint32_t at = uses_control_around(facts, op); at != NONE;
         at = uses_control_around(facts, at)) {
        if (facts->ops[at].kind == OP_LOOP || facts->ops[at].kind == OP_COMPREHENSION) {
            return true;
        }
    }
    return false;
}

static bool is_done_once(const char *name)
{
    static const char *const beginnings[] = {"install", "setup",     "serve",    "run",
                                             "handle",  "configure", "register", "bootstrap",
                                             "launch",  "start"};
    name += strspn(name, "_");
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        size_t length = strlen(beginnings[i]);
        if (strncmp(name, beginnings[i], length) == 0
            && (name[length] == '\0' || name[length] == '_')) {
            return true;
        }
    }
    return false;
}

/* `@cli.command()`: what a program is started for. */
static bool is_command(const struct facts *facts, uint32_t scope)
{
    for (uint32_t call = facts_first_decorator(facts, scope); call != NONE;
         call = facts_next_decorator(facts, call)) {
        const struct op *decorator = &facts->ops[facts->ops[call].a];
        if (decorator->kind == OP_CALL) {
            decorator = &facts->ops[decorator->a];
        }
        if (decorator->kind == OP_ATTRIBUTE
            && strcmp(facts_name(facts, decorator->b), "command") == 0) {
            return true;
        }
    }
    return false;
}

/* What is called by each name: once, and in no loop, or more often. */
enum { CALLED_ONCE = 1, CALLED_OFTEN };

static void count_call(const struct program *program, struct pair_table *calls, uint32_t file,
                       uint32_t call)
{
    const struct facts *facts = program->files[file];
    const struct op *callee = &facts->ops[facts->ops[call].a];
    uint32_t name = callee->kind == OP_LOAD        ? facts->variables[callee->a].name
                    : callee->kind == OP_ATTRIBUTE ? callee->b
                                                   : NONE;
    if (name == NONE) {
        return;
    }
    uint64_t key = link_symbol_of(program->link, file, name);
    bool is_again = pair_table_get(calls, key) != TABLE_NONE || is_in_loop(facts, call);
    pair_table_set(calls, key, is_again ? CALLED_OFTEN : CALLED_ONCE);
}

static void count_calls(const struct program *program, struct pair_table *calls)
{
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts->ops[i].kind == OP_CALL) {
                count_call(program, calls, file, i);
            }
        }
    }
}

bool made_class_again_and_again(const struct program *program, struct pair_table *calls,
                                uint32_t file, const struct made_class *made)
{
    const struct facts *facts = program->files[file];
    uint32_t name = facts->scopes[made->function].name;
    if (is_in_loop(facts, made->op)
        || facts_find_decorator(facts, made->function, "property") != NONE) {
        return true;
    }
    if (is_done_once(facts_name(facts, name)) || is_command(facts, made->function)) {
        return false;
    }
    if (calls->n == 0) {
        count_calls(program, calls);
    }
    uint64_t key = link_symbol_of(program->link, file, name);
    return pair_table_get(calls, key) != CALLED_ONCE;
}
