/* Reading and writing the fields of one descriptor, cJSON behind it.
 *
 * Both the reader and the writer remember the first rule that was broken and then do nothing more, so that the
 * descriptors read straight down and look once, at the end. Both hold memory between open and close: always close. */
#ifndef DTO_JSON_H
#define DTO_JSON_H

#include "dto/value.h"

#include <cjson/cJSON.h>

typedef struct {
    cJSON *object;
    dto_status status;
} json_reader;

/* Takes the `length` bytes at `json` as one JSON object. */
json_reader json_reader_open(const char *json, size_t length);
void json_read_timestamp(json_reader *reader, dto_field field, int64_t *seconds);
void json_read_string(json_reader *reader, dto_field field, char string[DTO_STRING_SIZE]);
void json_read_value(json_reader *reader, dto_field field, dto_value *value);
/* Frees what the reader holds and says how the reading went. */
dto_status json_reader_close(json_reader *reader);

typedef struct {
    cJSON *object;
    dto_status status;
} json_writer;

json_writer json_writer_open(void);
/* `string` and `value` are not copied: they have to live until the writer is closed. */
void json_write_timestamp(json_writer *writer, dto_field field, int64_t seconds);
void json_write_string(json_writer *writer, dto_field field, const char *string);
void json_write_value(json_writer *writer, dto_field field, const dto_value *value);
/* Prints the object to `json`, frees what the writer holds and says how the writing went. */
dto_status json_writer_close(json_writer *writer, char *json, size_t size);

#endif
