/*
 * gc_pressure.c - loops whose objects keep the collector busy.
 *
 * Most loops make nothing that lasts: only those that leave so many objects that the budget could
 * be exceeded are priced.
 */
#include "report/gc_pressure.h"

/* An object that lasts costs at most so much at the lower end, in seconds: examined by a young, a
 * middle and some full collections, and freed.  Loops with fewer need no simulation. */
static const double MOST_PER_OBJECT = 250e-9;

struct finding_pressure {
    struct program *program;
    struct allocations *allocations;
    struct gc_pricing *pricing;
    double budget;
    struct pressed_loops *out;
};

static void look_at_loop(struct finding_pressure *p, uint32_t file, uint32_t scope, uint32_t op)
{
    struct allocation_list list = {0};
    allocations_of_trip(p->allocations, file, scope, op, &list);
    struct gc_trip trip = gc_trip_of(p->pricing, &list);
    if ((trip.kept + trip.cyclic) * MOST_PER_OBJECT * PRICED_TRIPS >= p->budget) {
        struct gc_price price = gc_price_of(p->pricing, &list);
        if (price.seconds.low >= p->budget) {
            struct place place = place_of_op(file, &p->program->files[file]->ops[op]);
            *array_push(p->out) = (struct pressed_loop){place, scope, price};
        }
    }
    array_free(&list);
}

/* A comprehension is part of the statement around it, whose loop is told of. */
static bool is_statement(const struct op *op)
{
    return op->kind == OP_LOOP && op->aux != LOOP_COMPREHENSION;
}

static void look_at_file(struct finding_pressure *p, uint32_t file)
{
    const struct facts *facts = p->program->files[file];
    for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
        const struct scope *s = &facts->scopes[scope];
        for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
            if (is_statement(&facts->ops[i]) && s->kind != SCOPE_CLASS) {
                look_at_loop(p, file, scope, i);
            }
        }
    }
}

void gc_pressure_find(struct program *program, const struct heap *heap, double budget,
                      struct pressed_loops *out)
{
    struct finding_pressure p = {program, allocations_new(program, heap, 0, true),
                                 gc_pricing_default(program->python_version), budget, out};
    for (uint32_t file = 0; file < program->n_files; file++) {
        look_at_file(&p, file);
    }
    allocations_free(p.allocations);
    gc_pricing_free(p.pricing);
}
