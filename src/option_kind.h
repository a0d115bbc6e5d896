/* The kinds of values that options have: how each is read from a command line, and how the help shows it. */
#ifndef PLAYGROUND_OPTION_KIND_H
#define PLAYGROUND_OPTION_KIND_H

#include <stdbool.h>
#include <stddef.h>

#define OPTION_REASON_SIZE 128

/* What a value is in C: an array of characters that ends with a NUL, if nothing is said. */
enum option_kind {
    FLAG,   /* bool: true if the option is there; it has no value */
    NUMBER, /* double */
    WHOLE,  /* int, not negative */
    LONG,   /* long, not negative */
    NAME,   /* any text */
    LEVEL,  /* of a topic */
    TOPIC,
    FILTER,
    HOST,
    URL,       /* struct connection_settings: one more of its brokers */
    FILE_NAME, /* of a file that is there */
    PASSWORD,
    PASSWORD_FILE, /* the password that is in it */
};

/* Where a value goes, and what it may be. */
struct option_value {
    enum option_kind kind;
    void *target;
    size_t size;     /* of an array of characters */
    double min, max; /* of a number: both included */
};

/* Reads `text` (of a flag NULL) to where the value goes. False, with nothing changed there and why in `reason`, in a
 * few words without `text`, if it cannot be such a value. */
bool option_value_read(const struct option_value *value, const char *text, char reason[OPTION_REASON_SIZE]);

/* Writes the value that is there, a number or a text, into the `size` bytes at `text`, and cuts it to them. Of a
 * password, what says where it is, and all that is no such value it writes "". */
void option_value_show(const struct option_value *value, char *text, size_t size);

#endif
