/* The command line: the values of every option, the environment, and every refusal with its line and its status. */
#include "playground/console.h"
#include "playground/options.h"

#include "capture.h"
#include "unit.h"

#include <sysexits.h>
#include <time.h>

#define PROGRAM "options_test"

enum { ARGUMENTS_MAX = 24, LONG_SIZE = 10 * 1024 };

static const struct program producer = {
    .purpose = "Sends what is measured.",
    .uses = OPTION_PUBLISH_TOPIC | OPTION_QOS | OPTION_INTERVAL | OPTION_TIMEOUT | OPTION_DEVICE_ID |
            OPTION_BASE_TOPIC | OPTION_SEED,
};
static const struct program consumer = {.purpose = "Reads.", .uses = OPTION_SUBSCRIBE_TOPIC};
static const struct program plain = {.purpose = "Does nothing special."};
static const struct program authenticated = {.purpose = "Is known.", .uses = OPTION_NEEDS_USERNAME};

/* What options_read made of a command line. */
static struct {
    bool goes_on;
    int status;
    struct options options;
    struct capture out, err;
} result;

/* Reads into result.options as it stands; `arguments` ends with NULL. */
static void read_again(const struct program *program, const char *const arguments[])
{
    static char texts[ARGUMENTS_MAX][LONG_SIZE + 100]; /* a command line can be written to */
    static char name[] = "/usr/local/bin/" PROGRAM;
    char *argv[ARGUMENTS_MAX + 2] = {name};
    int argc = 1;

    for (; arguments[argc - 1] != NULL; argc++) {
        assert_within(argc, 1, ARGUMENTS_MAX);
        argv[argc] = strcpy(texts[argc - 1], arguments[argc - 1]);
    }
    result.status = -1;
    capture_start(&result.out, stdout);
    capture_start(&result.err, stderr);
    result.goes_on = options_read(&result.options, program, argc, argv, &result.status);
    capture_stop(&result.err);
    capture_stop(&result.out);
    console_set_form(CONSOLE_TEXT);
}

static void read_arguments(const struct program *program, const char *const arguments[])
{
    memset(&result.options, 0, sizeof result.options);
    read_again(program, arguments);
}

#define READ(program, ...)    read_arguments(program, (const char *const[]){__VA_ARGS__, NULL})
#define READ_NOTHING(program) read_arguments(program, (const char *const[]){NULL})

static void assert_accepted(void)
{
    if (!result.goes_on || result.status != EX_OK)
        fail_msg("refused: %.300s", result.err.text);
    assert_string_equal(result.out.text, "");
    assert_string_equal(result.err.text, "");
}

/* Refused with one line that names the program and `what`, and says something more about it. */
static void assert_refused(const char *what)
{
    const char *line = result.err.text;

    if (result.goes_on)
        fail_msg("%.100s is accepted", what);
    assert_int_equal(result.status, EX_USAGE);
    assert_int_equal(EX_USAGE, 64);
    assert_string_equal(result.out.text, "");
    if (strncmp(line, PROGRAM ": ", strlen(PROGRAM ": ")) != 0 || strstr(line, what) == NULL ||
        strlen(line) < strlen(PROGRAM ": ") + strlen(what) + 5)
        fail_msg("%.100s is not explained by: %s", what, line);
    assert_ptr_equal(strchr(line, '\n'), line + result.err.length - 1);
    for (size_t i = 0; i + 1 < result.err.length; i++)
        assert_true((unsigned char)line[i] >= 0x20 && line[i] != 0x7F);
}

static int without_environment(void **state)
{
    static const char *const variables[] = {"MQTT_HOST", "MQTT_PORT", "MQTT_USERNAME", "MQTT_PASSWORD"};

    (void)state;
    for (size_t i = 0; i < COUNT(variables); i++)
        unsetenv(variables[i]);
    return 0;
}

/* --- good values --------------------------------------------------------------------------------------------- */

static void everything_has_a_default(void **state)
{
    (void)state;
    READ_NOTHING(&producer);
    assert_accepted();
    assert_int_equal(result.options.connection.broker_count, 1);
    assert_string_equal(result.options.connection.brokers[0].host, "localhost");
    assert_int_equal(result.options.connection.brokers[0].port, 1883);
    assert_string_equal(result.options.connection.brokers[0].name, "localhost:1883");
    assert_string_equal(result.options.connection.brokers[0].uri, "tcp://localhost:1883");
    assert_string_equal(result.options.connection.username, "");
    assert_string_equal(result.options.connection.password, "");
    assert_int_equal(result.options.connection.keep_alive, 10);
    assert_true(result.options.wait == 0);
    assert_string_equal(result.options.topic, "");
    assert_int_equal(result.options.qos, 0);
    assert_int_equal(result.options.count, 0);
    assert_true(result.options.interval == 0);
    assert_true(result.options.timeout == 0);
    assert_string_equal(result.options.device_id, "");
    assert_string_equal(result.options.base_topic, "");
    assert_false(result.options.quiet);
    assert_false(result.options.debug);
}

static void the_defaults_of_a_program_stay(void **state)
{
    (void)state;
    memset(&result.options, 0, sizeof result.options);
    result.options = (struct options){.topic = "sensor/temperature",
                                      .qos = 1,
                                      .count = 7,
                                      .wait = 4,
                                      .interval = 2.5,
                                      .timeout = 9,
                                      .device_id = "dev-1",
                                      .base_topic = "lab",
                                      .connection.client_id = "own-id"};
    read_again(&producer, (const char *const[]){"--qos", "2", NULL});
    assert_accepted();
    assert_string_equal(result.options.topic, "sensor/temperature");
    assert_int_equal(result.options.qos, 2);
    assert_int_equal(result.options.count, 7);
    assert_true(result.options.wait == 4);
    assert_true(result.options.interval == 2.5);
    assert_true(result.options.timeout == 9);
    assert_string_equal(result.options.device_id, "dev-1");
    assert_string_equal(result.options.base_topic, "lab");
    assert_string_equal(result.options.connection.client_id, "own-id");
}

static double number_of(const char *option)
{
    const struct options *options = &result.options;

    return strcmp(option, "--port") == 0        ? options->connection.brokers[0].port
           : strcmp(option, "--keepalive") == 0 ? options->connection.keep_alive
           : strcmp(option, "--wait") == 0      ? options->wait
           : strcmp(option, "--qos") == 0       ? options->qos
           : strcmp(option, "--window") == 0    ? options->window
           : strcmp(option, "--count") == 0     ? (double)options->count
           : strcmp(option, "--interval") == 0  ? options->interval
           : strcmp(option, "--timeout") == 0   ? options->timeout
           : strcmp(option, "--seed") == 0      ? (double)options->seed
                                                : -1;
}

