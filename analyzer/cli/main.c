/*
 * main.c - reads the command line and picks what to do.
 */
#include "base/version.h"
#include "cli/cache.h"
#include "cli/config.h"
#include "cli/explain.h"
#include "cli/gc_command.h"
#include "cli/gc_options.h"
#include "cli/interrupt.h"
#include "cli/manual.h"
#include "cli/options.h"
#include "cli/new_rule.h"
#include "cli/output.h"
#include "cli/parts.h"
#include "cli/rule_tests.h"
#include "cli/run.h"
#include "cli/select.h"
#include "cli/status.h"
#include "facts/user_rules.h"
#include "store/store.h"
#include "report/builtin_rules.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGE_BLOCK = 256 * 1024 }; /* four blocks of an arena */

static int usage_error(const struct error *error)
{
    fprintf(stderr, "cyclint: %s\n", error->message);
    return STATUS_USAGE;
}

/* Writes what was built, and frees it. */
static int print(struct builder *out)
{
    struct error error;
    bool ok = output_bytes(builder_string(out), out->length, &error);
    builder_free(out);
    if (!ok) {
        fprintf(stderr, "cyclint: %s\n", error.message);
    }
    return ok ? 0 : STATUS_BROKEN;
}

static int print_explanation(const char *names)
{
    struct builder out = {0};
    struct error error;
    if (!explain_rules(names, &out, &error)) {
        builder_free(&out);
        return usage_error(&error);
    }
    return print(&out);
}

static int print_tree(const struct options *options)
{
    struct builder out = {0};
    struct error error;
    if (!explain_tree(options, &out, &error)) {
        builder_free(&out);
        fprintf(stderr, "cyclint: %s\n", error.message);
        return STATUS_BROKEN;
    }
    return print(&out);
}

static int begin_rule(const struct options *options)
{
    struct builder out = {0};
    struct error error;
    if (!new_rule(options, &out, &error)) {
        builder_free(&out);
        return usage_error(&error);
    }
    return print(&out);
}

static int print_selection(const struct options *options)
{
    struct arena arena = {0};
    struct selection selection;
    struct builder out = {0};
    struct error error;
    bool ok = select_make(options, &arena, &selection, &error);
    if (ok) {
        explain_selection(&selection, &out);
    }
    arena_free(&arena);
    return ok ? print(&out) : usage_error(&error);
}

static int print_completion(const char *shell)
{
    struct builder out = {0};
    if (!manual_completion(shell, &out)) {
        fprintf(stderr,
                "cyclint: option '--generate-completion': '%s' is none of bash, zsh, fish\n",
                shell);
        return STATUS_USAGE;
    }
    return print(&out);
}

/* `cyclint explain RULE…`: the rules are the paths after the first. */
static int explain_command(const struct options *options)
{
    struct builder names = {0};
    if (options->paths.n < 2) {
        fprintf(stderr, "cyclint: explain which rule? --list-msgs shows them all\n");
        return STATUS_USAGE;
    }
    for (size_t i = 1; i < options->paths.n; i++) {
        builder_addf(&names, "%s%s", i > 1 ? "," : "", options->paths.items[i]);
    }
    int status = print_explanation(builder_string(&names));
    builder_free(&names);
    return status;
}

/* Questions about cyclint itself; false when files are to be checked. */
static bool answer_question(const struct options *options, int *status)
{
    struct builder out = {0};
    bool is_sql = options->paths.n > 0 && strcmp(options->paths.items[0], "sql") == 0;
    if (options->help && is_sql) {
        cache_help(&out);
    } else if (options->help) {
        manual_help(&out);
    } else if (options->version) {
        builder_add(&out, "cyclint " CYCLINT_VERSION "\n");
    } else if (options->generate_man) {
        manual_page(&out);
    } else if (options->list_msgs) {
        explain_list(&out);
    } else if (options->list_makers) {
        explain_makers(options, &out);
    } else if (options->schema) {
        builder_add(&out, store_schema());
    } else if (options->generate_toml_config) {
        config_write(options, &out);
    }
    if (out.length > 0) {
        *status = print(&out);
    } else if (options->generate_completion != NULL) {
        *status = print_completion(options->generate_completion);
    } else if (options->help_msg != NULL) {
        *status = print_explanation(options->help_msg);
    } else if (options->new_rule != NULL) {
        *status = begin_rule(options);
    } else if (options->show_tree != NULL) {
        *status = print_tree(options);
    } else if (options->list_msgs_enabled) {
        *status = print_selection(options);
    } else if (options->paths.n > 0 && strcmp(options->paths.items[0], "explain") == 0) {
        *status = explain_command(options);
    } else if (is_sql) {
        *status = cache_ask(options);
    } else if (options->paths.n == 0 && options->clear_cache) {
        *status = cache_clear(options);
    } else {
        return false;
    }
    return true;
}

