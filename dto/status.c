/* "Invalid payload" helps nobody. A refusal names the field and the rule, in words that stand in one table with the
 * rules. */
#include "dto/status.h"

#include <stdio.h>

#define WORDS_OF_RULE(rule, words) [rule] = (words),

struct dto_status dto_status_of(enum dto_rule rule, const char *field)
{
    static const char *const words[DTO_RULE_COUNT] = {DTO_RULES(WORDS_OF_RULE)};
    struct dto_status status = {.rule = rule, .field = field};

    if (rule != DTO_OK)
        snprintf(status.text, sizeof status.text, "%s %s", field, words[rule]);
    return status;
}
