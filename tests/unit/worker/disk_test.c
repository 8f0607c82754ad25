/* SPDX-License-Identifier: Apache-2.0
 */
#include "worker/disk.h"

#include <criterion/criterion.h>

#include "common/base/crc32c.h"
#include "common/base/mark.h"
#include "common/kv/kv_mem.h"
#include "common/obs/log.h"
#include "tests/support/temp_dir.h"

enum { WAIT_MS = 10000, SAID_MAX = 32 };

typedef struct bench {
    temp_dir dir;
    leat_state_disk stores;
    leat_mailbox control;
    leat_disk *disk;
    leat_disk_done said[SAID_MAX]; /* in order */
    size_t said_count;
} bench;

static void open_bench(bench *b, const char *failpoints)
{
    leat_error err = {0};
    *b = (bench){.dir = temp_dir_make()};
    leat_log_set_level(LEAT_LOG_ERROR);
    cr_assert_eq(leat_failpoint_arm(failpoints, &err), LEAT_OK, "%s", err.text);
    b->stores = (leat_state_disk){.journal = leat_kv_mem_new(), .base = leat_kv_mem_new()};
    cr_assert_eq(leat_mailbox_init(&b->control, &err), LEAT_OK);
    cr_assert_eq(leat_disk_start(&b->stores, b->dir.path, &b->control, &b->disk, &err), LEAT_OK);
}

static void close_bench(bench *b)
{
    leat_disk_stop(&b->disk);
    leat_mailbox_fini(&b->control);
    leat_kv_close(&b->stores.journal);
    leat_kv_close(&b->stores.base);
    temp_dir_fini(&b->dir);
}

static void post(bench *b, leat_disk_op op)
{
    op.job = 1;
    if (op.generation == 0)
        op.generation = 4;
    leat_disk_post(b->disk, &op);
}

static void post_write(bench *b, uint64_t ticket, uint64_t offset, const char *text)
{
    leat_disk_op op = {.kind = LEAT_DISK_FILE_WRITE, .ticket = ticket, .offset = offset};
    op.path = leat_strdup("out/.tmp-s-0-4-7");
    op.bytes = leat_blob_copy(leat_bytes_text(text));
    post(b, op);
}

static void post_seal_and_publish(bench *b, uint64_t ticket, const char *content)
{
    leat_disk_op seal = {.kind = LEAT_DISK_FILE_SEAL, .ticket = ticket};
    seal.path = leat_strdup("out/.tmp-s-0-4-7");
    post(b, seal);
    leat_disk_op publish = {.kind = LEAT_DISK_FILE_PUBLISH, .ticket = ticket + 1};
    publish.path = leat_strdup("out/.tmp-s-0-4-7");
    publish.target = leat_strdup("out/part");
    publish.size = strlen(content);
    publish.crc = leat_crc32c(content, strlen(content));
    post(b, publish);
}

static void post_generation(bench *b, uint64_t ticket, uint64_t generation)
{
    post(b,
         (leat_disk_op){.kind = LEAT_DISK_GENERATION, .ticket = ticket, .generation = generation});
}

/* Everything said until the real end of `ticket`. */
static const leat_disk_done *wait_for(bench *b, uint64_t ticket)
{
    for (;;) {
        leat_mailbox_wait(&b->control, WAIT_MS);
        leat_letter *letter = leat_mailbox_take(&b->control);
        cr_assert_not_null(letter, "nothing was said for %d ms", WAIT_MS);
        const leat_disk_done *found = NULL;
        while (letter != NULL) {
            leat_letter *next = letter->next;
            cr_assert_lt(b->said_count, SAID_MAX);
            leat_disk_done *done = &b->said[b->said_count++];
            *done = letter->done;
            if (done->ticket == ticket && !done->is_waiting)
                found = done;
            leat_letter_free(&letter);
            letter = next;
        }
        if (found != NULL)
            return found;
    }
}

static bool has_said(const bench *b, uint64_t ticket, bool is_waiting)
{
    for (size_t i = 0; i < b->said_count; i++)
        if (b->said[i].ticket == ticket && b->said[i].is_waiting == is_waiting)
            return true;
    return false;
}

/* Where the real end of `ticket` is in what was said. */
static size_t said_at(const bench *b, uint64_t ticket)
{
    size_t at = 0;
    while (at < b->said_count && (b->said[at].ticket != ticket || b->said[at].is_waiting))
        at++;
    return at;
}

static void expect_content(const bench *b, const char *name, const char *content)
{
    leat_buf path = {0};
    leat_buf there = {0};
    leat_buf_print(&path, "%s/%s", b->dir.path, name);
    cr_assert_eq(leat_file_read(leat_buf_text(&path), 1024, &there, NULL), LEAT_OK);
    cr_assert_str_eq(leat_buf_text(&there), content);
    leat_buf_fini(&path);
    leat_buf_fini(&there);
}

Test(disk, writes_in_order_once_there_is_room)
{
    bench b;
    open_bench(&b, "sink_write@2=error");

    post_write(&b, 1, 0, "first\n");
    post_write(&b, 2, 6, "second\n"); /* no room */
    post_write(&b, 3, 13, "third\n");
    post_seal_and_publish(&b, 4, "first\nsecond\nthird\n");
    const leat_disk_done *published = wait_for(&b, 5);

    cr_assert_eq(published->code, LEAT_OK, "%s", published->text);
    expect_content(&b, "out/part", "first\nsecond\nthird\n");
    cr_assert(has_said(&b, 2, true), "who waits must be told why");
    cr_assert(has_said(&b, 2, false) && has_said(&b, 3, false) && has_said(&b, 4, false));
    cr_assert_not(has_said(&b, 1, true));
    close_bench(&b);
}

Test(disk, state_goes_on_while_files_wait)
{
    bench b;
    open_bench(&b, "sink_write@1=error");

    post_write(&b, 1, 0, "row\n");
    post_generation(&b, 2, 4);

    cr_assert_eq(wait_for(&b, 2)->code, LEAT_OK);
    if (!has_said(&b, 1, false))
        (void)wait_for(&b, 1);
    cr_assert(said_at(&b, 2) < said_at(&b, 1), "state waited behind a file");
    cr_assert_eq(b.said[said_at(&b, 1)].code, LEAT_OK);
    close_bench(&b);
}

Test(disk, a_new_generation_drops_what_waits_of_the_old)
{
    bench b;
    open_bench(&b, "sink_write@1=error");

    post_write(&b, 1, 0, "row of a generation that is over\n");
    post_generation(&b, 2, 5);
    leat_disk_op write = {.kind = LEAT_DISK_FILE_WRITE, .ticket = 3, .generation = 5};
    write.path = leat_strdup("out/.tmp-s-0-5-7");
    write.bytes = leat_blob_copy(LEAT_BYTES("row\n"));
    post(&b, write);

    cr_assert_eq(wait_for(&b, 3)->code, LEAT_OK);
    cr_assert_not(has_said(&b, 1, false));
    cr_assert_not(has_said(&b, 3, true), "nothing is in its way any more");
    close_bench(&b);
}
