/* SPDX-License-Identifier: Apache-2.0 */
#include "common/obs/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/obs/log_ring.h"
#include "common/sys/clock.h"
#include "common/sys/mutex.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static _Atomic int threshold = LEAT_LOG_INFO;
static leat_mutex lock = LEAT_MUTEX_INIT;
static char log_context[128] LEAT_GUARDED_BY(lock);
static leat_log_writer *writer LEAT_GUARDED_BY(lock);
static void *writer_context LEAT_GUARDED_BY(lock);
static _Atomic(leat_log_ring *) ring;

/* A line under construction, its time in front; what does not fit is cut. */
enum { TIME_BYTES = LEAT_LOG_TIME_BYTES + 1 };
typedef struct line {
    char text[TIME_BYTES + LEAT_LOG_LINE_MAX];
    size_t size; /* without the time */
    size_t event_at;
    leat_log_level level;
    uint32_t job;
    bool is_cut;
} line;

/* How often one event of one job came in this second. */
enum { COUNTED_EVENTS_MAX = 64, WINDOW_MS = 1000 };
typedef struct counted {
    char event[48]; /* "" = free */
    uint32_t job;
    leat_log_level level;
    int64_t since_ms; /* monotonic */
    uint64_t count;
} counted;
static counted events[COUNTED_EVENTS_MAX] LEAT_GUARDED_BY(lock);
static _Atomic bool has_unsaid; /* some event of `events` is over its burst */

void leat_log_set_level(leat_log_level level)
{
    atomic_store_explicit(&threshold, (int)level, memory_order_relaxed);
}

bool leat_log_level_of(leat_bytes name, leat_log_level *out_level)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(level_names); i++) {
        if (!leat_bytes_equal(name, leat_bytes_text(level_names[i])))
            continue;
        *out_level = (leat_log_level)i;
        return true;
    }
    return false;
}

const char *leat_log_level_name(leat_log_level level)
{
    return level_names[level];
}

void leat_log_set_context(const char *context)
{
    leat_mutex_lock(&lock);
    snprintf(log_context, sizeof log_context, "%s", context);
    leat_mutex_unlock(&lock);
}

void leat_log_set_writer(leat_log_writer *new_writer, void *context)
{
    leat_mutex_lock(&lock);
    writer = new_writer;
    writer_context = context;
    leat_mutex_unlock(&lock);
}

void leat_log_set_ring(leat_log_ring *new_ring)
{
    atomic_store(&ring, new_ring);
}

void leat_log_print_time(int64_t time_ms, char out[LEAT_LOG_TIME_BYTES + 1])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm t;
    char text[64] = "";
    if (gmtime_r(&seconds, &t) != NULL)
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900,
                 t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(time_ms % 1000));
    snprintf(out, LEAT_LOG_TIME_BYTES + 1, "%.*s", LEAT_LOG_TIME_BYTES, text);
}

/* The last four bytes are for the dots of a cut line and the line end. */
static void line_add(line *l, const char *data, size_t size)
{
    enum { CONTENT_MAX = LEAT_LOG_LINE_MAX - 4 };
    if (l->is_cut)
        return;
    l->is_cut = size > CONTENT_MAX - l->size;
    if (l->is_cut)
        size = CONTENT_MAX - l->size;
    memcpy(l->text + TIME_BYTES + l->size, data, size);
    l->size += size;
    if (l->is_cut) {
        memcpy(l->text + TIME_BYTES + l->size, "...", 3);
        l->size += 3;
    }
}

static void line_add_text(line *l, const char *text)
{
    line_add(l, text, strlen(text));
}

static bool needs_quotes(leat_bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7F)
            return true;
    }
    return text.size == 0;
}

static void line_add_value(line *l, leat_bytes text)
{
    if (!needs_quotes(text)) {
        line_add(l, text.data, text.size);
        return;
    }
    line_add(l, "\"", 1);
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        char escape[5];
        if (c == '"' || c == '\\')
            line_add(l, (char[]){'\\', c}, 2);
        else if (c == '\n')
            line_add(l, "\\n", 2);
        else if ((unsigned char)c < ' ' || c == 0x7F)
            line_add(l, escape, (size_t)snprintf(escape, sizeof escape, "\\x%02x", (unsigned)c));
        else
            line_add(l, &c, 1);
    }
    line_add(l, "\"", 1);
}

static void line_add_field(line *l, const leat_log_field *field)
{
    char number[32] = "";
    line_add(l, " ", 1);
    line_add_text(l, field->key);
    line_add(l, "=", 1);
    switch (field->kind) {
    case LEAT_LOG_I64:
        snprintf(number, sizeof number, "%" PRId64, field->value.i64);
        break;
    case LEAT_LOG_U64:
        snprintf(number, sizeof number, "%" PRIu64, field->value.u64);
        break;
    case LEAT_LOG_DOUBLE:
        snprintf(number, sizeof number, "%.6g", field->value.real);
        break;
    case LEAT_LOG_TEXT:
        line_add_value(l, field->value.text);
        return;
    }
    line_add_text(l, number);
}

