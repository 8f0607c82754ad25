/* SPDX-License-Identifier: Apache-2.0 */
#include "common/obs/metric.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/vec.h"
#include "common/sys/mutex.h"

/* A metric with what it is called; the metric comes first, so its address is stable and ours. */
typedef struct series {
    leat_metric metric;
    char name[LEAT_METRIC_NAME_MAX];
    char labels[LEAT_METRIC_LABELS_MAX];
    char *help;
} series;

struct leat_metrics {
    leat_mutex lock;
    LEAT_VEC(series *) all LEAT_FIELD_GUARDED_BY(lock); /* sorted by name, then labels */
};

enum { STEPS = 8 }; /* per power of two */

static size_t bucket_of(uint64_t value)
{
    if (value < STEPS)
        return (size_t)value;
    unsigned power = 63 - (unsigned)__builtin_clzll(value); /* >= 3 */
    size_t step = (size_t)(value >> (power - 3)) & (STEPS - 1);
    return (power - 2) * STEPS + step;
}

/* The greatest value that falls into the bucket. */
static uint64_t bucket_top(size_t bucket)
{
    if (bucket < STEPS)
        return bucket;
    unsigned power = (unsigned)(bucket / STEPS) + 2;
    uint64_t step = bucket % STEPS;
    uint64_t width = UINT64_C(1) << (power - 3);
    return (UINT64_C(1) << power) + step * width + (width - 1);
}

leat_metrics *leat_metrics_new(void)
{
    leat_metrics *metrics = LEAT_NEW(leat_metrics);
    leat_mutex_init(&metrics->lock);
    return metrics;
}

static void series_free(series *s)
{
    leat_free(s->metric.buckets);
    leat_free(s->help);
    leat_free(s);
}

void leat_metrics_free(leat_metrics **metrics)
{
    leat_metrics *freed = LEAT_TAKE(*metrics);
    if (freed == NULL)
        return;
    leat_mutex_lock(&freed->lock);
    LEAT_VEC_EACH (s, &freed->all)
        series_free(*s);
    leat_vec_fini(&freed->all);
    leat_mutex_unlock(&freed->lock);
    leat_mutex_fini(&freed->lock);
    leat_free(freed);
}

static int series_compare(const series *s, const char *name, const char *labels)
{
    int order = strcmp(s->name, name);
    return order != 0 ? order : strcmp(s->labels, labels);
}

static series *
series_new(leat_metric_kind kind, const char *name, const char *labels, const char *help)
{
    series *s = LEAT_NEW(series);
    LEAT_ASSERT(strlen(name) < sizeof s->name && strlen(labels) < sizeof s->labels);
    snprintf(s->name, sizeof s->name, "%s", name);
    snprintf(s->labels, sizeof s->labels, "%s", labels);
    s->help = leat_strdup(help);
    s->metric.kind = kind;
    s->metric.scale = 1;
    if (kind == LEAT_METRIC_HISTOGRAM)
        s->metric.buckets = leat_alloc_zero(LEAT_METRIC_BUCKETS, sizeof *s->metric.buckets);
    return s;
}

