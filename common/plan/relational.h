/* SPDX-License-Identifier: Apache-2.0
 *
 * relational - what the nodes of relational algebra are configured with: windows, joins, orders,
 * top-n, OVER, set operations.
 *
 * Plain values in the plan arena, read-only once planned; a logical node points to the one of its
 * kind. Columns are indices into the node's input; wherever an expression is wanted as a key or
 * an order, the planner has put a projection below, so operators only meet columns.
 *
 *   R1  Rows are a bag: two equal rows are two rows. Nothing below assumes that rows are distinct.
 *   R2  Equal keys are equal as in grouping (decisions 15): NULL = NULL, NaN = NaN, -0 = 0. A join
 *       key does not match NULL unless it says so.
 *   R3  A node whose input retracts must take retractions; the planner never asks what cannot be.
 */
#ifndef LEAT_COMMON_PLAN_RELATIONAL_H
#define LEAT_COMMON_PLAN_RELATIONAL_H

#include "common/expr/bound.h"

/* What a stream of changes may contain (decisions 13, 14). */
typedef enum leat_change_mode {
    LEAT_CHANGES_APPEND,  /* only +I */
    LEAT_CHANGES_RETRACT, /* +I -U +U -D: every row that goes is named in full */
    LEAT_CHANGES_UPSERT,  /* +I +U -D by the upsert key: old rows are not named, -D has only keys */
    LEAT_CHANGES_COUNT
} leat_change_mode;

/* How what a node keeps grows; refused are the last two, unless a state TTL bounds them. */
typedef enum leat_growth {
    LEAT_GROWTH_NONE,   /* keeps nothing */
    LEAT_GROWTH_FIXED,  /* per split, per part, a constant */
    LEAT_GROWTH_WINDOW, /* dropped behind the watermark */
    LEAT_GROWTH_GROUPS, /* one row per key ever seen */
    LEAT_GROWTH_ROWS,   /* every row ever seen */
    LEAT_GROWTH_COUNT
} leat_growth;

typedef struct leat_order {
    uint16_t column;
    bool is_descending;
    bool nulls_first; /* already decided: PostgreSQL's default is last, first when descending */
} leat_order;

typedef enum leat_window_kind {
    LEAT_WINDOW_NONE,
    LEAT_WINDOW_TUMBLE,   /* size */
    LEAT_WINDOW_HOP,      /* size, slide; the size need not be a multiple of the slide */
    LEAT_WINDOW_CUMULATE, /* size = the longest, slide = the step; size is a multiple of it */
    LEAT_WINDOW_SESSION,  /* size = the gap; per key; end = last event time + gap, merge at gap */
    LEAT_WINDOW_CARRIED,  /* rows carry window_start and window_end of a window below */
    LEAT_WINDOW_KIND_COUNT
} leat_window_kind;

/* Windows are [start, end), start = offset modulo slide. A row is in every window that holds its
 * event time; a window fires when the watermark passes end - 1 ms (decisions 5). */
typedef struct leat_window {
    leat_window_kind kind;
    int64_t size_us;
    int64_t slide_us; /* HOP, CUMULATE; else 0 */
    int64_t offset_us;
    /* A row's event time is its event-time column minus this: 1 ms when the column is the
     * window_end of an earlier window (decisions 7), else 0. */
    int64_t time_lag_us;
    int64_t allowed_lateness_us; /* > 0: fires again, so the output retracts (decisions 10) */
    bool is_processing_time;     /* the slice's time instead of the event-time column */
    bool is_by_column; /* a WINDOW that places rows by start_column: nothing waits for time */
    bool late_to; /* late rows go to the side output `late`; else they are counted and dropped */
    uint16_t start_column; /* CARRIED, or by column: columns of the input */
    uint16_t end_column;
} leat_window;

typedef enum leat_join_kind {
    LEAT_JOIN_INNER,
    LEAT_JOIN_LEFT,  /* left rows without a match come with NULLs */
    LEAT_JOIN_RIGHT, /* */
    LEAT_JOIN_FULL,  /* */
    LEAT_JOIN_SEMI,  /* left rows that have a match, once; output = left columns */
    LEAT_JOIN_ANTI,  /* left rows that have none */
    LEAT_JOIN_KIND_COUNT
} leat_join_kind;

