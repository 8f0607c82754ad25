/* SPDX-License-Identifier: Apache-2.0
 *
 * The slow, obvious interpreter: computes from the same input what the published files must
 * hold, and compares. It shares the generator with the product, nothing else.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/hash.h"
#include "tests/sim/trial.h"
#include "worker/operators/plan_state.h"

static void read_output(leat_sim_world *world, const char *folder, sim_lines *out)
{
    leat_buf text = {0};
    leat_sim_files_read(world, folder, &text);
    if (!sim_lines_cut(leat_buf_bytes(&text), out))
        leat_sim_fail(world, "%s ends in the middle of a line", folder);
    leat_buf_fini(&text);
}

/* ---- rows, exactly ---- */

static void expect_rows(const sim_topology *topology, const sim_sink *sink, sim_lines *out)
{
    leat_buf text = {0};
    for (uint32_t source = 0; source < topology->source_count; source++) {
        for (uint32_t split = 0; split < sim_workload_now.split_count; split++) {
            for (uint32_t i = 0; i < sim_workload_now.row_count; i++) {
                sim_row row = sim_workload_row(source, split, i);
                if (!sink->takes(&row))
                    continue;
                leat_buf_clear(&text);
                sink->print(&row, &text);
                text.size--; /* the newline */
                leat_vec_push(out, leat_strdup(leat_buf_text(&text)));
            }
        }
    }
    leat_buf_fini(&text);
}

typedef struct group {
    int64_t window;
    int64_t key;
    int64_t count;
    int64_t sum;
} group;

typedef LEAT_VEC(group) groups;

static group *group_of(groups *list, int64_t window, int64_t key)
{
    LEAT_VEC_EACH (one, list) {
        if (one->window == window && one->key == key)
            return one;
    }
    group made = {.window = window, .key = key};
    leat_vec_push(list, made);
    return &list->items[list->count - 1];
}

static void reference_groups(const sim_topology *topology, const sim_sink *sink, groups *out)
{
    for (uint32_t source = 0; source < topology->source_count; source++) {
        for (uint32_t split = 0; split < sim_workload_now.split_count; split++) {
            for (uint32_t i = 0; i < sim_workload_now.row_count; i++) {
                sim_row row = sim_workload_row(source, split, i);
                if (!sink->takes(&row))
                    continue;
                int64_t window = sink->is_windowed ? row.ts - row.ts % SIM_WINDOW_US : 0;
                group *one = group_of(out, window, row.k);
                one->count++;
                one->sum += row.v;
            }
        }
    }
}

static void expect_windows(const sim_topology *topology, const sim_sink *sink, sim_lines *out)
{
    groups list = {0};
    reference_groups(topology, sink, &list);
    LEAT_VEC_EACH (one, &list) {
        char text[128];
        (void)snprintf(text, sizeof text, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64,
                       one->window, one->key, one->count, one->sum);
        leat_vec_push(out, leat_strdup(text));
    }
    leat_vec_fini(&list);
}

static void
compare_lines(leat_sim_world *world, const sim_sink *sink, sim_lines *got, sim_lines *wanted)
{
    sim_lines_sort(got);
    sim_lines_sort(wanted);
    size_t lost = 0, more = 0, g = 0, w = 0;
    const char *first = "";
    while (g < got->count || w < wanted->count) {
        int order = g == got->count      ? 1
                    : w == wanted->count ? -1
                                         : strcmp(got->items[g], wanted->items[w]);
        if (order != 0 && lost + more == 0)
            first = order < 0 ? got->items[g] : wanted->items[w];
        more += order < 0;
        lost += order > 0;
        g += order <= 0;
        w += order >= 0;
    }
    if (lost + more > 0)
        leat_sim_fail(world, "%s: lost %zu, duplicated or wrong %zu of %zu rows, first `%s`",
                      sink->path, lost, more, wanted->count, first);
}

