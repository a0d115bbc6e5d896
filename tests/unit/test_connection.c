/* The way to the broker, against a Paho and a diagnosis that do what they are told and note what they were asked. */
#include "session/connection.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define S INT64_C(1000000) /* a second */

static int handles[2]; /* what the clients point to: that of the session, and that of connection_remove_session */
static const MQTTClient own = &handles[0];

static struct {
    int create_rc, connect_rc, session_present; /* to be answered */
    int creates, connects, disconnects, destroys;
    char created_uri[CONNECTION_TEXT_SIZE], created_id[CONNECTION_TEXT_SIZE];
    MQTTClient connected; /* the last client */
    MQTTClient_connectOptions options;
    char uri[CONNECTION_TEXT_SIZE];
    MQTTClient_willOptions will;
    MQTTClient_SSLOptions tls;
} paho;

int MQTTClient_create(MQTTClient *handle, const char *serverURI, const char *clientId, int persistence_type,
                      void *persistence_context)
{
    assert_int_equal(persistence_type, MQTTCLIENT_PERSISTENCE_NONE);
    assert_null(persistence_context);
    paho.creates++;
    strcpy(paho.created_uri, serverURI);
    strcpy(paho.created_id, clientId);
    if (paho.create_rc == MQTTCLIENT_SUCCESS)
        *handle = &handles[1];
    return paho.create_rc;
}

const char *MQTTClient_strerror(int code)
{
    return code == MQTTCLIENT_BAD_UTF8_STRING ? "Invalid UTF8 string" : "unknown";
}

int MQTTClient_connect(MQTTClient handle, MQTTClient_connectOptions *options)
{
    paho.connects++;
    paho.connected = handle;
    paho.options = *options;
    assert_int_equal(options->serverURIcount, 1);
    strcpy(paho.uri, options->serverURIs[0]);
    if (options->will != NULL)
        paho.will = *options->will;
    if (options->ssl != NULL)
        paho.tls = *options->ssl;
    options->returned.sessionPresent = paho.session_present;
    return paho.connect_rc;
}

int MQTTClient_disconnect(MQTTClient handle, int timeout)
{
    assert_ptr_equal(handle, &handles[1]);
    assert_int_equal(timeout, 0);
    paho.disconnects++;
    return MQTTCLIENT_SUCCESS;
}

void MQTTClient_destroy(MQTTClient *handle)
{
    paho.destroys++;
    *handle = NULL;
}

static int diagnosed_rc;
static char diagnosed_broker[CONNECTION_HOST_SIZE];

struct diagnosis diagnose(const struct broker *broker, const struct connection_settings *settings, int rc)
{
    struct diagnosis diagnosis = {.status = EX_UNAVAILABLE, .final = true, .text = "it is so"};

    assert_non_null(settings);
    diagnosed_rc = rc;
    strcpy(diagnosed_broker, broker->host);
    return diagnosis;
}

static struct connection_settings settings;
static struct connection connection;
static struct diagnosis diagnosis;

static int with_three_brokers(void **state)
{
    (void)state;
    memset(&paho, 0, sizeof paho);
    settings = (struct connection_settings){.brokers = {{.host = "a", .uri = "tcp://a:1"},
                                                        {.host = "b", .uri = "tcp://b:2"},
                                                        {.host = "c", .uri = "tcp://c:3"}},
                                            .broker_count = 3,
                                            .client_id = "me",
                                            .keep_alive = 7};
    connection_init(&connection, &settings, true);
    return 0;
}

/* --- attempts ------------------------------------------------------------------------------------------------ */

static void paho_is_told_all_that_its_defaults_get_wrong(void **state)
{
    (void)state;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_ptr_equal(paho.connected, own);
    assert_string_equal(paho.uri, "tcp://a:1");
    assert_int_equal(paho.options.MQTTVersion, MQTTVERSION_3_1_1);
    assert_int_equal(paho.options.keepAliveInterval, 7);
    assert_int_equal(paho.options.connectTimeout, 3);
    assert_int_equal(paho.options.reliable, 0);
    assert_true(paho.options.maxInflightMessages > 10000); /* OPTIONS_WINDOW_MAX */
    assert_null(paho.options.username);
    assert_null(paho.options.password);
    assert_null(paho.options.will);
    assert_null(paho.options.ssl);
    assert_int_equal(paho.creates, 0);
}

