/*
 * python.h - running a Python interpreter.
 */
#ifndef CYCLINT_CLI_PYTHON_H
#define CYCLINT_CLI_PYTHON_H

#include "base/builder.h"
#include "base/error.h"

/* Adds the rest of what can be read from a file descriptor. */
void python_read_all(int fd, struct builder *text);

/* Runs `words`, of which the first is the program and the last is NULL, for at most so many seconds
 * (0: as long as it takes).  With `output` its standard output is added to that and nothing else of
 * it is seen; without, it has our standard files.  False with an error when it does not start, does
 * not finish, or ends with a status other than 0 that `status` is not there to take. */
bool python_run(char *const *words, unsigned max_seconds, struct builder *output, int *status,
                struct error *error);

#endif
