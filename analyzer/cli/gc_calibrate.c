/*
 * gc_calibrate.c - measuring how fast an interpreter's collector is on this machine.
 *
 * The interpreter runs a small program that times collections of known size and prints one JSON
 * object.  Whatever else it prints, or ends with, is an error: half a measurement is none.
 */
#include "cli/gc_calibrate.h"

#include "base/arena.h"
#include "cli/gc_probe.h"
#include "cli/python.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_SECONDS = 60 }; /* it takes about four */

/* ---- running it ---- */

static bool run_probe(const char *python, struct builder *text, struct error *error)
{
    struct arena arena = {0};
    char *words[] = {arena_string(&arena, python, strlen(python)),
                     arena_string(&arena, "-I", 2),
                     arena_string(&arena, "-S", 2),
                     arena_string(&arena, "-c", 2),
                     arena_string(&arena, gc_speed_probe, strlen(gc_speed_probe)),
                     NULL};
    bool ok = python_run(words, MAX_SECONDS, text, NULL, error);
    arena_free(&arena);
    return ok;
}

/* ---- reading what it says ---- */

static bool read_range(const cJSON *figures, const char *name, struct gc_range *range)
{
    const cJSON *pair = cJSON_GetObjectItemCaseSensitive(figures, name);
    const cJSON *low = cJSON_GetArrayItem(pair, 0), *high = cJSON_GetArrayItem(pair, 1);
    if (!cJSON_IsNumber(low) || !cJSON_IsNumber(high)) {
        return false;
    }
    *range = (struct gc_range){low->valuedouble, high->valuedouble};
    return range->low >= 0 && range->high >= range->low && range->high < 1e12;
}

static bool read_figures(const char *text, enum gc_layout layout, struct gc_speed *speed)
{
    cJSON *json = cJSON_Parse(text);
    const cJSON *figures = cJSON_GetObjectItemCaseSensitive(json, "nanoseconds");
    struct gc_range ordered, random;
    bool ok = read_range(figures, "collection", &speed->fixed)
              && read_range(figures, "object", &speed->object)
              && read_range(figures, "object_own", &speed->own)
              && read_range(figures, "freed", &speed->freed)
              && read_range(figures, "object_sequential", &ordered)
              && read_range(figures, "object_random", &random);
    if (ok) {
        double worst = random.high > ordered.high ? random.high : ordered.high;
        struct gc_range mixed = {ordered.low, worst};
        speed->far = layout == GC_SEQUENTIAL ? ordered : layout == GC_RANDOM ? random : mixed;
    }
    cJSON_Delete(json);
    return ok;
}

bool gc_calibrate(const char *python, struct builder *out, struct error *error)
{
    struct builder text = {0};
    struct gc_speed speed;
    bool ok = run_probe(python, &text, error);
    if (ok && !read_figures(builder_string(&text), GC_MIXED, &speed)) {
        ok = error_at(error, "the probe was cut short, or is not what ran: %s", python);
    }
    if (ok) {
        builder_add(out, builder_string(&text));
        builder_add_char(out, '\n');
    }
    builder_free(&text);
    return ok;
}

bool gc_calibration_load(const char *path, enum gc_layout layout, struct gc_speed *speed,
                         struct error *error)
{
    struct builder text = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return error_at(error, "%s: %s", strerror(errno), path);
    }
    python_read_all(fd, &text);
    close(fd);
    bool ok = read_figures(builder_string(&text), layout, speed)
              || error_at(error, "holds no figures of gc calibrate: %s", path);
    builder_free(&text);
    return ok;
}
