/* A device's fields and their order on the wire: the two functions are the description of the format. */
#include "dto/device_descriptor.h"

#include "json.h"

dto_status device_descriptor_to_json(const device_descriptor *device, char *json, size_t size)
{
    if (device == NULL || json == NULL)
        return (dto_status){.rule = DTO_NULL_ARGUMENT, .field = DTO_FIELD_PAYLOAD};

    json_writer writer = json_writer_open();
    json_write_string(&writer, DTO_FIELD_DEVICE_ID, device->device_id);
    json_write_string(&writer, DTO_FIELD_PRODUCER, device->producer);
    json_write_string(&writer, DTO_FIELD_SOFTWARE_VERSION, device->software_version);
    return json_writer_close(&writer, json, size);
}

dto_status device_descriptor_from_json(device_descriptor *device, const char *json, size_t length)
{
    if (device == NULL)
        return (dto_status){.rule = DTO_NULL_ARGUMENT, .field = DTO_FIELD_PAYLOAD};

    *device = (device_descriptor){0};
    json_reader reader = json_reader_open(json, length);
    json_read_string(&reader, DTO_FIELD_DEVICE_ID, device->device_id);
    json_read_string(&reader, DTO_FIELD_PRODUCER, device->producer);
    json_read_string(&reader, DTO_FIELD_SOFTWARE_VERSION, device->software_version);
    dto_status status = json_reader_close(&reader);
    if (!dto_is_ok(status))
        *device = (device_descriptor){0};
    return status;
}
