/*
 * packing.c - records of numbers and texts as one piece of bytes, and back.
 */
#include "base/packing.h"

#include "base/numbers.h"

#include <string.h>

/* ---- writing ---- */

void packer_number(struct packer *packer, uint32_t number)
{
    unsigned char bytes[NUMBER_MAX_BYTES];
    size_t n = (size_t)(number_put(bytes, number) - bytes);
    builder_add_bytes(&packer->records, (const char *)bytes, n);
}

void packer_wide(struct packer *packer, uint64_t number)
{
    builder_add_bytes(&packer->records, (const char *)&number, sizeof number);
}

void packer_decimal(struct packer *packer, double number)
{
    builder_add_bytes(&packer->records, (const char *)&number, sizeof number);
}

/* NULL is UINT32_MAX. */
void packer_text(struct packer *packer, const char *s)
{
    if (s == NULL) {
        packer_number(packer, UINT32_MAX);
        return;
    }
    size_t n = strlen(s);
    uint32_t next = (uint32_t)packer->texts.length;
    uint32_t at = name_table_put(&packer->known_texts, s, n, next);
    if (at == next) {
        builder_add_bytes(&packer->texts, s, n + 1);
    }
    packer_number(packer, at);
}

void packer_finish(struct packer *packer, struct builder *out)
{
    uint64_t n_texts = packer->texts.length;
    builder_add_bytes(out, (const char *)&n_texts, sizeof n_texts);
    builder_add_bytes(out, builder_string(&packer->texts), packer->texts.length);
    builder_add_bytes(out, builder_string(&packer->records), packer->records.length);
    builder_free(&packer->texts);
    builder_free(&packer->records);
    name_table_free(&packer->known_texts);
}

/* ---- reading ---- */

static const char *take(struct unpacker *unpacker, uint64_t n)
{
    static const char zeros[sizeof(uint64_t)];
    if (unpacker->is_broken || n > unpacker->left) {
        unpacker->is_broken = true;
        return zeros;
    }
    const char *bytes = unpacker->next;
    unpacker->next += n;
    unpacker->left -= (size_t)n;
    return bytes;
}

struct unpacker unpacker_of(const char *bytes, size_t n, struct arena *arena)
{
    struct unpacker unpacker = {.next = bytes, .left = n, .arena = arena};
    unpacker.n_texts = (size_t)unpacker_wide(&unpacker);
    unpacker.texts = take(&unpacker, unpacker.n_texts);
    if (unpacker.n_texts > 0 && !unpacker.is_broken) {
        unpacker.is_broken = unpacker.texts[unpacker.n_texts - 1] != '\0';
    }
    return unpacker;
}

uint32_t unpacker_number(struct unpacker *unpacker)
{
    const unsigned char *from = (const unsigned char *)unpacker->next;
    size_t most = unpacker->left < NUMBER_MAX_BYTES ? unpacker->left : NUMBER_MAX_BYTES, n = 0;
    while (n < most && from[n] & 0x80) {
        n++;
    }
    if (unpacker->is_broken || n == most) {
        unpacker->is_broken = true;
        return 0;
    }
    unpacker->next += n + 1;
    unpacker->left -= n + 1;
    return number_get(&from);
}

uint64_t unpacker_wide(struct unpacker *unpacker)
{
    uint64_t number;
    memcpy(&number, take(unpacker, sizeof number), sizeof number);
    return number;
}

double unpacker_decimal(struct unpacker *unpacker)
{
    double number;
    memcpy(&number, take(unpacker, sizeof number), sizeof number);
    return number;
}

const char *unpacker_text(struct unpacker *unpacker)
{
    uint32_t at = unpacker_number(unpacker);
    unpacker->is_broken |= at != UINT32_MAX && at >= unpacker->n_texts;
    return at == UINT32_MAX || unpacker->is_broken ? NULL : unpacker->texts + at;
}

uint32_t unpacker_below(struct unpacker *unpacker, size_t limit)
{
    uint32_t number = unpacker_number(unpacker);
    unpacker->is_broken |= number >= limit;
    return unpacker->is_broken ? 0 : number;
}

size_t unpacker_count(struct unpacker *unpacker, size_t size, void *records)
{
    uint32_t n = unpacker_number(unpacker);
    unpacker->is_broken |= n > unpacker->left;
    n = unpacker->is_broken ? 0 : n;
    void *memory = arena_alloc(unpacker->arena, n * size + 1);
    memcpy(records, &memory, sizeof memory);
    return n;
}

bool unpacker_is_done(const struct unpacker *unpacker)
{
    return !unpacker->is_broken && unpacker->left == 0;
}
