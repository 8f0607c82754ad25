/* SPDX-License-Identifier: Apache-2.0
 *
 * EXPLAIN: the statement is planned beside what the script runs, and the plan is printed.
 */
#include "common/plan/explain.h"
#include "common/plan/rewrite.h"
#include "common/sql/planner.h"

/* Objects are copied: what was planned of them are nodes of the other planner. */
void leat_sql_scratch_init(const leat_sql_planner *p, leat_sql_planner *scratch)
{
    *scratch = *p;
    scratch->plan = leat_arena_copy(p->arena, p->plan, sizeof *p->plan);
    memset(&scratch->nodes, 0, sizeof scratch->nodes);
    memset(&scratch->objects, 0, sizeof scratch->objects);
    memset(&scratch->settings, 0, sizeof scratch->settings);
    for (size_t i = 0; i < p->objects.count; i++) {
        leat_sql_object *copy =
            leat_arena_copy(p->arena, p->objects.items[i], sizeof **p->objects.items);
        copy->is_planned = false;
        leat_vec_push(&scratch->objects, copy);
    }
}

void leat_sql_scratch_fini(leat_sql_planner *scratch)
{
    leat_vec_fini(&scratch->nodes);
    leat_vec_fini(&scratch->objects);
    leat_vec_fini(&scratch->settings);
}

typedef struct details {
    bool wants_json;
} details;

static bool read_details(leat_sql_planner *p, leat_sql_names names, details *out)
{
    static const char *const known[] = {"changelog_mode",      "estimated_cost", "plan_advice",
                                        "json_execution_plan", "verbose",        "analyze"};
    for (uint32_t i = 0; i < names.count; i++) {
        size_t at = 0;
        while (at < LEAT_COUNT_OF(known) &&
               !leat_sql_same_name(names.items[i].text, leat_bytes_text(known[at])))
            at++;
        if (at == 5) {
            LEAT_SQL_REPORT(p, names.items[i].span,
                            "EXPLAIN does not run what it explains: see `leat describe` for a job "
                            "that runs");
            return false;
        }
        if (at == LEAT_COUNT_OF(known)) {
            const char *near = leat_suggest(names.items[i].text, known, LEAT_COUNT_OF(known));
            LEAT_SQL_REPORT(p, names.items[i].span,
                            "expected a statement, or what is to be explained%s%s%s",
                            near == NULL ? "" : ", did you mean '", near == NULL ? "" : near,
                            near == NULL ? "" : "'?");
            return false;
        }
        out->wants_json |= at == 3;
    }
    return true;
}

/* A view is explained as its query. */
static bool plan_explained(leat_sql_planner *scratch, const leat_sql_statement *inner)
{
    leat_sql_statement query = *inner;
    if (inner->kind == LEAT_SQL_CREATE_VIEW)
        query.kind = LEAT_SQL_QUERY;
    if (inner->kind == LEAT_SQL_CREATE_TABLE && inner->table->as == NULL) {
        LEAT_SQL_REPORT(scratch, inner->span,
                        "a table does not run, a statement that reads or writes it does");
        return false;
    }
    return leat_sql_plan_statement(scratch, &query) && leat_sql_finish_plan(scratch);
}

bool leat_sql_answer_explain(leat_sql_planner *p, const leat_sql_statement *explain)
{
    details wanted = {0};
    leat_sql_planner scratch;
    if (!read_details(p, explain->columns, &wanted))
        return false;
    leat_sql_scratch_init(p, &scratch);
    scratch.is_explaining = true;
    bool is_fine = plan_explained(&scratch, &explain->inners[0]);
    if (is_fine) {
        leat_buf text = {0};
        const leat_logical_plan *rewritten = leat_rewrite(scratch.plan, p->arena);
        const leat_physical_plan *physical = leat_physical_of(rewritten, p->arena);
        if (wanted.wants_json)
            leat_physical_print_json(physical, &text);
        else
            leat_explain_print(scratch.plan, physical, &text);
        leat_sql_answer answer = {.text = leat_arena_bytes(p->arena, leat_buf_bytes(&text))};
        leat_vec_push(&p->config->answers->items, answer);
        leat_buf_fini(&text);
    }
    leat_sql_scratch_fini(&scratch);
    return is_fine;
}
