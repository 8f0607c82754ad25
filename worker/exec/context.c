/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/exec/context.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/mutant.h"

void leat_slot_say(leat_slot_context *context, leat_up *up)
{
    if (context->is_over) {
        leat_up_fini(up);
        return;
    }
    up->job = context->args.deployment->job;
    up->slot = context->args.slot;
    up->generation = context->args.deployment->generation;
    leat_slot_action *action = leat_vec_add(&context->actions->items);
    action->kind = LEAT_SLOT_UP;
    action->up = *up;
    *up = (leat_up){0};
}

uint64_t leat_slot_disk(leat_slot_context *context, leat_disk_op *op)
{
    op->ticket = ++context->ticket;
    op->job = context->args.deployment->job;
    op->slot = context->args.slot;
    op->generation = context->args.deployment->generation;
    if (leat_mutant(LEAT_MUTANT_sink_unfenced) && op->kind == LEAT_DISK_FILE_SWEEP)
        op->generation = UINT64_MAX; /* everybody's parts */
    leat_up up = {.kind = LEAT_UP_DISK, .op = *op};
    *op = (leat_disk_op){0};
    leat_slot_say(context, &up);
    return context->ticket;
}

static LEAT_PRINTF(3, 0) void say_failed(leat_slot_context *context,
                                         bool needs_person,
                                         const char *format,
                                         va_list arguments)
{
    leat_up up = {.kind = LEAT_UP_FAILED, .needs_person = needs_person};
    vsnprintf(up.text, sizeof up.text, format, arguments);
    leat_slot_say(context, &up);
    context->is_over = true;
}

void leat_slot_fail(leat_slot_context *context, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_failed(context, false, format, arguments);
    va_end(arguments);
}

void leat_slot_halt(leat_slot_context *context, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say_failed(context, true, format, arguments);
    va_end(arguments);
}

void leat_slot_cannot(leat_slot_context *context, const leat_error *err)
{
    leat_up up = {.kind = LEAT_UP_CANNOT};
    leat_error_print(err, up.text, sizeof up.text);
    leat_slot_say(context, &up);
    context->is_over = true;
}

void leat_slot_gap(leat_slot_context *context, uint32_t from_slot)
{
    leat_up up = {.kind = LEAT_UP_GAP, .from_slot = from_slot};
    leat_slot_say(context, &up);
    context->is_over = true;
}

/* -- notes ---------------------------------------------------------------------------------- */

enum { NOTES_A_SECOND = 5, NOTE_BYTES_MAX = 400 };

static LEAT_PRINTF(3, 0) void say_note(leat_slot_context *context,
                                       leat_bytes node,
                                       const char *format,
                                       va_list arguments)
{
    char text[NOTE_BYTES_MAX];
    vsnprintf(text, sizeof text, format, arguments);
    leat_slot_action *action = leat_vec_add(&context->actions->items);
    action->kind = LEAT_SLOT_NOTE;
    action->note.node = node;
    action->note.text = leat_blob_copy(leat_bytes_text(text));
}

void leat_slot_note(leat_slot_context *context, leat_bytes node, const char *format, ...)
{
    if (context->is_over)
        return;
    if (context->note_count == NOTES_A_SECOND) {
        context->unnoted_count++;
        context->unnoted_node = node;
        return;
    }
    context->note_count++;
    va_list arguments;
    va_start(arguments, format);
    say_note(context, node, format, arguments);
    va_end(arguments);
}

void leat_slot_note_rest(leat_slot_context *context)
{
    uint64_t count = context->unnoted_count;
    context->note_count = 0;
    context->unnoted_count = 0;
    if (count > 0)
        leat_slot_note(context, context->unnoted_node, "and %llu more in this second",
                       (unsigned long long)count);
}
