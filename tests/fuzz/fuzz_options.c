/* options_read: any command line is either refused with one line or gives options that the session can work with.
 *
 * The input is the arguments, a NUL or a newline between each two. */
#include "playground/options.h"

#include "fuzz.h"
#include "playground/topic.h"

#include <sysexits.h>

enum { ARGUMENT_MAX = 64, TOLD_SIZE = 65536 };

static double own_number;

static const struct option_row own_rows[] = {
    {"threshold", &own_number, -1000, 1000, "CELSIUS", "A number of the program's own"},
    {0},
};

/* A consumer that has every option; then a producer. */
static const struct program programs[] = {
    {.purpose = "Receives.",
     .uses = OPTION_SUBSCRIBE_TOPIC | OPTION_QOS | OPTION_TIMEOUT | OPTION_DEVICE_ID | OPTION_BASE_TOPIC | OPTION_SEED,
     .own = own_rows},
    {.purpose = "Sends.", .uses = OPTION_PUBLISH_TOPIC | OPTION_QOS | OPTION_INTERVAL | OPTION_NEEDS_USERNAME},
};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    unsetenv("MQTT_HOST");
    unsetenv("MQTT_PORT");
    unsetenv("MQTT_USERNAME");
    unsetenv("MQTT_PASSWORD");
    must(freopen("/dev/null", "r", stdin) != NULL, "/dev/null is there"); /* for --password-file /dev/stdin */
    return 0;
}

static bool is_string(const char *text, size_t size)
{
    return memchr(text, '\0', size) != NULL;
}

static void must_be_brokers(const struct options *options)
{
    must(options->connection.broker_count >= 1 && options->connection.broker_count <= CONNECTION_BROKER_MAX,
         "one to eight brokers");
    for (int i = 0; i < options->connection.broker_count; i++) {
        const struct broker *broker = &options->connection.brokers[i];
        size_t scheme = strcspn(broker->uri, ":");
        must(is_string(broker->host, sizeof broker->host) && *broker->host != '\0', "a broker has a host");
        must(is_string(broker->name, sizeof broker->name), "a broker's name ends");
        must(is_string(broker->uri, sizeof broker->uri) && strncmp(broker->uri + scheme, "://", 3) == 0,
             "a broker's URI is whole");
        must(is_clean((const uint8_t *)broker->uri, strlen(broker->uri)), "a broker's URI is text");
        must(broker->port >= 1 && broker->port <= 65535, "a port is 1 to 65535");
        must(strncmp(broker->uri, options->connection.brokers[0].uri, scheme + 1) == 0, "all brokers are of one kind");
        bool has_tls = strncmp(broker->uri, "ssl:", 4) == 0 || strncmp(broker->uri, "wss:", 4) == 0;
        must(broker->has_tls == has_tls, "TLS is what the URI says");
    }
}

static void must_be_valid(const struct options *options, const struct program *program)
{
    must_be_brokers(options);
    must(is_string(options->connection.username, sizeof options->connection.username), "a user name ends");
    must(is_string(options->connection.password, sizeof options->connection.password), "a password ends");
    must(is_string(options->connection.client_id, sizeof options->connection.client_id), "a client id ends");
    must(*options->connection.client_id != '\0' &&
             is_clean((const uint8_t *)options->connection.client_id, strlen(options->connection.client_id)),
         "a client id is text");
    must(*options->connection.password == '\0' || *options->connection.username != '\0',
         "section 3.1.2.9: a password needs a user name");
    must(options->connection.keep_alive >= 1 && options->connection.keep_alive <= 65535,
         "section 3.1.2.10: the keep alive's range");
    must(options->qos >= 0 && options->qos <= 2, "a quality of service is 0, 1 or 2");
    must(options->wait >= 0 && options->wait <= 86400, "--wait is within its range");
    must(options->interval >= 0 && options->interval <= 86400, "--interval is within its range");
    must(options->timeout >= 0 && options->timeout <= 1e9, "--timeout is within its range");
    must(options->count >= 0 && options->seed >= 0, "counts are not negative");
    must(own_number >= -1000 && own_number <= 1000, "a number of the program's own is within its range");
    must((*options->connection.certificate == '\0') == (*options->connection.key == '\0'),
         "a certificate comes with its key");
    if ((program->uses & OPTION_PUBLISH_TOPIC) != 0)
        must(topic_is_valid(options->topic), "a producer has a topic");
    if ((program->uses & OPTION_SUBSCRIBE_TOPIC) != 0)
        must(topic_filter_is_valid(options->topic), "a consumer has a topic filter");
    if ((program->uses & OPTION_NEEDS_USERNAME) != 0)
        must(topic_level_is_valid(options->connection.username), "a user name is a level of the topic");
    if ((program->uses & OPTION_DEVICE_ID) != 0)
        must(topic_level_is_valid(options->device_id), "a device id is a level of the topic");
    if ((program->uses & OPTION_BASE_TOPIC) != 0)
        must(topic_is_valid(options->base_topic), "a base topic is a topic");
}

