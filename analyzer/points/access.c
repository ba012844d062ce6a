/*
 * access.c - attributes of objects.
 *
 * What methods and outsiders store in an attribute is kept under the class of the object they store
 * to, as far as it is known: a method's `self` is of its own class.  So reading looks at the class
 * and its ancestors; for kin, at derived classes as well when those have nothing.
 */
#include "points/solver.h"

#include <string.h>

/* ---- what a class's body has */

static uint32_t ancestor_at(const struct points *p, uint32_t class, uint32_t i)
{
    return p->program->classes->ancestors
        .items[p->program->classes->all.items[class].first_ancestor + i];
}

static uint32_t n_ancestors(const struct points *p, uint32_t class)
{
    return p->program->classes->all.items[class].n_ancestors;
}

/* The variable of a class's body, from ancestor number `from` on, and that class. */
static uint32_t find_in_bodies(const struct points *p, uint32_t class, uint32_t from,
                               uint32_t symbol, uint32_t *owner)
{
    for (uint32_t i = from; i < n_ancestors(p, class); i++) {
        *owner = ancestor_at(p, class, i);
        uint32_t variable = pair_table_get(&p->program->members->by_name, pair_key(*owner, symbol));
        if (variable != TABLE_NONE) {
            return variable;
        }
    }
    return NONE;
}

static uint32_t function_bound_to(const struct points *p, uint32_t file, uint32_t variable)
{
    uint32_t value = p->program->link->bindings[file][variable];
    return value != NONE && p->program->files[file]->ops[value].kind == OP_FUNCTION
               ? p->program->files[file]->ops[value].a
               : NONE;
}

bool find_function(const struct points *p, uint32_t class, uint32_t from, uint32_t symbol,
                   uint32_t *file, uint32_t *scope)
{
    uint32_t owner, variable = find_in_bodies(p, class, from, symbol, &owner);
    if (variable == NONE) {
        return false;
    }
    *file = p->program->classes->all.items[owner].file;
    *scope = function_bound_to(p, *file, variable);
    return *scope != NONE;
}

/* ---- methods and descriptors */

enum access {
    ACCESS_UNKNOWN,
    ACCESS_METHOD,
    ACCESS_STATIC,
    ACCESS_CLASS,
    ACCESS_PROPERTY,
    ACCESS_CACHED, /* computed once and kept in the instance */
    ACCESS_WRAPPED /* by a decorator of the program */
};

/* A descriptor class of the program that computes a value once keeps it in the instance's
 * __dict__. */
static bool keeps_in_dict(const struct points *p, uint32_t file, uint32_t scope)
{
    const struct facts *facts = p->program->files[file];
    const struct scope *s = &facts->scopes[scope];
    for (uint32_t i = s->first_op; i < s->first_op + s->n_ops; i++) {
        if (facts->ops[i].kind == OP_ATTRIBUTE
            && strcmp(facts_name(facts, facts->ops[i].b), "__dict__") == 0) {
            return true;
        }
    }
    return false;
}

/* How an attribute is read whose value in the class is an instance of this class. */
static enum access access_by_class(const struct points *p, uint32_t class)
{
    uint32_t file, scope;
    if (!find_function(p, class, 0, p->symbols.get, &file, &scope)) {
        return ACCESS_WRAPPED;
    }
    return keeps_in_dict(p, file, scope) ? ACCESS_CACHED : ACCESS_PROPERTY;
}

static enum access access_by_decorator(struct points *p, uint32_t file, uint32_t decorator)
{
    static const struct {
        const char *name;
        enum access access;
    } known[] = {{"staticmethod", ACCESS_STATIC},
                 {"classmethod", ACCESS_CLASS},
                 {"property", ACCESS_PROPERTY},
                 {"abc.abstractproperty", ACCESS_PROPERTY},
                 {"functools.cached_property", ACCESS_CACHED}};
    const struct facts *facts = p->program->files[file];
    const struct op *op = &facts->ops[decorator];
    struct entity entity = link_entity(p->program, file, op->kind == OP_CALL ? op->a : decorator);
    if (entity.kind == ENTITY_CLASS) {
        uint32_t class = classes_of_scope(p->program, entity.file, entity.index);
        const char *name =
            class == NONE ? ""
                          : facts_name(p->program->files[entity.file],
                                       p->program->files[entity.file]->scopes[entity.index].name);
        if (strcmp(name, "cached_property") == 0) {
            return ACCESS_CACHED;
        }
        return class == NONE ? ACCESS_WRAPPED : access_by_class(p, class);
    }
    if (entity.kind != ENTITY_FOREIGN) {
        bool is_setter = op->kind == OP_ATTRIBUTE
                         && (strcmp(facts_name(facts, op->b), "setter") == 0
                             || strcmp(facts_name(facts, op->b), "deleter") == 0);
        return is_setter ? ACCESS_PROPERTY : ACCESS_WRAPPED;
    }
    const char *name = link_text(p->program, entity.index);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, name) == 0) {
            return known[i].access;
        }
    }
    return strstr(name, "cached_property") != NULL ? ACCESS_CACHED : ACCESS_METHOD;
}

