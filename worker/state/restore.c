/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/restore.h"

#include "common/base/alloc.h"
#include "common/base/vec.h"
#include "worker/state/chain.h"
#include "worker/state/delta.h"

struct leat_restore {
    leat_store_view view;
    leat_job_id job;
    leat_epoch epoch;
    leat_chain *chain;
};

leat_code leat_restore_open(leat_store_view view,
                            leat_job_id job,
                            leat_epoch epoch,
                            leat_restore **out_restore,
                            leat_error *err)
{
    LEAT_AUTO(leat_chain_close) leat_chain *chain = NULL;
    LEAT_TRY(leat_chain_open(view.journal, job, epoch, &chain, err));
    leat_restore *restore = LEAT_NEW(leat_restore);
    restore->view = view;
    restore->job = job;
    restore->epoch = epoch;
    restore->chain = LEAT_TAKE(chain);
    *out_restore = restore;
    return LEAT_OK;
}

void leat_restore_close(leat_restore **restore)
{
    leat_restore *dropped = LEAT_TAKE(*restore);
    if (dropped == NULL)
        return;
    leat_chain_close(&dropped->chain);
    leat_free(dropped);
}

/* The base epoch, and how many links of the chain (newest first) stand above it. */
static leat_code links_above_base(leat_restore *restore,
                                  uint16_t key_group,
                                  leat_base_facts *out_facts,
                                  uint32_t *out_link_count,
                                  leat_error *err)
{
    LEAT_TRY(leat_base_facts_get(restore->view.base, restore->job, key_group, out_facts, err));
    if (out_facts->epoch.value > restore->epoch.value)
        return leat_fail(err, LEAT_NOT_FOUND, "key group %u: base is at epoch %llu, past %llu",
                         key_group, (unsigned long long)out_facts->epoch.value,
                         (unsigned long long)restore->epoch.value);
    return leat_chain_links(restore->chain, key_group, out_facts->epoch, out_link_count, err);
}

leat_code leat_restore_check(leat_restore *restore, uint16_t key_group, leat_error *err)
{
    leat_base_facts facts;
    uint32_t link_count;
    return links_above_base(restore, key_group, &facts, &link_count, err);
}

leat_code leat_restore_each(leat_restore *restore,
                            uint16_t key_group,
                            leat_record_visit *visit,
                            void *self,
                            leat_error *err)
{
    leat_base_facts facts;
    uint32_t link_count;
    LEAT_TRY(links_above_base(restore, key_group, &facts, &link_count, err));
    LEAT_TRY(leat_base_each(restore->view.base, restore->job, key_group, visit, self, err));
    for (uint32_t link = link_count; link-- > 0;) { /* old to new */
        const leat_manifest *manifest = leat_chain_manifest(restore->chain, link, key_group);
        for (uint32_t i = 0; i < manifest->section_count; i++) {
            const leat_manifest_section *section = &manifest->sections[i];
            if (section->key_group != key_group)
                continue;
            leat_cursor records;
            LEAT_TRY(leat_chain_section(restore->chain, manifest, section, &records, err));
            leat_record record = {.state = section->state, .key_group = key_group};
            while (leat_record_decode(&records, &record))
                visit(self, &record);
            if (records.is_short)
                return leat_fail(err, LEAT_CORRUPT, "key group %u: record is cut short", key_group);
        }
    }
    return LEAT_OK;
}