static leat_metric *metric_find(leat_metrics *metrics,
                                leat_metric_kind kind,
                                const char *name,
                                const char *labels,
                                const char *help)
{
    leat_mutex_lock(&metrics->lock);
    size_t low = 0, high = metrics->all.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (series_compare(metrics->all.items[middle], name, labels) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found =
        low < metrics->all.count && series_compare(metrics->all.items[low], name, labels) == 0;
    if (!is_found) {
        leat_vec_push(&metrics->all, (series *)NULL);
        series **at = &metrics->all.items[low];
        memmove(at + 1, at, (metrics->all.count - 1 - low) * sizeof(series *));
        *at = series_new(kind, name, labels, help);
    }
    series *s = metrics->all.items[low];
    LEAT_ASSERT(s->metric.kind == kind);
    leat_mutex_unlock(&metrics->lock);
    return &s->metric;
}

leat_metric *
leat_metric_counter(leat_metrics *metrics, const char *name, const char *labels, const char *help)
{
    return metric_find(metrics, LEAT_METRIC_COUNTER, name, labels, help);
}

leat_metric *
leat_metric_gauge(leat_metrics *metrics, const char *name, const char *labels, const char *help)
{
    return metric_find(metrics, LEAT_METRIC_GAUGE, name, labels, help);
}

leat_metric *leat_metric_histogram(
    leat_metrics *metrics, const char *name, const char *labels, const char *help, double scale)
{
    leat_metric *metric = metric_find(metrics, LEAT_METRIC_HISTOGRAM, name, labels, help);
    metric->scale = scale;
    return metric;
}

void leat_metrics_remove(leat_metrics *metrics, const char *label)
{
    leat_mutex_lock(&metrics->lock);
    size_t kept = 0;
    LEAT_VEC_EACH (s, &metrics->all) {
        if (strstr((*s)->labels, label) != NULL)
            series_free(*s);
        else
            metrics->all.items[kept++] = *s;
    }
    metrics->all.count = kept;
    leat_mutex_unlock(&metrics->lock);
}

void leat_metric_observe(leat_metric *metric, uint64_t value)
{
    LEAT_ASSERT(metric->kind == LEAT_METRIC_HISTOGRAM);
    atomic_fetch_add_explicit(&metric->buckets[bucket_of(value)], 1, memory_order_relaxed);
    leat_metric_add(metric, (int64_t)value);
}

static uint64_t bucket_count(const leat_metric *histogram, size_t bucket)
{
    return atomic_load_explicit(&histogram->buckets[bucket], memory_order_relaxed);
}

uint64_t leat_metric_count(const leat_metric *histogram)
{
    uint64_t count = 0;
    for (size_t i = 0; i < LEAT_METRIC_BUCKETS; i++)
        count += bucket_count(histogram, i);
    return count;
}

uint64_t leat_metric_quantile(const leat_metric *histogram, double q)
{
    LEAT_ASSERT(q > 0 && q <= 1);
    double wanted = q * (double)leat_metric_count(histogram);
    uint64_t seen = 0;
    for (size_t i = 0; i < LEAT_METRIC_BUCKETS; i++) {
        seen += bucket_count(histogram, i);
        if (seen > 0 && (double)seen >= wanted)
            return bucket_top(i);
    }
    return 0;
}

/* `name{labels}` with an optional suffix and one more label. */
static void print_name(leat_buf *out, const series *s, const char *suffix, const char *extra)
{
    leat_buf_print(out, "%s%s", s->name, suffix);
    bool has_both = s->labels[0] != '\0' && extra[0] != '\0';
    if (s->labels[0] != '\0' || extra[0] != '\0')
        leat_buf_print(out, "{%s%s%s}", s->labels, has_both ? "," : "", extra);
    leat_buf_add_char(out, ' ');
}

/* Buckets are shown at powers of two, and only where something is: cumulative counts are the
 * same on both sides of an empty stretch. */
static void print_histogram(leat_buf *out, const series *s)
{
    char le[48];
    uint64_t seen = 0;
    const leat_metric *m = &s->metric;
    for (size_t first = 0; first < LEAT_METRIC_BUCKETS; first += STEPS) {
        uint64_t here = 0;
        for (size_t i = first; i < first + STEPS; i++)
            here += bucket_count(m, i);
        if (here == 0)
            continue;
        seen += here;
        snprintf(le, sizeof le, "le=\"%.9g\"", (double)bucket_top(first + STEPS - 1) * m->scale);
        print_name(out, s, "_bucket", le);
        leat_buf_print(out, "%" PRIu64 "\n", seen);
    }
    print_name(out, s, "_bucket", "le=\"+Inf\"");
    leat_buf_print(out, "%" PRIu64 "\n", seen);
    int64_t sum = atomic_load_explicit(&m->value, memory_order_relaxed);
    print_name(out, s, "_sum", "");
    leat_buf_print(out, "%.9g\n", (double)sum * m->scale);
    print_name(out, s, "_count", "");
    leat_buf_print(out, "%" PRIu64 "\n", seen);
}

void leat_metrics_print(leat_metrics *metrics, leat_buf *out)
{
    static const char *const kind_names[] = {"counter", "gauge", "histogram"};
    const char *name = "";
    leat_mutex_lock(&metrics->lock);
    LEAT_VEC_EACH (at, &metrics->all) {
        series *s = *at;
        if (strcmp(name, s->name) != 0) {
            leat_buf_print(out, "# HELP %s %s\n", s->name, s->help);
            leat_buf_print(out, "# TYPE %s %s\n", s->name, kind_names[s->metric.kind]);
            name = s->name;
        }
        if (s->metric.kind == LEAT_METRIC_HISTOGRAM) {
            print_histogram(out, s);
            continue;
        }
        print_name(out, s, "", "");
        leat_buf_print(out, "%" PRId64 "\n", leat_metric_get(&s->metric));
    }
    leat_mutex_unlock(&metrics->lock);
}