static enum access find_access(struct points *p, uint32_t file, uint32_t scope)
{
    const struct facts *facts = p->program->files[file];
    enum access access = ACCESS_METHOD;
    for (uint32_t call = facts_first_decorator(facts, scope); call != NONE;
         call = facts_next_decorator(facts, call)) {
        enum access next = access_by_decorator(p, file, facts->ops[call].a);
        access = next != ACCESS_METHOD && access != ACCESS_WRAPPED ? next : access;
    }
    return access;
}

static enum access access_of(struct points *p, uint32_t file, uint32_t scope)
{
    uint8_t *known = &p->access_of[p->program->link->first_function[file] + scope];
    if (*known == ACCESS_UNKNOWN) {
        *known = (uint8_t)find_access(p, file, scope);
    }
    return *known;
}

static uint32_t method_object(struct points *p, uint32_t receiver, uint32_t file, uint32_t scope)
{
    return object_number(
        p, (struct points_object){.kind = POINTS_METHOD, .a = receiver, .b = file, .c = scope});
}

static uint32_t function_object(struct points *p, uint32_t file, uint32_t scope)
{
    return object_number(p, (struct points_object){.kind = POINTS_FUNCTION, .a = file, .b = scope});
}

/* What a decorator of the program made of a method: its functions are bound, too. */
static uint32_t bind_wrapped(struct points *p, uint32_t receiver, uint32_t file, uint32_t variable)
{
    uint32_t set = cell_read(p, cell_of_variable(p, file, variable)), bound = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set) && i < MAX_SPREAD; i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        uint32_t object = o.kind == POINTS_FUNCTION ? method_object(p, receiver, o.a, o.b)
                                                    : set_member(p, set, i);
        bound = set_join(p, bound, set_of(p, object));
    }
    return bound;
}

/* A decorator may have made a descriptor. */
static enum access access_of_made(struct points *p, uint32_t file, uint32_t variable)
{
    uint32_t set = cell_read(p, cell_of_variable(p, file, variable));
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        if (is_instance(&o)) {
            return access_by_class(p, o.a);
        }
    }
    return ACCESS_WRAPPED;
}

static uint32_t getter_value(struct points *p, uint32_t file, uint32_t scope)
{
    return cell_read(p, p->first_return + p->program->link->first_function[file] + scope);
}

/* A value that a cached property computes is kept under its own name, whoever asks for it. */
void keep_returned(struct points *p, uint32_t values, uint32_t op)
{
    const struct scope *s = &p->facts->scopes[p->scope];
    uint32_t class = values == SET_EMPTY || s->kind != SCOPE_FUNCTION || s->parent == NONE
                         ? NONE
                         : classes_of_scope(p->program, p->file, s->parent);
    if (class == NONE || facts_first_decorator(p->facts, p->scope) == NONE) {
        return;
    }
    uint32_t symbol = link_symbol_of(p->program->link, p->file, s->name);
    uint32_t variable = pair_table_get(&p->program->members->by_name, pair_key(class, symbol));
    enum access access = access_of(p, p->file, p->scope);
    if (access == ACCESS_WRAPPED && variable != TABLE_NONE) {
        access = access_of_made(p, p->file, variable);
    }
    if (access == ACCESS_CACHED) {
        attribute_keep(p, object_of_class(p, POINTS_INSTANCE, class), symbol, values, op);
    }
}

