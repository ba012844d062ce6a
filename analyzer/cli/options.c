/*
 * options.c - the table of options, and how their values are read.
 *
 * The command line is read as Python's argparse reads pylint's: `--name value`, `--name=value`,
 * unambiguous beginnings of names, letters bundled, `--` before paths, options and paths in any
 * order.
 */
#include "cli/options.h"

#include "program/foreign_words.h"
#include "program/maker_words.h"
#include "report/finding.h"
#include "text/nearest.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELD(name) offsetof(struct options, name)

/* clang-format off */
static const struct option table[] = {
    {"enable", 'e', OPTION_ENABLE, GROUP_SELECTION, "RULES", FIELD(selection),
     "Report these rules: codes, names, families such as 91 or W91, categories such as W, or all; separated by commas", 0},
    {"disable", 'd', OPTION_DISABLE, GROUP_SELECTION, "RULES", FIELD(selection),
     "Do not report these rules. --disable=all --enable=91 reports one family only", 0},
    {"errors-only", 'E', OPTION_FLAG, GROUP_SELECTION, NULL, FIELD(errors_only),
     "Report errors only: the categories E and F", 0},
    {"min-confidence", 0, OPTION_CHOICE, GROUP_SELECTION, "possible|likely|certain", FIELD(min_confidence),
     "Report findings that are at least so sure", 0},
    {"confidence", 0, OPTION_CONFIDENCE, GROUP_SELECTION, "LEVELS", FIELD(min_confidence),
     "The same in pylint's words: HIGH, CONTROL_FLOW, INFERENCE, INFERENCE_FAILURE, UNDEFINED; the lowest one counts", 0},
    {"py-version", 0, OPTION_VERSION, GROUP_SELECTION, "3.N", FIELD(python_version),
     "The Python version that the code is for", 0},
    {"rules", 0, OPTION_TEXT, GROUP_SELECTION, "FOLDER", FIELD(rules),
     "Also use the rules of this folder and those in it, files *.scm of tree-sitter queries", 0},
    {"makers", 0, OPTION_MAKERS, GROUP_SELECTION, "MAKERS", FIELD(makers),
     "Calls that open what must be closed, such as 'acme.lease as lease until release async': a name, and what is not as usual", 0},
    {"closers", 0, OPTION_FUNCTIONS, GROUP_SELECTION, "FUNCTIONS", FIELD(closers),
     "Functions that close the resource they are given", 0},
    {"borrowers", 0, OPTION_FUNCTIONS, GROUP_SELECTION, "FUNCTIONS", FIELD(borrowers),
     "Functions that only use the resource they are given, so that their caller still has to close it", 0},
    {"holders", 0, OPTION_HOLDERS, GROUP_SELECTION, "HOLDERS", FIELD(holders),
     "What functions of other packages hold: NAME [strongly|weakly] [by result|receiver|first|process] [as ATTRIBUTE] [until NAME], separated by commas; .NAME is a method of any object", 0},
    {"ignore", 0, OPTION_LIST, GROUP_FILES, "NAMES", FIELD(ignore),
     "Leave out files and folders with these names", 0},
    {"ignore-patterns", 0, OPTION_LIST, GROUP_FILES, "REGEXES", FIELD(ignore_patterns),
     "Leave out files and folders whose name begins with a match of one of these regular expressions", 0},
    {"ignore-paths", 0, OPTION_LIST, GROUP_FILES, "REGEXES", FIELD(ignore_paths),
     "Leave out files and folders whose path, as it would be shown, begins with a match of one of these regular expressions", 0},
    {"extend-exclude", 0, OPTION_LIST, GROUP_FILES, "GLOBS", FIELD(extend_exclude),
     "Leave out what matches these patterns, written as in .gitignore, where it is found in a folder", 0},
    {"no-gitignore", 0, OPTION_FLAG, GROUP_FILES, NULL, FIELD(no_gitignore),
     "Do not heed .gitignore and .git/info/exclude", 0},
    {"from-stdin", 0, OPTION_FLAG, GROUP_FILES, NULL, FIELD(from_stdin),
     "Read the program from the standard input; the path says what to call it", 1},
    {"stdin-filename", 0, OPTION_TEXT, GROUP_FILES, "PATH", FIELD(stdin_filename),
     "What to call the standard input when the path is -", 1},
    {"max-file-size", 0, OPTION_SIZE, GROUP_FILES, "BYTES", FIELD(max_file_size),
     "Do not analyse files larger than this; k, M and G may follow the number", 0},
    {"max-file-seconds", 0, OPTION_DECIMAL, GROUP_FILES, "SECONDS", FIELD(max_file_seconds),
     "Give up a file that takes longer than this to parse; 0 is no limit", 0},
    {"output-format", 'f', OPTION_LIST, GROUP_OUTPUT, "FORMATS", FIELD(formats),
     "Write these formats, each to the standard output or, as in sarif:out.sarif, to a file: text, colorized, parseable, msvs, json, json2, sarif, github, gitlab, junit, html", 0},
    {"format", 0, OPTION_LIST, GROUP_OUTPUT, "FORMATS", FIELD(formats),
     "The same as --output-format; for cyclint sql: text, csv or json", 1},
    {"output", 'o', OPTION_TEXT, GROUP_OUTPUT, "FILE", FIELD(output),
     "Write to this file what would go to the standard output", 0},
    {"msg-template", 0, OPTION_TEXT, GROUP_OUTPUT, "TEMPLATE", FIELD(msg_template),
     "The line of a finding in the text formats, with pylint's fields: {path}:{line}:{column}: {msg_id}: {msg} ({symbol})", 0},
    {"reports", 'r', OPTION_YES_NO, GROUP_OUTPUT, "y|n", FIELD(reports),
     "Write tables of counts after the findings", 0},
    {"score", 's', OPTION_YES_NO, GROUP_OUTPUT, "y|n", FIELD(score),
     "Write the score after the findings", 0},
    {"statistics", 0, OPTION_FLAG, GROUP_OUTPUT, NULL, FIELD(statistics),
     "Write how many findings each rule has, and nothing else", 0},
    {"trend", 0, OPTION_FLAG, GROUP_OUTPUT, NULL, FIELD(trend),
     "Write after the findings, in text, what has changed since the last run with the same paths and options", 0},
    {"color", 0, OPTION_CHOICE, GROUP_OUTPUT, "auto|always|never", FIELD(color),
     "Colours in text: auto is on a terminal, unless NO_COLOR is set", 0},
    {"sarif-max", 0, OPTION_COUNT, GROUP_OUTPUT, "N", FIELD(sarif_max),
     "Keep only the N gravest findings in SARIF; 0 keeps all. GitHub keeps 5000", 0},
    {"sarif-suppressed", 0, OPTION_FLAG, GROUP_OUTPUT, NULL, FIELD(sarif_suppressed),
     "Write suppressed findings to SARIF too, marked as such; GitHub would open alerts for them", 0},
    {"baseline", 0, OPTION_TEXT, GROUP_OUTPUT, "FILE", FIELD(baseline),
     "Report only findings that are not in this file", 0},
    {"write-baseline", 0, OPTION_TEXT, GROUP_OUTPUT, "FILE", FIELD(write_baseline),
     "Write the findings to this file for --baseline, and report none of them", 0},
    {"diff", 0, OPTION_TEXT, GROUP_OUTPUT, "REV", FIELD(diff),
     "Report only findings on lines that have changed since this git revision, or with a place of theirs on one; REV... is since the last commit in common with REV", 1},
    {"fix", 0, OPTION_FLAG, GROUP_FIXING, NULL, FIELD(fix),
     "Change the files: make the fixes that cannot change what the program does, and report what is left", 0},
    {"unsafe-fixes", 0, OPTION_FLAG, GROUP_FIXING, NULL, FIELD(unsafe_fixes),
     "Count those fixes in that may change what the program does", 0},
    {"no-fix", 0, OPTION_FLAG_OFF, GROUP_FIXING, NULL, FIELD(fix),
     "Make no fixes, whatever the configuration says", 1},
    {"no-unsafe-fixes", 0, OPTION_FLAG_OFF, GROUP_FIXING, NULL, FIELD(unsafe_fixes),
     "Leave them out, whatever the configuration says", 1},
    {"show-diff", 0, OPTION_FLAG, GROUP_FIXING, NULL, FIELD(show_diff),
     "Write what --fix would change as a unified diff, and nothing else; change no file; exit with 0 when there is nothing to change", 0},
    {"fail-under", 0, OPTION_DECIMAL, GROUP_STATUS, "SCORE", FIELD(fail_under),
     "Exit with 0 when the score is at least this", 0},
    {"fail-on", 0, OPTION_LIST, GROUP_STATUS, "RULES", FIELD(fail_on),
     "Exit with a failure when one of these rules has a finding, whatever the score", 0},
    {"exit-zero", 0, OPTION_FLAG, GROUP_STATUS, NULL, FIELD(exit_zero),
     "Exit with 0 whatever is found", 0},
    {"jobs", 'j', OPTION_COUNT, GROUP_RUNNING, "N", FIELD(jobs),
     "Use N threads; 0 is one for each core", 0},
    {"rcfile", 0, OPTION_TEXT, GROUP_RUNNING, "FILE", FIELD(rcfile),
     "Read the configuration from this file and look for no other", 1},
    {"config", 0, OPTION_TEXT, GROUP_RUNNING, "FILE", FIELD(rcfile),
     "The same as --rcfile", 1},
    {"isolated", 0, OPTION_FLAG, GROUP_RUNNING, NULL, FIELD(isolated),
     "Read no configuration", 1},
    {"verbose", 'v', OPTION_FLAG, GROUP_RUNNING, NULL, FIELD(verbose),
     "Tell on the standard error which configuration and which files are read", 0},
    {"timings", 0, OPTION_FLAG, GROUP_RUNNING, NULL, FIELD(timings),
     "Tell on the standard error how long each stage took", 0},
    {"progress", 0, OPTION_CHOICE, GROUP_RUNNING, "auto|always|never", FIELD(progress),
     "Show a progress bar on the standard error: auto is on a terminal, after one second", 0},
    {"cache-dir", 0, OPTION_TEXT, GROUP_RUNNING, "FOLDER", FIELD(cache_dir),
     "Keep in this folder what is known of files that do not change; otherwise it is .cyclint_cache in the project", 0},
    {"no-cache", 0, OPTION_FLAG, GROUP_RUNNING, NULL, FIELD(no_cache),
     "Neither use nor keep what is known of files", 0},
    {"clear-cache", 0, OPTION_FLAG, GROUP_RUNNING, NULL, FIELD(clear_cache),
     "Forget first what is known of files", 1},
    {"only-cycles", 0, OPTION_FLAG, GROUP_GRAPH, NULL, FIELD(only_cycles),
     "Leave out classes that are in no cycle, not even by their types", 1},
    {"max-classes", 0, OPTION_COUNT, GROUP_GRAPH, "N", FIELD(max_classes),
     "Draw at most N classes in svg and html, those of cycles first; 0 draws all", 1},
    {"test-rules", 0, OPTION_TEXT, GROUP_QUESTIONS, "FOLDER", FIELD(test_rules),
     "Test the rules of this folder on their examples: bad.py, where lines that end in # [rule-name] are reported, and good.py, where none is", 0},
    {"new-rule", 0, OPTION_TEXT, GROUP_QUESTIONS, "NAME", FIELD(new_rule),
     "Begin a rule in the folder that --rules names: a query that works and its two examples", 0},
    {"show-tree", 0, OPTION_TEXT, GROUP_QUESTIONS, "FILE", FIELD(show_tree),
     "Write the syntax tree of a Python file in the words of queries, for those who write rules; - is the standard input", 0},
    {"shard", 0, OPTION_TEXT, GROUP_RUNNING, "I/N", FIELD(shard),
     "For cyclint facts: take the files that fall to part I of N", 1},
    {"depfile", 0, OPTION_TEXT, GROUP_RUNNING, "FILE", FIELD(depfile),
     "For cyclint facts: also write to this file what the part depends on, as make and ninja read it", 1},
    {"help-msg", 0, OPTION_TEXT, GROUP_QUESTIONS, "RULES", FIELD(help_msg),
     "Explain these rules, with examples", 0},
    {"list-msgs", 0, OPTION_FLAG, GROUP_QUESTIONS, NULL, FIELD(list_msgs),
     "List all rules with their reasons", 0},
    {"list-msgs-enabled", 0, OPTION_FLAG, GROUP_QUESTIONS, NULL, FIELD(list_msgs_enabled),
     "List which rules would be reported with the other options given", 0},
    {"list-makers", 0, OPTION_FLAG, GROUP_QUESTIONS, NULL, FIELD(list_makers),
     "List the calls that open what must be closed, in the words of --makers", 0},
    {"schema", 0, OPTION_FLAG, GROUP_QUESTIONS, NULL, FIELD(schema),
     "For cyclint sql: show the tables that there are to ask", 0},
    {"generate-toml-config", 0, OPTION_FLAG, GROUP_QUESTIONS, NULL, FIELD(generate_toml_config),
     "Write a configuration with all keys and their present values", 0},
    {"help", 'h', OPTION_FLAG, GROUP_QUESTIONS, NULL, FIELD(help), "Show this help", 0},
    {"version", 0, OPTION_FLAG, GROUP_QUESTIONS, NULL, FIELD(version), "Show the version", 0},
    {"generate-man", 0, OPTION_FLAG, GROUP_HIDDEN, NULL, FIELD(generate_man),
     "Write the manual page", 0},
    {"generate-completion", 0, OPTION_TEXT, GROUP_HIDDEN, "bash|zsh|fish", FIELD(generate_completion),
     "Write the completions for a shell", 0},
    {"dump-facts", 0, OPTION_FLAG, GROUP_HIDDEN, NULL, FIELD(dump_facts),
     "Write the facts of the files and nothing else", 0},
};
/* clang-format on */

