/*
 * class_graph.h - who may hold whom, by types: a graph over all classes of the program.
 *
 * An edge says that an attribute of one class may hold an instance of another, directly or in a
 * container: from what is stored in attributes, from annotations and dataclass fields, from what is
 * added to containers, and from the cycles of instances that the heap analysis found.
 *
 * A class is acyclic when nothing that its instances may reach leads back to them, and all that
 * they may reach is known; this is about the class itself, not about its subclasses.  Three things
 * are taken for granted.  The program is whole: nobody derives from its classes elsewhere.
 * Annotations are true.  An attribute that a class never mentions is not set on its instances by
 * code that does not show their class.  Left aside are modules, classes and plain functions, which
 * live as long as the program: what is reachable only from them in a circle is never garbage.
 */
#ifndef CYCLINT_HEAP_CLASS_GRAPH_H
#define CYCLINT_HEAP_CLASS_GRAPH_H

#include "base/arena.h"
#include "base/array.h"
#include "program/program.h"

#include <stdbool.h>

struct heap;

enum class_state {
    CLASS_IS_ACYCLIC,
    CLASS_IS_UNKNOWN,  /* nothing leads back, as far as known; `reason` says what is not known */
    CLASS_IS_POSSIBLE, /* in a circle by the types alone */
    CLASS_IS_IN_CYCLE  /* in a cycle of instances */
};

struct class_edge {
    uint32_t holder, target; /* classes */
    const char *attribute;
    const char *via;    /* what lies between: "list", "method"; "" for nothing */
    struct place place; /* where it is stored, or declared */
    bool is_exact;      /* no subclass of the target */
    bool is_circular;   /* it leads to where its holder can be reached again */
};

struct class_node {
    enum class_state state;
    uint32_t component;  /* of classes in a circle by the types, counted from 0; else NONE */
    const char *reason;  /* when unknown: why, "" otherwise */
    struct place place;  /* of the reason */
    uint32_t unknown_of; /* the class whose attributes the reason is about: itself, or one that it
                            may hold */
};

struct class_graph {
    struct arena arena;
    struct {
        ARRAY_OF(struct class_edge);
    } holdings;                 /* sorted by holder, attribute, target; each once */
    struct class_node *classes; /* by class */
    uint32_t n_classes, n_components;
};

/* Fills `out` from nothing; `heap` has its cycles already. */
void class_graph_find(struct program *program, const struct heap *heap, struct class_graph *out);
void class_graph_free(struct class_graph *out);

#endif
