/* One reading of a sensor or one state of an actuator: what telemetry is made of. */
#ifndef DTO_MESSAGE_DESCRIPTOR_H
#define DTO_MESSAGE_DESCRIPTOR_H

#include "dto/value.h"

typedef struct {
    int64_t timestamp;                /* seconds since the Unix epoch, 0 to DTO_TIMESTAMP_MAX */
    char value_type[DTO_STRING_SIZE]; /* DTO_TEMPERATURE_SENSOR, DTO_SWITCH */
    dto_value value;
} message_descriptor;

/* Writes `message` to `json` as one JSON object (RFC 8259) with exactly the fields above, in that order, without white
 * space, NUL-terminated. `size` is that of the buffer; DTO_JSON_MAX is always enough, and a buffer that is only just
 * as long as the text may be refused.
 * Refuses: DTO_NULL_ARGUMENT, DTO_STRING_TOO_LONG (a string that is not terminated), DTO_INVALID_UTF8,
 * DTO_NOT_FINITE (a value of NaN or infinity), DTO_OUT_OF_RANGE (a timestamp below 0 or above DTO_TIMESTAMP_MAX, a number beyond
 * DTO_NUMBER_MAX),
 * DTO_BUFFER_TOO_SMALL, DTO_NO_MEMORY. On refusal `json` is the empty string. */
dto_status message_descriptor_to_json(const message_descriptor *message, char *json, size_t size);

/* Reads `message` from the `length` bytes at `json`, which need no terminating NUL. Fields in any order; unknown ones
 * are ignored.
 * Refuses with one status each: every rule of dto/status.h. On refusal `message` is zeroed.
 * Nothing is kept of `json`, and a descriptor owns nothing: there is nothing to free. */
dto_status message_descriptor_from_json(message_descriptor *message, const char *json, size_t length);

#endif
