/* SPDX-License-Identifier: Apache-2.0 */
#include "common/obs/log_wire.h"

typedef struct encoding {
    leat_buf *out;
    size_t bytes_max;
    uint64_t last;
} encoding;

static bool add_line(void *self, const leat_log_line *line)
{
    encoding *e = self;
    leat_buf_add_u64(e->out, line->position);
    leat_buf_add_u64(e->out, (uint64_t)line->time_ms);
    leat_buf_add_u8(e->out, (uint8_t)line->level);
    leat_buf_add_u32(e->out, line->job);
    leat_buf_add_bytes(e->out, line->text);
    e->last = line->number;
    return e->out->size <= e->bytes_max;
}

uint64_t leat_log_wire_encode(leat_log_ring *ring, uint64_t after, size_t bytes_max, leat_buf *out)
{
    encoding e = {.out = out, .bytes_max = bytes_max, .last = after};
    leat_log_ring_each(ring, after, add_line, &e);
    return e.last;
}

leat_code
leat_log_wire_decode(leat_bytes bytes, leat_log_ring_visit *visit, void *self, leat_error *err)
{
    leat_cursor c = leat_cursor_over(bytes);
    while (c.at < c.end) {
        leat_log_line line = {.position = leat_cursor_u64(&c), .time_ms = leat_cursor_i64(&c)};
        uint8_t level = leat_cursor_u8(&c);
        line.job = leat_cursor_u32(&c);
        line.text = leat_cursor_bytes(&c);
        if (c.is_short || level > LEAT_LOG_ERROR)
            return leat_fail(err, LEAT_CORRUPT, "log lines are cut or damaged");
        line.level = (leat_log_level)level;
        if (!visit(self, &line))
            return LEAT_OK;
    }
    return LEAT_OK;
}
