/* What the DTO functions return: which rule was broken, by which field, and both in words. */
#ifndef DTO_STATUS_H
#define DTO_STATUS_H

#include <stdbool.h>

#define DTO_STRING_MAX  127                  /* bytes of the longest string in a descriptor */
#define DTO_STRING_SIZE (DTO_STRING_MAX + 1) /* room for it and its terminating NUL */
#define DTO_JSON_MAX    4096                 /* bytes of the longest payload that is parsed; every descriptor fits */
#define DTO_DEPTH_MAX   32                   /* arrays and objects inside one another */
#define DTO_DIGITS_MAX  63                   /* characters of one number: what cJSON reads */
#define DTO_TEXT_SIZE   96                   /* room for a status in words */

#define DTO_TEXT_OF(number)  DTO_TEXT_OF_(number)
#define DTO_TEXT_OF_(number) #number

/* The rules, each with the words that follow the field's name. */
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

#define DTO_ENUMERATE_RULE(rule, words) rule,

enum dto_rule { DTO_RULES(DTO_ENUMERATE_RULE) DTO_RULE_COUNT };

struct dto_status {
    enum dto_rule rule;       /* the first rule found broken, or DTO_OK */
    const char *field;        /* who broke it: a name on the wire, a string constant; DTO_PAYLOAD: the whole document */
    char text[DTO_TEXT_SIZE]; /* for people, such as "timestamp is missing"; empty: all is well */
};

#define DTO_PAYLOAD "payload"

static inline bool dto_is_ok(struct dto_status status)
{
    return status.rule == DTO_OK;
}

/* A status with its words. `field` is kept, not copied: a string constant. */
struct dto_status dto_status_of(enum dto_rule rule, const char *field);

#endif
