/* Something that happened to a device and that its observers should know even if they come late. */
#ifndef DTO_EVENT_DESCRIPTOR_H
#define DTO_EVENT_DESCRIPTOR_H

#include "dto/value.h"

typedef struct {
    int64_t timestamp;                /* seconds since the Unix epoch, 0 to DTO_TIMESTAMP_MAX */
    char event_type[DTO_STRING_SIZE]; /* DTO_OVER_HEATING */
    dto_value event_value;
} event_descriptor;

/* Writes `event` to `json` as one JSON object (RFC 8259) with exactly the fields above, in that order, without white
 * space, NUL-terminated. `size` is that of the buffer; DTO_JSON_MAX is always enough, and a buffer that is only just
 * as long as the text may be refused.
 * Refuses: DTO_NULL_ARGUMENT, DTO_STRING_TOO_LONG (a string that is not terminated), DTO_INVALID_UTF8,
 * DTO_NOT_FINITE (a value of NaN or infinity), DTO_OUT_OF_RANGE (a timestamp below 0 or above DTO_TIMESTAMP_MAX, a number beyond
 * DTO_NUMBER_MAX),
 * DTO_BUFFER_TOO_SMALL, DTO_NO_MEMORY. On refusal `json` is the empty string. */
dto_status event_descriptor_to_json(const event_descriptor *event, char *json, size_t size);

/* Reads `event` from the `length` bytes at `json`, which need no terminating NUL. Fields in any order; unknown ones
 * are ignored.
 * Refuses with one status each: every rule of dto/status.h. On refusal `event` is zeroed.
 * Nothing is kept of `json`, and a descriptor owns nothing: there is nothing to free. */
dto_status event_descriptor_from_json(event_descriptor *event, const char *json, size_t length);

#endif
