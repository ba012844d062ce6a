/*
 * settings.c - what the configuration nearest to each file says about it.
 */
#include "cli/settings.h"

#include "cli/select.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool settings_begin(struct settings *settings, const struct options *options, struct error *error)
{
    settings->options = options;
    return select_names_are_known(&options->fail_on, "option '--fail-on'", error)
           && select_make(options, &settings->arena, &settings->selection, error);
}

void settings_free(struct settings *settings)
{
    for (size_t i = 0; i < settings->others.n; i++) {
        options_free(&settings->others.items[i]->options);
        free(settings->others.items[i]);
    }
    array_free(&settings->others);
    config_map_free(&settings->configs);
    arena_free(&settings->arena);
}

/* NULL with an error when the configuration is wrong. */
static const struct setting *new_setting(struct settings *settings, const char *config,
                                         struct error *error)
{
    struct setting *setting = alloc_zeroed(1, sizeof *setting);
    *array_push(&settings->others) = setting;
    setting->config = config;
    bool ok = config_load(config, settings->options, &setting->options, error)
              && select_make(&setting->options, &settings->arena, &setting->selection, error);
    return ok ? setting : NULL;
}

/* The setting of a configuration, which is read when it is met first. */
static const struct setting *setting_of(struct settings *settings, const char *config,
                                        struct error *error)
{
    for (size_t i = 0; i < settings->others.n; i++) {
        if (settings->others.items[i]->config == config) {
            return settings->others.items[i];
        }
    }
    return new_setting(settings, config, error);
}

static bool is_main_config(const struct settings *settings, const char *config)
{
    const char *main_config = settings->options->config_path;
    return config == main_config
           || (config != NULL && main_config != NULL && strcmp(config, main_config) == 0);
}

/* The setting of the configuration nearest to a file; `*setting` is NULL for the main one.  Files
 * come sorted, so most are in the folder of the one before. */
static bool find_setting(struct settings *settings, const char *folder,
                         const struct setting **setting, struct error *error)
{
    const char *config;
    bool is_same = settings->last_folder != NULL && folder != NULL
                   && strcmp(settings->last_folder, folder) == 0;
    if (!is_same) {
        if (!config_find(&settings->configs, folder, &config, error)) {
            return false;
        }
        bool is_main = is_main_config(settings, config);
        settings->last_setting = is_main ? NULL : setting_of(settings, config, error);
        if (!is_main && settings->last_setting == NULL) {
            return false;
        }
        settings->last_folder = folder;
    }
    *setting = settings->last_setting;
    return true;
}

/* `*stays` is false when the configuration near the file leaves it out. */
static bool apply(struct settings *settings, struct file *file, bool *stays, struct error *error)
{
    const struct setting *setting;
    if (!find_setting(settings, file->folder, &setting, error)) {
        return false;
    }
    if (setting == NULL) {
        return true;
    }
    file->selection = &setting->selection;
    struct discover_options how = files_discover_options(&setting->options, &settings->arena);
    bool is_left_out;
    if (!discover_leaves_out(file->path, file->is_named, &how, &is_left_out, error)) {
        return false;
    }
    *stays = !is_left_out;
    return true;
}

static void tell_what_is_read(const struct settings *settings, const struct files *files)
{
    const char *config = settings->options->config_path;
    fprintf(stderr, "cyclint: configuration: %s\n", config != NULL ? config : "none");
    for (size_t i = 0; i < settings->others.n; i++) {
        const char *other = settings->others.items[i]->config;
        fprintf(stderr, "cyclint: configuration of some files: %s\n", other ? other : "none");
    }
    for (size_t i = 0; i < files->n; i++) {
        fprintf(stderr, "cyclint: %s\n", files->items[i].path);
    }
}

/* One configuration holds for all when the user named one or wants none. */
bool settings_apply(struct settings *settings, struct files *files, struct error *error)
{
    bool is_fixed = settings->options->isolated || settings->options->rcfile != NULL;
    size_t n_kept = 0;
    for (size_t i = 0; i < files->n; i++) {
        struct file file = files->items[i];
        file.selection = &settings->selection;
        bool stays = true;
        if (!is_fixed && !apply(settings, &file, &stays, error)) {
            return false;
        }
        if (stays) {
            files->items[n_kept++] = file;
        }
    }
    files->n = n_kept;
    if (settings->options->verbose) {
        tell_what_is_read(settings, files);
    }
    return true;
}