enum { N_OPTIONS = sizeof table / sizeof *table };
static_assert((int)N_OPTIONS <= (int)MAX_OPTIONS, "struct options has too little room");

enum {
    DEFAULT_PYTHON = 0x030D,
    /* Generated tables of some MB are common and parse in a fraction of a second; beyond this there
     * is nothing that a person wrote. */
    DEFAULT_FILE_SIZE = 16 << 20,
    DEFAULT_FILE_SECONDS = 20,
    PERFECT_SCORE = 10,
    DEFAULT_MAX_CLASSES = 120 /* what a person can find their way in */
};

const struct option *options_table(size_t *n)
{
    *n = N_OPTIONS;
    return table;
}

const char *option_group_title(enum option_group group)
{
    static const char *const titles[N_GROUPS] = {
        "What to report", "Which files", "How to write",        "Fixing", "Exit status", "Running",
        "The graph",      "Questions",   "For building cyclint"};
    return titles[group];
}

bool option_is_key(const struct option *option)
{
    return option->group < GROUP_QUESTIONS && !option->only_command_line;
}

const struct option *option_find(const char *name, size_t length)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (strlen(table[i].name) == length && strncmp(table[i].name, name, length) == 0) {
            return &table[i];
        }
    }
    return NULL;
}

const char *option_nearest(const char *name, size_t length, bool only_keys)
{
    struct nearest nearest = nearest_to(name, length);
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (table[i].group != GROUP_HIDDEN && (!only_keys || option_is_key(&table[i]))) {
            nearest_offer(&nearest, table[i].name);
        }
    }
    return nearest.best;
}

