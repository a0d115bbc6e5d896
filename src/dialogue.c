/* Some servers say nothing where they do not understand. So whoever asks one more than one question has to share out
 * the time that there is, and here every wait counts against it: for a connection, for a TLS session, for an answer. */
#include "dialogue.h"

#include "playground/monotonic.h"
#include "playground/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    NAP_US = 50000, /* a signal that comes just before a nap is noticed after it */
    ALERT = 1000    /* OpenSSL's reasons above this are what the other side said in a TLS alert */
};

/* Of a WebSocket's frames, RFC 6455 section 5.2. */
enum frame { FRAME_BINARY = 2, FRAME_CLOSE = 8 };
enum { FRAME_HEAD = 6, LAST_FRAME = 0x80, MASKED_FRAME = 0x80, KIND_OF_FRAME = 0x0f };
enum { SHORT_FRAME_MAX = 125, LONG_FRAME = 126 };

/* Waits until the socket can be read or written. False: not within the question's time, or a signal has come. */
static bool await(struct dialogue *dialogue, short events)
{
    struct pollfd place = {.fd = dialogue->socket, .events = events};
    int ready = 0;

    while (ready <= 0 && dialogue->question_us > 0 && !stop_requested()) {
        int64_t begin_us = monotonic_us();
        ready = poll(&place, 1, (int)(dialogue->question_us < NAP_US ? dialogue->question_us : NAP_US) / 1000 + 1);
        int64_t waited_us = monotonic_us() - begin_us;
        dialogue->question_us -= waited_us;
        dialogue->patience_us -= waited_us;
    }
    return ready > 0;
}

void dialogue_begin_question(struct dialogue *dialogue, int share)
{
    dialogue->question_us = dialogue->patience_us / share;
}

/* After a call of OpenSSL that returned `rc`: whether to call again. */
static bool go_on(struct dialogue *dialogue, int rc)
{
    switch (SSL_get_error(dialogue->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        return await(dialogue, POLLIN);
    case SSL_ERROR_WANT_WRITE:
        return await(dialogue, POLLOUT);
    default:
        return false;
    }
}

static void say_plainly(struct dialogue *dialogue, const char *bytes, size_t size)
{
    int rc = 0;

    ERR_clear_error();
    if (dialogue->ssl == NULL) {
        ssize_t written = write(dialogue->socket, bytes, size); /* a new socket has room for all */
        (void)written;
        return;
    }
    do
        rc = SSL_write(dialogue->ssl, bytes, (int)size);
    while (rc <= 0 && go_on(dialogue, rc));
}

/* Inside a WebSocket: RFC 6455 section 5.2. The mask that every frame of a client has is 0 here. */
static void say_in_frame(struct dialogue *dialogue, enum frame kind, const char *bytes, size_t size)
{
    char frame[FRAME_HEAD + SHORT_FRAME_MAX] = {(char)(LAST_FRAME | kind), (char)(MASKED_FRAME | size)};

    if (size > 0)
        memcpy(frame + FRAME_HEAD, bytes, size);
    say_plainly(dialogue, frame, FRAME_HEAD + size);
}

void dialogue_say(struct dialogue *dialogue, const char *bytes, size_t size)
{
    if (dialogue->is_web)
        say_in_frame(dialogue, FRAME_BINARY, bytes, size);
    else
        say_plainly(dialogue, bytes, size);
}

void dialogue_hang_up(struct dialogue *dialogue)
{
    if (dialogue->is_web)
        say_in_frame(dialogue, FRAME_CLOSE, NULL, 0);
    dialogue->is_web = false;
    dialogue->frame_left = 0;
    if (dialogue->ssl != NULL)
        SSL_shutdown(dialogue->ssl);
    SSL_free(dialogue->ssl);
    ERR_clear_error();
    dialogue->ssl = NULL;
    if (dialogue->socket >= 0)
        close(dialogue->socket);
    dialogue->socket = -1;
}

int dialogue_dial(struct dialogue *dialogue, const struct addrinfo *address)
{
    int error = 0;
    socklen_t size = sizeof error;

    dialogue->socket = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (dialogue->socket < 0)
        return errno;
    fcntl(dialogue->socket, F_SETFL, O_NONBLOCK);
    if (connect(dialogue->socket, address->ai_addr, address->ai_addrlen) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        error = ETIMEDOUT;
        if (await(dialogue, POLLOUT))
            getsockopt(dialogue->socket, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error == ECONNRESET || error == EPIPE)
            error = 0; /* it stood, and has ended since: whoever reads finds that out */
    }
    if (error != 0)
        dialogue_hang_up(dialogue);
    return error;
}

/* If not. */
static enum answer why_not(struct dialogue *dialogue, int rc)
{
    int error = SSL_get_error(dialogue->ssl, rc);

    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return ANSWER_NONE;
    int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason <= ALERT)
        return ANSWER_CLOSED;
    dialogue->alert = reason - ALERT;
    return ANSWER_ALERT;
}

