/* Why a broker could not be connected to. Paho says -1 for nearly everything. */
#ifndef PLAYGROUND_DIAGNOSIS_H
#define PLAYGROUND_DIAGNOSIS_H

#include "playground/connection_settings.h"

#include <stdbool.h>

#define DIAGNOSIS_SIZE 512

struct diagnosis {
    int status; /* for the program to exit with, of <sysexits.h> */
    bool final; /* trying again will not help */
    char text[DIAGNOSIS_SIZE];
};

/* What the return code `rc` of MQTTClient_connect means; or, with settings->mqtt5, the reasonCode of
 * MQTTClient_connect5. Where it does not tell, the server is asked what it speaks, which takes up to two seconds where
 * nobody answers, with MQTT 5 three, and ends at a signal: see probe.h. */
struct diagnosis diagnose(const struct broker *broker, const struct connection_settings *settings, int rc);

#endif
