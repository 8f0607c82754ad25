/* SPDX-License-Identifier: Apache-2.0
 *
 * embed - a SELECT over streams that somebody else has planned: nodes to append to theirs.
 *
 * How the processors of a YAML topology get SQL's operators: one planner decides what a join, a
 * ranking or a window becomes, whoever asks for it. Pure.
 */
#ifndef LEAT_COMMON_SQL_EMBED_H
#define LEAT_COMMON_SQL_EMBED_H

#include "common/plan/logical.h"
#include "common/text/diagnostic.h"

typedef struct leat_sql_stream {
    leat_bytes name; /* by which the query reads it */
    leat_logical_input from;
} leat_sql_stream;

typedef struct leat_sql_embedding {
    leat_source_text source; /* one query */
    leat_bytes owner;        /* names the nodes: OWNER/join1 */
    uint32_t node_count;     /* nodes so far, which the streams are outputs of */
    const leat_logical_node *nodes;
    uint32_t stream_count;
    const leat_sql_stream *streams;
} leat_sql_embedding;

typedef struct leat_sql_embedded {
    uint32_t node_count;
    leat_logical_node *nodes; /* number embedding->node_count and on */
    leat_logical_input out;   /* columns named as the query names them, each once */
} leat_sql_embedded;

/* False after an error was reported. */
bool leat_sql_embed(const leat_sql_embedding *embedding,
                    leat_arena *arena,
                    leat_diagnostics *diagnostics,
                    leat_sql_embedded *out);

#endif
