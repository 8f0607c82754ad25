/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tap.h"

#include <stdio.h>

#include "cli/server.h"

enum { LIVE_BYTES_MAX = 4 << 20, KEPT_BYTES_MIN = 1 << 20 };

static void show_check(const leat_connector_config *config, leat_diagnostics *diagnostics)
{
    (void)config, (void)diagnostics; /* nobody writes its options */
}

static void show_encode(const leat_connector_config *config, const leat_rows *rows, leat_buf *out)
{
    leat_case_sink.encode(config, rows, out);
}

const leat_sink_class leat_show_sink = {
    .name = "show", .kind = LEAT_SINK_PRINT, .check = show_check, .encode = show_encode};

void leat_taps_init(leat_taps *taps, leat_wake *wake)
{
    *taps = (leat_taps){.wake = wake};
    leat_mutex_init(&taps->mutex);
    int rc = pthread_cond_init(&taps->has_room, NULL);
    LEAT_ASSERT(rc == 0);
}

static void tap_free(leat_tap *tap)
{
    leat_buf_fini(&tap->text);
    leat_free(tap);
}

void leat_taps_fini(leat_taps *taps)
{
    for (size_t i = 0; i < taps->items.count; i++)
        tap_free(taps->items.items[i]);
    leat_vec_fini(&taps->items);
    (void)pthread_cond_destroy(&taps->has_room);
    leat_mutex_fini(&taps->mutex);
}

leat_tap *leat_tap_open(leat_taps *taps, const leat_case_result *shape, bool is_kept)
{
    static unsigned number; /* the main thread's */
    leat_tap *tap = leat_alloc_zero(1, sizeof *tap);
    (void)snprintf(tap->name, sizeof tap->name, "$show%u", ++number);
    tap->shape = *shape;
    tap->is_kept = is_kept;
    leat_mutex_lock(&taps->mutex);
    leat_vec_push(&taps->items, tap);
    leat_mutex_unlock(&taps->mutex);
    return tap;
}

void leat_tap_close(leat_taps *taps, leat_tap **tap)
{
    leat_tap *closed = LEAT_TAKE(*tap);
    leat_mutex_lock(&taps->mutex);
    for (size_t i = taps->items.count; closed != NULL && i-- > 0;)
        if (taps->items.items[i] == closed)
            leat_vec_remove(&taps->items, i);
    (void)pthread_cond_broadcast(&taps->has_room);
    leat_mutex_unlock(&taps->mutex);
    if (closed != NULL)
        tap_free(closed);
}

static leat_tap *find(const leat_taps *taps, leat_bytes name)
{
    for (size_t i = 0; i < taps->items.count; i++)
        if (leat_bytes_equal(leat_bytes_text(taps->items.items[i]->name), name))
            return taps->items.items[i];
    return NULL;
}

/* Changes to the rows that are left of them. What cannot be folded yet stays. */
static void compact(leat_tap *tap)
{
    leat_error err = {0};
    leat_case_result rows = tap->shape;
    leat_buf folded = {0};
    rows.order_count = 0;
    leat_buf_add(&rows.text, tap->text.data, tap->text.size);
    if (leat_case_result_fold(&rows, &err) == LEAT_OK) {
        LEAT_VEC_EACH (line, &rows.rows)
            leat_buf_print(&folded, "+I %.*s\n", LEAT_FMT(line->row));
        leat_buf_fini(&tap->text);
        tap->text = folded;
    }
    leat_case_result_fini(&rows);
    tap->folded_bytes = tap->text.size;
}

void leat_taps_print(void *self, uint32_t job, leat_bytes sink, leat_bytes lines)
{
    leat_taps *taps = self;
    leat_mutex_lock(&taps->mutex);
    leat_tap *tap = find(taps, sink);
    while (tap != NULL && !tap->is_kept && tap->text.size >= LIVE_BYTES_MAX) {
        (void)pthread_cond_wait(&taps->has_room, &taps->mutex.handle);
        tap = find(taps, sink); /* closed meanwhile? */
    }
    if (tap != NULL) {
        leat_buf_add(&tap->text, lines.data, lines.size);
        if (tap->is_kept && tap->text.size > LEAT_MAX(2 * tap->folded_bytes, KEPT_BYTES_MIN))
            compact(tap);
    }
    leat_mutex_unlock(&taps->mutex);
    if (tap == NULL && (sink.size == 0 || sink.data[0] != '$')) /* a user's own print sink */
        leat_server_print(taps->wake, job, sink, lines);
    leat_wake_ring(taps->wake);
}

void leat_tap_take(leat_taps *taps, leat_tap *tap, leat_buf *out)
{
    leat_mutex_lock(&taps->mutex);
    leat_buf_add(out, tap->text.data, tap->text.size);
    leat_buf_clear(&tap->text);
    (void)pthread_cond_broadcast(&taps->has_room);
    leat_mutex_unlock(&taps->mutex);
}

leat_code
leat_tap_snapshot(leat_taps *taps, const leat_tap *tap, leat_case_result *out_rows, leat_error *err)
{
    leat_mutex_lock(&taps->mutex);
    *out_rows = tap->shape;
    leat_buf_add(&out_rows->text, tap->text.data, tap->text.size);
    leat_mutex_unlock(&taps->mutex);
    return leat_case_result_fold(out_rows, err);
}
