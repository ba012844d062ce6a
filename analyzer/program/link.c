/*
 * link.c - program symbols, bindings, and following names from file to file.
 *
 * What a variable is bound to is decided once a file: the value of its only store, or, when there
 * are several (`try: import x … except ImportError: x = None`, a function defined twice), the first
 * that is a definition or an import.
 */
#include "program/link.h"

#include "base/builder.h"
#include "base/error.h"
#include "program/foreign.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_STEPS = 16 }; /* from name to name; longer chains of re-exports go round in circles */

/* ---- symbols */

static enum symbol_kind kind_of_symbol(const char *text)
{
    return text[0] != '[' ? SYMBOL_IS_NAME : text[1] == '\'' ? SYMBOL_IS_KEY : SYMBOL_IS_ELEMENT;
}

/* Under the lock, which others may have had since the caller looked. */
static uint32_t add_symbol(struct program *program, const char *text, size_t length, bool is_copied)
{
    struct link *link = program->link;
    uint32_t symbol = shared_names_get(&link->symbol_numbers, text, length);
    if (symbol == TABLE_NONE) {
        const char *kept = is_copied ? arena_string(&program->symbols, text, length) : text;
        uint8_t kind = (uint8_t)kind_of_symbol(kept);
        shared_list_add(&link->symbol_kinds, &kind, sizeof kind);
        symbol = shared_list_add(&link->symbols, &kept, sizeof kept);
        shared_names_add(&link->symbol_numbers, kept, length, symbol);
    }
    return symbol;
}

static uint32_t symbol_of(struct program *program, const char *text, bool is_copied)
{
    struct link *link = program->link;
    size_t length = strlen(text);
    uint32_t symbol = shared_names_get(&link->symbol_numbers, text, length);
    if (symbol == TABLE_NONE) {
        pthread_mutex_lock(&link->lock);
        symbol = add_symbol(program, text, length, is_copied);
        pthread_mutex_unlock(&link->lock);
    }
    return symbol;
}

uint32_t link_symbol(struct program *program, const char *text)
{
    return symbol_of(program, text, false);
}

uint32_t link_symbol_of_copy(struct program *program, const char *text)
{
    return symbol_of(program, text, true);
}

uint32_t link_find_symbol(const struct program *program, const char *text, size_t length)
{
    return shared_names_get(&program->link->symbol_numbers, text, length);
}

uint32_t link_find_file_symbol(const struct program *program, const char *text)
{
    uint32_t symbol = link_find_symbol(program, text, strlen(text));
    return symbol < program->link->n_file_symbols ? symbol : NONE;
}

const char *link_text(const struct program *program, uint32_t symbol)
{
    const char *const *texts = shared_list_items(&program->link->symbols);
    return symbol == NONE ? "" : texts[symbol];
}

uint32_t link_string_argument(const struct program *program, uint32_t file, uint32_t call,
                              int position)
{
    const struct facts *facts = program->files[file];
    uint32_t value = facts_argument(facts, call, position, NULL);
    const struct op *op = value == NONE ? NULL : &facts->ops[value];
    return op != NULL && op->kind == OP_CONSTANT && op->aux == CONSTANT_STRING
               ? link_symbol_of(program->link, file, op->a)
               : NONE;
}

static uint32_t *link_symbols_of_file(struct program *program, uint32_t file)
{
    const struct facts *facts = program->files[file];
    uint32_t *symbols = arena_alloc(&program->arena, facts->n_symbols * sizeof *symbols);
    for (uint32_t i = 0; i < facts->n_symbols; i++) {
        symbols[i] = link_symbol(program, facts_name(facts, i));
    }
    return symbols;
}

/* ---- bindings */

/* A decorator is taken to hand on what it decorates, as most do. */
static uint32_t through_decorators(const struct facts *facts, uint32_t value)
{
    while (value != NONE && facts->ops[value].kind == OP_CALL
           && facts->ops[value].flags & OP_IS_DECORATOR) {
        value = facts->ops[value + 1].a;
    }
    return value;
}

static bool is_definition(const struct facts *facts, uint32_t value)
{
    uint8_t kind = facts->ops[value].kind;
    return kind == OP_FUNCTION || kind == OP_CLASS || kind == OP_IMPORT || kind == OP_IMPORT_FROM;
}

