/* An event on the wire: its fields, in their order. */
#include "dto/event_descriptor.h"

#include "json.h"

static const struct json_format format = {
    sizeof(struct event_descriptor),
    {
        {"timestamp", JSON_TIMESTAMP, offsetof(struct event_descriptor, timestamp)},
        {"event_type", JSON_STRING, offsetof(struct event_descriptor, event_type)},
        {"event_value", JSON_VALUE, offsetof(struct event_descriptor, event_value)},
    },
};

struct dto_status event_descriptor_to_json(const struct event_descriptor *event, char *json, size_t size)
{
    return json_write(&format, event, json, size);
}

struct dto_status event_descriptor_from_json(struct event_descriptor *event, const char *json, size_t length)
{
    return json_read(&format, event, json, length);
}
