/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/workload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/hash.h"
#include "common/plan/rewrite.h"
#include "common/topology/topology.h"

sim_workload sim_workload_now;

enum { BASE_US = 1000 * 1000, JITTER_US = 20 * 1000, POLL_ROWS = 16 };

sim_row sim_workload_row(uint32_t source, uint32_t split, uint32_t at)
{
    uint32_t what[4] = {source, split, at, 0};
    uint64_t hash = leat_hash_seeded(sim_workload_now.seed, what, sizeof what);
    sim_row row = {
        .k = (int64_t)(hash % sim_workload_now.key_count),
        .v = (int64_t)((hash >> 32) % 100),
        .seq = (int64_t)source * 100000000 + (int64_t)split * 1000000 + at,
        .ts = BASE_US + (leat_time)at * sim_workload_now.pace_us +
              (leat_time)((hash >> 16) % JITTER_US),
    };
    return row;
}

/* ---- the source connector `sim` ---- */

struct leat_source_reader {
    uint32_t source;
    uint32_t split;
    uint32_t at;
    bool wanted[4];
};

static uint32_t config_source(const leat_connector_config *config)
{
    for (uint32_t i = 0; i < config->option_count; i++) {
        if (leat_bytes_equal(config->options[i].name, LEAT_BYTES("number")))
            return (uint32_t)(config->options[i].value.data[0] - '0');
    }
    return 0;
}

static leat_code sim_splits(const leat_connector_config *config, leat_buf *out, leat_error *err)
{
    (void)err;
    (void)config;
    for (uint32_t i = 0; i < sim_workload_now.split_count; i++) {
        leat_buf_print(out, "split-%u", i);
        leat_buf_add_char(out, '\0');
    }
    return LEAT_OK;
}

static leat_code sim_open(const leat_connector_config *config,
                          leat_bytes split,
                          leat_bytes position,
                          leat_source_reader **out_reader,
                          leat_error *err)
{
    (void)err;
    leat_source_reader *reader = LEAT_NEW(leat_source_reader);
    reader->source = config_source(config);
    char text[32] = "";
    memcpy(text, split.data, LEAT_MIN(split.size, sizeof text - 1));
    reader->split = (uint32_t)strtoul(text + strlen("split-"), NULL, 10);
    memset(text, 0, sizeof text);
    if (position.size > 0)
        memcpy(text, position.data, LEAT_MIN(position.size, sizeof text - 1));
    reader->at = (uint32_t)strtoul(text, NULL, 10);
    for (uint32_t i = 0; i < 4; i++)
        reader->wanted[i] = config->wanted == NULL || config->wanted[i];
    *out_reader = reader;
    return LEAT_OK;
}

static leat_code
sim_poll(leat_source_reader *reader, const leat_poll *poll, leat_builder *builder, leat_error *err)
{
    (void)err;
    uint32_t end = sim_workload_now.row_count;
    uint32_t most = LEAT_MIN(poll->max_rows, (uint32_t)POLL_ROWS);
    uint32_t made = 0;
    for (; made < most && reader->at < end; made++, reader->at++) {
        if (poll->now_us < BASE_US + (leat_time)reader->at * sim_workload_now.pace_us)
            break;
        sim_row row = sim_workload_row(reader->source, reader->split, reader->at);
        int64_t values[4] = {row.k, row.v, row.seq, row.ts};
        for (uint32_t i = 0; i < 4; i++) {
            if (reader->wanted[i])
                leat_builder_set_integer(builder, i, values[i]);
        }
        leat_builder_commit(builder, 1);
    }
    if (made > 0)
        return LEAT_OK;
    return reader->at >= end ? LEAT_END : LEAT_AGAIN;
}

static void sim_position(const leat_source_reader *reader, leat_buf *out)
{
    leat_buf_print(out, "%u", reader->at);
}

static void sim_close(leat_source_reader **reader)
{
    leat_free(*reader);
    *reader = NULL;
}

static void sim_check_nothing(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    (void)config, (void)diagnostics;
}

/* The sink connector `sim`: columns separated by commas. */
static void sim_encode(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    (void)config;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        for (uint32_t c = 0; c < rows->schema->field_count; c++) {
            const leat_column *column = &rows->columns[c];
            if (c > 0)
                leat_buf_add_char(out, ',');
            if (column->layout == LEAT_LAYOUT_VIEW) {
                leat_bytes text = leat_view_bytes(
                    &((const leat_view *)column->values)[column->is_constant ? 0 : at]);
                leat_buf_add(out, text.data, text.size);
            } else
                leat_buf_print(out, "%" PRId64, (int64_t)leat_column_integer(column, at));
        }
        leat_buf_add_char(out, '\n');
    }
}

void sim_workload_connectors(leat_connectors *out)
{
    static const leat_source_class source = {
        .name = "sim",
        .check = sim_check_nothing,
        .splits = sim_splits,
        .open_split = sim_open,
        .poll = sim_poll,
        .position = sim_position,
        .close = sim_close,
    };
    static const leat_sink_class sink = {
        .name = "sim", .kind = LEAT_SINK_FILE, .check = sim_check_nothing, .encode = sim_encode};
    *out = (leat_connectors){.source_count = 1, .sink_count = 1};
    out->sources[0] = &source;
    out->sinks[0] = &sink;
}

/* ---- topologies, each with what its sinks should hold ---- */

static bool takes_all(const sim_row *row)
{
    (void)row;
    return true;
}

static bool takes_large(const sim_row *row)
{
    return row->v > 30;
}

static bool takes_small(const sim_row *row)
{
    return row->v <= 30;
}

static void print_k_seq(const sim_row *row, leat_buf *out)
{
    leat_buf_print(out, "%" PRId64 ",%" PRId64 "\n", row->k, row->seq);
}

