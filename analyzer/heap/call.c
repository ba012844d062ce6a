/*
 * call.c - which functions a call means, and what it does with them.
 *
 * In order of certainty: a name that leads to a function or class; a method through the receiver's
 * known class; a bound method, closure or partial that is at hand; a container's method; and last,
 * a method name that only one or two classes of the program have (the result is then at most
 * likely).
 */
#include "heap/walk.h"

#include <string.h>

enum callee_kind { CALLEE_FUNCTION, CALLEE_CLASS, CALLEE_FOREIGN, CALLEE_NAMED_TUPLE };

struct callee {
    enum callee_kind kind;
    uint32_t file, scope; /* a function */
    uint32_t class;       /* a class */
    uint32_t symbol;      /* something foreign; of a named tuple, its class's dotted name */
    uint32_t maker;       /* a named tuple: the call of namedtuple(), in `file` */
    uint32_t receiver;    /* a node, NONE without */
    bool skips_first;     /* a class method: the class takes the first parameter */
    uint32_t flags;       /* enum heap_edge_flag of what it makes */
};

struct callees {
    struct callee items[MAX_CALLEES];
    uint32_t n;
};

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

static const struct facts *facts_at(const struct walker *w, uint32_t file)
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
static bool function_of_class(struct walker *w, uint32_t class, uint32_t from, uint32_t symbol,
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
        add_callee(callees,
                   (struct callee){.kind = CALLEE_CLASS, .class = n.class, .receiver = NONE});
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
        if (n.class != NONE
            && function_of_class(w, n.class, 0, w->analysis->fields.call, &file, &scope)) {
            add_method(w, callees, file, scope, node, 0);
        }
        break;
    case HEAP_CONTAINER:
    case HEAP_CELL:
    case HEAP_PARTIAL:
    case HEAP_GENERATOR:
    case HEAP_EXCEPTION:
    case HEAP_TRACEBACK:
    case HEAP_FRAME:
    case HEAP_WEAK:
    case HEAP_MODULE:
    case HEAP_SUPER:
        break;
    }
}

static void add_values(struct walker *w, struct callees *callees, uint32_t set)
{
    for (uint32_t i = 0; i < set_size(w, set) && i < MAX_SPREAD; i++) {
        add_value(w, callees, set_at(w, set, i));
    }
}

static bool has_live_edge(const struct walker *w, uint32_t node, uint32_t field)
{
    for (uint32_t i = heap_node_at(&w->heap, node)->first_edge; i != NONE;
         i = heap_edge_at(&w->heap, i)->next) {
        const struct heap_edge *edge = heap_edge_at(&w->heap, i);
        if (edge->field == field && !(edge->flags & (EDGE_IS_DEAD | EDGE_IS_IMPLICIT))) {
            return true;
        }
    }
    return false;
}

static uint32_t first_parameter_node(const struct walker *w)
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

