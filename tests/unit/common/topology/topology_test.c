/* SPDX-License-Identifier: Apache-2.0 */
#include "common/topology/topology.h"

#include <criterion/criterion.h>

static leat_arena arena;
static leat_diagnostics list;
static leat_buf out;

static void finish(void)
{
    leat_diagnostics_fini(&list);
    leat_buf_fini(&out);
    leat_arena_fini(&arena);
}

static const leat_logical_plan *load(const char *text)
{
    static const leat_variables none;
    leat_diagnostics_fini(&list);
    leat_diagnostics_init(&list, &arena, "t.yaml", leat_bytes_text(text));
    return leat_topology_load(leat_bytes_text(text), &none, NULL, &arena, &list);
}

static const char *said(void)
{
    leat_buf_clear(&out);
    leat_diagnostics_print(&list, &out);
    return leat_buf_text(&out);
}

#define HEAD "version: 1\ntopology: t\nsources:\n"
#define CLICKS                                                                                     \
    "  clicks: {connector: file, path: p, schema: {user: string, n: bigint, ts: timestamp}, "      \
    "event_time: {column: ts}}\n"
#define SINK(input) "sinks:\n  out: {input: " input ", connector: print}\n"

/* A topology of one source, the given processors, and a sink that reads `reads`. */
#define TOPOLOGY(processors, reads) HEAD CLICKS "processors:\n" processors SINK(reads)

static const leat_logical_node *node_of(const leat_logical_plan *plan, const char *operator_id)
{
    for (uint32_t i = 0; plan != NULL && i < plan->node_count; i++)
        if (leat_bytes_equal(plan->nodes[i].operator_id, leat_bytes_text(operator_id)))
            return &plan->nodes[i];
    cr_assert_fail("no node %s:\n%s", operator_id, said());
    return NULL;
}

static const char *schema_of(const leat_logical_node *node, uint32_t output)
{
    leat_buf_clear(&out);
    leat_schema_print(node->outputs[output].schema, &out);
    return leat_buf_text(&out);
}

static void expect_error(const char *text, const char *message)
{
    const leat_logical_plan *plan = load(text);
    cr_assert_null(plan, "no error in\n%s", text);
    cr_assert_gt(list.error_count, 0);
    cr_assert_not_null(strstr(said(), message), "`%s` is not in\n%s", message, said());
}

Test(topology, a_source_is_read_with_all_its_settings, .fini = finish)
{
    const leat_logical_plan *plan = load(
        "version: 1\ntopology: pay\nparallelism: 4\nkey_groups: 128\nepoch_interval: 500ms\n"
        "replicas: 3\nmin_replicas: 1\nsources:\n  p:\n    connector: file\n    path: x-*.jsonl\n"
        "    format: json\n    schema: {id: bigint NOT  NULL, a: \"decimal(12,2)\", ts: "
        "timestamp}\n"
        "    event_time: {column: ts, watermark: 5s, idle_after: 30s, max_future: 5m}\n"
        "    rate: 50000\n    on_bad_record: skip\n" SINK("p"));

    const leat_logical_node *source = node_of(plan, "p/source");
    cr_assert_str_eq(schema_of(source, 0), "id bigint not null, a decimal(12,2), ts timestamp");
    cr_assert_eq(plan->parallelism, 4);
    cr_assert_eq(plan->key_group_count, 128);
    cr_assert_eq(plan->epoch_interval_us, 500000);
    cr_assert_eq(plan->replicas, 3);
    cr_assert_eq(plan->min_replicas, 1);
    cr_assert_eq(source->event_time, 2);
    cr_assert_eq(source->out_of_orderness_us, 5000000);
    cr_assert_eq(source->idle_after_us, 30000000);
    cr_assert_eq(source->max_future_us, 300000000);
    cr_assert_eq(source->rate, 50000);
    cr_assert_eq(source->on_bad_record, LEAT_BAD_RECORD_SKIP);
    cr_assert_eq(source->option_count, 2);
    cr_assert(leat_bytes_equal(source->options[0].name, LEAT_BYTES("path")));
    cr_assert(leat_bytes_equal(source->options[0].value, LEAT_BYTES("x-*.jsonl")));
}

