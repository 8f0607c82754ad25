/* SPDX-License-Identifier: Apache-2.0
 *
 * json_scan - walks over JSON text without building anything: strings, numbers, nested values.
 *
 * Scanners take where they stand and the end of the text, never read at or beyond the end, and
 * return where the next character stands, or NULL when the text is wrong. Control characters in
 * strings and overlong UTF-8 pass: they harm nothing here. Inside skipped values brackets must
 * balance and strings must end, no more.
 */
#ifndef LEAT_WORKER_CONNECTORS_BASE_JSON_SCAN_H
#define LEAT_WORKER_CONNECTORS_BASE_JSON_SCAN_H

#include "common/base/buf.h"

enum { LEAT_JSON_SCAN_DEPTH_MAX = 64 };

static inline const char *leat_json_scan_spaces(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at;
}

/* From behind the opening quote to the closing one. *out_escaped: a backslash was seen. */
const char *leat_json_scan_string(const char *at, const char *end, bool *out_escaped);
/* Any value, from its first character to behind its last. */
const char *leat_json_scan_value(const char *at, const char *end);
/* Can the text stand between quotes as it is? */
bool leat_json_is_plain(leat_bytes text);
/* Append the text that an escaped string stands for. False when an escape is wrong. Half a
 * surrogate pair becomes U+FFFD. */
bool leat_json_unescape(leat_bytes escaped, leat_buf *out);

#endif