static void a_session_is_kept_or_clean(void **state)
{
    (void)state;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.options.cleansession, 0);
    connection_init(&connection, &settings, false);
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.options.cleansession, 1);
}

static void credentials_and_the_will_go_along(void **state)
{
    (void)state;
    strcpy(settings.username, "alice");
    strcpy(settings.password, "secret");
    connection.will_topic = "gone";
    connection.will_payload = "farewell";
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_string_equal(paho.options.username, "alice");
    assert_string_equal(paho.options.password, "secret");
    assert_non_null(paho.options.will);
    assert_string_equal(paho.will.topicName, "gone");
    assert_string_equal(paho.will.message, "farewell");
    assert_int_equal(paho.will.qos, 1);
    assert_int_equal(paho.will.retained, 1);
}

static void with_tls_the_certificate_has_to_be_for_the_host(void **state)
{
    (void)state;
    settings.brokers[0].has_tls = true;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_non_null(paho.options.ssl);
    assert_int_equal(paho.tls.verify, 1);
    assert_int_equal(paho.tls.enableServerCertAuth, 1);
    assert_null(paho.tls.trustStore);
    assert_null(paho.tls.keyStore);
    assert_null(paho.tls.privateKey);

    settings.insecure = true;
    strcpy(settings.ca_file, "ca");
    strcpy(settings.certificate, "cert");
    strcpy(settings.key, "key");
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.tls.verify, 0);
    assert_int_equal(paho.tls.enableServerCertAuth, 1); /* whose it is still matters */
    assert_string_equal(paho.tls.trustStore, "ca");
    assert_string_equal(paho.tls.keyStore, "cert");
    assert_string_equal(paho.tls.privateKey, "key");
}

static void a_failed_attempt_is_diagnosed(void **state)
{
    (void)state;
    paho.connect_rc = 5;
    connection.broker = 1;
    assert_false(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(diagnosed_rc, 5);
    assert_string_equal(diagnosed_broker, "b");
    assert_string_equal(diagnosis.text, "it is so");
    assert_false(connection.has_session[1]);
}

static void the_brokers_are_tried_in_order_and_then_from_the_first(void **state)
{
    static const char *const uris[] = {"tcp://a:1", "tcp://b:2", "tcp://c:3"};

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(uris); i++) {
        assert_string_equal(connection_broker(&connection)->uri, uris[i % COUNT(uris)]);
        assert_true(connection_attempt(&connection, own, &diagnosis));
        assert_string_equal(paho.uri, uris[i % COUNT(uris)]);
        assert_int_equal(connection_next_broker(&connection), i % COUNT(uris) != 2);
    }
    settings.broker_count = 1;
    assert_false(connection_next_broker(&connection));
    assert_string_equal(connection_broker(&connection)->uri, "tcp://a:1");
}

static void who_has_refused_for_good_is_not_asked_again(void **state)
{
    (void)state;
    connection_rule_out(&connection); /* a */
    assert_true(connection_next_broker(&connection));
    assert_string_equal(connection_broker(&connection)->host, "b");
    assert_true(connection_next_broker(&connection));
    assert_false(connection_next_broker(&connection));
    assert_string_equal(connection_broker(&connection)->host, "b");
    connection_was_lost(&connection, S);
    assert_false(connection_next_broker(&connection));
    assert_string_equal(connection_broker(&connection)->host, "b");
    connection_rule_out(&connection); /* b */
    assert_false(connection_is_hopeless(&connection));
    assert_true(connection_next_broker(&connection));
    connection_rule_out(&connection); /* c */
    assert_true(connection_is_hopeless(&connection));
    assert_false(connection_next_broker(&connection));
}

static void what_paho_cannot_do_is_no_fault_of_the_network(void **state)
{
    (void)state;
    paho.connect_rc = MQTTCLIENT_BAD_UTF8_STRING;
    assert_false(connection_attempt(&connection, own, &diagnosis));
    assert_true(diagnosis.final);
    assert_int_equal(diagnosis.status, EX_SOFTWARE);
    assert_non_null(strstr(diagnosis.text, "Paho cannot connect"));
}

