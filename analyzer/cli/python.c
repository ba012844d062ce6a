/*
 * python.c - running a Python interpreter.
 *
 * What cannot be told by an exit status, that the program could not even be started, comes through
 * a pipe of its own that closes when the program begins.
 */
#include "cli/python.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nothing but what it writes is wanted of a program whose output is read. */
static void take_standard_files(int out)
{
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
}

static void become(char *const *words, unsigned max_seconds, int out, int failure)
{
    if (out >= 0) {
        take_standard_files(out);
    }
    signal(SIGALRM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    alarm(max_seconds);
    execvp(words[0], words);
    int reason = errno;
    if (write(failure, &reason, sizeof reason) < 0) {
        _exit(126);
    }
    _exit(127);
}

void python_read_all(int fd, struct builder *text)
{
    char bytes[4096];
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n > 0) {
            builder_add_bytes(text, bytes, (size_t)n);
        } else if (n == 0 || errno != EINTR) {
            return;
        }
    }
}

static bool tell_end(const char *python, unsigned max_seconds, int end, int *status,
                     struct error *error)
{
    if (max_seconds > 0 && WIFSIGNALED(end) && WTERMSIG(end) == SIGALRM) {
        return error_at(error, "the probe did not finish within %u seconds under %s", max_seconds,
                        python);
    }
    if (WIFSIGNALED(end)) {
        return error_at(error, "the probe was killed by signal %d under %s", WTERMSIG(end), python);
    }
    if (status != NULL) {
        *status = WEXITSTATUS(end);
        return true;
    }
    return WEXITSTATUS(end) == 0
           || error_at(error, "the probe ended with status %d; is this Python 3.8 or later: %s",
                       WEXITSTATUS(end), python);
}

static bool wait_for(pid_t child, const char *python, unsigned max_seconds, int failure,
                     int *status, struct error *error)
{
    int end = 0, reason = 0;
    while (waitpid(child, &end, 0) < 0 && errno == EINTR) {
    }
    if (read(failure, &reason, sizeof reason) == (ssize_t)sizeof reason) {
        return error_at(error, "cannot start Python: %s: %s", strerror(reason), python);
    }
    return tell_end(python, max_seconds, end, status, error);
}

/* `out` is a pipe, or twice -1. */
static bool run_with(char *const *words, unsigned max_seconds, const int out[2],
                     struct builder *output, int *status, struct error *error)
{
    int failure[2];
    if (pipe2(failure, O_CLOEXEC) != 0) {
        return error_at(error, "cannot start Python: %s", strerror(errno));
    }
    pid_t child = fork();
    if (child == 0) {
        become(words, max_seconds, out[1], failure[1]);
    }
    close(failure[1]);
    close(out[1]);
    bool ok = child > 0 || error_at(error, "cannot start Python: %s", strerror(errno));
    if (ok) {
        if (output != NULL) {
            python_read_all(out[0], output);
        }
        ok = wait_for(child, words[0], max_seconds, failure[0], status, error);
    }
    close(failure[0]);
    return ok;
}

bool python_run(char *const *words, unsigned max_seconds, struct builder *output, int *status,
                struct error *error)
{
    int out[2] = {-1, -1};
    if (output != NULL && pipe2(out, O_CLOEXEC) != 0) {
        return error_at(error, "cannot start Python: %s", strerror(errno));
    }
    void (*before)(int) = signal(SIGINT, SIG_IGN); /* the program decides what it does */
    bool ok = run_with(words, max_seconds, out, output, status, error);
    signal(SIGINT, before);
    close(out[0]);
    return ok;
}
