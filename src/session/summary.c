/* It is written to a text first: a program that has to end inside a call can no longer ask for numbers, nor format
 * them. */
#include "summary.h"

#include "playground/console.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Of fewer messages a rate misleads: five of them, a second apart, take four seconds. Nor does it say anything of less
 * than a tenth of a second. */
enum { MANY = 100 };

static void add_line(char text[SUMMARY_SIZE], const char *format, ...)
{
    size_t length = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + length, SUMMARY_SIZE - 1 - length, format, arguments); /* a byte is for the end of the line */
    va_end(arguments);
    strcat(text, "\n");
}

/* Only what there was: most programs send, or receive. */
static void add_counts(char text[SUMMARY_SIZE], int64_t span_us)
{
    struct console_counts counts = console_counts();
    const struct {
        long count;
        const char *what;
    } parts[] = {{counts.sent, "sent"}, {counts.received, "received"}, {counts.refused, "refused"}};
    long messages = counts.sent + counts.received + counts.refused;
    double seconds = (double)span_us / 1e6;
    char shown[96] = "", rate[32] = "";

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t length = strlen(shown);
        if (parts[i].count > 0)
            snprintf(shown + length, sizeof shown - length, "%s%ld %s", length > 0 ? ", " : "", parts[i].count,
                     parts[i].what);
    }
    if (messages >= MANY && seconds >= 0.1)
        snprintf(rate, sizeof rate, " (%.0f/s)", (double)messages / seconds);
    add_line(text, "Summary: %s in %.3f s%s", messages > 0 ? shown : "no messages", seconds, rate);
}

static const char *times(int count)
{
    return count == 1 ? "time" : "times";
}

static const char *messages(long count)
{
    return count == 1 ? "message was" : "messages were";
}

void summary_write(const struct course *course, const struct connection *connection, const struct window *window,
                   const struct denials *denials, bool has_subscribed, struct left_over left_over, int64_t now_us,
                   char text[SUMMARY_SIZE])
{
    char reasons[DENIALS_TEXT_SIZE];
    long denied = denials_count(denials);

    text[0] = '\0';
    if (window->unchecked > 0)
        add_line(text, "%d %s not acknowledged", window->unchecked, messages(window->unchecked));
    denials_text(denials, reasons);
    if (denied > 0)
        add_line(text, "%ld %s denied by the broker: %s", denied, messages(denied), reasons);
    if (left_over.count > 0)
        add_line(text, "%ld %s acknowledged, but not shown%s", left_over.count, messages(left_over.count),
                 left_over.has_more ? ", and perhaps some more" : "");
    else if (left_over.has_more)
        add_line(text, "There was no connection at the end: what had arrived and was not yet shown is lost");
    if (connection->losses > 0)
        add_line(text, "The connection was lost %d %s, for %.3f s together%s", connection->losses,
                 times(connection->losses), (double)connection_offline_us(connection, now_us) / 1e6,
                 has_subscribed ? ": what was published meanwhile may be missing" : "");
    if (connection->forgotten > 0)
        add_line(text, "The broker forgot the session %d %s: what it had acknowledged before may be lost",
                 connection->forgotten, times(connection->forgotten));
    if (course->began_us != 0)
        add_counts(text, now_us - course->began_us);
    else if (console_counts().sent > 0) /* announced, on a connection that was broken in its beginning */
        add_counts(text, now_us - connection->accepted_us);
}

void summary_sessions(const struct connection *connection, char text[SUMMARY_SESSIONS_SIZE])
{
    size_t length = 0;

    text[0] = '\0';
    for (int i = 0; i < connection->settings->broker_count && length < SUMMARY_SESSIONS_SIZE; i++) {
        if (connection->has_session[i])
            length += (size_t)snprintf(text + length, SUMMARY_SESSIONS_SIZE - length,
                                       "The session of %.100s may stay at %.100s\n", connection->settings->client_id,
                                       connection->settings->brokers[i].name);
    }
}
