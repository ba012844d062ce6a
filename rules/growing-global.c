/*
 * A container that lives as long as the process, and that functions only ever add to.
 *
 * Candidates are lists, dicts, sets and deques without a bound that a module or a class body binds
 * once, by a display or a plain call of their type; weak containers and deque(maxlen=…) are none.
 * Then all that the program does with them is looked at: by their name, by an import, as an
 * attribute of the module or class.  What takes something out, binds the name anew, or gives the
 * container to somebody who might, ends the suspicion; so does an attribute of that name that
 * nobody knows whose it is, if it is used so.  A defaultdict grows by being looked into as well.
 *
 * An addition counts when it happens in a function that may run any number of times: not in a
 * decorator or a function called register, which fill the container while modules are loaded, not
 * in one that is called at module level only, not in a metaclass, and not in `__del__`, which takes
 * notes of what goes.  What is added under a constant
 * or a class has a bound.  Others are told apart by confidence: a list that gets one more, an entry
 * for `self` or an id() is likely to grow without end; an entry under a name or value that comes
 * again is only possible.
 */
#include "rule.h"

struct candidate {
    uint32_t file, variable;
    uint32_t store;    /* the OP_STORE that binds it */
    uint32_t class;    /* whose body binds it, NONE for a module */
    uint32_t add_file; /* the first addition */
    uint32_t add;      /* its op, or NONE */
    uint32_t next;     /* the next candidate of the same name, or NONE */
    bool is_ended;     /* something takes out, or might */
    bool is_likely;    /* some addition is of the kind that has no bound */
    bool is_defaultdict;
};

struct search {
    struct check *check;
    struct program *program; /* the check's: link_entity() keeps nothing in it */
    struct {
        ARRAY_OF(struct candidate);
    } candidates;
    struct pair_table by_variable; /* file, variable → candidate */
    struct pair_table by_name;     /* 0, program symbol → the first candidate of that name */
};

/* ---- candidates ---- */

static bool is_bound_for_good(const struct facts *facts, uint32_t store)
{
    const struct op *op = &facts->ops[store];
    const struct variable *variable = &facts->variables[facts->ops[op->a].a];
    return !(variable->flags & (VARIABLE_IS_DECLARED | VARIABLE_IS_REBOUND | VARIABLE_IS_DELETED))
           && uses_next(facts, op->b, op->b) == store && uses_next(facts, op->b, store) == NONE;
}

static void add_candidate(struct search *search, uint32_t file, uint32_t scope, uint32_t store)
{
    const struct facts *facts = search->program->files[file];
    uint32_t variable = facts->ops[facts->ops[store].a].a;
    uint32_t symbol = link_symbol_of(search->program->link, file, facts->variables[variable].name);
    uint32_t index = (uint32_t)search->candidates.n;
    uint32_t first = pair_table_get(&search->by_name, pair_key(0, symbol));
    *array_push(&search->candidates) = (struct candidate){
        .file = file,
        .variable = variable,
        .store = store,
        .class = scope == 0 ? NONE : classes_of_scope(search->program, file, scope),
        .add = NONE,
        .next = first,
        .is_defaultdict = facts_calls(facts, facts->ops[store].b, "collections.defaultdict"),
    };
    pair_table_set(&search->by_name, pair_key(0, symbol), index);
    pair_table_set(&search->by_variable, pair_key(file, variable), index);
}

/* Whether a class with a base that is not known annotates the name: a field, of which pydantic and
 * its like make one for each instance. */
static bool is_field(const struct program *program, uint32_t file, uint32_t scope, uint32_t store)
{
    const struct facts *facts = program->files[file];
    uint32_t class = scope == 0 ? NONE : classes_of_scope(program, file, scope);
    if (class == NONE || program->classes->all.items[class].is_complete) {
        return false;
    }
    for (uint32_t i = store + 1; i < facts->n_ops && facts->ops[i].kind != OP_STORE; i++) {
        if (facts->ops[i].kind == OP_ANNOTATE) {
            return facts->ops[facts->ops[i].a].kind == OP_TARGET_NAME
                   && facts->ops[facts->ops[i].a].a == facts->ops[facts->ops[store].a].a;
        }
    }
    return false;
}

