/* One reading of a sensor or one state of an actuator: what telemetry is made of. */
#ifndef DTO_MESSAGE_DESCRIPTOR_H
#define DTO_MESSAGE_DESCRIPTOR_H

#include "dto/value.h"

typedef struct {
    int64_t timestamp;                /* seconds since the Unix epoch, 0 to DTO_TIMESTAMP_MAX */
    char value_type[DTO_STRING_SIZE]; /* DTO_TEMPERATURE_SENSOR, DTO_SWITCH */
    dto_value value;
} message_descriptor;

/* As dto/value.h says of all descriptors. */
dto_status message_descriptor_to_json(const message_descriptor *message, char *json, size_t size);
dto_status message_descriptor_from_json(message_descriptor *message, const char *json, size_t length);

#endif