static uint32_t bind_function(struct points *p, uint32_t receiver, uint32_t owner,
                              uint32_t variable, uint32_t scope)
{
    uint32_t file = p->program->classes->all.items[owner].file;
    enum access made;
    switch (access_of(p, file, scope)) {
    case ACCESS_STATIC:
        return set_of(p, function_object(p, file, scope));
    case ACCESS_CLASS: {
        struct points_object o = object_at(p, receiver);
        uint32_t class = is_instance(&o) || o.kind == POINTS_CLASS ? o.a : owner;
        return set_of(p, method_object(p, object_of_class(p, POINTS_CLASS, class), file, scope));
    }
    case ACCESS_PROPERTY:
    case ACCESS_CACHED:
        return getter_value(p, file, scope);
    case ACCESS_WRAPPED:
        made = access_of_made(p, file, variable);
        return made == ACCESS_CACHED || made == ACCESS_PROPERTY
                   ? getter_value(p, file, scope)
                   : set_join(p, bind_wrapped(p, receiver, file, variable),
                              set_of(p, method_object(p, receiver, file, scope)));
    case ACCESS_UNKNOWN:
    case ACCESS_METHOD:
        break;
    }
    return set_of(p, method_object(p, receiver, file, scope));
}

/* What a descriptor says: a property's getter, `__get__` of an instance. */
static uint32_t read_descriptor(struct points *p, uint32_t receiver, uint32_t value)
{
    struct points_object o = object_at(p, value);
    uint32_t one = set_of(p, receiver), file, scope;
    if (o.kind == POINTS_PROPERTY) {
        return call_values(p, elements_under(p, set_of(p, value), p->symbols.index[0]), &one, 1);
    }
    return is_instance(&o) && find_function(p, o.a, 0, p->symbols.get, &file, &scope)
               ? call_methods(p, set_of(p, value), p->symbols.get, &one, 1)
               : set_of(p, value);
}

/* What the body of the owner binds, as seen through the receiver. */
static uint32_t read_from_body(struct points *p, uint32_t receiver, uint32_t owner,
                               uint32_t variable)
{
    uint32_t file = p->program->classes->all.items[owner].file;
    uint32_t scope = function_bound_to(p, file, variable);
    if (scope != NONE) {
        return bind_function(p, receiver, owner, variable, scope);
    }
    uint32_t set = cell_read(p, cell_of_variable(p, file, variable)), found = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        found = set_join(p, found, read_descriptor(p, receiver, set_member(p, set, i)));
    }
    return found;
}

/* Methods of derived classes that take the place of the one found. */
static uint32_t add_overrides(struct points *p, uint32_t receiver, uint32_t class, uint32_t symbol,
                              uint32_t set)
{
    uint32_t n = 0;
    for (uint32_t i = p->first_derived[class]; i < p->first_derived[class + 1] && n < MAX_OVERRIDES;
         i++) {
        uint32_t variable =
            pair_table_get(&p->program->members->by_name, pair_key(p->derived[i], symbol));
        if (variable != TABLE_NONE) {
            set = set_join(p, set, read_from_body(p, receiver, p->derived[i], variable));
            n++;
        }
    }
    return set;
}

/* ---- instances */

uint32_t stored_read(struct points *p, uint32_t class, uint32_t symbol)
{
    return cell_read(p, cell_of_field(p, object_of_class(p, POINTS_INSTANCE, class), symbol));
}

static uint32_t read_stored_in_ancestors(struct points *p, uint32_t class, uint32_t symbol)
{
    uint32_t set = SET_EMPTY;
    for (uint32_t i = 0; i < n_ancestors(p, class); i++) {
        set = set_join(p, set, stored_read(p, ancestor_at(p, class, i), symbol));
    }
    return set;
}

static uint32_t read_stored_in_derived(struct points *p, uint32_t class, uint32_t symbol)
{
    uint32_t set = SET_EMPTY, first = p->first_derived[class];
    for (uint32_t i = first; i < p->first_derived[class + 1] && i - first < 4 * MAX_OVERRIDES;
         i++) {
        set = set_join(p, set, stored_read(p, p->derived[i], symbol));
    }
    return set;
}

