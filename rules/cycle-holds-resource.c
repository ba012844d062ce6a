/*
 * A cycle with a file, socket, lock, process or thread in it: its release waits for the collector.
 *
 * For each class in a cycle of the heap analysis: does one of its methods store something in an
 * attribute that a table of resource makers knows?  Reported where the resource is made.  Quiet
 * when the cycle is one that a method takes apart, or is made once in the program's life; or only
 * there for as long as an exception is, or a frame.  Where a method of the class closes it, only
 * who forgets to call that method waits for the collector: a possible finding.
 */
#include "rule.h"

/* What no table of makers has and yet hurts when it waits.  The system keeps a thread as long as it
 * runs, whoever holds it, and a lock or a buffer is only memory: those are possible findings. */
struct heavy {
    const char *name, *thing;
    enum confidence confidence;
};

static const struct heavy heavies[] = {
    {"threading.Thread", "thread", CONFIDENCE_POSSIBLE},
    {"threading.Timer", "timer thread", CONFIDENCE_POSSIBLE},
    {"threading.Lock", "lock", CONFIDENCE_POSSIBLE},
    {"threading.RLock", "lock", CONFIDENCE_POSSIBLE},
    {"multiprocessing.Process", "process", CONFIDENCE_LIKELY},
    {"bytearray", "buffer", CONFIDENCE_POSSIBLE},
    {"memoryview", "buffer", CONFIDENCE_LIKELY},
};

static const struct heavy *find_heavy(const char *name)
{
    for (size_t i = 0; i < sizeof heavies / sizeof *heavies; i++) {
        if (strcmp(heavies[i].name, name) == 0) {
            return &heavies[i];
        }
    }
    return NULL;
}

/* What the value of the store makes, when that is a call of something that hurts; else a NULL
 * thing. */
static struct heavy thing_stored(struct check *check, const struct attribute_store *store)
{
    const struct facts *facts = check->program->files[store->file];
    struct heavy nothing = {.thing = NULL};
    if (store->is_kill) {
        return nothing;
    }
    const struct op *value = &facts->ops[facts->ops[store->op].b];
    const char *name =
        value->kind == OP_CALL ? facts_dotted_name(facts, value->a, &check->scratch) : NULL;
    if (name == NULL || !facts_spells(facts, value->a, name)) {
        return nothing;
    }
    const struct maker *maker = makers_find(&check->program->resources->makers, name);
    const struct heavy *heavy = find_heavy(name);
    if (maker != NULL) {
        return (struct heavy){name, maker->thing, CONFIDENCE_CERTAIN};
    }
    return heavy != NULL ? *heavy : nothing;
}

/* ---- a method that closes it ---- */

/* Whether `attribute`, an op, reads `name` of self, and closes it: `self.name.close()`. */
static bool closes(const struct facts *facts, uint32_t attribute, uint32_t name)
{
    static const char *const closers[] = {"=close",    "=aclose",   "=terminate", "=kill",
                                          "=shutdown", "=stop",     "=cleanup",   "=term",
                                          "=destroy",  "=shut",     "=wait",      "=communicate",
                                          "=release",  "=finalize", NULL};
    const struct op *op = &facts->ops[attribute];
    if (op->kind != OP_ATTRIBUTE || op->b != name || !classes_is_self(facts, op->a)) {
        return false;
    }
    for (uint32_t use = uses_next(facts, attribute, attribute); use != NONE;
         use = uses_next(facts, attribute, use)) {
        bool is_method = facts->ops[use].kind == OP_ATTRIBUTE;
        if (is_method && words_occur_in(closers, facts_name(facts, facts->ops[use].b))) {
            return true;
        }
    }
    return false;
}

/* Whether a method of the class that the store belongs to, but not `__del__`, closes what is
 * stored. */
static bool has_closer(const struct facts *facts, const struct attribute_store *store)
{
    uint32_t name = facts->ops[facts->ops[store->op].a].b;
    const struct scope *class = &facts->scopes[facts->scopes[store->scope].parent];
    for (uint32_t i = class->first_child; i < class->first_child + class->n_children; i++) {
        const struct scope *method = &facts->scopes[i];
        bool is_finalizer = strcmp(facts_name(facts, method->name), "__del__") == 0;
        for (uint32_t op = method->first_op; !is_finalizer && op < method->first_op + method->n_ops;
             op++) {
            if (closes(facts, op, name)) {
                return true;
            }
        }
    }
    return false;
}