Test(topology, what_is_not_given_has_its_default, .fini = finish)
{
    const leat_logical_plan *plan = load(HEAD CLICKS SINK("clicks"));

    cr_assert_not_null(plan, "%s", said());
    cr_assert_str_eq(said(), "");
    cr_assert_eq(plan->parallelism, 0);
    cr_assert_eq(plan->key_group_count, 256);
    cr_assert_eq(plan->epoch_interval_us, 1000000);
    cr_assert_eq(plan->replicas, 2);
    cr_assert_eq(plan->min_replicas, 1);
}

Test(topology, a_processor_does_where_then_select, .fini = finish)
{
    const leat_logical_plan *plan = load(
        TOPOLOGY("  a: {input: clicks, where: n > 1, select: \"upper(user) AS u, ts, n\"}\n", "a"));

    const leat_logical_node *select = node_of(plan, "a/select");
    cr_assert_eq(plan->nodes[select->inputs[0].node].kind, LEAT_LOGICAL_FILTER);
    cr_assert_str_eq(schema_of(select, 0), "u string, ts timestamp, n bigint");
    cr_assert_eq(select->outputs[0].schema->event_time, 1);
}

Test(topology, event_time_is_lost_with_its_column, .fini = finish)
{
    const leat_logical_plan *plan = load(TOPOLOGY("  a: {input: clicks, select: n}\n", "a"));

    cr_assert_eq(node_of(plan, "a/select")->outputs[0].schema->event_time, -1);
}

Test(topology, a_star_selects_every_column, .fini = finish)
{
    const leat_logical_plan *plan =
        load(TOPOLOGY("  a: {input: clicks, select: [\"*\", n + 1 AS m]}\n", "a"));

    cr_assert_str_eq(schema_of(node_of(plan, "a/select"), 0),
                     "user string, n bigint, ts timestamp, m bigint");
}

Test(topology, a_window_adds_its_bounds_and_its_time_is_its_end, .fini = finish)
{
    const leat_logical_plan *plan = load(TOPOLOGY(
        "  w: {input: clicks, group_by: [user], window: {tumble: 1m}, aggregate: {c: count(*), "
        "total: sum(n)}}\n",
        "w"));

    const leat_logical_node *window = node_of(plan, "w/window");
    cr_assert_str_eq(schema_of(window, 0),
                     "window_start timestamp not null, window_end timestamp not null, user string, "
                     "c bigint not null, total decimal(38,0)");
    cr_assert_eq(window->outputs[0].schema->event_time, 1);
    cr_assert(window->outputs[0].time_is_window_end);
    cr_assert_not(window->outputs[0].is_updating);
    cr_assert_eq(window->window.size_us, 60000000);
    cr_assert_eq(window->window.time_lag_us, 0);
}

Test(topology, a_window_over_windows_takes_a_millisecond_off_their_end, .fini = finish)
{
    const leat_logical_plan *plan = load(
        TOPOLOGY("  w: {input: clicks, group_by: user, window: {tumble: 1m}, aggregate: {c: "
                 "count(*)}}\n"
                 "  v: {input: w, where: c > 1, window: {tumble: 1h}, aggregate: {s: sum(c)}}\n",
                 "v"));

    cr_assert_eq(node_of(plan, "v/window")->window.time_lag_us, LEAT_LOGICAL_WINDOW_TIME_LAG_US);
    cr_assert_eq(node_of(plan, "v/window")->key_count, 0);
}

Test(topology, expressions_over_aggregates_and_having_become_nodes_around_it, .fini = finish)
{
    const leat_logical_plan *plan = load(TOPOLOGY(
        "  w: {input: clicks, group_by: \"upper(user) AS u\", window: {tumble: 1m}, aggregate: "
        "{mean: sum(n) / count(*)}, having: \"max(n) > 5 and mean > 2\"}\n",
        "w"));

    const leat_logical_node *output = node_of(plan, "w/output");
    const leat_logical_node *having = node_of(plan, "w/having");
    const leat_logical_node *window = node_of(plan, "w/window");
    cr_assert_eq(&plan->nodes[output->inputs[0].node], having);
    cr_assert_eq(&plan->nodes[having->inputs[0].node], window);
    cr_assert_eq(&plan->nodes[window->inputs[0].node], node_of(plan, "w/keys"));
    cr_assert_eq(window->aggregate_count, 3);
    cr_assert_not_null(strstr(schema_of(output, 0), "u string, mean "), "%s", said());
}