void options_init(struct options *options)
{
    *options = (struct options){
        .min_confidence = CONFIDENCE_LIKELY,
        .python_version = DEFAULT_PYTHON,
        .max_file_size = DEFAULT_FILE_SIZE,
        .max_file_seconds = DEFAULT_FILE_SECONDS,
        .score = true,
        .fail_under = PERFECT_SCORE,
        .max_classes = DEFAULT_MAX_CLASSES,
    };
}

static bool is_list(enum option_kind kind)
{
    return kind == OPTION_LIST || kind == OPTION_HOLDERS || kind == OPTION_MAKERS
           || kind == OPTION_FUNCTIONS;
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (is_list(table[i].kind)) {
            struct strings *list = (struct strings *)(void *)((char *)options + table[i].field);
            array_free(list);
        }
    }
    for (size_t i = 0; i < options->rule_settings.n; i++) {
        array_free(&options->rule_settings.items[i].ignore_names);
        array_free(&options->rule_settings.items[i].ignore_bases);
        array_free(&options->rule_settings.items[i].exclude);
    }
    array_free(&options->rule_settings);
    array_free(&options->selection);
    array_free(&options->paths);
    arena_free(&options->arena);
}

/* ---- values ---- */

static bool read_decimal(const char *value, double low, double *number, struct error *error)
{
    char *end;
    errno = 0;
    double read = strtod(value, &end);
    if (end == value || *end != '\0' || errno != 0 || !(read >= low && read <= 1e9)) {
        return error_at(error, "'%.200s' is no number%s", value,
                        low == 0 ? " of 0 or more" : " in the range of scores");
    }
    *number = read;
    return true;
}

