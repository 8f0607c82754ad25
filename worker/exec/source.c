/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/source.h"

#include "common/base/mark.h"
#include "common/expr/program.h"
#include "worker/core/watermarks.h"
#include "worker/exec/bad_rows.h"

enum {
    SPLIT_VERSION = 1,
    FLAG_ENDED = 1,
    FLAG_IDLE = 2,
    RETRY_FIRST_US = 500,        /* between polls of splits that had nothing: doubled ... */
    RETRY_MOST_US = 20000,       /* ... up to this */
    LIST_AGAIN_US = 5 * 1000000, /* between listings of a source that follows */
    RATE_BURST_MS = 100,
};

typedef struct split {
    leat_bytes name; /* in the source's arena */
    uint32_t key_group;
    leat_source_reader *reader; /* opened at the first poll */
    leat_buf position;          /* to open at */
    leat_time event_time;       /* highest so far */
    uint64_t last_row_us;       /* steady time of the last row, for idle_after */
    bool has_ended;
    bool is_dirty; /* moved since it was last written to the state */
} split;

struct leat_source {
    leat_slot_context *context;
    uint32_t operator_index;
    const leat_logical_node *node;
    const leat_source_class *class;
    leat_connector_config config;
    leat_connector_option *options;
    leat_source_emit *emit;
    void *emit_self;
    leat_byte_table *table;
    leat_builder *builder;
    leat_eval *time;   /* of a computed event time, or NULL */
    leat_bad_rows bad; /* builder is NULL unless `bad` is read */
    leat_error bad_record;

    leat_arena arena; /* names */
    LEAT_VEC(split) splits;
    uint32_t next_split;         /* whose turn it is */
    leat_watermarks watermarks;  /* input i = split i */
    uint32_t known_count;        /* splits of the whole source */
    bool is_listed;              /* we know at least a first list */
    bool is_final;               /* no further splits will come */
    bool follows;                /* `follow: true`: lists again and again */
    LEAT_VEC(leat_bytes) listed; /* all names, when this slot is the lister */

    bool is_started;
    bool is_stopped; /* LAST barrier */
    bool is_draining;
    bool has_ended;
    uint64_t retry_us;      /* no split had rows: poll again then; 0 = now */
    uint64_t retry_step_us; /* how long that was */
    uint64_t list_again_us; /* lister */
    double tokens;          /* rows that `rate` allows now */
    uint64_t tokens_us;     /* steady time they were counted */
};

/* ------------------------------------------------------------------ life */

static bool is_lister(const leat_source *source)
{
    return leat_slot_owns(source->context, 0);
}

static void open_config(leat_source *source)
{
    const leat_logical_node *node = source->node;
    source->options = leat_alloc_zero(LEAT_MAX(node->option_count, 1), sizeof *source->options);
    for (uint32_t i = 0; i < node->option_count; i++) {
        const leat_option *option = &node->options[i];
        source->options[i] =
            (leat_connector_option){option->name, option->value, option->place, option->key_place};
        if (leat_bytes_equal(option->name, LEAT_BYTES("follow")))
            source->follows = leat_bytes_equal(option->value, LEAT_BYTES("true"));
    }
    source->config =
        (leat_connector_config){.schema = node->outputs[0].schema,
                                .wanted = node->wanted,
                                .options = source->options,
                                .option_count = node->option_count,
                                .files_root = source->context->args.files_root,
                                .parallelism = source->context->args.deployment->slot_count};
}

static void add_split(leat_source *source, uint32_t number, leat_bytes name)
{
    leat_bytes kept = leat_arena_bytes(&source->arena, name);
    if (is_lister(source))
        leat_vec_push(&source->listed, kept);
    source->known_count = LEAT_MAX(source->known_count, number + 1);
    uint32_t key_group = number % source->context->args.deployment->key_group_count;
    if (!leat_slot_owns(source->context, key_group))
        return;
    split *one = leat_vec_add(&source->splits);
    one->name = kept;
    one->key_group = key_group;
    one->event_time = LEAT_TIME_MIN;
    one->last_row_us = source->context->steady_us;
    leat_watermarks_add(&source->watermarks, LEAT_TIME_MIN, false);
}