typedef enum leat_join_timing {
    /* Both sides are kept for ever (GROWTH_ROWS). Outer, semi and anti joins retract what a later
     * row of the other side makes untrue. */
    LEAT_JOIN_REGULAR,
    /* left time + lower <= right time <= left time + upper, both event times. A row is dropped when
     * no partner can come; an unmatched outer (or anti) row is put out then, never retracted. The
     * output is append when both inputs are. */
    LEAT_JOIN_INTERVAL,
    /* The window's end is among the keys on both sides: rows are dropped, and unmatched ones put
     * out, when the watermark passes it. Output as in INTERVAL. */
    LEAT_JOIN_WINDOW,
    /* FOR SYSTEM_TIME AS OF left.time: the right side is a table of versions by key and event
     * time; a left row waits until the watermark of both sides passes its time, then meets the
     * version that was valid then. INNER and LEFT. Versions older than the newest one at or before
     * the watermark are dropped. */
    LEAT_JOIN_TEMPORAL,
    /* FOR SYSTEM_TIME AS OF PROCTIME(): a left row meets the right rows as they are when it
     * arrives; later changes on the right put out nothing. The right side alone is kept. */
    LEAT_JOIN_LOOKUP,
    /* ASOF: of the right rows with equal keys, the nearest that satisfies `asof`; updating. */
    LEAT_JOIN_ASOF,
    LEAT_JOIN_TIMING_COUNT
} leat_join_timing;

typedef enum leat_asof { /* left column OP right column; nearest = least distance */
                         LEAT_ASOF_LESS,
                         LEAT_ASOF_LESS_EQUAL,
                         LEAT_ASOF_GREATER,
                         LEAT_ASOF_GREATER_EQUAL,
                         LEAT_ASOF_COUNT
} leat_asof;

/* Inputs 0 = left, 1 = right; output = left columns then right columns (SEMI, ANTI: left only). */
typedef struct leat_join {
    leat_join_kind kind;
    leat_join_timing timing;
    uint32_t key_count; /* 0: every pair, on one slot */
    uint16_t *left_keys;
    uint16_t *right_keys;
    bool *null_matches; /* per key: IS NOT DISTINCT FROM instead of = */
    /* What else must hold of a pair, over left columns then right columns (also for SEMI and
     * ANTI), or NULL. Never repeats what keys, bounds or asof say. */
    leat_bound *residual;

    /* INTERVAL, TEMPORAL (left only): the time columns. WINDOW: the window_end columns. ASOF: the
     * compared columns. */
    uint16_t left_time;
    uint16_t right_time;
    int64_t lower_us; /* INTERVAL */
    int64_t upper_us; /* */
    leat_asof asof;
    bool left_is_unique;  /* at most one left row per key at a time: smaller state */
    bool right_is_unique; /* */
} leat_join;

typedef enum leat_rank_kind {
    LEAT_RANK_ROW_NUMBER, /* ties by arrival */
    LEAT_RANK_RANK,
    LEAT_RANK_DENSE_RANK,
    LEAT_RANK_KIND_COUNT
} leat_rank_kind;

/* TOP_N: per partition (node->keys) the rows whose rank is in (offset, offset + limit]. */
typedef struct leat_top {
    leat_rank_kind kind;
    uint64_t offset;
    uint64_t limit; /* UINT64_MAX: all after offset */
    bool has_rank;  /* the output has a further column, bigint: the rank */
    /* >= 0: the partition is one window (that column is its end): the rows are put out, and
     * dropped, when the watermark passes it; output append. Else updating. */
    int32_t window_end;
} leat_top;

/* DEDUPLICATE: per key (node->keys) one row, by the order's only column or by arrival. */
typedef struct leat_dedup {
    bool keeps_last; /* else the first: by arrival the output is append */
    bool is_by_arrival;
    int32_t window_end; /* as in leat_top */
} leat_dedup;

