/*
 * A weak reference is asked whether its object lives, and then asked again for the object.
 *
 *   if ref() is not None: ref().close()
 *   if key in by_key: return by_key[key]         of a WeakValueDictionary
 *
 * Between the two the object may die: another thread lets it go, or the collector runs.  The second
 * look is not reported when a handler takes what it raises, nor the key of a WeakKeyDictionary,
 * which whoever asks holds.
 */
#include "rule.h"

/* ---- weak references that are called ---- */

static bool is_reference_call(const struct facts *facts, uint32_t value)
{
    return facts_calls(facts, value, "weakref.ref")
           || facts_calls(facts, value, "weakref.WeakMethod")
           || facts_calls(facts, value, "weakref.ReferenceType");
}

/* Whether every store to the attribute of self that gives it something gives it a weak reference.
 */
static bool is_reference_attribute(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    uint32_t class = classes_of_instance(program, file, facts->ops[value].a);
    struct class_value made;
    return class != NONE
           && members_only_object(program, class,
                                  link_symbol_of(program->link, file, facts->ops[value].b), &made)
           && is_reference_call(program->files[made.file],
                                uses_origin(program->files[made.file], made.value));
}

/* Whether an op is `ref()`: a call, without arguments, of what is known to be a weak reference. */
static bool asks_reference(const struct program *program, uint32_t file, uint32_t op)
{
    const struct facts *facts = program->files[file];
    const struct op *call = &facts->ops[op];
    if (call->kind != OP_CALL || call->b != 0) {
        return false;
    }
    return facts->ops[call->a].kind == OP_ATTRIBUTE
               ? is_reference_attribute(program, file, call->a)
               : is_reference_call(facts, uses_origin(facts, call->a));
}

/* ---- the same expression again ---- */

static bool is_same_text(const struct facts *facts, uint32_t a, uint32_t b, struct arena *arena)
{
    const struct op *first = &facts->ops[a], *second = &facts->ops[b];
    if (first->kind == OP_CONSTANT && second->kind == OP_CONSTANT) {
        return first->aux == second->aux && first->a == second->a && first->a != NONE;
    }
    const char *name = facts_dotted_name(facts, a, arena);
    const char *other = facts_dotted_name(facts, b, arena);
    return name != NULL && other != NULL && strcmp(name, other) == 0;
}

static void report(struct check *check, uint32_t file, uint32_t asked, uint32_t used,
                   const char *what, const char *raises)
{
    const struct facts *facts = check->program->files[file];
    struct finding *finding =
        rule_report(check, place_of_op(file, &facts->ops[used]), what, raises);
    finding_relate(check, finding, place_of_op(file, &facts->ops[asked]), "it was asked here");
}

/* The value whose attribute, item or result is taken from `value`: it must not be None. */
static bool is_needed(const struct facts *facts, uint32_t value)
{
    uint32_t use = uses_next(facts, value, value);
    uint8_t kind = use == NONE ? OP_NOTHING : facts->ops[use].kind;
    return (kind == OP_ATTRIBUTE || kind == OP_ITEM || kind == OP_CALL
            || kind == OP_TARGET_ATTRIBUTE || kind == OP_TARGET_ITEM || kind == OP_LOOP)
           && facts->ops[use].a == value;
}

/* ---- conditions ---- */

/* What a condition says of a value in it: 1, it holds where the condition does; -1, it does not; 0,
 * nothing. */
static int meaning_of(const struct facts *facts, uint32_t condition, uint32_t value)
{
    int sign = 1;
    while (value != condition && sign != 0) {
        uint32_t use = uses_next(facts, value, value);
        while (use != NONE && facts->ops[use].kind == OP_IF) { /* the jump of an `and` */
            use = uses_next(facts, value, use);
        }
        if (use == NONE || use > condition) {
            return 0;
        }
        const struct op *op = &facts->ops[use];
        bool turns = (op->kind == OP_UNARY && op->aux == OPERATOR_NOT)
                     || (op->kind == OP_COMPARE && op->aux == OPERATOR_IS);
        bool keeps =
            (op->kind == OP_COMPARE && op->aux == OPERATOR_IS_NOT)
            || (op->kind == OP_EITHER && op->aux == (sign > 0 ? OPERATOR_AND : OPERATOR_OR));
        sign = turns ? -sign : keeps ? sign : 0;
        value = use;
    }
    return sign;
}

struct range {
    uint32_t first, end;
};

static bool is_exit(const struct facts *facts, uint32_t op)
{
    uint8_t kind = facts->ops[op].kind;
    return kind == OP_RETURN || kind == OP_RAISE || kind == OP_CONTINUE || kind == OP_BREAK;
}

