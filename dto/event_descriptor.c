/* An event on the wire: its fields, in their order. */
#include "dto/event_descriptor.h"

#include "json.h"

static const json_format format = {
    sizeof(event_descriptor),
    {
        {"timestamp", JSON_TIMESTAMP, offsetof(event_descriptor, timestamp)},
        {"event_type", JSON_STRING, offsetof(event_descriptor, event_type)},
        {"event_value", JSON_VALUE, offsetof(event_descriptor, event_value)},
    },
};

dto_status event_descriptor_to_json(const event_descriptor *event, char *json, size_t size)
{
    return json_write(&format, event, json, size);
}

dto_status event_descriptor_from_json(event_descriptor *event, const char *json, size_t length)
{
    return json_read(&format, event, json, length);
}
