/*
 * new_rule.c - --new-rule: begins a rule of the user's own.
 *
 * What it writes passes --test-rules, and is there to be changed into the rule that is meant.
 */
#include "cli/new_rule.h"

#include "cli/select.h"
#include "rule.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

static const char query_text[] =
    "; Say here what goes wrong, in one sentence.\n"
    ";\n"
    "; cyclint --show-tree FILE shows how Python looks to a query.\n"
    "(call\n"
    "  function: (identifier) @name\n"
    "  (#eq? @name \"sleep_forever\")\n"
    "  (#set! code \"%s\")\n"
    "  (#set! message \"'{name}' never returns\")\n"
    "  (#set! why \"What will happen, when, and how one would notice.\")\n"
    "  (#set! instead \"What to write instead.\")) @report\n";

static const char bad_text[] = "def wait():\n"
                               "    sleep_forever()  # [%s]\n";

static const char good_text[] = "def wait():\n"
                                "    sleep(1)\n";

static bool is_taken(const char *code)
{
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rules[i]->code + 1, code + 1) == 0) {
            return true;
        }
    }
    return false;
}

/* The first of W8001 to W8999 whose number is free. */
static const char *free_code(struct arena *arena)
{
    const char *code = "W8999";
    for (int number = 8001; number < 8999; number++) {
        code = arena_format(arena, "W%d", number);
        if (!is_taken(code)) {
            break;
        }
    }
    return code;
}

static bool check_name(const char *name, struct error *error)
{
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    if (!(name[0] >= 'a' && name[0] <= 'z')
        || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] != '\0') {
        return error_at(error,
                        "option '--new-rule': a name is of small letters, digits and '-', not "
                        "'%.100s'",
                        name);
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(rules[i]->name, name) == 0) {
            return error_at(error, "option '--new-rule': there is already a rule %s (%s)",
                            rules[i]->code, name);
        }
    }
    return true;
}

static bool make_folder(const char *path, struct error *error)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST
           || error_at(error, "cannot make the folder: %s: %s", strerror(errno), path);
}

/* Never over a file that is there. */
static bool write_file(const char *path, const char *text, struct builder *out, struct error *error)
{
    FILE *file = fopen(path, "wxe");
    if (file == NULL) {
        return error_at(error, "cannot write: %s: %s", strerror(errno), path);
    }
    bool ok = fputs(text, file) >= 0;
    ok = fclose(file) == 0 && ok;
    if (!ok) {
        return error_at(error, "cannot write: %s: %s", strerror(errno), path);
    }
    builder_addf(out, "wrote %s\n", path);
    return true;
}

bool new_rule(const struct options *options, struct builder *out, struct error *error)
{
    const char *name = options->new_rule, *folder = options->rules;
    if (folder == NULL) {
        return error_at(error, "option '--new-rule': in which folder? --rules FOLDER says it");
    }
    struct arena arena = {0};
    const char *own = arena_format(&arena, "%s/%s", folder, name);
    bool ok = check_name(name, error) && make_folder(folder, error) && make_folder(own, error)
              && write_file(arena_format(&arena, "%s.scm", own),
                            arena_format(&arena, query_text, free_code(&arena)), out, error)
              && write_file(arena_format(&arena, "%s/bad.py", own),
                            arena_format(&arena, bad_text, name), out, error)
              && write_file(arena_format(&arena, "%s/good.py", own), good_text, out, error);
    if (ok) {
        builder_addf(out, "next: change them; cyclint --test-rules %s\n", folder);
    }
    arena_free(&arena);
    return ok;
}
