/* A lock, and a way to wait for what it guards to change: a mutex and a condition variable together, as they are nearly
 * always used (C. A. R. Hoare called the pair a monitor). Its deadlines are those of monotonic.h. */
#ifndef PLAYGROUND_MONITOR_H
#define PLAYGROUND_MONITOR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define MONITOR_FOREVER INT64_MAX

struct monitor {
    /* Both belong to monitor.c; they stand here so that a monitor can be part of what it guards. */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

/* False if the system has no room for another one; then there is nothing to destroy. */
bool monitor_init(struct monitor *monitor);
void monitor_destroy(struct monitor *monitor);

/* Between these two only one thread is inside. */
void monitor_enter(struct monitor *monitor);
void monitor_leave(struct monitor *monitor);

/* To be called inside: leaves, waits for monitor_notify_all or for the moment `deadline_us` (MONITOR_FOREVER: none),
 * and enters again. As with every condition variable it may also return for no reason: call it in a loop that tests
 * what is waited for. False once the deadline has passed. */
bool monitor_wait(struct monitor *monitor, int64_t deadline_us);

/* To be called inside: wakes all that wait. */
void monitor_notify_all(struct monitor *monitor);

#endif
