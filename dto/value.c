/* A value is a number or a string: in C that is a tag and a union, and to forget the tag is easy. So values are made and
 * turned into text here, and nowhere else. */
#include "dto/value.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

dto_value dto_number(double number)
{
    return (dto_value){.type = DTO_NUMBER, .as.number = number};
}

dto_value dto_string(const char *string)
{
    dto_value value = {.type = DTO_STRING};

    for (size_t i = 0; i < DTO_STRING_SIZE && string[i] != '\0'; i++)
        value.as.string[i] = string[i];
    return value; /* without a NUL at its end if it is too long: text_check sees that */
}

dto_status dto_set_string(char string[DTO_STRING_SIZE], const char *text)
{
    dto_rule rule = text == NULL ? DTO_NULL_ARGUMENT : text_check(text);

    string[0] = '\0';
    if (rule == DTO_OK)
        memcpy(string, text, strlen(text) + 1);
    return (dto_status){.rule = rule, .field = DTO_FIELD_VALUE};
}

const char *dto_value_text(const dto_value *value, char text[DTO_STRING_SIZE])
{
    if (value->type == DTO_STRING)
        return value->as.string;
    snprintf(text, DTO_STRING_SIZE, "%.15g", value->as.number); /* as many digits as the wire carries */
    return text;
}
