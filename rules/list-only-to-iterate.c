/*
 * A list that is made whole, gone through once at once, and dropped.
 *
 *   any([f(x) for x in xs])   all(…)           the generator would stop at the first that decides
 *   if [x for x in xs if f(x)]:                any() would
 *   set([… for …])   frozenset(…)  dict(…)     a comprehension of that type needs no list
 *   sum([… for …])   min(…)  max(…)  sorted(…) a generator needs no room; possible only, for it is
 *                                              no faster, and for few elements slower
 *   list(xs)[0]   [… for …][0]                 next(iter(xs)), next(… for …)
 *   sorted(xs)[0]   sorted(xs)[-1]             min(xs), max(xs)
 *   for line in f.readlines()                  for line in f
 *
 * Not for join() and tuple(), which make a list of what a generator gives them; not where the
 * comprehension awaits, for the generator would be an asynchronous one; not `list(xs)[0]` in a
 * `try`, which may wait for the IndexError; not sorted(…, key=…)[-1], which is the last of equals
 * where max() tells the first.  Where a generator would stop, and the elements are computed by
 * calls that may do something besides, it is only possible: some lists are there so that every form
 * is checked.  Silent in tests.
 */
#include "rule.h"

/* ---- comprehensions ---- */

static bool is_list_comprehension(const struct facts *facts, uint32_t value)
{
    return facts->ops[value].kind == OP_COMPREHENSION && facts->ops[value].aux == CONTAINER_LIST;
}

/* Whether a generator expression may stand in its place. */
static bool can_be_generator(const struct facts *facts, uint32_t comprehension)
{
    for (uint32_t i = comprehension; i < facts->ops[comprehension].b; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_AWAIT || op->kind == OP_YIELD || op->kind == OP_YIELD_FROM
            || (op->kind == OP_NEXT && op->flags & OP_IS_ASYNC)) {
            return false;
        }
    }
    return true;
}

/* Whether a call surely does nothing besides: of a builtin that asks, of a method of strings and
 * containers that does. */
static bool only_asks(const struct facts *facts, uint32_t call)
{
    static const char *const builtins[] = {
        "isinstance", "issubclass", "len",  "hasattr", "getattr", "callable",  "str",
        "int",        "bool",       "abs",  "any",     "all",     "type",      "ord",
        "min",        "max",        "repr", "zip",     "range",   "enumerate", NULL};
    static const char *const methods[] = {"startswith", "endswith", "strip",   "lower",  "upper",
                                          "isdigit",    "isalpha",  "isalnum", "split",  "get",
                                          "find",       "count",    "match",   "search", "keys",
                                          "values",     "items",    "replace", NULL};
    const struct op *callee = &facts->ops[facts->ops[call].a];
    if (callee->kind == OP_ATTRIBUTE) {
        return words_have(methods, facts_name(facts, callee->b));
    }
    return callee->kind == OP_LOAD && is_builtin_variable(facts, callee->a)
           && words_have(builtins, variable_name(facts, callee->a));
}

/* Whether each element may be wanted for what computing it does: a generator would stop early. */
static bool may_do_more(const struct facts *facts, uint32_t comprehension)
{
    for (uint32_t i = comprehension; i < facts->ops[comprehension].b; i++) {
        if (facts->ops[i].kind == OP_CALL && !only_asks(facts, i)) {
            return true;
        }
    }
    return false;
}

struct taker {
    const char *name;
    const char *words; /* the finding; for rule_report() */
    const char *remedy;
    enum confidence confidence;
    bool stops;     /* before the end, if it can */
    bool is_copied; /* all of it, before anything else is done */
};

static const struct taker takers[] = {
    {"any", "any() gets a list that is filled to the end before it looks at the first element",
     "leave out the brackets: any() then stops at the first element that is true",
     CONFIDENCE_LIKELY, true, false},
    {"all", "all() gets a list that is filled to the end before it looks at the first element",
     "leave out the brackets: all() then stops at the first element that is false",
     CONFIDENCE_LIKELY, true, false},
    {"set", "a list is made only for set() to copy it", "write a set comprehension: {… for …}",
     CONFIDENCE_LIKELY, false, true},
    {"frozenset", "a list is made only for frozenset() to copy it", "leave out the brackets",
     CONFIDENCE_LIKELY, false, true},
    {"dict", "a list of pairs is made only for dict() to copy it",
     "write a dict comprehension: {key: value for …}", CONFIDENCE_LIKELY, false, true},
    {"sum", "a list is made only for sum() to go through it", "leave out the brackets",
     CONFIDENCE_POSSIBLE, false, false},
    {"min", "a list is made only for min() to go through it", "leave out the brackets",
     CONFIDENCE_POSSIBLE, false, false},
    {"max", "a list is made only for max() to go through it", "leave out the brackets",
     CONFIDENCE_POSSIBLE, false, false},
    {"sorted", "a list is made only for sorted() to copy it", "leave out the brackets",
     CONFIDENCE_POSSIBLE, false, true},
};

