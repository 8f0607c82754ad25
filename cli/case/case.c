/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/case.h"

#include "common/text/str.h"

int64_t leat_case_table_find(const leat_case *one, leat_bytes name)
{
    for (uint32_t i = 0; i < one->table_count; i++)
        if (leat_bytes_equal(one->tables[i].name, name))
            return i;
    for (uint32_t i = 0; i < one->table_count; i++)
        if (leat_str_equal_nocase(one->tables[i].name, name))
            return i;
    return -1;
}

bool leat_case_op_parse(leat_bytes text, leat_case_op_kind *out_kind)
{
    static const struct {
        const char *text;
        leat_case_op_kind kind;
    } known[] = {
        {"+I", LEAT_CASE_INSERT}, {"-D", LEAT_CASE_DELETE},     {"-U", LEAT_CASE_BEFORE},
        {"+U", LEAT_CASE_UPSERT}, {"upsert", LEAT_CASE_UPSERT}, {"null-value", LEAT_CASE_TOMBSTONE},
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(known); i++) {
        if (!leat_bytes_equal(text, leat_bytes_text(known[i].text)))
            continue;
        *out_kind = known[i].kind;
        return true;
    }
    return false;
}
