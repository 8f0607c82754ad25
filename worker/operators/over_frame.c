/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/over_frame.h"

#include "common/base/assert.h"

/* Rows [start, end) of a frame. */
typedef struct span {
    uint32_t start;
    uint32_t end;
} span;

/* --- Frames. --- */

static uint32_t peers_start(const leat_over_rows *rows, uint32_t group)
{
    uint32_t low = 0, high = rows->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (rows->peers[middle] < group)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int64_t distance_of(const leat_value *value)
{
    leat_i128 wide =
        value->type.id == LEAT_TYPE_INTERVAL
            ? ((leat_i128)value->interval.months * 30 + value->interval.days) * 86400 * 1000000 +
                  value->interval.micros
            : value->integer;
    return wide > INT64_MAX ? INT64_MAX : wide < 0 ? 0 : (int64_t)wide;
}

/* The order value, mirrored when it descends, so that it always ascends. */
static leat_i128 order_value(const leat_over_rows *rows, uint32_t at)
{
    if (rows->order->type.id == LEAT_TYPE_DOUBLE) {
        double real = LEAT_COLUMN_GET(rows->order, double, at);
        return (leat_i128)(rows->is_descending ? -real : real);
    }
    leat_i128 value = leat_column_integer(rows->order, at);
    return rows->is_descending ? -value : value;
}

/* The first row that is not below `bound`, or with is_after the first above it; NULLs apart. */
static uint32_t range_seek(const leat_over_rows *rows, uint32_t i, leat_i128 bound, bool is_after)
{
    uint32_t at = i;
    while (at > 0 && !leat_column_is_null(rows->order, at - 1) &&
           (is_after ? order_value(rows, at - 1) > bound : order_value(rows, at - 1) >= bound))
        at--;
    while (at < rows->count && !leat_column_is_null(rows->order, at) &&
           (is_after ? order_value(rows, at) <= bound : order_value(rows, at) < bound))
        at++;
    return at;
}

static uint32_t clamp(int64_t at, uint32_t count)
{
    return at < 0 ? 0 : at > (int64_t)count ? count : (uint32_t)at;
}

/* One edge of row i's frame, at a signed distance; is_end: behind the last row of it. */
static uint32_t
edge_at(const leat_over_rows *rows, leat_frame_unit unit, uint32_t i, int64_t distance, bool is_end)
{
    bool is_peers = unit != LEAT_FRAME_ROWS && (distance == 0 || unit == LEAT_FRAME_GROUPS);
    if (unit == LEAT_FRAME_ROWS)
        return clamp((int64_t)i + distance + is_end, rows->count);
    if (is_peers || leat_column_is_null(rows->order, i)) {
        int64_t group = (int64_t)rows->peers[i] + (is_peers ? distance : 0) + is_end;
        return group <= 0 ? 0 : peers_start(rows, (uint32_t)LEAT_MIN(group, (int64_t)UINT32_MAX));
    }
    return range_seek(rows, i, order_value(rows, i) + distance, is_end);
}

static uint32_t
edge_of(const leat_over_call *call, const leat_over_rows *rows, uint32_t i, bool is_end)
{
    const leat_frame *frame = &call->frame;
    leat_frame_end end = is_end ? frame->end : frame->start;
    int64_t distance = distance_of(is_end ? &frame->end_distance : &frame->start_distance);
    switch (end) {
    case LEAT_FRAME_UNBOUNDED_PRECEDING:
        return 0;
    case LEAT_FRAME_PRECEDING:
        return edge_at(rows, frame->unit, i, -distance, is_end);
    case LEAT_FRAME_CURRENT_ROW:
        return edge_at(rows, frame->unit, i, 0, is_end);
    case LEAT_FRAME_FOLLOWING:
        return edge_at(rows, frame->unit, i, distance, is_end);
    case LEAT_FRAME_UNBOUNDED_FOLLOWING:
        return rows->count;
    case LEAT_FRAME_END_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static span frame_of(const leat_over_call *call, const leat_over_rows *rows, uint32_t i)
{
    span frame = {edge_of(call, rows, i, false), edge_of(call, rows, i, true)};
    frame.end = LEAT_MAX(frame.end, frame.start);
    return frame;
}

static bool
is_excluded(leat_frame_exclude exclude, const leat_over_rows *rows, uint32_t i, uint32_t at)
{
    bool is_peer = rows->peers[i] == rows->peers[at];
    return (exclude == LEAT_EXCLUDE_CURRENT_ROW && i == at) ||
           (exclude == LEAT_EXCLUDE_GROUP && is_peer) ||
           (exclude == LEAT_EXCLUDE_TIES && is_peer && i != at);
}

/* --- Aggregates: rows enter and leave the accumulator as the frame moves. --- */

typedef struct folder {
    leat_aggregate aggregate;
    const leat_over_rows *rows;
    leat_column arguments[2]; /* the second when the call has an option */
    const leat_column *filter;
    const uint8_t *retracts; /* all of them */
    char *cell;
    uint32_t *positions; /* of a gathered aggregate's frame */
    leat_arena *arena;
} folder;

static bool is_counted(const folder *f, uint32_t at)
{
    const leat_column *filter = f->filter;
    return filter->values == NULL || (!leat_column_is_null(filter, at) &&
                                      leat_bit_get(filter->values, filter->is_constant ? 0 : at));
}

static void fold(const folder *f, uint32_t at, bool is_retract)
{
    if (is_counted(f, at))
        f->aggregate.update(&f->aggregate, &f->cell, 0, f->arguments,
                            is_retract ? f->retracts : NULL, &at, 1);
}

/* A frame of what is made of all its values, anew. */
static void gather(folder *f, leat_frame_exclude exclude, span frame, uint32_t i)
{
    leat_gathered values = {.argument = &f->arguments[0], .positions = f->positions};
    values.option = f->arguments[1].values == NULL ? NULL : &f->arguments[1];
    for (uint32_t at = frame.start; at < frame.end; at++) {
        f->positions[values.count] = at;
        values.count += !is_excluded(exclude, f->rows, i, at) && is_counted(f, at) &&
                        (leat_aggregate_takes_nulls(f->aggregate.kind) ||
                         !leat_column_is_null(&f->arguments[0], at));
    }
    leat_aggregate_gather(&f->aggregate, &values, f->arena, f->cell);
}

/* From the frame before, `last`, to the one of row i. */
static void slide(folder *f, leat_frame_exclude exclude, span frame, uint32_t i, span *last)
{
    bool moves_on = frame.start >= last->start && frame.end >= last->end &&
                    frame.start <= last->end && exclude == LEAT_EXCLUDE_NOTHING &&
                    (f->aggregate.can_retract || frame.start == last->start);
    if (!moves_on) {
        memset(f->cell, 0, f->aggregate.size);
        *last = (span){frame.start, frame.start};
    }
    for (; last->end < frame.end; last->end++)
        if (!is_excluded(exclude, f->rows, i, last->end))
            fold(f, last->end, false);
    for (; last->start < frame.start; last->start++)
        fold(f, last->start, true);
}

static bool compute_aggregate(const leat_over_call *call,
                              uint32_t index,
                              const leat_over_rows *rows,
                              leat_arena *arena,
                              leat_over_cell *out)
{
    bool retracts = call->frame.start != LEAT_FRAME_UNBOUNDED_PRECEDING;
    folder f = {.aggregate = leat_aggregate_of(&call->aggregate, retracts),
                .rows = rows,
                .arguments = {rows->arguments[index], rows->otherwise[index]},
                .filter = &rows->filters[index],
                .arena = arena};
    bool is_rounded = f.aggregate.input.id == LEAT_TYPE_DOUBLE; /* what goes would leave a trace */
    f.aggregate.can_retract &= !is_rounded || call->aggregate.kind == LEAT_AGGREGATE_COUNT;
    f.positions = LEAT_ARENA_ARRAY(arena, uint32_t, rows->count);
    f.cell = LEAT_ARENA_ARRAY(arena, char, f.aggregate.size + 16u);
    uint8_t *changes = LEAT_ARENA_ARRAY(arena, uint8_t, rows->count);
    memset(changes, LEAT_CHANGE_DELETE, rows->count);
    f.retracts = changes;
    bool fits = true;
    span last = {0, 0};
    for (uint32_t i = 0; i < rows->count; i++) {
        span frame = frame_of(call, rows, i);
        if (f.aggregate.is_gathered)
            gather(&f, call->frame.exclude, frame, i);
        else
            slide(&f, call->frame.exclude, frame, i, &last);
        uint64_t validity = 0;
        fits &=
            f.aggregate.result_of(&f.aggregate, &f.cell, 0, 1, out[i].bytes, &validity) == LEAT_OK;
        out[i].is_null = !(validity & 1);
    }
    return fits;
}

/* --- Values of other rows. --- */

static void copy_cell(const leat_column *column, uint32_t at, leat_over_cell *out)
{
    out->is_null = column->values == NULL || leat_column_is_null(column, at);
    if (out->is_null)
        return;
    uint32_t index = column->is_constant ? 0 : at;
    if (column->layout == LEAT_LAYOUT_BIT) {
        out->bytes[0] = (char)(leat_bit_get(column->values, index) ? 1 : 0);
        return;
    }
    size_t size = leat_layout_size((leat_layout)column->layout);
    memcpy(out->bytes, (const char *)column->values + index * size, size);
}

/* The n-th row of [0, count) before or behind i, NULLs left out when asked; -1: there is none. */
static int64_t
step_rows(const leat_over_rows *rows, const leat_column *skip_nulls, uint32_t i, int64_t distance)
{
    if (skip_nulls == NULL)
        return (int64_t)i + distance;
    int64_t at = i, step = distance < 0 ? -1 : 1;
    for (int64_t left = distance * step; left > 0;) {
        at += step;
        if (at < 0 || at >= (int64_t)rows->count)
            return -1;
        left -= !leat_column_is_null(skip_nulls, (uint32_t)at);
    }
    return at;
}

static void compute_shift(const leat_over_call *call,
                          uint32_t index,
                          const leat_over_rows *rows,
                          leat_over_cell *out)
{
    const leat_column *argument = &rows->arguments[index];
    int64_t distance = call->function == LEAT_OVER_LAG ? -call->distance : call->distance;
    for (uint32_t i = 0; i < rows->count; i++) {
        int64_t at = step_rows(rows, call->ignores_nulls ? argument : NULL, i, distance);
        if (at >= 0 && at < (int64_t)rows->count)
            copy_cell(argument, (uint32_t)at, &out[i]);
        else
            copy_cell(&rows->otherwise[index], i, &out[i]);
    }
}

/* FIRST_VALUE, LAST_VALUE, NTH_VALUE. */
static void compute_value(const leat_over_call *call,
                          uint32_t index,
                          const leat_over_rows *rows,
                          leat_over_cell *out)
{
    const leat_column *argument = &rows->arguments[index];
    bool is_last = call->function == LEAT_OVER_LAST_VALUE;
    int64_t wanted = call->function == LEAT_OVER_NTH_VALUE ? call->distance : 1;
    for (uint32_t i = 0; i < rows->count; i++) {
        span frame = frame_of(call, rows, i);
        int64_t left = wanted;
        out[i].is_null = true;
        for (uint32_t n = 0; n < frame.end - frame.start && left > 0; n++) {
            uint32_t at = is_last ? frame.end - 1 - n : frame.start + n;
            if (is_excluded(call->frame.exclude, rows, i, at) ||
                (call->ignores_nulls && leat_column_is_null(argument, at)))
                continue;
            if (--left == 0)
                copy_cell(argument, at, &out[i]);
        }
    }
}

/* --- Ranks. --- */

static void set_integer(leat_over_cell *out, int64_t value)
{
    memcpy(out->bytes, &value, sizeof value);
    out->is_null = false;
}

static void set_real(leat_over_cell *out, double value)
{
    memcpy(out->bytes, &value, sizeof value);
    out->is_null = false;
}

/* Tiles of n rows differ by at most one row, the larger ones first. */
static int64_t tile_of(uint32_t i, uint32_t count, int64_t tiles)
{
    int64_t small = count / tiles, larger = count % tiles;
    int64_t behind = (int64_t)i - larger * (small + 1);
    return behind < 0 || small == 0 ? i / (small + 1) + 1 : larger + behind / small + 1;
}

static void compute_rank(const leat_over_call *call,
                         uint32_t index,
                         const leat_over_rows *rows,
                         leat_over_cell *out)
{
    uint32_t count = rows->count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t first = peers_start(rows, rows->peers[i]);
        uint32_t next = peers_start(rows, rows->peers[i] + 1);
        leat_over_cell tiles = {.is_null = true};
        int64_t tile_count = 0;
        switch (call->function) {
        case LEAT_OVER_RANK:
            set_integer(&out[i], (int64_t)first + 1);
            continue;
        case LEAT_OVER_DENSE_RANK:
            set_integer(&out[i], (int64_t)rows->peers[i] + 1);
            continue;
        case LEAT_OVER_PERCENT_RANK:
            set_real(&out[i], count == 1 ? 0 : (double)first / (double)(count - 1));
            continue;
        case LEAT_OVER_CUME_DIST:
            set_real(&out[i], (double)next / (double)count);
            continue;
        case LEAT_OVER_NTILE:
            copy_cell(&rows->arguments[index], i, &tiles);
            memcpy(&tile_count, tiles.bytes, sizeof tile_count);
            if (rows->arguments[index].layout == LEAT_LAYOUT_I32)
                tile_count = (int32_t)tile_count;
            out[i].is_null = true;
            if (!tiles.is_null && tile_count > 0)
                set_integer(&out[i], tile_of(i, count, tile_count));
            continue;
        case LEAT_OVER_ROW_NUMBER:
        case LEAT_OVER_AGGREGATE:
        case LEAT_OVER_LAG:
        case LEAT_OVER_LEAD:
        case LEAT_OVER_FIRST_VALUE:
        case LEAT_OVER_LAST_VALUE:
        case LEAT_OVER_NTH_VALUE:
        case LEAT_OVER_FUNCTION_COUNT:
            set_integer(&out[i], (int64_t)i + 1);
        }
    }
}

bool leat_over_compute(const leat_over_call *call,
                       uint32_t index,
                       const leat_over_rows *rows,
                       leat_arena *arena,
                       leat_over_cell *out_cells)
{
    switch (call->function) {
    case LEAT_OVER_AGGREGATE:
        return compute_aggregate(call, index, rows, arena, out_cells);
    case LEAT_OVER_LAG:
    case LEAT_OVER_LEAD:
        compute_shift(call, index, rows, out_cells);
        return true;
    case LEAT_OVER_FIRST_VALUE:
    case LEAT_OVER_LAST_VALUE:
    case LEAT_OVER_NTH_VALUE:
        compute_value(call, index, rows, out_cells);
        return true;
    case LEAT_OVER_ROW_NUMBER:
    case LEAT_OVER_RANK:
    case LEAT_OVER_DENSE_RANK:
    case LEAT_OVER_PERCENT_RANK:
    case LEAT_OVER_CUME_DIST:
    case LEAT_OVER_NTILE:
        compute_rank(call, index, rows, out_cells);
        return true;
    case LEAT_OVER_FUNCTION_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}