/* The configuration that concerns the whole run: the one nearest to the first path. */
static bool main_config(const struct options *options, struct arena *arena, const char **path,
                        struct error *error)
{
    *path = options->rcfile;
    if (options->isolated || options->rcfile != NULL) {
        return true;
    }
    const char *first = options->paths.n > 0 ? options->paths.items[0] : ".";
    first = strcmp(first, "-") == 0 && options->stdin_filename ? options->stdin_filename : first;
    struct stat status;
    bool is_folder = stat(first, &status) == 0 && S_ISDIR(status.st_mode);
    struct config_map map = {0};
    const char *found;
    char *real = realpath(is_folder ? first : config_folder(first, arena), NULL);
    bool ok = config_find(&map, real, &found, error);
    free(real);
    *path = ok && found != NULL ? arena_string(arena, found, strlen(found)) : NULL;
    config_map_free(&map);
    return ok;
}

static int act(const struct options *options)
{
    int status;
    if (answer_question(options, &status)) {
        return status;
    }
    if (options->is_graph) {
        return run_graph(options);
    }
    if (options->gc != NULL) {
        return run_gc_report(options);
    }
    if (options->is_facts && options->paths.n > 0) {
        return run_facts(options);
    }
    if (options->test_rules != NULL) {
        return run_rule_tests(options);
    }
    if (options->paths.n == 0) {
        fprintf(stderr, "usage: cyclint [OPTIONS] PATH...\n"
                        "cyclint: no path given; '.' is the current folder, --help shows more\n");
        return STATUS_USAGE;
    }
    return options->dump_facts ? run_dump(options) : run_check(options);
}

/* A file opened later must not become the standard output because that was closed. */
static void open_standard_files(void)
{
    int fd;
    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd > STDERR_FILENO) {
        close(fd);
    }
}

/* Tells all that is wrong with the user's rules; false when something is. */
static bool user_rules_are_right(void)
{
    size_t n;
    const struct user_rule *files = user_rules_list(&n);
    struct builder out = {0};
    for (size_t i = 0; i < n; i++) {
        if (files[i].problem != NULL) {
            builder_add(&out, "cyclint: ");
            rule_tests_add_problem(&files[i], &out);
        }
    }
    bool are_right = out.length == 0;
    fputs(builder_string(&out), stderr);
    builder_free(&out);
    return are_right;
}

/* Reads the user's rules, if there are any.  False when they cannot be used, which has been told.
 */
static bool load_user_rules(const struct options *options)
{
    struct error error;
    size_t n;
    const struct rule *const *others = builtin_rules_list(&n);
    const char *folder = options->test_rules != NULL ? options->test_rules : options->rules;
    bool may_be_empty = options->new_rule != NULL && options->test_rules == NULL;
    if (folder != NULL && !user_rules_load(folder, others, n, &error) && !may_be_empty) {
        usage_error(&error);
        return false;
    }
    return options->test_rules != NULL || user_rules_are_right();
}

/* A part holds what a store would; and what the configuration says of the history is for others. */
static void work_without_store(struct options *options)
{
    options->no_cache = true;
    if (options->is_facts || options_level(options, "trend") != LEVEL_COMMAND_LINE) {
        options->trend = false;
    }
}

/* Reads the configuration and acts. */
static int act_configured(const struct options *command_line)
{
    struct options options = {0};
    struct arena arena = {0};
    struct error error;
    const char *path = NULL;
    bool is_plain_question = command_line->help || command_line->version;
    bool ok = is_plain_question || main_config(command_line, &arena, &path, &error);
    ok = ok && config_load(path, command_line, &options, &error);
    bool has_rules = ok && load_user_rules(&options);
    options.gc = command_line->gc;
    options.parts = command_line->parts;
    if (options.is_facts || options.parts != NULL) {
        work_without_store(&options);
    }
    if ((options.is_graph || options.gc != NULL) && options.paths.n == 0) {
        *array_push(&options.paths) = ".";
    }
    int status = !ok ? usage_error(&error) : has_rules ? act(&options) : STATUS_USAGE;
    options_free(&options);
    arena_free(&arena);
    return status;
}