static void numbers_are_read_up_to_their_limits(void **state)
{
    static const struct {
        const char *option, *value;
        double number;
    } cases[] = {
        {"--port", "1", 1},
        {"--port", "1884", 1884},
        {"--port", "65535", 65535},
        {"--keepalive", "1", 1},
        {"--keepalive", "65535", 65535},
        {"--wait", "0", 0},
        {"--wait", "0.5", 0.5},
        {"--wait", "86400", 86400},
        {"--qos", "0", 0},
        {"--qos", "1", 1},
        {"--qos", "2", 2},
        {"--window", "1", 1},
        {"--window", "10000", 10000},
        {"--count", "0", 0},
        {"--count", "1", 1},
        {"--count", "2147483647", 2147483647},
        {"--interval", "0", 0},
        {"--interval", "0.001", 0.001},
        {"--interval", "1e3", 1000},
        {"--interval", "86400", 86400},
        {"--timeout", "0", 0},
        {"--timeout", "2.5", 2.5},
        {"--timeout", "1000000000", 1e9},
        {"--seed", "0", 0},
        {"--seed", "42", 42},
        {"--seed", "2147483647", 2147483647},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char joined[64];
        READ(&producer, cases[i].option, cases[i].value);
        assert_accepted();
        if (number_of(cases[i].option) != cases[i].number)
            fail_msg("%s %s is %g", cases[i].option, cases[i].value, number_of(cases[i].option));
        snprintf(joined, sizeof joined, "%s=%s", cases[i].option, cases[i].value);
        READ(&producer, joined);
        assert_accepted();
        assert_true(number_of(cases[i].option) == cases[i].number);
    }
}

static void the_window_is_that_of_the_quality_of_service(void **state)
{
    (void)state;
    READ(&producer, "--qos", "1");
    assert_int_equal(result.options.window, 100);
    READ(&producer, "--qos", "2");
    assert_int_equal(result.options.window, 20);
    READ(&producer, "--qos", "2", "--window", "7");
    assert_int_equal(result.options.window, 7);
    READ(&plain, "--count", "1");
    assert_true(result.options.window > 0);
}

static void counts_and_seeds_go_beyond_32_bits(void **state)
{
    (void)state;
    if (sizeof(long) < 8)
        skip();
    READ(&producer, "--count", "999999999999999", "--seed", "999999999999999");
    assert_accepted();
    assert_true((double)result.options.count == 999999999999999.0);
    assert_true(result.options.seed == 999999999999999);
}

static const char *text_of(const char *option)
{
    const struct options *options = &result.options;

    return strcmp(option, "--host") == 0         ? options->connection.brokers[0].host
           : strcmp(option, "--username") == 0   ? options->connection.username
           : strcmp(option, "--id") == 0         ? options->connection.client_id
           : strcmp(option, "--topic") == 0      ? options->topic
           : strcmp(option, "--device-id") == 0  ? options->device_id
           : strcmp(option, "--base-topic") == 0 ? options->base_topic
           : strcmp(option, "--password") == 0   ? options->connection.password
                                                 : NULL;
}

static void texts_are_read_as_they_are(void **state)
{
    static const struct {
        const char *option, *value;
    } cases[] = {
        {"--host", "broker.example.org"},
        {"--host", "192.0.2.1"},
        {"--host", "::1"},
        {"--host", "fe80::1"},
        {"--username", "città"},
        {"--username", "a/b"},
        {"--username", "-x"},
        {"--id", "client 1"},
        {"--topic", "sensor/temperature"},
        {"--topic", "/"},
        {"--topic", "$SYS/città"},
        {"--device-id", "dev-1"},
        {"--device-id", "a b"},
        {"--base-topic", "lab/iot"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        READ(&producer, cases[i].option, cases[i].value);
        assert_accepted();
        assert_string_equal(text_of(cases[i].option), cases[i].value);
    }
}

static void texts_are_limited(void **state)
{
    static const struct {
        const char *option;
        size_t max;
    } cases[] = {
        {"--host", OPTIONS_HOST_SIZE - 1},       {"--username", OPTIONS_TEXT_SIZE - 1},
        {"--id", OPTIONS_TEXT_SIZE - 1},         {"--topic", OPTIONS_TEXT_SIZE - 1},
        {"--password", OPTIONS_TEXT_SIZE - 1},   {"--device-id", OPTIONS_LEVEL_SIZE - 1},
        {"--base-topic", OPTIONS_HOST_SIZE - 1},
    };
    char value[OPTIONS_TEXT_SIZE + 1];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool is_secret = strcmp(cases[i].option, "--password") == 0;
        memset(value, 'x', sizeof value);
        value[cases[i].max + 1] = '\0';
        if (is_secret)
            READ(&producer, "--username", "u", cases[i].option, value);
        else
            READ(&producer, cases[i].option, value);
        assert_refused(cases[i].option);
        value[cases[i].max] = '\0';
        if (is_secret)
            READ(&producer, "--username", "u", cases[i].option, value);
        else
            READ(&producer, cases[i].option, value);
        assert_accepted();
        assert_string_equal(text_of(cases[i].option), value);
    }
    /* the longest host makes the longest name, in brackets if it is an IPv6 address */
    memset(value, ':', OPTIONS_HOST_SIZE - 1);
    value[OPTIONS_HOST_SIZE - 1] = '\0';
    READ(&plain, "--host", value, "--port", "65535");
    assert_accepted();
    assert_int_equal(strlen(result.options.connection.brokers[0].name), OPTIONS_HOST_SIZE - 1 + strlen("[]:65535"));
    assert_int_equal(strlen(result.options.connection.brokers[0].uri),
                     OPTIONS_HOST_SIZE - 1 + strlen("tcp://[]:65535"));
}

static void a_consumer_takes_a_filter(void **state)
{
    static const char *const filters[] = {"#", "+", "a/+/b", "a/#", "sensor/temperature", "$SYS/#"};
    static const char *const refused[] = {"a#", "#/a", "a+", "", "\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(filters); i++) {
        READ(&consumer, "--topic", filters[i]);
        assert_accepted();
        assert_string_equal(result.options.topic, filters[i]);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        READ(&consumer, "--topic", refused[i]);
        assert_refused("--topic");
    }
}

static void letters_are_short_for_options(void **state)
{
    (void)state;
    READ(&producer, "-h", "example.org", "-p", "1884", "-u", "me", "-P", "secret", "-i", "id", "-k", "30", "-t", "a/b",
         "-q", "1", "-C", "5", "-W", "6", "-d");
    assert_accepted();
    assert_string_equal(result.options.connection.brokers[0].uri, "tcp://example.org:1884");
    assert_string_equal(result.options.connection.username, "me");
    assert_string_equal(result.options.connection.password, "secret");
    assert_string_equal(result.options.connection.client_id, "id");
    assert_int_equal(result.options.connection.keep_alive, 30);
    assert_string_equal(result.options.topic, "a/b");
    assert_int_equal(result.options.qos, 1);
    assert_int_equal(result.options.count, 5);
    assert_true(result.options.timeout == 6);
    assert_true(result.options.debug);
    assert_false(result.options.quiet);

    READ(&plain, "-L", "mqtt://example.org:1885", "-C5", "--quiet");
    assert_accepted();
    assert_string_equal(result.options.connection.brokers[0].uri, "tcp://example.org:1885");
    assert_int_equal(result.options.count, 5);
    assert_true(result.options.quiet);
    assert_false(result.options.debug);
}

