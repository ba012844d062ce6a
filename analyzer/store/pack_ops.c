/*
 * pack_ops.c - ops as bytes, and back.
 *
 * Ops are four fifths of all facts, and most of their numbers are small or close to the op's own.
 * An op is: its kind, with a bit each for flags and aux that are not 0; these; then four numbers:
 * how far it begins after the op before, its length, `a` and `b`.  A value is told by how many ops
 * ago it was made, anything else by one more than it is, and NONE by 0.  A number is 7 bits a byte,
 * the lowest first, the top bit set in all bytes but the last.
 */
#include "store/pack_ops.h"

#include "store/operands.h"

#include <assert.h>

enum { HAS_FLAGS = 0x40, HAS_AUX = 0x80, MAX_OP_BYTES = 3 + 4 * 5 };

static_assert((int)N_OP_KINDS <= (int)HAS_FLAGS, "the kind of an op needs its own byte");

static bool is_value(uint8_t kind, int which)
{
    uint8_t operand = op_operands[kind][which];
    return operand == VALUE || operand == VALUE_OR;
}

/* Small for what is near, before or after. */
static uint32_t fold(uint32_t difference)
{
    return difference << 1 ^ -(difference >> 31);
}

static uint32_t unfold(uint32_t folded)
{
    return folded >> 1 ^ -(folded & 1);
}

/* ---- writing ---- */

static unsigned char *put(unsigned char *to, uint32_t number)
{
    for (; number >= 0x80; number >>= 7) {
        *to++ = (unsigned char)(number | 0x80);
    }
    *to++ = (unsigned char)number;
    return to;
}

static uint32_t shorten(uint8_t kind, int which, uint32_t operand, uint32_t index)
{
    return operand == NONE ? 0 : is_value(kind, which) ? index - operand : operand + 1;
}

void pack_ops(const struct op *ops, uint32_t n, struct builder *out)
{
    uint32_t start = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct op *op = &ops[i];
        unsigned char bytes[MAX_OP_BYTES], *to = bytes;
        *to++ = (unsigned char)(op->kind | (op->flags ? HAS_FLAGS : 0) | (op->aux ? HAS_AUX : 0));
        *to = op->flags;
        to += op->flags != 0;
        *to = op->aux;
        to += op->aux != 0;
        to = put(to, fold(op->start - start));
        to = put(to, op_end(op) - op->start);
        to = put(to, shorten(op->kind, 0, op->a, i));
        to = put(to, shorten(op->kind, 1, op->b, i));
        builder_add_bytes(out, (const char *)bytes, (size_t)(to - bytes));
        start = op->start;
    }
}

/* ---- reading ---- */

struct bytes {
    const unsigned char *next, *end;
    bool is_short; /* something was wanted beyond the end */
};

/* `is_near_end` is a constant where this is called: without it nothing is compared. */
static inline uint8_t get_byte(struct bytes *bytes, bool is_near_end)
{
    if (is_near_end && bytes->next == bytes->end) {
        bytes->is_short = true;
        return 0;
    }
    return *bytes->next++;
}

static inline uint32_t get(struct bytes *bytes, bool is_near_end)
{
    uint32_t number = 0;
    for (unsigned shift = 0; shift < 32; shift += 7) {
        uint8_t byte = get_byte(bytes, is_near_end);
        number |= (uint32_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            break;
        }
    }
    return number;
}

static inline uint32_t lengthen(uint8_t kind, int which, uint32_t shortened, uint32_t index)
{
    return shortened == 0 ? NONE : is_value(kind, which) ? index - shortened : shortened - 1;
}

/* Fills op number `index`, which begins after `start`; false when there is no such op. */
static inline bool get_op(struct bytes *bytes, struct op *op, uint32_t index, uint32_t start,
                          bool is_near_end)
{
    uint8_t first = get_byte(bytes, is_near_end), kind = first & (HAS_FLAGS - 1);
    if (kind >= N_OP_KINDS) {
        return false;
    }
    op->kind = kind;
    op->flags = first & HAS_FLAGS ? get_byte(bytes, is_near_end) : 0;
    op->aux = first & HAS_AUX ? get_byte(bytes, is_near_end) : 0;
    op->start = start + unfold(get(bytes, is_near_end));
    uint32_t length = get(bytes, is_near_end);
    op->length_low = (uint16_t)length;
    op->length_high = (uint8_t)(length >> 16);
    op->a = lengthen(kind, 0, get(bytes, is_near_end), index);
    op->b = lengthen(kind, 1, get(bytes, is_near_end), index);
    return true;
}

bool unpack_ops(const unsigned char *bytes, size_t n_bytes, struct op *ops, uint32_t n)
{
    struct bytes left = {bytes, bytes + n_bytes, false};
    uint32_t start = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool ok = left.end - left.next >= MAX_OP_BYTES ? get_op(&left, &ops[i], i, start, false)
                                                       : get_op(&left, &ops[i], i, start, true);
        if (!ok) {
            return false;
        }
        start = ops[i].start;
    }
    return !left.is_short && left.next == left.end;
}
