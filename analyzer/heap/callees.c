/*
 * callees.c - which functions a call means.
 *
 * In order of certainty: a name that leads to a function or class; a method through the receiver's
 * known class; a bound method, closure or partial that is at hand; a container's method; and last,
 * a method name that only one or two classes of the program have (the result is then at most
 * likely).
 */
#include "heap/callees.h"

#include <string.h>

static void add_callee(struct callees *callees, struct callee callee)
{
    if (callees->n < MAX_CALLEES) {
        callees->items[callees->n++] = callee;
    }
}

bool needs_summary(struct walker *w, uint32_t file, uint32_t scope)
{
    struct analysis *a = w->analysis;
    uint32_t number = a->program->link->first_function[file] + scope;
    if (a->states[number] != SUMMARY_ABSENT || a->n_walkers == MAX_WALKERS) {
        return false;
    }
    walker_push(a, file, scope);
    w->wants_callee = true;
    return true;
}

/* ---- which functions */

const struct facts *facts_at(const struct walker *w, uint32_t file)
{
    return w->analysis->program->files[file];
}

static void add_method(struct walker *w, struct callees *callees, uint32_t file, uint32_t scope,
                       uint32_t receiver, uint32_t flags)
{
    const struct facts *facts = facts_at(w, file);
    bool has_decorator = facts_first_decorator(facts, scope) != NONE;
    bool is_static = has_decorator && facts_find_decorator(facts, scope, "staticmethod") != NONE;
    bool is_class = has_decorator && facts_find_decorator(facts, scope, "classmethod") != NONE;
    add_callee(callees, (struct callee){.kind = CALLEE_FUNCTION,
                                        .file = file,
                                        .scope = scope,
                                        .receiver = is_static || is_class ? NONE : receiver,
                                        .skips_first = is_class,
                                        .flags = flags});
}

/* The function that `symbol` names in a class, starting with its ancestor number `from`. */
bool function_of_class(struct walker *w, uint32_t class, uint32_t from, uint32_t symbol,
                       uint32_t *file, uint32_t *scope)
{
    struct program *program = w->analysis->program;
    const struct class *c = &program->classes->all.items[class];
    for (uint32_t i = from; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        uint32_t variable = pair_table_get(&program->members->by_name, pair_key(ancestor, symbol));
        if (variable == TABLE_NONE) {
            continue;
        }
        *file = program->classes->all.items[ancestor].file;
        uint32_t value = program->link->bindings[*file][variable];
        if (value == NONE || program->files[*file]->ops[value].kind != OP_FUNCTION) {
            return false;
        }
        *scope = program->files[*file]->ops[value].a;
        return true;
    }
    return false;
}

static void add_entity(struct walker *w, struct callees *callees, struct entity entity)
{
    if (entity.kind == ENTITY_FUNCTION) {
        add_callee(callees, (struct callee){.kind = CALLEE_FUNCTION,
                                            .file = entity.file,
                                            .scope = entity.index,
                                            .receiver = NONE});
    } else if (entity.kind == ENTITY_CLASS) {
        add_callee(callees, (struct callee){.kind = CALLEE_CLASS,
                                            .class = class_of_entity(w->analysis, entity),
                                            .made = NONE,
                                            .receiver = NONE});
    } else if (entity.kind == ENTITY_FOREIGN) {
        add_callee(callees, (struct callee){
                                .kind = CALLEE_FOREIGN, .symbol = entity.index, .receiver = NONE});
    }
}

static uint32_t held_by(const struct walker *w, uint32_t node, uint32_t field)
{
    for (uint32_t i = heap_node_at(&w->heap, node)->first_edge; i != NONE;
         i = heap_edge_at(&w->heap, i)->next) {
        if (heap_edge_at(&w->heap, i)->field == field) {
            return heap_edge_at(&w->heap, i)->to;
        }
    }
    return NONE;
}

/* No table of what is known has a name so long; `f()()()…` would else take memory without end. */
enum { MAX_FOREIGN_NAME = 200 };

/* What something foreign made is called in turn: `lru_cache(maxsize=None)(f)`, a named tuple's
 * class. */
static void add_result_of(struct walker *w, struct callees *callees, uint32_t foreign)
{
    if (foreign == NONE) {
        return;
    }
    struct program *program = w->analysis->program;
    const char *maker = link_text(program, foreign);
    if (strlen(maker) > MAX_FOREIGN_NAME) {
        return;
    }
    const char *name = arena_format(&w->analysis->heap->arena, "%s()", maker);
    add_callee(callees, (struct callee){.kind = CALLEE_FOREIGN,
                                        .symbol = link_symbol(program, name),
                                        .receiver = NONE});
}

