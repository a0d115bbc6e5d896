/* A program that is looked at in a terminal, piped into another and read by tests must not mix up what it says: lines
 * of either stream and of any thread come whole and in order, and nothing that came from the network controls the
 * terminal. */
#ifdef __APPLE__
#define _DARWIN_C_SOURCE /* for how wide a terminal is: POSIX.1-2008 does not say how to ask */
#endif

#include "playground/console.h"

#include "json_line.h"
#include "playground/monotonic.h"
#include "text.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024, BUFFER_BYTES = 65536, PROGRESS_US = 100000, PROGRESS_WIDTH = 70, USUAL_WIDTH = 80 };
enum { EXCERPT_BYTES = 40 };                    /* of a payload that is refused */
enum { ERROR_LINE_BYTES = 6 * LINE_MAX_BYTES }; /* each byte may become \xHH; and a name before it */

/* Of the 256 colours: each is told from black and from white, at least 4 to 1. */
#define BLUE   "\033[38;5;31m"
#define GREEN  "\033[38;5;28m"
#define ORANGE "\033[38;5;130m"
#define RED    "\033[38;5;160m"
#define PLAIN  "\033[0m"

static const char *program_name = "";
static enum console_form form = CONSOLE_TEXT;
static bool output_is_coloured, error_is_coloured;
static struct console_counts counts;

static struct {
    bool is_wanted;
    bool is_shown; /* guarded by the lock of stderr */
    int64_t began_us, next_us;
} progress;

/* Opens what whoever started the program has closed of standard input, output and error: a file or a connection that is
 * opened gets the lowest free number, and what is printed would be written into it. Errors are lost then, but standard
 * output is what the program is for: it is opened so that nothing can be written to it, which is noticed. */
static void open_what_is_closed(void)
{
    static const int ways[] = {[STDIN_FILENO] = O_RDONLY, [STDOUT_FILENO] = O_RDONLY, [STDERR_FILENO] = O_WRONLY};

    for (int i = 0; i <= STDERR_FILENO; i++) {
        if (fcntl(i, F_GETFD) < 0 && open("/dev/null", ways[i]) < 0)
            return; /* there is nothing to open instead, either */
    }
}

/* See https://no-color.org. */
static bool shows_colours(int descriptor)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

    return isatty(descriptor) && (no_color == NULL || *no_color == '\0') && terminal != NULL && *terminal != '\0' &&
           strcmp(terminal, "dumb") != 0;
}

void console_open(const char *program)
{
    static char output[BUFFER_BYTES], error[ERROR_LINE_BYTES];

    open_what_is_closed();
    program_name = program;
    output_is_coloured = shows_colours(STDOUT_FILENO);
    error_is_coloured = shows_colours(STDERR_FILENO);
    setvbuf(stdout, output, _IOFBF, sizeof output);
    setvbuf(stderr, error, _IOLBF, sizeof error); /* a line is one write: what others write is before it or behind it */
}

void console_set_form(enum console_form wanted)
{
    form = wanted;
    progress.is_wanted = isatty(STDERR_FILENO) && (form == CONSOLE_QUIET || !isatty(STDOUT_FILENO));
}

void console_write_escaped(FILE *stream, const char *text, size_t length)
{
    size_t start = 0;

    while (start < length) {
        size_t end = start;
        for (size_t character; end < length; end += character) {
            character = text_printable_length(text + end, length - end);
            if (character == 0)
                break;
        }
        fwrite(text + start, 1, end - start, stream);
        start = end;
        if (start == length)
            break;
        switch (text[start]) {
        case '\n':
            fputs("\\n", stream);
            break;
        case '\r':
            fputs("\\r", stream);
            break;
        case '\t':
            fputs("\\t", stream);
            break;
        default:
            fprintf(stream, "\\x%02x", (unsigned)(unsigned char)text[start]);
            break;
        }
        start++;
    }
}

/* The colour repeats what the text says: who sees none misses nothing. Called with the stream locked. */
static void print_coloured(FILE *stream, bool is_coloured, const char *colour, const char *text)
{
    if (is_coloured)
        fprintf(stream, "%s%s" PLAIN, colour, text);
    else
        fputs(text, stream);
}

/* Called with standard output locked. */
static void print_excerpt(const char *payload, size_t length)
{
    size_t end = 0;

    while (end < length && end < EXCERPT_BYTES) {
        size_t character = text_character_length(payload + end, length - end);
        end += character > 0 ? character : 1;
    }
    fputs(end > 0 ? ": " : "", stdout);
    console_write_escaped(stdout, payload, end);
    fputs(end < length ? "..." : "", stdout);
}

