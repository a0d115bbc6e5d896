/* The way to the broker, against a Paho and a diagnosis that do what they are told and note what they were asked. */
#include "session/connection.h"

#include "playground/stop.h"
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

    /* With MQTT 5. */
    int created_version;
    bool has_expiry, has_will_properties, has_ended; /* the latter: with an expiry of 0 */
    uint32_t expiry, will_delay;
    MQTTProperty says[2][2]; /* in the CONNACKs of the first two connections, up to the one that is 0 */
    int disconnect_rc, add_rc;
    bool was_lost; /* unseen */
    int lists;     /* of properties, that were made and not freed */
} paho;

int MQTTClient_createWithOptions(MQTTClient *handle, const char *serverURI, const char *clientId, int persistence_type,
                                 void *persistence_context, MQTTClient_createOptions *options)
{
    paho.created_version = options->MQTTVersion;
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

/* --- properties */

int MQTTProperties_add(MQTTProperties *properties, const MQTTProperty *property)
{
    if (paho.add_rc != 0)
        return paho.add_rc;
    if (properties->array == NULL) {
        properties->array = calloc(2, sizeof *properties->array);
        assert_non_null(properties->array);
        paho.lists++;
    }
    assert_true(properties->count < 2);
    properties->array[properties->count++] = *property;
    return 0;
}

void MQTTProperties_free(MQTTProperties *properties)
{
    paho.lists -= properties->array != NULL;
    free(properties->array);
    *properties = (MQTTProperties)MQTTProperties_initializer;
}

int MQTTProperty_getType(enum MQTTPropertyCodes code)
{
    return code == MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL ? MQTTPROPERTY_TYPE_FOUR_BYTE_INTEGER
                                                             : MQTTPROPERTY_TYPE_TWO_BYTE_INTEGER;
}

void MQTTResponse_free(MQTTResponse response)
{
    if (response.properties == NULL)
        return;
    MQTTProperties_free(response.properties);
    free(response.properties);
}

/* Of the list: that number; *has: there is one. */
static uint32_t number_of(const MQTTProperties *properties, enum MQTTPropertyCodes code, bool *has)
{
    *has = false;
    for (int i = 0; properties != NULL && i < properties->count; i++) {
        *has = *has || properties->array[i].identifier == code;
        if (properties->array[i].identifier == code)
            return properties->array[i].value.integer4;
    }
    return 0;
}

/* --- connections */

int MQTTClient_isConnected(MQTTClient handle)
{
    assert_ptr_equal(handle, paho.connected);
    return !paho.was_lost;
}

static int connect_any(MQTTClient handle, MQTTClient_connectOptions *options)
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

int MQTTClient_connect(MQTTClient handle, MQTTClient_connectOptions *options)
{
    assert_false(options->MQTTVersion == MQTTVERSION_5);
    return connect_any(handle, options);
}

MQTTResponse MQTTClient_connect5(MQTTClient handle, MQTTClient_connectOptions *options, MQTTProperties *properties,
                                 MQTTProperties *will_properties)
{
    MQTTResponse response = MQTTResponse_initializer;
    const MQTTProperty *says = paho.connects < 2 ? paho.says[paho.connects] : NULL;
    bool has_delay;

    assert_int_equal(options->MQTTVersion, MQTTVERSION_5);
    assert_int_equal(options->cleansession, 0); /* Paho would refuse it */
    paho.expiry = number_of(properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, &paho.has_expiry);
    paho.will_delay = number_of(will_properties, MQTTPROPERTY_CODE_WILL_DELAY_INTERVAL, &has_delay);
    paho.has_will_properties = will_properties != NULL;
    response.reasonCode = (enum MQTTReasonCodes)connect_any(handle, options);
    if ((int)response.reasonCode != MQTTCLIENT_SUCCESS)
        return response;
    response.properties = calloc(1, sizeof *response.properties);
    assert_non_null(response.properties);
    for (int i = 0; says != NULL && i < 2 && says[i].identifier != 0; i++)
        assert_int_equal(MQTTProperties_add(response.properties, &says[i]), 0);
    return response;
}

int MQTTClient_disconnect(MQTTClient handle, int timeout)
{
    assert_ptr_equal(handle, paho.connected);
    assert_int_equal(timeout, 0);
    paho.disconnects++;
    return MQTTCLIENT_SUCCESS;
}

int MQTTClient_disconnect5(MQTTClient handle, int timeout, enum MQTTReasonCodes reason, MQTTProperties *properties)
{
    bool has_expiry;

    assert_int_equal(reason, MQTTREASONCODE_NORMAL_DISCONNECTION);
    paho.has_ended = number_of(properties, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, &has_expiry) == 0 && has_expiry;
    MQTTClient_disconnect(handle, timeout);
    return paho.disconnect_rc;
}

void MQTTClient_destroy(MQTTClient *handle)
{
    paho.destroys++;
    *handle = NULL;
}

bool stop_requested(void)
{
    return false;
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

static int with_mqtt5(void **state)
{
    with_three_brokers(state);
    settings.mqtt5 = true;
    return 0;
}

static int without_a_leak(void **state)
{
    (void)state;
    return paho.lists;
}

/* In the CONNACK of that connection, from 0 on. */
static void broker_says(int connect, int which, enum MQTTPropertyCodes code, uint32_t number)
{
    MQTTProperty *property = &paho.says[connect][which];

    property->identifier = code;
    property->value.integer4 = 0;
    if (MQTTProperty_getType(code) == MQTTPROPERTY_TYPE_FOUR_BYTE_INTEGER)
        property->value.integer4 = number;
    else
        property->value.integer2 = (unsigned short)number;
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

/* --- MQTT 5 ---------------------------------------------------------------------------------------------------- */

static void a_client_is_made_for_its_version(void **state)
{
    MQTTClient client = NULL;

    (void)state;
    assert_int_equal(connection_create_client(&client, &settings, &settings.brokers[2]), MQTTCLIENT_SUCCESS);
    assert_int_equal(paho.created_version, MQTTVERSION_5);
    assert_string_equal(paho.created_uri, "tcp://c:3");
    assert_string_equal(paho.created_id, "me");
    settings.mqtt5 = false;
    assert_int_equal(connection_create_client(&client, &settings, &settings.brokers[0]), MQTTCLIENT_SUCCESS);
    assert_int_equal(paho.created_version, MQTTVERSION_3_1_1);
    paho.create_rc = MQTTCLIENT_FAILURE;
    assert_int_equal(connection_create_client(&client, &settings, &settings.brokers[0]), MQTTCLIENT_FAILURE);
}

static void clean_start_off_needs_an_expiry(void **state)
{
    (void)state;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.options.cleanstart, 0);
    assert_true(paho.has_expiry);
    assert_int_equal(paho.expiry, 3600);
    assert_true(connection.has_session[0]);
    assert_int_equal(connection.limits.session_expiry, 3600);
    assert_int_equal(paho.disconnects, 0);

    settings.session_expiry = UINT32_MAX;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.expiry, UINT32_MAX);

    connection_init(&connection, &settings, false);
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.options.cleanstart, 1);
    assert_false(paho.has_expiry);
    assert_false(connection.has_session[0]);
}

