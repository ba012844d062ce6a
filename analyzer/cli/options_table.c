/*
 * options_table.c - the table of options.
 */
#include "cli/options.h"

#include "text/nearest.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

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
