/* The stories told by the real Paho, to a scripted broker on a socket of 127.0.0.1: a thread of this process. */
#include "agreement.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 16, SENDINGS = 64, BUFFER = 4096, TICK_MS = 2 };

static struct connection {
    int fd; /* -1: closed */
    unsigned char buffer[BUFFER];
    size_t length;
    bool is_5; /* CONNECT has said so */
} connections[CONNECTIONS];

/* What is to be sent, and when. */
static struct sending {
    struct packet packet;
    int connection;
    int64_t due_ms;
    bool is_unasked;
} sendings[SENDINGS];

static int connection_count, sending_count; /* the lock is for these, and all above */
static int listener;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char uri[64];
static atomic_bool is_over;
static atomic_int unasked_count; /* sent */

static void fail(const char *what)
{
    perror(what);
    exit(70);
}

/* --- packets as bytes ------------------------------------------------------------------------------------------ */

static unsigned char *put_number(unsigned char *at, size_t size, uint32_t number)
{
    while (size-- > 0)
        *at++ = (unsigned char)(number >> 8 * size);
    return at;
}

static unsigned char *put_property(unsigned char *at, int code, size_t size, uint32_t number)
{
    return put_number(put_number(at, 1, (uint32_t)code), size, number);
}

/* With their length before them. */
static unsigned char *put_properties(unsigned char *begin, struct packet packet)
{
    unsigned char *at = begin + 1;

    if (packet.has_receive_maximum)
        at = put_property(at, 0x21, 2, packet.receive_maximum);
    if (packet.type == CONNACK && packet.keep_alive > 0)
        at = put_property(at, 0x13, 2, packet.keep_alive);
    if (packet.has_expiry)
        at = put_property(at, 0x11, 4, packet.expiry);
    *begin = (unsigned char)(at - begin - 1);
    return at;
}

static size_t encode(struct packet packet, bool is_5, unsigned char *bytes)
{
    static const unsigned char first[] = {0x10, 0x20, 0x30, 0x40, 0x50, 0x62, 0x70, 0x82,
                                          0x90, 0xa2, 0xb0, 0xc0, 0xd0, 0xe0, 0};
    unsigned char *at = bytes + 2;

    bytes[0] = first[packet.type];
    if (packet.type == PUBLISH) {
        bytes[0] = (unsigned char)(0x30 | packet.flag << 3 | packet.qos << 1);
        memcpy(at, "\0\1t", 3);
        at += 3;
    }
    if (packet.type == CONNACK) {
        *at++ = packet.flag;
        *at++ = (unsigned char)packet.code;
    } else if (packet.type != PINGRESP && !(packet.type == PUBLISH && packet.qos == 0)) {
        *at++ = (unsigned char)(packet.id >> 8);
        *at++ = (unsigned char)packet.id;
    }
    if (is_5 && (packet.type == CONNACK || packet.type == PUBLISH || packet.type == SUBACK || packet.type == UNSUBACK))
        at = put_properties(at, packet);
    if (packet.type == PUBLISH)
        at += sprintf((char *)at, "%d", packet.number);
    if (packet.type == SUBACK || (is_5 && packet.type == UNSUBACK))
        *at++ = (unsigned char)packet.code;
    if (packet.type >= PUBACK && packet.type <= PUBCOMP && packet.code != 0)
        *at++ = (unsigned char)packet.code;
    bytes[1] = (unsigned char)(at - bytes - 2);
    return (size_t)(at - bytes);
}

/* Of the properties, which begin with their length: the session's expiry. */
static void get_expiry(const unsigned char *at, struct packet *packet)
{
    const unsigned char *end = at + 1 + at[0];

    for (at++; at < end; at += 5) { /* no story has others */
        if (*at != 0x11)
            abort();
        packet->has_expiry = true;
        packet->expiry = (uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4];
    }
}

