/* Threads and timers, lesson 2: threads that share a mailbox instead of variables.
 *
 * Usage: mailbox_lesson
 */
#include "playground/mailbox.h"

#include <pthread.h>
#include <stdio.h>

#define READINGS 3

struct reading {
    int number;
    double celsius;
};

/* The sensor: makes readings and hands each of them over, as a copy. It touches nothing else. */
static void *measure(void *argument)
{
    struct mailbox *mailbox = argument;

    for (int i = 1; i <= READINGS; i++) {
        struct reading reading = {.number = i, .celsius = 20.0 + i};
        mailbox_hand_over(mailbox, &reading, sizeof reading); /* waits until main has taken it */
        mailbox_sleep(mailbox, 0.1);
    }
    mailbox_close(mailbox); /* no more will come */
    return NULL;
}

int main(void)
{
    struct mailbox *mailbox = mailbox_new(10, sizeof(struct reading));
    struct reading reading;
    pthread_t sensor;

    if (mailbox == NULL || pthread_create(&sensor, NULL, measure, mailbox) != 0) {
        fprintf(stderr, "not enough memory for a mailbox and a thread\n");
        mailbox_free(mailbox);
        return 1;
    }
    while (mailbox_take(mailbox, &reading, 1000)) /* waits at most a second; false once closed and empty */
        printf("main: reading %d is %.1f\n", reading.number, reading.celsius);
    printf("main: the sensor has finished\n");
    pthread_join(sensor, NULL);
    mailbox_free(mailbox);
    return 0;
}