static void find_candidates(struct search *search, uint32_t file)
{
    const struct facts *facts = search->program->files[file];
    for (uint32_t s = 0; s < facts->n_scopes; s++) {
        const struct scope *scope = &facts->scopes[s];
        if (scope->kind != SCOPE_MODULE && scope->kind != SCOPE_CLASS) {
            continue;
        }
        for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
            const struct op *op = &facts->ops[i];
            if (op->kind == OP_STORE && op->b != NONE && facts->ops[op->a].kind == OP_TARGET_NAME
                && facts->variables[facts->ops[op->a].a].scope == s
                && containers_made_by(facts, op->b) && is_bound_for_good(facts, i)
                && !is_field(search->program, file, s, i)) {
                add_candidate(search, file, s, i);
            }
        }
    }
}

/* ---- whether an addition has a bound ---- */

static uint32_t key_of_addition(const struct facts *facts, uint32_t add)
{
    const struct op *op = &facts->ops[add];
    return op->kind == OP_STORE  ? facts->ops[op->a].b
           : op->kind == OP_ITEM ? op->b
                                 : facts_argument(facts, add, 0, NULL);
}

/* A class, or something that is there once for each class, module or function. */
static bool is_as_many_as_classes(const struct facts *facts, uint32_t value)
{
    static const char *const attributes[] = {"__class__", "__name__", "__qualname__", "__module__",
                                             NULL};
    static const char *const variables[] = {"cls",    "__class__", "klass",    "type_",
                                            "module", "func",      "function", NULL};
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_CALL && facts_spells(facts, op->a, "id") && op->b == 1) {
        op = &facts->ops[facts->ops[value + 1].a];
    }
    const char *name = op->kind == OP_LOAD ? variable_name(facts, op->a) : "";
    return words_have(variables, name)
           || (op->kind == OP_ATTRIBUTE && words_have(attributes, facts_name(facts, op->b)))
           || (op->kind == OP_CALL && facts_spells(facts, op->a, "type"));
}

static bool has_bound(const struct facts *facts, uint32_t add)
{
    uint32_t key = key_of_addition(facts, add);
    if (key == NONE) {
        return true; /* update() by keywords, or with starred arguments */
    }
    const struct op *op = &facts->ops[uses_origin(facts, key)];
    return is_as_many_as_classes(facts, key)
           || is_as_many_as_classes(facts, uses_origin(facts, key))
           || (op->kind == OP_CONSTANT && facts->ops[add].kind != OP_CALL)
           || (op->kind == OP_CONSTANT
               && strcmp(facts_name(facts, facts->ops[facts->ops[add].a].b), "append") != 0);
}

/* Whether what is added is an object of its own each time. */
static bool grows_each_time(const struct facts *facts, uint32_t add)
{
    uint32_t key = key_of_addition(facts, add);
    const struct op *op = &facts->ops[uses_origin(facts, key)];
    if (classes_is_self(facts, key) || (op->kind == OP_CALL && facts_spells(facts, op->a, "id"))) {
        return true;
    }
    if (facts->ops[add].kind != OP_CALL) {
        return false; /* under a name: who makes a second of that name replaces the first */
    }
    const char *method = facts_name(facts, facts->ops[facts->ops[add].a].b);
    bool is_list = strncmp(method, "append", 6) == 0 || strcmp(method, "insert") == 0;
    if (!is_list) {
        return false;
    }
    for (uint32_t i = uses_control_around(facts, add); i != NONE;
         i = uses_control_around(facts, i)) {
        if (facts->ops[i].kind == OP_IF) {
            return false; /* often: not if it is there already */
        }
    }
    return true;
}

/* ---- whether an addition happens in a function that runs any number of times ---- */

static bool begins_like_registration(const char *name)
{
    static const char *const prefixes[] = {"register", "install",   "define", "declare",
                                           "setup",    "init",      "load",   "add_",
                                           "enable",   "configure", "set_",   NULL};
    if (strcmp(name, "__init__") == 0) {
        return false;
    }
    name += strspn(name, "_");
    for (const char *const *prefix = prefixes; *prefix != NULL; prefix++) {
        if (strncmp(name, *prefix, strlen(*prefix)) == 0) {
            return true;
        }
    }
    return strstr(name, "register") != NULL || strstr(name, "init_subclass") != NULL
           || strstr(name, "set_name") != NULL || strcmp(name, "main") == 0
           || strcmp(name, "decorator") == 0 || strcmp(name, "wrapper") == 0;
}

/* Whether the function gives back its first parameter: it has the shape of a decorator. */
static bool returns_parameter(const struct facts *facts, const struct scope *scope)
{
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_RETURN && op->a != NONE && facts->ops[op->a].kind == OP_LOAD
            && facts->variables[facts->ops[op->a].a].flags & VARIABLE_IS_PARAMETER
            && facts->variables[facts->ops[op->a].a].scope == (uint32_t)(scope - facts->scopes)) {
            return true;
        }
    }
    return false;
}

