/*
 * A context manager that is made and never entered, or entered by the wrong kind of `with`.
 *
 * Four ways it happens: `suppress(OSError)` as a statement of its own, a lock likewise, a manager
 * kept in a local name that nobody reads, and `with` where only `async with` will do or the other
 * way round.  What is a manager is known from a table of functions that do nothing before they are
 * entered, from `@contextmanager` in the program, and for the kind of `with` also from classes all
 * of whose ancestors are known.
 */
#include "rule.h"

/* What only works when entered.  Of the methods, the object may be anything. */
static const struct {
    const char *name;
    bool is_async;
    uint8_t n_arguments; /* with more, it does its work at once; 0: however many */
} managers[] = {
    {"contextlib.suppress", false, 0},
    {"contextlib.closing", false, 0},
    {"contextlib.nullcontext", false, 0},
    {"contextlib.redirect_stdout", false, 0},
    {"contextlib.redirect_stderr", false, 0},
    {"contextlib.chdir", false, 0},
    {"contextlib.aclosing", true, 0},
    {"contextlib.AsyncExitStack", true, 0},
    {"contextlib.ExitStack", false, 0},
    {"warnings.catch_warnings", false, 0},
    {"decimal.localcontext", false, 0},
    {"asyncio.timeout", true, 0},
    {"asyncio.timeout_at", true, 0},
    {"asyncio.TaskGroup", true, 0},
    {"async_timeout.timeout", true, 0},
    {"anyio.create_task_group", true, 0},
    {"anyio.move_on_after", false, 0},
    {"anyio.fail_after", false, 0},
    {"trio.open_nursery", true, 0},
    {"trio.move_on_after", false, 0},
    {"trio.fail_after", false, 0},
    {"pytest.raises", false, 1},
    {"pytest.warns", false, 1},
    {"unittest.mock.patch", false, 0},
    {"unittest.mock.patch.object", false, 0},
    {"unittest.mock.patch.dict", false, 0},
    {"mock.patch", false, 0},
    {"mock.patch.object", false, 0},
    {"mock.patch.dict", false, 0},
    {"numpy.errstate", false, 0},
    {"numpy.printoptions", false, 0},
    {"torch.no_grad", false, 0},
    {"torch.inference_mode", false, 0},
    {"tempfile.TemporaryDirectory", false, 0},
    {"django.db.transaction.atomic", false, 0},
    {"django.test.override_settings", false, 0},
};

/* Methods of unittest.TestCase that check nothing unless entered. */
static const char *const test_methods[] = {"assertRaises", "assertWarns", "assertLogs",
                                           "assertNoLogs", "subTest",     NULL};

/* Managers for `with` and `async with` alone, besides those above. */
static const char *const only_async[] = {"aiohttp.ClientSession", "httpx.AsyncClient",
                                         "aiofiles.open", NULL};
static const char *const only_sync[] = {"open",
                                        "io.open",
                                        "socket.socket",
                                        "sqlite3.connect",
                                        "requests.Session",
                                        "httpx.Client",
                                        "tempfile.NamedTemporaryFile",
                                        NULL};

/* Of those above, what either `with` can enter. */
static const char *const both[] = {"async_timeout.timeout", "contextlib.nullcontext", NULL};

struct look {
    struct check *check;
    uint32_t file;
    const struct facts *facts;
    const bool *is_wanted; /* by program symbol: some manager is called so */
};

static const struct op *op_at(const struct look *look, uint32_t op)
{
    return &look->facts->ops[op];
}

/* ---- managers ---- */

static int table_entry(const struct look *look, uint32_t callee)
{
    for (size_t i = 0; i < sizeof managers / sizeof *managers; i++) {
        if (facts_spells(look->facts, callee, managers[i].name)) {
            return (int)i;
        }
    }
    return -1;
}

static bool spells_any(const struct look *look, uint32_t value, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (facts_spells(look->facts, value, *names)) {
            return true;
        }
    }
    return false;
}

