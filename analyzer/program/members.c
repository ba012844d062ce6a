/*
 * members.c - one pass over the facts that fills the tables of members.
 */
#include "program/members.h"

#include <string.h>

static struct members *members_of(const struct program *program)
{
    return program->members;
}

/* ---- filling */

static void add_names_of_body(struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    const struct scope *scope = &facts->scopes[c->scope];
    for (uint32_t i = scope->first_variable; i < scope->first_variable + scope->n_variables; i++) {
        if (facts->variables[i].flags & VARIABLE_IS_BOUND) {
            uint32_t symbol = link_symbol_of(program->link, c->file, facts->variables[i].name);
            pair_table_put(&members_of(program)->by_name, pair_key(class, symbol), i);
        }
    }
}

static void add_methods_of_body(struct program *program, uint32_t class)
{
    struct members *members = members_of(program);
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    for (uint32_t i = body->first_child; i < body->first_child + body->n_children; i++) {
        if (facts->scopes[i].kind != SCOPE_FUNCTION) {
            continue;
        }
        uint32_t symbol = link_symbol_of(program->link, c->file, facts->scopes[i].name);
        uint32_t old = pair_table_get(&members->first_method, pair_key(0, symbol));
        pair_table_set(&members->first_method, pair_key(0, symbol), (uint32_t)members->methods.n);
        *array_push(&members->methods) =
            (struct method_entry){.file = c->file, .scope = i, .class = class, .next = old};
    }
}

static void add_to_list(struct members *members, struct pair_table *table, uint64_t key,
                        struct attribute_store store)
{
    store.next = pair_table_get(table, key);
    pair_table_set(table, key, (uint32_t)members->stores.n);
    *array_push(&members->stores) = store;
}

static bool is_none(const struct facts *facts, uint32_t value)
{
    return facts->ops[value].kind == OP_CONSTANT && facts->ops[value].aux == CONSTANT_NONE;
}

/* Whether a method without arguments empties a container, or does so by and by: what a queue holds
 * is taken out of it. */
static bool empties(const char *method)
{
    return strcmp(method, "clear") == 0 || strcmp(method, "popleft") == 0;
}

/* The OP_(TARGET_)ATTRIBUTE that an op stores to, deletes, or empties; NONE for any other op. */
static uint32_t attribute_of_effect(const struct facts *facts, const struct op *op, bool *is_kill)
{
    *is_kill = true;
    if (op->kind == OP_STORE && facts->ops[op->a].kind == OP_TARGET_ATTRIBUTE) {
        *is_kill = is_none(facts, op->b);
        return op->a;
    }
    if (op->kind == OP_DELETE && facts->ops[op->a].kind == OP_TARGET_ATTRIBUTE) {
        return op->a;
    }
    if (op->kind == OP_CALL && op->b == 0 && facts->ops[op->a].kind == OP_ATTRIBUTE
        && facts->ops[facts->ops[op->a].a].kind == OP_ATTRIBUTE
        && empties(facts_name(facts, facts->ops[op->a].b))) {
        return facts->ops[op->a].a;
    }
    return NONE;
}

/* The class whose `self` the variable is, or NONE: a method's own first parameter, or that of a
 * method around a nested function. */
static uint32_t class_of_self(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    return classes_is_self(facts, value) ? classes_of_scope(
               program, file, facts->scopes[facts->variables[facts->ops[value].a].scope].parent)
                                         : NONE;
}

static bool is_initializer(const struct facts *facts, uint32_t scope)
{
    const char *name = facts_name(facts, facts->scopes[scope].name);
    return strcmp(name, "__init__") == 0 || strcmp(name, "__new__") == 0
           || facts->scopes[scope].kind == SCOPE_MODULE || facts->scopes[scope].kind == SCOPE_CLASS;
}

/* `__del__` takes nothing apart that holds its own object: it does not run before that is garbage.
 */
static bool is_finalizer(const struct facts *facts, uint32_t scope)
{
    return strcmp(facts_name(facts, facts->scopes[scope].name), "__del__") == 0;
}

