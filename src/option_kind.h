/* The kinds of values that options have. */
#ifndef PLAYGROUND_OPTION_KIND_H
#define PLAYGROUND_OPTION_KIND_H

#include <stdbool.h>
#include <stddef.h>

enum { HELP_SIZE = 160, REASON_SIZE = 128 };

/* The kinds of values, and what each is in struct options: an array of characters, if nothing is said. */
enum kind {
    FLAG,   /* bool, and there is no value */
    NUMBER, /* double */
    WHOLE,  /* int */
    LONG,   /* long */
    NAME,
    LEVEL, /* of a topic */
    TOPIC,
    FILTER,
    HOST,
    URL, /* struct connection_settings: one more of its brokers */
    FILE_NAME,
    PASSWORD,
    PASSWORD_FILE
};

/* What is special about an option, together. */
enum {
    HAS_DEFAULT = 1, /* the help shows it */
    SECRET = 2,      /* nothing shows its value */
    NO_URL = 4       /* given on the command line, it does not go with --url */
};

/* One option: how it is called and what becomes of its value. */
struct row {
    unsigned use; /* what a program has to use for this row, OPTION_... together; 0: common to all */
    const char *name;
    char letter;
    enum kind kind;
    size_t offset, size; /* in struct options */
    double min, max;     /* of numbers */
    const char *environment;
    const char *unit;
    unsigned special;
    const char *help;
};

/* An option that a program has, and where its value goes. */
struct item {
    struct row row;
    void *target;
};

/* Puts the value where it belongs, or says in `reason` why not. */
bool kind_read(const struct item *item, const char *value, char reason[REASON_SIZE]);

/* Writes what is there now, as the help shows a default. Not for flags, URLs and passwords. */
void kind_show(const struct item *item, char text[HELP_SIZE]);

#endif