/* Which of these the callee is; NULL for none. */
static const struct taker *taker_of(const struct facts *facts, uint32_t callee)
{
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++) {
        if (facts_spells(facts, callee, takers[i].name)) {
            return &takers[i];
        }
    }
    return NULL;
}

/* Whether a call has `value` as its only positional argument. */
static bool is_only_positional(const struct facts *facts, uint32_t call, uint32_t value)
{
    return facts_argument(facts, call, 0, NULL) == value
           && facts_argument(facts, call, 1, NULL) == NONE;
}

static struct finding *report(struct check *check, uint32_t file, uint32_t op, const char *words,
                              const char *remedy, enum confidence confidence)
{
    const struct facts *facts = check->program->files[file];
    struct finding *finding = rule_report(check, place_of_op(file, &facts->ops[op]), words);
    finding->confidence = confidence;
    finding_remedy(check, finding, "%s", remedy);
    return finding;
}

/* The brackets go, or with set() become braces; where nothing but the bracket stands between the
 * list and the end of the call. */
static void offer_generator(struct check *check, struct finding *finding, uint32_t file,
                            uint32_t call, uint32_t value, const struct taker *taker)
{
    const struct facts *facts = check->program->files[file];
    const struct op *list = &facts->ops[value];
    if (facts->ops[call].b != 1 || op_end(list) + 1 != op_end(&facts->ops[call])) {
        return;
    }
    bool is_set = strcmp(taker->name, "set") == 0;
    struct change *change = finding_change(check, finding, CHANGE_REPLACE,
                                           place_of_op(file, is_set ? &facts->ops[call] : list),
                                           "%s", is_set ? "{\1}" : "\1");
    change->quoted[0] = (struct place){file, list->start + 1, op_end(list) - 1};
    finding->fix_is_safe = taker->is_copied;
}

/* `any([… for …])` and the like. */
static void check_call(struct check *check, uint32_t file, uint32_t call)
{
    const struct facts *facts = check->program->files[file];
    uint32_t value = facts_argument(facts, call, 0, NULL);
    if (value == NONE || !is_list_comprehension(facts, value)
        || !is_only_positional(facts, call, value) || !can_be_generator(facts, value)) {
        return;
    }
    const struct taker *taker = taker_of(facts, facts->ops[call].a);
    if (taker != NULL) {
        bool is_guess = taker->stops && may_do_more(facts, value);
        struct finding *finding = report(check, file, value, taker->words, taker->remedy,
                                         is_guess ? CONFIDENCE_POSSIBLE : taker->confidence);
        offer_generator(check, finding, file, call, value, taker);
    }
}

/* `if [… for …]`, `not [… for …]`. */
static void check_truth(struct check *check, uint32_t file, uint32_t value)
{
    const struct facts *facts = check->program->files[file];
    if (value != NONE && is_list_comprehension(facts, value) && can_be_generator(facts, value)) {
        report(check, file, value, "a list is filled to the end only to ask whether it is empty",
               "ask any(condition for …), which stops at the first",
               may_do_more(facts, value) ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    }
}

/* ---- items ---- */

/* Whether an index is 0, or -1. */
static bool is_index(const struct facts *facts, uint32_t index, bool is_last)
{
    const struct op *op = &facts->ops[index];
    if (is_last && (op->kind != OP_UNARY || op->aux != OPERATOR_SUBTRACT)) {
        return false;
    }
    uint32_t number;
    return facts_integer(facts, is_last ? op->a : index, &number) && number == is_last;
}

static bool is_in_try(const struct facts *facts, uint32_t op)
{
    uint32_t around = uses_control_around(facts, op);
    while (around != NONE && facts->ops[around].kind != OP_TRY) {
        around = uses_control_around(facts, around);
    }
    return around != NONE;
}

/* Whether a call has one argument and, if it may, `key=…`. */
static bool has_plain_arguments(const struct facts *facts, uint32_t call, bool may_have_key)
{
    bool has_key = facts_argument(facts, call, -1, "key") != NONE;
    return facts_argument(facts, call, 0, NULL) != NONE
           && facts->ops[call].b == (may_have_key && has_key ? 2u : 1u);
}

static void check_sorted(struct check *check, uint32_t file, uint32_t item)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[item];
    if (is_index(facts, op->b, false) && has_plain_arguments(facts, op->a, true)) {
        report(check, file, item, "everything is sorted only to take the smallest",
               "min() finds it in one pass, with the same key", CONFIDENCE_LIKELY);
    } else if (is_index(facts, op->b, true) && has_plain_arguments(facts, op->a, false)) {
        report(check, file, item, "everything is sorted only to take the largest",
               "max() finds it in one pass", CONFIDENCE_LIKELY);
    }
}

