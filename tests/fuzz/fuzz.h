/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz - one decoder under hostile bytes: how to make valid inputs, and what must hold for any.
 *
 * A target is run by two drivers: libFuzzer (`./dev fuzz`, clang) and replay.c (a test of every
 * build: mutated seeds, the same ones every time). Whatever the input, `run` comes back: what is
 * wrong is refused, and what is accepted survives being used and written again (asserted).
 *
 * Every seed is accepted as it is (replay.c checks it), so a target whose decoder refuses
 * everything does not pass.
 */
#ifndef LEAT_TESTS_FUZZ_FUZZ_H
#define LEAT_TESTS_FUZZ_FUZZ_H

#include "common/base/assert.h"
#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/vec.h"

typedef LEAT_VEC(leat_buf) leat_fuzz_seeds;

typedef struct leat_fuzz_target {
    const char *name;
    void (*seed)(leat_fuzz_seeds *seeds);
    /* Make the checksums right again, so that mutations get past them; NULL = there are none. */
    void (*mend)(leat_buf *input);
    bool (*run)(leat_bytes input); /* true = accepted */
    const char *const *words;      /* worth inserting, ends with NULL; NULL = bytes only */
} leat_fuzz_target;

/* An empty seed to write into; valid until the next one is added. */
static inline leat_buf *leat_fuzz_seed(leat_fuzz_seeds *seeds)
{
    return leat_vec_add(seeds);
}

static inline void leat_fuzz_seed_text(leat_fuzz_seeds *seeds, const char *text)
{
    leat_buf_add_text(leat_fuzz_seed(seeds), text);
}

extern const leat_fuzz_target leat_fuzz_batch;
extern const leat_fuzz_target leat_fuzz_clog;
extern const leat_fuzz_target leat_fuzz_control;
extern const leat_fuzz_target leat_fuzz_csv;
extern const leat_fuzz_target leat_fuzz_debezium;
extern const leat_fuzz_target leat_fuzz_expression;
extern const leat_fuzz_target leat_fuzz_frame;
extern const leat_fuzz_target leat_fuzz_json_lines;
extern const leat_fuzz_target leat_fuzz_json_text;
extern const leat_fuzz_target leat_fuzz_manifest;
extern const leat_fuzz_target leat_fuzz_page;
extern const leat_fuzz_target leat_fuzz_plan;
extern const leat_fuzz_target leat_fuzz_record;
extern const leat_fuzz_target leat_fuzz_seed_part;
extern const leat_fuzz_target leat_fuzz_sql;
extern const leat_fuzz_target leat_fuzz_topology;
extern const leat_fuzz_target leat_fuzz_value_text;

#endif
