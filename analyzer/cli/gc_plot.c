/*
 * gc_plot.c - a tuning as a picture: three panels one above the other, the first threshold from
 * left to right on a logarithmic scale.
 */
#include "cli/gc_plot.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 720, LEFT = 110, RIGHT = 30, TOP = 40, PANEL = 150, GAP = 50, N_PANELS = 3 };

struct panel {
    const char *title;
    double (*value)(const struct gc_setting *setting, bool is_high);
    bool is_time, has_range;
    double bound; /* drawn as a line; INFINITY: none */
};

static double total_of(const struct gc_setting *s, bool is_high)
{
    return is_high ? s->cost.total.high : s->cost.total.low;
}

static double pause_of(const struct gc_setting *s, bool is_high)
{
    return is_high ? s->cost.longest.high : s->cost.longest.low;
}

static double garbage_of(const struct gc_setting *s, bool is_high)
{
    (void)is_high;
    return (double)s->peak_garbage;
}

static double x_of(const struct gc_tuning *tuning, double threshold)
{
    double first = log10((double)tuning->by_threshold.items[0].start.threshold[0]);
    double last = log10((double)array_last(&tuning->by_threshold)->start.threshold[0]);
    double share = (log10(threshold) - first) / (last - first);
    return LEFT + share * (WIDTH - LEFT - RIGHT);
}

static double greatest(const struct gc_tuning *tuning, const struct panel *panel)
{
    double most = isinf(panel->bound) ? 0 : panel->bound;
    for (size_t i = 0; i < tuning->by_threshold.n; i++) {
        double value = panel->value(&tuning->by_threshold.items[i], true);
        most = value > most ? value : most;
    }
    return most > 0 ? most : 1;
}

static void add_value(struct builder *out, const struct panel *panel, double value)
{
    if (!panel->is_time) {
        builder_addf(out, "%.0f", value);
    } else if (value >= 1) {
        builder_addf(out, "%.3g s", value);
    } else {
        builder_addf(out, value >= 1e-3 ? "%.3g ms" : "%.3g us",
                     value >= 1e-3 ? value * 1e3 : value * 1e6);
    }
}

static void add_text(struct builder *out, double x, double y, const char *anchor)
{
    builder_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
}

/* The frame, the title and the scale on the left. */
static void add_frame(struct builder *out, const struct panel *panel, double top, double most)
{
    add_text(out, LEFT, top - 8, "start");
    builder_addf(out, "%s</text>\n", panel->title);
    for (int i = 0; i <= 4; i++) {
        double y = top + PANEL - PANEL * i / 4.0;
        builder_addf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y, WIDTH - RIGHT);
        add_text(out, LEFT - 8, y + 4, "end");
        add_value(out, panel, most * i / 4);
        builder_add(out, "</text>\n");
    }
}

static void add_points(struct builder *out, const struct gc_tuning *tuning,
                       const struct panel *panel, double top, double most, bool is_high)
{
    size_t n = tuning->by_threshold.n;
    for (size_t i = 0; i < n; i++) {
        const struct gc_setting *s = &tuning->by_threshold.items[is_high ? i : n - 1 - i];
        double y = top + PANEL - PANEL * panel->value(s, is_high) / most;
        builder_addf(out, "%.1f,%.1f ", x_of(tuning, (double)s->start.threshold[0]), y);
    }
}

static void add_panel(struct builder *out, const struct gc_tuning *tuning,
                      const struct panel *panel, double top)
{
    double most = greatest(tuning, panel);
    add_frame(out, panel, top, most);
    if (panel->has_range) {
        builder_add(out, "<polygon class=\"range\" points=\"");
        add_points(out, tuning, panel, top, most, true);
        add_points(out, tuning, panel, top, most, false);
        builder_add(out, "\"/>\n");
    }
    builder_add(out, "<polyline class=\"line\" points=\"");
    add_points(out, tuning, panel, top, most, true);
    builder_add(out, "\"/>\n");
    if (!isinf(panel->bound)) {
        double y = top + PANEL - PANEL * panel->bound / most;
        builder_addf(out, "<path class=\"bound\" d=\"M%d %.1fH%d\"/>\n", LEFT, y, WIDTH - RIGHT);
    }
}

static void add_mark(struct builder *out, const struct gc_tuning *tuning,
                     const struct gc_setting *setting, const char *name, double y)
{
    double first = (double)tuning->by_threshold.items[0].start.threshold[0];
    double last = (double)array_last(&tuning->by_threshold)->start.threshold[0];
    double threshold = (double)setting->start.threshold[0];
    if (threshold < first || threshold > last) {
        return;
    }
    double x = x_of(tuning, threshold);
    builder_addf(out, "<path class=\"mark\" d=\"M%.1f %dV%d\"/>\n", x, TOP,
                 TOP + N_PANELS * (PANEL + GAP) - GAP);
    add_text(out, x, y, "middle");
    builder_addf(out, "%s</text>\n", name);
}

static void add_axis(struct builder *out, const struct gc_tuning *tuning)
{
    double y = TOP + N_PANELS * (PANEL + GAP) - GAP + 18;
    for (uint64_t t = 100; t <= 1000000; t *= 10) {
        add_text(out, x_of(tuning, (double)t), y, "middle");
        builder_addf(out, "%llu</text>\n", (unsigned long long)t);
    }
    add_text(out, (LEFT + WIDTH - RIGHT) / 2.0, y + 20, "middle");
    builder_add(out, "first threshold</text>\n");
}

void gc_plot(const struct gc_tuning *tuning, const struct gc_bounds *bounds, struct builder *out)
{
    const struct panel panels[N_PANELS] = {
        {"time spent collecting, best to worst case", total_of, true, true, INFINITY},
        {"longest pause, best to worst case", pause_of, true, true, bounds->max_pause},
        {"most objects of garbage that wait", garbage_of, false, false,
         (double)bounds->max_garbage},
    };
    int height = TOP + N_PANELS * (PANEL + GAP) + 20;
    builder_addf(out,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
                 "height=\"%d\">\n<style>text{font:12px sans-serif;fill:#333}.grid{stroke:#ddd}"
                 ".range{fill:#9ecae1;opacity:.6}.line{fill:none;stroke:#2171b5;stroke-width:2}"
                 ".bound{stroke:#cb181d;stroke-dasharray:6 4}.mark{stroke:#238b45;"
                 "stroke-dasharray:2 3}</style>\n<rect width=\"100%%\" height=\"100%%\" "
                 "fill=\"#fff\"/>\n",
                 WIDTH, height, WIDTH, height);
    for (int i = 0; i < N_PANELS; i++) {
        add_panel(out, tuning, &panels[i], TOP + i * (PANEL + GAP));
    }
    add_mark(out, tuning, &tuning->now, "now", 14);
    if (tuning->has_best) {
        bool is_same = tuning->best.start.threshold[0] == tuning->now.start.threshold[0];
        add_mark(out, tuning, &tuning->best, "advised", is_same ? 28 : 14);
    }
    add_axis(out, tuning);
    builder_add(out, "</svg>\n");
}
