/*
 * finalizers.c - the functions that run in a finalizer, found breadth first, each once.
 */
#include "program/finalizers.h"

#include "base/table.h"
#include "facts/uses.h"
#include "program/link.h"
#include "program/members.h"
#include "program/self_calls.h"
#include "program/testcode.h"

#include <string.h>

static bool runs_at_once(const struct facts *facts, uint32_t scope)
{
    return !(facts->scopes[scope].flags & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR));
}

/* ---- what an op runs ---- */

static bool runs_method(const struct finalizer *f, const struct method *caller, uint32_t call,
                        struct method *method)
{
    return self_calls_method(f->program, f->class, caller, call, method)
           && facts_first_decorator(f->program->files[method->file], method->scope) == NONE;
}

static bool runs_property(const struct finalizer *f, const struct facts *facts, uint32_t attribute,
                          struct method *method)
{
    const struct op *op = &facts->ops[attribute];
    if (!classes_is_self(facts, op->a)
        || !classes_find_method(f->program, f->class, facts_name(facts, op->b), method)) {
        return false;
    }
    const struct facts *home = f->program->files[method->file];
    return facts_find_decorator(home, method->scope, "property") != NONE;
}

/* A plain function of the program; what it calls in turn is not followed. */
static bool runs_function(const struct finalizer *f, const struct method *caller, uint32_t call,
                          struct method *method)
{
    const struct facts *facts = f->program->files[caller->file];
    if (classes_self_of(facts, caller->scope) == NONE) {
        return false;
    }
    /* link_entity() keeps nothing in the program */
    struct entity entity =
        link_entity((struct program *)f->program, caller->file, facts->ops[call].a);
    *method = (struct method){f->class, entity.file, entity.index};
    return entity.kind == ENTITY_FUNCTION;
}

static bool runs(const struct finalizer *f, const struct method *caller, uint32_t op,
                 struct method *method)
{
    const struct facts *facts = f->program->files[caller->file];
    if (facts->ops[op].kind == OP_CALL) {
        return runs_method(f, caller, op, method) || runs_function(f, caller, op, method);
    }
    return facts->ops[op].kind == OP_ATTRIBUTE && runs_property(f, facts, op, method);
}

/* ---- the steps ---- */

static void add_step(struct finalizer *f, struct pair_table *seen, struct method method,
                     uint32_t op)
{
    uint64_t key = pair_key(method.file, method.scope);
    if (runs_at_once(f->program->files[method.file], method.scope)
        && pair_table_get(seen, key) == TABLE_NONE) {
        pair_table_put(seen, key, 1);
        *array_push(f) = (struct finalizer_step){method, op};
    }
}

static void follow(struct finalizer *f, struct pair_table *seen, struct finalizer_step step)
{
    const struct scope *scope = &f->program->files[step.method.file]->scopes[step.method.scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        struct method method;
        if (runs(f, &step.method, i, &method)) {
            add_step(f, seen, method, finalizer_shown_op(&step, i));
        }
    }
}

bool finalizer_of(const struct program *program, uint32_t class, struct finalizer *finalizer)
{
    *finalizer = (struct finalizer){.program = program, .class = class};
    struct method del;
    if (!classes_own_method(program, class, "__del__", &del)) {
        return false;
    }
    struct pair_table seen = {0};
    add_step(finalizer, &seen, del, NONE);
    for (size_t i = 0; i < finalizer->n; i++) {
        follow(finalizer, &seen, finalizer->items[i]);
    }
    pair_table_free(&seen);
    return finalizer->n > 0;
}

void finalizer_free(struct finalizer *finalizer)
{
    array_free(finalizer);
}

bool finalizers_next(const struct program *program, struct finalizer *finalizer)
{
    uint32_t class = finalizer->class + 1; /* NONE + 1 is 0 */
    finalizer_free(finalizer);
    for (; class < program->classes->all.n; class ++) {
        if (!is_test_code(program, program->classes->all.items[class].file)
            && finalizer_of(program, class, finalizer)) {
            return true;
        }
        finalizer_free(finalizer);
    }
    return false;
}

/* ---- conditions ---- */

static bool mentions_parameter(const struct facts *facts, uint32_t scope, uint32_t self,
                               uint32_t condition)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_LOAD && op->a != self && uses_is_part(facts, condition, i)
            && facts->variables[op->a].flags & VARIABLE_IS_PARAMETER) {
            return true;
        }
    }
    return false;
}

bool finalizer_is_asked(const struct finalizer *finalizer, const struct finalizer_step *step,
                        uint32_t op)
{
    const struct facts *facts = finalizer->program->files[step->method.file];
    const struct scope *scope = &facts->scopes[step->method.scope];
    uint32_t self = classes_self_of(facts, step->method.scope);
    if (step->op == NONE || scope->n_parameters <= 1) {
        return false;
    }
    for (uint32_t i = scope->first_op; i < op; i++) {
        bool is_condition = facts->ops[i].kind == OP_IF || facts->ops[i].kind == OP_TEST;
        if (is_condition && facts->ops[i].a != NONE
            && mentions_parameter(facts, step->method.scope, self, facts->ops[i].a)) {
            return true;
        }
    }
    return false;
}

