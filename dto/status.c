/* "Invalid payload" helps nobody. A refusal names the field and the rule, in words that stand in one table with the rules. */
#include "dto/status.h"

/* Whole list elements, which parentheses would break.
 * NOLINTBEGIN(bugprone-macro-parentheses,bugprone-suspicious-missing-comma) */
#define FIELD_NAME(field, name, argument) [field] = name,
#define FIELD_PHRASE(field, name, phrase) [field] = name " " phrase,
#define RULE_PHRASES(rule, phrase)        [rule] = {DTO_FIELDS(FIELD_PHRASE, phrase)},

const char *dto_field_name(dto_field field)
{
    static const char *const names[DTO_FIELD_COUNT] = {DTO_FIELDS(FIELD_NAME, )};

    return names[field];
}

const char *dto_status_string(dto_status status)
{
    static const char *const phrases[DTO_RULE_COUNT][DTO_FIELD_COUNT] = {DTO_RULES(RULE_PHRASES)};

    return phrases[status.rule][status.field];
}
/* NOLINTEND(bugprone-macro-parentheses,bugprone-suspicious-missing-comma) */
