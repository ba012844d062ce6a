/*
 * An object that a loop makes anew in each turn, though it is the same each time.
 *
 * Two kinds.  A call that makes an object nobody can change (re.compile, struct.Struct, Decimal, …)
 * from constants and names that the loop does not bind; and a list, set or dict of constants that
 * the loop only reads.  What CPython makes once by itself is not told of: tuples of constants, the
 * list in `for x in [1, 2]`, the list or set in `x in [1, 2]`.  Nor is what is made at most once:
 * in a handler, before a `break`, `return` or `raise`, in a loop over a few things that are written
 * out.  Silent in tests.
 *
 * One pass over a scope.  What was found in a loop is pending until the outermost loop ends, and is
 * dropped when the block that it stands in turns out to leave the loop.
 */
#include "rule.h"

struct block {
    uint32_t end;     /* its OP_END */
    size_t n_pending; /* when the part began */
    bool is_loop, is_handler;
};

struct walk {
    struct check *check;
    const struct facts *facts;
    uint32_t file, scope;
    uint32_t n_loops, n_handlers; /* among the blocks */
    struct {
        ARRAY_OF(struct block);
    } blocks;
    struct {
        ARRAY_OF(uint32_t);
    } pending; /* OP_CALL or OP_DISPLAY */
};

/* ---- what is the same in each turn ---- */

static bool is_literal(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_UNARY) {
        op = &facts->ops[op->a]; /* -1 */
    }
    return op->kind == OP_CONSTANT && op->aux != CONSTANT_FORMATTED;
}

/* Whether every element of a display is a constant; its values may be tuples of constants. */
static bool is_of_literals(const struct facts *facts, uint32_t display)
{
    const struct op *op = &facts->ops[display];
    for (uint32_t i = display + 1; i <= display + op->b; i++) {
        const struct op *element = &facts->ops[i];
        const struct op *value = &facts->ops[element->a];
        bool is_tuple = value->kind == OP_DISPLAY && value->aux == CONTAINER_TUPLE;
        for (uint32_t k = 1; is_tuple && k <= value->b; k++) {
            is_tuple = is_literal(facts, value[k].a);
        }
        if (element->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)
            || !(is_tuple || is_literal(facts, element->a))
            || (element->b != NONE && !is_literal(facts, element->b))) {
            return false;
        }
    }
    return true;
}

/* Whether a name always means the same immutable thing: a module or what is imported from it, or
 * something bound once, which the callers take for a string or number. */
static bool is_steady_name(const struct facts *facts, uint32_t variable)
{
    const struct variable *v = &facts->variables[variable];
    return v->flags & (VARIABLE_IS_BOUND | VARIABLE_IS_PARAMETER)
           && !(v->flags
                & (VARIABLE_IS_REBOUND | VARIABLE_IS_DECLARED | VARIABLE_IN_COMPREHENSION
                   | VARIABLE_IS_DELETED));
}

/* The flags of a call: `re.I`, or several with `|` between them. */
static bool is_steady_attribute(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_ATTRIBUTE && facts->ops[op->a].kind == OP_LOAD
           && facts->variables[facts->ops[op->a].a].flags & VARIABLE_IS_IMPORTED;
}

static bool is_steady_part(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return is_literal(facts, value) || is_steady_attribute(facts, value)
           || (op->kind == OP_LOAD && is_steady_name(facts, op->a))
           || (op->kind == OP_DISPLAY && is_of_literals(facts, value));
}

static bool is_steady(const struct facts *facts, uint32_t value)
{
    enum { MAX_TERMS = 8 }; /* re.A | re.B | …: there are no more flags */
    for (int term = 0; term < MAX_TERMS && facts->ops[value].kind == OP_BINARY; term++) {
        if (!is_steady_part(facts, facts->ops[value].b)) {
            return false;
        }
        value = facts->ops[value].a;
    }
    return is_steady_part(facts, value);
}

/* ---- calls ---- */

/* What makes an object that nobody can change; NULL when the callee is something else. */
static const char *maker_of(const struct facts *facts, uint32_t callee)
{
    static const char *const makers[] = {"re.compile",
                                         "struct.Struct",
                                         "decimal.Decimal",
                                         "fractions.Fraction",
                                         "datetime.timedelta",
                                         "datetime.timezone",
                                         "ipaddress.ip_network",
                                         "ipaddress.ip_address",
                                         "str.maketrans",
                                         "string.Template",
                                         "frozenset",
                                         NULL};
    for (const char *const *maker = makers; *maker != NULL; maker++) {
        if (facts_spells(facts, callee, *maker)) {
            return *maker;
        }
    }
    return NULL;
}

