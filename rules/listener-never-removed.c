/*
 * A method hands its own bound method, a closure over self or self to what lives as long as the
 * process, and nothing takes it back: the object can never be freed.
 *
 * Who keeps what for how long is told by the tables of foreign.h: the root logger's handlers, the
 * hooks of os.fork(), the reactor's triggers.  Four kinds of event buses come besides: connect()
 * with weak=False on a signal of a module, lists like gc.callbacks, a method of an object that a
 * module of the program makes, if its code puts the argument into a container, and a function of a
 * module that puts it into a container of the module.  A bus whose module knows weak references is
 * silent.  So is a file in which anything is called that takes listeners back, a class whose
 * only instances are made when modules are loaded, and test code.
 *
 * weakref.finalize() and atexit are finalize-holds-object's.  Likely for a class with an end
 * (close(), __exit__, …), whose objects are meant to go before the process does; possible for
 * others, and where there is one slot that the next listener takes, as with signal.signal().
 */
#include "rule.h"

struct search {
    struct check *check;
    struct program *program; /* the check's: link_entity() keeps nothing in it */
};

/* ---- the listener ---- */

/* The name of an attribute, or of a function that is called plainly; "" for any other op. */
static const char *name_asked(const struct facts *facts, const struct op *op)
{
    if (op->kind == OP_CALL && facts->ops[op->a].kind == OP_LOAD) {
        return variable_name(facts, facts->ops[op->a].a);
    }
    return op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b) : "";
}

