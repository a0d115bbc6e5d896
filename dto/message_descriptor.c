/* A message on the wire: its fields, in their order. */
#include "dto/message_descriptor.h"

#include "json.h"

static const struct json_format format = {
    sizeof(struct message_descriptor),
    {
        {"timestamp", JSON_TIMESTAMP, offsetof(struct message_descriptor, timestamp)},
        {"value_type", JSON_STRING, offsetof(struct message_descriptor, value_type)},
        {"value", JSON_VALUE, offsetof(struct message_descriptor, value)},
    },
};

struct dto_status message_descriptor_to_json(const struct message_descriptor *message, char *json, size_t size)
{
    return json_write(&format, message, json, size);
}

struct dto_status message_descriptor_from_json(struct message_descriptor *message, const char *json, size_t length)
{
    return json_read(&format, message, json, length);
}