static bool has_steady_arguments(const struct facts *facts, uint32_t call)
{
    const struct op *op = &facts->ops[call];
    for (uint32_t i = call + 1; i <= call + op->b; i++) {
        const struct op *argument = &facts->ops[i];
        if (argument->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED)
            || !is_steady(facts, argument->a)) {
            return false;
        }
    }
    return op->b > 0;
}

/* ---- containers ---- */

static bool is_method_that_changes(const struct facts *facts, uint32_t use)
{
    static const char *const methods[] = {"sort", "reverse", NULL};
    return facts->ops[use].kind == OP_ATTRIBUTE
           && words_have(methods, facts_name(facts, facts->ops[use].b));
}

/* Whether everything that takes `value` only reads it. */
static bool is_only_read(const struct facts *facts, uint32_t value)
{
    for (uint32_t use = uses_next(facts, value, value); use != NONE;
         use = uses_next(facts, value, use)) {
        uint32_t what;
        if (containers_use(facts, use, value, &what) != CONTAINER_READS
            || is_method_that_changes(facts, use)) {
            return false;
        }
    }
    return true;
}

/* Whether the scope binds a name here only, and otherwise only reads what it holds. */
static bool is_name_only_read(const struct facts *facts, uint32_t scope, uint32_t target)
{
    uint32_t variable = facts->ops[target].a;
    const struct variable *v = &facts->variables[variable];
    const struct scope *s = &facts->scopes[scope];
    if (v->scope != scope || v->flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED)) {
        return false;
    }
    bool is_read = false;
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_TARGET_NAME && op->a == variable && i != target) {
            return false;
        }
        if (op->kind == OP_LOAD && op->a == variable) {
            is_read = true;
            if (!is_only_read(facts, i)) {
                return false;
            }
        }
    }
    return is_read;
}

/* Whether an op takes a container of constants out of which CPython itself makes a constant. */
static bool is_folded(uint8_t kind)
{
    return kind == OP_LOOP || kind == OP_COMPARE;
}

static bool is_container_only_read(const struct walk *walk, uint32_t display)
{
    const struct facts *facts = walk->facts;
    uint32_t use = uses_next(facts, display, display);
    if (use == NONE || is_folded(facts->ops[use].kind)) {
        return false;
    }
    const struct op *op = &facts->ops[use];
    if (op->kind == OP_STORE && facts->ops[op->a].kind == OP_TARGET_NAME) {
        return uses_next(facts, display, use) == NONE
               && is_name_only_read(facts, walk->scope, op->a);
    }
    return (op->kind == OP_ITEM || op->kind == OP_ATTRIBUTE) && is_only_read(facts, display);
}

static bool is_invariant(const struct walk *walk, uint32_t op)
{
    const struct op *o = &walk->facts->ops[op];
    if (o->kind == OP_CALL) {
        return !(o->flags & OP_IS_DECORATOR) && has_steady_arguments(walk->facts, op)
               && maker_of(walk->facts, o->a) != NULL;
    }
    return o->kind == OP_DISPLAY && o->aux != CONTAINER_TUPLE && o->b > 0
           && is_of_literals(walk->facts, op) && is_container_only_read(walk, op);
}

/* ---- the walk ---- */

static void report(struct walk *walk, uint32_t op)
{
    static const char *const kinds[] = {
        [CONTAINER_LIST] = "list", [CONTAINER_SET] = "set", [CONTAINER_DICT] = "dict"};
    const struct op *o = &walk->facts->ops[op];
    const char *what =
        o->kind == OP_CALL
            ? arena_format(&walk->check->scratch, "the result of %s()", maker_of(walk->facts, o->a))
            : arena_format(&walk->check->scratch, "a %s of constants", kinds[o->aux]);
    rule_report(walk->check, place_of_op(walk->file, o), what);
}

/* `range(3)`. */
static bool is_short_range(const struct facts *facts, uint32_t iterable)
{
    enum { FEW = 8 };
    uint32_t stop =
        facts_calls(facts, iterable, "range") ? facts_argument(facts, iterable, 0, NULL) : NONE;
    uint32_t n;
    return stop != NONE && facts->ops[iterable].b == 1 && facts_integer(facts, stop, &n)
           && n <= FEW;
}

