/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/files.h"

#include <criterion/criterion.h>

#include "common/base/crc32c.h"
#include "common/sys/file.h"
#include "tests/support/temp_dir.h"

typedef struct bench {
    temp_dir dir;
    leat_files *files;
    leat_error err;
} bench;

static bench bench_open(void)
{
    bench b = {.dir = temp_dir_make()};
    b.files = leat_files_new(b.dir.path);
    return b;
}

static void bench_close(bench *b)
{
    leat_files_free(&b->files);
    temp_dir_fini(&b->dir);
}

static char *text_of(const char *path)
{
    return (char *)(uintptr_t)path; /* operations own their texts; these are borrowed for a call */
}

static leat_code write_text(bench *b, const char *path, uint64_t offset, const char *text)
{
    leat_disk_op op = {.kind = LEAT_DISK_FILE_WRITE, .path = text_of(path), .offset = offset};
    op.bytes = leat_blob_copy(leat_bytes_text(text));
    leat_code code = leat_files_run(b->files, &op, &b->err);
    leat_blob_unref(&op.bytes);
    return code;
}

static leat_code seal(bench *b, const char *path)
{
    leat_disk_op op = {.kind = LEAT_DISK_FILE_SEAL, .path = text_of(path)};
    return leat_files_run(b->files, &op, &b->err);
}

static leat_code
publish(bench *b, const char *path, const char *target, uint64_t size, const char *content)
{
    leat_disk_op op = {.kind = LEAT_DISK_FILE_PUBLISH,
                       .path = text_of(path),
                       .target = text_of(target),
                       .size = size,
                       .crc = leat_crc32c(content, strlen(content))};
    return leat_files_run(b->files, &op, &b->err);
}

static leat_code sweep(bench *b, const char *path, uint64_t generation)
{
    leat_disk_op op = {
        .kind = LEAT_DISK_FILE_SWEEP, .path = text_of(path), .generation = generation};
    return leat_files_run(b->files, &op, &b->err);
}

static bool is_there(bench *b, const char *path)
{
    char full[512];
    snprintf(full, sizeof full, "%s/%s", b->dir.path, path);
    return leat_file_exists(full);
}

static void make_part(bench *b, const char *path)
{
    cr_assert_eq(write_text(b, path, 0, "rows\n"), LEAT_OK, "%s", b->err.text);
    cr_assert_eq(seal(b, path), LEAT_OK);
}

Test(files, makes_a_part_visible_only_when_it_is_published)
{
    bench b = bench_open();
    cr_assert_eq(write_text(&b, "out/.tmp-s-0-1-7", 0, "a\n"), LEAT_OK);
    cr_assert_eq(write_text(&b, "out/.tmp-s-0-1-7", 2, "b\n"), LEAT_OK);
    cr_assert_eq(seal(&b, "out/.tmp-s-0-1-7"), LEAT_OK);
    cr_assert(!is_there(&b, "out/part-0-7.jsonl"));

    cr_assert_eq(publish(&b, "out/.tmp-s-0-1-7", "out/part-0-7.jsonl", 4, "a\nb\n"), LEAT_OK);

    cr_assert(is_there(&b, "out/part-0-7.jsonl"));
    cr_assert(!is_there(&b, "out/.tmp-s-0-1-7"));
    bench_close(&b);
}

Test(files, publishes_again_what_was_published)
{
    bench b = bench_open();
    make_part(&b, "out/.tmp-s-0-1-7");
    cr_assert_eq(publish(&b, "out/.tmp-s-0-1-7", "out/part", 5, "rows\n"), LEAT_OK);

    cr_assert_eq(publish(&b, "out/.tmp-s-0-1-7", "out/part", 5, "rows\n"), LEAT_OK);
    bench_close(&b);
}

Test(files, says_that_a_part_is_lost)
{
    bench b = bench_open();
    cr_assert_eq(publish(&b, "out/.tmp-s-0-1-7", "out/part", 5, "rows\n"), LEAT_NOT_FOUND);
    bench_close(&b);
}

