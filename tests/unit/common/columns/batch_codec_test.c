/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/batch_codec.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/prng.h"
#include "tests/support/batch_text.h"

#define SCHEMA                                                                                     \
    "b boolean, i int, k bigint, x double, d decimal(30,2), s string, t timestamp, v interval"
#define ROWS                                                                                       \
    "true, 1, 10, 1.5, 1.25, short, 2015-09-12 00:46:58.771, 1 day",                               \
        "-D null, null, null, null, null, null, null, null",                                       \
        "false, -2, -20, -0.25, -7.00, a text longer than twelve bytes, 1969-12-31 23:59:59, 5s",  \
        "+U true, 3, 30, 2, 9, twelve bytes, 2024-02-29, 1 month",                                 \
        "false, 0, 0, 0, 0, , "                                                                    \
        "1970-01-01, 0s"

static leat_code decode(leat_bytes block, const leat_schema *schema, leat_batch **out_batch)
{
    leat_error err;
    return leat_batch_decode(block, schema, out_batch, &err);
}

static void read_back(const leat_rows *rows, leat_compression compression)
{
    leat_buf block = {0};
    leat_batch_encode(rows, compression, &block);
    leat_batch *back = NULL;
    cr_assert_eq(decode(leat_buf_bytes(&block), rows->schema, &back), LEAT_OK);
    cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(back)), ROWS_TEXT(rows));
    leat_batch_unref(&back);
    leat_buf_fini(&block);
}

Test(batch_codec, every_type_reads_back_with_and_without_compression)
{
    leat_batch *batch = BATCH(SCHEMA, ROWS);

    read_back(leat_batch_rows(batch), LEAT_COMPRESSION_NONE);
    read_back(leat_batch_rows(batch), LEAT_COMPRESSION_LZ4);

    leat_batch_unref(&batch);
}

Test(batch_codec, only_selected_rows_are_encoded)
{
    leat_batch *batch = BATCH(SCHEMA, ROWS);
    leat_rows rows = *leat_batch_rows(batch);
    static const uint32_t selected[] = {1, 2};
    rows.selected = selected;
    rows.selected_count = 2;

    read_back(&rows, LEAT_COMPRESSION_NONE);

    leat_batch_unref(&batch);
}

Test(batch_codec, constant_columns_are_written_out)
{
    leat_batch *batch = BATCH("k bigint, s string", "1, a", "2, b", "3, c");
    leat_rows rows = *leat_batch_rows(batch);
    leat_column columns[2] = {rows.columns[0], rows.columns[1]};
    leat_arena arena = {0};
    leat_value value = {.type = LEAT_TYPE(STRING), .text = LEAT_BYTES("the same for every row")};
    columns[1] = leat_value_column(&value, &arena);
    rows.columns = columns;

    read_back(&rows, LEAT_COMPRESSION_LZ4);

    leat_arena_fini(&arena);
    leat_batch_unref(&batch);
}

Test(batch_codec, wide_decimals_and_no_rows_read_back)
{
    leat_batch *wide = BATCH("d decimal(38,2)", "123456789012345678901234567890.12", "1", "null");
    leat_batch *none = BATCH("d decimal(38,2), s string", NULL);

    cr_assert_eq(leat_batch_rows(wide)->columns[0].layout, LEAT_LAYOUT_I128);
    read_back(leat_batch_rows(wide), LEAT_COMPRESSION_NONE);
    read_back(leat_batch_rows(none), LEAT_COMPRESSION_LZ4);

    leat_batch_unref(&wide);
    leat_batch_unref(&none);
}

static leat_batch *batch_of_many_rows(const leat_schema *schema, uint32_t count)
{
    leat_builder *builder = leat_builder_new(schema, count);
    for (uint32_t i = 0; i < count; i++) {
        char text[64];
        int size = snprintf(text, sizeof text, "row number %u and its text", i % 100);
        leat_builder_set_integer(builder, 0, i);
        if (i % 7 != 0)
            leat_builder_set_text(builder, 1, leat_bytes_of(text, (size_t)size));
        leat_builder_commit(builder, 1);
    }
    leat_batch *batch = leat_builder_finish(builder);
    leat_builder_free(&builder);
    return batch;
}

