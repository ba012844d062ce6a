/*
 * runtime.c - tree-sitter's runtime and the Python grammar as one unit, made faster from outside.
 *
 * Their sources are included from where they were fetched, unchanged.  Before each of them, macros
 * change what it is compiled to:
 *
 *   - its allocator is parse memory;
 *   - the generated lexer keeps its position in registers (register_lexer.h);
 *   - the external scanner keeps its arrays from token to token instead of allocating them anew;
 *   - the scanner's state is checked before it is saved: deeper nesting than its buffer holds would
 *     give a wrong tree or overrun the buffer.
 *
 * Compiled with the flags of third-party sources.
 */
#define ts_malloc parse_malloc
#define ts_calloc parse_calloc
#define ts_realloc parse_realloc
#define ts_free parse_release
#include "syntax/parse_memory.h"

#include <lib.c>

#include "syntax/runtime.h"

/* The external scanner. */
#define calloc parse_calloc
#define free parse_release
#undef array_delete
#define array_delete(self) array_clear(self)
#define tree_sitter_python_external_scanner_scan scan_unguarded
#define tree_sitter_python_external_scanner_serialize serialize_unguarded
#ifdef CYCLINT_HOSTILE
#undef array_delete
#define array_delete(self) _array__delete((Array *)(self))
#endif
#include <src/scanner.c>
#undef tree_sitter_python_external_scanner_scan
#undef tree_sitter_python_external_scanner_serialize
#undef calloc
#undef free

static bool is_too_deep(const Scanner *scanner)
{
    return scanner->indents.size > MAX_INDENTATIONS || scanner->delimiters.size > MAX_OPEN_STRINGS;
}

static _Thread_local bool was_too_deep; /* the parser forgets its own mark when it ends */

/* The lexer is the first member of its parser. */
bool tree_sitter_python_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid)
{
    bool found = scan_unguarded(payload, lexer, valid);
    if (is_too_deep(payload)) {
        ((TSParser *)lexer)->has_scanner_error = true;
        was_too_deep = true;
    }
    return found;
}

unsigned tree_sitter_python_external_scanner_serialize(void *payload, char *buffer)
{
    return is_too_deep(payload) ? 0 : serialize_unguarded(payload, buffer);
}

/* The grammar. */
#include "syntax/register_lexer.h"
#include <src/parser.c>

TSParser *runtime_parser_new(void)
{
    TSParser *parser = ts_parser_new();
    ts_parser_set_language(parser, tree_sitter_python());
    return parser;
}

TSTree *runtime_parse(TSParser *parser, const char *bytes, uint32_t n,
                      bool (*progress)(TSParseState *state), void *context)
{
    was_too_deep = false;
    TSStringInput text = {bytes, n};
    TSInput input = {&text, ts_string_input_read, TSInputEncodingUTF8, NULL};
    return ts_parser_parse_with_options(parser, NULL, input, (TSParseOptions){context, progress});
}

bool runtime_was_too_deep(void)
{
    return was_too_deep;
}