/* `cyclint gc …` has options of its own and reads no configuration. */
static int run_gc_command(int argc, char *const *argv)
{
    struct builder out = {0};
    struct error error;
    bool is_broken;
    if (gc_command(argc, argv, &out, &is_broken, &error)) {
        return print(&out);
    }
    builder_free(&out);
    fprintf(stderr, "cyclint: %s\n", error.message);
    return is_broken ? STATUS_BROKEN : STATUS_USAGE;
}

/* `cyclint gc report …` analyses files, so the rest of its words are read as any command's. */
static int run_gc_report_command(const char *program, int argc, char *const *argv)
{
    struct gc_options gc;
    struct options command_line;
    struct error error;
    options_init(&command_line);
    bool ok = gc_options_parse(&gc, "report", argc, argv, &error);
    struct {
        ARRAY_OF(char *);
    } words = {0};
    *array_push(&words) = arena_string(&command_line.arena, program, strlen(program));
    for (size_t i = 0; i < gc.rest.n; i++) {
        const char *word = gc.rest.items[i];
        *array_push(&words) = arena_string(&command_line.arena, word, strlen(word));
    }
    ok = ok && options_parse(&command_line, (int)words.n, words.items, &error);
    command_line.gc = &gc;
    int status = ok ? act_configured(&command_line) : usage_error(&error);
    options_free(&command_line);
    gc_options_free(&gc);
    array_free(&words);
    return status;
}

struct words {
    ARRAY_OF(char *);
};

static bool is_path(const struct options *options, const char *word)
{
    for (size_t i = 0; i < options->paths.n; i++) {
        if (options->paths.items[i] == word) {
            return true;
        }
    }
    return false;
}

/* The command line of a run with the paths that the parts were made for. */
static void make_words(const struct options *link, const struct strings *paths, struct words *words)
{
    *array_push(words) = link->argv[0];
    for (int i = 1; i < link->argc && strcmp(link->argv[i], "--") != 0; i++) {
        if (link->argv[i] != link->link && !is_path(link, link->argv[i])) {
            *array_push(words) = link->argv[i];
        }
    }
    *array_push(words) = (char *)"--";
    for (size_t i = 0; i < paths->n; i++) {
        *array_push(words) = (char *)paths->items[i];
    }
}

/* `cyclint link PART… [OPTIONS]` is a run of which the facts are there. */
static int run_link_command(const struct options *link)
{
    struct error error;
    struct options command_line;
    struct words words = {0};
    struct parts *parts = parts_read(&link->paths, &error);
    if (parts == NULL) {
        return usage_error(&error);
    }
    options_init(&command_line);
    make_words(link, parts_paths(parts), &words);
    bool ok = options_parse(&command_line, (int)words.n, words.items, &error);
    command_line.parts = parts;
    int status = ok ? act_configured(&command_line) : usage_error(&error);
    options_free(&command_line);
    array_free(&words);
    parts_free(parts);
    return status;
}

static bool is_gc_report(int argc, char *const *argv)
{
    bool is_report = argc > 2 && strcmp(argv[1], "gc") == 0 && strcmp(argv[2], "report") == 0;
    for (int i = 3; is_report && i < argc; i++) {
        is_report = strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0;
    }
    return is_report;
}

/* Large tables come and go, each stage has others: the system gets back those that are freed.  By
 * itself the allocator would keep all below 32 MB once it has seen one. */
static void give_back_large_blocks(void)
{
#ifdef M_MMAP_THRESHOLD
    mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
#endif
}

int main(int argc, char **argv)
{
    struct options command_line;
    struct error error;
    open_standard_files();
    interrupt_prepare();
    give_back_large_blocks();
    if (is_gc_report(argc, argv)) {
        return run_gc_report_command(argv[0], argc - 3, argv + 3);
    }
    if (argc > 1 && strcmp(argv[1], "gc") == 0) {
        return run_gc_command(argc - 2, argv + 2);
    }
    options_init(&command_line);
    bool ok = options_parse(&command_line, argc, argv, &error);
    bool is_link = ok && command_line.link != NULL && !command_line.help && !command_line.version;
    int status = !ok       ? usage_error(&error)
                 : is_link ? run_link_command(&command_line)
                           : act_configured(&command_line);
    options_free(&command_line);
    return status;
}