leat_code leat_source_new(leat_slot_context *context,
                          uint32_t operator_index,
                          leat_source_emit *emit,
                          void *emit_self,
                          leat_source **out_source,
                          leat_error *err)
{
    const leat_logical_node *node = leat_slot_node(context, operator_index);
    const leat_source_class *class =
        leat_connectors_source(context->args.connectors, node->connector);
    if (class == NULL)
        return leat_fail(err, LEAT_NOT_FOUND, "source %.*s: no connector `%.*s`",
                         LEAT_FMT(node->name), LEAT_FMT(node->connector));
    leat_source *source = LEAT_NEW(leat_source);
    source->context = context;
    source->operator_index = operator_index;
    source->node = node;
    source->class = class;
    source->emit = emit;
    source->emit_self = emit_self;
    open_config(source);
    uint16_t state = context->plan->operators[operator_index].state;
    LEAT_ASSERT(state != LEAT_PHYSICAL_NO_STATE);
    source->table = leat_state_byte_table(context->state, state);
    source->builder = leat_builder_new(node->outputs[0].schema, context->args.limits.batch_rows);
    if (node->on_bad_record == LEAT_BAD_RECORD_TO)
        leat_bad_rows_init(&source->bad, node->outputs[1].schema);
    leat_watermarks_init(&source->watermarks, 0);
    if (node->expression_count > 0)
        source->time = leat_eval_new(
            leat_program_compile(node->expressions, 1, node->outputs[0].schema, &source->arena),
            context->args.limits.batch_rows);

    const leat_deployment *deployment = context->args.deployment;
    for (uint32_t i = 0; i < deployment->split_count; i++) {
        const leat_split *known = &deployment->splits[i];
        if (known->source == operator_index)
            add_split(source, known->number, known->name);
    }
    for (uint32_t i = 0; i < deployment->listed_count; i++)
        source->is_final |= deployment->listed_sources[i] == operator_index;
    source->is_listed = source->is_final || source->known_count > 0;
    *out_source = source;
    return LEAT_OK;
}

void leat_source_free(leat_source **source_at)
{
    leat_source *source = LEAT_TAKE(*source_at);
    if (source == NULL)
        return;
    LEAT_VEC_EACH (one, &source->splits) {
        if (one->reader != NULL)
            source->class->close(&one->reader);
        leat_buf_fini(&one->position);
    }
    leat_vec_fini(&source->splits);
    leat_vec_fini(&source->listed);
    leat_watermarks_fini(&source->watermarks);
    leat_bad_rows_fini(&source->bad);
    leat_builder_free(&source->builder);
    leat_eval_free(&source->time);
    leat_arena_fini(&source->arena);
    leat_free(source->options);
    leat_free(source);
}

/* ------------------------------------------------------------------ state */

static void split_write(leat_source *source, split *one, uint32_t input)
{
    leat_buf value = {0};
    const leat_watermark_input *promise = &source->watermarks.inputs[input];
    leat_buf_add_u8(&value, SPLIT_VERSION);
    leat_buf_add_u8(
        &value, (uint8_t)((one->has_ended ? FLAG_ENDED : 0) | (promise->is_idle ? FLAG_IDLE : 0)));
    leat_buf_add_u64(&value, (uint64_t)one->event_time);
    if (one->reader != NULL)
        source->class->position(one->reader, &value);
    else
        leat_buf_add(&value, one->position.data, one->position.size);
    leat_byte_table_put(source->table, one->key_group, one->name, leat_buf_bytes(&value));
    leat_buf_fini(&value);
    one->is_dirty = false;
}

void leat_source_close_epoch(leat_source *source)
{
    for (uint32_t i = 0; i < source->splits.count; i++) {
        if (source->splits.items[i].is_dirty)
            split_write(source, &source->splits.items[i], i); /* P1 */
    }
}

static leat_time split_promise(const leat_source *source, const split *one)
{
    if (one->event_time == LEAT_TIME_MIN)
        return LEAT_TIME_MIN;
    leat_time promise;
    if (__builtin_sub_overflow(one->event_time, source->node->out_of_orderness_us, &promise))
        return LEAT_TIME_MIN;
    return promise;
}