/* Whether all the uses of a module's function that the file has stand at module level or in a
 * function that registers, and there are some. */
static bool is_called_at_import(const struct facts *facts, uint32_t scope)
{
    uint32_t name = facts->scopes[scope].name;
    bool is_called = false;
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_LOAD || facts->variables[op->a].name != name
            || !is_global_variable(facts, op->a)) {
            continue;
        }
        uint32_t caller = facts_scope_of_op(facts, i);
        if (caller != 0
            && !begins_like_registration(facts_name(facts, facts->scopes[caller].name))) {
            return false;
        }
        is_called = true;
    }
    return is_called;
}

static bool runs_at_import(const struct program *program, uint32_t file, uint32_t scope)
{
    const struct facts *facts = program->files[file];
    for (; scope != 0; scope = facts->scopes[scope].parent) {
        const struct scope *s = &facts->scopes[scope];
        if (s->kind == SCOPE_CLASS) {
            uint32_t class = classes_of_scope(program, file, scope);
            if (class != NONE && classes_derive_from(program, class, "type")) {
                return true;
            }
            continue;
        }
        if (begins_like_registration(facts_name(facts, s->name)) || returns_parameter(facts, s)
            || (s->parent == 0 && is_called_at_import(facts, scope))) {
            return true;
        }
    }
    return false;
}

static void note_addition(struct search *search, struct candidate *candidate, uint32_t file,
                          uint32_t add)
{
    const struct facts *facts = search->program->files[file];
    uint32_t scope = facts_scope_of_op(facts, add);
    uint8_t kind = facts->scopes[scope].kind;
    bool is_finalizer = strcmp(facts_name(facts, facts->scopes[scope].name), "__del__") == 0;
    if (kind == SCOPE_MODULE || kind == SCOPE_CLASS || is_finalizer
        || is_test_code(search->program, file) || has_bound(facts, add)
        || runs_at_import(search->program, file, scope)) {
        return;
    }
    bool is_likely = grows_each_time(facts, add);
    if (candidate->add == NONE || (is_likely && !candidate->is_likely)) {
        candidate->add_file = file;
        candidate->add = add;
        candidate->is_likely = is_likely;
    }
}

/* ---- all uses in the program ---- */

/* `container[key]`, which puts into a defaultdict what is not there. */
static bool is_look_up(const struct facts *facts, uint32_t use, uint32_t value)
{
    const struct op *op = &facts->ops[use];
    return op->kind == OP_ITEM && op->a == value;
}

/* All that is done with `value`, which is the candidate; or with `is_known` false may be. */
static void follow(struct search *search, struct candidate *candidate, uint32_t file,
                   uint32_t value, bool is_known)
{
    const struct facts *facts = search->program->files[file];
    for (uint32_t use = uses_next(facts, value, value); use != NONE && !candidate->is_ended;
         use = uses_next(facts, value, use)) {
        uint32_t what;
        enum container_use done = containers_use(facts, use, value, &what);
        if (done == CONTAINER_REMOVES || done == CONTAINER_ESCAPES) {
            candidate->is_ended = true;
        } else if (is_known && done == CONTAINER_READS && is_look_up(facts, use, value)
                   && candidate->is_defaultdict) {
            note_addition(search, candidate, file, use);
        } else if (done == CONTAINER_ADDS && is_known) {
            note_addition(search, candidate, file, what);
        }
    }
}

static bool is_of_class(const struct program *program, uint32_t file, uint32_t object,
                        const struct candidate *candidate, uint32_t symbol)
{
    uint32_t class = classes_of_instance(program, file, object);
    if (class == NONE) {
        class = classes_written_as(program, file, object);
    }
    uint32_t owner, value;
    return class != NONE && members_find(program, class, symbol, &owner, &value)
           && owner == candidate->class;
}