Test(topology, late_rows_are_offered_as_they_came, .fini = finish)
{
    const leat_logical_plan *plan =
        load(TOPOLOGY("  w: {input: clicks, group_by: \"upper(user) AS u\", window: {tumble: 1m}, "
                      "aggregate: {c: count(*)}, late_to: too_late}\n",
                      "[w.too_late]") "  main: {input: w, connector: print}\n");

    cr_assert_str_eq(schema_of(node_of(plan, "w/late"), 0), "user string, n bigint, ts timestamp");
}

Test(topology, a_running_aggregate_is_updating_and_warns_of_its_growth, .fini = finish)
{
    const leat_logical_plan *plan = load(TOPOLOGY(
        "  g: {input: clicks, group_by: [user], aggregate: {c: count(*)}}\n", "g, changes: log"));

    cr_assert(node_of(plan, "g/group")->outputs[0].is_updating);
    cr_assert(node_of(plan, "out/sink")->writes_op);
    cr_assert_not_null(strstr(said(), "warning: `g` keeps every group it has ever seen"));
}

Test(topology, route_offers_its_targets_and_nothing_else, .fini = finish)
{
    const leat_logical_plan *plan =
        load(TOPOLOGY("  r: {input: clicks, route: [{when: n > 5, to: big}, {to: small}]}\n",
                      "[r.big, r.small]"));

    const leat_logical_node *route = node_of(plan, "r/route");
    cr_assert_eq(route->output_count, 2);
    cr_assert_null(route->expressions[1]);
    cr_assert(leat_bytes_equal(route->outputs[0].name, LEAT_BYTES("big")));
    cr_assert_eq(node_of(plan, "out/union")->input_count, 2);
    expect_error(
        TOPOLOGY("  r: {input: clicks, route: [{when: n > 5, to: big}, {to: small}]}\n", "r"),
        "`r` routes its rows: read one of `r.big`, `r.small`");
}

Test(topology, bad_records_go_to_a_side_output, .fini = finish)
{
    const leat_logical_plan *plan =
        load(HEAD "  s: {connector: file, path: p, schema: {n: int}, on_bad_record: {to: s.bad}}\n"
                  "sinks:\n  a: {input: s, connector: print}\n"
                  "  b: {input: s.bad, connector: print}\n");

    cr_assert_str_eq(schema_of(node_of(plan, "s/source"), 1),
                     "raw string not null, file string not null, position bigint not null, reason "
                     "string not null");
}

Test(topology, mistakes_are_told_all_at_once_with_place_and_caret, .fini = finish)
{
    load("version: 1\n"
         "topology: t\n"
         "paralelism: 4\n"
         "sources:\n"
         "  clicks: {connector: file, schema: {user: strng, n: bigint}}\n"
         "  other: {connector: file, schema: {n: bigint}, rate: fast}\n"
         "sinks:\n"
         "  out: {input: cliks, connector: print}\n");

    cr_assert_str_eq(
        said(),
        "t.yaml:3:1: error: unknown key `paralelism` in a topology, did you mean `parallelism`?\n"
        "  paralelism: 4\n"
        "  ^~~~~~~~~~\n"
        "t.yaml:5:44: error: column `user`: unknown type `strng`, did you mean `string`?\n"
        "    clicks: {connector: file, schema: {user: strng, n: bigint}}\n"
        "                                             ^~~~~\n"
        "t.yaml:6:55: error: `rate` must be a whole number from 1 to 1000000000000, not `fast`\n"
        "    other: {connector: file, schema: {n: bigint}, rate: fast}\n"
        "                                                        ^~~~\n"
        "t.yaml:8:16: error: no source or processor is called `cliks`, did you mean `clicks`?\n"
        "    out: {input: cliks, connector: print}\n"
        "                 ^~~~~\n");
}

Test(topology, an_error_in_an_expression_points_into_it, .fini = finish)
{
    load(TOPOLOGY("  a:\n    input: clicks\n    where: \"n > 1 and usr = 'x'\"\n", "a"));

    cr_assert_not_null(strstr(said(), "t.yaml:8:23: error: "), "%s", said());
    cr_assert_not_null(strstr(said(), "did you mean"), "%s", said());
}

