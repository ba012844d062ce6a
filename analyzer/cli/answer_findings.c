/*
 * answer_findings.c - the findings of an earlier run, when only their places are others now.
 *
 * When files were edited, the findings stand if no edit has changed the program (alike.h).  Then
 * nothing is linked, and settling asks little of a file that is what it was.  Of its facts it wants
 *
 *   - how many statements there are,
 *   - what the comments say, and whether the file is generated or broken,
 *   - the names of the scopes that findings are in,
 *
 * and never the ops.  So a file that has neither comments to cyclint nor flags nor findings need
 * not be loaded at all: its hash and its number of statements are kept with the report.  The others
 * are *told*, and loaded without their ops.  Both are as they were when the report was kept, for
 * the file is; and which is which was then known of all.
 */
#include "cli/answer_parts.h"

#include "report/pack_findings.h"
#include "store/alike.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* ---- which facts are asked for ---- */

static bool is_same_state(const struct store_state *a, const struct store_state *b)
{
    return a->inode != 0 && a->inode == b->inode && a->size == b->size && a->mtime_ns == b->mtime_ns
           && a->ctime_ns == b->ctime_ns;
}

bool answer_is_unchanged(const struct file *file, const struct known_file *known)
{
    return is_same_state(&file->state, &known->state);
}

void answer_find_told(const struct files *files, const struct findings *findings, bool *is_told)
{
    size_t n = 0;
    for (size_t i = 0; i < files->n; i++) {
        const struct facts *facts = &files->items[i].facts;
        if (files->items[i].failed_rule == NULL) {
            is_told[n++] = facts->n_directives > 0 || facts->flags != 0;
        }
    }
    for (size_t i = 0; i < findings->n; i++) {
        is_told[findings->items[i].place.file] = true;
    }
}

static void put_off(struct file *file, const struct known_file *known)
{
    file->need = NEED_NOTHING;
    file->is_collected = true;
    file->origin = ORIGIN_UNCHANGED;
    file->facts = (struct facts){
        .path = file->path, .hash = known->hash, .n_statements = known->n_statements};
}

bool answer_put_off(const struct answer *answer, struct files *files)
{
    if (answer->known == NULL) {
        return false;
    }
    for (size_t i = 0; i < files->n; i++) {
        struct file *file = &files->items[i];
        const struct known_file *known = &answer->known[i];
        if (known->is_bad || !answer_is_unchanged(file, known)) {
            continue;
        }
        if (known->is_told) {
            file->need = NEED_BUT_OPS;
        } else {
            put_off(file, known);
        }
    }
    return true;
}

void answer_take_up(struct files *files)
{
    for (size_t i = 0; i < files->n; i++) {
        struct file *file = &files->items[i];
        if (file->need != NEED_ALL) {
            file->need = NEED_ALL;
            file->is_collected = false;
            file->origin = ORIGIN_TEXT;
            file->failed_rule = NULL;
            file->facts = (struct facts){0};
            arena_free(&file->arena);
        }
    }
}

/* ---- where things are now ---- */

/* The files of the program whose text is another one, and where things in them are now. */
struct edited {
    struct moves **moves; /* by program index; NULL: the file is what it was */
    size_t n;
};

static bool move_place(void *context, struct place *place)
{
    const struct edited *edited = context;
    bool is_nowhere = place->file == NONE || (place->start == 0 && place->end == 0);
    if (is_nowhere) {
        return true;
    }
    if (place->file >= edited->n) {
        return false;
    }
    const struct moves *moves = edited->moves[place->file];
    return moves == NULL || moves_find(moves, &place->start, &place->end);
}

/* Compares the facts of a file with what they were. */
static bool compare_file(const struct cache *cache, const struct file *file, uint64_t hash,
                         struct moves **moves)
{
    struct arena scratch = {0}, arena = {0};
    struct facts before;
    *moves = alloc_zeroed(1, sizeof **moves);
    bool ok = store_load_same(cache->store, file->path, hash, &scratch, &arena, &before)
              && facts_are_alike(&before, &file->facts, *moves);
    arena_free(&scratch);
    arena_free(&arena);
    return ok;
}

