/* An action's fields and their order on the wire: the two functions are the description of the format. */
#include "dto/action_descriptor.h"

#include "json.h"

dto_status action_descriptor_to_json(const action_descriptor *action, char *json, size_t size)
{
    if (action == NULL || json == NULL)
        return (dto_status){.rule = DTO_NULL_ARGUMENT, .field = DTO_FIELD_PAYLOAD};

    json_writer writer = json_writer_open();
    json_write_string(&writer, DTO_FIELD_ACTION_TYPE, action->action_type);
    json_write_string(&writer, DTO_FIELD_ACTION_VALUE, action->action_value);
    return json_writer_close(&writer, json, size);
}

dto_status action_descriptor_from_json(action_descriptor *action, const char *json, size_t length)
{
    if (action == NULL)
        return (dto_status){.rule = DTO_NULL_ARGUMENT, .field = DTO_FIELD_PAYLOAD};

    *action = (action_descriptor){0};
    json_reader reader = json_reader_open(json, length);
    json_read_string(&reader, DTO_FIELD_ACTION_TYPE, action->action_type);
    json_read_string(&reader, DTO_FIELD_ACTION_VALUE, action->action_value);
    dto_status status = json_reader_close(&reader);
    if (!dto_is_ok(status))
        *action = (action_descriptor){0};
    return status;
}
