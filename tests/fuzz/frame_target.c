/* SPDX-License-Identifier: Apache-2.0
 *
 * What arrives at a data or control port: u16 size of the header frame, header frame, payload.
 * A frame whose header checks goes the whole way to a slot message or a control message.
 */
#include "common/plan/control_wire.h"
#include "proto/data.pb-c.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/batch_text.h"
#include "worker/convert.h"

enum { SIZE_BYTES = 2 };

static const leat_physical_plan *plan_of_one_edge(void)
{
    static leat_physical_edge edge = {.kind = LEAT_EDGE_HASH};
    static leat_physical_plan plan = {.edge_count = 1, .edges = &edge};
    if (edge.schema == NULL)
        edge.schema = leat_test_schema("k bigint not null, v string");
    return &plan;
}

static void frame_write(const leat_frame *frame, leat_buf *out)
{
    leat_buf head = {0};
    leat_frame_encode_head(frame, &head);
    leat_bytes payload = leat_frame_payload(frame);
    leat_buf_add_u16(out, (uint16_t)head.size);
    leat_buf_add(out, head.data, head.size);
    leat_buf_add(out, payload.data, payload.size);
    leat_buf_fini(&head);
}

static void seed_slot_message(leat_fuzz_seeds *seeds, leat_message_kind kind)
{
    leat_message message = {.kind = kind, .job = 1, .from_slot = 1, .generation = 3, .seq = 4};
    if (kind == LEAT_MESSAGE_DATA)
        message.batch = BATCH("k bigint not null, v string", "1, a", "2, null");
    leat_frame *frame = leat_frame_of_slot_message(&message, 0, LEAT_COMPRESSION_LZ4);
    frame_write(frame, leat_fuzz_seed(seeds));
    leat_frame_free(&frame);
    leat_message_fini(&message);
}

static void seed(leat_fuzz_seeds *seeds)
{
    for (int kind = 0; kind < LEAT_MESSAGE_KIND_COUNT; kind++)
        seed_slot_message(seeds, (leat_message_kind)kind);
    leat_control barrier = {.kind = LEAT_CONTROL_BARRIER, .job = 1, .generation = 3};
    leat_frame *frame = leat_frame_of_control(&barrier);
    frame_write(frame, leat_fuzz_seed(seeds));
    leat_frame_free(&frame);
}

static bool input_split(leat_bytes input, leat_bytes *out_head, leat_bytes *out_payload)
{
    leat_cursor in = leat_cursor_over(input);
    size_t size = leat_cursor_u16(&in);
    const void *head = leat_cursor_take(&in, size);
    *out_head = leat_bytes_of(head, head == NULL ? 0 : size);
    *out_payload = leat_bytes_of(in.at, (size_t)(in.end - in.at));
    return !in.is_short;
}

/* The same fields with magic, version, length and checksum of this payload. */
static void mend(leat_buf *input)
{
    leat_bytes head, payload;
    if (!input_split(leat_buf_bytes(input), &head, &payload))
        return;
    Leat__FrameHeader *wire =
        leat__frame_header__unpack(NULL, head.size, (const uint8_t *)head.data);
    if (wire == NULL)
        return;
    leat_frame_head fields = {.kind = wire->kind,
                              .job = wire->job,
                              .generation = wire->generation,
                              .edge = wire->edge,
                              .source = wire->source,
                              .target = wire->target,
                              .sequence = wire->sequence,
                              .value = wire->value,
                              .time_us = wire->time_us,
                              .flags = wire->flags};
    leat__frame_header__free_unpacked(wire, NULL);
    leat_buf copy = {0}, mended = {0};
    leat_buf_add(&copy, payload.data, payload.size);
    leat_frame *frame = leat_frame_new(&fields, &copy);
    frame_write(frame, &mended);
    leat_frame_free(&frame);
    leat_buf_fini(input);
    *input = mended;
}

static bool frame_use(const leat_frame *frame)
{
    leat_error err = {0};
    if (leat_frame_is_slot_message(frame)) {
        leat_message message = {0};
        if (leat_frame_to_slot_message(frame, plan_of_one_edge(), &message, &err) != LEAT_OK)
            return false;
        leat_message_fini(&message);
        return true;
    }
    leat_control message = {0};
    if (leat_frame_to_control(frame, &message, &err) != LEAT_OK)
        return false;
    leat_control_fini(&message);
    return true;
}

static bool run(leat_bytes input)
{
    leat_bytes head, payload;
    leat_frame_head fields = {0};
    leat_error err = {0};
    if (!input_split(input, &head, &payload) ||
        leat_frame_decode_head(head, payload, &fields, &err) != LEAT_OK)
        return false;
    leat_buf copy = {0};
    leat_buf_add(&copy, payload.data, payload.size);
    leat_frame *frame = leat_frame_new(&fields, &copy);
    bool accepted = frame_use(frame);
    leat_frame_free(&frame);
    return accepted;
}

const leat_fuzz_target leat_fuzz_frame = {.name = "frame", .seed = seed, .mend = mend, .run = run};
