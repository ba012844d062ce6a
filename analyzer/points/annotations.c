/*
 * annotations.c - what parameters and attributes are promised to be, where no call and no store
 * tells.
 *
 * Who calls a library is not in the program: its annotations stand for them.  They are used only
 * for what is still empty when the queue is, since what is really given is the better knowledge.
 */
#include "points/solver.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 6 }; /* Optional[Dict[str, List["Node"]]], and a few more */

/* "pkg.Node" or "Node" written in quotes: looked up as the file would. */
static uint32_t set_of_text(struct points *p, uint32_t file, const char *text)
{
    size_t length = strcspn(text, "[ |.");
    uint32_t symbol = text[length] == '.' ? TABLE_NONE : link_find_symbol(p->program, text, length);
    return symbol == TABLE_NONE ? (uint32_t)SET_EMPTY
                                : set_of_entity(p, link_member(p->program, file, symbol));
}

/* The container that a name of typing or a builtin class means, counted from 1; 0 for none. */
static uint32_t container_named(const char *name)
{
    static const struct {
        const char *name;
        enum container container;
    } known[] = {{"list", CONTAINER_LIST},
                 {"set", CONTAINER_SET},
                 {"frozenset", CONTAINER_SET},
                 {"tuple", CONTAINER_TUPLE},
                 {"dict", CONTAINER_DICT},
                 {"List", CONTAINER_LIST},
                 {"Set", CONTAINER_SET},
                 {"Tuple", CONTAINER_TUPLE},
                 {"Dict", CONTAINER_DICT},
                 {"Sequence", CONTAINER_LIST},
                 {"Iterable", CONTAINER_LIST},
                 {"Collection", CONTAINER_LIST},
                 {"Mapping", CONTAINER_DICT},
                 {"MutableMapping", CONTAINER_DICT},
                 {"MutableSequence", CONTAINER_LIST},
                 {"defaultdict", CONTAINER_DICT},
                 {"DefaultDict", CONTAINER_DICT},
                 {"deque", CONTAINER_LIST},
                 {"Deque", CONTAINER_LIST},
                 {"OrderedDict", CONTAINER_DICT}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, dot == NULL ? name : dot + 1) == 0) {
            return (uint32_t)known[i].container + 1;
        }
    }
    return 0;
}

/* Classes become the kin of the class; the rest is dropped. */
static uint32_t instances_of(struct points *p, uint32_t classes)
{
    uint32_t found = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, classes); i++) {
        struct points_object o = object_at(p, set_member(p, classes, i));
        if (o.kind == POINTS_CLASS) {
            found = set_join(p, found, set_of(p, object_of_class(p, POINTS_KIN, o.a)));
        }
    }
    return found;
}

/* An annotation under way: its op, and the container around it. */
struct promise {
    uint32_t op;
    uint32_t container; /* a set; SET_EMPTY: none */
};

struct promises {
    struct promise items[2 * MAX_DEPTH];
    uint32_t n;
};

static void push(struct promises *promises, uint32_t op, uint32_t container)
{
    if (op != NONE && promises->n < 2 * MAX_DEPTH) {
        promises->items[promises->n++] = (struct promise){.op = op, .container = container};
    }
}

/* `list[X]`, `Optional[X]`, `Node[X]`: what the subscript promises, or the elements it promises. */
static uint32_t open_subscript(struct points *p, uint32_t file, struct promise at,
                               struct promises *promises)
{
    const struct facts *facts = p->program->files[file];
    const struct op *op = &facts->ops[at.op];
    struct entity entity = link_entity(p->program, file, op->a);
    if (entity.kind != ENTITY_FOREIGN) {
        return instances_of(p, set_of_entity(p, entity));
    }
    const char *name = link_text(p->program, entity.index);
    uint32_t container = container_named(name);
    if (container != 0) {
        const struct op *index = &facts->ops[op->b];
        uint32_t set =
            set_of(p, object_number(p, (struct points_object){.kind = POINTS_CONTAINER,
                                                              .aux = (uint8_t)(container - 1),
                                                              .a = file,
                                                              .b = at.op}));
        bool is_several = index->kind == OP_DISPLAY && index->b > 0;
        push(promises, is_several ? facts->ops[op->b + index->b].a : op->b, set);
        return set;
    }
    if (strcmp(name, "typing.Optional") == 0 || strcmp(name, "typing.ClassVar") == 0
        || strcmp(name, "typing.Final") == 0) {
        push(promises, op->b, at.container);
    }
    return SET_EMPTY;
}

