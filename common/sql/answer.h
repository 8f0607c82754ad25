/* SPDX-License-Identifier: Apache-2.0
 *
 * answer - what a statement that asks (SHOW, DESCRIBE, EXPLAIN, SET alone) is told: a table of text
 * or a text.
 *
 * All memory is that of the arena which the script was loaded into.
 */
#ifndef LEAT_COMMON_SQL_ANSWER_H
#define LEAT_COMMON_SQL_ANSWER_H

#include "common/base/bytes.h"
#include "common/base/vec.h"

enum { LEAT_SQL_ANSWER_COLUMNS_MAX = 8 };

typedef struct leat_sql_answer {
    leat_bytes text;       /* of EXPLAIN and SHOW CREATE, ending in a line end */
    uint32_t column_count; /* 0: a text */
    const char *columns[LEAT_SQL_ANSWER_COLUMNS_MAX];
    uint32_t row_count;
    leat_bytes *cells; /* row by row; size 0: nothing to say */
} leat_sql_answer;

typedef struct leat_sql_answers {
    LEAT_VEC(leat_sql_answer) items; /* finished by the caller with leat_vec_fini */
} leat_sql_answers;

#endif
