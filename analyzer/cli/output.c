/*
 * output.c - reports go to the standard output and to files.
 *
 * A report is made whole in memory and then written.  A file is written under another name and
 * renamed, so that whoever reads it sees the old report or the new one and never a half.
 */
#include "cli/output.h"

#include "base/builder.h"
#include "cli/interrupt.h"
#include "report/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* One of "text,sarif:out.sarif". */
struct sink {
    const struct writer *writer;
    const char *file; /* NULL: the standard output, or --output */
};

/* ---- bytes ---- */

/* False when they could not all be written; errno tells why. */
static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0 && errno == EAGAIN) {
            /* Some CI runners hand over pipes that do not block. */
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
            continue;
        }
        if (written < 0) {
            return false;
        }
        bytes += written;
        n -= (size_t)written;
    }
    return true;
}

static bool write_to(int fd, const char *bytes, size_t n, struct error *error)
{
    if (!write_all(fd, bytes, n) && errno != EPIPE) {
        return error_at(error, "cannot write to the standard %s: %s",
                        fd == STDOUT_FILENO ? "output" : "error", strerror(errno));
    }
    return true;
}

bool output_bytes(const char *bytes, size_t n, struct error *error)
{
    return write_to(STDOUT_FILENO, bytes, n, error);
}

/* A device or a pipe is written as it is. */
static bool write_in_place(const char *path, const char *bytes, size_t n, struct error *error)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && write_all(fd, bytes, n);
    if (!ok) {
        error_at(error, "cannot write '%s': %s", path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* Writes the open file `fd` and gives it the rights a new file would have. */
static bool finish_file(int fd, const char *bytes, size_t n)
{
    mode_t mask = umask(0);
    umask(mask);
    bool ok = write_all(fd, bytes, n) && fchmod(fd, 0666 & ~mask) == 0;
    int reason = errno;
    ok = close(fd) == 0 && ok;
    errno = ok ? errno : reason;
    return ok;
}

static bool replace_file(const char *path, const char *bytes, size_t n, struct error *error)
{
    struct builder name = {0};
    builder_addf(&name, "%s.XXXXXX", path);
    int fd = mkostemp(name.s, O_CLOEXEC);
    interrupt_set_file(fd >= 0 ? name.s : NULL);
    bool ok = fd >= 0 && finish_file(fd, bytes, n) && rename(name.s, path) == 0;
    if (!ok) {
        error_at(error, "cannot write '%s': %s", path, strerror(errno));
        if (fd >= 0) {
            unlink(name.s);
        }
    }
    interrupt_set_file(NULL);
    builder_free(&name);
    return ok;
}

bool output_file(const char *path, const char *bytes, size_t n, struct error *error)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        return write_in_place(path, bytes, n, error);
    }
    char *real = realpath(path, NULL); /* so that a link stays one */
    bool ok = replace_file(real != NULL ? real : path, bytes, n, error);
    free(real);
    return ok;
}

/* ---- formats ---- */

static bool find_sink(const char *format, struct sink *sink, struct error *error)
{
    const char *colon = strchr(format, ':');
    size_t length = colon ? (size_t)(colon - format) : strlen(format), n;
    char name[32] = "";
    memcpy(name, format, length < sizeof name ? length : 0);
    *sink = (struct sink){writer_find(name), colon ? colon + 1 : NULL};
    if (sink->writer != NULL && (colon == NULL || colon[1] != '\0')) {
        return true;
    }
    if (sink->writer != NULL) {
        return error_at(error, "option '--output-format': '%.100s' names no file", format);
    }
    struct builder names = {0};
    const struct writer *const *writers = writers_list(&n);
    for (size_t i = 0; i < n; i++) {
        builder_addf(&names, "%s%s", i > 0 ? ", " : "", writers[i]->name);
    }
    error_at(error, "option '--output-format': '%.*s' is none of %s", (int)length, format,
             builder_string(&names));
    builder_free(&names);
    return false;
}

bool output_check(const struct options *options, struct error *error)
{
    const char *to_output = NULL;
    if (options->msg_template && !writer_check_template(options->msg_template, error)) {
        return error_within(error, "option '--msg-template'");
    }
    for (size_t i = 0; i < options->formats.n; i++) {
        struct sink sink;
        if (!find_sink(options->formats.items[i], &sink, error)) {
            return false;
        }
        if (sink.file == NULL && to_output != NULL) {
            return error_at(error,
                            "option '--output-format': both %s and %s would go to %s; "
                            "give one a file, as in %s:FILE",
                            to_output, sink.writer->name,
                            options->output ? options->output : "the standard output",
                            sink.writer->name);
        }
        to_output = sink.file == NULL ? sink.writer->name : to_output;
    }
    return true;
}

