/* SPDX-License-Identifier: Apache-2.0 */
#include "common/obs/metric.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>

#include "common/base/prng.h"
#include "common/sys/thread.h"

static void expect_print(leat_metrics *metrics, const char *expected)
{
    LEAT_AUTO(leat_buf_fini) leat_buf out = {0};
    leat_metrics_print(metrics, &out);
    cr_assert_str_eq(leat_buf_text(&out), expected);
}

Test(metric, prints_help_and_type_once_per_name_sorted)
{
    LEAT_AUTO(leat_metrics_free) leat_metrics *m = leat_metrics_new();
    leat_metric_set(leat_metric_gauge(m, "leat_b_bytes", "", "Bytes."), -7);
    leat_metric_add(leat_metric_counter(m, "leat_a_total", "job=\"2\"", "Events."), 5);
    leat_metric_add(leat_metric_counter(m, "leat_a_total", "job=\"1\"", "Events."), 3);

    expect_print(m, "# HELP leat_a_total Events.\n# TYPE leat_a_total counter\n"
                    "leat_a_total{job=\"1\"} 3\nleat_a_total{job=\"2\"} 5\n"
                    "# HELP leat_b_bytes Bytes.\n# TYPE leat_b_bytes gauge\nleat_b_bytes -7\n");
}

Test(metric, is_found_again_by_name_and_labels)
{
    LEAT_AUTO(leat_metrics_free) leat_metrics *m = leat_metrics_new();
    leat_metric *first = leat_metric_counter(m, "leat_a_total", "", "x");
    for (int i = 0; i < 50; i++) {
        char labels[16];
        snprintf(labels, sizeof labels, "n=\"%d\"", i);
        leat_metric_counter(m, "leat_a_total", labels, "x");
    }
    cr_assert_eq(leat_metric_counter(m, "leat_a_total", "", "x"), first);
}

Test(metric, a_name_with_two_kinds_is_a_bug, .signal = SIGABRT)
{
    leat_metrics *m = leat_metrics_new();
    leat_metric_counter(m, "leat_a_total", "", "x");
    leat_metric_gauge(m, "leat_a_total", "", "x");
}

Test(metric, a_job_takes_its_metrics_along)
{
    LEAT_AUTO(leat_metrics_free) leat_metrics *m = leat_metrics_new();
    leat_metric_gauge(m, "leat_a", "job=\"1\"", "x");
    leat_metric_gauge(m, "leat_a", "job=\"12\"", "x");
    leat_metric_gauge(m, "leat_b", "job=\"1\",worker=\"3\"", "x");

    leat_metrics_remove(m, "job=\"1\"");

    expect_print(m, "# HELP leat_a x\n# TYPE leat_a gauge\nleat_a{job=\"12\"} 0\n");
}

Test(metric_histogram, prints_cumulative_buckets_sum_and_count)
{
    LEAT_AUTO(leat_metrics_free) leat_metrics *m = leat_metrics_new();
    leat_metric *h = leat_metric_histogram(m, "leat_wait_seconds", "job=\"1\"", "Waits.", 1e-3);
    leat_metric_observe(h, 3);
    leat_metric_observe(h, 12);
    leat_metric_observe(h, 13);

    expect_print(m, "# HELP leat_wait_seconds Waits.\n# TYPE leat_wait_seconds histogram\n"
                    "leat_wait_seconds_bucket{job=\"1\",le=\"0.007\"} 1\n"
                    "leat_wait_seconds_bucket{job=\"1\",le=\"0.015\"} 3\n"
                    "leat_wait_seconds_bucket{job=\"1\",le=\"+Inf\"} 3\n"
                    "leat_wait_seconds_sum{job=\"1\"} 0.028\n"
                    "leat_wait_seconds_count{job=\"1\"} 3\n");
}

Test(metric_histogram, a_quantile_is_never_below_and_at_most_an_eighth_above)
{
    LEAT_AUTO(leat_metrics_free) leat_metrics *m = leat_metrics_new();
    leat_prng prng = {5};
    for (int i = 0; i < 500; i++) {
        char name[32];
        snprintf(name, sizeof name, "leat_%d", i);
        leat_metric *h = leat_metric_histogram(m, name, "", "x", 1);
        uint64_t value = leat_prng_next(&prng) >> leat_prng_below(&prng, 64);
        leat_metric_observe(h, value);
        uint64_t bound = leat_metric_quantile(h, 0.5);
        cr_assert_geq(bound, value);
        cr_assert_leq(bound - value, value / 8);
    }
}

Test(metric_histogram, quantiles_split_what_was_observed)
{
    LEAT_AUTO(leat_metrics_free) leat_metrics *m = leat_metrics_new();
    leat_metric *h = leat_metric_histogram(m, "leat_x", "", "x", 1);
    cr_assert_eq(leat_metric_quantile(h, 0.99), 0);
    for (uint64_t i = 1; i <= 1000; i++)
        leat_metric_observe(h, i);
    cr_assert_eq(leat_metric_count(h), 1000);
    cr_assert(leat_metric_quantile(h, 0.5) >= 500 && leat_metric_quantile(h, 0.5) < 563);
    cr_assert(leat_metric_quantile(h, 1.0) >= 1000 && leat_metric_quantile(h, 1.0) < 1125);
}

static void count_up(void *metric)
{
    for (int i = 0; i < 5000; i++)
        leat_metric_add(metric, 1);
}

Test(metric, adding_from_two_threads_loses_nothing)
{
    LEAT_AUTO(leat_metrics_free) leat_metrics *m = leat_metrics_new();
    leat_metric *counter = leat_metric_counter(m, "leat_a_total", "", "x");
    leat_thread threads[2] = {0};
    for (int i = 0; i < 2; i++)
        cr_assert_eq(leat_thread_start(&threads[i], "count", count_up, counter, NULL), LEAT_OK);
    for (int i = 0; i < 2; i++)
        leat_thread_join(&threads[i]);
    cr_assert_eq(leat_metric_get(counter), 10000);
}
