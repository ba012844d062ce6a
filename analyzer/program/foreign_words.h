/*
 * foreign_words.h - what a user says of a function: "acme.subscribe by process until unsubscribe".
 */
#ifndef CYCLINT_PROGRAM_FOREIGN_WORDS_H
#define CYCLINT_PROGRAM_FOREIGN_WORDS_H

#include "base/arena.h"
#include "base/error.h"
#include "program/foreign.h"

/* Reads NAME [strongly|weakly] [by result|receiver|first|process] [as ATTRIBUTE] [until NAME], the
 * parts after the name in any order, into an entry that lives in `arena`. */
bool foreign_read(const char *text, struct arena *arena, struct foreign *entry,
                  struct error *error);

#endif
