/* SPDX-License-Identifier: Apache-2.0 */
#include "coordinator/logs.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/arena.h"
#include "common/base/vec.h"
#include "common/obs/log_wire.h"
#include "common/sys/mutex.h"
#include "common/text/json.h"

/* What came from one worker. Made once, freed with the logs: a reader may keep the pointer. */
typedef struct worker_log {
    uint32_t worker;
    uint64_t nonce; /* of the process whose lines these are: */
    uint64_t last;  /* position of its newest line here */
    leat_log_ring *ring;
} worker_log;

struct leat_logs {
    leat_log_ring *own; /* borrowed */
    leat_mutex lock;
    LEAT_VEC(worker_log *) workers LEAT_FIELD_GUARDED_BY(lock);
};

leat_logs *leat_logs_new(leat_log_ring *own)
{
    leat_logs *logs = LEAT_NEW(leat_logs);
    logs->own = own;
    leat_mutex_init(&logs->lock);
    return logs;
}

void leat_logs_free(leat_logs **logs)
{
    leat_logs *old = LEAT_TAKE(*logs);
    if (old == NULL)
        return;
    LEAT_VEC_EACH (at, &old->workers) {
        leat_log_ring_free(&(*at)->ring);
        leat_free(*at);
    }
    leat_vec_fini(&old->workers);
    leat_mutex_fini(&old->lock);
    leat_free(old);
}

/* -- taking --------------------------------------------------------------------------------- */

static worker_log *log_of(leat_logs *logs, uint32_t worker)
{
    worker_log *found = NULL;
    leat_mutex_lock(&logs->lock);
    LEAT_VEC_EACH (at, &logs->workers)
        if ((*at)->worker == worker)
            found = *at;
    if (found == NULL) {
        found = LEAT_NEW(worker_log);
        found->worker = worker;
        found->ring = leat_log_ring_new(LEAT_LOG_RING_BYTES);
        leat_vec_push(&logs->workers, found);
    }
    leat_mutex_unlock(&logs->lock);
    return found;
}

static void say_missing(const worker_log *log, const leat_log_line *before)
{
    char text[80];
    int size = snprintf(text, sizeof text, "log_lines_missed count=%llu",
                        (unsigned long long)(before->position - log->last - 1));
    leat_log_line line = {.time_ms = before->time_ms,
                          .level = LEAT_LOG_WARN,
                          .text = leat_bytes_of(text, (size_t)size)};
    leat_log_ring_add(log->ring, &line);
}

static bool take_line(void *self, const leat_log_line *line)
{
    worker_log *log = self;
    if (line->position <= log->last)
        return true; /* sent again after a reconnect */
    if (line->position > log->last + 1 && log->last > 0)
        say_missing(log, line);
    log->last = line->position;
    leat_log_ring_add(log->ring, line);
    return true;
}

leat_code
leat_logs_take(leat_logs *logs, uint32_t worker, uint64_t nonce, leat_bytes lines, leat_error *err)
{
    worker_log *log = log_of(logs, worker);
    if (log->nonce != nonce) {
        log->nonce = nonce;
        log->last = 0;
    }
    return leat_log_wire_decode(lines, take_line, log, err);
}

/* -- reading -------------------------------------------------------------------------------- */

typedef struct found_line {
    leat_log_line line; /* its text lives in the arena */
    uint32_t worker;
} found_line;

typedef struct reading {
    const leat_logs_query *query;
    uint64_t upto;
    uint32_t worker; /* whose ring is being read */
    leat_arena arena;
    LEAT_VEC(found_line) lines;
} reading;

static bool is_wanted(const reading *r, const leat_log_line *line)
{
    const leat_logs_query *query = r->query;
    if (line->number > r->upto || line->level < query->level)
        return false;
    if (query->has_worker && query->worker != r->worker)
        return false;
    bool concerns_all = line->job == 0 && line->level >= LEAT_LOG_WARN;
    return !query->has_job || line->job == query->job || concerns_all;
}

static bool collect(void *self, const leat_log_line *line)
{
    reading *r = self;
    if (!is_wanted(r, line))
        return true;
    found_line found = {.line = *line, .worker = r->worker};
    found.line.text = leat_bytes_of(leat_arena_copy(&r->arena, line->text.data, line->text.size),
                                    line->text.size);
    leat_vec_push(&r->lines, found);
    return true;
}

static int by_time(const void *a, const void *b)
{
    const leat_log_line *x = &((const found_line *)a)->line;
    const leat_log_line *y = &((const found_line *)b)->line;
    if (x->time_ms != y->time_ms)
        return x->time_ms < y->time_ms ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void read_all(leat_logs *logs, reading *r)
{
    r->upto = leat_log_ring_newest(); /* before the first ring: log_ring.h, R2 */
    if (logs->own != NULL)
        leat_log_ring_each(logs->own, r->query->after, collect, r);
    leat_mutex_lock(&logs->lock);
    LEAT_VEC_EACH (at, &logs->workers) {
        r->worker = (*at)->worker;
        leat_log_ring_each((*at)->ring, r->query->after, collect, r);
    }
    leat_mutex_unlock(&logs->lock);
    if (r->lines.count > 0)
        qsort(r->lines.items, r->lines.count, sizeof *r->lines.items, by_time);
}

static void put_line(leat_json_writer *w, const found_line *found)
{
    char time[LEAT_LOG_TIME_BYTES + 1];
    leat_log_print_time(found->line.time_ms, time);
    leat_json_begin_object(w, NULL);
    leat_json_put_text(w, "time", leat_bytes_text(time));
    leat_json_put_text(w, "level", leat_bytes_text(leat_log_level_name(found->line.level)));
    leat_json_put_u64(w, "worker", found->worker);
    leat_json_put_u64(w, "job", found->line.job);
    leat_json_put_text(w, "text", found->line.text);
    leat_json_end(w);
}

void leat_logs_print(leat_logs *logs, const leat_logs_query *query, leat_buf *out)
{
    reading r = {.query = query};
    read_all(logs, &r);
    size_t first = r.lines.count > query->count_max ? r.lines.count - query->count_max : 0;
    leat_json_writer w = leat_json_write(out);
    leat_json_begin_object(&w, NULL);
    leat_json_begin_array(&w, "lines");
    for (size_t i = first; i < r.lines.count; i++)
        put_line(&w, &r.lines.items[i]);
    leat_json_end(&w);
    leat_json_put_u64(&w, "next", r.upto);
    leat_json_end(&w);
    leat_vec_fini(&r.lines);
    leat_arena_fini(&r.arena);
}
