/* One option as one row: how it is called, what it takes, where its value goes, and how its help reads. */
#ifndef PLAYGROUND_OPTION_TABLE_H
#define PLAYGROUND_OPTION_TABLE_H

#include "option_kind.h"

#include <stddef.h>

/* What is special about an option, together. */
enum {
    HAS_DEFAULT = 1 << 0, /* the help shows it */
    NO_URL = 1 << 1       /* given on the command line, it does not go with --url */
};

struct option_definition {
    unsigned use; /* what a program has to use for this row, OPTION_... together; 0: common to all */
    const char *name;
    char letter; /* 0: none */
    enum option_kind kind;
    size_t offset, size;     /* in struct options */
    double min, max;         /* of a number: both included */
    const char *environment; /* the variable that is read before the command line; NULL: none */
    const char *unit;
    unsigned special;
    const char *help;
};

enum { OPTION_TABLE_SIZE = 26 };

/* All options of the ten programs, in the order in which the help shows them. */
extern const struct option_definition option_table[OPTION_TABLE_SIZE];

#endif
