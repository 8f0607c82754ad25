/* SPDX-License-Identifier: Apache-2.0
 *
 * str - small questions about borrowed text: trim, split, parse numbers and sizes.
 *
 * Everything works on leat_bytes and allocates nothing. ASCII only where case matters.
 */
#ifndef LEAT_COMMON_TEXT_STR_H
#define LEAT_COMMON_TEXT_STR_H

#include "common/base/bytes.h"

leat_bytes leat_str_trim(leat_bytes text); /* spaces, tabs, line ends */
bool leat_str_equal_nocase(leat_bytes a, leat_bytes b);
bool leat_str_begins(leat_bytes text, leat_bytes prefix);
bool leat_str_ends(leat_bytes text, leat_bytes suffix);

/* Cut the part before `separator` off *rest. False when *rest was used up; "a,,b" has three
 * parts, "" has one empty one. Start with the whole text. */
bool leat_str_split(leat_bytes *rest, char separator, leat_bytes *out_part);

/* The whole text must be the number; false (and *out untouched) otherwise. */
bool leat_str_to_u64(leat_bytes text, uint64_t *out);
bool leat_str_to_i64(leat_bytes text, int64_t *out);
/* "64", "64k", "64KiB", "2 MiB", "1g": powers of 1024. */
bool leat_str_to_size(leat_bytes text, uint64_t *out_bytes);

/* A letter or underscore, then letters, digits, `_` and `-`; at most LEAT_NAME_BYTES_MAX. */
bool leat_str_is_name(leat_bytes text);

/* How many bytes from the start are well-formed UTF-8 (no surrogates, nothing overlong);
 * text.size when all are. */
size_t leat_str_utf8_size(leat_bytes text);

#endif
