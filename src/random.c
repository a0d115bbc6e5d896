/* Why not rand(): seeded by the clock, a hundred programs that a script starts in the same second would draw the same
 * numbers; and what these numbers are for is to be different. */
#include "playground/random.h"

#include "playground/monotonic.h"

#include <stdio.h>
#include <unistd.h>

uint32_t random_bits(void)
{
    uint32_t bits = (uint32_t)monotonic_us() ^ (uint32_t)getpid() << 16; /* better than nothing */
    FILE *source = fopen("/dev/urandom", "rb");

    if (source == NULL)
        return bits;
    setvbuf(source, NULL, _IONBF, 0); /* four bytes, not a page of them */
    uint32_t better;
    if (fread(&better, sizeof better, 1, source) == 1)
        bits = better;
    fclose(source);
    return bits;
}

double random_fraction(void)
{
    return random_bits() / (UINT32_MAX + 1.0);
}
