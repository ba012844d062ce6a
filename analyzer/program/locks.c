/*
 * locks.c - the makers of locks, and following a name back to one.
 */
#include "program/locks.h"

#include "facts/uses.h"
#include "program/classes.h"

#include <string.h>

static const struct {
    const char *name;
    enum lock_kind kind;
} lock_makers[] = {
    {"threading.Lock", LOCK_OF_THREADS},
    {"threading.RLock", LOCK_OF_THREADS},
    {"threading.Condition", LOCK_OF_THREADS},
    {"threading.Semaphore", LOCK_OF_THREADS},
    {"threading.BoundedSemaphore", LOCK_OF_THREADS},
    {"multiprocessing.Lock", LOCK_OF_THREADS},
    {"multiprocessing.RLock", LOCK_OF_THREADS},
    {"multiprocessing.Condition", LOCK_OF_THREADS},
    {"multiprocessing.Semaphore", LOCK_OF_THREADS},
    {"multiprocessing.BoundedSemaphore", LOCK_OF_THREADS},
    {"_thread.allocate_lock", LOCK_OF_THREADS},
    {"thread.allocate_lock", LOCK_OF_THREADS},
    {"asyncio.Lock", LOCK_OF_TASKS},
    {"asyncio.Condition", LOCK_OF_TASKS},
    {"asyncio.Semaphore", LOCK_OF_TASKS},
    {"asyncio.BoundedSemaphore", LOCK_OF_TASKS},
    {"anyio.Lock", LOCK_OF_TASKS},
    {"anyio.Semaphore", LOCK_OF_TASKS},
    {"anyio.Condition", LOCK_OF_TASKS},
    {"trio.Lock", LOCK_OF_TASKS},
    {"trio.Semaphore", LOCK_OF_TASKS},
    {"trio.Condition", LOCK_OF_TASKS},
};

/* The number of the maker, or -1. */
static int maker_of(const struct facts *facts, uint32_t call)
{
    for (size_t i = 0; i < sizeof lock_makers / sizeof *lock_makers; i++) {
        if (facts_spells(facts, facts->ops[call].a, lock_makers[i].name)) {
            return (int)i;
        }
    }
    return -1;
}

enum lock_kind locks_made_by(const struct facts *facts, uint32_t call)
{
    int maker = maker_of(facts, call);
    return maker < 0 ? LOCK_NONE : lock_makers[maker].kind;
}

/* The value an attribute of an instance always has, on its `self` or through its class. */
static bool attribute_value(const struct program *program, uint32_t file, const struct op *op,
                            struct class_value *found)
{
    const struct facts *facts = program->files[file];
    uint32_t class = classes_of_instance(program, file, op->a);
    if (class == NONE) {
        class = classes_named_by(program, file, op->a);
    }
    return class != NONE && classes_only_value(program, class, facts_name(facts, op->b), found);
}

/* The number of the maker of a value, or -1. */
static int maker_of_value(const struct program *program, uint32_t file, uint32_t value)
{
    enum { MAX_STEPS = 8 }; /* a = b; b = self.c; …: nobody writes longer chains */
    for (int step = 0; step < MAX_STEPS && value != NONE; step++) {
        const struct facts *facts = program->files[file];
        value = uses_origin(facts, value);
        const struct op *op = &facts->ops[value];
        struct class_value found;
        if (op->kind == OP_CALL) {
            return maker_of(facts, value);
        }
        if (op->kind == OP_EITHER) { /* `lock or Lock()` */
            value = op->b;
        } else if (op->kind == OP_ATTRIBUTE && attribute_value(program, file, op, &found)) {
            file = found.file;
            value = found.value;
        } else {
            break;
        }
    }
    return -1;
}

enum lock_kind locks_kind(const struct program *program, uint32_t file, uint32_t value)
{
    int maker = maker_of_value(program, file, value);
    return maker < 0 ? LOCK_NONE : lock_makers[maker].kind;
}

bool locks_counts(const struct program *program, uint32_t file, uint32_t value)
{
    int maker = maker_of_value(program, file, value);
    return maker >= 0 && strstr(lock_makers[maker].name, "Semaphore") != NULL;
}

static const char *last_name(const struct facts *facts, uint32_t value)
{
    const struct op *op = &facts->ops[value];
    return op->kind == OP_LOAD        ? variable_name(facts, op->a)
           : op->kind == OP_ATTRIBUTE ? facts_name(facts, op->b)
                                      : "";
}

bool locks_is_named_so(const struct facts *facts, uint32_t value)
{
    static const char *const ends[] = {"lock", "mutex", "semaphore"};
    const char *name = last_name(facts, value);
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]);
        if (length < n || strcasecmp(name + length - n, ends[i]) != 0) {
            continue;
        }
        if (length == n || name[length - n - 1] == '_' || strcasecmp(name, "rlock") == 0) {
            return true;
        }
    }
    return false;
}
