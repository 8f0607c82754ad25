/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/join.h"

#include "common/base/alloc.h"

leat_operator *leat_join_open(const leat_operator_args *args)
{
    switch (leat_args_node(args)->join->timing) {
    case LEAT_JOIN_REGULAR:
        return leat_join_regular_open(args);
    case LEAT_JOIN_INTERVAL:
    case LEAT_JOIN_WINDOW:
        return leat_join_bounded_open(args);
    case LEAT_JOIN_TEMPORAL:
        return leat_join_temporal_open(args);
    case LEAT_JOIN_LOOKUP:
        return leat_join_lookup_open(args);
    case LEAT_JOIN_ASOF:
        return leat_join_asof_open(args);
    case LEAT_JOIN_TIMING_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}

static bool side_is_outer(leat_join_kind kind, uint32_t side)
{
    if (kind == LEAT_JOIN_FULL)
        return true;
    return kind == (side == LEAT_JOIN_LEFT_SIDE ? LEAT_JOIN_LEFT : LEAT_JOIN_RIGHT);
}

static void side_init(leat_join_base *j, const leat_operator_args *args, uint32_t side)
{
    const leat_physical_operator *op = leat_args_operator(args);
    const leat_join *join = j->join;
    leat_join_side *s = &j->sides[side];
    bool is_left = side == LEAT_JOIN_LEFT_SIDE;
    leat_keyed_input_init(&s->input, is_left ? op->input : op->right,
                          is_left ? join->left_keys : join->right_keys, join->key_count,
                          args->row_capacity, &j->arena);
    s->input.null_keys = LEAT_ARENA_ARRAY(&j->arena, bool, join->key_count);
    for (uint32_t i = 0; i < join->key_count; i++)
        s->input.null_keys[i] = join->null_matches == NULL || !join->null_matches[i];
    s->table = leat_state_sorted_table(args->state, op->state + side);
    s->is_outer = side_is_outer(join->kind, side);
    s->counts_matches = s->is_outer || (j->is_filter && is_left);
    s->others = LEAT_ARENA_ARRAY(&j->arena, leat_bin *, args->row_capacity);
}

/* Left columns, then right ones. */
static const leat_schema *pair_schema(leat_join_base *j)
{
    const leat_schema *left = j->sides[0].input.format.schema;
    const leat_schema *right = j->sides[1].input.format.schema;
    uint32_t count = left->field_count + right->field_count;
    leat_field *fields = LEAT_ARENA_ARRAY(&j->arena, leat_field, count);
    memcpy(fields, left->fields, left->field_count * sizeof *fields);
    memcpy(fields + left->field_count, right->fields, right->field_count * sizeof *fields);
    return leat_schema_new(&j->arena, fields, count, -1);
}

static void test_init(leat_join_base *j, const leat_operator_args *args)
{
    leat_bound *residual = j->join->residual;
    const leat_schema *schema = pair_schema(j);
    const leat_program *program = leat_program_compile(&residual, 1, schema, &j->arena);
    leat_pair_test *test = &j->test;
    test->eval = leat_args_eval(args, program);
    leat_output_init(&test->output, schema, args->row_capacity, &j->arena);
    for (uint32_t side = 0; side < LEAT_JOIN_SIDES; side++)
        test->rows[side] = LEAT_ARENA_ARRAY(&j->arena, const char *, args->row_capacity);
    test->selected = LEAT_ARENA_ARRAY(&j->arena, uint32_t, args->row_capacity);
}

void leat_join_init(leat_join_base *join, const leat_operator_args *args)
{
    leat_join_base *j = join;
    const leat_logical_node *node = leat_args_node(args);
    j->join = node->join;
    j->is_filter = j->join->kind == LEAT_JOIN_SEMI || j->join->kind == LEAT_JOIN_ANTI;
    for (uint32_t side = 0; side < LEAT_JOIN_SIDES; side++)
        side_init(j, args, side);
    leat_pair_output_init(&j->pairs, &j->base, node->outputs[0].schema, args->row_capacity, false,
                          &j->arena);
    j->pairs.left = &j->sides[0].input.format;
    j->pairs.right = j->is_filter ? NULL : &j->sides[1].input.format;
    if (j->join->residual != NULL)
        test_init(j, args);
}

void leat_join_fini(leat_join_base *join)
{
    for (uint32_t side = 0; side < LEAT_JOIN_SIDES; side++) {
        leat_keyed_input_fini(&join->sides[side].input);
        leat_buf_fini(&join->sides[side].order);
    }
    leat_eval_free(&join->test.eval);
    leat_vec_fini(&join->matches);
    leat_arena_fini(&join->arena);
}

void leat_join_take(leat_join_base *join, uint32_t side, const leat_rows *rows)
{
    leat_join_side *own = &join->sides[side], *other = &join->sides[!side];
    join->base.counts.rows_in += rows->selected_count;
    leat_keyed_input_take(&own->input, rows, true);
    leat_keyed_input_bins(&own->input, own->table, true, own->input.bins);
    leat_keyed_input_bins(&own->input, other->table, false, own->others);
}

void leat_join_finish(leat_join_base *join, leat_emitter *out)
{
    leat_pair_output_flush(&join->pairs, out);
    for (uint32_t side = 0; side < LEAT_JOIN_SIDES; side++)
        leat_sorted_sweep(join->sides[side].table);
}

/* Test candidates [from, from + count); returns how many stay, moved to `kept`. */
static size_t test_chunk(
    leat_join_base *j, uint32_t side, const char *row, size_t from, size_t kept, leat_emitter *out)
{
    leat_pair_test *test = &j->test;
    uint32_t count = (uint32_t)LEAT_MIN(j->matches.count - from, (size_t)test->output.row_capacity);
    for (uint32_t i = 0; i < count; i++) {
        test->rows[side][i] = row;
        test->rows[!side][i] = leat_join_stored(j->matches.items[from + i]).data;
    }
    uint32_t left_columns = j->sides[0].input.format.schema->field_count;
    leat_stored_rows_read(&j->sides[0].input.format, test->rows[0], count, &test->output, 0);
    leat_stored_rows_read(&j->sides[1].input.format, test->rows[1], count, &test->output,
                          left_columns);
    leat_rows rows = leat_output_rows(&test->output, count, false);
    leat_eval_errors errors;
    uint32_t passed = leat_eval_filter(test->eval, &rows, test->selected, &errors);
    leat_operator_fail_rows(&j->base, out, &rows, &errors);
    for (uint32_t i = 0; i < passed; i++)
        j->matches.items[kept + i] = j->matches.items[from + test->selected[i]];
    return passed;
}

void leat_join_test(leat_join_base *join, uint32_t side, const char *row, leat_emitter *out)
{
    if (join->test.eval == NULL)
        return;
    size_t kept = 0;
    for (size_t from = 0; from < join->matches.count; from += join->test.output.row_capacity)
        kept += test_chunk(join, side, row, from, kept, out);
    join->matches.count = kept;
}

leat_entry *leat_join_insert(
    leat_join_base *join, uint32_t side, leat_bin *bin, leat_bytes order, leat_bytes row)
{
    static const leat_join_row one = {.count = 1};
    uint32_t size = (uint32_t)(sizeof one + row.size);
    leat_entry *entry = leat_bin_insert(join->sides[side].table, bin, order, size);
    memcpy(leat_entry_value(entry), &one, sizeof one);
    memcpy(leat_entry_value(entry) + sizeof one, row.data, row.size);
    return entry;
}

void leat_join_set_row(leat_join_base *join, uint32_t side, leat_entry *entry, leat_join_row row)
{
    leat_entry_touch(join->sides[side].table, entry);
    memcpy(leat_entry_value(entry), &row, sizeof row);
}

void leat_join_put(leat_join_base *join,
                   uint32_t side,
                   const char *own,
                   const char *other,
                   bool is_retract,
                   leat_emitter *out)
{
    bool is_left = side == LEAT_JOIN_LEFT_SIDE;
    leat_pair_output_add(&join->pairs, is_left ? own : other, is_left ? other : own,
                         is_retract ? LEAT_CHANGE_DELETE : LEAT_CHANGE_INSERT, out);
}
