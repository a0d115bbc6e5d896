/* Ten programs, one command line. What an option is called, what it takes and how its help reads is one row of a table:
 * what is said about an option in one place cannot contradict what another does. popt does the rest. */
#include "playground/options.h"

#include "playground/console.h"
#include "playground/number.h"
#include "playground/random.h"
#include "playground/topic.h"
#include "text.h"

#include <limits.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

enum {
    ROW_MAX = 40,
    HELP_SIZE = 160,
    REASON_SIZE = 128,
    PORT_MQTT = 1883,
    PORT_MQTTS = 8883,
    SEED_FROM_CLOCK = -1,
    KEEP_ALIVE_S = 10,
    /* More than 20 at QoS 2 are too many for Mosquitto as it comes: it then acknowledges a message and drops it, for
     * with MQTT 3.1.1 it has no way to say so. At QoS 1 more than 100 make nothing faster. */
    WINDOW_QOS_1 = 100,
    WINDOW_QOS_2 = 20
};

/* The largest number for a long, below which a double tells all of them apart. */
#define WHOLE_MAX (LONG_MAX < 999999999999999 ? (double)LONG_MAX : 999999999999999.0)

/* What the command line says before it is put together. */
struct input {
    struct options *options;
    char host[OPTIONS_HOST_SIZE];
    int port;
    bool has_place;           /* --host or --port was given, and not only by the environment */
    char reason[REASON_SIZE]; /* why the value last read was refused */
};

/* One option: how it is called and what becomes of its value. */
struct row {
    const char *name;
    char letter;
    /* Puts the value where it belongs, or says in input->reason why not. NULL: a flag, *(bool *)target. */
    bool (*read)(struct input *input, const struct row *row, const char *value);
    void *target;
    double min, max; /* of a number; of a text: max is the size of its array */
    const char *environment;
    const char *unit;
    const char *help;
    bool has_default; /* show it in the help */
    bool is_secret;   /* show its value nowhere */
};

static bool refuse(struct input *input, const char *reason)
{
    snprintf(input->reason, sizeof input->reason, "%s", reason);
    return false;
}

/* --- reading values ------------------------------------------------------------------------------------------ */

static bool read_number(struct input *input, const struct row *row, const char *value)
{
    double number;

    if (!number_from_text(value, strlen(value), &number) || number < row->min || number > row->max) {
        snprintf(input->reason, sizeof input->reason, "not a number from %.15g to %.15g", row->min, row->max);
        return false;
    }
    *(double *)row->target = number;
    return true;
}

static bool read_whole(struct input *input, const struct row *row, const char *value, double *whole)
{
    size_t length = strlen(value);

    if (strspn(value, "0123456789") != length || !number_from_text(value, length, whole) || *whole < row->min ||
        *whole > row->max) {
        snprintf(input->reason, sizeof input->reason, "not a whole number from %.0f to %.0f", row->min, row->max);
        return false;
    }
    return true;
}

static bool read_int(struct input *input, const struct row *row, const char *value)
{
    double whole;

    if (!read_whole(input, row, value, &whole))
        return false;
    *(int *)row->target = (int)whole;
    return true;
}

static bool read_long(struct input *input, const struct row *row, const char *value)
{
    double whole;

    if (!read_whole(input, row, value, &whole))
        return false;
    *(long *)row->target = (long)whole;
    return true;
}

static bool read_text(struct input *input, const struct row *row, const char *value)
{
    size_t size = strlen(value) + 1;

    if (size == 1)
        return refuse(input, "empty");
    if (size > (size_t)row->max) {
        snprintf(input->reason, sizeof input->reason, "longer than %.0f bytes", row->max - 1);
        return false;
    }
    memcpy(row->target, value, size);
    return true;
}

static bool read_level(struct input *input, const struct row *row, const char *value)
{
    if (!topic_level_is_valid(value))
        return refuse(input, "has to be 1 to 64 bytes of UTF-8 without '/', '+', '#' and control characters");
    return read_text(input, row, value);
}

static bool read_topic(struct input *input, const struct row *row, const char *value)
{
    if (!topic_is_valid(value))
        return refuse(
            input,
            "not a topic to publish to: it must not be empty, nor hold wildcards ('+', '#') or control characters");
    return read_text(input, row, value);
}

