/*
 * text_template.c - pylint's --msg-template: str.format with the fields of a message.
 *
 * `{field}` and `{field:spec}`, where a spec is [[fill]align][0][width][.precision][s|d]; `{{` and
 * `}}` are braces.
 */
#include "report/writers.h"

#include "text/cells.h"

#include <stdlib.h>
#include <string.h>

enum field {
    FIELD_PATH,
    FIELD_ABSPATH,
    FIELD_LINE,
    FIELD_COLUMN,
    FIELD_END_LINE,
    FIELD_END_COLUMN,
    FIELD_MODULE,
    FIELD_OBJ,
    FIELD_MSG,
    FIELD_MSG_ID,
    FIELD_SYMBOL,
    FIELD_LETTER,
    FIELD_CATEGORY,
    FIELD_CONFIDENCE,
    FIELD_FINGERPRINT,
    N_FIELDS
};

static const char *const field_names[N_FIELDS] = {
    "path", "abspath", "line",   "column", "end_line", "end_column", "module",     "obj",
    "msg",  "msg_id",  "symbol", "C",      "category", "confidence", "fingerprint"};

/* How a field is set in its place. */
struct spec {
    char align; /* '<', '>', '^'; 0: as the field's type wants */
    char fill;
    unsigned width;
    unsigned precision; /* characters of a text; 0: all */
};

static enum field field_of(const char *name, size_t n)
{
    for (enum field i = 0; i < N_FIELDS; i++) {
        if (strlen(field_names[i]) == n && memcmp(field_names[i], name, n) == 0) {
            return i;
        }
    }
    return N_FIELDS;
}

/* No end is shown as nothing, as in pylint. */
static void add_end(struct builder *out, const struct span *span, uint32_t number)
{
    if (span->end.line > 0) {
        builder_addf(out, "%u", number);
    }
}

/* A message is one line, whatever stands in the names it tells of. */
static void add_line(struct builder *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '\n') {
            builder_add(out, "\\n");
        } else if ((unsigned char)*s < ' ' || *s == 0x7F) {
            builder_addf(out, "\\x%02x", (unsigned)*s);
        } else {
            builder_add_char(out, *s);
        }
    }
}

static void add_value(struct builder *out, const struct message *m, enum field field)
{
    const char code_letter[] = {m->rule->code[0], '\0'};
    switch (field) {
    case FIELD_PATH:
        add_line(out, m->span.file->path);
        break;
    case FIELD_ABSPATH:
        add_line(out, m->span.file->absolute_path);
        break;
    case FIELD_LINE:
        builder_addf(out, "%u", m->span.start.line);
        break;
    case FIELD_COLUMN:
        builder_addf(out, "%u", m->span.start.column);
        break;
    case FIELD_END_LINE:
        add_end(out, &m->span, m->span.end.line);
        break;
    case FIELD_END_COLUMN:
        add_end(out, &m->span, m->span.end.column);
        break;
    case FIELD_MODULE:
        add_line(out, m->span.file->module);
        break;
    case FIELD_OBJ:
        add_line(out, m->object);
        break;
    case FIELD_MSG:
        add_line(out, m->text);
        break;
    case FIELD_MSG_ID:
        builder_add(out, m->rule->code);
        break;
    case FIELD_SYMBOL:
        builder_add(out, m->rule->name);
        break;
    case FIELD_LETTER:
        builder_add(out, code_letter);
        break;
    case FIELD_CATEGORY:
        builder_add(out, category_name(rule_category(m->rule)));
        break;
    case FIELD_CONFIDENCE:
        builder_add(out, confidence_name(m->confidence));
        break;
    case FIELD_FINGERPRINT:
        builder_add(out, m->fingerprint);
        break;
    case N_FIELDS:
        break;
    }
}

static bool is_number(enum field field)
{
    return field >= FIELD_LINE && field <= FIELD_END_COLUMN;
}

static unsigned read_number(const char **s, const char *end)
{
    unsigned n = 0;
    while (*s < end && **s >= '0' && **s <= '9') {
        n = n < 10000 ? n * 10 + (unsigned)(**s - '0') : n; /* wider than any line */
        ++*s;
    }
    return n;
}