static void the_last_of_two_counts(void **state)
{
    (void)state;
    READ(&producer, "--qos", "1", "--topic", "long/topic", "--qos", "2", "--topic", "a", "--host", "a", "--host", "b");
    assert_accepted();
    assert_int_equal(result.options.qos, 2);
    assert_string_equal(result.options.topic, "a");
    assert_int_equal(result.options.connection.broker_count, 1);
    assert_string_equal(result.options.connection.brokers[0].name, "b:1883");
}

static void an_ipv6_host_gets_its_brackets(void **state)
{
    (void)state;
    READ(&plain, "--host", "::1", "--port", "1884");
    assert_accepted();
    assert_string_equal(result.options.connection.brokers[0].host, "::1");
    assert_string_equal(result.options.connection.brokers[0].name, "[::1]:1884");
    assert_string_equal(result.options.connection.brokers[0].uri, "tcp://[::1]:1884");
}

/* What the console prints of a message on the topic a, after the option was read. */
static const char *printed_after(char *option)
{
    static char name[] = PROGRAM;
    char *argv[] = {name, option, NULL};

    memset(&result.options, 0, sizeof result.options);
    capture_start(&result.out, stdout);
    result.goes_on = options_read(&result.options, &plain, 2, argv, &result.status);
    console_sent("a", 0, false, "b");
    capture_stop(&result.out);
    console_set_form(CONSOLE_TEXT);
    assert_true(result.goes_on);
    return result.out.text;
}

static void quiet_silences_the_console(void **state)
{
    (void)state;
    assert_string_equal(printed_after((char[]){"--quiet"}), "");
}

static void json_changes_what_the_console_prints(void **state)
{
    (void)state;
    assert_non_null(strstr(printed_after((char[]){"--json"}), "\"direction\":\"sent\",\"topic\":\"a\""));
}

static void the_client_id_is_the_program_and_a_random_suffix(void **state)
{
    char first[OPTIONS_TEXT_SIZE];

    (void)state;
    READ_NOTHING(&plain);
    assert_accepted();
    strcpy(first, result.options.connection.client_id);
    assert_int_equal(strncmp(first, PROGRAM "-", strlen(PROGRAM "-")), 0);
    const char *suffix = first + strlen(PROGRAM "-");
    assert_int_equal(strlen(suffix), 8);
    assert_int_equal(strspn(suffix, "0123456789abcdef"), 8);
    READ_NOTHING(&plain);
    assert_accepted();
    assert_string_not_equal(result.options.connection.client_id, first);
}

static void the_client_id_of_a_long_program_name_is_cut(void **state)
{
    static char name[300];
    char *argv[] = {name, NULL};

    (void)state;
    memset(name, 'n', sizeof name - 1);
    memset(&result.options, 0, sizeof result.options);
    assert_true(options_read(&result.options, &plain, 1, argv, &result.status));
    assert_int_equal(strlen(result.options.connection.client_id), 64 + 1 + 8);
    assert_int_equal(strspn(result.options.connection.client_id, "n"), 64);
}

static void the_seed_is_chosen_if_none_is_given(void **state)
{
    (void)state;
    READ_NOTHING(&producer);
    assert_accepted();
    assert_true(result.options.seed > 0);
}

/* --- brokers by URL ------------------------------------------------------------------------------------------ */

