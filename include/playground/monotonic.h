/* Time that only ever goes forward: setting the computer's clock moves no deadline here. */
#ifndef PLAYGROUND_MONOTONIC_H
#define PLAYGROUND_MONOTONIC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Microseconds since some moment in the past (CLOCK_MONOTONIC). */
int64_t monotonic_us(void);

/* The moment `seconds` from now, or now if that is negative, or in a thousand years if it is more. */
int64_t monotonic_deadline_us(double seconds);

/* Initialises a condition variable for monotonic_wait. False if the system has no room for it. */
bool monotonic_condition_init(pthread_cond_t *condition);

/* pthread_cond_timedwait with a deadline in the time of monotonic_us. As with every condition variable it may also
 * return for no reason: call it in a loop that tests what is waited for. False once the deadline has passed. */
bool monotonic_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_us);

#endif
