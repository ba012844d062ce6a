/*
 * manual.c - the options table as text: --help, the manual page, completions.
 */
#include "cli/manual.h"

#include "base/version.h"
#include "cli/options.h"
#include "cli/select.h"
#include "rule.h"

#include <string.h>

enum {
    HELP_COLUMN = 26, /* where explanations begin */
    HELP_WIDTH = 79   /* where lines end */
};

static const char summary[] =
    "cyclint finds what makes a Python program hold memory, or hold it too "
    "long: reference cycles, misused finalizers, resources that nobody "
    "closes, global state that only grows.";

static const struct {
    const char *usage;
    const char *help;
} usages[] = {
    {"cyclint [OPTIONS] PATH...",
     "Check files and the *.py files in folders; - is the standard input. A path that has a "
     "command's name is written ./graph."},
    {"cyclint explain RULE...", "Explain rules, with examples"},
    {"cyclint gc simulate|tune|report|profile|calibrate",
     "The collector model: what collections a program causes and what they cost; gc --help"},
    {"cyclint sql [--schema] [QUESTION]",
     "Ask the store, with a SELECT, about earlier runs; --schema shows its tables"},
    {"cyclint facts --shard I/N -o PART PATH...",
     "Write what is known of the files that fall to part I of N, for cyclint link"},
    {"cyclint link PART... [OPTIONS]",
     "Report what one run over the files of all parts would report"},
    {"cyclint graph [OPTIONS] [PATH...]",
     "Draw who holds whom, with cycles in a colour of their own and acyclic classes named, in the "
     "formats dot (for Graphviz), svg, html or json"},
};

static const struct {
    const char *status;
    const char *help;
} statuses[] = {
    {"0", "Nothing was found, or the score reached --fail-under"},
    {"1", "A fatal message: a file could not be read or analysed, or output not be written"},
    {"2", "An error was found"},
    {"4", "A warning was found"},
    {"8", "A refactor message was given"},
    {"16", "A convention message was given"},
    {"32", "The options or the configuration are wrong"},
};

enum { N_USAGES = sizeof usages / sizeof *usages, N_STATUSES = sizeof statuses / sizeof *statuses };

/* ---- --help ---- */

static void pad_to(struct builder *out, size_t line_start, size_t column)
{
    while (out->length - line_start < column) {
        builder_add_char(out, ' ');
    }
}

/* Adds `text` in lines that begin at `column`; the first goes on where the line is now. */
static void add_wrapped(struct builder *out, size_t line_start, size_t column, const char *text)
{
    bool is_first = true;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (!is_first && out->length - line_start + 1 + length > HELP_WIDTH) {
            builder_add_char(out, '\n');
            line_start = out->length;
            pad_to(out, line_start, column);
        } else if (!is_first) {
            builder_add_char(out, ' ');
        }
        builder_add_bytes(out, text, length);
        text += length + (text[length] == ' ');
        is_first = false;
    }
    builder_add_char(out, '\n');
}

static void add_entry(struct builder *out, const char *left, const char *text)
{
    size_t line_start = out->length;
    builder_addf(out, "  %s", left);
    if (out->length - line_start + 2 > HELP_COLUMN) {
        builder_add_char(out, '\n');
        line_start = out->length;
    }
    pad_to(out, line_start, HELP_COLUMN);
    add_wrapped(out, line_start, HELP_COLUMN, text);
}

