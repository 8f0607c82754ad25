/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml - a small YAML document as a tree with places, and typed getters that report.
 *
 * One document of mappings, sequences and scalars; the tree lives in the caller's arena and is
 * read-only. All scalars are text: what a value means is decided by who reads it. Refused, with
 * a place: duplicate keys, anchors, aliases, tags, several documents, keys that are not text,
 * more than LEAT_YAML_DEPTH_MAX levels, LEAT_YAML_ENTRIES_MAX entries, 1 MiB of text.
 *
 * Getters report to `diagnostics` what is wrong and leave *out as it was, so that a caller can
 * set the default before and go on after an error.
 */
#ifndef LEAT_COMMON_TEXT_YAML_H
#define LEAT_COMMON_TEXT_YAML_H

#include "common/text/variables.h"

enum { LEAT_YAML_DEPTH_MAX = 32, LEAT_YAML_ENTRIES_MAX = 1024 };

typedef enum leat_yaml_kind {
    LEAT_YAML_NULL, /* nothing after the colon, ~, null */
    LEAT_YAML_SCALAR,
    LEAT_YAML_SEQUENCE,
    LEAT_YAML_MAPPING,
} leat_yaml_kind;

typedef struct leat_yaml {
    leat_yaml_kind kind;
    leat_place place; /* of the value; the first byte inside of quotes for literal scalars */
    leat_bytes text;  /* SCALAR, variables put in; a NUL follows */
    bool is_literal;  /* SCALAR: text stands byte for byte at `place`, but for the indent: */
    uint32_t indent;  /* ... blanks before every further line of it */
    bool is_quoted;   /* SCALAR: "5" and '5', not 5 */
    leat_bytes key;   /* when it is an entry of a mapping */
    leat_place key_place;
    uint32_t count; /* SEQUENCE items, MAPPING entries */
    struct leat_yaml *items;
} leat_yaml;

/* NULL after an error of syntax was reported. Variables' errors are reported and survived. */
const leat_yaml *leat_yaml_parse(leat_bytes source,
                                 const leat_variables *variables,
                                 leat_arena *arena,
                                 leat_diagnostics *diagnostics);

/* The entry of a mapping, or NULL (also when `mapping` is no mapping). */
const leat_yaml *leat_yaml_get(const leat_yaml *mapping, const char *key);
/* Report every key that is not among `known`, with the nearest known one. `what` names the
 * mapping: "a source", "`window`". */
void leat_yaml_check_keys(const leat_yaml *mapping,
                          const char *what,
                          const char *const *known,
                          size_t known_count,
                          leat_diagnostics *diagnostics);
/* True if the node is of the kind, else an error "`key` must be a mapping". */
bool leat_yaml_expect(const leat_yaml *node, leat_yaml_kind kind, leat_diagnostics *diagnostics);

/* Each takes a scalar and returns true when *out was set. */
bool leat_yaml_read_text(const leat_yaml *node, leat_bytes *out, leat_diagnostics *diagnostics);
bool leat_yaml_read_number(const leat_yaml *node,
                           uint64_t least,
                           uint64_t greatest,
                           uint64_t *out,
                           leat_diagnostics *diagnostics);
bool leat_yaml_read_duration(const leat_yaml *node, int64_t *out_us, leat_diagnostics *diagnostics);
bool leat_yaml_read_bool(const leat_yaml *node, bool *out, leat_diagnostics *diagnostics);
/* One of `words`; *out is its index. */
bool leat_yaml_read_word(const leat_yaml *node,
                         const char *const *words,
                         uint32_t word_count,
                         uint32_t *out,
                         leat_diagnostics *diagnostics);

/* A scalar as the text of an expression. */
leat_source_text leat_yaml_source(const leat_yaml *scalar);

#endif
