/* cJSON builds and takes apart trees, and knows no limits. Those of the descriptors, and the way through their tables,
 * stand here once. */
#include "json.h"

#include "decimal.h"
#include "json_grammar.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <math.h>
#include <string.h>

/* --- the rules that hold in both directions -------------------------------------------------------------------- */

static enum dto_rule check_number(double number)
{
    if (!isfinite(number))
        return DTO_NOT_FINITE; /* 1e999 */
    return fabs(number) > DTO_NUMBER_MAX ? DTO_OUT_OF_RANGE : DTO_OK;
}

static enum dto_rule check_timestamp(double seconds)
{
    enum dto_rule rule = check_number(seconds);

    if (rule != DTO_OK)
        return rule;
    if (seconds != trunc(seconds))
        return DTO_NOT_INTEGRAL;
    return seconds < 0 || seconds > (double)DTO_TIMESTAMP_MAX ? DTO_OUT_OF_RANGE : DTO_OK;
}

static int count_fields(const struct json_format *format)
{
    int count = 0;

    while (count < JSON_FIELDS_MAX && format->fields[count].name != NULL)
        count++;
    return count;
}

/* --- reading --------------------------------------------------------------------------------------------------- */

/* That it is UTF-8 was seen when the whole document was. */
static enum dto_rule read_string(const cJSON *member, char string[DTO_STRING_SIZE])
{
    if (!cJSON_IsString(member))
        return DTO_WRONG_TYPE;
    if (strlen(member->valuestring) > DTO_STRING_MAX)
        return DTO_STRING_TOO_LONG;
    strcpy(string, member->valuestring);
    return DTO_OK;
}

static enum dto_rule read_timestamp(const cJSON *member, int64_t *seconds)
{
    if (!cJSON_IsNumber(member))
        return DTO_WRONG_TYPE;
    enum dto_rule rule = check_timestamp(member->valuedouble);
    if (rule == DTO_OK)
        *seconds = (int64_t)member->valuedouble;
    return rule;
}

static enum dto_rule read_value(const cJSON *member, struct dto_value *value)
{
    if (!cJSON_IsNumber(member)) {
        value->type = DTO_STRING;
        return read_string(member, value->as.string);
    }
    *value = dto_number(member->valuedouble);
    return check_number(member->valuedouble);
}

static enum dto_rule read_field(const struct json_field *field, const cJSON *object, void *descriptor)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, field->name);
    void *place = (char *)descriptor + field->offset;

    if (member == NULL)
        return DTO_MISSING;
    switch (field->kind) {
    case JSON_STRING:
        return read_string(member, place);
    case JSON_TIMESTAMP:
        return read_timestamp(member, place);
    case JSON_VALUE:
        break;
    }
    return read_value(member, place);
}

/* cJSON keeps both members of the same name. RFC 8259 section 4 leaves open which one counts, so neither does. */
static const cJSON *find_twin(const cJSON *object)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, object)
    {
        for (const cJSON *other = member->next; other != NULL; other = other->next) {
            if (strcmp(member->string, other->string) == 0)
                return member;
        }
    }
    return NULL;
}

static struct dto_status check_twins(const struct json_format *format, const cJSON *object)
{
    const cJSON *twin = find_twin(object);

    if (twin == NULL)
        return dto_status_of(DTO_OK, DTO_PAYLOAD);
    for (int i = 0; i < count_fields(format); i++) {
        if (strcmp(format->fields[i].name, twin->string) == 0)
            return dto_status_of(DTO_DUPLICATE_KEY, format->fields[i].name);
    }
    return dto_status_of(DTO_DUPLICATE_KEY, DTO_PAYLOAD);
}

static struct dto_status read_object(const struct json_format *format, const cJSON *object, void *descriptor)
{
    if (!cJSON_IsObject(object))
        return dto_status_of(DTO_NOT_AN_OBJECT, DTO_PAYLOAD);
    struct dto_status status = check_twins(format, object);
    for (int i = 0; i < count_fields(format) && dto_is_ok(status); i++) {
        enum dto_rule rule = read_field(&format->fields[i], object, descriptor);
        if (rule != DTO_OK)
            status = dto_status_of(rule, format->fields[i].name);
    }
    return status;
}

