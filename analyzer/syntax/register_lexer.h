/*
 * register_lexer.h - the macros a generated lexer is made of, so that it reads from registers.
 *
 * As tree-sitter defines them, each character costs two calls through pointers and a dozen loads
 * and stores of the lexer's fields.  Here the position lives in local variables, is loaded when the
 * lexer begins and stored when it ends.  Everything the runtime may ask afterwards is then as a
 * stock lexer leaves it: the position with row and column (the cost of an error is counted in
 * rows), the look-ahead and its width, both ends of the token, and whether the text has ended.
 *
 * Included by runtime.c between the runtime and the grammar's parser.c; the text must be in one
 * piece.
 */

struct reading {
    const uint8_t *next, *end; /* the character in hand, and the end of the text */
    const uint8_t *line;       /* the first byte of its line */
    uint32_t row;
    uint32_t width; /* of the character in hand, in bytes */
};

/* A place the token began or ended at. */
struct reading_mark {
    const uint8_t *at, *line; /* `at` is NULL if there was none */
    uint32_t row;
};

static const uint8_t *reading_text(const Lexer *self)
{
    return (const uint8_t *)((const TSStringInput *)self->input.payload)->string;
}

static inline struct reading reading_begin(const TSLexer *lexer)
{
    const Lexer *self = (const Lexer *)lexer;
    const uint8_t *text = reading_text(self);
    const uint8_t *next = text + self->current_position.bytes;
    return (struct reading){.next = next,
                            .end = text + ((const TSStringInput *)self->input.payload)->length,
                            .line = next - self->current_position.extent.column,
                            .row = self->current_position.extent.row,
                            .width = self->lookahead_size};
}

static __attribute__((noinline)) int32_t reading_decode(struct reading *reading)
{
    int32_t character;
    uint32_t left = (uint32_t)(reading->end - reading->next);
    reading->width = ts_decode_utf8(reading->next, left, &character);
    if (character == TS_DECODE_ERROR) {
        reading->width = 1;
    }
    return character;
}

static inline int32_t reading_character(struct reading *reading)
{
    if (reading->next >= reading->end) {
        reading->width = 1;
        return 0;
    }
    if (*reading->next < 0x80) {
        reading->width = 1;
        return *reading->next;
    }
    /* Passing a copy keeps the original in registers. */
    struct reading copy = *reading;
    int32_t character = reading_decode(&copy);
    reading->width = copy.width;
    return character;
}

/* Steps over `character`, the one in hand. */
static inline void reading_step(struct reading *reading, int32_t character)
{
    reading->next += reading->width;
    if (character == '\n') {
        reading->row++;
        reading->line = reading->next;
    }
}

static inline struct reading_mark reading_mark(const struct reading *reading)
{
    return (struct reading_mark){reading->next, reading->line, reading->row};
}

static inline Length reading_length(const Lexer *self, struct reading_mark mark)
{
    return (Length){(uint32_t)(mark.at - reading_text(self)),
                    {mark.row, (uint32_t)(mark.at - mark.line)}};
}

static inline void reading_end(TSLexer *lexer, const struct reading *reading, int32_t lookahead,
                               struct reading_mark start, struct reading_mark end)
{
    Lexer *self = (Lexer *)lexer;
    self->current_position = reading_length(self, reading_mark(reading));
    self->data.lookahead = lookahead;
    self->lookahead_size = reading->width;
    self->column_data.valid = false;
    if (start.at != NULL) {
        self->token_start_position = reading_length(self, start);
    }
    if (end.at != NULL) {
        self->token_end_position = reading_length(self, end);
    }
    if (reading->next >= reading->end && self->chunk != NULL) {
        ts_lexer__clear_chunk(self);
        self->chunk_start = self->current_position.bytes;
        self->current_included_range_index = self->included_range_count;
    }
}

#undef START_LEXER
#undef ACCEPT_TOKEN
#undef END_STATE

#define START_LEXER()                                                                              \
    struct reading reading = reading_begin(lexer);                                                 \
    struct reading_mark token_start = {0}, token_end = {0};                                        \
    TSSymbol accepted = 0;                                                                         \
    bool skip = false;                                                                             \
    UNUSED bool eof = false;                                                                       \
    int32_t lookahead = lexer->lookahead;                                                          \
    goto start;                                                                                    \
    next_state:                                                                                    \
    if (reading.next < reading.end) {                                                              \
        reading_step(&reading, lookahead);                                                         \
        if (skip) {                                                                                \
            token_start = reading_mark(&reading);                                                  \
        }                                                                                          \
        lookahead = reading_character(&reading);                                                   \
    }                                                                                              \
    start:                                                                                         \
    skip = false;

/* The body asks `lexer->eof(lexer)`; this makes it `lexer->lookahead * 0 + (…)`. */
#define eof(lexer_) lookahead * 0 + (reading.next >= reading.end)

#define ACCEPT_TOKEN(symbol_value)                                                                 \
    accepted = symbol_value;                                                                       \
    token_end = reading_mark(&reading);

#define END_STATE()                                                                                \
    {                                                                                              \
        reading_end(lexer, &reading, lookahead, token_start, token_end);                           \
        if (token_end.at != NULL) {                                                                \
            lexer->result_symbol = accepted;                                                       \
        }                                                                                          \
        return token_end.at != NULL;                                                               \
    }