/* A whole number of 0 or more; `*end` is what follows it. */
static bool read_count(const char *value, const char **end, long *number, struct error *error)
{
    errno = 0;
    char *after;
    *number = isdigit((unsigned char)*value) ? strtol(value, &after, 10) : -1;
    if (*number < 0 || errno != 0 || *number > INT_MAX) {
        return error_at(error, "'%.200s' is no whole number between 0 and %d", value, INT_MAX);
    }
    *end = after;
    return true;
}

static bool set_count(const char *value, bool has_unit, int *field, struct error *error)
{
    static const char units[] = "kMG";
    long number;
    const char *end;
    if (!read_count(value, &end, &number, error)) {
        return false;
    }
    const char *unit = has_unit && *end != '\0' ? strchr(units, *end) : NULL;
    if (unit != NULL) {
        end++;
        number <<= 10 * (unit - units + 1);
    }
    if (*end != '\0' || number > INT_MAX) {
        return error_at(error, "'%.200s' is no whole number between 0 and %d", value, INT_MAX);
    }
    *field = (int)number;
    return true;
}

static bool set_yes_no(const char *value, bool *field, struct error *error)
{
    static const char *const words[] = {"n", "y", "no", "yes", "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(words[i], value) == 0) {
            *field = i % 2;
            return true;
        }
    }
    return error_at(error, "'%.200s' is neither y nor n", value);
}

