/* What an option takes is checked while there is someone to tell: a topic that the broker would close the connection
 * for, a number that makes no sense, a text that would be cut. A kind is one row of a table, with what refuses it. */
#include "option_kind.h"

#include "broker_url.h"
#include "password.h"
#include "playground/number.h"
#include "playground/topic.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool refuse(char reason[OPTION_REASON_SIZE], const char *why)
{
    snprintf(reason, OPTION_REASON_SIZE, "%s", why);
    return false;
}

static bool read_flag(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
    (void)text;
    (void)reason;
    *(bool *)value->target = true;
    return true;
}

static bool read_number(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
    double number;

    if (!number_from_text(text, strlen(text), &number) || number < value->min || number > value->max) {
        snprintf(reason, OPTION_REASON_SIZE, "not a number from %.15g to %.15g", value->min, value->max);
        return false;
    }
    *(double *)value->target = number;
    return true;
}

static bool read_whole(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
    double number;

    if (!whole_number_from_text(text, value->min, value->max, &number)) {
        snprintf(reason, OPTION_REASON_SIZE, "not a whole number from %.0f to %.0f", value->min, value->max);
        return false;
    }
    if (value->kind == LONG)
        *(long *)value->target = (long)number;
    else
        *(int *)value->target = (int)number;
    return true;
}

static bool fits(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
    if (strlen(text) >= value->size)
        snprintf(reason, OPTION_REASON_SIZE, "longer than %zu bytes", value->size - 1);
    else if (*text == '\0')
        refuse(reason, "empty");
    else
        return true;
    return false;
}

static bool is_text(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
    return fits(value, text, reason) &&
           (text_is_valid(text, value->size - 1) || refuse(reason, "has to be UTF-8 without control characters"));
}

static bool read_text(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
    (void)reason;
    memcpy(value->target, text, strlen(text) + 1);
    return true;
}

static bool read_password_file(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
    struct option_value password = *value;
    char line[PASSWORD_LINE_SIZE];
    const char *why = password_from_file(line, text);

    password.kind = PASSWORD;
    return why == NULL ? option_value_read(&password, line, reason) : refuse(reason, why);
}

static bool read_url(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
    const char *why = broker_add_url(value->target, text);

    return why == NULL || refuse(reason, why);
}

static void show_number(const void *target, char *text, size_t size)
{
    snprintf(text, size, "%.15g", *(const double *)target);
}

static void show_whole(const void *target, char *text, size_t size)
{
    snprintf(text, size, "%d", *(const int *)target);
}

static void show_long(const void *target, char *text, size_t size)
{
    snprintf(text, size, "%ld", *(const long *)target);
}

static void show_text(const void *target, char *text, size_t size)
{
    snprintf(text, size, "%s", (const char *)target);
}

static bool file_is_readable(const char *name)
{
    return access(name, R_OK) == 0;
}

typedef bool step(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE]);

static const struct {
    step *read;
    void (*show)(const void *target, char *text, size_t size); /* NULL: is not shown */
    /* What is asked before `read`, in this order; NULL: nothing. */
    step *check;
    bool (*is_valid)(const char *text);
    const char *refusal; /* of what is not valid */
} kinds[] = {
    [FLAG] = {read_flag, NULL, NULL, NULL, NULL},
    [NUMBER] = {read_number, show_number, NULL, NULL, NULL},
    [WHOLE] = {read_whole, show_whole, NULL, NULL, NULL},
    [LONG] = {read_whole, show_long, NULL, NULL, NULL},
    [NAME] = {read_text, show_text, is_text, NULL, NULL},
    [LEVEL] = {read_text, show_text, is_text, topic_level_is_valid,
               "has to be a level of a topic: without '/', '+' and '#'"},
    [TOPIC] = {read_text, show_text, is_text, topic_is_valid, "a topic to publish to has no wildcards ('+', '#')"},
    [FILTER] = {read_text, show_text, is_text, topic_filter_is_valid,
                "not a topic filter: '+' has to be a whole level, '#' the whole last one"},
    [HOST] = {read_text, show_text, is_text, broker_host_is_valid,
              "not a host name or address (mqtt://... goes with --url)"},
    [URL] = {read_url, NULL, NULL, NULL, NULL},
    [FILE_NAME] = {read_text, show_text, fits, file_is_readable, "no such file, or it cannot be read"},
    [PASSWORD] = {read_text, NULL, fits, password_is_valid, "has to be UTF-8"},
    [PASSWORD_FILE] = {read_password_file, NULL, NULL, NULL, NULL},
};

bool option_value_read(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
    if (kinds[value->kind].check != NULL && !kinds[value->kind].check(value, text, reason))
        return false;
    if (kinds[value->kind].is_valid != NULL && !kinds[value->kind].is_valid(text))
        return refuse(reason, kinds[value->kind].refusal);
    return kinds[value->kind].read(value, text, reason);
}

void option_value_show(const struct option_value *value, char *text, size_t size)
{
    *text = '\0';
    if (kinds[value->kind].show != NULL)
        kinds[value->kind].show(value->target, text, size);
}
