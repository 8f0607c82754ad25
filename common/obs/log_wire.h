/* SPDX-License-Identifier: Apache-2.0
 *
 * log_wire - the lines of a ring as bytes, for who collects those of several processes.
 *
 * Thread: any.
 */
#ifndef LEAT_COMMON_OBS_LOG_WIRE_H
#define LEAT_COMMON_OBS_LOG_WIRE_H

#include "common/base/buf.h"
#include "common/obs/log_ring.h"

/* Append lines above `after`, oldest first, until `out` has more than `bytes_max`. Returns the
 * number of the last one taken; `after` when there is none. */
uint64_t leat_log_wire_encode(leat_log_ring *ring, uint64_t after, size_t bytes_max, leat_buf *out);

/* Texts are borrowed from `bytes`; a line has its position in the ring it was taken from, no
 * number. LEAT_CORRUPT: cut, or a level that does not exist; the lines
 * before it were visited. */
LEAT_MUST_USE leat_code leat_log_wire_decode(leat_bytes bytes,
                                             leat_log_ring_visit *visit,
                                             void *self,
                                             leat_error *err);

#endif
