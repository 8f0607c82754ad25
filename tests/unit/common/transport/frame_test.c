/* SPDX-License-Identifier: Apache-2.0
 */
#include "common/transport/frame.h"

#include <criterion/criterion.h>

static const leat_frame_head FULL_HEAD = {
    .kind = 17,
    .job = 3,
    .generation = 1ull << 40,
    .edge = 2,
    .source = 5,
    .target = 6,
    .sequence = 99,
    .value = 1ull << 50,
    .time_us = -1234567,
    .flags = 3,
};

static leat_frame *frame_of_text(const leat_frame_head *head, const char *text)
{
    leat_buf payload = {0};
    leat_buf_add_text(&payload, text);
    return leat_frame_new(head, &payload);
}

Test(frame, reads_back_every_field_of_its_head)
{
    leat_frame *frame = frame_of_text(&FULL_HEAD, "columns");
    leat_buf wire = {0};
    leat_frame_encode_head(frame, &wire);

    leat_frame_head head = {0};
    leat_error err;
    cr_assert_eq(leat_frame_decode_head(leat_buf_bytes(&wire), LEAT_BYTES("columns"), &head, &err),
                 LEAT_OK);

    cr_assert_eq(head.kind, FULL_HEAD.kind);
    cr_assert_eq(head.job, FULL_HEAD.job);
    cr_assert_eq(head.generation, FULL_HEAD.generation);
    cr_assert_eq(head.edge, FULL_HEAD.edge);
    cr_assert_eq(head.source, FULL_HEAD.source);
    cr_assert_eq(head.target, FULL_HEAD.target);
    cr_assert_eq(head.sequence, FULL_HEAD.sequence);
    cr_assert_eq(head.value, FULL_HEAD.value);
    cr_assert_eq(head.time_us, FULL_HEAD.time_us);
    cr_assert_eq(head.flags, FULL_HEAD.flags);
    leat_buf_fini(&wire);
    leat_frame_free(&frame);
}

Test(frame, refuses_a_payload_that_changed)
{
    leat_frame *frame = frame_of_text(&FULL_HEAD, "columns");
    leat_buf wire = {0};
    leat_frame_encode_head(frame, &wire);

    leat_frame_head head;
    cr_assert_eq(leat_frame_decode_head(leat_buf_bytes(&wire), LEAT_BYTES("colummns"), &head, NULL),
                 LEAT_CORRUPT);
    cr_assert_eq(leat_frame_decode_head(leat_buf_bytes(&wire), LEAT_BYTES("column"), &head, NULL),
                 LEAT_CORRUPT);
    leat_buf_fini(&wire);
    leat_frame_free(&frame);
}

/* A flip in an unknown protobuf field number may be skipped; it must never change what is read. */
Test(frame, never_reads_another_head_from_flipped_bits)
{
    leat_frame *frame = frame_of_text(&FULL_HEAD, "columns");
    leat_buf wire = {0};
    leat_frame_encode_head(frame, &wire);
    for (size_t bit = 0; bit < wire.size * 8; bit++) {
        wire.data[bit / 8] = (char)(wire.data[bit / 8] ^ (1 << (bit % 8)));
        leat_frame_head head = {0};
        leat_code code =
            leat_frame_decode_head(leat_buf_bytes(&wire), LEAT_BYTES("columns"), &head, NULL);
        if (code == LEAT_OK)
            cr_assert_eq(head.sequence, FULL_HEAD.sequence, "bit %zu", bit);
        wire.data[bit / 8] = (char)(wire.data[bit / 8] ^ (1 << (bit % 8)));
    }
    for (size_t size = 0; size < wire.size; size++) {
        leat_frame_head head;
        cr_assert_neq(leat_frame_decode_head(leat_bytes_of(wire.data, size), LEAT_BYTES("columns"),
                                             &head, NULL),
                      LEAT_OK);
    }
    leat_buf_fini(&wire);
    leat_frame_free(&frame);
}

Test(frame, keeps_a_blob_alive_until_it_is_freed)
{
    leat_blob *blob = leat_blob_copy(LEAT_BYTES("delta chunk"));
    leat_frame *frame = leat_frame_of_blob(&FULL_HEAD, blob);
    leat_blob_unref(&blob);

    cr_assert(leat_bytes_equal(leat_frame_payload(frame), LEAT_BYTES("delta chunk")));
    leat_frame_free(&frame);
    cr_assert_null(frame);
}