/* ---- what made an object ---- */

enum { MAX_CHAIN = 4 }; /* `self.pool.state.lock`; longer ones are not followed */

/* The first call that a name is given in its own scope; else its origin.  Names that are bound
 * again usually get another of the same. */
static uint32_t call_given_to(const struct facts *facts, uint32_t load)
{
    const struct op *origin = &facts->ops[uses_origin(facts, load)];
    const struct variable *variable = &facts->variables[facts->ops[load].a];
    const struct scope *scope = &facts->scopes[variable->scope];
    bool is_unknown = origin == &facts->ops[load] && !(variable->flags & VARIABLE_IS_PARAMETER);
    for (uint32_t i = scope->first_op; is_unknown && i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && op->b != NONE && facts->ops[op->b].kind == OP_CALL
            && facts->ops[op->a].kind == OP_TARGET_NAME
            && facts->ops[op->a].a == facts->ops[load].a) {
            return op->b;
        }
    }
    return (uint32_t)(origin - facts->ops);
}

/* Takes a value apart into the attributes that lead to it, the last first, and what these begin
 * with; names that are bound once stand for their values. */
static uint32_t root_of(const struct facts *facts, uint32_t value, uint32_t *symbols, uint32_t *n)
{
    for (*n = 0; *n < MAX_CHAIN;) {
        const struct op *op = &facts->ops[value];
        if (op->kind == OP_ATTRIBUTE) {
            symbols[(*n)++] = op->b;
            value = op->a;
            continue;
        }
        uint32_t given = op->kind == OP_LOAD && !classes_is_self(facts, value)
                             ? call_given_to(facts, value)
                             : value;
        if (given == value) {
            break;
        }
        value = given;
    }
    return value;
}

/* The class of the object that a value is: `self`, or a call of a class of the program. */
static uint32_t class_of(const struct finalizer *f, struct class_value value)
{
    const struct facts *facts = f->program->files[value.file];
    const struct op *op = &facts->ops[value.value];
    return classes_is_self(facts, value.value) ? f->class
           : op->kind == OP_CALL               ? classes_named_by(f->program, value.file, op->a)
                                               : NONE;
}

const char *finalizer_maker_of(const struct finalizer *finalizer, uint32_t file, uint32_t value,
                               struct arena *arena)
{
    uint32_t symbols[MAX_CHAIN], n;
    const struct program *program = finalizer->program;
    const struct facts *facts = program->files[file];
    struct class_value made = {file, root_of(facts, value, symbols, &n)};
    while (n > 0) {
        uint32_t class = class_of(finalizer, made);
        uint32_t symbol = link_symbol_of(program->link, file, symbols[--n]);
        if (class == NONE || !members_only_object(program, class, symbol, &made)) {
            return "";
        }
        made.value = uses_origin(program->files[made.file], made.value);
    }
    const struct facts *home = program->files[made.file];
    const struct op *op = &home->ops[made.value];
    const char *name = op->kind == OP_CALL ? facts_dotted_name(home, op->a, arena) : NULL;
    return name == NULL ? "" : name;
}

/* ---- what closes itself ---- */

struct maker_that_closes {
    const char *name, *thing;
};

static const struct maker_that_closes self_closing[] = {
    {"open", "file"},
    {"io.open", "file"},
    {"os.fdopen", "file"},
    {"codecs.open", "file"},
    {"gzip.open", "file"},
    {"bz2.open", "file"},
    {"lzma.open", "file"},
    {"gzip.GzipFile", "file"},
    {"io.FileIO", "file"},
    {"io.BytesIO", "buffer"},
    {"io.StringIO", "buffer"},
    {"zipfile.ZipFile", "archive"},
    {"socket.socket", "socket"},
    {"socket.create_connection", "socket"},
    {"mmap.mmap", "mapping"},
    {"sqlite3.connect", "connection"},
    {"urllib.request.urlopen", "response"},
    {"tempfile.TemporaryFile", "file"},
    {"tempfile.NamedTemporaryFile", "file"},
    {"tempfile.SpooledTemporaryFile", "file"},
    {"tempfile.TemporaryDirectory", "directory"},
    {"os.scandir", "iterator"},
};

const char *finalizer_self_closing(const struct finalizer *finalizer, uint32_t file, uint32_t value,
                                   struct arena *arena)
{
    const char *maker = finalizer_maker_of(finalizer, file, value, arena);
    for (size_t i = 0; i < sizeof self_closing / sizeof *self_closing; i++) {
        if (strcmp(self_closing[i].name, maker) == 0) {
            return self_closing[i].thing;
        }
    }
    return NULL;
}
