/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/runner.h"

#include "cli/case/case_plan.h"
#include "cli/case/cluster.h"
#include "cli/case/compare.h"
#include "cli/case/feed.h"
#include "cli/case/world.h"
#include "common/base/mark.h"
#include "worker/connectors/generator/sequence.h"

enum { KEY_GROUPS = 32, CLUSTER_KEY_GROUPS = 8 };

/* One case being run. */
typedef struct run {
    const leat_case *one;
    const leat_case_options *options;
    leat_case_outcome *outcome;
    const leat_physical_plan *plan;
    leat_case_feed *feed;
    leat_case_world *world;     /* or, with faults */
    leat_case_cluster *cluster; /* this */
    uint32_t slot_count;
    leat_time now_us;  /* processing time */
    int64_t ttl_us;    /* the shortest of the plan; 0: nothing is forgotten */
    bool was_restored; /* as `restore_after_op` asks */
    leat_error *err;
} run;

/* ------------------------------------------------------------------ opening */

static uint32_t key_group_count(const run *r, uint32_t least)
{
    return LEAT_MAX(least, r->options->parallelism);
}

static leat_code open_world(run *r, const leat_connectors *connectors)
{
    leat_case_world_args args = {.plan = r->plan,
                                 .connectors = connectors,
                                 .slot_count = r->slot_count,
                                 .key_group_count = key_group_count(r, KEY_GROUPS),
                                 .seed = r->options->seed};
    LEAT_TRY(leat_case_world_open(&args, &r->world, r->err));
    r->now_us = leat_case_feed_clock_us(r->feed, UINT32_MAX);
    leat_case_world_set_clock(r->world, r->now_us);
    return leat_case_world_settle(r->world, r->err);
}

static leat_code open_cluster(run *r, const leat_connectors *connectors)
{
    leat_case_cluster_args args = {.plan = r->plan,
                                   .connectors = connectors,
                                   .feed = r->feed,
                                   .parallelism = r->slot_count,
                                   .key_group_count = key_group_count(r, CLUSTER_KEY_GROUPS),
                                   .seed = r->options->seed,
                                   .restore_after_op = r->one->restore_after_op,
                                   .forgets = r->ttl_us > 0};
    r->cluster = leat_case_cluster_new(&args);
    return LEAT_OK;
}

static leat_code open_job(run *r)
{
    static leat_connectors connectors;
    connectors = (leat_connectors){0};
    leat_connectors_add_source(&connectors, &leat_case_source);
    leat_connectors_add_source(&connectors, &leat_sequence_source);
    leat_connectors_add_sink(&connectors, &leat_case_sink);
    leat_arena *arena = &r->outcome->arena;
    const leat_logical_plan *logical;
    LEAT_TRY(leat_case_plan(r->one, r->options, arena, &logical, &r->outcome->reason, r->err));
    LEAT_TRY(leat_case_feed_new(r->one, logical, &r->feed, r->err));
    r->plan = leat_case_plan_connect(logical, r->feed, arena);
    for (uint32_t i = 0; i < logical->node_count; i++)
        if (logical->nodes[i].state_ttl_us > 0 &&
            (r->ttl_us == 0 || logical->nodes[i].state_ttl_us < r->ttl_us))
            r->ttl_us = logical->nodes[i].state_ttl_us;
    return r->options->has_faults ? open_cluster(r, &connectors) : open_world(r, &connectors);
}

/* ------------------------------------------------------------------ feeding */

/* Come back from the last completed epoch; say which arrival is next. */
static leat_code restore(run *r, uint32_t slot_count, uint32_t *out_next)
{
    leat_case_feed_suspend(r->feed);
    LEAT_TRY(leat_case_world_crash(r->world, slot_count, r->err));
    LEAT_TRY(leat_case_world_settle(r->world, r->err));
    *out_next = leat_case_feed_resume(r->feed);
    return LEAT_OK;
}

static bool is_restore_point(const run *r, uint32_t next)
{
    if (r->was_restored || r->one->restore_after_op == 0 || next == 0)
        return false;
    return leat_case_feed_op(r->feed, next - 1) >= r->one->restore_after_op;
}

/* State is forgotten by epochs, so one ends before and one after a time that matters to it. */
static leat_code pass_time(run *r, leat_time now_us)
{
    bool is_long = now_us - r->now_us >= r->ttl_us / 2;
    if (is_long && r->ttl_us > 0)
        LEAT_TRY(leat_case_world_complete_epoch(r->world, r->err));
    leat_case_world_set_clock(r->world, now_us);
    r->now_us = now_us;
    return is_long && r->ttl_us > 0 ? leat_case_world_complete_epoch(r->world, r->err) : LEAT_OK;
}

static leat_code feed_all(run *r)
{
    uint32_t count = leat_case_feed_count(r->feed);
    for (uint32_t next = 0; next < count;) {
        LEAT_TRY(pass_time(r, leat_case_feed_clock_us(r->feed, next)));
        while (leat_case_feed_release(r->feed, next++) && next < count)
            continue;
        LEAT_TRY(leat_case_world_settle(r->world, r->err));
        if (!is_restore_point(r, next))
            continue;
        r->was_restored = true;
        LEAT_MARK(case_restored);
        LEAT_TRY(leat_case_world_complete_epoch(r->world, r->err));
        LEAT_TRY(restore(r, r->slot_count, &next));
    }
    return LEAT_OK;
}

