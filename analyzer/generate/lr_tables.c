/*
 * lr_tables.c - writes syntax/lr_tables.c while cyclint is built: the grammar's parse table as the
 * LR driver (analyzer/syntax/lr.c) wants it, and where its short cuts are allowed.
 *
 *   - The table is dense: a row a state, a column a symbol, so that an action is one load.
 *   - Each cell of a token names an action; where the grammar is ambiguous, a list of them.
 *   - A short cut for identifiers, blanks, comments or a punctuation mark is allowed in a lexer
 * state only if the generated lexer was asked about every pair of characters and says the same.
 *   - Keywords are a hash table whose entries the generated keyword lexer was asked for.
 *
 * The grammar's parser.c is included, so that its tables can be read.
 */
#include <src/parser.c>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_ACTIONS = 8192,
    MAX_CHOICES = 4096,
    N_SLOTS = 256, /* of the keyword table; lr.c hashes with the same numbers */
    MAX_KEYWORD = 10
};

/* As struct lr_action of lr.h. */
enum { LR_ERROR, LR_SHIFT, LR_SHIFT_EXTRA, LR_REDUCE, LR_ACCEPT, LR_FORK };

struct action {
    int kind, count, symbol, production, state, dynamic;
};

static const TSLanguage *language;
static struct action actions[MAX_ACTIONS];
static uint16_t action_of_value[UINT16_MAX + 1]; /* a cell's value to its action; 0 is none */
static uint32_t n_actions = 1;                   /* 0 is the error */
static struct action choices[MAX_CHOICES];
static uint32_t n_choices;

static void give_up(const char *what)
{
    fprintf(stderr, "lr_tables: %s\n", what);
    exit(1);
}

/* A text in memory, read by the lexer through its interface. */
struct text {
    TSLexer lexer;
    const char *at, *end, *start, *token_end;
};

static void text_look(struct text *text)
{
    text->lexer.lookahead = text->at < text->end ? (unsigned char)*text->at : 0;
}

static void text_advance(TSLexer *lexer, bool skip)
{
    struct text *text = (struct text *)lexer;
    text->at += text->at < text->end;
    text->start = skip ? text->at : text->start;
    text_look(text);
}

static void text_mark_end(TSLexer *lexer)
{
    ((struct text *)lexer)->token_end = ((struct text *)lexer)->at;
}

static bool text_eof(const TSLexer *lexer)
{
    return ((const struct text *)lexer)->at >= ((const struct text *)lexer)->end;
}

/* What the lexer finds in `s`: the symbol, 0 if nothing. */
static TSSymbol lex(bool (*lexer)(TSLexer *, TSStateId), TSStateId state, const char *s, size_t n,
                    long *start, long *end)
{
    struct text text = {
        .lexer = {.advance = text_advance, .mark_end = text_mark_end, .eof = text_eof},
        .at = s,
        .end = s + n,
        .start = s};
    text_look(&text);
    if (!lexer(&text.lexer, state)) {
        return 0;
    }
    *start = text.start - s;
    *end = text.token_end - s;
    return text.lexer.result_symbol;
}

static bool finds(TSStateId state, TSSymbol symbol, const char *s, long start, long end)
{
    long from, to;
    return lex(ts_lex, state, s, strlen(s), &from, &to) == symbol && from == start && to == end;
}

static bool is_start(int c)
{
    return isalpha(c) || c == '_';
}

/* Whether every identifier of ASCII letters is one in this lexer state, blanks before it skipped.
 */
static bool identifiers_are_plain(TSStateId state)
{
    for (int a = 1; a < 128; a++) {
        for (int b = 1; is_start(a) && b < 128; b++) {
            char word[] = {(char)a, (char)b, 'x', '(', '\0'};
            bool goes_on = is_start(b) || isdigit(b);
            if (!finds(state, sym_identifier, word, 0, goes_on ? 3 : 1)) {
                return false;
            }
        }
    }
    return finds(state, sym_identifier, " \tab(", 2, 4)
           && finds(state, sym_identifier, "  a", 2, 3);
}

static bool comments_are_plain(TSStateId state)
{
    for (int c = 1; c < 128; c++) {
        char comment[] = {' ', '\t', '#', (char)c, '#', 'a', '\n', 'x', '\0'};
        if (c != '\n' && !finds(state, sym_comment, comment, 2, 6)) {
            return false;
        }
    }
    return finds(state, sym_comment, "#\n", 0, 1);
}

