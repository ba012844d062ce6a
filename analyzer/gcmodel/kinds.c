/*
 * kinds.c - what an expression of Python allocates, by version.
 *
 * Each kind is a row of letters, one an object, in the order in which CPython allocates them, with
 * the versions for which the row holds.  The rows were measured on real interpreters by counting
 * with gc.get_count() and gc.is_tracked(); tests/gc/accounting.json has the measurements.
 *
 *     L list        D dict that holds containers   d dict of atoms   2 tuple of that length
 *     a p atomic tuple of length 2, 1   z q the same, filled later: tracked at first on each
 * version o tuple of length 2 with an atomic tuple in it x object without a free list   b bound
 * method   B method of a built-in   i iterator (2 a temporary: a tuple that lives until the row is
 * made   f frozenset of atoms   w object that dies with the cycle but is none of it   ! eval breaker
 */
#include "gcmodel/kinds.h"

#include <string.h>

enum { ANY = 99 };

static const struct row {
    const char *name;
    int from, to; /* minor versions */
    const char *objects;
} rows[] = {
    {"object", 8, ANY, "x"},
    {"list", 8, ANY, "L"},
    {"set", 8, ANY, "x"},
    {"dict", 8, ANY, "D"},
    {"atomic-dict", 8, ANY, "d"},
    {"atomic-tuple", 8, ANY, "a"},
    {"tuple-of-atomic-tuple", 8, ANY, "ao"},
    {"zipped-atomic-tuple", 8, ANY, "z"},
    /* A class is called with a tuple of its arguments up to 3.12, or 3.13 when it has slots; the
     * interpreter looks for due collections when __init__ begins. */
    {"instance", 8, 10, "(1xd"},
    {"instance", 11, 11, "(1x"},
    {"instance", 12, 12, "(1x!"},
    {"instance", 13, ANY, "x!"},
    {"instance-of-container", 8, 10, "(1xD"},
    {"instance-of-container", 11, 11, "(1x"},
    {"instance-of-container", 12, 12, "(1x!"},
    {"instance-of-container", 13, ANY, "x!"},
    {"slots", 8, 11, "(2x"},
    {"slots", 12, 13, "(2x!"},
    {"slots", 14, ANY, "x!"},
    {"bare-slots", 8, 11, "x"},
    {"bare-slots", 12, ANY, "x!"},
    {"namedtuple", 8, ANY, "x"},
    {"frozenset", 8, 14, "x"},
    {"frozenset", 15, ANY, "f"},
    {"function", 8, ANY, "x"},
    {"closure", 8, ANY, "x1x"},
    /* Its own cell exists before the function that makes it has really begun. */
    {"recursive-closure", 8, 11, "x1x"},
    {"recursive-closure", 12, ANY, "x!1x"},
    {"cell", 8, ANY, "x"},
    {"generator", 8, 10, "xx"}, /* and its frame */
    {"generator", 11, ANY, "x"},
    {"genexpr", 8, 10, "(xxxi"}, /* its function is thrown away, from 11 to 14 kept */
    {"genexpr", 11, 14, "xxi"},
    {"genexpr", 15, ANY, "xi"},
    {"frame", 8, ANY, "x"},
    {"iterator", 8, ANY, "i"},
    {"view", 8, ANY, "x"}, /* of dict.items() and its kin, and what iterates over it */
    {"enumerate", 8, ANY, "xia"},
    {"zip", 8, ANY, "x2iiz"},
    {"map", 8, ANY, "x1i"},
    {"reversed", 8, ANY, "x"},
    {"slice", 8, ANY, "x"},
    {"super", 8, ANY, "x"},
    {"memoryview", 8, ANY, "xx"},
    {"partial", 8, ANY, "xpd"},
    {"method", 8, ANY, "b"},
    {"builtin-method", 8, ANY, "B"},
    {"weakref", 8, 11, "(2x"},
    {"weakref", 12, ANY, "x!"},
    {"exception", 8, ANY, "xp"},
    {"raised-exception", 8, ANY, "xpxxx"}, /* its traceback, the frame, and what the frame holds */
    /* The class, its dict, __mro__, __bases__, two descriptors; and object's weak reference. */
    {"class", 8, 11, "(d(3xD2qxxw"},
    {"class", 12, 14, "(d(3xD2qxxw!"},
    {"class", 15, ANY, "(d(3xD2qw!"},
    {"range-call", 8, 8, "(1"}, /* since 3.9 range() is called without a tuple */
    {"range-call", 9, 11, ""},
    {"range-call", 12, ANY, "!"},
};

enum { N_ROWS = sizeof rows / sizeof *rows };

/* An atomic tuple is untracked when it has survived a collection, since 3.14 at birth. */
static enum gc_tracking atomic_tracking(const struct gc_version *version)
{
    return version->minor >= 14 ? TRACKED_NEVER : TRACKED_ONE_PASS;
}

