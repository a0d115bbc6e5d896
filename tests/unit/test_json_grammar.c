/* What is JSON by the letter of RFC 8259, and what cJSON would let pass and we do not. */
#include "dto_tables.h"
#include "json_grammar.h"

/* A document of `length` bytes; 0: up to the NUL. */
struct document {
    enum dto_rule rule;
    const char *json;
    size_t length;
};

static const struct document documents[] = {
    /* section 3: values; section 2: white space */
    {DTO_OK, "null", 0},
    {DTO_OK, "true", 0},
    {DTO_OK, "false", 0},
    {DTO_OK, " \t\r\n1 \t\r\n", 0},
    {DTO_EMPTY, "", 0},
    {DTO_NOT_JSON, " ", 0},
    {DTO_NOT_JSON, "nul", 0},
    {DTO_NOT_JSON, "True", 0},
    {DTO_NOT_JSON, "NaN", 0},
    {DTO_NOT_JSON, "Infinity", 0},
    {DTO_NOT_JSON, "undefined", 0},
    {DTO_NOT_JSON, "\v1", 0},
    {DTO_NOT_JSON,
     "\xC2\xA0"
     "1",
     0}, /* a no-break space is none of the four */
    {DTO_NOT_JSON,
     "\xEF\xBB\xBF"
     "{}",
     0}, /* section 8.1: no byte order mark */
    {DTO_TRAILING_BYTES, "truex", 0},
    {DTO_TRAILING_BYTES, "[1]garbage", 0},
    {DTO_TRAILING_BYTES, "{}{}", 0},
    {DTO_TRAILING_BYTES, "1 2", 0},
    {DTO_TRAILING_BYTES, "{},", 0},
    {DTO_TRAILING_BYTES, "{}//", 0},
    /* sections 4 and 5: objects and arrays */
    {DTO_OK, "{}", 0},
    {DTO_OK, "{ }", 0},
    {DTO_OK, "[]", 0},
    {DTO_OK, "[ ]", 0},
    {DTO_OK, "{\"\":{}}", 0},
    {DTO_OK, "{\"a\" : [ 1 , {\"b\":null} , \"\" ] , \"c\" : false}", 0},
    {DTO_NOT_JSON, "{", 0},
    {DTO_NOT_JSON, "[", 0},
    {DTO_NOT_JSON, "}", 0},
    {DTO_NOT_JSON, "]", 0},
    {DTO_NOT_JSON, "[1", 0},
    {DTO_NOT_JSON, "[1,]", 0},
    {DTO_NOT_JSON, "[,1]", 0},
    {DTO_NOT_JSON, "[1 2]", 0},
    {DTO_NOT_JSON, "[1}", 0},
    {DTO_NOT_JSON, "{\"a\"}", 0},
    {DTO_NOT_JSON, "{\"a\":}", 0},
    {DTO_NOT_JSON, "{\"a\":1,}", 0},
    {DTO_NOT_JSON, "{\"a\" 1}", 0},
    {DTO_NOT_JSON, "{a:1}", 0},
    {DTO_NOT_JSON, "{'a':1}", 0},
    {DTO_NOT_JSON, "{1:1}", 0},
    {DTO_TRAILING_BYTES, "[1]/**/", 0},
    /* section 6: numbers */
    {DTO_OK, "0", 0},
    {DTO_OK, "-0", 0},
    {DTO_OK, "0.0", 0},
    {DTO_OK, "10.01e+99", 0},
    {DTO_OK, "-1E-2", 0},
    {DTO_OK, "1e999", 0},
    {DTO_NOT_JSON, "-", 0},
    {DTO_NOT_JSON, "+1", 0},
    {DTO_NOT_JSON, ".5", 0},
    {DTO_NOT_JSON, "-.5", 0},
    {DTO_NOT_JSON, "2.", 0},
    {DTO_NOT_JSON, "2.e1", 0},
    {DTO_NOT_JSON, "1e", 0},
    {DTO_NOT_JSON, "1e+", 0},
    {DTO_TRAILING_BYTES, "012", 0},
    {DTO_TRAILING_BYTES, "-012", 0},
    {DTO_TRAILING_BYTES, "0x10", 0},
    {DTO_TRAILING_BYTES, "1.5.2", 0},
    {DTO_TRAILING_BYTES, "1_000", 0},
    {DTO_OK, "123456789012345678901234567890123456789012345678901234567890123", 0},
    {DTO_LONG_NUMBER, "1234567890123456789012345678901234567890123456789012345678901234", 0},
    /* section 7: strings */
    {DTO_OK, "\"\"", 0},
    {DTO_OK, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uABCD\\uabcd\"", 0},
    {DTO_OK, "\"\x7F\"", 0},
    {DTO_OK, "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\xA1\xF4\x8F\xBF\xBF\"", 0},
    {DTO_NOT_JSON, "\"", 0},
    {DTO_NOT_JSON, "\"a", 0},
    {DTO_NOT_JSON, "\"\\\"", 0},
    {DTO_NOT_JSON, "\"\\", 0},
    {DTO_NOT_JSON, "\"\\x41\"", 0},
    {DTO_NOT_JSON, "\"\\U0041\"", 0},
    {DTO_NOT_JSON, "\"\\u\"", 0},
    {DTO_NOT_JSON, "\"\\u12\"", 0},
    {DTO_NOT_JSON, "\"\\u123g\"", 0},
    {DTO_NOT_JSON, "\"\\u123", 0},
    {DTO_NOT_JSON, "\"\n\"", 0},
    {DTO_NOT_JSON, "\"\x1F\"", 0},
    {DTO_NOT_JSON, "\"\x1B[2J\"", 0},
    {DTO_NOT_JSON, "'a'", 0},
    /* section 8.2: halves of surrogate pairs */
    {DTO_OK, "\"\\uD83C\\uDF21\"", 0},
    {DTO_OK, "\"\\ud800\\udc00\\udbff\\udfff\"", 0},
    {DTO_LONE_SURROGATE, "\"\\uD83C\"", 0},
    {DTO_LONE_SURROGATE, "\"\\uD83Cx\"", 0},
    {DTO_LONE_SURROGATE, "\"\\uD83C\\n\"", 0},
    {DTO_LONE_SURROGATE, "\"\\uD83C\\u0041\"", 0},
    {DTO_LONE_SURROGATE, "\"\\uD83C\\uD83C\"", 0},
    {DTO_LONE_SURROGATE, "\"\\uDF21\\uD83C\"", 0},
    {DTO_NOT_JSON, "\"\\uD83C\\uDF2\"", 0},
    /* NUL, raw and escaped */
    {DTO_NUL, "\0", 1},
    {DTO_NUL, "{}\0", 3},
    {DTO_NUL, "\"a\0b\"", 5},
    {DTO_NUL, "\"\\u0000\"", 0},
    {DTO_NUL, "{\"a\\u0000b\":1}", 0},
    /* section 8.1: UTF-8 (RFC 3629 section 4) */
    {DTO_INVALID_UTF8, "\"\x80\"", 0},
    {DTO_INVALID_UTF8, "\"\xC3\"", 0},
    {DTO_INVALID_UTF8, "\"\xC0\xAF\"", 0},         /* overlong */
    {DTO_INVALID_UTF8, "\"\xE0\x80\xAF\"", 0},     /* overlong */
    {DTO_INVALID_UTF8, "\"\xF0\x80\x80\xAF\"", 0}, /* overlong */
    {DTO_INVALID_UTF8, "\"\xED\xA0\x80\"", 0},     /* U+D800 */
    {DTO_INVALID_UTF8, "\"\xF4\x90\x80\x80\"", 0}, /* U+110000 */
    {DTO_INVALID_UTF8, "\"\xF5\x80\x80\x80\"", 0},
    {DTO_INVALID_UTF8, "\"\xE2\x82\"", 0},
    {DTO_INVALID_UTF8, "\"\xE2\x28\xA1\"", 0},
    {DTO_INVALID_UTF8, "\"\xF0\x9F\x8C\"", 0},
    {DTO_INVALID_UTF8, "\"\xF0\x9F\x28\xA1\"", 0},
    {DTO_INVALID_UTF8, "\xFE", 0},
    {DTO_INVALID_UTF8, "\xE2\x82", 0}, /* cut at the very end */
};

