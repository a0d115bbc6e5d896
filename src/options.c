/* Ten programs, one command line: a program says which rows of the table of options it has, popt reads them, and what
 * only makes sense together is checked when all is read. */
#include "playground/options.h"

#include "broker_url.h"
#include "option_table.h"
#include "password.h"
#include "playground/console.h"
#include "playground/random.h"
#include "playground/topic.h"
#include "spelling.h"

#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
    FIRST_ITEM = 1000, /* what popt calls it; --help and its like have letters */
    HELP_SIZE = 160,
    SEED_FROM_CLOCK = -1,
    KEEP_ALIVE_S = 10,
    /* More than 20 at QoS 2 are too many for Mosquitto as it comes: it then acknowledges a message and drops it, for
     * with MQTT 3.1.1 it has no way to say so. At QoS 1 more than 100 make nothing faster. */
    WINDOW_QOS_1 = 100,
    WINDOW_QOS_2 = 20
};

/* What popt is asked to print. */
static const struct poptOption questions[] = {
    {"help", '\0', POPT_ARG_NONE, NULL, 'H', "Print this text", NULL},
    {"usage", '\0', POPT_ARG_NONE, NULL, 'U', "Print a short form of it", NULL},
    {"version", '\0', POPT_ARG_NONE, NULL, 'V', "Print the version", NULL},
    POPT_TABLEEND,
};

enum { OWN_MAX = 15, ITEM_MAX = OPTION_TABLE_SIZE + OWN_MAX };

/* --- the command line ---------------------------------------------------------------------------------------- */

/* What the command line says before it is put together; and popt's table, made of ours. */
struct input {
    struct options *options;
    const struct program *program;
    const char *name; /* of the program */
    bool has_place;   /* an option that does not go with --url was given */
    int count;        /* of the options that this program has */
    struct item {
        const char *name;
        unsigned special;
        struct option_value value;
    } items[ITEM_MAX];
    char help[ITEM_MAX][HELP_SIZE];
    struct poptOption table[ITEM_MAX + sizeof questions / sizeof *questions];
};

static bool read_environment(const struct item *item, const char *variable)
{
    const char *value = variable == NULL ? NULL : getenv(variable);
    char reason[OPTION_REASON_SIZE];

    if (value == NULL || *value == '\0' || option_value_read(&item->value, value, reason))
        return true;
    console_error("environment variable %s: %s", variable, reason);
    return false;
}

static void write_help(const struct item *item, const char *text, char help[HELP_SIZE])
{
    char value[HELP_SIZE];

    snprintf(help, HELP_SIZE, "%s", text);
    if ((item->special & HAS_DEFAULT) == 0)
        return;
    option_value_show(&item->value, value, sizeof value);
    if (value[0] == '\0')
        return; /* it depends on other options */
    snprintf(help + strlen(help), HELP_SIZE - strlen(help), " (default: %s)", value);
}

/* One more option, whose value goes to `target`. False if the environment has no good value for it. */
static bool add_item(struct input *input, const struct option_definition *row, void *target)
{
    int i = input->count++;
    struct item *item = &input->items[i];

    *item = (struct item){row->name, row->special, {row->kind, target, row->size, row->min, row->max}};
    if (!read_environment(item, row->environment))
        return false;
    write_help(item, row->help, input->help[i]);
    input->table[i] = (struct poptOption){.longName = row->name,
                                          .shortName = row->letter,
                                          .argInfo = row->kind == FLAG ? POPT_ARG_NONE : POPT_ARG_STRING,
                                          .val = FIRST_ITEM + i,
                                          .descrip = input->help[i],
                                          .argDescrip = row->unit};
    return true;
}

/* All options of the program: of the table, its own, and popt's. */
static bool add_items(struct input *input)
{
    const struct program *program = input->program;

    for (int i = 0; i < OPTION_TABLE_SIZE; i++) {
        const struct option_definition *row = &option_table[i];
        if ((row->use & program->uses) == row->use && !add_item(input, row, (char *)input->options + row->offset))
            return false;
    }
    for (const struct option_row *own = program->own; own != NULL && own->name != NULL; own++) {
        struct option_definition row = {.name = own->name,
                                        .kind = NUMBER,
                                        .min = own->min,
                                        .max = own->max,
                                        .unit = own->unit,
                                        .special = HAS_DEFAULT,
                                        .help = own->help};
        if (input->count < ITEM_MAX && !add_item(input, &row, own->number))
            return false;
    }
    memcpy(input->table + input->count, questions, sizeof questions);
    return true;
}