/* P3: per key, the rows of one split come in its order. */
static void check_order(leat_sim_world *world, const sim_sink *sink, const sim_lines *got)
{
    enum { SPLITS = 512, KEYS = 64 };
    static long long last[SPLITS][KEYS];
    memset(last, -1, sizeof last);
    for (size_t i = 0; i < got->count; i++) {
        long long key = strtoll(got->items[i], NULL, 10);
        long long seq = strtoll(strrchr(got->items[i], ',') + 1, NULL, 10);
        long long *newest = &last[seq / 1000000 % SPLITS][key % KEYS];
        if (seq <= *newest)
            leat_sim_fail(world, "%s: row %lld of key %lld after %lld", sink->path, seq, key,
                          *newest);
        *newest = seq;
    }
}

/* ---- a changelog ---- */

/* Each line continues what its key said last; at the end every key is where it should be. */
static void check_changes(leat_sim_world *world,
                          const sim_topology *topology,
                          const sim_sink *sink,
                          const sim_lines *got)
{
    groups now = {0}, wanted = {0};
    for (size_t i = 0; i < got->count && world->failure[0] == '\0'; i++) {
        char op[4] = "";
        long long k, n, s;
        if (sscanf(got->items[i], "%2[^,],%lld,%lld,%lld", op, &k, &n, &s) != 4) {
            leat_sim_fail(world, "%s: `%s` is no change", sink->path, got->items[i]);
            break;
        }
        group *one = group_of(&now, 0, k);
        bool is_before = strcmp(op, "-U") == 0 || strcmp(op, "-D") == 0;
        bool fits = is_before ? one->count == n && one->sum == s
                              : n > one->window && (strcmp(op, "+I") != 0 || one->count == 0);
        if (!fits)
            leat_sim_fail(world, "%s: `%s` after n = %" PRId64 ", s = %" PRId64, sink->path,
                          got->items[i], one->count, one->sum);
        one->count = n;
        one->sum = s;
    }
    reference_groups(topology, sink, &wanted);
    LEAT_VEC_EACH (one, &wanted) {
        const group *end = group_of(&now, 0, one->key);
        if (end->count != one->count || end->sum != one->sum)
            leat_sim_fail(world,
                          "%s: key %" PRId64 " ends at n = %" PRId64 ", s = %" PRId64
                          " instead of %" PRId64 ", %" PRId64,
                          sink->path, one->key, end->count, end->sum, one->count, one->sum);
    }
    leat_vec_fini(&now);
    leat_vec_fini(&wanted);
}

/* The published changes, folded, are what an undisturbed run leaves. */
static void check_table(leat_sim_world *world,
                        const sim_topology *topology,
                        const sim_sink *sink,
                        const sim_lines *changes)
{
    sim_lines got = {0}, wanted = {0};
    sim_lines_fold(world, sink->path, changes, &got);
    sim_reference(world, topology, sink, &wanted);
    compare_lines(world, sink, &got, &wanted);
    sim_lines_fini(&got);
    sim_lines_fini(&wanted);
}

/* T5: when a job has finished, no part of an older generation is left that the last sweep could see
 * (a process that was cut off may write one later still). */
static void
check_leaks(leat_sim_world *world, uint32_t job, uint64_t generation, const char *folder)
{
    for (size_t i = 0; i < world->files.count; i++) {
        const leat_sim_file *file = world->files.items[i];
        unsigned long long of = 0;
        const char *at = strstr(file->path, "/.tmp-");
        bool is_ours = strncmp(file->path, folder, strlen(folder)) == 0;
        if (at != NULL && is_ours && sscanf(at, "/.tmp-%*[a-z]-%*u-%llu-", &of) == 1 &&
            of < generation && file->written_ns < world->jobs[job].swept_ns)
            leat_sim_fail(world, "%s was left behind, the job ended in generation %" PRIu64,
                          file->path, generation);
    }
}

