/* SPDX-License-Identifier: Apache-2.0
 *
 * nested_json - values of any type as JSON, and JSON read as a value of a type.
 *
 * ARRAYs are arrays, MAPs objects, ROWs objects of their fields' names. What JSON has no literal
 * for stands as a string. Thread: any.
 */
#ifndef LEAT_COMMON_COLUMNS_NESTED_JSON_H
#define LEAT_COMMON_COLUMNS_NESTED_JSON_H

#include "common/columns/value.h"

/* As PostgreSQL's to_jsonb: timestamps with a T, numbers bare; a JSON value as it is. */
void leat_json_add_value(const leat_value *value, leat_buf *out);

/* `json` is normalized text (json_text.h). A ROW takes an object (other members are passed over,
 * missing ones are NULL) or an array of its fields in order. Strings are read as the type's text.
 * Errors, without a text: LEAT_RECORD, LEAT_LIMIT. */
LEAT_MUST_USE leat_code leat_json_value(leat_type type,
                                        leat_bytes json,
                                        leat_arena *arena,
                                        leat_value *out_value);

#endif