struct dto_status json_read(const struct json_format *format, void *descriptor, const char *json, size_t length)
{
    if (descriptor == NULL)
        return dto_status_of(DTO_NULL_ARGUMENT, DTO_PAYLOAD);
    memset(descriptor, 0, format->size);
    enum dto_rule rule = json == NULL ? DTO_NULL_ARGUMENT : json_grammar_check(json, length);
    if (rule != DTO_OK)
        return dto_status_of(rule, DTO_PAYLOAD);

    cJSON *document = cJSON_ParseWithLength(json, length);
    if (document == NULL) /* it is JSON: nothing else is left to go wrong */
        return dto_status_of(DTO_NO_MEMORY, DTO_PAYLOAD);
    struct dto_status status = read_object(format, document, descriptor);
    if (!dto_is_ok(status))
        memset(descriptor, 0, format->size);
    cJSON_Delete(document);
    return status;
}

/* --- writing --------------------------------------------------------------------------------------------------- */

/* A member of the object, which cJSON only prints: nothing is allocated, so nothing can be missing. */
struct item {
    cJSON json;
    char digits[DECIMAL_SIZE];
};

static enum dto_rule write_string(const char *string, struct item *item)
{
    const char *end = memchr(string, '\0', DTO_STRING_SIZE);

    if (end == NULL)
        return DTO_STRING_TOO_LONG;
    if (!text_is_utf8(string, (size_t)(end - string)))
        return DTO_INVALID_UTF8;
    item->json.type = cJSON_String;
    item->json.valuestring = (char *)string;
    return DTO_OK;
}

static enum dto_rule write_number(double number, struct item *item)
{
    const char *text = decimal_text(number, item->digits);

    item->json.type = text != NULL ? cJSON_Raw : cJSON_Number; /* raw: printed as it stands */
    item->json.valuestring = (char *)text;
    item->json.valuedouble = number;
    return check_number(number);
}

static enum dto_rule write_timestamp(int64_t seconds, struct item *item)
{
    write_number((double)seconds, item);
    return check_timestamp((double)seconds);
}

static enum dto_rule write_value(const struct dto_value *value, struct item *item)
{
    switch (value->type) {
    case DTO_NUMBER:
        return write_number(value->as.number, item);
    case DTO_STRING:
        return write_string(value->as.string, item);
    }
    return DTO_WRONG_TYPE;
}

static enum dto_rule write_field(const struct json_field *field, const void *descriptor, struct item *item)
{
    const void *place = (const char *)descriptor + field->offset;

    item->json.string = (char *)field->name;
    switch (field->kind) {
    case JSON_STRING:
        return write_string(place, item);
    case JSON_TIMESTAMP:
        return write_timestamp(*(const int64_t *)place, item);
    case JSON_VALUE:
        break;
    }
    return write_value(place, item);
}

/* cJSON writes past nothing, but asks for a few bytes more than it needs. */
static enum dto_rule print(cJSON *object, char *json, size_t size)
{
    int room = size > INT_MAX ? INT_MAX : (int)size;

    return cJSON_PrintPreallocated(object, json, room, false) ? DTO_OK : DTO_BUFFER_TOO_SMALL;
}

struct dto_status json_write(const struct json_format *format, const void *descriptor, char *json, size_t size)
{
    struct item items[JSON_FIELDS_MAX] = {{{0}, ""}};
    cJSON object = {.type = cJSON_Object, .child = &items->json};

    if (descriptor == NULL || json == NULL)
        return dto_status_of(DTO_NULL_ARGUMENT, DTO_PAYLOAD);
    if (size > 0)
        json[0] = '\0';
    for (int i = 0; i < count_fields(format); i++) {
        enum dto_rule rule = write_field(&format->fields[i], descriptor, &items[i]);
        if (rule != DTO_OK)
            return dto_status_of(rule, format->fields[i].name);
        if (i > 0)
            items[i - 1].json.next = &items[i].json;
    }
    enum dto_rule rule = print(&object, json, size);
    if (rule != DTO_OK && size > 0)
        json[0] = '\0';
    return dto_status_of(rule, DTO_PAYLOAD);
}
