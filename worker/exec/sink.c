/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/sink.h"

#include <stdio.h>

#include "common/base/crc32c.h"
#include "common/base/mark.h"
#include "common/base/mutant.h"

enum { WRITE_BYTES = 64 * 1024, HANDLE_VERSION = 1 };

typedef enum handle_state {
    HANDLE_WAITING,    /* for its epoch's decision */
    HANDLE_PUBLISHING, /* asked for, not confirmed */
    HANDLE_PUBLISHED,  /* leaves the state with the next epoch (F3) */
} handle_state;

/* A sealed part. In the state: key = tmp, value = the rest. */
typedef struct handle {
    handle_state state;
    uint32_t key_group;
    char *tmp;   /* owned */
    char *final; /* owned */
    uint64_t size_bytes;
    uint64_t epoch;
    uint32_t crc;
    uint64_t ticket; /* of its publication */
    bool is_waiting; /* ... which has no room */
} handle;

/* A disk operation that was asked for and not answered; answers come in the same order. */
typedef struct pending {
    uint64_t ticket;
    uint64_t bytes;
    bool is_seal;
    bool is_waiting; /* for room on the disk */
} pending;

struct leat_sink {
    leat_slot_context *context;
    const leat_logical_node *node;
    const leat_sink_class *class;
    leat_connector_config config;
    leat_connector_option *options;
    leat_bytes path; /* FILE: folder of the parts */
    leat_byte_table *handles;

    /* The part being written; tmp is NULL until its first bytes. */
    char *tmp;
    uint64_t size_bytes;
    uint32_t crc;
    uint64_t last_epoch; /* whose barrier came last */

    leat_buf lines; /* encoded, not yet handed to the journal */
    LEAT_VEC(handle) list;
    LEAT_VEC(pending) pending;
    uint64_t pending_bytes;
    uint32_t seal_count;                 /* in `pending` */
    char waiting[LEAT_CONTROL_TEXT_MAX]; /* what the disk said last about room */

    /* `changes: log`: rows with a first column `op`. */
    leat_arena arena;
    const leat_schema *op_schema; /* NULL: rows as they are */
    leat_column *op_columns;
    leat_view *op_values;
};

/* ------------------------------------------------------------------ life */

static void open_op_column(leat_sink *sink, const leat_schema *schema)
{
    uint32_t count = schema->field_count + 1;
    leat_field *fields = LEAT_ARENA_ARRAY(&sink->arena, leat_field, count);
    fields[0] = (leat_field){.name = LEAT_BYTES("op"), .type = LEAT_TYPE(STRING)};
    memcpy(&fields[1], schema->fields, schema->field_count * sizeof *fields);
    int32_t event_time = schema->event_time < 0 ? -1 : schema->event_time + 1;
    sink->op_schema = leat_schema_new(&sink->arena, fields, count, event_time);
    sink->op_columns = LEAT_ARENA_ARRAY(&sink->arena, leat_column, count);
    sink->op_values =
        LEAT_ARENA_ARRAY(&sink->arena, leat_view, sink->context->args.limits.batch_rows);
    sink->op_columns[0] = (leat_column){
        .type = fields[0].type, .layout = LEAT_LAYOUT_VIEW, .values = sink->op_values};
}

static void open_config(leat_sink *sink, uint32_t operator_index)
{
    const leat_logical_node *node = sink->node;
    sink->options = leat_alloc_zero(LEAT_MAX(node->option_count, 1), sizeof *sink->options);
    for (uint32_t i = 0; i < node->option_count; i++) {
        const leat_option *option = &node->options[i];
        sink->options[i] =
            (leat_connector_option){option->name, option->value, option->place, option->key_place};
        if (leat_bytes_equal(option->name, LEAT_BYTES("path")))
            sink->path = option->value;
    }
    const leat_schema *schema = sink->context->plan->operators[operator_index].input;
    if (node->writes_op) {
        open_op_column(sink, schema);
        schema = sink->op_schema;
    }
    sink->config =
        (leat_connector_config){.schema = schema,
                                .options = sink->options,
                                .option_count = node->option_count,
                                .files_root = sink->context->args.files_root,
                                .parallelism = sink->context->args.deployment->slot_count};
}

