/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/base/stride.h"

#include <inttypes.h>

#include "common/base/assert.h"
#include "common/base/limits.h"
#include "common/columns/value.h"

void leat_stride_splits(uint32_t split_count, leat_buf *out)
{
    for (uint32_t i = 0; i < split_count; i++) {
        leat_buf_print(out, "%u/%u", i, split_count);
        leat_buf_add_char(out, '\0');
    }
}

static bool number_parse(leat_bytes text, int64_t *out_number)
{
    return leat_integer_parse(text, out_number) == LEAT_OK && *out_number >= 0;
}

leat_code leat_stride_open(
    leat_bytes split, leat_bytes position, uint64_t end, leat_stride *out_stride, leat_error *err)
{
    int64_t first = 0;
    int64_t step = 0;
    const char *slash = split.size == 0 ? NULL : memchr(split.data, '/', split.size);
    size_t head = slash == NULL ? 0 : (size_t)(slash - split.data);
    if (slash == NULL || !number_parse(leat_bytes_of(split.data, head), &first) ||
        !number_parse(leat_bytes_of(slash + 1, split.size - head - 1), &step) || first >= step)
        return leat_fail(err, LEAT_CORRUPT, "`%.*s` is not a split of a generator",
                         LEAT_FMT(split));
    int64_t next = first;
    if (position.size > 0 && (!number_parse(position, &next) || next % step != first))
        return leat_fail(err, LEAT_CORRUPT, "`%.*s` is not a position in split `%.*s`",
                         LEAT_FMT(position), LEAT_FMT(split));
    *out_stride = (leat_stride){(uint64_t)next, (uint64_t)step, end};
    return LEAT_OK;
}

static uint32_t stride_take(leat_stride *stride, uint32_t max, uint64_t *out_numbers)
{
    uint32_t count = 0;
    uint64_t next = stride->next;
    for (; count < max && next < stride->end; next += stride->step)
        out_numbers[count++] = next;
    stride->next = next;
    return count;
}

leat_code leat_stride_poll(leat_stride *stride,
                           uint32_t chunk_rows,
                           const leat_poll *poll,
                           leat_builder *builder,
                           leat_stride_fill *fill,
                           void *self)
{
    LEAT_ASSERT(chunk_rows <= LEAT_STRIDE_CHUNK_MAX);
    uint32_t left = LEAT_MIN(poll->max_rows, leat_builder_room(builder));
    uint32_t made = 0;
    while (left > 0 && leat_builder_size_bytes(builder) < LEAT_BATCH_BYTES_MAX) {
        uint64_t numbers[LEAT_STRIDE_CHUNK_MAX];
        uint32_t count = stride_take(stride, LEAT_MIN(left, chunk_rows), numbers);
        if (count == 0)
            return made > 0 ? LEAT_OK : LEAT_END;
        fill(self, numbers, count, builder);
        leat_builder_commit(builder, count);
        made += count;
        left -= count;
    }
    return made > 0 ? LEAT_OK : LEAT_AGAIN;
}

void leat_stride_position(const leat_stride *stride, leat_buf *out)
{
    leat_buf_print(out, "%" PRIu64, stride->next);
}
