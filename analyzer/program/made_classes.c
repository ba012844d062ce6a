/*
 * made_classes.c - recognising classes made at run time.
 *
 * Which of them the function keeps to itself is seen by the uses of the variable it is bound to.
 */
#include "program/made_classes.h"

#include "base/error.h"
#include "facts/uses.h"
#include "program/link.h"

#include <stdlib.h>
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
    if (call->kind != OP_CALL || call->flags & OP_IS_DECORATOR || call->b < 2) {
        return false;
    }
    const struct op *callee = &facts->ops[call->a];
    bool may_be_imported =
        callee->kind == OP_ATTRIBUTE
        || (callee->kind == OP_LOAD && facts->variables[callee->a].flags & VARIABLE_IS_IMPORTED);
    for (size_t i = 0; may_be_imported && i < sizeof makers / sizeof *makers; i++) {
        if (facts_spells(facts, call->a, makers[i])) {
            return true;
        }
    }
    return call->b == 3 && facts_spells(facts, call->a, "type");
}

/* ---- what becomes of the classes of one function */

/* In memory.uses: op of a class → its variable; variable → it leaves; op of a class → in a loop. */
enum { BOUND, LEAVES, IN_LOOP };

/* How many loops an op opens or closes: 1, 0, -1. */
static int loops_opened(const struct facts *facts, const struct op *op)
{
    const struct op *opener = op->kind == OP_END ? &facts->ops[op->b] : op;
    bool is_loop = opener->kind == OP_LOOP || opener->kind == OP_COMPREHENSION;
    return !is_loop ? 0 : op->kind == OP_END ? -1 : 1;
}

static bool is_class(const struct facts *facts, uint32_t value)
{
    return value != NONE && value < facts->n_ops
           && (facts->ops[value].kind == OP_CLASS || makes_class(facts, &facts->ops[value]));
}

/* isinstance(x, Class), or a base of another class made here. */
static bool is_only_asked(const struct facts *facts, uint32_t argument)
{
    const struct op *taker = &facts->ops[uses_call_of_argument(facts, argument)];
    return taker->kind == OP_CLASS || facts_spells(facts, taker->a, "isinstance")
           || facts_spells(facts, taker->a, "issubclass");
}

static void note_leaving(struct made_class_memory *memory, const struct facts *facts,
                         uint32_t value)
{
    if (value != NONE && value < facts->n_ops && facts->ops[value].kind == OP_LOAD) {
        pair_table_put(&memory->uses, pair_key(LEAVES, facts->ops[value].a), 1);
    }
}

/* `Class = type(...)`, `cache[key] = Class`, `cache[key] = Class = type(...)`. */
static void note_store(struct made_class_memory *memory, const struct facts *facts,
                       const struct op *store)
{
    const struct op *target = &facts->ops[store->a];
    note_leaving(memory, facts, store->b);
    if (!is_class(facts, store->b)) {
        return;
    }
    uint32_t key_kind = target->kind == OP_TARGET_NAME ? BOUND : LEAVES;
    if (key_kind == BOUND) {
        pair_table_put(&memory->uses, pair_key(BOUND, store->b), target->a);
    } else {
        *array_push(&memory->stored) = store->b;
    }
}

/* A class that is returned, stored, handed on: then making it is what the function is for. */
static void look_at(struct made_class_memory *memory, const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    pair_table_clear(&memory->uses);
    memory->stored.n = 0;
    int depth = 0;
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        depth += loops_opened(facts, op);
        if (depth > 0 && is_class(facts, i)) {
            pair_table_put(&memory->uses, pair_key(IN_LOOP, i), 1);
        }
        if (op->kind == OP_RETURN || op->kind == OP_YIELD || op->kind == OP_ELEMENT
            || op->kind == OP_EITHER || op->kind == OP_RAISE) {
            note_leaving(memory, facts, op->a);
            note_leaving(memory, facts, op->b);
        } else if (op->kind == OP_STORE) {
            note_store(memory, facts, op);
        } else if (op->kind == OP_ARGUMENT && !is_only_asked(facts, i)) {
            note_leaving(memory, facts, op->a);
        }
    }
    for (size_t i = 0; i < memory->stored.n; i++) {
        uint32_t variable = pair_table_get(&memory->uses, pair_key(BOUND, memory->stored.items[i]));
        if (variable != TABLE_NONE) {
            pair_table_put(&memory->uses, pair_key(LEAVES, variable), 1);
        }
    }
}

static void remember(struct made_class_memory *memory, const struct facts *facts, uint32_t file,
                     uint32_t scope)
{
    if (!memory->is_filled || memory->file != file || memory->scope != scope) {
        look_at(memory, facts, scope);
        memory->is_filled = true;
        memory->file = file;
        memory->scope = scope;
    }
}

