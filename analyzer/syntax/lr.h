/*
 * lr.h - the LR driver: the second way from text to the flat tree, ten times as fast.
 *
 * tree-sitter's runtime is made for editing: it keeps several versions of the stack, can reuse the
 * old tree, recovers from errors, and allocates a subtree for nearly every token.  Reading a file
 * once needs none of that.  This driver reads the same tables as an ordinary LR parser: one stack
 * of states, one array of nodes; a reduction writes a node behind its children.
 *
 * Where the grammar is ambiguous (some 1 % of the steps) the possible continuations are tried in
 * lockstep on copies of the stack, without building nodes, until one is left; then its steps are
 * taken (lr_fork.c).  Whatever is unusual - a syntax error, nesting too deep, an ambiguity that
 * does not end - makes it give up, and the runtime parses that file.
 *
 * This header is private to lr*.c and the generated lr_tables.c.
 */
#ifndef CYCLINT_SYNTAX_LR_H
#define CYCLINT_SYNTAX_LR_H

#include "base/array.h"
#include "syntax/lr_lexer.h"
#include "syntax/lr_sizes.h"
#include "syntax/tree.h"

#include <stdbool.h>
#include <stdint.h>

enum lr_action_kind { LR_ERROR, LR_SHIFT, LR_SHIFT_EXTRA, LR_REDUCE, LR_ACCEPT, LR_FORK };

struct lr_action {
    uint8_t kind;
    uint8_t count;   /* children of a reduction; choices of a fork */
    uint16_t symbol; /* what a reduction makes */
    uint16_t production;
    uint16_t state;  /* to shift to; the first choice of a fork */
    int16_t dynamic; /* precedence that a reduction adds to its version */
};

struct lr_mode {
    uint16_t lex_state, external_state, reserved_set;
};

struct lr_keyword {
    char word[LR_MAX_KEYWORD + 1];
    uint8_t length;
    uint16_t symbol;
};

struct lr_symbol {
    uint16_t kind;
    bool is_visible, is_named;
};

/* What a production's children are called, by their number, extras not counted. */
struct lr_production {
    bool has_fields, has_aliases;
    uint8_t fields[LR_MAX_CHILDREN];
    uint16_t aliases[LR_MAX_CHILDREN];
};

enum lr_short_cut { LR_PLAIN_IDENTIFIERS = 1, LR_PLAIN_COMMENTS = 2 };

/* The scanner's tokens, as bits of lr_external_valid. */
enum lr_external {
    LR_NEWLINE = 1 << 0,
    LR_INDENT = 1 << 1,
    LR_DEDENT = 1 << 2,
    LR_STRING_START = 1 << 3,
    LR_STRING_CONTENT = 1 << 4,
    LR_ESCAPE_INTERPOLATION = 1 << 5,
    LR_EXCEPT = 1 << 11
};

/* Generated from the grammar: a cell is an action for a token, the next state for the others. */
extern const uint16_t lr_table[LR_STATES][LR_SYMBOLS];
extern const struct lr_action lr_actions[];
extern const struct lr_action lr_choices[];
extern const struct lr_mode lr_modes[LR_STATES];
extern const uint8_t lr_short_cuts[]; /* by lexer state */
extern const uint8_t lr_marks[][128]; /* by lexer state: the token a character is by itself, or 0 */
extern const uint16_t lr_external_valid[]; /* by external lexer state */
extern const struct lr_keyword lr_keywords[LR_KEYWORD_SLOTS];
extern const bool lr_reserved[][LR_TOKENS];
extern const struct lr_symbol lr_symbols[];
extern const struct lr_production lr_productions[];

struct lr_token {
    uint32_t start, end;
    uint16_t symbol;
    bool is_keyword; /* spelled like one; it is an identifier where that keyword cannot stand */
};

/* A symbol on the stack. */
struct lr_entry {
    uint32_t first;      /* index of its first node: its nodes go on to the next entry's first */
    uint32_t start, end; /* of its text */
    uint16_t state;
    bool is_visible; /* its last node is its own */
    bool is_extra;
};

struct lr {
    const uint8_t *text, *text_end;
    uint32_t at; /* offset behind the last token */
    struct lr_scanner *scanner;
    struct {
        ARRAY_OF(struct lr_entry);
    } stack;
    struct {
        ARRAY_OF(struct node);
    } nodes; /* in post-order: children before their parent */
    struct lr_forks *forks;
    uint32_t n_rounds; /* that forks took in this text */
};

struct lr *lr_new(void);
void lr_free(struct lr *lr);

/* Parses the text, which has NUL bytes behind it.  False if it gives up. */
bool lr_parse(struct lr *lr, const char *text, uint32_t n, uint32_t max_nodes);

/* Writes the nodes of the last parse in the order of the flat tree; `nodes` has room for them. */
void lr_flatten(struct lr *lr, struct node *nodes);

/* lr_token.c: the token at `at` for a parser in `state`.  False if there is none. */
bool lr_next_token(const struct lr *lr, struct lr_scanner *scanner, uint32_t state, uint32_t at,
                   struct lr_token *token);

/* Whether the keyword, which has no action in this state, may be an identifier there. */
bool lr_keyword_is_identifier(const struct lr_token *token, uint32_t state);

/* lr.c, for the forks: the steps of the parser. */
void lr_shift(struct lr *lr, const struct lr_token *token, uint16_t state, bool is_extra);
void lr_reduce(struct lr *lr, const struct lr_action *action);

/* lr_fork.c: resolves the ambiguity that begins with `token`.  False if it gives up. */
struct lr_forks *lr_forks_new(void);
void lr_forks_free(struct lr_forks *forks);
bool lr_resolve(struct lr *lr, const struct lr_token *token);

#endif