/* A module's variable that holds what a foreign function made: `Point = namedtuple(...)`. */
static void add_made_by_foreign(struct walker *w, struct callees *callees,
                                const struct heap_node *n)
{
    struct program *program = w->analysis->program;
    const struct facts *facts = facts_at(w, n->file);
    uint32_t binding = program->link->bindings[n->file][n->index];
    if (binding == NONE || facts->ops[binding].kind != OP_CALL) {
        return;
    }
    struct entity entity = link_entity(program, n->file, facts->ops[binding].a);
    if (entity.kind != ENTITY_FOREIGN) {
        return;
    }
    if (strcmp(link_text(program, entity.index), "collections.namedtuple") != 0) {
        add_result_of(w, callees, entity.index);
        return;
    }
    const char *name = arena_format(&w->analysis->heap->arena, "%s.%s", program->modules[n->file],
                                    variable_name(facts, n->index));
    add_callee(callees, (struct callee){.kind = CALLEE_NAMED_TUPLE,
                                        .file = n->file,
                                        .maker = binding,
                                        .symbol = link_symbol(program, name),
                                        .receiver = NONE});
}

/* A value that is called as it is. */
static void add_value(struct walker *w, struct callees *callees, uint32_t node)
{
    struct heap_node n = *heap_node_at(&w->heap, node);
    uint32_t file, scope;
    switch ((enum heap_kind)n.kind) {
    case HEAP_FUNCTION:
    case HEAP_CLOSURE:
        add_callee(callees, (struct callee){.kind = CALLEE_FUNCTION,
                                            .file = n.file,
                                            .scope = n.index,
                                            .receiver = NONE});
        break;
    case HEAP_CLASS:
        add_callee(callees, (struct callee){.kind = CALLEE_CLASS,
                                            .class = n.class,
                                            .made = n.flags & NODE_IS_MADE ? node : NONE,
                                            .receiver = NONE});
        break;
    case HEAP_METHOD:
        add_method(w, callees, n.file, n.index, held_by(w, node, w->analysis->fields.self), 0);
        break;
    case HEAP_FOREIGN:
        add_callee(callees,
                   (struct callee){.kind = CALLEE_FOREIGN, .symbol = n.foreign, .receiver = NONE});
        break;
    case HEAP_RESULT:
        add_result_of(w, callees, n.foreign);
        break;
    case HEAP_GLOBAL:
        add_made_by_foreign(w, callees, &n);
        break;
    case HEAP_PARAMETER:
    case HEAP_FREE:
    case HEAP_INSTANCE:
    case HEAP_DEREF:
        if (n.class == NONE) {
            add_result_of(w, callees, n.foreign);
        } else if (function_of_class(w, n.class, 0, w->analysis->fields.call, &file, &scope)) {
            add_method(w, callees, file, scope, node, 0);
        }
        break;
    case HEAP_CONTAINER:
    case HEAP_CELL:
    case HEAP_PARTIAL:
    case HEAP_GENERATOR:
    case HEAP_EXCEPTION:
    case HEAP_HANDLED:
    case HEAP_TRACEBACK:
    case HEAP_FRAME:
    case HEAP_WEAK:
    case HEAP_MODULE:
    case HEAP_SUPER:
        break;
    }
}

void add_values(struct walker *w, struct callees *callees, uint32_t set)
{
    for (uint32_t i = 0; i < set_size(w, set) && i < MAX_SPREAD; i++) {
        add_value(w, callees, set_at(w, set, i));
    }
}

uint32_t first_parameter_node(const struct walker *w)
{
    for (uint32_t i = 0; i < w->heap.nodes.n; i++) {
        const struct heap_node *node = heap_node_at(&w->heap, i);
        if (node->kind == HEAP_PARAMETER && node->index == 0) {
            return i;
        }
    }
    return NONE;
}

/* `factory = Cursor` in the class body. */
static void add_class_value(struct walker *w, struct callees *callees, uint32_t class,
                            uint32_t symbol)
{
    uint32_t owner, value;
    struct program *program = w->analysis->program;
    if (members_find(program, class, symbol, &owner, &value) && value != NONE
        && members_stores(program, class, symbol) == NULL) {
        struct entity entity = link_entity(program, program->classes->all.items[owner].file, value);
        if (entity.kind == ENTITY_CLASS) {
            add_entity(w, callees, entity);
        }
    }
}

