/* SPDX-License-Identifier: Apache-2.0
 */
#include "cli/printer.h"

#include "common/base/alloc.h"
#include "common/base/buf.h"
#include "common/obs/log.h"
#include "common/sys/clock.h"
#include "common/sys/file.h"
#include "common/sys/mutex.h"
#include "common/sys/thread.h"

enum { LAST_WORDS_MS = 2000, LOOK_EVERY_MS = 10 };

struct leat_printer {
    int fd;
    leat_thread thread;

    leat_mutex mutex;
    pthread_cond_t changed;
    leat_buf waiting LEAT_FIELD_GUARDED_BY(mutex); /* P1 */
    uint64_t dropped_count LEAT_FIELD_GUARDED_BY(mutex);
    uint64_t unsaid_count LEAT_FIELD_GUARDED_BY(mutex); /* dropped since it was last said */
    bool has_failed LEAT_FIELD_GUARDED_BY(mutex);       /* nobody can read any more */
    bool quits LEAT_FIELD_GUARDED_BY(mutex);
    bool has_ended LEAT_FIELD_GUARDED_BY(mutex);
};

/* One whose reader stopped for good: kept, its thread may come back. */
static leat_printer *volatile abandoned;

/* Take what waits, or wait for it. False: it is over. */
static bool take(leat_printer *self, leat_buf *out)
{
    leat_mutex_lock(&self->mutex);
    while (self->waiting.size == 0 && !self->quits)
        pthread_cond_wait(&self->changed, &self->mutex.handle);
    leat_buf empty = *out;
    *out = self->waiting;
    self->waiting = empty;
    leat_mutex_unlock(&self->mutex);
    return out->size > 0;
}

static void say_dropped(leat_printer *self)
{
    leat_mutex_lock(&self->mutex);
    uint64_t count = self->unsaid_count;
    self->unsaid_count = 0;
    leat_mutex_unlock(&self->mutex);
    if (count > 0)
        leat_log(LEAT_LOG_WARN, "print_lines_dropped", LEAT_KU("count", count));
}

static void fail(leat_printer *self, const leat_error *err)
{
    leat_mutex_lock(&self->mutex);
    bool is_news = !self->has_failed;
    self->has_failed = true;
    leat_mutex_unlock(&self->mutex);
    if (is_news)
        leat_log_failure(LEAT_LOG_WARN, "print_failed", err);
}

static void printer_main(void *argument)
{
    leat_printer *self = argument;
    leat_buf lines = {0};
    leat_error err = {0};
    while (take(self, &lines)) {
        if (leat_file_write_all(self->fd, leat_buf_bytes(&lines), "standard output", &err) !=
            LEAT_OK)
            fail(self, &err);
        leat_buf_clear(&lines);
        say_dropped(self);
    }
    leat_buf_fini(&lines);
    leat_mutex_lock(&self->mutex);
    self->has_ended = true;
    leat_mutex_unlock(&self->mutex);
}

leat_code leat_printer_start(int fd, leat_printer **out_printer, leat_error *err)
{
    leat_printer *printer = LEAT_NEW(leat_printer);
    printer->fd = fd;
    leat_mutex_init(&printer->mutex);
    pthread_cond_init(&printer->changed, NULL);
    leat_code code =
        leat_thread_start(&printer->thread, "leat-printer", printer_main, printer, err);
    if (code != LEAT_OK)
        leat_printer_stop(&printer);
    else
        *out_printer = printer;
    return code;
}

static uint64_t line_count(leat_bytes lines)
{
    uint64_t count = 0;
    for (size_t i = 0; i < lines.size; i++)
        count += lines.data[i] == '\n';
    return count;
}

void leat_printer_print(void *printer, uint32_t job, leat_bytes sink, leat_bytes lines)
{
    leat_printer *self = printer;
    bool stalls = false;
    leat_mutex_lock(&self->mutex);
    if (self->has_failed) {
        self->dropped_count += line_count(lines);
    } else if (self->waiting.size + lines.size > LEAT_PRINTER_BYTES && self->waiting.size > 0) {
        stalls = self->unsaid_count == 0;
        self->unsaid_count += line_count(lines);
        self->dropped_count += line_count(lines);
    } else {
        leat_buf_add(&self->waiting, lines.data, lines.size);
        pthread_cond_signal(&self->changed);
    }
    leat_mutex_unlock(&self->mutex);
    if (stalls)
        leat_log(LEAT_LOG_WARN, "print_stalled", LEAT_KU("job", job), LEAT_KB("sink", sink),
                 LEAT_KS("text", "nobody reads standard output: rows are dropped from it"));
}

uint64_t leat_printer_dropped_count(leat_printer *printer)
{
    leat_mutex_lock(&printer->mutex);
    uint64_t count = printer->dropped_count;
    leat_mutex_unlock(&printer->mutex);
    return count;
}

static bool has_ended(leat_printer *self)
{
    leat_mutex_lock(&self->mutex);
    bool has = self->has_ended || !self->thread.is_running;
    leat_mutex_unlock(&self->mutex);
    return has;
}

void leat_printer_stop(leat_printer **printer)
{
    leat_printer *self = LEAT_TAKE(*printer);
    if (self == NULL)
        return;
    leat_mutex_lock(&self->mutex);
    self->quits = true;
    pthread_cond_signal(&self->changed);
    leat_mutex_unlock(&self->mutex);
    for (int ms = 0; ms < LAST_WORDS_MS && !has_ended(self); ms += LOOK_EVERY_MS)
        leat_clock_sleep_ms(LOOK_EVERY_MS);
    if (!has_ended(self)) {
        abandoned = self; /* it hangs in a write: the process ends with it */
        return;
    }
    leat_thread_join(&self->thread);
    leat_buf_fini(&self->waiting);
    pthread_cond_destroy(&self->changed);
    leat_mutex_fini(&self->mutex);
    leat_free(self);
}
