/*
 * lr_lexer.c - the generated lexer and the scanner compiled a second time, for the LR driver.
 *
 * Macros replace the runtime's lexer, which they call through pointers, by a small struct, and the
 * calls by what they do.  Rows are not counted here: only the cost of errors needs them, and files
 * with errors are parsed by the runtime.  Compiled with the flags of third-party sources; the
 * tables that parser.c also has are left out again by the linker.
 */
#include "syntax/lr_lexer.h"

#include "base/error.h"
#include "syntax/runtime.h"

#include <src/tree_sitter/array.h>
#include <src/tree_sitter/parser.h>
#include <stdlib.h>
#include <unicode.h>

static __attribute__((noinline)) int32_t decode(const uint8_t *at, const uint8_t *end,
                                                uint32_t *width)
{
    int32_t character;
    *width = ts_decode_utf8(at, (uint32_t)(end - at), &character);
    if (character == TS_DECODE_ERROR) {
        *width = 1;
    }
    return character;
}

/* The character at `at`, 0 at the end. */
static inline int32_t look(const uint8_t *at, const uint8_t *end, uint32_t *width)
{
    *width = 1;
    if (at >= end) {
        return 0;
    }
    if (*at < 0x80) {
        return *at;
    }
    uint32_t long_width;
    int32_t character = decode(at, end, &long_width);
    *width = long_width;
    return character;
}

void lr_lexer_begin(struct lr_lexer *lexer, const uint8_t *at, const uint8_t *end)
{
    *lexer = (struct lr_lexer){.at = at, .end = end, .start = at};
    lexer->lookahead = look(at, end, &lexer->width);
}

static inline void step(struct lr_lexer *lexer, bool skip)
{
    if (lexer->at < lexer->end) {
        lexer->at += lexer->width;
        if (skip) {
            lexer->start = lexer->at;
        }
        lexer->lookahead = look(lexer->at, lexer->end, &lexer->width);
    }
}

#define TSLexer struct lr_lexer

/* The scanner calls `lexer->advance(lexer, skip)` and has a function advance(lexer) for it. */
#define ADVANCE_MEMBER(lexer_, skip_) lookahead, step(lexer_, skip_)
#define ADVANCE_FUNCTION(lexer_) advance_one(lexer_)
#define SECOND_OR_THIRD(first, second, third, ...) third
#define advance(...) SECOND_OR_THIRD(__VA_ARGS__, ADVANCE_MEMBER, ADVANCE_FUNCTION, )(__VA_ARGS__)
#define mark_end(lexer_) token_end = (lexer_)->at
#define eof(lexer_) at >= (lexer_)->end

/* It forgets its arrays for every token; here it only empties them. */
#undef array_delete
#define array_delete(self) array_clear(self)
#define tree_sitter_python_external_scanner_create lr_unused_create
#define tree_sitter_python_external_scanner_destroy lr_unused_destroy
#define tree_sitter_python_external_scanner_scan lr_scan
#define tree_sitter_python_external_scanner_serialize lr_serialize
#define tree_sitter_python_external_scanner_deserialize lr_deserialize
#include <src/scanner.c>
#undef eof

#undef START_LEXER
#undef ACCEPT_TOKEN
#undef END_STATE

#define START_LEXER()                                                                              \
    const uint8_t *at = lexer->at, *const end = lexer->end;                                        \
    const uint8_t *start_at = at, *accepted_at = NULL;                                             \
    uint32_t width = lexer->width;                                                                 \
    TSSymbol accepted = 0;                                                                         \
    bool skip = false;                                                                             \
    UNUSED bool eof = false;                                                                       \
    int32_t lookahead = lexer->lookahead;                                                          \
    goto start;                                                                                    \
    next_state:                                                                                    \
    if (at < end) {                                                                                \
        at += width;                                                                               \
        if (skip) {                                                                                \
            start_at = at;                                                                         \
        }                                                                                          \
        lookahead = look(at, end, &width);                                                         \
    }                                                                                              \
    start:                                                                                         \
    skip = false;

#define eof(lexer_) lookahead * 0 + (at >= end)
#define ACCEPT_TOKEN(symbol_value)                                                                 \
    accepted = symbol_value;                                                                       \
    accepted_at = at;
#define END_STATE()                                                                                \
    {                                                                                              \
        lexer->start = start_at;                                                                   \
        lexer->token_end = accepted_at;                                                            \
        lexer->result_symbol = accepted;                                                           \
        return accepted_at != NULL;                                                                \
    }
#define tree_sitter_python lr_unused_language
#include <src/parser.c>
#undef eof

/* A token that ends before blanks that were skipped begins there, too. */
static bool settle(struct lr_lexer *lexer, bool found)
{
    if (found && lexer->token_end < lexer->start) {
        lexer->start = lexer->token_end;
    }
    return found;
}

bool lr_lexer_find(struct lr_lexer *lexer, uint32_t lex_state, const uint8_t *at,
                   const uint8_t *end)
{
    lr_lexer_begin(lexer, at, end);
    return settle(lexer, ts_lex(lexer, (TSStateId)lex_state));
}

bool lr_lexer_find_keyword(struct lr_lexer *lexer, const uint8_t *at, const uint8_t *end)
{
    lr_lexer_begin(lexer, at, end);
    return settle(lexer, ts_lex_keywords(lexer, 0));
}

struct lr_scanner {
    Scanner inner;
};

struct lr_scanner *lr_scanner_new(void)
{
    struct lr_scanner *scanner = alloc_zeroed(1, sizeof *scanner);
    lr_scanner_reset(scanner);
    return scanner;
}

void lr_scanner_free(struct lr_scanner *scanner)
{
    if (scanner != NULL) {
        free(scanner->inner.indents.contents);
        free(scanner->inner.delimiters.contents);
        free(scanner);
    }
}

void lr_scanner_reset(struct lr_scanner *scanner)
{
    lr_deserialize(scanner, NULL, 0);
    scanner->inner.inside_interpolated_string = false;
}

bool lr_scanner_is_in_string(const struct lr_scanner *scanner)
{
    return scanner->inner.delimiters.size > 0;
}

bool lr_scanner_is_too_deep(const struct lr_scanner *scanner)
{
    return scanner->inner.indents.size > MAX_INDENTATIONS
           || scanner->inner.delimiters.size > MAX_OPEN_STRINGS;
}

uint32_t lr_scanner_save(struct lr_scanner *scanner, char buffer[LR_SCANNER_BUFFER])
{
    return lr_serialize(scanner, buffer);
}

void lr_scanner_restore(struct lr_scanner *scanner, const char *buffer, uint32_t n)
{
    lr_deserialize(scanner, buffer, n);
}

bool lr_scanner_find(struct lr_scanner *scanner, struct lr_lexer *lexer, uint32_t external_state,
                     const uint8_t *at, const uint8_t *end)
{
    lr_lexer_begin(lexer, at, end);
    bool found = lr_scan(scanner, lexer, ts_external_scanner_states[external_state]);
    if (found && lexer->token_end == NULL) {
        lexer->token_end = lexer->at;
    }
    if (found) {
        lexer->result_symbol = ts_external_scanner_symbol_map[lexer->result_symbol];
    }
    return settle(lexer, found);
}
