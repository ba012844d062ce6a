/*
 * holdings.c - what the attributes of a class may hold, as far as the class itself says.
 */
#include "heap/holdings.h"

#include <string.h>

void holdings_unknown(struct holdings *g, uint32_t class, const char *reason, struct place place)
{
    struct class_node *holder = &g->out->classes[class];
    if (*holder->reason == '\0') {
        holder->reason = arena_string(&g->out->arena, reason, strlen(reason));
        holder->place = place;
        holder->unknown_of = class;
    }
}

void holdings_mention(struct holdings *g, uint32_t class, uint32_t symbol)
{
    if (pair_table_get(&g->is_mentioned, pair_key(class, symbol)) != TABLE_NONE) {
        return;
    }
    pair_table_put(&g->is_mentioned, pair_key(class, symbol), 1);
    uint32_t old = pair_table_get(&g->first_mention, pair_key(0, symbol));
    pair_table_set(&g->first_mention, pair_key(0, symbol), (uint32_t)g->mentions.n);
    *array_push(&g->mentions) = (struct mention){class, old};
}

/* ---- what an attribute may hold ---- */

static void add_holding(struct holdings *g, uint32_t class, uint32_t symbol,
                        const struct held *held, const char *via, struct place place)
{
    const char *between = *held->via != '\0' ? held->via : via;
    *array_push(&g->out->holdings) = (struct class_edge){
        .holder = class,
        .target = held->class,
        .attribute = link_text(g->program, symbol),
        .via = *via != '\0' ? via : between,
        .place = place,
        .is_exact = held->is_exact,
    };
}

void holdings_add_set(struct holdings *g, uint32_t class, uint32_t symbol, const char *via,
                      struct place place)
{
    for (size_t i = 0; i < g->set.n; i++) {
        const struct held *held = &g->set.items[i];
        if (held->is_behind) {
            *array_push(&g->behind) = (struct behind){class, held->class};
        } else {
            add_holding(g, class, symbol, held, via, place);
        }
    }
    if (g->set.unknown != NULL) {
        holdings_unknown(g, class,
                         arena_format(&g->scratch, "attribute '%s' may hold %s",
                                      link_text(g->program, symbol), g->set.unknown),
                         place);
    }
}

void holdings_empty_set(struct holdings *g)
{
    g->set.n = 0;
    g->set.unknown = NULL;
}

/* An annotation of the attribute says what may be put in it later, and more than a value nobody can
 * name. */
static void ask_annotation(struct holdings *g, uint32_t class, uint32_t symbol)
{
    uint32_t annotation = pair_table_get(&g->annotations, pair_key(class, symbol));
    if (annotation == TABLE_NONE) {
        return;
    }
    bool was_known = g->set.unknown == NULL;
    g->set.unknown = NULL;
    held_by_annotation(g->program, holdings_class(g, class)->file, annotation, &g->set);
    g->set.unknown = was_known ? NULL : g->set.unknown;
}

static void add_stores(struct holdings *g, uint32_t class)
{
    const struct attribute_store *store = members_stores_of_class(g->program, class);
    for (; store != NULL; store = members_store_at(g->program, store->next_of_class)) {
        const struct op *op = &g->program->files[store->file]->ops[store->op];
        if (op->kind != OP_STORE) {
            continue;
        }
        const struct op *target = &g->program->files[store->file]->ops[op->a];
        uint32_t symbol = link_symbol_of(g->program->link, store->file, target->b);
        holdings_mention(g, class, symbol);
        holdings_empty_set(g);
        held_by_value(g->program, store->file, op->b, &g->set);
        ask_annotation(g, class, symbol);
        holdings_add_set(g, class, symbol, "", place_of_op(store->file, op));
    }
}

/* ---- declarations ---- */

static bool is_class_variable(const struct facts *facts, uint32_t annotation)
{
    const struct op *op = &facts->ops[annotation];
    uint32_t value = op->kind == OP_ITEM ? op->a : annotation;
    return facts_spells(facts, value, "typing.ClassVar");
}

/* `parent: Node` in the body of a class. */
static void add_declarations(struct holdings *g, uint32_t class)
{
    const struct class *c = holdings_class(g, class);
    const struct facts *facts = g->program->files[c->file];
    const struct scope *scope = &facts->scopes[c->scope];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_ANNOTATE || facts->ops[op->a].kind != OP_TARGET_NAME
            || is_class_variable(facts, op->b)) {
            continue;
        }
        const struct op *target = &facts->ops[op->a];
        uint32_t symbol =
            link_symbol_of(g->program->link, c->file, facts->variables[target->a].name);
        pair_table_set(&g->annotations, pair_key(class, symbol), op->b);
        holdings_mention(g, class, symbol);
        holdings_empty_set(g);
        held_by_annotation(g->program, c->file, op->b, &g->set);
        holdings_add_set(g, class, symbol, "", place_of_op(c->file, op));
    }
}