static void urls_are_taken_apart(void **state)
{
    static const struct {
        const char *url, *host;
        int port;
        const char *name, *uri;
    } cases[] = {
        {"mqtt://host", "host", 1883, "host:1883", "tcp://host:1883"},
        {"mqtt://host:1884", "host", 1884, "host:1884", "tcp://host:1884"},
        {"mqtt://host:1", "host", 1, "host:1", "tcp://host:1"},
        {"mqtt://host:65535", "host", 65535, "host:65535", "tcp://host:65535"},
        {"mqtt://192.0.2.1:1883", "192.0.2.1", 1883, "192.0.2.1:1883", "tcp://192.0.2.1:1883"},
        {"mqtt://[::1]", "::1", 1883, "[::1]:1883", "tcp://[::1]:1883"},
        {"mqtt://[::1]:1884", "::1", 1884, "[::1]:1884", "tcp://[::1]:1884"},
        {"mqtt://[2001:db8::1]:1883", "2001:db8::1", 1883, "[2001:db8::1]:1883", "tcp://[2001:db8::1]:1883"},
        {"ws://host", "host", 80, "host:80", "ws://host:80"},
        {"ws://host:9001", "host", 9001, "host:9001", "ws://host:9001"},
        {"ws://host/", "host", 80, "host:80", "ws://host:80/"},
        {"ws://host:9001/mqtt", "host", 9001, "host:9001", "ws://host:9001/mqtt"},
        {"ws://host/a/b:c", "host", 80, "host:80", "ws://host:80/a/b:c"},
        {"ws://[::1]:9001/mqtt", "::1", 9001, "[::1]:9001", "ws://[::1]:9001/mqtt"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        READ(&plain, "--url", cases[i].url);
        assert_accepted();
        assert_int_equal(result.options.connection.broker_count, 1);
        assert_string_equal(result.options.connection.brokers[0].host, cases[i].host);
        assert_int_equal(result.options.connection.brokers[0].port, cases[i].port);
        assert_string_equal(result.options.connection.brokers[0].name, cases[i].name);
        assert_string_equal(result.options.connection.brokers[0].uri, cases[i].uri);
    }
}

static void bad_urls_are_refused(void **state)
{
    static const char *const urls[] = {
        "",
        "host",
        "host:1883",
        "://host",
        "//host",
        "mqtt:host",
        "mqtt:/host",
        "mqtts://host/path",
        "tcp://host",
        "http://host",
        "wss://",
        "MQTT://host",
        " mqtt://host",
        "mqtt://",
        "mqtt://:1883",
        "mqtt:///",
        "mqtt://host/",
        "mqtt://host/path",
        "mqtt://host:1883/path",
        "mqtt://host:",
        "mqtt://host:0",
        "mqtt://host:65536",
        "mqtt://host:99999999999999999999",
        "mqtt://host:-1",
        "mqtt://host:+1",
        "mqtt://host:1e3",
        "mqtt://host: 1",
        "mqtt://host:1 ",
        "mqtt://host:port",
        "mqtt://host:1883:1884",
        "mqtt://::1",
        "mqtt://[::1",
        "mqtt://[::1:99",
        "mqtt://[localhost]:1",
        "ws://host/a\r\nb",
        "ws://host/\xFF",
        "mqtt://[]",
        "mqtt://[]:1883",
        "mqtt://[",
        "mqtt://[::1]1883",
        "mqtt://[::1]x:1883",
        "mqtt://[::1]:",
        "mqtt://[::1]:0",
        "mqtt://[::1]]:1883",
        "mqtt://[[::1]]:1883",
        "mqtt://::1]:1883",
        "mqtt://me@host",
        "mqtt://me:secret@host",
        "mqtt://host?x=1",
        "mqtt://host#x",
        "mqtt://a b",
        "mqtt://a\\b",
        "mqtt://a%41",
        "mqtt://a\n",
        "mqtt://a\x1B[2J",
        "mqtt://\xFF",
        "mqtt://\xC2\x9B",
        "ws://",
        "ws:///path",
        "ws://:80/path",
        "ws://host:0/path",
        "ws://host:x/path",
        "ws://host?x/y",
        "ws://[::1]x/path",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        READ(&plain, "--url", urls[i]);
        assert_refused("--url");
        assert_int_equal(result.options.connection.broker_count, 0);
    }
}

static void urls_are_limited(void **state)
{
    char url[LONG_SIZE];

    (void)state;
    for (size_t length = OPTIONS_HOST_SIZE - 2; length <= OPTIONS_HOST_SIZE + 20; length++) {
        snprintf(url, sizeof url, "mqtt://%0*d:65535", (int)length, 0);
        READ(&plain, "--url", url);
        if (length < OPTIONS_HOST_SIZE)
            assert_accepted();
        else
            assert_refused("--url");
    }
    for (size_t length = 700; length < OPTIONS_TEXT_SIZE + 100; length++) {
        snprintf(url, sizeof url, "ws://host/%0*d", (int)length, 0);
        READ(&plain, "--url", url);
        if (result.goes_on) { /* it was not cut */
            assert_accepted();
            snprintf(url, sizeof url, "ws://host:80/%0*d", (int)length, 0);
            assert_string_equal(result.options.connection.brokers[0].uri, url);
        } else {
            assert_refused("--url");
            assert_true(length > 740);
        }
    }
    assert_false(result.goes_on);
}

static void up_to_eight_urls_are_tried_in_order(void **state)
{
    const char *arguments[2 * (CONNECTION_BROKER_MAX + 1) + 1] = {NULL};
    char urls[CONNECTION_BROKER_MAX + 1][32];

    (void)state;
    assert_int_equal(CONNECTION_BROKER_MAX, 8);
    for (int count = 1; count <= CONNECTION_BROKER_MAX + 1; count++) {
        arguments[2 * count - 2] = "--url";
        arguments[2 * count - 1] = urls[count - 1];
        snprintf(urls[count - 1], sizeof urls[0], "mqtt://host:%d", 1000 + count);
        read_arguments(&plain, arguments);
        if (count > CONNECTION_BROKER_MAX) {
            assert_refused("--url");
            continue;
        }
        assert_accepted();
        assert_int_equal(result.options.connection.broker_count, count);
        for (int i = 0; i < count; i++)
            assert_int_equal(result.options.connection.brokers[i].port, 1001 + i);
    }
}

static void a_url_stands_instead_of_host_and_port(void **state)
{
    (void)state;
    setenv("MQTT_HOST", "elsewhere", 1);
    setenv("MQTT_PORT", "1885", 1);
    READ(&plain, "--url", "mqtt://localhost:1884");
    assert_accepted();
    assert_int_equal(result.options.connection.broker_count, 1);
    assert_string_equal(result.options.connection.brokers[0].uri, "tcp://localhost:1884");
    READ(&plain, "--url", "mqtt://localhost:1884", "--port", "1885");
    assert_refused("--url");
    READ(&plain, "--host", "example.org", "--url", "mqtt://localhost:1884");
    assert_refused("--url");
}

/* --- refusals ------------------------------------------------------------------------------------------------ */

static double own_number;
static const struct option_row own_rows[] = {
    {"threshold", &own_number, -5, 40.5, "DEGREES", "Own limit"},
    {.name = NULL},
};
static const struct program with_own = {
    .purpose = "Has an option of its own.",
    .uses = OPTION_PUBLISH_TOPIC | OPTION_QOS | OPTION_INTERVAL | OPTION_TIMEOUT | OPTION_DEVICE_ID |
            OPTION_BASE_TOPIC | OPTION_SEED,
    .own = own_rows,
};

static void numbers_out_of_range_are_refused(void **state)
{
    static const struct {
        const char *option, *values[10];
    } cases[] = {
        {"--port", {"0", "65536", "1.5", "1e3", "+1", "0x10"}},
        {"--keepalive", {"0", "65536", "1.0"}},
        {"--wait", {"86400.1", "-0.1", "0x1"}},
        {"--qos", {"3", "0.5", "-1"}},
        {"--window", {"0", "10001", "1.5"}},
        {"--count", {"1000000000000001", "0.5", "1e3"}},
        {"--interval", {"86401", "-0.001", "1s", "1,5"}},
        {"--timeout", {"1000000001", "-1", "5m"}},
        {"--seed", {"1000000000000001", "-1", "0.5", "1e3"}},
        {"--threshold", {"-5.01", "40.51", "x", "41", "-6"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t j = 0; cases[i].values[j] != NULL; j++) {
            READ(&with_own, cases[i].option, cases[i].values[j]);
            assert_refused(cases[i].option);
            assert_non_null(strstr(result.err.text, "number from"));
        }
    }
}

static void no_number_option_takes_what_is_no_number(void **state)
{
    static const char *const options[] = {"--port",     "--keepalive", "--wait", "--qos",      "--count",
                                          "--interval", "--timeout",   "--seed", "--threshold"};
    static const char *const values[] = {
        "",       " ",         "1 ",   " 1",    "x",      "nan",
        "-nan",   "inf",       "-inf", "1e999", "-1e999", "99999999999999999999",
        "-99999", "--qos",     "1\n",  "1\x1B", "\xFF",   "\xC3",
        "0x1",    "1\xC2\xA0", "1;",   "%s%n",  "-",      "--",
    };
    static char many_digits[LONG_SIZE + 1], many_letters[LONG_SIZE + 1];

    (void)state;
    memset(many_digits, '1', LONG_SIZE);
    memset(many_letters, 'x', LONG_SIZE);
    own_number = 3;
    for (size_t i = 0; i < COUNT(options); i++) {
        for (size_t j = 0; j < COUNT(values) + 2; j++) {
            const char *value = j < COUNT(values) ? values[j] : j == COUNT(values) ? many_digits : many_letters;
            static char joined[LONG_SIZE + 32];
            READ(&with_own, options[i], value);
            assert_refused(options[i]);
            snprintf(joined, sizeof joined, "%s=%s", options[i], value);
            READ(&with_own, joined);
            assert_refused(options[i]);
        }
    }
    assert_true(own_number == 3);
}

static void no_text_option_takes_what_is_no_text(void **state)
{
    static const char *const options[] = {"--host",  "--url",       "--username",  "--id",
                                          "--topic", "--device-id", "--base-topic"};
    static const char *const values[] = {"",      "a\n",      "\x1B[2J",      "\x7F",    "\xFF",
                                         "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\xC2\x9B"};
    static char value[LONG_SIZE + 1], joined[LONG_SIZE + 32];

    (void)state;
    memset(value, 'x', LONG_SIZE);
    for (size_t i = 0; i < COUNT(options); i++) {
        for (size_t j = 0; j <= COUNT(values); j++) {
            const char *text = j < COUNT(values) ? values[j] : value;
            READ(&producer, options[i], text);
            assert_refused(options[i]);
            snprintf(joined, sizeof joined, "%s=%s", options[i], text);
            READ(&producer, joined);
            assert_refused(options[i]);
        }
    }
}

static void texts_of_the_wrong_kind_are_refused(void **state)
{
    static const struct {
        const char *option, *values[8];
    } cases[] = {
        {"--host", {"mqtt://host", "a b", "me@host", "[::1]", "host/path", "a?b", "a#b", "a%b"}},
        {"--topic", {"#", "+", "a/#", "a/+", "a+b"}},
        {"--base-topic", {"#", "+", "a/#"}},
        {"--device-id", {"a/b", "/", "+", "#"}},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t j = 0; j < COUNT(cases[i].values) && cases[i].values[j] != NULL; j++) {
            READ(&producer, cases[i].option, cases[i].values[j]);
            assert_refused(cases[i].option);
        }
    }
}

static void a_refusal_says_what_is_wrong_with_a_text(void **state)
{
    static char many_letters[LONG_SIZE + 1];
    static const struct {
        const char *option, *value, *why;
    } cases[] = {
        {"--topic", many_letters, "longer than 1023 bytes"},
        {"--topic", "\xFF", "has to be UTF-8 without control characters"},
        {"--topic", "a\n", "has to be UTF-8 without control characters"},
        {"--topic", "", "empty"},
        {"--topic", "a/#", "wildcards"},
        {"--base-topic", many_letters, "longer than 255 bytes"},
        {"--device-id", many_letters, "longer than 64 bytes"},
        {"--device-id", "a/b", "a level of a topic"},
        {"--host", many_letters, "longer than 255 bytes"},
        {"--host", "a b", "not a host name or address"},
        {"--username", many_letters, "longer than 1023 bytes"},
        {"--username", "\x7F", "has to be UTF-8 without control characters"},
        {"--password", many_letters, "longer than 1023 bytes"},
        {"--password", "\xFF", "has to be UTF-8"},
        {"--cafile", "/nonexistent", "no such file"},
    };

    (void)state;
    memset(many_letters, 'x', LONG_SIZE);
    for (size_t i = 0; i < COUNT(cases); i++) {
        READ(&producer, cases[i].option, cases[i].value);
        assert_refused(cases[i].option);
        if (strstr(result.err.text, cases[i].why) == NULL)
            fail_msg("%s: not that it is %s: %s", cases[i].option, cases[i].why, result.err.text);
    }
    READ(&consumer, "--topic", many_letters);
    assert_refused("longer than 1023 bytes");
    READ(&consumer, "--topic", "\xFF");
    assert_refused("has to be UTF-8 without control characters");
}

/* Whatever is refused may be a password that was typed in a wrong place. */
static void a_refusal_shows_no_value(void **state)
{
    static const char *const lines[][4] = {
        {"-p", "hunter2"},
        {"--qos", "hunter2"},
        {"--topic", "hunter2/#"},
        {"--device-id", "hunter2/"},
        {"--host", "hunter2 "},
        {"--cafile", "hunter2"},
        {"--url", "mqtt://me:hunter2@host"},
        {"--url", "hunter2"},
        {"--passwordhunter2"},
        {"--password-filehunter2"},
        {"--topichunter2"},
        {"--nonsense=hunter2"},
        {"--quiet=hunter2"},
        {"-Zhunter2"},
        {"hunter2"},
        {"-P", "a", "hunter2"},
        {"--", "hunter2"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        READ(&producer, lines[i][0], lines[i][1], lines[i][2]);
        assert_refused("see --help");
        if (strstr(result.err.text, "hunter2") != NULL)
            fail_msg("%s", result.err.text);
    }
    READ(&producer, "--passwordhunter2");
    assert_refused("--password...: unknown option");
    READ(&producer, "--nonsense=1");
    assert_refused("--nonsense: unknown option");
}

static void files_for_tls_need_a_broker_that_speaks_it(void **state)
{
    static const char *const lines[][4] = {
        {"--cafile", "/dev/null"}, {"--insecure"}, {"--cert", "/dev/null", "--key", "/dev/null"}};
    static const char *const plain_urls[] = {"mqtt://host", "ws://host"}, *const tls_urls[] = {"mqtts://host",
                                                                                               "wss://host"};

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        for (size_t j = 0; j < COUNT(plain_urls); j++) {
            READ(&plain, "--url", plain_urls[j], lines[i][0], lines[i][1], lines[i][2], lines[i][3]);
            assert_refused("mqtts:// or wss://");
            READ(&plain, "--url", tls_urls[j], lines[i][0], lines[i][1], lines[i][2], lines[i][3]);
            assert_accepted();
        }
    }
}

static void an_option_without_its_value_is_refused(void **state)
{
    static const char *const options[] = {"--host",          "--port",       "--url",  "--username",  "--password",
                                          "--password-file", "--id",         "--wait", "--keepalive", "--topic",
                                          "--qos",           "--count",      "--seed", "--timeout",   "--interval",
                                          "--device-id",     "--base-topic", "-h",     "-P"};

    (void)state;
    for (size_t i = 0; i < COUNT(options); i++) {
        READ(&producer, options[i]);
        assert_refused(options[i]);
    }
}

static void a_flag_takes_no_value(void **state)
{
    (void)state;
    READ(&producer, "--quiet=1");
    assert_refused("--quiet");
    READ(&producer, "--debug=no");
    assert_refused("--debug");
}

static void what_a_program_has_no_use_for_is_unknown(void **state)
{
    static const struct {
        const char *option, *value;
        unsigned use;
    } cases[] = {
        {"--topic", "a", OPTION_PUBLISH_TOPIC},
        {"--topic", "a", OPTION_SUBSCRIBE_TOPIC},
        {"-t", "a", OPTION_PUBLISH_TOPIC},
        {"--qos", "1", OPTION_QOS},
        {"-q", "1", OPTION_QOS},
        {"--interval", "1", OPTION_INTERVAL},
        {"--window", "5", OPTION_QOS | OPTION_INTERVAL},
        {"--timeout", "1", OPTION_TIMEOUT},
        {"-W", "1", OPTION_TIMEOUT},
        {"--device-id", "a", OPTION_DEVICE_ID},
        {"--base-topic", "a", OPTION_BASE_TOPIC},
        {"--seed", "1", OPTION_SEED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct program program = {.purpose = "One.", .uses = cases[i].use};
        READ(&program, cases[i].option, cases[i].value);
        assert_accepted();
        READ(&plain, cases[i].option, cases[i].value);
        assert_refused(cases[i].option);
        assert_non_null(strstr(result.err.text, "unknown"));
    }
}

static void unknown_options_are_refused(void **state)
{
    static const char *const options[] = {"--nonsense", "--threshold", "--hos",   "--HOST", "-Z",
                                          "-dZ",        "--\x1B[2J",   "--n\xFF", "---"};

    (void)state;
    for (size_t i = 0; i < COUNT(options); i++) {
        READ(&producer, options[i]);
        assert_refused("unknown option");
    }
    READ(&producer, "--cuont=5");
    assert_refused("--cuont: unknown option: did you mean --count?");
    READ(&producer, "--HLEP");
    assert_refused("--HLEP: unknown option: did you mean --help?");
    READ(&producer, "--countess");
    assert_refused("--count...: unknown option: did you mean --count?");
    READ(&producer, "--password-fil=x");
    assert_refused("--password...: unknown option: did you mean --password-file?");
    READ(&producer, "--passwordhunter2");
    assert_refused("--password...: unknown option: did you mean --password?");
    READ(&producer, "--threshold"); /* of another program */
    assert_refused("--threshold: unknown option (see");
    READ(&producer, "-Z");
    assert_refused("-Z: unknown option (see");
    READ(&producer, "-dZ");
    assert_refused("-Z: unknown option (see");
    READ(&producer, "-ddZhunter2");
    assert_refused("-Z: unknown option (see");
    READ(&producer, "-dC");
    assert_refused("-C: missing argument (see");
    READ(&producer, "--count"); /* without its value */
    assert_refused("--count: missing argument (see");
}

static void positional_arguments_are_refused(void **state)
{
    static const char *const arguments[] = {"host", "-", "a b", "1883", "\x1B[2J", "\xFF", "%s%n"};

    (void)state;
    for (size_t i = 0; i < COUNT(arguments); i++) {
        READ(&producer, arguments[i]);
        assert_refused("unexpected argument");
        READ(&producer, "--qos", "1", arguments[i], "--quiet");
        assert_refused("unexpected argument");
        READ(&producer, "--", arguments[i]);
        assert_refused("unexpected argument");
    }
    READ(&producer, "--", "--qos");
    assert_refused("unexpected argument");
    READ(&producer, "");
    assert_refused("unexpected argument");
}

/* --- credentials --------------------------------------------------------------------------------------------- */

static void a_password_needs_a_username(void **state)
{
    (void)state;
    READ(&plain, "--password", "hunter2");
    assert_refused("--username");
    assert_null(strstr(result.err.text, "hunter2"));
    READ(&plain, "--username", "me", "--password", "hunter2");
    assert_accepted();
    assert_string_equal(result.options.connection.password, "hunter2");
    READ(&plain, "--username", "me");
    assert_accepted();
}

static void a_password_can_be_any_text(void **state)
{
    (void)state;
    READ(&plain, "--username", "me", "--password", "\xC3\xA9\x01 -#+/");
    assert_accepted();
    assert_string_equal(result.options.connection.password, "\xC3\xA9\x01 -#+/");
    READ(&plain, "--username", "me", "--password", "\xFF\x01");
    assert_refused("--password");
}

static void a_bad_password_is_not_printed(void **state)
{
    static char value[LONG_SIZE + 1], joined[LONG_SIZE + 32];

    (void)state;
    for (size_t i = 0; i < LONG_SIZE; i++)
        value[i] = "hunter2"[i % 7];
    READ(&plain, "--username", "me", "--password", value);
    assert_refused("--password");
    assert_null(strstr(result.err.text, "hunter2"));
    snprintf(joined, sizeof joined, "--password=%s", value);
    READ(&plain, "--username", "me", joined);
    assert_refused("--password");
    assert_null(strstr(result.err.text, "hunter2"));
    READ(&plain, "--username", "me", "-P", value);
    assert_refused("--password");
    assert_null(strstr(result.err.text, "hunter2"));
    READ(&plain, "--username", "me", "--password", "");
    assert_refused("--password");
    READ(&plain, "--username", "me", "--password=");
    assert_refused("--password");
}

static void some_programs_need_a_username_that_is_a_topic_level(void **state)
{
    static const char *const levels[] = {"me", "città", "a b"};
    static const char *const others[] = {"a/b", "+", "#", "/", "a+b"};
    char level[OPTIONS_LEVEL_SIZE + 1];

    (void)state;
    READ_NOTHING(&authenticated);
    assert_refused("--username");
    READ(&authenticated, "--password", "hunter2");
    assert_refused("--username");
    for (size_t i = 0; i < COUNT(levels); i++) {
        READ(&authenticated, "--username", levels[i]);
        assert_accepted();
        assert_string_equal(result.options.connection.username, levels[i]);
    }
    for (size_t i = 0; i < COUNT(others); i++) {
        READ(&authenticated, "--username", others[i]);
        assert_refused("--username: cannot be a level of a topic");
        READ(&plain, "--username", others[i]);
        assert_accepted();
    }
    memset(level, 'x', OPTIONS_LEVEL_SIZE);
    level[OPTIONS_LEVEL_SIZE] = '\0';
    READ(&authenticated, "--username", level);
    assert_refused("--username");
    level[OPTIONS_LEVEL_SIZE - 1] = '\0';
    READ(&authenticated, "--username", level);
    assert_accepted();
    READ(&authenticated, "--username", "hunter2/x");
    assert_refused("--username: cannot be a level of a topic");
    assert_null(strstr(result.err.text, "hunter2"));
}

/* Writes the bytes to a temporary file and reads it as a --password-file. */
static void read_password_file_of(const char *bytes, size_t length)
{
    char path[TEMPORARY_PATH_SIZE];
    int file = temporary_file(path);
    ssize_t written = write(file, bytes, length);
    close(file);
    READ(&plain, "--username", "me", "--password-file", path);
    unlink(path);
    assert_int_equal(written, length);
}

static void the_password_is_the_first_line_of_the_file(void **state)
{
    static const struct {
        const char *bytes, *password;
    } cases[] = {
        {"hunter2", "hunter2"},
        {"hunter2\n", "hunter2"},
        {"hunter2\r\n", "hunter2"},
        {"hunter2\nsecond line\n", "hunter2"},
        {"hunter2\r\nsecond line\r\n", "hunter2"},
        {" with spaces \n", " with spaces "},
        {"\xC3\xA9\x01\n", "\xC3\xA9\x01"},
    };
    static const char *const empty[] = {"", "\n", "\r\n", "\nsecond line\n", "\xFF\n"};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        read_password_file_of(cases[i].bytes, strlen(cases[i].bytes));
        assert_accepted();
        assert_string_equal(result.options.connection.password, cases[i].password);
    }
    for (size_t i = 0; i < COUNT(empty); i++) {
        read_password_file_of(empty[i], strlen(empty[i]));
        assert_refused("--password-file");
    }
    read_password_file_of("hunter\0two\n", sizeof "hunter\0two\n" - 1);
    assert_refused("NUL");
}

static void a_password_file_is_limited(void **state)
{
    static char bytes[LONG_SIZE];

    (void)state;
    memset(bytes, 'p', sizeof bytes);
    read_password_file_of(bytes, OPTIONS_TEXT_SIZE - 1);
    assert_accepted();
    assert_int_equal(strlen(result.options.connection.password), OPTIONS_TEXT_SIZE - 1);
    for (size_t length = OPTIONS_TEXT_SIZE; length <= sizeof bytes; length += sizeof bytes - OPTIONS_TEXT_SIZE) {
        read_password_file_of(bytes, length);
        assert_refused("--password-file");
        assert_null(strstr(result.err.text, "pppp"));
    }
}

static void a_password_file_that_cannot_be_read_is_refused(void **state)
{
    static const char *const paths[] = {"/nonexistent/password", "", "/", "/dev/null", "/dev/zero", "a\n\x1B[2J"};
    static char path[LONG_SIZE + 1];

    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++) {
        READ(&plain, "--username", "me", "--password-file", paths[i]);
        assert_refused("--password-file");
    }
    memset(path, 'x', LONG_SIZE);
    READ(&plain, "--username", "me", "--password-file", path);
    assert_refused("--password-file");
}