Test(files, refuses_to_publish_a_part_of_another_size)
{
    bench b = bench_open();
    make_part(&b, "out/.tmp-s-0-1-7");
    cr_assert_eq(publish(&b, "out/.tmp-s-0-1-7", "out/part", 6, "rows\n"), LEAT_CORRUPT);
    cr_assert(!is_there(&b, "out/part"));
    bench_close(&b);
}

Test(files, refuses_to_publish_what_was_not_written)
{
    bench b = bench_open();
    make_part(&b, "out/.tmp-s-0-1-7");
    cr_assert_eq(publish(&b, "out/.tmp-s-0-1-7", "out/part", 5, "rowz\n"), LEAT_CORRUPT);
    cr_assert(!is_there(&b, "out/part"));

    make_part(&b, "out/part");
    leat_code code = publish(&b, "out/.tmp-s-0-1-8", "out/part", 5, "rowz\n");
    cr_assert_eq(code, LEAT_CORRUPT, "a published part with other rows counts as lost, not done");
    bench_close(&b);
}

Test(files, replaces_what_an_earlier_life_of_the_job_left)
{
    bench b = bench_open();
    make_part(&b, "out/part");
    cr_assert_eq(write_text(&b, "out/.tmp-s-0-1-7", 0, "newer rows\n"), LEAT_OK);
    cr_assert_eq(seal(&b, "out/.tmp-s-0-1-7"), LEAT_OK);

    cr_assert_eq(publish(&b, "out/.tmp-s-0-1-7", "out/part", 11, "newer rows\n"), LEAT_OK);
    cr_assert(!is_there(&b, "out/.tmp-s-0-1-7"));
    bench_close(&b);
}

Test(files, writes_a_part_anew_after_a_restart)
{
    bench b = bench_open();
    cr_assert_eq(write_text(&b, "out/.tmp-s-0-1-7", 0, "half a ro"), LEAT_OK);
    leat_files_free(&b.files); /* the process died */
    b.files = leat_files_new(b.dir.path);

    make_part(&b, "out/.tmp-s-0-1-7");

    cr_assert_eq(publish(&b, "out/.tmp-s-0-1-7", "out/part", 5, "rows\n"), LEAT_OK, "%s",
                 b.err.text);
    bench_close(&b);
}

Test(files, sweeps_parts_of_older_generations_only)
{
    bench b = bench_open();
    make_part(&b, "out/.tmp-s-0-1-7");
    make_part(&b, "out/.tmp-s-1-2-8");
    make_part(&b, "out/.tmp-s-0-3-9");
    make_part(&b, "out/.tmp-other-0-1-7");
    make_part(&b, "out/part-0-6.jsonl");

    cr_assert_eq(sweep(&b, "out/.tmp-s-", 3), LEAT_OK);

    cr_assert(!is_there(&b, "out/.tmp-s-0-1-7"));
    cr_assert(!is_there(&b, "out/.tmp-s-1-2-8"));
    cr_assert(is_there(&b, "out/.tmp-s-0-3-9"));
    cr_assert(is_there(&b, "out/.tmp-other-0-1-7"));
    cr_assert(is_there(&b, "out/part-0-6.jsonl"));
    bench_close(&b);
}

Test(files, refuses_paths_that_lead_out_of_the_root)
{
    bench b = bench_open();
    cr_assert_eq(write_text(&b, "../out", 0, "x"), LEAT_DENIED);
    cr_assert_eq(write_text(&b, "a/../../out", 0, "x"), LEAT_DENIED);
    cr_assert_eq(write_text(&b, "a/..", 0, "x"), LEAT_DENIED);
    cr_assert_eq(write_text(&b, "a..b/c..", 0, "x"), LEAT_OK);
    bench_close(&b);
}

Test(files, refuses_to_write_what_is_not_open)
{
    bench b = bench_open();
    cr_assert_eq(write_text(&b, "out/.tmp-s-0-1-7", 5, "x"), LEAT_INVALID);
    cr_assert_eq(seal(&b, "out/.tmp-s-0-1-7"), LEAT_INVALID);
    bench_close(&b);
}
