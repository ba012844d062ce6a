/*
 * interrupt.h - leaving at once, and tidily, when the user presses Ctrl-C.
 */
#ifndef CYCLINT_CLI_INTERRUPT_H
#define CYCLINT_CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP first undo what is half done and then end the program as
 * they always do (a shell shows 130 for SIGINT). */
void interrupt_prepare(void);

/* The file that is half written, to be removed; NULL when it is whole. */
void interrupt_set_file(const char *path);

/* Whether a progress bar stands in the last line of the terminal. */
void interrupt_set_bar(bool is_shown);

#endif
