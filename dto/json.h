/* A descriptor is a table of its fields; reading and writing go through the table, cJSON behind them. */
#ifndef DTO_JSON_H
#define DTO_JSON_H

#include "dto/value.h"

/* What a field is in C, and what it may hold. */
enum json_kind {
    JSON_STRING,    /* char[DTO_STRING_SIZE]: at most DTO_STRING_MAX bytes of UTF-8 */
    JSON_TIMESTAMP, /* int64_t: a whole number, from 0 to DTO_TIMESTAMP_MAX */
    JSON_VALUE      /* dto_value: a number up to DTO_NUMBER_MAX, or such a string */
};

struct json_field {
    const char *name; /* on the wire */
    enum json_kind kind;
    size_t offset; /* in the descriptor */
};

#define JSON_FIELDS_MAX 8

struct json_format {
    size_t size;                               /* of the descriptor */
    struct json_field fields[JSON_FIELDS_MAX]; /* in the order of the wire; the rest of them have no name */
};

/* Both do what dto/value.h says of a descriptor's to_json and from_json. */
struct dto_status json_write(const struct json_format *format, const void *descriptor, char *json, size_t size);
struct dto_status json_read(const struct json_format *format, void *descriptor, const char *json, size_t length);

#endif