/* False when some file is no longer the program that it was. */
static bool compare_files(const struct answer *answer, const struct cache *cache,
                          const struct files *files, struct edited *edited)
{
    bool ok = true;
    for (size_t i = 0; ok && i < files->n; i++) {
        const struct file *file = &files->items[i];
        const struct known_file *known = &answer->known[i];
        bool is_bad = file->failed_rule != NULL;
        if (is_bad != known->is_bad) {
            return false;
        }
        if (!is_bad && file->facts.hash != known->hash) {
            ok = file->need == NEED_ALL
                 && compare_file(cache, file, known->hash, &edited->moves[edited->n]);
        }
        edited->n += !is_bad;
    }
    return ok;
}

static void free_edited(struct edited *edited, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (edited->moves[i] != NULL) {
            moves_free(edited->moves[i]);
            free(edited->moves[i]);
        }
    }
    free(edited->moves);
}

/* ---- the findings ---- */

/* What the packed findings begin with: a checksum of all that follows it, which rules were checked
 * (a length, and a sign each), how long the fixes are that then come; last are the findings. */
struct findings_head {
    uint64_t checksum, n_wanted, n_fixes;
};

static uint64_t checksum_of(const char *bytes, size_t n)
{
    return XXH3_64bits(bytes + sizeof(uint64_t), n - sizeof(uint64_t));
}

static bool is_sound(const char *bytes, size_t n)
{
    struct findings_head head;
    if (bytes == NULL || n < sizeof head) {
        return false;
    }
    memcpy(&head, bytes, sizeof head);
    size_t left = n - sizeof head;
    return head.checksum == checksum_of(bytes, n) && head.n_wanted <= left
           && head.n_fixes <= left - head.n_wanted;
}

static bool unpack_wanted(const struct settings *settings, const char *bytes, size_t n,
                          const struct builder *wanted, struct edited *edited,
                          struct findings *findings)
{
    struct findings_head head;
    struct place_mover mover = {move_place, edited};
    memcpy(&head, bytes, sizeof head);
    const char *signs = bytes + sizeof head, *packed = signs + head.n_wanted + head.n_fixes;
    return head.n_wanted == wanted->length
           && memcmp(signs, builder_string(wanted), wanted->length) == 0
           && unpack_findings(packed, (size_t)(bytes + n - packed), settings->selection.rules,
                              settings->selection.n_rules, &mover, findings);
}

/* Fixes are known by the text they are for, so they are good whatever was edited. */
static void read_fixes(struct answer *answer, const char *bytes)
{
    struct findings_head head;
    memcpy(&head, bytes, sizeof head);
    known_fixes_read(&answer->fixes, bytes + sizeof head + head.n_wanted, head.n_fixes);
}

bool answer_recall_findings(struct answer *answer, const struct cache *cache,
                            const struct settings *settings, const struct files *files,
                            const struct builder *wanted, struct findings *findings)
{
    size_t n = 0;
    const char *bytes = store_load_findings(cache->store, answer->number, &answer->arena, &n);
    if (!is_sound(bytes, n)) {
        return false;
    }
    read_fixes(answer, bytes);
    struct edited edited = {.moves = alloc_zeroed(files->n + 1, sizeof(struct moves *))};
    bool ok = compare_files(answer, cache, files, &edited)
              && unpack_wanted(settings, bytes, n, wanted, &edited, findings);
    free_edited(&edited, files->n);
    if (!ok) {
        array_free(findings);
        arena_free(&findings->arena);
    }
    answer->has_findings = ok;
    return ok;
}

void answer_keep_findings(struct answer *answer, const struct findings *findings,
                          const struct builder *wanted)
{
    struct findings_head head = {.n_wanted = wanted->length};
    struct builder *out = &answer->findings;
    builder_add_bytes(out, (const char *)&head, sizeof head);
    builder_add_bytes(out, builder_string(wanted), wanted->length);
    size_t before = out->length;
    known_fixes_pack(&answer->fixes, out);
    head.n_fixes = out->length - before;
    pack_findings(findings, out);
    memcpy(out->s, &head, sizeof head);
    head.checksum = checksum_of(out->s, out->length);
    memcpy(out->s, &head, sizeof head);
}
