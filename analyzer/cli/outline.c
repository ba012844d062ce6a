/*
 * outline.c - what people may ask about a file's classes goes to the store.
 *
 * Facts know bytes, people know lines: the text is read again, which costs little for a file that
 * has just been parsed.  If it is another text by now, there are no lines.
 */
#include "cli/outline.h"

#include "program/outline.h"

struct text {
    bool is_known;
    struct source source;
    struct lines lines;
};

static void read_text(const struct files *files, const struct file *file, struct arena *arena,
                      struct text *text)
{
    text->is_known = files_read((void *)files, file->path, arena, &text->source, NULL)
                     && text->source.hash == file->facts.hash;
    if (text->is_known) {
        lines_find(&text->source, arena, &text->lines);
    }
}

/* Without the column, which would have to be counted. */
static uint32_t line_of(const struct text *text, uint32_t offset)
{
    if (!text->is_known) {
        return 0;
    }
    uint32_t low = 0, high = text->lines.n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (text->lines.starts[middle] <= offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static const struct store_class *make_classes(const struct outline *outline,
                                              const struct text *text, struct arena *arena)
{
    struct store_class *classes = arena_alloc(arena, (outline->classes.n + 1) * sizeof *classes);
    for (size_t i = 0; i < outline->classes.n; i++) {
        const struct outline_class *class = &outline->classes.items[i];
        classes[i] = (struct store_class){class->name, class->bases, line_of(text, class->start)};
    }
    return classes;
}

static const struct store_attribute *make_attributes(const struct outline *outline,
                                                     const struct text *text, struct arena *arena)
{
    size_t n = outline->attributes.n;
    struct store_attribute *attributes = arena_alloc(arena, (n + 1) * sizeof *attributes);
    for (size_t i = 0; i < n; i++) {
        const struct outline_attribute *attribute = &outline->attributes.items[i];
        attributes[i] = (struct store_attribute){
            .class = attribute->class,
            .name = attribute->name,
            .is_of_class = attribute->is_of_class,
            .line = line_of(text, attribute->start),
            .n_stores = attribute->n_stores,
        };
    }
    return attributes;
}

static const struct store_ref *make_refs(const struct outline *outline, const struct text *text,
                                         struct arena *arena)
{
    struct store_ref *refs = arena_alloc(arena, (outline->refs.n + 1) * sizeof *refs);
    for (size_t i = 0; i < outline->refs.n; i++) {
        const struct outline_ref *ref = &outline->refs.items[i];
        refs[i] =
            (struct store_ref){ref->attribute, ref->target, ref->how, line_of(text, ref->start)};
    }
    return refs;
}

void outline_save(struct store *store, const struct files *files, const struct file *file)
{
    struct arena arena = {0};
    struct outline outline;
    struct text text = {0};
    outline_find(&file->facts, &arena, &outline);
    if (outline.classes.n > 0) {
        read_text(files, file, &arena, &text);
    }
    store_put_outline(store, file->path,
                      &(struct store_outline){
                          .classes = make_classes(&outline, &text, &arena),
                          .attributes = make_attributes(&outline, &text, &arena),
                          .refs = make_refs(&outline, &text, &arena),
                          .n_classes = outline.classes.n,
                          .n_attributes = outline.attributes.n,
                          .n_refs = outline.refs.n,
                      });
    outline_free(&outline);
    arena_free(&arena);
}
