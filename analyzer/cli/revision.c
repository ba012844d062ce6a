/*
 * revision.c - what the user's words for a revision mean.
 *
 * Findings are about the files on disk, so a range can only say where the comparison begins.  That
 * it ends at what is checked out is looked at: lines of another commit would be other lines.
 */
#include "cli/revision.h"

#include "base/arena.h"

#include <ctype.h>
#include <string.h>

/* What git calls a thing: 40 or 64 hexadecimal digits. */
static bool is_id(const struct builder *text)
{
    const char *s = builder_string(text);
    return text->length >= 40 && strspn(s, "0123456789abcdef") == text->length;
}

/* The commit that `words` name.  Twice, because `:/text` would take what follows for text. */
static bool find_commit(const struct git_place *place, const char *words, struct builder *id,
                        bool *is_broken, struct error *error)
{
    struct arena arena = {0};
    bool ok = *words != '\0' && *words != '-';
    *is_broken = false;
    ok = ok
         && git_name(place, (const char *[]){"rev-parse", "--verify", "--quiet", words, NULL}, id,
                     is_broken, error)
         && is_id(id);
    if (ok) {
        const char *commit = arena_format(&arena, "%s^{commit}", id->s);
        ok = git_name(place, (const char *[]){"rev-parse", "--verify", "--quiet", commit, NULL}, id,
                      is_broken, error)
             && is_id(id);
    }
    arena_free(&arena);
    return ok;
}

bool revision_of_nothing(const struct git_place *place, struct builder *id, struct error *error)
{
    bool is_broken;
    bool ok = git_name(place, (const char *[]){"hash-object", "-t", "tree", "--stdin", NULL}, id,
                       &is_broken, error);
    return ok || is_broken ? ok : error_at(error, "git has no name for an empty tree");
}

/* Whether there is no commit yet. */
static bool is_unborn(const struct git_place *place, const char *words, struct builder *id)
{
    bool is_broken;
    return (strcmp(words, "HEAD") == 0 || strcmp(words, "@") == 0)
           && git_name(place, (const char *[]){"symbolic-ref", "--quiet", "HEAD", NULL}, id,
                       &is_broken, NULL);
}

static bool is_shallow(const struct git_place *place, struct builder *id)
{
    bool is_broken;
    return git_name(place, (const char *[]){"rev-parse", "--is-shallow-repository", NULL}, id,
                    &is_broken, NULL)
           && strcmp(id->s, "true") == 0;
}

static const char *shallow_hint(const struct git_place *place, struct builder *id)
{
    return is_shallow(place, id) ? "; its history is cut off: fetch more of it" : "";
}

static bool no_revision(const struct git_place *place, const char *words, struct builder *id,
                        struct error *error)
{
    return error_at(error, "there is no commit '%.200s' in the repository%s", words,
                    shallow_hint(place, id));
}

/* Whether the range ends at what is checked out. */
static bool check_end(const struct git_place *place, const char *words, struct error *error)
{
    struct builder id = {0}, head = {0};
    bool is_broken;
    bool ok = find_commit(place, words, &id, &is_broken, error);
    if (!ok && !is_broken) {
        no_revision(place, words, &id, error);
    }
    if (ok) {
        ok = find_commit(place, "HEAD", &head, &is_broken, error) && strcmp(id.s, head.s) == 0;
        ok = ok
             || error_at(error,
                         "the range ends at '%.200s', which is not what is checked out: leave the "
                         "end out to compare the files as they are",
                         words);
    }
    builder_free(&id);
    builder_free(&head);
    return ok;
}

static bool find_common(const struct git_place *place, const char *from, struct builder *id,
                        struct error *error)
{
    struct arena arena = {0};
    bool is_broken;
    const char *start = arena_string(&arena, id->s, id->length);
    bool ok =
        git_name(place, (const char *[]){"merge-base", start, "HEAD", NULL}, id, &is_broken, error);
    if (!ok && !is_broken) {
        error_at(error, "'%.200s' and HEAD have no commit in common%s", from,
                 shallow_hint(place, id));
    }
    arena_free(&arena);
    return ok;
}

/* "A..B" or "A...B", of which either may be missing and means HEAD. */
static bool find_range(const struct git_place *place, const char *words, const char *dots,
                       struct builder *id, struct error *error)
{
    struct arena arena = {0};
    bool has_three = dots[2] == '.', is_broken;
    const char *from = arena_string(&arena, words, (size_t)(dots - words));
    const char *to = dots + (has_three ? 3 : 2);
    from = *from != '\0' ? from : "HEAD";
    bool ok = find_commit(place, from, id, &is_broken, error);
    if (!ok && !is_broken) {
        no_revision(place, from, id, error);
    }
    ok = ok && (*to == '\0' || check_end(place, to, error))
         && (!has_three || find_common(place, from, id, error));
    arena_free(&arena);
    return ok;
}

bool revision_find(const struct git_place *place, const char *words, struct builder *id,
                   struct error *error)
{
    bool is_broken;
    if (find_commit(place, words, id, &is_broken, error)) {
        return true;
    }
    if (is_broken) {
        return false;
    }
    if (is_unborn(place, words, id)) {
        return revision_of_nothing(place, id, error);
    }
    const char *dots = strstr(words, "..");
    return dots != NULL ? find_range(place, words, dots, id, error)
                        : no_revision(place, words, id, error);
}
