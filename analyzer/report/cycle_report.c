/*
 * cycle_report.c - from the heap analysis' cycles to findings in words: what the rules of family 91
 * share.
 */
#include "rule.h"

#include "report/cycle_fix.h"

/* The last part of a dotted name: what a person calls a class. */
static const char *short_name(const char *dotted)
{
    const char *dot = strrchr(dotted, '.');
    return dot != NULL && dot[1] != '\0' ? dot + 1 : dotted;
}

static void describe_edge(struct builder *out, const struct cycle_edge *edge)
{
    const char *dot = edge->attribute[0] == '[' ? "" : ".";
    builder_addf(out, "%s%s%s -> %s", short_name(edge->holder), dot, edge->attribute,
                 short_name(edge->target));
    if (*edge->via != '\0') {
        builder_addf(out, " (via %s)", edge->via);
    }
}

static void describe_path(struct builder *out, const struct cycle *cycle)
{
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        describe_edge(out, edge);
        if (edge->next != NULL) {
            builder_add(out, ", ");
        }
    }
}

static bool names_differ(const struct cycle *cycle)
{
    return cycle->n_edges == 2 && strcmp(cycle->edges->holder, cycle->edges->target) != 0;
}

/* The opening words: who holds whom. */
static void describe_holders(struct builder *out, const struct cycle *cycle)
{
    const char *first = short_name(cycle->edges->holder);
    switch (cycle->kind) {
    case CYCLE_CALLBACK:
        builder_addf(out, "'%s' holds a bound method of its own: ", first);
        break;
    case CYCLE_CLOSURE:
        if (cycle->is_recursive_closure) {
            builder_addf(out, "nested function '%s' holds itself: ", first);
        } else {
            builder_addf(out, "'%s' holds a function that captures it: ", first);
        }
        break;
    case CYCLE_EXCEPTION:
        builder_addf(out, "a frame of '%s' is held by the exception it keeps: ", first);
        break;
    case CYCLE_FRAME:
        builder_addf(out, "a frame of '%s' is held by its own local: ", first);
        break;
    case CYCLE_GENERATOR:
        builder_addf(out, "'%s' holds a generator whose frame holds it: ", first);
        break;
    case CYCLE_INSTANCE:
    case CYCLE_CONTAINER:
    case CYCLE_CLASS:
        if (cycle->n_edges == 1) {
            builder_addf(out, "'%s' holds itself: ", first);
        } else if (names_differ(cycle)) {
            builder_addf(out, "'%s' and '%s' hold each other: ", first,
                         short_name(cycle->edges->target));
        } else if (cycle->n_edges == 2) {
            builder_addf(out, "two '%s' objects hold each other: ", first);
        } else {
            builder_addf(out, "%u objects hold each other: ", cycle->n_edges);
        }
        break;
    }
}

static void relate_edges(struct check *check, struct finding *finding, const struct cycle *cycle)
{
    struct builder words = {0};
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        builder_clear(&words);
        describe_edge(&words, edge);
        finding_relate(check, finding, edge->place, "%s", builder_string(&words));
    }
    if (cycle->killer != NULL) {
        finding_relate(check, finding, cycle->killer_place, "%s takes it apart", cycle->killer);
    }
    builder_free(&words);
}

/* The local of a frame, or the attribute of an object, that leads to the exception; NULL where it
 * is something else.  `self` is no local that anybody would delete. */
static const char *name_that_keeps(const struct cycle *cycle, bool is_local)
{
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        bool is_name = *edge->attribute != '[' && *edge->attribute != '\0'
                       && strncmp(edge->attribute, "__", 2) != 0;
        if (is_name && (edge->class == NONE) == is_local && strstr(edge->via, "cell") == NULL
            && strcmp(edge->attribute, "self") != 0) {
            return edge->attribute;
        }
    }
    return NULL;
}

static void propose_for_exception(struct check *check, struct finding *finding,
                                  const struct cycle *cycle)
{
    const char *local = name_that_keeps(cycle, true);
    const char *attribute = local == NULL ? name_that_keeps(cycle, false) : NULL;
    if (local != NULL) {
        finding_remedy(check, finding,
                       "`del %s` in a finally, or keep only what is needed of the exception: "
                       "str(), or with_traceback(None)",
                       local);
    } else if (attribute != NULL) {
        finding_remedy(check, finding,
                       "keep in '%s' only what is needed of the exception: str(), or "
                       "with_traceback(None)",
                       attribute);
    }
}

