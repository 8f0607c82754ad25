/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/workload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/hash.h"
#include "common/base/vec.h"
#include "common/columns/value.h"
#include "common/plan/rewrite.h"
#include "common/topology/topology.h"

sim_workload sim_workload_now;

enum {
    BASE_US = 1000 * 1000,
    JITTER_US = 20 * 1000,
    POLL_ROWS = 16,
    COLUMNS = 6,
    KEYS = 8, /* of a split of a table that changes */
};

/* Unique in the low bits: the rows that may meet are less than 16 of each of 4 splits of 2 sources.
 */
static leat_time row_time(uint32_t source, uint32_t split, uint32_t at, uint64_t hash)
{
    leat_time about =
        BASE_US + (leat_time)at * sim_workload_now.pace_us + (leat_time)((hash >> 16) % JITTER_US);
    return (about & ~INT64_C(127)) | (leat_time)(at % 16 << 3 | (source & 1) << 2 | (split & 3));
}

sim_row sim_workload_row(uint32_t source, uint32_t split, uint32_t at)
{
    uint32_t what[4] = {source, split, at, 0};
    uint64_t hash = leat_hash_seeded(sim_workload_now.seed, what, sizeof what);
    static const char *const names[] = {NULL, "", "short", "a name that does not fit into a view"};
    sim_row row = {
        .k = (int64_t)(hash % sim_workload_now.key_count),
        .v = (int64_t)((hash >> 32) % 100),
        .seq = (int64_t)source * 100000000 + (int64_t)split * 1000000 + at,
        .ts = row_time(source, split, at, hash),
        .u = (hash >> 40) % 6 == 0 ? SIM_NULL : (int64_t)((hash >> 48) % 9),
        .name = names[(hash >> 44) % LEAT_COUNT_OF(names)],
    };
    return row;
}

/* ---- the source connector `sim` ---- */

struct leat_source_reader {
    uint32_t source;
    uint32_t split;
    uint32_t at;
    uint32_t column_count;
    bool wanted[COLUMNS];
    leat_change_mode shape;
    uint32_t alive[KEYS]; /* of a table that changes: the row that a key has now, + 1; 0 = none */
};

static uint32_t config_source(const leat_connector_config *config)
{
    for (uint32_t i = 0; i < config->option_count; i++) {
        if (leat_bytes_equal(config->options[i].name, LEAT_BYTES("number")))
            return (uint32_t)(config->options[i].value.data[0] - '0');
    }
    return 0;
}

static leat_change_mode config_shape(const leat_connector_config *config)
{
    for (uint32_t i = 0; i < config->option_count; i++) {
        if (leat_bytes_equal(config->options[i].name, LEAT_BYTES("shape")))
            return leat_bytes_equal(config->options[i].value, LEAT_BYTES("upsert"))
                       ? LEAT_CHANGES_UPSERT
                       : LEAT_CHANGES_RETRACT;
    }
    return LEAT_CHANGES_APPEND;
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

static void pass_change(leat_source_reader *reader, uint32_t at);

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
    reader->column_count = LEAT_MIN(config->schema->field_count, (uint32_t)COLUMNS);
    for (uint32_t i = 0; i < reader->column_count; i++)
        reader->wanted[i] = config->wanted == NULL || config->wanted[i];
    reader->shape = config_shape(config);
    for (uint32_t i = 0; i < reader->at && reader->shape != LEAT_CHANGES_APPEND; i++)
        pass_change(reader, i);
    *out_reader = reader;
    return LEAT_OK;
}

/* Columns that nobody wants stay NULL. */
static void put_row(const leat_source_reader *reader, const sim_row *row, leat_builder *builder)
{
    int64_t values[COLUMNS] = {row->k, row->v, row->seq, row->ts, row->u};
    for (uint32_t i = 0; i < reader->column_count; i++) {
        if (!reader->wanted[i])
            continue;
        if (i == COLUMNS - 1 && row->name != NULL)
            leat_builder_set_text(builder, i, leat_bytes_text(row->name));
        else if (i == COLUMNS - 1 || values[i] == SIM_NULL)
            leat_builder_set_null(builder, i);
        else
            leat_builder_set_integer(builder, i, values[i]);
    }
    leat_builder_commit(builder, 1);
}

