/* SPDX-License-Identifier: Apache-2.0
 *
 * frame - one message between two processes: a small checked header and a payload of bytes.
 *
 * Owns its payload: either bytes that were given to it or the very buffer that the network
 * delivered, never a copy. A received payload lies at any address: read it unaligned.
 * Thread: one owner at a time; may be handed from thread to thread.
 */
#ifndef LEAT_COMMON_TRANSPORT_FRAME_H
#define LEAT_COMMON_TRANSPORT_FRAME_H

#include "common/base/blob.h"
#include "common/base/buf.h"
#include "common/base/error.h"

enum { LEAT_FRAME_MAGIC = 0x5441454c /* "LEAT" */, LEAT_FRAME_VERSION = 1 };

/* What every frame says about itself; each kind uses the fields it needs, the rest are 0. */
typedef struct leat_frame_head {
    uint32_t kind; /* LEAT_FRAME_CONTROL, or a data kind of worker/convert.h */
    uint32_t job;
    uint64_t generation;
    uint32_t edge; /* channel = (edge, source slot, target slot) */
    uint32_t source;
    uint32_t target;
    uint64_t sequence;
    uint64_t value;  /* epoch, credit */
    int64_t time_us; /* watermark */
    uint32_t flags;
} leat_frame_head;

enum {
    LEAT_FRAME_CONTROL = 1,
    LEAT_FRAME_LOG = 2, /* lines of a worker's log; value: the nonce of its process */
    LEAT_FRAME_DATA_FIRST = 16
};

typedef struct leat_frame leat_frame;

/* Takes the bytes out of `payload` (may be NULL = none), which is empty afterwards. */
leat_frame *leat_frame_new(const leat_frame_head *head, leat_buf *payload);
/* Keeps a reference to `payload` until the network is done with it. */
leat_frame *leat_frame_of_blob(const leat_frame_head *head, leat_blob *payload);
void leat_frame_free(leat_frame **frame); /* NULL inside is fine; sets NULL */

const leat_frame_head *leat_frame_head_of(const leat_frame *frame);
/* Borrowed: valid until the frame is freed or sent. */
leat_bytes leat_frame_payload(const leat_frame *frame);

/* The header frame's bytes, with length and checksum; what `leat_frame_decode` reads back. */
void leat_frame_encode_head(const leat_frame *frame, leat_buf *out);

/* Check a received header against its payload. LEAT_CORRUPT: not ours, cut, or damaged;
 * LEAT_UNSUPPORTED: of a version this process does not know. */
LEAT_MUST_USE leat_code leat_frame_decode_head(leat_bytes header,
                                               leat_bytes payload,
                                               leat_frame_head *out_head,
                                               leat_error *err);

#endif
