/*
 * classes.c - finding classes, resolving their bases, and what follows from both.
 */
#include "program/classes.h"

#include "facts/uses.h"
#include "program/link.h"

#include <stdlib.h>
#include <string.h>

/* Bases without attributes that an instance could be asked for. */
static const char *const empty_bases[] = {
    "object",
    "abc.ABC",
    "typing.Generic",
    "typing.Protocol",
    "typing_extensions.Protocol",
    "typing_extensions.Generic",
};

bool classes_is_empty_base(const char *name)
{
    for (size_t i = 0; i < sizeof empty_bases / sizeof *empty_bases; i++) {
        if (strcmp(empty_bases[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static const struct class *class_at(const struct program *program, uint32_t class)
{
    return &program->classes->all.items[class];
}

static const struct facts *facts_of(const struct program *program, uint32_t class)
{
    return program->files[class_at(program, class)->file];
}

/* ---- finding them ---- */

/* The variable a `class` statement binds. */
static uint32_t variable_of_class(const struct facts *facts, const struct scope *scope)
{
    uint32_t i = scope->defined_at + 1 + facts->ops[scope->defined_at].b;
    while (i < facts->n_ops && facts->ops[i].kind == OP_CALL
           && facts->ops[i].flags & OP_IS_DECORATOR) {
        i += 2;
    }
    return i < facts->n_ops && facts->ops[i].kind == OP_TARGET_NAME ? facts->ops[i].a : NONE;
}

static void add_names(struct program *program, uint32_t file, uint32_t class)
{
    struct classes *classes = program->classes;
    const struct facts *facts = program->files[file];
    const struct scope *scope = &facts->scopes[classes->all.items[class].scope];
    uint32_t variable = variable_of_class(facts, scope);
    if (variable == NONE || facts->variables[variable].flags & VARIABLE_IS_REBOUND) {
        return;
    }
    pair_table_put(&classes->by_variable, pair_key(file, variable), class);
    if (scope->parent == 0) {
        const char *name = arena_format(&program->arena, "%s.%s", program->modules[file],
                                        facts_name(facts, scope->name));
        name_table_put(&classes->by_name, name, strlen(name), class);
    }
}

static void add_methods(struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *facts = program->files[c->file];
    const struct scope *body = &facts->scopes[c->scope];
    for (uint32_t i = body->first_child; i < body->first_child + body->n_children; i++) {
        if (facts->scopes[i].kind == SCOPE_FUNCTION) {
            pair_table_set(&program->classes->methods, pair_key(class, facts->scopes[i].name), i);
        }
    }
}

static void find_in_file(struct program *program, uint32_t file)
{
    struct classes *classes = program->classes;
    const struct facts *facts = program->files[file];
    for (uint32_t scope = 0; scope < facts->n_scopes; scope++) {
        if (facts->scopes[scope].kind != SCOPE_CLASS) {
            continue;
        }
        uint32_t class = (uint32_t)classes->all.n;
        *array_push(&classes->all) = (struct class){.file = file, .scope = scope, .metaclass = ""};
        pair_table_put(&classes->by_scope, pair_key(file, scope), class);
        add_names(program, file, class);
        add_methods(program, class);
    }
}

static bool is_package(const struct facts *facts)
{
    static const char init[] = "__init__.py";
    size_t length = strlen(facts->path);
    return length >= strlen(init) && strcmp(facts->path + length - strlen(init), init) == 0;
}

/* "..m.C" as module a.b.c means a.m.C: the first dot is the package, each further one its parent.
 */
static const char *absolute_name(const struct program *program, uint32_t file, const char *name,
                                 struct arena *arena)
{
    size_t n_dots = strspn(name, ".");
    if (n_dots == 0) {
        return name;
    }
    const char *module = program->modules[file];
    size_t length = strlen(module);
    for (size_t up = n_dots - (is_package(program->files[file]) ? 1 : 0); up > 0; up--) {
        while (length > 0 && module[length - 1] != '.') {
            length--;
        }
        length -= length > 0;
    }
    return arena_format(arena, "%.*s%s%s", (int)length, module, length > 0 ? "." : "",
                        name + n_dots);
}

/* Whether the name a dotted value begins with is imported. */
static bool begins_with_import(const struct facts *facts, uint32_t value)
{
    while (value != NONE && facts->ops[value].kind == OP_ATTRIBUTE) {
        value = facts->ops[value].a;
    }
    return value != NONE && facts->ops[value].kind == OP_LOAD
           && facts->variables[facts->ops[value].a].flags & VARIABLE_IS_IMPORTED;
}

static uint32_t imported_class(const struct program *program, uint32_t file, uint32_t value)
{
    struct arena scratch = {0};
    const char *name = facts_dotted_name(program->files[file], value, &scratch);
    uint32_t class = NONE;
    if (name != NULL && strchr(name, '.') != NULL) {
        name = absolute_name(program, file, name, &scratch);
        class = name_table_get(&program->classes->by_name, name, strlen(name));
    }
    arena_free(&scratch);
    return class;
}

uint32_t classes_named_by(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[value];
    if (begins_with_import(facts, value)) {
        return imported_class(program, file, value);
    }
    return op->kind == OP_LOAD
               ? pair_table_get(&program->classes->by_variable, pair_key(file, op->a))
               : NONE;
}

/* `Generic[T]` is based on Generic. */
static uint32_t without_subscript(const struct facts *facts, uint32_t value)
{
    return facts->ops[value].kind == OP_ITEM ? facts->ops[value].a : value;
}

static const char *name_of_value(struct program *program, uint32_t file, uint32_t value)
{
    const char *name = facts_dotted_name(program->files[file], value, &program->arena);
    return name == NULL ? "" : name;
}

static void add_base(struct program *program, struct class *class, uint32_t value)
{
    struct classes *classes = program->classes;
    value = without_subscript(program->files[class->file], value);
    uint32_t base = classes_named_by(program, class->file, value);
    if (base != NONE && &classes->all.items[base] != class) {
        classes->all.items[base].has_subclass = true;
    }
    *array_push(&classes->bases) = (struct class_base){
        .class = base,
        .name = name_of_value(program, class->file, value),
    };
    class->n_bases++;
}

static void find_bases(struct program *program, struct class *class)
{
    const struct facts *facts = program->files[class->file];
    uint32_t at = facts->scopes[class->scope].defined_at;
    class->first_base = (uint32_t)program->classes->bases.n;
    for (uint32_t i = at + 1; i <= at + facts->ops[at].b; i++) {
        const struct op *argument = &facts->ops[i];
        if (argument->b == NONE) {
            add_base(program, class, argument->a);
        } else if (strcmp(facts_name(facts, argument->b), "metaclass") == 0) {
            class->metaclass = name_of_value(program, class->file, argument->a);
        }
    }
}

/* What a module imports it has, too: `from .shapes import Shape` in a package makes "pkg.Shape". */
static void add_imported_names(struct program *program, uint32_t file)
{
    const struct facts *facts = program->files[file];
    const struct scope *module = &facts->scopes[0];
    for (uint32_t v = module->first_variable; v < module->first_variable + module->n_variables;
         v++) {
        if (!(facts->variables[v].flags & VARIABLE_IS_IMPORTED)) {
            continue;
        }
        uint32_t symbol = link_symbol_of(program->link, file, facts->variables[v].name);
        struct entity entity = link_member(program, file, symbol);
        if (entity.kind == ENTITY_CLASS) {
            const char *name = arena_format(&program->arena, "%s.%s", program->modules[file],
                                            variable_name(facts, v));
            name_table_put(&program->classes->by_name, name, strlen(name),
                           classes_of_scope(program, entity.file, entity.index));
        }
    }
}

/* ---- ancestors ---- */

enum { MAX_ANCESTORS = 100 }; /* the deepest hierarchies people write have fewer than 40 */

struct ancestry {
    struct {
        ARRAY_OF(uint32_t);
    } waiting; /* classes, the next one last */
    struct pair_table seen;
};

/* Pushes the known bases so that the first comes off first; false if one is unknown. */
static bool push_bases(const struct classes *classes, const struct class *class,
                       struct ancestry *ancestry)
{
    bool is_complete = true;
    for (uint32_t i = class->n_bases; i-- > 0;) {
        const struct class_base *base = &classes->bases.items[class->first_base + i];
        if (base->class != NONE) {
            *array_push(&ancestry->waiting) = base->class;
        } else if (!classes_is_empty_base(base->name)) {
            is_complete = false;
        }
    }
    return is_complete;
}

static void find_ancestors(struct classes *classes, uint32_t class, struct ancestry *ancestry)
{
    struct class *start = &classes->all.items[class];
    start->first_ancestor = (uint32_t)classes->ancestors.n;
    start->is_complete = true;
    pair_table_clear(&ancestry->seen);
    *array_push(&ancestry->waiting) = class;
    while (ancestry->waiting.n > 0) {
        uint32_t next = *array_last(&ancestry->waiting);
        ancestry->waiting.n--;
        if (pair_table_get(&ancestry->seen, next) != TABLE_NONE) {
            continue;
        }
        if (start->n_ancestors == MAX_ANCESTORS) {
            start->is_complete = false;
            ancestry->waiting.n = 0;
            return;
        }
        pair_table_put(&ancestry->seen, next, 1);
        *array_push(&classes->ancestors) = next;
        start->n_ancestors++;
        if (!push_bases(classes, &classes->all.items[next], ancestry)) {
            start->is_complete = false;
        }
    }
}

void classes_link(struct program *program)
{
    struct classes *classes = arena_alloc(&program->arena, sizeof *classes);
    program->classes = classes;
    for (uint32_t file = 0; file < program->n_files; file++) {
        find_in_file(program, file);
    }
    for (uint32_t file = 0; file < program->n_files; file++) {
        add_imported_names(program, file);
    }
    for (size_t i = 0; i < classes->all.n; i++) {
        find_bases(program, &classes->all.items[i]);
    }
    struct ancestry ancestry = {0};
    for (uint32_t i = 0; i < classes->all.n; i++) {
        find_ancestors(classes, i, &ancestry);
    }
    array_free(&ancestry.waiting);
    pair_table_free(&ancestry.seen);
}

void classes_free(struct program *program)
{
    struct classes *classes = program->classes;
    if (classes == NULL) {
        return;
    }
    array_free(&classes->all);
    array_free(&classes->bases);
    array_free(&classes->ancestors);
    pair_table_free(&classes->by_scope);
    pair_table_free(&classes->by_variable);
    pair_table_free(&classes->methods);
    name_table_free(&classes->by_name);
    program->classes = NULL;
}

/* ---- questions ---- */

uint32_t classes_of_scope(const struct program *program, uint32_t file, uint32_t scope)
{
    return pair_table_get(&program->classes->by_scope, pair_key(file, scope));
}

uint32_t classes_of_instance(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    if (classes_is_self(facts, value)) {
        uint32_t scope = facts->variables[facts->ops[value].a].scope;
        return classes_of_scope(program, file, facts->scopes[scope].parent);
    }
    const struct op *origin = &facts->ops[uses_origin(facts, value)];
    return origin->kind == OP_CALL ? classes_named_by(program, file, origin->a) : NONE;
}

static bool has_foreign_base(const struct program *program, const struct class *class,
                             const char *name)
{
    for (uint32_t i = 0; i < class->n_bases; i++) {
        const struct class_base *base = &program->classes->bases.items[class->first_base + i];
        if (base->class == NONE && strcmp(base->name, name) == 0) {
            return true;
        }
    }
    return false;
}

bool classes_derive_from(const struct program *program, uint32_t class, const char *name)
{
    const struct class *c = class_at(program, class);
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        if (has_foreign_base(program, class_at(program, ancestor), name)) {
            return true;
        }
    }
    return false;
}

bool classes_has_generated_init(const struct program *program, uint32_t class)
{
    static const char *const makers[] = {"dataclasses.dataclass", "attr.s",        "attr.attrs",
                                         "attr.define",           "attrs.define",  "attr.frozen",
                                         "attrs.frozen",          "attr.dataclass"};
    const struct class *c = class_at(program, class);
    const struct facts *facts = facts_of(program, class);
    bool has_decorator = facts_first_decorator(facts, c->scope) != NONE;
    for (size_t i = 0; has_decorator && i < sizeof makers / sizeof *makers; i++) {
        if (facts_find_decorator(facts, c->scope, makers[i]) != NONE) {
            return true;
        }
    }
    return classes_derive_from(program, class, "typing.NamedTuple");
}

bool classes_is_ancestor(const struct program *program, uint32_t ancestor, uint32_t class)
{
    const struct class *c = class_at(program, class);
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        if (program->classes->ancestors.items[c->first_ancestor + i] == ancestor) {
            return true;
        }
    }
    return false;
}

bool classes_is_enum(const struct program *program, uint32_t class)
{
    static const char *const enums[] = {"enum.Enum",    "enum.IntEnum", "enum.Flag",
                                        "enum.IntFlag", "enum.StrEnum", "enum.ReprEnum"};
    for (size_t i = 0; i < sizeof enums / sizeof *enums; i++) {
        if (classes_derive_from(program, class, enums[i])) {
            return true;
        }
    }
    return false;
}

bool classes_own_method(const struct program *program, uint32_t class, const char *name,
                        struct method *method)
{
    const struct class *c = class_at(program, class);
    uint32_t symbol = facts_symbol(facts_of(program, class), name);
    uint32_t scope = symbol == NONE
                         ? TABLE_NONE
                         : pair_table_get(&program->classes->methods, pair_key(class, symbol));
    if (scope == TABLE_NONE) {
        return false;
    }
    *method = (struct method){class, c->file, scope};
    return true;
}

bool classes_find_method(const struct program *program, uint32_t class, const char *name,
                         struct method *method)
{
    const struct class *c = class_at(program, class);
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        if (classes_own_method(program, ancestor, name, method)) {
            return true;
        }
    }
    return false;
}

/* Whether a name written in the class means the attribute `name`: `__x` means `_Class__x`. */
static bool means_attribute(const struct facts *facts, const struct scope *body,
                            const char *written, const char *name)
{
    if (strcmp(written, name) == 0) {
        return true;
    }
    const char *class = facts_name(facts, body->name);
    class += strspn(class, "_");
    size_t length = strlen(class);
    return *name == '_' && strncmp(written, "__", 2) == 0 && length > 0
           && strncmp(name + 1, class, length) == 0 && strcmp(name + 1 + length, written) == 0;
}

uint32_t classes_count_in_body(const struct program *program, uint32_t class, const char *name,
                               struct class_value *found)
{
    const struct class *c = class_at(program, class);
    const struct facts *facts = facts_of(program, class);
    const struct scope *body = &facts->scopes[c->scope];
    uint32_t n = 0;
    for (uint32_t i = body->first_op; i < body->first_op + body->n_ops; i++) {
        const struct op *op = &facts->ops[i];
        if (op->kind == OP_STORE && facts->ops[op->a].kind == OP_TARGET_NAME
            && means_attribute(facts, body, variable_name(facts, facts->ops[op->a].a), name)) {
            *found = (struct class_value){c->file, op->b};
            n++;
        }
    }
    return n;
}

static bool stores_attribute(const struct facts *facts, const struct op *op, uint32_t self,
                             const char *name)
{
    if (op->kind != OP_STORE) {
        return false;
    }
    const struct op *target = &facts->ops[op->a];
    return target->kind == OP_TARGET_ATTRIBUTE && facts->ops[target->a].kind == OP_LOAD
           && facts->ops[target->a].a == self && strcmp(facts_name(facts, target->b), name) == 0;
}

/* The same for stores to `self.name` in its methods. */
static uint32_t count_in_methods(const struct program *program, uint32_t class, const char *name,
                                 struct class_value *found)
{
    const struct class *c = class_at(program, class);
    const struct facts *facts = facts_of(program, class);
    const struct scope *body = &facts->scopes[c->scope];
    uint32_t n = 0;
    for (uint32_t m = body->first_child; m < body->first_child + body->n_children; m++) {
        const struct scope *method = &facts->scopes[m];
        uint32_t self = classes_self_of(facts, m);
        for (uint32_t i = method->first_op; self != NONE && i < method->first_op + method->n_ops;
             i++) {
            if (stores_attribute(facts, &facts->ops[i], self, name)) {
                *found = (struct class_value){c->file, facts->ops[i].b};
                n++;
            }
        }
    }
    return n;
}

uint32_t classes_count_stores(const struct program *program, uint32_t class, const char *name)
{
    const struct class *c = class_at(program, class);
    struct class_value ignored;
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        n += count_in_methods(program, ancestor, name, &ignored);
    }
    return n;
}

bool classes_only_value(const struct program *program, uint32_t class, const char *name,
                        struct class_value *found)
{
    const struct class *c = class_at(program, class);
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        n += count_in_methods(program, ancestor, name, found);
        n += classes_count_in_body(program, ancestor, name, found);
    }
    return n == 1 && found->value != NONE;
}

