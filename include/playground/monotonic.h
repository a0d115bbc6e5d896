/* Time that only ever goes forward: setting the computer's clock moves no deadline here. */
#ifndef PLAYGROUND_MONOTONIC_H
#define PLAYGROUND_MONOTONIC_H

#include <stdint.h>

/* Microseconds since some moment in the past (CLOCK_MONOTONIC). */
int64_t monotonic_us(void);

/* `seconds` in microseconds: 0 if they are negative, a thousand years if they are more, or no number. */
int64_t monotonic_span_us(double seconds);

/* The moment that far from now. */
int64_t monotonic_deadline_us(double seconds);

/* Sleeps for `us` microseconds; a signal ends it early. Not at all if that is not above 0. */
void monotonic_sleep_us(int64_t us);

#endif
