/* Talking with a server that may say nothing: over TCP or TLS, and inside a WebSocket, for a limited time, until a
 * signal comes. */
#ifndef PLAYGROUND_DIALOGUE_H
#define PLAYGROUND_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum answer {
    ANSWER_NONE,   /* not within the time that there was; or nobody asked */
    ANSWER_CLOSED, /* the connection was closed without a word that makes sense */
    ANSWER_ALERT,  /* a TLS alert */
    ANSWER_OTHER,  /* something that is no answer to this question */
    ANSWER_HTTP,   /* a web server's, but not the one that was hoped for */
    ANSWER_YES
};

struct addrinfo;
struct ssl_ctx_st; /* SSL_CTX and SSL of OpenSSL */
struct ssl_st;

struct dialogue {
    int socket;          /* -1: no connection */
    struct ssl_st *ssl;  /* NULL: without TLS */
    int64_t patience_us; /* for how long it may still wait; what is computed between is not counted */
    int64_t question_us; /* what this question may have of the patience */
    int alert;           /* of the last ANSWER_ALERT: RFC 8446 section 6 */
    bool is_web;         /* a WebSocket is open: what is said and heard is inside its frames */
    size_t frame_left;   /* what is still to be read of the frame that came last */
};

enum { DIALOGUE_TEXT_SIZE = 4096 };

struct text {
    size_t length;
    char bytes[DIALOGUE_TEXT_SIZE + 1]; /* with a NUL behind */
};

/* Gives the next question its share of the patience that is left: half of it, if this is 2; all of it to the last one.
 */
void dialogue_begin_question(struct dialogue *dialogue, int share);

/* Opens a TCP connection. Returns 0 or an errno; ETIMEDOUT: not within the question's time, or a signal has come. */
int dialogue_dial(struct dialogue *dialogue, const struct addrinfo *address);

/* Begins a TLS session on the connection, also where the certificate is wrong: SSL_get_verify_result knows that.
 * Whether the server has asked for ours is then in *wants_certificate, which has to live until dialogue_hang_up. */
enum answer dialogue_shake_hands(struct dialogue *dialogue, struct ssl_ctx_st *context, const char *host,
                                 bool checks_host, bool *wants_certificate);

/* Sends the bytes, 125 at most inside a WebSocket. A failure shows when the answer is read. */
void dialogue_say(struct dialogue *dialogue, const char *bytes, size_t size);

/* Reads until there are `size` bytes, DIALOGUE_TEXT_SIZE at most, or `end` is among them, if it is not NULL.
 * ANSWER_OTHER if anything came: what it means is for others to say. */
enum answer dialogue_hear(struct dialogue *dialogue, struct text *text, size_t size, const char *end);

/* The same, and what is in the text already counts. */
enum answer dialogue_hear_on(struct dialogue *dialogue, struct text *text, size_t size, const char *end);

/* Ends the connection, and the WebSocket before it, if there is one. */
void dialogue_hang_up(struct dialogue *dialogue);

#endif
