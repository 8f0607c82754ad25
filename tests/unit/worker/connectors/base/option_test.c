/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/option.h"

#include <criterion/criterion.h>

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static leat_connector_option options[] = {
    {TEXT("path"), TEXT("in/*.jsonl"), {3, 11, 0}, {0}},
    {TEXT("follow"), TEXT("yes"), {4, 13, 0}, {0}},
    {TEXT("formt"), TEXT("json"), {5, 11, 0}, {5, 5, 0}},
    {TEXT("rows"), TEXT("12x"), {6, 9, 0}, {0}},
    {TEXT("on_bad_record"), TEXT("skip"), {7, 9, 0}, {0}},
};
static const leat_connector_config config = {.options = options,
                                             .option_count = LEAT_COUNT_OF(options)};

Test(option, wrong_options_are_all_reported_with_their_places)
{
    leat_arena arena = {0};
    leat_diagnostics list;
    leat_buf out = {0};
    leat_diagnostics_init(&list, &arena, "t.yaml", LEAT_BYTES(""));
    static const char *const names[] = {"path", "format", "follow", "rows"};
    static const char *const formats[] = {"json", "csv"};

    leat_options_check(&config, names, LEAT_COUNT_OF(names), &list);
    leat_option_bool(&config, "follow", false, &list);
    leat_option_integer(&config, "rows", (leat_option_range){1, 0, 10}, &list);
    leat_option_choice(&config, "path", formats, LEAT_COUNT_OF(formats), &list);
    leat_option_required(&config, "topic", &list);
    leat_diagnostics_print(&list, &out);

    const char *text = leat_buf_text(&out);
    cr_assert_eq(list.error_count, 5);
    cr_assert(strstr(text, "t.yaml:5:5: error: unknown option `formt`, did you mean `format`?"));
    cr_assert(strstr(text, "t.yaml:4:13: error: `follow: yes`: expected true or false"));
    cr_assert(strstr(text, "`rows: 12x`: expected a whole number from 0 to 10"));
    cr_assert(strstr(text, "`path: in/*.jsonl`: expected json or csv"));
    cr_assert(strstr(text, "the option `topic` is needed"));
    leat_buf_fini(&out);
    leat_diagnostics_fini(&list);
    leat_arena_fini(&arena);
}

Test(option, absent_options_have_their_fallbacks)
{
    cr_assert(leat_bytes_equal(leat_option_text(&config, "path", "x"), LEAT_BYTES("in/*.jsonl")));
    cr_assert(leat_bytes_equal(leat_option_text(&config, "other", "x"), LEAT_BYTES("x")));
    cr_assert(leat_option_bool(&config, "other", true, NULL));
    cr_assert_eq(leat_option_integer(&config, "other", (leat_option_range){7, 0, 10}, NULL), 7);
    cr_assert_eq(leat_option_timestamp(&config, "other", 5, NULL), 5);
}
