/*
 * resource_calls.c - which calls make a resource: of a maker of the tables, by whatever name it is
 * imported, or of a function of the program that returns what it opened.
 */
#include "program/classes.h"
#include "program/link.h"
#include "program/resource_search.h"

#include <string.h>

static const struct op *op_at(const struct search *search, uint32_t op)
{
    return &search->facts->ops[op];
}

/* ---- which calls are acquisitions ---- */

static const char *last_part(const char *dotted)
{
    const char *dot = strrchr(dotted, '.');
    return dot == NULL ? dotted : dot + 1;
}

void search_begin_round(struct search *search, struct arena *arena)
{
    const struct link *link = search->program->link;
    const struct makers *makers = &search->resources->makers;
    search->is_maker_symbol = arena_alloc(arena, link->n_file_symbols);
    for (size_t i = search->first_maker; i < search->end_maker; i++) {
        const char *name = last_part(makers->items[i]->name);
        uint32_t symbol = link_find_file_symbol(search->program, name);
        if (symbol != NONE) {
            search->is_maker_symbol[symbol] = 1;
        }
    }
}

bool search_mark_names(struct search *search)
{
    const uint32_t *symbols = search->program->link->symbols_of_file[search->file];
    bool is_any = false;
    for (uint32_t i = 0; i < search->facts->n_symbols; i++) {
        search->is_maker_name[i] = search->is_maker_symbol[symbols[i]];
        is_any |= search->is_maker_name[i];
    }
    return is_any;
}

/* `from m import opener as name`: the import's store follows it. */
void search_mark_renamed_import(struct search *search, uint32_t import)
{
    const struct op *target = op_at(search, import + 1);
    if (search->is_maker_name[op_at(search, import)->b] && target->kind == OP_TARGET_NAME) {
        search->is_maker_name[search->facts->variables[target->a].name] = 1;
    }
}

static bool has_maker_name(const struct search *search, uint32_t callee)
{
    const struct op *op = op_at(search, callee);
    uint32_t symbol = op->kind == OP_LOAD        ? search->facts->variables[op->a].name
                      : op->kind == OP_ATTRIBUTE ? op->b
                                                 : NONE;
    return symbol != NONE && search->is_maker_name[symbol];
}

/* Whether a dotted name means what it says: its first part is imported, or a builtin by itself. */
static bool is_spelled_from_import(const struct search *search, uint32_t callee)
{
    uint32_t root = callee;
    while (op_at(search, root)->kind == OP_ATTRIBUTE) {
        root = op_at(search, root)->a;
    }
    if (op_at(search, root)->kind != OP_LOAD) {
        return false;
    }
    uint32_t variable = op_at(search, root)->a;
    return (search->facts->variables[variable].flags & VARIABLE_IS_IMPORTED)
           || (root == callee && is_builtin_variable(search->facts, variable));
}

/* The value of the only store to a local variable; NONE when there are several. */
static uint32_t only_value(const struct search *search, uint32_t variable)
{
    uint32_t value = NONE;
    const struct scope *scope = &search->facts->scopes[search->facts->variables[variable].scope];
    for (uint32_t op = scope->first_op; op < scope->first_op + scope->n_ops; op++) {
        const struct op *store = op_at(search, op);
        if (store->kind == OP_STORE && op_at(search, store->a)->kind == OP_TARGET_NAME
            && op_at(search, store->a)->a == variable) {
            if (value != NONE) {
                return NONE;
            }
            value = store->b;
        }
    }
    return value;
}

static uint32_t annotation_of(const struct search *search, uint32_t variable)
{
    const struct scope *scope = &search->facts->scopes[search->facts->variables[variable].scope];
    for (uint32_t i = 0; i < scope->n_parameters; i++) {
        const struct parameter *p = &search->facts->parameters[scope->first_parameter + i];
        if (p->variable == variable) {
            return p->annotation;
        }
    }
    return NONE;
}

static const char *const path_methods[] = {
    "joinpath",   "with_suffix", "with_name", "resolve", "absolute",
    "expanduser", "parent",      "with_stem", "cwd",     "home",
};

