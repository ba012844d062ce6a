/*
 * answer.h - the report of an earlier run, when this one would come to the same.
 *
 * What a report is made of, besides this build of the program and its rules: the options, the
 * selection and configuration of each file, the names of the files and of their modules, the
 * current folder; and the files' texts.  A hash of all but the texts is the number under which a
 * report is kept.  With it is kept what each file was; the report is the answer again while each
 * of them is still that.  The findings that it was made of are kept, too: they stand, in other
 * places, when files were edited and not one of the edits has changed the program (alike.h).
 */
#ifndef CYCLINT_CLI_ANSWER_H
#define CYCLINT_CLI_ANSWER_H

#include "cli/cache.h"
#include "cli/files.h"
#include "cli/settings.h"
#include "report/known_fixes.h"
#include "report/report.h"

struct answer {
    struct arena arena;
    uint64_t number;   /* 0: the report of this run cannot be kept */
    bool is_known;     /* the report is that of an earlier run */
    bool has_findings; /* the findings are */
    const struct known_file
        *known;           /* what the files were when it was kept; NULL: nothing is kept */
    struct builder bytes; /* what the store is to keep; empty: what it has is good */
    struct builder findings;
    struct known_fixes fixes; /* of the earlier run, and what this one adds */
};

/* Looks for the report in the store.  True with `*report` filled, and the origin of every file; for
 * false both are as before. */
bool answer_recall(struct answer *answer, const struct cache *cache,
                   const struct settings *settings, struct files *files, struct report *report);

/* Gives the recalled report the text of its files.  If one of them is no longer what it was, the
 * report is not known any more. */
void answer_need_sources(struct answer *answer, struct files *files, struct report *report);

/* Puts the facts off that nobody asks for if the findings are recalled (files.h): those of files
 * that are what they were, all or most of them.  False when there is nothing to be recalled. */
bool answer_put_off(const struct answer *answer, struct files *files);

/* Has them collected after all. */
void answer_take_up(struct files *files);

/* Looks for the findings in the store, and for fixes, once answer_put_off() has said that there
 * may be some and the facts that were not put off are there.  `wanted`
 * tells, by a sign each, which rules are to be checked.  True with `findings` filled. */
bool answer_recall_findings(struct answer *answer, const struct cache *cache,
                            const struct settings *settings, const struct files *files,
                            const struct builder *wanted, struct findings *findings);

/* Packs the settled report and what it was made of, to be kept. */
void answer_keep(struct answer *answer, const struct files *files, const struct report *report,
                 const struct findings *findings, const struct builder *wanted);
void answer_free(struct answer *answer);

#endif
