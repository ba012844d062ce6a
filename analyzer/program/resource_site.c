/*
 * resource_site.c - where the value of an acquisition goes within its scope, paths aside.
 *
 * Starting from the maker's call, the values that may be the resource are collected: what is
 * stored in a local name is also what each load of that name gives.  Each op that takes such a
 * value is asked what it does to it; most merely use it.
 */
#include "base/words.h"
#include "program/link.h"
#include "program/resource_site.h"

#include <string.h>

struct trace {
    struct site *site;
    struct {
        ARRAY_OF(uint32_t);
    } values; /* still to be looked at */
};

static const struct op *op_at(const struct site *site, uint32_t op)
{
    return &site->facts->ops[op];
}

static uint32_t offset_of(const struct site *site, uint32_t op)
{
    return op - site->view->first_op;
}

static uint8_t source_of(const struct site *site, uint32_t value)
{
    return site->source[offset_of(site, value)];
}

static uint8_t join_sources(uint8_t a, uint8_t b)
{
    if (a == SOURCE_NONE || a == b) {
        return b;
    }
    return b == SOURCE_NONE ? a : SOURCE_MIXED;
}

static void add_value(struct trace *trace, uint32_t value, uint8_t source)
{
    uint8_t *old = &trace->site->source[offset_of(trace->site, value)];
    uint8_t joined = join_sources(*old, source);
    if (joined != *old) {
        *old = joined;
        *array_push(&trace->values) = value;
    }
}

static void add_effect(struct trace *trace, enum effect effect, uint32_t op, uint8_t source)
{
    struct site *site = trace->site;
    uint8_t *old = &site->effect[offset_of(site, op)];
    site->effect_source[offset_of(site, op)] = source;
    if (*old == effect || (*old != EFFECT_NONE && effect != EFFECT_GIVE)) {
        return;
    }
    *old = (uint8_t)effect;
    site->n_closed += effect == EFFECT_CLOSE;
    site->n_entered += effect == EFFECT_ENTER;
    site->n_given += effect == EFFECT_GIVE;
    site->is_given_at_once |= effect == EFFECT_GIVE && source == SOURCE_NEW;
    if (effect == EFFECT_CLOSE && (site->close == NONE || op < site->close)) {
        site->close = op;
    }
}

/* ---- stores ---- */

static void add_holder(struct trace *trace, uint32_t variable)
{
    struct site *site = trace->site;
    if (site_holder(site, variable) != 0) {
        return;
    }
    if (site->n_holders == MAX_HOLDERS) {
        site->is_hidden = true;
        return;
    }
    site->holders[site->n_holders++] = variable;
    uint8_t source = (uint8_t)site->n_holders;
    uint32_t load = scope_view_load(site->view, variable, NONE);
    for (; load != NONE; load = scope_view_load(site->view, variable, load)) {
        add_value(trace, load, source);
    }
}

static void store_in_name(struct trace *trace, uint32_t store, uint32_t variable)
{
    struct site *site = trace->site;
    const struct variable *v = &site->facts->variables[variable];
    if (v->scope != site->scope || (v->flags & (VARIABLE_IS_CAPTURED | VARIABLE_IS_DECLARED))) {
        site->is_hidden = true;
        return;
    }
    if (store < site->first_store) {
        site->first_store = store;
    }
    add_holder(trace, variable);
}

static void take_store(struct trace *trace, uint32_t store, uint32_t value)
{
    struct site *site = trace->site;
    const struct op *target = op_at(site, op_at(site, store)->a);
    if (target->kind == OP_TARGET_NAME) {
        store_in_name(trace, store, target->a);
        return;
    }
    if (target->kind == OP_TARGET_ATTRIBUTE && site->owner_store == NONE) {
        site->owner_store = store;
    }
    add_effect(trace, EFFECT_GIVE, store, source_of(site, value));
}

/* ---- attributes and methods ---- */

/* Attributes that say something about the resource, and do not give it away. */
static const char *const plain_attributes[] = {
    "name",           "mode",     "closed", "encoding", "errors", "newlines", "pid",
    "returncode",     "stdin",    "stdout", "stderr",   "args",   "status",   "reason",
    "headers",        "url",      "code",   "family",   "type",   "proto",    "timeout",
    "filename",       "filelist", "size",   "width",    "height", "format",   "row_factory",
    "server_address", "raw",      "buffer", "fp",
};

