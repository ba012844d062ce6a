/*
 * gc_calibrate.c - measuring how fast an interpreter's collector is on this machine.
 *
 * The interpreter runs a small program that times collections of known size and prints one JSON
 * object.  Whatever else it prints, or ends with, is an error: half a measurement is none.
 */
#include "cli/gc_calibrate.h"

#include "base/arena.h"
#include "cli/python.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_SECONDS = 60 }; /* it takes about three */

/* Runs on 3.8 and later. */
static const char probe[] =
    "import gc, json, random, sys\n"
    "from time import perf_counter_ns as now\n"
    "def timed(generation):\n"
    "    began = now(); gc.collect(generation); return now() - began\n"
    "def measure(make, generation, times):\n"
    "    taken = []\n"
    "    for _ in range(times):\n"
    "        gc.collect(); kept = make(); taken.append(timed(generation)); del kept\n"
    "    return sorted(taken)\n"
    "def spread(taken, base, n):\n"
    "    middle = taken[len(taken) * 3 // 4]\n"
    "    return [max(0.1, (taken[0] - base) / n), max(0.1, (middle - base) / n)]\n"
    "def cycles(n):\n"
    "    for _ in range(n):\n"
    "        a = []; a.append(a)\n"
    "def tangled(n):\n"
    "    kept = [[] for _ in range(n)]\n"
    "    for one in kept: one.append(kept[random.randrange(n)])\n"
    "    return kept\n"
    "gc.disable()\n"
    "random.seed(1)\n"
    "NEAR, FAR = 2000, 300000\n"
    "empty = measure(lambda: None, 0, 50)\n"
    "bare = measure(lambda: [[] for _ in range(NEAR)], 0, 30)\n"
    "shared = [[] for _ in range(4)]\n"
    "full = measure(lambda: [list(shared) for _ in range(NEAR)], 0, 30)\n"
    "dead = measure(lambda: cycles(NEAR), 0, 30)\n"
    "whole = measure(lambda: None, 2, 5)\n"
    "ordered = measure(lambda: [[] for _ in range(FAR)], 2, 4)\n"
    "mixed = measure(lambda: tangled(FAR), 2, 4)\n"
    "low, high = spread(bare, empty[0], NEAR)[0], spread(full, empty[0], NEAR)[1]\n"
    "json.dump({'python': sys.version.split()[0], 'nanoseconds': {\n"
    "    'collection': [empty[0], empty[len(empty) * 3 // 4]],\n"
    "    'object': [low, max(low, high)],\n"
    "    'object_sequential': spread(ordered, whole[0], FAR),\n"
    "    'object_random': spread(mixed, whole[0], FAR),\n"
    "    'freed': spread(dead, bare[0], NEAR)}}, sys.stdout)\n";

/* ---- running it ---- */

static bool run_probe(const char *python, struct builder *text, struct error *error)
{
    struct arena arena = {0};
    char *words[] = {arena_string(&arena, python, strlen(python)),
                     arena_string(&arena, "-I", 2),
                     arena_string(&arena, "-S", 2),
                     arena_string(&arena, "-c", 2),
                     arena_string(&arena, probe, sizeof probe - 1),
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
