/* Every deadline of this library is a moment of this clock, and every sleep goes by it: one place has the time. */
#include "playground/monotonic.h"

#include <time.h>

int64_t monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t monotonic_span_us(double seconds)
{
    const double longest = 1000 * 365.25 * 86400;

    return (int64_t)((seconds < 0 ? 0 : seconds < longest ? seconds : longest) * 1e6);
}

int64_t monotonic_deadline_us(double seconds)
{
    return monotonic_us() + monotonic_span_us(seconds);
}

void monotonic_sleep_us(int64_t us)
{
    struct timespec span = {.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};

    if (us > 0)
        nanosleep(&span, NULL);
}
