/* Whether bytes are one JSON document by the letter of RFC 8259.
 *
 * cJSON reads more than JSON: numbers such as 012 or -.5, control characters and invalid UTF-8 in strings, \u0000
 * (which cuts the string), a byte order mark, text after the document. This check stands before it, so that what
 * cJSON is handed is always JSON, and the only way for it to fail is to run out of memory. */
#ifndef DTO_JSON_GRAMMAR_H
#define DTO_JSON_GRAMMAR_H

#include "dto/status.h"

#include <stddef.h>

/* DTO_OK, or the first rule broken: DTO_EMPTY, DTO_TOO_LONG, DTO_NUL, DTO_INVALID_UTF8, DTO_NOT_JSON, DTO_TOO_DEEP,
 * DTO_LONG_NUMBER, DTO_LONE_SURROGATE, DTO_TRAILING_BYTES. */
enum dto_rule json_grammar_check(const char *json, size_t length);

#endif
