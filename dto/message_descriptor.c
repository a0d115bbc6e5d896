/* A message on the wire: its fields, in their order. */
#include "dto/message_descriptor.h"

#include "json.h"

static const json_format format = {
    sizeof(message_descriptor),
    {
        {"timestamp", JSON_TIMESTAMP, offsetof(message_descriptor, timestamp)},
        {"value_type", JSON_STRING, offsetof(message_descriptor, value_type)},
        {"value", JSON_VALUE, offsetof(message_descriptor, value)},
    },
};

dto_status message_descriptor_to_json(const message_descriptor *message, char *json, size_t size)
{
    return json_write(&format, message, json, size);
}

dto_status message_descriptor_from_json(message_descriptor *message, const char *json, size_t length)
{
    return json_read(&format, message, json, length);
}