static bool is_align(char c)
{
    return c == '<' || c == '>' || c == '^';
}

static bool read_spec(const char *s, const char *end, struct spec *spec)
{
    *spec = (struct spec){.fill = ' '};
    if (end - s >= 2 && is_align(s[1])) {
        spec->fill = s[0];
        spec->align = s[1];
        s += 2;
    } else if (s < end && is_align(*s)) {
        spec->align = *s++;
    } else if (s < end && *s == '0') {
        spec->fill = '0';
        spec->align = '>';
    }
    spec->width = read_number(&s, end);
    if (s < end && *s == '.') {
        s++;
        spec->precision = read_number(&s, end);
    }
    s += s < end && (*s == 's' || *s == 'd');
    return s == end;
}

static size_t n_characters(const char *s)
{
    size_t n = 0;
    for (; *s; s++) {
        n += ((unsigned char)*s & 0xC0) != 0x80;
    }
    return n;
}

/* Bytes of the first `n` characters. */
static size_t bytes_of(const char *s, size_t n)
{
    size_t i = 0;
    for (; s[i]; i++) {
        if (((unsigned char)s[i] & 0xC0) != 0x80 && n-- == 0) {
            break;
        }
    }
    return i;
}

static void add_fill(struct builder *out, char fill, size_t n)
{
    while (n-- > 0) {
        builder_add_char(out, fill);
    }
}

static void add_set(struct builder *out, const char *value, enum field field,
                    const struct spec *spec)
{
    size_t bytes = spec->precision ? bytes_of(value, spec->precision) : strlen(value);
    size_t shown = n_characters(value);
    if (spec->precision && shown > spec->precision) {
        shown = spec->precision;
    }
    size_t missing = spec->width > shown ? spec->width - shown : 0;
    char align = spec->align ? spec->align : is_number(field) ? '>' : '<';
    size_t before = align == '>' ? missing : align == '^' ? missing / 2 : 0;
    add_fill(out, spec->fill, before);
    builder_add_bytes(out, value, bytes);
    add_fill(out, spec->fill, missing - before);
}

/* One `{field:spec}`, whose braces are at `open` and `close`.  False if it makes no sense. */
static bool fill_field(const char *open, const char *close, const struct message *message,
                       struct builder *out)
{
    const char *colon = memchr(open, ':', (size_t)(close - open));
    const char *name_end = colon ? colon : close;
    enum field field = field_of(open + 1, (size_t)(name_end - open - 1));
    struct spec spec = {.fill = ' '};
    if (field == N_FIELDS || (colon && !read_spec(colon + 1, close, &spec))) {
        return false;
    }
    if (message) {
        struct builder value = {0};
        add_value(&value, message, field);
        add_set(out, builder_string(&value), field, &spec);
        builder_free(&value);
    }
    return true;
}

/* Fills in a template; without a message it only checks it.  The first part that makes no sense, or
 * NULL. */
static const char *fill(const char *template, const struct message *message, struct builder *out)
{
    for (const char *s = template; *s; s++) {
        if ((*s == '{' || *s == '}') && s[1] == *s) {
            builder_add_char(out, *s++);
        } else if (*s == '{') {
            const char *close = strchr(s, '}');
            if (close == NULL || !fill_field(s, close, message, out)) {
                return s;
            }
            s = close;
        } else if (*s == '}') {
            return s;
        } else {
            builder_add_char(out, *s);
        }
    }
    return NULL;
}

void template_fill(const char *template, const struct message *message, struct builder *out)
{
    fill(template, message, out);
}

bool writer_check_template(const char *msg_template, struct error *error)
{
    struct builder unused = {0};
    const char *wrong = fill(msg_template, NULL, &unused);
    builder_free(&unused);
    if (wrong == NULL) {
        return true;
    }
    const char *close = strchr(wrong, '}');
    int n = close ? (int)(close - wrong) + 1 : (int)strlen(wrong);
    return error_at(error,
                    "there is no field '%.*s', only path, abspath, line, "
                    "column, end_line, end_column, module, obj, msg, msg_id, symbol, C, category, "
                    "confidence, fingerprint",
                    n, wrong);
}
