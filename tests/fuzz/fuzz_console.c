/* console_write_escaped: whatever comes from the network cannot steer a terminal, and text stays as it is. */
#include "playground/console.h"

#include "fuzz.h"

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
    free(output);
    free(expected);
    return 0;
}
