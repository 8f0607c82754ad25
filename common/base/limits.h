/* SPDX-License-Identifier: Apache-2.0
 *
 * limits - every bound that more than one folder must know, each with its reason.
 *
 * What the user may set has a default, a least and a greatest value here. A loop, queue, buffer
 * or retry without a limit from here (or a static one beside it) does not pass review.
 */
#ifndef LEAT_COMMON_BASE_LIMITS_H
#define LEAT_COMMON_BASE_LIMITS_H

#define LEAT_KIB (1024)
#define LEAT_MIB (1024 * 1024)

enum {
    /* A batch amortises its overhead at some hundred rows and still fits the L2 cache. */
    LEAT_BATCH_ROWS_MAX = 4096,
    LEAT_BATCH_BYTES_MAX = 256 * LEAT_KIB,

    /* A delta chunk is one LMDB value: larger ones need long runs of free pages. */
    LEAT_CHUNK_BYTES_MAX = 256 * LEAT_KIB,

    /* One record of input or one value: must fit a batch that is allowed to hold only it. */
    LEAT_RECORD_BYTES_MAX = 1 * LEAT_MIB,

    /* A frame from the network: the largest batch with its header, and no more. */
    LEAT_FRAME_BYTES_MAX = 4 * LEAT_MIB,

    /* Alignment waits no longer than one channel's credit takes to drain. */
    LEAT_CHANNEL_BYTES = 1 * LEAT_MIB,
    /* No channel is granted less than this, or a single batch could never move. */
    LEAT_CHANNEL_BYTES_MIN = 16 * LEAT_KIB,

    /* What the inputs of one task may hold together; credit is granted from it. */
    LEAT_INBOX_BYTES = 8 * LEAT_MIB,

    /* What the output builders of one task may hold; beyond it the fullest goes first. */
    LEAT_OUTBOX_BYTES = 4 * LEAT_MIB,

    /* Fixed for the life of a job's state: 16 per slot at parallelism 16, u16 on the wire. */
    LEAT_KEY_GROUPS_DEFAULT = 256,
    LEAT_KEY_GROUPS_MAX = 4096,

    /* Below 100 ms commits cost more than work; above 60 s recovery repeats too much. */
    LEAT_EPOCH_INTERVAL_MS_DEFAULT = 1000,
    LEAT_EPOCH_INTERVAL_MS_MIN = 100,
    LEAT_EPOCH_INTERVAL_MS_MAX = 60 * 1000,
    /* An epoch that takes longer than this (or 10 intervals) is given up. */
    LEAT_EPOCH_TIMEOUT_MS_MIN = 30 * 1000,

    /* Idle watermarks travel alone after this long without a batch. */
    LEAT_WATERMARK_IDLE_MS = 50,

    /* Sizes of what users write; all are checked before any memory is taken. */
    LEAT_TOPOLOGY_BYTES_MAX = 1 * LEAT_MIB,
    LEAT_NAME_BYTES_MAX = 128,
    LEAT_COLUMNS_MAX = 1024,
    LEAT_OPERATORS_MAX = 1000,
    LEAT_EXPRESSION_DEPTH_MAX = 200, /* recursion in parser and binder: about 64 KiB of stack */

    /* Sizes of a cluster; tables are fixed arrays or are checked against these. */
    LEAT_WORKERS_MAX = 1000,
    LEAT_EXECUTORS_MAX = 256, /* of one worker */
    LEAT_JOBS_MAX = 256,
    LEAT_PARALLELISM_MAX = 1024,
    LEAT_REPLICAS_DEFAULT = 2,
    LEAT_REPLICAS_MAX = 5,
    LEAT_SPLITS_MAX = 64 * 1024,

    /* Kept free on the disk so that decisions still commit when data no longer can. */
    LEAT_DISK_RESERVE_BYTES = 64 * LEAT_MIB,

    LEAT_CACHE_LINE_BYTES = 64,
};

#endif