static bool set_choice(const char *words, const char *value, int *field, struct error *error)
{
    int number = 0;
    for (const char *word = words;; number++) {
        size_t length = strcspn(word, "|");
        if (strlen(value) == length && strncmp(word, value, length) == 0) {
            *field = number;
            return true;
        }
        if (word[length] == '\0') {
            return error_at(error, "'%.200s' is none of %s", value, words);
        }
        word += length + 1;
    }
}

/* "3.12" is 0x030C. */
static bool set_version(const char *value, int *field, struct error *error)
{
    const char *end = value;
    long major = 0, minor = 0;
    bool ok = read_count(value, &end, &major, NULL) && major == 3 && *end == '.'
              && read_count(end + 1, &end, &minor, NULL) && minor <= 99
              && (*end == '\0' || *end == '.');
    if (!ok) {
        return error_at(error, "'%.200s' is no version of Python 3, such as 3.12", value);
    }
    *field = (int)(major << 8 | minor);
    return true;
}

static int confidence_of(const char *word, size_t length)
{
    static const struct {
        const char *word;
        enum confidence confidence;
    } words[] = {
        {"HIGH", CONFIDENCE_CERTAIN},       {"CONTROL_FLOW", CONFIDENCE_LIKELY},
        {"INFERENCE", CONFIDENCE_LIKELY},   {"INFERENCE_FAILURE", CONFIDENCE_POSSIBLE},
        {"UNDEFINED", CONFIDENCE_POSSIBLE}, {"certain", CONFIDENCE_CERTAIN},
        {"likely", CONFIDENCE_LIKELY},      {"possible", CONFIDENCE_POSSIBLE},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].word) == length && strncasecmp(words[i].word, word, length) == 0) {
            return (int)words[i].confidence;
        }
    }
    return -1;
}

/* The next part of a list, blanks around it taken away; NULL at its end.  A comma in brackets does
 * not separate: it belongs to a regular expression or a glob. */
static const char *next_part(struct options *options, const char **list)
{
    const char *start = *list + strspn(*list, ", \t\n"), *end = start;
    int depth = 0;
    for (; *end != '\0' && !(*end == ',' && depth <= 0); end++) {
        depth += strchr("([{", *end) != NULL;
        depth -= strchr(")]}", *end) != NULL;
    }
    *list = end;
    while (end > start && strchr(" \t\n", end[-1]) != NULL) {
        end--;
    }
    return end == start ? NULL : arena_string(&options->arena, start, (size_t)(end - start));
}

