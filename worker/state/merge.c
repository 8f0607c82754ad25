/* SPDX-License-Identifier: Apache-2.0
 *
 * One key group is merged by playing all its runs at once. A run is a sorted source of records:
 * the pages of the base (level 0) or the sections of one delta (level = age, old to new). The
 * smallest (state, hash, key, pane) comes first; among equal ones the newest level wins and the
 * others are dropped. A pane dropped at level d takes every record of it from levels below d.
 */
#include "worker/state/merge.h"

#include "common/base/alloc.h"
#include "common/base/limits.h"
#include "common/base/mutant.h"
#include "common/base/vec.h"
#include "worker/state/chain.h"
#include "worker/state/delta.h"
#include "worker/state/store_key.h"

typedef struct merge_run {
    uint32_t level;
    leat_record head; /* the next record; valid while !is_done */
    bool is_done;

    /* level 0: the records of all pages, copied by reference while they were walked */
    const leat_record *records;
    uint32_t record_count;
    uint32_t record_at;

    /* level > 0 */
    leat_chain *chain;
    const leat_manifest *manifest;
    uint16_t key_group;
    uint32_t section_at;
    leat_cursor cursor;
} merge_run;

typedef struct dropped_pane {
    uint16_t state;
    int64_t pane;
    uint32_t level;
} dropped_pane;

typedef struct merge_pass {
    leat_arena arena;
    LEAT_VEC(leat_record) base_records;
    LEAT_VEC(merge_run) runs;
    LEAT_VEC(uint32_t) heap; /* run indices, smallest head first */
    LEAT_VEC(dropped_pane) dropped;
} merge_pass;

static void merge_pass_fini(merge_pass *pass)
{
    leat_arena_fini(&pass->arena);
    leat_vec_fini(&pass->base_records);
    leat_vec_fini(&pass->runs);
    leat_vec_fini(&pass->heap);
    leat_vec_fini(&pass->dropped);
}

/* Move to the next section of this key group; false when there is none. */
static leat_code run_next_section(merge_run *run, bool *out_found, leat_error *err)
{
    *out_found = false;
    while (run->section_at < run->manifest->section_count) {
        const leat_manifest_section *section = &run->manifest->sections[run->section_at++];
        if (section->key_group != run->key_group)
            continue;
        LEAT_TRY(leat_chain_section(run->chain, run->manifest, section, &run->cursor, err));
        run->head.state = section->state;
        run->head.key_group = run->key_group;
        *out_found = true;
        return LEAT_OK;
    }
    return LEAT_OK;
}

static leat_code run_advance(merge_run *run, leat_error *err)
{
    if (run->level == 0) {
        run->is_done = run->record_at == run->record_count;
        if (!run->is_done)
            run->head = run->records[run->record_at++];
        return LEAT_OK;
    }
    while (!leat_record_decode(&run->cursor, &run->head)) {
        if (run->cursor.is_short)
            return leat_fail(err, LEAT_CORRUPT, "key group %u: record is cut short",
                             run->key_group);
        bool found;
        LEAT_TRY(run_next_section(run, &found, err));
        if (!found) {
            run->is_done = true;
            return LEAT_OK;
        }
    }
    return LEAT_OK;
}

static int key_order(const leat_record *a, const leat_record *b)
{
    if (a->state != b->state)
        return a->state < b->state ? -1 : 1;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    int order = leat_bytes_compare(a->key, b->key);
    return order != 0 ? order : (a->pane > b->pane) - (a->pane < b->pane);
}

/* Heap order: key, then newest first. */
static bool run_before(const merge_run *a, const merge_run *b)
{
    int order = key_order(&a->head, &b->head);
    return order != 0 ? order < 0 : a->level > b->level;
}

static void heap_sift_down(merge_pass *pass, size_t at)
{
    const merge_run *runs = pass->runs.items;
    uint32_t *heap = pass->heap.items;
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < pass->heap.count; child++)
            if (run_before(&runs[heap[child]], &runs[heap[least]]))
                least = child;
        if (least == at)
            return;
        uint32_t moved = heap[at];
        heap[at] = heap[least];
        heap[least] = moved;
        at = least;
    }
}

static bool is_dropped(const merge_pass *pass, const leat_record *record, uint32_t level)
{
    if (record->pane == LEAT_PANE_NONE)
        return false;
    LEAT_VEC_EACH (dropped, &pass->dropped)
        if (dropped->pane == record->pane && dropped->state == record->state &&
            dropped->level > level)
            return true;
    return false;
}