static void check_item(struct check *check, uint32_t file, uint32_t item)
{
    const struct facts *facts = check->program->files[file];
    const struct op *op = &facts->ops[item];
    if (facts_calls(facts, op->a, "sorted")) {
        check_sorted(check, file, item);
        return;
    }
    bool is_list = (facts_calls(facts, op->a, "list") || facts_calls(facts, op->a, "tuple"))
                   && has_plain_arguments(facts, op->a, false);
    bool is_filled = is_list_comprehension(facts, op->a) && can_be_generator(facts, op->a);
    if ((is_list || is_filled) && is_index(facts, op->b, false) && !is_in_try(facts, item)) {
        report(check, file, item, "a list is made only to take its first element",
               is_list ? "next(iter(…)) takes it without the list; StopIteration, not IndexError, "
                         "says that there is none"
                       : "next(… for …) stops there; StopIteration, not IndexError, says that "
                         "there is none",
               is_filled && may_do_more(facts, op->a) ? CONFIDENCE_POSSIBLE : CONFIDENCE_LIKELY);
    }
}

/* ---- files ---- */

static bool is_opening(const struct facts *facts, uint32_t value)
{
    static const char *const openers[] = {"open",      "io.open",       "codecs.open",
                                          "gzip.open", "bz2.open",      "lzma.open",
                                          "os.fdopen", "tokenize.open", NULL};
    for (const char *const *opener = openers; *opener != NULL; opener++) {
        if (facts_calls(facts, value, *opener)) {
            return true;
        }
    }
    return false;
}

/* Whether a value is surely a file: opened here, and its name bound once. */
static bool is_file(const struct facts *facts, uint32_t value)
{
    uint32_t origin = uses_origin(facts, value);
    if (facts->ops[origin].kind == OP_ENTERED) {
        origin = facts->ops[origin].a;
    }
    return is_opening(facts, origin);
}

/* Whether a loop's body uses the name that `value` loads: it may close the file, or write to it. */
static bool is_used_in(const struct facts *facts, uint32_t loop, uint32_t value)
{
    for (uint32_t i = loop; i < facts->ops[loop].b && facts->ops[value].kind == OP_LOAD; i++) {
        if (facts->ops[i].kind == OP_LOAD && facts->ops[i].a == facts->ops[value].a) {
            return true;
        }
    }
    return false;
}

static void check_loop(struct check *check, uint32_t file, uint32_t loop)
{
    const struct facts *facts = check->program->files[file];
    uint32_t call = facts->ops[loop].a;
    if (call == NONE || facts->ops[call].kind != OP_CALL || facts->ops[call].b > 0) {
        return;
    }
    const struct op *callee = &facts->ops[facts->ops[call].a];
    if (callee->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, callee->b), "readlines") == 0
        && is_file(facts, callee->a) && !is_used_in(facts, loop, callee->a)) {
        report(check, file, call, "readlines() holds all lines at once, only to go through them",
               "go through the file itself, which reads a line at a time", CONFIDENCE_LIKELY);
    }
}

/* ---- */

static void check_op(struct check *check, uint32_t file, uint32_t i)
{
    const struct op *op = &check->program->files[file]->ops[i];
    if (op->kind == OP_CALL) {
        check_call(check, file, i);
    } else if (op->kind == OP_ITEM) {
        check_item(check, file, i);
    } else if (op->kind == OP_LOOP) {
        check_loop(check, file, i);
    } else if ((op->kind == OP_IF && !(op->flags & OP_IS_PATTERN)) || op->kind == OP_TEST
               || (op->kind == OP_UNARY && op->aux == OPERATOR_NOT)) {
        check_truth(check, file, op->a);
    }
}

static void check(struct check *check)
{
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        bool is_test = is_test_code(check->program, file);
        for (uint32_t i = 0; i < check->program->files[file]->n_ops && !is_test; i++) {
            check_op(check, file, i);
        }
    }
}

const struct rule rule_list_only_to_iterate = {
    .code = "R9803",
    .name = "list-only-to-iterate",
    .message = "%s",
    .why =
        "The list takes eight bytes an element besides the elements themselves, which must all "
        "be there at once, and is freed as soon as it was gone through. A generator holds one "
        "element at a time and makes no more than are asked for: any() and all() stop at the "
        "first that decides, and with them the work of each element. It is not always faster: "
        "each element costs a switch into the generator, while a list comprehension needs no "
        "frame of its own since 3.12; so sum(), min(), max() and sorted() are told of as "
        "possible. \"\".join() and tuple() make a list of what a generator gives them: there the "
        "brackets are right. Fine to ignore for a few elements, and wrong to change where each "
        "element must be computed for what it does besides.",
    .instead = "Leave out the brackets, or use what needs no list: next(), min(), max(), the file.",
    .since = "",
    .is_off = true, /* true nearly always, and worth a change only where the loop is hot */
    .check = check,
};
