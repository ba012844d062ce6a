/*
 * holdings_outside.c - what code anywhere puts into the attributes of objects.
 */
#include "heap/holdings.h"

#include "program/scope_view.h"

#include <string.h>

/* `obj.x`, `obj.x[0]`: the OP_ATTRIBUTE. */
static uint32_t attribute_under(const struct facts *facts, uint32_t value)
{
    while (facts->ops[value].kind == OP_ITEM) {
        value = facts->ops[value].a;
    }
    return facts->ops[value].kind == OP_ATTRIBUTE ? value : NONE;
}

static const char *container_of(struct holdings *g, uint32_t class, uint32_t symbol)
{
    static const char *const names[] = {"", "list", "tuple", "set", "dict", ""};
    struct attribute_type type = type_of_attribute(&g->types, class, symbol);
    return type.holds_weakly ? "" : names[type.container];
}

/* An attribute of an object of unknown class: any class that mentions it may be meant. */
static void spread_unknown(struct holdings *g, uint32_t symbol, const char *what, bool in_container,
                           struct place place)
{
    const char *reason =
        arena_format(&g->scratch, "attribute '%s' %s", link_text(g->program, symbol), what);
    uint32_t i = pair_table_get(&g->first_mention, pair_key(0, symbol));
    for (; i != TABLE_NONE; i = g->mentions.items[i].next) {
        uint32_t class = g->mentions.items[i].class;
        if (!in_container || *container_of(g, class, symbol) != '\0') {
            holdings_unknown(g, class, reason, place);
        }
    }
}

/* The only class that the object of an attribute can be of, or NONE. */
static uint32_t class_of_object(struct holdings *g, uint32_t file, uint32_t object)
{
    struct held_set set = {.arena = &g->scratch};
    held_by_value(g->program, file, object, &set);
    uint32_t class =
        set.n == 1 && set.unknown == NULL && !set.items[0].is_behind && *set.items[0].via == '\0'
            ? set.items[0].class
            : NONE;
    array_free(&set);
    return class;
}

/* The attribute of an object receives what is in the set. */
static void add_from_outside(struct holdings *g, uint32_t file, uint32_t attribute,
                             bool in_container, struct place place)
{
    const struct op *op = &g->program->files[file]->ops[attribute];
    uint32_t symbol = link_symbol_of(g->program->link, file, op->b);
    if (g->set.n == 0 && g->set.unknown == NULL) {
        return;
    }
    uint32_t class = class_of_object(g, file, op->a);
    if (class == NONE) {
        spread_unknown(g, symbol, "is set by code that does not show the class", in_container,
                       place);
        return;
    }
    const char *via = in_container ? container_of(g, class, symbol) : "";
    if (!in_container || *via != '\0') {
        holdings_mention(g, class, symbol);
        holdings_add_set(g, class, symbol, via, place);
    }
}

static void see_store(struct holdings *g, uint32_t file, const struct op *op)
{
    const struct facts *facts = g->program->files[file];
    const struct op *target = &facts->ops[op->a];
    holdings_empty_set(g);
    if (target->kind == OP_TARGET_ATTRIBUTE && !classes_is_self(facts, target->a)) {
        held_by_value(g->program, file, op->b, &g->set);
        add_from_outside(g, file, op->a, false, place_of_op(file, op));
    } else if (target->kind == OP_TARGET_ITEM && attribute_under(facts, target->a) != NONE) {
        held_by_value(g->program, file, op->b, &g->set);
        held_by_value(g->program, file, target->b, &g->set);
        add_from_outside(g, file, attribute_under(facts, target->a), true, place_of_op(file, op));
    }
}

static void see_setattr(struct holdings *g, uint32_t file, uint32_t call)
{
    const struct facts *facts = g->program->files[file];
    uint32_t object = facts_argument(facts, call, 0, NULL);
    uint32_t class = object != NONE ? class_of_object(g, file, object) : NONE;
    if (class != NONE) {
        holdings_unknown(g, class, "setattr() sets its attributes",
                         place_of_op(file, &facts->ops[call]));
    }
}

