/*
 * stock.h - an unchanged tree-sitter with the Python grammar, from a shared library of its own so
 * that its names do not meet those of the program's runtime.
 */
#ifndef CYCLINT_TESTS_STOCK_H
#define CYCLINT_TESTS_STOCK_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <tree_sitter/api.h>

#define STOCK_FUNCTIONS(X)                                                                         \
    X(parser_new)                                                                                  \
    X(parser_delete)                                                                               \
    X(parser_set_language)                                                                         \
    X(parser_parse_string)                                                                         \
    X(tree_delete)                                                                                 \
    X(tree_root_node)                                                                              \
    X(tree_cursor_new)                                                                             \
    X(tree_cursor_delete)                                                                          \
    X(tree_cursor_current_node)                                                                    \
    X(tree_cursor_current_field_id)                                                                \
    X(tree_cursor_goto_first_child)                                                                \
    X(tree_cursor_goto_next_sibling)                                                               \
    X(tree_cursor_goto_parent)                                                                     \
    X(node_symbol)                                                                                 \
    X(node_is_named)                                                                               \
    X(node_is_extra)                                                                               \
    X(node_is_error)                                                                               \
    X(node_is_missing)                                                                             \
    X(node_has_error)                                                                              \
    X(node_start_byte)                                                                             \
    X(node_end_byte)

static struct {
#define X(name) __typeof__(&ts_##name) name;
    STOCK_FUNCTIONS(X)
#undef X
    const TSLanguage *(*python)(void);
} stock;

/* A function of the library; C has no cast from a pointer to an object to one to a function. */
#define STOCK_LOAD(library, symbol, member)                                                        \
    do {                                                                                           \
        *(void **)(void *)&(member) = dlsym(library, symbol);                                      \
        if ((member) == NULL) {                                                                    \
            fprintf(stderr, "no %s in %s\n", symbol, STOCK_LIBRARY);                               \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static inline void stock_load(void)
{
    void *library = dlopen(STOCK_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
#define X(name) STOCK_LOAD(library, "ts_" #name, stock.name);
    STOCK_FUNCTIONS(X)
#undef X
    STOCK_LOAD(library, "tree_sitter_python", stock.python);
}

#endif