/* `@overload` is for type checkers: what it decorates is never called. */
static bool is_overload(const struct facts *facts, uint32_t value)
{
    static const char *const names[] = {"overload", "typing.overload", "t.overload",
                                        "typing_extensions.overload"};
    const struct op *op = &facts->ops[value];
    for (size_t i = 0; op->kind == OP_FUNCTION && i < sizeof names / sizeof *names; i++) {
        if (facts_find_decorator(facts, op->a, names[i]) != NONE) {
            return true;
        }
    }
    return false;
}

static uint32_t *bind_variables(struct program *program, uint32_t file)
{
    const struct facts *facts = program->files[file];
    uint32_t *bindings = arena_alloc(&program->arena, facts->n_variables * sizeof *bindings);
    bool *is_ambiguous = alloc_zeroed(facts->n_variables, sizeof *is_ambiguous);
    memset(bindings, 0xff, facts->n_variables * sizeof *bindings);
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_STORE || facts->ops[op->a].kind != OP_TARGET_NAME) {
            continue;
        }
        uint32_t variable = facts->ops[op->a].a;
        uint32_t value = through_decorators(facts, op->b);
        uint32_t old = bindings[variable];
        if (old == NONE && !is_ambiguous[variable]) {
            bindings[variable] = value;
        } else if (is_definition(facts, value)
                   && (old == NONE || !is_definition(facts, old) || is_overload(facts, old))) {
            bindings[variable] = value;
        } else if (old != NONE && !is_definition(facts, old)) {
            bindings[variable] = NONE;
            is_ambiguous[variable] = true;
        }
    }
    for (uint32_t i = 0; i < facts->n_parameters; i++) {
        bindings[facts->parameters[i].variable] = NONE;
    }
    free(is_ambiguous);
    return bindings;
}

uint32_t link_origin(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    for (int step = 0; step < MAX_STEPS && facts->ops[value].kind == OP_LOAD; step++) {
        uint32_t variable = facts->ops[value].a;
        uint32_t origin = program->link->bindings[file][variable];
        if (origin == NONE
            || facts->variables[variable].flags & (VARIABLE_IS_REBOUND | VARIABLE_IS_DECLARED)) {
            break;
        }
        value = origin;
    }
    return value;
}

/* ---- modules */

static bool is_package(const struct facts *facts)
{
    const char *slash = strrchr(facts->path, '/');
    return strncmp(slash ? slash + 1 : facts->path, "__init__.", 9) == 0;
}

/* The absolute name of "..m" as `file` means it, in `name`. */
static void resolve_relative(const struct program *program, uint32_t file, uint32_t dots,
                             const char *module, struct builder *name)
{
    builder_clear(name);
    if (dots > 0) {
        const char *own = program->modules[file];
        size_t length = strlen(own);
        uint32_t up = dots - (is_package(program->files[file]) ? 1 : 0);
        while (up-- > 0) {
            while (length > 0 && own[length - 1] != '.') {
                length--;
            }
            length = length > 0 ? length - 1 : 0;
        }
        builder_add_bytes(name, own, length);
        if (length > 0 && *module != '\0') {
            builder_add_char(name, '.');
        }
    }
    builder_add(name, module);
}

static uint32_t find_module(const struct program *program, const char *name, size_t length)
{
    return name_table_get(&program->link->modules, name, length);
}

static struct entity foreign(struct program *program, const char *name)
{
    return (struct entity){
        .kind = ENTITY_FOREIGN, .file = NONE, .index = link_symbol_of_copy(program, name)};
}

static struct entity module_entity(struct program *program, const char *name, size_t length)
{
    uint32_t file = find_module(program, name, length);
    if (file != TABLE_NONE) {
        return (struct entity){.kind = ENTITY_MODULE, .file = file, .index = NONE};
    }
    char *copy = strndup(name, length);
    struct entity entity = foreign(program, copy ? copy : "");
    free(copy);
    return entity;
}

/* ---- following names */

/* What is still to be found: a variable or an op of a file, and what is wanted of it. */
struct pursuit {
    uint32_t file;
    uint32_t value; /* op */
    uint32_t
        members[MAX_STEPS]; /* program symbols still to be looked up in it, the next one last */
    uint32_t n_members;
};

static struct entity variable_entity(uint32_t file, uint32_t variable)
{
    return (struct entity){.kind = ENTITY_VALUE, .file = file, .index = variable};
}

static uint32_t variable_of_module(const struct program *program, uint32_t file, uint32_t symbol)
{
    const struct facts *facts = program->files[file];
    uint32_t name = facts_symbol(facts, link_text(program, symbol));
    const struct scope *module = &facts->scopes[0];
    for (uint32_t i = 0; name != NONE && i < module->n_variables; i++) {
        const struct variable *variable = &facts->variables[module->first_variable + i];
        if (variable->name == name) {
            return variable->flags & VARIABLE_IS_BOUND ? module->first_variable + i : NONE;
        }
    }
    return NONE;
}

