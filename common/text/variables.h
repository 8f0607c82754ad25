/* SPDX-License-Identifier: Apache-2.0
 *
 * variables - `${NAME}` and `${NAME:default}` in a user's file, from -D or the environment.
 *
 * A reference is first masked by as many harmless bytes, so that the parser sees text of the same
 * length and every place stays true; the values are put in afterwards, scalar by scalar. So a
 * value can never change the structure of the file. `$${` stands for a literal `${`.
 */
#ifndef LEAT_COMMON_TEXT_VARIABLES_H
#define LEAT_COMMON_TEXT_VARIABLES_H

#include "common/text/diagnostic.h"

typedef struct leat_variable {
    leat_bytes name;
    leat_bytes value;
} leat_variable;

/* Where values come from: the list first (the last of a name wins), then `find`. */
typedef struct leat_variables {
    const leat_variable *items;
    uint32_t count;
    const char *(*find)(const char *name); /* the environment; NULL = none, result borrowed */
} leat_variables;

/* Split "NAME=VALUE" as given to -D; borrows the argument. */
LEAT_MUST_USE leat_code leat_variable_parse(const char *argument,
                                            leat_variable *out_variable,
                                            leat_error *err);

typedef struct leat_variable_use {
    size_t offset; /* of `${` in the source */
    size_t length; /* up to and with `}` */
    leat_bytes value;
} leat_variable_use;

/* A source text with every reference masked. Lives in the arena. */
typedef struct leat_masked_text {
    leat_bytes text;
    leat_variable_use *uses; /* in source order */
    size_t use_count;
} leat_masked_text;

/* Errors (reported, the reference then has an empty value): not set and without default, bad
 * name, no closing brace on the line. */
leat_masked_text leat_variables_mask(leat_bytes source,
                                     const leat_variables *variables,
                                     leat_arena *arena,
                                     leat_diagnostics *diagnostics);

/* The text of a scalar that stands at [offset, ...) of the masked text, with values put in. The
 * same bytes come back when it has no reference. */
leat_bytes leat_variables_unmask(const leat_masked_text *masked,
                                 leat_bytes scalar,
                                 size_t offset,
                                 leat_arena *arena);

#endif
