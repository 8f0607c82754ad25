/* SPDX-License-Identifier: Apache-2.0
 *
 * plan_of - the plan of a topology text or file, for tests of what comes after the front end.
 */
#ifndef LEAT_TESTS_UNIT_COMMON_PLAN_PLAN_OF_H
#define LEAT_TESTS_UNIT_COMMON_PLAN_PLAN_OF_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/plan/physical.h"
#include "common/plan/rewrite.h"
#include "common/topology/topology.h"

/* As written. The test fails with the diagnostics when the text is wrong. */
static inline const leat_logical_plan *plan_of(const char *text, leat_arena *arena)
{
    static const leat_variables none;
    leat_diagnostics list;
    leat_buf said = {0};
    leat_diagnostics_init(&list, arena, "topology", leat_bytes_text(text));
    const leat_logical_plan *plan =
        leat_topology_load(leat_bytes_text(text), &none, NULL, arena, &list);
    leat_diagnostics_print(&list, &said);
    cr_assert_not_null(plan, "%s", leat_buf_text(&said));
    leat_buf_fini(&said);
    leat_diagnostics_fini(&list);
    return plan;
}

static inline const leat_physical_plan *physical_of(const char *text, leat_arena *arena)
{
    return leat_physical_of(leat_rewrite(plan_of(text, arena), arena), arena);
}

/* A file of the source tree, by its path from the root. NUL-terminated; leat_free it. */
static inline char *tree_file(const char *path)
{
    char full[4096];
    snprintf(full, sizeof full, "%s/%s", LEAT_SOURCE_DIR, path);
    FILE *file = fopen(full, "rb");
    if (file == NULL)
        return NULL;
    leat_buf text = {0};
    char *into;
    size_t size;
    do {
        into = leat_buf_reserve(&text, 65536);
        size = fread(into, 1, 65536, file);
        text.size += size;
    } while (size > 0);
    fclose(file);
    char *copy = leat_strdup(leat_buf_text(&text));
    leat_buf_fini(&text);
    return copy;
}

#endif
