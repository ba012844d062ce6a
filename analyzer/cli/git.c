/*
 * git.c - running git, without a shell between.
 *
 * What it writes and what it complains of come through two pipes that are read together, so that
 * neither can fill up.  A third tells when the program could not even be started.
 */
#include "cli/git.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUT, COMPLAINT, FAILURE, N_PIPES };

struct pipes {
    int ends[N_PIPES][2];
};

static void close_end(struct pipes *pipes, int which, int end)
{
    if (pipes->ends[which][end] >= 0) {
        close(pipes->ends[which][end]);
    }
    pipes->ends[which][end] = -1;
}

static void close_all(struct pipes *pipes)
{
    for (int i = 0; i < N_PIPES; i++) {
        close_end(pipes, i, 0);
        close_end(pipes, i, 1);
    }
}

static bool open_all(struct pipes *pipes)
{
    memset(pipes, -1, sizeof *pipes);
    for (int i = 0; i < N_PIPES; i++) {
        if (pipe2(pipes->ends[i], O_CLOEXEC) != 0) {
            return false;
        }
    }
    return true;
}

/* ---- the other process ---- */

/* What a hook has set for the repository of its commit would mislead git in another one. */
static void forget_repository(void)
{
    static const char *const names[] = {
        "GIT_DIR",         "GIT_WORK_TREE",        "GIT_INDEX_FILE",
        "GIT_PREFIX",      "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",  "GIT_NAMESPACE",        "GIT_GRAFT_FILE",
        "GIT_SHALLOW_FILE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsetenv(names[i]);
    }
}

static _Noreturn void fail_to_start(const struct pipes *pipes)
{
    int reason = errno;
    if (write(pipes->ends[FAILURE][1], &reason, sizeof reason) < 0) {
        _exit(126);
    }
    _exit(127);
}

static _Noreturn void become(const struct git_place *place, char *const *words,
                             const struct pipes *pipes)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(pipes->ends[OUT][1], STDOUT_FILENO);
    dup2(pipes->ends[COMPLAINT][1], STDERR_FILENO);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    setenv("GIT_OPTIONAL_LOCKS", "0", 1); /* whoever commits meanwhile must not be disturbed */
    unsetenv("GIT_LITERAL_PATHSPECS");
    unsetenv("GIT_DIFF_OPTS");
    if (place->is_other) {
        forget_repository();
    }
    if (place->folder == NULL || chdir(place->folder) == 0) {
        execvp(words[0], words);
    }
    fail_to_start(pipes);
}

/* ---- this process ---- */

/* Reads what there is; false at the end. */
static bool read_some(int fd, struct builder *text)
{
    char bytes[1 << 14];
    ssize_t n = read(fd, bytes, sizeof bytes);
    if (n > 0) {
        builder_add_bytes(text, bytes, (size_t)n);
    }
    return n > 0 || (n < 0 && errno == EINTR);
}

static void read_both(struct pipes *pipes, struct builder *out, struct builder *complaint)
{
    struct builder *texts[] = {out, complaint};
    while (pipes->ends[OUT][0] >= 0 || pipes->ends[COMPLAINT][0] >= 0) {
        struct pollfd waiting[] = {{.fd = pipes->ends[OUT][0], .events = POLLIN},
                                   {.fd = pipes->ends[COMPLAINT][0], .events = POLLIN}};
        if (poll(waiting, 2, -1) < 0) {
            continue;
        }
        for (int i = 0; i < 2; i++) {
            if (waiting[i].revents != 0 && !read_some(waiting[i].fd, texts[i])) {
                close_end(pipes, i, 0);
            }
        }
    }
}

static bool wait_for(pid_t child, const struct pipes *pipes, int *status, struct error *error)
{
    int end = 0, reason = 0;
    while (waitpid(child, &end, 0) < 0 && errno == EINTR) {
    }
    if (read(pipes->ends[FAILURE][0], &reason, sizeof reason) == (ssize_t)sizeof reason) {
        return error_at(error, "cannot run git: %s", strerror(reason));
    }
    if (WIFSIGNALED(end)) {
        return error_at(error, "git was killed by signal %d", WTERMSIG(end));
    }
    *status = WEXITSTATUS(end);
    return true;
}

static void make_words(const char *const *words, char **whole)
{
    size_t n = 0;
    whole[n++] = (char *)"git";
    while (*words != NULL && n < GIT_WORDS) {
        whole[n++] = (char *)*words++;
    }
    whole[n] = NULL;
}

bool git_run(const struct git_place *place, const char *const *words, struct builder *out,
             struct builder *complaint, int *status, struct error *error)
{
    struct pipes pipes;
    char *whole[GIT_WORDS + 1];
    make_words(words, whole);
    pid_t child = open_all(&pipes) ? fork() : -1;
    if (child == 0) {
        become(place, whole, &pipes);
    }
    bool ok = child > 0 || error_at(error, "cannot run git: %s", strerror(errno));
    for (int i = 0; i < N_PIPES; i++) {
        close_end(&pipes, i, 1);
    }
    if (ok) {
        read_both(&pipes, out, complaint);
        ok = wait_for(child, &pipes, status, error);
    }
    close_all(&pipes);
    return ok;
}

/* Only the first line of what git says fits a message. */
static bool tell(const struct builder *complaint, int status, struct error *error)
{
    const char *text = builder_string(complaint);
    text += strncmp(text, "fatal: ", 7) == 0 ? 7 : 0;
    size_t n = strcspn(text, "\n");
    return n > 0 ? error_at(error, "git says: %.*s", (int)(n < 400 ? n : 400), text)
                 : error_at(error, "git ended with status %d", status);
}

bool git_ask(const struct git_place *place, const char *const *words, struct builder *out,
             struct error *error)
{
    struct builder complaint = {0};
    int status = 0;
    bool ok = git_run(place, words, out, &complaint, &status, error);
    ok = ok && (status == 0 || tell(&complaint, status, error));
    builder_free(&complaint);
    return ok;
}

bool git_name(const struct git_place *place, const char *const *words, struct builder *out,
              bool *is_broken, struct error *error)
{
    struct builder complaint = {0};
    int status = 0;
    builder_clear(out);
    *is_broken = !git_run(place, words, out, &complaint, &status, error);
    builder_free(&complaint);
    if (out->length > 0 && out->s[out->length - 1] == '\n') {
        out->s[--out->length] = '\0';
    }
    return !*is_broken && status == 0 && out->length > 0;
}