static void see_call(struct holdings *g, uint32_t file, uint32_t call)
{
    const struct facts *facts = g->program->files[file];
    const struct op *op = &facts->ops[call], *callee = &facts->ops[op->a];
    if (callee->kind == OP_LOAD && is_builtin_variable(facts, callee->a)
        && strcmp(variable_name(facts, callee->a), "setattr") == 0) {
        see_setattr(g, file, call);
        return;
    }
    if (callee->kind != OP_ATTRIBUTE || op->b == 0 || attribute_under(facts, callee->a) == NONE
        || !held_is_adder(facts_name(facts, callee->b))) {
        return;
    }
    holdings_empty_set(g);
    for (uint32_t i = 1; i <= op->b; i++) {
        held_by_value(g->program, file, facts->ops[call + i].a, &g->set);
    }
    add_from_outside(g, file, attribute_under(facts, callee->a), true, place_of_op(file, op));
}

/* `self.__dict__` gives everybody everything. */
static void see_dict(struct holdings *g, uint32_t file, const struct op *op)
{
    const struct facts *facts = g->program->files[file];
    uint32_t class =
        strcmp(facts_name(facts, op->b), "__dict__") == 0 ? class_of_object(g, file, op->a) : NONE;
    if (class != NONE) {
        holdings_unknown(g, class, "__dict__ is used", place_of_op(file, op));
    }
}

/* ---- containers that leave the class ---- */

/* Whether an op only looks at the container that is its operand. */
static bool only_looks(const struct facts *facts, const struct scope_view *view, uint32_t i,
                       bool is_second)
{
    const struct op *op = &facts->ops[i];
    switch (op->kind) {
    case OP_ITEM:
    case OP_TARGET_ITEM:
        return !is_second;
    case OP_ATTRIBUTE: /* a method of the container: what it adds is seen where it is called */
    case OP_NEXT:
    case OP_COMPARE:
    case OP_UNARY:
    case OP_BINARY:
    case OP_IF:
    case OP_TEST:
    case OP_LOOP:
    case OP_ASSERT:
    case OP_EXPRESSION:
    case OP_UNPACKED:
        return true;
    case OP_ARGUMENT: {
        static const char *const readers[] = {
            "len", "list", "tuple", "set", "dict", "sorted", "reversed", "sum",      "enumerate",
            "any", "all",  "bool",  "min", "max",  "str",    "repr",     "frozenset"};
        uint32_t owner = scope_view_owner(view, i);
        for (size_t k = 0; k < sizeof readers / sizeof *readers; k++) {
            if (facts->ops[owner].kind == OP_CALL
                && facts_spells(facts, facts->ops[owner].a, readers[k])) {
                return true;
            }
        }
        return false;
    }
    default:
        return false;
    }
}

static bool is_candidate(struct holdings *g, uint32_t file, const struct op *op)
{
    if (op->kind != OP_ATTRIBUTE) {
        return false;
    }
    uint32_t symbol = link_symbol_of(g->program->link, file, op->b);
    uint32_t i = pair_table_get(&g->first_mention, pair_key(0, symbol));
    for (; i != TABLE_NONE; i = g->mentions.items[i].next) {
        if (*container_of(g, g->mentions.items[i].class, symbol) != '\0') {
            return true;
        }
    }
    return false;
}

static void see_uses(struct holdings *g, uint32_t file, const struct scope_view *view, uint32_t i)
{
    const struct facts *facts = g->program->files[file];
    for (uint32_t use = scope_view_use(view, i, NONE); use != NONE;
         use = scope_view_use(view, i, use)) {
        if (!only_looks(facts, view, use_op(view, use), use % 2 == 1)) {
            spread_unknown(g, link_symbol_of(g->program->link, file, facts->ops[i].b),
                           "is a container that is handed out", true,
                           place_of_op(file, &facts->ops[i]));
            return;
        }
    }
}

static void see_containers(struct holdings *g, uint32_t file, uint32_t number)
{
    const struct facts *facts = g->program->files[file];
    const struct scope *scope = &facts->scopes[number];
    struct scope_view view;
    bool has_view = false;
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (!is_candidate(g, file, &facts->ops[i])) {
            continue;
        }
        view = has_view ? view : scope_view_make(facts, number, &g->scratch);
        has_view = true;
        see_uses(g, file, &view, i);
    }
    arena_reset(&g->scratch);
}

void holdings_see_file(struct holdings *g, uint32_t file)
{
    const struct facts *facts = g->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        switch (facts->ops[i].kind) {
        case OP_STORE:
            see_store(g, file, &facts->ops[i]);
            break;
        case OP_CALL:
            see_call(g, file, i);
            break;
        case OP_ATTRIBUTE:
            see_dict(g, file, &facts->ops[i]);
            break;
        default:
            break;
        }
    }
    for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
        see_containers(g, file, scope);
    }
}