/* The function of the program that a call is of, `self.method()` included. */
static bool called_function(const struct look *look, uint32_t callee, struct method *found)
{
    const struct program *program = look->check->program;
    const struct op *op = op_at(look, callee);
    if (op->kind == OP_ATTRIBUTE && classes_is_self(look->facts, op->a)) {
        uint32_t class = classes_of_instance(program, look->file, op->a);
        return class != NONE
               && classes_find_method(program, class, facts_name(look->facts, op->b), found);
    }
    struct program *linked = (struct program *)(uintptr_t)program; /* it keeps nothing in it */
    struct entity entity = link_entity(linked, look->file, callee);
    *found = (struct method){.class = NONE, .file = entity.file, .scope = entity.index};
    return entity.kind == ENTITY_FUNCTION;
}

enum kind { NOT_A_MANAGER, SYNC, ASYNC };

/* What a function is that one of contextlib's decorators made a manager, and no other decorator
 * something else. */
static enum kind decorated_kind(const struct look *look, const struct method *function)
{
    const struct facts *facts = look->check->program->files[function->file];
    uint32_t first = facts_first_decorator(facts, function->scope);
    if (first == NONE || facts_next_decorator(facts, first) != NONE) {
        return NOT_A_MANAGER;
    }
    if (facts_find_decorator(facts, function->scope, "contextlib.contextmanager") != NONE) {
        return SYNC;
    }
    bool is_async =
        facts_find_decorator(facts, function->scope, "contextlib.asynccontextmanager") != NONE;
    return is_async ? ASYNC : NOT_A_MANAGER;
}

static bool has_wanted_name(const struct look *look, uint32_t callee)
{
    const struct op *op = op_at(look, callee);
    uint32_t symbol = op->kind == OP_LOAD        ? look->facts->variables[op->a].name
                      : op->kind == OP_ATTRIBUTE ? op->b
                                                 : NONE;
    symbol = link_symbol_of(look->check->program->link, look->file, symbol);
    return symbol != NONE && look->is_wanted[symbol];
}

/* Whether a call makes what does nothing unless entered. */
static enum kind manager_kind(const struct look *look, uint32_t call)
{
    struct method function;
    uint32_t callee = op_at(look, call)->a;
    if (!has_wanted_name(look, callee)) {
        return NOT_A_MANAGER;
    }
    int entry = table_entry(look, callee);
    if (entry >= 0) {
        uint8_t n = managers[entry].n_arguments;
        bool is_manager = n == 0 || op_at(look, call)->b <= n;
        return !is_manager ? NOT_A_MANAGER : managers[entry].is_async ? ASYNC : SYNC;
    }
    return called_function(look, callee, &function) ? decorated_kind(look, &function)
                                                    : NOT_A_MANAGER;
}

static bool is_test_check(const struct look *look, uint32_t call)
{
    const struct op *op = op_at(look, call);
    const struct op *callee = op_at(look, op->a);
    if (callee->kind != OP_ATTRIBUTE || !classes_is_self(look->facts, callee->a)
        || !words_have(test_methods, facts_name(look->facts, callee->b))) {
        return false;
    }
    struct method function;
    bool is_own = called_function(look, op->a, &function);
    bool is_starred =
        op->b > 0 && op_at(look, call + 1)->flags & (OP_IS_STARRED | OP_IS_DOUBLE_STARRED);
    return !is_own && !is_starred && op->b == 1;
}

/* ---- never entered ---- */

static bool is_lock(const struct look *look, uint32_t value)
{
    uint8_t kind = op_at(look, value)->kind;
    return (kind == OP_LOAD || kind == OP_ATTRIBUTE)
           && (locks_kind(look->check->program, look->file, value) != LOCK_NONE
               || locks_is_named_so(look->facts, value));
}

/* Whether an error is expected here: `with assertRaises(…)`. */
static bool is_meant_to_fail(const struct look *look, uint32_t op)
{
    uint32_t around = uses_control_around(look->facts, op);
    for (; around != NONE; around = uses_control_around(look->facts, around)) {
        if (op_at(look, around)->kind == OP_WITH
            && flow_suppresses(look->facts, op_at(look, around)->a)) {
            return true;
        }
    }
    return false;
}

