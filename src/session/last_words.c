/* A call of Paho's may take seconds, and no signal ends it: what the program says last then is written before it. */
#include "last_words.h"

#include "parts.h"
#include "playground/monotonic.h"
#include "playground/stop.h"
#include "summary.h"

#include <sysexits.h>

void last_words_summary(const struct session *session, char text[SUMMARY_SIZE])
{
    const struct session_parts *parts = session->parts;

    summary_write(&parts->course, &parts->connection, &parts->window, parts->has_subscribed, parts->left_over,
                  monotonic_us(), text);
}

void last_words_prepare(const struct session *session, const char *under_way)
{
    char summary[SUMMARY_SIZE], sessions[SUMMARY_SESSIONS_SIZE];

    last_words_summary(session, summary);
    summary_sessions(&session->parts->connection, sessions);
    stop_last_words(session->parts->course.status, "%s%sEnded while %s %s%s", summary, sessions, under_way,
                    connection_broker(&session->parts->connection)->name,
                    summary[0] == '\0' ? "" : "; the numbers are from before that");
}

void last_words_prepare_while_up(const struct session *session)
{
    char sessions[SUMMARY_SESSIONS_SIZE];

    summary_sessions(&session->parts->connection, sessions);
    stop_last_words(EX_OK,
                    "%sEnded while the broker, or standard output, took nothing more: "
                    "what was sent or shown last may be missing",
                    sessions);
}
