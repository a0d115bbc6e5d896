/* Why a program ends. The first reason counts, and it is told once; where a guess explains more than what is known, the
 * guess is told. */
#include "ending.h"

#include "parts.h"
#include "playground/console.h"
#include "playground/monotonic.h"
#include "playground/stop.h"

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
