/*
 * annotated.c - what `name: Node = value` says of the value: that it is a Node.
 *
 * An object of a class that has nothing to do with the one named does not come here.  A protocol or
 * an interface, which anything may fulfil, says nothing: only a class with a constructor does.
 */
#include "heap/steps.h"

/* The annotation of the assignment that the OP_STORE stands for, or NONE. */
static uint32_t annotation_of_store(const struct walker *w, uint32_t store)
{
    const struct op *op = op_at(w, store);
    uint32_t end = op_end(op);
    for (uint32_t i = store + 1; i < w->facts->n_ops && op_end(op_at(w, i)) <= end; i++) {
        if (op_at(w, i)->kind == OP_ANNOTATE && op_at(w, i)->start == op->start) {
            return op_at(w, i)->b;
        }
    }
    return NONE;
}

static uint32_t class_promised(const struct walker *w, uint32_t store)
{
    const struct program *program = w->analysis->program;
    uint32_t annotation = annotation_of_store(w, store);
    if (annotation == NONE || op_at(w, annotation)->kind == OP_BINARY) { /* `A | B` */
        return NONE;
    }
    struct method constructor;
    uint32_t class = class_of_annotation(w->analysis, w->file, annotation);
    bool is_concrete =
        class != NONE && classes_find_method(program, class, "__init__", &constructor);
    return is_concrete ? class : NONE;
}

/* Whether an instance of the class cannot be one of the other. */
static bool is_unrelated(const struct program *program, uint32_t class, uint32_t other)
{
    return program->classes->all.items[class].is_complete
           && program->classes->all.items[other].is_complete
           && !classes_is_ancestor(program, class, other)
           && !classes_is_ancestor(program, other, class);
}

uint32_t narrow_annotated(struct walker *w, uint32_t store, uint32_t values)
{
    uint32_t class = set_size(w, values) == 0 ? NONE : class_promised(w, store), kept = 0;
    if (class == NONE) {
        return values;
    }
    for (uint32_t i = 0; i < set_size(w, values); i++) {
        uint32_t node = set_at(w, values, i);
        const struct heap_node *n = heap_node_at(&w->heap, node);
        bool is_other = n->kind == HEAP_INSTANCE && n->class != NONE
                        && is_unrelated(w->analysis->program, n->class, class);
        kept = is_other ? kept : set_union(w, kept, set_of_node(w, node));
    }
    return kept;
}
