/*
 * answer.h - the report of an earlier run, when this one would come to the same.
 *
 * What a report is made of, besides this build of the program and its rules: the options, the
 * selection and configuration of each file, the names of the files and of their modules, the
 * current folder; and the files' texts.  A hash of all but the texts is the number under which a
 * report is kept.  With it is kept what each file was; the report is the answer again while each
 * of them is still that.
 */
#ifndef CYCLINT_CLI_ANSWER_H
#define CYCLINT_CLI_ANSWER_H

#include "cli/cache.h"
#include "cli/files.h"
#include "cli/settings.h"
#include "report/report.h"

struct answer {
    struct arena arena;
    uint64_t number;      /* 0: the report of this run cannot be kept */
    bool is_known;        /* the report is that of an earlier run */
    struct builder bytes; /* what the store is to keep; empty: what it has is good */
};

/* Looks for the report in the store.  True with `*report` filled, and the origin of every file; for
 * false both are as before. */
bool answer_recall(struct answer *answer, const struct cache *cache,
                   const struct settings *settings, struct files *files, struct report *report);

/* Gives the recalled report the text of its files.  If one of them is no longer what it was, the
 * report is not known any more. */
void answer_need_sources(struct answer *answer, struct files *files, struct report *report);

/* Packs the settled report, to be kept. */
void answer_keep(struct answer *answer, const struct files *files, const struct report *report);
void answer_free(struct answer *answer);

#endif
