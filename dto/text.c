/* A string in a struct may lack its end, and bytes from a network need not be UTF-8. Both are looked for in one place. */
#include "text.h"

#include "utf8.h"

#include <string.h>

dto_rule text_check(const char *text)
{
    const char *end = memchr(text, '\0', DTO_STRING_SIZE);

    if (end == NULL)
        return DTO_STRING_TOO_LONG;
    while (text < end) {
        size_t character = utf8_character_length(text, (size_t)(end - text));
        if (character == 0)
            return DTO_INVALID_UTF8;
        text += character;
    }
    return DTO_OK;
}