static bool is_terminal(const struct sink *sink, int fd)
{
    return sink->file == NULL && isatty(fd) == 1;
}

static bool wants_color(const struct options *options, bool on_terminal, bool is_colorized)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (options->color != WHEN_AUTO) {
        return options->color == WHEN_ALWAYS;
    }
    if (no_color != NULL && *no_color != '\0') {
        return false;
    }
    return is_colorized || (on_terminal && !(term != NULL && strcmp(term, "dumb") == 0));
}

bool output_uses_color(const struct options *options)
{
    bool on_terminal = options->output == NULL && isatty(STDOUT_FILENO) == 1;
    return wants_color(options, on_terminal, false);
}

static unsigned terminal_width(int fd)
{
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static bool explains(const struct sink *sink, int fd)
{
    return is_terminal(sink, fd) || strcmp(sink->writer->name, "colorized") == 0;
}

static bool write_sink(const struct options *options, const struct sink *sink,
                       const struct report *report, int fd, struct error *error)
{
    bool on_terminal = is_terminal(sink, fd);
    bool is_colorized = strcmp(sink->writer->name, "colorized") == 0;
    struct writer_options how = {
        .msg_template = options->msg_template,
        .explains = explains(sink, fd),
        .uses_color = wants_color(options, on_terminal, is_colorized),
        .width = on_terminal ? terminal_width(fd) : 0,
        .shows_score = options->score && !options->errors_only,
        .shows_reports = options->reports && !options->errors_only,
        .sarif_max = (size_t)options->sarif_max,
        .shows_suppressed = options->sarif_suppressed,
    };
    struct builder out = {0};
    sink->writer->write(report, &how, &out);
    bool ok = sink->file == NULL ? write_to(fd, builder_string(&out), out.length, error)
                                 : output_file(sink->file, builder_string(&out), out.length, error);
    builder_free(&out);
    return ok;
}

/* ---- --statistics ---- */

struct tally {
    const struct rule *rule;
    size_t n;
};

/* Most first. */
static int compare_tallies(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n ? 1 : -1) : strcmp(x->rule->code, y->rule->code);
}

static void add_statistics(const struct report *report, struct builder *out)
{
    struct tally *tallies = alloc_zeroed(report->n_rules, sizeof *tallies);
    for (size_t i = 0; i < report->n_rules; i++) {
        tallies[i].rule = report->rules[i];
        for (size_t k = 0; k < report->shown.n; k++) {
            tallies[i].n += report->shown.items[k].rule == tallies[i].rule;
        }
    }
    qsort(tallies, report->n_rules, sizeof *tallies, compare_tallies);
    for (size_t i = 0; i < report->n_rules && tallies[i].n > 0; i++) {
        builder_addf(out, "%zu\t%s\t%s\n", tallies[i].n, tallies[i].rule->code,
                     tallies[i].rule->name);
    }
    free(tallies);
}

static bool write_statistics(const struct options *options, const struct report *report, int fd,
                             struct error *error)
{
    struct builder out = {0};
    add_statistics(report, &out);
    bool ok = options->output == NULL
                  ? write_to(fd, builder_string(&out), out.length, error)
                  : output_file(options->output, builder_string(&out), out.length, error);
    builder_free(&out);
    return ok;
}

bool output_needs_sources(const struct options *options)
{
    size_t n = options->formats.n;
    for (size_t i = 0; i < (n > 0 ? n : 1); i++) {
        struct sink sink;
        if (!find_sink(n > 0 ? options->formats.items[i] : "text", &sink, NULL)
            || !sink.writer->needs_no_source || explains(&sink, STDOUT_FILENO)) {
            return true;
        }
    }
    return false;
}

bool output_report(const struct options *options, const struct report *report, int fd,
                   struct error *error)
{
    if (options->statistics) {
        return write_statistics(options, report, fd, error);
    }
    size_t n = options->formats.n;
    for (size_t i = 0; i < (n > 0 ? n : 1); i++) {
        struct sink sink;
        if (!find_sink(n > 0 ? options->formats.items[i] : "text", &sink, error)) {
            return false;
        }
        sink.file = sink.file != NULL ? sink.file : options->output;
        if (!write_sink(options, &sink, report, fd, error)) {
            return false;
        }
    }
    return true;
}
