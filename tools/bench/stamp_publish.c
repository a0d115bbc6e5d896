/* Preloaded into a publisher: notes when it calls publish, in nanoseconds of the monotonic clock, 8 bytes each, in the
 * file named by STAMP_FILE. For clients on Paho and on libmosquitto. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void stamp(void)
{
    static int file = -1;
    struct timespec now;

    if (file < 0)
        file = open(getenv("STAMP_FILE"), O_WRONLY | O_APPEND);
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
    if (write(file, &ns, sizeof ns) != sizeof ns)
        abort();
}

int MQTTClient_publish(void *client, const char *topic, int length, const void *payload, int qos, int retained,
                       int *token)
{
    static int (*next)(void *, const char *, int, const void *, int, int, int *);

    if (next == NULL)
        next =
            (int (*)(void *, const char *, int, const void *, int, int, int *))dlsym(RTLD_NEXT, "MQTTClient_publish");
    stamp();
    return next(client, topic, length, payload, qos, retained, token);
}

int mosquitto_publish_v5(void *client, int *id, const char *topic, int length, const void *payload, int qos,
                         bool retain, const void *properties)
{
    static int (*next)(void *, int *, const char *, int, const void *, int, bool, const void *);

    if (next == NULL)
        next = (int (*)(void *, int *, const char *, int, const void *, int, bool, const void *))dlsym(
            RTLD_NEXT, "mosquitto_publish_v5");
    stamp();
    return next(client, id, topic, length, payload, qos, retain, properties);
}
