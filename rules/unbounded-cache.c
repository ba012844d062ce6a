/*
 * A cache without a bound on a function whose arguments are new ones again and again.
 *
 * Two shapes: functools.cache or lru_cache(maxsize=None) on a function of a module, and a memo by
 * hand: a module's dict in which the function looks for its parameter, and under which it then
 * stores.  Whether arguments vary without bound is told by what the parameters are: a number of
 * classes, flags, enum members and functions is bounded by the program's text, and a cache over
 * these alone is silent.  Requests, texts, times, fractions and ids come anew with the work.  Of
 * the rest, a plain name or number, an address, an object of the program's own classes that may be
 * one of a few, nobody knows: possible.
 *
 * Silent where something empties the cache (cache_clear(), any removal from the dict), in tests,
 * and for methods, of which cached-method tells.  A function in a function has a cache that dies
 * with it.  In a script, which ends, the finding is only possible.
 */
#include "rule.h"

/* How a function's arguments vary. */
enum variety {
    VARIETY_BOUNDED, /* as many as the program's text has */
    VARIETY_UNKNOWN,
    VARIETY_ENDLESS /* they come with the work */
};

struct judged {
    enum variety variety;
    uint32_t parameter; /* the first of that variety, in facts->parameters */
};

/* ---- how a parameter varies ---- */

static enum variety variety_of_name(const char *name)
{
    static const char *const bounded[] = {
        "=cls",      "=klass", "=class",  "=type",    "=tp",      "=func",   "=function", "=fn",
        "=callable", "=flag",  "=module", "=kind",    "=mode",    "=locale", "=language", "=lang",
        "=encoding", "=codec", "=model",  "=package", "=plugin",  "=dtype",  "=method",   "=unit",
        "=command",  "=level", "=debug",  "=strict",  "=verbose", NULL};
    static const char *const endless[] = {
        "=request",  "=response", "=session", "=connection", "=conn", "=event",   "=message",
        "=msg",      "=user",     "=text",    "=line",       "=body", "=content", "=query",
        "=sql",      "=payload",  "=html",    "=token",      "=id",   "=uuid",    "=timestamp",
        "=sentence", "=document", "=account", "=customer",   NULL};
    return words_occur_in(bounded, name)   ? VARIETY_BOUNDED
           : words_occur_in(endless, name) ? VARIETY_ENDLESS
                                           : VARIETY_UNKNOWN;
}

static bool spells_one_of(const struct facts *facts, uint32_t value, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (facts_spells(facts, value, *names)) {
            return true;
        }
    }
    return false;
}

static enum variety variety_of_annotation(const struct program *program, uint32_t file,
                                          uint32_t annotation)
{
    static const char *const bounded[] = {"bool",
                                          "type",
                                          "typing.Type",
                                          "typing.Literal",
                                          "enum.Enum",
                                          "typing.Callable",
                                          "types.FunctionType",
                                          "collections.abc.Callable",
                                          "typing_extensions.Literal",
                                          "types.ModuleType",
                                          NULL};
    static const char *const endless[] = {"float",           "datetime.datetime", "datetime.date",
                                          "decimal.Decimal", "uuid.UUID",         NULL};
    const struct facts *facts = program->files[file];
    if (facts->ops[annotation].kind == OP_ITEM) {
        annotation = facts->ops[annotation].a;
    }
    if (spells_one_of(facts, annotation, bounded)) {
        return VARIETY_BOUNDED;
    }
    if (spells_one_of(facts, annotation, endless)) {
        return VARIETY_ENDLESS;
    }
    uint32_t class = classes_named_by(program, file, annotation);
    bool is_enum = class != NONE && classes_is_enum(program, class);
    return is_enum ? VARIETY_BOUNDED : VARIETY_UNKNOWN;
}

static bool is_flag(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_CONSTANT && (op->aux == CONSTANT_TRUE || op->aux == CONSTANT_FALSE);
}

