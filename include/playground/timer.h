/* A timer that runs one function once, after a delay, in a thread of its own: Python's threading.Timer in C. */
#ifndef PLAYGROUND_TIMER_H
#define PLAYGROUND_TIMER_H

#include "playground/monitor.h"

#include <pthread.h>
#include <stdbool.h>

typedef void timer_function(void *argument);

struct timer {
    /* All of it belongs to timer.c; it stands here so that a timer can be a plain variable. */
    pthread_t thread;
    struct monitor monitor;
    double seconds;
    timer_function *function;
    void *argument;
    bool cancelled; /* guarded by the monitor */
    bool ran;       /* guarded by the monitor */
};

/* Runs function(argument) after `seconds`, on the timer's own thread. What `argument` points to has to live until
 * timer_join. Returns 0 or the error number of the system; then there is nothing to cancel or join. */
int timer_start(struct timer *timer, double seconds, timer_function *function, void *argument);

/* Asks the timer not to run. True if that was in time; false if the function has run or is running. */
bool timer_cancel(struct timer *timer);

/* Waits until the timer's thread has ended, and frees what it holds. Once for every timer that was started. */
void timer_join(struct timer *timer);

#endif