void sim_check_output(leat_sim_world *world, uint32_t job, const sim_topology *topology)
{
    leat_job_view view;
    if (!leat_sim_coordinator_job(world, job, &view) || view.state != LEAT_JOB_FINISHED)
        return; /* halted, and that was right */
    for (uint32_t i = 0; i < topology->sink_count; i++) {
        const sim_sink *sink = &topology->sinks[i];
        sim_lines got = {0}, wanted = {0};
        check_leaks(world, job, view.generation, sink->path);
        read_output(world, sink->path, &got);
        if (sink->check == SIM_CHECK_CHANGES)
            check_changes(world, topology, sink, &got);
        else if (sink->check == SIM_CHECK_TABLE)
            check_table(world, topology, sink, &got);
        else {
            if (!sink->is_windowed)
                check_order(world, sink, &got);
            if (sink->is_windowed)
                expect_windows(topology, sink, &wanted);
            else
                expect_rows(topology, sink, &wanted);
            compare_lines(world, sink, &got, &wanted);
        }
        sim_lines_fini(&got);
        sim_lines_fini(&wanted);
    }
}

/* ---- T1: every copy that counts restores the completed epoch to the same state ---- */

typedef struct copy_apply {
    leat_state *state;
    leat_code code;
    leat_error err;
} copy_apply;

static void apply(void *self, const leat_record *record)
{
    copy_apply *to = self;
    if (to->code == LEAT_OK)
        to->code = leat_state_apply(to->state, record, &to->err);
}

static uint64_t copy_hash(leat_sim_world *world,
                          const sim_topology *topology,
                          uint32_t node,
                          const leat_job_view *job,
                          uint32_t slot)
{
    leat_sim_worker *worker = leat_sim_worker_of(world, node);
    leat_state_reader *reader =
        leat_state_reader_new(&worker->disk, job->job, job->completed_epoch);
    leat_slot_store store = leat_state_reader_store(reader);
    copy_apply to = {
        .state = leat_plan_state_new(topology->plan, job->key_group_count, job->completed_epoch)};
    uint64_t hash = 1;
    for (uint32_t g = 0; g < job->key_group_count; g++) {
        if (leat_coord_key_group_slot(world->coordinator.core, job->job, g) != slot)
            continue;
        leat_state_add_group(to.state, g);
        leat_code code = store.restore(store.self, g, apply, &to, &to.err);
        if (code != LEAT_OK || to.code != LEAT_OK)
            leat_sim_fail(world, "copy of slot %u on worker %u at epoch %" PRIu64 ": %s", slot,
                          node, job->completed_epoch, to.err.text);
        uint64_t parts[2] = {hash, leat_state_hash(to.state, g)};
        hash = leat_hash(parts, sizeof parts);
    }
    leat_state_free(&to.state);
    leat_state_reader_free(&reader);
    return hash;
}

static uint32_t node_of_worker(const leat_sim_world *world, uint32_t worker)
{
    for (size_t i = 0; i < leat_coord_member_count(world->coordinator.core); i++) {
        leat_member_view view;
        leat_coord_member_view(world->coordinator.core, i, &view);
        if (view.worker == worker)
            return (uint32_t)(view.name[1] - '0');
    }
    return 0;
}

void sim_check_replicas(leat_sim_world *world, uint32_t index, const sim_topology *topology)
{
    leat_job_view job;
    if (!leat_sim_coordinator_job(world, index, &job) || job.completed_epoch == 0)
        return;
    for (uint32_t s = 0; s < job.slot_count; s++) {
        leat_slot_view slot;
        leat_coord_slot_view(world->coordinator.core, job.job, s, &slot);
        uint64_t first = 0;
        for (uint32_t i = 0; i < slot.in_sync_count; i++) {
            if (leat_sim_was_lost(world, slot.in_sync[i]))
                continue; /* the coordinator does not know yet */
            uint64_t hash =
                copy_hash(world, topology, node_of_worker(world, slot.in_sync[i]), &job, s);
            if (first != 0 && hash != first)
                leat_sim_fail(world, "copies of slot %u differ at epoch %" PRIu64, s,
                              job.completed_epoch);
            first = hash;
        }
    }
}
