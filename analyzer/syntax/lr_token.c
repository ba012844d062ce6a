/*
 * lr_token.c - the next token for the LR driver.
 *
 * As in the runtime the scanner is asked first, where one of its tokens is valid, and then the
 * generated lexer.  Most tokens never get there: identifiers, keywords and comments are recognised
 * here in the lexer states for which the build has checked that the lexer would say the same, and
 * the scanner is not asked when the next character tells that it would say no.
 */
#include "syntax/lr.h"

#include <string.h>

/* What a byte can be. */
enum { IDENTIFIER_START = 1, IDENTIFIER_PART = 2 };

static const uint8_t byte_class[256] = {
    ['0'] = 2, ['1'] = 2, ['2'] = 2, ['3'] = 2, ['4'] = 2, ['5'] = 2, ['6'] = 2, ['7'] = 2,
    ['8'] = 2, ['9'] = 2, ['A'] = 3, ['B'] = 3, ['C'] = 3, ['D'] = 3, ['E'] = 3, ['F'] = 3,
    ['G'] = 3, ['H'] = 3, ['I'] = 3, ['J'] = 3, ['K'] = 3, ['L'] = 3, ['M'] = 3, ['N'] = 3,
    ['O'] = 3, ['P'] = 3, ['Q'] = 3, ['R'] = 3, ['S'] = 3, ['T'] = 3, ['U'] = 3, ['V'] = 3,
    ['W'] = 3, ['X'] = 3, ['Y'] = 3, ['Z'] = 3, ['_'] = 3, ['a'] = 3, ['b'] = 3, ['c'] = 3,
    ['d'] = 3, ['e'] = 3, ['f'] = 3, ['g'] = 3, ['h'] = 3, ['i'] = 3, ['j'] = 3, ['k'] = 3,
    ['l'] = 3, ['m'] = 3, ['n'] = 3, ['o'] = 3, ['p'] = 3, ['q'] = 3, ['r'] = 3, ['s'] = 3,
    ['t'] = 3, ['u'] = 3, ['v'] = 3, ['w'] = 3, ['x'] = 3, ['y'] = 3, ['z'] = 3,
};

/* The first eight bytes of a word; at least eight can be read behind every text. */
static uint64_t keyword_key(const uint8_t *word, uint32_t n)
{
    uint64_t key;
    memcpy(&key, word, sizeof key);
    return n >= sizeof key ? key : key & ((UINT64_C(1) << (8 * n)) - 1);
}

/* The keyword spelled so, 0 if there is none. */
static uint16_t keyword_symbol(const uint8_t *word, uint32_t n)
{
    if (n > LR_MAX_KEYWORD) {
        return 0;
    }
    uint32_t slot = (uint32_t)((keyword_key(word, n) * UINT64_C(0x9E3779B97F4A7C15)) >> 56);
    for (; lr_keywords[slot].length != 0; slot = (slot + 1) % LR_KEYWORD_SLOTS) {
        if (lr_keywords[slot].length == n && memcmp(lr_keywords[slot].word, word, n) == 0) {
            return lr_keywords[slot].symbol;
        }
    }
    return 0;
}

static bool is_reserved(uint32_t state, uint16_t keyword)
{
    uint32_t set = lr_modes[state].reserved_set;
    return set != 0 && lr_reserved[set][keyword];
}

bool lr_keyword_is_identifier(const struct lr_token *token, uint32_t state)
{
    return token->is_keyword && token->symbol != LR_IDENTIFIER && !is_reserved(state, token->symbol)
           && lr_table[state][LR_IDENTIFIER] != 0;
}

/* Makes a token of a word that may be a keyword: it is one where it has an action. */
static void set_word(struct lr_token *token, uint32_t state, uint16_t keyword)
{
    bool is_valid = keyword != 0 && (lr_table[state][keyword] != 0 || is_reserved(state, keyword));
    token->symbol = is_valid ? keyword : LR_IDENTIFIER;
    token->is_keyword = keyword != 0;
}

static const uint8_t *after_prefix(const uint8_t *at)
{
    while (*at != 0 && strchr("fFtTrRbBuU", *at) != NULL) {
        at++;
    }
    return at;
}