/* One line of text, however long the arguments were. */
static void must_be_one_line(const char *text, size_t length)
{
    must(length > 1 && text[length - 1] == '\n', "a refusal is told");
    must(is_clean((const uint8_t *)text, length - 1), "a refusal is one line without control characters");
}

/* No argument ends with the password, unless that looks like the option itself, or like what it is blotted out with.
 * The name of the option may be a part of that: of "--password=**" and "rd=**". */
static void must_be_blotted_out(const char *password, int argc, char **argv)
{
    static const char option[] = "--password=";
    size_t length = strlen(password);

    for (int i = 1; i < argc && strspn(password, "-P*") < length; i++) {
        bool is_option = strncmp(argv[i], option, strlen(option)) == 0;
        const char *shown = is_option ? argv[i] + strlen(option) : argv[i];
        size_t size = strlen(shown);
        must(!is_option || strspn(shown, "*") == size, "what follows the option is blotted out");
        must(size < length || strcmp(shown + size - length, password) != 0, "the password is blotted out");
    }
}

static void read_arguments(int argc, char **argv, const struct program *program)
{
    struct options options = {.topic = "a/b", .device_id = "d", .base_topic = "/b", .qos = 1};
    FILE *out = stdout, *error = stderr;
    static char told[TOLD_SIZE];
    int status = -1;

    own_number = 0;
    stdout = fopen("/dev/null", "w");          /* in the GNU library these two are variables */
    stderr = fmemopen(told, sizeof told, "w"); /* unlike open_memstream it bears setvbuf */
    must(stdout != NULL && stderr != NULL, "there is memory");
    bool goes_on = options_read(&options, program, argc, argv, &status);
    fclose(stdout);
    fflush(stderr);
    size_t told_size = (size_t)ftell(stderr);
    fclose(stderr);
    stdout = out;
    stderr = error;
    if (goes_on) {
        must_be_valid(&options, program);
        must(told_size == 0, "what is accepted is not remarked on");
        must_be_blotted_out(options.connection.password, argc, argv);
    } else if (status == EX_USAGE) {
        must_be_one_line(told, told_size);
    } else {
        must(status == EX_OK && told_size == 0, "--help, --usage, --version");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t which = 0; which < sizeof programs / sizeof *programs; which++) {
        char *text = malloc(size + 1), name[] = "fuzz_options";
        char *argv[ARGUMENT_MAX + 2] = {name};
        int argc = 1;

        must(text != NULL, "there is memory");
        if (size > 0)
            memcpy(text, data, size);
        text[size] = '\0';
        for (size_t i = 0; i < size && argc <= ARGUMENT_MAX; i += strlen(text + i) + 1) {
            text[i + strcspn(text + i, "\n")] = '\0';
            argv[argc++] = text + i;
        }
        read_arguments(argc, argv, &programs[which]);
        free(text);
    }
    return 0;
}
