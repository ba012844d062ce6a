/*
 * diff.c - which lines of the files of a run have changed since a revision.
 *
 * Git is asked twice a repository: what differs from the revision, and which files it does not
 * know.  A submodule is a repository in the folder of another; it is found by its `.git`, and its
 * revision is what the tree of the other one says.
 */
#include "cli/diff.h"

#include "cli/git.h"
#include "cli/revision.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct repository {
    const char *root; /* absolute, without links */
    const char *base; /* the id of what it is compared with; NULL: it is none of ours */
    struct git_place place;
};

struct search {
    struct arena arena;
    struct name_table folders; /* that were looked at */
    struct {
        ARRAY_OF(struct repository);
    } repositories; /* the first is the one of the revision; then those inside it, the outer first
                     */
    bool has_files; /* some file lies inside */
};

/* ---- folders ---- */

static bool has_git(const char *folder, struct arena *arena)
{
    return access(arena_format(arena, "%s/.git", folder), F_OK) == 0;
}

/* Drops the last component; false at the root. */
static bool go_up(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash[1] == '\0') {
        return false;
    }
    slash[slash == path] = '\0';
    return true;
}

/* What `path` is called inside `folder`; NULL when it is not. */
static const char *inside(const char *folder, const char *path)
{
    size_t n = strlen(folder);
    n -= n > 0 && folder[n - 1] == '/';
    bool is_inside = strncmp(folder, path, n) == 0 && (path[n] == '/' || path[n] == '\0');
    return is_inside ? path + n + (path[n] == '/') : NULL;
}

/* ---- the repository of the revision ---- */

/* The nearest folder up from `path` that has a .git, or NULL. */
static const char *folder_with_git(const char *path, struct arena *arena)
{
    char *real = realpath(path, NULL);
    char *folder = real != NULL ? arena_string(arena, real, strlen(real)) : NULL;
    free(real);
    while (folder != NULL && !has_git(folder, arena)) {
        folder = go_up(folder) ? folder : NULL;
    }
    return folder;
}

/* A hook sets variables for the repository that it is run in, which may be another one. */
static bool find_place(const struct options *options, struct search *search,
                       struct git_place *place, struct error *error)
{
    *place = (struct git_place){0};
    if (getenv("GIT_DIR") != NULL) {
        return true;
    }
    for (size_t i = 0; i < options->paths.n && place->folder == NULL; i++) {
        place->folder = folder_with_git(options->paths.items[i], &search->arena);
    }
    if (place->folder == NULL) {
        return error_at(error, "not in a git repository: %s", options->paths.items[0]);
    }
    const char *here = folder_with_git(".", &search->arena);
    place->is_other = here == NULL || strcmp(here, place->folder) != 0;
    return true;
}

static bool find_home(const struct options *options, struct search *search, struct error *error)
{
    struct git_place place;
    struct builder text = {0};
    if (!find_place(options, search, &place, error)) {
        return false;
    }
    bool ok = git_ask(&place, (const char *[]){"rev-parse", "--show-toplevel", NULL}, &text, error);
    if (ok) {
        text.length -= text.length > 0; /* the end of the line */
        const char *root = arena_string(&search->arena, builder_string(&text), text.length);
        char *real = realpath(root, NULL);
        root = real != NULL ? arena_string(&search->arena, real, strlen(real)) : root;
        free(real);
        builder_clear(&text);
        ok = revision_find(&place, options->diff, &text, error) || error_within(error, "%s", root);
        *array_push(&search->repositories) = (struct repository){
            root, arena_string(&search->arena, builder_string(&text), text.length), place};
    }
    builder_free(&text);
    return ok;
}

/* ---- repositories inside it ---- */

/* Walks up from a folder to the root of the revision's repository, and keeps each folder on the way
 * that is a repository of its own. */
static void look_at(struct search *search, const char *start)
{
    const char *home = search->repositories.items[0].root;
    char *folder = arena_string(&search->arena, start, strlen(start));
    for (const char *rest; (rest = inside(home, folder)) != NULL && *rest != '\0';) {
        size_t n = strlen(folder);
        const char *name = arena_string(&search->arena, folder, n);
        if (name_table_get(&search->folders, name, n) != TABLE_NONE) {
            return;
        }
        name_table_put(&search->folders, name, n, 0);
        if (has_git(name, &search->arena)) {
            *array_push(&search->repositories) =
                (struct repository){.root = name, .place = {.folder = name, .is_other = true}};
        }
        go_up(folder);
    }
}

static int compare_roots(const void *a, const void *b)
{
    return strcmp(((const struct repository *)a)->root, ((const struct repository *)b)->root);
}

static void find_others(struct search *search, const struct files *files)
{
    const char *home = search->repositories.items[0].root;
    for (size_t i = 0; i < files->n; i++) {
        const char *folder = files->items[i].folder;
        if (folder != NULL && inside(home, folder) != NULL) {
            search->has_files = true;
            look_at(search, folder);
        }
    }
    qsort(search->repositories.items + 1, search->repositories.n - 1,
          sizeof *search->repositories.items, compare_roots);
}

