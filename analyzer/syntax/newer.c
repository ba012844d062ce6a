/*
 * newer.c - the syntax of Python that the grammar does not know yet, said in words that it knows.
 *
 *     lazy import json            None;import json            PEP 810, Python 3.15
 *     {**d for d in ds}           { *d for d in ds}           PEP 798, Python 3.15
 *     case +1:                    case  1:                    Python 3.15
 *     class C[T = int]: ...       class C[T      ]: ...       PEP 696, Python 3.13
 *
 * Asked only for text that does not parse as it is.  Every byte stays in its place, so that lines
 * and columns do; what is lost (which type a parameter has by default, that a set was a dict) no
 * rule asks for.
 *
 * The text is read once, as tokens of which only brackets, words and strings count.  A string with
 * fields (PEP 701) is a bracket of its own: its text is passed over, and the code in its fields
 * read.
 */
#include "syntax/newer.h"

#include "base/array.h"

#include <string.h>

enum place {
    IN_BRACKETS,
    IN_BRACES,
    IN_TYPE_PARAMETERS, /* [T = int] */
    IN_STRING,          /* the text of an f-string or t-string */
    IN_FIELD            /* {…} in it */
};

struct open_place {
    enum place kind;
    uint32_t unpacked; /* of braces: where `**` stands first in it, or 0 */
    bool is_default;   /* of type parameters: behind a `=` */
    char quote;        /* of a string */
    bool is_triple;
};

struct reader {
    char *text;
    uint32_t n, at;
    struct {
        ARRAY_OF(struct open_place);
    } open;
    bool begins_statement;
    bool is_in_case;      /* between `case` and its colon */
    bool follows_operand; /* a `+` here adds; otherwise it is a sign */
    uint8_t definition;   /* how much of `class NAME` was just read: 0, 1 or 2 */
    bool has_changed;
};

/* ---- characters ---- */

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
           || (unsigned char)c >= 0x80;
}

static char at(const struct reader *r, uint32_t i)
{
    return i < r->n ? r->text[i] : '\0';
}

static bool is_word(const struct reader *r, uint32_t start, uint32_t end, const char *word)
{
    return strlen(word) == end - start && memcmp(r->text + start, word, end - start) == 0;
}

static uint32_t after_blanks(const struct reader *r, uint32_t i)
{
    while (at(r, i) == ' ' || at(r, i) == '\t') {
        i++;
    }
    return i;
}

static uint32_t after_word(const struct reader *r, uint32_t i)
{
    while (is_word_byte(at(r, i))) {
        i++;
    }
    return i;
}

static void put(struct reader *r, uint32_t i, char c)
{
    r->text[i] = c;
    r->has_changed = true;
}

/* ---- strings ---- */

static struct open_place *innermost(struct reader *r)
{
    return r->open.n > 0 ? array_last(&r->open) : NULL;
}

static bool is_closed_here(const struct reader *r, char quote, bool is_triple)
{
    return at(r, r->at) == quote
           && (!is_triple || (at(r, r->at + 1) == quote && at(r, r->at + 2) == quote));
}

/* Goes past a string without fields; one that is not triple ends with its line at the latest. */
static void skip_string(struct reader *r, char quote, bool is_triple)
{
    while (r->at < r->n && !is_closed_here(r, quote, is_triple)) {
        if (at(r, r->at) == '\n' && !is_triple) {
            return;
        }
        r->at += at(r, r->at) == '\\' ? 2 : 1;
    }
    r->at += is_triple ? 3 : 1;
}

