/*
 * gc_plot.c - a tuning as a picture: three panels one above the other, the first threshold from
 * left to right.
 *
 * Both scales are logarithmic: a pause goes from microseconds to seconds as the threshold does from
 * a hundred to a million, and what is of interest, where a bound is crossed, would lie on the
 * ground line of any other picture.  What is nothing at all lies on the lowest line.
 */
#include "cli/gc_plot.h"

#include "report/gc_price.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 760, LEFT = 110, RIGHT = 50, TOP = 90, PANEL = 150, GAP = 56, N_PANELS = 3 };
enum { MOST_LINES = 6 }; /* of the scale on the left; more are too near to each other */

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

/* Powers of ten around all values of a panel. */
struct scale {
    int low, high;
};

static void widen(struct scale *scale, double value)
{
    if (value > 0 && !isinf(value)) {
        int low = (int)floor(log10(value)), high = (int)ceil(log10(value));
        scale->low = low < scale->low ? low : scale->low;
        scale->high = high > scale->high ? high : scale->high;
    }
}

static struct scale scale_of(const struct gc_tuning *tuning, const struct panel *panel)
{
    struct scale scale = {99, -99};
    widen(&scale, panel->bound);
    for (size_t i = 0; i < tuning->by_threshold.n; i++) {
        widen(&scale, panel->value(&tuning->by_threshold.items[i], true));
        widen(&scale, panel->value(&tuning->by_threshold.items[i], false));
    }
    if (scale.low > scale.high) {
        return (struct scale){0, 1}; /* nothing is ever collected */
    }
    scale.high += scale.high == scale.low;
    return scale;
}

static double y_of(const struct scale *scale, double top, double value)
{
    double share = value > 0 ? (log10(value) - scale->low) / (scale->high - scale->low) : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return top + PANEL - PANEL * share;
}

/* "1,000,000" */
static void add_count(struct builder *out, double value)
{
    char digits[32];
    int n = snprintf(digits, sizeof digits, "%.0f", value);
    for (int i = 0; i < n; i++) {
        builder_addf(out, "%s%c", i > 0 && (n - i) % 3 == 0 ? "," : "", digits[i]);
    }
}

static void add_value(struct builder *out, const struct panel *panel, double value)
{
    if (panel->is_time) {
        gc_add_time(out, value);
    } else {
        add_count(out, value);
    }
}

static void add_text(struct builder *out, double x, double y, const char *anchor)
{
    builder_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
}

/* The title, and the scale on the left. */
static void add_frame(struct builder *out, const struct panel *panel, double top,
                      const struct scale *scale)
{
    int step = 1 + (scale->high - scale->low) / (MOST_LINES + 1);
    builder_add(out, "<g class=\"title\">");
    add_text(out, LEFT, top - 9, "start");
    builder_addf(out, "%s</text></g>\n", panel->title);
    for (int power = scale->low; power <= scale->high; power += step) {
        double value = pow(10, power), y = y_of(scale, top, value);
        builder_addf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y, WIDTH - RIGHT);
        add_text(out, LEFT - 8, y + 4, "end");
        add_value(out, panel, value);
        builder_add(out, "</text>\n");
    }
}

static void add_points(struct builder *out, const struct gc_tuning *tuning,
                       const struct panel *panel, double top, const struct scale *scale,
                       bool is_high)
{
    size_t n = tuning->by_threshold.n;
    for (size_t i = 0; i < n; i++) {
        const struct gc_setting *s = &tuning->by_threshold.items[is_high ? i : n - 1 - i];
        builder_addf(out, "%.1f,%.1f ", x_of(tuning, (double)s->start.threshold[0]),
                     y_of(scale, top, panel->value(s, is_high)));
    }
}

/* What must not be exceeded, with its value. */
static void add_bound(struct builder *out, const struct panel *panel, double top,
                      const struct scale *scale)
{
    double y = y_of(scale, top, panel->bound);
    builder_addf(out, "<path class=\"bound\" d=\"M%d %.1fH%d\"/><g class=\"limit\">", LEFT, y,
                 WIDTH - RIGHT);
    add_text(out, LEFT + 6, y - 4, "start");
    builder_add(out, "at most ");
    add_value(out, panel, panel->bound);
    builder_add(out, "</text></g>\n");
}

