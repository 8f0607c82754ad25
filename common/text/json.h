/* SPDX-License-Identifier: Apache-2.0
 *
 * json - documents read whole and typed (REST bodies, answers), and a writer onto a buffer.
 *
 * Not for events: records have a reader of their own in the connectors. Reading refuses duplicate
 * keys, NUL in text, and nesting deeper than LEAT_JSON_DEPTH_MAX. A leat_json is borrowed from
 * its document, except the root, which leat_json_free releases.
 *
 * Thread: one owner.
 */
#ifndef LEAT_COMMON_TEXT_JSON_H
#define LEAT_COMMON_TEXT_JSON_H

#include "common/base/buf.h"
#include "common/base/error.h"

enum { LEAT_JSON_DEPTH_MAX = 64 };

typedef struct leat_json leat_json;

/* The whole text must be one value. Errors: LEAT_INVALID with line and column. */
LEAT_MUST_USE leat_code leat_json_parse(leat_bytes text, leat_json **out_json, leat_error *err);
void leat_json_free(leat_json **json); /* the root only; NULL is fine */

/* Members and elements; NULL when absent or `json` is not an object (array). */
const leat_json *leat_json_member(const leat_json *json, const char *key);
const leat_json *leat_json_element(const leat_json *json, size_t index);
size_t leat_json_count(const leat_json *json); /* members or elements; else 0 */
/* The key of member `index` in order of appearance. Needs: index < count of an object. */
const char *leat_json_key(const leat_json *json, size_t index);

bool leat_json_is_object(const leat_json *json);
bool leat_json_is_array(const leat_json *json);
bool leat_json_is_null(const leat_json *json); /* a NULL pointer counts as null */

/* False, and *out untouched, when it is not of that type. as_i64 takes integers only. */
bool leat_json_as_text(const leat_json *json, leat_bytes *out);
bool leat_json_as_i64(const leat_json *json, int64_t *out);
bool leat_json_as_double(const leat_json *json, double *out); /* integers too */
bool leat_json_as_bool(const leat_json *json, bool *out);

/* Required members, with an error that names the key and what was expected. */
LEAT_MUST_USE leat_code leat_json_need_text(const leat_json *json,
                                            const char *key,
                                            leat_bytes *out,
                                            leat_error *err);
LEAT_MUST_USE leat_code leat_json_need_i64(const leat_json *json,
                                           const char *key,
                                           int64_t *out,
                                           leat_error *err);

/* Appends one value to `out`; commas and colons come by themselves:
 *   leat_json_writer w = leat_json_write(&buf);
 *   leat_json_begin_object(&w, NULL); leat_json_put_text(&w, "name", name); leat_json_end(&w);
 * In an object every call names its key; in an array and at the top the key is NULL. */
typedef struct leat_json_writer {
    leat_buf *out;
    unsigned depth;
    uint64_t is_array; /* bit d: the container at depth d is an array */
    uint64_t has_item; /* bit d: it has an item already */
} leat_json_writer;

leat_json_writer leat_json_write(leat_buf *out);
void leat_json_begin_object(leat_json_writer *w, const char *key);
void leat_json_begin_array(leat_json_writer *w, const char *key);
void leat_json_end(leat_json_writer *w); /* closes the innermost container */
void leat_json_put_text(leat_json_writer *w, const char *key, leat_bytes value);
void leat_json_put_i64(leat_json_writer *w, const char *key, int64_t value);
void leat_json_put_u64(leat_json_writer *w, const char *key, uint64_t value);
void leat_json_put_double(leat_json_writer *w, const char *key, double value); /* NaN, inf: null */
void leat_json_put_bool(leat_json_writer *w, const char *key, bool value);
void leat_json_put_null(leat_json_writer *w, const char *key);

/* Append `text` quoted and escaped. Bytes that are not UTF-8 pass unchanged. */
void leat_json_quote(leat_buf *out, leat_bytes text);

#endif
