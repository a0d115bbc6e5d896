/* The reason codes of MQTT 5 (section 2.4), in words. */
#ifndef PLAYGROUND_REASON_H
#define PLAYGROUND_REASON_H

/* The name of a reason, as the specification has it, in small letters: "not authorized" for 135. 0 has three names and
 * is "success" here, also where a packet calls it "normal disconnection" or "granted QoS 0". "unknown reason" for a
 * number that is none. */
const char *reason_name(int code);

/* What a user can do about a message or a subscription that was denied with it: "check what this user may publish".
 * Never NULL: "the broker's log may say why" where nothing better is known. */
const char *reason_advice(int code);

#endif
