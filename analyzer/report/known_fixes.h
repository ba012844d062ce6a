/*
 * known_fixes.h - the edits of fixes that an earlier run has worked out.
 *
 * To make edits of changes, their file is parsed again.  But what comes of it depends on nothing
 * except the file's text and the changes themselves: so it is kept under a hash of both, also that
 * nothing can be made of them.  Changes of several files are not kept.
 */
#ifndef CYCLINT_REPORT_KNOWN_FIXES_H
#define CYCLINT_REPORT_KNOWN_FIXES_H

#include "base/table.h"
#include "report/fix_text.h"

/* The changes of a finding and the text of their file, as a number. */
struct fix_key {
    uint64_t low, high;
};

struct known_fix {
    struct fix_key key;
    uint32_t first, n; /* in `edits`; none: the fix is not offered */
    bool is_asked_for;
};

/* All zero is none. */
struct known_fixes {
    struct arena arena; /* of the texts of those that were added */
    ARRAY_OF(struct known_fix);
    struct pair_table by_key;
    struct text_edits edits;
};

/* Fills `fixes` from nothing; texts point into the bytes, which must live as long as they.  None
 * are known when the bytes are damaged. */
void known_fixes_read(struct known_fixes *fixes, const char *bytes, size_t n);

/* Adds those that were asked for to `out`. */
void known_fixes_pack(const struct known_fixes *fixes, struct builder *out);
void known_fixes_free(struct known_fixes *fixes);

/* The key of changes that are all in `file`. */
struct fix_key known_fixes_key(const struct change *changes, const struct report_file *file);

/* Fills `edits`, of that file of the program; false when they are not known. */
bool known_fixes_find(struct known_fixes *fixes, struct fix_key key, uint32_t file,
                      struct text_edits *edits);

/* Keeps them, in the order of the text. */
void known_fixes_add(struct known_fixes *fixes, struct fix_key key, const struct text_edits *edits);

#endif
