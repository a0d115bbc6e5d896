/* Exercise 7, both programs, after ../inbox.h: the mailbox, and how a message of the broker's gets into it. */
#ifndef INBOX_H
#define INBOX_H

#include "dto/status.h"
#include "letter.h"
#include "playground/mailbox.h"
#include "playground/session.h"

/* What the other threads have to tell the main thread. Only a message has more than its kind. */
struct mail {
    enum mail_kind { MESSAGE_RECEIVED, READING_DUE, SWITCH_ON_DUE } kind;
    MQTTClient_message message; /* its QoS, whether it is retained, and its payload, which is the one below */
    struct letter letter;       /* how it is to be answered */
    char topic[OPTIONS_TOPIC_SIZE];
    char payload[DTO_JSON_MAX + 1]; /* of what is too long, as much as it takes to be refused for that */
};

struct inbox {
    struct session *session;
    struct mailbox *mailbox;
};

/* False, and explained, if there is not enough memory. */
bool inbox_open(struct inbox *inbox, struct session *session);

/* As mailbox_take. */
bool inbox_take(struct inbox *inbox, struct mail *mail, unsigned long timeout_ms);

/* For MQTTClient_setCallbacks, with the inbox as their context. */
int on_message(void *context, char *topic, int topic_length, MQTTClient_message *message);
void on_connection_lost(void *context, char *cause);

/* Says how many messages were lost, if any. After session_close: no callback comes any more. */
void inbox_close(struct inbox *inbox);

#endif
