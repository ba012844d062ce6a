/*
 * naming.c - what to call the objects of a circle.
 */
#include "heap/circle.h"

#include <string.h>

/* ---- naming */

/* The same few names are told again and again: each is made once. */
const char *dotted_scope(const struct analysis *a, uint32_t file, uint32_t scope)
{
    const char **name = &a->names[a->program->link->first_function[file] + scope];
    if (*name == NULL) {
        *name = link_dotted(a->program, file, scope, &a->heap->arena);
    }
    return *name;
}

static const char *dotted_class(const struct walker *w, uint32_t class)
{
    const struct class *c = &w->analysis->program->classes->all.items[class];
    return dotted_scope(w->analysis, c->file, c->scope);
}

static const char *foreign_name(const struct walker *w, uint32_t symbol, struct arena *arena)
{
    const char *name = link_text(w->analysis->program, symbol);
    return strchr(name, '.') ? name : arena_format(arena, "builtins.%s", name);
}

/* Whether a raised object is called after the function that gave it, and not after its class. */
static bool is_named_after_maker(const struct walker *w, const struct heap_node *n)
{
    const char *name = link_text(w->analysis->program, n->foreign);
    const char *last = strrchr(name, '.') != NULL ? strrchr(name, '.') + 1 : name;
    return n->kind == HEAP_RESULT && n->flags & NODE_IS_EXCEPTION && *last >= 'a' && *last <= 'z'
           && strcmp(last, "error") != 0; /* socket.error, struct.error, zlib.error */
}

/* What to call a node whose class is not known: how the function speaks of it. */
static const char *spoken_name(const struct walker *w, uint32_t node, struct arena *arena)
{
    const char *name = "";
    const struct heap_node *n = heap_node_at(&w->heap, node);
    for (int depth = 0; n->kind == HEAP_DEREF && depth < MAX_DEREF_DEPTH + 1; depth++) {
        bool is_element = is_element_field(w->analysis, n->field);
        const char *field = is_element ? "[]" : link_text(w->analysis->program, n->field);
        const char *dot = *name == '\0' || *name == '[' ? "" : ".";
        name = arena_format(arena, "%s%s%s", field, dot, name);
        n = heap_node_at(&w->heap, n->index);
    }
    const char *base = "object";
    if (n->kind == HEAP_PARAMETER) {
        const struct scope *scope = &w->facts->scopes[w->scope];
        const struct parameter *p = &w->facts->parameters[scope->first_parameter + n->index];
        base = variable_name(w->facts, p->variable);
    } else if ((n->kind == HEAP_FREE || n->kind == HEAP_GLOBAL) && n->file == w->file) {
        base = variable_name(w->facts, n->index);
    }
    const char *dot = *name == '\0' || *name == '[' ? "" : ".";
    return arena_format(arena, "%s%s%s", base, dot, name);
}

/* The last name of a chain, in small letters, without '_', brackets and an 's' at the end: "guild"
 * of "state._guilds[]". */
static const char *plain_word(const char *spoken, struct arena *arena)
{
    const char *dot = strrchr(spoken, '.');
    spoken = dot == NULL ? spoken : dot + 1;
    char *word = arena_string(arena, spoken, strlen(spoken));
    size_t n = 0;
    for (const char *c = word; *c != '\0' && *c != '['; c++) {
        if (*c != '_') {
            word[n++] = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
        }
    }
    word[n > 0 && word[n - 1] == 's' ? n - 1 : n] = '\0';
    return word;
}

/* Whether the code speaks of the object in a way that fits the class: of a KazooClient as
 * `self._client`. */
static bool is_spoken_of(const struct walker *w, uint32_t class, const char *spoken,
                         struct arena *arena)
{
    const char *word = plain_word(spoken, arena);
    return strlen(word) >= 3 && strstr(plain_word(dotted_class(w, class), arena), word) != NULL;
}

/* The class that has such attributes, if it is one of the same file, or the code speaks of the
 * object as of one: a class elsewhere that happens to have them would be a name that misleads. */