static void a_password_from_a_file_needs_a_username_too(void **state)
{
    (void)state;
    setenv("MQTT_USERNAME", "me", 1);
    setenv("MQTT_PASSWORD", "of the environment", 1);
    read_password_file_of("hunter2\n", strlen("hunter2\n"));
    assert_accepted();
    assert_string_equal(result.options.connection.password, "hunter2");
}

/* --- the environment ----------------------------------------------------------------------------------------- */

static void the_environment_gives_defaults(void **state)
{
    (void)state;
    setenv("MQTT_HOST", "example.org", 1);
    setenv("MQTT_PORT", "1884", 1);
    setenv("MQTT_USERNAME", "me", 1);
    setenv("MQTT_PASSWORD", "hunter2", 1);
    READ_NOTHING(&plain);
    assert_accepted();
    assert_string_equal(result.options.connection.brokers[0].uri, "tcp://example.org:1884");
    assert_string_equal(result.options.connection.username, "me");
    assert_string_equal(result.options.connection.password, "hunter2");
    READ_NOTHING(&authenticated);
    assert_accepted();
}

static void the_command_line_overrides_the_environment(void **state)
{
    (void)state;
    setenv("MQTT_HOST", "elsewhere.example.org", 1);
    setenv("MQTT_PORT", "1884", 1);
    setenv("MQTT_USERNAME", "somebody", 1);
    setenv("MQTT_PASSWORD", "something", 1);
    READ(&plain, "--host", "host", "--port", "1885", "--username", "me", "--password", "hunter2");
    assert_accepted();
    assert_string_equal(result.options.connection.brokers[0].uri, "tcp://host:1885");
    assert_string_equal(result.options.connection.username, "me");
    assert_string_equal(result.options.connection.password, "hunter2");
}

