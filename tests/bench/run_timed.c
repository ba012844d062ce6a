/*
 * run_timed.c - runs a program and prints what it cost: "STATUS WALL CPU MEMORY".
 *
 *     run_timed PROGRAM [ARGUMENT…]
 *
 * The wall and the processor seconds (user and system, children included) of the program, and the
 * largest resident size in bytes of any one process.  A process counts what it was before exec, so
 * this is a small program: an interpreter that started others would add its own size to theirs.
 * The program's output is thrown away; its status is 128 + N when signal N ended it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void become(char **words)
{
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execvp(words[0], words);
    _exit(127);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: run_timed PROGRAM [ARGUMENT...]\n");
        return EXIT_FAILURE;
    }
    double began = now();
    pid_t child = fork();
    if (child == 0) {
        become(argv + 1);
    }
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
        perror("run_timed");
        return EXIT_FAILURE;
    }
    printf("%d %.6f %.6f %ld\n", WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
           now() - began, seconds(&usage.ru_utime) + seconds(&usage.ru_stime),
           usage.ru_maxrss * 1024);
    return EXIT_SUCCESS;
}
