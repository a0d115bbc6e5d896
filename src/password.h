/* The password on its way from the user to Paho, and out of the sight of others. */
#ifndef PLAYGROUND_PASSWORD_H
#define PLAYGROUND_PASSWORD_H

#include "playground/connection_settings.h"

#include <stdbool.h>

#define PASSWORD_LINE_SIZE (CONNECTION_TEXT_SIZE + 1) /* the longest password, the end of its line and a NUL */

/* Whether Paho takes `password`: it has to be UTF-8. */
bool password_is_valid(const char *password);

/* Reads the first line of the file `name`, without its end, into `line`: at least a byte, and one more than a password
 * may have if the line is too long. NULL, or in a few words, not to be freed, why there is none; then `line` is of no
 * use. */
const char *password_from_file(char line[PASSWORD_LINE_SIZE], const char *name);

/* Overwrites with stars, in the arguments of main, every value of --password and -P, and whatever ends with `password`:
 * the one in force, or empty. Of the other arguments nothing changes, and of none its length. */
void password_blot_out(const char *password, int argc, char **argv);

#endif
