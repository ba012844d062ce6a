/*
 * resolve.h - byte offsets and indices become paths, lines, columns and names.
 *
 * Facts know byte offsets only, so the files that findings name are read once more.
 */
#ifndef CYCLINT_REPORT_RESOLVE_H
#define CYCLINT_REPORT_RESOLVE_H

#include "report/report.h"
#include "report/settle.h"

struct resolver {
    const struct settle_input *input;
    struct arena *arena;        /* the report's */
    const char *directory;      /* the working directory */
    struct report_file **files; /* by program index; NULL until named */

    /* The positions that were asked for last, as starts and as ends: no file when there is none. */
    struct known_position {
        const struct report_file *file;
        uint32_t offset;
        struct position position;
    } last_start, last_end;
};

struct resolver resolver_new(const struct settle_input *input, struct arena *arena);

/* A file of the program, read on first use. */
const struct report_file *resolver_file(struct resolver *resolver, uint32_t file);

/* A file that is not in the program. */
const struct report_file *resolver_lost_file(struct resolver *resolver, const char *path);

/* Lines and columns of a place.  If the file cannot be read any more, its first line. */
struct span resolver_span(struct resolver *resolver, struct place place);

/* The message of a finding, all but its fingerprint, suppression and edits. */
struct message resolver_message(struct resolver *resolver, const struct finding *finding);

#endif
