/* Something that happened to a device and that its observers should know even if they come late. */
#ifndef DTO_EVENT_DESCRIPTOR_H
#define DTO_EVENT_DESCRIPTOR_H

#include "dto/value.h"

typedef struct {
    int64_t timestamp;                /* seconds since the Unix epoch, 0 to DTO_TIMESTAMP_MAX */
    char event_type[DTO_STRING_SIZE]; /* DTO_OVER_HEATING */
    dto_value event_value;
} event_descriptor;

/* As dto/value.h says of all descriptors. */
dto_status event_descriptor_to_json(const event_descriptor *event, char *json, size_t size);
dto_status event_descriptor_from_json(event_descriptor *event, const char *json, size_t length);

#endif
