/* One reading of a sensor or one state of an actuator: what telemetry is made of. */
#ifndef DTO_MESSAGE_DESCRIPTOR_H
#define DTO_MESSAGE_DESCRIPTOR_H

#include "dto/value.h"

struct message_descriptor {
    int64_t timestamp;                /* seconds since the Unix epoch, 0 to DTO_TIMESTAMP_MAX */
    char value_type[DTO_STRING_SIZE]; /* DTO_TEMPERATURE_SENSOR, DTO_SWITCH */
    struct dto_value value;
};

/* As dto/value.h says of all descriptors. */
struct dto_status message_descriptor_to_json(const struct message_descriptor *message, char *json, size_t size);
struct dto_status message_descriptor_from_json(struct message_descriptor *message, const char *json, size_t length);

#endif
