/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/folder.h"

#include <sys/random.h>

#include "common/kv/lmdb/kv_lmdb.h"
#include "common/sys/file.h"
#include "worker/state/journal.h"

uint64_t leat_folder_random(void)
{
    uint64_t number = 0;
    ssize_t got = getrandom(&number, sizeof number, 0);
    LEAT_ASSERT(got == (ssize_t)sizeof number);
    return number;
}

static void remember_job(void *self, leat_job_id job, const leat_job_facts *facts)
{
    leat_folder *folder = self;
    leat_vec_push(&folder->jobs, (leat_job_memory){.job = job.value,
                                                   .generation_seen = facts->gen_seen.value,
                                                   .decided_epoch = facts->decided.value});
}

static leat_code folder_start(leat_folder *folder, leat_error *err)
{
    LEAT_AUTO(leat_kv_abort) leat_kv_txn *txn = NULL;
    LEAT_TRY(leat_kv_begin_write(folder->journal, &txn, err));
    leat_worker_facts facts = {0};
    leat_code code = leat_journal_get_worker(txn, &facts, err);
    if (code == LEAT_NOT_FOUND) {
        leat_incarnation fresh = {.high = leat_folder_random(), .low = leat_folder_random()};
        memcpy(facts.incarnation, &fresh, sizeof facts.incarnation);
    } else if (code != LEAT_OK) {
        return code;
    }
    facts.boot_count++;
    LEAT_TRY(leat_journal_put_worker(txn, &facts, err));
    LEAT_TRY(leat_journal_each_job(txn, remember_job, folder, err));
    LEAT_TRY(leat_kv_commit(&txn, err));
    memcpy(&folder->incarnation, facts.incarnation, sizeof folder->incarnation);
    folder->boot = facts.boot_count;
    return LEAT_OK;
}

static leat_code store_open(const char *path, const char *name, leat_kv **out, leat_error *err)
{
    leat_buf full = {0};
    leat_buf_print(&full, "%s/%s", path, name);
    leat_code code = leat_kv_lmdb_open(leat_buf_text(&full), NULL, out, err);
    leat_buf_fini(&full);
    return code;
}

leat_code leat_folder_open(const char *path, leat_folder *out, leat_error *err)
{
    leat_folder folder = {0};
    leat_code code = leat_dir_make(path, err);
    if (code == LEAT_OK)
        code = store_open(path, "journal", &folder.journal, err);
    if (code == LEAT_OK)
        code = store_open(path, "base", &folder.base, err);
    if (code == LEAT_OK)
        code = folder_start(&folder, err);
    if (code != LEAT_OK) {
        leat_folder_close(&folder);
        return leat_error_add(err, "data folder '%s'", path);
    }
    *out = folder;
    return LEAT_OK;
}

void leat_folder_close(leat_folder *folder)
{
    leat_kv_close(&folder->journal);
    leat_kv_close(&folder->base);
    leat_vec_fini(&folder->jobs);
}
