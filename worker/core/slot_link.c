/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/slot_link.h"

#include "common/base/alloc.h"
#include "worker/core/action.h"
#include "worker/core/event.h"

void leat_disk_op_fini(leat_disk_op *op)
{
    leat_blob_unref(&op->bytes);
    leat_deployment_unref(&op->deployment);
    leat_free(op->path);
    leat_free(op->target);
    *op = (leat_disk_op){0};
}

void leat_down_fini(leat_down *down)
{
    leat_deployment_unref(&down->deployment);
    leat_blob_unref(&down->names);
    if (down->done != NULL)
        leat_blob_unref(&down->done->bytes);
    leat_free(down->done);
    *down = (leat_down){0};
}

void leat_up_fini(leat_up *up)
{
    leat_blob_unref(&up->bytes);
    leat_disk_op_fini(&up->op);
    *up = (leat_up){0};
}

void leat_worker_event_fini(leat_worker_event *event)
{
    switch (event->kind) {
    case LEAT_WORKER_COORDINATOR:
    case LEAT_WORKER_PEER:
        leat_control_fini(&event->message);
        break;
    case LEAT_WORKER_SLOT:
        leat_up_fini(&event->up);
        break;
    case LEAT_WORKER_DISK:
        leat_blob_unref(&event->done.bytes);
        break;
    case LEAT_WORKER_WAKE:
    case LEAT_WORKER_LINK_UP:
    case LEAT_WORKER_LINK_DOWN:
    case LEAT_WORKER_TERMINATE:
    case LEAT_WORKER_EVENT_KIND_COUNT:
        break;
    }
}

static void action_fini(leat_worker_action *action)
{
    switch (action->kind) {
    case LEAT_WORKER_SEND:
    case LEAT_WORKER_SEND_PEER:
        leat_control_fini(&action->message);
        break;
    case LEAT_WORKER_SEND_SLOT:
        leat_down_fini(&action->down);
        break;
    case LEAT_WORKER_DISK_WRITE:
        leat_disk_op_fini(&action->op);
        break;
    case LEAT_WORKER_WAKE_AT:
    case LEAT_WORKER_EXIT:
    case LEAT_WORKER_ACTION_KIND_COUNT:
        break;
    }
}

void leat_worker_actions_clear(leat_worker_actions *actions)
{
    LEAT_VEC_EACH (action, actions)
        action_fini(action);
    leat_vec_clear(actions);
}

void leat_worker_actions_fini(leat_worker_actions *actions)
{
    leat_worker_actions_clear(actions);
    leat_vec_fini(actions);
}

const char *leat_disk_op_name(leat_disk_op_kind kind)
{
    static const char *const names[LEAT_DISK_KIND_COUNT] = {
        "none",       "generation", "decided",      "chunk",      "manifest",
        "merge",      "seed_read",  "seed_write",   "keep",       "forget",
        "file_write", "file_seal",  "file_publish", "file_sweep",
    };
    return kind < LEAT_DISK_KIND_COUNT ? names[kind] : "unknown";
}

const char *leat_down_name(leat_down_kind kind)
{
    static const char *const names[LEAT_DOWN_KIND_COUNT] = {
        "none", "open", "start", "barrier", "decided", "splits", "drain", "disk_done", "close",
    };
    return kind < LEAT_DOWN_KIND_COUNT ? names[kind] : "unknown";
}

const char *leat_up_name(leat_up_kind kind)
{
    static const char *const names[LEAT_UP_KIND_COUNT] = {
        "none",      "ready",  "cannot", "chunk", "frozen",  "disk",   "first_output",
        "sink_done", "splits", "ended",  "gap",   "stalled", "failed", "stats",
    };
    return kind < LEAT_UP_KIND_COUNT ? names[kind] : "unknown";
}
