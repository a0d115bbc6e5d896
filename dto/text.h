/* What a string of a descriptor has to be: at most DTO_STRING_MAX bytes of UTF-8. */
#ifndef DTO_TEXT_H
#define DTO_TEXT_H

#include "dto/value.h"

/* DTO_OK, DTO_STRING_TOO_LONG (no NUL among the first DTO_STRING_SIZE bytes; no more are read), DTO_INVALID_UTF8. */
dto_rule text_check(const char *text);

#endif
