/* SPDX-License-Identifier: Apache-2.0
 *
 * case_text - a case from JSON with single quotes for double ones, so that tests can be read.
 */
#ifndef LEAT_TESTS_UNIT_CLI_CASE_CASE_TEXT_H
#define LEAT_TESTS_UNIT_CLI_CASE_CASE_TEXT_H

#include <criterion/criterion.h>

#include "cli/case/case.h"

static inline leat_code
case_try(const char *text, leat_arena *arena, leat_case *out_case, leat_error *err)
{
    leat_buf json = {0};
    for (; *text != '\0'; text++)
        leat_buf_add_char(&json, *text == '\'' ? '"' : *text);
    leat_code code = leat_case_read_json(leat_buf_bytes(&json), NULL, arena, out_case, err);
    leat_buf_fini(&json);
    return code;
}

static inline leat_case case_of(const char *text, leat_arena *arena)
{
    leat_case one;
    leat_error err = {0};
    cr_assert_eq(case_try(text, arena, &one, &err), LEAT_OK, "%s", err.text);
    return one;
}

#endif
