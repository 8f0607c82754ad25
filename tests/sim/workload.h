/* SPDX-License-Identifier: Apache-2.0
 *
 * workload - what the simulated clusters compute: topologies over a deterministic source.
 *
 * Row i of a split is a function of (seed, source, split, i) alone, and can be read from a
 * virtual time on that is a function of i: a restored reader sees exactly what the lost one saw.
 * Of two topologies one is small and checked by an interpreter of its own, the other is a query
 * (queries.c) whose result must be that of an undisturbed run on one slot.
 */
#ifndef TESTS_SIM_WORKLOAD_H
#define TESTS_SIM_WORKLOAD_H

#include "common/base/blob.h"
#include "common/plan/physical.h"
#include "worker/connectors/base/connector.h"

typedef struct sim_workload {
    uint64_t seed;
    uint32_t split_count; /* per source */
    uint32_t row_count;   /* per split */
    uint32_t key_count;
    uint32_t pace_us; /* between rows of a split */
} sim_workload;

typedef struct sim_row {
    int64_t k;
    int64_t v;
    int64_t seq;      /* source, split and row in one number: unique */
    leat_time ts;     /* no two rows of a workload have the same one */
    int64_t u;        /* SIM_NULL: NULL */
    const char *name; /* NULL: NULL */
} sim_row;

#define SIM_NULL INT64_MIN

typedef enum sim_check {
    SIM_CHECK_ROWS,    /* the sink holds exactly these rows; per key and split in order */
    SIM_CHECK_CHANGES, /* a changelog of (k, n, s) that ends at the reference */
    SIM_CHECK_TABLE,   /* any changelog; folded, it is what an undisturbed run left */
} sim_check;

enum { SIM_SINKS_MAX = 2 };

typedef struct sim_sink {
    const char *path;
    sim_check check;
    /* The rows that this input row should lead to (ROWS without windows); see workload.c. */
    bool is_windowed;
    bool (*takes)(const sim_row *row);
    void (*print)(const sim_row *row, leat_buf *out);
} sim_sink;

typedef struct sim_topology {
    const char *name;
    const char *yaml;
    uint32_t source_count;
    uint32_t sink_count;
    sim_sink sinks[SIM_SINKS_MAX];

    /* Made once, when first used. */
    leat_arena arena;
    const leat_physical_plan *plan;
    leat_blob *blob;
    bool is_timeless; /* nothing in it waits for a watermark */
} sim_topology;

enum { SIM_SMALL_TOPOLOGY_COUNT = 6, SIM_WINDOW_US = 400 * 1000 };

/* The workload that sources read: one at a time. */
extern sim_workload sim_workload_now;

sim_row sim_workload_row(uint32_t source, uint32_t split, uint32_t at);
uint32_t sim_topology_count(void);
/* By its name; false: there is none. */
bool sim_topology_find(const char *name, uint32_t *out_index);
const sim_topology *sim_topology_get(uint32_t index);
void sim_topologies_free(void);

/* queries.c */
typedef struct sim_query {
    const char *name;
    const char *sql; /* over the tables a and b; every SELECT is a sink */
    /* The front ends do not make every operator yet: the rank in the query stands for this one. */
    leat_logical_kind stands_for; /* 0: for itself */
} sim_query;

extern const sim_query sim_queries[];
extern const uint32_t sim_query_count;
const leat_logical_plan *sim_query_plan(const sim_query *query, leat_arena *arena);
const leat_connectors *sim_workload_connectors(void);

#endif
