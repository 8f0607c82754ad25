/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/explain.h"

const char *leat_logical_kind_name(leat_logical_kind kind)
{
    static const char *const names[LEAT_LOGICAL_KIND_COUNT] = {
        "source",      "filter",        "projection",
        "route",       "union",         "aggregate",
        "sink",        "join",          "window",
        "over window", "top-n",         "deduplication",
        "distinct",    "set operation", "unnest",
        "sort",        "normalization", "upsert materialization"};
    LEAT_ASSERT(kind < LEAT_LOGICAL_KIND_COUNT);
    return names[kind];
}

/* The signs of the rows that come out, and what makes one of them replace another. */
static void print_changes(const leat_logical_output *output, leat_buf *out)
{
    static const char *const signs[] = {[LEAT_CHANGES_APPEND] = "+I",
                                        [LEAT_CHANGES_RETRACT] = "+I -U +U -D",
                                        [LEAT_CHANGES_UPSERT] = "+I +U -D"};
    leat_buf_add_text(out, signs[output->changes]);
    if (!output->has_upsert_key)
        return;
    leat_buf_add_text(out, output->upsert_key_count == 0 ? ", one row" : ", one row per ");
    for (uint32_t i = 0; i < output->upsert_key_count; i++)
        leat_buf_print(out, "%s%.*s", i == 0 ? "" : ", ",
                       LEAT_FMT(output->schema->fields[output->upsert_keys[i]].name));
}

static void print_all_changes(const leat_logical_plan *plan, leat_buf *out)
{
    for (uint32_t i = 0; i < plan->node_count; i++) {
        const leat_logical_node *node = &plan->nodes[i];
        for (uint32_t j = 0; j < node->output_count; j++) {
            leat_buf_print(out, "  %.*s%s%.*s: ", LEAT_FMT(node->operator_id),
                           node->outputs[j].name.size > 0 ? "." : "",
                           LEAT_FMT(node->outputs[j].name));
            print_changes(&node->outputs[j], out);
            leat_buf_add_char(out, '\n');
        }
    }
}

void leat_explain_print(const leat_logical_plan *written,
                        const leat_physical_plan *physical,
                        leat_buf *out)
{
    leat_buf_add_text(out, "as written\n\n");
    leat_logical_print(written, out);
    leat_buf_add_text(out, "\nrewritten\n\n");
    leat_logical_print(physical->logical, out);
    leat_buf_add_text(out, "\nchanges\n\n");
    print_all_changes(physical->logical, out);
    leat_buf_add_text(out, "\nas it runs\n\n");
    leat_physical_print(physical, out);
}
