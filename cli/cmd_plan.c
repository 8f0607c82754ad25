/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/load.h"
#include "cli/verbs.h"
#include "common/plan/explain.h"
#include "worker/connectors/builtin.h"

static void plan_print(const leat_topology_file *file, bool wants_json)
{
    leat_buf text = {0};
    if (wants_json) {
        leat_physical_print_json(file->physical, &text);
        leat_buf_add_char(&text, '\n');
    } else {
        leat_explain_print(file->written, file->physical, &text);
    }
    fwrite(leat_buf_text(&text), 1, text.size, stdout);
    leat_buf_fini(&text);
}

int leat_cmd_plan(leat_args *args)
{
    leat_arena arena = {0};
    leat_variables variables = leat_args_variables(args, &arena);
    bool wants_json = leat_args_wants_json(args);
    int code = LEAT_EXIT_USAGE;
    if (leat_args_end(args, 1, 1)) {
        leat_connectors connectors = {0};
        leat_topology_file file;
        leat_connectors_add_builtin(&connectors);
        bool is_fine = leat_topology_file_load(&file, args->words[0], &variables, &connectors);
        if (is_fine)
            plan_print(&file, wants_json);
        leat_topology_file_fini(&file);
        code = is_fine ? LEAT_EXIT_OK : LEAT_EXIT_FAILED;
    }
    leat_arena_fini(&arena);
    return code;
}
