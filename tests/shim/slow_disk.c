/*
 * A disk that is slow, or fails, for chosen files of one process. Loaded with LD_PRELOAD into a program that uses glibc:
 *
 *     cc -shared -fPIC -o slow_disk.so slow_disk.c
 *     SLOW_DISK_FILES=app.db SLOW_DISK_PLAN=/tmp/plan LD_PRELOAD=./slow_disk.so app
 *
 * SLOW_DISK_FILES is a part of the paths that are meant. SLOW_DISK_PLAN is a file that is read before each write, sync and
 * truncation of such a path, so that it can be changed while the program runs. It holds a line:
 *
 *     ROUND DELAY FIRST COUNT ERROR KINDS
 *
 * KINDS are the calls that are meant: w for writes, s for syncs, t for truncations. Each of them waits DELAY microseconds.
 * They are counted from 1, and anew when ROUND changes; COUNT of them from FIRST on fail with errno ERROR without having done
 * anything (FIRST 0: none). Without the file nothing happens.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static long counted_round = -1;
static long calls;

struct plan {
    long round, delay, first, count, error;
    char kinds[8];
};

static int read_plan(struct plan *plan)
{
    const char *path = getenv("SLOW_DISK_PLAN");
    char text[128];
    ssize_t length;
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (file < 0)
        return 0;
    length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    return sscanf(text, "%ld %ld %ld %ld %ld %7s", &plan->round, &plan->delay, &plan->first, &plan->count, &plan->error,
                  plan->kinds) == 6;
}

static int is_meant(int file)
{
    const char *part = getenv("SLOW_DISK_FILES");
    char link[40], path[4096];
    ssize_t length;

    if (!part)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = '\0';
    return strstr(path, part) != NULL;
}

/* Waits as planned; the error that the call is to fail with, or 0. */
static long planned(int file, char kind)
{
    int before = errno;
    long error = 0;
    struct plan plan;

    if (is_meant(file) && read_plan(&plan) && strchr(plan.kinds, kind)) {
        if (plan.delay > 0) {
            struct timespec pause = {plan.delay / 1000000, plan.delay % 1000000 * 1000};
            nanosleep(&pause, NULL);
        }
        pthread_mutex_lock(&counting);
        if (plan.round != counted_round) {
            counted_round = plan.round;
            calls = 0;
        }
        calls++;
        if (plan.first > 0 && calls >= plan.first && calls - plan.first < plan.count)
            error = plan.error;
        pthread_mutex_unlock(&counting);
    }
    errno = error ? (int)error : before;
    return error;
}

#define SLOW(kind, type, name, parameters, ...)                      \
    type name parameters                                             \
    {                                                                \
        type(*next) parameters = dlsym(RTLD_NEXT, #name);            \
        return planned(file, kind) ? (type)-1 : next(__VA_ARGS__);   \
    }

SLOW('w', ssize_t, write, (int file, const void *bytes, size_t length), file, bytes, length)
SLOW('w', ssize_t, pwrite, (int file, const void *bytes, size_t length, off_t at), file, bytes, length, at)
SLOW('w', ssize_t, pwrite64, (int file, const void *bytes, size_t length, off64_t at), file, bytes, length, at)
SLOW('s', int, fsync, (int file), file)
SLOW('s', int, fdatasync, (int file), file)
SLOW('t', int, ftruncate, (int file, off_t length), file, length)
SLOW('t', int, ftruncate64, (int file, off64_t length), file, length)