/* One read: how many bytes came, or 0, and then *answer says why. */
static int hear_some(struct dialogue *dialogue, char *bytes, size_t size, enum answer *answer)
{
    int rc;

    if (dialogue->ssl == NULL) {
        *answer = await(dialogue, POLLIN) ? ANSWER_CLOSED : ANSWER_NONE;
        rc = *answer == ANSWER_NONE ? 0 : (int)recv(dialogue->socket, bytes, size, 0);
    } else {
        ERR_clear_error();
        do
            rc = SSL_read(dialogue->ssl, bytes, (int)size);
        while (rc <= 0 && go_on(dialogue, rc));
        if (rc <= 0)
            *answer = why_not(dialogue, rc);
    }
    return rc > 0 ? rc : 0;
}

static bool hear_exactly(struct dialogue *dialogue, unsigned char *bytes, size_t size, enum answer *answer)
{
    for (int more = 1; size > 0 && more > 0; size -= (size_t)more, bytes += more)
        more = hear_some(dialogue, (char *)bytes, size, answer);
    return size == 0;
}

/* The head of the next frame that carries something. False: there is none. What other frames are about, the end or
 * whether we are there, needs no answer in the time that this takes. */
static bool hear_frame(struct dialogue *dialogue, enum answer *answer)
{
    unsigned char head[4], ignored[SHORT_FRAME_MAX];

    while (dialogue->frame_left == 0) {
        if (!hear_exactly(dialogue, head, 2, answer) ||
            (head[1] == LONG_FRAME && !hear_exactly(dialogue, head + 2, 2, answer)))
            return false;
        size_t size = head[1] == LONG_FRAME ? (size_t)head[2] << 8 | head[3] : head[1];
        if ((head[0] & KIND_OF_FRAME) < FRAME_CLOSE) {
            dialogue->frame_left = size;
        } else if ((head[0] & KIND_OF_FRAME) == FRAME_CLOSE || size > sizeof ignored) {
            *answer = ANSWER_CLOSED;
            return false;
        } else if (!hear_exactly(dialogue, ignored, size, answer)) {
            return false;
        }
    }
    return true;
}

/* The same as hear_some, inside a WebSocket if there is one. */
static int hear_inside(struct dialogue *dialogue, char *bytes, size_t size, enum answer *answer)
{
    if (!dialogue->is_web)
        return hear_some(dialogue, bytes, size, answer);
    if (!hear_frame(dialogue, answer))
        return 0;
    int count = hear_some(dialogue, bytes, size < dialogue->frame_left ? size : dialogue->frame_left, answer);
    dialogue->frame_left -= (size_t)count;
    return count;
}

enum answer dialogue_hear(struct dialogue *dialogue, struct text *text, size_t size, const char *end)
{
    text->length = 0;
    return dialogue_hear_on(dialogue, text, size, end);
}

enum answer dialogue_hear_on(struct dialogue *dialogue, struct text *text, size_t size, const char *end)
{
    enum answer answer = ANSWER_NONE;

    for (int more = 1; more > 0 && text->length < size;) {
        more = hear_inside(dialogue, text->bytes + text->length, size - text->length, &answer);
        text->length += (size_t)more;
        text->bytes[text->length] = '\0';
        if (end != NULL && strstr(text->bytes, end) != NULL)
            break;
    }
    return text->length > 0 ? ANSWER_OTHER : answer;
}

static int on_certificate_wanted(SSL *ssl, void *wants_certificate)
{
    (void)ssl;
    *(bool *)wants_certificate = true;
    return 1; /* go on, with what there is */
}

enum answer dialogue_shake_hands(struct dialogue *dialogue, SSL_CTX *context, const char *host, bool checks_host,
                                 bool *wants_certificate)
{
    int rc;

    dialogue->ssl = SSL_new(context);
    if (dialogue->ssl == NULL)
        return ANSWER_NONE;
    SSL_set_fd(dialogue->ssl, dialogue->socket);
    SSL_set_cert_cb(dialogue->ssl, on_certificate_wanted, wants_certificate);
    SSL_set_tlsext_host_name(dialogue->ssl, host);
    if (checks_host && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(dialogue->ssl), host) != 1)
        X509_VERIFY_PARAM_set1_host(SSL_get0_param(dialogue->ssl), host, 0);
    ERR_clear_error();
    do
        rc = SSL_connect(dialogue->ssl);
    while (rc != 1 && go_on(dialogue, rc));
    return rc == 1 ? ANSWER_YES : why_not(dialogue, rc);
}
