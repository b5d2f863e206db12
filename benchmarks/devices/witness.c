/* Stands in front of a tool: runs it, and appends when it began and ended (seconds since 1970) to a log.
 *
 * cc -DTOOL='"/usr/bin/avrdude"' -DLOG='"times.log"' -o avrdude witness.c
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    return at.tv_sec + at.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    (void)argc;
    int status = 0;
    double began = now();
    argv[0] = TOOL;
    pid_t child = vfork();
    if (child == 0) {
        execv(TOOL, argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return 126;
    double ended = now();
    FILE *log = fopen(LOG, "a");
    if (log == NULL)
        return 125;
    fprintf(log, "%.6f %.6f\n", began, ended);
    fclose(log);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