static void a_bad_environment_is_refused(void **state)
{
    static char value[LONG_SIZE + 1];
    static const struct {
        const char *variable, *value;
    } cases[] = {
        {"MQTT_HOST", "mqtt://host"}, {"MQTT_HOST", "a b"},     {"MQTT_HOST", "\xFF"},    {"MQTT_HOST", value},
        {"MQTT_PORT", "0"},           {"MQTT_PORT", "65536"},   {"MQTT_PORT", "x"},       {"MQTT_PORT", "-1"},
        {"MQTT_PORT", "nan"},         {"MQTT_PORT", " "},       {"MQTT_PORT", value},     {"MQTT_USERNAME", "\n"},
        {"MQTT_USERNAME", "\xFF"},    {"MQTT_USERNAME", value}, {"MQTT_PASSWORD", value},
    };

    (void)state;
    memset(value, 'v', LONG_SIZE);
    for (size_t i = 0; i < COUNT(cases); i++) {
        setenv(cases[i].variable, cases[i].value, 1);
        READ_NOTHING(&plain);
        unsetenv(cases[i].variable);
        assert_refused(cases[i].variable);
        assert_null(strstr(result.err.text, "vvvv"));
    }
}

static void an_empty_variable_is_none(void **state)
{
    (void)state;
    setenv("MQTT_HOST", "", 1);
    setenv("MQTT_PORT", "", 1);
    setenv("MQTT_USERNAME", "", 1);
    setenv("MQTT_PASSWORD", "", 1);
    READ_NOTHING(&plain);
    assert_accepted();
    assert_string_equal(result.options.connection.brokers[0].uri, "tcp://localhost:1883");
    assert_string_equal(result.options.connection.username, "");
    assert_string_equal(result.options.connection.password, "");
}