static bool is_path_method(const char *name)
{
    for (size_t i = 0; i < sizeof path_methods / sizeof *path_methods; i++) {
        if (strcmp(name, path_methods[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What the value was made from, one step back towards a pathlib.Path: the left of `/`, the object
 * of `.parent`, what a name was given.  NONE: it is no path. */
static uint32_t step_to_path(const struct search *search, uint32_t value)
{
    const struct op *op = op_at(search, value);
    if (op->kind == OP_BINARY && op->aux == OPERATOR_DIVIDE) {
        return op->a;
    }
    if (op->kind == OP_ATTRIBUTE && is_path_method(facts_name(search->facts, op->b))) {
        return op->a;
    }
    if (op->kind == OP_CALL) {
        return op->a;
    }
    if (op->kind != OP_LOAD) {
        return NONE;
    }
    return search->facts->variables[op->a].flags & VARIABLE_IS_PARAMETER
               ? annotation_of(search, op->a)
               : only_value(search, op->a);
}

static bool is_path(const struct search *search, uint32_t value)
{
    enum { MAX_STEPS = 8 }; /* a name may be given itself: do not go round for ever */
    for (int i = 0; i < MAX_STEPS && value != NONE; i++) {
        if (facts_spells(search->facts, value, "pathlib.Path")) {
            return true;
        }
        value = step_to_path(search, value);
    }
    return false;
}

/* A function or class of the program: found to be a maker, or said to be one. */
static const struct maker *own_maker(struct search *search, uint32_t callee)
{
    const struct makers *makers = &search->resources->makers;
    struct method found;
    if ((makers->by_function.n == 0 && !makers->is_said)
        || !callee_find(search->program, search->file, callee, &found)) {
        return NULL;
    }
    const struct maker *derived = makers_find_function(makers, found.file, found.scope);
    if (derived != NULL || !makers->is_said) {
        return derived;
    }
    const char *dotted = link_dotted(search->program, found.file, found.scope, &search->scratch);
    return makers_find(makers, dotted);
}

/* A maker of the tables, by its own name or one that a module of the program imports it by. */
static const struct maker *named_maker(struct search *search, uint32_t callee)
{
    const struct makers *makers = &search->resources->makers;
    if (is_spelled_from_import(search, callee)) {
        const char *dotted = facts_dotted_name(search->facts, callee, &search->scratch);
        const struct maker *maker = dotted == NULL ? NULL : makers_find(makers, dotted);
        if (maker != NULL) {
            return maker;
        }
        struct entity entity = link_entity(search->program, search->file, callee);
        return entity.kind == ENTITY_FOREIGN
                   ? makers_find(makers, link_text(search->program, entity.index))
                   : NULL;
    }
    const struct op *op = op_at(search, callee);
    bool is_open =
        op->kind == OP_ATTRIBUTE && strcmp(facts_name(search->facts, op->b), "open") == 0;
    return is_open && is_path(search, op->a) ? makers_find(makers, "pathlib.Path.open") : NULL;
}

const struct maker *search_maker_of_call(struct search *search, uint32_t call)
{
    uint32_t callee = op_at(search, call)->a;
    if (!has_maker_name(search, callee)) {
        return NULL;
    }
    const struct maker *maker = named_maker(search, callee);
    return maker != NULL ? maker : own_maker(search, callee);
}

/* ---- functions that are makers ---- */

/* Whether a return gives the caller nothing, or a resource like this one. */
static bool returns_alike(struct search *search, const struct site *site, uint32_t value)
{
    const struct op *op = value == NONE ? NULL : op_at(search, value);
    if (op == NULL || (op->kind == OP_CONSTANT && op->aux == CONSTANT_NONE)) {
        return true;
    }
    uint8_t source = site->source[value - site->view->first_op];
    if (source != SOURCE_NONE) {
        return source != SOURCE_MIXED;
    }
    const struct maker *maker = op->kind == OP_CALL ? search_maker_of_call(search, value) : NULL;
    return maker != NULL && strcmp(maker->thing, site->maker->thing) == 0;
}

/* Whether the resource goes to the caller and nowhere else. */
static bool only_returns(struct search *search, const struct site *site)
{
    for (uint32_t i = 0; i < site->view->n_ops; i++) {
        const struct op *op = op_at(search, site->view->first_op + i);
        uint8_t effect = site->effect[i];
        if ((op->kind == OP_RETURN && !returns_alike(search, site, op->a))
            || (effect == EFFECT_GIVE && op->kind != OP_RETURN)
            || (effect == EFFECT_CLOSE
                && !scope_view_is_within(site->view, site->view->first_op + i, OP_EXCEPT))) {
            return false;
        }
    }
    return site->n_given > 0 && site->n_entered == 0;
}

static bool is_plain_function(const struct search *search, uint32_t scope)
{
    const struct scope *s = &search->facts->scopes[scope];
    uint32_t decorator = facts_first_decorator(search->facts, scope);
    bool is_plain = decorator == NONE
                    || facts_spells(search->facts, op_at(search, decorator)->a, "staticmethod")
                    || facts_spells(search->facts, op_at(search, decorator)->a, "classmethod");
    return s->kind == SCOPE_FUNCTION && is_plain
           && !(s->flags & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR))
           && strncmp(facts_name(search->facts, s->name), "__", 2) != 0;
}

void search_derive_maker(struct search *search, const struct site *site)
{
    const uint32_t unfit =
        MAKER_IS_ASYNC | MAKER_MAKES_PAIR | MAKER_FIRST_OF_TUPLE | MAKER_SECOND_OF_TUPLE;
    bool is_one_name =
        site->n_holders == 0
        || (site->n_holders == 1
            && !(search->facts->variables[site->holders[0]].flags & VARIABLE_IS_REBOUND));
    if (site->n_given == 0 || (site->maker->flags & unfit) || !is_one_name
        || !is_plain_function(search, site->scope) || !only_returns(search, site)) {
        return;
    }
    const char *name = facts_name(search->facts, search->facts->scopes[site->scope].name);
    makers_derive(&search->resources->makers, search->file, site->scope, name, site->maker);
}

/* ---- calls that make nothing after all ---- */

static const char *const object_names[] = {
    "f",           "fp",       "fh",     "fd",  "file",   "fileobj", "file_obj",
    "file_object", "stream",   "buffer", "buf", "data",   "handle",  "bio",
    "io",          "source",   "body",   "raw", "infile", "outfile", "content",
    "bytes",       "response", "output", "s",   "self",
};

static bool is_object_name(const char *name)
{
    while (*name == '_') {
        name++;
    }
    for (size_t i = 0; i < sizeof object_names / sizeof *object_names; i++) {
        if (strcmp(name, object_names[i]) == 0) {
            return true;
        }
    }
    return false;
}

const char *search_last_name(const struct search *search, uint32_t value)
{
    const struct op *op = op_at(search, value);
    if (op->kind == OP_LOAD) {
        return variable_name(search->facts, op->a);
    }
    return op->kind == OP_ATTRIBUTE ? facts_name(search->facts, op->b) : "";
}

static bool makes_object(const struct search *search, uint32_t value)
{
    static const char *const names[] = {
        "BytesIO",
        "StringIO",
        "TemporaryFile",
        "NamedTemporaryFile",
        "SpooledTemporaryFile",
        "TextIOWrapper",
        "makefile",
        "urlopen",
        "open",
        "get_data",
        "read",
        "RawIOBase",
        "BufferedReader",
        "fdopen",
        "openfile",
    };
    const struct op *op = op_at(search, value);
    if (op->kind == OP_ENTERED) {
        return true;
    }
    const char *name = op->kind == OP_CALL ? search_last_name(search, op->a) : "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the argument looks like an open file rather than a path. */
static bool looks_like_object(const struct search *search, uint32_t value)
{
    const struct op *op = op_at(search, value);
    if (op->kind == OP_LOAD) {
        uint32_t given = only_value(search, op->a);
        return (given != NONE && makes_object(search, given))
               || is_object_name(variable_name(search->facts, op->a));
    }
    return makes_object(search, value)
           || (op->kind == OP_ATTRIBUTE && is_object_name(facts_name(search->facts, op->b)));
}

static bool is_given_object(const struct search *search, uint32_t call)
{
    static const char *const keywords[] = {"fileobj", "fp", "file_obj"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (facts_argument(search->facts, call, -1, keywords[i]) != NONE) {
            return true;
        }
    }
    uint32_t first = facts_argument(search->facts, call, 0, NULL);
    return first == NONE || looks_like_object(search, first);
}

static bool has_constant_argument(const struct search *search, uint32_t call, const char *keyword,
                                  enum constant constant)
{
    uint32_t value = facts_argument(search->facts, call, -1, keyword);
    return value != NONE && op_at(search, value)->kind == OP_CONSTANT
           && op_at(search, value)->aux == constant;
}

/* A process that is meant to go on by itself. */
static bool is_detached(const struct search *search, uint32_t call)
{
    return has_constant_argument(search, call, "start_new_session", CONSTANT_TRUE)
           || facts_argument(search->facts, call, -1, "creationflags") != NONE
           || facts_argument(search->facts, call, -1, "preexec_fn") != NONE;
}

bool search_makes_nothing(struct search *search, uint32_t call, const struct maker *maker)
{
    if (maker->flags & MAKER_IS_DERIVED) {
        return false;
    }
    if ((maker->flags & MAKER_TAKES_OBJECT) && is_given_object(search, call)) {
        return true;
    }
    if (maker->flags & MAKER_WRAPS) {
        uint32_t first = facts_argument(search->facts, call, 0, NULL);
        return first == NONE || op_at(search, first)->kind != OP_CALL
               || search_maker_of_call(search, first) == NULL;
    }
    if (strcmp(maker->thing, "process") == 0) {
        return is_detached(search, call);
    }
    return has_constant_argument(search, call, "closefd", CONSTANT_FALSE);
}