static bool finds_one(TSStateId state, TSSymbol symbol, const char *s, size_t n)
{
    long from, to;
    return lex(ts_lex, state, s, n, &from, &to) == symbol && from == 0 && to == 1;
}

/* The token that the character is by itself in this lexer state, whatever follows it; 0 if what
 * follows counts.  Only after a punctuation mark can a second one matter. */
static TSSymbol token_of_one(TSStateId state, char c)
{
    long start, end;
    TSSymbol symbol = lex(ts_lex, state, &c, 1, &start, &end);
    if (symbol == 0 || start != 0 || end != 1) {
        return 0;
    }
    for (int a = 0; a < 128; a++) {
        for (int b = 0; b < (ispunct(a) ? 128 : 1); b++) {
            char text[] = {c, (char)a, (char)b};
            if (!finds_one(state, symbol, text, 2) || !finds_one(state, symbol, text, 3)) {
                return 0;
            }
        }
    }
    char after_blanks[] = {' ', '\t', c};
    return lex(ts_lex, state, after_blanks, 3, &start, &end) == symbol && start == 2 && end == 3
               ? symbol
               : 0;
}

static struct action action_of(const TSParseAction *raw)
{
    switch (raw->type) {
    case TSParseActionTypeShift:
        return (struct action){.kind = raw->shift.extra ? LR_SHIFT_EXTRA : LR_SHIFT,
                               .state = raw->shift.state};
    case TSParseActionTypeReduce:
        return (struct action){.kind = LR_REDUCE,
                               .count = raw->reduce.child_count,
                               .symbol = raw->reduce.symbol,
                               .production = raw->reduce.production_id,
                               .dynamic = raw->reduce.dynamic_precedence};
    case TSParseActionTypeAccept:
        return (struct action){.kind = LR_ACCEPT};
    default:
        return (struct action){.kind = LR_ERROR};
    }
}

/* The action of a table value: what there is to do, leaving out repetitions, which only matter to
 * incremental parsing. */
static struct action read_action(uint16_t value)
{
    const TSParseActionEntry *entry = &language->parse_actions[value];
    const TSParseAction *raw = (const TSParseAction *)(entry + 1);
    uint32_t first = n_choices;
    for (uint32_t i = 0; i < entry->entry.count; i++) {
        if (raw[i].type != TSParseActionTypeShift || !raw[i].shift.repetition) {
            if (n_choices == MAX_CHOICES) {
                give_up("too many choices");
            }
            choices[n_choices++] = action_of(&raw[i]);
        }
    }
    uint32_t n = n_choices - first;
    if (n > 1) {
        return (struct action){.kind = LR_FORK, .count = (int)n, .state = (int)first};
    }
    n_choices = first;
    return n == 1 ? choices[first] : (struct action){.kind = LR_ERROR};
}

static uint16_t cell_of_token(uint16_t value)
{
    if (value == 0) {
        return 0;
    }
    if (action_of_value[value] == 0) {
        if (n_actions == MAX_ACTIONS) {
            give_up("too many actions");
        }
        actions[n_actions] = read_action(value);
        action_of_value[value] = (uint16_t)n_actions++;
    }
    return action_of_value[value];
}

static void read_row(TSStateId state, uint16_t *row)
{
    memset(row, 0, SYMBOL_COUNT * sizeof *row);
    if (state < LARGE_STATE_COUNT) {
        memcpy(row, language->parse_table + (size_t)state * SYMBOL_COUNT,
               SYMBOL_COUNT * sizeof *row);
        return;
    }
    const uint16_t *data =
        &language->small_parse_table[language->small_parse_table_map[state - LARGE_STATE_COUNT]];
    for (uint16_t group = *data++; group > 0; group--) {
        uint16_t value = *data++;
        for (uint16_t n = *data++; n > 0; n--) {
            row[*data++] = value;
        }
    }
}

static void write_table(void)
{
    printf("const uint16_t lr_table[LR_STATES][LR_SYMBOLS] = {\n");
    for (uint32_t state = 0; state < STATE_COUNT; state++) {
        uint16_t row[SYMBOL_COUNT];
        read_row((TSStateId)state, row);
        printf("{");
        for (uint32_t symbol = 0; symbol < SYMBOL_COUNT; symbol++) {
            printf("%u,", symbol < TOKEN_COUNT ? cell_of_token(row[symbol]) : row[symbol]);
        }
        printf("},\n");
    }
    printf("};\n\n");
}