void add_method_of(struct walker *w, struct callees *callees, uint32_t node, uint32_t symbol,
                   uint32_t op)
{
    struct heap_node n = *heap_node_at(&w->heap, node);
    uint32_t file, scope;
    if (n.kind == HEAP_MODULE || n.kind == HEAP_FOREIGN) {
        add_entity(w, callees, link_entity(w->analysis->program, w->file, op_at(w, op)->a));
    } else if (n.kind == HEAP_SUPER) {
        if (n.class != NONE && function_of_class(w, n.class, 1, symbol, &file, &scope)) {
            add_method(w, callees, file, scope, first_parameter_node(w), 0);
        }
    } else if (n.kind == HEAP_CLASS) {
        if (n.class != NONE && function_of_class(w, n.class, 0, symbol, &file, &scope)) {
            add_method(w, callees, file, scope, NONE, 0);
        }
    } else if (local_heap_holds(&w->heap, node, symbol)) {
        add_values(w, callees, load_field(w, node, symbol, op));
    } else if (n.class != NONE && function_of_class(w, n.class, 0, symbol, &file, &scope)) {
        add_method(w, callees, file, scope, node, n.flags & NODE_IS_INFERRED ? EDGE_IS_GUESSED : 0);
    } else if (n.class != NONE) {
        add_class_value(w, callees, n.class, symbol);
    }
}

static bool accepts(const struct facts *facts, uint32_t scope, uint32_t n_arguments)
{
    const struct scope *s = &facts->scopes[scope];
    uint32_t needed = 0;
    for (uint32_t i = 0; i < s->n_parameters; i++) {
        const struct parameter *p = &facts->parameters[s->first_parameter + i];
        if (p->kind == PARAMETER_STAR || p->kind == PARAMETER_DOUBLE_STAR) {
            return n_arguments + 1 >= needed;
        }
        needed += p->default_value == NONE;
    }
    return n_arguments + 1 >= needed && n_arguments + 1 <= s->n_parameters;
}

/* Names that too many things outside of the program have as well. */
static bool is_common_name(const char *name)
{
    static const char *const common[] = {
        "append", "add",    "get",    "set",     "update",     "pop",    "remove", "close",
        "open",   "read",   "write",  "run",     "start",      "stop",   "send",   "put",
        "join",   "clear",  "copy",   "keys",    "items",      "values", "index",  "count",
        "sort",   "split",  "strip",  "format",  "find",       "group",  "match",  "search",
        "next",   "insert", "extend", "connect", "disconnect", "emit"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        if (strcmp(common[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The receiver is some object of unknown class: methods of this name, if there are but a few. */
void guess_methods(struct walker *w, struct callees *callees, uint32_t set, uint32_t symbol,
                   uint32_t op)
{
    const struct members *members = w->analysis->program->members;
    uint32_t receiver = set_single(w, set);
    if (receiver == NONE) {
        return;
    }
    const struct heap_node *n = heap_node_at(&w->heap, receiver);
    if (n->class != NONE || n->foreign != NONE || n->kind == HEAP_CONTAINER
        || n->kind == HEAP_FOREIGN || n->kind == HEAP_WEAK || n->kind == HEAP_PARTIAL
        || n->kind == HEAP_MODULE) {
        return;
    }
    uint32_t first = pair_table_get(&members->first_method, pair_key(0, symbol));
    uint32_t n_entries = 0;
    for (uint32_t i = first; i != NONE && n_entries < MAX_CALLEES;
         i = members->methods.items[i].next) {
        n_entries++;
    }
    if (n_entries == 0 || n_entries == MAX_CALLEES
        || is_common_name(link_text(w->analysis->program, symbol))) {
        return;
    }
    for (uint32_t i = first; i != NONE; i = members->methods.items[i].next) {
        const struct method_entry *entry = &members->methods.items[i];
        if (accepts(facts_at(w, entry->file), entry->scope, op_at(w, op)->b)) {
            add_method(w, callees, entry->file, entry->scope, receiver,
                       EDGE_IS_GUESSED | (n_entries > 1 ? (uint32_t)EDGE_IS_MAYBE : 0));
        }
    }
}