static const char *guessed_name(const struct walker *w, uint32_t node, struct arena *arena)
{
    uint32_t class = class_by_attributes(w, node);
    const char *spoken = spoken_name(w, node, arena);
    bool is_named_so = class != NONE
                       && (w->analysis->program->classes->all.items[class].file == w->file
                           || is_spoken_of(w, class, spoken, arena));
    return is_named_so ? dotted_class(w, class) : spoken;
}

const char *name_of_node(const struct walker *w, uint32_t node, struct arena *arena)
{
    static const char *const containers[] = {"builtins.list", "builtins.tuple", "builtins.set",
                                             "builtins.dict", "builtins.generator"};
    const struct heap_node *n = heap_node_at(&w->heap, node);
    switch ((enum heap_kind)n->kind) {
    case HEAP_CLOSURE:
    case HEAP_FUNCTION:
    case HEAP_GENERATOR:
    case HEAP_METHOD:
        return dotted_scope(w->analysis, n->file, n->index);
    case HEAP_TRACEBACK:
    case HEAP_FRAME:
        return dotted_scope(w->analysis, n->file, n->index);
    case HEAP_EXCEPTION:
    case HEAP_HANDLED:
        return n->class != NONE     ? dotted_class(w, n->class)
               : n->foreign != NONE ? foreign_name(w, n->foreign, arena)
                                    : "builtins.BaseException";
    case HEAP_CONTAINER:
        return is_generator_expression(n) ? arena_format(
                   arena, "%s.<locals>.<genexpr>", dotted_scope(w->analysis, n->file, n->index))
                                          : containers[n->container];
    case HEAP_PARAMETER:
    case HEAP_FREE:
    case HEAP_GLOBAL:
    case HEAP_INSTANCE:
    case HEAP_CELL:
    case HEAP_PARTIAL:
    case HEAP_WEAK:
    case HEAP_CLASS:
    case HEAP_MODULE:
    case HEAP_FOREIGN:
    case HEAP_SUPER:
    case HEAP_RESULT:
    case HEAP_DEREF:
        if (n->class != NONE) {
            return dotted_class(w, n->class);
        }
        if (n->foreign != NONE && !is_named_after_maker(w, n)) {
            return foreign_name(w, n->foreign, arena);
        }
        return n->flags & NODE_IS_EXCEPTION ? "builtins.BaseException"
                                            : guessed_name(w, node, arena);
    }
    return "object";
}

/* What lies between two objects, and what json2 calls it; NULL for an object. */
const char *via_of(const struct walker *w, const struct heap_node *n, const struct heap_edge *out)
{
    static const char *const containers[] = {"list", "tuple", "set", "dict", "generator"};
    switch ((enum heap_kind)n->kind) {
    case HEAP_CONTAINER:
        return is_generator_expression(n) ? NULL : containers[n->container];
    case HEAP_TRACEBACK:
        return "traceback";
    case HEAP_WEAK:
        return "weakref-callback";
    case HEAP_METHOD:
        return "method";
    case HEAP_CELL:
        return "cell";
    case HEAP_PARTIAL:
        return "partial";
    case HEAP_DEREF:
        return n->class == NONE && is_element_field(w->analysis, out->field)
                   ? containers[n->container]
                   : NULL;
    case HEAP_PARAMETER: /* *args or **kwargs */
        return n->class == NONE && n->container != 0 && is_element_field(w->analysis, out->field)
                   ? containers[n->container]
                   : NULL;
    case HEAP_FREE:
    case HEAP_GLOBAL:
    case HEAP_INSTANCE:
    case HEAP_CLOSURE:
    case HEAP_GENERATOR:
    case HEAP_EXCEPTION:
    case HEAP_HANDLED:
    case HEAP_FRAME:
    case HEAP_FUNCTION:
    case HEAP_CLASS:
    case HEAP_MODULE:
    case HEAP_FOREIGN:
    case HEAP_SUPER:
    case HEAP_RESULT:
        return NULL;
    }
    return NULL;
}