/* The class whose `self` a value is, or NONE. */
static uint32_t class_of_self(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    return classes_is_self(facts, value) ? classes_of_scope(
               program, file, facts->scopes[facts->variables[facts->ops[value].a].scope].parent)
                                         : NONE;
}

/* `self.parent: Node = …` in a method is an annotation, too. */
void holdings_note_attributes(struct holdings *g, uint32_t file)
{
    const struct facts *facts = g->program->files[file];
    for (uint32_t i = 0; i < facts->n_ops; i++) {
        const struct op *op = &facts->ops[i], *attribute = op;
        if (op->kind == OP_ANNOTATE) {
            attribute = &facts->ops[op->a];
        }
        if (attribute->kind != OP_ATTRIBUTE && attribute->kind != OP_TARGET_ATTRIBUTE) {
            continue;
        }
        uint32_t class = class_of_self(g->program, file, attribute->a);
        uint32_t symbol = link_symbol_of(g->program->link, file, attribute->b);
        if (class != NONE) {
            holdings_mention(g, class, symbol);
        }
        if (class != NONE && op->kind == OP_ANNOTATE) {
            pair_table_set(&g->annotations, pair_key(class, symbol), op->b);
        }
    }
}

/* ---- what makes a class unknown as a whole ---- */

static bool is_known_decorator(const struct facts *facts, uint32_t scope, uint32_t call)
{
    static const char *const names[] = {"dataclasses.dataclass",
                                        "attr.s",
                                        "attr.attrs",
                                        "attr.define",
                                        "attrs.define",
                                        "attrs.frozen",
                                        "functools.total_ordering",
                                        "typing.final"};
    (void)scope;
    uint32_t value = facts->ops[call].a;
    value = facts->ops[value].kind == OP_CALL ? facts->ops[value].a : value;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (facts_spells(facts, value, names[i])) {
            return true;
        }
    }
    return false;
}

static const char *odd_of_class(const struct holdings *g, uint32_t class)
{
    const struct class *c = holdings_class(g, class);
    const struct facts *facts = g->program->files[c->file];
    if (!c->is_complete) {
        return "one of its bases is not known";
    }
    if (*c->metaclass != '\0' && strcmp(c->metaclass, "abc.ABCMeta") != 0) {
        return "it has a metaclass";
    }
    for (uint32_t scope = facts->scopes[c->scope].parent; scope != 0;
         scope = facts->scopes[scope].parent) {
        if (facts->scopes[scope].kind != SCOPE_CLASS) {
            return "it is made in a function, whose variables its methods may hold";
        }
    }
    struct method method;
    if (classes_find_method(g->program, class, "__new__", &method)
        || classes_find_method(g->program, class, "__setattr__", &method)) {
        return "its __new__ or __setattr__ may set what nobody sees";
    }
    for (uint32_t call = facts_first_decorator(facts, c->scope); call != NONE;
         call = facts_next_decorator(facts, call)) {
        if (!is_known_decorator(facts, c->scope, call)) {
            return "a decorator may change it";
        }
    }
    return NULL;
}

static void judge_class(struct holdings *g, uint32_t class)
{
    const struct class *c = holdings_class(g, class);
    const struct scope *scope = &g->program->files[c->file]->scopes[c->scope];
    const char *odd = odd_of_class(g, class);
    if (odd != NULL) {
        holdings_unknown(
            g, class, odd,
            (struct place){.file = c->file, .start = scope->name_start, .end = scope->name_end});
    }
}

/* A cached_property keeps what it gives in the instance. */
static void judge_methods(struct holdings *g, uint32_t class)
{
    const struct class *c = holdings_class(g, class);
    const struct facts *facts = g->program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    for (uint32_t i = body->first_child; i < body->first_child + body->n_children; i++) {
        if (facts->scopes[i].kind == SCOPE_FUNCTION
            && cached_attribute(g->program, c->file, i) != NONE) {
            holdings_unknown(g, class, "a cached property keeps what it gives",
                             (struct place){.file = c->file,
                                            .start = facts->scopes[i].name_start,
                                            .end = facts->scopes[i].name_end});
        }
    }
}

void holdings_see_class(struct holdings *g, uint32_t class)
{
    judge_class(g, class);
    judge_methods(g, class);
    add_declarations(g, class);
    add_stores(g, class);
    arena_reset(&g->scratch);
}
