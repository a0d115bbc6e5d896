/* Why a program ends: the first reason counts, and it is told once; where a guess explains more than what is known, the
 * guess is told. And what it says last if it has to end inside a call of Paho's, which may take seconds, and which no
 * signal ends: that is written before the call. */
#include "ending.h"

#include "parts.h"
#include "playground/console.h"
#include "playground/monotonic.h"
#include "playground/stop.h"
#include "summary.h"

#include <stdio.h>
#include <sysexits.h>

void session_fail(struct session *session, int status, const char *text)
{
    if (course_fail(&session->parts->course, status))
        console_error("%s", text);
}

void ending_for(struct session *session, int status, const char *text)
{
    const struct session_parts *parts = session->parts;

    if (parts->is_guess && !parts->let_through)
        session_fail(session, EX_PROTOCOL, parts->failure.text);
    else
        session_fail(session, status, text);
}

static void end_for_time(struct session *session)
{
    const struct session_parts *parts = session->parts;
    const char *why = parts->failure.text;
    char text[DIAGNOSIS_SIZE];

    if (parts->course.began_us == 0)
        snprintf(text, sizeof text,
                 "the time of --timeout has passed before there was a connection to work with%s%.400s",
                 why[0] == '\0' ? "" : ": ", why);
    else
        snprintf(text, sizeof text, "the time of --timeout has passed%s",
                 parts->state != UP        ? ", and there is no connection"
                 : parts->course.done == 0 ? ": is anything published on these topics?"
                                           : "");
    ending_for(session, EX_TEMPFAIL, text);
}

void ending_for_output(struct session *session)
{
    session_fail(session, EX_IOERR,
                 "cannot write standard output: is the disk full, the pipe closed? What was to be shown last is lost");
}

void ending_for_denials(struct session *session)
{
    const struct session_parts *parts = session->parts;
    long count = denials_count(&parts->denials);
    char text[DIAGNOSIS_SIZE];

    if (count == 0 || parts->denials.published > count + parts->window.unchecked)
        return;
    snprintf(text, sizeof text, "%.200s has denied every message%s: what may this user publish?",
             connection_broker(&parts->connection)->name,
             parts->window.unchecked > 0 ? " that it has acknowledged" : "");
    session_fail(session, EX_CANTCREAT, text);
}

bool ending_has_come(struct session *session)
{
    const struct course *course = &session->parts->course;

    if (stop_requested() || course_has_ended(course))
        return true;
    if (console_failed())
        ending_for_output(session);
    else if (course->timeout_us != 0 && monotonic_us() > course_deadline_us(course))
        end_for_time(session);
    return course_has_ended(course);
}

/* --- the last words ------------------------------------------------------------------------------------------- */

void ending_summary(const struct session *session, char text[SUMMARY_SIZE])
{
    const struct session_parts *parts = session->parts;

    summary_write(&parts->course, &parts->connection, &parts->window, &parts->denials, parts->has_subscribed,
                  parts->left_over, monotonic_us(), text);
}

void ending_words_before(const struct session *session, const char *under_way)
{
    char summary[SUMMARY_SIZE], sessions[SUMMARY_SESSIONS_SIZE];

    ending_summary(session, summary);
    summary_sessions(&session->parts->connection, sessions);
    stop_last_words(session->parts->course.status, "%s%sEnded while %s %s%s", summary, sessions, under_way,
                    connection_broker(&session->parts->connection)->name,
                    summary[0] == '\0' ? "" : "; the numbers are from before that");
}

void ending_words_while_up(const struct session *session)
{
    char sessions[SUMMARY_SESSIONS_SIZE];

    summary_sessions(&session->parts->connection, sessions);
    stop_last_words(EX_OK,
                    "%sEnded while the broker, or standard output, took nothing more: "
                    "what was sent or shown last may be missing",
                    sessions);
}