leat_code leat_sink_new(leat_slot_context *context,
                        uint32_t operator_index,
                        leat_sink **out_sink,
                        leat_error *err)
{
    const leat_logical_node *node = leat_slot_node(context, operator_index);
    const leat_sink_class *class = leat_connectors_sink(context->args.connectors, node->connector);
    if (class == NULL)
        return leat_fail(err, LEAT_NOT_FOUND, "sink %.*s: no connector `%.*s`",
                         LEAT_FMT(node->name), LEAT_FMT(node->connector));
    leat_sink *sink = LEAT_NEW(leat_sink);
    sink->context = context;
    sink->node = node;
    sink->class = class;
    sink->last_epoch = context->args.deployment->restore_epoch;
    open_config(sink, operator_index);
    uint16_t state = context->plan->operators[operator_index].state;
    if (class->kind == LEAT_SINK_FILE) {
        LEAT_ASSERT(state != LEAT_PHYSICAL_NO_STATE);
        sink->handles = leat_state_byte_table(context->state, state);
    }
    *out_sink = sink;
    return LEAT_OK;
}

static void handle_fini(handle *one)
{
    leat_free(one->tmp);
    leat_free(one->final);
}

void leat_sink_free(leat_sink **sink_at)
{
    leat_sink *sink = LEAT_TAKE(*sink_at);
    if (sink == NULL)
        return;
    LEAT_VEC_EACH (one, &sink->list)
        handle_fini(one);
    leat_vec_fini(&sink->list);
    leat_vec_fini(&sink->pending);
    leat_buf_fini(&sink->lines);
    leat_arena_fini(&sink->arena);
    leat_free(sink->options);
    leat_free(sink->tmp);
    leat_free(sink);
}

/* ------------------------------------------------------------------ disk */

static void ask_disk(leat_sink *sink, leat_disk_op *op, uint64_t bytes)
{
    bool is_seal = op->kind == LEAT_DISK_FILE_SEAL;
    uint64_t ticket = leat_slot_disk(sink->context, op);
    leat_vec_push(&sink->pending, (pending){.ticket = ticket, .bytes = bytes, .is_seal = is_seal});
    sink->pending_bytes += bytes;
    sink->seal_count += is_seal;
}

static void publish(leat_sink *sink, handle *one)
{
    leat_disk_op op = {.kind = LEAT_DISK_FILE_PUBLISH,
                       .epoch = one->epoch,
                       .path = leat_strdup(one->tmp),
                       .target = leat_strdup(one->final),
                       .size = one->size_bytes,
                       .crc = one->crc};
    one->ticket = leat_slot_disk(sink->context, &op);
    one->state = HANDLE_PUBLISHING;
}

void leat_sink_sweep(leat_sink *sink)
{
    if (sink->class->kind != LEAT_SINK_FILE)
        return;
    leat_buf prefix = {0};
    leat_buf_print(&prefix, "%.*s/.tmp-%.*s-", LEAT_FMT(sink->path), LEAT_FMT(sink->node->name));
    leat_disk_op op = {.kind = LEAT_DISK_FILE_SWEEP, .path = leat_strdup(leat_buf_text(&prefix))};
    leat_buf_fini(&prefix);
    ask_disk(sink, &op, 0);
}

static handle *handle_by_ticket(leat_sink *sink, uint64_t ticket)
{
    LEAT_VEC_EACH (one, &sink->list) {
        if (one->state == HANDLE_PUBLISHING && one->ticket == ticket)
            return one;
    }
    return NULL;
}

static bool settle_pending(leat_sink *sink, const leat_disk_done *done)
{
    for (size_t i = 0; i < sink->pending.count; i++) {
        pending *one = &sink->pending.items[i];
        if (one->ticket != done->ticket)
            continue;
        sink->pending_bytes -= one->bytes;
        sink->seal_count -= one->is_seal;
        leat_vec_remove(&sink->pending, i);
        if (done->code != LEAT_OK && done->kind != LEAT_DISK_FILE_SWEEP)
            leat_slot_fail(sink->context, "sink %.*s: %s", LEAT_FMT(sink->node->name), done->text);
        return true;
    }
    return false;
}

static bool note_waiting(leat_sink *sink, const leat_disk_done *done)
{
    bool *is_waiting = NULL;
    LEAT_VEC_EACH (one, &sink->pending)
        if (one->ticket == done->ticket)
            is_waiting = &one->is_waiting;
    handle *published = handle_by_ticket(sink, done->ticket);
    if (published != NULL)
        is_waiting = &published->is_waiting;
    if (is_waiting == NULL)
        return false;
    LEAT_MARK(sink_waits_for_room);
    *is_waiting = true;
    leat_error why = {0};
    leat_fail(&why, LEAT_NO_SPACE, "sink %.*s: %s", LEAT_FMT(sink->node->name), done->text);
    leat_error_print(&why, sink->waiting, sizeof sink->waiting);
    return true;
}

const char *leat_sink_waiting(const leat_sink *sink)
{
    LEAT_VEC_EACH (one, &sink->pending)
        if (one->is_waiting)
            return sink->waiting;
    LEAT_VEC_EACH (one, &sink->list)
        if (one->is_waiting && one->state == HANDLE_PUBLISHING)
            return sink->waiting;
    return "";
}

