/*
 * unit_pack.c - facts as bytes: nothing is lost, and nothing that is damaged or made up is
 * believed.
 */
#include "base/builder.h"
#include "facts/collect.h"
#include "store/check.h"
#include "store/pack.h"
#include "syntax/tree.h"

#include "unit.h"

#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static const char text[] = "import os.path as p\n"
                           "from .m import *\n"
                           "@p.join(1)\n"
                           "class Tree(dict, metaclass=type):\n"
                           "    '''caf\xC3\xA9'''\n"
                           "    def __init__(self, *a, k: int = 3, **kw):\n"
                           "        global G\n"
                           "        self.root = [n for n in a if n]  # cyclint: disable=W9101\n"
                           "        try:\n"
                           "            while k:\n"
                           "                with open(k) as f, g() as self.x[1:2]:\n"
                           "                    k = yield {1: f, **kw}\n"
                           "                    break\n"
                           "        except (ValueError, *a) as e:\n"
                           "            raise e from None\n"
                           "        finally:\n"
                           "            del self.root\n"
                           "        return lambda: self\n"
                           "match G:\n"
                           "    case Tree(x=1): pass\n";

enum {
    CHECKSUM_AT = 8, /* of the header; it covers what follows it */
    CHECKED_FROM = 16,
    N_MADE_UP = 20000
};

static struct arena arena;

/* The facts of some bytes. */
static void collect(const char *bytes, size_t n, struct facts *facts)
{
    struct parse_limits limits = {1 << 20, 0};
    struct source source;
    struct tree tree;
    struct error error;
    struct parser *parser = parser_new();
    struct collector *collector = collector_new();
    CHECK(source_from_bytes("a.py", bytes, n, &arena, &source, &error)
          && parser_parse(parser, &source, &limits, &tree, &error)
          && collector_run(collector, &tree, &source, &arena, facts, &error));
    collector_free(collector);
    parser_free(parser);
}

/* All that facts say, as text. */
static void describe(const struct facts *facts, struct builder *out)
{
    builder_clear(out);
    facts_print(facts, out);
    builder_addf(out, "%llx %u %u %u %u %u\n", (unsigned long long)facts->hash, facts->n_bytes,
                 facts->n_lines, facts->n_statements, facts->flags, facts->error_offset);
}

static void test_round_trip(const char *bytes, size_t n)
{
    struct facts facts, again;
    struct builder blob = {0}, blob_again = {0}, before = {0}, after = {0};
    collect(bytes, n, &facts);
    pack_facts(&facts, &blob);
    if (CHECK(unpack_facts(arena_copy(&arena, blob.s, blob.length), blob.length, &arena, &again))) {
        again.path = facts.path;
        describe(&facts, &before);
        describe(&again, &after);
        CHECK_TEXT(builder_string(&after), builder_string(&before));
        pack_facts(&again, &blob_again);
        CHECK(blob.length == blob_again.length && memcmp(blob.s, blob_again.s, blob.length) == 0);
        CHECK(memcmp(again.ops, facts.ops, facts.n_ops * sizeof *facts.ops) == 0);
        CHECK(facts_symbol(&again, "Tree") == facts_symbol(&facts, "Tree"));
    }
    if (CHECK(unpack_facts_but_ops(blob.s, blob.length, &arena, &again))) {
        CHECK(again.ops == NULL && again.n_ops == facts.n_ops && again.hash == facts.hash);
        CHECK(again.n_scopes == facts.n_scopes && again.n_directives == facts.n_directives);
        CHECK(memcmp(again.scopes, facts.scopes, facts.n_scopes * sizeof *facts.scopes) == 0);
    }
    builder_free(&blob);
    builder_free(&blob_again);
    builder_free(&before);
    builder_free(&after);
}

/* Every beginning of a program, so that syntax errors of all kinds are among them. */
static void test_beginnings(void)
{
    for (size_t n = 0; n < sizeof text; n++) {
        bool is_cut_character = n > 0 && (unsigned char)text[n - 1] == 0xC3;
        if (!is_cut_character) {
            test_round_trip(text, n);
        }
        arena_reset(&arena);
    }
}

static void test_damage(void)
{
    struct facts facts, found;
    struct builder blob = {0};
    collect(text, sizeof text - 1, &facts);
    pack_facts(&facts, &blob);
    char *copy = arena_copy(&arena, blob.s, blob.length);
    size_t n_believed = 0;
    for (size_t i = 0; i < blob.length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            copy[i] ^= (char)(1 << bit);
            n_believed += unpack_facts(copy, blob.length, &arena, &found);
            n_believed += unpack_facts_but_ops(copy, blob.length, &arena, &found);
            copy[i] ^= (char)(1 << bit);
        }
    }
    CHECK(n_believed == 0);
    for (size_t n = 0; n < blob.length; n++) {
        n_believed += unpack_facts(copy, n, &arena, &found);
    }
    CHECK(n_believed == 0);
    CHECK(unpack_facts(copy, blob.length, &arena, &found));
    builder_free(&blob);
    arena_reset(&arena);
}

/* A value that is likely to be wrong in an interesting way. */
static uint32_t odd_number(uint32_t n)
{
    static const uint32_t odd[] = {0, 1, 2, UINT32_MAX, UINT32_MAX - 1, INT32_MAX, 0x40000000};
    uint32_t r = (uint32_t)rand();
    return r % 3 == 0 ? odd[r / 3 % (sizeof odd / sizeof *odd)] : r / 3 % (n + 2);
}

/* Changes a number and makes the checksum right again, as somebody would who means harm. What is
 * believed then must be harmless to read. */
static void test_made_up(void)
{
    struct facts facts, found;
    struct builder blob = {0}, shown = {0};
    unsigned n_refused = 0;
    collect(text, sizeof text - 1, &facts);
    pack_facts(&facts, &blob);
    srand(1);
    for (int i = 0; i < N_MADE_UP; i++) {
        struct arena room = {0};
        char *copy = arena_copy(&room, blob.s, blob.length);
        size_t n_words = (blob.length - CHECKED_FROM) / 4;
        uint32_t value = odd_number(facts.n_ops);
        memcpy(copy + CHECKED_FROM + 4 * ((size_t)rand() % n_words), &value, sizeof value);
        uint64_t checksum = XXH3_64bits(copy + CHECKED_FROM, blob.length - CHECKED_FROM);
        memcpy(copy + CHECKSUM_AT, &checksum, sizeof checksum);
        if (unpack_facts(copy, blob.length, &room, &found)) {
            found.path = "a.py";
            describe(&found, &shown);
            facts_symbol(&found, "Tree");
            facts_scope_at(&found, 200);
        } else {
            n_refused++;
        }
        arena_free(&room);
    }
    CHECK(n_refused > N_MADE_UP / 4);
    builder_free(&blob);
    builder_free(&shown);
    arena_reset(&arena);
}

int main(void)
{
    test_beginnings();
    test_damage();
    test_made_up();
    arena_free(&arena);
    return unit_end("unit_pack");
}
