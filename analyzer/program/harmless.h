/*
 * harmless.h - calls and imports that nobody expects to raise.
 *
 * Nearly every op of Python may raise; a reader who asks what is left undone when one does thinks
 * of few of them.  What is harmless here is what such a reader passes over: taking a lock, making a
 * container, a method of the program that does nothing else.
 */
#ifndef CYCLINT_PROGRAM_HARMLESS_H
#define CYCLINT_PROGRAM_HARMLESS_H

#include "program/program.h"

/* Whether a call in a method of `class` is harmless.  `super().__init__()` is, where it leads to
 * object: that is why the class is asked for. */
bool harmless_call(const struct program *program, uint32_t class, uint32_t file, uint32_t call);

/* Whether an OP_IMPORT or OP_IMPORT_FROM is: the module is always there. */
bool harmless_import(const struct facts *facts, const struct op *op);

#endif
