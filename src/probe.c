/* Three questions: does it begin a TLS session? Does it open a WebSocket? Does it answer CONNECT? Some servers say
 * nothing where they do not understand, so that no question may have all the time. */
#include "probe.h"

#include "playground/monotonic.h"
#include "playground/random.h"
#include "playground/stop.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PATIENCE_US = 2000000,
    NAP_US = 50000, /* a signal that comes just before a nap is noticed after it */
    ALERT = 1000,   /* OpenSSL's reasons above this are what the other side said in a TLS alert */
    CONNACK_SIZE = 4,
    TEXT_SIZE = 4096
};

struct probe {
    const struct broker *broker;
    const struct connection_settings *settings;
    const struct addrinfo *address; /* where it takes connections */
    SSL_CTX *context;
    int64_t patience_us; /* for how long it may still wait; what we compute between is not counted */
    struct findings *found;

    /* The connection of the present question. */
    int socket;          /* -1: none */
    SSL *ssl;            /* NULL: without TLS */
    int64_t question_us; /* what this question may have of the patience */
};

struct text {
    size_t length;
    char bytes[TEXT_SIZE + 1]; /* with a NUL behind */
};

/* --- one connection ------------------------------------------------------------------------------------------ */

/* Waits until the socket can be read or written. False: not within the question's time, or a signal has come. */
static bool await(struct probe *probe, short events)
{
    struct pollfd place = {.fd = probe->socket, .events = events};
    int ready = 0;

    while (ready <= 0 && probe->question_us > 0 && !stop_requested()) {
        int64_t begin_us = monotonic_us();
        ready = poll(&place, 1, (int)(probe->question_us < NAP_US ? probe->question_us : NAP_US) / 1000 + 1);
        int64_t waited_us = monotonic_us() - begin_us;
        probe->question_us -= waited_us;
        probe->patience_us -= waited_us;
    }
    return ready > 0;
}

/* Gives the next question half of the patience that is left, or all of it to the last one. */
static void begin_question(struct probe *probe, bool is_last)
{
    probe->question_us = is_last ? probe->patience_us : probe->patience_us / 2;
}

static void hang_up(struct probe *probe)
{
    if (probe->ssl != NULL)
        SSL_shutdown(probe->ssl);
    SSL_free(probe->ssl);
    ERR_clear_error();
    probe->ssl = NULL;
    if (probe->socket >= 0)
        close(probe->socket);
    probe->socket = -1;
}

/* Opens a TCP connection. Returns 0 or an errno. */
static int dial(struct probe *probe, const struct addrinfo *address)
{
    int error = 0;
    socklen_t size = sizeof error;

    probe->socket = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (probe->socket < 0)
        return errno;
    fcntl(probe->socket, F_SETFL, O_NONBLOCK);
    if (connect(probe->socket, address->ai_addr, address->ai_addrlen) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        error = ETIMEDOUT;
        if (await(probe, POLLOUT))
            getsockopt(probe->socket, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error == ECONNRESET || error == EPIPE)
            error = 0; /* it stood, and has ended since: whoever reads finds that out */
    }
    if (error != 0)
        hang_up(probe);
    return error;
}

/* After a call of OpenSSL that returned `rc`: whether to call again. */
static bool go_on(struct probe *probe, int rc)
{
    switch (SSL_get_error(probe->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        return await(probe, POLLIN);
    case SSL_ERROR_WANT_WRITE:
        return await(probe, POLLOUT);
    default:
        return false;
    }
}

/* If not. */
static enum answer why_not(struct probe *probe, int rc)
{
    int error = SSL_get_error(probe->ssl, rc);

    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return ANSWER_NONE;
    int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason <= ALERT)
        return ANSWER_CLOSED;
    probe->found->alert = reason - ALERT;
    return ANSWER_ALERT;
}

/* A failure shows when the answer is read. */
static void say(struct probe *probe, const char *bytes, size_t size)
{
    int rc = 0;

    ERR_clear_error();
    if (probe->ssl == NULL) {
        ssize_t written = write(probe->socket, bytes, size); /* a new socket has room for all */
        (void)written;
        return;
    }
    do
        rc = SSL_write(probe->ssl, bytes, (int)size);
    while (rc <= 0 && go_on(probe, rc));
}

/* One read: how many bytes came, or 0, and then *answer says why. */
static int hear_some(struct probe *probe, char *bytes, size_t size, enum answer *answer)
{
    int rc;

    if (probe->ssl == NULL) {
        *answer = await(probe, POLLIN) ? ANSWER_CLOSED : ANSWER_NONE;
        rc = *answer == ANSWER_NONE ? 0 : (int)recv(probe->socket, bytes, size, 0);
    } else {
        ERR_clear_error();
        do
            rc = SSL_read(probe->ssl, bytes, (int)size);
        while (rc <= 0 && go_on(probe, rc));
        if (rc <= 0)
            *answer = why_not(probe, rc);
    }
    return rc > 0 ? rc : 0;
}

