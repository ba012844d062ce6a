/*
 * lr_lexer.h - the grammar's generated lexer and its scanner, as the LR driver calls them.
 */
#ifndef CYCLINT_SYNTAX_LR_LEXER_H
#define CYCLINT_SYNTAX_LR_LEXER_H

#include <stdbool.h>
#include <stdint.h>

/* Where the lexer stands in a text that is in one piece. */
struct lr_lexer {
    const uint8_t *at, *end; /* the character in hand, and the end of the text */
    const uint8_t *start;    /* of the token: after the blanks that were skipped */
    const uint8_t *token_end;
    int32_t lookahead;
    uint32_t width; /* of the character in hand, in bytes */
    uint16_t result_symbol;
};

/* Puts the lexer at `at`. */
void lr_lexer_begin(struct lr_lexer *lexer, const uint8_t *at, const uint8_t *end);

/* Whether there is a token at `at` in this lexer state; then `result_symbol`, `start` and
 * `token_end` tell it. */
bool lr_lexer_find(struct lr_lexer *lexer, uint32_t lex_state, const uint8_t *at,
                   const uint8_t *end);

/* The same with the lexer of keywords. */
bool lr_lexer_find_keyword(struct lr_lexer *lexer, const uint8_t *at, const uint8_t *end);

/* The scanner of what is not regular: indentation, strings.  It remembers both. */
struct lr_scanner;

struct lr_scanner *lr_scanner_new(void);
void lr_scanner_free(struct lr_scanner *scanner);
void lr_scanner_reset(struct lr_scanner *scanner);
bool lr_scanner_is_in_string(const struct lr_scanner *scanner);

/* Whether it remembers more than its buffer could save. */
bool lr_scanner_is_too_deep(const struct lr_scanner *scanner);

enum { LR_SCANNER_BUFFER = 1024 };

/* What it remembers, as bytes; how many. */
uint32_t lr_scanner_save(struct lr_scanner *scanner, char buffer[LR_SCANNER_BUFFER]);
void lr_scanner_restore(struct lr_scanner *scanner, const char *buffer, uint32_t n);

/* Whether it finds a token that is valid in this external lexer state; `result_symbol` is then a
 * symbol of the grammar. */
bool lr_scanner_find(struct lr_scanner *scanner, struct lr_lexer *lexer, uint32_t external_state,
                     const uint8_t *at, const uint8_t *end);

#endif
