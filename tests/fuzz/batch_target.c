/* SPDX-License-Identifier: Apache-2.0
 *
 * Batches from another worker: first byte = which schema, the rest = the block.
 */
#include "common/columns/batch_codec.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/batch_text.h"

static const char all_types[] = "b boolean, i int, d double, n decimal(12,2), w decimal(38,4), "
                                "t timestamp, p interval, r bytes";
static const char *const schemas[] = {"k bigint not null, v string", all_types,
                                      "only boolean not null"};

static void seed_add(leat_fuzz_seeds *seeds, uint8_t schema, leat_batch *batch)
{
    for (int compression = 0; compression < 2; compression++) {
        leat_buf *seed = leat_fuzz_seed(seeds);
        leat_buf_add_u8(seed, schema);
        leat_batch_encode(leat_batch_rows(batch), (leat_compression)compression, seed);
    }
    leat_batch_unref(&batch);
}

static void seed(leat_fuzz_seeds *seeds)
{
    seed_add(seeds, 0, BATCH(schemas[0], "1, a", "2, null", "-3, longer than twelve bytes"));
    seed_add(seeds, 0, BATCH(schemas[0], "-U 1, a", "+U 1, b", "-D 2, null"));
    seed_add(seeds, 1,
             BATCH(schemas[1],
                   "true, -7, 1.5, 12.50, 9999999999999999999999.1234, 2015-09-12 00:46:58.771, "
                   "1 day 02:00:00, raw",
                   "null, null, null, null, null, null, null, null"));
    seed_add(seeds, 2, BATCH(schemas[2], "true", "false", "true"));
}

/* What decodes can be printed, and comes back the same when it is sent on. */
static void use(const leat_batch *batch, const leat_schema *schema)
{
    leat_buf text = {0}, block = {0}, again = {0};
    leat_batch *second = NULL;
    leat_rows_print(leat_batch_rows(batch), &text);
    leat_batch_encode(leat_batch_rows(batch), LEAT_COMPRESSION_LZ4, &block);
    leat_code code = leat_batch_decode(leat_buf_bytes(&block), schema, &second, NULL);
    LEAT_ASSERT(code == LEAT_OK);
    leat_rows_print(leat_batch_rows(second), &again);
    LEAT_ASSERT(leat_bytes_equal(leat_buf_bytes(&text), leat_buf_bytes(&again)));
    leat_batch_unref(&second);
    leat_buf_fini(&text);
    leat_buf_fini(&block);
    leat_buf_fini(&again);
}

static bool run(leat_bytes input)
{
    static const leat_schema *parsed[LEAT_COUNT_OF(schemas)];
    if (input.size == 0)
        return false;
    size_t which = (uint8_t)input.data[0] % LEAT_COUNT_OF(schemas);
    if (parsed[which] == NULL)
        parsed[which] = leat_test_schema(schemas[which]);
    leat_error err = {0};
    leat_batch *batch = NULL;
    leat_bytes block = leat_bytes_of(input.data + 1, input.size - 1);
    if (leat_batch_decode(block, parsed[which], &batch, &err) != LEAT_OK)
        return false;
    use(batch, parsed[which]);
    leat_batch_unref(&batch);
    return true;
}

const leat_fuzz_target leat_fuzz_batch = {.name = "batch", .seed = seed, .run = run};
