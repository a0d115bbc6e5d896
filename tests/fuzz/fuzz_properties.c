/* A list of properties, written and read by src/properties.c with Paho's list between, against a list of its own.
 *
 * The input is steps: an operation, the number of a property, then a number of four bytes; or a length of two bytes and
 * four bytes to repeat, for a pair twice. */
#include "playground/properties.h"

#include "fuzz.h"

enum { CODES = 64, STEPS_MAX = 40, LONGEST = 65535 };

/* Section 2.2.2.2: b, a number of one byte; w, of two; d, of four; v, of variable length; t, text; r, data; p, a pair.
 */
static const char types[CODES + 1] = ".bdt....tr.v.....dtw.tr"
                                     "bdbt.t..t.wwwbbpdbbb.....................";

struct bytes {
    char *text;
    size_t length;
};

struct entry {
    unsigned code;
    uint32_t number;
    struct bytes first, second;
};

static struct {
    struct entry entries[STEPS_MAX];
    int count;
    size_t wire; /* what it takes in a packet, without its own length */
} own;

static struct {
    const uint8_t *next, *end;
} input;

/* 0 beyond the end. */
static uint32_t take(int bytes)
{
    uint32_t number = 0;

    for (; bytes > 0; bytes--)
        number = number << 8 | (input.next < input.end ? *input.next++ : 0);
    return number;
}

/* Of its exact size, so that reading beyond it is seen; a text ends with a NUL, and has no other. */
static struct bytes take_bytes(bool is_text, bool is_long, bool is_longer)
{
    struct bytes bytes = {.length = take(2)};
    char pattern[4];

    bytes.length = is_long ? bytes.length + is_longer : bytes.length % 256; /* many long ones would take their time */
    for (size_t i = 0; i < sizeof pattern; i++) {
        pattern[i] = (char)take(1);
        if (is_text && pattern[i] == '\0')
            pattern[i] = '0';
    }
    bytes.text = malloc(bytes.length + is_text);
    must(bytes.text != NULL || bytes.length + is_text == 0, "there is memory");
    for (size_t i = 0; i < bytes.length; i++)
        bytes.text[i] = pattern[i % sizeof pattern];
    if (is_text)
        bytes.text[bytes.length] = '\0';
    return bytes;
}

static bool is_type(unsigned code, const char *wanted)
{
    return code < CODES && types[code] != '.' && strchr(wanted, types[code]) != NULL;
}

static bool number_fits(unsigned code, uint32_t number, size_t *size)
{
    if (!is_type(code, "bwdv"))
        return false;
    switch (types[code]) {
    case 'b':
        *size = 1;
        return number < 0x100;
    case 'w':
        *size = 2;
        return number < 0x10000;
    case 'd':
        *size = 4;
        return true;
    default: /* seven bits a byte, of four at most */
        for (*size = 1; *size < 4 && number >> (7 * *size) != 0; ++*size) {
        }
        return number >> 28 == 0;
    }
}

static void keep(struct entry entry, bool added, bool expected, size_t wire)
{
    must(added == expected, "a property is added if its type and its size are right, and only then");
    if (!added) {
        free(entry.first.text);
        free(entry.second.text);
        return;
    }
    own.entries[own.count++] = entry;
    own.wire += 1 + wire;
}

