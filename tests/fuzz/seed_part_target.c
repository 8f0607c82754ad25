/* SPDX-License-Identifier: Apache-2.0
 *
 * Parts of a copy that an owner sends to a new standby. Whatever was accepted, the standby's
 * stores can be asked what they can restore, and restored.
 */
#include "common/base/crc32c.h"
#include "common/kv/kv_mem.h"
#include "tests/fuzz/fuzz.h"
#include "worker/state/delta.h"
#include "worker/state/seed.h"

enum { CRC_AT = 4, HEAD_BYTES = 8, KEY_GROUPS = 2, PREFIX_BYTES = 5 };

static const leat_job_id job = {1};
static const uint16_t groups[KEY_GROUPS] = {0, 1};

static void chunk_put(void *self, uint32_t index, leat_blob *chunk)
{
    leat_delta_id id = {.job = job, .generation = {1}, .epoch = {6}, .prev = {5}};
    leat_error err = {0};
    leat_code code = leat_journal_put_chunk(self, &id, index, leat_blob_bytes(chunk), &err);
    LEAT_ASSERT(code == LEAT_OK);
    leat_blob_unref(&chunk);
}

static leat_record record_of(uint64_t i, uint16_t key_group)
{
    return (leat_record){.kind = LEAT_RECORD_PUT,
                         .key_group = key_group,
                         .hash = ((uint64_t)key_group << 63) + i,
                         .pane = LEAT_PANE_NONE,
                         .key = LEAT_BYTES("key"),
                         .value = LEAT_BYTES("some value")};
}

static void base_fill(leat_kv_txn *base, uint16_t key_group)
{
    leat_error err = {0};
    leat_base_writer *writer = leat_base_writer_new(base, job, key_group, (leat_epoch){5});
    LEAT_ASSERT(leat_base_writer_begin(writer, &err) == LEAT_OK);
    for (uint64_t i = 0; i < 3; i++) {
        leat_record record = record_of(i, key_group);
        LEAT_ASSERT(leat_base_writer_add(writer, &record, &err) == LEAT_OK);
    }
    LEAT_ASSERT(leat_base_writer_finish(writer, &err) == LEAT_OK);
    leat_base_writer_free(&writer);
}

static void journal_fill(leat_kv_txn *journal, leat_kv_txn *base)
{
    leat_error err = {0};
    leat_delta_id id = {.job = job, .generation = {1}, .epoch = {6}, .prev = {5}};
    leat_delta_writer *writer = leat_delta_writer_new(chunk_put, journal);
    leat_delta_begin(writer, id, groups, KEY_GROUPS);
    for (uint16_t g = 0; g < KEY_GROUPS; g++) {
        leat_record record = record_of(7, g);
        leat_delta_add(writer, &record);
    }
    leat_blob *manifest = leat_delta_finish(writer);
    uint64_t hash;
    leat_code code = leat_journal_put_manifest(journal, base, leat_blob_bytes(manifest),
                                               LEAT_MANIFEST_CONNECT, &hash, &err);
    LEAT_ASSERT(code == LEAT_OK);
    leat_blob_unref(&manifest);
    leat_delta_writer_free(&writer);
}

typedef struct stores {
    leat_kv *journal_kv;
    leat_kv *base_kv;
    leat_kv_txn *journal;
    leat_kv_txn *base;
} stores;

static stores stores_open(void)
{
    stores s = {.journal_kv = leat_kv_mem_new(), .base_kv = leat_kv_mem_new()};
    leat_error err = {0};
    LEAT_ASSERT(leat_kv_begin_write(s.journal_kv, &s.journal, &err) == LEAT_OK);
    LEAT_ASSERT(leat_kv_begin_write(s.base_kv, &s.base, &err) == LEAT_OK);
    return s;
}

static void stores_close(stores *s)
{
    leat_kv_abort(&s->journal);
    leat_kv_abort(&s->base);
    leat_kv_close(&s->journal_kv);
    leat_kv_close(&s->base_kv);
}

static void seed(leat_fuzz_seeds *seeds)
{
    stores s = stores_open();
    for (uint16_t g = 0; g < KEY_GROUPS; g++)
        base_fill(s.base, g);
    journal_fill(s.journal, s.base);
    leat_store_view view = {s.journal, s.base};
    leat_seed_position position = {0};
    leat_error err = {0};
    leat_buf *part = leat_fuzz_seed(seeds);
    leat_code code = leat_seed_read(view, job, groups, KEY_GROUPS, &position, 1 << 20, part, &err);
    if (code == LEAT_OK && !position.is_done)
        code = leat_seed_read(view, job, groups, KEY_GROUPS, &position, 1 << 20, part, &err);
    LEAT_ASSERT(code == LEAT_OK && position.is_done);
    stores_close(&s);
}

/* Every page and manifest of the part gets the checksum of what it has become. */
static void mend(leat_buf *input)
{
    leat_cursor in = leat_cursor_over(leat_buf_bytes(input));
    while (in.at < in.end) {
        (void)leat_cursor_u8(&in);
        leat_bytes key = leat_cursor_bytes(&in);
        leat_bytes value = leat_cursor_bytes(&in);
        if (in.is_short || key.size < PREFIX_BYTES)
            return;
        bool is_sealed = key.data[0] == 'p' || key.data[0] == 'd';
        if (!is_sealed || value.size < HEAD_BYTES)
            continue;
        uint32_t crc = leat_crc32c(value.data + HEAD_BYTES, value.size - HEAD_BYTES);
        memcpy(input->data + (value.data - input->data) + CRC_AT, &crc, sizeof crc);
    }
}

static void record_drop(void *self, const leat_record *record)
{
    (void)self;
    (void)record;
}

static void restore_all(const stores *s)
{
    leat_error err = {0};
    leat_restore *restore = NULL;
    leat_store_view view = {s->journal, s->base};
    for (uint64_t epoch = 5; epoch <= 7; epoch++) {
        if (leat_restore_open(view, job, (leat_epoch){epoch}, &restore, &err) != LEAT_OK)
            continue;
        for (uint16_t g = 0; g < KEY_GROUPS; g++)
            if (leat_restore_check(restore, g, &err) == LEAT_OK)
                (void)(leat_restore_each(restore, g, record_drop, NULL, &err) == LEAT_OK);
        leat_restore_close(&restore);
    }
}

static bool run(leat_bytes input)
{
    stores s = stores_open();
    leat_error err = {0};
    bool accepted = leat_seed_write(s.journal, s.base, job, input, &err) == LEAT_OK;
    if (accepted)
        restore_all(&s);
    stores_close(&s);
    return accepted;
}

const leat_fuzz_target leat_fuzz_seed_part = {
    .name = "seed_part", .seed = seed, .mend = mend, .run = run};
