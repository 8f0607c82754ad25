/* SPDX-License-Identifier: Apache-2.0
 *
 * sha256 - the digest of FIPS 180-4, for results that a case gives only as a hash. Not for secrets.
 */
#ifndef LEAT_CLI_CASE_SHA256_H
#define LEAT_CLI_CASE_SHA256_H

#include "common/base/bytes.h"

enum { LEAT_SHA256_HEX = 64 };

/* 64 hexadecimal digits and a NUL. */
void leat_sha256_hex(leat_bytes bytes, char out[LEAT_SHA256_HEX + 1]);

#endif