static bool set_confidence(struct options *options, const char *value, struct error *error)
{
    int lowest = CONFIDENCE_CERTAIN;
    const char *part = next_part(options, &value);
    for (; part != NULL; part = next_part(options, &value)) {
        int confidence = confidence_of(part, strlen(part));
        if (confidence < 0) {
            return error_at(error,
                            "'%.200s' is none of HIGH, CONTROL_FLOW, INFERENCE, "
                            "INFERENCE_FAILURE, UNDEFINED",
                            part);
        }
        lowest = confidence < lowest ? confidence : lowest;
    }
    options->min_confidence = lowest;
    return true;
}

static bool add_parts(struct options *options, struct strings *list, const char *value,
                      bool is_new_level)
{
    if (is_new_level) {
        list->n = 0;
    }
    const char *part = next_part(options, &value);
    for (; part != NULL; part = next_part(options, &value)) {
        *array_push(list) = part;
    }
    return true;
}

static bool holders_are_right(struct options *options, const char *value, struct error *error)
{
    struct foreign entry;
    const char *part = next_part(options, &value);
    for (; part != NULL; part = next_part(options, &value)) {
        if (!foreign_read(part, &options->arena, &entry, error)) {
            return false;
        }
    }
    return true;
}

static bool makers_are_right(struct options *options, bool are_functions, const char *value,
                             struct error *error)
{
    struct maker maker;
    const char *part = next_part(options, &value);
    for (; part != NULL; part = next_part(options, &value)) {
        bool ok = are_functions ? maker_read_function(part, error)
                                : maker_read(part, &options->arena, &maker, error);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool add_steps(struct options *options, bool enables, const char *value,
                      enum option_level level, const char *where)
{
    const char *part = next_part(options, &value);
    for (; part != NULL; part = next_part(options, &value)) {
        *array_push(&options->selection) =
            (struct selection_step){part, where, enables, level, false};
    }
    return true;
}

bool options_set(struct options *options, const struct option *option, const char *value,
                 enum option_level level, const char *where, struct error *error)
{
    void *field = (char *)options + option->field;
    size_t row = (size_t)(option - table);
    bool is_new_level = options->set_at[row] != level;
    options->set_at[row] = level;
    switch (option->kind) {
    case OPTION_FLAG:
        return value == NULL ? *(bool *)field = true : set_yes_no(value, field, error);
    case OPTION_FLAG_OFF:
        *(bool *)field = false;
        return true;
    case OPTION_YES_NO:
        return set_yes_no(value, field, error);
    case OPTION_COUNT:
        return set_count(value, false, field, error);
    case OPTION_SIZE:
        return set_count(value, true, field, error);
    case OPTION_DECIMAL:
        return read_decimal(value, field == &options->fail_under ? -1e9 : 0, field, error);
    case OPTION_TEXT:
        *(const char **)field = arena_string(&options->arena, value, strlen(value));
        return true;
    case OPTION_MAKERS:
    case OPTION_FUNCTIONS:
        return makers_are_right(options, option->kind == OPTION_FUNCTIONS, value, error)
               && add_parts(options, field, value, is_new_level);
    case OPTION_HOLDERS:
        return holders_are_right(options, value, error)
               && add_parts(options, field, value, is_new_level);
    case OPTION_LIST:
        return add_parts(options, field, value, is_new_level);
    case OPTION_CHOICE:
        return set_choice(option->argument, value, field, error);
    case OPTION_VERSION:
        return set_version(value, field, error);
    case OPTION_CONFIDENCE:
        return set_confidence(options, value, error);
    case OPTION_ENABLE:
    case OPTION_DISABLE:
        break;
    }
    return add_steps(options, option->kind == OPTION_ENABLE, value, level, where);
}

enum option_level options_level(const struct options *options, const char *name)
{
    const struct option *option = option_find(name, strlen(name));
    return options->set_at[option - table];
}

/* ---- the command line ---- */

struct arguments {
    char *const *next;
    char *const *end;
};

/* The option that `name` begins, when it is only one. */
static bool find_abbreviated(const char *name, size_t length, const struct option **found,
                             struct error *error)
{
    *found = option_find(name, length);
    for (size_t i = 0; *found == NULL && i < N_OPTIONS; i++) {
        if (strncmp(table[i].name, name, length) != 0 || table[i].group == GROUP_HIDDEN) {
            continue;
        }
        for (size_t k = i + 1; k < N_OPTIONS; k++) {
            if (strncmp(table[k].name, name, length) == 0 && table[k].group != GROUP_HIDDEN) {
                return error_at(error, "option '--%.*s' could be --%s or --%s", (int)length, name,
                                table[i].name, table[k].name);
            }
        }
        *found = &table[i];
    }
    if (*found != NULL) {
        return true;
    }
    const char *nearest = option_nearest(name, length, false);
    if (nearest != NULL) {
        return error_at(error, "there is no option '--%.*s': did you mean '--%s'?",
                        (int)(length < 200 ? length : 200), name, nearest);
    }
    return error_at(error, "there is no option '--%.*s'", (int)(length < 200 ? length : 200), name);
}

/* An argument that is no option: "-", a path, or a negative number. */
static bool is_value(const char *argument)
{
    return argument[0] != '-' || argument[1] == '\0' || isdigit((unsigned char)argument[1])
           || argument[1] == '.';
}

static bool set_named(struct options *options, const struct option *option, const char *value,
                      const char *shown, struct arguments *rest, struct error *error)
{
    if (option->argument == NULL) {
        if (value != NULL) {
            return error_at(error, "option '%s' takes no value", shown);
        }
    } else if (value == NULL) {
        if (rest->next == rest->end || !is_value(*rest->next)) {
            return error_at(error, "option '%s' needs a value: %s", shown, option->argument);
        }
        value = *rest->next++;
    }
    const char *where = arena_format(&options->arena, "option '%s'", shown);
    if (!options_set(options, option, value, LEVEL_COMMAND_LINE, where, error)) {
        return error_within(error, "%s", where);
    }
    return true;
}

static bool parse_long(struct options *options, const char *argument, struct arguments *rest,
                       struct error *error)
{
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *option;
    if (!find_abbreviated(name, length, &option, error)) {
        return false;
    }
    const char *shown = arena_format(&options->arena, "--%s", option->name);
    return set_named(options, option, equals ? equals + 1 : NULL, shown, rest, error);
}

static const struct option *find_letter(char letter)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (table[i].letter == letter) {
            return &table[i];
        }
    }
    return NULL;
}

