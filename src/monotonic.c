/* macOS cannot tie a condition variable to the monotonic clock, but can wait for a span of time. */
#ifdef __APPLE__
#define _DARWIN_C_SOURCE
#endif

#include "playground/monotonic.h"

#include <errno.h>
#include <time.h>

int64_t monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t monotonic_deadline_us(double seconds)
{
    const double longest = 1000 * 365.25 * 86400;
    double wait = seconds < 0 ? 0 : seconds < longest ? seconds : longest;

    return monotonic_us() + (int64_t)(wait * 1e6);
}

static struct timespec timespec_from_us(int64_t us)
{
    return (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
}

#ifdef __APPLE__

bool monotonic_condition_init(pthread_cond_t *condition)
{
    return pthread_cond_init(condition, NULL) == 0;
}

bool monotonic_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_us)
{
    int64_t left_us = deadline_us - monotonic_us();
    struct timespec left = timespec_from_us(left_us > 0 ? left_us : 0);

    return pthread_cond_timedwait_relative_np(condition, mutex, &left) != ETIMEDOUT;
}

#else

bool monotonic_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    if (pthread_condattr_init(&attributes) != 0)
        return false;
    bool initialised =
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 && pthread_cond_init(condition, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return initialised;
}

bool monotonic_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_us)
{
    struct timespec deadline = timespec_from_us(deadline_us > 0 ? deadline_us : 0);

    return pthread_cond_timedwait(condition, mutex, &deadline) != ETIMEDOUT;
}

#endif