static uint32_t open_one(struct points *p, uint32_t file, struct promise at,
                         struct promises *promises)
{
    const struct facts *facts = p->program->files[file];
    const struct op *op = &facts->ops[at.op];
    switch (op->kind) {
    case OP_CONSTANT:
        return op->aux == CONSTANT_STRING && op->a != NONE
                   ? instances_of(p, set_of_text(p, file, facts_name(facts, op->a)))
                   : (uint32_t)SET_EMPTY;
    case OP_LOAD:
    case OP_ATTRIBUTE:
        return instances_of(p, set_of_entity(p, link_entity(p->program, file, at.op)));
    case OP_BINARY: /* `X | None` */
        push(promises, op->a, at.container);
        push(promises, op->b, at.container);
        return SET_EMPTY;
    case OP_ITEM:
        return open_subscript(p, file, at, promises);
    default:
        return SET_EMPTY;
    }
}

/* What the annotation promises; elements are added to the containers it names. */
static uint32_t promised(struct points *p, uint32_t file, uint32_t annotation)
{
    struct promises promises = {.n = 0};
    uint32_t found = SET_EMPTY;
    push(&promises, annotation, SET_EMPTY);
    for (uint32_t i = 0; i < promises.n; i++) {
        struct promise at = promises.items[i];
        uint32_t set = open_one(p, file, at, &promises);
        if (at.container != SET_EMPTY) {
            elements_add(p, at.container, NONE, set, NONE);
        } else {
            found = set_join(p, found, set);
        }
    }
    return found;
}

static void use_parameters(struct points *p, uint32_t file)
{
    const struct facts *facts = p->program->files[file];
    for (uint32_t i = 0; i < facts->n_parameters; i++) {
        const struct parameter *parameter = &facts->parameters[i];
        bool is_one = parameter->kind != PARAMETER_STAR && parameter->kind != PARAMETER_DOUBLE_STAR;
        uint32_t cell = cell_of_variable(p, file, parameter->variable);
        if (parameter->annotation != NONE && is_one && p->cells.items[cell].set == SET_EMPTY) {
            variable_join(p, file, parameter->variable, promised(p, file, parameter->annotation));
        }
    }
}

/* `name: Node` in a class body, when no instance was given one. */
static void use_fields(struct points *p, uint32_t class)
{
    const struct class *c = &p->program->classes->all.items[class];
    const struct facts *facts = p->program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind != OP_ANNOTATE || facts->ops[op->a].kind != OP_TARGET_NAME) {
            continue;
        }
        uint32_t symbol =
            link_symbol_of(p->program->link, c->file, facts->variables[facts->ops[op->a].a].name);
        if (points_of_attribute(p, class, symbol) == SET_EMPTY) {
            cell_join(p, cell_of_field(p, object_of_class(p, POINTS_INSTANCE, class), symbol),
                      promised(p, c->file, op->b));
        }
    }
}

void annotations_use(struct points *p)
{
    p->function = NONE; /* nobody evaluates */
    for (uint32_t file = 0; file < p->program->n_files; file++) {
        p->file = file;
        use_parameters(p, file);
    }
    for (uint32_t class = 0; class < p->program->classes->all.n; class ++) {
        use_fields(p, class);
    }
}
