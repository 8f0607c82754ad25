/* SPDX-License-Identifier: Apache-2.0
 *
 * temp_dir - a fresh folder for one test, gone at the end of the scope:
 *   LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();   ... dir.path ...
 * Folders of tests that died stay in $TMPDIR/leat-test-*.
 */
#ifndef LEAT_TESTS_SUPPORT_TEMP_DIR_H
#define LEAT_TESTS_SUPPORT_TEMP_DIR_H

#include <stdio.h>
#include <stdlib.h>

#include "common/base/assert.h"
#include "common/sys/file.h"

typedef struct temp_dir {
    char path[256];
} temp_dir;

static inline temp_dir temp_dir_make(void)
{
    temp_dir dir;
    const char *base = getenv("TMPDIR");
    snprintf(dir.path, sizeof dir.path, "%s/leat-test-XXXXXX", base == NULL ? "/tmp" : base);
    LEAT_ASSERT(mkdtemp(dir.path) != NULL);
    return dir;
}

static inline void temp_dir_fini(temp_dir *dir)
{
    leat_code code = leat_dir_remove(dir->path, NULL);
    LEAT_ASSERT(code == LEAT_OK);
}

#endif
