/* SPDX-License-Identifier: Apache-2.0
 *
 * The contract of kv.h, run against every back. CONTRACT(name) { ... kv ... } becomes two tests.
 */
#include "common/kv/kv.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>

#include "common/base/prng.h"
#include "common/kv/kv_mem.h"
#include "common/kv/lmdb/kv_lmdb.h"
#include "tests/support/temp_dir.h"

static void on_mem(void (*body)(leat_kv *kv))
{
    leat_kv *kv = leat_kv_mem_new();
    body(kv);
    leat_kv_close(&kv);
}

static void on_lmdb(void (*body)(leat_kv *kv))
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_kv *kv = NULL;
    cr_assert_eq(leat_kv_lmdb_open(dir.path, NULL, &kv, NULL), LEAT_OK);
    body(kv);
    leat_kv_close(&kv);
}

#define CONTRACT_WITH(name, signal_number)                                                         \
    static void contract_##name(leat_kv *kv);                                                      \
    Test(kv_mem, name, .signal = (signal_number))                                                  \
    {                                                                                              \
        on_mem(contract_##name);                                                                   \
    }                                                                                              \
    Test(kv_lmdb, name, .signal = (signal_number))                                                 \
    {                                                                                              \
        on_lmdb(contract_##name);                                                                  \
    }                                                                                              \
    static void contract_##name(leat_kv *kv)

#define CONTRACT(name)        CONTRACT_WITH(name, 0)
#define CONTRACT_ABORTS(name) CONTRACT_WITH(name, SIGABRT)

static void must(leat_code code)
{
    cr_assert_eq(code, LEAT_OK, "%s", leat_code_name(code));
}

static leat_kv_txn *begin_write(leat_kv *kv)
{
    leat_kv_txn *txn = NULL;
    must(leat_kv_begin_write(kv, &txn, NULL));
    return txn;
}

static leat_kv_txn *begin_read(leat_kv *kv)
{
    leat_kv_txn *txn = NULL;
    must(leat_kv_begin_read(kv, &txn, NULL));
    return txn;
}

static void put(leat_kv_txn *txn, const char *key, const char *value)
{
    must(leat_kv_put(txn, leat_bytes_text(key), leat_bytes_text(value), NULL));
}

/* Commit "key=value" words, all in one transaction. */
static void put_words(leat_kv *kv, const char *const *words, size_t count)
{
    leat_kv_txn *txn = begin_write(kv);
    for (size_t i = 0; i < count; i++) {
        const char *equals = strchr(words[i], '=');
        leat_bytes key = leat_bytes_of(words[i], (size_t)(equals - words[i]));
        must(leat_kv_put(txn, key, leat_bytes_text(equals + 1), NULL));
    }
    must(leat_kv_commit(&txn, NULL));
}

#define PUT(kv, ...)                                                                               \
    do {                                                                                           \
        static const char *const words_[] = {__VA_ARGS__};                                         \
        put_words((kv), words_, LEAT_COUNT_OF(words_));                                            \
    } while (0)

/* All entries below a prefix in order, as "a=1 b=2 ". */
static const char *listing(leat_kv_txn *txn, const char *prefix)
{
    static char text[4096];
    size_t used = 0;
    leat_kv_cursor *cursor = NULL;
    leat_kv_entry e;
    text[0] = '\0';
    must(leat_kv_cursor_open(txn, leat_bytes_text(prefix), &cursor, NULL));
    while (leat_kv_cursor_next(cursor, &e, NULL) == LEAT_OK)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.*s=%.*s ", LEAT_FMT(e.key),
                                 LEAT_FMT(e.value));
    leat_kv_cursor_close(&cursor);
    return text;
}

static void expect_listing(leat_kv *kv, const char *prefix, const char *expected)
{
    leat_kv_txn *txn = begin_read(kv);
    cr_assert_str_eq(listing(txn, prefix), expected);
    leat_kv_abort(&txn);
}

CONTRACT(gives_what_was_put_in_key_order)
{
    PUT(kv, "b=2", "a=1", "c=3", "ab=x", "b=two");

    expect_listing(kv, "", "a=1 ab=x b=two c=3 ");
}

CONTRACT(an_absent_key_is_not_found_and_deleting_it_is_fine)
{
    leat_bytes value;
    leat_kv_txn *txn = begin_write(kv);

    cr_assert_eq(leat_kv_get(txn, LEAT_BYTES("a"), &value, NULL), LEAT_NOT_FOUND);
    must(leat_kv_delete(txn, LEAT_BYTES("a"), NULL));

    must(leat_kv_commit(&txn, NULL));
}

CONTRACT(a_writer_sees_its_own_changes)
{
    PUT(kv, "a=1", "b=2");
    leat_kv_txn *txn = begin_write(kv);

    put(txn, "c", "3");
    must(leat_kv_delete(txn, LEAT_BYTES("a"), NULL));

    cr_assert_str_eq(listing(txn, ""), "b=2 c=3 ");
    leat_kv_abort(&txn);
}

CONTRACT(an_aborted_transaction_leaves_nothing)
{
    PUT(kv, "a=1");
    leat_kv_txn *txn = begin_write(kv);
    put(txn, "a", "2");
    put(txn, "b", "2");

    leat_kv_abort(&txn);

    cr_assert_null(txn);
    expect_listing(kv, "", "a=1 ");
}

CONTRACT(a_reader_keeps_its_state_while_others_commit)
{
    PUT(kv, "a=1");
    leat_kv_txn *reader = begin_read(kv);

    PUT(kv, "a=2", "b=2");

    cr_assert_str_eq(listing(reader, ""), "a=1 ");
    leat_kv_abort(&reader);
    expect_listing(kv, "", "a=2 b=2 ");
}

CONTRACT(renewing_a_reader_shows_the_newest_state)
{
    leat_kv_txn *reader = begin_read(kv);
    leat_kv_reset(reader);
    PUT(kv, "a=1");

    must(leat_kv_renew(reader, NULL));

    cr_assert_str_eq(listing(reader, ""), "a=1 ");
    leat_kv_abort(&reader);
}

CONTRACT(a_cursor_stays_inside_its_prefix)
{
    PUT(kv, "a/=0", "b/1=1", "b/2=2", "b0=9", "a=8");

    expect_listing(kv, "b/", "b/1=1 b/2=2 ");
    expect_listing(kv, "x", "");
}

CONTRACT(seek_finds_the_first_key_not_below_and_clamps_to_the_prefix)
{
    PUT(kv, "a=0", "b/1=1", "b/3=3", "c=4");
    leat_kv_txn *txn = begin_read(kv);
    leat_kv_cursor *cursor = NULL;
    leat_kv_entry e;
    must(leat_kv_cursor_open(txn, LEAT_BYTES("b/"), &cursor, NULL));

    must(leat_kv_cursor_seek(cursor, LEAT_BYTES("b/2"), &e, NULL));
    cr_assert(leat_bytes_equal(e.value, LEAT_BYTES("3")));
    cr_assert_eq(leat_kv_cursor_next(cursor, &e, NULL), LEAT_END);
    must(leat_kv_cursor_seek(cursor, LEAT_BYTES("a"), &e, NULL));
    cr_assert(leat_bytes_equal(e.value, LEAT_BYTES("1")));
    cr_assert_eq(leat_kv_cursor_seek(cursor, LEAT_BYTES("b/4"), &e, NULL), LEAT_END);

    leat_kv_cursor_close(&cursor);
    leat_kv_abort(&txn);
}

static void expect_last(leat_kv *kv, leat_bytes prefix, const char *expected)
{
    leat_kv_txn *txn = begin_read(kv);
    leat_kv_cursor *cursor = NULL;
    leat_kv_entry e;
    must(leat_kv_cursor_open(txn, prefix, &cursor, NULL));
    leat_code code = leat_kv_cursor_last(cursor, &e, NULL);
    if (expected == NULL)
        cr_assert_eq(code, LEAT_END);
    else
        cr_assert(code == LEAT_OK && leat_bytes_equal(e.value, leat_bytes_text(expected)));
    leat_kv_cursor_close(&cursor);
    leat_kv_abort(&txn);
}

CONTRACT(last_finds_the_greatest_key_of_the_prefix)
{
    expect_last(kv, LEAT_BYTES(""), NULL);
    PUT(kv, "a/1=1", "a/2=2", "b/1=3", "\xFF\xFF=4", "\xFF\xFF\x01=5");

    expect_last(kv, LEAT_BYTES("a/"), "2");
    expect_last(kv, LEAT_BYTES("b/"), "3");
    expect_last(kv, LEAT_BYTES(""), "5");
    expect_last(kv, LEAT_BYTES("\xFF\xFF"), "5");
    expect_last(kv, LEAT_BYTES("a0"), NULL);
}

CONTRACT(a_range_is_deleted_up_to_its_end_and_its_limit)
{
    PUT(kv, "a=1", "b=2", "c=3", "d=4", "e=5");
    leat_kv_txn *txn = begin_write(kv);
    uint64_t count;

    must(leat_kv_delete_range(txn, LEAT_BYTES("b"), LEAT_BYTES("e"), 2, &count, NULL));
    cr_assert_eq(count, 2);
    cr_assert_str_eq(listing(txn, ""), "a=1 d=4 e=5 ");

    must(leat_kv_delete_range(txn, LEAT_BYTES("b"), LEAT_BYTES(""), 9, &count, NULL));
    cr_assert_eq(count, 2);
    must(leat_kv_commit(&txn, NULL));
    expect_listing(kv, "", "a=1 ");
}

CONTRACT(deleting_a_prefix_takes_exactly_what_begins_with_it)
{
    PUT(kv, "a=1", "a\xFF=2", "a\xFF\xFF=3", "b=4", "\xFF=5");
    leat_kv_txn *txn = begin_write(kv);

    must(leat_kv_delete_prefix(txn, LEAT_BYTES("a"), UINT64_MAX, NULL, NULL));
    cr_assert_str_eq(listing(txn, ""), "b=4 \xFF=5 ");

    must(leat_kv_delete_prefix(txn, LEAT_BYTES("\xFF"), UINT64_MAX, NULL, NULL));
    cr_assert_str_eq(listing(txn, ""), "b=4 ");
    leat_kv_abort(&txn);
}

CONTRACT(keys_and_values_of_every_allowed_size_come_back)
{
    static char bytes[1024 * 1024];
    memset(bytes, 'x', sizeof bytes);
    static const size_t value_sizes[] = {0, 1, 2000, 4096, 5000, 256 * 1024, sizeof bytes};
    leat_kv_txn *txn = begin_write(kv);
    for (size_t i = 0; i < LEAT_COUNT_OF(value_sizes); i++) {
        bytes[0] = (char)('a' + i);
        must(leat_kv_put(txn, leat_bytes_of(bytes, i % 2 == 0 ? 1 : LEAT_KV_KEY_MAX),
                         leat_bytes_of(bytes, value_sizes[i]), NULL));
    }
    must(leat_kv_commit(&txn, NULL));

    leat_kv_txn *reader = begin_read(kv);
    for (size_t i = 0; i < LEAT_COUNT_OF(value_sizes); i++) {
        leat_bytes value;
        bytes[0] = (char)('a' + i);
        leat_bytes key = leat_bytes_of(bytes, i % 2 == 0 ? 1 : LEAT_KV_KEY_MAX);
        must(leat_kv_get(reader, key, &value, NULL));
        cr_assert(leat_bytes_equal(value, leat_bytes_of(bytes, value_sizes[i])));
    }
    leat_kv_abort(&reader);
}

CONTRACT(a_key_of_a_wrong_size_is_refused_and_spoils_the_transaction)
{
    static const char key[LEAT_KV_KEY_MAX + 1];
    leat_kv_txn *txn = begin_write(kv);
    put(txn, "a", "1");

    cr_assert_eq(leat_kv_put(txn, leat_bytes_of(key, sizeof key), LEAT_BYTES(""), NULL),
                 LEAT_LIMIT);
    cr_assert_eq(leat_kv_put(txn, LEAT_BYTES(""), LEAT_BYTES(""), NULL), LEAT_LIMIT);

    cr_assert_eq(leat_kv_commit(&txn, NULL), LEAT_LIMIT);
    expect_listing(kv, "", "");
}

CONTRACT(statistics_count_committed_entries)
{
    leat_kv_stats stats;
    PUT(kv, "a=1", "b=2");

    must(leat_kv_stats_of(kv, &stats, NULL));

    cr_assert_eq(stats.entry_count, 2);
    cr_assert_geq(stats.used_bytes, 4);
    cr_assert_gt(stats.free_bytes, 0);
}

CONTRACT_ABORTS(a_second_writer_is_a_bug)
{
    leat_kv_txn *first = begin_write(kv), *second = NULL;
    must(leat_kv_begin_write(kv, &second, NULL));
    leat_kv_abort(&first);
}

CONTRACT_ABORTS(writing_in_a_reader_is_a_bug)
{
    leat_kv_txn *reader = begin_read(kv);
    put(reader, "a", "1");
}

/* The same random life against an array: commits, aborts, range deletes, lookups, scans. */
CONTRACT(agrees_with_an_array_over_a_random_life)
{
    enum { UNIVERSE = 100, TRANSACTIONS = 60, CHANGES = 30 };
    uint64_t committed[UNIVERSE] = {0}, now[UNIVERSE];
    leat_prng prng = {99};
    char key[8], end[8];
    for (uint64_t t = 1; t <= TRANSACTIONS; t++) {
        leat_kv_txn *txn = begin_write(kv);
        memcpy(now, committed, sizeof now);
        for (uint64_t change = 0; change < CHANGES; change++) {
            uint64_t at = leat_prng_below(&prng, UNIVERSE);
            uint64_t value = t * 1000 + change;
            snprintf(key, sizeof key, "%03u", (unsigned)at);
            if (leat_prng_chance(&prng, 0.6)) {
                must(leat_kv_put(txn, leat_bytes_text(key), leat_bytes_of(&value, sizeof value),
                                 NULL));
                now[at] = value;
            } else if (leat_prng_chance(&prng, 0.9)) {
                must(leat_kv_delete(txn, leat_bytes_text(key), NULL));
                now[at] = 0;
            } else {
                snprintf(end, sizeof end, "%03u", (unsigned)at + 5);
                must(leat_kv_delete_range(txn, leat_bytes_text(key), leat_bytes_text(end), 100,
                                          NULL, NULL));
                for (uint64_t i = at; i < at + 5 && i < UNIVERSE; i++)
                    now[i] = 0;
            }
        }
        if (leat_prng_chance(&prng, 0.3)) {
            leat_kv_abort(&txn);
        } else {
            must(leat_kv_commit(&txn, NULL));
            memcpy(committed, now, sizeof now);
        }
    }

    leat_kv_txn *reader = begin_read(kv);
    size_t present = 0, scanned = 0;
    for (uint64_t at = 0; at < UNIVERSE; at++) {
        leat_bytes value;
        snprintf(key, sizeof key, "%03u", (unsigned)at);
        leat_code code = leat_kv_get(reader, leat_bytes_text(key), &value, NULL);
        cr_assert_eq(code == LEAT_OK, committed[at] != 0);
        if (code == LEAT_OK)
            cr_assert_eq(memcmp(value.data, &committed[at], 8), 0);
        present += code == LEAT_OK;
    }
    leat_kv_cursor *cursor = NULL;
    leat_kv_entry e;
    must(leat_kv_cursor_open(reader, LEAT_BYTES(""), &cursor, NULL));
    while (leat_kv_cursor_next(cursor, &e, NULL) == LEAT_OK)
        scanned++;
    cr_assert_eq(scanned, present);
    leat_kv_cursor_close(&cursor);
    leat_kv_abort(&reader);
}