/* ---- a table that changes: row `at` inserts, replaces or takes back the row of its key ---- */

static uint32_t changing_key(const leat_source_reader *reader, uint32_t at)
{
    return (uint32_t)sim_workload_row(reader->source, reader->split, at).v % KEYS;
}

static void put_change(const leat_source_reader *reader,
                       uint32_t at,
                       uint32_t key,
                       leat_change change,
                       leat_builder *builder)
{
    sim_row row = sim_workload_row(reader->source, reader->split, at);
    row.seq = (int64_t)reader->split * 1000 + key;
    leat_builder_set_change(builder, change);
    put_row(reader, &row, builder);
}

/* True, and the key's row afterwards, when it is taken back now. */
static bool takes_back(const leat_source_reader *reader, uint32_t at, uint32_t key)
{
    bool is_alive = reader->alive[key] != 0;
    return is_alive && sim_workload_row(reader->source, reader->split, at).k % 4 == 0;
}

static void put_changes(leat_source_reader *reader, leat_builder *builder)
{
    uint32_t at = reader->at;
    uint32_t key = changing_key(reader, at);
    uint32_t before = reader->alive[key];
    bool names_old = reader->shape == LEAT_CHANGES_RETRACT;
    if (takes_back(reader, at, key))
        put_change(reader, before - 1, key, LEAT_CHANGE_DELETE, builder);
    else if (before == 0)
        put_change(reader, at, key, LEAT_CHANGE_INSERT, builder);
    else {
        if (names_old)
            put_change(reader, before - 1, key, LEAT_CHANGE_UPDATE_BEFORE, builder);
        put_change(reader, at, key, LEAT_CHANGE_UPDATE_AFTER, builder);
    }
}

static void pass_change(leat_source_reader *reader, uint32_t at)
{
    uint32_t key = changing_key(reader, at);
    reader->alive[key] = takes_back(reader, at, key) ? 0 : at + 1;
}

