/*
 * sarif_location.c - places in SARIF: URIs relative to %SRCROOT%, regions with all four numbers.
 */
#include "report/sarif.h"

#include <string.h>

/* RFC 3986's unreserved characters, and '/': the others are percent-encoded. */
static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || (c && strchr("-._~/", c));
}

static void add_encoded(struct builder *uri, const char *path)
{
    for (; *path; path++) {
        if (is_plain(*path)) {
            builder_add_char(uri, *path);
        } else {
            builder_addf(uri, "%%%02X", (unsigned)(unsigned char)*path);
        }
    }
}

void sarif_write_artifact(struct json *json, const struct report_file *file)
{
    const char *relative = file->relative_path;
    struct builder uri = {0};
    if (!relative) {
        builder_add(&uri, "file://");
    }
    add_encoded(&uri, relative ? relative : file->absolute_path);
    json_key_open(json, "artifactLocation", '{');
    json_key_string(json, "uri", builder_string(&uri));
    if (relative) {
        json_key_string(json, "uriBaseId", "%SRCROOT%");
    }
    json_close(json, '}');
    builder_free(&uri);
}

/* GitHub reads a region only if all four numbers are there. */
void sarif_write_region(struct json *json, const char *key, const struct span *span)
{
    struct position end = span->end.line ? span->end : span->start;
    json_key_open(json, key, '{');
    json_key_number(json, "startLine", span->start.line);
    json_key_number(json, "startColumn", span->start.column + 1);
    json_key_number(json, "endLine", end.line);
    json_key_number(json, "endColumn", end.column + 1);
    json_close(json, '}');
}

void sarif_write_location(struct json *json, const struct span *span)
{
    json_key_open(json, "physicalLocation", '{');
    sarif_write_artifact(json, span->file);
    sarif_write_region(json, "region", span);
    json_close(json, '}');
}

void sarif_write_base(struct json *json, const struct report *report)
{
    struct builder uri = {0};
    builder_add(&uri, "file://");
    add_encoded(&uri, report->directory);
    if (uri.s[uri.length - 1] != '/') {
        builder_add_char(&uri, '/');
    }
    json_key_open(json, "originalUriBaseIds", '{');
    json_key_open(json, "%SRCROOT%", '{');
    json_key_string(json, "uri", builder_string(&uri));
    json_key_open(json, "description", '{');
    json_key_string(json, "text", "The directory in which cyclint was started.");
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
    builder_free(&uri);
}