static bool read_filter(struct input *input, const struct row *row, const char *value)
{
    if (!topic_filter_is_valid(value))
        return refuse(input, "not a topic filter: '+' has to be a whole level, '#' the whole last one");
    return read_text(input, row, value);
}

static bool read_utf8(struct input *input, const struct row *row, const char *value)
{
    if (!text_is_valid(value, (size_t)row->max - 1))
        return refuse(input, "has to be text: UTF-8 without control characters, not too long, not empty");
    return read_text(input, row, value);
}

/* A name, an IPv4 address, or an IPv6 address without brackets, which is told by its colons. */
static bool is_host(const char *host)
{
    if (strchr(host, ':') != NULL)
        return strspn(host, "0123456789abcdefABCDEF:.") == strlen(host) && strlen(host) < OPTIONS_HOST_SIZE;
    return text_is_valid(host, OPTIONS_HOST_SIZE - 1) && strpbrk(host, " /@[]?#%\\") == NULL;
}

static bool read_host(struct input *input, const struct row *row, const char *value)
{
    if (!is_host(value))
        return refuse(input, "not a host name or address (mqtt://... goes with --url)");
    return read_text(input, row, value);
}

static bool read_file_name(struct input *input, const struct row *row, const char *value)
{
    if (access(value, R_OK) != 0)
        return refuse(input, "no such file, or it cannot be read");
    return read_text(input, row, value);
}

/* For the protocol a password is any bytes (MQTT 3.1.1 section 3.1.3.5), but Paho takes no other. */
static bool read_password(struct input *input, const struct row *row, const char *value)
{
    if (!text_is_utf8(value, strlen(value)))
        return refuse(input, "has to be UTF-8");
    return read_text(input, row, value);
}

static bool read_password_file(struct input *input, const struct row *row, const char *value)
{
    char line[OPTIONS_TEXT_SIZE + 1]; /* with its end: a password may be as long as one of --password */
    FILE *file = fopen(value, "r");
    bool complete = false;

    if (file == NULL)
        return refuse(input, "cannot be opened");
    if (fgets(line, sizeof line, file) == NULL || strcspn(line, "\r\n") == 0) {
        refuse(input, "cannot be read, or its first line is empty");
    } else {
        line[strcspn(line, "\r\n")] = '\0';
        complete = read_password(input, row, line);
    }
    fclose(file);
    return complete;
}

static void add_broker(struct options *options, const char *scheme, bool has_tls, const char *host, int port,
                       const char *path)
{
    struct broker *broker = &options->connection.brokers[options->connection.broker_count++];
    const char *format = strchr(host, ':') != NULL ? "[%s]:%d" : "%s:%d"; /* an IPv6 address, or not */
    char name[sizeof broker->name];

    snprintf(broker->host, sizeof broker->host, "%s", host);
    broker->port = port;
    broker->has_tls = has_tls;
    snprintf(name, sizeof name, format, host, port);
    memcpy(broker->name, name, sizeof name);
    snprintf(broker->uri, sizeof broker->uri, "%s://%s%s", scheme, name, path);
}