/* The nearest repository around another: outer ones come first. */
static const struct repository *around(const struct search *search, size_t index)
{
    const struct repository *repositories = search->repositories.items;
    size_t i = index - 1;
    while (i > 0 && inside(repositories[i].root, repositories[index].root) == NULL) {
        i--;
    }
    return &repositories[i];
}

/* Whether git's words begin with the mode of a submodule; its id is then the word at `n`. */
static const char *id_of_submodule(struct search *search, const struct builder *text, size_t n)
{
    const char *words = builder_string(text);
    if (strncmp(words, "160000 ", 7) != 0 || text->length < n) {
        return NULL;
    }
    return arena_string(&search->arena, words + n, strcspn(words + n, " \t"));
}

/* What the submodule is compared with.  One that the revision has not is new; a repository that is
 * no submodule is none of ours. */
static bool find_base(struct search *search, struct repository *repository,
                      const struct repository *outer, struct error *error)
{
    static const size_t tree_words = sizeof "160000 commit " - 1;
    const char *path = inside(outer->root, repository->root);
    const char *spec = arena_format(&search->arena, ":(top,literal)%s", path);
    struct builder text = {0};
    bool ok = git_ask(&outer->place,
                      (const char *[]){"ls-tree", "-z", "--full-tree", outer->base, path, NULL},
                      &text, error);
    if (ok) {
        repository->base = id_of_submodule(search, &text, tree_words);
    }
    if (ok && repository->base == NULL) {
        builder_clear(&text);
        ok = git_ask(&outer->place, (const char *[]){"ls-files", "-s", "-z", "--", spec, NULL},
                     &text, error);
        if (ok && id_of_submodule(search, &text, 0) != NULL) {
            builder_clear(&text);
            ok = revision_of_nothing(&repository->place, &text, error);
            repository->base = arena_string(&search->arena, builder_string(&text), text.length);
        }
    }
    builder_free(&text);
    return ok;
}

/* ---- what has changed ---- */

/* Whatever the user has set: plain patches without lines around them, of this repository alone. */
static bool add_differences(const struct repository *repository, struct changed_lines *changed,
                            struct error *error)
{
    struct builder text = {0};
    bool ok =
        git_ask(&repository->place,
                (const char *[]){"-c", "diff.relative=false", "diff", "--numstat", "-z", "-p",
                                 "-U0", "-M", "--no-color", "--no-ext-diff", "--no-textconv",
                                 "--ignore-submodules=all", "--src-prefix=a/", "--dst-prefix=b/",
                                 repository->base, "--", NULL},
                &text, error)
        && changed_lines_read(changed, repository->root, builder_string(&text), text.length, error);
    builder_free(&text);
    return ok;
}

static bool add_unknown(const struct repository *repository, struct changed_lines *changed,
                        struct error *error)
{
    struct builder text = {0};
    bool ok = git_ask(&repository->place,
                      (const char *[]){"ls-files", "-o", "--exclude-standard", "-z", "--full-name",
                                       "--", ":/", NULL},
                      &text, error);
    for (size_t at = 0; ok && at < text.length; at += strlen(text.s + at) + 1) {
        const char *path = text.s + at;
        changed_lines_add_whole(changed, repository->root, path, strlen(path));
    }
    builder_free(&text);
    return ok;
}

/* Of a repository inside another, nothing that the other one knows nothing of. */
static bool add_repository(struct search *search, size_t index, struct changed_lines *changed,
                           struct error *error)
{
    struct repository *repository = &search->repositories.items[index];
    if (index > 0) {
        const struct repository *outer = around(search, index);
        if (outer->base != NULL && !find_base(search, repository, outer, error)) {
            return false;
        }
    }
    return repository->base == NULL
           || (add_differences(repository, changed, error)
               && add_unknown(repository, changed, error))
           || error_within(error, "%s", repository->root);
}

/* ---- all of it ---- */

static bool find(const struct options *options, const struct files *files, struct search *search,
                 struct changed_lines *changed, struct error *error)
{
    if (options->is_graph || options->gc != NULL || options->is_facts) {
        return error_at(error, "it chooses among findings, and this command has none");
    }
    if (files->stdin_name != NULL) {
        return error_at(error, "the standard input is no file that git could compare");
    }
    if (!find_home(options, search, error)) {
        return false;
    }
    find_others(search, files);
    if (files->n > 0 && !search->has_files) {
        return error_at(error, "none of the files is in the repository '%s'",
                        search->repositories.items[0].root);
    }
    for (size_t i = 0; i < search->repositories.n; i++) {
        if (!add_repository(search, i, changed, error)) {
            return false;
        }
    }
    return true;
}

bool diff_find(const struct options *options, const struct files *files,
               struct changed_lines *changed, struct error *error)
{
    struct search search = {0};
    bool ok = find(options, files, &search, changed, error);
    array_free(&search.repositories);
    name_table_free(&search.folders);
    arena_free(&search.arena);
    return ok || error_within(error, "option '--diff'");
}
