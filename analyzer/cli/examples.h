/*
 * examples.h - the example files of the rules; the build makes the table of the folder fixtures/.
 */
#ifndef CYCLINT_CLI_EXAMPLES_H
#define CYCLINT_CLI_EXAMPLES_H

struct example {
    const char *rule; /* its name */
    const char *bad;  /* text of fixtures/<rule>/bad.py, NULL when there is none */
    const char *good; /* and of good.py */
};

extern const struct example examples[]; /* ends with a NULL rule */

#endif