static void add_effect(struct program *program, uint32_t file, uint32_t scope, uint32_t i)
{
    struct members *members = members_of(program);
    const struct facts *facts = program->files[file];
    bool is_kill;
    uint32_t attribute = attribute_of_effect(facts, &facts->ops[i], &is_kill);
    if (attribute == NONE) {
        return;
    }
    const struct op *target = &facts->ops[attribute];
    uint32_t symbol = link_symbol_of(program->link, file, target->b);
    struct attribute_store store = {.file = file, .op = i, .scope = scope, .is_kill = is_kill};
    uint32_t class = class_of_self(program, file, target->a);
    if (class != NONE) {
        store.next_of_class = pair_table_get(&members->first_of_class, pair_key(0, class));
        pair_table_set(&members->first_of_class, pair_key(0, class), (uint32_t)members->stores.n);
        add_to_list(members, &members->first_attribute, pair_key(class, symbol), store);
    }
    if (is_kill && !is_initializer(facts, scope)) {
        add_to_list(members, &members->first_killer, pair_key(0, symbol), store);
    }
}

void members_link(struct program *program)
{
    program->members = arena_alloc(&program->arena, sizeof *program->members);
    for (uint32_t class = 0; class < program->classes->all.n; ++class) {
        add_names_of_body(program, class);
        add_methods_of_body(program, class);
    }
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
            const struct scope *s = &facts->scopes[scope];
            for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
                add_effect(program, file, scope, i);
            }
        }
    }
}

void members_free(struct program *program)
{
    struct members *members = program->members;
    if (members == NULL) {
        return;
    }
    pair_table_free(&members->by_name);
    pair_table_free(&members->first_attribute);
    pair_table_free(&members->first_of_class);
    pair_table_free(&members->first_killer);
    pair_table_free(&members->first_method);
    array_free(&members->stores);
    array_free(&members->methods);
    program->members = NULL;
}

/* ---- questions */

static uint32_t ancestor_at(const struct program *program, uint32_t class, uint32_t i)
{
    return program->classes->ancestors.items[program->classes->all.items[class].first_ancestor + i];
}

bool members_find(const struct program *program, uint32_t class, uint32_t symbol, uint32_t *owner,
                  uint32_t *value)
{
    for (uint32_t i = 0; i < program->classes->all.items[class].n_ancestors; i++) {
        uint32_t ancestor = ancestor_at(program, class, i);
        uint32_t variable =
            pair_table_get(&members_of(program)->by_name, pair_key(ancestor, symbol));
        if (variable != TABLE_NONE) {
            uint32_t file = program->classes->all.items[ancestor].file;
            *owner = ancestor;
            *value = program->link->bindings[file][variable];
            return true;
        }
    }
    return false;
}

const struct attribute_store *members_store_at(const struct program *program, uint32_t index)
{
    return index == NONE ? NULL : &members_of(program)->stores.items[index];
}

const struct attribute_store *members_stores(const struct program *program, uint32_t class,
                                             uint32_t symbol)
{
    for (uint32_t i = 0; i < program->classes->all.items[class].n_ancestors; i++) {
        uint64_t key = pair_key(ancestor_at(program, class, i), symbol);
        uint32_t store = pair_table_get(&members_of(program)->first_attribute, key);
        if (store != TABLE_NONE) {
            return members_store_at(program, store);
        }
    }
    return NULL;
}

bool members_only_object(const struct program *program, uint32_t class, uint32_t symbol,
                         struct class_value *object)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < program->classes->all.items[class].n_ancestors; i++) {
        uint64_t key = pair_key(ancestor_at(program, class, i), symbol);
        const struct attribute_store *store =
            members_store_at(program, pair_table_get(&members_of(program)->first_attribute, key));
        for (; store != NULL; store = members_store_at(program, store->next)) {
            const struct op *op = &program->files[store->file]->ops[store->op];
            if (!store->is_kill && op->kind == OP_STORE && op->b != NONE) {
                *object = (struct class_value){store->file, op->b};
                n++;
            }
        }
    }
    return n == 1;
}

const struct attribute_store *members_killer(const struct program *program, uint32_t class,
                                             uint32_t symbol, bool anywhere)
{
    for (uint32_t i = 0; class != NONE && i < program->classes->all.items[class].n_ancestors; i++) {
        uint64_t key = pair_key(ancestor_at(program, class, i), symbol);
        const struct attribute_store *store =
            members_store_at(program, pair_table_get(&members_of(program)->first_attribute, key));
        for (; store != NULL; store = members_store_at(program, store->next)) {
            const struct facts *facts = program->files[store->file];
            if (store->is_kill && !is_initializer(facts, store->scope)
                && !is_finalizer(facts, store->scope)) {
                return store;
            }
        }
    }
    return anywhere ? members_store_at(
               program, pair_table_get(&members_of(program)->first_killer, pair_key(0, symbol)))
                    : NULL;
}

const struct attribute_store *members_stores_of_class(const struct program *program, uint32_t class)
{
    return members_store_at(
        program, pair_table_get(&members_of(program)->first_of_class, pair_key(0, class)));
}
