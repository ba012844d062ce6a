/*
 * answer_parts.h - what the two chapters of an answer share: the report itself (answer.c), and the
 * findings that it was made of (answer_findings.c).
 */
#ifndef CYCLINT_CLI_ANSWER_PARTS_H
#define CYCLINT_CLI_ANSWER_PARTS_H

#include "cli/answer.h"

/* What is kept of a file beside the report. */
struct known_file {
    struct store_state state;
    uint64_t hash; /* of its bytes */
    uint32_t n_statements;
    uint16_t is_bad;  /* it could not be read */
    uint16_t is_told; /* the report was not made without its facts, see answer_findings.c */
};

/* Whether a look at the file says that it is what it was. */
bool answer_is_unchanged(const struct file *file, const struct known_file *known);

/* Which files are told, by program index. */
void answer_find_told(const struct files *files, const struct findings *findings, bool *is_told);

/* Packs the findings; `wanted` tells which rules were checked. */
void answer_keep_findings(struct answer *answer, const struct findings *findings,
                          const struct builder *wanted);

#endif
