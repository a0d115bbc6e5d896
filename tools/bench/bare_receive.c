/* Receives with nothing but Paho: what any program on it has to pay. For ./lab bench to compare with.
 *
 * Usage: bare_receive PORT FILTER COUNT
 * It prints "ready" once it has subscribed, and ends after COUNT messages. */
#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
    MQTTClient client;
    char url[64];

    if (argc != 4)
        return 64;
    snprintf(url, sizeof url, "tcp://127.0.0.1:%s", argv[1]);
    options.MQTTVersion = MQTTVERSION_3_1_1;
    if (MQTTClient_create(&client, url, "bare_receive", MQTTCLIENT_PERSISTENCE_NONE, NULL) != 0)
        return 70;
    if (MQTTClient_connect(client, &options) != MQTTCLIENT_SUCCESS)
        return 69;
    if (MQTTClient_subscribe(client, argv[2], 0) != MQTTCLIENT_SUCCESS)
        return 76;
    puts("ready");
    fflush(stdout);
    for (long left = strtol(argv[3], NULL, 10); left > 0;) {
        char *topic = NULL;
        int length = 0;
        MQTTClient_message *message = NULL;
        MQTTClient_receive(client, &topic, &length, &message, 1000);
        if (message == NULL)
            continue;
        left--;
        MQTTClient_freeMessage(&message);
        MQTTClient_free(topic);
    }
    MQTTClient_disconnect(client, 10000);
    MQTTClient_destroy(&client);
    return 0;
}
