/* Three questions: does it begin a TLS session? Does it open a WebSocket? Does it answer CONNECT, and of which version?
 * Some servers say nothing where they do not understand, so that no question may have all the time. */
#include "probe.h"

#include "connack.h"
#include "playground/random.h"
#include "playground/stop.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { PATIENCE_US = 2000000, PATIENCE_5_US = 3000000, CONNACK_MIN = 4 };
enum { NO_CONNECT = 0, VERSION_3_1_1 = 4, VERSION_5 = 5 }; /* as CONNECT has it */

struct probe {
    const struct broker *broker;
    const struct connection_settings *settings;
    const struct addrinfo *address; /* where it takes connections */
    SSL_CTX *context;
    struct dialogue dialogue;
    struct findings *found;
    enum connack connack; /* the answer to the last CONNECT */
};

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
    const struct broker *broker = probe->broker;
    struct text text;

    /* What Paho sends, but for the key, which needs not be random for a WebSocket that so little is said in. */
    int length =
        snprintf(text.bytes, sizeof text.bytes,
                 "GET %s HTTP/1.1\r\n"
                 "Host: %s\r\n"
                 "Upgrade: websocket\r\n"
                 "Connection: Upgrade\r\n"
                 "Origin: %s://%s\r\n"
                 "Sec-WebSocket-Key: cGxheWdyb3VuZCBwcm9iZQ==\r\n"
                 "Sec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Protocol: mqtt\r\n"
                 "\r\n",
                 probe_path(broker), broker->name, probe->dialogue.ssl == NULL ? "http" : "https", broker->name);
    dialogue_say(&probe->dialogue, text.bytes, (size_t)length);
    enum answer answer = dialogue_hear(&probe->dialogue, &text, DIALOGUE_TEXT_SIZE, "\r\n\r\n");
    if (answer != ANSWER_OTHER || strncmp(text.bytes, version, strlen(version)) != 0)
        return answer;
    *status = (int)strtol(text.bytes + strcspn(text.bytes, " "), NULL, 10);
    if (*status != 101 || !is_for_mqtt(text.bytes))
        return ANSWER_HTTP;
    probe->dialogue.is_web = true;
    return ANSWER_YES;
}

/* --- MQTT ---------------------------------------------------------------------------------------------------- */

/* MQTT 3.1.1 and MQTT 5: sections 3.1 and 3.14 of both. */
static void say_connect(struct dialogue *dialogue, int version)
{
    /* CONNECT and how many bytes come; the version, a clean session, a keep alive of ten seconds, with MQTT 5 no
     * properties; a client id of thirteen bytes */
    static const char head[] = "\x10\x19\0\4MQTT\4\2\0\12\0\15", head_5[] = "\x10\x1a\0\4MQTT\5\2\0\12\0\0\15";
    char packet[sizeof head_5 + sizeof "probe12345678"];
    size_t size = version == VERSION_5 ? sizeof head_5 - 1 : sizeof head - 1;

    memcpy(packet, version == VERSION_5 ? head_5 : head, size);
    size += (size_t)snprintf(packet + size, sizeof "probe12345678", "probe%08x", (unsigned)random_bits());
    dialogue_say(dialogue, packet, size);
}

/* Section 3.2 of both. */
static enum answer ask_connect(struct probe *probe, int version)
{
    static const char disconnect[] = {'\xe0', 0};
    struct text text;

    say_connect(&probe->dialogue, version);
    enum answer answer = dialogue_hear(&probe->dialogue, &text, CONNACK_MIN, NULL);
    size_t size = connack_size(text.bytes, text.length);
    if (probe->settings->mqtt5 && size > CONNACK_MIN && size <= DIALOGUE_TEXT_SIZE)
        dialogue_hear_on(&probe->dialogue, &text, size, NULL);
    probe->connack = connack_read(text.bytes, text.length);
    if (probe->settings->mqtt5 && size > DIALOGUE_TEXT_SIZE)
        probe->connack = CONNACK_5; /* it is too long to be judged here */
    if (probe->connack == CONNACK_NONE || (probe->connack >= CONNACK_5 && !probe->settings->mqtt5))
        return answer;
    dialogue_say(&probe->dialogue, disconnect, sizeof disconnect);
    return ANSWER_YES;
}

/* --- all together -------------------------------------------------------------------------------------------- */

/* Finds the first address that takes connections, and leaves the connection open. Returns 0 or an errno. */
static int find_address(struct probe *probe, const struct addrinfo *addresses)
{
    int error = ETIMEDOUT;

    for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) {
        probe->address = address;
        dialogue_begin_question(&probe->dialogue, 2);
        error = dialogue_dial(&probe->dialogue, address);
        if (error == 0)
            break;
    }
    return error;
}

