/*
 * wishes.c - which findings of single rules the user does not want.
 *
 * What a finding is about: the functions and classes it stands in, the names its message has in
 * quotes, and the ends of the edges of its cycle.  A name of the message is known as it is written,
 * as a name of the module, and as one of the scope the finding stands in; `self.x` is x of the
 * class.
 */
#include "report/wishes.h"

#include "program/classes.h"
#include "text/glob.h"

#include <stdlib.h>
#include <string.h>

/* A finding that is looked at. */
struct look {
    const struct wishes_view *view;
    const struct rule_wishes *wishes;
    const struct finding *finding;
    const char *module;
    const char *scope; /* "module.Class.method", of the innermost scope */
    uint32_t class;    /* it stands in, or NONE */
    struct arena arena;
};

/* ---- names ---- */

static bool matches_any(const struct strings *patterns, const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; i < patterns->n; i++) {
        bool is_whole = strchr(patterns->items[i], '.') != NULL || dot == NULL;
        if (glob_matches(patterns->items[i], is_whole ? name : dot + 1)) {
            return true;
        }
    }
    return false;
}

/* The name of a scope without its ".<locals>", in the module. */
static const char *scope_name(struct look *look)
{
    static const char locals[] = ".<locals>";
    const struct facts *facts = look->view->program->files[look->finding->place.file];
    uint32_t scope = look->finding->scope;
    if (scope == NONE || scope >= facts->n_scopes) {
        return look->module;
    }
    const char *name = facts_qualified_name(facts, scope, &look->arena);
    char *result = arena_format(&look->arena, "%s%s%s", look->module, *name ? "." : "", name);
    char *at;
    while ((at = strstr(result, locals)) != NULL) {
        memmove(at, at + strlen(locals), strlen(at + strlen(locals)) + 1);
    }
    return result;
}

/* Whether a function or class around the finding is named. */
static bool stands_in_ignored(struct look *look)
{
    char *name = arena_string(&look->arena, look->scope, strlen(look->scope));
    size_t least = strlen(look->module);
    while (strlen(name) > least) {
        if (matches_any(&look->wishes->ignore_names, name)) {
            return true;
        }
        *strrchr(name, '.') = '\0';
    }
    return false;
}

/* The length of the name in quotes that begins at `s`; 0 when it is no name. */
static size_t quoted_length(const char *s)
{
    size_t n = strcspn(s, "'\"` ");
    return s[n] == '\'' ? n : 0;
}

/* Without the brackets of a call or of elements: "f()", "xs[]". */
static const char *plain_name(struct look *look, const char *s, size_t length)
{
    while (length > 2
           && (strncmp(s + length - 2, "()", 2) == 0 || strncmp(s + length - 2, "[]", 2) == 0)) {
        length -= 2;
    }
    return arena_string(&look->arena, s, length);
}

static bool ignores_quoted(struct look *look, const char *name)
{
    const struct strings *patterns = &look->wishes->ignore_names;
    struct arena *arena = &look->arena;
    if (strncmp(name, "self.", 5) == 0 && look->class != NONE) {
        const struct class *class = &look->view->program->classes->all.items[look->class];
        const struct facts *facts = look->view->program->files[class->file];
        const char *qualified = facts_qualified_name(facts, class->scope, arena);
        return matches_any(patterns, arena_format(arena, "%s.%s.%s",
                                                  look->view->program->modules[class->file],
                                                  qualified, name + 5));
    }
    return matches_any(patterns, name)
           || matches_any(patterns, arena_format(arena, "%s.%s", look->module, name))
           || matches_any(patterns, arena_format(arena, "%s.%s", look->scope, name));
}

/* Calls `is` with each name in quotes of the message until it says so. */
static bool any_quoted(struct look *look, bool (*is)(struct look *look, const char *name))
{
    const char *message = look->finding->message;
    for (const char *s = strchr(message, '\''); s != NULL; s = strchr(s, '\'')) {
        size_t length = quoted_length(++s);
        if (length > 0 && is(look, plain_name(look, s, length))) {
            return true;
        }
        s += length + (length > 0);
    }
    return false;
}

static bool ignores_edges(struct look *look)
{
    const struct strings *patterns = &look->wishes->ignore_names;
    for (const struct cycle_edge *e = look->finding->cycle; e != NULL; e = e->next) {
        const char *holder = e->holder ? e->holder : "";
        if (matches_any(patterns, holder)
            || matches_any(patterns, arena_format(&look->arena, "%s.%s", holder,
                                                  e->attribute ? e->attribute : ""))) {
            return true;
        }
    }
    return false;
}

