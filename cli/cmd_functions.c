/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/verbs.h"
#include "common/expr/function.h"

int leat_cmd_functions(leat_args *args)
{
    if (!leat_args_end(args, 0, 0))
        return LEAT_EXIT_USAGE;
    leat_buf text = {0};
    leat_functions_print(&text);
    fwrite(leat_buf_text(&text), 1, text.size, stdout);
    leat_buf_fini(&text);
    return LEAT_EXIT_OK;
}
