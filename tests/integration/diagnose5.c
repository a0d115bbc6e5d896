/* What diagnose says of a connection with MQTT 5, for test_diagnosis5.py: the programs say it, too, but not with a
 * return code that the test chooses. */
#include "broker_url.h"
#include "diagnosis.h"
#include "playground/stop.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* As a session does it. Returns the reason. */
static int connect_with_paho(const struct connection_settings *settings)
{
    MQTTClient client;
    MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
    MQTTClient_connectOptions connect = MQTTClient_connectOptions_initializer5;

    create.MQTTVersion = MQTTVERSION_5;
    connect.connectTimeout = 3;
    connect.cleanstart = 1;
    if (settings->username[0] != '\0') {
        connect.username = settings->username;
        connect.password = settings->password;
    }
    int rc = MQTTClient_createWithOptions(&client, settings->brokers[0].uri, "diagnose5", MQTTCLIENT_PERSISTENCE_NONE,
                                          NULL, &create);
    if (rc != MQTTCLIENT_SUCCESS)
        return rc;
    MQTTResponse response = MQTTClient_connect5(client, &connect, NULL, NULL);
    rc = response.reasonCode;
    MQTTResponse_free(response);
    MQTTClient_destroy(&client);
    return rc;
}

int main(int count, char **arguments)
{
    static struct connection_settings settings = {.mqtt5 = true, .keep_alive = 10};

    if (count < 3 || broker_add_url(&settings, arguments[1]) != NULL) {
        fprintf(stderr, "Usage: diagnose5 URL CODE|paho [USERNAME]\n");
        return EX_USAGE;
    }
    if (count > 3) {
        snprintf(settings.username, sizeof settings.username, "%s", arguments[3]);
        snprintf(settings.password, sizeof settings.password, "secret");
        snprintf(settings.client_id, sizeof settings.client_id, "secret-id");
    }
    stop_install();
    int rc = strcmp(arguments[2], "paho") == 0 ? connect_with_paho(&settings) : (int)strtol(arguments[2], NULL, 10);
    struct diagnosis diagnosis = diagnose(&settings.brokers[0], &settings, rc);
    printf("%s %s\n", diagnosis.final ? "final" : "passing", diagnosis.text);
    return diagnosis.status;
}