/* ---- */

static void report_store(struct check *check, const struct cycle *cycle,
                         const struct attribute_store *store, struct heavy heavy)
{
    const struct facts *facts = check->program->files[store->file];
    const struct op *op = &facts->ops[store->op];
    const char *dot = strrchr(cycle->edges->holder, '.');
    const char *attribute = facts_name(facts, facts->ops[op->a].b);
    struct finding *finding =
        rule_report(check, place_of_op(store->file, op), attribute, heavy.thing,
                    dot != NULL ? dot + 1 : cycle->edges->holder);
    finding->confidence =
        cycle->confidence < heavy.confidence ? cycle->confidence : heavy.confidence;
    if (has_closer(facts, store)) {
        finding->confidence = CONFIDENCE_POSSIBLE;
    }
    finding_relate(check, finding, cycle->place, "the cycle is closed here");
}

/* Whether the statement stores it in something else as well: `self.out = sys.stdout = open(…)`. */
static bool is_stored_twice(const struct facts *facts, uint32_t store)
{
    uint32_t value = facts->ops[store].b;
    for (uint32_t use = value == NONE ? NONE : uses_next(facts, value, value); use != NONE;
         use = uses_next(facts, value, use)) {
        const struct op *op = &facts->ops[use];
        const struct op *target = op->kind == OP_STORE ? &facts->ops[op->a] : NULL;
        if (target != NULL && use != store
            && (target->kind == OP_TARGET_NAME ? is_global_variable(facts, target->a)
                                               : !classes_is_self(facts, target->a))) {
            return true;
        }
    }
    return false;
}

static void check_class(struct check *check, const struct cycle *cycle, uint32_t class)
{
    const struct attribute_store *store = members_stores_of_class(check->program, class);
    for (; store != NULL; store = members_store_at(check->program, store->next_of_class)) {
        struct heavy heavy = thing_stored(check, store);
        if (heavy.thing != NULL
            && !is_stored_twice(check->program->files[store->file], store->op)) {
            report_store(check, cycle, store, heavy);
        }
    }
}

/* Whether an earlier cycle, or an earlier edge of this one, already led to the class. */
static bool was_checked(struct pair_table *checked, uint32_t class)
{
    bool is_old = pair_table_get(checked, class) != TABLE_NONE;
    pair_table_put(checked, class, 1);
    return is_old;
}

static void check(struct check *check)
{
    struct pair_table checked = {0};
    for (size_t i = 0; i < check->heap->cycles.n; i++) {
        const struct cycle *cycle = &check->heap->cycles.items[i];
        bool is_of_call = cycle->kind == CYCLE_EXCEPTION || cycle->kind == CYCLE_FRAME;
        if (cycle->killer != NULL || cycle->is_made_once || is_of_call
            || cycle->confidence == CONFIDENCE_POSSIBLE
            || is_test_code(check->program, cycle->place.file)) {
            continue;
        }
        for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
            if (edge->class != NONE && !was_checked(&checked, edge->class)) {
                check_class(check, cycle, edge->class);
            }
        }
    }
    pair_table_free(&checked);
}

const struct rule rule_cycle_holds_resource = {
    .code = "W9109",
    .name = "cycle-holds-resource",
    .message =
        "'%s' keeps a %s in a reference cycle of '%s': its release waits for the cyclic collector",
    .why = "Reference counting closes a file, socket or process the moment its last owner goes. "
           "Owners in a "
           "reference cycle do not go: the resource stays open until the cyclic collector examines "
           "their "
           "generation, which for long-lived objects can be minutes, or never if the program "
           "allocates little. "
           "The process runs out of descriptors, ports or threads while memory looks fine.",
    .instead =
        "Close the resource explicitly (a context manager, a close() that every path reaches), and "
        "break the cycle (see the related place).",
    .since = "",
    .needs_heap = true,
    .check = check,
};
