/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sys/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/temp_dir.h"

static const char *in(const temp_dir *dir, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", dir->path, name);
    return path;
}

static void must(leat_code code)
{
    cr_assert_eq(code, LEAT_OK, "%s", leat_code_name(code));
}

Test(file, reads_back_what_was_written_and_leaves_nothing_beside)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    LEAT_AUTO(leat_buf_fini) leat_buf read = {0};
    leat_names names = {0};

    must(leat_file_write_durable(in(&dir, "a"), LEAT_BYTES("old"), NULL));
    must(leat_file_write_durable(in(&dir, "a"), LEAT_BYTES("new"), NULL));

    must(leat_file_read(in(&dir, "a"), 100, &read, NULL));
    cr_assert_str_eq(leat_buf_text(&read), "new");
    must(leat_dir_list(dir.path, &names, NULL));
    cr_assert_eq(names.count, 1);
    leat_names_fini(&names);
}

Test(file, one_larger_than_the_limit_is_refused_and_adds_nothing)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    LEAT_AUTO(leat_buf_fini) leat_buf read = {0};
    must(leat_file_write_durable(in(&dir, "a"), LEAT_BYTES("12345"), NULL));

    cr_assert_eq(leat_file_read(in(&dir, "a"), 4, &read, NULL), LEAT_LIMIT);
    cr_assert_eq(read.size, 0);
    must(leat_file_read(in(&dir, "a"), 5, &read, NULL));
}

Test(file, errors_name_the_path)
{
    LEAT_AUTO(leat_buf_fini) leat_buf read = {0};
    leat_error err;

    cr_assert_eq(leat_file_read("/nowhere/x", 10, &read, &err), LEAT_NOT_FOUND);

    cr_assert_str_eq(err.text, "cannot open `/nowhere/x`: No such file or directory");
}

Test(file, a_full_disk_is_no_space)
{
    leat_error err;
    FILE *full = fopen("/dev/full", "w");

    leat_code code = leat_file_write_all(fileno(full), LEAT_BYTES("x"), "/dev/full", &err);

    cr_assert_eq(code, LEAT_NO_SPACE);
    fclose(full);
}

Test(dir, is_made_with_its_parents_listed_in_order_and_removed_with_all_below)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    leat_names names = {0};
    must(leat_dir_make(in(&dir, "a/b/c"), NULL));
    must(leat_dir_make(in(&dir, "a/b/c"), NULL));
    must(leat_file_write_durable(in(&dir, "a/b/z"), LEAT_BYTES(""), NULL));
    must(leat_file_write_durable(in(&dir, "a/b/a"), LEAT_BYTES(""), NULL));

    must(leat_dir_list(in(&dir, "a/b"), &names, NULL));

    cr_assert_eq(names.count, 3);
    cr_assert_str_eq(names.items[0], "a");
    cr_assert_str_eq(names.items[1], "c");
    cr_assert_str_eq(names.items[2], "z");
    leat_names_fini(&names);
    must(leat_dir_remove(in(&dir, "a"), NULL));
    cr_assert_not(leat_file_exists(in(&dir, "a")));
    must(leat_dir_remove(in(&dir, "a"), NULL));
}

Test(dir, removing_does_not_follow_a_link)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    LEAT_AUTO(temp_dir_fini) temp_dir other = temp_dir_make();
    must(leat_file_write_durable(in(&other, "kept"), LEAT_BYTES(""), NULL));
    cr_assert_eq(symlink(other.path, in(&dir, "link")), 0);

    must(leat_dir_remove(in(&dir, "link"), NULL));

    cr_assert(leat_file_exists(in(&other, "kept")));
}

Test(dir, a_file_in_the_way_is_invalid)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    must(leat_file_write_durable(in(&dir, "a"), LEAT_BYTES(""), NULL));

    cr_assert_eq(leat_dir_make(in(&dir, "a/b"), NULL), LEAT_INVALID);
}

Test(lock, is_exclusive_until_it_is_let_go)
{
    LEAT_AUTO(temp_dir_fini) temp_dir dir = temp_dir_make();
    int first = -1, second = -1;
    must(leat_file_lock(in(&dir, "lock"), &first, NULL));

    cr_assert_eq(leat_file_lock(in(&dir, "lock"), &second, NULL), LEAT_BUSY);

    leat_file_unlock(&first);
    must(leat_file_lock(in(&dir, "lock"), &second, NULL));
    leat_file_unlock(&second);
}

Test(disk, says_how_much_is_free)
{
    uint64_t bytes = 0;
    must(leat_disk_free("/", &bytes, NULL));
    cr_assert_gt(bytes, 0);
    cr_assert_eq(leat_disk_free("/nowhere", &bytes, NULL), LEAT_NOT_FOUND);
}
