/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/trace.h"

#include <inttypes.h>

#include "common/base/assert.h"
#include "common/base/hash.h"

void leat_trace_emit(const leat_tracer *tracer,
                     int64_t time_ms,
                     uint16_t event,
                     const uint64_t *args,
                     size_t arg_count)
{
    LEAT_ASSERT(arg_count <= LEAT_TRACE_ARGS_MAX);
    leat_trace_event record = {
        .time_ms = time_ms, .node = tracer->node, .event = event, .arg_count = (uint16_t)arg_count};
    memcpy(record.args, args, arg_count * sizeof *args);
    tracer->sink(tracer->context, &record);
}

/* Copy `text`, replacing {n} by argument n. */
static void fill(const char *text, const leat_trace_event *event, leat_buf *out)
{
    for (const char *at = text; *at != '\0'; at++) {
        bool is_argument =
            at[0] == '{' && at[1] >= '0' && at[1] < '0' + LEAT_TRACE_ARGS_MAX && at[2] == '}';
        if (!is_argument) {
            leat_buf_add_char(out, *at);
            continue;
        }
        leat_buf_print(out, "%" PRIu64, event->args[at[1] - '0']);
        at += 2;
    }
}

void leat_trace_format(const leat_trace_event *event,
                       const leat_trace_template *templates,
                       size_t template_count,
                       leat_buf *out)
{
    for (size_t i = 0; i < template_count; i++) {
        if (templates[i].event == event->event) {
            fill(templates[i].text, event, out);
            return;
        }
    }
    leat_buf_print(out, "event %u", (unsigned)event->event);
    for (size_t i = 0; i < event->arg_count; i++)
        leat_buf_print(out, " %" PRIu64, event->args[i]);
}

uint64_t leat_trace_hash(uint64_t hash, const leat_trace_event *event)
{
    LEAT_STATIC_ASSERT(sizeof *event == 16 + 8 * LEAT_TRACE_ARGS_MAX, "no padding is hashed");
    return leat_hash_seeded(hash, event, sizeof *event);
}