static bool has_fields(const struct reader *r, uint32_t prefix)
{
    for (uint32_t i = prefix; i < r->at; i++) {
        if (strchr("fFtT", r->text[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* A string begins at the quote in hand; its prefix began at `prefix`. */
static void begin_string(struct reader *r, uint32_t prefix)
{
    char quote = at(r, r->at);
    bool is_triple = at(r, r->at + 1) == quote && at(r, r->at + 2) == quote;
    bool is_formatted = has_fields(r, prefix);
    r->at += is_triple ? 3 : 1;
    r->follows_operand = true;
    if (is_formatted) {
        *array_push(&r->open) =
            (struct open_place){.kind = IN_STRING, .quote = quote, .is_triple = is_triple};
    } else {
        skip_string(r, quote, is_triple);
    }
}

/* Goes on in the text of an f-string, up to a field or its end. */
static void read_string(struct reader *r)
{
    const struct open_place string = *innermost(r);
    char c = at(r, r->at);
    if (is_closed_here(r, string.quote, string.is_triple)) {
        r->at += string.is_triple ? 3 : 1;
        r->open.n--;
    } else if (c == '\n' && !string.is_triple) {
        r->open.n--;
    } else if (c == '{' && at(r, r->at + 1) != '{') {
        r->at++;
        *array_push(&r->open) = (struct open_place){.kind = IN_FIELD};
        r->follows_operand = false;
    } else {
        r->at += c == '\\' || c == '{' ? 2 : 1;
    }
}

/* ---- words ---- */

/* "lazy import x" at the beginning of a statement. */
static void rewrite_lazy(struct reader *r, uint32_t start, uint32_t end)
{
    uint32_t next = after_blanks(r, end), next_end = after_word(r, next);
    if (next > end
        && (is_word(r, next, next_end, "import") || is_word(r, next, next_end, "from"))) {
        memcpy(r->text + start, "None", 4);
        put(r, end, ';');
    }
}

static bool is_operator_word(const struct reader *r, uint32_t start, uint32_t end)
{
    static const char *const words[] = {"case", "if", "in",   "is",    "and",   "or",
                                        "not",  "as", "else", "await", "lambda"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (is_word(r, start, end, words[i])) {
            return true;
        }
    }
    return false;
}

/* `for` in braces that hold nothing but `**x`. */
static void end_unpacking(struct reader *r)
{
    struct open_place *place = innermost(r);
    if (place != NULL && place->kind == IN_BRACES && place->unpacked != 0) {
        put(r, place->unpacked, ' ');
        place->unpacked = 0;
    }
}

static void read_word(struct reader *r)
{
    uint32_t start = r->at, end = after_word(r, start);
    r->at = end;
    if ((at(r, end) == '"' || at(r, end) == '\'') && end - start <= 2) {
        begin_string(r, start);
        return;
    }
    bool begins = r->begins_statement && r->open.n == 0;
    if (begins && is_word(r, start, end, "lazy")) {
        rewrite_lazy(r, start, end);
    }
    if (begins && is_word(r, start, end, "case")) {
        r->is_in_case = true;
    }
    if (is_word(r, start, end, "for") || is_word(r, start, end, "async")) {
        end_unpacking(r);
    }
    bool defines = is_word(r, start, end, "class") || is_word(r, start, end, "def")
                   || (begins && is_word(r, start, end, "type"));
    r->definition = defines ? 1 : r->definition == 1 ? 2 : 0;
    r->follows_operand = !is_operator_word(r, start, end);
    r->begins_statement = false;
}

/* ---- brackets and signs ---- */

/* Whether the brackets that begin here end, and before what follows type parameters: one that is
 * never closed must not make the rest of the file a default. */
static bool are_type_parameters(const struct reader *r)
{
    enum { LONGEST = 10000 }; /* bytes; nobody writes so many */
    uint32_t depth = 0, i = r->at;
    for (; i < r->at + LONGEST && at(r, i) != '\0'; i++) {
        depth += strchr("([{", at(r, i)) != NULL;
        if (strchr(")]}", at(r, i)) != NULL && --depth == 0) {
            break;
        }
    }
    char next = at(r, after_blanks(r, i + 1));
    return at(r, i) == ']' && (next == '(' || next == ':' || next == '=');
}

static void open_bracket(struct reader *r, char c)
{
    enum place kind = c == '{' ? IN_BRACES
                      : c == '[' && r->definition == 2 && are_type_parameters(r)
                          ? IN_TYPE_PARAMETERS
                          : IN_BRACKETS;
    uint32_t inside = after_blanks(r, r->at + 1);
    bool unpacks = c == '{' && at(r, inside) == '*' && at(r, inside + 1) == '*';
    *array_push(&r->open) = (struct open_place){.kind = kind, .unpacked = unpacks ? inside : 0};
    r->follows_operand = false;
}

static void close_bracket(struct reader *r)
{
    struct open_place *place = innermost(r);
    if (place != NULL && place->kind != IN_STRING) {
        r->open.n--;
    }
    r->follows_operand = true;
}

/* Whether something other than the end of the type parameter follows: `[T = ]` is an error. */
static bool is_default_there(const struct reader *r)
{
    uint32_t i = r->at + 1;
    while (at(r, i) != '\0' && strchr(" \t\\\r\n", at(r, i)) != NULL) {
        i++;
    }
    return at(r, i) != ',' && at(r, i) != ']';
}

/* `=` begins a default in type parameters, and a comma ends it. */
static void read_sign(struct reader *r, char c)
{
    struct open_place *place = innermost(r);
    if (place != NULL && place->kind == IN_TYPE_PARAMETERS) {
        bool begins = c == '=' && is_default_there(r);
        place->is_default = begins || (place->is_default && c != ',');
    }
    if (place != NULL && place->kind == IN_BRACES && (c == ',' || c == ':')) {
        place->unpacked = 0;
    }
    if (c == '+' && r->is_in_case && !r->follows_operand) {
        put(r, r->at, ' ');
    }
    if (c == ':' && r->open.n == 0) {
        r->is_in_case = false;
    }
    r->follows_operand = false;
}

static void read_other(struct reader *r)
{
    char c = at(r, r->at);
    if (strchr("([{", c) != NULL) {
        open_bracket(r, c);
    } else if (strchr(")]}", c) != NULL) {
        close_bracket(r);
    } else {
        read_sign(r, c);
    }
    r->definition = 0;
    r->begins_statement = c == ';';
    r->at++;
}

/* ---- the whole text ---- */

static void read_blank(struct reader *r)
{
    char c = at(r, r->at);
    if (c == '#') {
        while (r->at < r->n && at(r, r->at) != '\n') {
            r->at++;
        }
        return;
    }
    if (c == '\n' && r->open.n == 0) {
        r->begins_statement = true;
        r->is_in_case = false;
        r->definition = 0;
    }
    r->at += c == '\\' ? 2 : 1;
}

/* Whether the text in hand is of the default of a type parameter, all of which is blanked out. */
static bool is_in_default(const struct reader *r, size_t n_open)
{
    return n_open <= r->open.n && n_open > 0 && r->open.items[n_open - 1].kind == IN_TYPE_PARAMETERS
           && r->open.items[n_open - 1].is_default;
}

static void blank_out(struct reader *r, uint32_t start)
{
    for (uint32_t i = start; i < r->at && i < r->n; i++) {
        if (r->text[i] != '\n' && r->text[i] != '\r') {
            put(r, i, ' ');
        }
    }
}

/* The number of the outermost type parameters whose default is being read; 0: there is none. */
static size_t default_depth(const struct reader *r)
{
    for (size_t i = 1; i <= r->open.n; i++) {
        if (is_in_default(r, i)) {
            return i;
        }
    }
    return 0;
}

static void read_next(struct reader *r)
{
    char c = at(r, r->at);
    const struct open_place *place = innermost(r);
    if (place != NULL && place->kind == IN_STRING) {
        read_string(r);
    } else if (strchr(" \t\r\n\f\\#", c) != NULL) {
        read_blank(r);
    } else if (c == '"' || c == '\'') {
        begin_string(r, r->at);
        r->begins_statement = false;
    } else if (is_word_byte(c)) {
        read_word(r);
    } else {
        read_other(r);
    }
}

bool newer_rewrite(char *text, uint32_t n)
{
    struct reader r = {.text = text, .n = n, .begins_statement = true};
    size_t depth = 0;
    while (r.at < r.n) {
        uint32_t start = r.at;
        read_next(&r);
        /* The sign that begins a default goes with it; the one that ends it stays. */
        depth = depth == 0 ? default_depth(&r) : is_in_default(&r, depth) ? depth : 0;
        if (depth != 0) {
            blank_out(&r, start);
        }
    }
    array_free(&r.open);
    return r.has_changed;
}