/* scheme://host, scheme://host:port, scheme://[IPv6 address]:port; a path only where there is a web server. */
static bool read_url(struct input *input, const struct row *row, const char *value)
{
    static const struct {
        const char *prefix, *scheme; /* as MQTT's users write it, and as Paho does */
        int port;
        bool has_path;
        bool has_tls;
    } schemes[] = {
        {"mqtt://", "tcp", PORT_MQTT, false, false},
        {"mqtts://", "ssl", PORT_MQTTS, false, true},
        {"ws://", "ws", 80, true, false},
        {"wss://", "wss", 443, true, true},
    };
    const char *expected = "not of the form mqtt://host:port, mqtts://host:port, ws://host:port/path or wss://...";
    char text[OPTIONS_HOST_SIZE + sizeof "[]:65535"]; /* the part between the scheme and the path */
    size_t known = 0;

    while (known < sizeof schemes / sizeof *schemes &&
           strncmp(value, schemes[known].prefix, strlen(schemes[known].prefix)) != 0)
        known++;
    if (known == sizeof schemes / sizeof *schemes || !text_is_valid(value, OPTIONS_TEXT_SIZE))
        return refuse(input, expected);

    const char *start = value + strlen(schemes[known].prefix);
    const char *path = start + strcspn(start, "/");
    size_t length = (size_t)(path - start);
    if (length >= sizeof text || (*path != '\0' && !schemes[known].has_path) ||
        strlen(path) + sizeof text + 8 > OPTIONS_TEXT_SIZE)
        return refuse(input, expected);
    memcpy(text, start, length);
    text[length] = '\0';

    bool is_ipv6 = *text == '[';
    char *host = text + is_ipv6;
    char *host_end = host + strcspn(host, is_ipv6 ? "]" : ":");
    char *rest = host_end + (is_ipv6 && *host_end == ']');
    bool is_closed = !is_ipv6 || rest > host_end;
    int port = schemes[known].port;
    const struct row port_row = {.target = &port, .min = 1, .max = 65535};
    if (*rest != '\0' && (*rest != ':' || !read_int(input, &port_row, rest + 1)))
        return refuse(input, expected);
    *host_end = '\0';
    if (!is_closed || !is_host(host) || is_ipv6 != (strchr(host, ':') != NULL))
        return refuse(input, expected);
    if (input->options->connection.broker_count == CONNECTION_BROKER_MAX)
        return refuse(input, "one broker too many");
    add_broker(input->options, schemes[known].scheme, schemes[known].has_tls, host, port, path);
    (void)row;
    return true;
}

/* --- the table ----------------------------------------------------------------------------------------------- */