/* `from m import *` in `file` may be what binds the name; of several, the last is in force. */
static uint32_t star_module_with(struct program *program, uint32_t file, uint32_t symbol)
{
    if (!program->link->has_star_import[file]) {
        return NONE;
    }
    const struct facts *facts = program->files[file];
    struct builder name = {0};
    uint32_t found = NONE;
    const struct scope *module = &facts->scopes[0];
    for (uint32_t i = module->first_op + module->n_ops; i-- > module->first_op && found == NONE;) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_IMPORT_STAR) {
            continue;
        }
        resolve_relative(program, file, op->aux, facts_name(facts, op->a), &name);
        uint32_t other = find_module(program, name.s, name.length);
        if (other != TABLE_NONE && other != file
            && variable_of_module(program, other, symbol) != NONE) {
            found = other;
        }
    }
    builder_free(&name);
    return found;
}

static void join_dotted(const char *first, const char *second, struct builder *name)
{
    builder_add(name, first);
    builder_add_char(name, '.');
    builder_add(name, second);
}

/* The submodule "file.symbol", as `import pkg.mod` and `from pkg import mod` mean it. */
static uint32_t submodule(const struct program *program, uint32_t file, uint32_t symbol)
{
    struct builder name = {0};
    join_dotted(program->modules[file], link_text(program, symbol), &name);
    uint32_t found = find_module(program, name.s, name.length);
    builder_free(&name);
    return found;
}

static struct entity member_of_foreign(struct program *program, struct entity entity,
                                       uint32_t symbol)
{
    struct builder name = {0};
    join_dotted(link_text(program, entity.index), link_text(program, symbol), &name);
    uint32_t file = find_module(program, name.s, name.length);
    struct entity member = file != TABLE_NONE
                               ? (struct entity){.kind = ENTITY_MODULE, .file = file, .index = NONE}
                               : foreign(program, name.s);
    builder_free(&name);
    return member;
}

/* The entity an import's value stands for, or a pursuit that goes on in another module. */
static struct entity follow_import(struct program *program, struct pursuit *p, const struct op *op)
{
    const struct facts *facts = program->files[p->file];
    const char *module = facts_name(facts, op->a);
    if (op->kind == OP_IMPORT) {
        size_t length = op->flags & OP_IS_RENAMED ? strlen(module) : strcspn(module, ".");
        return module_entity(program, module, length);
    }
    struct builder name = {0};
    resolve_relative(program, p->file, op->aux, module, &name);
    struct entity entity = module_entity(program, builder_string(&name), name.length);
    builder_free(&name);
    if (p->n_members < MAX_STEPS) {
        p->members[p->n_members++] = link_symbol_of(program->link, p->file, op->b);
    }
    return entity;
}

/* One step from the op `p->value`. */
static struct entity step_from_value(struct program *program, struct pursuit *p)
{
    const struct facts *facts = program->files[p->file];
    const struct op *op = &facts->ops[p->value];
    if (op->kind == OP_FUNCTION) {
        return (struct entity){.kind = ENTITY_FUNCTION, .file = p->file, .index = op->a};
    }
    if (op->kind == OP_CLASS) {
        return (struct entity){.kind = ENTITY_CLASS, .file = p->file, .index = op->a};
    }
    if (op->kind == OP_IMPORT || op->kind == OP_IMPORT_FROM) {
        return follow_import(program, p, op);
    }
    if (op->kind == OP_ATTRIBUTE && p->n_members < MAX_STEPS) {
        p->members[p->n_members++] = link_symbol_of(program->link, p->file, op->b);
        p->value = op->a;
        return (struct entity){0};
    }
    return (struct entity){.kind = ENTITY_NOTHING, .file = NONE, .index = NONE};
}

/* Whether a value names something, or is made right there. */
static bool leads_on(const struct op *op)
{
    return op->kind == OP_LOAD || op->kind == OP_ATTRIBUTE || op->kind == OP_FUNCTION
           || op->kind == OP_CLASS || op->kind == OP_IMPORT || op->kind == OP_IMPORT_FROM;
}

