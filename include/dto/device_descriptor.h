/* Who a device is: published once, retained, so that whoever subscribes later learns it too. */
#ifndef DTO_DEVICE_DESCRIPTOR_H
#define DTO_DEVICE_DESCRIPTOR_H

#include "dto/value.h"

typedef struct {
    char device_id[DTO_STRING_SIZE];
    char producer[DTO_STRING_SIZE]; /* who made it */
    char software_version[DTO_STRING_SIZE];
} device_descriptor;

/* Writes `device` to `json` as one JSON object (RFC 8259) with exactly the fields above, in that order, without white
 * space, NUL-terminated. `size` is that of the buffer; DTO_JSON_MAX is always enough, and a buffer that is only just
 * as long as the text may be refused.
 * Refuses: DTO_NULL_ARGUMENT, DTO_STRING_TOO_LONG (a string that is not terminated), DTO_INVALID_UTF8,
 * DTO_BUFFER_TOO_SMALL, DTO_NO_MEMORY. On refusal `json` is the empty string. */
dto_status device_descriptor_to_json(const device_descriptor *device, char *json, size_t size);

/* Reads `device` from the `length` bytes at `json`, which need no terminating NUL. Fields in any order; unknown ones
 * are ignored.
 * Refuses with one status each: every rule of dto/status.h. On refusal `device` is zeroed.
 * Nothing is kept of `json`, and a descriptor owns nothing: there is nothing to free. */
dto_status device_descriptor_from_json(device_descriptor *device, const char *json, size_t length);

#endif