Test(batch_codec, compression_shrinks_what_repeats)
{
    leat_batch *batch = batch_of_many_rows(leat_test_schema("k bigint, s string"), 1000);
    leat_buf plain = {0};
    leat_buf packed = {0};

    leat_batch_encode(leat_batch_rows(batch), LEAT_COMPRESSION_NONE, &plain);
    leat_batch_encode(leat_batch_rows(batch), LEAT_COMPRESSION_LZ4, &packed);

    cr_assert_lt(packed.size, plain.size / 2);
    read_back(leat_batch_rows(batch), LEAT_COMPRESSION_LZ4);
    leat_buf_fini(&plain);
    leat_buf_fini(&packed);
    leat_batch_unref(&batch);
}

Test(batch_codec, a_block_decodes_at_every_address)
{
    leat_batch *batch = BATCH(SCHEMA, ROWS);
    leat_buf block = {0};
    leat_batch_encode(leat_batch_rows(batch), LEAT_COMPRESSION_NONE, &block);
    char *shifted = leat_alloc_aligned(64, block.size + 64);

    for (size_t offset = 0; offset < 64; offset++) {
        memcpy(shifted + offset, block.data, block.size);
        leat_batch *back = NULL;
        leat_bytes bytes = leat_bytes_of(shifted + offset, block.size);
        cr_assert_eq(decode(bytes, leat_batch_rows(batch)->schema, &back), LEAT_OK);
        cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(back)), ROWS_TEXT(leat_batch_rows(batch)));
        leat_batch_unref(&back);
    }

    leat_free(shifted);
    leat_buf_fini(&block);
    leat_batch_unref(&batch);
}

/* Exactly as much memory as there are bytes, so that the sanitizer sees every overrun. */
static leat_code decode_exact(const char *bytes, size_t size, const leat_schema *schema)
{
    char *copy = leat_alloc(size);
    if (size > 0)
        memcpy(copy, bytes, size);
    leat_batch *batch = NULL;
    leat_code code = decode(leat_bytes_of(copy, size), schema, &batch);
    if (code == LEAT_OK)
        ROWS_TEXT(leat_batch_rows(batch));
    leat_batch_unref(&batch);
    leat_free(copy);
    return code;
}

Test(batch_codec, every_cut_block_is_corrupt)
{
    leat_batch *batch = BATCH(SCHEMA, ROWS);
    const leat_schema *schema = leat_batch_rows(batch)->schema;
    for (leat_compression c = LEAT_COMPRESSION_NONE; c <= LEAT_COMPRESSION_LZ4; c++) {
        leat_buf block = {0};
        leat_batch_encode(leat_batch_rows(batch), c, &block);

        for (size_t size = 0; size < block.size; size++)
            cr_assert_eq(decode_exact(block.data, size, schema), LEAT_CORRUPT, "%zu", size);

        leat_buf_fini(&block);
    }
    leat_batch_unref(&batch);
}

Test(batch_codec, no_flipped_bit_crashes_the_decoder)
{
    leat_batch *batch = BATCH(SCHEMA, ROWS);
    const leat_schema *schema = leat_batch_rows(batch)->schema;
    uint32_t refused = 0;
    for (leat_compression c = LEAT_COMPRESSION_NONE; c <= LEAT_COMPRESSION_LZ4; c++) {
        leat_buf block = {0};
        leat_batch_encode(leat_batch_rows(batch), c, &block);

        for (size_t bit = 0; bit < block.size * 8; bit++) {
            block.data[bit / 8] = (char)(block.data[bit / 8] ^ (1 << bit % 8));
            refused += decode_exact(block.data, block.size, schema) == LEAT_CORRUPT;
            block.data[bit / 8] = (char)(block.data[bit / 8] ^ (1 << bit % 8));
        }

        leat_buf_fini(&block);
    }
    cr_assert_gt(refused, 200);
    leat_batch_unref(&batch);
}

