/* Publishes with nothing but Paho: what any program on it has to pay. For ./lab bench to compare with.
 *
 * Usage: bare_publish PORT TOPIC QOS WAY PAYLOADS
 * where PAYLOADS is a file with one payload a line, and WAY how it deals with acknowledgements at QoS 1 and 2:
 *   wait       publishes one message, waits for its acknowledgement, publishes the next: as Paho's examples do
 *   receive    lets some messages wait for theirs; MQTTClient_receive handles them
 *   callback   the same, but Paho's thread handles them and counts them in a callback
 * It prints the seconds from the first message to the last acknowledgement. */
#include <MQTTClient.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t delivered = PTHREAD_COND_INITIALIZER;
static int in_flight = 0;

static void on_delivery(void *context, MQTTClient_deliveryToken token)
{
    (void)context;
    (void)token;
    pthread_mutex_lock(&mutex);
    in_flight--;
    pthread_cond_signal(&delivered);
    pthread_mutex_unlock(&mutex);
}

static int on_message(void *context, char *topic, int length, MQTTClient_message *message)
{
    (void)context;
    (void)length;
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return 1;
}

/* The callback may come before MQTTClient_publish returns: so a message counts before it is published. */
static void await_callbacks(int limit)
{
    pthread_mutex_lock(&mutex);
    while (in_flight > limit)
        pthread_cond_wait(&delivered, &mutex);
    in_flight++;
    pthread_mutex_unlock(&mutex);
}

static int count_in_flight(MQTTClient client)
{
    MQTTClient_deliveryToken *tokens = NULL;
    int count = 0;

    if (MQTTClient_getPendingDeliveryTokens(client, &tokens) == MQTTCLIENT_SUCCESS && tokens != NULL) {
        while (tokens[count] != -1)
            count++;
        MQTTClient_free(tokens);
    }
    return count;
}

static void await_acknowledgements(MQTTClient client, int limit)
{
    while ((in_flight = count_in_flight(client)) > limit) {
        char *topic = NULL;
        int length = 0;
        MQTTClient_message *message = NULL;
        for (int packet = 0; packet < 4; packet++)
            MQTTClient_receive(client, &topic, &length, &message, 0);
        if (count_in_flight(client) >= in_flight)
            nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
    }
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
    MQTTClient client;
    char url[64], payload[4096];

    if (argc != 6)
        return 64;
    const char *topic = argv[2], *way = argv[4];
    int qos = atoi(argv[3]), window = qos == 2 ? 20 : 100;
    FILE *payloads = fopen(argv[5], "r");
    snprintf(url, sizeof url, "tcp://127.0.0.1:%s", argv[1]);
    options.MQTTVersion = MQTTVERSION_3_1_1;
    options.reliable = strcmp(way, "wait") == 0;
    options.maxInflightMessages = 1000;
    if (payloads == NULL || MQTTClient_create(&client, url, "bare_publish", MQTTCLIENT_PERSISTENCE_NONE, NULL) != 0)
        return 70;
    if (strcmp(way, "callback") == 0)
        MQTTClient_setCallbacks(client, NULL, NULL, on_message, on_delivery);
    if (MQTTClient_connect(client, &options) != MQTTCLIENT_SUCCESS)
        return 69;

    double start = seconds();
    while (fgets(payload, sizeof payload, payloads) != NULL) {
        MQTTClient_deliveryToken token;
        size_t length = strcspn(payload, "\n");
        if (qos > 0 && strcmp(way, "callback") == 0)
            await_callbacks(window - 1);
        if (MQTTClient_publish(client, topic, (int)length, payload, qos, 0, &token) != MQTTCLIENT_SUCCESS)
            return 76;
        if (qos == 0)
            continue;
        if (strcmp(way, "wait") == 0)
            MQTTClient_waitForCompletion(client, token, 10000);
        else if (strcmp(way, "receive") == 0 && ++in_flight >= window)
            await_acknowledgements(client, window - 1);
    }
    if (qos > 0 && strcmp(way, "callback") == 0)
        await_callbacks(0);
    else if (qos > 0)
        await_acknowledgements(client, 0);
    printf("%.6f\n", seconds() - start);
    MQTTClient_disconnect(client, 10000);
    MQTTClient_destroy(&client);
    return 0;
}
