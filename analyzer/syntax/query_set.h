/*
 * query_set.h - compiled queries, as the files query_*.c share them.
 *
 * A pattern is a run of **steps**, one for each node it mentions, parents before children, ended by
 * a step of depth DEPTH_DONE.  A matching attempt is at one step and goes on to the next when a
 * node matches.  Alternations, options and repetitions are jumps: a step's `alternative` is another
 * step the attempt may stand at instead.  Two kinds of steps exist only to jump: a pass-through is
 * never stood at (the attempt goes on to the next step and to the alternative), a dead end sends
 * every attempt to its alternative.  This is the machine of tree-sitter's own queries, so that what
 * matches there matches here; see query_states.c.
 */
#ifndef CYCLINT_SYNTAX_QUERY_SET_H
#define CYCLINT_SYNTAX_QUERY_SET_H

#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/table.h"
#include "syntax/grammar.h"
#include "syntax/query.h"
#include "syntax/query_regex.h"

#define NO_STEP UINT32_MAX

enum {
    DEPTH_DONE = UINT16_MAX, /* depth of the step after a pattern's last */
    MAX_NESTING = 100        /* of parentheses in a query: the parser of queries recurses */
};

enum step_flag {
    STEP_NAMED = 1,      /* of a wildcard: `(_)`, named nodes only */
    STEP_MISSING = 2,    /* `(MISSING …)` */
    STEP_IMMEDIATE = 4,  /* after an anchor: no named sibling may lie before it */
    STEP_LAST_CHILD = 8, /* before a closing anchor: no named sibling may follow */
    STEP_PASS_THROUGH = 16,
    STEP_DEAD_END = 32,
    STEP_ALTERNATIVE_IMMEDIATE = 64, /* a repetition: the next round begins with the next sibling */
    STEP_SPLITS = 128 /* it or what lies in it is captured, or it has children that may fail: when
                         it matches, a later sibling may, too, and both are followed */
};

struct step {
    uint16_t kind; /* KIND_INVALID: any */
    uint16_t supertype;
    uint16_t depth; /* the pattern's root has 0 */
    uint8_t field;
    uint8_t flags;
    uint32_t alternative; /* step, or NO_STEP */
    uint32_t captures;    /* in query_set.captured, or NO_STEP */
    uint32_t tests;       /* in query_set.tests, or NO_STEP: predicates that may be asked at once */
    uint64_t no_fields;   /* the fields it must not have, as bits */
};

/* A name under which a step's node is captured; the names of a step form a list. */
struct captured {
    uint32_t name; /* in query_set.names */
    uint32_t next;
};

/* A predicate to ask as soon as the step matches; the tests of a step form a list. */
struct step_test {
    uint32_t predicate;
    uint32_t next;
};

/* Where an attempt at a pattern may begin: at nodes of the step's kind.  The step has depth 0, or
 * depth 1 when the pattern's root is a plain `(_)`: that is cheaper to find by its child. */
struct entry {
    uint32_t step;
    bool is_rooted; /* the steps that follow all lie inside this node */
};

struct pattern {
    uint32_t owner, number; /* as query_match has them */
    uint32_t first_step, end_step;
    uint32_t first_entry, n_entries;
    uint32_t first_predicate, n_predicates;
    bool is_plain;  /* no alternative anywhere: every match captures the same names */
    uint32_t guard; /* a step that some child of the root must match, or NO_STEP: cheap to ask */
};

enum comparison { COMPARE_EQUAL, COMPARE_ANY_OF, COMPARE_REGEX };

struct predicate {
    enum comparison comparison;
    bool is_negated;
    bool any;            /* one node of the capture is enough */
    bool is_asked_early; /* a step_test sees to it */
    uint32_t capture;
    uint32_t other;               /* #eq? with a second capture; else NO_STEP */
    uint32_t first_text, n_texts; /* in query_set.texts */
    struct query_regex *regex;
    const char *where, *other_where; /* of the captures in the query, until it is compiled */
};

struct text {
    const char *s;
    size_t length;
};

struct query_set {
    struct arena arena; /* names and texts */
    struct name_table named_kinds, anonymous_kinds, fields;
    struct name_table name_numbers;
    struct {
        ARRAY_OF(const char *);
    } names; /* of captures */
    struct {
        ARRAY_OF(struct step);
    } steps;
    struct {
        ARRAY_OF(struct captured);
    } captured;
    struct {
        ARRAY_OF(struct step_test);
    } tests;
    struct {
        ARRAY_OF(struct entry);
    } entries;
    struct {
        ARRAY_OF(struct pattern);
    } patterns;
    struct {
        ARRAY_OF(struct predicate);
    } predicates;
    struct {
        ARRAY_OF(struct text);
    } texts;
    struct {
        ARRAY_OF(struct query_property);
    } properties;
    struct {
        ARRAY_OF(struct query_regex *);
    } regexes;
};

/* ---- query_text.c: the characters of a query ---- */

struct query_text {
    const char *name; /* what messages call the query */
    const char *start, *at, *end;
    uint32_t depth; /* of nesting */
    struct error *error;
};

/* The next character, 0 at the end. */
static inline char text_next(const struct query_text *text)
{
    return text->at < text->end ? *text->at : '\0';
}

/* The bytes of the next character. */
size_t text_character_length(const struct query_text *text);

/* Goes past blanks and comments. */
void text_skip_blanks(struct query_text *text);

/* Whether a name begins here; reads one.  Names go on over letters, digits and `_-.?!`. */
bool text_is_name(const struct query_text *text);
struct text text_name(struct query_text *text);

/* Reads a string in double quotes, its escapes replaced, into `arena`. */
bool text_string(struct query_text *text, struct arena *arena, struct text *out);

/* Line and column, from 1, of the character at `where`. */
void text_position(const struct query_text *text, const char *where, unsigned *line,
                   unsigned *column);

/* Fills the error with "name:line:column: …" for the character at `where`; returns false. */
bool text_error(const struct query_text *text, const char *where, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- query_names.c: what kinds and fields are called ---- */

void query_names_fill(struct query_set *set);

/* The kind or field called so; 0 with an error at `name` if there is none. */
uint16_t query_names_kind(const struct query_set *set, const struct query_text *text,
                          struct text name, bool is_named);
uint8_t query_names_field(const struct query_set *set, const struct query_text *text,
                          struct text name);

/* The number of a capture's name, which becomes one if it is new. */
uint32_t query_names_capture(struct query_set *set, struct text name);

/* ---- query_parse.c ---- */

/* Compiles the next pattern of the text: steps, predicates, properties. */
bool query_parse_pattern(struct query_set *set, struct query_text *text, struct pattern *pattern);

/* ---- query_predicate.c ---- */

/* Reads a predicate after its `(#`, up to and with its `)`. */
bool predicate_parse(struct query_set *set, struct query_text *text, const struct pattern *pattern);

/* Whether the predicate, which names one capture and no other, holds for this text.  `*failed`
 * is set when a regular expression cannot be decided. */
bool predicate_holds_for(const struct query_set *set, const struct predicate *predicate,
                         struct text text, struct query_regex_memory *memory, bool *failed);

/* Whether the predicate holds for a whole match. */
bool predicate_holds(const struct query_set *set, const struct predicate *predicate,
                     const struct tree *tree, const struct query_capture *captures,
                     uint32_t n_captures, struct query_regex_memory *memory, bool *failed);

#endif
