/* The asking is apart from the sending, so that it can be tested without a broker and without waiting. */
#include "requests.h"

#include "dto/value.h"
#include "playground/console.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MS INT64_C(1000) /* microseconds */

void requests_init(struct requests *requests, int64_t limit_us, uint32_t mark)
{
    *requests = (struct requests){.limit_us = limit_us, .mark = mark};
}

void requests_want(struct requests *requests, enum position position)
{
    requests->wanted = position;
    requests->first = requests->count + 1;
    requests->is_refused = false;
    requests->has_said = false;
    requests->pause_us = 0;
}

static enum position position_of(const char *text)
{
    if (strcmp(text, DTO_SWITCH_ON) == 0)
        return POSITION_ON;
    return strcmp(text, DTO_SWITCH_OFF) == 0 ? POSITION_OFF : POSITION_UNKNOWN;
}

void requests_said(struct requests *requests, const char *position)
{
    requests_sign_of_life(requests);
    requests->said = position_of(position);
    requests->has_said = requests->count >= requests->first;
    /* It is warm again: that was all. Who switches it off by hand from now on may do so. */
    if (requests->has_said && requests->said == POSITION_ON && requests->wanted == POSITION_ON)
        requests->wanted = POSITION_UNKNOWN;
}

/* Who comes online may have been started anew, and then knows nothing of what was asked. */
void requests_presence(struct requests *requests, const char *presence)
{
    if (strcmp(presence, DTO_OFFLINE) == 0) {
        requests->is_offline = true;
    } else if (strcmp(presence, DTO_ONLINE) == 0) {
        requests->is_offline = false;
        requests->said = POSITION_UNKNOWN;
        requests->has_said = false;
    }
}

/* Somebody else's word that it is gone is wrong then, or old. */
void requests_sign_of_life(struct requests *requests)
{
    requests->is_offline = false;
}

static struct request *find(struct requests *requests, const char *correlation, size_t size)
{
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        struct request *request = &requests->last[i];
        if (request->state != REQUEST_ANSWERED && strlen(request->correlation) == size &&
            memcmp(request->correlation, correlation, size) == 0)
            return request;
    }
    return NULL;
}

const struct request *requests_answered(struct requests *requests, const char *correlation, size_t size,
                                        bool is_refusal)
{
    struct request *request = find(requests, correlation, size);

    if (request == NULL) {
        requests->unasked++;
        return NULL;
    }
    if (request->state == REQUEST_OVERDUE)
        requests->unanswered--; /* late, but it is one */
    request->state = REQUEST_ANSWERED;
    if (is_refusal && request->number >= requests->first)
        requests->is_refused = true;
    return request;
}

/* The last one that asks for what is wanted now; NULL: there was none yet. */
static const struct request *latest(const struct requests *requests)
{
    return requests->count >= requests->first ? &requests->last[requests->count % REQUESTS_MAX] : NULL;
}

static bool has_come_true(const struct requests *requests)
{
    return requests->has_said && requests->said == requests->wanted;
}

/* Whether it has not come true, and asking for it once more could help. */
static bool is_to_be_asked(const struct requests *requests)
{
    const struct request *request = latest(requests);
    bool is_waiting = request != NULL && request->state == REQUEST_OPEN;

    return requests->wanted != POSITION_UNKNOWN && !has_come_true(requests) && !requests->is_refused &&
           !requests->is_offline && !is_waiting;
}

static int64_t next_us(const struct requests *requests)
{
    const struct request *request = latest(requests);

    return request == NULL ? INT64_MIN : request->asked_us + requests->pause_us;
}

