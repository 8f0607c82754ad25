/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void leat_assert_failed(const char *condition, const char *file, int line, const char *function)
{
    fprintf(stderr, "BUG: %s:%d: %s: assertion failed: %s\n", file, line, function, condition);
    abort();
}
