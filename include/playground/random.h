/* Numbers that nobody foresees: for client ids that differ, and for programs that lost the same broker and must not all
 * come back at the same moment. Not for secrets. */
#ifndef PLAYGROUND_RANDOM_H
#define PLAYGROUND_RANDOM_H

#include <stdint.h>

/* 32 bits from the system. */
uint32_t random_bits(void);

/* A number from 0 to 1, 1 excluded. */
double random_fraction(void);

#endif
