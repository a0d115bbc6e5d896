#include "diagnosis.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    PROBE_MS = 1500,
    ALERT = 1000 /* OpenSSL's reasons above this are what the other side said in a TLS alert */
};

static struct diagnosis say(int status, bool final, const char *format, ...)
{
    struct diagnosis diagnosis = {.status = status, .final = final};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(diagnosis.text, sizeof diagnosis.text, format, arguments);
    va_end(arguments);
    return diagnosis;
}

/* --- TCP ----------------------------------------------------------------------------------------------------- */

/* A TCP connection to the address, whose reads and writes take no longer than PROBE_MS; -1: see errno. */
static int open_connection(const struct addrinfo *address)
{
    const struct timeval patience = {.tv_sec = PROBE_MS / 1000, .tv_usec = (suseconds_t)(PROBE_MS % 1000) * 1000};
    int connection = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    int error = 0;

    if (connection < 0)
        return -1;
    fcntl(connection, F_SETFL, O_NONBLOCK);
    if (connect(connection, address->ai_addr, address->ai_addrlen) != 0)
        error = errno;
    if (error == EINPROGRESS) {
        struct pollfd ready = {.fd = connection, .events = POLLOUT};
        socklen_t size = sizeof error;
        error = ETIMEDOUT;
        if (poll(&ready, 1, PROBE_MS) == 1)
            getsockopt(connection, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    fcntl(connection, F_SETFL, 0);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (error == 0)
        return connection;
    close(connection);
    errno = error;
    return -1;
}

/* --- TLS ----------------------------------------------------------------------------------------------------- */

/* Gives OpenSSL what the options name. False: one of the files is not what it should be. */
static bool configure(SSL_CTX *context, SSL *ssl, const struct broker *broker,
                      const struct connection_settings *settings)
{
    X509_VERIFY_PARAM *expected = SSL_get0_param(ssl);

    if (settings->ca_file[0] == '\0')
        SSL_CTX_set_default_verify_paths(context);
    else if (SSL_CTX_load_verify_locations(context, settings->ca_file, NULL) != 1)
        return false;
    if (settings->certificate[0] != '\0' &&
        (SSL_use_certificate_file(ssl, settings->certificate, SSL_FILETYPE_PEM) != 1 ||
         SSL_use_PrivateKey_file(ssl, settings->key, SSL_FILETYPE_PEM) != 1))
        return false;
    SSL_set_tlsext_host_name(ssl, broker->host);
    if (!settings->insecure && X509_VERIFY_PARAM_set1_ip_asc(expected, broker->host) != 1)
        X509_VERIFY_PARAM_set1_host(expected, broker->host, 0);
    return true;
}

/* Begins a TLS session as Paho did, but looks closer. */
static struct diagnosis look_at_tls(SSL *ssl, const struct broker *broker)
{
    char byte;
    bool shook_hands = SSL_connect(ssl) == 1;
    long verified = SSL_get_verify_result(ssl);

    if (shook_hands && verified == X509_V_ERR_CERT_HAS_EXPIRED)
        return say(EX_UNAVAILABLE, false, "the certificate of %s has expired: renew it", broker->name);
    if (shook_hands && (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH))
        return say(EX_UNAVAILABLE, false, "the certificate of %s is for another host: use the host name that it is for",
                   broker->name);
    if (shook_hands && verified != X509_V_OK)
        return say(EX_UNAVAILABLE, false, "the certificate of %s is not trusted (%s): check --cafile", broker->name,
                   X509_verify_cert_error_string(verified));
    /* With TLS 1.3 we hear only now what the other side thinks of our certificate. */
    if (shook_hands)
        SSL_read(ssl, &byte, 1);
    if (ERR_GET_REASON(ERR_peek_error()) > ALERT)
        return say(EX_NOPERM, true, "%s asks for a client certificate that it trusts: check --cert and --key",
                   broker->name);
    if (!shook_hands)
        return say(EX_UNAVAILABLE, false, "%s does not speak TLS: use mqtt://, or check --port", broker->name);
    return say(EX_UNAVAILABLE, false, "%s speaks TLS, but does not answer as an MQTT broker: check --port",
               broker->name);
}

static struct diagnosis look_at_connection(int connection, const struct broker *broker,
                                           const struct connection_settings *settings)
{
    struct diagnosis diagnosis = say(EX_SOFTWARE, true, "out of memory");
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = context == NULL ? NULL : SSL_new(context);

    if (ssl == NULL)
        goto free_context;
    ERR_clear_error();
    SSL_set_fd(ssl, connection);
    if (broker->has_tls && !configure(context, ssl, broker, settings))
        diagnosis = say(EX_NOINPUT, true, "--cafile, --cert or --key is no PEM file, or the two do not go together");
    else if (broker->has_tls)
        diagnosis = look_at_tls(ssl, broker);
    else if (SSL_connect(ssl) == 1 || ERR_GET_REASON(ERR_peek_error()) > ALERT)
        diagnosis = say(EX_UNAVAILABLE, false, "%s speaks TLS: use mqtts:// or --cafile", broker->name);
    else
        diagnosis = say(EX_UNAVAILABLE, false,
                        "%s takes connections, but does not answer as an MQTT broker: check --port", broker->name);
    ERR_clear_error();
    SSL_free(ssl);

free_context:
    SSL_CTX_free(context);
    return diagnosis;
}

static bool is_this_computer(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0;
}

/* --- all together -------------------------------------------------------------------------------------------- */

static struct diagnosis look(const struct broker *broker, const struct connection_settings *settings)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    struct diagnosis diagnosis;
    char port[8];
    int connection = -1;

    snprintf(port, sizeof port, "%d", broker->port);
    int lookup = getaddrinfo(broker->host, port, &hints, &addresses);
    if (lookup != 0)
        return say(EX_UNAVAILABLE, false, "no such host: %s (%s): check --host", broker->host, gai_strerror(lookup));
    for (const struct addrinfo *address = addresses; address != NULL && connection < 0; address = address->ai_next)
        connection = open_connection(address);
    int error = errno;
    freeaddrinfo(addresses);

    if (connection >= 0) {
        diagnosis = look_at_connection(connection, broker, settings);
        close(connection);
    } else if (error == ECONNREFUSED) {
        diagnosis = say(EX_UNAVAILABLE, false,
                        is_this_computer(broker->host) ? "no broker at %s: start one with ./lab broker"
                                                       : "no broker at %s: check --host and --port",
                        broker->name);
    } else {
        diagnosis = say(EX_UNAVAILABLE, false, "no way to %s (%s): check --host and the network", broker->name,
                        strerror(error));
    }
    return diagnosis;
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
        return say(EX_NOPERM, true, "%s refused the user name or the password: check --username and --password",
                   broker->name);
    default:
        return look(broker, settings);
    }
}
