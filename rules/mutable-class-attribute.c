/*
 * A list, dict or set that a class body makes, and that methods change through `self`: there is one
 * for all instances.
 *
 * Candidates are what class bodies bind once to a new container.  Then all attributes of that name
 * are looked at.  What gives an object a container of its own (`self.names = []`, wherever) ends
 * the suspicion, unless the object is known to be of another class; so does a use by way of the
 * class (`cls.names`, `Team.names`, `type(self).names`), for whoever writes it knows what is
 * shared.  ClassVar says the same.  Enum members, metaclasses and what calls itself a singleton are
 * one object; annotated names in a class with a foreign base or a decorator are fields, of which a
 * framework makes one for each instance.
 *
 * Only possible: names that speak of sharing (a cache, a registry), a memo that looks for what it
 * stores, a dict, which is most often a table of what is known to all, a set of what is under way,
 * a list that each instance enters in `__init__`, a class of which the program makes one object,
 * while a module is loaded, and classes whose bases or metaclass nobody here knows.
 */
#include "rule.h"

struct candidate {
    uint32_t class, symbol; /* symbol: of the program */
    uint32_t file, variable, store;
    uint32_t next; /* the next of the same name, or NONE */
    uint32_t change_file, change;
    bool is_ended;
    bool is_on_purpose; /* used as a memo, or for what is under way */
};

struct search {
    const struct program *program;
    struct pair_table by_name;   /* 0, symbol → the first candidate of that name */
    struct pair_table by_class;  /* class, symbol → candidate */
    struct pair_table annotated; /* file, variable → its annotation */
    ARRAY_OF(struct candidate);
};

static struct search search_begin(const struct program *program)
{
    return (struct search){.program = program};
}

/* ---- candidates ---- */

static bool mentions_singleton(const char *name)
{
    static const char *const words[] = {"singleton", "borg", NULL};
    return words_occur_in(words, name);
}

/* Whether there is one object of the class anyway, or the object is a class. */
static bool is_one_object(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    bool is_one = classes_is_enum(program, class) || classes_derive_from(program, class, "type")
                  || mentions_singleton(c->metaclass)
                  || mentions_singleton(facts_name(facts, facts->scopes[c->scope].name));
    for (uint32_t i = 0; i < c->n_bases && !is_one; i++) {
        is_one = mentions_singleton(program->classes->bases.items[c->first_base + i].name);
    }
    return is_one;
}

static bool says_class_variable(const struct facts *facts, uint32_t annotation)
{
    const struct op *op = &facts->ops[annotation];
    if (op->kind == OP_CONSTANT) {
        return op->aux == CONSTANT_STRING && strstr(facts_name(facts, op->a), "ClassVar") != NULL;
    }
    return facts_spells(facts, op->kind == OP_ITEM ? op->a : annotation, "typing.ClassVar");
}

/* Whether an annotated name of the class body is a field that every instance gets anew. */
static bool may_be_field(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    return !c->is_complete || *c->metaclass != '\0'
           || facts_first_decorator(program->files[c->file], c->scope) != NONE;
}

static bool is_shared_by_design(const struct search *search, uint32_t class, uint32_t file,
                                uint32_t variable)
{
    uint32_t annotation = pair_table_get(&search->annotated, pair_key(file, variable));
    return annotation != TABLE_NONE
           && (says_class_variable(search->program->files[file], annotation)
               || may_be_field(search->program, class));
}

static void note_annotations(struct search *search, uint32_t file, const struct scope *scope)
{
    const struct facts *facts = search->program->files[file];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_ANNOTATE && facts->ops[op->a].kind == OP_TARGET_NAME && op->b != NONE) {
            pair_table_put(&search->annotated, pair_key(file, facts->ops[op->a].a), op->b);
        }
    }
}

