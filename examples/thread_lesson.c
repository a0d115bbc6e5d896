/* Threads and timers, lesson 1: start a thread, go on meanwhile, and wait for it.
 *
 * Usage: thread_lesson
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

struct sum {
    int last;   /* written by main before the thread is started */
    long total; /* written by the thread, read by main after the thread has ended */
};

static void *add_up(void *argument)
{
    struct sum *sum = argument;

    for (int i = 1; i <= sum->last; i++)
        sum->total += i;
    return NULL;
}

int main(void)
{
    struct sum sum = {.last = 1000};
    pthread_t thread;

    int error = pthread_create(&thread, NULL, add_up, &sum); /* from here on two threads run */
    if (error != 0) {
        fprintf(stderr, "no thread could be started: %s\n", strerror(error));
        return 1;
    }
    printf("main: the other thread is adding up\n");
    pthread_join(thread, NULL); /* from here on there is one again, and sum is safe to read */
    printf("main: 1 + 2 + ... + %d = %ld\n", sum.last, sum.total);
    return 0;
}