static uint32_t read_instance(struct points *p, uint32_t object, uint32_t symbol)
{
    struct points_object o = object_at(p, object);
    uint32_t owner, variable = find_in_bodies(p, o.a, 0, symbol, &owner);
    uint32_t set = SET_EMPTY;
    bool is_function = false;
    if (variable != NONE) {
        is_function =
            function_bound_to(p, p->program->classes->all.items[owner].file, variable) != NONE;
        set = read_from_body(p, object, owner, variable);
    }
    if (o.kind == POINTS_KIN) {
        set = add_overrides(p, object, o.a, symbol, set);
    }
    if (!is_function) {
        set = set_join(p, set, read_stored_in_ancestors(p, o.a, symbol));
    }
    if (o.kind == POINTS_KIN && set == SET_EMPTY) {
        set = read_stored_in_derived(p, o.a, symbol);
    }
    if (symbol == p->symbols.class_) {
        set = set_join(p, set, set_of(p, object_of_class(p, POINTS_CLASS, o.a)));
    } else if (symbol == p->symbols.namespace) {
        set = set_join(p, set,
                       set_of(p, object_number(p, (struct points_object){.kind = POINTS_NAMESPACE,
                                                                         .a = object})));
    }
    return set;
}

/* `__mro__` and `__bases__`: a tuple of the class and its ancestors. */
static uint32_t ancestors_of(struct points *p, uint32_t class)
{
    uint32_t set = set_of(p, object_number(p, (struct points_object){.kind = POINTS_CONTAINER,
                                                                     .aux = CONTAINER_TUPLE,
                                                                     .a = class,
                                                                     .b = NONE}));
    for (uint32_t i = 0; i < n_ancestors(p, class); i++) {
        elements_add(p, set, NONE,
                     set_of(p, object_of_class(p, POINTS_CLASS, ancestor_at(p, class, i))), NONE);
    }
    return set;
}

static uint32_t read_class(struct points *p, uint32_t class, uint32_t from, uint32_t receiver,
                           uint32_t symbol)
{
    uint32_t owner, variable = find_in_bodies(p, class, from, symbol, &owner);
    if (variable == NONE) {
        return symbol == p->symbols.mro || symbol == p->symbols.bases ? ancestors_of(p, class)
                                                                      : (uint32_t)SET_EMPTY;
    }
    uint32_t file = p->program->classes->all.items[owner].file;
    uint32_t scope = function_bound_to(p, file, variable);
    if (scope == NONE) {
        return cell_read(p, cell_of_variable(p, file, variable));
    }
    if (receiver != NONE || access_of(p, file, scope) == ACCESS_CLASS) {
        return bind_function(p,
                             receiver != NONE ? receiver : object_of_class(p, POINTS_CLASS, class),
                             owner, variable, scope);
    }
    return set_of(p, function_object(p, file, scope));
}

static uint32_t read_entity(struct points *p, uint32_t op)
{
    return op == NONE ? SET_EMPTY : set_of_entity(p, link_entity(p->program, p->file, op));
}

static uint32_t read_module(struct points *p, uint32_t file, uint32_t symbol)
{
    struct entity entity = link_member(p->program, file, symbol);
    return entity.kind == ENTITY_VALUE
               ? cell_read(p, cell_of_variable(p, entity.file, entity.index))
               : set_of_entity(p, entity);
}

static uint32_t read_object(struct points *p, uint32_t object, uint32_t symbol, uint32_t op)
{
    struct points_object o = object_at(p, object);
    switch ((enum points_kind)o.kind) {
    case POINTS_INSTANCE:
    case POINTS_KIN:
        return read_instance(p, object, symbol);
    case POINTS_CLASS:
        return read_class(p, o.a, 0, NONE, symbol);
    case POINTS_SUPER:
        return read_class(p, o.a, 1, object_of_class(p, POINTS_KIN, o.a), symbol);
    case POINTS_MODULE:
        return read_module(p, o.a, symbol);
    case POINTS_FOREIGN:
        return read_entity(p, op);
    case POINTS_METHOD:
        return symbol == p->symbols.self ? set_of(p, o.a) : SET_EMPTY;
    case POINTS_FUNCTION:
        return cell_read(p, cell_of_field(p, object, symbol));
    case POINTS_EXCEPTION:
    case POINTS_TRACEBACK:
    case POINTS_FRAME:
        return exception_attribute(p, object, symbol);
    case POINTS_CONTAINER:
    case POINTS_STAR:
    case POINTS_PARTIAL:
    case POINTS_GENERATOR:
    case POINTS_WEAK:
    case POINTS_PAIRS:
    case POINTS_PAIR:
    case POINTS_PROPERTY:
    case POINTS_NAMESPACE:
        break;
    }
    return SET_EMPTY;
}

