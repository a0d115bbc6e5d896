/* A measurement's fields and their order on the wire: the two functions are the description of the format. */
#include "dto/message_descriptor.h"

#include "json.h"

dto_status message_descriptor_to_json(const message_descriptor *message, char *json, size_t size)
{
    if (message == NULL || json == NULL)
        return (dto_status){.rule = DTO_NULL_ARGUMENT, .field = DTO_FIELD_PAYLOAD};

    json_writer writer = json_writer_open();
    json_write_timestamp(&writer, DTO_FIELD_TIMESTAMP, message->timestamp);
    json_write_string(&writer, DTO_FIELD_VALUE_TYPE, message->value_type);
    json_write_value(&writer, DTO_FIELD_VALUE, &message->value);
    return json_writer_close(&writer, json, size);
}

dto_status message_descriptor_from_json(message_descriptor *message, const char *json, size_t length)
{
    if (message == NULL)
        return (dto_status){.rule = DTO_NULL_ARGUMENT, .field = DTO_FIELD_PAYLOAD};

    *message = (message_descriptor){0};
    json_reader reader = json_reader_open(json, length);
    json_read_timestamp(&reader, DTO_FIELD_TIMESTAMP, &message->timestamp);
    json_read_string(&reader, DTO_FIELD_VALUE_TYPE, message->value_type);
    json_read_value(&reader, DTO_FIELD_VALUE, &message->value);
    dto_status status = json_reader_close(&reader);
    if (!dto_is_ok(status))
        *message = (message_descriptor){0};
    return status;
}
