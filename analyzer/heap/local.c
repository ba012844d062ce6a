/*
 * local.c - nodes and edges of one function's heap.
 */
#include "heap/local.h"

void local_heap_clear(struct local_heap *heap)
{
    heap->nodes.n = heap->edges.n = 0;
    heap->is_cut = false;
}

void local_heap_free(struct local_heap *heap)
{
    array_free(&heap->nodes);
    array_free(&heap->edges);
}

uint32_t local_heap_add_node(struct local_heap *heap, struct heap_node node)
{
    if (heap->nodes.n >= MAX_NODES) {
        heap->is_cut = true;
        return MAX_NODES - 1;
    }
    if (heap->nodes.n == MAX_NODES - 1) { /* the last one stands for all that come after */
        node = (struct heap_node){
            .kind = HEAP_RESULT, .class = NONE, .foreign = NONE, .index = NONE, .field = NONE};
    }
    node.first_edge = NONE;
    node.visited = node.alone = node.n_edges = 0;
    node.flags &= (uint8_t)~NODE_IS_HELD;
    *array_push(&heap->nodes) = node;
    return (uint32_t)heap->nodes.n - 1;
}

/* Only what something holds already can be held twice. */
static bool is_there(const struct local_heap *heap, const struct heap_edge *edge)
{
    if (!(heap_node_at(heap, edge->to)->flags & NODE_IS_HELD)) {
        return false;
    }
    for (uint32_t i = heap_node_at(heap, edge->from)->first_edge; i != NONE;
         i = heap_edge_at(heap, i)->next) {
        const struct heap_edge *old = heap_edge_at(heap, i);
        if (old->to == edge->to && old->field == edge->field && !(old->flags & EDGE_IS_DEAD)) {
            return true;
        }
    }
    return false;
}

uint32_t local_heap_add_edge(struct local_heap *heap, struct heap_edge edge)
{
    if (edge.from == MAX_NODES - 1 || edge.to == MAX_NODES - 1) {
        return NONE;
    }
    struct heap_node *from = heap_node_at(heap, edge.from);
    if (from->n_edges >= MAX_OUT_EDGES) {
        return NONE; /* one more element of a large container tells nothing new */
    }
    if (is_there(heap, &edge)) {
        return NONE;
    }
    if (heap->edges.n >= MAX_EDGES) {
        heap->is_cut = true;
        return NONE;
    }
    heap_node_at(heap, edge.to)->flags |= NODE_IS_HELD;
    from->n_edges++;
    edge.next = from->first_edge;
    from->first_edge = (uint32_t)heap->edges.n;
    *array_push(&heap->edges) = edge;
    return from->first_edge;
}

bool local_heap_holds(const struct local_heap *heap, uint32_t node, uint32_t field)
{
    for (uint32_t i = heap_node_at(heap, node)->first_edge; i != NONE;
         i = heap_edge_at(heap, i)->next) {
        const struct heap_edge *edge = heap_edge_at(heap, i);
        if (edge->field == field && !(edge->flags & (EDGE_IS_DEAD | EDGE_IS_IMPLICIT))) {
            return true;
        }
    }
    return false;
}