static leat_code
sim_poll(leat_source_reader *reader, const leat_poll *poll, leat_builder *builder, leat_error *err)
{
    (void)err;
    uint32_t end = sim_workload_now.row_count;
    bool is_changing = reader->shape != LEAT_CHANGES_APPEND; /* then a row may be two */
    uint32_t most =
        LEAT_MIN(is_changing ? poll->max_rows / 2 : poll->max_rows, (uint32_t)POLL_ROWS);
    uint32_t made = 0;
    for (; made < most && reader->at < end; made++, reader->at++) {
        if (poll->now_us < BASE_US + (leat_time)reader->at * sim_workload_now.pace_us)
            break;
        sim_row row = sim_workload_row(reader->source, reader->split, reader->at);
        if (reader->shape == LEAT_CHANGES_APPEND) {
            put_row(reader, &row, builder);
            continue;
        }
        put_changes(reader, builder);
        pass_change(reader, reader->at);
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

/* The sink connector `sim_changes`: "+I", then a value and '|' per column. */
static void
encode_changes(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    (void)config;
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        leat_change change = rows->changes == NULL ? LEAT_CHANGE_INSERT : rows->changes[at];
        leat_buf_add_text(out, leat_change_text(change));
        for (uint32_t c = 0; c < rows->schema->field_count; c++) {
            leat_value value = leat_column_value(&rows->columns[c], at);
            leat_buf_add_char(out, c == 0 ? ' ' : '|');
            if (value.is_null)
                leat_buf_add_text(out, "null");
            else
                leat_value_print(&value, out);
        }
        leat_buf_add_char(out, '\n');
    }
}

const leat_connectors *sim_workload_connectors(void)
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
    static const leat_sink_class changes = {.name = "sim_changes",
                                            .kind = LEAT_SINK_FILE,
                                            .check = sim_check_nothing,
                                            .encode = encode_changes};
    static leat_connectors all;
    all = (leat_connectors){0};
    leat_connectors_add_source(&all, &source);
    leat_connectors_add_sink(&all, &sink);
    leat_connectors_add_sink(&all, &changes);
    return &all;
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

static sim_topology small_ones[SIM_SMALL_TOPOLOGY_COUNT] = {
    {.name = "pass",
     .yaml = "version: 1\ntopology: pass\nsources:\n" SOURCE(
         "a", "0") "processors:\n  cut: {input: a, select: \"k, seq\"}\n"
                   "sinks:\n  out: {input: cut, connector: sim, path: pass/out}\n",
     .source_count = 1,
     .sink_count = 1,
     .sinks = {{.path = "pass/out", .takes = takes_all, .print = print_k_seq}}},
    {.name = "filter",
     .yaml = "version: 1\ntopology: filter\nsources:\n" SOURCE(
         "a", "0") "processors:\n  large: {input: a, where: \"v > 30\", select: \"k, v * 2 AS w, "
                   "seq\"}\n"
                   "sinks:\n  out: {input: large, connector: sim, path: filter/out}\n",
     .source_count = 1,
     .sink_count = 1,
     .sinks = {{.path = "filter/out", .takes = takes_large, .print = print_doubled}}},
    {.name = "count",
     .yaml = "version: 1\ntopology: count\nsources:\n" SOURCE(
         "a",
         "0") "processors:\n  per_key: {input: a, group_by: [k], aggregate: {n: \"count(*)\", s: "
              "\"sum(v)\"}}\n"
              "sinks:\n  out: {input: per_key, connector: sim, path: count/out, changes: log}\n",
     .source_count = 1,
     .sink_count = 1,
     .sinks = {{.path = "count/out", .check = SIM_CHECK_CHANGES, .takes = takes_all}}},
    {.name = "window",
     .yaml = "version: 1\ntopology: window\nsources:\n" SOURCE(
         "a", "0") "processors:\n  per_key: {input: a, group_by: [k], window: {tumble: 400ms}, "
                   "aggregate: {n: \"count(*)\", s: \"sum(v)\"}}\n"
                   "  cut: {input: per_key, select: \"window_start, k, n, s\"}\n"
                   "sinks:\n  out: {input: cut, connector: sim, path: window/out}\n",
     .source_count = 1,
     .sink_count = 1,
     .sinks = {{.path = "window/out", .is_windowed = true, .takes = takes_all}}},
    {.name = "route",
     .yaml = "version: 1\ntopology: route\nsources:\n" SOURCE(
         "a", "0") "processors:\n"
                   "  split: {input: a, route: [{when: \"v > 30\", to: large}, {to: rest}]}\n"
                   "  per_key: {input: split.large, group_by: [k], window: {tumble: 400ms}, "
                   "aggregate: {n: \"count(*)\", s: \"sum(v)\"}}\n"
                   "  cut: {input: per_key, select: \"window_start, k, n, s\"}\n"
                   "  small: {input: split.rest, select: \"k, seq\"}\n"
                   "sinks:\n  out: {input: cut, connector: sim, path: route/out}\n"
                   "  rest: {input: small, connector: sim, path: route/rest}\n",
     .source_count = 1,
     .sink_count = 2,
     .sinks = {{.path = "route/out", .is_windowed = true, .takes = takes_large},
               {.path = "route/rest", .takes = takes_small, .print = print_k_seq}}},
    {.name = "union",
     .yaml = "version: 1\ntopology: union\nsources:\n" SOURCE("a", "0") SOURCE(
         "b",
         "1") "processors:\n  per_key: {input: [a, b], group_by: [k], aggregate: {n: \"count(*)\", "
              "s: \"sum(v)\"}}\n"
              "sinks:\n  out: {input: per_key, connector: sim, path: union/out, changes: log}\n",
     .source_count = 2,
     .sink_count = 1,
     .sinks = {{.path = "union/out", .check = SIM_CHECK_CHANGES, .takes = takes_all}}},
};

static const leat_logical_plan *load(sim_topology *topology)
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
    return leat_rewrite(logical, &topology->arena);
}