/* Note the panes a level drops: they stand at the front of its sections. */
static leat_code dropped_collect(merge_pass *pass, merge_run run, leat_error *err)
{
    run.section_at = 0;
    for (;;) {
        bool found;
        LEAT_TRY(run_next_section(&run, &found, err));
        if (!found)
            return LEAT_OK;
        while (leat_record_decode(&run.cursor, &run.head) &&
               run.head.kind == LEAT_RECORD_DROP_PANE) {
            dropped_pane dropped = {run.head.state, run.head.pane, run.level};
            leat_vec_push(&pass->dropped, dropped);
        }
    }
}

static void base_record_keep(void *self, const leat_record *record)
{
    merge_pass *pass = self;
    leat_record kept = *record; /* its page may be overwritten by this very merge */
    kept.key = leat_arena_bytes(&pass->arena, record->key);
    kept.value = leat_arena_bytes(&pass->arena, record->value);
    leat_vec_push(&pass->base_records, kept);
}

static leat_code runs_open(
    merge_pass *pass, leat_chain *chain, uint16_t key_group, uint32_t link_count, leat_error *err)
{
    merge_run *base_run = leat_vec_add(&pass->runs);
    base_run->records = pass->base_records.items;
    base_run->record_count = (uint32_t)pass->base_records.count;
    for (uint32_t link = link_count; link-- > 0;) {
        merge_run *run = leat_vec_add(&pass->runs);
        run->level = link_count - link;
        run->chain = chain;
        run->manifest = leat_chain_manifest(chain, link, key_group);
        run->key_group = key_group;
        LEAT_TRY(dropped_collect(pass, *run, err));
    }
    for (uint32_t i = 0; i < pass->runs.count; i++) {
        LEAT_TRY(run_advance(&pass->runs.items[i], err));
        if (!pass->runs.items[i].is_done)
            leat_vec_push(&pass->heap, i);
    }
    for (size_t i = pass->heap.count / 2; i-- > 0;)
        heap_sift_down(pass, i);
    return LEAT_OK;
}

/* The mutant prune_loses_handles: a sink's handle is known by its key, the name of its part. */
static bool is_lost_handle(const leat_record *record)
{
    return leat_mutant(LEAT_MUTANT_prune_loses_handles) && record->key.size > 0 &&
           memmem(record->key.data, record->key.size, "/.tmp-", 6) != NULL;
}

static leat_code runs_write(merge_pass *pass, leat_base_writer *writer, leat_error *err)
{
    leat_record last = {0};
    bool has_last = false;
    while (pass->heap.count > 0) {
        merge_run *run = &pass->runs.items[pass->heap.items[0]];
        leat_record record = run->head;
        bool is_older_copy = has_last && key_order(&last, &record) == 0;
        if (!is_older_copy && record.kind != LEAT_RECORD_DROP_PANE) {
            last = record;
            has_last = true;
            bool is_kept = record.kind == LEAT_RECORD_PUT && !is_lost_handle(&record);
            if (is_kept && !is_dropped(pass, &record, run->level))
                LEAT_TRY(leat_base_writer_add(writer, &record, err));
        }
        LEAT_TRY(run_advance(run, err));
        if (run->is_done)
            pass->heap.items[0] = leat_vec_pop(&pass->heap);
        heap_sift_down(pass, 0);
    }
    return LEAT_OK;
}

leat_code leat_merge_key_group(leat_kv_txn *journal,
                               leat_kv_txn *base,
                               leat_job_id job,
                               uint16_t key_group,
                               leat_epoch upto,
                               bool *out_merged,
                               leat_error *err)
{
    *out_merged = false;
    leat_base_facts facts;
    LEAT_TRY(leat_base_facts_get(base, job, key_group, &facts, err));
    if (facts.epoch.value >= upto.value)
        return LEAT_OK;
    LEAT_AUTO(leat_chain_close) leat_chain *chain = NULL;
    LEAT_TRY(leat_chain_open(journal, job, upto, &chain, err));
    uint32_t link_count;
    LEAT_TRY(leat_chain_links(chain, key_group, facts.epoch, &link_count, err));

    LEAT_AUTO(merge_pass_fini) merge_pass pass = {0};
    LEAT_TRY(leat_base_each(base, job, key_group, base_record_keep, &pass, err));
    LEAT_TRY(runs_open(&pass, chain, key_group, link_count, err));
    LEAT_AUTO(leat_base_writer_free)
    leat_base_writer *writer = leat_base_writer_new(base, job, key_group, upto);
    LEAT_TRY(leat_base_writer_begin(writer, err));
    LEAT_TRY(runs_write(&pass, writer, err));
    LEAT_TRY(leat_base_writer_finish(writer, err));
    *out_merged = true;
    return LEAT_OK;
}