static bool is_plain_attribute(const char *name)
{
    for (size_t i = 0; i < sizeof plain_attributes / sizeof *plain_attributes; i++) {
        if (strcmp(name, plain_attributes[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Whoever calls these has left it to others: to __exit__(), to the end of the process. */
static bool is_taking_over(const char *method)
{
    return strcmp(method, "__enter__") == 0 || strcmp(method, "__aenter__") == 0
           || strcmp(method, "serve_forever") == 0;
}

/* os.dup2(f.fileno(), 1): what is underneath lives on under another number, and is meant to. */
static bool is_duplicated(const struct site *site, uint32_t call, const char *method)
{
    uint32_t use = scope_view_use(site->view, call, NONE);
    if (strcmp(method, "fileno") != 0 || use == NONE
        || op_at(site, use_op(site->view, use))->kind != OP_ARGUMENT) {
        return false;
    }
    uint32_t owner = scope_view_owner(site->view, use_op(site->view, use));
    return op_at(site, owner)->kind == OP_CALL
           && facts_spells(site->facts, op_at(site, owner)->a, "os.dup2");
}

/* Whether what takes the attribute of a resource may keep it, or pass it on. */
static bool keeps_attribute(const struct site *site, uint32_t op)
{
    switch (op_at(site, op)->kind) {
    case OP_ARGUMENT: {
        uint32_t owner = scope_view_owner(site->view, op);
        return op_at(site, owner)->kind != OP_CALL
               || !makers_call_borrows(site->makers, site->facts, owner, site->scratch);
    }
    case OP_STORE:
        return op_at(site, op_at(site, op)->a)->kind != OP_TARGET_NAME;
    case OP_RETURN:
    case OP_YIELD:
    case OP_ELEMENT:
    case OP_COLLECT:
        return true;
    default:
        return false;
    }
}

/* `receive(open(path, "wb").write)`: whoever has only the method cannot close what it belongs to.
 */
static bool is_method_of_lost(const struct site *site, uint32_t op, const char *name,
                              uint8_t source)
{
    static const char *const methods[] = {"write", "writelines", "read", "readline", "readlines"};
    if (source != SOURCE_NEW || op_at(site, op)->kind != OP_ARGUMENT) {
        return false;
    }
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(name, methods[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether the method makes what keeps the resource alive: a cursor its connection, a shared dict
 * its manager. */
static bool makes_holder(const struct site *site, const char *method)
{
    static const char *const of_connection[] = {"cursor", "execute", "executemany", NULL};
    static const char *const of_manager[] = {
        "dict",      "list",      "Queue",   "JoinableQueue", "Namespace",
        "Value",     "Array",     "Lock",    "RLock",         "Event",
        "Condition", "Semaphore", "Barrier", "Pool",          "BoundedSemaphore",
        NULL};
    const char *thing = site->maker->thing;
    return (strcmp(thing, "database connection") == 0 && words_have(of_connection, method))
           || (strcmp(thing, "manager") == 0 && words_have(of_manager, method));
}

static bool has_keeping_use(const struct site *site, uint32_t value)
{
    uint32_t use = scope_view_use(site->view, value, NONE);
    while (use != NONE && !keeps_attribute(site, use_op(site->view, use))) {
        use = scope_view_use(site->view, value, use);
    }
    return use != NONE;
}

/* Whether a value goes to where it lives on, at once or by the local name that it gets. */
static bool is_kept(const struct site *site, uint32_t value)
{
    if (has_keeping_use(site, value)) {
        return true;
    }
    uint32_t use = scope_view_use(site->view, value, NONE);
    for (; use != NONE; use = scope_view_use(site->view, value, use)) {
        const struct op *op = op_at(site, use_op(site->view, use));
        if (op->kind != OP_STORE || op_at(site, op->a)->kind != OP_TARGET_NAME) {
            continue;
        }
        uint32_t variable = op_at(site, op->a)->a;
        if (site->facts->variables[variable].scope != site->scope) {
            return true;
        }
        uint32_t load = scope_view_load(site->view, variable, NONE);
        for (; load != NONE; load = scope_view_load(site->view, variable, load)) {
            if (has_keeping_use(site, load)) {
                return true;
            }
        }
    }
    return false;
}

static void take_method_call(struct trace *trace, uint32_t call, const char *method, uint8_t source)
{
    struct site *site = trace->site;
    if (maker_is_closer(site->maker, method) || strcmp(method, "__exit__") == 0
        || strcmp(method, "__aexit__") == 0) {
        add_effect(trace, EFFECT_CLOSE, call, source);
    } else if (is_taking_over(method) || is_duplicated(site, call, method)) {
        add_effect(trace, EFFECT_GIVE, call, source);
    } else if (makes_holder(site, method) && is_kept(site, call)) {
        add_effect(trace, EFFECT_GIVE, call, source);
    } else {
        site->n_plain++;
    }
}

static void take_attribute(struct trace *trace, uint32_t attribute, uint32_t value)
{
    struct site *site = trace->site;
    uint8_t source = source_of(site, value);
    const char *name = facts_name(site->facts, op_at(site, attribute)->b);
    bool is_closer = maker_is_closer(site->maker, name);
    bool is_plain = is_plain_attribute(name);
    uint32_t use = scope_view_use(site->view, attribute, NONE);
    site->n_plain += use == NONE;
    for (; use != NONE; use = scope_view_use(site->view, attribute, use)) {
        uint32_t op = use_op(site->view, use);
        if (op_at(site, op)->kind == OP_CALL) {
            take_method_call(trace, op, name, source);
        } else if (is_method_of_lost(site, op, name, source)) {
            site->n_plain++;
        } else if (is_closer || (!is_plain && keeps_attribute(site, op))) {
            bool is_argument = op_at(site, op)->kind == OP_ARGUMENT;
            add_effect(trace, EFFECT_GIVE, is_argument ? scope_view_owner(site->view, op) : op,
                       source);
        } else {
            site->n_plain++;
        }
    }
}

/* ---- calls and containers ---- */

/* A descriptor is a number: printed, formatted or copied, it may reach whoever closes it.  Only
 * functions of modules are known to just use one. */
static bool borrows_number(const struct site *site, uint32_t call)
{
    return op_at(site, op_at(site, call)->a)->kind == OP_ATTRIBUTE;
}

/* The dotted name of what is called, also of a function of the program; NULL when nobody said
 * anything of functions. */
static const char *name_said(const struct site *site, uint32_t call)
{
    uint32_t callee = op_at(site, call)->a;
    if (!site->makers->is_said || op_at(site, call)->kind != OP_CALL) {
        return NULL;
    }
    struct entity entity = link_entity(site->program, site->file, callee);
    return entity.kind == ENTITY_FUNCTION
               ? link_dotted(site->program, entity.file, entity.index, site->scratch)
           : entity.kind == ENTITY_FOREIGN ? link_text(site->program, entity.index)
                                           : NULL;
}

static bool borrows(struct site *site, uint32_t argument)
{
    uint32_t call = scope_view_owner(site->view, argument);
    if (op_at(site, call)->kind != OP_CALL) {
        return false;
    }
    bool may_be_table = !(site->maker->flags & MAKER_IS_NUMBER) || borrows_number(site, call);
    return (may_be_table && makers_call_borrows(site->makers, site->facts, call, site->scratch))
           || callee_borrows(site, call, argument);
}

/* Whether the call makes something around an open file that leaves it open in the end:
 * ZipFile(file), nullcontext(file). */
static bool leaves_open(const struct site *site, uint32_t call)
{
    uint32_t callee = op_at(site, call)->a;
    const char *dotted = facts_dotted_name(site->facts, callee, site->scratch);
    if (op_at(site, call)->kind != OP_CALL || dotted == NULL
        || !facts_spells(site->facts, callee, dotted)) {
        return false;
    }
    const struct maker *maker = makers_find(site->makers, dotted);
    return strcmp(dotted, "contextlib.nullcontext") == 0
           || (maker != NULL && (maker->flags & MAKER_TAKES_OBJECT)
               && !(maker->flags & MAKER_CLOSES_OBJECT));
}

/* A new file that only such a thing is given; false if that lives on. */
static bool take_by_wrapper(struct trace *trace, uint32_t wrapper)
{
    struct site *site = trace->site;
    uint32_t use = scope_view_use(site->view, wrapper, NONE);
    if (use == NONE) {
        return false;
    }
    uint32_t op = use_op(site->view, use);
    if (op_at(site, op)->kind == OP_WITH) {
        site->open_with = op;
        add_effect(trace, EFFECT_GIVE, op, SOURCE_NEW);
        return true;
    }
    site->n_plain += op_at(site, op)->kind == OP_ATTRIBUTE;
    return op_at(site, op)->kind == OP_ATTRIBUTE;
}

/* Whether the user has said what the called function does with it. */
static bool take_as_said(struct trace *trace, uint32_t call, uint8_t source)
{
    const char *name = name_said(trace->site, call);
    if (name != NULL && makers_is_closer(trace->site->makers, name)) {
        add_effect(trace, EFFECT_CLOSE, call, source);
        return true;
    }
    bool is_borrower = name != NULL && makers_is_borrower(trace->site->makers, name);
    trace->site->n_plain += is_borrower;
    return is_borrower;
}

static void take_argument(struct trace *trace, uint32_t argument, uint32_t value)
{
    struct site *site = trace->site;
    uint32_t owner = scope_view_owner(site->view, argument);
    if (take_as_said(trace, owner, source_of(site, value))) {
        return;
    }
    if (source_of(site, value) == SOURCE_NEW && leaves_open(site, owner)
        && take_by_wrapper(trace, owner)) {
        return;
    }
    if (borrows(site, argument)) {
        if (site->maker->flags & MAKER_ENDS_EXHAUSTED) {
            add_effect(trace, EFFECT_CLOSE, owner, source_of(site, value));
        }
        site->n_plain++;
    } else {
        add_effect(trace, EFFECT_GIVE, owner, source_of(site, value));
    }
}

/* Calls that look at what is in a list they are given, and keep none of it. */
static const char *const list_borrowers[] = {
    "select.select",         "multiprocessing.connection.wait",
    "subprocess.Popen",      "subprocess.call",
    "subprocess.check_call", "subprocess.check_output",
    "subprocess.run",        "print",
};

static bool borrows_elements(const struct site *site, uint32_t op)
{
    uint32_t call = op_at(site, op)->kind == OP_ARGUMENT ? scope_view_owner(site->view, op) : op;
    if (op_at(site, call)->kind != OP_CALL || call == op) {
        return false;
    }
    for (size_t i = 0; i < sizeof list_borrowers / sizeof *list_borrowers; i++) {
        if (facts_spells(site->facts, op_at(site, call)->a, list_borrowers[i])) {
            return true;
        }
    }
    return false;
}

/* A display keeps it, unless it is only an argument of select() and its like. */
static void take_element(struct trace *trace, uint32_t element, uint32_t value)
{
    struct site *site = trace->site;
    uint32_t display = scope_view_owner(site->view, element);
    bool is_borrowed = false;
    uint32_t use = scope_view_use(site->view, display, NONE);
    for (; use != NONE; use = scope_view_use(site->view, display, use)) {
        uint32_t op = use_op(site->view, use);
        is_borrowed = borrows_elements(site, op);
        if (!is_borrowed) {
            break;
        }
    }
    if (is_borrowed) {
        site->n_plain++;
    } else {
        add_effect(trace, EFFECT_GIVE, display, source_of(site, value));
    }
}

/* ---- the rest ---- */

/* `"%d" % number`, `number | flag`: who knows. */
static void take_operand(struct trace *trace, uint32_t op, uint32_t value)
{
    if (trace->site->maker->flags & MAKER_IS_NUMBER) {
        add_effect(trace, EFFECT_GIVE, op, source_of(trace->site, value));
    } else {
        trace->site->n_plain++;
    }
}

static void take_alias(struct trace *trace, uint32_t op, uint32_t value)
{
    trace->site->is_conditional |= op_at(trace->site, op)->kind == OP_EITHER;
    add_value(trace, op, source_of(trace->site, value));
}

static bool closes_in_with(const struct site *site, uint32_t with)
{
    bool is_async = op_at(site, with)->flags & OP_IS_ASYNC;
    bool wants_async = site->maker->flags & MAKER_IS_ASYNC;
    return !(site->maker->flags & MAKER_WITH_KEEPS_OPEN) && is_async == wants_async;
}

/* A first `with` around a connection that it does not close is W9306's business. */
static void take_with(struct trace *trace, uint32_t with, uint32_t value)
{
    struct site *site = trace->site;
    uint8_t source = source_of(site, value);
    if (closes_in_with(site, with)) {
        add_effect(trace, EFFECT_ENTER, with, source);
    } else if (source == SOURCE_NEW) {
        add_effect(trace, EFFECT_GIVE, with, source);
        if (!(site->maker->flags & MAKER_HAS_NO_WITH)) {
            site->open_with = with;
        }
    } else {
        site->n_plain++;
    }
}

static void take_entered(struct trace *trace, uint32_t entered, uint32_t value)
{
    if (trace->site->maker->flags & MAKER_WITH_KEEPS_OPEN) {
        take_alias(trace, entered, value);
    }
}

/* Whether the loop may end before its iterable does: an iterator that was not asked to its end is
 * still open, and a ResourceWarning says so. */
static bool is_left_early(const struct site *site, uint32_t next)
{
    uint32_t loop = scope_view_block(site->view, next);
    if (loop == NONE || op_at(site, loop)->kind != OP_LOOP) {
        return false; /* of a comprehension */
    }
    uint32_t end = op_at(site, loop)->b;
    for (uint32_t op = next; op < end; op++) {
        const struct op *here = op_at(site, op);
        if (here->kind == OP_RETURN || (here->kind == OP_BREAK && here->b == end)) {
            return true;
        }
    }
    return false;
}

/* Going through all of a temporary one closes it; of one with a name, its paths tell. */
static void take_next(struct trace *trace, uint32_t next, uint32_t value)
{
    struct site *site = trace->site;
    if ((site->maker->flags & MAKER_ENDS_EXHAUSTED) && source_of(site, value) == SOURCE_NEW
        && !is_left_early(site, next)) {
        add_effect(trace, EFFECT_CLOSE, next, SOURCE_NEW);
    } else {
        site->n_plain++;
    }
}

static void take_for_good(struct trace *trace, uint32_t op, uint32_t value)
{
    add_effect(trace, EFFECT_GIVE, op, source_of(trace->site, value));
}

static void (*const takers[N_OP_KINDS])(struct trace *trace, uint32_t op, uint32_t value) = {
    [OP_STORE] = take_store,     [OP_ATTRIBUTE] = take_attribute, [OP_ARGUMENT] = take_argument,
    [OP_ELEMENT] = take_element, [OP_EITHER] = take_alias,        [OP_AWAIT] = take_alias,
    [OP_WITH] = take_with,       [OP_ENTERED] = take_entered,     [OP_RETURN] = take_for_good,
    [OP_YIELD] = take_for_good,  [OP_NEXT] = take_next,           [OP_BINARY] = take_operand,
    [OP_RAISE] = take_for_good,  [OP_COLLECT] = take_for_good,
};

static void take(struct trace *trace, uint32_t op, uint32_t value)
{
    if (takers[op_at(trace->site, op)->kind] != NULL) {
        takers[op_at(trace->site, op)->kind](trace, op, value);
    } else {
        trace->site->n_plain++;
    }
}

static bool is_in_condition(const struct site *site)
{
    uint32_t block = scope_view_block(site->view, site->call);
    for (; block != NONE; block = scope_view_outer(site->view, block)) {
        uint8_t kind = op_at(site, block)->kind;
        if (kind == OP_IF || kind == OP_ELSE || kind == OP_EXCEPT) {
            return true;
        }
    }
    return false;
}

static void start_trace(struct site *site)
{
    uint32_t n = site->view->n_ops;
    site->source = arena_alloc(site->scratch, n);
    site->effect = arena_alloc(site->scratch, n);
    site->effect_source = arena_alloc(site->scratch, n);
    site->first_store = site->owner_store = site->close = site->open_with = NONE;
}

static void trace_values(struct trace *trace)
{
    struct site *site = trace->site;
    while (trace->values.n > 0) {
        uint32_t value = trace->values.items[--trace->values.n];
        uint32_t use = scope_view_use(site->view, value, NONE);
        if (use == NONE && (site->maker->flags & MAKER_IS_NUMBER)) {
            add_effect(trace, EFFECT_GIVE, value, source_of(site, value)); /* in an f-string */
        }
        for (; use != NONE; use = scope_view_use(site->view, value, use)) {
            take(trace, use_op(site->view, use), value);
        }
    }
    array_free(&trace->values);
}

void site_trace(struct site *site)
{
    start_trace(site);
    site->is_conditional = is_in_condition(site);
    struct trace trace = {.site = site};
    add_value(&trace, site->value, SOURCE_NEW);
    trace_values(&trace);
}

void site_trace_parameter(struct site *site, uint32_t variable)
{
    start_trace(site);
    struct trace trace = {.site = site};
    if (site->facts->variables[variable].flags & VARIABLE_IS_CAPTURED) {
        site->is_hidden = true;
        return;
    }
    add_holder(&trace, variable);
    trace_values(&trace);
}
