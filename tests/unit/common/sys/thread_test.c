/* SPDX-License-Identifier: Apache-2.0 */
#include "common/sys/thread.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "common/sys/clock.h"
#include "common/sys/mutex.h"
#include "common/sys/signals.h"

typedef struct note {
    char name[16];
    bool hears_term;
} note;

static void take_note(void *argument)
{
    note *n = argument;
    sigset_t blocked;
    pthread_getname_np(pthread_self(), n->name, sizeof n->name);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    n->hears_term = sigismember(&blocked, SIGTERM) == 0;
}

Test(thread, has_its_name_and_leaves_signals_to_main)
{
    leat_thread thread = {0};
    note n = {0};

    cr_assert_eq(leat_thread_start(&thread, "journal", take_note, &n, NULL), LEAT_OK);
    leat_thread_join(&thread);

    cr_assert_str_eq(n.name, "journal");
    cr_assert_not(n.hears_term);
    cr_assert_not(thread.is_running);
    leat_thread_join(&thread);
}

typedef struct shared_count {
    leat_mutex lock;
    int count LEAT_FIELD_GUARDED_BY(lock);
} shared_count;

static void count_up(void *argument)
{
    shared_count *shared = argument;
    for (int i = 0; i < 10000; i++) {
        leat_mutex_lock(&shared->lock);
        shared->count++;
        leat_mutex_unlock(&shared->lock);
    }
}

Test(mutex, lets_one_thread_in_at_a_time)
{
    leat_thread threads[2] = {0};
    shared_count shared = {0};
    leat_mutex_init(&shared.lock);

    for (int i = 0; i < 2; i++)
        cr_assert_eq(leat_thread_start(&threads[i], "count", count_up, &shared, NULL), LEAT_OK);
    for (int i = 0; i < 2; i++)
        leat_thread_join(&threads[i]);

    leat_mutex_lock(&shared.lock);
    cr_assert_eq(shared.count, 20000);
    leat_mutex_unlock(&shared.lock);
    leat_mutex_fini(&shared.lock);
}

Test(thread, there_is_at_least_one_processor)
{
    cr_assert_geq(leat_thread_processor_count(), 1);
}

Test(clock, goes_forward_by_at_least_a_sleep)
{
    int64_t before_ns = leat_clock_ns();
    int64_t before_ms = leat_clock_ms();

    leat_clock_sleep_ms(3);

    cr_assert_geq(leat_clock_ns() - before_ns, 3000000);
    cr_assert_geq(leat_clock_ms() - before_ms, 2);
    cr_assert_geq(leat_clock_boot_ms(), leat_clock_ms());
    cr_assert_gt(leat_clock_wall_us(), INT64_C(1600000000000000));
}

Test(signals, a_term_waits_to_be_taken)
{
    leat_signals signals;
    cr_assert_eq(leat_signals_open(&signals, NULL), LEAT_OK);
    cr_assert_eq(leat_signals_take(&signals), 0);

    raise(SIGTERM);

    cr_assert_eq(leat_signals_take(&signals), SIGTERM);
    cr_assert_eq(leat_signals_take(&signals), 0);
    leat_signals_close(&signals);
}