uint32_t classes_written_as(const struct program *program, uint32_t file, uint32_t value)
{
    const struct facts *facts = program->files[file];
    const struct op *op = &facts->ops[value];
    if (op->kind == OP_CALL && op->b == 1 && facts_spells(facts, op->a, "type")) {
        return classes_of_instance(program, file, facts->ops[value + 1].a);
    }
    if (op->kind == OP_ATTRIBUTE && strcmp(facts_name(facts, op->b), "__class__") == 0) {
        return classes_of_instance(program, file, op->a);
    }
    uint32_t scope = op->kind == OP_LOAD ? facts->variables[op->a].scope : 0;
    bool is_cls = facts->scopes[scope].kind == SCOPE_FUNCTION
                  && facts->scopes[scope].n_parameters > 0
                  && facts->parameters[facts->scopes[scope].first_parameter].variable == op->a
                  && facts_find_decorator(facts, scope, "classmethod") != NONE;
    return is_cls ? classes_of_scope(program, file, facts->scopes[scope].parent)
                  : classes_named_by(program, file, value);
}

bool classes_bind(const struct program *program, uint32_t class, const char *name)
{
    const struct class *c = class_at(program, class);
    struct class_value ignored;
    for (uint32_t i = 0; i < c->n_ancestors; i++) {
        uint32_t ancestor = program->classes->ancestors.items[c->first_ancestor + i];
        if (classes_count_in_body(program, ancestor, name, &ignored) > 0) {
            return true;
        }
    }
    return false;
}