static void add_option(struct builder *out, const struct option *option)
{
    struct builder left = {0};
    if (option->letter != 0) {
        builder_addf(&left, "-%c, ", option->letter);
    }
    builder_addf(&left, "--%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
    add_entry(out, builder_string(&left), option->help);
    builder_free(&left);
}

static void add_group(struct builder *out, enum option_group group,
                      void (*add)(struct builder *out, const struct option *option))
{
    size_t n;
    const struct option *table = options_table(&n);
    for (size_t i = 0; i < n; i++) {
        if (table[i].group == group) {
            add(out, &table[i]);
        }
    }
}

void manual_help(struct builder *out)
{
    for (size_t i = 0; i < N_USAGES; i++) {
        builder_addf(out, "%s%s\n", i == 0 ? "usage: " : "       ", usages[i].usage);
    }
    builder_add_char(out, '\n');
    add_wrapped(out, out->length, 0, summary);
    for (enum option_group group = 0; group < GROUP_HIDDEN; group++) {
        builder_addf(out, "\n%s:\n", option_group_title(group));
        add_group(out, group, add_option);
    }
    builder_add(out, "\nThe exit status is the sum of:\n");
    for (size_t i = 0; i < N_STATUSES; i++) {
        add_entry(out, statuses[i].status, statuses[i].help);
    }
    builder_add(out, "\nOptions can also stand in pyproject.toml under [tool.cyclint], or in\n"
                     ".cyclintrc.toml, under the same names without dashes before them.\n");
}

/* ---- the manual page ---- */

/* Text for roff: backslashes and dashes escaped, no line that begins with a dot or a quote. */
static void add_roff(struct builder *out, const char *text)
{
    if (*text == '.' || *text == '\'') {
        builder_add(out, "\\&");
    }
    for (; *text != '\0'; text++) {
        builder_add(out, *text == '-' ? "\\-" : *text == '\\' ? "\\e" : "");
        if (*text != '-' && *text != '\\') {
            builder_add_char(out, *text);
        }
    }
}

static void add_roff_entry(struct builder *out, const char *left, const char *text)
{
    builder_add(out, ".TP\n.B ");
    add_roff(out, left);
    builder_add_char(out, '\n');
    add_roff(out, text);
    builder_add(out, ".\n");
}

static void add_roff_option(struct builder *out, const struct option *option)
{
    builder_add(out, ".TP\n");
    if (option->letter != 0) {
        builder_addf(out, "\\fB\\-%c\\fR, ", option->letter);
    }
    builder_add(out, "\\fB");
    struct builder name = {0};
    builder_addf(&name, "--%s", option->name);
    add_roff(out, builder_string(&name));
    builder_free(&name);
    builder_add(out, "\\fR");
    if (option->argument != NULL) {
        builder_add(out, " \\fI");
        add_roff(out, option->argument);
        builder_add(out, "\\fR");
    }
    builder_add_char(out, '\n');
    add_roff(out, option->help);
    builder_add(out, ".\n");
}

static void add_roff_rules(struct builder *out)
{
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    builder_add(out, ".SH RULES\n");
    for (size_t i = 0; i < n; i++) {
        struct builder left = {0};
        builder_addf(&left, "%s %s%s", rules[i]->code, rules[i]->name,
                     rules[i]->is_off ? " (off)" : "");
        builder_add(out, ".TP\n.B ");
        add_roff(out, builder_string(&left));
        builder_add_char(out, '\n');
        add_roff(out, rules[i]->why);
        builder_add_char(out, '\n');
        builder_free(&left);
    }
}

void manual_page(struct builder *out)
{
    builder_add(out, ".TH CYCLINT 1 \"\" \"cyclint " CYCLINT_VERSION "\" \"User Commands\"\n"
                     ".SH NAME\ncyclint \\- find reference cycles and leaked resources in Python\n"
                     ".SH SYNOPSIS\n");
    for (size_t i = 0; i < N_USAGES; i++) {
        add_roff(out, usages[i].usage);
        builder_add(out, "\n.br\n");
    }
    builder_add(out, ".SH DESCRIPTION\n");
    add_roff(out, summary);
    builder_add(out, "\n.SH OPTIONS\n");
    for (enum option_group group = 0; group < GROUP_HIDDEN; group++) {
        builder_addf(out, ".SS %s\n", option_group_title(group));
        add_group(out, group, add_roff_option);
    }
    builder_add(out, ".SH EXIT STATUS\nThe sum of:\n");
    for (size_t i = 0; i < N_STATUSES; i++) {
        add_roff_entry(out, statuses[i].status, statuses[i].help);
    }
    builder_add(out, ".SH FILES\npyproject.toml, table [tool.cyclint], or .cyclintrc.toml: options "
                     "under the same names.\nThe nearest one up from each file says which rules "
                     "are reported of it (enable, disable, errors\\-only, min\\-confidence) and "
                     "whether it is left out (ignore, ignore\\-patterns, ignore\\-paths, "
                     "extend\\-exclude).\nAll else comes from the one nearest to the first path.\n"
                     "What the command line says comes last.\n");
    add_roff_rules(out);
}

/* ---- completions ---- */

static bool takes_rules(const struct option *option)
{
    return option->argument != NULL && strcmp(option->argument, "RULES") == 0;
}

static bool takes_file(const struct option *option)
{
    static const char *const words[] = {"FILE", "PATH", "FOLDER"};
    for (size_t i = 0; option->argument != NULL && i < sizeof words / sizeof *words; i++) {
        if (strcmp(option->argument, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool takes_choice(const struct option *option)
{
    return option->argument != NULL && strchr(option->argument, '|') != NULL;
}

/* "auto|always" as "auto always". */
static void add_choices(struct builder *out, const char *choices)
{
    for (; *choices != '\0'; choices++) {
        builder_add_char(out, *choices == '|' ? ' ' : *choices);
    }
}

static void add_rule_names(struct builder *out)
{
    size_t n;
    const struct rule *const *rules = select_rules(&n);
    builder_add(out, "all");
    for (size_t i = 0; i < n; i++) {
        builder_addf(out, " %s %s", rules[i]->name, rules[i]->code);
    }
}

static void add_bash_name(struct builder *out, const struct option *option)
{
    builder_addf(out, " --%s", option->name);
}

static void add_bash_case(struct builder *out, const struct option *option)
{
    if (!takes_rules(option) && !takes_choice(option) && !takes_file(option)) {
        return;
    }
    builder_addf(out, "    --%s", option->name);
    if (option->letter != 0) {
        builder_addf(out, "|-%c", option->letter);
    }
    if (takes_file(option)) {
        builder_add(out, ") COMPREPLY=($(compgen -f -- \"$cur\"));;\n");
        return;
    }
    builder_add(out, ") COMPREPLY=($(compgen -W \"");
    if (takes_rules(option)) {
        builder_add(out, "$rules");
    } else {
        add_choices(out, option->argument);
    }
    builder_add(out, "\" -- \"$cur\"));;\n");
}

static void add_bash(struct builder *out)
{
    builder_add(out, "# bash completion for cyclint; generated\n_cyclint()\n{\n"
                     "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                     "    local rules=\"");
    add_rule_names(out);
    builder_add(out, "\"\n    case $prev in\n    explain) COMPREPLY=($(compgen -W \"$rules\" -- "
                     "\"$cur\"));;\n");
    for (enum option_group group = 0; group < GROUP_HIDDEN; group++) {
        add_group(out, group, add_bash_case);
    }
    builder_add(out, "    *)\n        case $cur in\n        -*) COMPREPLY=($(compgen -W \"");
    for (enum option_group group = 0; group < GROUP_HIDDEN; group++) {
        add_group(out, group, add_bash_name);
    }
    builder_add(out, "\" -- \"$cur\"));;\n        *) COMPREPLY=($(compgen -f -- \"$cur\"));;\n"
                     "        esac;;\n    esac\n}\ncomplete -o filenames -F _cyclint cyclint\n");
}

/* Text between single quotes of a shell. */
static void add_quoted(struct builder *out, const char *text, const char *escaped)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            builder_add(out, "'\\''");
            continue;
        }
        if (strchr(escaped, *text) != NULL) {
            builder_add_char(out, '\\');
        }
        builder_add_char(out, *text);
    }
}

static void add_zsh_option(struct builder *out, const struct option *option)
{
    builder_add(out, "    '");
    if (option->letter != 0) {
        builder_addf(out, "(-%c --%s)'{-%c,--%s%s}'", option->letter, option->name, option->letter,
                     option->name, option->argument ? "=" : "");
    } else {
        builder_addf(out, "--%s%s", option->name, option->argument ? "=" : "");
    }
    builder_add_char(out, '[');
    add_quoted(out, option->help, "[]:");
    builder_add_char(out, ']');
    if (option->argument != NULL) {
        builder_add_char(out, ':');
        add_quoted(out, option->argument, ":");
        builder_add_char(out, ':');
        if (takes_choice(option)) {
            builder_add_char(out, '(');
            add_choices(out, option->argument);
            builder_add_char(out, ')');
        } else if (takes_rules(option)) {
            builder_add(out, "_cyclint_rules");
        } else if (takes_file(option)) {
            builder_add(out, "_files");
        }
    }
    builder_add(out, "' \\\n");
}

static void add_zsh(struct builder *out)
{
    builder_add(out, "#compdef cyclint\n# zsh completion for cyclint; generated\n\n"
                     "_cyclint_rules() {\n    _values -s , rule ");
    add_rule_names(out);
    builder_add(out, "\n}\n\n_arguments -s \\\n");
    for (enum option_group group = 0; group < GROUP_HIDDEN; group++) {
        add_group(out, group, add_zsh_option);
    }
    builder_add(out, "    '*:path:_files'\n");
}

static void add_fish_option(struct builder *out, const struct option *option)
{
    builder_addf(out, "complete -c cyclint -l %s", option->name);
    if (option->letter != 0) {
        builder_addf(out, " -s %c", option->letter);
    }
    if (option->argument != NULL) {
        builder_add(out, takes_file(option) ? " -r -F" : " -x");
    }
    if (takes_choice(option) || takes_rules(option)) {
        builder_add(out, " -a '");
        if (takes_choice(option)) {
            add_choices(out, option->argument);
        } else {
            add_rule_names(out);
        }
        builder_add_char(out, '\'');
    }
    builder_add(out, " -d '");
    for (const char *s = option->help; *s != '\0'; s++) {
        builder_add(out, *s == '\'' || *s == '\\' ? "\\" : "");
        builder_add_char(out, *s);
    }
    builder_add(out, "'\n");
}

static void add_fish(struct builder *out)
{
    builder_add(out, "# fish completion for cyclint; generated\n");
    for (enum option_group group = 0; group < GROUP_HIDDEN; group++) {
        add_group(out, group, add_fish_option);
    }
    builder_add(out,
                "complete -c cyclint -n __fish_use_subcommand -a explain -d 'Explain rules'\n"
                "complete -c cyclint -n __fish_use_subcommand -a graph -d 'Draw who holds whom'\n"
                "complete -c cyclint -n __fish_use_subcommand -a sql -d 'Ask the store'\n"
                "complete -c cyclint -n __fish_use_subcommand -a facts -d 'Write a part'\n"
                "complete -c cyclint -n __fish_use_subcommand -a link -d 'Report on all parts'\n");
}

bool manual_completion(const char *shell, struct builder *out)
{
    static const struct {
        const char *shell;
        void (*add)(struct builder *out);
    } shells[] = {{"bash", add_bash}, {"zsh", add_zsh}, {"fish", add_fish}};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].shell, shell) == 0) {
            shells[i].add(out);
            return true;
        }
    }
    return false;
}
