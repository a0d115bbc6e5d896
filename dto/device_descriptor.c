/* A device on the wire: its fields, in their order. */
#include "dto/device_descriptor.h"

#include "json.h"

static const struct json_format format = {
    sizeof(struct device_descriptor),
    {
        {"device_id", JSON_STRING, offsetof(struct device_descriptor, device_id)},
        {"producer", JSON_STRING, offsetof(struct device_descriptor, producer)},
        {"software_version", JSON_STRING, offsetof(struct device_descriptor, software_version)},
    },
};

struct dto_status device_descriptor_to_json(const struct device_descriptor *device, char *json, size_t size)
{
    return json_write(&format, device, json, size);
}

struct dto_status device_descriptor_from_json(struct device_descriptor *device, const char *json, size_t length)
{
    return json_read(&format, device, json, length);
}