static void a_password_of_the_environment_needs_a_username(void **state)
{
    (void)state;
    setenv("MQTT_PASSWORD", "hunter2", 1);
    READ_NOTHING(&plain);
    assert_refused("--username");
    assert_null(strstr(result.err.text, "hunter2"));
    READ(&plain, "--username", "me");
    assert_accepted();
    assert_string_equal(result.options.connection.password, "hunter2");
}

/* --- options of a program's own ------------------------------------------------------------------------------ */

static void a_program_can_have_options_of_its_own(void **state)
{
    static const struct {
        const char *value;
        double number;
    } cases[] = {{"-5", -5}, {"40.5", 40.5}, {"0", 0}, {"28.53", 28.53}, {"1e1", 10}};

    (void)state;
    own_number = 3;
    READ_NOTHING(&with_own);
    assert_accepted();
    assert_true(own_number == 3);
    for (size_t i = 0; i < COUNT(cases); i++) {
        READ(&with_own, "--threshold", cases[i].value, "--qos", "1");
        assert_accepted();
        assert_true(own_number == cases[i].number);
        assert_int_equal(result.options.qos, 1);
    }
    own_number = 3;
    READ(&with_own, "--threshold", "41");
    assert_refused("--threshold");
    assert_non_null(strstr(result.err.text, "from -5 to 40.5"));
    assert_true(own_number == 3);
}

/* --- help ---------------------------------------------------------------------------------------------------- */

static void assert_printed(void)
{
    assert_false(result.goes_on);
    assert_int_equal(result.status, EX_OK);
    assert_string_equal(result.err.text, "");
    assert_true(result.out.length > 0);
    assert_int_equal(result.out.text[result.out.length - 1], '\n');
}

static void version_is_the_name_and_the_number(void **state)
{
    (void)state;
    READ(&plain, "--version");
    assert_printed();
    assert_string_equal(result.out.text, PROGRAM " " PLAYGROUND_VERSION "\n");
}