static int list_rows(struct input *input, const struct program *program, struct row rows[ROW_MAX])
{
    struct options *o = input->options;
    const struct {
        unsigned use; /* what a program has to use for this row; 0: common to all */
        struct row row;
    } all[] = {
        /* clang-format off */
        {0, {.name = "host", .letter = 'h', .read = read_host, .target = input->host,
            .max = sizeof input->host, .environment = "MQTT_HOST", .unit = "HOST",
            .help = "Broker's name or address", .has_default = true}},
        {0, {.name = "port", .letter = 'p', .read = read_int, .target = &input->port, .min = 1, .max = 65535,
            .environment = "MQTT_PORT", .unit = "PORT", .help = "Broker's port (default: 1883, with TLS 8883)"}},
        {0, {.name = "url", .letter = 'L', .read = read_url, .unit = "URL",
            .help = "Broker as mqtt:// or mqtts://host:port, ws:// or wss://host:port/path; may be repeated: to be tried in order"}},
        {0, {.name = "username", .letter = 'u', .read = read_utf8, .target = o->connection.username,
            .max = sizeof o->connection.username, .environment = "MQTT_USERNAME", .unit = "NAME", .help = "User name"}},
        {0, {.name = "password", .letter = 'P', .read = read_password, .target = o->connection.password,
            .max = sizeof o->connection.password, .environment = "MQTT_PASSWORD", .unit = "PASSWORD", .help = "Password",
            .is_secret = true}},
        {0, {.name = "password-file", .read = read_password_file, .target = o->connection.password,
            .max = sizeof o->connection.password, .unit = "FILE", .help = "Password is the first line of this file"}},
        {0, {.name = "id", .letter = 'i', .read = read_utf8, .target = o->connection.client_id,
            .max = sizeof o->connection.client_id, .unit = "ID",
            .help = "Client id (default: the program's name and a random suffix)"}},
        {0, {.name = "cafile", .read = read_file_name, .target = o->connection.ca_file, .max = sizeof o->connection.ca_file,
            .unit = "FILE",
            .help = "TLS: certificates of the authorities to trust, instead of the system's; without --url it means TLS"}},
        {0, {.name = "cert", .read = read_file_name, .target = o->connection.certificate, .max = sizeof o->connection.certificate,
            .unit = "FILE", .help = "TLS: our own certificate"}},
        {0, {.name = "key", .read = read_file_name, .target = o->connection.key, .max = sizeof o->connection.key, .unit = "FILE",
            .help = "TLS: our own private key"}},
        {0, {.name = "insecure", .target = &o->connection.insecure,
            .help = "TLS: do not check that the certificate is for this host"}},
        {0, {.name = "keepalive", .letter = 'k', .read = read_int, .target = &o->connection.keep_alive, .min = 1,
            .max = 65535, .unit = "SECONDS", .help = "Keep alive: how often to make sure that the broker is there", .has_default = true}},
        {0, {.name = "wait", .read = read_number, .target = &o->wait, .max = 86400, .unit = "SECONDS",
            .help = "Keep trying this long for the first connection", .has_default = true}},
        {OPTION_PUBLISH_TOPIC, {.name = "topic", .letter = 't', .read = read_topic, .target = o->topic,
            .max = sizeof o->topic, .unit = "TOPIC", .help = "Topic to publish to", .has_default = true}},
        {OPTION_SUBSCRIBE_TOPIC, {.name = "topic", .letter = 't', .read = read_filter, .target = o->topic,
            .max = sizeof o->topic, .unit = "FILTER", .help = "Topic filter to subscribe to",
            .has_default = true}},
        {OPTION_QOS, {.name = "qos", .letter = 'q', .read = read_int, .target = &o->qos, .max = 2,
            .unit = "0|1|2", .help = "Quality of service", .has_default = true}},
        {OPTION_QOS | OPTION_INTERVAL, {.name = "window", .read = read_int, .target = &o->window, .min = 1,
            .max = OPTIONS_WINDOW_MAX, .unit = "N",
            .help = "Messages that may wait for acknowledgement (default: at QoS 1 100, at QoS 2 20)"}},
        {0, {.name = "count", .letter = 'C', .read = read_long, .target = &o->count, .max = WHOLE_MAX, .unit = "N",
            .help = "End after this many messages; 0: when stopped", .has_default = true}},
        {OPTION_INTERVAL, {.name = "interval", .read = read_number, .target = &o->interval, .max = 86400,
            .unit = "SECONDS", .help = "Seconds between messages; 0: as fast as possible", .has_default = true}},
        {OPTION_TIMEOUT, {.name = "timeout", .letter = 'W', .read = read_number, .target = &o->timeout,
            .max = 1e9, .unit = "SECONDS", .help = "Give up after this long; 0: never", .has_default = true}},
        {OPTION_DEVICE_ID, {.name = "device-id", .read = read_level, .target = o->device_id,
            .max = sizeof o->device_id, .unit = "ID", .help = "Device id", .has_default = true}},
        {OPTION_BASE_TOPIC, {.name = "base-topic", .read = read_topic, .target = o->base_topic,
            .max = sizeof o->base_topic, .unit = "TOPIC", .help = "What the topics start with",
            .has_default = true}},
        {OPTION_SEED, {.name = "seed", .read = read_long, .target = &o->seed, .max = WHOLE_MAX, .unit = "N",
            .help = "The same number gives the same readings (default: always others)"}},
        {0, {.name = "quiet", .target = &o->quiet, .help = "Print no line per message"}},
        {0, {.name = "debug", .letter = 'd', .target = &o->debug, .help = "Print the protocol's packets"}},
        /* clang-format on */
    };
    int count = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if ((all[i].use & program->uses) == all[i].use)
            rows[count++] = all[i].row;
    }
    for (const struct option_row *own = program->own; own != NULL && own->name != NULL && count < ROW_MAX; own++) {
        rows[count++] = (struct row){.name = own->name,
                                     .read = read_number,
                                     .target = own->number,
                                     .min = own->min,
                                     .max = own->max,
                                     .unit = own->unit,
                                     .help = own->help,
                                     .has_default = true};
    }
    return count;
}

static void write_help(const struct row *row, char help[HELP_SIZE])
{
    snprintf(help, HELP_SIZE, "%s", row->help);
    char *end = help + strlen(help);
    size_t room = HELP_SIZE - strlen(help);

    if (!row->has_default)
        return;
    if (row->read == read_number)
        snprintf(end, room, " (default: %.15g)", *(const double *)row->target);
    else if (row->read == read_int)
        snprintf(end, room, " (default: %d)", *(const int *)row->target);
    else if (row->read == read_long)
        snprintf(end, room, " (default: %ld)", *(const long *)row->target);
    else
        snprintf(end, room, " (default: %s)", (const char *)row->target);
}

/* --- the command line ---------------------------------------------------------------------------------------- */