static void add_panel(struct builder *out, const struct gc_tuning *tuning,
                      const struct panel *panel, double top)
{
    struct scale scale = scale_of(tuning, panel);
    add_frame(out, panel, top, &scale);
    if (panel->has_range) {
        builder_add(out, "<polygon class=\"range\" points=\"");
        add_points(out, tuning, panel, top, &scale, true);
        add_points(out, tuning, panel, top, &scale, false);
        builder_add(out, "\"/>\n");
    }
    builder_add(out, "<polyline class=\"line\" points=\"");
    add_points(out, tuning, panel, top, &scale, true);
    builder_add(out, "\"/>\n");
    if (!isinf(panel->bound)) {
        add_bound(out, panel, top, &scale);
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
    builder_addf(out, "<path class=\"mark\" d=\"M%.1f %dV%d\"/><g class=\"now\">\n", x, TOP - 24,
                 TOP + N_PANELS * (PANEL + GAP) - GAP);
    add_text(out, x, y, "middle");
    builder_addf(out, "%s</text></g>\n", name);
}

static void add_axis(struct builder *out, const struct gc_tuning *tuning)
{
    double y = TOP + N_PANELS * (PANEL + GAP) - GAP + 18;
    for (uint64_t t = 100; t <= 1000000; t *= 10) {
        add_text(out, x_of(tuning, (double)t), y, "middle");
        add_count(out, (double)t);
        builder_add(out, "</text>\n");
    }
    add_text(out, (LEFT + WIDTH - RIGHT) / 2.0, y + 20, "middle");
    builder_add(out, "first threshold: allocations from one young collection to the next</text>\n");
}

static void add_heading(struct builder *out, const char *python)
{
    builder_add(out, "<g class=\"title\">");
    add_text(out, LEFT, 20, "start");
    builder_addf(out, "what the first threshold does on Python %s</text></g>\n", python);
    add_text(out, LEFT, 37, "start");
    builder_add(out,
                "shaded: from the best case to the worst; a line on the ground: nothing</text>\n");
}

void gc_plot(const struct gc_tuning *tuning, const struct gc_bounds *bounds, const char *python,
             struct builder *out)
{
    const struct panel panels[N_PANELS] = {
        {"time spent collecting in all", total_of, true, true, INFINITY},
        {"longest pause", pause_of, true, true, bounds->max_pause},
        {"objects of garbage that wait, at most", garbage_of, false, false,
         (double)bounds->max_garbage},
    };
    int height = TOP + N_PANELS * (PANEL + GAP) + 20;
    builder_addf(out,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
                 "height=\"%d\">\n<style>text{font:12px sans-serif;fill:#333}.grid{stroke:#ddd}"
                 ".range{fill:#9ecae1;opacity:.6}.line{fill:none;stroke:#2171b5;stroke-width:2}"
                 ".bound{stroke:#cb181d;stroke-dasharray:6 4}.limit text{fill:#cb181d}.title text{"
                 "font-weight:bold}.now text{fill:#1b7837;font-weight:bold}.mark{stroke:#238b45;"
                 "stroke-dasharray:2 3}</style>\n<rect width=\"100%%\" height=\"100%%\" "
                 "fill=\"#fff\"/>\n",
                 WIDTH, height, WIDTH, height);
    for (int i = 0; i < N_PANELS; i++) {
        add_panel(out, tuning, &panels[i], TOP + i * (PANEL + GAP));
    }
    add_heading(out, python);
    add_mark(out, tuning, &tuning->now, "now", TOP - 30);
    if (tuning->has_best) {
        bool is_same = tuning->best.start.threshold[0] == tuning->now.start.threshold[0];
        add_mark(out, tuning, &tuning->best, "advised", is_same ? TOP - 44 : TOP - 30);
    }
    add_axis(out, tuning);
    builder_add(out, "</svg>\n");
}
