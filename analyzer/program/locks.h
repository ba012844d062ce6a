/*
 * locks.h - which values are locks, told by where they come from.
 */
#ifndef CYCLINT_PROGRAM_LOCKS_H
#define CYCLINT_PROGRAM_LOCKS_H

#include "program/program.h"

enum lock_kind {
    LOCK_NONE,
    LOCK_OF_THREADS, /* threading, multiprocessing */
    LOCK_OF_TASKS    /* asyncio, anyio, trio */
};

/* What kind of lock the OP_CALL makes. */
enum lock_kind locks_made_by(const struct facts *facts, uint32_t call);

/* What kind of lock a value is: a call that makes one, a name that is bound once to one, an
 * attribute of `self` or of a class that is never given anything else. */
enum lock_kind locks_kind(const struct program *program, uint32_t file, uint32_t value);

/* Whether the value is known to be a semaphore: whoever releases need not have acquired it. */
bool locks_counts(const struct program *program, uint32_t file, uint32_t value);

/* Whether the value is a chain of names whose last part says that it is a lock. */
bool locks_is_named_so(const struct facts *facts, uint32_t value);

#endif
