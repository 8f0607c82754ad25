/* SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/clog.h"

#include <criterion/criterion.h>

#include "common/base/buf.h"
#include "tests/support/temp_dir.h"

static leat_clog *clog_at(const char *folder)
{
    leat_clog *clog = NULL;
    leat_error err = {0};
    cr_assert_eq(leat_clog_open(folder, &clog, &err), LEAT_OK, "%s", err.text);
    return clog;
}

static void append(leat_clog *clog, const char *text)
{
    cr_assert_eq(leat_clog_append(clog, leat_bytes_text(text), NULL), LEAT_OK);
}

static leat_code add_record(void *self, leat_bytes record, leat_error *err)
{
    (void)err;
    leat_buf_add(self, record.data, record.size);
    leat_buf_add_char(self, ';');
    return LEAT_OK;
}

static void expect_log(leat_clog *clog, const char *text)
{
    leat_buf all = {0};
    cr_assert_eq(leat_clog_each(clog, add_record, &all, NULL), LEAT_OK);
    cr_assert_str_eq(leat_buf_text(&all), text);
    leat_buf_fini(&all);
}

Test(clog, gives_records_back_in_order_after_a_restart)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_clog *clog = clog_at(dir.path);
    append(clog, "one");
    append(clog, "two");
    leat_clog_close(&clog);

    clog = clog_at(dir.path);
    append(clog, "three");

    expect_log(clog, "one;two;three;");
    leat_clog_close(&clog);
}

Test(clog, is_replaced_as_a_whole_and_goes_on)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_clog *clog = clog_at(dir.path);
    append(clog, "one");
    append(clog, "two");

    cr_assert_eq(leat_clog_replace(clog, LEAT_BYTES("all"), NULL), LEAT_OK);
    append(clog, "three");

    expect_log(clog, "all;three;");
    leat_clog_close(&clog);
}

Test(clog, keeps_records_of_any_size_whole)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_clog *clog = clog_at(dir.path);
    leat_buf big = {0};
    for (int i = 0; i < 100000; i++)
        leat_buf_print(&big, "line %d\n", i);
    cr_assert_eq(leat_clog_append(clog, leat_buf_bytes(&big), NULL), LEAT_OK);
    append(clog, "");

    leat_buf_add_text(&big, ";;");
    expect_log(clog, leat_buf_text(&big));
    leat_buf_fini(&big);
    leat_clog_close(&clog);
}

Test(clog, belongs_to_one_coordinator)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_clog *clog = clog_at(dir.path);
    leat_clog *second = NULL;
    cr_assert_eq(leat_clog_open(dir.path, &second, NULL), LEAT_BUSY);
    leat_clog_close(&clog);
}