static struct entity step_from_variable(struct program *program, struct pursuit *p,
                                        uint32_t variable)
{
    const struct facts *facts = program->files[p->file];
    uint32_t binding = program->link->bindings[p->file][variable];
    if (binding != NONE && leads_on(&facts->ops[binding])) {
        p->value = binding;
        return (struct entity){0};
    }
    if (is_builtin_variable(facts, variable)) {
        uint32_t symbol = link_symbol_of(program->link, p->file, facts->variables[variable].name);
        uint32_t star = star_module_with(program, p->file, symbol);
        if (star == NONE) {
            return foreign(program, variable_name(facts, variable));
        }
        p->file = star;
        p->value = program->link->bindings[star][variable_of_module(program, star, symbol)];
        return p->value == NONE ? variable_entity(star, variable_of_module(program, star, symbol))
                                : (struct entity){0};
    }
    return variable_entity(p->file, variable);
}

static struct entity member_of_module(struct program *program, struct pursuit *p, uint32_t file,
                                      uint32_t symbol)
{
    uint32_t native = foreign_native(program, file, symbol);
    if (native != NONE) {
        return (struct entity){.kind = ENTITY_FOREIGN, .file = NONE, .index = native};
    }
    uint32_t variable = variable_of_module(program, file, symbol);
    if (variable != NONE) {
        p->file = file;
        return step_from_variable(program, p, variable);
    }
    uint32_t sub = submodule(program, file, symbol);
    if (sub != TABLE_NONE) {
        return (struct entity){.kind = ENTITY_MODULE, .file = sub, .index = NONE};
    }
    uint32_t star = star_module_with(program, file, symbol);
    if (star == NONE) {
        return (struct entity){.kind = ENTITY_NOTHING, .file = NONE, .index = NONE};
    }
    p->file = star;
    return step_from_variable(program, p, variable_of_module(program, star, symbol));
}

static bool is_open(struct entity entity)
{
    return entity.kind == ENTITY_NOTHING && entity.file == 0;
}

static struct entity pursue(struct program *program, struct pursuit *p, struct entity entity)
{
    for (int steps = 0; steps < 4 * MAX_STEPS; steps++) {
        if (is_open(entity)) {
            const struct op *op = &program->files[p->file]->ops[p->value];
            entity = op->kind == OP_LOAD ? step_from_variable(program, p, op->a)
                                         : step_from_value(program, p);
            continue;
        }
        if (p->n_members == 0) {
            return entity;
        }
        uint32_t symbol = p->members[--p->n_members];
        if (entity.kind == ENTITY_MODULE) {
            entity = member_of_module(program, p, entity.file, symbol);
        } else if (entity.kind == ENTITY_FOREIGN) {
            entity = member_of_foreign(program, entity, symbol);
        } else {
            break;
        }
    }
    return (struct entity){.kind = ENTITY_NOTHING, .file = NONE, .index = NONE};
}

/* ---- following each name once */

static struct entity entity_at(const struct link *link, uint32_t place)
{
    return ((const struct entity *)shared_list_items(&link->entities))[place];
}

/* Another thread may have found the same meanwhile. */
static struct entity keep_member(struct link *link, struct shared_pairs *members, uint64_t key,
                                 struct entity entity)
{
    pthread_mutex_lock(&link->lock);
    if (shared_pairs_get(members, key) == TABLE_NONE) {
        shared_pairs_add(members, key, shared_list_add(&link->entities, &entity, sizeof entity));
    }
    pthread_mutex_unlock(&link->lock);
    return entity;
}

struct entity link_member(struct program *program, uint32_t file, uint32_t symbol)
{
    struct link *link = program->link;
    uint64_t key = pair_key(file, symbol);
    uint32_t known = shared_pairs_get(&link->module_members, key);
    if (known != TABLE_NONE) {
        return entity_at(link, known);
    }
    struct pursuit p = {.file = file, .value = NONE};
    return keep_member(link, &link->module_members, key,
                       pursue(program, &p, member_of_module(program, &p, file, symbol)));
}

static struct entity foreign_member(struct program *program, struct entity entity, uint32_t symbol)
{
    struct link *link = program->link;
    uint64_t key = pair_key(entity.index, symbol);
    uint32_t known = shared_pairs_get(&link->foreign_members, key);
    return known != TABLE_NONE ? entity_at(link, known)
                               : keep_member(link, &link->foreign_members, key,
                                             member_of_foreign(program, entity, symbol));
}

static struct entity keep_of_variable(struct link *link, _Atomic(uint32_t) *place,
                                      struct entity entity)
{
    pthread_mutex_lock(&link->lock);
    if (*place == 0) {
        uint32_t number = shared_list_add(&link->entities, &entity, sizeof entity) + 1;
        atomic_store_explicit(place, number, memory_order_release);
    }
    pthread_mutex_unlock(&link->lock);
    return entity;
}