static struct gc_object object_of(char letter, const struct gc_version *version)
{
    struct gc_object o = {POOL_NONE, TRACKED_ALWAYS, false, false, false};
    switch (letter) {
    case 'L':
        o.pool = POOL_LIST;
        break;
    case 'D':
        o.pool = POOL_DICT;
        break;
    case 'd':
        o.pool = POOL_DICT;
        o.tracking = version->minor >= 14 ? TRACKED_ALWAYS : TRACKED_NEVER;
        break;
    case 'a':
        o = (struct gc_object){POOL_TUPLE + 2, atomic_tracking(version), false, false, false};
        break;
    case 'p':
        o = (struct gc_object){POOL_TUPLE + 1, atomic_tracking(version), false, false, false};
        break;
    case 'q':
        o = (struct gc_object){POOL_TUPLE + 1, TRACKED_ONE_PASS, false, false, false};
        break;
    case 'z':
        o = (struct gc_object){POOL_TUPLE + 2, TRACKED_ONE_PASS, false, false, false};
        break;
    case 'o':
        o.pool = POOL_TUPLE + 2;
        o.tracking = version->minor >= 14 ? TRACKED_ONE_PASS : TRACKED_TWO_PASSES;
        break;
    case 'b':
        o.pool = POOL_METHOD;
        break;
    case 'B':
        o.pool = POOL_BUILTIN_METHOD;
        break;
    case 'i':
        o.pool = POOL_ITERATOR;
        break;
    case 'f':
        o.tracking = TRACKED_ONE_PASS;
        break;
    case 'w':
        o.aside = true;
        break;
    case '!':
        o.check = true;
        break;
    case 'x':
        break;
    default: /* a digit */
        o.pool = (enum gc_pool)(POOL_TUPLE + (letter - '0'));
    }
    return o;
}

static void expand(const char *objects, const struct gc_version *version, struct gc_kind *kind)
{
    bool temporary = false;
    kind->n = 0;
    for (; *objects != '\0'; objects++) {
        if (*objects == '(') {
            temporary = true;
        } else {
            kind->objects[kind->n] = object_of(*objects, version);
            kind->objects[kind->n++].temporary = temporary;
            temporary = false;
        }
    }
}

/* "tuple3", "atomic-tuple3": the length is part of the name. */
static bool find_tuple(const char *name, size_t length, const struct gc_version *version,
                       struct gc_kind *kind)
{
    static const char atomic[] = "atomic-";
    size_t skipped = length > 7 && memcmp(name, atomic, 7) == 0 ? 7 : 0;
    name += skipped;
    length -= skipped;
    if (length < 6 || length > 9 || memcmp(name, "tuple", 5) != 0 || name[5] == '0') {
        return false;
    }
    int n = 0;
    for (size_t i = 5; i < length; i++) {
        if (name[i] < '0' || name[i] > '9') {
            return false;
        }
        n = n * 10 + (name[i] - '0');
    }
    kind->n = 1;
    kind->objects[0] = (struct gc_object){
        n > MAX_TUPLE ? POOL_NONE : (enum gc_pool)(POOL_TUPLE + n),
        skipped ? atomic_tracking(version) : TRACKED_ALWAYS, false, false, false};
    return true;
}

static bool unknown_kind(const char *name, size_t length, struct error *error)
{
    char names[1024] = "tuple1";
    for (size_t i = 0; i < N_ROWS; i++) {
        if (i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0) {
            strcat(names, ", ");
            strcat(names, rows[i].name);
        }
    }
    return error_at(error, "'%.*s' is no kind of object; there are %s", (int)length, name, names);
}

bool gc_kind_find(const char *name, size_t length, const struct gc_version *version,
                  struct gc_kind *kind, struct error *error)
{
    for (size_t i = 0; i < N_ROWS; i++) {
        const struct row *row = &rows[i];
        if (strlen(row->name) == length && memcmp(row->name, name, length) == 0
            && version->minor >= row->from && version->minor <= row->to) {
            expand(row->objects, version, kind);
            return true;
        }
    }
    return find_tuple(name, length, version, kind) || unknown_kind(name, length, error);
}

uint64_t gc_pool_size(enum gc_pool pool, const struct gc_version *version)
{
    switch ((int)pool) {
    case POOL_NONE:
        return 0;
    case POOL_LIST:
    case POOL_DICT:
        return 80;
    case POOL_METHOD:
        return version->minor == 8 ? 256 : version->minor >= 14 ? 20 : 0;
    case POOL_BUILTIN_METHOD:
        return version->minor == 8 ? 256 : version->minor >= 14 ? 16 : 0;
    case POOL_ITERATOR:
        return version->minor >= 14 ? 10 : 0;
    default: /* PyTuple_MAXSAVESIZE is 20: up to 3.9 lengths below it, later up to it */
        return pool == POOL_TUPLE + MAX_TUPLE && version->minor < 10 ? 0 : 2000;
    }
}