static enum variety variety_of(const struct program *program, uint32_t file,
                               const struct parameter *parameter)
{
    const struct facts *facts = program->files[file];
    if (parameter->kind == PARAMETER_STAR || parameter->kind == PARAMETER_DOUBLE_STAR) {
        return VARIETY_UNKNOWN;
    }
    if (parameter->default_value != NONE && is_flag(facts, parameter->default_value)) {
        return VARIETY_BOUNDED;
    }
    enum variety variety = parameter->annotation == NONE
                               ? VARIETY_UNKNOWN
                               : variety_of_annotation(program, file, parameter->annotation);
    return variety != VARIETY_UNKNOWN ? variety
                                      : variety_of_name(variable_name(facts, parameter->variable));
}

/* The parameter that varies most. */
static struct judged judge(const struct program *program, uint32_t file, uint32_t function)
{
    const struct facts *facts = program->files[file];
    const struct scope *scope = &facts->scopes[function];
    struct judged judged = {VARIETY_BOUNDED, NONE};
    for (uint32_t i = 0; i < scope->n_parameters; i++) {
        uint32_t parameter = scope->first_parameter + i;
        enum variety variety = variety_of(program, file, &facts->parameters[parameter]);
        if (variety > judged.variety) {
            judged = (struct judged){variety, parameter};
        }
    }
    return judged;
}

static enum confidence confidence_of(const struct facts *facts, enum variety variety)
{
    bool is_script = facts_symbol(facts, "__main__") != NONE;
    return variety == VARIETY_ENDLESS && !is_script ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
}

/* ---- functools.cache, lru_cache(maxsize=None) ---- */

static bool has_no_bound(const struct facts *facts, uint32_t decorator)
{
    const struct op *op = &facts->ops[decorator];
    if (facts_spells(facts, decorator, "functools.cache")) {
        return true;
    }
    if (op->kind != OP_CALL || !facts_spells(facts, op->a, "functools.lru_cache")) {
        return false;
    }
    uint32_t size = facts_argument(facts, decorator, 0, "maxsize");
    return size != NONE && facts->ops[size].kind == OP_CONSTANT
           && facts->ops[size].aux == CONSTANT_NONE;
}

/* The decorator that caches without a bound, or NONE. */
static uint32_t unbounded_cache_of(const struct facts *facts, uint32_t scope)
{
    uint32_t call = facts_first_decorator(facts, scope);
    for (; call != NONE; call = facts_next_decorator(facts, call)) {
        if (has_no_bound(facts, facts->ops[call].a)) {
            return facts->ops[call].a;
        }
    }
    return NONE;
}

/* The names (program symbols) on which somebody calls cache_clear(): `f.cache_clear`,
 * `module.f.cache_clear`. */
static void find_cleared(const struct program *program, struct pair_table *cleared)
{
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        uint32_t clear = facts_symbol(facts, "cache_clear");
        for (uint32_t i = 0; clear != NONE && i < facts->n_ops; i++) {
            const struct op *op = &facts->ops[i];
            if (op->kind != OP_ATTRIBUTE || op->b != clear) {
                continue;
            }
            const struct op *object = &facts->ops[op->a];
            uint32_t name = object->kind == OP_LOAD        ? facts->variables[object->a].name
                            : object->kind == OP_ATTRIBUTE ? object->b
                                                           : NONE;
            if (name != NONE) {
                pair_table_put(cleared, pair_key(0, link_symbol_of(program->link, file, name)), i);
            }
        }
    }
}

static void check_decorated(struct check *check, const struct pair_table *cleared, uint32_t file,
                            uint32_t function)
{
    const struct facts *facts = check->program->files[file];
    const struct scope *scope = &facts->scopes[function];
    uint32_t cache = scope->kind == SCOPE_FUNCTION && scope->parent == 0
                         ? unbounded_cache_of(facts, function)
                         : NONE;
    uint32_t symbol = link_symbol_of(check->program->link, file, scope->name);
    if (cache == NONE || pair_table_get(cleared, pair_key(0, symbol)) != TABLE_NONE) {
        return;
    }
    struct judged judged = judge(check->program, file, function);
    if (judged.parameter == NONE) {
        return;
    }
    struct finding *finding =
        rule_report(check, place_of_op(file, &facts->ops[cache]), facts_name(facts, scope->name),
                    variable_name(facts, facts->parameters[judged.parameter].variable));
    finding->confidence = confidence_of(facts, judged.variety);
}