static void add_candidate(struct search *search, uint32_t file, uint32_t class, uint32_t store)
{
    const struct facts *facts = search->program->files[file];
    uint32_t variable = facts->ops[facts->ops[store].a].a;
    const struct variable *v = &facts->variables[variable];
    if (v->flags & (VARIABLE_IS_DECLARED | VARIABLE_IS_REBOUND | VARIABLE_IS_DELETED)
        || is_shared_by_design(search, class, file, variable)) {
        return;
    }
    uint32_t symbol = link_symbol_of(search->program->link, file, v->name);
    uint32_t index = (uint32_t)search->n;
    *array_push(search) = (struct candidate){
        .class = class,
        .symbol = symbol,
        .file = file,
        .variable = variable,
        .store = store,
        .next = pair_table_get(&search->by_name, pair_key(0, symbol)),
        .change = NONE,
    };
    pair_table_set(&search->by_name, pair_key(0, symbol), index);
    pair_table_set(&search->by_class, pair_key(class, symbol), index);
}

static void find_candidates(struct search *search, uint32_t file)
{
    const struct facts *facts = search->program->files[file];
    for (uint32_t s = 0; s < facts->n_scopes; s++) {
        const struct scope *scope = &facts->scopes[s];
        uint32_t class =
            scope->kind == SCOPE_CLASS ? classes_of_scope(search->program, file, s) : NONE;
        if (class == NONE || is_one_object(search->program, class)) {
            continue;
        }
        note_annotations(search, file, scope);
        for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
            const struct op *op = &facts->ops[i];
            if (op->kind == OP_STORE && op->b != NONE && facts->ops[op->a].kind == OP_TARGET_NAME
                && facts->variables[facts->ops[op->a].a].scope == s
                && containers_made_by(facts, op->b)) {
                add_candidate(search, file, class, i);
            }
        }
    }
}

/* ---- what the program does with attributes of that name ---- */

/* Whether a use of the container `value` changes it; `*what` is the op that does. */
static bool changes(const struct facts *facts, uint32_t use, uint32_t value, uint32_t *what)
{
    const struct op *op = &facts->ops[use];
    enum container_use done = containers_use(facts, use, value, what);
    return done == CONTAINER_ADDS
           || (done == CONTAINER_REMOVES
               && (op->kind == OP_ATTRIBUTE || op->kind == OP_TARGET_ITEM));
}

/* `add_done_callback(self.name.discard)`: a set of what is under way, of whatever object. */
static bool hands_on_removal(const struct facts *facts, uint32_t use)
{
    static const char *const removers[] = {"discard", "remove", "pop", NULL};
    const struct op *op = &facts->ops[use];
    uint32_t next = op->kind == OP_ATTRIBUTE ? uses_next(facts, use, use) : NONE;
    return next != NONE && facts->ops[next].kind == OP_ARGUMENT
           && words_have(removers, facts_name(facts, op->b));
}

/* `key in self.name`, `self.name.get(key)`, `try: self.name[key]`. */
static bool is_look_up(const struct facts *facts, uint32_t use, uint32_t value)
{
    const struct op *op = &facts->ops[use];
    if (op->kind == OP_ITEM) {
        uint32_t control = uses_control_around(facts, use);
        return control != NONE && facts->ops[control].kind == OP_TRY;
    }
    return (op->kind == OP_COMPARE && op->b == value
            && (op->aux == OPERATOR_IN || op->aux == OPERATOR_NOT_IN))
           || (op->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, op->b), "get") == 0);
}

