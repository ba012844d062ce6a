/*
 * An exception is kept where it lives as long as the program, and with it every frame that it went
 * through.
 *
 *   a caught one   stored by a function in a name of the module, in an attribute of a class, or in
 * a container that one of these holds one instance   made by a module or class body, and raised by
 * functions: each `raise` puts its frames before those of all the raises before
 *
 * A name or attribute has place for one, which the next one takes: only possible.
 *
 * What takes the traceback off (with_traceback(None), `e.__traceback__ = None`) is fine; so is a
 * container that something takes entries out of, and test code.
 */
#include "rule.h"

/* ---- a caught exception ---- */

static bool is_caught(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    uint32_t origin = link_origin(program, file, value);
    return facts->ops[origin].kind == OP_CAUGHT || facts_calls(facts, origin, "sys.exc_info");
}

/* Whether a value is the name that the handler around it gives the exception, where other handlers
 * use that name, too. */
static bool is_handler_name(const struct facts *facts, uint32_t value)
{
    const struct op *load = &facts->ops[value];
    if (load->kind != OP_LOAD || is_global_variable(facts, load->a)
        || !(facts->variables[load->a].flags & VARIABLE_IS_REBOUND)) {
        return false; /* a name that is bound once is told by what it is bound to */
    }
    for (uint32_t i = uses_control_around(facts, value); i != NONE;
         i = uses_control_around(facts, i)) {
        if (facts->ops[i].kind != OP_EXCEPT) {
            continue;
        }
        for (uint32_t op = i; op < value; op++) {
            if (facts->ops[op].kind == OP_STORE && facts->ops[op].flags & OP_IS_IMPLICIT
                && facts->ops[op].b != NONE && facts->ops[facts->ops[op].b].kind == OP_CAUGHT) {
                return facts->ops[facts->ops[op].a].kind == OP_TARGET_NAME
                       && facts->ops[facts->ops[op].a].a == load->a;
            }
        }
    }
    return false;
}

/* Whether the function stores to a `__traceback__`, or deletes it. */
static bool takes_traceback_off(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        bool is_attribute = op->kind == OP_TARGET_ATTRIBUTE || op->kind == OP_ATTRIBUTE;
        const char *name = is_attribute ? facts_name(facts, op->b) : "";
        if ((op->kind == OP_TARGET_ATTRIBUTE && strcmp(name, "__traceback__") == 0)
            || (op->kind == OP_ATTRIBUTE && strcmp(name, "with_traceback") == 0)
            || (op->kind == OP_ATTRIBUTE && strcmp(name, "clear_frames") == 0)) {
            return true;
        }
    }
    return false;
}

/* ---- where it is kept ---- */

static bool is_class(const struct check *check, uint32_t file, uint32_t value)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[value];
    return classes_named_by(check->program, file, value) != NONE
           || (op->kind == OP_LOAD && strcmp(variable_name(facts, op->a), "cls") == 0
               && facts->variables[op->a].flags & VARIABLE_IS_PARAMETER);
}

/* Whether `object` is written as `container` is: the same name, or an attribute of that name. */
static bool is_same_container(const struct facts *facts, uint32_t container, uint32_t object)
{
    const struct op *a = &facts->ops[container], *b = &facts->ops[object];
    return a->kind == b->kind && (a->kind == OP_LOAD ? a->a == b->a : a->b == b->b);
}

/* Whether an op takes something out of the container, or binds its name anew. */
static bool is_removal(const struct facts *facts, uint32_t container, const struct op *op)
{
    static const char *const removers[] = {"clear",   "pop",    "popleft", "popitem",
                                           "discard", "remove", NULL};
    const struct op *name = &facts->ops[container];
    if (op->kind == OP_ATTRIBUTE) {
        return words_have(removers, facts_name(facts, op->b))
               && is_same_container(facts, container, op->a);
    }
    if (op->kind == OP_TARGET_ATTRIBUTE) {
        return name->kind == OP_ATTRIBUTE && op->b == name->b;
    }
    return op->kind == OP_DELETE && facts->ops[op->a].kind == OP_TARGET_ITEM
           && is_same_container(facts, container, facts->ops[op->a].a);
}

/* Whether something in the file takes entries out of what `container` names. */
static bool is_emptied(const struct facts *facts, uint32_t container)
{
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (is_removal(facts, container, &facts->ops[i])) {
            return true;
        }
    }
    const struct op *name = &facts->ops[container];
    return name->kind == OP_LOAD && facts->variables[name->a].flags & VARIABLE_IS_REBOUND;
}

