/* Exercise 7, both programs, after ../inbox.c: what Paho's threads do. They call no function of Paho's but the two that
 * free, and those that read a list of properties. */
#include "inbox.h"

#include "playground/console.h"

#include <stdio.h>
#include <string.h>

#define CAPACITY    256 /* mail that may wait while the main thread is busy */
#define PATIENCE_MS 100 /* for which a callback waits if the mailbox is full; for ever would hang Paho and us */

bool inbox_open(struct inbox *inbox, struct session *session)
{
    *inbox = (struct inbox){session, mailbox_new(CAPACITY, sizeof(struct mail))};
    if (inbox->mailbox == NULL)
        console_error("no memory for the mailbox");
    return inbox->mailbox != NULL;
}

/* On Paho's thread. Returns 1: the message was taken and freed. */
int on_message(void *context, char *topic, int topic_length, MQTTClient_message *message)
{
    struct inbox *inbox = context;
    struct mail mail = {.kind = MESSAGE_RECEIVED, .message.qos = message->qos, .message.retained = message->retained};
    size_t length = (size_t)message->payloadlen;
    size_t copied = length < sizeof mail.payload ? length : sizeof mail.payload;

    (void)topic_length;
    mail.message.payloadlen = (int)copied;
    snprintf(mail.topic, sizeof mail.topic, "%s", topic);
    letter_read(&mail.letter, &message->properties);
    memcpy(mail.payload, message->payload, copied);
    mailbox_put_within(inbox->mailbox, &mail, offsetof(struct mail, payload) + copied, PATIENCE_MS);
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return 1;
}

bool inbox_take(struct inbox *inbox, struct mail *mail, unsigned long timeout_ms)
{
    bool is_taken = mailbox_take(inbox->mailbox, mail, timeout_ms);

    mail->message.payload = mail->payload; /* not where it was on the other side */
    return is_taken;
}

/* On a thread that Paho starts for it. */
void on_connection_lost(void *context, char *cause)
{
    struct inbox *inbox = context;

    (void)cause;                  /* always NULL */
    session_lost(inbox->session); /* session_goes_on makes a new connection */
}

void inbox_close(struct inbox *inbox)
{
    unsigned long lost = mailbox_lost(inbox->mailbox);

    if (lost > 0)
        console_note("Messages lost: %lu (they came faster than they could be handled, or at the very end)", lost);
    mailbox_free(inbox->mailbox);
}
