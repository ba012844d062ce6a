/*
 * frameworks.h - what well-known frameworks do with the objects of a program: who lives as long as
 * the process, which attributes are relations of a database, what is copied for each request.
 */
#ifndef CYCLINT_PROGRAM_FRAMEWORKS_H
#define CYCLINT_PROGRAM_FRAMEWORKS_H

#include "program/program.h"

/* Whether an object is one of those a process has once: a web application, the event loop of a
 * user interface.  It is told by its class's dotted name (or by `class`, which derives from such a
 * one, or NONE), or by the name it has as a parameter of the function `scope` of `file`. */
bool frameworks_lives_on(const struct program *program, const char *name, uint32_t class,
                         uint32_t file, uint32_t scope);

/* Whether the class's body makes the attribute a relation between rows, which an object-relational
 * mapper keeps at both its ends. */
bool frameworks_is_relation(const struct program *program, uint32_t class, const char *attribute);

/* Whether a class, or a foreign one of this dotted name, is a part of a user interface that its
 * parent owns: a QObject. */
bool frameworks_is_owned_by_parent(const struct program *program, uint32_t class, const char *name);

/* Whether a function answers requests and is given a copy of each of its defaults: FastAPI. */
bool frameworks_copies_defaults(const struct facts *facts, uint32_t scope);

/* Whether a call says that its first argument makes what each request needs and puts it away
 * afterwards: Depends(get_session). */
bool frameworks_is_dependency(const struct facts *facts, uint32_t call);

/* What a call hands to a signal, which refers to its receivers weakly unless it is told otherwise:
 * `post_save.connect(receiver)`.  NONE when it is no such call.  Changes nothing in the program. */
uint32_t frameworks_weak_receiver(struct program *program, uint32_t file, uint32_t call);

#endif
