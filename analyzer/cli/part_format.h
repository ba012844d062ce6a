/*
 * part_format.h - how a part lies in its file.
 *
 * A part begins with a head; texts and records follow, those with facts at multiples of 16 bytes,
 * so that facts can be used where they lie:
 *
 *     head  version  path…  { record  path  failure  facts }…
 *
 * Texts end in NUL.  The head has a checksum of all that follows it.
 */
#ifndef CYCLINT_CLI_PART_FORMAT_H
#define CYCLINT_CLI_PART_FORMAT_H

#include "base/builder.h"
#include "base/error.h"
#include "cli/options.h"

#include <stdint.h>

enum { PART_ALIGNMENT = 16, MOST_PARTS = 1000000 };

static const char part_mark[8] = {'c', 'y', 'c', 'p', 'a', 'r', 't', '1'};

struct part_head {
    char mark[sizeof part_mark];
    uint64_t checksum; /* of all that follows the head */
    uint64_t producer; /* which build and which rules */
    uint64_t asked;    /* which options: part_number() */
    uint32_t shard, n_shards;
    uint32_t n_paths, n_files;
};

enum failure_kind { FAILURE_NONE, FAILURE_UNREADABLE, FAILURE_LIMIT };

struct part_record {
    uint64_t hash; /* of the file's bytes; 0 when it could not be read */
    uint64_t n_facts;
    uint32_t n_path, n_failure; /* with their NULs */
    uint32_t failure;           /* enum failure_kind */
    uint32_t unused;
};

/* The options that decide which files there are and what is known of them, as a number. */
uint64_t part_number(const struct options *options);

/* Whether it is there and a regular file. */
bool part_is_file(const char *path);

/* All bytes of a regular file. */
bool part_read(const char *path, struct builder *text, struct error *error);

#endif