/* Reads until the text is full, or `end` is in it. ANSWER_OTHER if anything came: what it means is for others to say.
 */
static enum answer hear(struct probe *probe, struct text *text, size_t size, const char *end)
{
    enum answer answer = ANSWER_NONE;

    text->length = 0;
    for (int more = 1; more > 0 && text->length < size;) {
        more = hear_some(probe, text->bytes + text->length, size - text->length, &answer);
        text->length += (size_t)more;
        text->bytes[text->length] = '\0';
        if (end != NULL && strstr(text->bytes, end) != NULL)
            break;
    }
    return text->length > 0 ? ANSWER_OTHER : answer;
}

/* --- TLS ----------------------------------------------------------------------------------------------------- */

/* Gives OpenSSL the files that the settings name. False: one of them is not what it should be. */
static bool read_files(SSL_CTX *context, const struct connection_settings *settings)
{
    if (settings->ca_file[0] == '\0')
        SSL_CTX_set_default_verify_paths(context);
    else if (SSL_CTX_load_verify_locations(context, settings->ca_file, NULL) != 1)
        return false;
    return settings->certificate[0] == '\0' ||
           (SSL_CTX_use_certificate_chain_file(context, settings->certificate) == 1 &&
            SSL_CTX_use_PrivateKey_file(context, settings->key, SSL_FILETYPE_PEM) == 1);
}

static int on_certificate_wanted(SSL *ssl, void *found)
{
    (void)ssl;
    ((struct findings *)found)->wants_certificate = true;
    return 1; /* go on, with what there is */
}

/* Begins a TLS session on the connection, also where the certificate is wrong: SSL_get_verify_result knows that. */
static enum answer shake_hands(struct probe *probe)
{
    int rc;

    probe->ssl = SSL_new(probe->context);
    if (probe->ssl == NULL)
        return ANSWER_NONE;
    SSL_set_fd(probe->ssl, probe->socket);
    SSL_set_cert_cb(probe->ssl, on_certificate_wanted, probe->found);
    SSL_set_tlsext_host_name(probe->ssl, probe->broker->host);
    if (!probe->settings->insecure &&
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(probe->ssl), probe->broker->host) != 1)
        X509_VERIFY_PARAM_set1_host(SSL_get0_param(probe->ssl), probe->broker->host, 0);
    ERR_clear_error();
    do
        rc = SSL_connect(probe->ssl);
    while (rc != 1 && go_on(probe, rc));
    return rc == 1 ? ANSWER_YES : why_not(probe, rc);
}

/* --- the web ------------------------------------------------------------------------------------------------- */

bool probe_is_web(const struct broker *broker)
{
    return strncmp(broker->uri, "ws", strlen("ws")) == 0;
}

const char *probe_url_path(const struct broker *broker)
{
    const char *host = strstr(broker->uri, "://");
    const char *path = host == NULL ? NULL : strchr(host + strlen("://"), '/');

    return path == NULL ? "" : path;
}

const char *probe_path(const struct broker *broker)
{
    const char *path = probe_url_path(broker);

    return *path == '\0' ? "/mqtt" : path;
}

/* Whether the head of an answer says that the WebSocket is for MQTT (MQTT 3.1.1 section 6). */
static bool is_for_mqtt(char *head)
{
    static const char field[] = "\r\nsec-websocket-protocol:";

    for (char *letter = head; *letter != '\0'; letter++)
        *letter = (char)tolower((unsigned char)*letter);
    const char *value = strstr(head, field);
    if (value == NULL)
        return false;
    value += strlen(field);
    value += strspn(value, " \t");
    return strncmp(value, "mqtt", strlen("mqtt")) == 0;
}

static enum answer ask_upgrade(struct probe *probe, int *status)
{
    static const char version[] = "HTTP/1.";
    static const char close_frame[] = {'\x88', '\x80', 0, 0, 0, 0}; /* with the mask that every frame of a client has */
    const struct broker *broker = probe->broker;
    struct text text;

