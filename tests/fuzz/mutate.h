/* SPDX-License-Identifier: Apache-2.0
 *
 * mutate - damage bytes the way decoders like least: cut, doubled, spliced, huge lengths.
 */
#ifndef LEAT_TESTS_FUZZ_MUTATE_H
#define LEAT_TESTS_FUZZ_MUTATE_H

#include "common/base/prng.h"
#include "tests/fuzz/fuzz.h"

enum { LEAT_FUZZ_INPUT_MAX = 8192 };

/* Change `input` in one to eight places; `other` is a further seed to take pieces from. */
void leat_fuzz_mutate(leat_prng *prng, leat_buf *input, leat_bytes other, const char *const *words);

#endif
