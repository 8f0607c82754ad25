/* SPDX-License-Identifier: Apache-2.0
 *
 * metric - counters, gauges and histograms in one registry, shown as Prometheus text.
 *
 * Names: leat_<noun>_<unit>_total | leat_<noun>_<unit>, base units (seconds, bytes). A metric is
 * found by name and labels (`job="3",worker="1"`, in that order, already escaped) and lives as
 * long as its registry; keep the pointer, do not look it up per batch.
 *
 * Histograms are log-linear: 8 steps per power of two of a whole number (usually nanoseconds or
 * bytes), so a quantile is at most 12.5 % off; `scale` turns it into the shown unit.
 *
 * Thread: add, set and observe: any, lock-free, relaxed. Registering and printing take a lock.
 */
#ifndef LEAT_COMMON_OBS_METRIC_H
#define LEAT_COMMON_OBS_METRIC_H

#include <stdatomic.h>

#include "common/base/buf.h"

typedef enum leat_metric_kind {
    LEAT_METRIC_COUNTER,
    LEAT_METRIC_GAUGE,
    LEAT_METRIC_HISTOGRAM,
} leat_metric_kind;

enum {
    LEAT_METRIC_NAME_MAX = 96,
    LEAT_METRIC_LABELS_MAX = 160,
    LEAT_METRIC_BUCKETS = 8 * 62, /* values 0..7 exactly, then 8 steps for each of 61 powers */
};

typedef struct leat_metric {
    _Atomic int64_t value;     /* counter, gauge; histogram: the sum */
    _Atomic uint64_t *buckets; /* histogram only, LEAT_METRIC_BUCKETS counts */
    double scale;              /* shown = value * scale */
    leat_metric_kind kind;
} leat_metric;

typedef struct leat_metrics leat_metrics; /* a registry */

leat_metrics *leat_metrics_new(void);
void leat_metrics_free(leat_metrics **metrics);

/* Find or make. The same name must come with the same kind (asserted). `help` is one sentence. */
leat_metric *
leat_metric_counter(leat_metrics *metrics, const char *name, const char *labels, const char *help);
leat_metric *
leat_metric_gauge(leat_metrics *metrics, const char *name, const char *labels, const char *help);
leat_metric *leat_metric_histogram(
    leat_metrics *metrics, const char *name, const char *labels, const char *help, double scale);

/* Drop every metric whose labels contain `label` (`job="3"`): the job is gone. Pointers to them
 * are dead. */
void leat_metrics_remove(leat_metrics *metrics, const char *label);

/* Append the text exposition (version 0.0.4), sorted by name and labels. */
void leat_metrics_print(leat_metrics *metrics, leat_buf *out);

static inline void leat_metric_add(leat_metric *metric, int64_t amount)
{
    atomic_fetch_add_explicit(&metric->value, amount, memory_order_relaxed);
}

static inline void leat_metric_set(leat_metric *metric, int64_t value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

static inline int64_t leat_metric_get(leat_metric *metric)
{
    return atomic_load_explicit(&metric->value, memory_order_relaxed);
}

void leat_metric_observe(leat_metric *metric, uint64_t value);
uint64_t leat_metric_count(const leat_metric *histogram);
/* An upper bound of the q-quantile (0 < q <= 1) in raw units; 0 when nothing was observed. */
uint64_t leat_metric_quantile(const leat_metric *histogram, double q);

#endif
