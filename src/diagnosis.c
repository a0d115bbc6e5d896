/* Paho has one code for nearly everything that can go wrong with a connection, and no words. What the user is to do
 * about it takes words, and words that are true: so this asks the server itself, and says no more than it answered. */
#include "diagnosis.h"

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
    if (found.upgrade == ANSWER_YES || found.connect == ANSWER_YES)
        return speaks(broker, settings, &found);
    return is_no_broker(broker, &found);
}

struct diagnosis diagnose(const struct broker *broker, const struct connection_settings *settings, int rc)
{
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