/* Bytes of chain per key group above its base, from the manifests up to `upto`. */
typedef struct chain_load {
    uint64_t size_bytes[LEAT_KEY_GROUPS_MAX];
    uint32_t link_count[LEAT_KEY_GROUPS_MAX];
} chain_load;

static void chain_load_add(chain_load *load, const leat_manifest *manifest)
{
    for (uint32_t i = 0; i < manifest->key_group_count; i++)
        load->link_count[manifest->key_groups[i]]++;
    for (uint32_t i = 0; i < manifest->section_count; i++)
        load->size_bytes[manifest->sections[i].key_group] += manifest->sections[i].size_bytes;
}

static bool is_due(const leat_merge_limits *limits,
                   uint16_t key_group,
                   uint64_t chain_bytes,
                   uint32_t link_count,
                   uint64_t base_bytes)
{
    uint64_t bytes_min =
        limits->chain_bytes_min > 0 ? limits->chain_bytes_min : LEAT_MERGE_CHAIN_MIN_BYTES;
    uint32_t epochs = limits->chain_epochs > 0 ? limits->chain_epochs : LEAT_MERGE_CHAIN_EPOCHS;
    /* 16 steps of 1/32 spread the thresholds between 1.5 and 2 times (and half to all of the
     * epochs). */
    uint64_t stagger = key_group % 16;
    uint64_t bytes_max =
        LEAT_MAX(base_bytes * (48 + stagger) / 32, bytes_min * (32 + stagger) / 32);
    uint32_t links_max = (uint32_t)(epochs * (32 - stagger) / 32);
    return chain_bytes >= bytes_max || link_count >= links_max;
}

/* How many of the newest completed epochs stay out of the base. */
static uint32_t keep_epochs(void)
{
    bool keeps_none = leat_mutant(LEAT_MUTANT_merge_on_local_durable) ||
                      leat_mutant(LEAT_MUTANT_merge_keeps_none);
    return keeps_none ? 0 : LEAT_MERGE_KEEP_EPOCHS;
}

leat_code leat_merge_due(leat_store_view view,
                         const leat_merge_limits *limits,
                         leat_job_id job,
                         uint64_t *out_due,
                         leat_epoch *out_upto,
                         leat_error *err)
{
    leat_job_facts facts;
    *out_upto = (leat_epoch){0};
    leat_code code = leat_journal_get_job(view.journal, job, &facts, err);
    if (code == LEAT_NOT_FOUND)
        return LEAT_OK;
    LEAT_TRY(code);
    LEAT_AUTO(leat_chain_close) leat_chain *chain = NULL;
    leat_epoch newest = facts.decided;
    if (leat_mutant(LEAT_MUTANT_merge_on_local_durable))
        LEAT_TRY(
            leat_journal_epoch_below(view.journal, job, (leat_epoch){UINT64_MAX}, &newest, err));
    LEAT_TRY(leat_chain_open(view.journal, job, newest, &chain, err));
    uint32_t keep = keep_epochs();
    if (leat_chain_length(chain) <= keep)
        return LEAT_OK;
    chain_load *load = LEAT_NEW(chain_load);
    for (uint16_t key_group = 0; key_group < facts.key_group_count; key_group++)
        for (uint32_t link = keep; link < leat_chain_length(chain); link++) {
            const leat_manifest *manifest = leat_chain_manifest(chain, link, key_group);
            if (manifest != NULL && manifest->key_groups[0] == key_group) /* each manifest once */
                chain_load_add(load, manifest);
        }
    for (uint16_t key_group = 0; key_group < facts.key_group_count; key_group++) {
        if (!(facts.held[key_group / 64] >> (key_group % 64) & 1))
            continue;
        leat_base_facts base_facts;
        code = leat_base_facts_get(view.base, job, key_group, &base_facts, err);
        if (code != LEAT_OK)
            break;
        if (is_due(limits, key_group, load->size_bytes[key_group], load->link_count[key_group],
                   base_facts.size_bytes))
            out_due[key_group / 64] |= UINT64_C(1) << (key_group % 64);
    }
    leat_free(load);
    LEAT_TRY(code);
    *out_upto = leat_chain_epoch(chain, keep);
    return LEAT_OK;
}
