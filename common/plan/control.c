/* SPDX-License-Identifier: Apache-2.0 */
#include "common/plan/control.h"

#include "common/base/alloc.h"

/* The blob a message owns, or NULL: one place knows which kinds carry one. */
static leat_blob **control_blob(leat_control *message)
{
    if (message->kind == LEAT_CONTROL_CHUNK)
        return &message->chunk.bytes;
    if (message->kind == LEAT_CONTROL_MANIFEST)
        return &message->manifest.bytes;
    if (message->kind == LEAT_CONTROL_SEED_PAGE)
        return &message->seed_page.bytes;
    if (message->kind == LEAT_CONTROL_SPLITS)
        return &message->splits.names;
    return NULL;
}

void leat_control_fini(leat_control *message)
{
    leat_blob **blob = control_blob(message);
    if (blob != NULL)
        leat_blob_unref(blob);
    if (message->kind == LEAT_CONTROL_DEPLOY)
        leat_deployment_unref(&message->deploy.deployment);
    if (message->kind == LEAT_CONTROL_HELLO)
        leat_free(message->hello.jobs);
    *message = (leat_control){0};
}

leat_control leat_control_copy(const leat_control *message)
{
    leat_control copy = *message;
    leat_blob **blob = control_blob(&copy);
    if (blob != NULL)
        (void)leat_blob_ref(*blob);
    if (copy.kind == LEAT_CONTROL_DEPLOY)
        (void)leat_deployment_ref(copy.deploy.deployment);
    if (copy.kind == LEAT_CONTROL_HELLO && copy.hello.job_count > 0) {
        size_t size = copy.hello.job_count * sizeof *copy.hello.jobs;
        copy.hello.jobs = leat_alloc(size);
        memcpy(copy.hello.jobs, message->hello.jobs, size);
    }
    return copy;
}

const char *leat_control_name(leat_control_kind kind)
{
    static const char *const names[LEAT_CONTROL_KIND_COUNT] = {
        [LEAT_CONTROL_NONE] = "none",
        [LEAT_CONTROL_WELCOME] = "welcome",
        [LEAT_CONTROL_RESET] = "reset",
        [LEAT_CONTROL_REFUSED] = "refused",
        [LEAT_CONTROL_SHUTDOWN] = "shutdown",
        [LEAT_CONTROL_DEPLOY] = "deploy",
        [LEAT_CONTROL_START] = "start",
        [LEAT_CONTROL_FOLLOW] = "follow",
        [LEAT_CONTROL_SEED] = "seed",
        [LEAT_CONTROL_UNFOLLOW] = "unfollow",
        [LEAT_CONTROL_BARRIER] = "barrier",
        [LEAT_CONTROL_DECIDED] = "decided",
        [LEAT_CONTROL_SPLITS] = "splits",
        [LEAT_CONTROL_DRAIN] = "drain",
        [LEAT_CONTROL_UNDEPLOY] = "undeploy",
        [LEAT_CONTROL_FENCED] = "fenced",
        [LEAT_CONTROL_HEARTBEAT] = "heartbeat",
        [LEAT_CONTROL_HELLO] = "hello",
        [LEAT_CONTROL_READY] = "ready",
        [LEAT_CONTROL_DURABLE] = "durable",
        [LEAT_CONTROL_NACK] = "nack",
        [LEAT_CONTROL_CAUGHT_UP] = "caught_up",
        [LEAT_CONTROL_FIRST_OUTPUT] = "first_output",
        [LEAT_CONTROL_SINK_DONE] = "sink_done",
        [LEAT_CONTROL_ENDED] = "ended",
        [LEAT_CONTROL_GAP] = "gap",
        [LEAT_CONTROL_STALLED] = "stalled",
        [LEAT_CONTROL_FAILED] = "failed",
        [LEAT_CONTROL_LEAVE] = "leave",
        [LEAT_CONTROL_STATS] = "stats",
        [LEAT_CONTROL_CHUNK] = "chunk",
        [LEAT_CONTROL_MANIFEST] = "manifest",
        [LEAT_CONTROL_SEED_PAGE] = "seed_page",
        [LEAT_CONTROL_SEED_ACK] = "seed_ack",
    };
    return kind < LEAT_CONTROL_KIND_COUNT ? names[kind] : "unknown";
}
