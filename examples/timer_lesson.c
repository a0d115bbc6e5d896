/* Threads and timers, lesson 3: run a function once, later; give it an argument; change one's mind.
 *
 * Usage: timer_lesson
 */
#include "playground/timer.h"

#include <stdio.h>

static void greet(void *argument)
{
    printf("timer: hello, %s\n", (const char *)argument);
}

int main(void)
{
    struct timer first, second;

    if (timer_start(&first, 0.2, greet, "world") != 0) { /* the string is a constant: it lives long enough */
        fprintf(stderr, "no timer could be started\n");
        return 1;
    }
    printf("main: the first timer is running, and so am I\n");
    timer_join(&first); /* wait for it; a program would rather go on with its work */

    if (timer_start(&second, 60, greet, "nobody") != 0) {
        fprintf(stderr, "no timer could be started\n");
        return 1;
    }
    if (timer_cancel(&second))
        printf("main: the second timer was cancelled in time\n");
    timer_join(&second); /* a cancelled timer has to be joined too */
    return 0;
}
