/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kv/lmdb/kv_lmdb.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/alloc.h"
#include "tests/support/temp_dir.h"

static void must(leat_code code)
{
    cr_assert_eq(code, LEAT_OK, "%s", leat_code_name(code));
}

static leat_kv *open_in(const temp_dir *dir, const leat_kv_lmdb_options *options)
{
    leat_kv *kv = NULL;
    must(leat_kv_lmdb_open(dir->path, options, &kv, NULL));
    return kv;
}

/* Commit one entry with a value of `size` bytes. */
static leat_code put_sized(leat_kv *kv, const char *key, size_t size)
{
    leat_kv_txn *txn = NULL;
    LEAT_TRY(leat_kv_begin_write(kv, &txn, NULL));
    char *bytes = leat_alloc_zero(size, 1);
    leat_code code = leat_kv_put(txn, leat_bytes_text(key), leat_bytes_of(bytes, size), NULL);
    leat_free(bytes);
    must(code);
    return leat_kv_commit(&txn, NULL);
}

static bool has(leat_kv *kv, const char *key)
{
    leat_kv_txn *txn = NULL;
    leat_bytes value;
    must(leat_kv_begin_read(kv, &txn, NULL));
    leat_code code = leat_kv_get(txn, leat_bytes_text(key), &value, NULL);
    leat_kv_abort(&txn);
    return code == LEAT_OK;
}

Test(kv_lmdb_open, finds_what_was_committed_before)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_kv *kv = open_in(&dir, NULL);
    must(put_sized(kv, "a", 10));
    leat_kv_close(&kv);

    kv = open_in(&dir, NULL);

    cr_assert(has(kv, "a"));
    leat_kv_close(&kv);
}

Test(kv_lmdb_open, finds_what_a_killed_process_committed_and_nothing_else)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    pid_t child = fork();
    if (child == 0) {
        leat_kv *kv = open_in(&dir, NULL);
        leat_kv_txn *txn = NULL;
        must(put_sized(kv, "committed", 10));
        must(leat_kv_begin_write(kv, &txn, NULL));
        must(leat_kv_put(txn, LEAT_BYTES("open"), LEAT_BYTES("1"), NULL));
        raise(SIGKILL);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status));

    leat_kv *kv = open_in(&dir, NULL);

    cr_assert(has(kv, "committed"));
    cr_assert_not(has(kv, "open"));
    must(put_sized(kv, "after", 10));
    leat_kv_close(&kv);
}

Test(kv_lmdb_open, a_folder_in_use_is_busy)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_kv *kv = open_in(&dir, NULL), *second = NULL;

    cr_assert_eq(leat_kv_lmdb_open(dir.path, NULL, &second, NULL), LEAT_BUSY);

    leat_kv_close(&kv);
}

Test(kv_lmdb_open, something_else_in_the_file_is_corrupt)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    char path[512];
    static char garbage[16384];
    leat_kv *kv = NULL;
    memset(garbage, 'g', sizeof garbage);
    snprintf(path, sizeof path, "%s/data.mdb", dir.path);
    must(leat_file_write_durable(path, leat_bytes_of(garbage, sizeof garbage), NULL));

    cr_assert_eq(leat_kv_lmdb_open(dir.path, NULL, &kv, NULL), LEAT_CORRUPT);
}

Test(kv_lmdb_open, a_file_that_was_cut_off_is_corrupt_not_a_crash)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    char path[512];
    leat_kv *kv = open_in(&dir, NULL);
    must(put_sized(kv, "a", 200 * 1000));
    leat_kv_close(&kv);
    snprintf(path, sizeof path, "%s/data.mdb", dir.path);
    cr_assert_eq(truncate(path, 64 * 1024), 0);

    cr_assert_eq(leat_kv_lmdb_open(dir.path, NULL, &kv, NULL), LEAT_CORRUPT);
}

/* LMDB never writes pages that a transaction took at the end of the file and gave back; how that
 * comes about is its own affair, so here free pages are cut off by hand. */
Test(kv_lmdb_open, a_file_that_misses_only_free_pages_is_whole)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_kv *kv = open_in(&dir, NULL);
    leat_kv_txn *txn = NULL;
    must(put_sized(kv, "small", 10));
    must(put_sized(kv, "big", 200 * 1000));
    must(leat_kv_begin_write(kv, &txn, NULL));
    must(leat_kv_delete(txn, LEAT_BYTES("big"), NULL));
    must(leat_kv_commit(&txn, NULL));
    for (int i = 0; i < 4; i++)
        must(put_sized(kv, "small", 10 + (size_t)i)); /* the tree moves to the front again */
    leat_kv_close(&kv);
    char path[512];
    uint64_t size = 0;
    snprintf(path, sizeof path, "%s/data.mdb", dir.path);
    must(leat_file_size(path, &size, NULL));
    cr_assert_eq(truncate(path, (off_t)size - 20 * 1000), 0);

    kv = open_in(&dir, NULL);

    cr_assert(has(kv, "small"));
    must(put_sized(kv, "big", 200 * 1000));
    leat_kv_close(&kv);
    kv = open_in(&dir, NULL);
    cr_assert(has(kv, "big"));
    leat_kv_close(&kv);
}

Test(kv_lmdb_space, a_commit_that_would_touch_the_reserve_is_refused_and_harmless)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_kv_lmdb_options options = {.reserve_bytes = UINT64_MAX / 2};
    leat_kv *kv = open_in(&dir, &options);

    cr_assert_eq(put_sized(kv, "a", 10), LEAT_NO_SPACE);
    cr_assert_not(has(kv, "a"));
    leat_kv_close(&kv);

    options.may_use_reserve = true;
    kv = open_in(&dir, &options);
    must(put_sized(kv, "a", 10));
    leat_kv_close(&kv);
}

Test(kv_lmdb_space, at_its_quota_deleting_works_and_makes_room)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_kv_lmdb_options options = {.quota_bytes = 4 * 1024 * 1024, .is_volatile = true};
    leat_kv *kv = open_in(&dir, &options);
    leat_code code = LEAT_OK;
    char key[16];
    int count = 0;
    for (; code == LEAT_OK && count < 100; count++) {
        snprintf(key, sizeof key, "%d", count);
        code = put_sized(kv, key, 200 * 1000);
    }
    cr_assert_eq(code, LEAT_NO_SPACE);
    cr_assert(count > 8 && count < 30);

    for (int round = 0; round < 3; round++) { /* pages are free two commits later */
        leat_kv_txn *txn = NULL;
        must(leat_kv_begin_write(kv, &txn, NULL));
        snprintf(key, sizeof key, "%d", round);
        must(leat_kv_delete(txn, leat_bytes_text(key), NULL));
        must(leat_kv_delete_prefix(txn, LEAT_BYTES("1"), UINT64_MAX, NULL, NULL));
        must(leat_kv_commit(&txn, NULL));
    }

    must(put_sized(kv, "again", 200 * 1000));
    leat_kv_close(&kv);
}
