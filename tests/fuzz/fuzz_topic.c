/* topic_matches, against a matcher that goes level by level as MQTT 3.1.1 section 4.7 is written.
 *
 * The input is a filter, a newline and a topic. */
#include "playground/topic.h"

#include "fuzz.h"

struct text {
    const char *start;
    size_t length;
};

/* The number-th level, counted from 0; false if there are not so many. */
static bool level(const char *text, size_t number, struct text *found)
{
    for (; number > 0; number--) {
        text = strchr(text, '/');
        if (text == NULL)
            return false;
        text++;
    }
    *found = (struct text){.start = text, .length = strcspn(text, "/")};
    return true;
}

static bool is(struct text text, const char *expected)
{
    return text.length == strlen(expected) && memcmp(text.start, expected, text.length) == 0;
}

static bool contains(struct text text, char character)
{
    return memchr(text.start, character, text.length) != NULL;
}

static bool may_be_sent(const char *text)
{
    return *text != '\0' && strlen(text) <= 65535 && is_clean((const uint8_t *)text, strlen(text));
}

static bool is_topic(const char *topic)
{
    return may_be_sent(topic) && strchr(topic, '+') == NULL && strchr(topic, '#') == NULL;
}

static bool is_filter(const char *filter)
{
    struct text here, next;

    if (!may_be_sent(filter))
        return false;
    for (size_t i = 0; level(filter, i, &here); i++) {
        if (contains(here, '+') && !is(here, "+"))
            return false;
        if (contains(here, '#') && (!is(here, "#") || level(filter, i + 1, &next)))
            return false;
    }
    return true;
}

static bool is_level(const char *text)
{
    struct text second;

    return is_topic(text) && !level(text, 1, &second) && strlen(text) <= 64;
}

static bool matches(const char *filter, const char *topic)
{
    struct text wanted, given;

    if (!is_filter(filter) || !is_topic(topic))
        return false;
    if (topic[0] == '$' && (filter[0] == '+' || filter[0] == '#'))
        return false;
    for (size_t i = 0;; i++) {
        bool is_wanted = level(filter, i, &wanted);
        bool is_given = level(topic, i, &given);
        if (is_wanted && is(wanted, "#"))
            return true; /* i levels were the same: the parent, or something below it */
        if (!is_wanted || !is_given)
            return !is_wanted && !is_given;
        if (!is(wanted, "+") && (wanted.length != given.length || memcmp(wanted.start, given.start, given.length) != 0))
            return false;
    }
}

static char *copy(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1); /* of its exact size: reading beyond it is seen */

    must(text != NULL, "there is memory");
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    size_t first = end == NULL ? size : (size_t)(end - data);
    size_t second = end == NULL ? size : first + 1;
    char *filter = copy(data, first);
    char *topic = copy(data + second, size - second);

    must(topic_filter_is_valid(filter) == is_filter(filter), "section 4.7.1: what a filter is");
    must(topic_is_valid(topic) == is_topic(topic), "section 4.7.3: what a topic is");
    must(topic_level_is_valid(topic) == is_level(topic), "what one level of a topic is");
    must(topic_matches(filter, topic) == matches(filter, topic), "section 4.7: what a filter matches");
    must(!is_topic(topic) || topic_matches(topic, topic), "a topic matches itself");
    must(!is_topic(topic) || topic_matches("#", topic) == (*topic != '$'), "# matches every topic but those with $");
    free(filter);
    free(topic);
    return 0;
}
