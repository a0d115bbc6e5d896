/* A program reads what people read only as long as nobody changes a word. So there is a form for programs: all that is
 * known of a message in fields that have names. Only strings need care, and for these no JSON library is needed. */
#include "json_line.h"

#include "text.h"

#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#define REPLACEMENT "\\ufffd" /* for what is no character: Unicode's own */

static void write_string(FILE *stream, const char *text, size_t length)
{
    putc('"', stream);
    for (size_t i = 0, character; i < length; i += character) {
        character = text_character_length(text + i, length - i);
        if (character == 0) {
            fputs(REPLACEMENT, stream);
            character = 1;
        } else if (text[i] == '"' || text[i] == '\\') {
            fprintf(stream, "\\%c", text[i]);
        } else if (text_printable_length(text + i, length - i) == 0) {
            fprintf(stream, "\\u%04x", text_character_code(text + i, character)); /* all of these are below 0x10000 */
        } else {
            fwrite(text + i, 1, character, stream);
        }
    }
    putc('"', stream);
}

static void write_base64(FILE *stream, const char *bytes, size_t length)
{
    enum { CHUNK = 48 }; /* a multiple of three: only the last chunk is padded */
    unsigned char encoded[CHUNK / 3 * 4 + 1];

    putc('"', stream);
    for (size_t i = 0; i < length; i += CHUNK) {
        size_t size = length - i < CHUNK ? length - i : CHUNK;
        int written = EVP_EncodeBlock(encoded, (const unsigned char *)bytes + i, (int)size);
        fwrite(encoded, 1, (size_t)written, stream);
    }
    putc('"', stream);
}

static void write_time(FILE *stream)
{
    struct timespec now;
    struct tm utc;
    char text[sizeof "2026-01-31T12:00:00"];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    fprintf(stream, "\"%s.%03ldZ\"", text, now.tv_nsec / 1000000);
}

void json_line_write(FILE *stream, const struct told_message *message)
{
    fputs("{\"time\":", stream);
    write_time(stream);
    fprintf(stream, ",\"direction\":\"%s\",\"topic\":", message->kind == SENT ? "sent" : "received");
    write_string(stream, message->topic, strlen(message->topic));
    fprintf(stream, ",\"qos\":%d,\"retained\":%s", message->qos, message->retained ? "true" : "false");
    if (text_is_utf8(message->payload, message->length)) {
        fputs(",\"payload\":", stream);
        write_string(stream, message->payload, message->length);
    } else {
        fputs(",\"payload_base64\":", stream);
        write_base64(stream, message->payload, message->length);
    }
    if (message->kind != SENT) {
        fputs(message->kind == RECEIVED ? ",\"decoded\":" : ",\"refused\":", stream);
        write_string(stream, message->text, strlen(message->text));
    }
    fputs("}\n", stream);
}