Test(topology, one_mistake_is_one_message, .fini = finish)
{
    load(TOPOLOGY("  a: {input: clicks, where: nope = 1}\n"
                  "  b: {input: a, select: anything}\n"
                  "  c: {input: b, group_by: x, aggregate: {c: count(*)}}\n",
                  "c"));

    cr_assert_eq(list.error_count, 1, "%s", said());
}

Test(topology, cycles_are_told_with_their_way, .fini = finish)
{
    expect_error(TOPOLOGY("  a: {input: b}\n  b: {input: c}\n  c: {input: a}\n", "clicks"),
                 "`a` reads itself: a -> b -> c -> a");
    cr_assert_eq(list.error_count, 1);
    expect_error(TOPOLOGY("  a: {input: a}\n", "a"), "`a` reads itself: a -> a");
}

Test(topology, what_makes_no_sense_is_refused_with_a_sentence, .fini = finish)
{
    static const char *const cases[][2] = {
        {HEAD CLICKS, "a topology needs at least one sink"},
        {"version: 1\ntopology: t\nsources:\nsinks:\n", "a topology needs at least one source"},
        {"version: 2\ntopology: t\nsources:\n" CLICKS, "only version 1 is known"},
        {"topology: t\n", "the file must start with `version: 1`"},
        {"version: 1\n", "the topology needs a name"},
        {"[]\n", "expected a topology"},
        {TOPOLOGY("  clicks: {input: clicks}\n", "clicks"), "the name `clicks` is taken"},
        {TOPOLOGY("  a.b: {input: clicks}\n", "clicks"), "`a.b` is no name"},
        {TOPOLOGY("  a: {input: out}\n", "clicks"), "`out` is a sink"},
        {TOPOLOGY("  a: {input: clicks.bad}\n", "a"), "`clicks` has no output `bad`"},
        {TOPOLOGY("  a: {where: n > 1}\n", "a"), "`a` needs an `input`"},
        {TOPOLOGY("  a: {input: clicks, select: n}\n", "[a, clicks]"),
         "inputs of a union need equal columns: `clicks` has 3, the first input has 1"},
        {TOPOLOGY("  a: {input: clicks, select: \"user, n, n AS ts\"}\n", "[clicks, a]"),
         "column 3 of `a` is `ts bigint`, but `ts timestamp` in the first input"},
        {TOPOLOGY("  a: {input: clicks, select: \"n, user AS n\"}\n", "a"),
         "two columns are called `n`"},
        {TOPOLOGY("  a: {input: clicks, group_by: user}\n", "a"),
         "`group_by` needs an `aggregate`"},
        {TOPOLOGY("  b: {input: clicks, select: n}\n  a: {input: b, window: {tumble: 1m}, "
                  "aggregate: {c: count(*)}}\n",
                  "a"),
         "a window needs an event time"},
        {TOPOLOGY("  a: {input: clicks, window: {tumbel: 1m}, aggregate: {c: count(*)}}\n", "a"),
         "unknown key `tumbel` in `window`, did you mean `tumble`?"},
        {TOPOLOGY("  a: {input: clicks, window: {tumble: 0s}, aggregate: {c: count(*)}}\n", "a"),
         "a window must be longer than 0s"},
        {TOPOLOGY("  a: {input: clicks, aggregate: {c: count(*)}, late_to: l}\n",
                  "a, changes: log"),
         "`late_to` needs a `window`"},
        {TOPOLOGY("  a: {input: clicks, group_by: user, aggregate: {user: count(*)}}\n", "a"),
         "`user` is the name of a key already"},
        {TOPOLOGY("  a: {input: clicks, group_by: user, aggregate: {c: count(*)}}\n", "a"),
         "`out` only appends, but its input takes back and corrects rows"},
        {TOPOLOGY("  a: {input: clicks, group_by: user, aggregate: {op: count(*)}}\n",
                  "a, changes: log"),
         "`changes: log` adds a column `op`"},
        {TOPOLOGY("  r: {input: clicks, route: [{to: a}, {when: n > 1, to: b}]}\n", "r.a"),
         "a rule without `when` takes every row: it must be the last"},
        {TOPOLOGY("  r: {input: clicks, route: [{when: n > 1, to: a}, {to: a}]}\n", "r.a"),
         "`a` is the target of an earlier rule"},
        {TOPOLOGY("  a: {input: clicks, on_bad_record: {to: a.bad}}\n", "a"),
         "only a source has a side output for bad records"},
        {HEAD "  s: {connector: file, schema: {n: int}, event_time: {column: n}}\n" SINK("s"),
         "the event time must be a timestamp, `n` is not"},
        {HEAD "  s: {connector: file, schema: {n: int}, event_time: {column: m}}\n" SINK("s"),
         "the schema has no column `m`"},
        {HEAD "  s: {connector: file, schema: {n: int}, on_bad_record: {to: x.bad}}\n" SINK("s"),
         "write {to: s.bad}"},
        {HEAD "  s: {schema: {n: int}}\n" SINK("s"), "`s` needs a `connector`"},
        {HEAD "  s: {connector: file}\n" SINK("s"), "source `s` needs a `schema`"},
        {HEAD CLICKS SINK("clicks, path: o") "  b: {input: clicks, connector: file, path: o}\n",
         "the sink `out` writes to this path already"},
        {"epoch_interval: 1ms\n" HEAD CLICKS SINK("clicks"), "between 100ms and 1m"},
        {"parallelism: 300\n" HEAD CLICKS SINK("clicks"), "is more than `key_groups` 256"},
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(cases); i++)
        expect_error(cases[i][0], cases[i][1]);
}

