/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/loops.h"

#define main limits_main
#include LEAT_BENCH_LIMITS
#undef main

void bench_columns_make(uint64_t events, uint64_t per_second, bench_columns *out_columns)
{
    NE = events;
    TPS = per_second;
    gen();
    *out_columns =
        (bench_columns){NB, NA, NP, ba, bb, bp, bt, bch, aid, asel, ats, aexp, acat, pid, pts, pst};
}

typedef struct loop {
    const char *query;
    qf run;
    bool needs_auctions;
} loop;

static const loop loops[] = {
    {"q0", q0},   {"q1", q1},   {"q2", q2},       {"q3", q3},   {"q4", q4, true},   {"q5", q5},
    {"q7", q7},   {"q8", q8},   {"q9", q9, true}, {"q11", q11}, {"q12", q12},       {"q15", q15},
    {"q16", q16}, {"q17", q17}, {"q18", q18},     {"q19", q19}, {"q20", q20, true},
};

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

bool bench_loop_run(const char *query, double *out_seconds, uint64_t *out_result)
{
    for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
        if (strcmp(loops[i].query, query) != 0)
            continue;
        if (loops[i].needs_auctions)
            atinit();
        double began = cpu_s();
        *out_result = loops[i].run();
        *out_seconds = cpu_s() - began;
        if (loops[i].needs_auctions)
            free(at);
        return true;
    }
    return false;
}
