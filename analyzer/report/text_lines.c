/*
 * text_lines.c - lines under a finding.
 */
#include "report/text_lines.h"

#include "text/cells.h"

#include <string.h>

enum {
    DEFAULT_WIDTH = 80,
    LEAST_WIDTH = 40,    /* narrower than this nothing can be laid out */
    LONGEST_INDENT = 12, /* under a longer label too little room would be left */
    NUMBER_WIDTH = TEXT_MARGIN - 3
};

unsigned text_width(const struct writer_options *options)
{
    unsigned width = options->width ? options->width : DEFAULT_WIDTH;
    return width < LEAST_WIDTH ? LEAST_WIDTH : width;
}

void text_add_blanks(struct builder *out, unsigned n)
{
    builder_addf(out, "%*s", (int)n, "");
}

void text_start_color(struct builder *out, const struct writer_options *options,
                      const char *sequence)
{
    if (options->uses_color) {
        builder_add(out, sequence);
    }
}

void text_end_color(struct builder *out, const struct writer_options *options)
{
    text_start_color(out, options, "\x1b[0m");
}

void text_add_margin(struct builder *out, const struct writer_options *options, uint32_t line,
                     const char *sign)
{
    text_start_color(out, options, "\x1b[2m");
    if (line) {
        builder_addf(out, "%*u %s", NUMBER_WIDTH, line, sign);
    } else {
        builder_addf(out, "%*s %s", NUMBER_WIDTH, "", sign);
    }
    text_end_color(out, options);
}

void text_add_cells(struct builder *out, const char *s, unsigned first, unsigned last,
                    unsigned cells)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    unsigned from = first > 0 ? first + 1 : 0, to = last < cells ? last - 1 : last, cell = 0;
    builder_add(out, first > 0 ? ellipsis : "");
    for (size_t n = strlen(s), length; n > 0; s += length, n -= length) {
        unsigned width = cells_of(cells_decode(s, n, &length));
        if (cell >= from && cell + width <= to) {
            builder_add_bytes(out, s, length);
        } else if (cell < to && cell + width > from) {
            builder_add_char(out, ' '); /* half of a wide character */
        }
        cell += width;
    }
    builder_add(out, last < cells ? ellipsis : "");
}

void text_add_wrapped(struct builder *out, const struct writer_options *options, const char *label,
                      const char *text)
{
    unsigned room = text_width(options) - TEXT_MARGIN;
    text_add_margin(out, options, 0, "= ");
    text_start_color(out, options, "\x1b[1m");
    unsigned used = cells_add(out, label, strlen(label), 0);
    text_end_color(out, options);
    unsigned indent = used <= LONGEST_INDENT ? used : 2;
    bool begins_line = true; /* the label ends with a blank */
    for (size_t n; *text; text += n, text += strspn(text, " \n")) {
        struct builder word = {0};
        n = strcspn(text, " \n");
        unsigned cells = cells_add(&word, text, n, 0);
        if (used > indent && used + !begins_line + cells > room) {
            builder_add_char(out, '\n');
            text_add_margin(out, options, 0, "  ");
            text_add_blanks(out, indent);
            used = indent;
            begins_line = true;
        }
        builder_addf(out, "%s%s", begins_line ? "" : " ", builder_string(&word));
        used += !begins_line + cells;
        begins_line = false;
        builder_free(&word);
    }
    builder_add_char(out, '\n');
}