static void help_lists_the_options_that_there_are(void **state)
{
    static const char *const common[] = {"--host",          "--port",  "--url",       "--username", "--password",
                                         "--password-file", "--id",    "--keepalive", "--wait",     "--count",
                                         "--quiet",         "--debug", "--help",      "--usage",    "--version"};
    static const char *const some[] = {
        "--topic=", "--qos=", "--interval=", "--timeout=", "--device-id=", "--base-topic=", "--seed="};
    static const char *const asked[] = {"--help", "--usage"};

    (void)state;
    for (size_t i = 0; i < COUNT(asked); i++) {
        READ(&with_own, asked[i]);
        assert_printed();
        assert_non_null(strstr(result.out.text, PROGRAM));
        assert_non_null(strstr(result.out.text, "--threshold"));
        for (size_t j = 0; j < COUNT(common); j++)
            assert_non_null(strstr(result.out.text, common[j]));
        for (size_t j = 0; j < COUNT(some); j++)
            assert_non_null(strstr(result.out.text, some[j]));

        READ(&plain, asked[i]);
        assert_printed();
        assert_null(strstr(result.out.text, "--threshold"));
        for (size_t j = 0; j < COUNT(common); j++)
            assert_non_null(strstr(result.out.text, common[j]));
        for (size_t j = 0; j < COUNT(some); j++)
            assert_null(strstr(result.out.text, some[j]));
    }
}

static void help_shows_the_purpose_and_the_defaults(void **state)
{
    static const char *const expected[] = {
        "Has an option of its own.",
        "(default: localhost)",
        "(default: 1883, with TLS 8883)",
        "(default: 10)",
        "(default: a/b)",
        "(default: 2)",
        "(default: 1234)",
        "(default: 2.5)",
        "(default: 77)",
        "(default: dev-1)",
        "(default: lab)",
        "(default: 3.25)",
        "Own limit",
        "=DEGREES",
        "Exit status",
    };

    (void)state;
    memset(&result.options, 0, sizeof result.options);
    result.options = (struct options){.topic = "a/b",
                                      .qos = 2,
                                      .count = 1234,
                                      .interval = 2.5,
                                      .timeout = 77,
                                      .device_id = "dev-1",
                                      .base_topic = "lab"};
    own_number = 3.25;
    read_again(&with_own, (const char *const[]){"--help", NULL});
    assert_printed();
    for (size_t i = 0; i < COUNT(expected); i++) {
        if (strstr(result.out.text, expected[i]) == NULL)
            fail_msg("%s is not in the help", expected[i]);
    }
}

static void help_shows_no_password(void **state)
{
    static const char *const asked[] = {"--help", "--usage", "--version"};

    (void)state;
    setenv("MQTT_USERNAME", "me", 1);
    setenv("MQTT_PASSWORD", "hunter2", 1);
    for (size_t i = 0; i < COUNT(asked); i++) {
        READ(&with_own, "--password", "hunter2", asked[i]);
        assert_printed();
        assert_null(strstr(result.out.text, "hunter2"));
    }
}

static void a_long_default_does_not_overrun_the_help(void **state)
{
    (void)state;
    memset(&result.options, 0, sizeof result.options);
    memset(result.options.topic, 't', OPTIONS_TEXT_SIZE - 1);
    read_again(&producer, (const char *const[]){"--help", NULL});
    assert_printed();
    assert_non_null(strstr(result.out.text, "--version"));
}

static void help_comes_before_what_is_missing_but_not_before_what_is_wrong(void **state)
{
    (void)state;
    READ(&authenticated, "--help");
    assert_printed();
    READ(&authenticated, "--help", "--qos", "9", "nonsense");
    assert_printed();
    READ(&producer, "--qos", "9", "--help");
    assert_refused("--qos");
}

static int help_on_a_full_disk(const void *argument)
{
    static char name[] = PROGRAM, help[] = "--help";
    static struct options options;
    char *argv[] = {name, help, NULL};
    int status = -1;

    (void)argument;
    if (freopen("/dev/full", "w", stdout) == NULL || options_read(&options, &plain, 2, argv, &status))
        return 1;
    return status;
}

static void help_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip(); /* only Linux has it */
    assert_int_equal(child_status(help_on_a_full_disk, NULL), EX_IOERR);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, without_environment, without_environment)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_has_a_default),
        TEST(the_defaults_of_a_program_stay),
        TEST(numbers_are_read_up_to_their_limits),
        TEST(the_window_is_that_of_the_quality_of_service),
        TEST(counts_and_seeds_go_beyond_32_bits),
        TEST(texts_are_read_as_they_are),
        TEST(texts_are_limited),
        TEST(a_consumer_takes_a_filter),
        TEST(letters_are_short_for_options),
        TEST(the_last_of_two_counts),
        TEST(an_ipv6_host_gets_its_brackets),
        TEST(quiet_silences_the_console),
        TEST(json_changes_what_the_console_prints),
        TEST(the_client_id_is_the_program_and_a_random_suffix),
        TEST(the_client_id_of_a_long_program_name_is_cut),
        TEST(the_seed_is_chosen_if_none_is_given),
        TEST(urls_are_taken_apart),
        TEST(bad_urls_are_refused),
        TEST(urls_are_limited),
        TEST(up_to_eight_urls_are_tried_in_order),
        TEST(a_url_stands_instead_of_host_and_port),
        TEST(numbers_out_of_range_are_refused),
        TEST(no_number_option_takes_what_is_no_number),
        TEST(no_text_option_takes_what_is_no_text),
        TEST(texts_of_the_wrong_kind_are_refused),
        TEST(a_refusal_says_what_is_wrong_with_a_text),
        TEST(a_refusal_shows_no_value),
        TEST(files_for_tls_need_a_broker_that_speaks_it),
        TEST(an_option_without_its_value_is_refused),
        TEST(a_flag_takes_no_value),
        TEST(what_a_program_has_no_use_for_is_unknown),
        TEST(unknown_options_are_refused),
        TEST(positional_arguments_are_refused),
        TEST(a_password_needs_a_username),
        TEST(a_password_can_be_any_text),
        TEST(a_bad_password_is_not_printed),
        TEST(some_programs_need_a_username_that_is_a_topic_level),
        TEST(the_password_is_the_first_line_of_the_file),
        TEST(a_password_file_is_limited),
        TEST(a_password_file_that_cannot_be_read_is_refused),
        TEST(a_password_from_a_file_needs_a_username_too),
        TEST(the_environment_gives_defaults),
        TEST(the_command_line_overrides_the_environment),
        TEST(a_bad_environment_is_refused),
        TEST(an_empty_variable_is_none),
        TEST(a_password_of_the_environment_needs_a_username),
        TEST(a_program_can_have_options_of_its_own),
        TEST(version_is_the_name_and_the_number),
        TEST(help_lists_the_options_that_there_are),
        TEST(help_shows_the_purpose_and_the_defaults),
        TEST(help_shows_no_password),
        TEST(a_long_default_does_not_overrun_the_help),
        TEST(help_comes_before_what_is_missing_but_not_before_what_is_wrong),
        TEST(help_that_cannot_be_written_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
