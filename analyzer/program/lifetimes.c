/*
 * lifetimes.c - how long the objects of a class are meant to live: told by where the class is
 * called, and by the names of its methods.
 */
#include "program/lifetimes.h"

#include "program/classes.h"

/* Whether op `i` makes an instance of the class. */
static bool makes_instance(const struct program *program, uint32_t file, uint32_t i, uint32_t class)
{
    const struct facts *facts = program->files[file];
    return facts->ops[i].kind == OP_CALL
           && classes_named_by(program, file, facts->ops[i].a) == class;
}

bool lifetimes_is_made_once(const struct program *program, uint32_t class)
{
    const struct class *c = &program->classes->all.items[class];
    const struct facts *home = program->files[c->file];
    const char *name = facts_name(home, home->scopes[c->scope].name);
    bool is_made = false;
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        bool may_name = facts_symbol(facts, name) != NONE;
        for (uint32_t i = 0; may_name && i < facts->n_ops; i++) {
            if (makes_instance(program, file, i, class)) {
                is_made = true;
                if (facts_scope_of_op(facts, i) != 0) {
                    return false;
                }
            }
        }
    }
    return is_made;
}

bool lifetimes_has_end(const struct program *program, uint32_t class)
{
    static const char *const ends[] = {"__del__",  "__exit__",   "__aexit__", "close", "stop",
                                       "shutdown", "disconnect", "destroy",   NULL};
    struct method method;
    for (const char *const *end = ends; class != NONE && *end != NULL; end++) {
        if (classes_find_method(program, class, *end, &method)) {
            return true;
        }
    }
    return false;
}
