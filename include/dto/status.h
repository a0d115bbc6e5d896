/* What the DTO functions return: which rule was broken and, where it is about one field, by which field. */
#ifndef DTO_STATUS_H
#define DTO_STATUS_H

#include <stdbool.h>

#define DTO_STRING_MAX  127                  /* bytes of the longest string in a descriptor */
#define DTO_STRING_SIZE (DTO_STRING_MAX + 1) /* room for it and its terminating NUL */
#define DTO_JSON_MAX    4096                 /* bytes of the longest payload that is parsed; every descriptor fits */
#define DTO_DEPTH_MAX   32                   /* arrays and objects inside one another */
#define DTO_DIGITS_MAX  63                   /* characters of one number: what cJSON reads */

#define DTO_TEXT_OF(number)  DTO_TEXT_OF_(number)
#define DTO_TEXT_OF_(number) #number

/* The rules, each with the text that follows the field's name in dto_status_string. */
#define DTO_RULES(RULE)                                                                                                \
    RULE(DTO_OK, "is valid")                                                                                           \
    RULE(DTO_NULL_ARGUMENT, "was not given (NULL)")                                                                    \
    RULE(DTO_NO_MEMORY, "needs more memory than there is")                                                             \
    RULE(DTO_BUFFER_TOO_SMALL, "does not fit the buffer")                                                              \
    RULE(DTO_EMPTY, "is empty")                                                                                        \
    RULE(DTO_TOO_LONG, "is longer than " DTO_TEXT_OF(DTO_JSON_MAX) " bytes")                                           \
    RULE(DTO_NUL, "contains a NUL character")                                                                          \
    RULE(DTO_INVALID_UTF8, "is not valid UTF-8")                                                                       \
    RULE(DTO_LONE_SURROGATE, "contains half of a surrogate pair")                                                      \
    RULE(DTO_LONG_NUMBER, "contains a number of more than " DTO_TEXT_OF(DTO_DIGITS_MAX) " characters")                 \
    RULE(DTO_NOT_JSON, "is not JSON")                                                                                  \
    RULE(DTO_TOO_DEEP, "is nested more than " DTO_TEXT_OF(DTO_DEPTH_MAX) " levels deep")                               \
    RULE(DTO_TRAILING_BYTES, "goes on after the end of the JSON document")                                             \
    RULE(DTO_NOT_AN_OBJECT, "is JSON, but not an object")                                                              \
    RULE(DTO_DUPLICATE_KEY, "has a duplicate key")                                                                     \
    RULE(DTO_MISSING, "is missing")                                                                                    \
    RULE(DTO_WRONG_TYPE, "has the wrong type")                                                                         \
    RULE(DTO_STRING_TOO_LONG, "is longer than " DTO_TEXT_OF(DTO_STRING_MAX) " bytes")                                  \
    RULE(DTO_NOT_FINITE, "is not a finite number")                                                                     \
    RULE(DTO_NOT_INTEGRAL, "is not a whole number")                                                                    \
    RULE(DTO_OUT_OF_RANGE, "is out of range")

/* The fields, each with its name on the wire. DTO_FIELD_PAYLOAD stands for the document as a whole. */
#define DTO_FIELDS(FIELD, ARGUMENT)                                                                                    \
    FIELD(DTO_FIELD_PAYLOAD, "payload", ARGUMENT)                                                                      \
    FIELD(DTO_FIELD_TIMESTAMP, "timestamp", ARGUMENT)                                                                  \
    FIELD(DTO_FIELD_VALUE_TYPE, "value_type", ARGUMENT)                                                                \
    FIELD(DTO_FIELD_VALUE, "value", ARGUMENT)                                                                          \
    FIELD(DTO_FIELD_DEVICE_ID, "device_id", ARGUMENT)                                                                  \
    FIELD(DTO_FIELD_PRODUCER, "producer", ARGUMENT)                                                                    \
    FIELD(DTO_FIELD_SOFTWARE_VERSION, "software_version", ARGUMENT)                                                    \
    FIELD(DTO_FIELD_EVENT_TYPE, "event_type", ARGUMENT)                                                                \
    FIELD(DTO_FIELD_EVENT_VALUE, "event_value", ARGUMENT)                                                              \
    FIELD(DTO_FIELD_ACTION_TYPE, "action_type", ARGUMENT)                                                              \
    FIELD(DTO_FIELD_ACTION_VALUE, "action_value", ARGUMENT)

#define DTO_ENUMERATE_RULE(rule, text)             rule,
#define DTO_ENUMERATE_FIELD(field, name, argument) field,

typedef enum { DTO_RULES(DTO_ENUMERATE_RULE) DTO_RULE_COUNT } dto_rule;
typedef enum { DTO_FIELDS(DTO_ENUMERATE_FIELD, ) DTO_FIELD_COUNT } dto_field;

typedef struct {
    dto_rule rule;   /* the first rule found broken, or DTO_OK */
    dto_field field; /* who broke it; DTO_FIELD_PAYLOAD when the rule is about the whole document */
} dto_status;

static inline bool dto_is_ok(dto_status status)
{
    return status.rule == DTO_OK;
}

/* The status as an English phrase, such as "timestamp is missing". A string constant: not to be freed, never NULL. */
const char *dto_status_string(dto_status status);

/* The field's name on the wire, such as "value_type". A string constant. */
const char *dto_field_name(dto_field field);

#endif
