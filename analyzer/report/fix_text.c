/*
 * fix_text.c - lines and blanks of a Python text.
 */
#include "report/fix_text.h"

#include <string.h>

static const char *bytes_of(const struct text *text)
{
    return text->file->source.bytes;
}

uint32_t fix_text_line_start(const struct text *text, uint32_t offset)
{
    const char *bytes = bytes_of(text);
    while (offset > 0 && bytes[offset - 1] != '\n') {
        offset--;
    }
    return offset;
}

uint32_t fix_text_line_end(const struct text *text, uint32_t offset)
{
    const struct source *source = &text->file->source;
    const char *end = memchr(source->bytes + offset, '\n', source->n - offset);
    return end != NULL ? (uint32_t)(end + 1 - source->bytes) : source->n;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

uint32_t fix_text_skip_blanks(const struct text *text, uint32_t offset)
{
    while (is_blank(bytes_of(text)[offset])) {
        offset++;
    }
    return offset;
}

uint32_t fix_text_skip_blanks_back(const struct text *text, uint32_t offset)
{
    while (offset > 0 && is_blank(bytes_of(text)[offset - 1])) {
        offset--;
    }
    return offset;
}

bool fix_text_begins_line(const struct text *text, uint32_t offset)
{
    offset = fix_text_skip_blanks_back(text, offset);
    return offset == 0 || bytes_of(text)[offset - 1] == '\n';
}

bool fix_text_ends_line(const struct text *text, uint32_t offset)
{
    return strchr("#\r\n", bytes_of(text)[fix_text_skip_blanks(text, offset)]) != NULL;
}

bool fix_text_is_blank_line(const struct text *text, uint32_t start)
{
    return start < text->file->source.n
           && strchr("\r\n", bytes_of(text)[fix_text_skip_blanks(text, start)]) != NULL;
}

const char *fix_text_line_break(const struct text *text, uint32_t offset)
{
    const struct source *source = &text->file->source;
    uint32_t end = fix_text_line_end(text, offset);
    if (end == offset || source->bytes[end - 1] != '\n') { /* the last line has none */
        return source->flags & SOURCE_CRLF ? "\r\n" : "\n";
    }
    return end > 1 && source->bytes[end - 2] == '\r' ? "\r\n" : "\n";
}

const char *fix_text_indent(const struct text *text, uint32_t offset, uint32_t *length)
{
    uint32_t start = fix_text_line_start(text, offset);
    *length = fix_text_skip_blanks(text, start) - start;
    return bytes_of(text) + start;
}

/* What the first line of a block is indented more than the statement that it is part of. */
static const char *unit_of(const struct text *text, uint32_t block)
{
    const struct layout *layout = text->layout;
    uint32_t outer_length, inner_length;
    uint32_t parent = layout->blocks[block].parent;
    uint32_t first = layout->blocks[block].first;
    if (parent == NONE || first == NONE) {
        return NULL;
    }
    uint32_t start = layout->statements[first].start;
    const char *outer = fix_text_indent(text, layout->statements[parent].start, &outer_length);
    const char *inner = fix_text_indent(text, start, &inner_length);
    bool is_deeper = fix_text_begins_line(text, start) && inner_length > outer_length
                     && memcmp(outer, inner, outer_length) == 0;
    return is_deeper ? arena_string(text->arena, inner + outer_length, inner_length - outer_length)
                     : NULL;
}

const char *fix_text_unit(const struct text *text, uint32_t statement)
{
    const struct layout *layout = text->layout;
    const char *unit = NULL;
    uint32_t own = layout_block_of(layout, statement);
    if (own != NONE) {
        unit = unit_of(text, own);
    }
    while (unit == NULL && statement != NONE) {
        uint32_t block = layout->statements[statement].block;
        unit = unit_of(text, block);
        statement = layout->blocks[block].parent;
    }
    for (uint32_t i = 1; unit == NULL && i < layout->n_blocks; i++) {
        unit = unit_of(text, i);
    }
    return unit != NULL ? unit : "    ";
}

static void add_quoted(struct builder *out, const struct text *text, const struct place *place)
{
    builder_add_bytes(out, bytes_of(text) + place->start, place->end - place->start);
}

const char *fix_text_expand(const struct text *text, const struct change *change, const char *base,
                            uint32_t base_length, const char *unit, const char *line_break)
{
    struct builder out = {0};
    for (const char *s = change->text; *s; s++) {
        if (*s == '\n') {
            builder_add(&out, line_break);
            builder_add_bytes(&out, base, base_length);
        } else if (*s == '\t') {
            builder_add(&out, unit);
        } else if (*s == '\1' || *s == '\2') {
            add_quoted(&out, text, &change->quoted[*s - 1]);
        } else {
            builder_add_char(&out, *s);
        }
    }
    const char *expanded = arena_string(text->arena, builder_string(&out), out.length);
    builder_free(&out);
    return expanded;
}