static void a_broker_may_keep_no_session(void **state)
{
    (void)state;
    broker_says(0, 0, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, 0);
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_false(connection.has_session[0]);
    assert_int_equal(connection.limits.session_expiry, 0);
}

static void paho_does_not_tell_whether_a_session_was_forgotten(void **state)
{
    (void)state;
    assert_false(was_forgotten(0));
    assert_false(was_forgotten(0));
    assert_int_equal(connection.forgotten, 0);
}

static void the_delay_goes_with_the_will(void **state)
{
    (void)state;
    connection.will_delay = 7;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_false(paho.has_will_properties);

    connection.will_topic = "gone";
    connection.will_payload = "farewell";
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_string_equal(paho.will.topicName, "gone");
    assert_true(paho.has_will_properties);
    assert_int_equal(paho.will_delay, 7);

    connection.will_delay = 0;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.will_delay, 0);
    assert_int_equal(paho.will.retained, 1);
}

static void a_broker_that_wants_to_hear_more_often_gets_it(void **state)
{
    (void)state;
    broker_says(0, 0, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, 5);
    broker_says(1, 0, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, 5);
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.connects, 2);
    assert_int_equal(paho.disconnects, 1);
    assert_int_equal(paho.options.keepAliveInterval, 5);
    assert_int_equal(connection.keep_alive, 5);
    assert_true(connection.has_session[0]);
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.connects, 3);
    assert_int_equal(paho.options.keepAliveInterval, 5);
}

static void a_broker_that_is_content_with_less_is_taken_at_once(void **state)
{
    (void)state;
    broker_says(0, 0, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, 7);
    broker_says(1, 0, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, 9);
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.connects, 2);
    assert_int_equal(paho.disconnects, 0);
    assert_int_equal(connection.keep_alive, 7);
}

/* It connects a second time, and no more, whatever the broker says then. */
static void no_broker_is_connected_to_for_ever(void **state)
{
    (void)state;
    broker_says(0, 0, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, 5);
    broker_says(1, 0, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, 4);
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.connects, 2);
    assert_int_equal(paho.disconnects, 1); /* the second one stands */
    assert_int_equal(connection.keep_alive, 5);
}