    /* What Paho sends, but for the key, which needs not be random for a WebSocket that nobody will use. */
    int length = snprintf(text.bytes, sizeof text.bytes,
                          "GET %s HTTP/1.1\r\n"
                          "Host: %s\r\n"
                          "Upgrade: websocket\r\n"
                          "Connection: Upgrade\r\n"
                          "Origin: %s://%s\r\n"
                          "Sec-WebSocket-Key: cGxheWdyb3VuZCBwcm9iZQ==\r\n"
                          "Sec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Protocol: mqtt\r\n"
                          "\r\n",
                          probe_path(broker), broker->name, probe->ssl == NULL ? "http" : "https", broker->name);
    say(probe, text.bytes, (size_t)length);
    enum answer answer = hear(probe, &text, TEXT_SIZE, "\r\n\r\n");
    if (answer != ANSWER_OTHER || strncmp(text.bytes, version, strlen(version)) != 0)
        return answer;
    *status = (int)strtol(text.bytes + strcspn(text.bytes, " "), NULL, 10);
    if (*status != 101 || !is_for_mqtt(text.bytes))
        return ANSWER_HTTP;
    say(probe, close_frame, sizeof close_frame);
    return ANSWER_YES;
}

/* --- MQTT ---------------------------------------------------------------------------------------------------- */

/* MQTT 3.1.1 sections 3.1, 3.2 and 3.14. */
static enum answer ask_connect(struct probe *probe)
{
    static const char head[] = "\x10\x19"          /* CONNECT, and how many bytes come */
                               "\0\4MQTT\4\2\0\12" /* version 3.1.1, a clean session, a keep alive of ten seconds */
                               "\0\15";            /* a client id of thirteen bytes */
    static const char disconnect[] = {'\xe0', 0};
    char packet[sizeof head + sizeof "probe12345678" - 1];
    struct text text;

    memcpy(packet, head, sizeof head - 1);
    snprintf(packet + sizeof head - 1, sizeof "probe12345678", "probe%08x", (unsigned)random_bits());
    say(probe, packet, sizeof packet - 1);
    enum answer answer = hear(probe, &text, CONNACK_SIZE, NULL);
    if (text.length < CONNACK_SIZE || memcmp(text.bytes, "\x20\x02", 2) != 0)
        return answer;
    say(probe, disconnect, sizeof disconnect);
    return ANSWER_YES;
}

/* --- all together -------------------------------------------------------------------------------------------- */

/* Finds the first address that takes connections, and leaves the connection open. Returns 0 or an errno. */
static int find_address(struct probe *probe, const struct addrinfo *addresses)
{
    int error = ETIMEDOUT;

    for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) {
        probe->address = address;
        begin_question(probe, false);
        error = dial(probe, address);
        if (error == 0)
            break;
    }
    return error;
}

/* The connection for the next question: the one that there is, or a new one, with TLS if the server has it. */
static enum answer begin_talk(struct probe *probe, bool has_tls)
{
    if (probe->socket >= 0)
        return ANSWER_YES;
    int error = dial(probe, probe->address);
    if (error != 0)
        return error == ETIMEDOUT ? ANSWER_NONE : ANSWER_CLOSED;
    return has_tls ? shake_hands(probe) : ANSWER_YES;
}

/* What the server should speak is asked for first: it may only have been slow. */
static void ask(struct probe *probe)
{
    const struct broker *broker = probe->broker;
    struct findings *found = probe->found;

    begin_question(probe, false);
    found->handshake = shake_hands(probe);
    bool has_tls = found->handshake == ANSWER_YES;
    found->verified = has_tls ? SSL_get_verify_result(probe->ssl) : X509_V_OK;
    if (found->handshake == ANSWER_ALERT || (broker->has_tls && found->verified != X509_V_OK))
        return;
    if (!has_tls)
        hang_up(probe);
    for (int i = 0; i < 2 && !stop_requested(); i++) {
        bool is_upgrade = probe_is_web(broker) == (i == 0);
        enum answer *answer = is_upgrade ? &found->upgrade : &found->connect;
        begin_question(probe, i == 1);
        *answer = begin_talk(probe, has_tls);
        if (*answer == ANSWER_YES)
            *answer = is_upgrade ? ask_upgrade(probe, &found->http_status) : ask_connect(probe);
        hang_up(probe);
        if (*answer == ANSWER_YES)
            return;
    }
}

struct findings probe_server(const struct broker *broker, const struct connection_settings *settings)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct findings found = {.verified = X509_V_OK};
    struct probe probe = {
        .broker = broker, .settings = settings, .socket = -1, .patience_us = PATIENCE_US, .found = &found};
    struct addrinfo *addresses = NULL;
    char port[8];

    snprintf(port, sizeof port, "%d", broker->port);
    found.lookup = getaddrinfo(broker->host, port, &hints, &addresses);
    if (found.lookup != 0)
        return found;
    found.error = find_address(&probe, addresses);
    if (found.error == 0) {
        probe.context = SSL_CTX_new(TLS_client_method());
        if (probe.context == NULL)
            found.error = ENOMEM;
        else if (read_files(probe.context, settings) || !broker->has_tls)
            ask(&probe);
        else
            found.bad_files = true;
        hang_up(&probe);
        SSL_CTX_free(probe.context);
    }
    freeaddrinfo(addresses);
    return found;
}
