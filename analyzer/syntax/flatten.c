/*
 * flatten.c - the flat tree from the runtime's own subtrees, which is several times faster than its
 * cursor.
 *
 * A subtree knows its symbol, the length of the blanks before it and its own length, and whether it
 * is visible; hidden ones only group.  What a child is called by its parent, the alias and the
 * field, is written in tables of the parent's production, by the child's number without counting
 * extras.  A child of a hidden parent that has no field there has the hidden parent's.
 *
 * The walk keeps its own stack, a frame for each subtree that is not finished: user code nests
 * deeper than the C stack.
 */
/* The runtime's headers have an array_push of their own, which their functions have used by now. */
#include <language.h>
#include <tree.h>
#undef array_push

#include "syntax/flatten.h"

#include "base/array.h"
#include "base/error.h"
#include "syntax/grammar.h"

#include <stdlib.h>

/* A subtree of which some children are still to come. */
struct frame {
    const Subtree *child, *end;
    const TSSymbol *aliases; /* by structural number; NULL if the production has none */
    const uint8_t *fields;   /* likewise */
    uint32_t structural;     /* number of the next child, extras not counted */
    uint32_t node;           /* index of the subtree's node; HIDDEN if it has none */
    uint8_t field;           /* of the hidden subtree itself */
};

#define HIDDEN UINT32_MAX

struct flattener {
    const TSLanguage *language;
    uint8_t *fields; /* production * max_alias_sequence_length + number; 0 is no field */
    struct {
        ARRAY_OF(struct frame);
    } frames;
};

/* The fields that a production gives its children itself; of two for one child, the first. */
static void read_fields(struct flattener *flattener)
{
    const TSLanguage *language = flattener->language;
    uint32_t width = language->max_alias_sequence_length;
    flattener->fields = alloc_zeroed((size_t)language->production_id_count + 1, width);
    for (uint32_t production = 0; production < language->production_id_count; production++) {
        const TSFieldMapEntry *entry, *end;
        ts_language_field_map(language, production, &entry, &end);
        for (; entry < end; entry++) {
            uint8_t *field = &flattener->fields[production * width + entry->child_index];
            if (!entry->inherited && *field == 0) {
                *field = (uint8_t)entry->field_id;
            }
        }
    }
}

struct flattener *flattener_new(const TSLanguage *language)
{
    struct flattener *flattener = alloc_zeroed(1, sizeof *flattener);
    flattener->language = language;
    read_fields(flattener);
    return flattener;
}

void flattener_free(struct flattener *flattener)
{
    free(flattener->fields);
    array_free(&flattener->frames);
    free(flattener);
}

uint32_t flatten_count(const TSTree *stock)
{
    return ts_subtree_visible_descendant_count(stock->root) + 1;
}

static uint32_t padding_of(Subtree subtree)
{
    return subtree.data.is_inline ? subtree.data.padding_bytes : subtree.ptr->padding.bytes;
}

static uint32_t size_of(Subtree subtree)
{
    return subtree.data.is_inline ? subtree.data.size_bytes : subtree.ptr->size.bytes;
}

static uint8_t flags_of(Subtree subtree, bool is_named)
{
    return (uint8_t)((is_named ? NODE_NAMED : 0) | (ts_subtree_extra(subtree) ? NODE_EXTRA : 0)
                     | (ts_subtree_is_error(subtree) ? NODE_ERROR : 0)
                     | (ts_subtree_missing(subtree) ? NODE_MISSING : 0)
                     | (ts_subtree_error_cost(subtree) > 0 ? NODE_HAS_ERROR : 0));
}

static struct node node_of(const struct flattener *flattener, Subtree subtree, TSSymbol alias,
                           uint8_t field, uint32_t start)
{
    const TSLanguage *language = flattener->language;
    TSSymbol symbol = alias != 0 ? alias : ts_subtree_symbol(subtree);
    bool is_named =
        alias != 0 ? ts_language_symbol_metadata(language, alias).named : ts_subtree_named(subtree);
    return (struct node){.kind = symbol == ts_builtin_sym_error
                                     ? (uint16_t)KIND_ERROR
                                     : language->public_symbol_map[symbol],
                         .field = field,
                         .flags = flags_of(subtree, is_named),
                         .start = start,
                         .end = start + size_of(subtree),
                         .size = 1};
}

static void enter(struct flattener *flattener, Subtree subtree, uint32_t node, uint8_t field)
{
    const TSLanguage *language = flattener->language;
    uint32_t production = ts_subtree_production_id(subtree);
    const Subtree *children = ts_subtree_children(subtree);
    *array_push(&flattener->frames) = (struct frame){
        .child = children,
        .end = children + ts_subtree_child_count(subtree),
        .aliases = ts_language_alias_sequence(language, production),
        .fields = production == 0
                      ? NULL
                      : &flattener->fields[production * language->max_alias_sequence_length],
        .node = node,
        .field = field,
    };
}

/* The field of a frame's next child; what a hidden parent is called its children are called, too.
 */
static uint8_t field_of_child(const struct frame *frame)
{
    uint8_t field = frame->fields != NULL ? frame->fields[frame->structural] : 0;
    return field == 0 && frame->node == HIDDEN ? frame->field : field;
}

/* Takes the next child of the newest frame: writes its node, if it is visible, and opens it, if it
 * has children.  `*at` is the end of the text before it, padding not included. */
static uint32_t take_child(struct flattener *flattener, struct node *nodes, uint32_t n,
                           uint32_t *at)
{
    struct frame *frame = array_last(&flattener->frames);
    Subtree child = *frame->child++;
    uint8_t field = 0;
    TSSymbol alias = 0;
    if (!ts_subtree_extra(child)) {
        field = field_of_child(frame);
        alias = frame->aliases != NULL ? frame->aliases[frame->structural] : 0;
        frame->structural++;
    }
    uint32_t node = HIDDEN;
    uint32_t start = *at + padding_of(child);
    if (alias != 0 || ts_subtree_visible(child)) {
        node = n++;
        nodes[node] = node_of(flattener, child, alias, field, start);
    }
    if (ts_subtree_child_count(child) > 0) {
        enter(flattener, child, node, field);
    } else {
        *at = start + size_of(child);
    }
    return n;
}

uint32_t flatten(struct flattener *flattener, const TSTree *stock, struct node *nodes)
{
    uint32_t n = 1;
    uint32_t at = 0;
    nodes[0] = node_of(flattener, stock->root, 0, 0, padding_of(stock->root));
    flattener->frames.n = 0;
    enter(flattener, stock->root, 0, 0);
    while (flattener->frames.n > 0) {
        struct frame *frame = array_last(&flattener->frames);
        if (frame->child < frame->end) {
            n = take_child(flattener, nodes, n, &at);
            continue;
        }
        if (frame->node != HIDDEN) {
            nodes[frame->node].size = n - frame->node;
        }
        flattener->frames.n--;
    }
    return n;
}