static void step(MQTTProperties *properties)
{
    uint32_t operation = take(1);
    struct entry entry = {.code = (unsigned)take(1)};
    enum MQTTPropertyCodes code = (enum MQTTPropertyCodes)entry.code;
    bool is_longer = (operation & 0x80) != 0, second_is_longer = (operation & 0x40) != 0;
    bool is_long = (operation & 0x20) != 0, added;
    size_t size = 0;

    switch (operation % 4) {
    case 0:
        entry.number = take(4);
        added = properties_add_number(properties, code, entry.number);
        keep(entry, added, number_fits(entry.code, entry.number, &size), size);
        break;
    case 1:
        entry.first = take_bytes(true, is_long, is_longer);
        added = properties_add_text(properties, code, entry.first.text);
        size = entry.first.length;
        keep(entry, added, is_type(entry.code, "t") && size <= LONGEST, 2 + size);
        break;
    case 2:
        entry.first = take_bytes(false, is_long, is_longer);
        added = properties_add_data(properties, code, entry.first.text, entry.first.length);
        size = entry.first.length;
        keep(entry, added, is_type(entry.code, "r") && size <= LONGEST, 2 + size);
        break;
    default:
        entry.code = MQTTPROPERTY_CODE_USER_PROPERTY;
        entry.first = take_bytes(true, is_long, is_longer);
        entry.second = take_bytes(true, is_long, second_is_longer);
        added = properties_add_pair(properties, entry.first.text, entry.second.text);
        size = entry.first.length + entry.second.length;
        keep(entry, added, entry.first.length <= LONGEST && entry.second.length <= LONGEST, 4 + size);
    }
}

static const struct entry *own_entry(unsigned code, int number)
{
    for (int i = 0; i < own.count; i++)
        if (own.entries[i].code == code && number-- == 0)
            return &own.entries[i];
    return NULL;
}

static bool are_same(struct bytes a, const char *b, size_t b_length)
{
    return b != NULL && a.length == b_length && (b_length == 0 || memcmp(a.text, b, b_length) == 0);
}

static void must_read_the_same(const MQTTProperties *properties, unsigned code)
{
    const struct entry *entry = own_entry(code, 0);
    uint32_t number = 0;
    size_t size = 1;
    bool has_number = properties_number(properties, (enum MQTTPropertyCodes)code, &number);
    const char *bytes = properties_bytes(properties, (enum MQTTPropertyCodes)code, &size);

    must(has_number == (entry != NULL && is_type(code, "bwdv")), "there is a number if one was added");
    must(!has_number || number == entry->number, "a number is what it was");
    must((bytes != NULL) == (entry != NULL && is_type(code, "tr")), "there are bytes if some were added");
    must(bytes != NULL || size == 0, "nothing has no size");
    must(bytes == NULL || are_same(entry->first, bytes, size), "bytes are what they were");
}

static void must_have_the_same_pairs(const MQTTProperties *properties)
{
    MQTTLenString name, value;
    const struct entry *entry;
    int number = 0;

    for (; (entry = own_entry(MQTTPROPERTY_CODE_USER_PROPERTY, number)) != NULL; number++) {
        must(properties_pair(properties, number, &name, &value), "there is each pair");
        must(are_same(entry->first, name.data, (size_t)name.len), "a pair has its name");
        must(are_same(entry->second, value.data, (size_t)value.len), "a pair has its value");
    }
    must(!properties_pair(properties, number, &name, &value), "there are no more pairs");
}

/* Paho's lists need one. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static MQTTClient client;
    MQTTClient_createOptions options = MQTTClient_createOptions_initializer;

    (void)argc;
    (void)argv;
    options.MQTTVersion = MQTTVERSION_5;
    must(MQTTClient_createWithOptions(&client, "tcp://localhost:1", "fuzz", MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                      &options) == MQTTCLIENT_SUCCESS,
         "there is a client");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MQTTProperties properties = MQTTProperties_initializer;

    input.next = data;
    input.end = data + size;
    own.count = 0;
    own.wire = 0;
    for (int steps = 0; steps < STEPS_MAX && input.next < input.end; steps++)
        step(&properties);
    must(properties.count == own.count, "what was refused is not in the list");
    must(properties.length >= 0 && (size_t)properties.length == own.wire, "the list knows its length in a packet");
    for (unsigned code = 0; code < 2 * CODES; code++)
        must_read_the_same(&properties, code);
    must_have_the_same_pairs(&properties);
    MQTTProperties_free(&properties);
    for (int i = 0; i < own.count; i++) {
        free(own.entries[i].first.text);
        free(own.entries[i].second.text);
    }
    return 0;
}