static void propose_remedy(struct check *check, struct finding *finding, const struct cycle *cycle)
{
    const struct cycle_edge *weak = cycle->weak_edge;
    if (cycle->kind == CYCLE_EXCEPTION) {
        propose_for_exception(check, finding, cycle);
    }
    if (weak == NULL || cycle->kind != CYCLE_INSTANCE) {
        return;
    }
    finding_remedy(check, finding, "make %s.%s a weakref.ref (%s)", short_name(weak->holder),
                   weak->attribute, cycle->weak_reason);
}

/* `def fail(self, error): raise error`: the caller made it, and most often handles it. */
static bool raises_what_was_handed_in(const struct cycle *cycle)
{
    const struct cycle_edge *edge = cycle->edges;
    bool is_direct = cycle->kind == CYCLE_EXCEPTION && cycle->n_edges == 2;
    for (; is_direct && edge != NULL; edge = edge->next) {
        if (edge->is_handed_in && *edge->via == '\0') {
            return true;
        }
    }
    return false;
}

/* An edge whose holder was guessed has only the name of its class. */
static uint32_t class_of_holder(const struct program *program, const struct cycle_edge *edge)
{
    uint32_t named = edge->class != NONE ? TABLE_NONE
                                         : name_table_get(&program->classes->by_name, edge->holder,
                                                          strlen(edge->holder));
    return named != TABLE_NONE ? named : edge->class;
}

/* Rows that an object-relational mapper ties together whatever the program does, or parts of a
 * window, which its parent owns and deletes. */
static bool is_of_framework(const struct program *program, const struct cycle *cycle)
{
    bool are_relations = true, are_owned = cycle->kind == CYCLE_INSTANCE;
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        uint32_t class = class_of_holder(program, edge);
        are_relations = are_relations && class != NONE
                        && frameworks_is_relation(program, class, edge->attribute);
        are_owned = are_owned && frameworks_is_owned_by_parent(program, class, edge->holder);
    }
    return are_relations || are_owned;
}

/* `io_loop.add_callback(…)`: of other objects a method of that name may keep it for good. */
static bool is_of_loop(const struct facts *facts, const struct op *callee)
{
    const struct op *object = &facts->ops[callee->a];
    const char *name = object->kind == OP_LOAD        ? variable_name(facts, object->a)
                       : object->kind == OP_ATTRIBUTE ? facts_name(facts, object->b)
                                                      : "";
    return strcmp(facts_name(facts, callee->b), "add_callback") == 0
           && strstr(name, "loop") != NULL;
}

/* Whether an op hands what stands at a place to be called once and then let go of. */
static bool is_called_once(const struct facts *facts, uint32_t i, const struct place *place)
{
    static const char *const schedulers[] = {"call_at", "call_later", "call_soon",
                                             "call_soon_threadsafe", NULL};
    const struct op *op = &facts->ops[i];
    if (op->kind != OP_CALL || op->start > place->start || place->end > op_end(op)
        || facts->ops[op->a].kind != OP_ATTRIBUTE) {
        return false;
    }
    const struct op *callee = &facts->ops[op->a];
    return words_have(schedulers, facts_name(facts, callee->b)) || is_of_loop(facts, callee);
}

/* A closure that an event loop has until it has called it: the cycle ends by itself. */
static bool ends_when_called(const struct program *program, const struct cycle *cycle)
{
    const struct facts *facts = program->files[cycle->place.file];
    const struct scope *s = &facts->scopes[facts_scope_at(facts, cycle->place.start)];
    uint32_t end = cycle->kind == CYCLE_CLOSURE ? s->first_op + s->n_ops : s->first_op;
    for (uint32_t i = s->first_op; i < end; i++) {
        if (is_called_once(facts, i, &cycle->place)) {
            return true;
        }
    }
    return false;
}

/* A frame that comes back to itself by way of several objects is most often that of an interactive
 * shell or a debugger, which are there once. */
static enum confidence confidence_of(const struct program *program, const struct cycle *cycle)
{
    enum { MAX_STEPS = 2 };
    bool is_roundabout = cycle->kind == CYCLE_FRAME && cycle->n_edges > MAX_STEPS;
    return is_roundabout || raises_what_was_handed_in(cycle) || is_of_framework(program, cycle)
                   || ends_when_called(program, cycle)
               ? CONFIDENCE_POSSIBLE
               : cycle->confidence;
}

