#include "diagnosis.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

enum { PROBE_MS = 2000 };

static struct diagnosis say(int status, bool final, const char *format, ...)
{
    struct diagnosis diagnosis = {.status = status, .final = final};
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(diagnosis.text, sizeof diagnosis.text, format, arguments);
    va_end(arguments);
    return diagnosis;
}

/* 0 if a TCP connection to the address can be made, else the error number. */
static int probe(const struct addrinfo *address)
{
    int socket_fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    int error = 0;

    if (socket_fd < 0)
        return errno;
    fcntl(socket_fd, F_SETFL, O_NONBLOCK);
    if (connect(socket_fd, address->ai_addr, address->ai_addrlen) != 0) {
        struct pollfd ready = {.fd = socket_fd, .events = POLLOUT};
        socklen_t size = sizeof error;
        if (errno != EINPROGRESS)
            error = errno;
        else if (poll(&ready, 1, PROBE_MS) != 1)
            error = ETIMEDOUT;
        else if (getsockopt(socket_fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
            error = errno;
    }
    close(socket_fd);
    return error;
}

static struct diagnosis look(const struct broker *broker)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    char port[8];
    int error = 0;

    snprintf(port, sizeof port, "%d", broker->port);
    int lookup = getaddrinfo(broker->host, port, &hints, &addresses);
    if (lookup != 0)
        return say(EX_UNAVAILABLE, false, "no such host: %s (%s): check --host", broker->host,
                   gai_strerror(lookup));
    for (const struct addrinfo *address = addresses; address != NULL; address = address->ai_next) {
        error = probe(address);
        if (error == 0)
            break;
    }
    freeaddrinfo(addresses);

    switch (error) {
    case 0:
        return say(EX_UNAVAILABLE, false,
                   "%s takes connections, but does not answer as an MQTT broker: check --port", broker->name);
    case ECONNREFUSED:
        return say(EX_UNAVAILABLE, false, "no broker at %s: start one with ./lab broker", broker->name);
    default:
        return say(EX_UNAVAILABLE, false, "no way to %s (%s): check --host and the network", broker->name,
                   strerror(error));
    }
}

struct diagnosis diagnose(const struct broker *broker, int rc)
{
    switch (rc) { /* 1 to 5: what the broker said in CONNACK, MQTT 3.1.1 section 3.2.2.3 */
    case 1:
        return say(EX_PROTOCOL, true, "%s does not speak MQTT 3.1.1: use another broker", broker->name);
    case 2:
        return say(EX_PROTOCOL, true, "%s does not accept the client id: choose another with --id",
                   broker->name);
    case 3:
        return say(EX_UNAVAILABLE, false, "the broker at %s is not ready: try later", broker->name);
    case 4:
        return say(EX_NOPERM, true,
                   "%s refused the user name or the password: check --username and --password", broker->name);
    case 5:
        return say(EX_NOPERM, true, "%s does not let this user in: check --username and --password",
                   broker->name);
    default:
        return look(broker);
    }
}
