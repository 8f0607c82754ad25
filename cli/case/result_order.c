/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/result_order.h"

#include <math.h>
#include <stdlib.h>

#include "common/columns/value.h"

/* A row with what it is sorted by. */
typedef struct sort_row {
    const leat_case_result *result;
    const leat_value *keys; /* one per order */
    size_t at;              /* before sorting */
    leat_case_line line;
} sort_row;

static int sign(bool is_less, bool is_greater)
{
    return is_less ? -1 : is_greater;
}

static int64_t interval_micros(leat_interval interval)
{
    return (interval.months * INT64_C(30) + interval.days) * LEAT_DAY_US + interval.micros;
}

/* NaN is greater than every number, as in PostgreSQL. */
static int compare_reals(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return sign(a<b, a> b);
}

static int compare_values(const leat_value *a, const leat_value *b)
{
    switch ((leat_type_id)a->type.id) {
    case LEAT_TYPE_BOOLEAN:
        return a->boolean - b->boolean;
    case LEAT_TYPE_DOUBLE:
        return compare_reals(a->real, b->real);
    case LEAT_TYPE_STRING:
    case LEAT_TYPE_BYTES:
    case LEAT_TYPE_JSON:
    case LEAT_TYPE_ARRAY:
    case LEAT_TYPE_MAP:
    case LEAT_TYPE_ROW:
        return leat_bytes_compare(a->text, b->text);
    case LEAT_TYPE_INTERVAL: {
        int64_t x = interval_micros(a->interval);
        int64_t y = interval_micros(b->interval);
        return sign(x<y, x> y);
    }
    case LEAT_TYPE_INT:
    case LEAT_TYPE_BIGINT:
    case LEAT_TYPE_DECIMAL:
    case LEAT_TYPE_TIMESTAMP:
    case LEAT_TYPE_DATE:
    case LEAT_TYPE_TIME:
        return sign(a->integer<b->integer, a->integer> b->integer);
    case LEAT_TYPE_UNKNOWN:
    case LEAT_TYPE_COUNT:
        break;
    }
    return 0;
}

static int compare_keys(const sort_row *a, const sort_row *b)
{
    for (uint32_t i = 0; i < a->result->order_count; i++) {
        const leat_order *order = &a->result->orders[i];
        const leat_value *x = &a->keys[i];
        const leat_value *y = &b->keys[i];
        if (x->is_null && y->is_null)
            continue;
        if (x->is_null || y->is_null)
            return x->is_null == order->nulls_first ? -1 : 1;
        int difference = compare_values(x, y);
        if (difference != 0)
            return order->is_descending ? -difference : difference;
    }
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    const sort_row *x = a;
    const sort_row *y = b;
    int difference = compare_keys(x, y);
    return difference != 0 ? difference : sign(x->at<y->at, x->at> y->at);
}

static leat_code keys_read(const leat_case_result *result,
                           const leat_case_line *line,
                           leat_arena *arena,
                           const leat_value **out,
                           leat_error *err)
{
    leat_case_row row;
    LEAT_TRY(leat_case_line_read(line, arena, &row, err));
    leat_value *keys = LEAT_ARENA_ARRAY(arena, leat_value, result->order_count);
    for (uint32_t i = 0; i < result->order_count; i++) {
        uint16_t column = result->orders[i].column;
        leat_type type = result->schema->fields[column].type;
        keys[i] = (leat_value){.type = type, .is_null = row.cells[column].is_null};
        if (!keys[i].is_null)
            LEAT_TRY(leat_value_parse(type, row.cells[column].text, arena, &keys[i], err));
    }
    *out = keys;
    return LEAT_OK;
}

leat_code leat_case_result_sort(leat_case_result *result, leat_error *err)
{
    size_t count = result->rows.count;
    leat_arena arena = {0};
    sort_row *rows = leat_alloc_zero(count, sizeof *rows);
    leat_code code = LEAT_OK;
    for (size_t i = 0; code == LEAT_OK && i < count; i++) {
        rows[i] = (sort_row){.result = result, .at = i, .line = result->rows.items[i]};
        code = keys_read(result, &rows[i].line, &arena, &rows[i].keys, err);
    }
    if (code == LEAT_OK && count > 0)
        qsort(rows, count, sizeof *rows, compare_rows);
    uint32_t peers = 0;
    for (size_t i = 0; code == LEAT_OK && i < count; i++) {
        peers += i == 0 || compare_keys(&rows[i - 1], &rows[i]) != 0;
        result->rows.items[i] = rows[i].line;
        result->rows.items[i].peers = peers;
    }
    leat_free(rows);
    leat_arena_fini(&arena);
    return code;
}