uint32_t attribute_read(struct points *p, uint32_t set, uint32_t symbol, uint32_t op)
{
    uint32_t found = SET_EMPTY;
    for (uint32_t i = 0; i < set_count(p, set); i++) {
        found = set_join(p, found, read_object(p, set_member(p, set, i), symbol, op));
    }
    return found;
}

/* ---- writing */

/* The function that an assignment calls instead, by `@name.setter`: the last of that name. */
static bool find_setter(struct points *p, uint32_t class, uint32_t symbol, uint32_t *file,
                        uint32_t *scope)
{
    struct method method;
    if (!find_function(p, class, 0, symbol, file, scope)
        || facts_first_decorator(p->program->files[*file], *scope) == NONE
        || !classes_find_method(p->program, class, link_text(p->program, symbol), &method)) {
        return false;
    }
    *file = method.file;
    *scope = method.scope;
    const struct facts *facts = p->program->files[*file];
    uint32_t call = facts_first_decorator(facts, *scope);
    const struct op *decorator = call == NONE ? NULL : &facts->ops[facts->ops[call].a];
    return decorator != NULL && decorator->kind == OP_ATTRIBUTE
           && strcmp(facts_name(facts, decorator->b), "setter") == 0;
}

void attribute_keep(struct points *p, uint32_t object, uint32_t symbol, uint32_t values,
                    uint32_t op)
{
    uint32_t fields = object_of_fields(p, object);
    cell_join(p, cell_of_field(p, fields, symbol), values);
    note_store(p, fields, symbol, values, op);
}

/* Whether the class has a descriptor of this name that takes the values instead. */
static bool write_descriptor(struct points *p, uint32_t object, uint32_t symbol, uint32_t values)
{
    uint32_t owner, variable = find_in_bodies(p, object_at(p, object).a, 0, symbol, &owner);
    uint32_t file = variable == NONE ? NONE : p->program->classes->all.items[owner].file;
    if (variable == NONE || function_bound_to(p, file, variable) != NONE) {
        return false;
    }
    bool is_any = false;
    uint32_t set = cell_read(p, cell_of_variable(p, file, variable)), scope;
    uint32_t arguments[2] = {set_of(p, object), values};
    for (uint32_t i = 0; i < set_count(p, set) && i < MAX_SPREAD; i++) {
        uint32_t one = set_of(p, set_member(p, set, i));
        struct points_object o = object_at(p, set_member(p, set, i));
        if (o.kind == POINTS_PROPERTY) {
            call_values(p, elements_under(p, one, p->symbols.index[1]), arguments, 2);
            is_any = true;
        } else if (is_instance(&o) && find_function(p, o.a, 0, p->symbols.set, &file, &scope)) {
            call_methods(p, one, p->symbols.set, arguments, 2);
            is_any = true;
        }
    }
    return is_any;
}

static void write_instance(struct points *p, uint32_t object, uint32_t symbol, uint32_t values,
                           uint32_t op)
{
    uint32_t file, scope, class = object_at(p, object).a;
    if (!find_setter(p, class, symbol, &file, &scope)) {
        if (!write_descriptor(p, object, symbol, values)) {
            attribute_keep(p, object, symbol, values, op);
        }
        return;
    }
    const struct scope *s = &p->program->files[file]->scopes[scope];
    if (s->n_parameters == 2) {
        const struct parameter *value =
            &p->program->files[file]->parameters[s->first_parameter + 1];
        variable_join(p, file, value->variable, values);
    }
}

static void write_class(struct points *p, uint32_t class, uint32_t symbol, uint32_t values)
{
    uint32_t owner, variable = find_in_bodies(p, class, 0, symbol, &owner);
    if (variable != NONE) {
        variable_join(p, p->program->classes->all.items[owner].file, variable, values);
    }
}

void attribute_write(struct points *p, uint32_t set, uint32_t symbol, uint32_t values, uint32_t op)
{
    for (uint32_t i = 0; i < set_count(p, set) && i < MAX_SPREAD; i++) {
        struct points_object o = object_at(p, set_member(p, set, i));
        if (is_instance(&o)) {
            write_instance(p, set_member(p, set, i), symbol, values, op);
        } else if (o.kind == POINTS_CLASS) {
            write_class(p, o.a, symbol, values);
        } else if (o.kind == POINTS_FUNCTION) {
            cell_join(p, cell_of_field(p, set_member(p, set, i), symbol), values);
            note_store(p, set_member(p, set, i), symbol, values, op);
        }
    }
}
