/* The command line that the ten programs share, read with popt. The letters mean what they mean to mosquitto_pub and
 * mosquitto_sub. An option that a program has no use for is unknown to it. */
#ifndef PLAYGROUND_OPTIONS_H
#define PLAYGROUND_OPTIONS_H

#include "playground/connection_settings.h"

#include <stdbool.h>

#define OPTIONS_TEXT_SIZE  CONNECTION_TEXT_SIZE /* bytes of any text of the command line, with its terminating NUL */
#define OPTIONS_HOST_SIZE  CONNECTION_HOST_SIZE
#define OPTIONS_LEVEL_SIZE 65 /* one level of a topic: TOPIC_LEVEL_MAX and its terminating NUL */
#define OPTIONS_TOPIC_SIZE (OPTIONS_TEXT_SIZE + OPTIONS_HOST_SIZE) /* room for any topic made of these */
#define OPTIONS_WINDOW_MAX 10000

struct options {
    struct connection_settings connection; /* where the broker is and who we are */
    double wait;                           /* seconds to keep trying for the first connection */

    /* What to send or to receive. A program fills in its own defaults before options_read. */
    char topic[OPTIONS_TEXT_SIZE]; /* a topic for producers, a topic filter for consumers */
    int qos;                       /* 0, 1 or 2 */
    int window;      /* messages at QoS 1 or 2 that may wait for their acknowledgements, 1 to OPTIONS_WINDOW_MAX */
    long count;      /* messages, 0: until stopped */
    double interval; /* seconds between messages, 0: as fast as possible */
    double timeout;  /* seconds until a consumer gives up, 0: never */
    char device_id[OPTIONS_LEVEL_SIZE];
    char base_topic[OPTIONS_HOST_SIZE];
    long seed; /* of the emulated sensor */

    /* What to print. */
    bool quiet;
    bool json;
    bool debug;
};

/* Options that only some programs have; the rest is common to all. Who has --qos and --interval has --window, too. */
enum {
    OPTION_PUBLISH_TOPIC = 1 << 0,   /* --topic, a topic */
    OPTION_SUBSCRIBE_TOPIC = 1 << 1, /* --topic, a topic filter */
    OPTION_QOS = 1 << 2,
    OPTION_INTERVAL = 1 << 3,
    OPTION_TIMEOUT = 1 << 4,
    OPTION_DEVICE_ID = 1 << 5,
    OPTION_BASE_TOPIC = 1 << 6,
    OPTION_SEED = 1 << 7,
    OPTION_NEEDS_USERNAME = 1 << 8, /* --username, common to all, has to be given and to be a valid topic level */
};

/* One more row for a program that has an option of its own: a number, whose default stands in *number beforehand. */
struct option_row {
    const char *name; /* "threshold" for --threshold */
    double *number;
    double min, max; /* the values that are accepted, both included */
    const char *unit;
    const char *help;
};

struct program {
    const char *purpose;          /* one sentence, for --help */
    unsigned uses;                /* OPTION_... together */
    const struct option_row *own; /* NULL, or rows that end with one whose name is NULL */
};

/* Reads the command line and the environment (MQTT_HOST, MQTT_PORT, MQTT_USERNAME, MQTT_PASSWORD) into `options`,
 * checks every value, gets the console ready, and blots out a password in `argv`, where others could see it. `options`
 * holds the program's own defaults or zeros, and no brokers. `seed`, `window` and `connection.keep_alive` are always
 * set.
 * True if the program should go on. False if it should return *status at once: 0 after --help, --usage or --version,
 * EX_USAGE after one line on standard error that names the option and what is wrong with it. */
bool options_read(struct options *options, const struct program *program, int argc, char **argv, int *status);

#endif
