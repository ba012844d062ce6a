/*
 * pack.c - the facts of a file as one piece of bytes, and back.
 *
 * Unpacking copies all arrays but the ops in one piece.
 */
#include "store/pack.h"

#include "store/check.h"
#include "store/pack_ops.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    MARK = 0x46435943, /* "CYCF" */
    ALIGNMENT = 4      /* of each array: records are made of 32-bit numbers */
};

struct header {
    uint64_t mark;
    uint64_t checksum; /* of all bytes after this field */
    uint64_t hash;
    uint32_t n_bytes, n_lines, n_statements, flags, error_offset;
    uint32_t names_size; /* bytes */
    uint32_t n_symbols, n_symbol_slots;
    uint32_t n_ops, n_scopes, n_parameters, n_variables, n_marks, n_captures, n_directives;
    uint32_t ops_size; /* bytes that they are packed in; they come last */
};

static_assert(sizeof(void *) != 8 || sizeof(struct facts) == 192,
              "a new field of facts must be packed");
static_assert(alignof(struct op) <= ALIGNMENT && alignof(struct scope) <= ALIGNMENT,
              "records need another alignment");
static_assert(sizeof(struct header) % ALIGNMENT == 0, "the first array would lie askew");

static uint64_t checksum_of(const void *bytes, size_t n)
{
    size_t begin = offsetof(struct header, hash);
    return XXH3_64bits((const char *)bytes + begin, n - begin);
}

/* ---- writing ---- */

static void add_array(struct builder *out, const void *items, size_t size)
{
    static const char zeros[ALIGNMENT];
    builder_add_bytes(out, items, size);
    builder_add_bytes(out, zeros, -size % ALIGNMENT);
}

static struct header header_of(const struct facts *facts)
{
    return (struct header){
        .mark = MARK,
        .hash = facts->hash,
        .n_bytes = facts->n_bytes,
        .n_lines = facts->n_lines,
        .n_statements = facts->n_statements,
        .flags = facts->flags,
        .error_offset = facts->error_offset,
        .names_size = facts->name_offsets[facts->n_symbols],
        .n_symbols = facts->n_symbols,
        .n_symbol_slots = facts->n_symbol_slots,
        .n_ops = facts->n_ops,
        .n_scopes = facts->n_scopes,
        .n_parameters = facts->n_parameters,
        .n_variables = facts->n_variables,
        .n_marks = facts->n_marks,
        .n_captures = facts->n_captures,
        .n_directives = facts->n_directives,
    };
}

#define ADD(field, n) add_array(out, facts->field, (n) * sizeof *facts->field)

void pack_facts(const struct facts *facts, struct builder *out)
{
    assert(out->length == 0);
    struct header header = header_of(facts);
    builder_add_bytes(out, (const char *)&header, sizeof header);
    ADD(names, header.names_size);
    ADD(name_offsets, facts->n_symbols + 1);
    ADD(symbol_slots, facts->n_symbol_slots);
    ADD(scopes, facts->n_scopes);
    ADD(parameters, facts->n_parameters);
    ADD(variables, facts->n_variables);
    ADD(marks, facts->n_marks);
    ADD(captures, facts->n_captures);
    ADD(directives, facts->n_directives);
    size_t before = out->length;
    pack_ops(facts->ops, facts->n_ops, out);
    header.ops_size = (uint32_t)(out->length - before);
    memcpy(out->s, &header, sizeof header);
    header.checksum = checksum_of(out->s, out->length);
    memcpy(out->s, &header, sizeof header);
}

/* ---- reading ---- */

/* What is left to read. */
struct reader {
    const char *next;
    size_t left;
    bool is_short; /* something reached beyond the end */
};

/* The next array, of `n` records of `size` bytes; NULL when it would reach beyond the end. */
static const void *take(struct reader *reader, uint64_t n, size_t size)
{
    uint64_t bytes = (n * size + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
    if (reader->is_short || bytes > reader->left) {
        reader->is_short = true;
        return NULL;
    }
    const void *array = reader->next;
    reader->next += bytes;
    reader->left -= (size_t)bytes;
    return array;
}

static struct facts facts_of(const struct header *header)
{
    return (struct facts){
        .hash = header->hash,
        .n_bytes = header->n_bytes,
        .n_lines = header->n_lines,
        .n_statements = header->n_statements,
        .flags = header->flags,
        .error_offset = header->error_offset,
        .n_symbols = header->n_symbols,
        .n_symbol_slots = header->n_symbol_slots,
        .n_ops = header->n_ops,
        .n_scopes = header->n_scopes,
        .n_parameters = header->n_parameters,
        .n_variables = header->n_variables,
        .n_marks = header->n_marks,
        .n_captures = header->n_captures,
        .n_directives = header->n_directives,
    };
}

#define TAKE(field, n) found.field = take(&reader, (n), sizeof *found.field)

/* The ops, which are the last bytes. */
static bool take_ops(const char *bytes, const struct header *header, struct arena *arena,
                     struct facts *facts)
{
    struct op *ops = arena_alloc(arena, header->n_ops * sizeof *ops);
    facts->ops = ops;
    return unpack_ops((const unsigned char *)bytes, header->ops_size, ops, header->n_ops);
}

/* Whether the ops can be those of so many bytes. */
static bool is_sound(const struct header *header, size_t n)
{
    return header->ops_size <= n - sizeof *header
           && header->n_ops <= header->ops_size / MIN_OP_BYTES;
}

static bool unpack(const void *bytes, size_t n, bool has_ops, struct arena *arena,
                   struct facts *facts)
{
    const struct header *header = bytes;
    if (n < sizeof *header || header->mark != MARK || header->checksum != checksum_of(bytes, n)
        || !is_sound(header, n)) {
        return false;
    }
    struct facts found = facts_of(header);
    size_t size = n - sizeof *header - header->ops_size;
    size_t size_of_ops = has_ops ? header->n_ops * sizeof(struct op) : 0;
    const char *arrays = (const char *)bytes + sizeof *header;
    arena_reserve(arena, arena_size_of(size) + arena_size_of(size_of_ops));
    struct reader reader = {arena_copy(arena, arrays, size), size, false};
    TAKE(names, header->names_size);
    TAKE(name_offsets, (uint64_t)found.n_symbols + 1);
    TAKE(symbol_slots, found.n_symbol_slots);
    TAKE(scopes, found.n_scopes);
    TAKE(parameters, found.n_parameters);
    TAKE(variables, found.n_variables);
    TAKE(marks, found.n_marks);
    TAKE(captures, found.n_captures);
    TAKE(directives, found.n_directives);
    if (reader.is_short || reader.left > 0
        || (has_ops && !take_ops(arrays + size, header, arena, &found))
        || found.name_offsets[found.n_symbols] != header->names_size
        || !facts_hold_together(&found)) {
        return false;
    }
    *facts = found;
    return true;
}

bool unpack_facts(const void *bytes, size_t n, struct arena *arena, struct facts *facts)
{
    return unpack(bytes, n, true, arena, facts);
}

bool unpack_facts_but_ops(const void *bytes, size_t n, struct arena *arena, struct facts *facts)
{
    return unpack(bytes, n, false, arena, facts);
}