/* ---- classes ---- */

static bool class_is_named(struct look *look, uint32_t number)
{
    const struct program *program = look->view->program;
    const struct class *class = &program->classes->all.items[number];
    const char *name =
        facts_qualified_name(program->files[class->file], class->scope, &look->arena);
    return matches_any(&look->wishes->ignore_bases,
                       arena_format(&look->arena, "%s.%s", program->modules[class->file], name));
}

static bool derives_from_ignored(struct look *look, uint32_t number)
{
    const struct classes *classes = look->view->program->classes;
    const struct class *class = &classes->all.items[number];
    for (uint32_t i = 0; i < class->n_ancestors; i++) {
        uint32_t ancestor = classes->ancestors.items[class->first_ancestor + i];
        const struct class *c = &classes->all.items[ancestor];
        if (class_is_named(look, ancestor)) {
            return true;
        }
        for (uint32_t k = 0; k < c->n_bases; k++) {
            const struct class_base *base = &classes->bases.items[c->first_base + k];
            if (base->class == NONE && matches_any(&look->wishes->ignore_bases, base->name)) {
                return true;
            }
        }
    }
    return false;
}

static bool names_ignored_class(struct look *look, const char *name)
{
    const struct classes *classes = look->view->program->classes;
    const char *full = arena_format(&look->arena, "%s.%s", look->module, name);
    uint32_t class = name_table_get(&classes->by_name, full, strlen(full));
    return class != TABLE_NONE && derives_from_ignored(look, class);
}

static bool has_ignored_class(struct look *look)
{
    const struct program *program = look->view->program;
    uint32_t file = look->finding->place.file, scope = look->finding->scope;
    const struct facts *facts = program->files[file];
    while (scope != NONE && scope < facts->n_scopes) {
        uint32_t class = classes_of_scope(program, file, scope);
        if (class != NONE && derives_from_ignored(look, class)) {
            return true;
        }
        scope = facts->scopes[scope].parent;
    }
    for (const struct cycle_edge *e = look->finding->cycle; e != NULL; e = e->next) {
        if (e->class != NONE && derives_from_ignored(look, e->class)) {
            return true;
        }
    }
    return any_quoted(look, names_ignored_class);
}

/* ---- files ---- */

/* Whether a pattern covers the file or a folder it is in, below the folder of the patterns. */
static bool is_excluded(struct look *look)
{
    const char *path = look->view->absolute_paths[look->finding->place.file];
    const char *folder = look->wishes->exclude_folder;
    size_t n = strlen(folder);
    if (look->wishes->exclude == NULL || path == NULL || strncmp(path, folder, n) != 0) {
        return false;
    }
    for (const char *end = strchr(path + n, '/'); end != NULL; end = strchr(end + 1, '/')) {
        const char *part = arena_string(&look->arena, path, (size_t)(end - path));
        if (strlen(part) > n && ignore_covers(look->wishes->exclude, part, true)) {
            return true;
        }
    }
    return ignore_covers(look->wishes->exclude, path, false);
}

/* ---- what is exported ---- */

static uint32_t class_around(const struct look *look)
{
    const struct program *program = look->view->program;
    const struct facts *facts = program->files[look->finding->place.file];
    uint32_t scope = look->finding->scope;
    uint32_t body = scope < facts->n_scopes ? classes_around(facts, scope) : NONE;
    return body == NONE ? NONE : classes_of_scope(program, look->finding->place.file, body);
}

bool wishes_refuse(const struct wishes_view *view, const struct rule_wishes *wishes,
                   const struct finding *finding)
{
    struct look look = {
        .view = view,
        .wishes = wishes,
        .finding = finding,
        .module = view->program->modules[finding->place.file],
    };
    look.scope = scope_name(&look);
    look.class = class_around(&look);
    bool refuses = is_excluded(&look)
                   || (wishes->ignore_names.n > 0
                       && (stands_in_ignored(&look) || any_quoted(&look, ignores_quoted)
                           || ignores_edges(&look)))
                   || (wishes->ignore_bases.n > 0 && has_ignored_class(&look));
    arena_free(&look.arena);
    return refuses;
}