static void the_rules_of_rfc_8259_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(documents); i++) {
        size_t length = documents[i].length > 0 ? documents[i].length : strlen(documents[i].json);
        struct dto_status status = {.rule = json_grammar_check(documents[i].json, length), .field = DTO_PAYLOAD};
        assert_status(documents[i].json, status, documents[i].rule, DTO_PAYLOAD);
    }
}

/* Nothing is read beyond the length: the bytes behind it would change the verdict. */
static void only_the_length_counts(void **state)
{
    (void)state;
    assert_int_equal(json_grammar_check("12x", 2), DTO_OK);
    assert_int_equal(json_grammar_check("\"a\"\xFF", 3), DTO_OK);
    assert_int_equal(json_grammar_check("{}\0", 2), DTO_OK);
    assert_int_equal(json_grammar_check("true", 3), DTO_NOT_JSON);
    assert_int_equal(json_grammar_check("1.5", 2), DTO_NOT_JSON);
}

static void depth_is_limited(void **state)
{
    char json[2 * (DTO_DEPTH_MAX + 1) + 1];

    (void)state;
    for (size_t depth = DTO_DEPTH_MAX; depth <= DTO_DEPTH_MAX + 1; depth++) {
        memset(json, '[', depth);
        memset(json + depth, ']', depth);
        assert_int_equal(json_grammar_check(json, 2 * depth), depth > DTO_DEPTH_MAX ? DTO_TOO_DEEP : DTO_OK);
    }
    /* depth counts what is open, not what was */
    assert_int_equal(
        json_grammar_check("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
                           "[],[],[],[],[],[],[],[],[],[],[],[],[],[]]",
                           121),
        DTO_OK);
}

static void length_is_limited(void **state)
{
    static char json[DTO_JSON_MAX + 1];

    (void)state;
    memset(json, ' ', sizeof json);
    json[0] = '1';
    assert_int_equal(json_grammar_check(json, DTO_JSON_MAX), DTO_OK);
    assert_int_equal(json_grammar_check(json, DTO_JSON_MAX + 1), DTO_TOO_LONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rules_of_rfc_8259_hold),
        cmocka_unit_test(only_the_length_counts),
        cmocka_unit_test(depth_is_limited),
        cmocka_unit_test(length_is_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
