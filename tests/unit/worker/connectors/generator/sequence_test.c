/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/generator/sequence.h"

#include <criterion/criterion.h>

#include "tests/support/source_text.h"

#define SCHEMA "seq bigint, key bigint, value bigint, ts timestamp"

Test(sequence, golden_rows)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_sequence_source, SCHEMA, "rows", "5", "keys", "10", "disorder_ms",
                "2000");

    cr_assert_str_eq(leat_test_source_read(&test, "0/1", (leat_test_run){100, 0}),
                     "0, 5, 745, 2023-12-31 23:59:58.057994\n"
                     "1, 4, 762, 2023-12-31 23:59:58.246302\n"
                     "2, 2, 793, 2023-12-31 23:59:59.193716\n"
                     "3, 4, 530, 2023-12-31 23:59:59.131069\n"
                     "4, 6, 815, 2023-12-31 23:59:58.64059\n"
                     "end\n");
}

Test(sequence, rows_are_the_same_whatever_the_batches_and_the_resumes)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_sequence_source, SCHEMA, "rows", "1000", "disorder_ms", "50");

    const char *whole = leat_test_source_read(&test, "1/3", (leat_test_run){4096, 0});

    cr_assert_str_eq(leat_test_source_read(&test, "1/3", (leat_test_run){7, 0}), whole);
    cr_assert_str_eq(leat_test_source_read(&test, "1/3", (leat_test_run){13, 2}), whole);
}

Test(sequence, splits_share_the_rows_without_gap_or_overlap)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_sequence_source, "seq bigint", "rows", "5", "splits", "3");

    cr_assert_str_eq(leat_test_source_splits(&test), "0/3\n1/3\n2/3\n");
    cr_assert_str_eq(leat_test_source_read(&test, "0/3", (leat_test_run){9, 0}), "0\n3\nend\n");
    cr_assert_str_eq(leat_test_source_read(&test, "1/3", (leat_test_run){9, 0}), "1\n4\nend\n");
    cr_assert_str_eq(leat_test_source_read(&test, "2/3", (leat_test_run){9, 0}), "2\nend\n");
}

Test(sequence, wrong_options_and_columns_are_named)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_sequence_source, "seq int, keey bigint, ts timestamp", "rws", "5",
                "keys", "0");

    const char *text = leat_test_source_check(&test);

    cr_assert(strstr(text, "unknown option `rws`, did you mean `rows`?"), "%s", text);
    cr_assert(strstr(text, "`keys: 0`: expected a whole number from 1"), "%s", text);
    cr_assert(strstr(text, "column `seq` must be a bigint"), "%s", text);
    cr_assert(strstr(text, "column `keey` is no field of the source, did you mean `key`?"), "%s",
              text);
}

Test(sequence, a_wrong_split_or_position_is_corrupt)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_sequence_source, "seq bigint", "rows", "5");
    const char *const wrong[] = {"", "/", "1/1", "a/2", "1", "-1/2"};

    for (size_t i = 0; i < LEAT_COUNT_OF(wrong); i++) {
        const char *text = leat_test_source_read(&test, wrong[i], (leat_test_run){9, 0});
        cr_assert_eq(strncmp(text, "corrupt", 7), 0, "%s: %s", wrong[i], text);
    }
    leat_source_reader *reader = NULL;
    cr_assert_eq(leat_sequence_source.open_split(&test.config, LEAT_BYTES("0/2"), LEAT_BYTES("3"),
                                                 &reader, NULL),
                 LEAT_CORRUPT);
}
