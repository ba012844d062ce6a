/*
 * write_gitlab.c - GitLab's code quality report: the part of Code Climate's format that GitLab
 * reads.
 */
#include "report/writers.h"

#include "report/json.h"

enum { INDENT = 2 };

/* GitLab's words: info, minor, major, critical, blocker. */
static const char *severity_of(const struct rule *rule)
{
    static const char *const severities[N_CATEGORIES] = {
        [CATEGORY_FATAL] = "blocker",    [CATEGORY_ERROR] = "critical",
        [CATEGORY_WARNING] = "major",    [CATEGORY_REFACTOR] = "minor",
        [CATEGORY_CONVENTION] = "minor", [CATEGORY_INFORMATION] = "info"};
    return severities[rule_category(rule)];
}

static void write_location(struct json *json, const struct span *span)
{
    const char *relative = span->file->relative_path;
    json_key_open(json, "location", '{');
    json_key_string(json, "path", relative ? relative : span->file->path);
    json_key_open(json, "lines", '{');
    json_key_number(json, "begin", span->start.line);
    json_key_number(json, "end", span->end.line ? span->end.line : span->start.line);
    json_close(json, '}');
    json_close(json, '}');
}

static void write_message(struct json *json, const struct message *message)
{
    json_open(json, '{');
    json_key_string(json, "type", "issue");
    json_key_string(json, "check_name", message->rule->name);
    json_key_string(json, "description", message->text);
    json_key_open(json, "content", '{');
    json_key_string(json, "body", message->remedy);
    json_close(json, '}');
    json_key_open(json, "categories", '[');
    json_string(json, "Bug Risk");
    json_close(json, ']');
    json_key_string(json, "fingerprint", message->fingerprint);
    json_key_string(json, "severity", severity_of(message->rule));
    write_location(json, &message->span);
    json_close(json, '}');
}

static void write_gitlab(const struct report *report, const struct writer_options *options,
                         struct builder *out)
{
    (void)options;
    struct json json = json_begin(out, INDENT);
    json_open(&json, '[');
    for (size_t i = 0; i < report->shown.n; i++) {
        write_message(&json, &report->shown.items[i]);
    }
    json_close(&json, ']');
    builder_add_char(out, '\n');
}

const struct writer writer_gitlab = {"gitlab", write_gitlab, true};
