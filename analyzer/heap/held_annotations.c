/*
 * held_annotations.c - the classes that an annotation allows.
 */
#include "heap/held_search.h"

#include "heap/walk.h"
#include "program/classes.h"
#include "program/link.h"

#include <string.h>

static void see_named_type(struct held_search *search, const struct held_item *item,
                           struct entity entity)
{
    const char *via, *name;
    if (entity.kind == ENTITY_CLASS) {
        uint32_t class = classes_of_scope(search->program, entity.file, entity.index);
        if (classes_derive_from(search->program, class, "typing.Protocol")) {
            held_be_unknown(search, "any class that fits a protocol");
        }
        struct held_item value = *item;
        value.how = OF_VALUE;
        held_add_class(search, &value, class, false);
        return;
    }
    name = entity.kind == ENTITY_FOREIGN ? link_text(search->program, entity.index) : "a name";
    if (held_foreign(name, &via) != HELD_FOREIGN_PLAIN || strcmp(name, "object") == 0) {
        held_be_unknown(search, arena_format(search->out->arena, "type '%s'", name));
    }
}

/* `list[Node]` and the like. */
static void see_generic_type(struct held_search *search, const struct held_item *item)
{
    const struct op *op = &held_facts(search, item)->ops[item->op];
    struct entity entity = link_entity(search->program, item->file, op->a);
    const char *via;
    if (entity.kind != ENTITY_FOREIGN) {
        see_named_type(search, item, entity);
        held_look_on(search, item, op->b);
        return;
    }
    switch (held_foreign(link_text(search->program, entity.index), &via)) {
    case HELD_FOREIGN_PLAIN:
        return;
    case HELD_FOREIGN_HOLDER: {
        struct held_item inner = *item;
        inner.via = held_outer_via(item->via, via);
        held_look_on(search, &inner, op->b);
        return;
    }
    case HELD_FOREIGN_UNKNOWN:
        held_be_unknown(search, arena_format(search->out->arena, "type '%s'",
                                             link_text(search->program, entity.index)));
        return;
    }
}

static void see_quoted_type(struct held_search *search, const struct held_item *item)
{
    const struct facts *facts = held_facts(search, item);
    const char *via, *text = facts_name(facts, facts->ops[item->op].a);
    struct analysis analysis = {.program = search->program};
    uint32_t class = class_of_annotation(&analysis, item->file, item->op);
    if (class != NONE && text[strcspn(text, "[|")] == '\0') {
        struct held_item value = *item;
        value.how = OF_VALUE;
        held_add_class(search, &value, class, false);
    } else if (held_foreign(text, &via) != HELD_FOREIGN_PLAIN) {
        held_be_unknown(search, arena_format(search->out->arena, "type '%s'", text));
    }
}

void held_see_annotation(struct held_search *search, const struct held_item *item)
{
    const struct op *op = &held_facts(search, item)->ops[item->op];
    switch (op->kind) {
    case OP_CONSTANT:
        if (op->aux == CONSTANT_STRING && op->a != NONE) {
            see_quoted_type(search, item);
        }
        return;
    case OP_LOAD:
    case OP_ATTRIBUTE:
        see_named_type(search, item, link_entity(search->program, item->file, item->op));
        return;
    case OP_BINARY:
        held_look_on(search, item, op->a);
        held_look_on(search, item, op->b);
        return;
    case OP_DISPLAY:
        held_look_at_elements(search, *item, item->op);
        return;
    case OP_ITEM:
        see_generic_type(search, item);
        return;
    default:
        held_be_unknown(search, "an annotation that is no type");
        return;
    }
}
