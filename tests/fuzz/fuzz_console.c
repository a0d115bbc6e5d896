/* What is printed of a message: whatever comes from the network cannot steer a terminal, text stays as it is, and a
 * line of JSON is one that cJSON reads back. */
#include "playground/console.h"

#include "fuzz.h"
#include "json_line.h"
#include "text.h"

#include <cjson/cJSON.h>
#include <string.h>

/* The rule of console.h, character by character. */
static void write_expected(FILE *stream, const uint8_t *data, size_t size)
{
    size_t bytes;

    for (size_t i = 0; i < size; i += bytes) {
        int32_t point = decode(data + i, size - i, &bytes);
        if (point >= 0 && !is_control(point)) {
            fwrite(data + i, 1, bytes, stream);
            continue;
        }
        bytes = 1;
        if (data[i] == '\n' || data[i] == '\r' || data[i] == '\t')
            fprintf(stream, "\\%c", data[i] == '\n' ? 'n' : data[i] == '\r' ? 'r' : 't');
        else
            fprintf(stream, "\\x%02x", data[i]);
    }
}

/* The bytes as the payload, and up to the first NUL as the topic and as what was made of it. */
static void check_json(const char *text, const uint8_t *data, size_t size)
{
    char *output = NULL;
    size_t output_size = 0;
    FILE *stream = open_memstream(&output, &output_size);
    const struct told_message message = {RECEIVED, text, 1, true, (const char *)data, size, text};

    must(stream != NULL, "there is memory");
    json_line_write(stream, &message);
    fclose(stream);
    must(output_size > 1 && output[output_size - 1] == '\n', "it is a line");
    must(is_clean((const uint8_t *)output, output_size - 1), "no control character, only UTF-8");

    cJSON *object = cJSON_ParseWithLength(output, output_size);
    const char *payload = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "payload"));
    const char *topic = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "topic"));
    must(object != NULL && topic != NULL, "it is JSON");
    must((payload != NULL) == text_is_utf8((const char *)data, size), "text is shown as text");
    if (payload != NULL && strlen(text) == size)
        must(strcmp(payload, text) == 0 && strcmp(topic, text) == 0, "text is what it was");
    cJSON_Delete(object);
    free(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *output = NULL, *expected = NULL;
    size_t output_size = 0, expected_size = 0;
    FILE *stream = open_memstream(&output, &output_size);
    FILE *reference = open_memstream(&expected, &expected_size);

    must(stream != NULL && reference != NULL, "there is memory");
    console_write_escaped(stream, (const char *)data, size);
    write_expected(reference, data, size);
    fclose(stream);
    fclose(reference);
    must(is_clean((const uint8_t *)output, output_size), "no control character, only UTF-8");
    if (is_clean(data, size))
        must(output_size == size && (size == 0 || memcmp(output, data, size) == 0), "text stays as it is");
    must(output_size == expected_size && memcmp(output, expected, output_size) == 0, "escaped as console.h says");
    char *text = strndup((const char *)data, size);
    must(text != NULL, "there is memory");
    check_json(text, data, size);
    free(text);
    free(output);
    free(expected);
    return 0;
}
