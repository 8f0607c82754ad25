/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/mark.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/assert.h"
#include "common/base/bytes.h"

enum { ARMED_MAX = 16, STALL_MS_MAX = 600 * 1000, DIGITS_MAX = 9 };

typedef enum failpoint_action { ACTION_KILL, ACTION_STALL, ACTION_ERROR } failpoint_action;

typedef struct armed_failpoint {
    leat_bytes name;
    uint64_t due; /* which hit acts */
    failpoint_action action;
    uint64_t stall_ms;
    _Atomic uint64_t hits; /* since arming, over all places of that name */
} armed_failpoint;

static armed_failpoint armed[ARMED_MAX];
static uint32_t armed_count;

/* Given by the linker when the program has a mark at all. */
extern leat_mark *const __start_leat_mark_list[] __attribute__((weak));
extern leat_mark *const __stop_leat_mark_list[] __attribute__((weak));

leat_mark *const *leat_marks(size_t *out_count)
{
    *out_count = (size_t)((uintptr_t)__stop_leat_mark_list - (uintptr_t)__start_leat_mark_list) /
                 sizeof(leat_mark *);
    return __start_leat_mark_list;
}

uint64_t leat_mark_count(const char *name)
{
    size_t count;
    leat_mark *const *marks = leat_marks(&count);
    uint64_t hits = 0;
    bool is_known = false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(marks[i]->name, name) != 0)
            continue;
        is_known = true;
        hits += atomic_load_explicit(&marks[i]->count, memory_order_relaxed);
    }
    LEAT_ASSERT(is_known);
    return hits;
}

void leat_marks_reset(void)
{
    size_t count;
    leat_mark *const *marks = leat_marks(&count);
    for (size_t i = 0; i < count; i++)
        atomic_store_explicit(&marks[i]->count, 0, memory_order_relaxed);
}

/* Decimal digits at the front of *text, at least one. */
static bool take_number(leat_bytes *text, uint64_t *out_number)
{
    uint64_t number = 0;
    size_t digits = 0;
    for (; digits < text->size && digits < DIGITS_MAX; digits++) {
        char c = text->data[digits];
        if (c < '0' || c > '9')
            break;
        number = number * 10 + (uint64_t)(c - '0');
    }
    *text = leat_bytes_of(text->data + digits, text->size - digits);
    *out_number = number;
    return digits > 0;
}

static bool take_text(leat_bytes *text, leat_bytes expected)
{
    if (text->size < expected.size || memcmp(text->data, expected.data, expected.size) != 0)
        return false;
    *text = leat_bytes_of(text->data + expected.size, text->size - expected.size);
    return true;
}

/* One "NAME@N=ACTION". */
static bool armed_parse(leat_bytes text, armed_failpoint *out)
{
    const char *at = memchr(text.data, '@', text.size);
    if (at == NULL || at == text.data)
        return false;
    leat_bytes rest = leat_bytes_of(at + 1, text.size - (size_t)(at + 1 - text.data));
    out->name = leat_bytes_of(text.data, (size_t)(at - text.data));
    if (!take_number(&rest, &out->due) || out->due == 0 || !take_text(&rest, LEAT_BYTES("=")))
        return false;
    if (take_text(&rest, LEAT_BYTES("kill"))) {
        out->action = ACTION_KILL;
    } else if (take_text(&rest, LEAT_BYTES("error"))) {
        out->action = ACTION_ERROR;
    } else if (take_text(&rest, LEAT_BYTES("stall:"))) {
        out->action = ACTION_STALL;
        if (!take_number(&rest, &out->stall_ms) || out->stall_ms > STALL_MS_MAX)
            return false;
    } else {
        return false;
    }
    return rest.size == 0;
}

/* Point every failpoint of that name at armed[index], or leave it at an earlier one of the same
 * name; false when there is none. */
static bool armed_attach(leat_bytes name, uint32_t index)
{
    size_t count;
    leat_mark *const *marks = leat_marks(&count);
    bool is_known = false;
    for (size_t i = 0; i < count; i++) {
        if (!marks[i]->is_failpoint || !leat_bytes_equal(leat_bytes_text(marks[i]->name), name))
            continue;
        if (atomic_load_explicit(&marks[i]->armed, memory_order_relaxed) == 0)
            atomic_store_explicit(&marks[i]->armed, index + 1, memory_order_relaxed);
        is_known = true;
    }
    return is_known;
}

static void disarm_all(void)
{
    size_t count;
    leat_mark *const *marks = leat_marks(&count);
    for (size_t i = 0; i < count; i++)
        atomic_store_explicit(&marks[i]->armed, 0, memory_order_relaxed);
    armed_count = 0;
}

leat_code leat_failpoint_arm(const char *text, leat_error *err)
{
    /* The names live as long as the process: the environment's text may change under us. */
    static char kept[1024];

    disarm_all();
    if (text == NULL || text[0] == '\0')
        return LEAT_OK;
    if (strlen(text) >= sizeof kept)
        return leat_fail(err, LEAT_LIMIT, "failpoints are too long: at most %zu bytes",
                         sizeof kept);
    memcpy(kept, text, strlen(text) + 1);
    for (const char *at = kept; at != NULL;) {
        const char *comma = strchr(at, ',');
        leat_bytes one = leat_bytes_of(at, comma == NULL ? strlen(at) : (size_t)(comma - at));
        at = comma == NULL ? NULL : comma + 1;
        if (armed_count == ARMED_MAX)
            return leat_fail(err, LEAT_LIMIT, "at most %d failpoints can be armed", ARMED_MAX);
        armed_failpoint *slot = &armed[armed_count];
        atomic_store_explicit(&slot->hits, 0, memory_order_relaxed);
        if (!armed_parse(one, slot))
            return leat_fail(err, LEAT_INVALID,
                             "bad failpoint `%.*s`: expected NAME@N=kill|stall:MS|error",
                             LEAT_FMT(one));
        if (!armed_attach(slot->name, armed_count))
            return leat_fail(err, LEAT_NOT_FOUND, "no failpoint is called `%.*s`",
                             LEAT_FMT(slot->name));
        armed_count++;
    }
    return LEAT_OK;
}

static void stall(uint64_t ms)
{
    struct timespec left = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0) {
        /* interrupted by a signal: sleep the rest */
    }
}

static bool act(const armed_failpoint *point)
{
    switch (point->action) {
    case ACTION_KILL:
        raise(SIGKILL);
        LEAT_UNREACHABLE();
    case ACTION_STALL:
        stall(point->stall_ms);
        return false;
    case ACTION_ERROR:
        return true;
    }
    LEAT_UNREACHABLE();
}

bool leat_failpoint_reached(const leat_mark *mark)
{
    uint32_t index = atomic_load_explicit(&mark->armed, memory_order_relaxed);
    if (index == 0)
        return false;
    armed_failpoint *first = &armed[index - 1];
    uint64_t hit = atomic_fetch_add_explicit(&first->hits, 1, memory_order_relaxed) + 1;
    for (uint32_t i = index - 1; i < armed_count; i++)
        if (armed[i].due == hit && leat_bytes_equal(armed[i].name, first->name))
            return act(&armed[i]);
    return false;
}