/* Whether a container lives as long as the program, and nothing takes entries out of it. */
static bool is_long_lived(const struct check *check, uint32_t file, uint32_t container)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[container];
    bool is_global = op->kind == OP_LOAD && is_global_variable(facts, op->a)
                     && facts->variables[op->a].flags & VARIABLE_IS_BOUND
                     && !(facts->variables[op->a].flags & VARIABLE_IS_IMPORTED);
    bool is_of_class = op->kind == OP_ATTRIBUTE && is_class(check, file, op->a);
    return (is_global || is_of_class) && !is_emptied(facts, container);
}

/* What a store keeps the exception in, in words; NULL when that is not known to live long. */
static const char *kept_in(struct check *check, uint32_t file, const struct op *target)
{
    const struct facts *facts = check->program->files[file];
    struct arena *arena = &check->scratch;
    switch (target->kind) {
    case OP_TARGET_NAME:
        return is_global_variable(facts, target->a)
                   ? arena_format(arena, "'%s' of the module", variable_name(facts, target->a))
                   : NULL;
    case OP_TARGET_ATTRIBUTE:
        return is_class(check, file, target->a)
                   ? arena_format(arena, "'%s' of a class", facts_name(facts, target->b))
                   : NULL;
    case OP_TARGET_ITEM:
        return is_long_lived(check, file, target->a)
                   ? "a container that lives as long as the program"
                   : NULL;
    default:
        return NULL;
    }
}

static void report_kept(struct check *check, uint32_t file, uint32_t op, const char *where,
                        bool is_slot)
{
    const struct facts *facts = check->program->files[file];
    if (!takes_traceback_off(facts, facts_scope_of_op(facts, op))) {
        struct finding *finding = rule_report_as(
            check, place_of_op(file, &facts->ops[op]),
            "the exception is kept in %s, and with it all frames of its traceback", where);
        finding->confidence = is_slot ? CONFIDENCE_POSSIBLE : finding->confidence;
    }
}

static bool is_exception(const struct program *program, uint32_t file, uint32_t value)
{
    return value != NONE
           && (is_caught(program, file, value)
               || is_handler_name(program->files[file], link_origin(program, file, value)));
}

/* Whether a target may live as long as the program, at a glance. */
static bool may_last(const struct facts *facts, const struct op *target)
{
    uint32_t object = target->kind == OP_TARGET_NAME ? NONE : target->a;
    return object == NONE
               ? is_global_variable(facts, target->a)
               : facts->ops[object].kind == OP_ATTRIBUTE
                     || (facts->ops[object].kind == OP_LOAD && !classes_is_self(facts, object));
}

static void check_store(struct check *check, uint32_t file, uint32_t store)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[store];
    const struct op *target = &facts->ops[op->a];
    const char *where = may_last(facts, target) && is_exception(check->program, file, op->b)
                            ? kept_in(check, file, target)
                            : NULL;
    if (where != NULL) {
        report_kept(check, file, store, where, target->kind != OP_TARGET_ITEM);
    }
}

/* `errors.append(e)`, `errors.append((name, e))`. */
static void check_addition(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t container, added = containers_added_by(facts, call, &container);
    if (added == NONE) {
        return;
    }
    bool is_kept = is_exception(check->program, file, added);
    for (uint32_t i = added + 1;
         facts->ops[added].kind == OP_DISPLAY && i <= added + facts->ops[added].b; i++) {
        is_kept |= is_exception(check->program, file, facts->ops[i].a);
    }
    if (is_kept && is_long_lived(check, file, container)) {
        report_kept(check, file, call, "a container that lives as long as the program", false);
    }
}

/* ---- one instance, raised again and again ---- */

/* Whether calling `callee` makes an exception: a builtin one, or a class of the program. */
static bool makes_exception(const struct program *program, uint32_t file, uint32_t callee)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[callee];
    const char *name = op->kind == OP_LOAD        ? variable_name(facts, op->a)
                       : op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b)
                                                  : "";
    size_t length = strlen(name);
    bool is_builtin = op->kind == OP_LOAD && is_builtin_variable(facts, op->a)
                      && ((length > 5 && strcmp(name + length - 5, "Error") == 0)
                          || strcmp(name, "Exception") == 0);
    return is_builtin || classes_named_by(program, file, callee) != NONE;
}

/* The call in a module's body that makes the one object which `value` names; false if there is
 * none. */
static bool find_instance(const struct program *program, uint32_t file, uint32_t value,
                          struct class_value *made)
{
    /* link_entity() keeps nothing in the program */
    struct entity entity = link_entity((struct program *)program, file, value);
    if (entity.kind != ENTITY_VALUE) {
        return false;
    }
    const struct facts *home = program->files[entity.file];
    *made = (struct class_value){entity.file, uses_only_value(home, entity.index)};
    return made->value != NONE && home->ops[made->value].kind == OP_CALL
           && facts_scope_of_op(home, made->value) == 0
           && makes_exception(program, entity.file, home->ops[made->value].a);
}

