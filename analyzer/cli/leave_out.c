/*
 * leave_out.c - takes out the findings of which the configuration says that they are fine.
 */
#include "cli/leave_out.h"

#include <string.h>

/* By program index, NULL where it is not known. */
static const char **absolute_paths(const struct files *files, struct arena *arena)
{
    const char **paths = arena_alloc(arena, files->n * sizeof(char *));
    uint32_t n = 0;
    for (size_t i = 0; i < files->n; i++) {
        const struct file *file = &files->items[i];
        const char *slash = strrchr(file->path, '/');
        if (file->failed_rule == NULL) {
            paths[n++] = file->folder == NULL ? NULL
                                              : arena_format(arena, "%s/%s", file->folder,
                                                             slash ? slash + 1 : file->path);
        }
    }
    return paths;
}

static bool has_wishes(const struct program *program, const struct selection *const *selections)
{
    for (uint32_t i = 0; i < program->n_files; i++) {
        if (selections[i]->wishes != NULL) {
            return true;
        }
    }
    return false;
}

static const struct rule_wishes *wishes_of(const struct selection *selection,
                                           const struct rule *rule)
{
    for (size_t i = 0; selection->wishes != NULL && i < selection->n_rules; i++) {
        if (selection->rules[i] == rule) {
            return selection->wishes[i];
        }
    }
    return NULL;
}

void leave_out(const struct program *program, const struct files *files,
               const struct selection *const *selections, struct findings *findings)
{
    if (!has_wishes(program, selections)) {
        return;
    }
    struct arena arena = {0};
    struct wishes_view view = {program, absolute_paths(files, &arena)};
    size_t n_kept = 0;
    for (size_t i = 0; i < findings->n; i++) {
        const struct finding *finding = &findings->items[i];
        const struct rule_wishes *wishes =
            wishes_of(selections[finding->place.file], finding->rule);
        if (wishes == NULL || !wishes_refuse(&view, wishes, finding)) {
            findings->items[n_kept++] = *finding;
        }
    }
    findings->n = n_kept;
    arena_free(&arena);
}
