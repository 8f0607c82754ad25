/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/load.h"
#include "cli/verbs.h"
#include "worker/connectors/builtin.h"

int leat_cmd_validate(leat_args *args)
{
    leat_arena arena = {0};
    leat_variables variables = leat_args_variables(args, &arena);
    int code = LEAT_EXIT_USAGE;
    if (leat_args_end(args, 1, 1)) {
        leat_connectors connectors = {0};
        leat_topology_file file;
        leat_connectors_add_builtin(&connectors);
        bool is_fine = leat_topology_file_load(&file, args->words[0], &variables, &connectors);
        if (is_fine)
            printf("%s: ok, %u warning%s\n", args->words[0], file.warning_count,
                   file.warning_count == 1 ? "" : "s");
        leat_topology_file_fini(&file);
        code = is_fine ? LEAT_EXIT_OK : LEAT_EXIT_FAILED;
    }
    leat_arena_fini(&arena);
    return code;
}