/* A packet of less than 128 bytes; 0: it is not complete yet. */
static size_t decode(const unsigned char *bytes, size_t length, bool is_5, struct packet *packet)
{
    static const enum packet_type types[16] = {
        [1] = CONNECT, [3] = PUBLISH,   [4] = PUBACK,       [5] = PUBREC,   [6] = PUBREL,
        [7] = PUBCOMP, [8] = SUBSCRIBE, [10] = UNSUBSCRIBE, [12] = PINGREQ, [14] = DISCONNECT};
    size_t size = length < 2 ? 2 : 2 + (size_t)bytes[1];
    size_t at = 2;

    if (length < size)
        return 0;
    *packet = (struct packet){.type = types[bytes[0] >> 4]};
    if (packet->type == CONNECT) {
        packet->code = bytes[9] >> 1 & 1;
        packet->is_5 = bytes[8] == 5;
        packet->keep_alive = (unsigned short)(bytes[10] << 8 | bytes[11]);
        if (packet->is_5)
            get_expiry(bytes + 12, packet);
        return size;
    }
    if (packet->type == PUBLISH) {
        packet->qos = bytes[0] >> 1 & 3;
        packet->flag = (bytes[0] & 8) != 0;
        at += 2u + bytes[3];
    }
    if (packet->type != PINGREQ && packet->type != DISCONNECT && !(packet->type == PUBLISH && packet->qos == 0)) {
        packet->id = bytes[at] << 8 | bytes[at + 1];
        at += 2;
    }
    if (is_5 && packet->type == DISCONNECT && size > at + 1)
        get_expiry(bytes + at + 1, packet);
    if (is_5 && packet->type == PUBLISH)
        at += 1u + bytes[at];
    if (packet->type == PUBLISH) {
        char text[16];
        snprintf(text, sizeof text, "%.*s", (int)(size - at), (const char *)bytes + at);
        packet->number = atoi(text);
    }
    if (packet->type == SUBSCRIBE)
        packet->qos = bytes[size - 1] & 3;
    return size;
}

/* --- the broker ------------------------------------------------------------------------------------------------ */

static void close_connection(struct connection *connection, bool is_reset)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    char rest[256];

    if (is_reset)
        setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    else
        while (recv(connection->fd, rest, sizeof rest, MSG_DONTWAIT) > 0)
            continue; /* what was not read would make it a reset */
    close(connection->fd);
    connection->fd = -1;
}

/* What is followed by the end goes with it, in one segment: the other side never has one without the other. */
static void send_now(struct sending sending, bool is_followed)
{
    struct connection *connection = &connections[sending.connection];
    unsigned char bytes[64];

    if (connection->fd < 0)
        return;
    if (sending.packet.type == END_OF_STREAM)
        close_connection(connection, sending.packet.code != 0);
    else
        (void)!send(connection->fd, bytes, encode(sending.packet, connection->is_5, bytes),
                    MSG_NOSIGNAL | (is_followed ? MSG_MORE : 0));
}

static void send_later(struct sending sending)
{
    if (sending_count == SENDINGS)
        abort();
    sendings[sending_count++] = sending;
}

/* In the order in which they were put there, for those of the same moment. */
static void send_what_is_due(void)
{
    int kept = 0;

    for (int i = 0; i < sending_count; i++) {
        if (sendings[i].due_ms > now_ms()) {
            sendings[kept++] = sendings[i];
            continue;
        }
        send_now(sendings[i], false);
        if (sendings[i].is_unasked)
            atomic_fetch_add(&unasked_count, 1);
    }
    sending_count = kept;
}

static void on_packet(int connection, struct packet packet)
{
    const struct reply *reply = script_replies(connection + 1, packet);

    for (; reply->packet.type != CONNECT; reply++) {
        struct packet answer = reply->packet;
        if (answer.id == 0)
            answer.id = packet.id;
        struct sending sending = {answer, connection, now_ms() + reply->after_ms, false};
        if (reply->after_ms == 0)
            send_now(sending, reply[1].packet.type == END_OF_STREAM);
        else
            send_later(sending);
    }
}

