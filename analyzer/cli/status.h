/*
 * status.h - what the program exits with.
 */
#ifndef CYCLINT_CLI_STATUS_H
#define CYCLINT_CLI_STATUS_H

#include "cli/options.h"
#include "report/report.h"

enum {
    STATUS_BROKEN = 1, /* something could not be read or written: pylint's bit for fatal */
    STATUS_USAGE = 32  /* the options or the configuration are wrong */
};

/* Pylint's bit for a category. */
int status_bit(enum category category);

/* Pylint's bits for what is shown, decided in pylint's order. */
int status_of_report(const struct options *options, const struct report *report);

#endif