bool leat_sink_disk_done(leat_sink *sink, const leat_disk_done *done)
{
    if (done->is_waiting)
        return note_waiting(sink, done);
    if (settle_pending(sink, done))
        return true;
    handle *one = handle_by_ticket(sink, done->ticket);
    if (one == NULL)
        return false;
    if (done->code != LEAT_OK) {
        LEAT_MARK(sink_lost);
        leat_slot_halt(sink->context, "sink_lost: %s of sink %.*s: %s", one->final,
                       LEAT_FMT(sink->node->name), done->text);
        return true;
    }
    one->state = HANDLE_PUBLISHED;
    return true;
}

uint64_t leat_sink_pending_bytes(const leat_sink *sink)
{
    return sink->pending_bytes;
}

bool leat_sink_is_sealing(const leat_sink *sink)
{
    return sink->seal_count > 0;
}

bool leat_sink_is_publishing(const leat_sink *sink, uint64_t epoch)
{
    LEAT_VEC_EACH (one, &sink->list) {
        if (one->epoch <= epoch && one->state != HANDLE_PUBLISHED)
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ rows */

/* F1. Epochs are not known before their barrier, so a part is named after the one before. */
static char *part_tmp(const leat_sink *sink)
{
    leat_buf name = {0};
    leat_buf_print(&name, "%.*s/.tmp-%.*s-%u-%llu-%llu", LEAT_FMT(sink->path),
                   LEAT_FMT(sink->node->name), sink->context->args.slot,
                   (unsigned long long)sink->context->args.deployment->generation,
                   (unsigned long long)sink->last_epoch);
    char *text = leat_strdup(leat_buf_text(&name));
    leat_buf_fini(&name);
    return text;
}

static char *part_final(const leat_sink *sink, uint64_t epoch)
{
    leat_buf name = {0};
    leat_buf_print(&name, "%.*s/part-%05u-%010llu.jsonl", LEAT_FMT(sink->path),
                   sink->context->args.slot, (unsigned long long)epoch);
    char *text = leat_strdup(leat_buf_text(&name));
    leat_buf_fini(&name);
    return text;
}

static void write_lines(leat_sink *sink)
{
    if (sink->lines.size == 0)
        return;
    if (sink->tmp == NULL)
        sink->tmp = part_tmp(sink);
    leat_disk_op op = {.kind = LEAT_DISK_FILE_WRITE,
                       .path = leat_strdup(sink->tmp),
                       .bytes = leat_blob_copy(leat_buf_bytes(&sink->lines)),
                       .offset = sink->size_bytes};
    sink->crc = leat_crc32c_extend(sink->crc, sink->lines.data, sink->lines.size);
    sink->size_bytes += sink->lines.size;
    ask_disk(sink, &op, sink->lines.size);
    leat_buf_clear(&sink->lines);
}

static void print_lines(leat_sink *sink)
{
    if (sink->lines.size == 0 || sink->context->is_over)
        return;
    leat_slot_action *action = leat_vec_add(&sink->context->actions->items);
    action->kind = LEAT_SLOT_PRINT;
    action->print.sink = sink->node->name;
    action->print.lines = leat_blob_copy(leat_buf_bytes(&sink->lines));
    leat_buf_clear(&sink->lines);
}

static leat_rows with_op_column(leat_sink *sink, const leat_rows *rows)
{
    static const char *const names[] = {"+I", "-U", "+U", "-D"};
    for (uint32_t i = 0; i < rows->selected_count; i++) {
        uint32_t at = leat_rows_at(rows, i);
        unsigned change = rows->changes == NULL ? LEAT_CHANGE_INSERT : rows->changes[at] & 3U;
        sink->op_values[at] = leat_view_of(names[change], 2);
    }
    memcpy(&sink->op_columns[1], rows->columns, rows->schema->field_count * sizeof *rows->columns);
    leat_rows with = *rows;
    with.schema = sink->op_schema;
    with.columns = sink->op_columns;
    with.changes = NULL;
    return with;
}

void leat_sink_add(leat_sink *sink, const leat_rows *rows)
{
    leat_slot_context *context = sink->context;
    if (rows->selected_count == 0)
        return;
    context->stats.rows_out += rows->selected_count;
    if (!context->has_output) {
        context->has_output = true;
        leat_up up = {.kind = LEAT_UP_FIRST_OUTPUT};
        leat_slot_say(context, &up);
    }
    if (sink->class->kind == LEAT_SINK_NULL)
        return;
    leat_rows encoded = sink->op_schema != NULL ? with_op_column(sink, rows) : *rows;
    sink->class->encode(&sink->config, &encoded, &sink->lines);
    if (sink->class->kind == LEAT_SINK_PRINT)
        print_lines(sink);
    else if (sink->lines.size >= WRITE_BYTES)
        write_lines(sink);
}

/* ------------------------------------------------------------------ epochs */

static void put_handle(leat_sink *sink, const handle *one)
{
    leat_buf value = {0};
    leat_buf_add_u8(&value, HANDLE_VERSION);
    leat_buf_add_u64(&value, one->epoch);
    leat_buf_add_u64(&value, one->size_bytes);
    leat_buf_add_u32(&value, one->crc);
    leat_buf_add_bytes(&value, leat_bytes_text(one->final));
    leat_byte_table_put(sink->handles, one->key_group, leat_bytes_text(one->tmp),
                        leat_buf_bytes(&value));
    leat_buf_fini(&value);
}

static void seal_part(leat_sink *sink, uint64_t epoch)
{
    write_lines(sink);
    if (sink->tmp == NULL)
        return;
    LEAT_ASSERT(sink->context->key_group_count > 0);
    leat_disk_op op = {.kind = LEAT_DISK_FILE_SEAL, .path = leat_strdup(sink->tmp)};
    ask_disk(sink, &op, 0);
    handle one = {.state = HANDLE_WAITING,
                  .key_group = sink->context->key_groups[0],
                  .tmp = leat_strdup(sink->tmp),
                  .final = part_final(sink, epoch),
                  .size_bytes = sink->size_bytes,
                  .epoch = epoch,
                  .crc = sink->crc};
    put_handle(sink, &one);
    leat_vec_push(&sink->list, one);
    if (leat_mutant(LEAT_MUTANT_sink_part_reopened))
        return;
    leat_free(sink->tmp);
    sink->tmp = NULL;
    sink->size_bytes = 0;
    sink->crc = 0;
}

/* F3: what was confirmed leaves the state, in the epoch that is being closed. */
static void drop_published(leat_sink *sink)
{
    size_t kept = 0;
    for (size_t i = 0; i < sink->list.count; i++) {
        handle *one = &sink->list.items[i];
        if (one->state != HANDLE_PUBLISHED) {
            sink->list.items[kept++] = *one;
            continue;
        }
        leat_byte_table_remove(sink->handles, one->key_group, leat_bytes_text(one->tmp));
        handle_fini(one);
    }
    sink->list.count = kept;
}

void leat_sink_close_epoch(leat_sink *sink, uint64_t epoch)
{
    if (sink->class->kind != LEAT_SINK_FILE)
        return;
    drop_published(sink);
    seal_part(sink, epoch);
    sink->last_epoch = epoch;
}

void leat_sink_decide(leat_sink *sink, uint64_t completed)
{
    LEAT_VEC_EACH (one, &sink->list) {
        if (one->state == HANDLE_WAITING && one->epoch <= completed) /* F2 */
            publish(sink, one);
    }
}

/* ------------------------------------------------------------------ restore */

static void list_handle(void *self, uint32_t key_group, leat_bytes key, leat_bytes value)
{
    leat_sink *sink = self;
    leat_cursor in = leat_cursor_over(value);
    handle one = {.state = HANDLE_WAITING, .key_group = key_group};
    uint8_t version = leat_cursor_u8(&in);
    one.epoch = leat_cursor_u64(&in);
    one.size_bytes = leat_cursor_u64(&in);
    one.crc = leat_cursor_u32(&in);
    leat_bytes final = leat_cursor_bytes(&in);
    if (version != HANDLE_VERSION || in.is_short || in.at != in.end) {
        leat_error err = {0};
        leat_fail(&err, LEAT_CORRUPT, "sink %.*s: the handle of %.*s is not one",
                  LEAT_FMT(sink->node->name), LEAT_FMT(key));
        leat_slot_cannot(sink->context, &err);
        return;
    }
    one.tmp = leat_alloc(key.size + 1);
    snprintf(one.tmp, key.size + 1, "%.*s", LEAT_FMT(key));
    one.final = leat_alloc(final.size + 1);
    snprintf(one.final, final.size + 1, "%.*s", LEAT_FMT(final));
    leat_vec_push(&sink->list, one);
}

void leat_sink_restore(leat_sink *sink)
{
    if (sink->class->kind != LEAT_SINK_FILE)
        return;
    leat_byte_table_each(sink->handles, list_handle, sink);
    LEAT_VEC_EACH (one, &sink->list) {
        if (leat_mutant(LEAT_MUTANT_no_sink_recommit))
            one->state = HANDLE_PUBLISHED;
        else
            publish(sink, one);
    }
}
