/* Exercise 5, both programs: the mailbox, and how a message of the broker's gets into it. */
#ifndef INBOX_H
#define INBOX_H

#include "dto/status.h"
#include "playground/mailbox.h"
#include "playground/session.h"

/* What the other threads have to tell the main thread. Only a message has more than its kind. */
struct mail {
    enum mail_kind { MESSAGE_RECEIVED, READING_DUE, SWITCH_ON_DUE } kind;
    bool retained;
    char topic[OPTIONS_TOPIC_SIZE];
    size_t length; /* as received; more than DTO_JSON_MAX bytes are refused unread */
    char payload[DTO_JSON_MAX];
};

struct inbox {
    struct session *session;
    struct mailbox *mailbox;
};

/* False, and explained, if there is not enough memory. */
bool inbox_open(struct inbox *inbox, struct session *session);

/* For MQTTClient_setCallbacks, with the inbox as their context. */
int on_message(void *context, char *topic, int topic_length, MQTTClient_message *message);
void on_connection_lost(void *context, char *cause);

/* Says how many messages were lost, if any. After session_close: no callback comes any more. */
void inbox_close(struct inbox *inbox);

#endif
