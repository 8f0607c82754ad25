/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/prng.h"
#include "common/plan/check.h"
#include "tests/unit/common/plan/plan_of.h"

static leat_arena arena;
static leat_buf blob;

static void finish(void)
{
    leat_buf_fini(&blob);
    leat_arena_fini(&arena);
}

static void encode(const char *path)
{
    char *text = tree_file(path);
    cr_assert_not_null(text, "%s", path);
    leat_plan_encode(physical_of(text, &arena), &blob);
    leat_free(text);
}

/* Everything there is of a plan, as text. */
static void print_all(const leat_physical_plan *plan, leat_buf *out)
{
    leat_logical_print(plan->logical, out);
    leat_physical_print(plan, out);
    leat_physical_print_json(plan, out);
}

static const char *const TOPOLOGIES[] = {
    "tests/golden/plan/fits.yaml", "tests/golden/plan/unions.yaml",
    "tests/golden/plan/rewritten.yaml", "examples/payments.yaml"};

Test(wire, a_plan_reads_back_as_it_was, .fini = finish)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(TOPOLOGIES); i++) {
        leat_error error = {0};
        leat_buf before = {0};
        leat_buf after = {0};
        const leat_physical_plan *decoded;
        char *text = tree_file(TOPOLOGIES[i]);
        const leat_physical_plan *plan = physical_of(text, &arena);
        leat_buf_clear(&blob);
        leat_plan_encode(plan, &blob);

        cr_assert_eq(leat_plan_decode(leat_buf_bytes(&blob), &arena, &decoded, &error), LEAT_OK,
                     "%s: %s", TOPOLOGIES[i], error.text);

        print_all(plan, &before);
        print_all(decoded, &after);
        cr_assert_str_eq(leat_buf_text(&after), leat_buf_text(&before));
        leat_buf_clear(&before);
        leat_plan_encode(decoded, &before);
        cr_assert(leat_bytes_equal(leat_buf_bytes(&before), leat_buf_bytes(&blob)));
        leat_buf_fini(&before);
        leat_buf_fini(&after);
        leat_free(text);
    }
}

Test(wire, every_prefix_is_refused, .fini = finish)
{
    encode(TOPOLOGIES[1]);
    leat_arena scratch = {0};
    for (size_t size = 0; size < blob.size; size++) {
        leat_error error = {0};
        const leat_physical_plan *plan;
        char *exact = leat_alloc(size + 1);
        memcpy(exact, blob.data, size);
        cr_assert_eq(leat_plan_decode(leat_bytes_of(exact, size), &scratch, &plan, &error),
                     LEAT_CORRUPT, "prefix of %zu bytes", size);
        leat_free(exact);
        leat_arena_reset(&scratch);
    }
    leat_arena_fini(&scratch);
}

/* What passes the check can be printed and encoded: that reads every index and expression. */
static void expect_harmless(leat_arena *scratch, leat_buf *printed)
{
    leat_error error = {0};
    const leat_physical_plan *plan;
    leat_code code = leat_plan_decode(leat_buf_bytes(&blob), scratch, &plan, &error);
    cr_assert(code == LEAT_OK || code == LEAT_CORRUPT, "%d: %s", (int)code, error.text);
    if (code == LEAT_OK) {
        print_all(plan, printed);
        leat_plan_encode(plan, printed);
    }
    leat_arena_reset(scratch);
    leat_buf_clear(printed);
}

Test(wire, no_flipped_bit_does_harm, .fini = finish)
{
    encode(TOPOLOGIES[1]);
    leat_arena scratch = {0};
    leat_buf printed = {0};
    leat_prng prng = {.state = 7};
    for (size_t i = 0; i < blob.size; i++) {
        char kept = blob.data[i];
        blob.data[i] = (char)(kept ^ (1 << leat_prng_below(&prng, 8)));
        expect_harmless(&scratch, &printed);
        blob.data[i] = (char)leat_prng_below(&prng, 256);
        expect_harmless(&scratch, &printed);
        blob.data[i] = kept;
    }
    leat_buf_fini(&printed);
    leat_arena_fini(&scratch);
}

Test(wire, a_count_larger_than_the_blob_takes_no_memory, .fini = finish)
{
    encode(TOPOLOGIES[0]);
    leat_arena scratch = {0};
    leat_error error = {0};
    const leat_physical_plan *plan;
    memset(blob.data + 6, 0xff, 4);

    cr_assert_eq(leat_plan_decode(leat_buf_bytes(&blob), &scratch, &plan, &error), LEAT_CORRUPT);

    cr_assert_lt(scratch.used_bytes, 1 << 16);
    leat_arena_fini(&scratch);
}