void leat_source_restore(leat_source *source)
{
    for (uint32_t i = 0; i < source->splits.count; i++) {
        split *one = &source->splits.items[i];
        leat_bytes value;
        if (!leat_byte_table_get(source->table, one->key_group, one->name, &value))
            continue;
        leat_cursor in = leat_cursor_over(value);
        uint8_t version = leat_cursor_u8(&in);
        uint8_t flags = leat_cursor_u8(&in);
        one->event_time = leat_cursor_i64(&in);
        if (version != SPLIT_VERSION || in.is_short) {
            leat_error err = {0};
            leat_fail(&err, LEAT_CORRUPT, "source %.*s: the position of %.*s is not one",
                      LEAT_FMT(source->node->name), LEAT_FMT(one->name));
            leat_slot_cannot(source->context, &err);
            return;
        }
        leat_buf_add(&one->position, in.at, (size_t)(in.end - in.at));
        one->has_ended = (flags & FLAG_ENDED) != 0;
        leat_watermarks_update(&source->watermarks, i, split_promise(source, one),
                               (flags & FLAG_IDLE) != 0);
    }
}

/* ------------------------------------------------------------------ listing */

static bool is_known(const leat_source *source, leat_bytes name)
{
    LEAT_VEC_EACH (one, &source->listed) {
        if (leat_bytes_equal(*one, name))
            return true;
    }
    return false;
}

/* Report the splits that exist and are not logged yet; the coordinator numbers them. */
static void list_splits(leat_source *source)
{
    leat_buf names = {0};
    leat_buf fresh = {0};
    leat_error err = {0};
    source->list_again_us =
        source->follows ? source->context->steady_us + LIST_AGAIN_US : UINT64_MAX;
    if (source->class->splits(&source->config, &names, &err) != LEAT_OK) {
        leat_slot_fail(source->context, "source %.*s: %s", LEAT_FMT(source->node->name), err.text);
        leat_buf_fini(&names);
        return;
    }
    for (size_t at = 0; at < names.size;) {
        leat_bytes name = {names.data + at, strnlen(names.data + at, names.size - at)};
        if (!is_known(source, name))
            leat_buf_add_bytes(&fresh, name);
        at += name.size + 1;
    }
    bool is_first = !source->is_listed;
    if (fresh.size > 0 || is_first || (!source->follows && !source->is_final)) {
        leat_up up = {.kind = LEAT_UP_SPLITS,
                      .source = source->operator_index,
                      .is_final = !source->follows,
                      .bytes = leat_blob_copy(leat_buf_bytes(&fresh))};
        leat_slot_say(source->context, &up);
    }
    leat_buf_fini(&names);
    leat_buf_fini(&fresh);
}

void leat_source_start(leat_source *source)
{
    source->is_started = true;
    source->tokens_us = source->context->steady_us;
    LEAT_VEC_EACH (one, &source->splits)
        one->last_row_us = source->context->steady_us;
    source->list_again_us = UINT64_MAX;
    if (is_lister(source) && !source->is_final)
        list_splits(source);
}

void leat_source_add_splits(leat_source *source, const leat_down *splits)
{
    if (splits->source != source->operator_index)
        return;
    leat_cursor in = leat_cursor_over(leat_blob_bytes(splits->names));
    for (uint32_t number = splits->first; in.at < in.end && !in.is_short; number++) {
        leat_bytes name = leat_cursor_bytes(&in);
        if (!in.is_short && number >= source->known_count) /* said again after a reconnect */
            add_split(source, number, name);
    }
    source->is_listed = true;
    source->is_final |= splits->is_final;
    source->retry_us = 0;
}

/* ------------------------------------------------------------------ polling */

static void take_bad_record(void *self, const leat_bad_record *record)
{
    leat_source *source = self;
    source->context->stats.bad_rows++;
    switch (source->node->on_bad_record) {
    case LEAT_BAD_RECORD_SKIP:
        leat_slot_note(source->context, source->node->name, "%.*s:%llu: %s: %.*s",
                       LEAT_FMT(record->resource), (unsigned long long)record->position,
                       record->reason, (int)LEAT_MIN(record->raw.size, (size_t)80),
                       record->raw.data);
        return;
    case LEAT_BAD_RECORD_FAIL:
        if (source->bad_record.code == LEAT_OK)
            leat_fail(&source->bad_record, LEAT_RECORD, "source %.*s: %.*s:%llu: %s: %.*s",
                      LEAT_FMT(source->node->name), LEAT_FMT(record->resource),
                      (unsigned long long)record->position, record->reason,
                      (int)LEAT_MIN(record->raw.size, (size_t)80), record->raw.data);
        return;
    case LEAT_BAD_RECORD_TO:
        break;
    }
    leat_bad_rows_add(&source->bad, record);
    if (leat_builder_room(source->bad.builder) == 0) {
        leat_rows rows = leat_builder_rows(source->bad.builder);
        source->emit(source->emit_self, 1, &rows);
        leat_builder_clear(source->bad.builder);
    }
}

