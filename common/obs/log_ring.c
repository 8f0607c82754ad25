/* SPDX-License-Identifier: Apache-2.0 */
#include "common/obs/log_ring.h"

#include <stdatomic.h>

#include "common/base/alloc.h"
#include "common/sys/mutex.h"

typedef struct entry {
    struct entry *next;
    leat_log_line line; /* its text points behind the entry */
} entry;

struct leat_log_ring {
    leat_mutex lock;
    size_t bytes_max;
    uint64_t added_count;
    size_t bytes;  /* of the texts */
    entry *oldest; /* NULL = empty */
    entry *newest;
};

static _Atomic uint64_t last_number;

leat_log_ring *leat_log_ring_new(size_t bytes_max)
{
    leat_log_ring *ring = LEAT_NEW(leat_log_ring);
    leat_mutex_init(&ring->lock);
    ring->bytes_max = bytes_max;
    return ring;
}

static void drop_oldest(leat_log_ring *ring)
{
    entry *oldest = ring->oldest;
    ring->oldest = oldest->next;
    ring->bytes -= oldest->line.text.size;
    leat_free(oldest);
}

void leat_log_ring_free(leat_log_ring **ring)
{
    leat_log_ring *old = LEAT_TAKE(*ring);
    if (old == NULL)
        return;
    while (old->oldest != NULL)
        drop_oldest(old);
    leat_mutex_fini(&old->lock);
    leat_free(old);
}

void leat_log_ring_add(leat_log_ring *ring, const leat_log_line *line)
{
    size_t size = line->text.size;
    if (size > ring->bytes_max)
        return;
    entry *added = leat_alloc(sizeof *added + size);
    char *text = (char *)(added + 1);
    if (size > 0)
        memcpy(text, line->text.data, size);
    added->next = NULL;
    added->line = *line;
    added->line.text = leat_bytes_of(text, size);
    leat_mutex_lock(&ring->lock);
    added->line.number = atomic_fetch_add(&last_number, 1) + 1; /* R2: under the lock */
    added->line.position = ++ring->added_count;
    while (ring->oldest != NULL && ring->bytes + size > ring->bytes_max)
        drop_oldest(ring); /* R1 */
    if (ring->oldest == NULL)
        ring->oldest = added;
    else
        ring->newest->next = added;
    ring->newest = added;
    ring->bytes += size;
    leat_mutex_unlock(&ring->lock);
}

uint64_t leat_log_ring_newest(void)
{
    return atomic_load(&last_number);
}

void leat_log_ring_each(leat_log_ring *ring, uint64_t after, leat_log_ring_visit *visit, void *self)
{
    leat_mutex_lock(&ring->lock);
    for (const entry *at = ring->oldest; at != NULL; at = at->next) {
        if (at->line.number > after && !visit(self, &at->line))
            break;
    }
    leat_mutex_unlock(&ring->lock);
}
