/* SPDX-License-Identifier: Apache-2.0 */
#include "common/obs/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/sys/mutex.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static _Atomic int threshold = LEAT_LOG_INFO;
static leat_mutex lock = LEAT_MUTEX_INIT;
static char log_context[128] LEAT_GUARDED_BY(lock);
static leat_log_writer *writer LEAT_GUARDED_BY(lock);
static void *writer_context LEAT_GUARDED_BY(lock);

/* A line under construction; what does not fit is cut. */
typedef struct line {
    char text[LEAT_LOG_LINE_MAX];
    size_t size;
    bool is_cut;
} line;

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

/* The last four bytes are for the dots of a cut line and the line end. */
static void line_add(line *l, const char *data, size_t size)
{
    enum { CONTENT_MAX = LEAT_LOG_LINE_MAX - 4 };
    if (l->is_cut)
        return;
    l->is_cut = size > CONTENT_MAX - l->size;
    if (l->is_cut)
        size = CONTENT_MAX - l->size;
    memcpy(l->text + l->size, data, size);
    l->size += size;
    if (l->is_cut) {
        memcpy(l->text + l->size, "...", 3);
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
static void line_write(line *l, leat_log_level level)
{
    leat_mutex_lock(&lock);
    if (writer != NULL) {
        writer(writer_context, level, leat_bytes_of(l->text, l->size));
    } else {
        l->text[l->size++] = '\n';
        ssize_t ignored = write(STDERR_FILENO, l->text, l->size);
        (void)ignored;
    }
    leat_mutex_unlock(&lock);
}

void leat_log_event(leat_log_level level,
                    const char *event,
                    const leat_log_field *fields,
                    size_t field_count)
{
    if ((int)level < atomic_load_explicit(&threshold, memory_order_relaxed))
        return;
    line l;
    l.size = 0;
    l.is_cut = false;
    line_add_text(&l, level_names[level]);
    line_add(&l, " ", 1);
    line_add_text(&l, event);
    leat_mutex_lock(&lock);
    if (log_context[0] != '\0') {
        line_add(&l, " ", 1);
        line_add_text(&l, log_context);
    }
    leat_mutex_unlock(&lock);
    for (size_t i = 0; i < field_count; i++)
        line_add_field(&l, &fields[i]);
    line_write(&l, level);
}

void leat_log_failure(leat_log_level level, const char *event, const leat_error *err)
{
    char reason[LEAT_ERROR_TEXT_MAX + LEAT_ERROR_FRAMES_MAX * LEAT_ERROR_FRAME_MAX];
    leat_error_print(err, reason, sizeof reason);
    leat_log(level, event, LEAT_KS("error", leat_code_name(err->code)), LEAT_KS("reason", reason));
}
