/* A value is a number or a string: in C that is a tag and a union, and to forget the tag is easy. So values are made
 * and turned into text here, and nowhere else. */
#include "dto/value.h"

#include "decimal.h"

#include <stdio.h>

struct dto_value dto_number(double number)
{
    return (struct dto_value){.type = DTO_NUMBER, .as.number = number};
}

struct dto_value dto_string(const char *string)
{
    struct dto_value value = {.type = DTO_STRING};

    dto_set_string(value.as.string, string);
    return value;
}

void dto_set_string(char string[DTO_STRING_SIZE], const char *text)
{
    size_t i = 0;

    do
        string[i] = text[i];
    while (text[i++] != '\0' && i < DTO_STRING_SIZE);
}

const char *dto_value_text(const struct dto_value *value, char text[DTO_STRING_SIZE])
{
    if (value->type == DTO_STRING)
        return value->as.string;
    const char *decimal = decimal_text(value->as.number, text);
    if (decimal != NULL)
        return decimal;
    snprintf(text, DTO_STRING_SIZE, "%.15g", value->as.number); /* as many digits as the wire carries */
    return text;
}