static void check_statement(const struct look *look, uint32_t statement)
{
    struct check *check = look->check;
    uint32_t value = op_at(look, statement)->a;
    const struct op *op = op_at(look, value);
    if (is_lock(look, value)) {
        const char *name = uses_spell_chain(look->facts, value, &check->scratch);
        struct finding *finding =
            rule_report_as(check, place_of_op(look->file, op),
                           "'%s' is named, but not entered: it locks nothing", name);
        finding_remedy(check, finding, "with %s:", name);
        return;
    }
    if (op->kind != OP_CALL) {
        return;
    }
    enum kind kind = manager_kind(look, value);
    if ((kind != NOT_A_MANAGER || is_test_check(look, value))
        && !is_meant_to_fail(look, statement)) {
        const char *name = uses_spell_chain(look->facts, op->a, &check->scratch);
        struct finding *finding = rule_report(check, place_of_op(look->file, op), name);
        finding_remedy(check, finding, "%swith %s(…):", kind == ASYNC ? "async " : "", name);
    }
}

/* A local name that is bound here and nobody reads. */
static bool is_unread(const struct look *look, uint32_t variable, uint32_t scope)
{
    const struct scope *s = &look->facts->scopes[scope];
    const struct variable *v = &look->facts->variables[variable];
    if (s->kind != SCOPE_FUNCTION || v->scope != scope || s->flags & SCOPE_CALLS_LOCALS
        || v->flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED)) {
        return false;
    }
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (op_at(look, i)->kind == OP_LOAD && op_at(look, i)->a == variable) {
            return false;
        }
    }
    return true;
}

static void check_store(const struct look *look, uint32_t store, uint32_t scope)
{
    const struct op *op = op_at(look, store);
    const struct op *target = op_at(look, op->a);
    if (target->kind != OP_TARGET_NAME || op->b == NONE || op_at(look, op->b)->kind != OP_CALL
        || facts_spells(look->facts, op_at(look, op->b)->a, "tempfile.TemporaryDirectory")
        || manager_kind(look, op->b) == NOT_A_MANAGER || !is_unread(look, target->a, scope)) {
        return;
    }
    const char *name = uses_spell_chain(look->facts, op_at(look, op->b)->a, &look->check->scratch);
    rule_report(look->check, place_of_op(look->file, op_at(look, op->b)), name);
}

/* ---- the wrong `with` ---- */

/* What a class can be entered by, when all that it is made of is known. */
static enum kind class_kind(const struct look *look, uint32_t class)
{
    const struct program *program = look->check->program;
    struct method method;
    if (!program->classes->all.items[class].is_complete) {
        return NOT_A_MANAGER;
    }
    bool is_sync = classes_find_method(program, class, "__enter__", &method)
                   || classes_bind(program, class, "__enter__");
    bool is_async = classes_find_method(program, class, "__aenter__", &method)
                    || classes_bind(program, class, "__aenter__");
    return is_sync == is_async ? NOT_A_MANAGER : is_sync ? SYNC : ASYNC;
}

/* The only kind of `with` a value can be entered by. */
static enum kind only_kind(const struct look *look, uint32_t value)
{
    enum lock_kind lock = locks_kind(look->check->program, look->file, value);
    if (lock != LOCK_NONE) {
        return lock == LOCK_OF_TASKS ? ASYNC : SYNC;
    }
    const struct op *op = op_at(look, value);
    if (op->kind == OP_CALL) {
        enum kind kind = manager_kind(look, value);
        if (kind != NOT_A_MANAGER) {
            return spells_any(look, op->a, both) ? NOT_A_MANAGER : kind;
        }
        if (spells_any(look, op->a, only_async)) {
            return ASYNC;
        }
        if (spells_any(look, op->a, only_sync)) {
            return SYNC;
        }
    }
    uint32_t class = classes_of_instance(look->check->program, look->file, value);
    return class == NONE || classes_is_self(look->facts, value) ? NOT_A_MANAGER
                                                                : class_kind(look, class);
}

/* Whether what is entered is a manager's function itself: its call was forgotten. */
static bool is_uncalled(const struct look *look, uint32_t value)
{
    struct method function;
    uint8_t kind = op_at(look, value)->kind;
    return (kind == OP_LOAD || kind == OP_ATTRIBUTE) && has_wanted_name(look, value)
           && called_function(look, value, &function)
           && decorated_kind(look, &function) != NOT_A_MANAGER;
}

/* `with lock.acquire():` enters what acquire() returns. */
static bool is_acquisition(const struct look *look, uint32_t value)
{
    const struct op *op = op_at(look, value);
    const struct op *callee = op->kind == OP_CALL ? op_at(look, op->a) : op;
    return op->kind == OP_CALL && callee->kind == OP_ATTRIBUTE
           && strcmp(facts_name(look->facts, callee->b), "acquire") == 0
           && locks_kind(look->check->program, look->file, callee->a) != LOCK_NONE;
}