/* The ops that run only where the condition of an `if` has that meaning: its part, or what follows
 * a part that leaves. */
static struct range range_of(const struct facts *facts, uint32_t control, int meaning)
{
    const struct op *op = &facts->ops[control];
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, control)];
    uint32_t part = op->b;
    for (uint32_t i = control + 1; i < op->b; i++) {
        if (facts->ops[i].kind == OP_ELSE && facts->ops[i].b == op->b) {
            part = i;
        }
    }
    if ((meaning > 0) != ((op->flags & OP_IS_NEGATED) != 0)) {
        return (struct range){control + 1, part};
    }
    if (part != op->b) {
        return (struct range){part + 1, op->b};
    }
    bool leaves = part > control + 1 && is_exit(facts, part - 1);
    uint32_t around = leaves ? uses_control_around(facts, control) : NONE;
    uint32_t end = around == NONE ? scope->first_op + scope->n_ops : facts->ops[around].b;
    return leaves ? (struct range){op->b + 1, end} : (struct range){0, 0};
}

/* ---- weak references: `if ref(): … ref().x …` ---- */

static void check_reference(struct check *check, uint32_t file, uint32_t control, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    int meaning = asks_reference(check->program, file, call)
                      ? meaning_of(facts, facts->ops[control].a, call)
                      : 0;
    struct range range = meaning == 0 ? (struct range){0, 0} : range_of(facts, control, meaning);
    for (uint32_t i = range.first; i < range.end; i++) {
        if (facts->ops[i].kind == OP_CALL && facts->ops[i].b == 0
            && is_same_text(facts, facts->ops[i].a, facts->ops[call].a, &check->scratch)
            && is_needed(facts, i)
            && escapes_from_op(check->program, file, i, "AttributeError", &check->scratch)) {
            report(check, file, call, i, "the weak reference may be dead by now and give None",
                   "AttributeError");
            return;
        }
    }
}

/* ---- entries: `if key in by_key: … by_key[key] …` ---- */

static void check_key(struct check *check, uint32_t file, uint32_t control, uint32_t compare)
{
    const struct facts *facts = check->program->files[file];
    const struct op *asked = &facts->ops[compare];
    bool is_in = asked->kind == OP_COMPARE
                 && (asked->aux == OPERATOR_IN || asked->aux == OPERATOR_NOT_IN)
                 && weakrefs_container(check->program, file, asked->b) == WEAK_VALUES;
    int meaning = is_in ? meaning_of(facts, facts->ops[control].a, compare) : 0;
    meaning = asked->aux == OPERATOR_NOT_IN ? -meaning : meaning;
    struct range range = meaning == 0 ? (struct range){0, 0} : range_of(facts, control, meaning);
    for (uint32_t i = range.first; i < range.end; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_TARGET_ITEM && is_same_text(facts, op->a, asked->b, &check->scratch)) {
            return; /* it is put there */
        }
        if (op->kind == OP_ITEM && is_same_text(facts, op->a, asked->b, &check->scratch)
            && is_same_text(facts, op->b, asked->a, &check->scratch)
            && escapes_from_op(check->program, file, i, "KeyError", &check->scratch)) {
            report(check, file, compare, i, "the entry may be gone by now", "KeyError");
            return;
        }
    }
}

static void check_control(struct check *check, uint32_t file, uint32_t control)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[control];
    uint32_t first = facts->scopes[facts_scope_of_op(facts, control)].first_op;
    if (op->a == NONE || op->flags & OP_IS_PATTERN) {
        return;
    }
    for (uint32_t i = control; i-- > first && uses_is_part(facts, op->a, i);) {
        if (facts->ops[i].kind == OP_CALL) {
            check_reference(check, file, control, i);
        } else {
            check_key(check, file, control, i);
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (facts_symbol(facts, "weakref") == NONE || is_test_code(check->program, file)) {
            continue;
        }
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            if (facts->ops[i].kind == OP_IF) {
                check_control(check, file, i);
            }
        }
    }
}

const struct rule rule_weakref_checked_then_used = {
    .code = "W9505",
    .name = "weakref-checked-then-used",
    .message = "%s: %s",
    .why = "A weak reference that gave an object a moment ago gives None now if the last strong "
           "reference went in between: another thread, a signal handler, the collector, or "
           "something that the line itself calls. The check holds nothing, it only looked. So with "
           "`key in mapping` for a WeakValueDictionary, and the second look is a KeyError. It "
           "fails once in a million times, under load.",
    .instead = "look once and keep what you get: `obj = ref()`, `if obj is not None: obj.close()`; "
               "`obj = mapping.get(key)`.",
    .since = "",
    .check = check,
};
