/* A port, a topic, a file name: what is right for one option is right for the next one of its kind. How such a value is
 * checked, read and shown is one row of a table. */
#include "option_kind.h"

#include "broker_url.h"
#include "password.h"
#include "playground/number.h"
#include "playground/options.h"
#include "playground/topic.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool refuse(char reason[REASON_SIZE], const char *why)
{
    snprintf(reason, REASON_SIZE, "%s", why);
    return false;
}

static bool read_flag(const struct item *item, const char *value, char reason[REASON_SIZE])
{
    (void)value;
    (void)reason;
    *(bool *)item->target = true;
    return true;
}

static bool read_number(const struct item *item, const char *value, char reason[REASON_SIZE])
{
    const struct row *row = &item->row;
    double number;

    if (!number_from_text(value, strlen(value), &number) || number < row->min || number > row->max) {
        snprintf(reason, REASON_SIZE, "not a number from %.15g to %.15g", row->min, row->max);
        return false;
    }
    *(double *)item->target = number;
    return true;
}

static bool read_whole(const struct item *item, const char *value, char reason[REASON_SIZE])
{
    const struct row *row = &item->row;
    double number;

    if (!whole_number_from_text(value, row->min, row->max, &number)) {
        snprintf(reason, REASON_SIZE, "not a whole number from %.0f to %.0f", row->min, row->max);
        return false;
    }
    if (row->kind == LONG)
        *(long *)item->target = (long)number;
    else
        *(int *)item->target = (int)number;
    return true;
}

static bool read_text(const struct item *item, const char *value, char reason[REASON_SIZE])
{
    size_t size = strlen(value) + 1;

    if (size == 1)
        return refuse(reason, "empty");
    if (size > item->row.size) {
        snprintf(reason, REASON_SIZE, "longer than %zu bytes", item->row.size - 1);
        return false;
    }
    memcpy(item->target, value, size);
    return true;
}

static bool read_password_file(const struct item *item, const char *value, char reason[REASON_SIZE])
{
    struct item password = *item;
    char line[PASSWORD_LINE_SIZE];
    const char *why = password_from_file(line, value);

    password.row.kind = PASSWORD;
    return why == NULL ? kind_read(&password, line, reason) : refuse(reason, why);
}

static bool read_url(const struct item *item, const char *value, char reason[REASON_SIZE])
{
    struct connection_settings *connection = item->target;
    struct broker broker;

    if (!broker_from_url(&broker, value))
        return refuse(reason, "not of the form mqtt://host:port, mqtts://host:port, ws://host:port/path or wss://...");
    if (connection->broker_count == CONNECTION_BROKER_MAX)
        return refuse(reason, "one broker too many");
    connection->brokers[connection->broker_count++] = broker;
    return true;
}

static void show_number(const void *target, char text[HELP_SIZE])
{
    snprintf(text, HELP_SIZE, "%.15g", *(const double *)target);
}

static void show_whole(const void *target, char text[HELP_SIZE])
{
    snprintf(text, HELP_SIZE, "%d", *(const int *)target);
}

static void show_long(const void *target, char text[HELP_SIZE])
{
    snprintf(text, HELP_SIZE, "%ld", *(const long *)target);
}

static void show_text(const void *target, char text[HELP_SIZE])
{
    snprintf(text, HELP_SIZE, "%s", (const char *)target);
}

static bool name_is_valid(const char *name)
{
    return text_is_valid(name, OPTIONS_TEXT_SIZE - 1);
}

static bool file_is_readable(const char *name)
{
    return access(name, R_OK) == 0;
}

static const struct {
    bool (*read)(const struct item *item, const char *value, char reason[REASON_SIZE]); /* or says why not */
    void (*show)(const void *target, char text[HELP_SIZE]);                             /* a default, in the help */
    bool (*is_valid)(const char *value); /* NULL, or what is asked before it is read */
    const char *refusal;                 /* of what is not valid */
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

bool kind_read(const struct item *item, const char *value, char reason[REASON_SIZE])
{
    enum kind kind = item->row.kind;

    if (kinds[kind].is_valid != NULL && !kinds[kind].is_valid(value))
        return refuse(reason, kinds[kind].refusal);
    return kinds[kind].read(item, value, reason);
}

void kind_show(const struct item *item, char text[HELP_SIZE])
{
    kinds[item->row.kind].show(item->target, text);
}
