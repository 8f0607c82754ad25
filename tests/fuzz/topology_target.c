/* SPDX-License-Identifier: Apache-2.0
 *
 * Topology files to plans, and plans as they travel: the front end for text, the wire form for
 * bytes. A topology that is accepted becomes a plan that travels and is the same.
 */
#include "common/plan/check.h"
#include "common/plan/rewrite.h"
#include "common/topology/topology.h"
#include "tests/fuzz/fuzz.h"

static const char payments[] =
    "version: 1\n"
    "topology: payments\n"
    "parallelism: 4\n"
    "epoch_interval: 1s\n"
    "sources:\n"
    "  payments:\n"
    "    connector: file\n"
    "    path: ${DATA:data}/payments-*.jsonl\n"
    "    on_bad_record: {to: payments.bad}\n"
    "    schema: {id: bigint not null, card: string, country: string, amount: \"decimal(12,2)\", "
    "ts: timestamp}\n"
    "    event_time: {column: ts, watermark: 5s, idle_after: 30s, max_future: 5m}\n"
    "processors:\n"
    "  large: {input: payments, where: \"amount > 100\", select: \"card, upper(country) AS "
    "country, amount, ts\"}\n"
    "  routed: {input: large, route: [{when: \"country in ('DE','FR')\", to: europe}, {to: "
    "rest}]}\n"
    "  per_minute:\n"
    "    input: [routed.europe, routed.rest]\n"
    "    group_by: [country]\n"
    "    window: {tumble: 1m}\n"
    "    aggregate: {n: \"count(*)\", total: \"sum(amount)\", top: \"max(amount)\"}\n"
    "    having: \"n > 2\"\n"
    "    late_to: late\n"
    "sinks:\n"
    "  out: {input: per_minute, connector: file, path: out, format: json}\n"
    "  late_out: {input: per_minute.late, connector: print}\n"
    "  bad_out: {input: payments.bad, connector: print}\n";

static const char small[] = "version: 1\n"
                            "topology: small\n"
                            "sources:\n"
                            "  a: {connector: sequence, schema: {k: bigint, v: double}}\n"
                            "processors:\n"
                            "  c: {input: a, group_by: [k], aggregate: {n: \"count(*)\"}}\n"
                            "sinks:\n"
                            "  out: {input: c, connector: blackhole, changes: log}\n";

static const char *const words[] = {"input: ",
                                    "where: ",
                                    "[",
                                    "]",
                                    "{",
                                    "}",
                                    ": ",
                                    "\n  ",
                                    "- ",
                                    "&a ",
                                    "*a",
                                    "!!str ",
                                    "|\n",
                                    ">\n",
                                    "---\n",
                                    "${X:",
                                    "${X}",
                                    "\"",
                                    "'",
                                    "#",
                                    "a",
                                    "out",
                                    "per_minute.late",
                                    "count(*)",
                                    "group_by: [k]",
                                    "window: {tumble: 1h}",
                                    "having: ",
                                    "select: ",
                                    "~",
                                    "true",
                                    "-1",
                                    "99999999999999999999",
                                    "1s",
                                    NULL};

static void seed_text(leat_fuzz_seeds *seeds)
{
    leat_fuzz_seed_text(seeds, payments);
    leat_fuzz_seed_text(seeds, small);
}

static const leat_physical_plan *plan_of(leat_bytes text, leat_arena *arena)
{
    static const leat_variables none;
    leat_diagnostics list;
    leat_buf said = {0};
    leat_diagnostics_init(&list, arena, "topology.yaml", text);
    const leat_logical_plan *plan = leat_topology_load(text, &none, NULL, arena, &list);
    LEAT_ASSERT((plan == NULL) == (list.error_count > 0));
    leat_diagnostics_print(&list, &said);
    leat_buf_fini(&said);
    leat_diagnostics_fini(&list);
    return plan == NULL ? NULL : leat_physical_of(leat_rewrite(plan, arena), arena);
}

static void print_and_encode(const leat_physical_plan *plan, leat_buf *text, leat_buf *wire)
{
    leat_logical_print(plan->logical, text);
    leat_physical_print(plan, text);
    leat_plan_encode(plan, wire);
}

/* A plan that was received can be printed, and travels on as the same plan. */
static bool plan_run(leat_bytes wire)
{
    leat_arena arena = {0};
    leat_error err = {0};
    const leat_physical_plan *plan = NULL, *second = NULL;
    bool accepted = leat_plan_decode(wire, &arena, &plan, &err) == LEAT_OK;
    if (accepted) {
        leat_buf text = {0}, first_wire = {0}, second_wire = {0};
        print_and_encode(plan, &text, &first_wire);
        leat_code code = leat_plan_decode(leat_buf_bytes(&first_wire), &arena, &second, &err);
        LEAT_ASSERT(code == LEAT_OK && leat_plan_check(second, &err) == LEAT_OK);
        print_and_encode(second, &text, &second_wire);
        LEAT_ASSERT(leat_bytes_equal(leat_buf_bytes(&first_wire), leat_buf_bytes(&second_wire)));
        leat_buf_fini(&text);
        leat_buf_fini(&first_wire);
        leat_buf_fini(&second_wire);
    }
    leat_arena_fini(&arena);
    return accepted;
}

static bool run_text(leat_bytes input)
{
    leat_arena arena = {0};
    const leat_physical_plan *plan = plan_of(input, &arena);
    if (plan != NULL) {
        leat_buf text = {0}, wire = {0};
        print_and_encode(plan, &text, &wire);
        bool accepted = plan_run(leat_buf_bytes(&wire));
        LEAT_ASSERT(accepted);
        leat_buf_fini(&text);
        leat_buf_fini(&wire);
    }
    leat_arena_fini(&arena);
    return plan != NULL;
}

static void seed_plan(leat_fuzz_seeds *seeds)
{
    static const char *const texts[] = {payments, small};
    for (size_t i = 0; i < LEAT_COUNT_OF(texts); i++) {
        leat_arena arena = {0};
        leat_plan_encode(plan_of(leat_bytes_text(texts[i]), &arena), leat_fuzz_seed(seeds));
        leat_arena_fini(&arena);
    }
}

const leat_fuzz_target leat_fuzz_topology = {
    .name = "topology", .seed = seed_text, .run = run_text, .words = words};
const leat_fuzz_target leat_fuzz_plan = {.name = "plan", .seed = seed_plan, .run = plan_run};
