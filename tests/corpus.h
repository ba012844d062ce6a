/*
 * corpus.h - Python files to try things on: those named, or the standard library of python3.
 */
#ifndef CYCLINT_TESTS_CORPUS_H
#define CYCLINT_TESTS_CORPUS_H

#include "base/array.h"
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct corpus {
    ARRAY_OF(char *);
};

static inline void corpus_add(struct corpus *corpus, const char *path)
{
    char *copy = alloc(strlen(path) + 1);
    *array_push(corpus) = strcpy(copy, path);
}

/* Adds what `command` prints, a path a line. */
static inline void corpus_add_output(struct corpus *corpus, const char *command)
{
    FILE *pipe = popen(command, "r");
    char line[4096];
    while (pipe != NULL && fgets(line, sizeof line, pipe) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        corpus_add(corpus, line);
    }
    if (pipe != NULL) {
        pclose(pipe);
    }
}

/* The files named on the command line, or else the fixtures and the standard library. */
static inline struct corpus corpus_of(int argc, char **argv)
{
    struct corpus corpus = {0};
    for (int i = 1; i < argc; i++) {
        corpus_add(&corpus, argv[i]);
    }
    if (argc < 2) {
        corpus_add_output(&corpus, "find fixtures -name '*.py' 2>/dev/null | LC_ALL=C sort");
        corpus_add_output(&corpus, "find -L \"$(python3 -c 'import sysconfig; "
                                   "print(sysconfig.get_paths()[\"stdlib\"])')\" -name '*.py' "
                                   "-not -path '*/site-packages/*' | LC_ALL=C sort");
    }
    return corpus;
}

static inline void corpus_free(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->n; i++) {
        free(corpus->items[i]);
    }
    array_free(corpus);
}

#endif
