/*
 * gc_profile.c - reading what `cyclint gc profile` measured.
 */
#include "report/gc_profile.h"

#include <cjson/cJSON.h>
#include <string.h>

static const double MOST = 1e15; /* greater counts nobody waits for */

static bool read_count(const cJSON *object, const char *name, double *value)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= MOST)) {
        return false;
    }
    *value = item->valuedouble;
    return true;
}

static bool read_line(const cJSON *object, const char *name, uint32_t *line)
{
    double value;
    bool ok = read_count(object, name, &value) && value <= UINT32_MAX;
    *line = ok ? (uint32_t)value : 0;
    return ok;
}

static const char *read_text(const cJSON *object, const char *name, struct arena *arena)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsString(item) ? arena_string(arena, item->valuestring, strlen(item->valuestring))
                                : NULL;
}

static bool read_counts(const cJSON *object, const char *name, uint64_t counts[N_GENERATIONS])
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, name);
    for (int g = 0; g < N_GENERATIONS; g++) {
        const cJSON *item = cJSON_GetArrayItem(list, g);
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= MOST)) {
            return false;
        }
        counts[g] = (uint64_t)item->valuedouble;
    }
    return true;
}

/* The newest function becomes the first of its name. */
static void note_name(struct gc_profile *profile)
{
    struct profiled_function *f = array_last(&profile->functions);
    uint32_t index = (uint32_t)profile->functions.n - 1;
    size_t length = strlen(f->name);
    f->next = name_table_get(&profile->by_name, f->name, length);
    if (f->next == TABLE_NONE) {
        name_table_put(&profile->by_name, f->name, length, index);
        return;
    }
    struct profiled_function *first = &profile->functions.items[f->next];
    f->next = first->next;
    first->next = index;
}

static bool read_functions(const cJSON *json, struct gc_profile *profile)
{
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(json, "functions");
    cJSON_ArrayForEach(item, list)
    {
        struct profiled_function *f = array_push(&profile->functions);
        f->path = read_text(item, "path", &profile->arena);
        f->name = read_text(item, "name", &profile->arena);
        if (f->path == NULL || f->name == NULL || !read_line(item, "line", &f->line)
            || !read_count(item, "calls", &f->calls)) {
            return false;
        }
        note_name(profile);
    }
    return cJSON_IsArray(list);
}

static bool read_jumps(const cJSON *json, struct gc_profile *profile)
{
    const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(json, "loops");
    cJSON_ArrayForEach(item, list)
    {
        struct profiled_jump *jump = array_push(&profile->jumps);
        jump->path = read_text(item, "path", &profile->arena);
        if (jump->path == NULL || !read_line(item, "line", &jump->line)
            || !read_line(item, "from", &jump->from) || !read_count(item, "trips", &jump->times)) {
            return false;
        }
    }
    return cJSON_IsArray(list);
}

static bool read_all(const cJSON *json, struct gc_profile *profile)
{
    double objects = 0;
    const cJSON *gc = cJSON_GetObjectItemCaseSensitive(json, "gc");
    profile->python = read_text(json, "python", &profile->arena);
    bool ok = profile->python != NULL && read_functions(json, profile) && read_jumps(json, profile)
              && read_counts(gc, "threshold", profile->threshold)
              && read_counts(gc, "collections", profile->collections)
              && read_counts(gc, "collected", profile->collected)
              && read_count(gc, "objects", &objects) && read_count(gc, "seconds", &profile->seconds)
              && read_count(gc, "longest", &profile->longest)
              && cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "complete"));
    profile->objects = (uint64_t)objects;
    return ok;
}

bool gc_profile_read(const char *text, struct gc_profile *profile, struct error *error)
{
    *profile = (struct gc_profile){0};
    cJSON *json = cJSON_Parse(text);
    bool ok = read_all(json, profile);
    cJSON_Delete(json);
    if (!ok) {
        gc_profile_free(profile);
        return error_at(error, "is no whole profile of 'cyclint gc profile'");
    }
    return true;
}

void gc_profile_free(struct gc_profile *profile)
{
    array_free(&profile->functions);
    name_table_free(&profile->by_name);
    array_free(&profile->jumps);
    arena_free(&profile->arena);
}