static void check_with(const struct look *look, uint32_t with)
{
    struct check *check = look->check;
    if (is_meant_to_fail(look, with)) {
        return;
    }
    uint32_t value = op_at(look, with)->a;
    struct place place = place_of_op(look->file, op_at(look, value));
    struct finding *finding = NULL;
    if (is_uncalled(look, value)) {
        finding = rule_report_as(check, place, "'%s' is entered without being called",
                                 uses_spell_chain(look->facts, value, &check->scratch));
    } else if (is_acquisition(look, value)) {
        const char *name =
            uses_spell_chain(look->facts, op_at(look, op_at(look, value)->a)->a, &check->scratch);
        finding = rule_report_as(check, place, "what acquire() returns is entered, not '%s'", name);
    } else {
        enum kind kind = only_kind(look, value);
        bool is_async = op_at(look, with)->flags & OP_IS_ASYNC;
        if (kind != NOT_A_MANAGER && is_async != (kind == ASYNC)) {
            const char *name = uses_spell_chain(
                look->facts, op_at(look, value)->kind == OP_CALL ? op_at(look, value)->a : value,
                &check->scratch);
            finding =
                rule_report_as(check, place, "'%s' is entered by '%swith', which it does not know",
                               name, is_async ? "async " : "");
            finding_remedy(check, finding, "%swith", kind == ASYNC ? "async " : "");
        }
    }
    if (finding != NULL && finding->confidence == CONFIDENCE_LIKELY
        && !is_test_code(check->program, look->file)) {
        finding->confidence = CONFIDENCE_CERTAIN;
    }
}

/* ---- the walk ---- */

static void check_scope(const struct look *look, uint32_t scope)
{
    const struct scope *s = &look->facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        switch (op_at(look, i)->kind) {
        case OP_EXPRESSION:
            check_statement(look, i);
            break;
        case OP_STORE:
            check_store(look, i, scope);
            break;
        case OP_WITH:
            check_with(look, i);
            break;
        default:
            break;
        }
    }
}

/* The last parts of the table's names, and the names of the program's own managers. */
static const bool *find_wanted(struct check *check)
{
    const struct program *program = check->program;
    bool *is_wanted = arena_alloc(&check->scratch, program->link->n_file_symbols + 1);
    for (size_t i = 0; i < sizeof managers / sizeof *managers; i++) {
        const char *last = strrchr(managers[i].name, '.') + 1;
        uint32_t symbol = link_find_file_symbol(program, last);
        if (symbol != NONE) {
            is_wanted[symbol] = true;
        }
    }
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        const struct look look = {.check = check, .file = file, .facts = facts};
        for (uint32_t scope = 1; scope < facts->n_scopes; scope++) {
            const struct method function = {.class = NONE, .file = file, .scope = scope};
            if (facts->scopes[scope].kind == SCOPE_FUNCTION
                && decorated_kind(&look, &function) != NOT_A_MANAGER) {
                is_wanted[link_symbol_of(program->link, file, facts->scopes[scope].name)] = true;
            }
        }
    }
    return is_wanted;
}

static void check(struct check *check)
{
    const bool *is_wanted = find_wanted(check);
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        const struct facts *facts = check->program->files[file];
        const struct look look = {
            .check = check, .file = file, .facts = facts, .is_wanted = is_wanted};
        for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
            check_scope(&look, scope);
        }
    }
}

const struct rule rule_context_manager_not_entered = {
    .code = "W9307",
    .name = "context-manager-not-entered",
    .message = "'%s' makes a context manager that is never entered: it does nothing",
    .why = "A context manager does its work when `with` enters and leaves it. Made and dropped, it "
           "does nothing at all: the exception is not suppressed, the lock not taken, the setting "
           "not changed, the test checks nothing and passes. Nobody says so. The wrong kind of "
           "`with` is an error, AttributeError before 3.11 and TypeError since, but only when that "
           "line runs.",
    .instead = "`with suppress(OSError):` and the code in its block; `async with` for what has "
               "__aenter__().",
    .since = "",
    .confidence = CONFIDENCE_LIKELY,
    .check = check,
};