static void print_doubled(const sim_row *row, leat_buf *out)
{
    leat_buf_print(out, "%" PRId64 ",%" PRId64 ",%" PRId64 "\n", row->k, row->v * 2, row->seq);
}

#define SOURCE(name, number)                                                                       \
    "  " name ": {connector: sim, number: " number                                                 \
    ", schema: {k: bigint not null, v: bigint not null, seq: bigint not null, ts: timestamp not "  \
    "null},"                                                                                       \
    " event_time: {column: ts, watermark: 100ms}}\n"

static sim_topology topologies[SIM_TOPOLOGY_COUNT] = {
    {.name = "pass",
     .yaml = "version: 1\ntopology: pass\nsources:\n" SOURCE(
         "a", "0") "processors:\n  cut: {input: a, select: \"k, seq\"}\n"
                   "sinks:\n  out: {input: cut, connector: sim, path: out}\n",
     .source_count = 1,
     .sink_count = 1,
     .sinks = {{.path = "out", .takes = takes_all, .print = print_k_seq}}},
    {.name = "filter",
     .yaml = "version: 1\ntopology: filter\nsources:\n" SOURCE(
         "a", "0") "processors:\n  large: {input: a, where: \"v > 30\", select: \"k, v * 2 AS w, "
                   "seq\"}\n"
                   "sinks:\n  out: {input: large, connector: sim, path: out}\n",
     .source_count = 1,
     .sink_count = 1,
     .sinks = {{.path = "out", .takes = takes_large, .print = print_doubled}}},
    {.name = "count",
     .yaml = "version: 1\ntopology: count\nsources:\n" SOURCE(
         "a",
         "0") "processors:\n  per_key: {input: a, group_by: [k], aggregate: {n: \"count(*)\", s: "
              "\"sum(v)\"}}\n"
              "sinks:\n  out: {input: per_key, connector: sim, path: out, changes: log}\n",
     .source_count = 1,
     .sink_count = 1,
     .sinks = {{.path = "out", .check = SIM_CHECK_CHANGES, .takes = takes_all}}},
    {.name = "window",
     .yaml = "version: 1\ntopology: window\nsources:\n" SOURCE(
         "a", "0") "processors:\n  per_key: {input: a, group_by: [k], window: {tumble: 400ms}, "
                   "aggregate: {n: \"count(*)\", s: \"sum(v)\"}}\n"
                   "  cut: {input: per_key, select: \"window_start, k, n, s\"}\n"
                   "sinks:\n  out: {input: cut, connector: sim, path: out}\n",
     .source_count = 1,
     .sink_count = 1,
     .sinks = {{.path = "out", .is_windowed = true, .takes = takes_all}}},
    {.name = "route",
     .yaml = "version: 1\ntopology: route\nsources:\n" SOURCE(
         "a", "0") "processors:\n"
                   "  split: {input: a, route: [{when: \"v > 30\", to: large}, {to: rest}]}\n"
                   "  per_key: {input: split.large, group_by: [k], window: {tumble: 400ms}, "
                   "aggregate: {n: \"count(*)\", s: \"sum(v)\"}}\n"
                   "  cut: {input: per_key, select: \"window_start, k, n, s\"}\n"
                   "  small: {input: split.rest, select: \"k, seq\"}\n"
                   "sinks:\n  out: {input: cut, connector: sim, path: out}\n"
                   "  rest: {input: small, connector: sim, path: rest}\n",
     .source_count = 1,
     .sink_count = 2,
     .sinks = {{.path = "out", .is_windowed = true, .takes = takes_large},
               {.path = "rest", .takes = takes_small, .print = print_k_seq}}},
    {.name = "union",
     .yaml = "version: 1\ntopology: union\nsources:\n" SOURCE("a", "0") SOURCE(
         "b",
         "1") "processors:\n  per_key: {input: [a, b], group_by: [k], aggregate: {n: \"count(*)\", "
              "s: \"sum(v)\"}}\n"
              "sinks:\n  out: {input: per_key, connector: sim, path: out, changes: log}\n",
     .source_count = 2,
     .sink_count = 1,
     .sinks = {{.path = "out", .check = SIM_CHECK_CHANGES, .takes = takes_all}}},
};

static void topology_make(sim_topology *topology)
{
    leat_bytes source = leat_bytes_text(topology->yaml);
    leat_diagnostics diagnostics = {0};
    leat_diagnostics_init(&diagnostics, &topology->arena, topology->name, source);
    leat_variables variables = {0};
    const leat_logical_plan *logical =
        leat_topology_load(source, &variables, NULL, &topology->arena, &diagnostics);
    if (logical == NULL) {
        leat_buf text = {0};
        leat_diagnostics_print(&diagnostics, &text);
        fprintf(stderr, "sim: topology %s:\n%s", topology->name, leat_buf_text(&text));
        exit(14);
    }
    leat_diagnostics_fini(&diagnostics);
    logical = leat_rewrite(logical, &topology->arena);
    topology->plan = leat_physical_of(logical, &topology->arena);
    leat_buf wire = {0};
    leat_plan_encode(topology->plan, &wire);
    topology->blob = leat_blob_copy(leat_buf_bytes(&wire));
    leat_buf_fini(&wire);
}

const sim_topology *sim_topology_get(uint32_t index)
{
    sim_topology *topology = &topologies[index % SIM_TOPOLOGY_COUNT];
    if (topology->plan == NULL)
        topology_make(topology);
    return topology;
}

void sim_topologies_free(void)
{
    for (size_t i = 0; i < SIM_TOPOLOGY_COUNT; i++) {
        leat_blob_unref(&topologies[i].blob);
        leat_arena_fini(&topologies[i].arena);
        topologies[i].plan = NULL;
    }
}
