/* An event's fields and their order on the wire: the two functions are the description of the format. */
#include "dto/event_descriptor.h"

#include "json.h"

dto_status event_descriptor_to_json(const event_descriptor *event, char *json, size_t size)
{
    if (event == NULL || json == NULL)
        return (dto_status){.rule = DTO_NULL_ARGUMENT, .field = DTO_FIELD_PAYLOAD};

    json_writer writer = json_writer_open();
    json_write_timestamp(&writer, DTO_FIELD_TIMESTAMP, event->timestamp);
    json_write_string(&writer, DTO_FIELD_EVENT_TYPE, event->event_type);
    json_write_value(&writer, DTO_FIELD_EVENT_VALUE, &event->event_value);
    return json_writer_close(&writer, json, size);
}

dto_status event_descriptor_from_json(event_descriptor *event, const char *json, size_t length)
{
    if (event == NULL)
        return (dto_status){.rule = DTO_NULL_ARGUMENT, .field = DTO_FIELD_PAYLOAD};

    *event = (event_descriptor){0};
    json_reader reader = json_reader_open(json, length);
    json_read_timestamp(&reader, DTO_FIELD_TIMESTAMP, &event->timestamp);
    json_read_string(&reader, DTO_FIELD_EVENT_TYPE, event->event_type);
    json_read_value(&reader, DTO_FIELD_EVENT_VALUE, &event->event_value);
    dto_status status = json_reader_close(&reader);
    if (!dto_is_ok(status))
        *event = (event_descriptor){0};
    return status;
}
