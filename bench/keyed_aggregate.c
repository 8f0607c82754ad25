/* SPDX-License-Identifier: Apache-2.0
 *
 * keyed_aggregate - rows a second through count(*) and sum(v) by one bigint key.
 *
 *   bench_keyed_aggregate [KEYS [REFERENCE [windowed | running]]]
 *
 * Columns lie in memory; batches of 4096 rows go through the operator as exec would hand them,
 * dirty tracking on. Once per pass the state is frozen and gathered, as at an epoch, and that
 * time counts. REFERENCE is the figure of a bare loop in the same unit, to print a ratio.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/alloc.h"
#include "common/base/prng.h"
#include "common/topology/topology.h"
#include "worker/operators/operator.h"
#include "worker/operators/plan_state.h"

enum { ROWS = 8 << 20, BATCH = 4096, PASSES = 9, KEY_GROUPS = 256 };

static const char topology[] = "version: 1\n"
                               "topology: bench\n"
                               "sources:\n"
                               "  in:\n"
                               "    connector: file\n"
                               "    path: in\n"
                               "    format: json\n"
                               "    schema: {k: bigint not null, v: bigint not null, ts: timestamp "
                               "not null}\n"
                               "    event_time: {column: ts, watermark: 1s}\n"
                               "processors:\n"
                               "  windowed: {input: in, group_by: [k], window: {tumble: 1h}, "
                               "aggregate: {n: \"count(*)\", total: \"sum(v)\"}}\n"
                               "  running: {input: in, group_by: [k], aggregate: {n: "
                               "\"count(*)\", total: \"sum(v)\"}}\n"
                               "sinks:\n"
                               "  a: {input: windowed, connector: print}\n"
                               "  b: {input: running, connector: print, changes: log}\n";

typedef struct bench {
    leat_emitter emitter; /* first */
    const leat_physical_plan *plan;
    leat_state *state;
    leat_operator *op;
    const leat_schema *schema;
    int64_t *columns[3];
    uint64_t emitted;
    uint64_t gathered_bytes;
    uint64_t epoch;
} bench;

/* Processor time: the machine may be busy with others. */
static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void count_emitted(leat_emitter *self, uint32_t output, const leat_rows *rows)
{
    (void)output;
    ((bench *)self)->emitted += rows->selected_count;
}

static void count_failed(leat_emitter *self, const leat_rows *rows, const leat_eval_errors *errors)
{
    (void)self;
    (void)rows;
    (void)errors;
    fprintf(stderr, "rows failed\n");
    exit(1);
}

static void count_gathered(void *self, const leat_record *record)
{
    ((bench *)self)->gathered_bytes += record->key.size + record->value.size;
}

static void load_plan(bench *b, leat_arena *arena)
{
    leat_diagnostics diagnostics;
    leat_variables variables = {0};
    leat_diagnostics_init(&diagnostics, arena, "bench", LEAT_BYTES(topology));
    const leat_logical_plan *logical =
        leat_topology_load(LEAT_BYTES(topology), &variables, NULL, arena, &diagnostics);
    if (logical == NULL) {
        leat_buf text = {0};
        leat_diagnostics_print(&diagnostics, &text);
        fprintf(stderr, "%s", leat_buf_text(&text));
        exit(1);
    }
    leat_diagnostics_fini(&diagnostics);
    b->plan = leat_physical_of(logical, arena);
}

static void open_operator(bench *b, leat_physical_kind kind)
{
    uint32_t index = 0;
    while (b->plan->operators[index].kind != kind)
        index++;
    b->epoch = 0;
    b->emitted = b->gathered_bytes = 0;
    b->state = leat_plan_state_new(b->plan, KEY_GROUPS, 0);
    for (uint32_t group = 0; group < KEY_GROUPS; group++)
        leat_state_add_group(b->state, group);
    leat_operator_args args = {b->plan, index, b->state, BATCH, NULL};
    b->op = leat_operator_open(&args);
    b->schema = b->plan->operators[index].input;
}

static void fill_columns(bench *b, uint64_t key_count)
{
    leat_prng prng = {7};
    for (uint32_t c = 0; c < 3; c++)
        b->columns[c] = leat_alloc_huge(ROWS * sizeof *b->columns[c]); /* as the reference's */
    for (uint32_t i = 0; i < ROWS; i++) {
        b->columns[0][i] = 1000 + (int64_t)leat_prng_below(&prng, key_count);
        b->columns[1][i] = (int64_t)leat_prng_below(&prng, 1000);
        b->columns[2][i] = INT64_C(1600000000000000) + i;
    }
}

static void run_pass(bench *b)
{
    leat_column columns[3] = {
        {.type = LEAT_TYPE(BIGINT), .layout = LEAT_LAYOUT_I64},
        {.type = LEAT_TYPE(BIGINT), .layout = LEAT_LAYOUT_I64},
        {.type = LEAT_TYPE(TIMESTAMP), .layout = LEAT_LAYOUT_I64},
    };
    for (uint32_t from = 0; from < ROWS; from += BATCH) {
        for (uint32_t c = 0; c < 3; c++)
            columns[c].values = b->columns[c] + from;
        leat_rows rows = {
            .schema = b->schema, .columns = columns, .row_count = BATCH, .selected_count = BATCH};
        b->op->class->process(b->op, &rows, &b->emitter);
    }
    if (b->op->class->flush != NULL)
        b->op->class->flush(b->op, &b->emitter);
    uint16_t ids[16];
    for (uint16_t i = 0; i < b->plan->state_count; i++)
        ids[i] = i;
    b->epoch++;
    leat_state_freeze(b->state, ids, b->plan->state_count, b->epoch, b->epoch - 1);
    while (!leat_state_gather(b->state, 4096, count_gathered, b)) {
    }
    leat_state_decided(b->state, b->epoch);
}

static int rate_order(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static void measure(bench *b, const char *name, leat_physical_kind kind, double reference)
{
    open_operator(b, kind);
    run_pass(b); /* makes the rows */
    double rates[PASSES];
    for (int pass = 0; pass < PASSES; pass++) {
        double start = now_s();
        run_pass(b);
        rates[pass] = ROWS / (now_s() - start) / 1e6;
    }
    qsort(rates, PASSES, sizeof *rates, rate_order);
    printf("%s: median %.1f best %.1f Mrows/s", name, rates[PASSES / 2], rates[PASSES - 1]);
    if (reference > 0)
        printf(", %.0f %% of the reference", 100 * rates[PASSES / 2] / reference);
    printf(" (state %.1f MB, gathered %.1f MB, emitted %" PRIu64 " rows)\n",
           (double)leat_state_bytes(b->state) / 1e6, (double)b->gathered_bytes / 1e6 / (PASSES + 1),
           b->emitted);
    leat_operator_close(&b->op);
    leat_state_free(&b->state);
}

int main(int argc, char **argv)
{
    uint64_t key_count = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
    double reference = argc > 2 ? strtod(argv[2], NULL) : 0;
    leat_arena arena = {0};
    bench b = {.emitter = {count_emitted, count_failed}};
    load_plan(&b, &arena);
    fill_columns(&b, key_count);
    const char *only = argc > 3 ? argv[3] : NULL;
    if (only == NULL || strcmp(only, "windowed") == 0)
        measure(&b, "windowed", LEAT_PHYSICAL_WINDOW_AGGREGATE, reference);
    if (only == NULL || strcmp(only, "running") == 0)
        measure(&b, "running", LEAT_PHYSICAL_AGGREGATE, reference);
    for (uint32_t c = 0; c < 3; c++)
        leat_free(b.columns[c]);
    leat_arena_fini(&arena);
    return 0;
}
