/*
 * part_format.c - how a part lies in its file.
 */
#include "cli/part_format.h"

#include "cli/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum { CHUNK = 1 << 16 };

uint64_t part_number(const struct options *options)
{
    struct builder all = {0};
    size_t n;
    const struct option *table = options_table(&n);
    for (size_t i = 0; i < n; i++) {
        if (table[i].group == GROUP_FILES) {
            config_write_value(options, &table[i], &all);
            builder_add_char(&all, '\0');
        }
    }
    uint64_t number = XXH3_64bits(builder_string(&all), all.length);
    builder_free(&all);
    return number;
}

/* A pipe or a device is no part: some never end. */
bool part_is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

bool part_read(const char *path, struct builder *text, struct error *error)
{
    if (access(path, F_OK) == 0 && !part_is_file(path)) {
        return error_at(error, "cannot read the part '%s': it is no regular file", path);
    }
    FILE *file = fopen(path, "rbe");
    char *chunk = alloc(CHUNK);
    size_t n;
    while (file != NULL && (n = fread(chunk, 1, CHUNK, file)) > 0) {
        builder_add_bytes(text, chunk, n);
    }
    bool ok = file != NULL && !ferror(file);
    if (!ok) {
        error_at(error, "cannot read the part '%s': %s", path, strerror(errno));
    }
    if (file != NULL) {
        fclose(file);
    }
    free(chunk);
    return ok;
}