static enum answer shake_hands(struct probe *probe)
{
    return dialogue_shake_hands(&probe->dialogue, probe->context, probe->broker->host, !probe->settings->insecure,
                                &probe->found->wants_certificate);
}

/* The connection for the next question: the one that there is, or a new one, with TLS if the server has it. */
static enum answer begin_talk(struct probe *probe, bool has_tls)
{
    if (probe->dialogue.socket >= 0)
        return ANSWER_YES;
    int error = dialogue_dial(&probe->dialogue, probe->address);
    if (error != 0)
        return error == ETIMEDOUT ? ANSWER_NONE : ANSWER_CLOSED;
    return has_tls ? shake_hands(probe) : ANSWER_YES;
}

/* Where a question is asked twice, what tells more counts. */
static void keep(enum answer *kept, enum answer answer)
{
    if (answer > *kept)
        *kept = answer;
}

/* One question on a connection of its own: for a WebSocket, or a CONNECT of this version, or the one inside the other.
 * Returns what CONNACK came. */
static enum connack ask_once(struct probe *probe, int share, bool is_upgrade, int version)
{
    struct findings *found = probe->found;

    probe->connack = CONNACK_NONE;
    if (stop_requested())
        return CONNACK_NONE;
    dialogue_begin_question(&probe->dialogue, share);
    enum answer answer = begin_talk(probe, found->handshake == ANSWER_YES);
    if (is_upgrade) {
        if (answer == ANSWER_YES)
            answer = ask_upgrade(probe, &found->http_status);
        keep(&found->upgrade, answer);
    }
    if (version != NO_CONNECT && (answer == ANSWER_YES || !is_upgrade)) {
        if (answer == ANSWER_YES)
            answer = ask_connect(probe, version);
        keep(&found->connect, answer);
    }
    dialogue_hang_up(&probe->dialogue);
    return probe->connack;
}

/* What the server should speak is asked for first: it may only have been slow. */
static void ask_way(struct probe *probe)
{
    bool is_web = probe_is_web(probe->broker);

    ask_once(probe, 2, is_web, is_web ? NO_CONNECT : VERSION_3_1_1);
    if (probe->found->upgrade != ANSWER_YES && probe->found->connect != ANSWER_YES)
        ask_once(probe, 1, !is_web, is_web ? VERSION_3_1_1 : NO_CONNECT);
}

/* The same, and of which version it is. */
static void ask_version(struct probe *probe)
{
    struct findings *found = probe->found;
    bool is_web = probe_is_web(probe->broker);

    enum connack first = ask_once(probe, 3, is_web, VERSION_5), last = first;
    if (is_web && found->upgrade != ANSWER_YES) { /* then the way is wrong, and the version does not matter yet */
        if (ask_once(probe, 2, false, VERSION_5) == CONNACK_NONE)
            ask_once(probe, 1, false, VERSION_3_1_1);
        return;
    }
    if (first < CONNACK_5)
        last = ask_once(probe, 2, is_web, VERSION_3_1_1);
    bool is_3_1_1 = last == CONNACK_3_1_1;
    if (is_3_1_1 && first != CONNACK_VERSION)
        last = ask_once(probe, 1, is_web, VERSION_5);
    if (!is_web && found->connect != ANSWER_YES)
        ask_once(probe, 1, true, NO_CONNECT);
    if (stop_requested())
        return;
    found->spoken = last == CONNACK_5          ? SPOKEN_5
                    : last == CONNACK_BROKEN   ? SPOKEN_5_BADLY
                    : is_3_1_1                 ? SPOKEN_3_1_1
                    : first == CONNACK_VERSION ? SPOKEN_OTHER
                                               : SPOKEN_UNKNOWN;
}

static void ask(struct probe *probe)
{
    const struct broker *broker = probe->broker;
    struct findings *found = probe->found;

    dialogue_begin_question(&probe->dialogue, 2);
    found->handshake = shake_hands(probe);
    bool has_tls = found->handshake == ANSWER_YES;
    found->verified = has_tls ? SSL_get_verify_result(probe->dialogue.ssl) : X509_V_OK;
    if (found->handshake == ANSWER_ALERT || (broker->has_tls && found->verified != X509_V_OK))
        return;
    if (!has_tls)
        dialogue_hang_up(&probe->dialogue);
    if (probe->settings->mqtt5)
        ask_version(probe);
    else
        ask_way(probe);
}

struct findings probe_server(const struct broker *broker, const struct connection_settings *settings)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct findings found = {.verified = X509_V_OK};
    struct probe probe = {.broker = broker,
                          .settings = settings,
                          .dialogue = {.socket = -1, .patience_us = settings->mqtt5 ? PATIENCE_5_US : PATIENCE_US},
                          .found = &found};
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
        dialogue_hang_up(&probe.dialogue);
        found.alert = probe.dialogue.alert;
        SSL_CTX_free(probe.context);
    }
    freeaddrinfo(addresses);
    return found;
}
