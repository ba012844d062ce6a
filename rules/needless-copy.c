/*
 * A container that is made only to be copied into the next one, or gone through once.
 *
 *   sorted(list(xs))  set(list(xs))  tuple(list(xs))  sum(list(xs))  "".join(list(xs))
 *   list(sorted(xs))  list([… for …])  list(text.split())  dict({…})  set([1, 2])
 *   key in list(table.keys())   len(list(table.values()))   for i in list(range(n))
 *   sum(lists, [])   each addition copies all that was there: n lists cost n * n / 2 copies
 *
 * Told of is only what is new and that nobody else can see.  A copy of something that has a name,
 * `for x in list(table)`, is most often there because the loop changes it, or another thread does.
 * Not sorted(sorted(xs), key=…), which sorts by two keys; not sorted(set(xs)), list(set(xs)), which
 * drop what is there twice; not reversed(list(xs)), which needs a sequence; not tuple([… for …]),
 * which is how to make one; not any(list(f(x))), which computes every element.  Silent in tests.
 */
#include "rule.h"

/* What is copied: new at this place. */
enum fresh {
    FRESH_NOTHING = 0,
    FRESH_LIST_CALL = 1, /* list(xs), tuple(xs) */
    FRESH_SORTED = 2,
    FRESH_COMPREHENSION = 4, /* of a list */
    FRESH_DISPLAY = 8,       /* [a, b] */
    FRESH_SET_CALL = 16,     /* set(xs), frozenset(xs) */
    FRESH_DICT = 32,         /* {…}, dict(…) */
    FRESH_SPLIT = 64         /* text.split() */
};

struct copier {
    const char *name;
    unsigned takes; /* enum fresh */
};

static const struct copier copiers[] = {
    {"list", FRESH_LIST_CALL | FRESH_SORTED | FRESH_COMPREHENSION | FRESH_DISPLAY | FRESH_SPLIT},
    {"tuple", FRESH_LIST_CALL},
    {"set", FRESH_LIST_CALL | FRESH_SORTED | FRESH_SET_CALL | FRESH_DISPLAY},
    {"frozenset", FRESH_LIST_CALL | FRESH_SORTED | FRESH_SET_CALL},
    {"dict", FRESH_DICT},
    {"sorted", FRESH_LIST_CALL},
    {"sum", FRESH_LIST_CALL},
    {"min", FRESH_LIST_CALL},
    {"max", FRESH_LIST_CALL},
};

/* Whether a call has one argument, without a star and a keyword. */
static bool has_one_argument(const struct facts *facts, uint32_t call)
{
    return facts->ops[call].b == 1 && facts_argument(facts, call, 0, NULL) != NONE;
}

static bool calls_method(const struct facts *facts, uint32_t value, const char *const *methods)
{
    if (facts->ops[value].kind != OP_CALL) {
        return false;
    }
    const struct op *callee = &facts->ops[facts->ops[value].a];
    return callee->kind == OP_ATTRIBUTE && words_have(methods, facts_name(facts, callee->b));
}

static enum fresh fresh_call(const struct facts *facts, uint32_t call)
{
    static const char *const splits[] = {"split", "rsplit", "splitlines", NULL};
    uint32_t callee = facts->ops[call].a;
    if (calls_method(facts, call, splits)) {
        const struct op *object = &facts->ops[facts->ops[callee].a];
        bool is_text = object->kind == OP_CONSTANT && object->aux != CONSTANT_INTEGER;
        return is_text ? FRESH_SPLIT : FRESH_NOTHING;
    }
    if (facts->ops[callee].kind != OP_LOAD || !is_builtin_variable(facts, facts->ops[callee].a)) {
        return FRESH_NOTHING; /* the others are builtins: an import is not looked up for each */
    }
    if (facts_spells(facts, callee, "sorted")) {
        return FRESH_SORTED;
    }
    if (facts_spells(facts, callee, "dict")) {
        return FRESH_DICT;
    }
    if (!has_one_argument(facts, call)) {
        return FRESH_NOTHING;
    }
    return facts_spells(facts, callee, "list") || facts_spells(facts, callee, "tuple")
               ? FRESH_LIST_CALL
           : facts_spells(facts, callee, "set") || facts_spells(facts, callee, "frozenset")
               ? FRESH_SET_CALL
               : FRESH_NOTHING;
}

static enum fresh fresh_of(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_CALL) {
        return fresh_call(facts, value);
    }
    if (op->kind == OP_DISPLAY && op->b > 0) {
        return op->aux == CONTAINER_LIST   ? FRESH_DISPLAY
               : op->aux == CONTAINER_DICT ? FRESH_DICT
                                           : FRESH_NOTHING;
    }
    return op->kind == OP_COMPREHENSION && op->aux == CONTAINER_LIST ? FRESH_COMPREHENSION
                                                                     : FRESH_NOTHING;
}

/* What a fresh container is called. */
static const char *word_of(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    static const char *const makers[] = {"list", "tuple", "set", "frozenset", "dict", NULL};
    for (const char *const *maker = makers; op->kind == OP_CALL && *maker != NULL; maker++) {
        if (facts_spells(facts, op->a, *maker)) {
            return *maker;
        }
    }
    return op->kind == OP_DISPLAY && op->aux == CONTAINER_DICT ? "dict" : "list";
}

static void report(struct check *check, uint32_t file, uint32_t value, const char *where,
                   const char *remedy)
{
    const struct facts *facts = check->program->files[file];
    struct finding *finding =
        rule_report(check, place_of_op(file, &facts->ops[value]), word_of(facts, value), where);
    finding_remedy(check, finding, "%s", remedy);
}

/* ---- in a call ---- */

