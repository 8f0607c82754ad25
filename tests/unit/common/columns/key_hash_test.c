/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/key_hash.h"

#include <criterion/criterion.h>

#include "common/base/hash.h"
#include "tests/support/batch_text.h"

static uint64_t hash_of(const char *schema, const char *row)
{
    leat_batch *batch = BATCH(schema, row);
    static const uint16_t keys[] = {0, 1, 2, 3};
    uint64_t hash = 0;
    leat_key_hash(leat_batch_rows(batch), keys, leat_batch_rows(batch)->schema->field_count, &hash);
    leat_batch_unref(&batch);
    return hash;
}

/* State on disk is placed by these: a change is a new state format. */
static const struct {
    const char *schema;
    const char *row;
    uint64_t hash;
} golden[] = {
    {"k bigint", "0", UINT64_C(0x313c2dd2ec996e80)},
    {"k bigint", "1", UINT64_C(0xa048b5cb82162577)},
    {"k bigint", "-1", UINT64_C(0x53a5f4bc2fc0168c)},
    {"k bigint", "null", UINT64_C(0xc44bdff4074eecdb)},
    {"s string", "DE", UINT64_C(0x6a02740c883f30a0)},
    {"s string", "a text longer than twelve", UINT64_C(0xe090f106bb8ae2ee)},
    {"d decimal(9,2)", "1.50", UINT64_C(0xbf6650d278efddfb)},
    {"k int, s string", "7, x", UINT64_C(0x4ec4e991134c9b9f)},
};

Test(key_hash, golden_vectors)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(golden); i++)
        cr_expect_eq(hash_of(golden[i].schema, golden[i].row), golden[i].hash, "%s: %s",
                     golden[i].schema, golden[i].row);
}

Test(key_hash, equal_values_of_unlike_types_hash_alike)
{
    cr_assert_eq(hash_of("k int", "-5"), hash_of("k bigint", "-5"));
    cr_assert_eq(hash_of("d decimal(9,2)", "1.50"), hash_of("d decimal(38,1)", "1.5"));
    cr_assert_eq(hash_of("x double", "-0"), hash_of("x double", "0"));
    cr_assert_neq(hash_of("a string, b string", "x, yz"), hash_of("a string, b string", "xy, z"));
    cr_assert_neq(hash_of("a int, b int", "1, null"), hash_of("a int, b int", "null, 1"));
}

Test(key_hash, the_fast_paths_hash_the_canonical_bytes_of_each_selected_row)
{
    leat_batch *batch =
        BATCH("k bigint, s string, i int, n bigint, t timestamp", "1, a, -1, null, 2024-01-01",
              "-7, a text longer than twelve, 2, 5, 2024-01-02", "9, c, null, null, null",
              "10, d, 4, 6, 2024-01-03");
    leat_rows rows = *leat_batch_rows(batch);
    static const uint32_t selected[] = {1, 3};
    leat_buf bytes = {0};

    for (uint16_t key = 0; key < 5; key++) {
        uint64_t all[4];
        uint64_t some[2];
        rows.selected = NULL;
        rows.selected_count = 4;
        leat_key_hash(&rows, &key, 1, all);
        rows.selected = selected;
        rows.selected_count = 2;
        leat_key_hash(&rows, &key, 1, some);

        for (uint32_t i = 0; i < 4; i++) {
            leat_buf_clear(&bytes);
            leat_key_encode(&rows, &key, 1, i, &bytes);
            cr_assert_eq(all[i], leat_hash_bytes(leat_buf_bytes(&bytes)));
        }
        cr_assert_eq(some[0], all[1]);
        cr_assert_eq(some[1], all[3]);
    }
    leat_buf_fini(&bytes);
    leat_batch_unref(&batch);
}

Test(key_hash, long_texts_hash_as_their_bytes_too)
{
    const leat_schema *schema = leat_test_schema("s string");
    leat_builder *builder = leat_builder_new(schema, 1);
    char text[1000];
    memset(text, 'q', sizeof text);
    leat_builder_set_text(builder, 0, leat_bytes_of(text, sizeof text));
    leat_builder_commit(builder, 1);
    leat_rows rows = leat_builder_rows(builder);
    static const uint16_t key = 0;
    uint64_t hash = 0;
    leat_buf bytes = {0};

    leat_key_hash(&rows, &key, 1, &hash);
    leat_key_encode(&rows, &key, 1, 0, &bytes);

    cr_assert_eq(hash, leat_hash_bytes(leat_buf_bytes(&bytes)));
    leat_buf_fini(&bytes);
    leat_builder_free(&builder);
}

Test(key_hash, key_groups_cut_the_hash_space_evenly)
{
    cr_assert_eq(leat_key_group_of(0, 256), 0);
    cr_assert_eq(leat_key_group_of(UINT64_MAX, 256), 255);
    cr_assert_eq(leat_key_group_of(UINT64_C(1) << 56, 256), 1);
    cr_assert_eq(leat_key_group_of((UINT64_C(1) << 56) - 1, 256), 0);
}