static bool leaves_function(const struct made_class_memory *memory, const struct facts *facts,
                            uint32_t variable)
{
    return facts->variables[variable].flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED)
           || pair_table_get(&memory->uses, pair_key(LEAVES, variable)) != TABLE_NONE;
}

/* ---- */

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

bool made_class_at(const struct program *program, struct made_class_memory *memory, uint32_t file,
                   uint32_t op, struct arena *arena, struct made_class *made)
{
    const struct facts *facts = program->files[file];
    if (!is_class(facts, op)) {
        return false;
    }
    uint32_t scope = facts_scope_of_op(facts, op);
    uint32_t function = function_around(facts, scope);
    if (function == NONE) {
        return false;
    }
    remember(memory, facts, file, function);
    uint32_t variable =
        scope == function ? pair_table_get(&memory->uses, pair_key(BOUND, op)) : NONE;
    *made = (struct made_class){
        .op = op,
        .function = function,
        .variable = variable,
        .is_made_often = may_run_often(facts, function),
        .is_used_here = variable != NONE && !leaves_function(memory, facts, variable),
    };
    (facts->ops[op].kind == OP_CLASS ? describe_statement : describe_call)(program, file, arena,
                                                                           made);
    return true;
}

/* ---- how often */

static bool is_done_once(const char *name)
{
    static const char *const beginnings[] = {
        "install",  "setup",     "serve",    "run",       "handle", "configure",
        "register", "bootstrap", "launch",   "start",     "demo",   "breakpointhook",
        "loop",     "mainloop",  "shutdown", "decorator", "close"};
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

/* `namedtuple(name, fields)`: a class to measure, which cannot be made beforehand. */
static bool has_unknown_name(const struct facts *facts, uint32_t op)
{
    return facts->ops[op].kind == OP_CALL && facts->ops[facts->ops[op + 1].a].kind != OP_CONSTANT;
}

/* What is called by each name: only while modules are loaded; once, and in no loop; more often. */
enum { NEVER_CALLED, CALLED_AT_IMPORT, CALLED_ONCE, CALLED_OFTEN };

static uint8_t add_call(uint8_t before, bool is_at_import, bool is_in_loop)
{
    if (is_at_import) {
        return before == NEVER_CALLED ? CALLED_AT_IMPORT : before;
    }
    return before == NEVER_CALLED && !is_in_loop ? CALLED_ONCE : CALLED_OFTEN;
}

static void count_call(const struct program *program, uint8_t *calls, uint32_t file, uint32_t call,
                       bool is_in_loop, bool is_at_import)
{
    const struct facts *facts = program->files[file];
    const struct op *callee = &facts->ops[facts->ops[call].a];
    uint32_t name = callee->kind == OP_LOAD        ? facts->variables[callee->a].name
                    : callee->kind == OP_ATTRIBUTE ? callee->b
                                                   : NONE;
    if (name == NONE) {
        return;
    }
    uint8_t *called = &calls[link_symbol_of(program->link, file, name)];
    *called = add_call(*called, is_at_import, is_in_loop);
}

static void count_calls_of_scope(const struct program *program, uint8_t *calls, uint32_t file,
                                 uint32_t scope)
{
    const struct facts *facts = program->files[file];
    const struct scope *s = &facts->scopes[scope];
    bool is_at_import = function_around(facts, scope) == NONE;
    int depth = 0;
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        depth += loops_opened(facts, &facts->ops[i]);
        if (facts->ops[i].kind == OP_CALL) {
            count_call(program, calls, file, i, depth > 0, is_at_import);
        }
    }
}

static uint8_t *count_calls(const struct program *program)
{
    uint8_t *calls = alloc_zeroed(program->link->n_file_symbols, sizeof *calls);
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        for (uint32_t s = 0; s < facts->n_scopes; s++) {
            count_calls_of_scope(program, calls, file, s);
        }
    }
    return calls;
}

bool made_class_again_and_again(const struct program *program, struct made_class_memory *memory,
                                uint32_t file, const struct made_class *made)
{
    const struct facts *facts = program->files[file];
    uint32_t name = facts->scopes[made->function].name;
    if (is_done_once(facts_name(facts, name)) || is_command(facts, made->function)
        || has_unknown_name(facts, made->op)) {
        return false;
    }
    if (pair_table_get(&memory->uses, pair_key(IN_LOOP, made->op)) != TABLE_NONE
        || facts_find_decorator(facts, made->function, "property") != NONE) {
        return true;
    }
    if (memory->calls == NULL) {
        memory->calls = count_calls(program);
    }
    uint8_t called = memory->calls[link_symbol_of(program->link, file, name)];
    bool is_public = *facts_name(facts, name) != '_';
    return called == CALLED_OFTEN || (called == NEVER_CALLED && is_public);
}

void made_class_forget(struct made_class_memory *memory)
{
    free(memory->calls);
    pair_table_free(&memory->uses);
    array_free(&memory->stored);
}
