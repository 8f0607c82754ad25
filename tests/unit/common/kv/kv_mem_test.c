/* SPDX-License-Identifier: Apache-2.0 */
#include "common/kv/kv_mem.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void must(leat_code code)
{
    cr_assert_eq(code, LEAT_OK, "%s", leat_code_name(code));
}

static leat_code put_one(leat_kv *kv, const char *key, const char *value)
{
    leat_kv_txn *txn = NULL;
    LEAT_TRY(leat_kv_begin_write(kv, &txn, NULL));
    /* The result of put is on purpose left to commit: K4. */
    leat_code ignored = leat_kv_put(txn, leat_bytes_text(key), leat_bytes_text(value), NULL);
    (void)ignored;
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

/* Die with "b" written and not committed, after "a" was committed. */
static leat_kv *crashed(bool in_flight_happened)
{
    leat_kv *kv = leat_kv_mem_new();
    leat_kv_txn *writer = NULL, *reader = NULL;
    leat_kv_cursor *cursor = NULL;
    must(put_one(kv, "a", "1"));
    must(leat_kv_begin_read(kv, &reader, NULL));
    must(leat_kv_cursor_open(reader, LEAT_BYTES(""), &cursor, NULL));
    must(leat_kv_begin_write(kv, &writer, NULL));
    must(leat_kv_put(writer, LEAT_BYTES("b"), LEAT_BYTES("2"), NULL));
    leat_kv_mem_crash(kv, in_flight_happened);
    return kv;
}

Test(kv_mem_crash, loses_what_was_in_flight)
{
    leat_kv *kv = crashed(false);
    cr_assert(has(kv, "a"));
    cr_assert_not(has(kv, "b"));
    leat_kv_close(&kv);
}

Test(kv_mem_crash, may_find_the_commit_in_flight_whole)
{
    leat_kv *kv = crashed(true);
    cr_assert(has(kv, "a"));
    cr_assert(has(kv, "b"));
    leat_kv_close(&kv);
}

Test(kv_mem_crash, the_store_goes_on_after_it)
{
    leat_kv *kv = crashed(false);
    must(put_one(kv, "c", "3"));
    cr_assert(has(kv, "c"));
    leat_kv_close(&kv);
}

Test(kv_mem_faults, every_operation_can_fail_and_leaves_all_or_nothing)
{
    leat_kv *kv = leat_kv_mem_new();
    must(put_one(kv, "k", "1"));
    uint64_t count = leat_kv_mem_operation_count(kv);
    cr_assert_eq(count, 3);

    for (uint64_t n = 1; n <= count; n++) {
        leat_kv_mem_fail_at(kv, n, LEAT_IO, false);
        cr_assert_eq(put_one(kv, "never", "1"), LEAT_IO);
        cr_assert_not(has(kv, "never"));
    }
    leat_kv_mem_fail_at(kv, 0, LEAT_OK, false);
    must(put_one(kv, "now", "1"));
    leat_kv_close(&kv);
}

Test(kv_mem_faults, a_lasting_fault_stays_until_it_is_cleared)
{
    leat_kv *kv = leat_kv_mem_new();
    leat_kv_mem_fail_at(kv, 2, LEAT_IO, true);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(put_one(kv, "a", "1"), LEAT_IO);
    leat_kv_mem_fail_at(kv, 0, LEAT_OK, false);
    must(put_one(kv, "a", "1"));
    leat_kv_close(&kv);
}

Test(kv_mem_quota, refuses_growth_and_takes_shrinking)
{
    leat_kv *kv = leat_kv_mem_new();
    must(put_one(kv, "a", "0123456789"));
    leat_kv_mem_set_quota(kv, 8);

    cr_assert_eq(put_one(kv, "b", "1"), LEAT_NO_SPACE);
    must(put_one(kv, "a", "012345678"));
    must(put_one(kv, "a", ""));
    must(put_one(kv, "b", "1"));

    cr_assert(has(kv, "b"));
    leat_kv_close(&kv);
}

Test(kv_mem_clone, goes_its_own_way)
{
    leat_kv *kv = leat_kv_mem_new();
    must(put_one(kv, "a", "1"));
    leat_kv *clone = leat_kv_mem_clone(kv);
    cr_assert_eq(leat_kv_mem_hash(kv), leat_kv_mem_hash(clone));

    must(put_one(clone, "b", "2"));

    cr_assert_not(has(kv, "b"));
    cr_assert_neq(leat_kv_mem_hash(kv), leat_kv_mem_hash(clone));
    leat_kv_mem_assign(kv, clone);
    cr_assert(has(kv, "b"));
    leat_kv_close(&kv);
    leat_kv_close(&clone);
}

Test(kv_mem_hash, depends_on_the_content_not_on_its_history)
{
    leat_kv *up = leat_kv_mem_new(), *down = leat_kv_mem_new();
    char key[8];
    for (int i = 0; i < 50; i++) {
        snprintf(key, sizeof key, "%d", i);
        must(put_one(up, key, key));
        snprintf(key, sizeof key, "%d", 49 - i);
        must(put_one(down, key, key));
    }
    cr_assert_eq(leat_kv_mem_hash(up), leat_kv_mem_hash(down));
    leat_kv_close(&up);
    leat_kv_close(&down);
}
