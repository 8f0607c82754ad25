/* SPDX-License-Identifier: Apache-2.0
 *
 * digest - MD5, SHA-1 and SHA-2 of a text. For functions of SQL, not for secrets.
 * Private to common/expr. Thread: any.
 */
#ifndef LEAT_COMMON_EXPR_DIGEST_H
#define LEAT_COMMON_EXPR_DIGEST_H

#include "common/base/bytes.h"

typedef enum leat_digest_kind {
    LEAT_DIGEST_MD5,
    LEAT_DIGEST_SHA1,
    LEAT_DIGEST_SHA224,
    LEAT_DIGEST_SHA256,
    LEAT_DIGEST_SHA384,
    LEAT_DIGEST_SHA512,
} leat_digest_kind;

enum { LEAT_DIGEST_BYTES_MAX = 64 };

/* Returns how many bytes were written. */
size_t leat_digest(leat_digest_kind kind, leat_bytes text, uint8_t out[LEAT_DIGEST_BYTES_MAX]);

#endif
