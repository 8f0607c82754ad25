/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/batch.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "tests/support/batch_text.h"

#define LONG "a text that is longer than a view holds inline"

Test(batch, lives_until_its_last_holder_lets_go)
{
    leat_batch *batch = BATCH("k bigint, v string", "1, " LONG);
    leat_batch *second = leat_batch_ref(batch);

    leat_batch_unref(&batch);

    cr_assert_null(batch);
    cr_assert_str_eq(ROWS_TEXT(leat_batch_rows(second)), "1, " LONG "\n");
    leat_batch_unref(&second);
    leat_batch_unref(&second); /* NULL is fine */
    cr_assert_null(leat_batch_ref(NULL));
}

Test(batch, prints_selected_rows_with_their_changes)
{
    leat_batch *batch = BATCH("k bigint, v string", "-U 1, a", "+U 1, b", "-D 2, null");
    leat_rows rows = *leat_batch_rows(batch);
    static const uint32_t selected[] = {0, 2};
    rows.selected = selected;
    rows.selected_count = 2;

    cr_assert_str_eq(ROWS_TEXT(&rows), "-U 1, a\n-D 2, null\n");
    leat_batch_unref(&batch);
}

enum { ROUNDS = 2000, IN_FLIGHT = 8, ROWS = 64 };

static void *batches_drop(void *self)
{
    _Atomic(leat_batch *) *slots = self;
    for (int dropped = 0; dropped < ROUNDS;) {
        for (int i = 0; i < IN_FLIGHT; i++) {
            leat_batch *batch = atomic_exchange(&slots[i], NULL);
            if (batch == NULL)
                continue;
            const int64_t *keys = leat_batch_rows(batch)->columns[0].values;
            cr_assert_eq(keys[0], keys[ROWS - 1]);
            leat_batch_unref(&batch);
            dropped++;
        }
        sched_yield();
    }
    return NULL;
}

static void rows_fill(leat_builder *builder, int64_t key)
{
    int64_t *keys = leat_builder_values(builder, 0);
    leat_view *views = leat_builder_values(builder, 1);
    char *text = leat_builder_heap(builder, sizeof LONG);
    memcpy(text, LONG, sizeof LONG);
    for (int i = 0; i < ROWS; i++) {
        keys[i] = key;
        views[i] = leat_view_of(text, sizeof LONG - 1);
    }
    leat_builder_commit(builder, ROWS);
}

Test(batch, memory_comes_back_to_the_builder_from_another_thread)
{
    _Atomic(leat_batch *) slots[IN_FLIGHT] = {NULL};
    leat_builder *builder = leat_builder_new(leat_test_schema("k bigint, v string"), ROWS);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, batches_drop, slots), 0);

    for (int made = 0; made < ROUNDS;) {
        leat_batch *expected = NULL;
        int slot = made % IN_FLIGHT;
        if (atomic_load(&slots[slot]) != NULL) {
            sched_yield();
            continue;
        }
        rows_fill(builder, made);
        leat_batch *batch = leat_builder_finish(builder);
        cr_assert(atomic_compare_exchange_strong(&slots[slot], &expected, batch));
        made++;
    }
    leat_builder_free(&builder);

    pthread_join(thread, NULL);
}