/* ---- a memo by hand ---- */

/* A module's dict, and what functions do with it. */
struct memo {
    uint32_t variable, store;
    uint32_t function; /* the one that stores under its parameter, or NONE */
    uint32_t parameter, add;
    bool is_ended;
};

struct memos {
    struct pair_table by_variable; /* 0, variable of the file → memo */
    struct pair_table look_ups;    /* memo, parameter that some function looks for in it → 0 */
    ARRAY_OF(struct memo);
};

static bool is_new_dict(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return (op->kind == OP_DISPLAY && op->aux == CONTAINER_DICT && op->b == 0)
           || (op->kind == OP_CALL && op->b == 0
               && (facts_spells(facts, op->a, "dict")
                   || facts_spells(facts, op->a, "collections.OrderedDict")));
}

static void find_memos(const struct facts *facts, struct memos *memos)
{
    const struct scope *module = &facts->scopes[0];
    for (uint32_t i = module->first_op; i < module->first_op + module->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_STORE || op->b == NONE || facts->ops[op->a].kind != OP_TARGET_NAME
            || !is_new_dict(facts, op->b)) {
            continue;
        }
        uint32_t variable = facts->ops[op->a].a;
        if (!(facts->variables[variable].flags
              & (VARIABLE_IS_DECLARED | VARIABLE_IS_REBOUND | VARIABLE_IS_DELETED))) {
            pair_table_put(&memos->by_variable, pair_key(0, variable), (uint32_t)memos->n);
            *array_push(memos) = (struct memo){.variable = variable, .store = i, .function = NONE};
        }
    }
}

/* The parameter of a module's function that a key is; NONE when it is anything else. */
static uint32_t parameter_of_key(const struct facts *facts, uint32_t key)
{
    const struct op *op = &facts->ops[key];
    if (op->kind != OP_LOAD || !(facts->variables[op->a].flags & VARIABLE_IS_PARAMETER)) {
        return NONE;
    }
    const struct scope *scope = &facts->scopes[facts->variables[op->a].scope];
    for (uint32_t i = 0; scope->parent == 0 && i < scope->n_parameters; i++) {
        if (facts->parameters[scope->first_parameter + i].variable == op->a) {
            return scope->first_parameter + i;
        }
    }
    return NONE;
}

/* What a read of the dict looks for: the key of `memo[key]`, `key in memo`, `memo.get(key)`. */
static uint32_t key_looked_for(const struct facts *facts, uint32_t use, uint32_t value)
{
    const struct op *op = &facts->ops[use];
    if (op->kind == OP_ITEM && op->a == value) {
        return op->b;
    }
    if (op->kind == OP_COMPARE && op->b == value
        && (op->aux == OPERATOR_IN || op->aux == OPERATOR_NOT_IN)) {
        return op->a;
    }
    uint32_t call = op->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, op->b), "get") == 0
                        ? uses_next(facts, use, use)
                        : NONE;
    return call != NONE && facts->ops[call].kind == OP_CALL ? facts_argument(facts, call, 0, NULL)
                                                            : NONE;
}

static void note_use(const struct facts *facts, struct memos *memos, uint32_t index, uint32_t use,
                     uint32_t value)
{
    struct memo *memo = &memos->items[index];
    uint32_t what;
    enum container_use done = containers_use(facts, use, value, &what);
    if (done == CONTAINER_REMOVES || done == CONTAINER_ESCAPES) {
        memo->is_ended = true;
        return;
    }
    bool is_store = done == CONTAINER_ADDS && facts->ops[what].kind == OP_STORE;
    uint32_t key = is_store ? facts->ops[facts->ops[what].a].b : key_looked_for(facts, use, value);
    uint32_t parameter = key == NONE ? NONE : parameter_of_key(facts, key);
    if (parameter == NONE) {
        return;
    }
    if (!is_store) {
        pair_table_put(&memos->look_ups, pair_key(index, parameter), 0);
    } else if (memo->function == NONE) {
        memo->function = facts_scope_of_op(facts, what);
        memo->parameter = parameter;
        memo->add = what;
    }
}