Test(topology, outputs_that_nobody_reads_and_routes_without_default_warn, .fini = finish)
{
    const leat_logical_plan *plan =
        load(TOPOLOGY("  r: {input: clicks, route: [{when: n > 1, to: a}, {when: n > 0, to: b}]}\n"
                      "  idle: {input: clicks, where: n = 0}\n",
                      "r.a"));

    cr_assert_not_null(plan, "%s", said());
    cr_assert_not_null(strstr(said(), "warning: no default: rows that match no rule"));
    cr_assert_not_null(strstr(said(), "warning: nothing reads `r.b`"));
    cr_assert_not_null(strstr(said(), "warning: nothing reads `idle`"));
    cr_assert_null(strstr(said(), "nothing reads `r.a`"));
}

static void refuse_connector(void *self,
                             const leat_logical_node *node,
                             const leat_schema *schema,
                             leat_diagnostics *diagnostics)
{
    ++*(int *)self;
    cr_assert_eq(schema->field_count, 3);
    leat_diagnostic_error(diagnostics, node->connector_place, "no such connector");
}

Test(topology, connectors_are_checked_by_who_knows_them, .fini = finish)
{
    static const leat_variables none;
    static const char text[] = HEAD CLICKS SINK("clicks");
    int count = 0;
    leat_topology_checks checks = {&count, refuse_connector};
    leat_diagnostics_init(&list, &arena, "t.yaml", leat_bytes_text(text));

    cr_assert_null(leat_topology_load(leat_bytes_text(text), &none, &checks, &arena, &list));

    cr_assert_eq(count, 2);
    cr_assert_not_null(strstr(said(), "t.yaml:4:23: error: no such connector"), "%s", said());
}

Test(topology, every_mutation_of_a_file_ends_in_a_plan_or_an_error, .fini = finish)
{
    static const char source[] =
        TOPOLOGY("  w: {input: clicks, where: n > 1, group_by: [user], window: {tumble: 1m}, "
                 "aggregate: {c: count(*)}, late_to: l}\n",
                 "[w]");
    char text[sizeof source];
    for (size_t i = 0; i < sizeof source - 1; i++) {
        for (unsigned c = '\n'; c < 127; c += 11) {
            memcpy(text, source, sizeof source);
            text[i] = (char)c;
            cr_assert_eq(load(text) == NULL, list.error_count > 0, "%s", text);
        }
        leat_arena_reset(&arena);
    }
}

