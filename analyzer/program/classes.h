/*
 * classes.h - the classes of all files: their bases, their methods, what their bodies bind.
 *
 * Bases are found by name: within the file, and across files through imports of a module of the
 * program, or of a package that has it from there.  A base that is not found is foreign: only its
 * dotted name is known.  Foreign bases that bring no attributes of their own (object, abc.ABC,
 * typing.Generic, …) do not make an ancestry incomplete.
 */
#ifndef CYCLINT_PROGRAM_CLASSES_H
#define CYCLINT_PROGRAM_CLASSES_H

#include "base/array.h"
#include "base/table.h"
#include "program/program.h"

/* A base as it is written. */
struct class_base {
    uint32_t class;   /* NONE: foreign */
    const char *name; /* dotted, imports followed, without a subscript; "" when it is no name */
};

struct class
{
    uint32_t file, scope;
    uint32_t first_base, n_bases;
    uint32_t first_ancestor, n_ancestors; /* itself, then the bases depth first, each once */
    bool is_complete;                     /* every base is known, that of every ancestor too */
    bool has_subclass;                    /* some class of the program has it as a base */
    const char *metaclass;                /* dotted, of the class statement itself; "" for none */
};

struct classes {
    struct {
        ARRAY_OF(struct class);
    } all;
    struct {
        ARRAY_OF(struct class_base);
    } bases;
    struct {
        ARRAY_OF(uint32_t);
    } ancestors;                   /* classes */
    struct pair_table by_scope;    /* file, scope → class */
    struct pair_table by_variable; /* file, variable → class: names bound once, by the statement */
    struct pair_table methods;     /* class, symbol of its file → scope of the last such `def` */
    struct name_table by_name;     /* "module.Class" → class, those of module level */
};

/* Whether a foreign base of this dotted name brings no attributes that an instance could be asked
 * for. */
bool classes_is_empty_base(const char *name);

/* Finds the classes of all files, in the program's arena.  The program is linked (link.h). */
void classes_link(struct program *program);
void classes_free(struct program *program);

/* The class whose body is this scope. */
uint32_t classes_of_scope(const struct program *program, uint32_t file, uint32_t scope);

/* The class a value names, or NONE. */
uint32_t classes_named_by(const struct program *program, uint32_t file, uint32_t value);

/* The class whose instance a value is, as far as one sees: a call of a class, a name bound once to
 * one, `self` in a method.  NONE when that is not known. */
uint32_t classes_of_instance(const struct program *program, uint32_t file, uint32_t value);

/* The class that a value is: by its name, as `cls` in a class method, `type(self)`,
 * `self.__class__`; or NONE. */
uint32_t classes_written_as(const struct program *program, uint32_t file, uint32_t value);

/* Whether one of the class's ancestors has a foreign base of this dotted name. */
bool classes_derive_from(const struct program *program, uint32_t class, const char *name);

/* Whether its __init__, if it has none of its own, is made from its annotated fields: a dataclass,
 * an attrs class, a NamedTuple. */
bool classes_has_generated_init(const struct program *program, uint32_t class);

/* Whether `ancestor` is among the ancestors of `class`, of which the class itself is the first. */
bool classes_is_ancestor(const struct program *program, uint32_t ancestor, uint32_t class);

/* Whether it is an enum.Enum, whose members live as long as the class. */
bool classes_is_enum(const struct program *program, uint32_t class);

/* A function of a class: the file of the class and the function's scope there. */
struct method {
    uint32_t class, file, scope;
};

/* The last `def name` in the class's own body; false if there is none. */
bool classes_own_method(const struct program *program, uint32_t class, const char *name,
                        struct method *method);

/* The same in the class or the nearest of its ancestors. */
bool classes_find_method(const struct program *program, uint32_t class, const char *name,
                         struct method *method);

/* Whether the body of the class, or of one of its ancestors, binds the name: a default that every
 * instance sees. */
bool classes_bind(const struct program *program, uint32_t class, const char *name);

/* A value and the file it stands in. */
struct class_value {
    uint32_t file, value;
};

/* How many stores to `name` the class's own body has; the value of the last in `*found`. */
uint32_t classes_count_in_body(const struct program *program, uint32_t class, const char *name,
                               struct class_value *found);

/* How many stores to `self.name` there are in the methods of the class and its ancestors. */
uint32_t classes_count_stores(const struct program *program, uint32_t class, const char *name);

/* What an attribute always is: the value of the only store to it, on `self` in the methods or in
 * the bodies of the class and its ancestors; false if there is none or more. */
bool classes_only_value(const struct program *program, uint32_t class, const char *name,
                        struct class_value *found);

/* The first parameter of a function that stands in a class body and is no static or class method;
 * NONE otherwise.  Of `__new__`, too, NONE. */
uint32_t classes_self_of(const struct facts *facts, uint32_t scope);

/* Whether `value` is the `self` of the function it stands in. */
bool classes_is_self(const struct facts *facts, uint32_t value);

/* The name as the class sees it: `__x` in class C is `_C__x`.  In `arena`, or `name` itself. */
const char *classes_mangle(const struct facts *facts, uint32_t class_scope, const char *name,
                           struct arena *arena);

/* The class body a scope stands in, however deep in functions; NONE outside of classes, and where
 * `depth` stops counting. */
uint32_t classes_around(const struct facts *facts, uint32_t scope);

#endif
