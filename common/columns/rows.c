/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/rows.h"

#include "common/base/assert.h"

leat_i128 leat_column_integer(const leat_column *column, uint32_t at)
{
    switch ((leat_layout)column->layout) {
    case LEAT_LAYOUT_I32:
        return LEAT_COLUMN_GET(column, int32_t, at);
    case LEAT_LAYOUT_I64:
        return LEAT_COLUMN_GET(column, int64_t, at);
    case LEAT_LAYOUT_I128:
        return LEAT_COLUMN_GET(column, leat_i128, at);
    case LEAT_LAYOUT_BIT:
    case LEAT_LAYOUT_F64:
    case LEAT_LAYOUT_INTERVAL:
    case LEAT_LAYOUT_VIEW:
    case LEAT_LAYOUT_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static const char *const change_texts[] = {"+I", "-U", "+U", "-D"};

const char *leat_change_text(leat_change change)
{
    LEAT_ASSERT((size_t)change < LEAT_COUNT_OF(change_texts));
    return change_texts[change];
}
