/* SPDX-License-Identifier: Apache-2.0
 *
 * workload - what the simulated clusters compute: a few topologies over a deterministic source.
 *
 * Row i of a split is a function of (seed, source, split, i) alone, and can be read from a
 * virtual time on that is a function of i: a restored reader sees exactly what the lost one saw.
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
    int64_t seq; /* source, split and row in one number: unique */
    leat_time ts;
} sim_row;

typedef enum sim_check {
    SIM_CHECK_ROWS,    /* the sink holds exactly these rows; per key and split in order */
    SIM_CHECK_CHANGES, /* a changelog of (k, n, s) that ends at the reference */
} sim_check;

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
    sim_sink sinks[2];

    /* Made once, when first used. */
    leat_arena arena;
    const leat_physical_plan *plan;
    leat_blob *blob;
} sim_topology;

enum { SIM_TOPOLOGY_COUNT = 6, SIM_WINDOW_US = 400 * 1000 };

/* The workload that sources read: one at a time. */
extern sim_workload sim_workload_now;

sim_row sim_workload_row(uint32_t source, uint32_t split, uint32_t at);
const sim_topology *sim_topology_get(uint32_t index);
void sim_topologies_free(void);
void sim_workload_connectors(leat_connectors *out);

#endif
