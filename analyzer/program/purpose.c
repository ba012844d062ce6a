/*
 * purpose.c - the words that tell what code is for.
 */
#include "program/purpose.h"

#include "base/words.h"
#include "facts/uses.h"

bool purpose_is_told_by(const char *name)
{
    static const char *const words[] = {
        "debug", "leak", "memory", "garbage",  "profil",   "bench",   "diagnos", "heap",    "=gc",
        "=mem",  "=rss", "=test",  "teardown", "shutdown", "collect", "timeit",  "measure", NULL};
    return words_occur_in(words, name);
}

bool purpose_is_inspection(const struct program *program, uint32_t file, uint32_t scope)
{
    const struct facts *facts = program->files[file];
    for (; scope != 0; scope = facts->scopes[scope].parent) {
        if (purpose_is_told_by(facts_name(facts, facts->scopes[scope].name))) {
            return true;
        }
    }
    return purpose_is_told_by(program->modules[file]);
}

/* The text by which an op names something. */
static const char *name_in(const struct facts *facts, const struct op *op)
{
    return op->kind == OP_LOAD                                     ? variable_name(facts, op->a)
           : op->kind == OP_ATTRIBUTE                              ? facts_name(facts, op->b)
           : op->kind == OP_CONSTANT && op->aux == CONSTANT_STRING ? facts_name(facts, op->a)
                                                                   : "";
}

bool purpose_is_condition(const struct facts *facts, uint32_t condition)
{
    static const char *const words[] = {"pypy",    "debug", "__name__", "cpython", "profil",
                                        "verbose", "=gc",   "leak",     NULL};
    const struct scope *scope = &facts->scopes[facts_scope_of_op(facts, condition)];
    for (uint32_t i = scope->first_op; i < scope->first_op + scope->n_ops; i++) {
        if (uses_is_part(facts, condition, i)
            && words_occur_in(words, name_in(facts, &facts->ops[i]))) {
            return true;
        }
    }
    return false;
}

bool purpose_is_asked_for(const struct facts *facts, uint32_t op)
{
    for (uint32_t i = uses_control_around(facts, op); i != NONE;
         i = uses_control_around(facts, i)) {
        if (facts->ops[i].kind == OP_IF || facts->ops[i].kind == OP_ELSE) {
            return true;
        }
    }
    return false;
}
