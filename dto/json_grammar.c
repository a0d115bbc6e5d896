/* cJSON accepts what is not JSON: a payload that one program takes and the next one refuses is a fault that nobody
 * finds. So the letter of RFC 8259 is checked before it. */
#include "json_grammar.h"

#include "dto/value.h"
#include "text.h"

#include <stdint.h>
#include <string.h>

/* A place in the document. The first broken rule stays in `rule`; from then on nothing more is read. */
struct cursor {
    const char *next;
    const char *end;
    int depth;
    enum dto_rule rule;
};

static bool fail(struct cursor *at, enum dto_rule rule)
{
    if (at->rule == DTO_OK)
        at->rule = rule;
    return false;
}

static bool take(struct cursor *at, char expected)
{
    if (at->next == at->end || *at->next != expected)
        return false;
    at->next++;
    return true;
}

static bool take_one_of(struct cursor *at, const char *expected)
{
    if (at->next == at->end || strchr(expected, *at->next) == NULL) /* no NUL gets here: it would match */
        return false;
    at->next++;
    return true;
}

static void skip_white_space(struct cursor *at) /* section 2 */
{
    while (at->next < at->end && (*at->next == ' ' || *at->next == '\t' || *at->next == '\n' || *at->next == '\r'))
        at->next++;
}

static bool literal(struct cursor *at, const char *name) /* section 3 */
{
    for (; *name != '\0'; name++) {
        if (!take(at, *name))
            return fail(at, DTO_NOT_JSON);
    }
    return true;
}

static bool digits(struct cursor *at) /* at least one */
{
    const char *start = at->next;

    while (at->next < at->end && *at->next >= '0' && *at->next <= '9')
        at->next++;
    return at->next > start;
}

static bool number(struct cursor *at) /* section 6 */
{
    const char *start = at->next;

    take(at, '-');
    if (!take(at, '0') && !digits(at))
        return fail(at, DTO_NOT_JSON);
    if (take(at, '.') && !digits(at))
        return fail(at, DTO_NOT_JSON);
    if (take_one_of(at, "eE")) {
        take_one_of(at, "+-");
        if (!digits(at))
            return fail(at, DTO_NOT_JSON);
    }
    return at->next - start <= DTO_DIGITS_MAX || fail(at, DTO_LONG_NUMBER);
}

static bool code_unit(struct cursor *at, uint32_t *unit) /* the four digits behind \u */
{
    static const char digit[] = "0123456789abcdefABCDEF";

    *unit = 0;
    for (int i = 0; i < 4; i++, at->next++) {
        const char *found = at->next == at->end ? NULL : memchr(digit, *at->next, sizeof digit - 1);
        if (found == NULL)
            return fail(at, DTO_NOT_JSON);
        ptrdiff_t value = found - digit;
        *unit = *unit << 4 | (uint32_t)(value < 16 ? value : value - 6);
    }
    return true;
}

static bool escape(struct cursor *at) /* section 7; the backslash is taken */
{
    uint32_t unit;

    if (take_one_of(at, "\"\\/bfnrt"))
        return true;
    if (!take(at, 'u'))
        return fail(at, DTO_NOT_JSON);
    if (!code_unit(at, &unit))
        return false;
    if (unit == 0)
        return fail(at, DTO_NUL);
    if (unit < 0xD800 || unit > 0xDFFF)
        return true;
    if (unit > 0xDBFF || !take(at, '\\') || !take(at, 'u'))
        return fail(at, DTO_LONE_SURROGATE);
    if (!code_unit(at, &unit))
        return false;
    return (unit >= 0xDC00 && unit <= 0xDFFF) || fail(at, DTO_LONE_SURROGATE);
}

static bool string(struct cursor *at) /* section 7 */
{
    if (!take(at, '"'))
        return fail(at, DTO_NOT_JSON);
    for (;;) {
        while (at->next < at->end && *at->next != '"' && *at->next != '\\' && (unsigned char)*at->next >= 0x20)
            at->next++;
        if (take(at, '"'))
            return true;
        if (!take(at, '\\'))
            return fail(at, DTO_NOT_JSON);
        if (!escape(at))
            return false;
    }
}

static bool value(struct cursor *at);

static bool member(struct cursor *at)
{
    skip_white_space(at);
    if (!string(at))
        return false;
    skip_white_space(at);
    return take(at, ':') ? value(at) : fail(at, DTO_NOT_JSON);
}

/* An array or an object, its opening bracket taken: nothing, or `item`s with commas between, up to `close`. */
static bool list(struct cursor *at, bool (*item)(struct cursor *), char close) /* sections 4 and 5 */
{
    if (++at->depth > DTO_DEPTH_MAX)
        return fail(at, DTO_TOO_DEEP);
    skip_white_space(at);
    if (!take(at, close)) {
        do {
            if (!item(at))
                return false;
        } while (take(at, ','));
        if (!take(at, close))
            return fail(at, DTO_NOT_JSON);
    }
    at->depth--;
    return true;
}

static bool value(struct cursor *at) /* section 3, with white space on both sides */
{
    bool valid;

    skip_white_space(at);
    switch (at->next == at->end ? '\0' : *at->next) {
    case '{':
        at->next++;
        valid = list(at, member, '}');
        break;
    case '[':
        at->next++;
        valid = list(at, value, ']');
        break;
    case '"':
        valid = string(at);
        break;
    case 't':
        valid = literal(at, "true");
        break;
    case 'f':
        valid = literal(at, "false");
        break;
    case 'n':
        valid = literal(at, "null");
        break;
    default:
        valid = number(at);
        break;
    }
    skip_white_space(at);
    return valid;
}

enum dto_rule json_grammar_check(const char *json, size_t length)
{
    if (length == 0)
        return DTO_EMPTY;
    if (length > DTO_JSON_MAX)
        return DTO_TOO_LONG;
    if (memchr(json, '\0', length) != NULL)
        return DTO_NUL;
    if (!text_is_utf8(json, length))
        return DTO_INVALID_UTF8;

    struct cursor at = {.next = json, .end = json + length, .depth = 0, .rule = DTO_OK};
    if (value(&at) && at.next != at.end)
        at.rule = DTO_TRAILING_BYTES;
    return at.rule;
}