/* A `raise` of an instance that was made once. */
struct raise {
    struct class_value made;
    uint32_t file, op;
    bool is_again; /* an earlier one raises the same instance */
    uint32_t next; /* the next of the same instance, or NONE */
};

struct raises {
    struct pair_table last; /* file, value of the instance → its last raise */
    ARRAY_OF(struct raise);
};

static void note_raise(const struct check *check, struct raises *raises, uint32_t file, uint32_t op)
{
    struct class_value made;
    uint32_t value = check->program->files[file]->ops[op].a;
    if (value == NONE || !find_instance(check->program, file, value, &made)) {
        return;
    }
    uint64_t key = pair_key(made.file, made.value);
    uint32_t before = pair_table_get(&raises->last, key);
    if (before != TABLE_NONE) {
        raises->items[before].next = (uint32_t)raises->n;
    }
    pair_table_set(&raises->last, key, (uint32_t)raises->n);
    *array_push(raises) = (struct raise){made, file, op, before != TABLE_NONE, NONE};
}

static struct place place_of_raise(const struct check *check, const struct raise *raise)
{
    return place_of_op(raise->file, &check->program->files[raise->file]->ops[raise->op]);
}

/* One finding for an instance, at its first raise. */
static void report_raises(struct check *check, const struct raises *raises, uint32_t index)
{
    const struct raise *raise = &raises->items[index];
    const struct facts *facts = check->program->files[raise->file];
    const struct facts *home = check->program->files[raise->made.file];
    const struct op *raised = &facts->ops[facts->ops[raise->op].a];
    const char *name =
        raised->kind == OP_LOAD ? variable_name(facts, raised->a) : facts_name(facts, raised->b);
    struct finding *finding =
        rule_report_as(check, place_of_raise(check, raise),
                       "each time this raises the one instance '%s', its traceback grows by the "
                       "frames that it leaves",
                       name);
    finding->confidence = CONFIDENCE_CERTAIN;
    finding_relate(check, finding, place_of_op(raise->made.file, &home->ops[raise->made.value]),
                   "made here, once");
    for (uint32_t next = raise->next; next != NONE; next = raises->items[next].next) {
        finding_relate(check, finding, place_of_raise(check, &raises->items[next]),
                       "raised here, too");
    }
    finding_remedy(check, finding, "make a new exception for each raise");
}

/* ---- */

/* Whether a function has an exception in hand at all. */
static bool catches(const struct facts *facts, const struct scope *s)
{
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_CAUGHT || facts_calls(facts, i, "sys.exc_info")) {
            return true;
        }
    }
    return false;
}

static void check_scope(struct check *check, struct raises *raises, uint32_t file, uint32_t scope)
{
    const struct facts *facts = check->program->files[file];
    const struct scope *s = &facts->scopes[scope];
    bool has_exception = catches(facts, s);
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        uint8_t kind = facts->ops[i].kind;
        if (kind == OP_RAISE) {
            note_raise(check, raises, file, i);
        } else if (has_exception && kind == OP_STORE && facts->ops[i].b != NONE) {
            check_store(check, file, i);
        } else if (has_exception && kind == OP_CALL) {
            check_addition(check, file, i);
        }
    }
}

static void check(struct check *check)
{
    struct raises raises = {0};
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        for (uint32_t scope = 1; scope < facts->n_scopes && !is_test_code(check->program, file);
             scope++) {
            if (facts->scopes[scope].kind == SCOPE_FUNCTION) {
                check_scope(check, &raises, file, scope);
            }
        }
    }
    for (uint32_t i = 0; i < raises.n; i++) {
        if (!raises.items[i].is_again) {
            report_raises(check, &raises, i);
        }
    }
    array_free(&raises);
    pair_table_free(&raises.last);
}

const struct rule rule_exception_kept = {
    .code = "W9601",
    .name = "exception-kept",
    .message = "the exception is kept, and with it all frames of its traceback",
    .why = "An exception refers to its traceback, that to every frame between the `raise` and the "
           "handler, and each frame to all of its local variables: requests, sessions, whole "
           "tables. Kept in a module, a class or a cache it keeps all of that. An exception "
           "object that is made once and raised many times is worse: a raise adds its frames to "
           "the traceback that is there already, so it grows with every use and frees nothing.",
    .instead = "keep what will be asked for (str(e), type(e), traceback.format_exc()), or take the "
               "traceback off: e.with_traceback(None) (and `e.__context__ = e.__cause__ = None`); "
               "make a new exception for each raise.",
    .since = "",
    .check = check,
};