/* `self.name`, read: its changes belong to the candidate that `self` sees. */
static void follow_self(struct search *search, uint32_t file, uint32_t value, uint32_t symbol)
{
    const struct facts *facts = search->program->files[file];
    uint32_t class = classes_of_instance(search->program, file, facts->ops[value].a);
    uint32_t owner, bound;
    if (class == NONE || !members_find(search->program, class, symbol, &owner, &bound)) {
        return;
    }
    uint32_t index = pair_table_get(&search->by_class, pair_key(owner, symbol));
    if (index == TABLE_NONE) {
        return;
    }
    struct candidate *candidate = &search->items[index];
    for (uint32_t use = uses_next(facts, value, value); use != NONE;
         use = uses_next(facts, value, use)) {
        uint32_t what;
        if (candidate->change == NONE && changes(facts, use, value, &what)) {
            candidate->change_file = file;
            candidate->change = what;
        }
        candidate->is_on_purpose |= is_look_up(facts, use, value) || hands_on_removal(facts, use);
    }
}

static bool are_related(const struct program *program, uint32_t a, uint32_t b)
{
    return classes_is_ancestor(program, a, b) || classes_is_ancestor(program, b, a);
}

/* Somebody binds `object.name` anew, or goes by way of the class. */
static void end_candidates(struct search *search, uint32_t class, uint32_t symbol)
{
    uint32_t index = pair_table_get(&search->by_name, pair_key(0, symbol));
    for (; index != TABLE_NONE; index = search->items[index].next) {
        struct candidate *candidate = &search->items[index];
        if (class == NONE || are_related(search->program, class, candidate->class)) {
            candidate->is_ended = true;
        }
    }
}

/* Whether the value is a class by how it is written: `cls`, `type(self)`, `self.__class__`. */
static bool is_written_as_class(const struct facts *facts, uint32_t value)
{
    static const char *const names[] = {"cls", "klass", NULL};
    const struct op *op = &facts->ops[value];
    return (op->kind == OP_LOAD && words_have(names, variable_name(facts, op->a)))
           || (op->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, op->b), "__class__") == 0)
           || (op->kind == OP_CALL && facts_spells(facts, op->a, "type"));
}

static void visit(struct search *search, uint32_t file, uint32_t i)
{
    const struct facts *facts = search->program->files[file];
    const struct op *op = &facts->ops[i];
    uint32_t symbol = link_symbol_of(search->program->link, file, op->b);
    if (pair_table_get(&search->by_name, pair_key(0, symbol)) == TABLE_NONE) {
        return;
    }
    if (op->kind == OP_TARGET_ATTRIBUTE) {
        uint32_t next = i + 1;
        bool is_augmented = next < facts->n_ops && facts->ops[next].kind == OP_STORE
                            && facts->ops[next].a == i && facts->ops[next].flags & OP_IS_AUGMENTED;
        if (!is_augmented) {
            end_candidates(search, classes_of_instance(search->program, file, op->a), symbol);
        }
        return;
    }
    uint32_t named = classes_named_by(search->program, file, op->a);
    if (named != NONE || is_written_as_class(facts, op->a)) {
        end_candidates(search, named, symbol);
    } else if (classes_is_self(facts, op->a) && !is_test_code(search->program, file)) {
        follow_self(search, file, i, symbol);
    }
}

static void visit_file(struct search *search, uint32_t file)
{
    const struct facts *facts = search->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (facts->ops[i].kind == OP_ATTRIBUTE || facts->ops[i].kind == OP_TARGET_ATTRIBUTE) {
            visit(search, file, i);
        }
    }
}

/* ---- the finding ---- */

static bool speaks_of_sharing(const char *name)
{
    static const char *const words[] = {"cache",      "regist", "instances", "shared",  "pool",
                                        "memo",       "global", "known",     "all",     "seen",
                                        "class",      "loaded", "singleton", "plugins", "pending",
                                        "background", NULL};
    bool is_constant = true;
    for (const char *c = name; *c != '\0' && is_constant; c++) {
        is_constant = *c < 'a' || *c > 'z';
    }
    return is_constant || words_occur_in(words, name);
}

static const char *kind_of(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_DISPLAY) {
        return op->aux == CONTAINER_LIST ? "list" : op->aux == CONTAINER_SET ? "set" : "dict";
    }
    const struct op *callee = &facts->ops[op->a];
    return callee->kind == OP_LOAD ? variable_name(facts, callee->a) : facts_name(facts, callee->b);
}