static void on_readable(int i)
{
    struct connection *connection = &connections[i];
    struct packet packet;
    size_t size;
    ssize_t length = recv(connection->fd, connection->buffer + connection->length, BUFFER - connection->length, 0);

    if (length <= 0) {
        close_connection(connection, false);
        on_packet(i, (struct packet){.type = END_OF_STREAM});
        return;
    }
    connection->length += (size_t)length;
    while (connection->fd >= 0 &&
           (size = decode(connection->buffer, connection->length, connection->is_5, &packet)) > 0) {
        connection->is_5 = connection->is_5 || packet.is_5;
        connection->length -= size;
        memmove(connection->buffer, connection->buffer + size, connection->length);
        on_packet(i, packet);
    }
}

static void on_connection(void)
{
    int on = 1;

    if (connection_count == CONNECTIONS)
        abort();
    int fd = accept(listener, NULL, NULL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connections[connection_count++].fd = fd;
}

static void *broker(void *argument)
{
    (void)argument;
    while (!is_over) {
        struct pollfd fds[CONNECTIONS + 1] = {{.fd = listener, .events = POLLIN}};
        int count = connection_count;
        for (int i = 0; i < count; i++)
            fds[i + 1] = (struct pollfd){.fd = connections[i].fd, .events = POLLIN};
        poll(fds, (nfds_t)count + 1, TICK_MS);
        pthread_mutex_lock(&lock);
        send_what_is_due();
        for (int i = 0; i < count; i++)
            if (fds[i + 1].revents != 0 && connections[i].fd >= 0)
                on_readable(i);
        if (fds[0].revents != 0)
            on_connection();
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

/* --- where it is ----------------------------------------------------------------------------------------------- */

static struct sockaddr_in bind_listener(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        fail("bind");
    snprintf(uri, sizeof uri, "tcp://127.0.0.1:%d", ntohs(address.sin_port));
    return address;
}

/* Nobody accepts, and all places of those who wait are taken: TCP does not answer. */
static void fill_listener(struct sockaddr_in address)
{
    for (int i = 0; i < 4; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
            fail("connect");
    }
}

static void begin_broker(pthread_t *thread)
{
    struct sockaddr_in address = bind_listener();

    if (story_told->where == ABSENT) /* a port that is taken, and where nobody listens */
        return;
    if (listen(listener, story_told->where == DEAF ? 0 : 8) != 0)
        fail("listen");
    if (story_told->where == DEAF)
        fill_listener(address);
    else if (pthread_create(thread, NULL, broker, NULL) != 0)
        fail("pthread_create");
}

/* --- the story ------------------------------------------------------------------------------------------------- */

void print_line(const char *line)
{
    puts(line); /* it has a lock of its own */
}

unsigned long actor(void)
{
    return (unsigned long)pthread_self();
}

const char *broker_uri(void)
{
    return uri;
}

int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

void pass_ms(int64_t ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* By the broker's thread: what another one waits for is not closed before that one wakes. */
void broker_sends(struct packet packet)
{
    int sent = atomic_load(&unasked_count);

    pass_ms(150); /* it has read what was written before */
    pthread_mutex_lock(&lock);
    send_later((struct sending){packet, connection_count - 1, now_ms(), true});
    pthread_mutex_unlock(&lock);
    await(&unasked_count, sent + 1, "packet of the broker");
}

static bool is_connected(void)
{
    bool is_open = false;

    pthread_mutex_lock(&lock);
    for (int i = 0; i < connection_count; i++)
        is_open = is_open || connections[i].fd >= 0;
    pthread_mutex_unlock(&lock);
    return is_open;
}

/* The broker reads to the end. Some stories leave a connection behind that has none. */
static void await_end(void)
{
    for (int64_t end_ms = now_ms() + 2000; is_connected() && now_ms() < end_ms;)
        pass_ms(10);
}

void tell_story(void)
{
    pthread_t thread;

    begin_broker(&thread);
    story_told->tell();
    if (story_told->where == THERE) {
        await_end();
        is_over = true;
        pthread_join(thread, NULL);
    }
    script_print();
}