Test(batch_codec, many_random_damages_do_not_crash_the_decoder)
{
    leat_batch *batch = batch_of_many_rows(leat_test_schema("k bigint, s string"), 100);
    const leat_schema *schema = leat_batch_rows(batch)->schema;
    leat_buf block = {0};
    leat_batch_encode(leat_batch_rows(batch), LEAT_COMPRESSION_LZ4, &block);
    leat_prng prng = {7};

    for (int round = 0; round < 3000; round++) {
        leat_buf copy = {0};
        leat_buf_add(&copy, block.data, block.size);
        for (int hits = 0; hits < 4; hits++)
            copy.data[leat_prng_below(&prng, copy.size)] = (char)leat_prng_next(&prng);
        decode_exact(copy.data, copy.size, schema);
        leat_buf_fini(&copy);
    }

    leat_buf_fini(&block);
    leat_batch_unref(&batch);
}

Test(batch_codec, a_small_block_cannot_ask_for_much_memory)
{
    leat_batch *batch = batch_of_many_rows(leat_test_schema("k bigint, s string"), 1000);
    leat_buf block = {0};
    leat_batch_encode(leat_batch_rows(batch), LEAT_COMPRESSION_LZ4, &block);
    static const uint32_t raw = 0x7fffffff;
    enum { RAW_AT = 6 };

    memcpy(block.data + RAW_AT, &raw, sizeof raw);

    leat_error err;
    leat_batch *back = NULL;
    leat_bytes bytes = leat_buf_bytes(&block);
    cr_assert_eq(leat_batch_decode(bytes, leat_batch_rows(batch)->schema, &back, &err),
                 LEAT_CORRUPT);
    cr_assert_not_null(strstr(err.text, "cannot hold 2147483647"));
    leat_buf_fini(&block);
    leat_batch_unref(&batch);
}

Test(batch_codec, another_schema_is_refused)
{
    leat_batch *batch = BATCH("k bigint, s string", "1, a");
    leat_buf block = {0};
    leat_batch_encode(leat_batch_rows(batch), LEAT_COMPRESSION_NONE, &block);
    const char *const others[] = {"k bigint", "k bigint, s bytes", "k int, s string",
                                  "k bigint, s string, x int"};

    for (size_t i = 0; i < LEAT_COUNT_OF(others); i++) {
        leat_batch *back = NULL;
        cr_assert_eq(decode(leat_buf_bytes(&block), leat_test_schema(others[i]), &back),
                     LEAT_CORRUPT);
    }

    leat_buf_fini(&block);
    leat_batch_unref(&batch);
}

Test(batch_codec, what_stands_under_a_null_does_not_change_the_bytes)
{
    leat_batch *batch = BATCH("k bigint", "1", "2");
    leat_rows rows = *leat_batch_rows(batch);
    static const uint64_t validity[] = {1};
    int64_t values[2][2] = {{5, 77}, {5, 88}};
    leat_buf blocks[2] = {{0}, {0}};

    for (int i = 0; i < 2; i++) {
        leat_column column = {.type = LEAT_TYPE(BIGINT),
                              .layout = LEAT_LAYOUT_I64,
                              .values = values[i],
                              .validity = validity};
        rows.columns = &column;
        leat_batch_encode(&rows, LEAT_COMPRESSION_NONE, &blocks[i]);
    }

    cr_assert(leat_bytes_equal(leat_buf_bytes(&blocks[0]), leat_buf_bytes(&blocks[1])));
    leat_buf_fini(&blocks[0]);
    leat_buf_fini(&blocks[1]);
    leat_batch_unref(&batch);
}