typedef enum leat_over_function {
    LEAT_OVER_AGGREGATE, /* `aggregate` over the frame */
    LEAT_OVER_ROW_NUMBER,
    LEAT_OVER_RANK,
    LEAT_OVER_DENSE_RANK,
    LEAT_OVER_PERCENT_RANK,
    LEAT_OVER_CUME_DIST,
    LEAT_OVER_NTILE,       /* argument: the constant number of tiles */
    LEAT_OVER_LAG,         /* argument, distance, otherwise */
    LEAT_OVER_LEAD,        /* */
    LEAT_OVER_FIRST_VALUE, /* argument, of the frame */
    LEAT_OVER_LAST_VALUE,  /* */
    LEAT_OVER_NTH_VALUE,   /* argument, distance */
    LEAT_OVER_FUNCTION_COUNT
} leat_over_function;

typedef enum leat_frame_unit {
    LEAT_FRAME_ROWS,
    LEAT_FRAME_RANGE, /* peers count; distances in the only order column's unit */
    LEAT_FRAME_GROUPS,
    LEAT_FRAME_UNIT_COUNT
} leat_frame_unit;

typedef enum leat_frame_end {
    LEAT_FRAME_UNBOUNDED_PRECEDING,
    LEAT_FRAME_PRECEDING,
    LEAT_FRAME_CURRENT_ROW,
    LEAT_FRAME_FOLLOWING,
    LEAT_FRAME_UNBOUNDED_FOLLOWING,
    LEAT_FRAME_END_COUNT
} leat_frame_end;

typedef enum leat_frame_exclude {
    LEAT_EXCLUDE_NOTHING,
    LEAT_EXCLUDE_CURRENT_ROW,
    LEAT_EXCLUDE_GROUP,
    LEAT_EXCLUDE_TIES,
    LEAT_EXCLUDE_COUNT
} leat_frame_exclude;

typedef struct leat_frame {
    leat_frame_unit unit;
    leat_frame_end start;
    leat_frame_end end;
    leat_value start_distance; /* PRECEDING, FOLLOWING: bigint for ROWS and GROUPS, else of the */
    leat_value end_distance;   /* order column's type (interval for a timestamp) */
    leat_frame_exclude exclude;
} leat_frame;

typedef struct leat_over_call {
    leat_over_function function;
    leat_type type;
    leat_bound_aggregate aggregate; /* OVER_AGGREGATE */
    leat_bound *argument;           /* of the others, or NULL */
    int64_t distance;               /* LAG, LEAD (0 = this row), NTH_VALUE (from 1) */
    leat_bound *otherwise;          /* LAG, LEAD beyond the partition; NULL = NULL */
    bool ignores_nulls;
    leat_frame frame;
} leat_over_call;

/* OVER: output = input columns, then one per call; node->keys = the partition, node->orders = the
 * order. All calls of a node share both. */
typedef struct leat_over {
    uint32_t call_count;
    leat_over_call *calls;
    /* Event time ascending, no frame looks ahead, the input appends: rows wait for the watermark,
     * go out in time order and are dropped when no frame wants them; output append. Else the
     * partition is kept and the output retracts. */
    bool is_by_watermark;
} leat_over;

typedef enum leat_set_kind {
    LEAT_SET_INTERSECT,
    LEAT_SET_EXCEPT,
    LEAT_SET_KIND_COUNT
} leat_set_kind;

/* SET_OP of inputs 0 and 1 by whole rows, counted. UNION is the node of that name, with DISTINCT
 * above it when it says so. */
typedef struct leat_set {
    leat_set_kind kind;
    bool is_all;
} leat_set;

typedef enum leat_unnest_kind {
    LEAT_UNNEST_ARRAY,  /* expressions[0] */
    LEAT_UNNEST_SERIES, /* expressions: first, last[, step]; numbers or timestamps */
    LEAT_UNNEST_KIND_COUNT
} leat_unnest_kind;

/* UNNEST: output = input columns, the elements' column[, ordinality bigint]. */
typedef struct leat_unnest {
    leat_unnest_kind kind;
    bool is_outer; /* a row without elements comes once, with NULL */
    bool has_ordinality;
} leat_unnest;

#endif