static leat_time highest_time(const leat_column *column, const leat_rows *rows)
{
    const leat_time *values = column->values;
    leat_time highest = LEAT_TIME_MIN;
    if (column->validity == NULL && !column->is_constant) {
        for (uint32_t i = 0; i < rows->row_count; i++)
            highest = LEAT_MAX(highest, values[i]);
        return highest;
    }
    for (uint32_t i = 0; i < rows->row_count; i++) {
        if (!leat_column_is_null(column, i))
            highest = LEAT_MAX(highest, LEAT_COLUMN_GET(column, leat_time, i));
    }
    return highest;
}

/* The highest event time of the rows. What cannot be computed fails where the rows need it. */
static leat_time highest_of(leat_source *source, const leat_rows *rows)
{
    if (source->time == NULL)
        return highest_time(&rows->columns[source->node->event_time], rows);
    leat_column computed;
    leat_eval_errors errors;
    leat_eval_run(source->time, rows, &computed, &errors);
    return highest_time(&computed, rows);
}

static void split_advance(leat_source *source, split *one, const leat_rows *rows)
{
    if (source->node->event_time < 0 && source->time == NULL)
        return;
    leat_time highest = highest_of(source, rows);
    leat_time cap = LEAT_TIME_MAX;
    if (source->node->max_future_us > 0)
        cap = source->context->now_us + source->node->max_future_us;
    if (highest > cap) {
        LEAT_MARK(source_time_capped);
        highest = cap;
    }
    one->event_time = LEAT_MAX(one->event_time, highest);
}

/* Rows that `rate` allows now, shared by the splits of the source. */
static uint32_t allowed_rows(leat_source *source)
{
    uint32_t batch_rows = source->context->args.limits.batch_rows;
    if (source->node->rate == 0)
        return batch_rows;
    double share = (double)source->splits.count / (double)LEAT_MAX(source->known_count, 1);
    double rate = (double)source->node->rate * share;
    uint64_t passed_us = source->context->steady_us - source->tokens_us;
    double most = LEAT_MAX(rate * RATE_BURST_MS / 1000.0, 1.0);
    source->tokens = LEAT_MIN(source->tokens + rate * (double)passed_us / 1e6, most);
    source->tokens_us = source->context->steady_us;
    if (source->tokens < 1.0) {
        source->retry_us =
            source->context->steady_us + 1 + (uint64_t)((1.0 - source->tokens) / rate * 1e6);
        return 0;
    }
    return (uint32_t)LEAT_MIN(source->tokens, (double)batch_rows);
}

static leat_code split_open(leat_source *source, split *one, leat_error *err)
{
    if (one->reader != NULL)
        return LEAT_OK;
    return source->class->open_split(&source->config, one->name, leat_buf_bytes(&one->position),
                                     &one->reader, err);
}

static void emit_rows(leat_source *source, split *one)
{
    leat_rows rows = leat_builder_rows(source->builder);
    if (rows.row_count > 0) {
        source->context->stats.rows_in += rows.row_count;
        source->tokens -= source->node->rate > 0 ? rows.row_count : 0;
        one->last_row_us = source->context->steady_us;
        split_advance(source, one, &rows);
        source->emit(source->emit_self, 0, &rows);
        leat_builder_clear(source->builder);
    }
    if (source->bad.builder == NULL || leat_builder_count(source->bad.builder) == 0)
        return;
    rows = leat_builder_rows(source->bad.builder);
    source->emit(source->emit_self, 1, &rows);
    leat_builder_clear(source->bad.builder);
}

static bool has_been_idle(const leat_source *source, const split *one)
{
    int64_t after_us = source->node->idle_after_us;
    return after_us > 0 && source->context->steady_us - one->last_row_us >= (uint64_t)after_us;
}

