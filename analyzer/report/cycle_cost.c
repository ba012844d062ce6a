/*
 * cycle_cost.c - what the cycles that are found cost the collector.
 *
 * One trip makes the cycle once.  What waits with it is what the constructors of its classes make
 * and only they hold: the dict and the list of a node are garbage with the node.  For functions,
 * frames and what lies between two objects (a list, a bound method, a cell) the kind of the cycle
 * and its edges tell.
 */
#include "report/cycle_cost.h"

#include "program/classes.h"
#include "program/link.h"
#include "report/gc_price.h"

#include <stdlib.h>
#include <string.h>

struct costing {
    struct program *program;
    struct allocations *allocations;
    struct gc_pricing *pricing;
    const char *python;
    bool *seen; /* by class */
    struct findings *findings;
};

static void add(struct allocation_list *list, const char *kind)
{
    *array_push(list) = (struct allocated){kind, END_DROPPED, true, false, 1};
}

/* A container that lies between two objects is mostly one that a constructor has made, and then it
 * is there already. */
static void add_container(struct allocation_list *list, const char *kind)
{
    for (size_t i = 0; i < list->n; i++) {
        const char *known = list->items[i].kind;
        bool is_dict = strcmp(kind, "dict") == 0 && strcmp(known, "atomic-dict") == 0;
        if (is_dict || strcmp(known, kind) == 0) {
            return;
        }
    }
    add(list, kind);
}

/* "list,method" lies between two objects. */
static void add_between(struct allocation_list *list, const char *via)
{
    static const char *const kinds[][2] = {
        {"list", "list"},
        {"dict", "dict"},
        {"set", "set"},
        {"tuple", "tuple1"},
        {"method", "method"},
        {"partial", "partial"},
        {"generator", "generator"},
        {"weakref-callback", "weakref"},
    };
    while (*via != '\0') {
        size_t n = strcspn(via, ",");
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (strlen(kinds[i][0]) == n && memcmp(kinds[i][0], via, n) == 0) {
                add_container(list, kinds[i][1]);
            }
        }
        via += n + (via[n] == ',');
    }
}

/* A holder that is no instance of a class of the program. */
static void add_other(struct allocation_list *list, const struct finding *finding,
                      const struct cycle_edge *edge)
{
    static const char *const containers[] = {"list", "dict", "set"};
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++) {
        if (strncmp(edge->holder, "builtins.", 9) == 0
            && strcmp(edge->holder + 9, containers[i]) == 0) {
            add(list, containers[i]);
            return;
        }
    }
    switch (finding->cycle_kind) {
    case CYCLE_CLOSURE: /* the function, the tuple of its cells, and one of them */
        add(list, "function");
        add(list, "tuple1");
        add(list, "cell");
        break;
    case CYCLE_GENERATOR:
        add(list, "generator");
        break;
    case CYCLE_CLASS:
        add(list, "class");
        break;
    case CYCLE_EXCEPTION:
    case CYCLE_FRAME: /* told once for the whole cycle */
        break;
    case CYCLE_INSTANCE:
    case CYCLE_CALLBACK:
    case CYCLE_CONTAINER:
        add(list, "instance");
    }
}

static void list_objects(struct costing *c, const struct finding *finding,
                         struct allocation_list *list)
{
    memset(c->seen, 0, c->program->classes->all.n * sizeof *c->seen);
    if (finding->cycle_kind == CYCLE_EXCEPTION) {
        add(list, "raised-exception");
    } else if (finding->cycle_kind == CYCLE_FRAME) {
        add(list, "frame");
    }
    for (const struct cycle_edge *edge = finding->cycle; edge != NULL; edge = edge->next) {
        if (edge->class != NONE) {
            allocations_of_instance(c->allocations, edge->class, c->seen, list);
        } else {
            add_other(list, finding, edge);
        }
        add_between(list, edge->via);
    }
}

static void cost_finding(struct costing *c, struct finding *finding)
{
    struct allocation_list list = {0};
    struct arena *arena = &c->findings->arena;
    list_objects(c, finding, &list);
    struct gc_price price = gc_price_of(c->pricing, &list);
    struct finding_cost *cost = arena_alloc(arena, sizeof *cost);
    *cost = (struct finding_cost){.python = c->python,
                                  .heap = GC_DEFAULT_HEAP,
                                  .objects = price.trip.tracked,
                                  .waiting = price.garbage,
                                  .seconds = price.seconds};
    finding->cost = cost;
    array_free(&list);
}

void cycle_costs(struct program *program, const struct heap *heap, struct findings *findings)
{
    struct costing c = {.program = program, .findings = findings};
    uint32_t version = program->python_version;
    for (size_t i = 0; i < findings->n; i++) {
        if (!findings->items[i].is_garbage || findings->items[i].cycle == NULL) {
            continue;
        }
        if (c.allocations == NULL) {
            c.allocations = allocations_new(program, heap, 1, false);
            c.pricing = gc_pricing_default(version);
            c.python = gc_pricing_python(c.pricing, &findings->arena);
            c.seen = alloc_zeroed(program->classes->all.n + 1, sizeof *c.seen);
        }
        cost_finding(&c, &findings->items[i]);
    }
    if (c.allocations != NULL) {
        allocations_free(c.allocations);
        gc_pricing_free(c.pricing);
        free(c.seen);
    }
}

/* ---- words */

void cycle_cost_describe(const struct finding_cost *cost, struct builder *out)
{
    builder_addf(out, "%.0f objects a trip, up to %.0f wait for the collector, which takes ",
                 cost->objects, cost->waiting);
    gc_add_range(out, cost->seconds);
    builder_addf(out, " for a million trips on Python %s", cost->python);
}

void cycle_cost_write(const struct finding_cost *cost, struct json *json)
{
    json_key_open(json, "cost", '{');
    json_key_string(json, "python", cost->python);
    json_key_number(json, "heap", cost->heap);
    json_key_number(json, "objects_per_trip", (uint64_t)(cost->objects + 0.5));
    json_key_number(json, "garbage_waiting", (uint64_t)(cost->waiting + 0.5));
    json_key_open(json, "microseconds_per_million_trips", '[');
    json_number(json, (uint64_t)(cost->seconds.low * 1e6 + 0.5));
    json_number(json, (uint64_t)(cost->seconds.high * 1e6 + 0.5));
    json_close(json, ']');
    json_close(json, '}');
}
