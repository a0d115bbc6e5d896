/* Paho has one code for nearly everything that can go wrong with a connection, and no words. What the user is to do
 * about it takes words, and words that are true: so this asks the server itself, and says no more than it answered. */
#include "diagnosis.h"

#include "playground/reason.h"
#include "probe.h"

#include <errno.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static struct diagnosis say(int status, bool final, const char *format, ...)
{
    struct diagnosis diagnosis = {.status = status, .final = final};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(diagnosis.text, sizeof diagnosis.text, format, arguments);
    va_end(arguments);
    return diagnosis;
}

static bool is_this_computer(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

/* There is no connection to speak over. */
static struct diagnosis out_of_reach(const struct broker *broker, const struct findings *found)
{
    if (found->lookup == EAI_AGAIN)
        return say(EX_UNAVAILABLE, false, "nobody knows now where %s is (%s): check the network", broker->host,
                   gai_strerror(found->lookup));
    if (found->lookup != 0)
        return say(EX_UNAVAILABLE, false, "no such host: %s (%s): check the name of the host", broker->host,
                   gai_strerror(found->lookup));
    if (found->error == ENOMEM)
        return say(EX_SOFTWARE, true, "out of memory");
    if (found->error != ECONNREFUSED)
        return say(EX_UNAVAILABLE, false, "no way to %s (%s): check the host and the network", broker->name,
                   strerror(found->error));
    return say(EX_UNAVAILABLE, false,
               is_this_computer(broker->host)
                   ? "no broker at %s: start one with ./lab broker, or check the host and the port"
                   : "no broker at %s: check the host and the port",
               broker->name);
}

/* The server has a certificate, and it is not in order. */
static struct diagnosis untrusted(const struct broker *broker, long verified)
{
    switch (verified) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return say(EX_UNAVAILABLE, false, "the certificate of %s has expired: renew it", broker->name);
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return say(EX_UNAVAILABLE, false, "the certificate of %s is for another host: use the host name that it is for",
                   broker->name);
    default:
        return say(EX_UNAVAILABLE, false, "the certificate of %s is not trusted (%s): check --cafile", broker->name,
                   X509_verify_cert_error_string(verified));
    }
}

/* The server speaks MQTT, in this way or in another one than was tried. */
static struct diagnosis speaks(const struct broker *broker, const struct connection_settings *settings,
                               const struct findings *found)
{
    static const struct {
        const char *words, *scheme;
    } ways[2][2] = {{{"plain MQTT", "mqtt"}, {"MQTT over WebSockets", "ws"}},
                    {{"MQTT over TLS", "mqtts"}, {"MQTT over WebSockets and TLS", "wss"}}};
    bool has_tls = found->handshake == ANSWER_YES;
    bool is_web = found->upgrade == ANSWER_YES;

    const char *proxy = is_web ? getenv(has_tls ? "https_proxy" : "http_proxy") : NULL;

    if (has_tls == broker->has_tls && is_web == probe_is_web(broker) && proxy != NULL && *proxy != '\0')
        return say(EX_UNAVAILABLE, false,
                   "%s answers, but not through the proxy of the environment (%s), as Paho asks it: try without",
                   broker->name, has_tls ? "https_proxy" : "http_proxy");
    if (has_tls == broker->has_tls && is_web == probe_is_web(broker))
        return say(EX_UNAVAILABLE, false,
                   "the broker at %s has not answered in time, or closed the connection: its log may say why",
                   broker->name);
    return say(EX_UNAVAILABLE, false, "%s speaks %s: use --url %s://%s%s%s", broker->name, ways[has_tls][is_web].words,
               ways[has_tls][is_web].scheme, broker->name, is_web ? probe_url_path(broker) : "",
               found->verified == X509_V_OK || settings->ca_file[0] != '\0' ? "" : " and --cafile");
}

