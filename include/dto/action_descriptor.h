/* What a device is asked to do. */
#ifndef DTO_ACTION_DESCRIPTOR_H
#define DTO_ACTION_DESCRIPTOR_H

#include "dto/value.h"

typedef struct {
    char action_type[DTO_STRING_SIZE];  /* DTO_SWITCH */
    char action_value[DTO_STRING_SIZE]; /* DTO_SWITCH_ON, DTO_SWITCH_OFF */
} action_descriptor;

/* Writes `action` to `json` as one JSON object (RFC 8259) with exactly the fields above, in that order, without white
 * space, NUL-terminated. `size` is that of the buffer; DTO_JSON_MAX is always enough, and a buffer that is only just
 * as long as the text may be refused.
 * Refuses: DTO_NULL_ARGUMENT, DTO_STRING_TOO_LONG (a string that is not terminated), DTO_INVALID_UTF8,
 * DTO_BUFFER_TOO_SMALL, DTO_NO_MEMORY. On refusal `json` is the empty string. */
dto_status action_descriptor_to_json(const action_descriptor *action, char *json, size_t size);

/* Reads `action` from the `length` bytes at `json`, which need no terminating NUL. Fields in any order; unknown ones
 * are ignored.
 * Refuses with one status each: every rule of dto/status.h. On refusal `action` is zeroed.
 * Nothing is kept of `json`, and a descriptor owns nothing: there is nothing to free. */
dto_status action_descriptor_from_json(action_descriptor *action, const char *json, size_t length);

#endif
