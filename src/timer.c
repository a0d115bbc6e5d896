#include "playground/timer.h"

#include "playground/monotonic.h"

#include <errno.h>

static void *run(void *argument)
{
    struct timer *self = argument;
    int64_t deadline_us = monotonic_deadline_us(self->seconds);
    bool in_time = true;

    pthread_mutex_lock(&self->mutex);
    while (!self->cancelled && in_time)
        in_time = monotonic_wait(&self->cancelled_changed, &self->mutex, deadline_us);
    self->ran = !self->cancelled;
    bool runs = self->ran;
    pthread_mutex_unlock(&self->mutex);

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

    int error = pthread_mutex_init(&timer->mutex, NULL);
    if (error != 0)
        return error;
    error = monotonic_condition_init(&timer->cancelled_changed) ? 0 : ENOMEM;
    if (error != 0)
        goto destroy_mutex;
    error = pthread_create(&timer->thread, NULL, run, timer);
    if (error != 0)
        goto destroy_condition;
    return 0;

destroy_condition:
    pthread_cond_destroy(&timer->cancelled_changed);
destroy_mutex:
    pthread_mutex_destroy(&timer->mutex);
    return error;
}

bool timer_cancel(struct timer *timer)
{
    pthread_mutex_lock(&timer->mutex);
    timer->cancelled = true;
    bool in_time = !timer->ran;
    pthread_cond_signal(&timer->cancelled_changed);
    pthread_mutex_unlock(&timer->mutex);
    return in_time;
}

void timer_join(struct timer *timer)
{
    pthread_join(timer->thread, NULL);
    pthread_cond_destroy(&timer->cancelled_changed);
    pthread_mutex_destroy(&timer->mutex);
}