static void after_a_loss_the_first_broker_is_next(void **state)
{
    (void)state;
    for (int broker = 0; broker < 3; broker++) {
        connection.broker = broker;
        connection_was_lost(&connection, S);
        assert_false(connection_next_broker(&connection)); /* not at once: the pause first */
        assert_string_equal(connection_broker(&connection)->host, "a");
    }
}

static void plain_mqtt_goes_past_the_proxies(void **state)
{
    static const struct {
        const char *uri;
        bool is_left;
    } cases[] = {{"tcp://a:1", false}, {"ssl://a:1", false}, {"ws://a:1/mqtt", true}, {"wss://a:1/mqtt", true}};

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        setenv("http_proxy", "http://localhost:1", 1);
        setenv("https_proxy", "http://localhost:1", 1);
        strcpy(settings.brokers[0].uri, cases[i].uri);
        connection_init(&connection, &settings, true);
        assert_int_equal(getenv("http_proxy") != NULL, cases[i].is_left);
        assert_int_equal(getenv("https_proxy") != NULL, cases[i].is_left);
    }
    unsetenv("http_proxy");
    unsetenv("https_proxy");
}

/* --- the broker's memory ------------------------------------------------------------------------------------- */

static bool was_forgotten(int session_present)
{
    paho.session_present = session_present;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    return connection.was_forgotten;
}

static void a_broker_that_had_a_session_of_ours_and_has_none_has_forgotten(void **state)
{
    (void)state;
    assert_false(was_forgotten(0)); /* the first time it cannot have one */
    assert_false(was_forgotten(1));
    assert_true(was_forgotten(0));
    assert_false(was_forgotten(1)); /* it has one again */
    assert_true(was_forgotten(0));
    assert_int_equal(connection.forgotten, 2);
}

static void each_broker_has_a_memory_of_its_own(void **state)
{
    (void)state;
    assert_false(was_forgotten(0));
    assert_true(connection_next_broker(&connection));
    assert_false(was_forgotten(0));
    connection.broker = 0;
    assert_true(was_forgotten(0));
    assert_int_equal(connection.forgotten, 1);
}

static void a_failed_attempt_says_nothing_of_the_session(void **state)
{
    (void)state;
    assert_false(was_forgotten(0));
    paho.connect_rc = MQTTCLIENT_FAILURE;
    assert_false(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(connection.forgotten, 0);
    paho.connect_rc = MQTTCLIENT_SUCCESS;
    assert_true(was_forgotten(0));
}

static void a_clean_session_cannot_be_forgotten(void **state)
{
    (void)state;
    connection_init(&connection, &settings, false);
    assert_false(was_forgotten(0));
    assert_false(was_forgotten(0));
    assert_int_equal(connection.forgotten, 0);
}

/* --- when to try again --------------------------------------------------------------------------------------- */

static void each_pause_is_twice_as_long_up_to_half_a_minute(void **state)
{
    static const int pauses_ms[] = {500, 1000, 2000, 4000, 8000, 16000, 30000, 30000};

    (void)state;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT(pauses_ms); i++)
            assert_int_equal(connection_pause_ms(&connection, 0.5), pauses_ms[i]);
        connection_has_settled(&connection); /* and over again */
    }
}

static void the_fraction_makes_it_three_to_five_quarters(void **state)
{
    static const int pauses_ms[][2] = {{375, 625}, {750, 1250}, {1500, 2500}};

    (void)state;
    for (size_t i = 0; i < COUNT(pauses_ms); i++) {
        struct connection twin = connection;
        assert_int_equal(connection_pause_ms(&twin, 0), pauses_ms[i][0]);
        assert_int_equal(connection_pause_ms(&connection, 1), pauses_ms[i][1]);
        assert_int_equal(twin.back_off_ms, connection.back_off_ms); /* it does not add up */
    }
}

static void the_offline_time_is_from_a_loss_to_the_next_beginning(void **state)
{
    (void)state;
    assert_int_equal(connection_offline_us(&connection, 50), 0);
    connection_has_begun(&connection, 60); /* before the first loss there was no connection to miss */
    assert_int_equal(connection_offline_us(&connection, 70), 0);
    connection_was_lost(&connection, 100);
    assert_int_equal(connection_offline_us(&connection, 150), 50);
    connection_has_begun(&connection, 350);
    assert_int_equal(connection_offline_us(&connection, 900), 250);
    connection_was_lost(&connection, 1000);
    assert_int_equal(connection_offline_us(&connection, 1500), 750);
    connection_has_begun(&connection, 2000);
    assert_int_equal(connection_offline_us(&connection, 9000), 1250);
    assert_int_equal(connection.losses, 2);
}

