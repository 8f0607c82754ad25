/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/case_plan.h"

#include "common/plan/rewrite.h"
#include "common/sql/sql.h"

static leat_code plan_topology(const leat_case *one,
                               const leat_case_options *options,
                               leat_arena *arena,
                               const leat_logical_plan **out_plan,
                               leat_buf *said,
                               leat_error *err)
{
    leat_variables none = {0};
    leat_diagnostics diagnostics;
    const char *file =
        one->topology_file.size > 0 ? leat_arena_text(arena, one->topology_file) : "topology";
    leat_diagnostics_init(&diagnostics, arena, file, one->topology);
    const leat_logical_plan *written =
        leat_topology_load(one->topology, options->variables != NULL ? options->variables : &none,
                           options->checks, arena, &diagnostics);
    leat_code code = LEAT_OK;
    if (written == NULL) {
        leat_diagnostics_print(&diagnostics, said);
        code = leat_fail(err, LEAT_INVALID, "the topology is not valid");
    } else {
        *out_plan = leat_rewrite(written, arena);
    }
    leat_diagnostics_fini(&diagnostics);
    return code;
}

/* A case may keep what it likes: it ends. Its connector takes no options. */
static leat_code plan_script(const leat_case *one,
                             leat_arena *arena,
                             const leat_logical_plan **out_plan,
                             leat_buf *said,
                             leat_error *err)
{
    leat_buf script = {0};
    leat_case_script(one, &script);
    leat_bytes text = leat_arena_bytes(arena, leat_buf_bytes(&script));
    leat_buf_fini(&script);
    leat_diagnostics diagnostics;
    leat_diagnostics_init(&diagnostics, arena, "script", text);
    leat_sql_config config = {.name = LEAT_BYTES("case"), .allows_unbounded_state = true};
    const leat_logical_plan *written = leat_sql_load(text, &config, arena, &diagnostics);
    leat_code code = LEAT_OK;
    if (written == NULL) {
        leat_diagnostics_print(&diagnostics, said);
        code = leat_fail(err, LEAT_INVALID, "the script is not valid");
    } else {
        *out_plan = leat_rewrite(written, arena);
    }
    leat_diagnostics_fini(&diagnostics);
    return code;
}

leat_code leat_case_plan(const leat_case *one,
                         const leat_case_options *options,
                         leat_arena *arena,
                         const leat_logical_plan **out_plan,
                         leat_buf *said,
                         leat_error *err)
{
    if (one->topology.size > 0)
        return plan_topology(one, options, arena, out_plan, said, err);
    return plan_script(one, arena, out_plan, said, err);
}

/* A sink's parts lie in a folder of its name; the runner reads them there. */
static void connect_sink(leat_logical_node *node, leat_arena *arena)
{
    node->connector = LEAT_BYTES("case");
    node->writes_op = false; /* the connector says every change by itself */
    node->option_count = 1;
    node->options = LEAT_ARENA_NEW(arena, leat_option);
    node->options[0] = (leat_option){.name = LEAT_BYTES("path"), .value = node->name};
}

/* Time is the case's: no split goes idle, no event lies in the future, nothing waits for a rate. */
static void
connect_source(leat_logical_node *node, uint32_t index, leat_case_feed *feed, leat_arena *arena)
{
    leat_case_feed_connect(feed, index, node, arena);
    node->idle_after_us = 0;
    node->max_future_us = 0;
    node->rate = 0;
}

const leat_physical_plan *
leat_case_plan_connect(const leat_logical_plan *plan, leat_case_feed *feed, leat_arena *arena)
{
    leat_logical_plan *connected = leat_arena_copy(arena, plan, sizeof *plan);
    connected->nodes = leat_arena_copy(arena, plan->nodes, plan->node_count * sizeof *plan->nodes);
    for (uint32_t i = 0; i < connected->node_count; i++) {
        leat_logical_node *node = &connected->nodes[i];
        if (node->kind == LEAT_LOGICAL_SOURCE)
            connect_source(node, i, feed, arena);
        else if (node->kind == LEAT_LOGICAL_SINK)
            connect_sink(node, arena);
    }
    return leat_physical_of(connected, arena);
}