/* A refusal never shows the value: whatever it is, it may be a password that was typed in a wrong place. */
static bool read_argument(struct input *input, const struct item *item, const char *value)
{
    char reason[OPTION_REASON_SIZE];

    if ((item->special & NO_URL) != 0)
        input->has_place = true;
    if (option_value_read(&item->value, value, reason))
        return true;
    console_error("--%s: %s (see --help)", item->name, reason);
    return false;
}

/* Prints what --help, --usage or --version ask for. Returns the exit status. */
static int print_help(poptContext context, const struct input *input, int asked)
{
    if (asked == 'V') {
        printf("%s %s\n", input->name, PLAYGROUND_VERSION);
    } else if (asked == 'U') {
        poptPrintUsage(context, stdout, 0);
    } else {
        poptPrintHelp(context, stdout, 0);
        printf("\n%s\n\nExit status: 0 done; 64 wrong usage; 66 bad file; 69 no broker;\n"
               "70 internal error; 73 every message denied; 74 cannot write output; 75 timed\n"
               "out; 76 refused or broken protocol; 77 credentials refused; 130 second Ctrl-C.\n",
               input->program->purpose);
    }
    if (console_flush())
        return EX_OK;
    console_error("cannot write standard output: is the disk full, the pipe closed?");
    return EX_IOERR;
}

/* The name of the option that was meant by the `length` bytes at `option`; NULL if there is none. */
static const char *nearest_option(const struct input *input, const char *option, size_t length)
{
    const char *names[sizeof input->table / sizeof *input->table];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        names[i] = input->table[i].longName; /* NULL from the last one on */
    return spelling_nearest(option + strlen("--"), length - strlen("--"), names);
}

/* Of letters that stand together the first one that is unknown, or has no value; behind that anything may be. */
static char bad_letter(const struct input *input, const char *letters)
{
    for (; letters[1] != '\0'; letters++) {
        int i = 0;
        while (i < input->count && input->table[i].shortName != *letters)
            i++;
        if (i == input->count || input->table[i].argInfo != POPT_ARG_NONE)
            break;
    }
    return *letters;
}

/* So this shows an option without what follows a `=`, a letter, or the name of an option that there is. */
static void report_bad_option(const struct input *input, const char *option, int error)
{
    size_t length = strcspn(option, "=");
    const char *more = "", *meant = NULL;

    if (option[1] != '-') {
        console_error("-%c: %s (see --help)", bad_letter(input, option + 1), poptStrerror(error));
        return;
    }
    if (error == POPT_ERROR_BADOPT)
        meant = nearest_option(input, option, length);

    for (int i = 0; i < input->count && error == POPT_ERROR_BADOPT; i++) {
        size_t known = strlen("--") + strlen(input->items[i].name);
        if (known < length && strncmp(option + strlen("--"), input->items[i].name, known - strlen("--")) == 0) {
            length = known;
            more = "...";
        }
    }
    if (error == POPT_ERROR_BADOPT && meant == NULL)
        meant = nearest_option(input, option, length);
    console_error("%.*s%s: %s%s%s%s (see --help)", length < 200 ? (int)length : 200, option, more, poptStrerror(error),
                  meant == NULL ? "" : ": did you mean --", meant == NULL ? "" : meant, meant == NULL ? "" : "?");
}

/* Reads all that popt finds. True to go on; else *status says how to end. */
static bool read_arguments(struct input *input, poptContext context, int *status)
{
    int found;

    while ((found = poptGetNextOpt(context)) >= FIRST_ITEM) {
        char *value = poptGetOptArg(context); /* ours to free */
        bool is_accepted = read_argument(input, &input->items[found - FIRST_ITEM], value);
        free(value);
        if (!is_accepted)
            return false;
    }
    if (found > 0)
        *status = print_help(context, input, found);
    else if (found < -1)
        report_bad_option(input, poptBadOption(context, POPT_BADOPTION_NOALIAS), found);
    else if (poptPeekArg(context) != NULL)
        console_error("unexpected argument: no option stands before it (see --help)");
    else
        return true;
    return false;
}