const struct request *requests_next(struct requests *requests, int64_t now_us)
{
    if (!is_to_be_asked(requests) || now_us < next_us(requests))
        return NULL;
    requests->pause_us = requests->pause_us == 0 ? REQUESTS_PAUSE_MIN_MS * MS : requests->pause_us * 2;
    if (requests->pause_us > REQUESTS_PAUSE_MAX_MS * MS)
        requests->pause_us = REQUESTS_PAUSE_MAX_MS * MS;
    requests->count++;
    struct request *request = &requests->last[requests->count % REQUESTS_MAX];
    if (request->state == REQUEST_OPEN)
        requests->unanswered++; /* given up */
    *request = (struct request){
        .number = requests->count, .position = requests->wanted, .asked_us = now_us, .state = REQUEST_OPEN};
    snprintf(request->correlation, sizeof request->correlation, "%" PRIu32 "-%08" PRIx32, request->number,
             requests->mark);
    return request;
}

void requests_sent(struct requests *requests, int64_t now_us)
{
    requests->last[requests->count % REQUESTS_MAX].asked_us = now_us;
}

const struct request *requests_overdue(struct requests *requests, int64_t now_us)
{
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        struct request *request = &requests->last[i];
        if (request->state != REQUEST_OPEN || now_us < request->asked_us + requests->limit_us)
            continue;
        request->state = REQUEST_OVERDUE;
        requests->unanswered++;
        return request;
    }
    return NULL;
}

unsigned long requests_wait_ms(const struct requests *requests, int64_t now_us, unsigned long max_ms)
{
    int64_t until_us = now_us + (int64_t)max_ms * MS;

    if (is_to_be_asked(requests) && next_us(requests) < until_us)
        until_us = next_us(requests);
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        const struct request *request = &requests->last[i];
        if (request->state == REQUEST_OPEN && request->asked_us + requests->limit_us < until_us)
            until_us = request->asked_us + requests->limit_us;
    }
    return until_us <= now_us ? 0 : (unsigned long)((until_us - now_us + MS - 1) / MS);
}

const char *position_name(enum position position)
{
    return position == POSITION_ON ? "on" : "off";
}

/* Nothing of what was asked for is missing where it stays off as it was wanted, or is on again. */
static void say_where_it_stands(const struct requests *requests, const char *device, char text[REQUESTS_TEXT_SIZE])
{
    bool is_open = requests->wanted != POSITION_UNKNOWN && !has_come_true(requests);
    const char *wanted = position_name(requests->wanted);

    if (requests->is_offline)
        snprintf(text, REQUESTS_TEXT_SIZE, "%s went offline", device);
    else if (is_open && requests->is_refused)
        snprintf(text, REQUESTS_TEXT_SIZE, "%s has refused to be switched %s", device, wanted);
    else if (is_open)
        snprintf(text, REQUESTS_TEXT_SIZE, "%s has not said that it is switched %s", device, wanted);
    else if (requests->said == POSITION_OFF)
        snprintf(text, REQUESTS_TEXT_SIZE, "%s stays switched off", device);
    else if (requests->said == POSITION_ON)
        snprintf(text, REQUESTS_TEXT_SIZE, "%s is switched on", device);
    else
        snprintf(text, REQUESTS_TEXT_SIZE, "%s has not said where its switch stands now", device);
}

void requests_text(const struct requests *requests, const char *device, char text[REQUESTS_TEXT_SIZE])
{
    text[0] = '\0';
    if (requests->count == 0 && requests->unasked == 0 && requests->said == POSITION_UNKNOWN && !requests->is_offline)
        return; /* nothing was asked for, and nothing is known */
    say_where_it_stands(requests, device, text);
    size_t length = strlen(text);
    if (requests->unanswered > 0)
        length += (size_t)snprintf(text + length, REQUESTS_TEXT_SIZE - length, "; requests without an answer: %ld",
                                   requests->unanswered);
    if (requests->unasked > 0)
        snprintf(text + length, REQUESTS_TEXT_SIZE - length, "; answers that nobody has asked for: %ld",
                 requests->unasked);
}

void requests_tell(const struct requests *requests, const char *device, bool is_connected)
{
    char text[REQUESTS_TEXT_SIZE];

    requests_text(requests, device, text);
    if (text[0] != '\0' && !is_connected)
        console_note("There is no connection: what %s does now is not known", device);
    else if (text[0] != '\0')
        console_note("%s", text);
}