static void print_text(const struct told_message *message)
{
    static const struct {
        const char *word, *colour;
    } kinds[] = {[SENT] = {"sent", BLUE}, [RECEIVED] = {"received", GREEN}, [REFUSED] = {"refused", ORANGE}};

    print_coloured(stdout, output_is_coloured, kinds[message->kind].colour, kinds[message->kind].word);
    putc(' ', stdout);
    console_write_escaped(stdout, message->topic, strlen(message->topic));
    fputs(": ", stdout);
    console_write_escaped(stdout, message->text, strlen(message->text));
    if (message->kind == REFUSED)
        print_excerpt(message->payload, message->length);
    fputs(message->retained ? " (retained)\n" : "\n", stdout);
}

static void print_message(const struct told_message *message)
{
    if (form == CONSOLE_QUIET)
        return;
    flockfile(stdout);
    if (form == CONSOLE_JSON)
        json_line_write(stdout, message);
    else
        print_text(message);
    funlockfile(stdout);
}

void console_sent(const char *topic, int qos, bool retained, const char *payload)
{
    counts.sent++;
    print_message(&(struct told_message){SENT, topic, qos, retained, payload, strlen(payload), payload});
}

static void print_arrived(enum message_kind kind, const char *topic, const MQTTClient_message *message,
                          const char *text)
{
    print_message(&(struct told_message){kind, topic, message->qos, message->retained != 0, message->payload,
                                         (size_t)message->payloadlen, text});
}

void console_received(const char *topic, const MQTTClient_message *message, const char *text)
{
    counts.received++;
    print_arrived(RECEIVED, topic, message, text);
}

void console_refused(const char *topic, const MQTTClient_message *message, const char *reason)
{
    counts.refused++;
    print_arrived(REFUSED, topic, message, reason);
}

struct console_counts console_counts(void)
{
    return counts;
}

/* Of the line of progress. A terminal's last column stays free: a character there may begin a new line. */
static int progress_width(void)
{
    struct winsize size;
    bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    int width = (is_known ? size.ws_col : USUAL_WIDTH) - 1;

    return width < PROGRESS_WIDTH ? width : PROGRESS_WIDTH;
}

void console_progress(long done, long total)
{
    char text[PROGRESS_WIDTH + 1], end[40] = "";

    if (!progress.is_wanted)
        return;
    int64_t now_us = monotonic_us();
    if (progress.began_us == 0) {
        progress.began_us = now_us;
        progress.next_us = now_us + PROGRESS_US;
    }
    if (now_us < progress.next_us)
        return;
    progress.next_us = now_us + PROGRESS_US;
    double rate = (double)done * 1e6 / (double)(now_us - progress.began_us);
    if (total > 0 && done > 0)
        snprintf(end, sizeof end, " of %ld, %.0f s left", total, (double)(total - done) / rate);
    snprintf(text, sizeof text, "%ld messages%s, %.1f/s", done, end, rate);
    int width = progress_width();
    flockfile(stderr);
    fprintf(stderr, "\r%-*.*s", width, width, text);
    fflush(stderr); /* it is no line */
    progress.is_shown = true;
    funlockfile(stderr);
}

/* Called with stderr locked. */
static void clear_progress(void)
{
    if (progress.is_shown)
        fprintf(stderr, "\r%*s\r", progress_width(), "");
    progress.is_shown = false;
}

/* `name`: of the program, before an error; NULL: none. */
static void print_line(const char *name, const char *format, va_list arguments)
{
    char line[LINE_MAX_BYTES];
    int length = vsnprintf(line, sizeof line, format, arguments);

    flockfile(stdout); /* no other thread is within a line of it then, and may not begin one */
    fflush(stdout);    /* where both streams end up, their lines appear in the order they were written */
    flockfile(stderr);
    clear_progress();
    if (name != NULL) {
        print_coloured(stderr, error_is_coloured, RED, name);
        fputs(": ", stderr);
    }
    if (length > 0)
        console_write_escaped(stderr, line, strlen(line));
    putc('\n', stderr);
    funlockfile(stderr);
    funlockfile(stdout);
}

void console_note(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_line(NULL, format, arguments);
    va_end(arguments);
}

void console_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_line(program_name, format, arguments);
    va_end(arguments);
}

bool console_flush(void)
{
    return fflush(stdout) == 0 && !console_failed();
}

bool console_failed(void)
{
    return ferror(stdout) != 0;
}
