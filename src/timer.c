/* Python has a timer that runs a function on a thread of its own; C has threads, and this is what is missing. */
#include "playground/timer.h"

#include "playground/monotonic.h"

#include <errno.h>

static void *run(void *argument)
{
    struct timer *self = argument;
    int64_t deadline_us = monotonic_deadline_us(self->seconds);
    bool in_time = true;

    monitor_enter(&self->monitor);
    while (!self->cancelled && in_time)
        in_time = monitor_wait(&self->monitor, deadline_us);
    self->ran = !self->cancelled;
    bool runs = self->ran;
    monitor_leave(&self->monitor);

    if (runs)
        self->function(self->argument); /* without the lock: the function may take as long as it likes */
    return NULL;
}

int timer_start(struct timer *timer, double seconds, timer_function *function, void *argument)
{
    timer->seconds = seconds;
    timer->function = function;
    timer->argument = argument;
    timer->cancelled = false;
    timer->ran = false;

    if (!monitor_init(&timer->monitor))
        return ENOMEM;
    int error = pthread_create(&timer->thread, NULL, run, timer);
    if (error != 0)
        monitor_destroy(&timer->monitor);
    return error;
}

bool timer_cancel(struct timer *timer)
{
    monitor_enter(&timer->monitor);
    timer->cancelled = true;
    bool in_time = !timer->ran;
    monitor_notify_all(&timer->monitor);
    monitor_leave(&timer->monitor);
    return in_time;
}

void timer_join(struct timer *timer)
{
    pthread_join(timer->thread, NULL);
    monitor_destroy(&timer->monitor);
}
