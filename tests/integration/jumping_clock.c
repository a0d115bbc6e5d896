/* Stands, preloaded, between a program and the clock of the wall: shows a time that is as many seconds off as the file
 * named by JUMPING_CLOCK says. The monotonic clock is left alone, as it is when a clock is set.
 *
 * libfaketime, which does this and more, takes the waits for condition variables into its own hands and gets those on
 * the monotonic clock wrong. */

#define _GNU_SOURCE /* syscall, pthread_cond_clockwait */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t offset(void)
{
    char text[32] = "";
    int file = open(getenv("JUMPING_CLOCK"), O_RDONLY);

    if (file < 0 || read(file, text, sizeof text - 1) < 0)
        abort();
    close(file);
    return (time_t)strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int rc = (int)syscall(SYS_clock_gettime, clock, now);

    if (clock == CLOCK_REALTIME)
        now->tv_sec += offset();
    return rc;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec precise;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    *now = (struct timeval){.tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *result)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (result != NULL)
        *result = now.tv_sec;
    return now.tv_sec;
}

/* A deadline on the clock of the wall was made from what that showed; the kernel waits for it on its own clock. Which
 * clock a condition variable has, it does not tell; but a deadline is nearer to now on the one than to now on the
 * other. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict deadline)
{
    struct timespec wall, monotonic, until = *deadline;

    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    if (llabs((long long)(until.tv_sec - monotonic.tv_sec)) <= llabs((long long)(until.tv_sec - wall.tv_sec)))
        return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &until);
    until.tv_sec -= offset();
    return pthread_cond_clockwait(condition, mutex, CLOCK_REALTIME, &until);
}