/* One write per line; what stderr does not take is lost: a log must not stop the work. */
static void line_write(line *l)
{
    int64_t now_ms = leat_clock_wall_us() / 1000;
    leat_bytes whole = leat_bytes_of(l->text + TIME_BYTES, l->size);
    leat_log_ring *keeper = atomic_load(&ring);
    if (keeper != NULL && l->level >= LEAT_LOG_INFO) {
        leat_log_line kept = {
            .time_ms = now_ms,
            .level = l->level,
            .job = l->job,
            .text = leat_bytes_of(whole.data + l->event_at, whole.size - l->event_at)};
        leat_log_ring_add(keeper, &kept);
    }
    if ((int)l->level < atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    leat_mutex_lock(&lock);
    if (writer != NULL) {
        writer(writer_context, l->level, whole);
    } else {
        leat_log_print_time(now_ms, l->text);
        l->text[TIME_BYTES - 1] = ' ';
        l->text[TIME_BYTES + l->size] = '\n';
        ssize_t ignored = write(STDERR_FILENO, l->text, TIME_BYTES + l->size + 1);
        (void)ignored;
    }
    leat_mutex_unlock(&lock);
}

static void line_begin(line *l, leat_log_level level, const char *event, uint32_t job)
{
    l->size = 0;
    l->is_cut = false;
    l->level = level;
    l->job = job;
    line_add_text(l, level_names[level]);
    line_add(l, " ", 1);
    l->event_at = l->size;
    line_add_text(l, event);
    leat_mutex_lock(&lock);
    if (log_context[0] != '\0') {
        line_add(l, " ", 1);
        line_add_text(l, log_context);
    }
    leat_mutex_unlock(&lock);
}

/* -- storms --------------------------------------------------------------------------------- */

static void say_repeated(const counted *event)
{
    line l;
    line_begin(&l, event->level, event->event, event->job);
    if (event->job != 0)
        line_add_field(&l, &(leat_log_field)LEAT_KU("job", event->job));
    line_add_field(&l, &(leat_log_field)LEAT_KU("repeated", event->count - LEAT_LOG_BURST));
    line_write(&l);
}

/* Take one event whose second is over and which has something to say. */
static bool take_repeated(int64_t now_ms, counted *out_event)
{
    bool is_taken = false;
    bool is_left = false;
    leat_mutex_lock(&lock);
    for (size_t i = 0; i < COUNTED_EVENTS_MAX; i++) {
        counted *event = &events[i];
        if (event->event[0] == '\0' || event->count <= LEAT_LOG_BURST)
            continue;
        if (is_taken || now_ms - event->since_ms < WINDOW_MS) {
            is_left = true;
            continue;
        }
        *out_event = *event;
        event->event[0] = '\0';
        is_taken = true;
    }
    atomic_store(&has_unsaid, is_left);
    leat_mutex_unlock(&lock);
    return is_taken;
}

void leat_log_tick(void)
{
    counted event;
    while (atomic_load_explicit(&has_unsaid, memory_order_relaxed) &&
           take_repeated(leat_clock_ms(), &event))
        say_repeated(&event);
}

static counted *event_find(const char *name, uint32_t job) LEAT_REQUIRES(lock)
{
    for (size_t i = 0; i < COUNTED_EVENTS_MAX; i++)
        if (events[i].job == job && strncmp(events[i].event, name, sizeof events[i].event - 1) == 0)
            return &events[i];
    return NULL;
}

/* A free place, or that of the event that began first. */
static counted *event_place(void) LEAT_REQUIRES(lock)
{
    counted *oldest = &events[0];
    for (size_t i = 0; i < COUNTED_EVENTS_MAX; i++) {
        if (events[i].event[0] == '\0')
            return &events[i];
        if (events[i].since_ms < oldest->since_ms)
            oldest = &events[i];
    }
    return oldest;
}

/* Whether this line is written; one that is not is counted. */
static bool may_write(leat_log_level level, const char *name, uint32_t job)
{
    if (level < LEAT_LOG_INFO)
        return true;
    leat_log_tick();
    int64_t now_ms = leat_clock_ms();
    counted pushed = {0}; /* out of its place, perhaps with something to say */
    leat_mutex_lock(&lock);
    counted *event = event_find(name, job);
    if (event == NULL || now_ms - event->since_ms >= WINDOW_MS) {
        event = event == NULL ? event_place() : event;
        pushed = *event;
        *event = (counted){.job = job, .since_ms = now_ms};
        snprintf(event->event, sizeof event->event, "%s", name);
    }
    event->level = level;
    bool may = ++event->count <= LEAT_LOG_BURST;
    leat_mutex_unlock(&lock);
    if (pushed.count > LEAT_LOG_BURST)
        say_repeated(&pushed);
    if (!may)
        atomic_store(&has_unsaid, true);
    return may;
}

/* -- events --------------------------------------------------------------------------------- */

static uint32_t job_of(const leat_log_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool is_number = fields[i].kind == LEAT_LOG_U64 || fields[i].kind == LEAT_LOG_I64;
        if (is_number && strcmp(fields[i].key, "job") == 0)
            return (uint32_t)fields[i].value.u64;
    }
    return 0;
}

void leat_log_event(leat_log_level level,
                    const char *event,
                    const leat_log_field *fields,
                    size_t field_count)
{
    bool is_kept = level >= LEAT_LOG_INFO && atomic_load(&ring) != NULL;
    if ((int)level < atomic_load_explicit(&threshold, memory_order_relaxed) && !is_kept)
        return;
    uint32_t job = job_of(fields, field_count);
    if (!may_write(level, event, job))
        return;
    line l;
    line_begin(&l, level, event, job);
    for (size_t i = 0; i < field_count; i++)
        line_add_field(&l, &fields[i]);
    line_write(&l);
}

void leat_log_failure(leat_log_level level, const char *event, const leat_error *err)
{
    char reason[LEAT_ERROR_TEXT_MAX + LEAT_ERROR_FRAMES_MAX * LEAT_ERROR_FRAME_MAX];
    leat_error_print(err, reason, sizeof reason);
    leat_log(level, event, LEAT_KS("error", leat_code_name(err->code)), LEAT_KS("reason", reason));
}
