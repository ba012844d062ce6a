/*
 * interrupt.c - leaving at once, and tidily, when the user presses Ctrl-C.
 *
 * Nothing is worth finishing: reports are written whole or not at all, so the handler removes the
 * file in hand, wipes the progress bar and lets the signal do its work.  It calls only what
 * signal-safety(7) allows.
 */
#include "cli/interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

static _Atomic(const char *) half_written;
static atomic_bool bar_is_shown;

static void leave(int signal_number)
{
    const char *path = half_written;
    if (path != NULL) {
        unlink(path);
    }
    if (bar_is_shown) {
        static const char wipe[] = "\r\033[K";
        (void)!write(STDERR_FILENO, wipe, sizeof wipe - 1);
    }
    /* SA_RESETHAND has put the default action back; it acts as soon as the handler returns. */
    raise(signal_number);
}

void interrupt_prepare(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction now;
        sigaction(signals[i], NULL, &now);
        if (now.sa_handler == SIG_IGN) {
            continue; /* nohup, or a shell's background job */
        }
        struct sigaction action = {.sa_handler = leave, .sa_flags = (int)SA_RESETHAND};
        sigemptyset(&action.sa_mask);
        sigaction(signals[i], &action, NULL);
    }
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write(), which is looked at */
}

void interrupt_set_file(const char *path)
{
    half_written = path;
}

void interrupt_set_bar(bool is_shown)
{
    bar_is_shown = is_shown;
}