/* Whether a loop has few turns, as one sees: it goes over things that are written out. */
static bool is_short(const struct facts *facts, uint32_t iterable)
{
    return iterable != NONE
           && (facts->ops[iterable].kind == OP_DISPLAY || is_short_range(facts, iterable));
}

static void open_block(struct walk *walk, uint32_t op)
{
    const struct op *o = &walk->facts->ops[op];
    struct block block = {.end = o->b, .n_pending = walk->pending.n};
    block.is_loop = o->kind == OP_LOOP && !is_short(walk->facts, o->a);
    walk->n_loops += block.is_loop;
    *array_push(&walk->blocks) = block;
}

/* ELSE, EXCEPT, FINALLY: the part before it is over. */
static void begin_part(struct walk *walk, uint8_t kind)
{
    struct block *block = array_last(&walk->blocks);
    walk->n_loops -= block->is_loop;
    walk->n_handlers -= block->is_handler;
    block->is_loop = false;
    block->is_handler = kind == OP_EXCEPT;
    walk->n_handlers += block->is_handler;
    block->n_pending = walk->pending.n;
}

static void close_block(struct walk *walk)
{
    struct block *block = array_last(&walk->blocks);
    walk->n_loops -= block->is_loop;
    walk->n_handlers -= block->is_handler;
    walk->blocks.n--;
}

static void flush(struct walk *walk)
{
    for (size_t i = 0; i < walk->pending.n; i++) {
        report(walk, walk->pending.items[i]);
    }
    walk->pending.n = 0;
    for (size_t i = 0; i < walk->blocks.n; i++) {
        walk->blocks.items[i].n_pending = 0;
    }
}

static void step(struct walk *walk, uint32_t op)
{
    switch (walk->facts->ops[op].kind) {
    case OP_IF:
    case OP_LOOP:
    case OP_TRY:
    case OP_WITH:
    case OP_COMPREHENSION:
        open_block(walk, op);
        return;
    case OP_ELSE:
    case OP_EXCEPT:
    case OP_FINALLY:
        begin_part(walk, walk->facts->ops[op].kind);
        return;
    case OP_END:
        close_block(walk);
        return;
    case OP_BREAK:
    case OP_RETURN:
    case OP_RAISE:
        walk->pending.n = walk->blocks.n > 0 ? array_last(&walk->blocks)->n_pending : 0;
        return;
    default:
        if (walk->n_loops > 0 && walk->n_handlers == 0 && is_invariant(walk, op)) {
            *array_push(&walk->pending) = op;
        }
    }
}

static void check_scope(struct check *check, uint32_t file, uint32_t scope)
{
    struct walk walk = {
        .check = check, .facts = check->program->files[file], .file = file, .scope = scope};
    const struct scope *s = &walk.facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        step(&walk, i);
        if (walk.n_loops == 0 && walk.pending.n > 0) {
            flush(&walk);
        }
    }
    array_free(&walk.blocks);
    array_free(&walk.pending);
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        bool is_test = is_test_code(check->program, file);
        for (uint32_t scope = 0; scope < facts->n_scopes && !is_test; scope++) {
            if (facts->scopes[scope].kind != SCOPE_CLASS) {
                check_scope(check, file, scope);
            }
        }
    }
}

const struct rule rule_loop_invariant_object = {
    .code = "R9801",
    .name = "loop-invariant-object",
    .message = "%s is made anew in each turn of the loop, though it is always the same",
    .why =
        "Each turn makes the object, fills it and frees it again, and none of that depends on the "
        "turn. A list, set or dict also counts towards the collector's threshold. CPython makes "
        "a constant only of numbers, strings and tuples of them, of the list in `for x in [1, "
        "2]`, and of the list or set in `x in {1, 2}`; any other list, set or dict is built "
        "when the line runs. re.compile() remembers the last 512 patterns (since 3.7; 100 or "
        "500 before), but still makes a key and looks it up each time. Fine to ignore "
        "where the loop has few turns.",
    .instead = "Make it once: before the loop, or as a constant of the module with a name.",
    .since = "",
    .is_off = true, /* true nearly always, and worth a change only where the loop is hot */
    .check = check,
};