Test(topology, processors_of_sql_become_its_nodes, .fini = finish)
{
    const leat_logical_plan *plan =
        load(TOPOLOGY("  best:\n    input: clicks\n    top: {n: 2, by: \"n DESC\", partition_by: "
                      "user, rank: place}\n    state_ttl: 1h\n",
                      "best, connector: print, changes: log}\n  other: {input: clicks"));
    const leat_logical_node *top = NULL;
    for (uint32_t i = 0; plan != NULL && i < plan->node_count; i++)
        if (plan->nodes[i].kind == LEAT_LOGICAL_TOP_N)
            top = &plan->nodes[i];
    cr_assert_not_null(top, "%s", said());
    cr_assert_eq(top->top->limit, 2);
    cr_assert_eq(top->state_ttl_us, INT64_C(3600) * 1000000);
    cr_assert_eq(top->outputs[0].changes, LEAT_CHANGES_RETRACT);
}

Test(topology, windows_of_every_kind_are_read, .fini = finish)
{
    static const struct {
        const char *text;
        leat_window window;
    } rows[] = {
        {"{hop: 10s, slide: 4s, offset: 1s}",
         {.kind = LEAT_WINDOW_HOP, .size_us = 10000000, .slide_us = 4000000, .offset_us = 1000000}},
        {"{cumulate: 10s, step: 5s}",
         {.kind = LEAT_WINDOW_CUMULATE, .size_us = 10000000, .slide_us = 5000000}},
        {"{session: 3s}", {.kind = LEAT_WINDOW_SESSION, .size_us = 3000000}},
        {"{tumble: 3s, time: processing}",
         {.kind = LEAT_WINDOW_TUMBLE, .size_us = 3000000, .is_processing_time = true}},
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(rows); i++) {
        leat_arena text = {0};
        const leat_logical_plan *plan =
            load(leat_arena_print(&text,
                                  TOPOLOGY("  w: {input: clicks, window: %s, aggregate: {c: "
                                           "count(*)}}\n",
                                           "w"),
                                  rows[i].text));
        const leat_window *read = &node_of(plan, "w/window")->window;
        cr_assert_eq(read->kind, rows[i].window.kind);
        cr_assert_eq(read->size_us, rows[i].window.size_us);
        cr_assert_eq(read->slide_us, rows[i].window.slide_us);
        cr_assert_eq(read->offset_us, rows[i].window.offset_us);
        cr_assert_eq(read->is_processing_time, rows[i].window.is_processing_time);
        leat_arena_fini(&text);
    }
}

Test(topology, mistakes_in_processors_of_sql_have_their_place, .fini = finish)
{
    expect_error(TOPOLOGY("  j: {join: {left: clicks, right: click, on: \"true\"}}\n", "j"),
                 "no source or processor is called `click`, did you mean `clicks`?");
    expect_error(TOPOLOGY("  j: {join: {left: clicks, on: \"true\"}}\n", "j"),
                 "t.yaml:6:7: error: `join` needs `right`");
    expect_error(TOPOLOGY("  j: {input: clicks, top: {n: 1, by: nn}}\n", "j"),
                 "there is no column 'nn'");
    expect_error(TOPOLOGY("  j: {input: clicks, top: {by: n}}\n", "j"), "`top` needs `n`");
    expect_error(TOPOLOGY("  j: {input: clicks, top: {n: 1, by: n}, distinct: true}\n", "j"),
                 "a processor has one of `top` and `distinct`");
    expect_error(TOPOLOGY("  j: {input: clicks, except: [clicks, clicks]}\n", "j"),
                 "`except` says what is read already: `input` belongs to another processor");
    expect_error(TOPOLOGY("  j: {input: clicks, sql: SELECT x FROM clicks}\n", "j"),
                 "t.yaml:6:34: error: there is no column 'x'");
    expect_error(TOPOLOGY("  j: {sql: SELECT n FROM clicks}\n", "j"), "`sql` needs an `input`");
    expect_error(
        TOPOLOGY("  j: {input: clicks, window: {hop: 10s}, aggregate: {c: count(*)}}\n", "j"),
        "a `hop` window needs its `slide`");
    expect_error(TOPOLOGY("  j: {input: clicks, window: {cumulate: 10s, step: 3s}, aggregate: {c: "
                          "count(*)}}\n",
                          "j"),
                 "a cumulating window must be a whole number of steps long");
    expect_error(TOPOLOGY("  j: {input: clicks, window: {session: 10s}, late_to: l, aggregate: {c: "
                          "count(*)}}\n",
                          "j"),
                 "`late_to` goes with tumbling, hopping and cumulating windows");
}