/* As read_arguments. */
static bool read_command_line(struct input *input, int argc, char **argv, int *status)
{
    if (!add_items(input))
        return false;

    poptContext context = poptGetContext(input->name, argc, (const char **)argv, input->table, 0);
    bool goes_on = read_arguments(input, context, status);
    poptFreeContext(context);
    return goes_on;
}

/* --- all of it together -------------------------------------------------------------------------------------- */

static bool wants_tls(const struct connection_settings *connection)
{
    return connection->ca_file[0] != '\0' || connection->certificate[0] != '\0' || connection->insecure;
}

static bool check_together(const struct input *input)
{
    const struct connection_settings *connection = &input->options->connection;
    bool needs_username = (input->program->uses & OPTION_NEEDS_USERNAME) != 0;
    const char *mistake;

    if (input->has_place && connection->broker_count > 0)
        mistake = "--url says where the broker is: leave out --host and --port";
    else if (needs_username && connection->username[0] == '\0')
        mistake = "--username is missing: the topics of this exercise hold it (see --help)";
    else if (needs_username && !topic_level_is_valid(connection->username))
        mistake = "--username: cannot be a level of a topic: '/', '+', '#' or too long (see --help)";
    else if (!brokers_are_of_one_kind(connection->brokers, connection->broker_count))
        mistake = "--url: all brokers have to be of one kind, such as mqtts://: who cuts the connection to an "
                  "encrypted one must not get a plain one";
    else if (connection->broker_count > 0 && !connection->brokers[0].has_tls && wants_tls(connection))
        mistake = "--cafile, --cert, --key and --insecure are for TLS: --url has to be mqtts:// or wss://... "
                  "(see --help)";
    else if ((connection->certificate[0] == '\0') != (connection->key[0] == '\0'))
        mistake = "--cert and --key go together: a certificate is of no use without its key";
    else if (connection->password[0] != '\0' && connection->username[0] == '\0')
        mistake = "a password is of no use without a user name: add --username";
    else if (input->options->quiet && input->options->json)
        mistake = "--quiet prints no messages, and --json prints them: leave one of the two out";
    else
        return true;
    console_error("%s", mistake);
    return false;
}

/* What nobody has said, and what depends on other options: after all is read. */
static void complete(struct options *options, const char *name)
{
    struct connection_settings *connection = &options->connection;

    if (connection->broker_count == 0) {
        broker_from_host(&connection->brokers[connection->broker_count++], wants_tls(connection));
    }
    if (connection->client_id[0] == '\0')
        snprintf(connection->client_id, sizeof connection->client_id, "%.64s-%08x", name, (unsigned)random_bits());
    if (options->window == 0)
        options->window = options->qos == 2 ? WINDOW_QOS_2 : WINDOW_QOS_1;
    if (options->seed == SEED_FROM_CLOCK)
        options->seed = (long)(random_bits() >> 1);
}

bool options_read(struct options *options, const struct program *program, int argc, char **argv, int *status)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "playground";
    struct input input = {.options = options, .program = program, .name = name};

    console_open(name);
    *status = EX_USAGE;
    if (argc < 1) {
        console_error("started without even its own name");
        return false;
    }
    snprintf(options->connection.brokers[0].host, CONNECTION_HOST_SIZE, "localhost");
    if (options->connection.keep_alive == 0)
        options->connection.keep_alive = KEEP_ALIVE_S;
    options->seed = SEED_FROM_CLOCK;
    if (!read_command_line(&input, argc, argv, status))
        return false;
    password_blot_out(options->connection.password, argc, argv);
    if (!check_together(&input))
        return false;
    complete(options, name);
    console_set_form(options->quiet ? CONSOLE_QUIET : options->json ? CONSOLE_JSON : CONSOLE_TEXT);
    *status = EX_OK;
    return true;
}