static bool is_quote(uint8_t c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* Whether the scanner, asked at `at` for the tokens `valid`, would find none: it looks at line
 * ends, at what may begin a string, and while a string is open at everything. */
static bool scanner_has_nothing(const struct lr *lr, const struct lr_scanner *scanner,
                                unsigned valid, const uint8_t *at)
{
    if ((valid & (LR_STRING_CONTENT | LR_ESCAPE_INTERPOLATION)) != 0
        && lr_scanner_is_in_string(scanner)) {
        return false;
    }
    while (*at == ' ') {
        at++;
    }
    if (byte_class[*at] & IDENTIFIER_START) {
        return (valid & LR_STRING_START) == 0 || !is_quote(*after_prefix(at));
    }
    return *at > ' ' && *at < 0x7F && *at != '\\' && !is_quote(*at) && at < lr->text_end;
}

static bool take_comment(const struct lr *lr, const uint8_t *at, struct lr_token *token)
{
    const uint8_t *end = memchr(at, '\n', (size_t)(lr->text_end - at));
    end = end != NULL ? end : lr->text_end;
    const uint8_t *nul = memchr(at, '\0', (size_t)(end - at));
    end = nul != NULL ? nul : end;
    *token = (struct lr_token){.start = (uint32_t)(at - lr->text),
                               .end = (uint32_t)(end - lr->text),
                               .symbol = LR_COMMENT};
    return true;
}

/* A punctuation mark that no following character makes part of something longer. */
static bool take_mark(const struct lr *lr, uint32_t lex_state, const uint8_t *at,
                      struct lr_token *token)
{
    if (at >= lr->text_end || *at >= 0x80 || at[1] >= 0x80 || lr_marks[lex_state][*at] == 0) {
        return false;
    }
    *token = (struct lr_token){.start = (uint32_t)(at - lr->text),
                               .end = (uint32_t)(at - lr->text) + 1,
                               .symbol = lr_marks[lex_state][*at]};
    return true;
}

/* Identifiers, marks and comments without the lexer; false if it must be asked. */
static bool take_plain(const struct lr *lr, uint32_t state, const uint8_t *at,
                       struct lr_token *token)
{
    uint32_t lex_state = lr_modes[state].lex_state;
    unsigned short_cuts = lr_short_cuts[lex_state];
    while (*at == ' ' || *at == '\t') {
        at++;
    }
    if (*at == '#' && (short_cuts & LR_PLAIN_COMMENTS) && at < lr->text_end) {
        return take_comment(lr, at, token);
    }
    if ((byte_class[*at] & IDENTIFIER_START) == 0) {
        return take_mark(lr, lex_state, at, token);
    }
    if ((short_cuts & LR_PLAIN_IDENTIFIERS) == 0) {
        return false;
    }
    const uint8_t *end = at + 1;
    while (byte_class[*end] & IDENTIFIER_PART) {
        end++;
    }
    if (*end >= 0x80) {
        return false;
    }
    token->start = (uint32_t)(at - lr->text);
    token->end = (uint32_t)(end - lr->text);
    set_word(token, state, keyword_symbol(at, token->end - token->start));
    return true;
}

static void set_token(struct lr_token *token, const struct lr *lr, const struct lr_lexer *lexer)
{
    *token = (struct lr_token){.start = (uint32_t)(lexer->start - lr->text),
                               .end = (uint32_t)(lexer->token_end - lr->text),
                               .symbol = lexer->result_symbol};
}

/* Asks the generated lexer, and that of keywords about identifiers. */
static bool take_lexed(const struct lr *lr, uint32_t state, const uint8_t *at,
                       struct lr_token *token)
{
    struct lr_lexer lexer, words;
    if (!lr_lexer_find(&lexer, lr_modes[state].lex_state, at, lr->text_end)) {
        return false;
    }
    set_token(token, lr, &lexer);
    if (lexer.result_symbol == LR_IDENTIFIER
        && lr_lexer_find_keyword(&words, lexer.start, lr->text_end)) {
        set_word(token, state, words.token_end == lexer.token_end ? words.result_symbol : 0);
        token->is_keyword = true;
    }
    return true;
}

/* An empty token that leads back to the same state would be found for ever: the runtime ignores
 * it, too. */
static bool is_idle(const struct lr_token *token, uint32_t state, uint32_t at)
{
    const struct lr_action *action = &lr_actions[lr_table[state][token->symbol]];
    return token->end <= at
           && (action->kind == LR_SHIFT_EXTRA
               || (action->kind == LR_SHIFT && action->state == state));
}

static bool take_scanned(const struct lr *lr, struct lr_scanner *scanner, uint32_t state,
                         uint32_t at, struct lr_token *token)
{
    struct lr_lexer lexer;
    if (!lr_scanner_find(scanner, &lexer, lr_modes[state].external_state, lr->text + at,
                         lr->text_end)) {
        return false;
    }
    set_token(token, lr, &lexer);
    return !is_idle(token, state, at);
}

bool lr_next_token(const struct lr *lr, struct lr_scanner *scanner, uint32_t state, uint32_t at,
                   struct lr_token *token)
{
    uint32_t external = lr_modes[state].external_state;
    const uint8_t *start = lr->text + at;
    if (external != 0 && !scanner_has_nothing(lr, scanner, lr_external_valid[external], start)
        && take_scanned(lr, scanner, state, at, token)) {
        return true;
    }
    return take_plain(lr, state, start, token) || take_lexed(lr, state, start, token);
}
