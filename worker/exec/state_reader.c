/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/state_reader.h"

#include "common/base/alloc.h"
#include "common/base/mutant.h"
#include "worker/state/restore.h"

struct leat_state_reader {
    leat_state_disk disk;
    leat_job_id job;
    leat_epoch epoch;
    leat_store_view view;  /* open while restore != NULL */
    leat_restore *restore; /* opened at first use */
};

leat_state_reader *leat_state_reader_new(const leat_state_disk *disk, uint32_t job, uint64_t epoch)
{
    leat_state_reader *reader = LEAT_NEW(leat_state_reader);
    reader->disk = *disk;
    reader->job.value = job;
    reader->epoch.value = epoch;
    return reader;
}

void leat_state_reader_free(leat_state_reader **reader)
{
    leat_state_reader *dropped = LEAT_TAKE(*reader);
    if (dropped == NULL)
        return;
    leat_restore_close(&dropped->restore);
    leat_kv_abort(&dropped->view.base);
    leat_kv_abort(&dropped->view.journal);
    leat_free(dropped);
}

static leat_code reader_open(leat_state_reader *reader, leat_error *err)
{
    /* journal first: see restore.h */
    if (reader->view.journal == NULL)
        LEAT_TRY(leat_kv_begin_read(reader->disk.journal, &reader->view.journal, err));
    if (reader->view.base == NULL)
        LEAT_TRY(leat_kv_begin_read(reader->disk.base, &reader->view.base, err));
    leat_epoch epoch = reader->epoch;
    if (leat_mutant(LEAT_MUTANT_no_live_rollback)) /* what was here, decided or not */
        LEAT_TRY(leat_journal_epoch_below(reader->view.journal, reader->job,
                                          (leat_epoch){UINT64_MAX}, &epoch, err));
    return leat_restore_open(reader->view, reader->job, epoch, &reader->restore, err);
}

static leat_code reader_restore(
    void *self, uint32_t key_group, leat_record_visit *visit, void *visit_self, leat_error *err)
{
    leat_state_reader *reader = self;
    if (reader->restore == NULL)
        LEAT_TRY(reader_open(reader, err));
    return leat_restore_each(reader->restore, (uint16_t)key_group, visit, visit_self, err);
}

leat_slot_store leat_state_reader_store(leat_state_reader *reader)
{
    return (leat_slot_store){reader, reader_restore};
}