/* One poll of one split. True: it gave rows, bad records, or its end. */
static bool poll_split(leat_source *source, uint32_t at, uint32_t max_rows, bool *out_changed)
{
    split *one = &source->splits.items[at];
    leat_error err = {0};
    uint64_t bad_before = source->context->stats.bad_rows;
    leat_code code = split_open(source, one, &err);
    leat_poll poll = {source->context->now_us, max_rows, take_bad_record, source};
    if (code == LEAT_OK)
        code = source->class->poll(one->reader, &poll, source->builder, &err);
    if (source->bad_record.code != LEAT_OK) {
        leat_slot_fail(source->context, "%s", source->bad_record.text);
        return true;
    }
    if (code != LEAT_OK && code != LEAT_AGAIN && code != LEAT_END) {
        leat_slot_fail(source->context, "source %.*s: %s", LEAT_FMT(source->node->name), err.text);
        return true;
    }
    bool has_rows = leat_builder_count(source->builder) > 0;
    bool moved = has_rows || code == LEAT_END || source->context->stats.bad_rows != bad_before;
    emit_rows(source, one);
    one->has_ended |= code == LEAT_END;
    one->is_dirty |= moved;
    bool is_idle = one->has_ended || (!has_rows && has_been_idle(source, one));
    *out_changed |=
        leat_watermarks_update(&source->watermarks, at, split_promise(source, one), is_idle);
    return moved;
}

static bool all_ended(const leat_source *source)
{
    if (!source->is_final)
        return false;
    LEAT_VEC_EACH (one, &source->splits) {
        if (!one->has_ended)
            return false;
    }
    return true;
}

/* The next split that has not ended, in turn; false when there is none. */
static bool next_split(leat_source *source, uint32_t *out_at)
{
    uint32_t count = (uint32_t)source->splits.count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (source->next_split + i) % count;
        if (!source->splits.items[at].has_ended) {
            source->next_split = (at + 1) % count;
            *out_at = at;
            return true;
        }
    }
    return false;
}

static void retry_later(leat_source *source)
{
    uint64_t step_us = LEAT_MAX(source->retry_step_us * 2, (uint64_t)RETRY_FIRST_US);
    source->retry_step_us = LEAT_MIN(step_us, (uint64_t)RETRY_MOST_US);
    source->retry_us = source->context->steady_us + source->retry_step_us;
}

leat_source_turn leat_source_poll(leat_source *source)
{
    if (!source->is_started || source->has_ended || source->is_stopped)
        return LEAT_SOURCE_NOTHING;
    if (source->context->steady_us >= source->list_again_us)
        list_splits(source);
    if (source->is_draining || all_ended(source)) {
        source->has_ended = true;
        return LEAT_SOURCE_END;
    }
    bool changed = false;
    uint32_t at;
    uint32_t max_rows = 0;
    retry_later(source);
    for (uint32_t tries = 0; tries < source->splits.count; tries++) {
        max_rows = allowed_rows(source);
        if (max_rows == 0 || !next_split(source, &at))
            break;
        if (!poll_split(source, at, max_rows, &changed))
            continue;
        source->retry_us = source->retry_step_us = 0;
        return LEAT_SOURCE_ROWS;
    }
    return changed ? LEAT_SOURCE_WATERMARK : LEAT_SOURCE_NOTHING;
}

uint64_t leat_source_wake_us(const leat_source *source)
{
    if (!source->is_started || source->has_ended || source->is_stopped)
        return UINT64_MAX;
    if (source->is_draining || all_ended(source))
        return 0;
    uint64_t wake_us = source->splits.count > 0 ? source->retry_us : UINT64_MAX;
    return LEAT_MIN(wake_us, source->list_again_us);
}

leat_time leat_source_watermark(const leat_source *source)
{
    return source->has_ended ? LEAT_TIME_MAX : source->watermarks.watermark;
}

bool leat_source_is_idle(const leat_source *source)
{
    /* A source that ends next holds its watermark until then: what windows behind it still keep
     * goes out with its end, and would be late for whoever went on without it. */
    if (source->has_ended || !source->is_listed || all_ended(source))
        return false;
    return source->splits.count == 0 || source->watermarks.is_idle;
}

bool leat_source_has_ended(const leat_source *source)
{
    return source->has_ended;
}

void leat_source_stop(leat_source *source)
{
    source->is_stopped = true;
}

void leat_source_drain(leat_source *source)
{
    source->is_draining = true;
}
