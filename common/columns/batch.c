/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/batch.h"

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/columns/batch_memory.h"
#include "common/columns/value.h"

leat_batch *leat_batch_ref(leat_batch *batch)
{
    if (batch != NULL)
        atomic_fetch_add_explicit(&batch->refs, 1, memory_order_relaxed);
    return batch;
}

void leat_batch_unref(leat_batch **batch_slot)
{
    leat_batch *batch = LEAT_TAKE(*batch_slot);
    if (batch == NULL)
        return;
    unsigned before = atomic_fetch_sub_explicit(&batch->refs, 1, memory_order_acq_rel);
    LEAT_ASSERT(before > 0);
    if (before > 1)
        return;
    leat_batch_pool *pool = batch->pool;
    leat_batch_pool_give(pool, batch, batch->texts);
    leat_batch_pool_unref(&pool);
}

const leat_rows *leat_batch_rows(const leat_batch *batch)
{
    return &batch->rows;
}

uint32_t leat_batch_row_count(const leat_batch *batch)
{
    return batch->rows.row_count;
}

size_t leat_batch_size_bytes(const leat_batch *batch)
{
    return batch->size_bytes;
}

void leat_rows_print(const leat_rows *rows, leat_buf *out)
{
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        if (rows->changes != NULL)
            leat_buf_print(out, "%s ", leat_change_text((leat_change)rows->changes[at]));
        for (uint32_t c = 0; c < rows->schema->field_count; c++) {
            leat_value value = leat_column_value(&rows->columns[c], at);
            leat_buf_add_text(out, c == 0 ? "" : ", ");
            if (value.is_null)
                leat_buf_add_text(out, "null");
            else
                leat_value_print(&value, out);
        }
        leat_buf_add_char(out, '\n');
    }
}
