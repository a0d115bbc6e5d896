/* What all descriptors have in common: their strings, values that are a number in one message and a string in the next,
 * and the contract of the two functions that each of them has.
 *
 *     struct dto_status NAME_to_json(const struct NAME *descriptor, char *json, size_t size);
 *
 * writes the descriptor to `json` as one JSON object (RFC 8259) with exactly its fields, in their order, without white
 * space, NUL-terminated. `size` is that of the buffer; DTO_JSON_MAX is always enough, and a buffer that is only just as
 * long as the text may be refused. On refusal `json` is the empty string. Refuses: DTO_NULL_ARGUMENT,
 * DTO_STRING_TOO_LONG (a string that is not terminated), DTO_INVALID_UTF8, DTO_NOT_FINITE (NaN, infinity),
 * DTO_OUT_OF_RANGE (a timestamp below 0 or above DTO_TIMESTAMP_MAX, a number beyond DTO_NUMBER_MAX), DTO_WRONG_TYPE (a
 * value that is neither), DTO_BUFFER_TOO_SMALL.
 *
 *     struct dto_status NAME_from_json(struct NAME *descriptor, const char *json, size_t length);
 *
 * reads it from the `length` bytes at `json`, which need no terminating NUL: fields in any order, unknown ones are
 * ignored. Every rule of dto/status.h has its status; on refusal the descriptor is zeroed. Nothing is kept of `json`,
 * and a descriptor owns nothing: there is nothing to free. */
#ifndef DTO_VALUE_H
#define DTO_VALUE_H

#include "dto/status.h"

#include <stddef.h>
#include <stdint.h>

/* What value_type, event_type and action_type say in this lab, and the two positions of a switch. */
#define DTO_TEMPERATURE_SENSOR "TEMPERATURE_SENSOR" /* value: a number, degrees Celsius */
#define DTO_SWITCH             "SWITCH"             /* value or action_value: "ON" or "OFF" */
#define DTO_OVER_HEATING       "OVER_HEATING"       /* event_value: a number, degrees Celsius */
#define DTO_PRESENCE           "PRESENCE"           /* event_value: "ONLINE" or "OFFLINE" */
#define DTO_SWITCH_ON          "ON"
#define DTO_SWITCH_OFF         "OFF"
#define DTO_ONLINE             "ONLINE"
#define DTO_OFFLINE            "OFFLINE"

/* A timestamp is in whole seconds since the Unix epoch, from 0 to this: 15 digits, all of which JSON carries. */
#define DTO_TIMESTAMP_MAX INT64_C(999999999999999)

/* The largest magnitude of a number. Still larger ones are finite, but cJSON may round them up to what is not. */
#define DTO_NUMBER_MAX 1e308

enum dto_value_type { DTO_NUMBER, DTO_STRING };

struct dto_value {
    enum dto_value_type type;
    union {
        double number; /* survives the wire to 15 significant digits */
        char string[DTO_STRING_SIZE];
    } as;
};

/* The number as a value. Nothing is refused here: NaN, infinities and what is beyond DTO_NUMBER_MAX are when the
 * descriptor is serialised. */
struct dto_value dto_number(double number);

/* The string as a value. */
struct dto_value dto_string(const char *string);

/* Copies `text` into a descriptor's string. Nothing is refused here either: what is too long for it keeps no NUL at its
 * end, and that, as what is not UTF-8, is refused by its field's name when the descriptor is serialised. */
void dto_set_string(char string[DTO_STRING_SIZE], const char *text);

/* The value as people read it: the string itself, or the number, which is written somewhere into `text`, of
 * DTO_STRING_SIZE bytes. Returns where it stands: what is in `value` is only lent. For values that were read; not for a
 * dto_string that is too long. */
const char *dto_value_text(const struct dto_value *value, char text[DTO_STRING_SIZE]);

#endif
