/*
 * sarif.h - what the files of the SARIF writer share: SARIF 2.1.0, as GitHub reads it.
 */
#ifndef CYCLINT_REPORT_SARIF_H
#define CYCLINT_REPORT_SARIF_H

#include "report/json.h"
#include "report/report.h"

/* sarif_driver.c: `tool`, with all rules; fatal ones are notifications, not rules. */
void sarif_write_tool(struct json *json, const struct report *report);

/* "error", "warning", "note". */
const char *sarif_level(const struct rule *rule);

/* The index of a rule in the driver's `rules`, or in its `notifications` if it is fatal. */
size_t sarif_rule_index(const struct report *report, const struct rule *rule);

enum { SARIF_CUT_INDEX = 0 }; /* among the notifications: results were left out */
#define SARIF_CUT_ID "results-left-out"

/* sarif_location.c: a `physicalLocation`. */
void sarif_write_location(struct json *json, const struct span *span);
void sarif_write_artifact(struct json *json, const struct report_file *file);
void sarif_write_region(struct json *json, const char *key, const struct span *span);

/* The working directory as `originalUriBaseIds` wants it: "file:///home/x/". */
void sarif_write_base(struct json *json, const struct report *report);

#endif
