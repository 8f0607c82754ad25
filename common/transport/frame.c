/* SPDX-License-Identifier: Apache-2.0
 */
#include "common/transport/frame.h"

#include <zmq.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"
#include "common/base/crc32c.h"
#include "common/transport/socket.h"
#include "proto/data.pb-c.h"

struct leat_frame {
    leat_frame_head head;
    zmq_msg_t payload;
};

static leat_frame *frame_new(const leat_frame_head *head)
{
    leat_frame *frame = LEAT_NEW(leat_frame);
    frame->head = *head;
    return frame;
}

/* Both run on ZeroMQ's I/O thread, after the bytes went out. */
static void free_buffer(void *data, void *hint)
{
    (void)hint;
    leat_free(data);
}

static void free_blob(void *data, void *hint)
{
    (void)data;
    leat_blob *blob = hint;
    leat_blob_unref(&blob);
}

leat_frame *leat_frame_new(const leat_frame_head *head, leat_buf *payload)
{
    leat_frame *frame = frame_new(head);
    if (payload == NULL || payload->size == 0) {
        zmq_msg_init(&frame->payload);
    } else {
        int rc =
            zmq_msg_init_data(&frame->payload, payload->data, payload->size, free_buffer, NULL);
        LEAT_ASSERT(rc == 0);
        *payload = (leat_buf){0};
    }
    return frame;
}

leat_frame *leat_frame_of_blob(const leat_frame_head *head, leat_blob *payload)
{
    leat_frame *frame = frame_new(head);
    int rc = zmq_msg_init_data(&frame->payload, leat_blob_data(payload),
                               leat_blob_bytes(payload).size, free_blob, leat_blob_ref(payload));
    LEAT_ASSERT(rc == 0);
    return frame;
}

leat_frame *leat_frame_of_message(const leat_frame_head *head, zmq_msg_t *payload)
{
    leat_frame *frame = frame_new(head);
    zmq_msg_init(&frame->payload);
    zmq_msg_move(&frame->payload, payload);
    return frame;
}

zmq_msg_t *leat_frame_message(leat_frame *frame)
{
    return &frame->payload;
}

void leat_frame_free(leat_frame **frame)
{
    if (*frame == NULL)
        return;
    zmq_msg_close(&(*frame)->payload);
    leat_free(*frame);
    *frame = NULL;
}

const leat_frame_head *leat_frame_head_of(const leat_frame *frame)
{
    return &frame->head;
}

leat_bytes leat_frame_payload(const leat_frame *frame)
{
    /* zmq_msg_data wants a mutable message but changes nothing. */
    leat_frame *same = (leat_frame *)(uintptr_t)frame;
    return leat_bytes_of(zmq_msg_data(&same->payload), zmq_msg_size(&same->payload));
}

/* Every field in a fixed order and width: what the checksum covers besides the payload. */
static uint32_t frame_checksum(const leat_frame_head *head, leat_bytes payload)
{
    uint64_t fields[] = {
        ((uint64_t)head->kind << 32) | head->job,
        head->generation,
        ((uint64_t)head->edge << 32) | head->flags,
        ((uint64_t)head->source << 32) | head->target,
        head->sequence,
        head->value,
        (uint64_t)head->time_us,
        payload.size,
    };
    uint32_t crc = leat_crc32c(payload.data, payload.size);
    return leat_crc32c_extend(crc, fields, sizeof fields);
}

void leat_frame_encode_head(const leat_frame *frame, leat_buf *out)
{
    leat_bytes payload = leat_frame_payload(frame);
    const leat_frame_head *head = &frame->head;
    Leat__FrameHeader wire = LEAT__FRAME_HEADER__INIT;
    wire.magic = LEAT_FRAME_MAGIC;
    wire.version = LEAT_FRAME_VERSION;
    wire.kind = head->kind;
    wire.job = head->job;
    wire.generation = head->generation;
    wire.edge = head->edge;
    wire.source = head->source;
    wire.target = head->target;
    wire.sequence = head->sequence;
    wire.value = head->value;
    wire.time_us = head->time_us;
    wire.flags = head->flags;
    wire.length = payload.size;
    wire.crc32c = frame_checksum(head, payload);
    size_t size = leat__frame_header__get_packed_size(&wire);
    leat__frame_header__pack(&wire, (uint8_t *)leat_buf_reserve(out, size));
    out->size += size;
}

leat_code leat_frame_decode_head(leat_bytes header,
                                 leat_bytes payload,
                                 leat_frame_head *out_head,
                                 leat_error *err)
{
    if (header.size > LEAT_SOCKET_HEAD_BYTES_MAX)
        return leat_fail(err, LEAT_CORRUPT, "frame header of %zu bytes", header.size);
    Leat__FrameHeader *wire =
        leat__frame_header__unpack(NULL, header.size, (const uint8_t *)header.data);
    if (wire == NULL)
        return leat_fail(err, LEAT_CORRUPT, "frame header cannot be read");
    leat_frame_head head = {
        .kind = wire->kind,
        .job = wire->job,
        .generation = wire->generation,
        .edge = wire->edge,
        .source = wire->source,
        .target = wire->target,
        .sequence = wire->sequence,
        .value = wire->value,
        .time_us = wire->time_us,
        .flags = wire->flags,
    };
    uint32_t magic = wire->magic;
    uint32_t version = wire->version;
    uint64_t length = wire->length;
    uint32_t crc = wire->crc32c;
    leat__frame_header__free_unpacked(wire, NULL);
    if (magic != LEAT_FRAME_MAGIC)
        return leat_fail(err, LEAT_CORRUPT, "frame header does not start with LEAT");
    if (version != LEAT_FRAME_VERSION)
        return leat_fail(err, LEAT_UNSUPPORTED, "frame version %u, expected %d", version,
                         LEAT_FRAME_VERSION);
    if (length != payload.size || crc != frame_checksum(&head, payload))
        return leat_fail(err, LEAT_CORRUPT, "frame is damaged");
    *out_head = head;
    return LEAT_OK;
}
