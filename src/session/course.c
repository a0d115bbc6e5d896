/* Ends come from everywhere (a count, a clock, a signal, a broker, a full disk). Where each of them set a flag of its
 * own, the status was that of the one that was looked at first; here they all come to one place. */
#include "course.h"

#include <sysexits.h>

void course_init(struct course *course, long count, int64_t timeout_us, int64_t now_us)
{
    *course = (struct course){.count = count, .timeout_us = timeout_us, .started_us = now_us};
}

bool course_fail(struct course *course, int status)
{
    if (course->status != EX_OK)
        return false;
    course->status = status;
    return true;
}

bool course_has_ended(const struct course *course)
{
    return course->status != EX_OK;
}

int64_t course_deadline_us(const struct course *course)
{
    return course->timeout_us == 0 ? INT64_MAX : course->started_us + course->timeout_us;
}

bool course_wants_more(const struct course *course)
{
    return course->count == 0 || course->done < course->count;
}

int64_t course_pace(struct course *course, int64_t span_us, int64_t now_us)
{
    int64_t next_us = (course->next_us == 0 ? now_us : course->next_us) + span_us;

    course->next_us = next_us > now_us ? next_us : now_us;
    return course->next_us;
}

bool course_is_at_last(const struct course *course)
{
    return course->count != 0 && course->done + 1 >= course->count;
}