static void write_actions(const char *name, const struct action *list, uint32_t n)
{
    printf("const struct lr_action %s[] = {\n", name);
    for (uint32_t i = 0; i < n; i++) {
        printf("{%d,%d,%d,%d,%d,%d},\n", list[i].kind, list[i].count, list[i].symbol,
               list[i].production, list[i].state, list[i].dynamic);
    }
    printf("{0,0,0,0,0,0}};\n\n");
}

static void write_modes(void)
{
    printf("const struct lr_mode lr_modes[LR_STATES] = {\n");
    for (uint32_t state = 0; state < STATE_COUNT; state++) {
        TSLexerMode mode = ts_lex_modes[state];
        printf("{%u,%u,%u},\n", mode.lex_state, mode.external_lex_state, mode.reserved_word_set_id);
    }
    printf("};\n\n");
}

/* The lexer states that occur are few; short cuts are for each. */
static uint32_t count_lex_states(void)
{
    uint32_t n = 0;
    for (uint32_t state = 0; state < STATE_COUNT; state++) {
        uint16_t lex_state = ts_lex_modes[state].lex_state;
        if (lex_state == (uint16_t)-1) {
            give_up("the grammar has extras that are no tokens");
        }
        n = lex_state >= n ? lex_state + 1u : n;
    }
    return n;
}

static void write_marks(void)
{
    uint32_t n = count_lex_states();
    printf("const uint8_t lr_marks[][128] = {\n");
    for (uint32_t state = 0; state < n; state++) {
        printf("{");
        for (int c = 1; c < 128; c++) {
            TSSymbol symbol = ispunct(c) && c != '#' ? token_of_one((TSStateId)state, (char)c) : 0;
            if (symbol > UINT8_MAX) {
                give_up("a punctuation mark's token has a large number");
            }
            if (symbol != 0) {
                printf("[%d] = %d,", c, symbol);
            }
        }
        printf("[0] = 0},\n");
    }
    printf("};\n\n");
}

static void write_short_cuts(void)
{
    uint32_t n = count_lex_states();
    printf("const uint8_t lr_short_cuts[] = {\n");
    for (uint32_t state = 0; state < n; state++) {
        printf("%d,", (identifiers_are_plain((TSStateId)state) ? 1 : 0)
                          | (comments_are_plain((TSStateId)state) ? 2 : 0));
    }
    printf("};\n\n");
}

static void write_external(void)
{
    printf("const uint16_t lr_external_valid[] = {\n");
    uint32_t n = sizeof ts_external_scanner_states / sizeof *ts_external_scanner_states;
    for (uint32_t state = 0; state < n; state++) {
        unsigned valid = 0;
        for (uint32_t token = 0; token < EXTERNAL_TOKEN_COUNT; token++) {
            valid |= (unsigned)ts_external_scanner_states[state][token] << token;
        }
        printf("%u,", valid);
    }
    printf("};\n\n");
}

static uint64_t keyword_key(const char *word, size_t n)
{
    uint64_t key = 0;
    memcpy(&key, word, n < sizeof key ? n : sizeof key);
    return key;
}

static struct keyword {
    const char *word;
    TSSymbol symbol;
} keywords[N_SLOTS];

static void add_keyword(const char *word)
{
    size_t n = strlen(word);
    long start, end;
    TSSymbol symbol = lex(ts_lex_keywords, 0, word, n, &start, &end);
    if (symbol == 0 || end != (long)n) {
        return;
    }
    if (n > MAX_KEYWORD) {
        give_up("a keyword is longer than MAX_KEYWORD");
    }
    uint32_t slot = (uint32_t)((keyword_key(word, n) * 0x9E3779B97F4A7C15u) >> 56);
    while (keywords[slot].word != NULL) {
        slot = (slot + 1) % N_SLOTS;
    }
    keywords[slot] = (struct keyword){word, symbol};
}

/* A keyword that is a named node is called otherwise than it is spelled. */
static void write_keywords(void)
{
    static const char *const named[] = {"True", "False", "None"};
    for (uint32_t symbol = 1; symbol < TOKEN_COUNT; symbol++) {
        const char *name = ts_symbol_names[symbol];
        if (!ts_symbol_metadata[symbol].named && name != NULL && is_start((unsigned char)name[0])) {
            add_keyword(name);
        }
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        add_keyword(named[i]);
    }
    printf("const struct lr_keyword lr_keywords[] = {\n");
    for (uint32_t slot = 0; slot < N_SLOTS; slot++) {
        if (keywords[slot].word != NULL) {
            printf("{\"%s\",%zu,%u},\n", keywords[slot].word, strlen(keywords[slot].word),
                   keywords[slot].symbol);
        } else {
            printf("{\"\",0,0},\n");
        }
    }
    printf("};\n\n");
}