static struct finding *report_cycle(struct check *check, const struct cycle *cycle)
{
    struct builder words = {0};
    builder_add(&words, cycle->confidence == CONFIDENCE_POSSIBLE && cycle->is_by_type
                            ? "as far as their classes tell, "
                            : "");
    describe_holders(&words, cycle);
    describe_path(&words, cycle);
    if (cycle->killer != NULL) {
        builder_addf(&words, ", until %s is called", cycle->killer);
    }
    if (cycle->n_alike > 0) {
        builder_addf(&words, " (and %u more alike)", cycle->n_alike);
    }
    struct finding *finding = rule_report(check, cycle->place, builder_string(&words));
    finding->confidence = confidence_of(check->program, cycle);
    finding->scope = cycle->scope;
    finding->cycle = cycle->edges;
    finding->cycle_kind = cycle->kind;
    finding->is_garbage = cycle->killer == NULL && !cycle->is_by_type;
    relate_edges(check, finding, cycle);
    propose_remedy(check, finding, cycle);
    builder_free(&words);
    return finding;
}

/* What is in a cycle with an object that lives as long as the process would live on without it. */
static bool has_application(const struct program *program, const struct cycle *cycle)
{
    for (const struct cycle_edge *edge = cycle->edges; edge != NULL; edge = edge->next) {
        if (frameworks_lives_on(program, edge->holder, edge->class, cycle->place.file,
                                cycle->scope)) {
            return true;
        }
    }
    return false;
}

/* In Python 2 an exception has no traceback of its own: sys.exc_info() has it, for a while. */
static bool is_of_python2(const struct program *program, const struct cycle *cycle)
{
    return cycle->kind == CYCLE_EXCEPTION
           && program->files[cycle->place.file]->flags & FACTS_ARE_PYTHON_2;
}

/* A module's own cycle is made once and lives as long as the program: nothing is lost by it. */
static bool is_harmless(const struct check *check, const struct cycle *cycle)
{
    return cycle->is_made_once || has_application(check->program, cycle)
           || is_of_python2(check->program, cycle);
}

void cycles_report(struct check *check, bool (*is_wanted)(const struct cycle *cycle))
{
    struct proxies proxies = {0};
    for (size_t i = 0; i < check->heap->cycles.n; i++) {
        const struct cycle *cycle = &check->heap->cycles.items[i];
        if (cycle->killer == NULL && !is_harmless(check, cycle) && is_wanted(cycle)) {
            cycle_offer_fix(check, report_cycle(check, cycle), cycle, &proxies);
        }
    }
    proxies_free(&proxies);
}

void cycles_report_managed(struct check *check)
{
    for (size_t i = 0; i < check->heap->cycles.n; i++) {
        const struct cycle *cycle = &check->heap->cycles.items[i];
        if (cycle->killer != NULL && !is_harmless(check, cycle)) {
            report_cycle(check, cycle);
        }
    }
}

void cycles_report_alike(struct check *check)
{
    for (size_t i = 0; i < check->heap->alike.n; i++) {
        if (!is_harmless(check, &check->heap->alike.items[i])) {
            report_cycle(check, &check->heap->alike.items[i]);
        }
    }
}

void cycles_report_by_type(struct check *check)
{
    for (size_t i = 0; i < check->heap->by_type.n; i++) {
        report_cycle(check, &check->heap->by_type.items[i]);
    }
}

void rule_each_made_class(struct check *check,
                          void (*visit)(struct check *check, struct made_class_memory *memory,
                                        uint32_t file, const struct made_class *made))
{
    struct made_class_memory memory = {0};
    struct made_class made;
    for (uint32_t file = 0; file < check->program->n_files; file++) {
        for (uint32_t i = 0; i < check->program->files[file]->n_ops; i++) {
            if (made_class_at(check->program, &memory, file, i, &check->findings->arena, &made)) {
                visit(check, &memory, file, &made);
            }
        }
    }
    made_class_forget(&memory);
}

/* The shortest of its circles.  A method that says super() makes another: class, method, cell. */
void cycle_of_made_class(struct check *check, struct finding *finding,
                         const struct made_class *made)
{
    struct cycle_edge *edge = arena_alloc(&check->findings->arena, sizeof *edge);
    *edge = (struct cycle_edge){
        .holder = made->dotted,
        .class = NONE,
        .attribute = "__mro__",
        .target = made->dotted,
        .via = "tuple",
        .place = made->place,
    };
    finding->cycle = edge;
    finding->cycle_kind = CYCLE_CLASS;
    if (made->of_itself != NONE) {
        const struct scope *method =
            &check->program->files[made->place.file]->scopes[made->of_itself];
        struct place place = {
            .file = made->place.file, .start = method->name_start, .end = method->name_end};
        const char *name = facts_name(check->program->files[place.file], method->name);
        finding_relate(check, finding, place, "%s.%s -> %s, %s.__class__ -> %s (via cell)",
                       made->name, name, name, name, made->name);
    }
}
