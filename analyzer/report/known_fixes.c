/*
 * known_fixes.c - the edits of fixes that an earlier run has worked out.
 */
#include "report/known_fixes.h"

#include "base/packing.h"

#include <string.h>
#include <xxhash.h>

/* ---- keys ---- */

static void add_number(struct builder *out, uint64_t number)
{
    builder_add_bytes(out, (const char *)&number, sizeof number);
}

static void add_change(struct builder *out, const struct change *change)
{
    add_number(out, (uint64_t)change->kind);
    add_number(out, (uint64_t)change->place.start << 32 | change->place.end);
    for (size_t i = 0; i < sizeof change->quoted / sizeof *change->quoted; i++) {
        add_number(out, (uint64_t)change->quoted[i].start << 32 | change->quoted[i].end);
    }
    builder_add(out, change->text);
    builder_add_char(out, '\0');
}

struct fix_key known_fixes_key(const struct change *changes, const struct report_file *file)
{
    struct builder all = {0};
    add_number(&all, file->source.hash);
    for (const struct change *c = changes; c != NULL; c = c->next) {
        add_change(&all, c);
    }
    XXH128_hash_t hash = XXH3_128bits(all.s, all.length);
    builder_free(&all);
    return (struct fix_key){hash.low64, hash.high64};
}

/* ---- finding and adding ---- */

static struct known_fix *find(const struct known_fixes *fixes, struct fix_key key)
{
    uint32_t index = pair_table_get(&fixes->by_key, key.low);
    bool is_there = index != TABLE_NONE && fixes->items[index].key.high == key.high;
    return is_there ? &fixes->items[index] : NULL;
}

bool known_fixes_find(struct known_fixes *fixes, struct fix_key key, uint32_t file,
                      struct text_edits *edits)
{
    struct known_fix *fix = find(fixes, key);
    edits->n = 0;
    if (fix == NULL) {
        return false;
    }
    fix->is_asked_for = true;
    for (uint32_t i = 0; i < fix->n; i++) {
        struct text_edit *edit = array_push(edits);
        *edit = fixes->edits.items[fix->first + i];
        edit->file = file;
    }
    return true;
}

/* Of two with one hash in a run, which will never be, the first is kept. */
static struct known_fix *begin(struct known_fixes *fixes, struct fix_key key)
{
    pair_table_put(&fixes->by_key, key.low, (uint32_t)fixes->n);
    struct known_fix *fix = array_push(fixes);
    *fix = (struct known_fix){.key = key, .first = (uint32_t)fixes->edits.n};
    return fix;
}

void known_fixes_add(struct known_fixes *fixes, struct fix_key key, const struct text_edits *edits)
{
    struct known_fix *fix = begin(fixes, key);
    fix->n = (uint32_t)edits->n;
    fix->is_asked_for = true;
    for (size_t i = 0; i < edits->n; i++) {
        struct text_edit *edit = array_push(&fixes->edits);
        *edit = edits->items[i];
        edit->text = arena_string(&fixes->arena, edit->text, strlen(edit->text));
    }
}

/* ---- as bytes ---- */

static void pack_edit(struct packer *to, const struct text_edit *edit)
{
    packer_number(to, edit->start);
    packer_number(to, edit->end);
    packer_text(to, edit->text);
    packer_number(to, edit->is_import);
    packer_number(to, edit->lock);
}

static void pack_fix(struct packer *to, const struct known_fixes *fixes,
                     const struct known_fix *fix)
{
    packer_number(to, 1);
    packer_wide(to, fix->key.low);
    packer_wide(to, fix->key.high);
    packer_number(to, fix->n);
    for (uint32_t i = 0; i < fix->n; i++) {
        pack_edit(to, &fixes->edits.items[fix->first + i]);
    }
}

void known_fixes_pack(const struct known_fixes *fixes, struct builder *out)
{
    struct packer to = {0};
    for (size_t i = 0; i < fixes->n; i++) {
        if (fixes->items[i].is_asked_for) {
            pack_fix(&to, fixes, &fixes->items[i]);
        }
    }
    packer_number(&to, 0);
    packer_finish(&to, out);
}

static void take_edit(struct unpacker *from, struct text_edit *edit)
{
    edit->start = unpacker_number(from);
    edit->end = unpacker_number(from);
    edit->text = unpacker_text(from);
    edit->is_import = unpacker_below(from, 2) == 1;
    edit->lock = unpacker_number(from);
    from->is_broken |= edit->text == NULL;
}

static void take_fix(struct unpacker *from, struct known_fixes *fixes)
{
    struct fix_key key;
    key.low = unpacker_wide(from);
    key.high = unpacker_wide(from);
    struct known_fix *fix = begin(fixes, key);
    fix->n = unpacker_number(from);
    for (uint32_t i = 0; i < fix->n && !from->is_broken; i++) {
        take_edit(from, array_push(&fixes->edits));
    }
}

void known_fixes_read(struct known_fixes *fixes, const char *bytes, size_t n)
{
    struct unpacker from = unpacker_of(bytes, n, NULL);
    while (unpacker_below(&from, 2) == 1) {
        take_fix(&from, fixes);
    }
    if (!unpacker_is_done(&from)) {
        known_fixes_free(fixes);
        *fixes = (struct known_fixes){0};
    }
}

void known_fixes_free(struct known_fixes *fixes)
{
    array_free(fixes);
    arena_free(&fixes->arena);
    array_free(&fixes->edits);
    pair_table_free(&fixes->by_key);
}
