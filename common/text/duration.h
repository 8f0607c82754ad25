/* SPDX-License-Identifier: Apache-2.0
 *
 * duration - a length of time as users write it: 100ms, 5s, 1m, 2h, 1d, 1h30m.
 */
#ifndef LEAT_COMMON_TEXT_DURATION_H
#define LEAT_COMMON_TEXT_DURATION_H

#include "common/base/buf.h"
#include "common/base/error.h"

/* Units us, ms, s, m, h, d; a bare 0 needs none. Errors: LEAT_INVALID, LEAT_LIMIT (too long). */
LEAT_MUST_USE leat_code leat_duration_parse(leat_bytes text, int64_t *out_us, leat_error *err);
/* The shortest spelling that leat_duration_parse reads back: "1m30s", "0s". us >= 0. */
void leat_duration_print(int64_t us, leat_buf *out);

#endif