/* The server speaks MQTT, and not the version that was asked for. */
static struct diagnosis speaks_no_5(const struct broker *broker, enum spoken spoken)
{
    return say(
        EX_PROTOCOL, true,
        spoken == SPOKEN_3_1_1 ? "%s speaks MQTT 3.1.1, and not MQTT 5: use another broker, or the programs of part one"
        : spoken == SPOKEN_OTHER ? "%s does not speak MQTT 5: use another broker"
                                 : "%s answers CONNECT with a packet that is not valid MQTT 5: use another broker",
        broker->name);
}

/* What counts is what the server says in the language that it was expected to speak. */
static struct diagnosis is_no_broker(const struct broker *broker, const struct findings *found)
{
    bool has_tls = found->handshake == ANSWER_YES;
    enum answer answer = broker->has_tls && !has_tls ? found->handshake
                         : probe_is_web(broker)      ? found->upgrade
                                                     : found->connect;

    if (found->upgrade == ANSWER_HTTP)
        return say(EX_UNAVAILABLE, false,
                   "%s is a web server without MQTT at %s (status %d): check the port, or the path", broker->name,
                   probe_path(broker), found->http_status);
    if (has_tls && !broker->has_tls && (found->upgrade == ANSWER_NONE || found->connect == ANSWER_NONE))
        return say(EX_UNAVAILABLE, false, "%s speaks TLS: use mqtts:// or wss://", broker->name);
    if (answer == ANSWER_NONE) /* nor did it answer Paho, who waits for 3 s: see connection.c */
        return say(EX_UNAVAILABLE, false, "%s has not answered in 3 s: slow, or not MQTT", broker->name);
    if (answer == ANSWER_CLOSED)
        return say(EX_UNAVAILABLE, false,
                   "%s takes the connection and closes it without an answer: its log may say why, or check the port",
                   broker->name);
    if (has_tls)
        return say(EX_UNAVAILABLE, false, "%s speaks TLS, but does not answer as an MQTT broker: check the port",
                   broker->name);
    if (broker->has_tls)
        return say(EX_UNAVAILABLE, false, "%s neither speaks TLS nor answers as an MQTT broker: check the port",
                   broker->name);
    return say(EX_UNAVAILABLE, false, "%s answers, but not as an MQTT broker: check the port", broker->name);
}

/* The server has ended TLS with an alert. Only after it has asked for our certificate that is what it is about. */
static struct diagnosis alerted(const struct broker *broker, const struct findings *found)
{
    if (!found->wants_certificate)
        return say(EX_UNAVAILABLE, false, "%s speaks TLS, and has ended it: %s", broker->name,
                   SSL_alert_desc_string_long(found->alert));
    if (!broker->has_tls)
        return say(EX_UNAVAILABLE, false,
                   "%s speaks TLS, and asks for a client certificate: use mqtts:// or wss:// with --cert and --key",
                   broker->name);
    return say(EX_NOPERM, true, "%s asks for a client certificate that it trusts: check --cert and --key",
               broker->name);
}

/* Paho could not say why. */
static struct diagnosis look(const struct broker *broker, const struct connection_settings *settings)
{
    struct findings found = probe_server(broker, settings);

    if (found.lookup != 0 || found.error != 0)
        return out_of_reach(broker, &found);
    if (found.bad_files)
        return say(EX_NOINPUT, true, "--cafile, --cert or --key is no PEM file, or the two do not go together");
    if (broker->has_tls && found.verified != X509_V_OK)
        return untrusted(broker, found.verified);
    if (found.handshake == ANSWER_ALERT || found.upgrade == ANSWER_ALERT || found.connect == ANSWER_ALERT)
        return alerted(broker, &found);
    if (found.spoken != SPOKEN_UNKNOWN && found.spoken != SPOKEN_5)
        return speaks_no_5(broker, found.spoken);
    if (found.upgrade == ANSWER_YES || found.connect == ANSWER_YES)
        return speaks(broker, settings, &found);
    return is_no_broker(broker, &found);
}

static const char credentials[] = "check --username and --password";