static void write_reserved(void)
{
    uint32_t n = sizeof ts_reserved_words / sizeof *ts_reserved_words;
    printf("const bool lr_reserved[][LR_TOKENS] = {\n");
    for (uint32_t set = 0; set < n; set++) {
        printf("{[0] = false,");
        for (uint32_t i = 0; i < MAX_RESERVED_WORD_SET_SIZE && ts_reserved_words[set][i]; i++) {
            printf("[%u] = true,", ts_reserved_words[set][i]);
        }
        printf("},\n");
    }
    printf("};\n\n");
}

static void write_symbols(void)
{
    printf("const struct lr_symbol lr_symbols[] = {\n");
    for (uint32_t symbol = 0; symbol < SYMBOL_COUNT + ALIAS_COUNT; symbol++) {
        printf("{%u,%d,%d},\n", ts_symbol_map[symbol], ts_symbol_metadata[symbol].visible,
               ts_symbol_metadata[symbol].named);
    }
    printf("};\n\n");
}

static void write_productions(void)
{
    printf("const struct lr_production lr_productions[] = {\n");
    for (uint32_t production = 0; production < PRODUCTION_ID_COUNT; production++) {
        uint8_t fields[MAX_ALIAS_SEQUENCE_LENGTH] = {0};
        TSMapSlice slice = ts_field_map_slices[production];
        bool has_fields = false, has_aliases = false;
        for (uint32_t i = 0; i < slice.length; i++) {
            TSFieldMapEntry entry = ts_field_map_entries[slice.index + i];
            if (!entry.inherited && fields[entry.child_index] == 0) {
                fields[entry.child_index] = (uint8_t)entry.field_id;
                has_fields = true;
            }
        }
        for (uint32_t i = 0; production > 0 && i < MAX_ALIAS_SEQUENCE_LENGTH; i++) {
            has_aliases |= ts_alias_sequences[production][i] != 0;
        }
        if (production == 0 && has_fields) {
            give_up("the production 0 has fields");
        }
        printf("{%d,%d,{", has_fields, has_aliases);
        for (uint32_t i = 0; i < MAX_ALIAS_SEQUENCE_LENGTH; i++) {
            printf("%u,", fields[i]);
        }
        printf("},{");
        for (uint32_t i = 0; i < MAX_ALIAS_SEQUENCE_LENGTH; i++) {
            printf("%u,", has_aliases ? ts_alias_sequences[production][i] : 0);
        }
        printf("}},\n");
    }
    printf("};\n");
}

static void write_header(void)
{
    printf("/* lr_sizes.h - the sizes of the grammar's tables; generated by lr_tables.c. */\n"
           "enum {\n    LR_STATES = %d,\n    LR_SYMBOLS = %d,\n    LR_TOKENS = %d,\n"
           "    LR_MAX_CHILDREN = %d,\n    LR_KEYWORD_SLOTS = %d,\n    LR_MAX_KEYWORD = %d,\n"
           "    LR_IDENTIFIER = %d,\n    LR_COMMENT = %d,\n    LR_LIST_SPLAT = %d,\n"
           "    LR_LIST_SPLAT_PATTERN = %d,\n    LR_LPAREN = %d,\n    LR_DOT = %d,\n"
           "    LR_LBRACKET = %d\n};\n",
           STATE_COUNT, SYMBOL_COUNT, TOKEN_COUNT, MAX_ALIAS_SEQUENCE_LENGTH, N_SLOTS, MAX_KEYWORD,
           sym_identifier, sym_comment, sym_list_splat, sym_list_splat_pattern, anon_sym_LPAREN,
           anon_sym_DOT, anon_sym_LBRACK);
}

int main(int argc, char **argv)
{
    language = tree_sitter_python();
    if (argc == 2 && strcmp(argv[1], "header") == 0) {
        write_header();
        return fflush(stdout) != 0;
    }
    printf("/* lr_tables.c - the grammar's tables for the LR driver; generated by lr_tables.c. */\n"
           "#include \"syntax/lr.h\"\n\n");
    write_table();
    write_actions("lr_actions", actions, n_actions);
    write_actions("lr_choices", choices, n_choices);
    write_modes();
    write_short_cuts();
    write_marks();
    write_external();
    write_keywords();
    write_reserved();
    write_symbols();
    write_productions();
    return fflush(stdout) != 0;
}