uint32_t classes_self_of(const struct facts *facts, uint32_t scope)
{
    const struct scope *s = &facts->scopes[scope];
    if (s->kind != SCOPE_FUNCTION || facts->scopes[s->parent].kind != SCOPE_CLASS
        || s->n_parameters == 0 || facts->parameters[s->first_parameter].kind == PARAMETER_STAR
        || strcmp(facts_name(facts, s->name), "__new__") == 0
        || facts_find_decorator(facts, scope, "staticmethod") != NONE
        || facts_find_decorator(facts, scope, "classmethod") != NONE) {
        return NONE;
    }
    return facts->parameters[s->first_parameter].variable;
}

bool classes_is_self(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    if (op->kind != OP_LOAD || !(facts->variables[op->a].flags & VARIABLE_IS_PARAMETER)) {
        return false;
    }
    return classes_self_of(facts, facts->variables[op->a].scope) == op->a;
}

const char *classes_mangle(const struct facts *facts, uint32_t class_scope, const char *name,
                           struct arena *arena)
{
    size_t length = strlen(name);
    if (length < 3 || strncmp(name, "__", 2) != 0 || strcmp(name + length - 2, "__") == 0
        || class_scope == NONE) {
        return name;
    }
    const char *class = facts_name(facts, facts->scopes[class_scope].name);
    class += strspn(class, "_");
    return *class == '\0' ? name : arena_format(arena, "_%s%s", class, name);
}

uint32_t classes_around(const struct facts *facts, uint32_t scope)
{
    if (scope != NONE && facts->scopes[scope].depth == UINT8_MAX) {
        return NONE; /* where depth stops counting: no class is meant, and the way up is long */
    }
    while (scope != NONE && facts->scopes[scope].kind != SCOPE_CLASS) {
        scope = facts->scopes[scope].parent;
    }
    return scope;
}