static struct entity entity_of_variable(struct program *program, uint32_t file, uint32_t variable)
{
    struct link *link = program->link;
    _Atomic(uint32_t) *place = &link->entity_of_variable[file][variable];
    uint32_t known = atomic_load_explicit(place, memory_order_acquire);
    if (known != 0) {
        return entity_at(link, known - 1);
    }
    struct pursuit p = {.file = file};
    return keep_of_variable(link, place,
                            pursue(program, &p, step_from_variable(program, &p, variable)));
}

struct entity link_entity(struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    uint32_t members[MAX_STEPS], n_members = 0;
    while (facts->ops[value].kind == OP_ATTRIBUTE && n_members < MAX_STEPS) {
        members[n_members++] = link_symbol_of(program->link, file, facts->ops[value].b);
        value = facts->ops[value].a;
    }
    struct pursuit p = {.file = file, .value = value};
    struct entity entity = facts->ops[value].kind == OP_LOAD
                               ? entity_of_variable(program, file, facts->ops[value].a)
                               : pursue(program, &p, (struct entity){0});
    while (n_members > 0 && (entity.kind == ENTITY_MODULE || entity.kind == ENTITY_FOREIGN)) {
        uint32_t symbol = members[--n_members];
        entity = entity.kind == ENTITY_MODULE ? link_member(program, entity.file, symbol)
                                              : foreign_member(program, entity, symbol);
    }
    return n_members == 0 ? entity
                          : (struct entity){.kind = ENTITY_NOTHING, .file = NONE, .index = NONE};
}

const char *link_dotted(const struct program *program, uint32_t file, uint32_t scope,
                        struct arena *arena)
{
    const char *name = facts_qualified_name(program->files[file], scope, arena);
    return arena_format(arena, "%s%s%s", program->modules[file], *name ? "." : "", name);
}

static bool has_star_import(const struct facts *facts)
{
    const struct scope *module = &facts->scopes[0];
    for (uint32_t i = module->first_op; i < module->first_op + module->n_ops; i++) {
        if (facts->ops[i].kind == OP_IMPORT_STAR) {
            return true;
        }
    }
    return false;
}

/* No other thread has seen them yet, and most symbols are there. */
static void free_outgrown(struct link *link)
{
    shared_names_free_outgrown(&link->symbol_numbers);
    shared_list_free_outgrown(&link->symbols);
    shared_list_free_outgrown(&link->symbol_kinds);
}

void link_program(struct program *program)
{
    struct link *link = arena_alloc(&program->arena, sizeof *link);
    program->link = link;
    pthread_mutex_init(&link->lock, NULL);
    pthread_mutex_init(&link->uses_lock, NULL);
    uint32_t n = program->n_files;
    link->symbols_of_file = arena_alloc(&program->arena, n * sizeof *link->symbols_of_file);
    link->bindings = arena_alloc(&program->arena, n * sizeof *link->bindings);
    link->first_function = arena_alloc(&program->arena, (n + 1) * sizeof *link->first_function);
    link->entity_of_variable = arena_alloc(&program->arena, n * sizeof *link->entity_of_variable);
    link->has_star_import = arena_alloc(&program->arena, n * sizeof *link->has_star_import);
    for (uint32_t file = 0; file < n; file++) {
        link->has_star_import[file] = has_star_import(program->files[file]);
        name_table_put(&link->modules, program->modules[file], strlen(program->modules[file]),
                       file);
        link->symbols_of_file[file] = link_symbols_of_file(program, file);
        link->bindings[file] = bind_variables(program, file);
        link->entity_of_variable[file] =
            arena_alloc(&program->arena, program->files[file]->n_variables * sizeof(uint32_t));
        link->first_function[file] = link->n_functions;
        link->n_functions += program->files[file]->n_scopes;
    }
    link->n_file_symbols = (uint32_t)link->symbols.n;
    free_outgrown(link);
}

void link_free(struct program *program)
{
    struct link *link = program->link;
    if (link != NULL) {
        shared_names_free(&link->symbol_numbers);
        shared_list_free(&link->symbols);
        shared_list_free(&link->symbol_kinds);
        name_table_free(&link->modules);
        shared_list_free(&link->entities);
        shared_pairs_free(&link->module_members);
        shared_pairs_free(&link->foreign_members);
    }
}
