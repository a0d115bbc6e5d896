/* An action on the wire: its fields, in their order. */
#include "dto/action_descriptor.h"

#include "json.h"

static const struct json_format format = {
    sizeof(struct action_descriptor),
    {
        {"action_type", JSON_STRING, offsetof(struct action_descriptor, action_type)},
        {"action_value", JSON_STRING, offsetof(struct action_descriptor, action_value)},
    },
};

struct dto_status action_descriptor_to_json(const struct action_descriptor *action, char *json, size_t size)
{
    return json_write(&format, action, json, size);
}

struct dto_status action_descriptor_from_json(struct action_descriptor *action, const char *json, size_t length)
{
    return json_read(&format, action, json, length);
}
