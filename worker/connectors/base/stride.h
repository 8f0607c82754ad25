/* SPDX-License-Identifier: Apache-2.0
 *
 * stride - the splits of a generator: split i of n makes the rows i, i + n, i + 2n ...
 *
 * A split is named "i/n", so that it means the same rows for ever; its position is the number of
 * the next row, in decimal.
 */
#ifndef LEAT_WORKER_CONNECTORS_BASE_STRIDE_H
#define LEAT_WORKER_CONNECTORS_BASE_STRIDE_H

#include "worker/connectors/base/connector.h"

typedef struct leat_stride {
    uint64_t next; /* number of the next row */
    uint64_t step; /* splits in all */
    uint64_t end;  /* first number that is not made; UINT64_MAX: never */
} leat_stride;

void leat_stride_splits(uint32_t split_count, leat_buf *out);
LEAT_MUST_USE leat_code leat_stride_open(
    leat_bytes split, leat_bytes position, uint64_t end, leat_stride *out_stride, leat_error *err);
enum { LEAT_STRIDE_CHUNK_MAX = 256 }; /* numbers of a chunk stay in the first cache */

/* Write the wanted columns of these rows behind the builder's; may change `numbers`. */
typedef void leat_stride_fill(void *self, uint64_t *numbers, uint32_t count, leat_builder *builder);

/* A source's poll (connector.h): the next rows of the split, in chunks of at most `chunk_rows`. */
LEAT_MUST_USE leat_code leat_stride_poll(leat_stride *stride,
                                         uint32_t chunk_rows,
                                         const leat_poll *poll,
                                         leat_builder *builder,
                                         leat_stride_fill *fill,
                                         void *self);
void leat_stride_position(const leat_stride *stride, leat_buf *out);

#endif