/* What CONNACK of MQTT 5 can refuse a connection with (section 3.2.2.2), and what to do. */
static const struct refusal {
    int reason, status;
    bool final;
    const char *advice;
} refusals[] = {
    {0x80, EX_UNAVAILABLE, false, "its log may say why"},
    {0x81, EX_PROTOCOL, true, "its log may say what it did not understand"},
    {0x82, EX_PROTOCOL, true, "its log may say what it did not expect"},
    {0x83, EX_UNAVAILABLE, false, "its log may say why"},
    {0x84, EX_PROTOCOL, true, "use another broker, or the programs of part one"},
    {0x85, EX_PROTOCOL, true, "choose another with --id"},
    {0x86, EX_NOPERM, true, credentials},
    {0x87, EX_NOPERM, true, credentials}, /* Mosquitto's for a wrong password, too */
    {0x88, EX_UNAVAILABLE, false, "try later"},
    {0x89, EX_UNAVAILABLE, false, "try later"},
    {0x8a, EX_NOPERM, true, "ask who runs it"},
    {0x8c, EX_NOPERM, true, "a user name and a password are not what it asks for: use another broker"},
    {0x90, EX_PROTOCOL, true, "it is the topic of the will, and the log of the broker may say why"},
    {0x95, EX_PROTOCOL, true, "use a shorter client id, user name or password"},
    {0x97, EX_UNAVAILABLE, false, "try later, or with fewer clients"},
    {0x99, EX_PROTOCOL, true, "it is the payload of the will, and the log of the broker may say why"},
    {0x9a, EX_PROTOCOL, true, "use a broker that keeps messages: the will asks for it"},
    {0x9b, EX_PROTOCOL, true, "use a broker with all the QoS: the will asks for it"},
    {0x9c, EX_UNAVAILABLE, true, "its log, or who runs it, may say which"},
    {0x9d, EX_UNAVAILABLE, true, "its log, or who runs it, may say where"},
    {0x9f, EX_UNAVAILABLE, false, "try later, or with fewer clients"},
};

static struct diagnosis refused(const struct broker *broker, const struct connection_settings *settings, int reason)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *refusal = &refusals[i];
        if (refusal->reason != reason)
            continue;
        const char *advice = refusal->advice == credentials && settings->username[0] == '\0'
                                 ? "it may want a user name: check --username, or --id"
                                 : refusal->advice;
        return say(refusal->status, refusal->final, "%s refused the connection: %s (reason %d): %s", broker->name,
                   reason_name(reason), reason, advice);
    }
    return say(EX_PROTOCOL, false, "%s refused the connection with code %d, which MQTT 5 does not know", broker->name,
               reason);
}

struct diagnosis diagnose(const struct broker *broker, const struct connection_settings *settings, int rc)
{
    if (settings->mqtt5) /* 1: what a broker of MQTT 3.1.1 only says, which is not for MQTT 5 to explain */
        return rc > 1 ? refused(broker, settings, rc) : look(broker, settings);
    switch (rc) { /* 1 to 5: what the broker said in CONNACK, MQTT 3.1.1 section 3.2.2.3 */
    case 1:
        return say(EX_PROTOCOL, true, "%s does not speak MQTT 3.1.1: use another broker", broker->name);
    case 2:
        return say(EX_PROTOCOL, true, "%s does not accept the client id: choose another with --id", broker->name);
    case 3:
        return say(EX_UNAVAILABLE, false, "the broker at %s is not ready: try later", broker->name);
    case 4:
    case 5: /* which of the two a broker sends says little: Mosquitto answers a wrong password with 5 */
        return say(EX_NOPERM, true,
                   settings->username[0] == '\0' ? "%s refuses a client without a user name: check --username, or --id"
                                                 : "%s refused the user name or the password: check --username and "
                                                   "--password",
                   broker->name);
    default:
        if (rc > 0)
            return say(EX_PROTOCOL, false, "%s refused the connection with code %d, which MQTT 3.1.1 does not know",
                       broker->name, rc);
        return look(broker, settings);
    }
}
