/* Something that happened to a device and that its observers should know even if they come late. */
#ifndef DTO_EVENT_DESCRIPTOR_H
#define DTO_EVENT_DESCRIPTOR_H

#include "dto/value.h"

struct event_descriptor {
    int64_t timestamp;                /* seconds since the Unix epoch, 0 to DTO_TIMESTAMP_MAX */
    char event_type[DTO_STRING_SIZE]; /* DTO_OVER_HEATING */
    struct dto_value event_value;
};

/* As dto/value.h says of all descriptors. */
struct dto_status event_descriptor_to_json(const struct event_descriptor *event, char *json, size_t size);
struct dto_status event_descriptor_from_json(struct event_descriptor *event, const char *json, size_t length);

#endif
