/*
 * kinds.c - what an expression of Python allocates, by version.
 *
 * Each kind is a row of letters, one an object, in the order in which CPython allocates them, with
 * the versions for which the row holds.  The rows were measured on real interpreters by counting
 * with gc.get_count() and gc.is_tracked(); tests/gc/accounting.json has the measurements.  What the
 * letters mean is told in the table of letters.  Three signs are no objects: a digit is a tuple of
 * that length, `(` makes the object behind it a temporary that lives until the row is made, and at
 * `!` the interpreter looks whether a collection is due.
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

/* Of version 3.13 and before, and of 3.14 and later: atomic dicts are tracked since, atomic tuples
 * no longer, where they are made whole. */
static const struct letter {
    char letter;
    enum gc_pool pool;
    enum gc_tracking before, since;
    const char *what;
} letters[] = {
    {'x', POOL_NONE, TRACKED_ALWAYS, TRACKED_ALWAYS, "anything without a free list"},
    {'L', POOL_LIST, TRACKED_ALWAYS, TRACKED_ALWAYS, "a list"},
    {'D', POOL_DICT, TRACKED_ALWAYS, TRACKED_ALWAYS, "a dict that holds containers"},
    {'d', POOL_DICT, TRACKED_NEVER, TRACKED_ALWAYS, "a dict of atoms"},
    {'a', POOL_TUPLE + 2, TRACKED_ONE_PASS, TRACKED_NEVER, "a pair of atoms"},
    {'p', POOL_TUPLE + 1, TRACKED_ONE_PASS, TRACKED_NEVER, "a tuple of one atom"},
    {'z', POOL_TUPLE + 2, TRACKED_ONE_PASS, TRACKED_ONE_PASS, "a pair of atoms, filled later"},
    {'q', POOL_TUPLE + 1, TRACKED_ONE_PASS, TRACKED_ONE_PASS, "a tuple of one, filled later"},
    {'o', POOL_TUPLE + 2, TRACKED_TWO_PASSES, TRACKED_ONE_PASS, "a pair with a pair of atoms"},
    {'f', POOL_NONE, TRACKED_ONE_PASS, TRACKED_ONE_PASS, "a frozenset of atoms"},
    {'b', POOL_METHOD, TRACKED_ALWAYS, TRACKED_ALWAYS, "a bound method"},
    {'B', POOL_BUILTIN_METHOD, TRACKED_ALWAYS, TRACKED_ALWAYS, "a method of a built-in"},
    {'i', POOL_ITERATOR, TRACKED_ALWAYS, TRACKED_ALWAYS, "an iterator over a list or tuple"},
    {'w', POOL_NONE, TRACKED_ALWAYS, TRACKED_ALWAYS, "dies with the cycle, is none of it"},
};

enum { N_LETTERS = sizeof letters / sizeof *letters };

/* An atomic tuple is untracked when it has survived a collection, since 3.14 at birth. */
static enum gc_tracking atomic_tracking(const struct gc_version *version)
{
    return version->minor >= 14 ? TRACKED_NEVER : TRACKED_ONE_PASS;
}

static struct gc_object object_of(char letter, const struct gc_version *version)
{
    for (size_t i = 0; i < N_LETTERS; i++) {
        const struct letter *l = &letters[i];
        if (l->letter == letter) {
            enum gc_tracking tracking = version->minor >= 14 ? l->since : l->before;
            return (struct gc_object){
                .pool = l->pool, .tracking = tracking, .aside = letter == 'w'};
        }
    }
    if (letter == '!') {
        return (struct gc_object){.check = true};
    }
    return (struct gc_object){.pool = (enum gc_pool)(POOL_TUPLE + (letter - '0'))};
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