static void add_method_of(struct walker *w, struct callees *callees, uint32_t node, uint32_t symbol,
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
    } else if (has_live_edge(w, node, symbol)) {
        add_values(w, callees, load_field(w, node, symbol, op));
    } else if (n.class != NONE && function_of_class(w, n.class, 0, symbol, &file, &scope)) {
        add_method(w, callees, file, scope, node, 0);
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
        "append", "add",   "get",   "set",    "update", "pop",   "remove", "close", "open",
        "read",   "write", "run",   "start",  "stop",   "send",  "put",    "join",  "clear",
        "copy",   "keys",  "items", "values", "index",  "count", "sort",   "split", "strip",
        "format", "find",  "group", "match",  "search", "next",  "insert", "extend"};
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        if (strcmp(common[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The receiver is some object of unknown class: methods of this name, if there are but a few. */
static void guess_methods(struct walker *w, struct callees *callees, uint32_t set, uint32_t symbol,
                          uint32_t op)
{
    const struct members *members = w->analysis->program->members;
    uint32_t receiver = set_single(w, set);
    if (receiver == NONE || is_common_name(link_text(w->analysis->program, symbol))) {
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
    for (uint32_t i = first; i != NONE; i = members->methods.items[i].next) {
        n_entries++;
    }
    for (uint32_t i = first; i != NONE && n_entries < MAX_CALLEES;
         i = members->methods.items[i].next) {
        const struct method_entry *entry = &members->methods.items[i];
        if (accepts(facts_at(w, entry->file), entry->scope, op_at(w, op)->b)) {
            add_method(w, callees, entry->file, entry->scope, receiver,
                       EDGE_IS_GUESSED | (n_entries > 1 ? (uint32_t)EDGE_IS_MAYBE : 0));
        }
    }
}

/* ---- what it does */

static uint32_t parameter_named(const struct walker *w, const struct callee *callee,
                                uint32_t symbol)
{
    const struct facts *facts = facts_at(w, callee->file);
    const struct scope *s = &facts->scopes[callee->scope];
    const struct link *link = w->analysis->program->link;
    for (uint32_t i = 0; i < s->n_parameters; i++) {
        const struct parameter *p = &facts->parameters[s->first_parameter + i];
        uint32_t name = link_symbol_of(link, callee->file, facts->variables[p->variable].name);
        if (name == symbol && p->kind != PARAMETER_STAR && p->kind != PARAMETER_DOUBLE_STAR
            && p->kind != PARAMETER_POSITIONAL_ONLY) {
            return i;
        }
    }
    return NONE;
}

static uint32_t parameter_of_kind(const struct walker *w, const struct callee *callee,
                                  enum parameter_kind kind)
{
    const struct facts *facts = facts_at(w, callee->file);
    const struct scope *s = &facts->scopes[callee->scope];
    for (uint32_t i = 0; i < s->n_parameters; i++) {
        if (facts->parameters[s->first_parameter + i].kind == kind) {
            return i;
        }
    }
    return NONE;
}

static bool is_positional(const struct walker *w, const struct callee *callee, uint32_t i)
{
    const struct facts *facts = facts_at(w, callee->file);
    const struct scope *s = &facts->scopes[callee->scope];
    if (i >= s->n_parameters) {
        return false;
    }
    uint32_t kind = facts->parameters[s->first_parameter + i].kind;
    return kind == PARAMETER_PLAIN || kind == PARAMETER_POSITIONAL_ONLY;
}

/* An argument that no parameter takes goes into *args or **kwargs. */
static void gather_argument(struct walker *w, uint32_t *arguments, uint32_t parameter,
                            enum container container, uint32_t values, uint32_t op)
{
    if (parameter >= MAX_ARGUMENTS || set_size(w, values) == 0) {
        return;
    }
    if (arguments[parameter] == 0) {
        arguments[parameter] = set_of_node(w, new_container(w, container));
    }
    add_elements(w, arguments[parameter], values, op);
}

static uint32_t map_arguments(struct walker *w, const struct callee *callee, uint32_t op,
                              uint32_t *arguments)
{
    const struct scope *scope = &facts_at(w, callee->file)->scopes[callee->scope];
    uint32_t n = scope->n_parameters < MAX_ARGUMENTS ? scope->n_parameters : MAX_ARGUMENTS;
    memset(arguments, 0, MAX_ARGUMENTS * sizeof *arguments);
    uint32_t position = callee->receiver != NONE || callee->skips_first ? 1 : 0;
    if (callee->receiver != NONE && n > 0) {
        arguments[0] = set_of_node(w, callee->receiver);
    }
    uint32_t star = parameter_of_kind(w, callee, PARAMETER_STAR);
    uint32_t double_star = parameter_of_kind(w, callee, PARAMETER_DOUBLE_STAR);
    for (uint32_t i = op + 1; i <= op + op_at(w, op)->b; i++) {
        const struct op *argument = op_at(w, i);
        uint32_t values = value_of(w, argument->a);
        if (argument->flags & OP_IS_STARRED) {
            gather_argument(w, arguments, star, CONTAINER_TUPLE, load_elements(w, values, i), i);
        } else if (argument->flags & OP_IS_DOUBLE_STARRED) {
            gather_argument(w, arguments, double_star, CONTAINER_DICT, load_elements(w, values, i),
                            i);
        } else if (argument->b != NONE) {
            uint32_t symbol = link_symbol_of(w->analysis->program->link, w->file, argument->b);
            uint32_t parameter = parameter_named(w, callee, symbol);
            if (parameter < MAX_ARGUMENTS) {
                arguments[parameter] = values;
            } else {
                gather_argument(w, arguments, double_star, CONTAINER_DICT, values, i);
            }
        } else if (position < MAX_ARGUMENTS && is_positional(w, callee, position)) {
            arguments[position++] = values;
        } else {
            gather_argument(w, arguments, star, CONTAINER_TUPLE, values, i);
        }
    }
    return n;
}

/* A generator or coroutine object holds its frame, and that the arguments. */
static uint32_t make_generator(struct walker *w, const struct callee *callee,
                               const uint32_t *arguments, uint32_t n, uint32_t returns, uint32_t op)
{
    const struct facts *facts = facts_at(w, callee->file);
    const struct scope *scope = &facts->scopes[callee->scope];
    uint32_t node = new_node(w, HEAP_GENERATOR);
    struct heap_node *generator = heap_node_at(&w->heap, node);
    generator->file = callee->file;
    generator->index = callee->scope;
    generator->values = returns;
    for (uint32_t i = 0; i < n; i++) {
        const struct parameter *p = &facts->parameters[scope->first_parameter + i];
        uint32_t name = link_symbol_of(w->analysis->program->link, callee->file,
                                       facts->variables[p->variable].name);
        for (uint32_t j = 0; j < set_size(w, arguments[i]); j++) {
            hold(w, node, name, set_at(w, arguments[i], j), place_at(w, op), 0, op);
        }
    }
    return set_of_node(w, node);
}

static uint32_t call_function(struct walker *w, const struct callee *callee, uint32_t op)
{
    uint32_t arguments[MAX_ARGUMENTS];
    uint32_t n = map_arguments(w, callee, op, arguments);
    uint32_t returns =
        summary_apply(w, callee->file, callee->scope, arguments, n, callee->flags, op);
    uint16_t flags = facts_at(w, callee->file)->scopes[callee->scope].flags;
    return flags & (SCOPE_IS_ASYNC | SCOPE_IS_GENERATOR)
               ? make_generator(w, callee, arguments, n, returns, op)
               : returns;
}

bool call_method(struct walker *w, uint32_t receiver, uint32_t file, uint32_t scope,
                 uint32_t argument, uint32_t op, uint32_t *value)
{
    if (needs_summary(w, file, scope)) {
        return false;
    }
    uint32_t arguments[2] = {set_of_node(w, receiver), argument};
    *value = summary_apply(w, file, scope, arguments, 2, 0, op);
    return true;
}

/* ---- making instances */

static bool is_dataclass(const struct facts *facts, uint32_t scope)
{
    static const char *const makers[] = {"dataclasses.dataclass", "attr.s",        "attr.attrs",
                                         "attr.define",           "attrs.define",  "attr.frozen",
                                         "attrs.frozen",          "attr.dataclass"};
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        if (facts_find_decorator(facts, scope, makers[i]) != NONE) {
            return true;
        }
    }
    return false;
}

/* Without an __init__ of its own, a dataclass stores each argument in the field of its place or
 * name; a NamedTuple does the same. */
static void store_fields(struct walker *w, uint32_t class, uint32_t node, uint32_t op)
{
    struct program *program = w->analysis->program;
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    uint32_t position = 0, n_arguments = op_at(w, op)->b;
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *annotate = &facts->ops[i];
        if (annotate->kind != OP_ANNOTATE || facts->ops[annotate->a].kind != OP_TARGET_NAME) {
            continue;
        }
        const char *name = variable_name(facts, facts->ops[annotate->a].a);
        uint32_t value =
            facts_argument(w->facts, op, position < n_arguments ? (int)position : -1, name);
        position++;
        if (value != NONE) {
            store_field(w, set_of_node(w, node), link_symbol(program, name), value_of(w, value),
                        op);
        }
    }
}

static bool has_generated_init(struct walker *w, uint32_t class)
{
    struct program *program = w->analysis->program;
    const struct class *c = &program->classes->all.items[class];
    return is_dataclass(program->files[c->file], c->scope)
           || classes_derive_from(program, class, "typing.NamedTuple");
}

bool is_container_class(const struct program *program, uint32_t class)
{
    return classes_derive_from(program, class, "list")
           || classes_derive_from(program, class, "dict")
           || classes_derive_from(program, class, "set")
           || classes_derive_from(program, class, "collections.UserList")
           || classes_derive_from(program, class, "collections.UserDict");
}

static uint32_t make_instance(struct walker *w, const struct callee *callee, uint32_t op)
{
    uint32_t node = new_node(w, HEAP_INSTANCE);
    heap_node_at(&w->heap, node)->class = callee->class;
    uint32_t file, scope;
    if (function_of_class(w, callee->class, 0, w->analysis->fields.init, &file, &scope)) {
        struct callee init = {
            .kind = CALLEE_FUNCTION, .file = file, .scope = scope, .receiver = node};
        call_function(w, &init, op);
    } else if (has_generated_init(w, callee->class)) {
        store_fields(w, callee->class, node, op);
        if (function_of_class(w, callee->class, 0, w->analysis->fields.post_init, &file, &scope)) {
            uint32_t arguments[1] = {set_of_node(w, node)};
            summary_apply(w, file, scope, arguments, 1, 0, op);
        }
    } else if (op_at(w, op)->b > 0 && is_container_class(w->analysis->program, callee->class)) {
        add_elements(w, set_of_node(w, node),
                     load_elements(w, value_of(w, op_at(w, op + 1)->a), op), op);
    }
    return set_of_node(w, node);
}

/* The name of field number `position` as namedtuple() was told it: a list of strings or one string.
 */
static const char *field_of_named_tuple(struct walker *w, const struct callee *callee,
                                        uint32_t position)
{
    const struct facts *facts = facts_at(w, callee->file);
    uint32_t fields = facts_argument(facts, callee->maker, 1, "field_names");
    const struct op *op = fields == NONE ? NULL : &facts->ops[fields];
    if (op != NULL && op->kind == OP_DISPLAY && position < op->b) {
        const struct op *name = &facts->ops[facts->ops[fields + 1 + position].a];
        return name->kind == OP_CONSTANT ? facts_name(facts, name->a) : "";
    }
    if (op == NULL || op->kind != OP_CONSTANT || op->aux != CONSTANT_STRING) {
        return "";
    }
    const char *text = facts_name(facts, op->a);
    for (text += strspn(text, " ,"); position > 0; position--) {
        text += strcspn(text, " ,");
        text += strspn(text, " ,");
    }
    return arena_string(&w->analysis->heap->arena, text, strcspn(text, " ,"));
}

static uint32_t make_named_tuple(struct walker *w, const struct callee *callee, uint32_t op)
{
    uint32_t node = new_node(w, HEAP_INSTANCE);
    heap_node_at(&w->heap, node)->foreign = callee->symbol;
    for (uint32_t i = 0; i < op_at(w, op)->b; i++) {
        const struct op *argument = op_at(w, op + 1 + i);
        const char *name = argument->b != NONE ? facts_name(w->facts, argument->b)
                                               : field_of_named_tuple(w, callee, i);
        if (*name != '\0') {
            store_field(w, set_of_node(w, node), link_symbol(w->analysis->program, name),
                        value_of(w, argument->a), op);
        }
    }
    return set_of_node(w, node);
}

/* ---- the call */

static bool callee_needs_summary(struct walker *w, const struct callee *callee)
{
    uint32_t file, scope;
    if (callee->kind == CALLEE_FUNCTION) {
        return needs_summary(w, callee->file, callee->scope);
    }
    if (callee->kind != CALLEE_CLASS || callee->class == NONE) {
        return false;
    }
    return (function_of_class(w, callee->class, 0, w->analysis->fields.init, &file, &scope)
            && needs_summary(w, file, scope))
           || (function_of_class(w, callee->class, 0, w->analysis->fields.post_init, &file, &scope)
               && needs_summary(w, file, scope));
}

static uint32_t run_callee(struct walker *w, const struct callee *callee, uint32_t op)
{
    switch (callee->kind) {
    case CALLEE_FUNCTION:
        return call_function(w, callee, op);
    case CALLEE_CLASS:
        return callee->class == NONE ? 0 : make_instance(w, callee, op);
    case CALLEE_NAMED_TUPLE:
        return make_named_tuple(w, callee, op);
    case CALLEE_FOREIGN:
        return call_foreign(w, callee->symbol, op);
    }
    return 0;
}

bool walk_call(struct walker *w, uint32_t op)
{
    struct callees callees = {.n = 0};
    uint32_t callee = op_at(w, op)->a;
    uint32_t *result = &w->values.items[op - w->facts->scopes[w->scope].first_op];
    if (op_at(w, callee)->kind == OP_ATTRIBUTE) {
        uint32_t objects = value_of(w, op_at(w, callee)->a);
        uint32_t symbol = link_symbol_of(w->analysis->program->link, w->file, op_at(w, callee)->b);
        for (uint32_t i = 0; i < set_size(w, objects) && i < MAX_SPREAD; i++) {
            add_method_of(w, &callees, set_at(w, objects, i), symbol, op);
        }
        uint32_t value;
        const char *name = link_text(w->analysis->program, symbol);
        if (callees.n == 0) {
            guess_methods(w, &callees, objects, symbol, op);
        }
        if (callees.n == 0 && call_container_method(w, objects, name, op, &value)) {
            *result = value;
            return true;
        }
    } else {
        uint32_t single = set_single(w, value_of(w, callee));
        if (single != NONE && heap_node_at(&w->heap, single)->kind == HEAP_WEAK) {
            *result = heap_node_at(&w->heap, single)->values; /* ref() is the referent */
            return true;
        }
        add_values(w, &callees, value_of(w, callee));
    }
    for (uint32_t i = 0; i < callees.n; i++) {
        if (callee_needs_summary(w, &callees.items[i])) {
            return false;
        }
    }
    uint32_t value = 0;
    for (uint32_t i = 0; i < callees.n; i++) {
        callees.items[i].flags |= callees.n > 1 ? (uint32_t)EDGE_IS_MAYBE : 0;
        value = set_union(w, value, run_callee(w, &callees.items[i], op));
    }
    w->values.items[op - w->facts->scopes[w->scope].first_op] =
        callees.n > 0 ? value : set_of_node(w, new_node(w, HEAP_RESULT));
    return true;
}