static leat_code feed_and_finish(run *r)
{
    if (r->cluster != NULL)
        return leat_case_cluster_run(r->cluster, r->err);
    LEAT_TRY(feed_all(r));
    leat_case_feed_end(r->feed);
    return leat_case_world_finish(r->world, r->err);
}

/* ------------------------------------------------------------------ judging */

/* The sink operator of that name, or the only one; NULL when there is none or several. */
static const leat_physical_operator *sink_find(const run *r, leat_bytes name)
{
    const leat_physical_operator *found = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < r->plan->operator_count; i++) {
        const leat_physical_operator *one = &r->plan->operators[i];
        const leat_logical_node *node = &r->plan->logical->nodes[one->logical];
        if (one->kind != LEAT_PHYSICAL_SINK ||
            (name.size > 0 && !leat_bytes_equal(node->name, name)))
            continue;
        found = one;
        count++;
    }
    return count == 1 ? found : NULL;
}

static leat_code take_result(run *r, const leat_case_expectation *expected)
{
    leat_case_result *result = leat_vec_add(&r->outcome->results);
    const leat_physical_operator *sink = sink_find(r, expected->sink);
    if (sink == NULL && expected->sink.size > 0)
        return leat_fail(r->err, LEAT_INVALID, "there is no sink `%.*s`", LEAT_FMT(expected->sink));
    if (sink == NULL)
        return leat_fail(r->err, LEAT_INVALID, "there are several sinks: say which is meant");
    const leat_logical_plan *logical = r->plan->logical;
    const leat_logical_node *node = &logical->nodes[sink->logical];
    const leat_logical_input *from = &node->inputs[0];
    const leat_logical_output *input = &logical->nodes[from->node].outputs[from->output];
    result->sink = node->name;
    result->schema = sink->input;
    result->is_upsert = input->changes == LEAT_CHANGES_UPSERT;
    result->key_count = input->upsert_key_count;
    result->keys = input->upsert_keys;
    result->order_count = node->order_count;
    result->orders = node->orders;
    const char *folder = leat_arena_text(&r->outcome->arena, result->sink);
    if (r->cluster != NULL)
        leat_case_cluster_read(r->cluster, folder, &result->text);
    else
        leat_case_world_read(r->world, folder, &result->text);
    return leat_case_result_fold(result, r->err);
}

static leat_code judge(run *r)
{
    bool is_judged = false;
    bool is_equal = true;
    for (uint32_t i = 0; i < r->one->expectation_count; i++) {
        const leat_case_expectation *expected = &r->one->expectations[i];
        LEAT_TRY(take_result(r, expected));
        const leat_case_result *result = &r->outcome->results.items[i];
        bool is_one_equal = true;
        if (expected->has_rows)
            LEAT_TRY(leat_case_compare(r->one, expected, result, &is_one_equal, &r->outcome->reason,
                                       r->err));
        else
            is_one_equal = leat_case_compare_sum(expected, result, &r->outcome->reason);
        is_judged |= expected->has_rows || expected->sha256.size > 0;
        is_equal &= is_one_equal;
    }
    if (!is_equal)
        r->outcome->status = LEAT_CASE_FAIL;
    else
        r->outcome->status = is_judged ? LEAT_CASE_PASS : LEAT_CASE_DONE;
    return LEAT_OK;
}

void leat_case_run(const leat_case *one,
                   const leat_case_options *options,
                   leat_case_outcome *out_outcome)
{
    leat_error err = {0};
    *out_outcome = (leat_case_outcome){.status = LEAT_CASE_ERROR};
    run r = {.one = one, .options = options, .outcome = out_outcome, .err = &err};
    r.slot_count = LEAT_MAX(options->parallelism, 1U);
    leat_code code = open_job(&r);
    if (code == LEAT_OK)
        code = feed_and_finish(&r);
    if (code == LEAT_OK)
        code = judge(&r);
    if (code != LEAT_OK) {
        char text[LEAT_ERROR_TEXT_MAX + LEAT_ERROR_FRAMES_MAX * LEAT_ERROR_FRAME_MAX];
        leat_error_print(&err, text, sizeof text);
        leat_buf said = {0};
        leat_buf_print(&said, "%s\n", text);
        leat_buf_add(&said, out_outcome->reason.data, out_outcome->reason.size);
        leat_buf_fini(&out_outcome->reason);
        out_outcome->reason = said;
        out_outcome->status = LEAT_CASE_ERROR;
    }
    leat_case_world_close(&r.world);
    leat_case_cluster_free(&r.cluster);
    leat_case_feed_free(&r.feed);
}

void leat_case_outcome_fini(leat_case_outcome *outcome)
{
    LEAT_VEC_EACH (result, &outcome->results)
        leat_case_result_fini(result);
    leat_vec_fini(&outcome->results);
    leat_buf_fini(&outcome->reason);
    leat_arena_fini(&outcome->arena);
}