static bool read_environment(struct input *input, const struct row *rows, int count)
{
    for (int i = 0; i < count; i++) {
        const char *value = rows[i].environment == NULL ? NULL : getenv(rows[i].environment);
        if (value == NULL || *value == '\0' || rows[i].read(input, &rows[i], value))
            continue;
        console_error("environment variable %s: %s", rows[i].environment, input->reason);
        return false;
    }
    return true;
}

static bool read_argument(struct input *input, const struct row *row, const char *value)
{
    if (row->read == NULL) {
        *(bool *)row->target = true;
        return true;
    }
    input->has_place = input->has_place || row->read == read_host || row->target == &input->port;
    if (row->read(input, row, value))
        return true;
    if (row->is_secret)
        console_error("--%s: %s (see --help)", row->name, input->reason);
    else
        console_error("--%s '%.200s': %s (see --help)", row->name, strchr(value, '@') != NULL ? "..." : value,
                      input->reason);
    return false;
}

/* Prints what --help, --usage or --version ask for. Returns the exit status. */
static int print_help(poptContext context, const struct program *program, const char *name, int asked)
{
    if (asked == 'V') {
        printf("%s %s\n", name, PLAYGROUND_VERSION);
    } else if (asked == 'U') {
        poptPrintUsage(context, stdout, 0);
    } else {
        poptPrintHelp(context, stdout, 0);
        printf("\n%s\n\nExit status: 0 done; 64 wrong usage; 66 bad file; 69 no broker;\n"
               "70 internal error; 74 cannot write output; 75 timed out; 76 refused or broken\n"
               "protocol; 77 credentials refused; 130 second Ctrl-C.\n",
               program->purpose);
    }
    if (console_flush())
        return EX_OK;
    console_error("cannot write standard output: is the disk full, the pipe closed?");
    return EX_IOERR;
}

/* Without what follows a `=` or a letter: it may be a password behind an option that was mistyped. */
static void report_bad_option(const char *option, int error)
{
    int length = option[0] == '-' && option[1] != '-' ? 2 : (int)strcspn(option, "=");

    console_error("%.*s: %s (see --help)", length < 200 ? length : 200, option, poptStrerror(error));
}

/* True to go on; else *status says how to end. */
static bool read_command_line(struct input *input, const struct program *program, const char *name, int argc,
                              char **argv, int *status)
{
    struct row rows[ROW_MAX];
    char help[ROW_MAX][HELP_SIZE];
    struct poptOption table[ROW_MAX + 4] = {{0}};
    int count = list_rows(input, program, rows);
    bool goes_on = false;
    int found;

    *status = EX_USAGE;
    if (!read_environment(input, rows, count))
        return false;
    for (int i = 0; i < count; i++) {
        write_help(&rows[i], help[i]);
        table[i] = (struct poptOption){.longName = rows[i].name,
                                       .shortName = rows[i].letter,
                                       .argInfo = rows[i].read == NULL ? POPT_ARG_NONE : POPT_ARG_STRING,
                                       .val = 1000 + i,
                                       .descrip = help[i],
                                       .argDescrip = rows[i].unit};
    }
    table[count] = (struct poptOption){"help", '\0', POPT_ARG_NONE, NULL, 'H', "Print this text", NULL};
    table[count + 1] = (struct poptOption){"usage", '\0', POPT_ARG_NONE, NULL, 'U', "Print a short form of it", NULL};
    table[count + 2] = (struct poptOption){"version", '\0', POPT_ARG_NONE, NULL, 'V', "Print the version", NULL};

    poptContext context = poptGetContext(name, argc, (const char **)argv, table, 0);
    while ((found = poptGetNextOpt(context)) >= 1000) {
        char *value = poptGetOptArg(context); /* ours to free */
        bool accepted = read_argument(input, &rows[found - 1000], value);
        free(value);
        if (!accepted)
            goto free_context;
    }
    if (found > 0)
        *status = print_help(context, program, name, found);
    else if (found < -1)
        report_bad_option(poptBadOption(context, POPT_BADOPTION_NOALIAS), found);
    else if (poptPeekArg(context) != NULL)
        console_error("%.200s: unexpected argument (see --help)", input->options->connection.password[0] != '\0'
                                                                      ? "(not shown: it may belong to the password)"
                                                                      : poptPeekArg(context));
    else
        goes_on = true;

free_context:
    poptFreeContext(context);
    return goes_on;
}

