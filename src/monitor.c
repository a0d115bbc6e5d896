/* Why a module for two lines of pthreads: a condition variable waits by the clock on the wall unless it is told
 * otherwise, each system is told in its own way, and a lab whose computer sets its clock would hang or hurry.
 *
 * macOS cannot tie a condition variable to the monotonic clock, but can wait for a span of time. */
#ifdef __APPLE__
#define _DARWIN_C_SOURCE
#endif

#include "playground/monitor.h"

#include "playground/monotonic.h"

#include <errno.h>
#include <time.h>

static struct timespec timespec_from_us(int64_t us)
{
    return (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
}

#ifdef __APPLE__

static bool init_condition(pthread_cond_t *condition)
{
    return pthread_cond_init(condition, NULL) == 0;
}

static int wait_until(struct monitor *monitor, int64_t deadline_us)
{
    int64_t left_us = deadline_us - monotonic_us();
    struct timespec left = timespec_from_us(left_us > 0 ? left_us : 0);

    return pthread_cond_timedwait_relative_np(&monitor->changed, &monitor->mutex, &left);
}

#else

static bool init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    if (pthread_condattr_init(&attributes) != 0)
        return false;
    bool initialised =
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 && pthread_cond_init(condition, &attributes) == 0;
    pthread_condattr_destroy(&attributes);
    return initialised;
}

static int wait_until(struct monitor *monitor, int64_t deadline_us)
{
    struct timespec deadline = timespec_from_us(deadline_us > 0 ? deadline_us : 0);

    return pthread_cond_timedwait(&monitor->changed, &monitor->mutex, &deadline);
}

#endif

bool monitor_init(struct monitor *monitor)
{
    if (pthread_mutex_init(&monitor->mutex, NULL) != 0)
        return false;
    if (init_condition(&monitor->changed))
        return true;
    pthread_mutex_destroy(&monitor->mutex);
    return false;
}

void monitor_destroy(struct monitor *monitor)
{
    pthread_cond_destroy(&monitor->changed);
    pthread_mutex_destroy(&monitor->mutex);
}

void monitor_enter(struct monitor *monitor)
{
    pthread_mutex_lock(&monitor->mutex);
}

void monitor_leave(struct monitor *monitor)
{
    pthread_mutex_unlock(&monitor->mutex);
}

bool monitor_wait(struct monitor *monitor, int64_t deadline_us)
{
    if (deadline_us == MONITOR_FOREVER)
        return pthread_cond_wait(&monitor->changed, &monitor->mutex) == 0;
    return wait_until(monitor, deadline_us) != ETIMEDOUT;
}

void monitor_notify_all(struct monitor *monitor)
{
    pthread_cond_broadcast(&monitor->changed);
}
