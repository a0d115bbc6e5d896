/* Who typed --cuont knows what is wanted, and should not have to look for it in the help. How unlike two words are is
 * their optimal string alignment distance: see https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance. */
#include "spelling.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { WORD_MAX = 31, MISTAKES_MAX = 2 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* cost[i][j] is the number of mistakes between the first i letters of one word and the first j of the other. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t cost[WORD_MAX + 1][WORD_MAX + 1];

    for (size_t i = 0; i <= a_length; i++) {
        for (size_t j = 0; j <= b_length; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            size_t changed = cost[i - 1][j - 1] + !is_same(a[i - 1], b[j - 1]);
            cost[i][j] = least(changed, least(cost[i - 1][j], cost[i][j - 1]) + 1);
            if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) && is_same(a[i - 2], b[j - 1]))
                cost[i][j] = least(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a_length][b_length];
}

const char *spelling_nearest(const char *typed, size_t length, const char *const *names)
{
    const char *nearest = NULL;
    size_t allowed = length > 4 ? MISTAKES_MAX : length / 2;

    if (length > WORD_MAX)
        return NULL;
    for (; *names != NULL; names++) {
        size_t name_length = strlen(*names);
        size_t mistakes = name_length > WORD_MAX ? WORD_MAX : distance(typed, length, *names, name_length);
        if (mistakes <= allowed && (nearest == NULL || mistakes < allowed)) {
            nearest = *names;
            allowed = mistakes;
        }
    }
    return nearest;
}
