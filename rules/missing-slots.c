/*
 * A small class whose instances are made in a loop and kept, without `__slots__`.
 *
 * Only where `__slots__` is a line to add and nothing else: the class has no base, no subclass, no
 * decorator and no metaclass, `__init__` sets every attribute that its methods ever set, the body
 * binds none of them, and nothing in it asks for `__dict__`.  Where it is made: in a loop or a
 * comprehension that puts the instance in a container.  Silent in tests.  Off by default: how many
 * there will be is not in the text, and other code may set attributes or make weak references.
 */
#include "rule.h"

struct places {
    ARRAY_OF(struct place); /* by class: where it is made; an empty place: nowhere */
};

struct scopes {
    ARRAY_OF(uint32_t);
};

struct names {
    ARRAY_OF(const char *);
    size_t most; /* that a small class has */
};

/* ---- the class ---- */

static bool has_plain_bases(const struct program *program, const struct class *c)
{
    for (uint32_t i = 0; i < c->n_bases; i++) {
        if (strcmp(program->classes->bases.items[c->first_base + i].name, "object") != 0) {
            return false;
        }
    }
    return c->is_complete && c->n_ancestors == 1 && *c->metaclass == '\0';
}

static bool asks_for_dict(const struct facts *facts, const struct op *op)
{
    static const char *const names[] = {"__dict__", "__weakref__", "cached_property", NULL};
    static const char *const builtins[] = {"vars", "setattr", "super", "cached_property", NULL};
    return (op->kind == OP_ATTRIBUTE && words_have(names, facts_name(facts, op->b)))
           || (op->kind == OP_LOAD && words_have(builtins, variable_name(facts, op->a)));
}

static bool any_asks_for_dict(const struct facts *facts, const struct scope *scope)
{
    for (uint32_t i = 0; i < scope->n_ops; i++) {
        if (asks_for_dict(facts, &facts->ops[scope->first_op + i])) {
            return true;
        }
    }
    return false;
}

/* Whether the code of the class, methods and all, lives with instances that have no dict. */
static bool lives_without_dict(const struct facts *facts, const struct scope *body)
{
    for (uint32_t i = 0; i < body->n_variables; i++) {
        const char *name = variable_name(facts, body->first_variable + i);
        if (strcmp(name, "__setattr__") == 0 || strcmp(name, "__getattr__") == 0) {
            return false;
        }
    }
    struct scopes todo = {0};
    bool lives = true;
    *array_push(&todo) = (uint32_t)(body - facts->scopes);
    while (todo.n > 0 && lives) {
        const struct scope *scope = &facts->scopes[*array_last(&todo)];
        todo.n--;
        lives = !any_asks_for_dict(facts, scope);
        for (uint32_t i = 0; i < scope->n_children; i++) {
            *array_push(&todo) = scope->first_child + i;
        }
    }
    array_free(&todo);
    return lives;
}

static const char *stored_attribute(const struct program *program,
                                    const struct attribute_store *store)
{
    const struct facts *facts = program->files[store->file];
    const struct op *op = &facts->ops[store->op];
    if (op->kind != OP_STORE || facts->ops[op->a].kind != OP_TARGET_ATTRIBUTE) {
        return NULL;
    }
    return facts_name(facts, facts->ops[op->a].b);
}

