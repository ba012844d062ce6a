/*
 * resolve.c - findings made readable.
 */
#include "report/resolve.h"

#include "base/builder.h"
#include "text/path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A path from the root as seen from the working directory, or NULL if it lies outside. */
static const char *relative_path(const struct resolver *resolver, const char *absolute)
{
    size_t n = strlen(resolver->directory);
    while (n > 0 && resolver->directory[n - 1] == '/') {
        n--;
    }
    bool is_inside = strncmp(absolute, resolver->directory, n) == 0 && absolute[n] == '/';
    return is_inside ? absolute + n + 1 : NULL;
}

static struct report_file *new_file(struct resolver *resolver, const char *path)
{
    struct report_file *file = arena_alloc(resolver->arena, sizeof *file);
    file->path = path;
    file->absolute_path = path_absolute(path, resolver->directory, resolver->arena);
    file->relative_path = relative_path(resolver, file->absolute_path);
    return file;
}

struct resolver resolver_new(const struct settle_input *input, struct arena *arena)
{
    char *directory = getcwd(NULL, 0);
    struct resolver resolver = {
        .input = input,
        .arena = arena,
        .directory = arena_format(arena, "%s", directory ? directory : "/"),
        .files = arena_alloc(arena, (input->program->n_files + 1) * sizeof *resolver.files),
    };
    free(directory);
    return resolver;
}

static bool read_again(const struct settle_input *input, const char *path, struct arena *arena,
                       struct source *source)
{
    struct error error;
    if (input->read) {
        return input->read(input->read_context, path, arena, source, &error);
    }
    return source_read(path, UINT32_MAX - 1, arena, source, &error);
}

const struct report_file *resolver_file(struct resolver *resolver, uint32_t index)
{
    if (resolver->files[index]) {
        return resolver->files[index];
    }
    const struct program *program = resolver->input->program;
    struct report_file *file = new_file(resolver, program->files[index]->path);
    file->module = program->modules[index];
    file->has_source = read_again(resolver->input, file->path, resolver->arena, &file->source);
    if (file->has_source) {
        lines_find(&file->source, resolver->arena, &file->lines);
    }
    return resolver->files[index] = file;
}

/* "pkg/tree.py" gives "tree": what pylint shows for a file it cannot import. */
static const char *module_of_path(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    return arena_string(arena, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

const struct report_file *resolver_lost_file(struct resolver *resolver, const char *path)
{
    struct report_file *file = new_file(resolver, path);
    file->module = module_of_path(resolver->arena, path);
    return file;
}

/* Findings come roughly in the order of the text, so each position helps to find the next. */
static struct position position_at(struct known_position *last, const struct report_file *file,
                                   uint32_t offset)
{
    uint32_t inside = offset < file->source.n ? offset : file->source.n;
    struct position known = last->file == file ? last->position : (struct position){0};
    struct position position =
        lines_position_from(&file->source, &file->lines, last->offset, known, inside);
    *last = (struct known_position){file, inside, position};
    return position;
}

struct span resolver_span(struct resolver *resolver, struct place place)
{
    const struct report_file *file = resolver_file(resolver, place.file);
    struct span span = {.file = file, .start = {.line = 1}};
    if (file->has_source) {
        span.start = position_at(&resolver->last_start, file, place.start);
        if (place.end > place.start) {
            span.end = position_at(&resolver->last_end, file, place.end);
        }
    }
    return span;
}

static const char *without_locals(struct arena *arena, const char *name)
{
    static const char locals[] = ".<locals>";
    struct builder out = {0};
    const char *at;
    while ((at = strstr(name, locals)) != NULL) {
        builder_add_bytes(&out, name, (size_t)(at - name));
        name = at + strlen(locals);
    }
    builder_add(&out, name);
    const char *result = arena_string(arena, builder_string(&out), out.length);
    builder_free(&out);
    return result;
}

/* Pylint's obj: "Tree.add", and "f.g" for a function in a function. */
static const char *object_of(struct resolver *resolver, const struct finding *finding)
{
    const struct facts *facts = resolver->input->program->files[finding->place.file];
    if (finding->scope == NONE || finding->scope >= facts->n_scopes) {
        return "";
    }
    return without_locals(resolver->arena,
                          facts_qualified_name(facts, finding->scope, resolver->arena));
}

static void resolve_related(struct resolver *resolver, const struct finding *finding,
                            struct message *message)
{
    for (const struct related *r = finding->related; r; r = r->next) {
        message->n_related++;
    }
    struct report_related *related =
        arena_alloc(resolver->arena, message->n_related * sizeof *related + 1);
    message->related = related;
    for (const struct related *r = finding->related; r; r = r->next) {
        *related++ = (struct report_related){.span = resolver_span(resolver, r->place),
                                             .message = r->message};
    }
}

/* "list,method" becomes "list" and "method". */
static void resolve_via(struct arena *arena, const char *via, struct report_edge *edge)
{
    if (via == NULL || *via == '\0') {
        return;
    }
    edge->n_via = 1;
    for (const char *s = via; *s; s++) {
        edge->n_via += *s == ',';
    }
    const char **parts = arena_alloc(arena, edge->n_via * sizeof *parts);
    edge->via = parts;
    for (size_t i = 0; i < edge->n_via; i++) {
        size_t n = strcspn(via, ",");
        parts[i] = arena_string(arena, via, n);
        via += n + 1;
    }
}

static void resolve_cycle(struct resolver *resolver, const struct finding *finding,
                          struct message *message)
{
    for (const struct cycle_edge *e = finding->cycle; e; e = e->next) {
        message->n_edges++;
    }
    struct report_edge *edges = arena_alloc(resolver->arena, message->n_edges * sizeof *edges + 1);
    message->edges = edges;
    message->cycle_kind = finding->cycle_kind;
    for (const struct cycle_edge *e = finding->cycle; e; e = e->next) {
        *edges = (struct report_edge){.holder = e->holder ? e->holder : "",
                                      .attribute = e->attribute ? e->attribute : "",
                                      .target = e->target ? e->target : "",
                                      .span = resolver_span(resolver, e->place)};
        resolve_via(resolver->arena, e->via, edges++);
    }
}

/* In what a program wrote nobody mends anything. */
static enum confidence confidence_of(const struct resolver *resolver, const struct finding *finding)
{
    bool is_generated =
        resolver->input->program->files[finding->place.file]->flags & FACTS_ARE_GENERATED;
    return is_generated ? CONFIDENCE_POSSIBLE : finding->confidence;
}

struct message resolver_message(struct resolver *resolver, const struct finding *finding)
{
    const char *instead = finding->rule->instead ? finding->rule->instead : "";
    struct message message = {
        .rule = finding->rule,
        .confidence = confidence_of(resolver, finding),
        .span = resolver_span(resolver, finding->place),
        .object = object_of(resolver, finding),
        .text = finding->message,
        .remedy = finding->remedy ? finding->remedy : instead,
        .cost = finding->cost,
        .fingerprint = "",
        .justification = "",
    };
    resolve_related(resolver, finding, &message);
    resolve_cycle(resolver, finding, &message);
    return message;
}
