/* What the programs print: escaped text, the lines of messages, errors, and output that cannot be written. */
#include "playground/console.h"

#include "capture.h"
#include "text.h"
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#define PROGRAM "console_test"

enum { FINE = 0, WRONG = 1 };

static struct capture capture;

/* --- escaping ------------------------------------------------------------------------------------------------ */

/* What console_write_escaped makes of the text; to be freed. */
static char *escaped(const char *text, size_t length)
{
    char *written = NULL;
    size_t size;
    FILE *stream = open_memstream(&written, &size);

    assert_non_null(stream);
    console_write_escaped(stream, text, length);
    assert_int_equal(fclose(stream), 0);
    return written;
}

static void control_characters_and_broken_utf8_are_escaped(void **state)
{
    static const struct {
        const char *text, *escaped;
    } cases[] = {
        {"", ""},
        {"28.53", "28.53"},
        {" a b ", " a b "},
        {"{\"a\":\"b\\n\"}", "{\"a\":\"b\\n\"}"}, /* a backslash is a character like any other */
        /* C0 and DEL */
        {"\n", "\\n"},
        {"\r\n\t", "\\r\\n\\t"},
        {"a\nb", "a\\nb"},
        {"\n\n", "\\n\\n"},
        {"\x01\x07\x08\x1F", "\\x01\\x07\\x08\\x1f"},
        {"\x1B[31mred\x1B[0m", "\\x1b[31mred\\x1b[0m"},
        {"\x1B]0;title\x07", "\\x1b]0;title\\x07"},
        {"\x7F", "\\x7f"},
        /* C1, in UTF-8 and as a bare byte */
        {"\xC2\x80", "\\xc2\\x80"},
        {"\xC2\x85", "\\xc2\\x85"},
        {"\xC2\x9B"
         "31m",
         "\\xc2\\x9b31m"},
        {"\xC2\x9F", "\\xc2\\x9f"},
        {"\x9B"
         "31m",
         "\\x9b31m"},
        {"\x85", "\\x85"},
        /* characters as they are, at the bounds of each length */
        {"\xC2\xA0", "\xC2\xA0"},
        {"città 28 °C", "città 28 °C"},
        {"\xDF\xBF", "\xDF\xBF"},
        {"\xE0\xA0\x80", "\xE0\xA0\x80"},
        {"\xE2\x82\xAC", "\xE2\x82\xAC"},
        {"\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF", "\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"},
        {"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
        {"\xF0\x9F\x8C\xA1", "\xF0\x9F\x8C\xA1"},
        /* not UTF-8 */
        {"\xFF\xFE", "\\xff\\xfe"},
        {"\xC3", "\\xc3"},
        {"\xC3(", "\\xc3("},
        {"\xC3\xA0\xA0", "\xC3\xA0\\xa0"},
        {"\xE2\x82", "\\xe2\\x82"},
        {"\xE2\x82"
         "A",
         "\\xe2\\x82A"},
        {"\xE2\x82\n", "\\xe2\\x82\\n"},
        {"\xF0\x9F\x8C", "\\xf0\\x9f\\x8c"},
        {"\xC0\x8A", "\\xc0\\x8a"},
        {"\xE0\x80\x8A", "\\xe0\\x80\\x8a"},
        {"\xED\xA0\x80", "\\xed\\xa0\\x80"},
        {"\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"\xF8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80"},
        {"a\xFF"
         "b\xC3\xA0"
         "c\n",
         "a\\xffb\xC3\xA0"
         "c\\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *text = escaped(cases[i].text, strlen(cases[i].text));
        assert_string_equal(text, cases[i].escaped);
        free(text);
    }
}

static void only_the_length_counts(void **state)
{
    (void)state;
    char *text = escaped("a\0b\0", 4);
    assert_string_equal(text, "a\\x00b\\x00");
    free(text);
    text = escaped("abc", 2);
    assert_string_equal(text, "ab");
    free(text);
    text = escaped("\xE2\x82\xAC", 2); /* the rest of the character is beyond the end */
    assert_string_equal(text, "\\xe2\\x82");
    free(text);
    text = escaped("abc", 0);
    assert_string_equal(text, "");
    free(text);
}

static void every_byte_alone_is_printable_or_escaped(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte <= 0xFF; byte++) {
        char expected[8], single = (char)byte;
        char *text = escaped(&single, 1);
        if (byte == '\n')
            strcpy(expected, "\\n");
        else if (byte == '\r')
            strcpy(expected, "\\r");
        else if (byte == '\t')
            strcpy(expected, "\\t");
        else if (byte >= 0x20 && byte < 0x7F)
            snprintf(expected, sizeof expected, "%c", single);
        else
            snprintf(expected, sizeof expected, "\\x%02x", byte);
        assert_string_equal(text, expected);
        free(text);
    }
}

static void nothing_that_is_written_can_control_a_terminal(void **state)
{
    static const unsigned char bytes[] = {'a',  '\n', 0x1B, 0x7F, 0x80, 0x9B, 0xA0, 0xC2,
                                          0xC3, 0xE0, 0xE2, 0xED, 0xF0, 0xF4, 0xFF};
    char input[4];

    (void)state;
    for (size_t combination = 0; combination < COUNT(bytes) * COUNT(bytes) * COUNT(bytes) * COUNT(bytes);
         combination++) {
        for (size_t i = 0, rest = combination; i < sizeof input; i++, rest /= COUNT(bytes))
            input[i] = (char)bytes[rest % COUNT(bytes)];
        char *text = escaped(input, sizeof input);
        size_t size = strlen(text);
        for (size_t i = 0, character; i < size; i += character) {
            character = text_printable_length(text + i, size - i);
            if (character == 0)
                fail_msg("%s is written", text);
        }
        free(text);
    }
}

/* --- messages ------------------------------------------------------------------------------------------------ */

enum kind { IS_SENT, IS_RECEIVED, IS_REFUSED };

/* One line, of a message whose payload may hold anything. */
static void print(enum kind kind, const char *topic, bool retained, const char *payload, size_t length,
                  const char *text)
{
    MQTTClient_message message = {
        .qos = 1, .retained = retained, .payload = (void *)(uintptr_t)payload, .payloadlen = (int)length};

    capture_start(&capture, stdout);
    if (kind == IS_SENT)
        console_sent(topic, message.qos, retained, payload);
    else if (kind == IS_RECEIVED)
        console_received(topic, &message, text);
    else
        console_refused(topic, &message, text);
    capture_stop(&capture);
}

/* What counts is not in the message. */
static void print_received(const char *topic, const char *text)
{
    const MQTTClient_message message = {0};

    console_received(topic, &message, text);
}

static void each_message_is_one_line(void **state)
{
    static const struct {
        enum kind kind;
        const char *topic;
        bool retained;
        const char *payload, *text;
        const char *line;
    } cases[] = {
        {IS_SENT, "sensor/temperature", false, "28.53", NULL, "sent sensor/temperature: 28.53\n"},
        {IS_SENT, "device/dev/info", true, "{}", NULL, "sent device/dev/info: {} (retained)\n"},
        {IS_RECEIVED, "a/b", false, "{1}", "ON", "received a/b: ON\n"},
        {IS_RECEIVED, "a/b", true, "{1}", "ON", "received a/b: ON (retained)\n"},
        {IS_REFUSED, "a/b", false, "12x", "not a number", "refused a/b: not a number: 12x\n"},
        {IS_REFUSED, "a/b", true, "12x", "not a number", "refused a/b: not a number: 12x (retained)\n"},
        {IS_REFUSED, "a/b", false, "", "not a number", "refused a/b: not a number\n"},
        {IS_RECEIVED, "a", false, "", "", "received a: \n"},
        {IS_RECEIVED, "a\nsent b: c", false, "", "d\r\n\x1B[2J", "received a\\nsent b: c: d\\r\\n\\x1b[2J\n"},
        {IS_SENT, "\xFF", true, "\xC2\x9B°", NULL, "sent \\xff: \\xc2\\x9b° (retained)\n"},
        {IS_REFUSED, "\x07", false, "\x1B[1m", "\x7F", "refused \\x07: \\x7f: \\x1b[1m\n"},
        {IS_SENT, "%s%n", false, "%d%%", NULL, "sent %s%n: %d%%\n"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print(cases[i].kind, cases[i].topic, cases[i].retained, cases[i].payload, strlen(cases[i].payload),
              cases[i].text);
        assert_string_equal(capture.text, cases[i].line);
    }
}

static void of_what_is_refused_the_beginning_is_shown(void **state)
{
    static const struct {
        const char *payload;
        size_t length;
        const char *shown;
    } cases[] = {
        {"1\0002", 3, "1\\x002"},
        {"\0", 1, "\\x00"},
        {"0123456789012345678901234567890123456789", 40, "0123456789012345678901234567890123456789"},
        {"01234567890123456789012345678901234567890", 41, "0123456789012345678901234567890123456789..."},
        /* a character is not cut in two */
        {"012345678901234567890123456789012345678°x", 42, "012345678901234567890123456789012345678°..."},
        {"\xFF\xFE", 2, "\\xff\\xfe"},
    };
    char line[200];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        print(IS_REFUSED, "t", false, cases[i].payload, cases[i].length, "no");
        snprintf(line, sizeof line, "refused t: no: %s\n", cases[i].shown);
        assert_string_equal(capture.text, line);
    }
}

/* --- messages as JSON ---------------------------------------------------------------------------------------- */

/* That the line begins with the time of now, or a moment ago, and goes on like this. */
static void assert_json(time_t ago, const char *rest)
{
    struct tm utc = {0};
    char expected[32];
    int milliseconds = -1, length = 0;

    assert_int_equal(sscanf(capture.text, "{\"time\":\"%4d-%2d-%2dT%2d:%2d:%2d.%3dZ\",%n", &utc.tm_year, &utc.tm_mon,
                            &utc.tm_mday, &utc.tm_hour, &utc.tm_min, &utc.tm_sec, &milliseconds, &length),
                     7);
    assert_int_equal(length, strlen("{\"time\":\"2026-01-31T12:00:00.000Z\","));
    assert_string_equal(capture.text + length, rest);
    bool is_now = false;
    for (time_t second = ago; second <= time(NULL); second++) {
        assert_true(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S", gmtime(&second)) > 0);
        is_now = is_now || strncmp(capture.text + strlen("{\"time\":\""), expected, strlen(expected)) == 0;
    }
    assert_true(is_now);
}

static void as_json_each_message_is_an_object(void **state)
{
    static const struct {
        enum kind kind;
        const char *topic;
        bool retained;
        const char *payload;
        size_t length;
        const char *text;
        const char *line;
    } cases[] = {
        {IS_SENT, "sensor/temperature", false, "28.5", 4, NULL,
         "\"direction\":\"sent\",\"topic\":\"sensor/"
         "temperature\",\"qos\":1,\"retained\":false,\"payload\":\"28.5\"}\n"},
        {IS_RECEIVED, "a", true, "{\"a\":\"\\\"}", 9, "a \"",
         "\"direction\":\"received\",\"topic\":\"a\",\"qos\":1,\"retained\":true,"
         "\"payload\":\"{\\\"a\\\":\\\"\\\\\\\"}\",\"decoded\":\"a \\\"\"}\n"},
        {IS_REFUSED, "\x1B[2J\n", false, "\0\x7F\xC2\x85\xE2\x80\xAE°€🌡", 16, "no",
         "\"direction\":\"received\",\"topic\":\"\\u001b[2J\\u000a\",\"qos\":1,\"retained\":false,"
         "\"payload\":\"\\u0000\\u007f\\u0085\\u202e°€🌡\",\"refused\":\"no\"}\n"},
        {IS_REFUSED, "a\xFF", false, "", 0, "\xC3",
         "\"direction\":\"received\",\"topic\":\"a\\ufffd\",\"qos\":1,\"retained\":false,"
         "\"payload\":\"\",\"refused\":\"\\ufffd\"}\n"},
        /* RFC 4648, section 10 */
        {IS_RECEIVED, "a", false, "\xFF", 1, "",
         "\"direction\":\"received\",\"topic\":\"a\",\"qos\":1,\"retained\":false,"
         "\"payload_base64\":\"/w==\",\"decoded\":\"\"}\n"},
        {IS_RECEIVED, "a", false, "\xFF oobarfoobarfoobarfoobarfoobarfoobarfoobarfoobarf", 50, "",
         "\"direction\":\"received\",\"topic\":\"a\",\"qos\":1,\"retained\":false,\"payload_base64\":"
         "\"/yBvb2JhcmZvb2JhcmZvb2JhcmZvb2JhcmZvb2JhcmZvb2JhcmZvb2JhcmZvb2JhcmY=\",\"decoded\":\"\"}\n"},
    };

    (void)state;
    console_set_form(CONSOLE_JSON);
    for (size_t i = 0; i < COUNT(cases); i++) {
        time_t before = time(NULL);
        print(cases[i].kind, cases[i].topic, cases[i].retained, cases[i].payload, cases[i].length, cases[i].text);
        assert_json(before, cases[i].line);
    }
    console_set_form(CONSOLE_TEXT);
}

static void a_long_message_is_printed_in_full(void **state)
{
    static char text[50001], line[sizeof text + 100];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    capture_start(&capture, stdout);
    print_received("a", text);
    capture_stop(&capture);
    snprintf(line, sizeof line, "received a: %s\n", text);
    assert_string_equal(capture.text, line);
}

static void messages_are_counted_by_kind(void **state)
{
    const MQTTClient_message message = {0};
    struct console_counts before = console_counts(), after;

    (void)state;
    capture_start(&capture, stdout);
    for (int i = 0; i < 6; i++) {
        if (i < 2)
            console_sent("a", 0, i % 2 == 0, "b");
        if (i < 3)
            print_received("a", "b");
        console_refused("a", &message, "b");
    }
    console_flush();
    capture_stop(&capture);
    after = console_counts();
    assert_int_equal(after.sent - before.sent, 2);
    assert_int_equal(after.received - before.received, 3);
    assert_int_equal(after.refused - before.refused, 6);
}

static void quiet_counts_and_prints_no_message(void **state)
{
    const MQTTClient_message message = {0};
    struct console_counts before = console_counts(), after;
    static struct capture errors;

    (void)state;
    console_set_form(CONSOLE_QUIET);
    capture_start(&capture, stdout);
    capture_start(&errors, stderr);
    console_sent("a", 0, false, "b");
    print_received("a", "b");
    console_refused("a", &message, "b");
    console_note("a note");
    console_error("an error");
    capture_stop(&errors);
    capture_stop(&capture);
    console_set_form(CONSOLE_TEXT);
    after = console_counts();
    assert_string_equal(capture.text, "");
    assert_string_equal(errors.text, "a note\n" PROGRAM ": an error\n");
    assert_int_equal(after.sent - before.sent, 1);
    assert_int_equal(after.received - before.received, 1);
    assert_int_equal(after.refused - before.refused, 1);

    capture_start(&capture, stdout);
    console_sent("a", 0, false, "b");
    capture_stop(&capture);
    assert_string_equal(capture.text, "sent a: b\n");
}

static void messages_are_buffered_until_the_flush(void **state)
{
    char text[sizeof capture.text];

    (void)state;
    capture_start(&capture, stdout);
    console_sent("a", 0, false, "b");
    print_received("a", "b");
    capture_read(&capture);
    strcpy(text, capture.text);
    bool flushed = console_flush();
    capture_read(&capture);
    capture_stop(&capture);
    assert_string_equal(text, "");
    assert_true(flushed);
    assert_false(console_failed());
    assert_string_equal(capture.text, "sent a: b\nreceived a: b\n");
}

/* --- standard error ------------------------------------------------------------------------------------------ */

static void an_error_names_the_program_and_a_note_does_not(void **state)
{
    (void)state;
    capture_start(&capture, stderr);
    console_error("--%s: %d is %s", "port", 0, "wrong");
    console_note("%ld messages, %.2f s", 12L, 0.5);
    console_error("%s", "");
    console_note("%s", "");
    capture_stop(&capture);
    assert_string_equal(capture.text, PROGRAM ": --port: 0 is wrong\n12 messages, 0.50 s\n" PROGRAM ": \n\n");

    console_open("other");
    capture_start(&capture, stderr);
    console_error("text");
    capture_stop(&capture);
    console_open(PROGRAM);
    assert_string_equal(capture.text, "other: text\n");
}

static void lines_on_standard_error_are_escaped(void **state)
{
    (void)state;
    capture_start(&capture, stderr);
    console_error("a\nb %s\n", "\x1B[31m\xFF\xC2\x9B°\t");
    console_note("%s", "a\r\nb\x7F");
    capture_stop(&capture);
    assert_string_equal(capture.text, PROGRAM ": a\\nb \\x1b[31m\\xff\\xc2\\x9b°\\t\\n\na\\r\\nb\\x7f\n");
}

static void long_lines_on_standard_error_are_cut(void **state)
{
    static char text[10001];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 2; i++) {
        capture_start(&capture, stderr);
        if (i == 0)
            console_error("%s", text);
        else
            console_note("%s", text);
        capture_stop(&capture);
        const char *line = capture.text;
        if (i == 0) {
            assert_int_equal(strncmp(line, PROGRAM ": ", strlen(PROGRAM ": ")), 0);
            line += strlen(PROGRAM ": ");
        }
        size_t kept = strspn(line, "x");
        assert_within(kept, 1000, 1024);
        assert_string_equal(line + kept, "\n");
    }
}

static void standard_error_comes_after_what_was_printed_before(void **state)
{
    (void)state;
    capture_start(&capture, stdout);
    int saved = dup(fileno(stderr));
    dup2(fileno(stdout), fileno(stderr));
    console_sent("a", 0, false, "1");
    console_note("2");
    console_sent("a", 0, false, "3");
    console_error("4");
    console_sent("a", 0, false, "5");
    dup2(saved, fileno(stderr));
    close(saved);
    /* Two descriptors of one file share the place where it is written to. */
    capture_stop(&capture);
    assert_string_equal(capture.text, "sent a: 1\n2\nsent a: 3\n" PROGRAM ": 4\nsent a: 5\n");
}

/* --- output that cannot be written --------------------------------------------------------------------------- */

static bool lead_stdout_to(const char *path)
{
    int file = open(path, O_WRONLY);

    return file >= 0 && dup2(file, fileno(stdout)) >= 0;
}

static int print_to_a_full_disk(const void *argument)
{
    (void)argument;
    if (!lead_stdout_to("/dev/full") || console_failed() || !console_flush())
        return WRONG;
    console_sent("a", 0, false, "b");
    if (console_failed()) /* it is only in the buffer yet */
        return WRONG;
    if (console_flush() || !console_failed())
        return WRONG;
    /* and it stays so, even if there is room again */
    if (!lead_stdout_to("/dev/null") || console_flush() || !console_failed())
        return WRONG;
    console_sent("a", 0, false, "b");
    return console_flush() ? WRONG : FINE;
}

static int fill_the_buffer_for_a_full_disk(const void *argument)
{
    (void)argument;
    if (!lead_stdout_to("/dev/full"))
        return WRONG;
    for (int i = 0; i < 100000; i++) {
        console_sent("a", 0, false, "b");
        if (console_failed())
            return i > 0 ? FINE : WRONG;
    }
    return WRONG;
}

static int note_on_a_full_disk(const void *argument)
{
    (void)argument;
    if (!lead_stdout_to("/dev/full"))
        return WRONG;
    console_sent("a", 0, false, "b");
    console_note("%s", ""); /* writes out what was printed before */
    return console_failed() && !console_flush() ? FINE : WRONG;
}

static int print_to_a_closed_pipe(const void *argument)
{
    int ends[2];

    (void)argument;
    signal(SIGPIPE, SIG_IGN);
    if (pipe(ends) != 0 || dup2(ends[1], fileno(stdout)) < 0)
        return WRONG;
    close(ends[0]);
    print_received("a", "b");
    if (console_failed() || console_flush())
        return WRONG;
    return console_failed() ? FINE : WRONG;
}

static void output_that_cannot_be_written_is_noticed(void **state)
{
    (void)state;
    assert_int_equal(child_status(print_to_a_closed_pipe, NULL), FINE);
    if (access("/dev/full", W_OK) != 0)
        return; /* only Linux has it */
    assert_int_equal(child_status(print_to_a_full_disk, NULL), FINE);
    assert_int_equal(child_status(fill_the_buffer_for_a_full_disk, NULL), FINE);
    assert_int_equal(child_status(note_on_a_full_disk, NULL), FINE);
}

static int name_the_program(void **state)
{
    (void)state;
    fflush(stdout);
    console_open(PROGRAM);
    return 0;
}

/* Whether the descriptors 0, 1 and 2 are what they should be, those that were closed and those that were not. */
static int open_with_some_closed(const void *argument)
{
    unsigned closed = *(const unsigned *)argument;
    struct stat before[3], now;
    char byte;

    for (int i = 0; i < 3; i++) {
        fstat(i, &before[i]);
        if ((closed >> i & 1) != 0)
            close(i);
    }
    console_open(PROGRAM);
    for (int i = 0; i < 3; i++) {
        if (fstat(i, &now) != 0 || ((closed >> i & 1) == 0 && now.st_ino != before[i].st_ino))
            return WRONG;
    }
    if ((closed & 1) != 0 && read(STDIN_FILENO, &byte, 1) != 0)
        return WRONG;
    if ((closed & 4) != 0 && write(STDERR_FILENO, "e", 1) != 1)
        return WRONG;
    console_sent("a", 0, false, "b");
    return console_flush() == ((closed & 2) == 0) ? FINE : WRONG;
}

static void nothing_gets_the_number_of_a_closed_standard_stream(void **state)
{
    (void)state;
    for (unsigned closed = 0; closed < 8; closed++) {
        capture_start(&capture, stdout);
        int status = child_status(open_with_some_closed, &closed);
        capture_stop(&capture);
        assert_int_equal(status, FINE);
        assert_string_equal(capture.text, (closed & 2) == 0 ? "sent a: b\n" : "");
    }
}

/* --- two threads ---------------------------------------------------------------------------------------------- */

enum { LINES = 20000 };

static void *write_notes(void *unused)
{
    for (int i = 0; i < LINES; i++)
        console_note("<- %s", "PUBACK");
    return unused;
}

static int print_on_two_threads(const void *file)
{
    pthread_t thread;

    if (dup2(*(const int *)file, STDOUT_FILENO) < 0 || dup2(*(const int *)file, STDERR_FILENO) < 0)
        return WRONG;
    console_open(PROGRAM);
    if (pthread_create(&thread, NULL, write_notes, NULL) != 0)
        return WRONG;
    for (int i = 0; i < LINES; i++)
        console_sent("sensor/temperature", 0, true, "28.53");
    pthread_join(thread, NULL);
    return console_flush() ? FINE : WRONG;
}

static void lines_of_two_threads_and_both_streams_stay_whole_in_one_file(void **state)
{
    char line[200];
    long sent = 0, notes = 0;
    int file = capture_file();

    (void)state;
    assert_true(fcntl(file, F_SETFL, O_APPEND) == 0);
    assert_int_equal(child_status(print_on_two_threads, &file), FINE);
    FILE *stream = fdopen(file, "r");
    assert_non_null(stream);
    rewind(stream);
    while (fgets(line, sizeof line, stream) != NULL) {
        if (strcmp(line, "<- PUBACK\n") == 0)
            notes++;
        else if (strcmp(line, "sent sensor/temperature: 28.53 (retained)\n") == 0)
            sent++;
        else
            fail_msg("a torn line: %s", line);
    }
    fclose(stream);
    assert_int_equal(sent, LINES);
    assert_int_equal(notes, LINES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_and_broken_utf8_are_escaped),
        cmocka_unit_test(only_the_length_counts),
        cmocka_unit_test(every_byte_alone_is_printable_or_escaped),
        cmocka_unit_test(nothing_that_is_written_can_control_a_terminal),
        cmocka_unit_test(each_message_is_one_line),
        cmocka_unit_test(of_what_is_refused_the_beginning_is_shown),
        cmocka_unit_test(as_json_each_message_is_an_object),
        cmocka_unit_test(a_long_message_is_printed_in_full),
        cmocka_unit_test(messages_are_counted_by_kind),
        cmocka_unit_test(quiet_counts_and_prints_no_message),
        cmocka_unit_test(messages_are_buffered_until_the_flush),
        cmocka_unit_test(an_error_names_the_program_and_a_note_does_not),
        cmocka_unit_test(lines_on_standard_error_are_escaped),
        cmocka_unit_test(long_lines_on_standard_error_are_cut),
        cmocka_unit_test(standard_error_comes_after_what_was_printed_before),
        cmocka_unit_test(output_that_cannot_be_written_is_noticed),
        cmocka_unit_test(nothing_gets_the_number_of_a_closed_standard_stream),
        cmocka_unit_test(lines_of_two_threads_and_both_streams_stay_whole_in_one_file),
    };

    return cmocka_run_group_tests(tests, name_the_program, NULL);
}