/* `object.name`: known if the object is the module or class; else it may be any of that name. */
static void visit_attribute(struct search *search, uint32_t file, uint32_t value)
{
    const struct facts *facts = search->program->files[file];
    const struct op *op = &facts->ops[value];
    uint32_t symbol = link_symbol_of(search->program->link, file, op->b);
    uint32_t index = pair_table_get(&search->by_name, pair_key(0, symbol));
    if (index == NONE) {
        return;
    }
    struct entity entity = link_entity(search->program, file, value);
    for (; index != NONE; index = search->candidates.items[index].next) {
        struct candidate *candidate = &search->candidates.items[index];
        bool is_known = candidate->class == NONE
                            ? entity.kind == ENTITY_VALUE && entity.file == candidate->file
                                  && entity.index == candidate->variable
                            : is_of_class(search->program, file, op->a, candidate, symbol);
        if (op->kind == OP_TARGET_ATTRIBUTE) {
            candidate->is_ended = true;
        } else {
            follow(search, candidate, file, value, is_known);
        }
    }
}

static void visit_load(struct search *search, uint32_t file, uint32_t value)
{
    const struct facts *facts = search->program->files[file];
    uint32_t variable = facts->ops[value].a;
    uint8_t kind = facts->scopes[facts->variables[variable].scope].kind;
    if (kind != SCOPE_MODULE && kind != SCOPE_CLASS
        && !(facts->variables[variable].flags & VARIABLE_IS_IMPORTED)) {
        return; /* a function's own, as most are */
    }
    uint32_t index = pair_table_get(&search->by_variable, pair_key(file, variable));
    if (index == NONE && (facts->variables[variable].flags & VARIABLE_IS_IMPORTED)) {
        struct entity entity = link_entity(search->program, file, value);
        index = entity.kind == ENTITY_VALUE
                    ? pair_table_get(&search->by_variable, pair_key(entity.file, entity.index))
                    : NONE;
    }
    if (index != NONE) {
        follow(search, &search->candidates.items[index], file, value, true);
    }
}

static void visit_uses(struct search *search, uint32_t file)
{
    const struct facts *facts = search->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        uint8_t kind = facts->ops[i].kind;
        if (kind == OP_LOAD) {
            visit_load(search, file, i);
        } else if (kind == OP_ATTRIBUTE || kind == OP_TARGET_ATTRIBUTE) {
            visit_attribute(search, file, i);
        }
    }
}

/* ---- the finding ---- */

static void report(struct check *check, const struct candidate *candidate)
{
    const struct facts *facts = check->program->files[candidate->file];
    const struct facts *adder = check->program->files[candidate->add_file];
    const char *name = variable_name(facts, candidate->variable);
    uint32_t scope = facts_scope_of_op(adder, candidate->add);
    const char *function = facts_qualified_name(adder, scope, &check->scratch);
    struct place place = place_of_op(candidate->add_file, &adder->ops[candidate->add]);
    bool only_looks = adder->ops[candidate->add].kind == OP_ITEM;
    struct finding *finding =
        only_looks ? rule_report_as(check, place,
                                    "'%s' looks for a key in '%s', a defaultdict, which adds it, "
                                    "and nothing in the program takes anything out",
                                    function, name)
                   : rule_report(check, place, function, name);
    finding->confidence = candidate->is_likely && facts_symbol(facts, "__main__") == NONE
                              ? CONFIDENCE_LIKELY
                              : CONFIDENCE_POSSIBLE;
    finding_relate(
        check, finding, place_of_op(candidate->file, &facts->ops[facts->ops[candidate->store].a]),
        "'%s' lives as long as the %s", name, candidate->class == NONE ? "module" : "class");
}

static void check(struct check *check)
{
    struct search search = {.check = check, .program = (struct program *)check->program};
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        if (!is_test_code(check->program, file)) {
            find_candidates(&search, file);
        }
    }
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        visit_uses(&search, file);
    }
    for (size_t i = 0; i < search.candidates.n; i++) {
        const struct candidate *candidate = &search.candidates.items[i];
        if (!candidate->is_ended && candidate->add != NONE) {
            report(check, candidate);
        }
    }
    array_free(&search.candidates);
    pair_table_free(&search.by_variable);
    pair_table_free(&search.by_name);
}

const struct rule rule_growing_global = {
    .code = "W9405",
    .name = "growing-global",
    .message = "'%s' adds to '%s', and nothing in the program takes anything out",
    .why = "What a module or class holds lives until the process ends. A container there that only "
           "grows holds every object ever put into it, and what these hold: memory rises slowly "
           "with the work done, no collection finds anything to free, and it shows after days in "
           "production, never in a test. Fine where what is added has a bound that nobody sees "
           "here: one entry a class, a plug-in, a known name.",
    .instead = "take entries out when their work is done; or give it a bound "
               "(collections.deque(maxlen=…), functools.lru_cache), a weak container, or an owner "
               "that dies.",
    .since = "",
    .check = check,
};