static void make_client_id(char id[OPTIONS_TEXT_SIZE], const char *name)
{
    snprintf(id, OPTIONS_TEXT_SIZE, "%.64s-%08x", name, (unsigned)random_bits());
}

static bool check_together(struct options *options, const struct program *program)
{
    if ((program->uses & OPTION_NEEDS_USERNAME) != 0 && options->connection.username[0] == '\0') {
        console_error("--username is missing: the topics of this exercise hold it (see --help)");
        return false;
    }
    if ((program->uses & OPTION_NEEDS_USERNAME) != 0 && !topic_level_is_valid(options->connection.username)) {
        console_error("--username %.200s: cannot be a level of a topic: '/', '+', '#' or too long",
                      options->connection.username);
        return false;
    }
    for (int i = 1; i < options->connection.broker_count; i++) {
        size_t scheme = strcspn(options->connection.brokers[0].uri, ":") + 1;
        if (strncmp(options->connection.brokers[0].uri, options->connection.brokers[i].uri, scheme) != 0) {
            console_error("--url: all brokers have to be of one kind, such as mqtts://: who cuts the connection to an "
                          "encrypted one must not get a plain one");
            return false;
        }
    }
    if ((options->connection.certificate[0] == '\0') != (options->connection.key[0] == '\0')) {
        console_error("--cert and --key go together: a certificate is of no use without its key");
        return false;
    }
    if (options->connection.password[0] != '\0' && options->connection.username[0] == '\0') {
        console_error("a password is of no use without a user name: add --username");
        return false;
    }
    return true;
}

/* An argument is there for every user of this computer to see, for as long as the program runs. `password` is the one
 * in force; others may stand before it. */
static void blot_out_passwords(const char *password, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *secret = NULL;
        size_t argument = strlen(argv[i]), length = strlen(password);
        if (strcmp(argv[i - 1], "--password") == 0 || strcmp(argv[i - 1], "-P") == 0)
            secret = argv[i];
        else if (strncmp(argv[i], "--password=", strlen("--password=")) == 0)
            secret = argv[i] + strlen("--password=");
        else if (strncmp(argv[i], "-P", 2) == 0)
            secret = argv[i] + 2;
        else if (length > 0 && argument >= length && strcmp(argv[i] + argument - length, password) == 0)
            secret = argv[i] + argument - length; /* behind other letters: -dPsecret */
        if (secret != NULL)
            memset(secret, '*', strlen(secret));
    }
}

bool options_read(struct options *options, const struct program *program, int argc, char **argv, int *status)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "playground";
    struct input input = {.options = options, .host = "localhost"};

    console_open(name);
    *status = EX_USAGE;
    if (argc < 1) {
        console_error("started without even its own name");
        return false;
    }
    if (options->connection.keep_alive == 0)
        options->connection.keep_alive = KEEP_ALIVE_S;
    options->seed = SEED_FROM_CLOCK;
    if (!read_command_line(&input, program, name, argc, argv, status))
        return false;
    blot_out_passwords(options->connection.password, argc, argv);
    if (input.has_place && options->connection.broker_count > 0) {
        console_error("--url says where the broker is: leave out --host and --port");
        return false;
    }
    if (!check_together(options, program))
        return false;
    if (options->connection.broker_count == 0) {
        bool has_tls = options->connection.ca_file[0] != '\0' || options->connection.certificate[0] != '\0' ||
                       options->connection.insecure;
        int port = input.port != 0 ? input.port : has_tls ? PORT_MQTTS : PORT_MQTT;
        add_broker(options, has_tls ? "ssl" : "tcp", has_tls, input.host, port, "");
    }
    if (options->connection.client_id[0] == '\0')
        make_client_id(options->connection.client_id, name);
    if (options->window == 0)
        options->window = options->qos == 2 ? WINDOW_QOS_2 : WINDOW_QOS_1;
    if (options->seed == SEED_FROM_CLOCK)
        options->seed = (long)(random_bits() >> 1);
    console_set_quiet(options->quiet);
    *status = EX_OK;
    return true;
}