static bool waits_for_watermark(const leat_logical_node *node)
{
    bool is_bounded_join =
        node->kind == LEAT_LOGICAL_JOIN && node->join->timing != LEAT_JOIN_REGULAR &&
        node->join->timing != LEAT_JOIN_ASOF && node->join->timing != LEAT_JOIN_LOOKUP;
    return node->window.kind != LEAT_WINDOW_NONE || node->kind == LEAT_LOGICAL_WINDOW ||
           node->kind == LEAT_LOGICAL_SORT || is_bounded_join ||
           (node->kind == LEAT_LOGICAL_OVER && node->over->is_by_watermark) ||
           (node->kind == LEAT_LOGICAL_TOP_N && node->top->window_end >= 0) ||
           (node->kind == LEAT_LOGICAL_DEDUPLICATE && node->dedup->window_end >= 0);
}

static void topology_make(sim_topology *topology, const leat_logical_plan *logical)
{
    topology->plan = leat_physical_of(logical, &topology->arena);
    topology->is_timeless = true;
    for (uint32_t i = 0; i < logical->node_count; i++)
        topology->is_timeless &= !waits_for_watermark(&logical->nodes[i]);
    leat_buf wire = {0};
    leat_plan_encode(topology->plan, &wire);
    topology->blob = leat_blob_copy(leat_buf_bytes(&wire));
    leat_buf_fini(&wire);
}

/* Of a query: what there is to know of it is in its plan. */
static void describe(sim_topology *topology, const sim_query *query)
{
    *topology = (sim_topology){.name = query->name};
    const leat_logical_plan *logical = sim_query_plan(query, &topology->arena);
    for (uint32_t i = 0; i < logical->node_count; i++) {
        topology->source_count += logical->nodes[i].kind == LEAT_LOGICAL_SOURCE;
        if (logical->nodes[i].kind != LEAT_LOGICAL_SINK)
            continue;
        LEAT_ASSERT(topology->sink_count < SIM_SINKS_MAX);
        topology->sinks[topology->sink_count++] = (sim_sink){
            .path = leat_arena_text(&topology->arena, logical->nodes[i].options[0].value),
            .check = SIM_CHECK_TABLE};
    }
    topology_make(topology, logical);
}

static LEAT_VEC(sim_topology) queries; /* of sim_queries, in their order */

uint32_t sim_topology_count(void)
{
    return SIM_SMALL_TOPOLOGY_COUNT + sim_query_count;
}

bool sim_topology_find(const char *name, uint32_t *out_index)
{
    for (uint32_t i = 0; i < sim_topology_count(); i++) {
        bool is_small = i < SIM_SMALL_TOPOLOGY_COUNT;
        const char *one =
            is_small ? small_ones[i].name : sim_queries[i - SIM_SMALL_TOPOLOGY_COUNT].name;
        if (strcmp(one, name) != 0)
            continue;
        *out_index = i;
        return true;
    }
    return false;
}

const sim_topology *sim_topology_get(uint32_t index)
{
    if (index < SIM_SMALL_TOPOLOGY_COUNT) {
        if (small_ones[index].plan == NULL)
            topology_make(&small_ones[index], load(&small_ones[index]));
        return &small_ones[index];
    }
    while (queries.count < sim_query_count) /* all at once: they must not move */
        leat_vec_push(&queries, (sim_topology){0});
    index -= SIM_SMALL_TOPOLOGY_COUNT;
    if (queries.items[index].plan == NULL)
        describe(&queries.items[index], &sim_queries[index]);
    return &queries.items[index];
}

static void topology_drop(sim_topology *topology)
{
    leat_blob_unref(&topology->blob);
    leat_arena_fini(&topology->arena);
    topology->plan = NULL;
}

void sim_topologies_free(void)
{
    for (size_t i = 0; i < SIM_SMALL_TOPOLOGY_COUNT; i++)
        topology_drop(&small_ones[i]);
    LEAT_VEC_EACH (one, &queries)
        topology_drop(one);
    leat_vec_fini(&queries);
}
