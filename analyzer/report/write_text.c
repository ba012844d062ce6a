/*
 * write_text.c - pylint's text formats: text, colorized, parseable, msvs, and templates.
 *
 * The first line of a finding is always the whole finding, so that output can be grepped; what
 * explains it is indented under it.
 */
#include "report/writers.h"

#include <string.h>

static const char text_template[] = "{path}:{line}:{column}: {msg_id}: {msg} ({symbol})";
static const char parseable_template[] = "{path}:{line}: [{msg_id}({symbol}), {obj}] {msg}";
static const char msvs_template[] = "{path}({line}): [{msg_id}({symbol}){obj}] {msg}";

const char *category_color(enum category category)
{
    static const char *const colors[N_CATEGORIES] = {
        [CATEGORY_FATAL] = "\x1b[1;37;41m",   [CATEGORY_ERROR] = "\x1b[1;31m",
        [CATEGORY_WARNING] = "\x1b[1;33m",    [CATEGORY_REFACTOR] = "\x1b[1;35m",
        [CATEGORY_CONVENTION] = "\x1b[1;34m", [CATEGORY_INFORMATION] = "\x1b[1;36m"};
    return colors[category];
}

static void write_module(const struct message *message, const struct writer_options *options,
                         struct builder *out)
{
    builder_addf(out, "%s************* Module %s%s\n", options->uses_color ? "\x1b[7m" : "",
                 message->span.file->module, options->uses_color ? "\x1b[0m" : "");
}

/* The text format's own line with colours; the bytes between them are those without. */
static void write_colored_line(const struct message *message, struct builder *out)
{
    const char *color = category_color(rule_category(message->rule));
    builder_add(out, "\x1b[1m");
    template_fill("{path}:{line}:{column}: ", message, out);
    builder_addf(out, "%s%s\x1b[0m: ", color, message->rule->code);
    template_fill("{msg}", message, out);
    builder_addf(out, " (%s%s\x1b[0m)\n", color, message->rule->name);
}

static void write_message(const struct message *message, const char *template,
                          const struct writer_options *options, struct builder *out)
{
    if (options->uses_color && strcmp(template, text_template) == 0) {
        write_colored_line(message, out);
    } else {
        template_fill(template, message, out);
        builder_add_char(out, '\n');
    }
    if (options->explains && !options->msg_template) { /* who says what a line is wants no other */
        explain_message(message, options, out);
    }
}

static void write_with(const struct report *report, const char *template,
                       const struct writer_options *options, struct builder *out)
{
    const char *module = NULL;
    if (options->msg_template) {
        template = options->msg_template;
    }
    for (size_t i = 0; i < report->shown.n; i++) {
        const struct message *message = &report->shown.items[i];
        if (module == NULL || strcmp(module, message->span.file->module) != 0) {
            module = message->span.file->module;
            write_module(message, options, out);
        }
        write_message(message, template, options, out);
    }
    summary_write(report, options, out);
}

static void write_text(const struct report *report, const struct writer_options *options,
                       struct builder *out)
{
    struct writer_options telling = *options;
    telling.tells_fixes = true;
    write_with(report, text_template, &telling, out);
}

static void write_colorized(const struct report *report, const struct writer_options *options,
                            struct builder *out)
{
    struct writer_options explaining = *options;
    explaining.explains = true;
    explaining.tells_fixes = true;
    write_with(report, text_template, &explaining, out);
}

/* Other programs read these two: nothing but the lines. */
static struct writer_options plain(const struct writer_options *options)
{
    struct writer_options plain = *options;
    plain.uses_color = false;
    plain.explains = false;
    return plain;
}

static void write_parseable(const struct report *report, const struct writer_options *options,
                            struct builder *out)
{
    struct writer_options lines_only = plain(options);
    write_with(report, parseable_template, &lines_only, out);
}

static void write_msvs(const struct report *report, const struct writer_options *options,
                       struct builder *out)
{
    struct writer_options lines_only = plain(options);
    write_with(report, msvs_template, &lines_only, out);
}

const struct writer writer_text = {"text", write_text, true};
const struct writer writer_colorized = {"colorized", write_colorized, false};
const struct writer writer_parseable = {"parseable", write_parseable, true};
const struct writer writer_msvs = {"msvs", write_msvs, true};
