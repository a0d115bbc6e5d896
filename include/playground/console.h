/* What the programs print: one line per message on standard output, everything else on standard error.
 *
 * A line is text for people or, with CONSOLE_JSON, a JSON object for programs (https://jsonlines.org):
 * docs/json_lines.md shows its fields. Whatever comes from the network is escaped: no message can move the cursor,
 * change colours or ring the bell. On a terminal "sent", "received", "refused" and the name before an error are
 * coloured, unless NO_COLOR is set (and not empty) or TERM is "dumb" or missing. Every line is whole: neither another
 * thread nor the other stream begins one within it. Standard output is block buffered, and flushed whenever the program
 * is about to wait: see console_flush. To be used by one thread only, but for console_note and console_error. */
#ifndef PLAYGROUND_CONSOLE_H
#define PLAYGROUND_CONSOLE_H

#include <MQTTClient.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#ifdef __GNUC__
#define CONSOLE_PRINTF __attribute__((format(printf, 1, 2))) /* the compiler checks the arguments */
#else
#define CONSOLE_PRINTF
#endif

/* Names the program for its error messages (kept, not copied) and sets up the buffer of standard output. To be called
 * before anything is opened: it sees to it that nothing gets the number of a standard stream that is closed. */
void console_open(const char *program);

/* How the next three functions print a message. */
enum console_form {
    CONSOLE_TEXT,
    CONSOLE_JSON, /* an object a line */
    CONSOLE_QUIET /* not at all: it is only counted */
};
void console_set_form(enum console_form form);

/* One line on standard output, "sent TOPIC: PAYLOAD", and " (retained)" behind it where that is so; and a count. */
void console_sent(const char *topic, int qos, bool retained, const char *payload);
/* The same for a message that arrived, "received TOPIC: TEXT": `text` is what the program has made of its payload. */
void console_received(const char *topic, const MQTTClient_message *message, const char *text);
/* And for one that the program cannot read, "refused TOPIC: REASON: PAYLOAD", of which the beginning is shown. */
void console_refused(const char *topic, const MQTTClient_message *message, const char *reason);

/* How many messages the functions above were told of. */
struct console_counts {
    long sent;
    long received; /* without the refused ones */
    long refused;
};
struct console_counts console_counts(void);

/* Shows on standard error how far the program is: `done` messages of `total` (0: no end is known), the rate, and when
 * it will be done. Only if that is a terminal where no line per message appears; the line is rewritten ten times a
 * second at most, and makes room for any other. Costs next to nothing: for the inner loop. */
void console_progress(long done, long total);

/* A line on standard error, as for printf, escaped, cut after 1023 bytes; console_error puts the program's name before
 * it. These two may be used by any thread. */
void console_note(const char *format, ...) CONSOLE_PRINTF;
void console_error(const char *format, ...) CONSOLE_PRINTF;

/* Writes out what is buffered. False if standard output cannot be written, now or at any time before. */
bool console_flush(void);

/* Whether standard output could not be written: a full disk, a closed pipe. Costs nothing: for the inner loop. */
bool console_failed(void);

/* Writes the `length` bytes at `text` to `stream`: characters as they are, control characters (C0, DEL, C1) and bytes
 * that are not UTF-8 as \n, \r, \t or \xHH. */
void console_write_escaped(FILE *stream, const char *text, size_t length);

#endif