static void follow_memos(const struct facts *facts, struct memos *memos)
{
    for (uint32_t i = 0; memos->n > 0 && i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        uint32_t index = op->kind == OP_LOAD
                             ? pair_table_get(&memos->by_variable, pair_key(0, op->a))
                             : TABLE_NONE;
        for (uint32_t use = index == TABLE_NONE ? NONE : uses_next(facts, i, i); use != NONE;
             use = uses_next(facts, i, use)) {
            note_use(facts, memos, index, use, i);
        }
    }
}

/* Whether another file knows the name: it may empty the dict. */
static bool is_known_elsewhere(const struct program *program, uint32_t file, const char *name)
{
    for (uint32_t other = 0; other < program->n_files; other++) {
        if (other != file && !is_test_code(program, other)
            && facts_symbol(program->files[other], name) != NONE) {
            return true;
        }
    }
    return false;
}

static void report_memo(struct check *check, uint32_t file, const struct memo *memo)
{
    const struct facts *facts = check->program->files[file];
    const struct parameter *parameter = &facts->parameters[memo->parameter];
    const char *name = variable_name(facts, memo->variable);
    enum variety variety = variety_of(check->program, file, parameter);
    if (variety == VARIETY_BOUNDED || is_known_elsewhere(check->program, file, name)) {
        return;
    }
    struct finding *finding = rule_report_as(
        check, place_of_op(file, &facts->ops[memo->add]),
        "'%s' has no bound: it keeps every '%s' that '%s' was ever called with, and its result",
        name, variable_name(facts, parameter->variable),
        facts_name(facts, facts->scopes[memo->function].name));
    finding->confidence = confidence_of(facts, variety);
    finding_relate(check, finding, place_of_op(file, &facts->ops[facts->ops[memo->store].a]),
                   "'%s' lives as long as the module", name);
}

static void check_memos(struct check *check, uint32_t file)
{
    const struct facts *facts = check->program->files[file];
    struct memos memos = {0};
    find_memos(facts, &memos);
    follow_memos(facts, &memos);
    for (size_t i = 0; i < memos.n; i++) {
        const struct memo *memo = &memos.items[i];
        bool is_looked_up =
            pair_table_get(&memos.look_ups, pair_key((uint32_t)i, memo->parameter)) != TABLE_NONE;
        if (memo->function != NONE && is_looked_up && !memo->is_ended) {
            report_memo(check, file, memo);
        }
    }
    array_free(&memos);
    pair_table_free(&memos.by_variable);
    pair_table_free(&memos.look_ups);
}

static void check(struct check *check)
{
    struct pair_table cleared = {0};
    find_cleared(check->program, &cleared);
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        if (is_test_code(check->program, file)) {
            continue;
        }
        bool may_cache = facts_symbol(facts, "functools") != NONE;
        for (uint32_t scope = 0; may_cache && scope < facts->n_scopes; scope++) {
            check_decorated(check, &cleared, file, scope);
        }
        check_memos(check, file);
    }
    pair_table_free(&cleared);
}

const struct rule rule_unbounded_cache = {
    .code = "W9406",
    .name = "unbounded-cache",
    .message = "the cache of '%s' has no bound: it keeps every '%s' it was ever called with, and "
               "the result",
    .why = "functools.cache and lru_cache(maxsize=None) never drop an entry: the arguments of each "
           "new call stay alive, with all they hold, and so does the result. A dict that serves "
           "as a memo does the same. Where arguments come with the work (requests, texts, ids, "
           "objects) the process grows as long as it runs, and no collection helps, for nothing "
           "of it is garbage. Fine where only a few arguments ever occur, or in a program that "
           "soon ends.",
    .instead = "functools.lru_cache(maxsize=…) with a bound (128 without an argument); "
               "cache_clear() when a unit of work is done; or a weak dictionary for results that "
               "belong to an object.",
    .since = "",
    .stands_for = "W9405",
    .check = check,
};
