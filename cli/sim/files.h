/* SPDX-License-Identifier: Apache-2.0
 *
 * files - the folder that all workers share, as a strict file system: it refuses what a correct
 * worker never does (write into a sealed or published part, publish what is not completed), and
 * forgets unsynced bytes when the machine of the writer loses power.
 */
#ifndef LEAT_CLI_SIM_FILES_H
#define LEAT_CLI_SIM_FILES_H

#include "cli/sim/config.h"
#include "worker/core/disk_op.h"

struct leat_sim_world;

typedef struct leat_sim_file {
    char *path;
    leat_buf bytes;
    size_t synced_bytes;
    bool is_sealed;
    bool is_published;
    bool was_sealed_once;   /* for messages */
    leat_sim_ns written_ns; /* newest write */
    uint32_t writer;        /* node */
} leat_sim_file;

void leat_sim_file_op(struct leat_sim_world *world,
                      uint32_t node,
                      const leat_disk_op *op,
                      leat_disk_done *done);
void leat_sim_files_power_loss(struct leat_sim_world *world, uint32_t node);
/* Every published byte below a folder, by (epoch, slot): an order in which a key's rows came. */
void leat_sim_files_read(const struct leat_sim_world *world, const char *folder, leat_buf *out);
void leat_sim_files_free(struct leat_sim_world *world);

#endif