/* `-Ej4` is -E and -j 4; `-j=4` is understood as argparse does. */
static bool parse_letters(struct options *options, const char *argument, struct arguments *rest,
                          struct error *error)
{
    for (const char *letter = argument + 1; *letter != '\0'; letter++) {
        const struct option *option = find_letter(*letter);
        if (option == NULL) {
            return error_at(error, "there is no option '-%c' (in '%.200s')", *letter, argument);
        }
        const char *shown = arena_format(&options->arena, "-%c", *letter);
        bool takes_rest = option->argument != NULL && letter[1] != '\0';
        const char *value = takes_rest ? letter + 1 + (letter[1] == '=') : NULL;
        if (!set_named(options, option, value, shown, rest, error)) {
            return false;
        }
        if (takes_rest) {
            break;
        }
    }
    return true;
}

bool options_parse(struct options *options, int argc, char *const *argv, struct error *error)
{
    struct arguments rest = {argv + 1, argv + argc};
    bool only_paths = false;
    options->argc = argc;
    options->argv = argv;
    while (rest.next < rest.end) {
        const char *argument = *rest.next++;
        bool ok = true;
        bool is_first = options->paths.n == 0 && !options->is_graph && !options->is_facts
                        && options->link == NULL && !only_paths;
        if (is_first && strcmp(argument, "graph") == 0) {
            options->is_graph = true;
        } else if (is_first && strcmp(argument, "facts") == 0) {
            options->is_facts = true;
        } else if (is_first && strcmp(argument, "link") == 0) {
            options->link = argument;
        } else if (only_paths || argument[0] != '-' || argument[1] == '\0') {
            *array_push(&options->paths) = argument;
        } else if (strcmp(argument, "--") == 0) {
            only_paths = true;
        } else if (argument[1] == '-') {
            ok = parse_long(options, argument, &rest, error);
        } else {
            ok = parse_letters(options, argument, &rest, error);
        }
        if (!ok) {
            return false;
        }
    }
    return true;
}