static void who_allows_no_message_breaks_the_rules(void **state)
{
    (void)state;
    broker_says(0, 0, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, 0);
    broker_says(0, 1, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, 5);
    assert_false(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(paho.connects, 1);
    assert_int_equal(paho.disconnects, 1);
    assert_int_equal(diagnosis.status, EX_PROTOCOL);
    assert_true(diagnosis.final);
    assert_non_null(strstr(diagnosis.text, "MQTT 5 forbids"));
    assert_true(connection.has_session[0]); /* it was accepted, and left */
}

static void a_refusal_is_diagnosed(void **state)
{
    (void)state;
    paho.connect_rc = MQTTREASONCODE_NOT_AUTHORIZED;
    assert_false(connection_attempt(&connection, own, &diagnosis));
    assert_int_equal(diagnosed_rc, 135);
    assert_int_equal(paho.connects, 1);
    assert_int_equal(paho.disconnects, 0);
    assert_false(connection.has_session[0]);
}

static void accepted_and_lost_at_once(void **state)
{
    (void)state;
    paho.connect_rc = MQTTCLIENT_DISCONNECTED;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_true(connection.has_session[0]);
}

/* --- and its end */

static void the_session_ends_with_the_program(void **state)
{
    (void)state;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_false(connection_stays(&connection));
    connection_end(&connection, own);
    assert_true(paho.has_ended);
    assert_int_equal(paho.disconnects, 1);
    assert_false(connection.has_session[0]);
    assert_true(connection_remove_session(&connection, 0));
    assert_int_equal(paho.creates, 0);
}

static void a_session_that_is_to_stay_is_left_alone(void **state)
{
    (void)state;
    settings.session_expiry = 60;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_true(connection_stays(&connection));
    connection_end(&connection, own);
    assert_false(paho.has_ended);
    assert_int_equal(paho.disconnects, 1);
    assert_true(connection.has_session[0]);
}

static void only_a_session_that_is_kept_stays(void **state)
{
    (void)state;
    settings.session_expiry = 60;
    broker_says(0, 0, MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL, 0);
    assert_false(connection_stays(&connection));
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_false(connection_stays(&connection));
    connection_end(&connection, own);
    assert_false(paho.has_ended); /* there is none to be ended */
    assert_int_equal(paho.disconnects, 1);
}

static void what_could_not_be_ended_is_removed_later(void **state)
{
    (void)state;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    paho.disconnect_rc = MQTTCLIENT_FAILURE;
    connection_end(&connection, own);
    assert_true(connection.has_session[0]);

    paho.disconnect_rc = MQTTCLIENT_SUCCESS;
    paho.add_rc = -1; /* no memory */
    connection_end(&connection, own);
    assert_true(connection.has_session[0]);
    assert_int_equal(paho.disconnects, 2);

    paho.add_rc = 0;
    paho.was_lost = true; /* Paho sends nothing then */
    connection_end(&connection, own);
    assert_true(connection.has_session[0]);
    assert_int_equal(paho.disconnects, 3);
}

static void with_mqtt_3_1_1_the_end_is_a_plain_one(void **state)
{
    (void)state;
    settings.mqtt5 = false;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    connection_end(&connection, own);
    assert_false(paho.has_ended);
    assert_int_equal(paho.disconnects, 1);
    assert_true(connection.has_session[0]);
}

static void a_clean_start_without_expiry_removes_a_session(void **state)
{
    (void)state;
    connection.broker = 1;
    assert_true(connection_attempt(&connection, own, &diagnosis));
    assert_true(connection_remove_session(&connection, 1));
    assert_int_equal(paho.created_version, MQTTVERSION_5);
    assert_string_equal(paho.created_uri, "tcp://b:2");
    assert_ptr_equal(paho.connected, &handles[1]);
    assert_int_equal(paho.options.cleanstart, 1);
    assert_false(paho.has_expiry);
    assert_int_equal(paho.disconnects, 1);
    assert_int_equal(paho.destroys, 1);
    assert_false(connection.has_session[1]);
}

#define TEST(function)  cmocka_unit_test_setup_teardown(function, with_three_brokers, without_a_leak)
#define TEST5(function) cmocka_unit_test_setup_teardown(function, with_mqtt5, without_a_leak)

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
        TEST5(a_client_is_made_for_its_version),
        TEST5(clean_start_off_needs_an_expiry),
        TEST5(a_broker_may_keep_no_session),
        TEST5(paho_does_not_tell_whether_a_session_was_forgotten),
        TEST5(the_delay_goes_with_the_will),
        TEST5(a_broker_that_wants_to_hear_more_often_gets_it),
        TEST5(a_broker_that_is_content_with_less_is_taken_at_once),
        TEST5(no_broker_is_connected_to_for_ever),
        TEST5(who_allows_no_message_breaks_the_rules),
        TEST5(a_refusal_is_diagnosed),
        TEST5(accepted_and_lost_at_once),
        TEST5(the_session_ends_with_the_program),
        TEST5(a_session_that_is_to_stay_is_left_alone),
        TEST5(only_a_session_that_is_kept_stays),
        TEST5(what_could_not_be_ended_is_removed_later),
        TEST5(with_mqtt_3_1_1_the_end_is_a_plain_one),
        TEST5(a_clean_start_without_expiry_removes_a_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
