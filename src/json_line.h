/* A message that was sent or has arrived, as one line of JSON. */
#ifndef PLAYGROUND_JSON_LINE_H
#define PLAYGROUND_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What the console is told of a message. */
struct told_message {
    enum message_kind { SENT, RECEIVED, REFUSED } kind;
    const char *topic;
    int qos;
    bool retained;
    const char *payload;
    size_t length;
    const char *text; /* RECEIVED: what the program has made of the payload; REFUSED: why it could not */
};

/* Writes the message and the time of day (RFC 3339, UTC) as a JSON object (RFC 8259) and a newline. A payload that is
 * not UTF-8 is written in base64 (RFC 4648). Nothing in the line controls a terminal. */
void json_line_write(FILE *stream, const struct told_message *message);

#endif
