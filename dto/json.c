/* cJSON builds and takes apart trees, and each of its calls may fail. What four descriptors need of it stands here once,
 * with one place to look at for what went wrong. */
#include "json.h"

#include "json_grammar.h"
#include "text.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static void refuse(dto_status *status, dto_rule rule, dto_field field)
{
    if (dto_is_ok(*status))
        *status = (dto_status){.rule = rule, .field = field};
}

static dto_field field_named(const char *name)
{
    for (int field = 0; field < DTO_FIELD_COUNT; field++) {
        if (strcmp(dto_field_name((dto_field)field), name) == 0)
            return (dto_field)field;
    }
    return DTO_FIELD_PAYLOAD;
}

/* cJSON keeps both members of the same name. RFC 8259 section 4 leaves open which one counts, so neither does. */
static void refuse_duplicate_keys(json_reader *reader)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, reader->object)
    {
        for (const cJSON *other = member->next; other != NULL; other = other->next) {
            if (strcmp(member->string, other->string) == 0)
                refuse(&reader->status, DTO_DUPLICATE_KEY, field_named(member->string));
        }
    }
}

json_reader json_reader_open(const char *json, size_t length)
{
    json_reader reader = {.object = NULL, .status = {DTO_OK, DTO_FIELD_PAYLOAD}};

    reader.status.rule = json == NULL ? DTO_NULL_ARGUMENT : json_grammar_check(json, length);
    if (!dto_is_ok(reader.status))
        return reader;
    reader.object = cJSON_ParseWithLength(json, length);
    if (reader.object == NULL)
        reader.status.rule = DTO_NO_MEMORY; /* it is JSON: nothing else is left to go wrong */
    else if (!cJSON_IsObject(reader.object))
        reader.status.rule = DTO_NOT_AN_OBJECT;
    else
        refuse_duplicate_keys(&reader);
    return reader;
}

/* The field's member; NULL when it is missing or an earlier field was refused. */
static const cJSON *find(json_reader *reader, dto_field field)
{
    if (!dto_is_ok(reader->status))
        return NULL;
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(reader->object, dto_field_name(field));
    if (member == NULL)
        refuse(&reader->status, DTO_MISSING, field);
    return member;
}

static void read_number(json_reader *reader, dto_field field, const cJSON *member, double *number)
{
    if (!isfinite(member->valuedouble))
        refuse(&reader->status, DTO_NOT_FINITE, field); /* 1e999 */
    else if (fabs(member->valuedouble) > DTO_NUMBER_MAX)
        refuse(&reader->status, DTO_OUT_OF_RANGE, field);
    else
        *number = member->valuedouble;
}

static void read_text(json_reader *reader, dto_field field, const cJSON *member, char string[DTO_STRING_SIZE])
{
    dto_rule rule = text_check(member->valuestring);

    if (rule != DTO_OK)
        refuse(&reader->status, rule, field);
    else
        memcpy(string, member->valuestring, strlen(member->valuestring) + 1);
}

void json_read_timestamp(json_reader *reader, dto_field field, int64_t *seconds)
{
    const cJSON *member = find(reader, field);
    double number = 0;

    if (member == NULL)
        return;
    if (!cJSON_IsNumber(member)) {
        refuse(&reader->status, DTO_WRONG_TYPE, field);
        return;
    }
    read_number(reader, field, member, &number);
    if (number != trunc(number))
        refuse(&reader->status, DTO_NOT_INTEGRAL, field);
    else if (number < 0 || number > (double)DTO_TIMESTAMP_MAX)
        refuse(&reader->status, DTO_OUT_OF_RANGE, field);
    else
        *seconds = (int64_t)number;
}

void json_read_string(json_reader *reader, dto_field field, char string[DTO_STRING_SIZE])
{
    const cJSON *member = find(reader, field);

    if (member == NULL)
        return;
    if (cJSON_IsString(member))
        read_text(reader, field, member, string);
    else
        refuse(&reader->status, DTO_WRONG_TYPE, field);
}

void json_read_value(json_reader *reader, dto_field field, dto_value *value)
{
    const cJSON *member = find(reader, field);

    if (member == NULL)
        return;
    if (cJSON_IsNumber(member)) {
        value->type = DTO_NUMBER;
        read_number(reader, field, member, &value->as.number);
    } else if (cJSON_IsString(member)) {
        value->type = DTO_STRING;
        read_text(reader, field, member, value->as.string);
    } else {
        refuse(&reader->status, DTO_WRONG_TYPE, field);
    }
}

dto_status json_reader_close(json_reader *reader)
{
    cJSON_Delete(reader->object);
    reader->object = NULL;
    return reader->status;
}

json_writer json_writer_open(void)
{
    json_writer writer = {.object = cJSON_CreateObject(), .status = {DTO_OK, DTO_FIELD_PAYLOAD}};

    if (writer.object == NULL)
        writer.status.rule = DTO_NO_MEMORY;
    return writer;
}

/* Adds the member; the key is not copied, for a field's name is a constant. */
static void add(json_writer *writer, dto_field field, cJSON *member)
{
    if (member == NULL || !cJSON_AddItemToObjectCS(writer->object, dto_field_name(field), member)) {
        cJSON_Delete(member);
        refuse(&writer->status, DTO_NO_MEMORY, DTO_FIELD_PAYLOAD);
    }
}

static void write_number(json_writer *writer, dto_field field, double number)
{
    if (!dto_is_ok(writer->status))
        return;
    if (!isfinite(number))
        refuse(&writer->status, DTO_NOT_FINITE, field);
    else if (fabs(number) > DTO_NUMBER_MAX)
        refuse(&writer->status, DTO_OUT_OF_RANGE, field);
    else
        add(writer, field, cJSON_CreateNumber(number));
}

void json_write_timestamp(json_writer *writer, dto_field field, int64_t seconds)
{
    if (seconds < 0 || seconds > DTO_TIMESTAMP_MAX)
        refuse(&writer->status, DTO_OUT_OF_RANGE, field);
    write_number(writer, field, (double)seconds);
}

void json_write_string(json_writer *writer, dto_field field, const char *string)
{
    if (!dto_is_ok(writer->status))
        return;
    dto_rule rule = text_check(string);
    if (rule != DTO_OK)
        refuse(&writer->status, rule, field);
    else
        add(writer, field, cJSON_CreateStringReference(string));
}

void json_write_value(json_writer *writer, dto_field field, const dto_value *value)
{
    switch (value->type) {
    case DTO_NUMBER:
        write_number(writer, field, value->as.number);
        return;
    case DTO_STRING:
        json_write_string(writer, field, value->as.string);
        return;
    }
    refuse(&writer->status, DTO_WRONG_TYPE, field);
}

dto_status json_writer_close(json_writer *writer, char *json, size_t size)
{
    /* cJSON writes past nothing, but asks for a few bytes more than it needs. */
    if (dto_is_ok(writer->status)) {
        int room = size > INT_MAX ? INT_MAX : (int)size;
        if (!cJSON_PrintPreallocated(writer->object, json, room, false))
            refuse(&writer->status, DTO_BUFFER_TOO_SMALL, DTO_FIELD_PAYLOAD);
    }
    if (!dto_is_ok(writer->status) && size > 0)
        json[0] = '\0';
    cJSON_Delete(writer->object);
    writer->object = NULL;
    return writer->status;
}