static void lives_below_two_seconds_in_a_row_are_counted(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++) {
        connection.accepted_us = 10 * S;
        connection_was_lost(&connection, 12 * S - 1);
        assert_int_equal(connection.short_lives, i);
    }
    connection_was_lost(&connection, 12 * S);
    assert_int_equal(connection.short_lives, 0);
    connection_was_lost(&connection, 10 * S);
    assert_int_equal(connection.short_lives, 1);
    assert_int_equal(connection.losses, 5);
}

/* --- what is left behind ------------------------------------------------------------------------------------- */

static void a_session_is_removed_by_a_clean_one(void **state)
{
    (void)state;
    connection.broker = 1;
    connection.will_topic = "gone";
    connection.will_payload = "farewell";
    strcpy(settings.username, "alice");
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_true(connection_remove_session(&connection, 1));
    assert_int_equal(paho.creates, 1);
    assert_string_equal(paho.created_uri, "tcp://b:2");
    assert_string_equal(paho.created_id, "me");
    assert_int_equal(paho.connects, 2);
    assert_ptr_equal(paho.connected, &handles[1]);
    assert_string_equal(paho.uri, "tcp://b:2");
    assert_int_equal(paho.options.cleansession, 1);
    assert_int_equal(paho.options.connectTimeout, 1);
    assert_string_equal(paho.options.username, "alice");
    assert_null(paho.options.will);
    assert_int_equal(paho.disconnects, 1);
    assert_int_equal(paho.destroys, 1);
    assert_true(connection_remove_session(&connection, 1)); /* there is none any more */
    assert_int_equal(paho.creates, 1);
}

static void where_no_session_is_none_is_removed(void **state)
{
    (void)state;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_true(connection_remove_session(&connection, 1));
    connection_init(&connection, &settings, false);
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_true(connection_remove_session(&connection, 0));
    assert_int_equal(paho.creates, 0);
}

static void a_session_that_cannot_be_removed_stays(void **state)
{
    (void)state;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    paho.connect_rc = MQTTCLIENT_FAILURE;
    assert_false(connection_remove_session(&connection, 0));
    assert_int_equal(paho.destroys, 1);
    paho.create_rc = MQTTCLIENT_FAILURE;
    assert_false(connection_remove_session(&connection, 0));
    assert_int_equal(paho.connects, 2);
    assert_int_equal(paho.disconnects, 0);
    paho.create_rc = paho.connect_rc = MQTTCLIENT_SUCCESS;
    assert_true(connection_remove_session(&connection, 0));
    assert_int_equal(paho.disconnects, 1);
}

#define TEST(function) cmocka_unit_test_setup(function, with_three_brokers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(paho_is_told_all_that_its_defaults_get_wrong),
        TEST(a_session_is_kept_or_clean),
        TEST(credentials_and_the_will_go_along),
        TEST(with_tls_the_certificate_has_to_be_for_the_host),
        TEST(a_failed_attempt_is_diagnosed),
        TEST(the_brokers_are_tried_in_order_and_then_from_the_first),
        TEST(who_has_refused_for_good_is_not_asked_again),
        TEST(what_paho_cannot_do_is_no_fault_of_the_network),
        TEST(after_a_loss_the_first_broker_is_next),
        TEST(plain_mqtt_goes_past_the_proxies),
        TEST(a_broker_that_had_a_session_of_ours_and_has_none_has_forgotten),
        TEST(each_broker_has_a_memory_of_its_own),
        TEST(a_failed_attempt_says_nothing_of_the_session),
        TEST(a_clean_session_cannot_be_forgotten),
        TEST(each_pause_is_twice_as_long_up_to_half_a_minute),
        TEST(the_fraction_makes_it_three_to_five_quarters),
        TEST(the_offline_time_is_from_a_loss_to_the_next_beginning),
        TEST(lives_below_two_seconds_in_a_row_are_counted),
        TEST(a_session_is_removed_by_a_clean_one),
        TEST(where_no_session_is_none_is_removed),
        TEST(a_session_that_cannot_be_removed_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
