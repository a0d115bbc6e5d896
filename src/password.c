/* An argument is there for every user of this computer to see, for as long as the program runs: so a password in it is
 * blotted out as soon as it is read, and may come from a file instead. */
#include "password.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

/* For the protocol a password is any bytes (MQTT 3.1.1 section 3.1.3.5), but Paho takes no other. */
bool password_is_valid(const char *password)
{
    return text_is_utf8(password, strlen(password));
}

const char *password_from_file(char line[PASSWORD_LINE_SIZE], const char *name)
{
    FILE *file = fopen(name, "r");
    size_t length = 0;
    int byte;

    if (file == NULL)
        return "cannot be opened";
    while ((byte = getc(file)) != EOF && byte != '\n' && length < PASSWORD_LINE_SIZE - 1)
        line[length++] = (char)byte;
    fclose(file);
    if ((byte == '\n' || byte == EOF) && length > 0 && line[length - 1] == '\r')
        length--;
    line[length] = '\0';
    if (length == 0)
        return "cannot be read, or its first line is empty";
    return strlen(line) == length ? NULL : "has a NUL in its first line";
}

/* Where in `argument`, which comes after `before`, a password begins, or NULL. */
static char *find_password(const char *password, const char *before, char *argument)
{
    size_t size = strlen(argument), length = strlen(password);

    if (strcmp(before, "--password") == 0 || strcmp(before, "-P") == 0)
        return argument;
    if (strncmp(argument, "--password=", strlen("--password=")) == 0)
        return argument + strlen("--password=");
    if (strncmp(argument, "-P", 2) == 0)
        return argument + 2;
    if (length > 0 && size >= length && strcmp(argument + size - length, password) == 0)
        return argument + size - length; /* behind other letters: -dPsecret */
    return NULL;
}

void password_blot_out(const char *password, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *secret = find_password(password, argv[i - 1], argv[i]);
        if (secret != NULL)
            memset(secret, '*', strlen(secret));
    }
}
