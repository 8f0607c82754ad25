/* SPDX-License-Identifier: Apache-2.0
 *
 * A rewritten plan means what the written one means: both run in the slot world over the same
 * rows, under different schedules and numbers of slots, and must give the same lines.
 */
#include "common/plan/check.h"
#include "tests/support/slot_world.h"
#include "tests/unit/common/plan/plan_of.h"

#define TOPOLOGY(body)                                                                             \
    "version: 1\ntopology: t\nsources:\n"                                                          \
    "  s: {connector: rows, splits: 3, rows: 60, keys: 7, salt: 5, schema: {k: bigint, v: "        \
    "bigint, ts: timestamp}, event_time: {column: "                                                \
    "ts, watermark: 1s}}\n" body

static const char *const TOPOLOGIES[] = {
    TOPOLOGY("processors:\n"
             "  a: {input: s, select: \"k + 1 AS key, v * 2 AS w, ts\"}\n"
             "  b: {input: a, select: \"key, w + key AS x, w, ts\"}\n"
             "  c: {input: b, where: \"key > 3 and x % 3 = 0\", select: \"x, key\"}\n"
             "sinks:\n  out: {input: c, connector: lines, path: out}\n"),
    TOPOLOGY("processors:\n"
             "  a: {input: s, where: v % 2 = 0}\n"
             "  b: {input: a, group_by: \"k % 4 AS g\", window: {tumble: 10s}, aggregate: {n: "
             "count(*), mean: \"sum(v) / count(*)\"}, having: \"n > 1 and max(v) > 3\"}\n"
             "  c: {input: b, group_by: g, window: {tumble: 1m}, aggregate: {n: sum(n), rows: "
             "count(*)}}\n"
             "  d: {input: c, window: {tumble: 1m}, aggregate: {n: sum(n), groups: count(*)}}\n"
             "sinks:\n  out: {input: d, connector: lines, path: out}\n"
             "  mid: {input: c, connector: lines, path: mid}\n"),
    TOPOLOGY("  t: {connector: rows, splits: 3, rows: 60, keys: 7, salt: 5, schema: {k: bigint, v: "
             "bigint, ts: timestamp}, event_time: "
             "{column: ts, watermark: 1s}}\n"
             "processors:\n"
             "  r: {input: s, route: [{when: k = 1, to: one}, {when: k > 4, to: high}, {to: "
             "rest}]}\n"
             "  u: {input: [r.one, r.rest, t], group_by: k, window: {tumble: 5s}, aggregate: "
             "{n: count(*), total: sum(v)}}\n"
             "  f: {input: [s, t], where: v % 10 = 0, select: \"v, k\"}\n"
             "sinks:\n  out: {input: u, connector: lines, path: out}\n"
             "  high: {input: r.high, connector: lines, path: high}\n"
             "  both: {input: f, connector: lines, path: both}\n"),
};

static const char *const PATHS[] = {"out", "mid", "high", "both"};

static int line_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What the plan writes, sorted, as one text. */
static void run(const leat_logical_plan *logical, uint64_t seed, leat_arena *arena, leat_buf *out)
{
    leat_error error = {0};
    const leat_physical_plan *plan = leat_physical_of(logical, arena);
    cr_assert_eq(leat_plan_check(plan, &error), LEAT_OK, "%s", error.text);
    slot_world_args args = {.plan = plan,
                            .slot_count = 1 + (uint32_t)(seed % 3),
                            .key_group_count = 16,
                            .seed = seed,
                            .split_count = 3,
                            .row_count = 60,
                            .key_count = 7};
    slot_world *world = slot_world_new(&args);
    slot_world_finish(world);
    cr_assert(slot_world_has_finished(world), "%s", slot_world_failure(world));
    for (size_t i = 0; i < LEAT_COUNT_OF(PATHS); i++) {
        slot_world_lines lines = slot_world_read(world, PATHS[i]);
        if (lines.count > 1)
            qsort(lines.items, lines.count, sizeof *lines.items, line_compare);
        leat_buf_print(out, "%s: %zu\n", PATHS[i], lines.count);
        LEAT_VEC_EACH (line, &lines)
            leat_buf_print(out, "%s\n", *line);
        slot_world_lines_fini(&lines);
    }
    slot_world_free(&world);
}

Test(rewrite, a_rewritten_plan_gives_what_the_written_one_gives)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(TOPOLOGIES); i++) {
        leat_arena arena = {0};
        leat_buf expected = {0};
        const leat_logical_plan *written = plan_of(TOPOLOGIES[i], &arena);
        const leat_logical_plan *rewritten = leat_rewrite(written, &arena);
        run(written, 1, &arena, &expected);
        cr_assert_gt(expected.size, 200, "%s", leat_buf_text(&expected));
        for (uint64_t seed = 2; seed < 6; seed++) {
            leat_buf got = {0};
            run(rewritten, seed, &arena, &got);
            cr_assert_str_eq(leat_buf_text(&got), leat_buf_text(&expected), "topology %zu", i);
            leat_buf_fini(&got);
        }
        leat_buf_fini(&expected);
        leat_arena_fini(&arena);
    }
}

Test(rewrite, rewriting_twice_changes_nothing_more)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(TOPOLOGIES); i++) {
        leat_arena arena = {0};
        leat_buf once = {0};
        leat_buf twice = {0};
        const leat_logical_plan *plan = leat_rewrite(plan_of(TOPOLOGIES[i], &arena), &arena);
        leat_logical_print(plan, &once);
        leat_logical_print(leat_rewrite(plan, &arena), &twice);

        cr_assert_str_eq(leat_buf_text(&twice), leat_buf_text(&once));
        leat_buf_fini(&once);
        leat_buf_fini(&twice);
        leat_arena_fini(&arena);
    }
}

Test(rewrite, what_keeps_state_keeps_its_id)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(TOPOLOGIES); i++) {
        leat_arena arena = {0};
        const leat_logical_plan *written = plan_of(TOPOLOGIES[i], &arena);
        const leat_logical_plan *rewritten = leat_rewrite(written, &arena);
        for (uint32_t j = 0; j < written->node_count; j++) {
            const leat_logical_node *node = &written->nodes[j];
            bool keeps_state = node->kind == LEAT_LOGICAL_SOURCE ||
                               node->kind == LEAT_LOGICAL_SINK ||
                               node->kind == LEAT_LOGICAL_AGGREGATE;
            uint32_t found = 0;
            for (uint32_t n = 0; n < rewritten->node_count; n++)
                found += leat_bytes_equal(rewritten->nodes[n].operator_id, node->operator_id);
            cr_assert(!keeps_state || found == 1, "%.*s", LEAT_FMT(node->operator_id));
        }
        leat_arena_fini(&arena);
    }
}
