/*
 * attribute_uses.c - lists the uses of each name, once for all who ask.
 */
#include "program/attribute_uses.h"

#include "base/array.h"
#include "base/error.h"
#include "program/link.h"

#include <stdlib.h>

/* The name that an op uses, as a symbol of its file; NONE when it is no such op. */
static uint32_t name_used(const struct op *op)
{
    bool is_string = op->kind == OP_CONSTANT && op->aux == CONSTANT_STRING;
    return op->kind == OP_ATTRIBUTE ? op->b : is_string ? op->a : NONE;
}

static size_t count_uses(const struct program *program)
{
    size_t n = 0;
    for (uint32_t file = 0; file < program->n_files; file++) {
        const struct facts *facts = program->files[file];
        for (uint32_t i = 0; i < facts->n_ops; i++) {
            n += name_used(&facts->ops[i]) != NONE;
        }
    }
    return n;
}

/* From the last to the first, so that each list comes out in order. */
static struct attribute_uses *find_uses(const struct program *program)
{
    struct attribute_uses *uses = alloc(sizeof *uses);
    size_t n_symbols = program->link->n_file_symbols, n = count_uses(program);
    uses->first = alloc(n_symbols * sizeof *uses->first);
    uses->items = alloc(n * sizeof *uses->items);
    for (size_t i = 0; i < n_symbols; i++) {
        uses->first[i] = NONE;
    }
    for (uint32_t file = program->n_files; file-- > 0;) {
        const struct facts *facts = program->files[file];
        for (uint32_t i = facts->n_ops; i-- > 0;) {
            uint32_t symbol = link_symbol_of(program->link, file, name_used(&facts->ops[i]));
            if (symbol != NONE) {
                uses->items[--n] = (struct attribute_use){file, i, uses->first[symbol]};
                uses->first[symbol] = (uint32_t)n;
            }
        }
    }
    return uses;
}

const struct attribute_uses *attribute_uses_of(struct program *program)
{
    pthread_mutex_lock(&program->link->uses_lock);
    if (program->attribute_uses == NULL) {
        program->attribute_uses = find_uses(program);
    }
    pthread_mutex_unlock(&program->link->uses_lock);
    return program->attribute_uses;
}

void attribute_uses_free(struct program *program)
{
    if (program->attribute_uses != NULL) {
        free(program->attribute_uses->first);
        free(program->attribute_uses->items);
        free(program->attribute_uses);
        program->attribute_uses = NULL;
    }
}