static bool has_name(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The attributes that `__init__` sets, the last first, as the stores are linked. */
static void find_attributes(const struct program *program, uint32_t class, uint32_t init,
                            struct names *names)
{
    const struct attribute_store *store = members_stores_of_class(program, class);
    for (; store != NULL; store = members_store_at(program, store->next_of_class)) {
        const char *name = stored_attribute(program, store);
        bool is_new = name != NULL && store->scope == init && !has_name(names, name);
        if (is_new && names->n <= names->most) {
            *array_push(names) = name;
        }
    }
}

/* Whether the methods set no others. */
static bool are_all(const struct program *program, uint32_t class, const struct names *names)
{
    const struct attribute_store *store = members_stores_of_class(program, class);
    for (; store != NULL; store = members_store_at(program, store->next_of_class)) {
        const char *name = stored_attribute(program, store);
        if (name != NULL && !has_name(names, name)) {
            return false;
        }
    }
    return names->n > 0 && names->n <= names->most;
}

static bool binds_any(const struct program *program, uint32_t class, const struct names *names)
{
    for (size_t i = 0; i < names->n; i++) {
        if (classes_bind(program, class, names->items[i])) {
            return true;
        }
    }
    return false;
}

static bool is_candidate(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    return body->parent == 0 && !classes_bind(program, class, "__slots__") && !c->has_subclass
           && has_plain_bases(program, c) && facts_first_decorator(facts, c->scope) == NONE;
}

/* ---- where it is made ---- */

/* Whether a call between `from` and `end` puts what the variable holds in a container. */
static bool is_added_later(const struct facts *facts, uint32_t from, uint32_t end,
                           uint32_t variable)
{
    for (uint32_t i = from; i < end; i++) {
        uint32_t container;
        uint32_t value =
            facts->ops[i].kind == OP_CALL ? containers_added_by(facts, i, &container) : NONE;
        if (value != NONE && facts->ops[value].kind == OP_LOAD && facts->ops[value].a == variable) {
            return true;
        }
    }
    return false;
}

/* Whether a new instance goes into a container, in the loop that ends at `end`. */
static bool is_kept(const struct facts *facts, uint32_t call, uint32_t end)
{
    uint32_t use = uses_next(facts, call, call);
    if (use == NONE) {
        return false;
    }
    const struct op *op = &facts->ops[use];
    if (op->kind == OP_ARGUMENT) {
        uint32_t container, adder = uses_call_of_argument(facts, use);
        return adder != NONE && facts->ops[adder].kind == OP_CALL
               && containers_added_by(facts, adder, &container) == call;
    }
    if (op->kind == OP_STORE && op->b == call) {
        const struct op *target = &facts->ops[op->a];
        return target->kind == OP_TARGET_ITEM
               || (target->kind == OP_TARGET_NAME && is_added_later(facts, use, end, target->a));
    }
    return op->kind == OP_COLLECT && facts->ops[op->a].aux != CONTAINER_GENERATOR;
}

/* Notes the classes that the loops of one scope make. */
static void find_made(struct check *check, uint32_t file, const struct scope *scope,
                      struct places *made)
{
    const struct facts *facts = check->program->files[file];
    uint32_t end = 0; /* of the outermost loop */
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_LOOP && i >= end) {
            end = op->b;
        }
        uint32_t class =
            op->kind == OP_CALL && i < end ? classes_named_by(check->program, file, op->a) : NONE;
        if (class != NONE && made->items[class].end == 0 && is_candidate(check->program, class)
            && is_kept(facts, i, end)) {
            made->items[class] = place_of_op(file, op);
        }
    }
}

/* ---- */

static const char *list_of(struct check *check, const struct names *names)
{
    const char *list = "";
    for (size_t i = names->n; i-- > 0;) {
        list =
            arena_format(&check->scratch, "%s\"%s\"%s", list, names->items[i], i > 0 ? ", " : "");
    }
    return list;
}

static void check_class(struct check *check, uint32_t class, struct place made)
{
    const struct class *c = &check->program->classes->all.items[class];
    const struct facts *facts = check->program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    struct names names = {.most = (size_t)check->limit};
    struct method init;
    if (classes_own_method(check->program, class, "__init__", &init)) {
        find_attributes(check->program, class, init.scope, &names);
    }
    if (are_all(check->program, class, &names) && !binds_any(check->program, class, &names)
        && lives_without_dict(facts, body)) {
        struct place place = {.file = c->file, .start = body->name_start, .end = body->name_end};
        struct finding *finding = rule_report(check, place, facts_name(facts, body->name),
                                              (unsigned)names.n, names.n == 1 ? "" : "s");
        finding_relate(check, finding, made, "made and kept here, in a loop");
        finding_remedy(check, finding, "add __slots__ = (%s%s) to the class",
                       list_of(check, &names), names.n == 1 ? "," : "");
    }
    array_free(&names);
}

static void check(struct check *check)
{
    const struct program *program = check->program;
    struct places made = {0};
    for (uint32_t class = 0; class < program->classes->all.n; class ++) {
        *array_push(&made) = (struct place){0};
    }
    for (uint32_t file = 0; file < program->n_files; file++) {
        bool is_test = is_test_code(program, file);
        for (uint32_t s = 0; s < program->files[file]->n_scopes && !is_test; s++) {
            find_made(check, file, &program->files[file]->scopes[s], &made);
        }
    }
    for (uint32_t class = 0; class < program->classes->all.n; class ++) {
        if (made.items[class].end != 0) {
            check_class(check, class, made.items[class]);
        }
    }
    array_free(&made);
}

const struct rule rule_missing_slots = {
    .code = "R9805",
    .name = "missing-slots",
    .message = "'%s' is made and kept in a loop, and each instance has room for a dict beside its "
               "%u attribute%s",
    .why = "Without __slots__ every instance can be given any attribute, and has room for that. Up "
           "to Python 3.10 it has a dict of its own: with two attributes 152 bytes in 3.8 to 3.10 "
           "(184 before), and the dict is a second object for the collector to look at as soon as "
           "it holds a container. Since 3.11 the values lie beside the instance, 80 to 88 bytes, "
           "and the dict is made only when somebody asks for it. With __slots__ it is 48 bytes and "
           "one object. A million instances take 40 to 104 megabytes less. Fine to ignore where "
           "there are few. Weak references to the instances need \"__weakref__\" among the slots, "
           "an attribute set from outside must be listed, too, and functools.cached_property "
           "needs the dict.",
    .instead = "List the attributes in __slots__.",
    .since = "",
    .limit_name = "max-attributes",
    .limit_help = "How many attributes a small class may have",
    .limit = 12,
    .is_off = true,
    .check = check,
};
