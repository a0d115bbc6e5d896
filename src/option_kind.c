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

static bool read_text(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
    size_t size = strlen(text) + 1;

    if (size == 1)
        return refuse(reason, "empty");
    if (size > value->size) {
        snprintf(reason, OPTION_REASON_SIZE, "longer than %zu bytes", value->size - 1);
        return false;
    }
    memcpy(value->target, text, size);
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

static bool name_is_valid(const char *name)
{
    return text_is_valid(name, CONNECTION_TEXT_SIZE - 1);
}

static bool file_is_readable(const char *name)
{
    return access(name, R_OK) == 0;
}

static const struct {
    bool (*read)(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE]);
    void (*show)(const void *target, char *text, size_t size); /* NULL: is not shown */
    bool (*is_valid)(const char *text);                        /* NULL, or what is asked before `read` */
    const char *refusal;                                       /* of what is not valid */
} kinds[] = {
    [FLAG] = {read_flag, NULL, NULL, NULL},
    [NUMBER] = {read_number, show_number, NULL, NULL},
    [WHOLE] = {read_whole, show_whole, NULL, NULL},
    [LONG] = {read_whole, show_long, NULL, NULL},
    [NAME] = {read_text, show_text, name_is_valid,
              "has to be text: UTF-8 without control characters, not too long, not empty"},
    [LEVEL] = {read_text, show_text, topic_level_is_valid,
               "has to be 1 to 64 bytes of UTF-8 without '/', '+', '#' and control characters"},
    [TOPIC] = {read_text, show_text, topic_is_valid,
               "not a topic to publish to: it must not be empty, nor hold wildcards ('+', '#') or control characters"},
    [FILTER] = {read_text, show_text, topic_filter_is_valid,
                "not a topic filter: '+' has to be a whole level, '#' the whole last one"},
    [HOST] = {read_text, show_text, broker_host_is_valid, "not a host name or address (mqtt://... goes with --url)"},
    [URL] = {read_url, NULL, NULL, NULL},
    [FILE_NAME] = {read_text, show_text, file_is_readable, "no such file, or it cannot be read"},
    [PASSWORD] = {read_text, NULL, password_is_valid, "has to be UTF-8"},
    [PASSWORD_FILE] = {read_password_file, NULL, NULL, NULL},
};

bool option_value_read(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE])
{
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