/* `self.all.append(self)`, or what was handed to `__init__`: every instance enters itself. */
static bool is_entry(const struct program *program, const struct candidate *candidate)
{
    const struct facts *facts = program->files[candidate->change_file];
    const struct scope *method = &facts->scopes[facts_scope_of_op(facts, candidate->change)];
    uint32_t container;
    uint32_t added = facts->ops[candidate->change].kind == OP_CALL
                         ? containers_added_by(facts, candidate->change, &container)
                         : NONE;
    return added != NONE && strcmp(facts_name(facts, method->name), "__init__") == 0
           && facts->ops[added].kind == OP_LOAD
           && facts->variables[facts->ops[added].a].flags & VARIABLE_IS_PARAMETER;
}

/* Whether what is shared may be meant to be. */
static bool may_be_meant(const struct program *program, const struct candidate *candidate,
                         const char *name, const char *kind)
{
    const struct class *class = &program->classes->all.items[candidate->class];
    return !class->is_complete || *class->metaclass != '\0' || candidate->is_on_purpose
           || speaks_of_sharing(name) || strstr(kind, "ict") != NULL || is_entry(program, candidate)
           || lifetimes_is_made_once(program, candidate->class);
}

static void report(struct check *check, const struct candidate *candidate)
{
    const struct program *program = check->program;
    const struct facts *facts = program->files[candidate->file];
    const struct facts *changer = program->files[candidate->change_file];
    const struct class *class = &program->classes->all.items[candidate->class];
    const char *name = variable_name(facts, candidate->variable);
    const char *owner = facts_name(facts, facts->scopes[class->scope].name);
    const char *kind = kind_of(facts, facts->ops[candidate->store].b);
    uint32_t scope = facts_scope_of_op(changer, candidate->change);
    struct finding *finding =
        rule_report(check, place_of_op(candidate->change_file, &changer->ops[candidate->change]),
                    facts_qualified_name(changer, scope, &check->scratch), name, kind, owner);
    finding->confidence =
        may_be_meant(program, candidate, name, kind) ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY;
    finding_relate(check, finding,
                   place_of_op(candidate->file, &facts->ops[facts->ops[candidate->store].a]),
                   "the %s is made once, with the class", kind);
    finding_remedy(check, finding,
                   "make it in __init__: self.%s = …; or annotate it as ClassVar if it is meant "
                   "for all instances",
                   name);
}

static void check(struct check *check)
{
    struct search search = search_begin(check->program);
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        if (!is_test_code(check->program, file)) {
            find_candidates(&search, file);
        }
    }
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        visit_file(&search, file);
    }
    for (size_t i = 0; i < search.n; i++) {
        if (search.items[i].change != NONE && !search.items[i].is_ended) {
            report(check, &search.items[i]);
        }
    }
    array_free(&search);
    pair_table_free(&search.by_name);
    pair_table_free(&search.by_class);
    pair_table_free(&search.annotated);
}

const struct rule rule_mutable_class_attribute = {
    .code = "W9409",
    .name = "mutable-class-attribute",
    .message = "'%s' changes 'self.%s', which is one %s for all instances of '%s'",
    .why = "A class body runs once: the list, dict or set it makes belongs to the class, and "
           "`self.name` only finds it there. What one instance puts in, all others see, in every "
           "thread and every later test, and it stays there for as long as the class does, when "
           "the instance is long gone. An assignment to `self.name` would make an attribute of "
           "the instance; a call of append() or a store to an item does not. Fine where the "
           "instances are meant to share it: say so with ClassVar, or change it through the "
           "class.",
    .instead = "make the container in __init__, or, in a dataclass, with "
               "field(default_factory=list); annotate with typing.ClassVar what is meant for all.",
    .since = "",
    .stands_for = "W9405",
    .check = check,
};