/* Whether the file calls something whose name says that it takes listeners back. */
static bool takes_listeners_back(const struct facts *facts)
{
    static const char *const prefixes[] = {
        "remove", "unsubscribe", "unregister", "off",  "detach", "disconnect", "unlisten",
        "unbind", "deregister",  "cancel",     "del_", "pop_",   NULL};
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        const char *name = name_asked(facts, op);
        name += strspn(name, "_");
        for (const char *const *prefix = prefixes; *prefix != NULL; prefix++) {
            if (strncmp(name, *prefix, strlen(*prefix)) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* ---- the tables ---- */

/* What is known of a call's callee. */
static const struct foreign *foreign_of_call(struct search *search, uint32_t file, uint32_t call)
{
    const struct facts *facts = search->program->files[file];
    uint32_t callee = facts->ops[call].a;
    const struct op *op = &facts->ops[callee];
    if (op->kind != OP_LOAD && op->kind != OP_ATTRIBUTE) {
        return NULL;
    }
    struct entity entity = link_entity(search->program, file, callee);
    const struct foreign *found =
        entity.kind == ENTITY_FOREIGN ? foreign_find(search->program, entity.index) : NULL;
    if (found != NULL || op->kind != OP_ATTRIBUTE) {
        return found;
    }
    found =
        foreign_find_method(search->program, link_symbol_of(search->program->link, file, op->b));
    return found != NULL && found->is_telling ? found : NULL;
}

static bool is_for_the_process(const struct foreign_hold *hold)
{
    return hold->who == HOLDER_PROCESS && hold->strength == HOLDS_STRONGLY
           && hold->until != UNTIL_RUN;
}

/* Whether another rule tells of it, or what keeps it does not live so long: a window, a loop. */
static bool is_others(const struct foreign *foreign)
{
    static const char *const methods[] = {".addHandler", ".addSystemEventTrigger", NULL};
    return strcmp(foreign->name, "atexit.register") == 0
           || strcmp(foreign->name, "weakref.finalize") == 0
           || strncmp(foreign->name, "tkinter.", 8) == 0
           || (*foreign->name == '.' && !words_have(methods, foreign->name));
}

/* `self.addHandler(…)`: it keeps what it is given itself, for as long as it lives. */
static bool is_called_on_self(const struct facts *facts, uint32_t call)
{
    const struct op *callee = &facts->ops[facts->ops[call].a];
    return callee->kind == OP_ATTRIBUTE && classes_is_self(facts, callee->a);
}

/* Whether there is one place, which the next listener takes, or the listener itself ends it. */
static bool is_passing(const struct foreign *foreign)
{
    return strcmp(foreign->name, "signal.signal") == 0
           || strcmp(foreign->name, "readline.set_completer") == 0
           || strcmp(foreign->name, "sys.settrace") == 0
           || strcmp(foreign->name, "sys.setprofile") == 0
           || strcmp(foreign->name, "sys.set_asyncgen_hooks") == 0
           || strncmp(foreign->name, "gi.", 3) == 0;
}

/* ---- event buses ---- */

/* `signal.connect(…, weak=False)` on a name of a module. */
static bool connects_strongly(const struct facts *facts, uint32_t call)
{
    const struct op *callee = &facts->ops[facts->ops[call].a];
    uint32_t weak = facts_argument(facts, call, -1, "weak");
    if (callee->kind != OP_ATTRIBUTE || weak == NONE
        || strcmp(facts_name(facts, callee->b), "connect") != 0) {
        return false;
    }
    const struct op *object = &facts->ops[callee->a];
    while (object->kind == OP_ATTRIBUTE) {
        object = &facts->ops[object->a];
    }
    return facts->ops[weak].kind == OP_CONSTANT && facts->ops[weak].aux == CONSTANT_FALSE
           && object->kind == OP_LOAD && is_global_variable(facts, object->a);
}

/* Whether a container is a name of the module, or what `names.setdefault(key, [])` gives. */
static bool is_of_module(const struct facts *facts, uint32_t container)
{
    const struct op *op = &facts->ops[container];
    while (op->kind == OP_CALL || op->kind == OP_ATTRIBUTE || op->kind == OP_ITEM) {
        op = &facts->ops[op->a];
    }
    return op->kind == OP_LOAD && is_global_variable(facts, op->a)
           && !is_builtin_variable(facts, op->a);
}

/* Whether a function puts its parameter `variable` into a container: by append() and its kin, or
 * under a key; a plain function into one of the module. */
static bool puts_away(const struct facts *facts, uint32_t scope, uint32_t variable,
                      bool is_function)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_store = op->kind == OP_STORE && facts->ops[op->a].kind == OP_TARGET_ITEM;
        uint32_t container = is_store ? facts->ops[op->a].a : NONE;
        uint32_t added = op->kind == OP_CALL ? containers_added_by(facts, i, &container)
                         : is_store          ? op->b
                                             : NONE;
        if (added != NONE && facts->ops[added].kind == OP_LOAD && facts->ops[added].a == variable
            && (!is_function || is_of_module(facts, container))) {
            return true;
        }
    }
    return false;
}

/* The class of an object that a module makes once, when the value names it; else NONE. */
static uint32_t class_of_global(struct search *search, uint32_t file, uint32_t value)
{
    uint8_t kind = search->program->files[file]->ops[value].kind;
    if (kind != OP_LOAD && kind != OP_ATTRIBUTE) {
        return NONE;
    }
    struct entity entity = link_entity(search->program, file, value);
    if (entity.kind != ENTITY_VALUE) {
        return NONE;
    }
    uint32_t bound = uses_only_value(search->program->files[entity.file], entity.index);
    return bound == NONE ? NONE : classes_of_instance(search->program, entity.file, bound);
}

/* Whether the OP_CALL adds to a list of the standard library that lives as long as the process. */
static bool adds_to_library(const struct facts *facts, uint32_t call)
{
    static const char *const lists[] = {"gc.callbacks", "sys.meta_path", "sys.path_hooks", NULL};
    uint32_t container;
    if (containers_added_by(facts, call, &container) == NONE) {
        return false;
    }
    for (const char *const *list = lists; *list != NULL; list++) {
        if (facts_spells(facts, container, *list)) {
            return true;
        }
    }
    return false;
}

/* The function of a module that the OP_CALL calls, which knows no weak references. */
static bool find_bus_function(struct search *search, uint32_t file, uint32_t call,
                              struct method *function)
{
    struct entity entity =
        link_entity(search->program, file, search->program->files[file]->ops[call].a);
    *function = (struct method){NONE, entity.file, entity.index};
    return entity.kind == ENTITY_FUNCTION
           && search->program->files[entity.file]->scopes[entity.index].parent == 0
           && facts_symbol(search->program->files[entity.file], "weakref") == NONE;
}

/* The method of a module's object that the OP_CALL calls; false if it is none. */
static bool find_bus_method(struct search *search, uint32_t file, uint32_t call,
                            struct method *method)
{
    const struct facts *facts = search->program->files[file];
    const struct op *callee = &facts->ops[facts->ops[call].a];
    uint32_t class = callee->kind == OP_ATTRIBUTE ? class_of_global(search, file, callee->a) : NONE;
    return class != NONE
           && classes_find_method(search->program, class, facts_name(facts, callee->b), method)
           && facts_symbol(search->program->files[method->file], "weakref") == NONE;
}

/* Whether the bus keeps argument number `position` of a call of its method. */
static bool bus_keeps(const struct program *program, const struct method *method, uint32_t position)
{
    const struct facts *facts = program->files[method->file];
    const struct scope *scope = &facts->scopes[method->scope];
    bool is_function = method->class == NONE;
    position += is_function ? 0 : 1; /* after `self` */
    return position < scope->n_parameters
           && puts_away(facts, method->scope,
                        facts->parameters[scope->first_parameter + position].variable, is_function);
}

/* ---- the finding ---- */

static void report(struct search *search, uint32_t file, uint32_t call, const char *how,
                   bool is_passing)
{
    const struct facts *facts = search->program->files[file];
    uint32_t class =
        classes_of_instance(search->program, file, self_calls_load_of_self(facts, call));
    if (takes_listeners_back(facts)
        || (class != NONE && lifetimes_is_made_once(search->program, class))) {
        return;
    }
    const char *callee = uses_spell_chain(facts, facts->ops[call].a, &search->check->scratch);
    struct finding *finding =
        rule_report(search->check, place_of_op(file, &facts->ops[call]), callee, how);
    finding->confidence = lifetimes_has_end(search->program, class) && !is_passing
                              ? CONFIDENCE_LIKELY
                              : CONFIDENCE_POSSIBLE;
}

/* Looks at each argument that the tables say is kept. */
static void check_foreign(struct search *search, uint32_t file, uint32_t call, uint32_t self,
                          const struct foreign *foreign)
{
    const struct facts *facts = search->program->files[file];
    for (uint32_t i = 0; i < foreign->n_holds; i++) {
        const struct foreign_hold *hold = &foreign->holds[i];
        uint32_t value = is_for_the_process(hold)
                             ? facts_argument(facts, call, hold->position, hold->keyword)
                             : NONE;
        const char *how = value == NONE ? NULL
                                        : holders_describe(search->program, file, value, self,
                                                           &search->check->scratch);
        if (how != NULL
            && (hold->removed_by == NULL || !foreign_is_ended_in(search->program, file, hold))) {
            report(search, file, call, how, is_passing(foreign));
            return;
        }
    }
}

static void check_bus(struct search *search, uint32_t file, uint32_t call, uint32_t self)
{
    const struct facts *facts = search->program->files[file];
    struct method method = {NONE, NONE, NONE};
    bool is_strong = connects_strongly(facts, call) || adds_to_library(facts, call);
    if (!is_strong && !find_bus_method(search, file, call, &method)
        && !find_bus_function(search, file, call, &method)) {
        return;
    }
    for (uint32_t i = 0; i < facts->ops[call].b; i++) {
        const struct op *argument = &facts->ops[call + 1 + i];
        if (argument->b != NONE || argument->flags != 0
            || !(is_strong || bus_keeps(search->program, &method, i))) {
            continue;
        }
        const char *how =
            holders_describe(search->program, file, argument->a, self, &search->check->scratch);
        if (how != NULL) {
            report(search, file, call, how, false);
            return;
        }
    }
}

static void check_call(struct search *search, uint32_t file, uint32_t call)
{
    const struct facts *facts = search->program->files[file];
    const struct foreign *foreign = foreign_of_call(search, file, call);
    uint8_t callee = facts->ops[facts->ops[call].a].kind;
    bool may_be_bus = callee == OP_ATTRIBUTE || callee == OP_LOAD;
    bool is_silent =
        foreign != NULL ? is_others(foreign) || is_called_on_self(facts, call) : !may_be_bus;
    if (is_silent && !adds_to_library(facts, call)) {
        return;
    }
    uint32_t self = self_calls_load_of_self(facts, call);
    if (self == NONE) {
        return;
    }
    if (foreign != NULL) {
        check_foreign(search, file, call, self, foreign);
    }
    if (may_be_bus) {
        check_bus(search, file, call, self);
    }
}

/* The calls with arguments that stand in methods. */
static void check_methods(struct search *search, uint32_t file)
{
    const struct facts *facts = search->program->files[file];
    for (uint32_t s = 0; s < facts->n_scopes; s++) {
        const struct scope *scope = &facts->scopes[s];
        bool is_method = scope->kind == SCOPE_FUNCTION && classes_self_of(facts, s) != NONE;
        for (uint32_t i = scope->first_op; is_method && i < scope->first_op + scope->n_ops; i++) {
            if (facts->ops[i].kind == OP_CALL && facts->ops[i].b > 0) {
                check_call(search, file, i);
            }
        }
    }
}

static void check(struct check *check)
{
    struct search search = {.check = check, .program = (struct program *)check->program};
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        if (!is_test_code(check->program, file)) {
            check_methods(&search, file);
        }
    }
}

const struct rule rule_listener_never_removed = {
    .code = "W9413",
    .name = "listener-never-removed",
    .message = "'%s' keeps %s, and nothing takes it back: the object lives as long as the process",
    .why = "A bound method holds its object, and a lambda what it uses. Handed to something that "
           "lives as long as the process (a logger, a signal, an event bus of a module), it keeps "
           "the object alive after its last user has let it go, with everything it refers to. It "
           "shows twice: memory grows with each object ever made, and dead ones still answer to "
           "events. No collection helps, for this is no garbage. Fine for an object that there is "
           "one of, for the whole life of the process.",
    .instead = "take it back in close(), __exit__ or the like; or let the bus hold it by "
               "weakref.WeakMethod.",
    .since = "",
    .check = check,
};