static const char *remedy_of(enum fresh fresh, const char *copier)
{
    bool makes_set = strstr(copier, "set") != NULL;
    if (fresh == FRESH_DISPLAY && makes_set) {
        return "write the set itself: {a, b}";
    }
    bool is_ready = fresh != FRESH_LIST_CALL && fresh != FRESH_SET_CALL && !makes_set;
    return is_ready ? "use it as it is: it is new already"
                    : "hand over what is in the inner call: it takes anything that one can go "
                      "through";
}

static void check_copier(struct check *check, uint32_t file, uint32_t call, uint32_t value)
{
    const struct facts *facts = check->program->files[file];
    enum fresh fresh = fresh_of(facts, value);
    if (fresh == FRESH_NOTHING) {
        return;
    }
    for (size_t i = 0; i < sizeof copiers / sizeof *copiers; i++) {
        if (facts_spells(facts, facts->ops[call].a, copiers[i].name)) {
            bool has_others = strcmp(copiers[i].name, "sorted") != 0 && facts->ops[call].b != 1;
            if ((copiers[i].takes & fresh) && !has_others) {
                report(check, file, value,
                       arena_format(&check->scratch, "for %s() to copy or go through once",
                                    copiers[i].name),
                       remedy_of(fresh, copiers[i].name));
            }
            return;
        }
    }
}

static bool is_view(const struct facts *facts, uint32_t value)
{
    static const char *const methods[] = {"keys", "values", "items", NULL};
    return calls_method(facts, value, methods) && facts->ops[value].b == 0;
}

/* `list(…)` or `tuple(…)` of something; NONE for any other value. */
static uint32_t listed(const struct facts *facts, uint32_t value)
{
    bool is_list = facts->ops[value].kind == OP_CALL && fresh_call(facts, value) == FRESH_LIST_CALL;
    return is_list ? facts_argument(facts, value, 0, NULL) : NONE;
}

/* `sum(lists, [])`. */
static void check_sum(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t start = facts_argument(facts, call, 1, "start");
    if (start == NONE || facts->ops[start].kind != OP_DISPLAY
        || (facts->ops[start].aux != CONTAINER_LIST && facts->ops[start].aux != CONTAINER_TUPLE)
        || !facts_spells(facts, facts->ops[call].a, "sum")) {
        return;
    }
    struct finding *finding =
        rule_report_as(check, place_of_op(file, &facts->ops[call]),
                       "sum() copies all that it has so far for each %s that it adds",
                       facts->ops[start].aux == CONTAINER_LIST ? "list" : "tuple");
    finding_remedy(check, finding,
                   "use itertools.chain.from_iterable(…), or a comprehension with two loops");
}

static void check_call(struct check *check, uint32_t file, uint32_t call)
{
    static const char *const joins[] = {"join", NULL};
    const struct facts *facts = check->program->files[file];
    uint32_t value = facts_argument(facts, call, 0, NULL);
    if (value == NONE) {
        return;
    }
    check_copier(check, file, call, value);
    check_sum(check, file, call);
    uint32_t inner = listed(facts, value);
    if (inner == NONE || facts->ops[call].b != 1) {
        return;
    }
    if (facts_spells(facts, facts->ops[call].a, "len") && is_view(facts, inner)) {
        report(check, file, value, "for len() to count", "ask len() of the dict itself");
    } else if (calls_method(facts, call, joins)
               && facts->ops[facts->ops[facts->ops[call].a].a].kind == OP_CONSTANT) {
        report(
            check, file, value, "for join() to go through once",
            "hand over what is in the inner call: join() takes anything that one can go through");
    }
}

/* ---- elsewhere ---- */

/* `key in list(table.keys())`. */
static void check_compare(struct check *check, uint32_t file, uint32_t compare)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[compare];
    if (op->aux != OPERATOR_IN && op->aux != OPERATOR_NOT_IN) {
        return;
    }
    uint32_t inner = listed(facts, op->b);
    if (inner != NONE && is_view(facts, inner)) {
        report(check, file, op->b, "to look for one thing",
               "ask the dict itself for a key, values() and items() for the others");
    }
}

/* `for i in list(range(n))`. */
static void check_loop(struct check *check, uint32_t file, uint32_t loop)
{
    const struct facts *facts = check->program->files[file];
    uint32_t iterable = facts->ops[loop].a;
    uint32_t inner = iterable == NONE ? NONE : listed(facts, iterable);
    if (inner != NONE && facts_calls(facts, inner, "range")) {
        report(check, file, iterable, "for the loop to go through once",
               "go through the range itself, which nothing can change");
    }
}

static void check_file(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        if (facts->ops[i].kind == OP_CALL && !(facts->ops[i].flags & OP_IS_DECORATOR)) {
            check_call(check, file, i);
        } else if (facts->ops[i].kind == OP_COMPARE) {
            check_compare(check, file, i);
        } else if (facts->ops[i].kind == OP_LOOP) {
            check_loop(check, file, i);
        }
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        if (!is_test_code(check->program, file)) {
            check_file(check, file);
        }
    }
}

const struct rule rule_needless_copy = {
    .code = "R9804",
    .name = "needless-copy",
    .message = "a %s is made only %s",
    .why = "The inner container is filled, gone through once and freed: that is eight bytes an "
           "element, and the time to copy them, for nothing. list(), set(), sorted(), sum() and "
           "join() take anything that one can go through, and what sorted(), split() or a "
           "comprehension returns is new, so that nobody else can change it. sum(lists, []) is "
           "worse: it copies the whole result for each list. Fine to ignore for a few elements. "
           "Where other threads change the dict, list(table.values()) may be there to look at one "
           "moment's state; and a copy that has another name is never told of.",
    .instead = "Leave out the inner call.",
    .is_off = true, /* true nearly always, and worth a change only where the loop is hot */
    .since = "",
    .check = check,
};
