/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include "coordinator/core/core.h"

/* Kinds as record.c numbers them. */
enum { RECORD_JOB = 2, RECORD_GENERATION = 4, RECORD_EPOCH_BLOCK = 5, RECORD_EPOCH_DONE = 6 };

static leat_coord_core *core_with_a_job(void)
{
    leat_coord_options options = {0};
    leat_coord_core *core = leat_coord_core_new(&options);
    leat_buf record = {0};
    leat_buf_add_u8(&record, RECORD_JOB);
    leat_buf_add_u32(&record, 1);
    leat_buf_add_bytes(&record, LEAT_BYTES("job"));
    leat_buf_add_bytes(&record, LEAT_BYTES("plan"));
    leat_buf_add_u32(&record, 4); /* key groups */
    leat_buf_add_u32(&record, 1); /* parallelism */
    leat_buf_add_u32(&record, 1); /* replicas */
    leat_buf_add_u32(&record, 1); /* min_replicas */
    leat_buf_add_u64(&record, 1000);
    leat_error err = {0};
    cr_assert_eq(leat_coord_replay(core, leat_buf_bytes(&record), &err), LEAT_OK, "%s", err.text);
    leat_buf_fini(&record);
    return core;
}

static void begin(leat_buf *record, uint8_t kind, uint64_t counter)
{
    leat_buf_add_u8(record, kind);
    leat_buf_add_u32(record, 1);
    leat_buf_add_u64(record, counter);
}

static leat_code replay(leat_buf *record)
{
    leat_coord_core *core = core_with_a_job();
    leat_error err = {0};
    leat_code code = leat_coord_replay(core, leat_buf_bytes(record), &err);
    leat_coord_core_free(&core);
    leat_buf_fini(record);
    return code;
}

static leat_code replay_epoch_block(uint64_t end)
{
    leat_buf record = {0};
    begin(&record, RECORD_EPOCH_BLOCK, end);
    return replay(&record);
}

static leat_code replay_epoch_done(uint64_t epoch)
{
    leat_buf record = {0};
    begin(&record, RECORD_EPOCH_DONE, epoch);
    leat_buf_add_u8(&record, 0);
    leat_buf_add_u32(&record, 0); /* manifests */
    return replay(&record);
}

/* One slot, no copies, every key group in it. */
static leat_code replay_generation(uint64_t number)
{
    leat_buf record = {0};
    begin(&record, RECORD_GENERATION, number);
    leat_buf_add_u32(&record, 1); /* slots: owner, executor, copies, holders */
    leat_buf_add_u32(&record, 1);
    leat_buf_add_u32(&record, 0);
    leat_buf_add_u8(&record, 0);
    leat_buf_add_u8(&record, 0);
    for (int g = 0; g < 4; g++)
        leat_buf_add_u16(&record, 0);
    return replay(&record);
}

Test(record, a_counter_that_could_be_is_replayed)
{
    cr_assert_eq(replay_generation(7), LEAT_OK);
    cr_assert_eq(replay_epoch_block(1000), LEAT_OK);
    cr_assert_eq(replay_epoch_done(999), LEAT_OK);
}

Test(record, a_counter_about_to_wrap_is_damage)
{
    cr_assert_eq(replay_epoch_block(UINT64_MAX), LEAT_CORRUPT);
    cr_assert_eq(replay_epoch_done(UINT64_MAX - 1), LEAT_CORRUPT);
    cr_assert_eq(replay_generation(UINT64_MAX), LEAT_CORRUPT);
}
