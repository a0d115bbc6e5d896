/* Stands, preloaded, between a program and Paho: there is no memory for a client. What runs out of memory does so at
 * one call, and not at the next: limits of the whole process hit another one each time. */
int MQTTClient_createWithOptions(void **handle, const char *uri, const char *client_id, int persistence, void *context,
                                 void *options);

int MQTTClient_createWithOptions(void **handle, const char *uri, const char *client_id, int persistence, void *context,
                                 void *options)
{
    (void)handle, (void)uri, (void)client_id, (void)persistence, (void)context, (void)options;
    return -1;
}
