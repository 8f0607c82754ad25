/* SPDX-License-Identifier: Apache-2.0
 *
 * check - recount examples/auctions.yaml from scratch and compare with what a cluster wrote.
 *
 * Shares nothing with the engine but the generator that made the input: it reads the bids in
 * order, keeps one sum per (window, auction) in a sorted array, and then reads every part that is
 * visible. The last line of its output is `lost=N duplicated=N wrong=N events=N`; exit 0 when all
 * are 0.
 */
#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/alloc.h"
#include "common/base/buf.h"
#include "common/base/vec.h"
#include "common/columns/value.h"
#include "worker/connectors/base/connector.h"
#include "worker/connectors/nexmark/nexmark.h"

enum {
    WINDOW_US = 2000000,
    PRICE_MIN = 1000,
    HOT_BIDS = 20,
    BATCH_ROWS = 4096,
    PATH_BYTES_MAX = 4096
};

typedef struct sum {
    int64_t window_start;
    int64_t auction;
    int64_t bids;
    int64_t revenue;
    int64_t highest;
    uint32_t seen; /* rows of the output that say exactly this */
} sum;

typedef struct recount {
    LEAT_VEC(sum) sums; /* by (window, auction) */
    uint64_t event_count;
    uint64_t row_count;
    uint64_t wrong;
} recount;

static int sum_order(const void *a, const void *b)
{
    const sum *left = a;
    const sum *right = b;
    if (left->window_start != right->window_start)
        return left->window_start < right->window_start ? -1 : 1;
    return (left->auction > right->auction) - (left->auction < right->auction);
}

/* Sort and fold equal (window, auction) pairs into one. */
static void sums_fold(recount *r)
{
    qsort(r->sums.items, r->sums.count, sizeof *r->sums.items, sum_order);
    size_t kept = 0;
    for (size_t i = 0; i < r->sums.count; i++) {
        sum *into = kept == 0 ? NULL : &r->sums.items[kept - 1];
        const sum *from = &r->sums.items[i];
        if (into == NULL || sum_order(into, from) != 0) {
            r->sums.items[kept++] = *from;
            continue;
        }
        into->bids += from->bids;
        into->revenue += from->revenue;
        into->highest = LEAT_MAX(into->highest, from->highest);
    }
    r->sums.count = kept;
}

static void bids_count(recount *r, const leat_rows *rows)
{
    for (uint32_t i = 0; i < rows->row_count; i++) {
        int64_t price = LEAT_COLUMN_GET(&rows->columns[1], int64_t, i);
        int64_t time = LEAT_COLUMN_GET(&rows->columns[2], int64_t, i);
        if (price < PRICE_MIN)
            continue;
        sum one = {.window_start = time - time % WINDOW_US,
                   .auction = LEAT_COLUMN_GET(&rows->columns[0], int64_t, i),
                   .bids = 1,
                   .revenue = price,
                   .highest = price};
        leat_vec_push(&r->sums, one);
    }
}

static leat_code bids_read(recount *r, const char *events, const char *event_rate, leat_error *err)
{
    enum { FOLD_EVERY = 1 << 22 };
    static const leat_field fields[] = {
        {{"auction", 7}, {LEAT_TYPE_BIGINT, 0, 0}, false},
        {{"price", 5}, {LEAT_TYPE_BIGINT, 0, 0}, false},
        {{"dateTime", 8}, {LEAT_TYPE_TIMESTAMP, 0, 0}, false},
    };
    LEAT_AUTO(leat_arena_fini) leat_arena arena = {0};
    const leat_connector_option options[] = {
        {.name = LEAT_BYTES("table"), .value = LEAT_BYTES("bid")},
        {.name = LEAT_BYTES("events"), .value = leat_bytes_text(events)},
        {.name = LEAT_BYTES("event_rate"), .value = leat_bytes_text(event_rate)},
    };
    leat_connector_config config = {.schema = leat_schema_new(&arena, fields, 3, 2),
                                    .options = options,
                                    .option_count = 3,
                                    .parallelism = 1};
    const leat_source_class *source = &leat_nexmark_source;
    LEAT_AUTO(leat_buf_fini) leat_buf splits = {0};
    LEAT_TRY(source->splits(&config, &splits, err));
    LEAT_AUTO(leat_builder_free)
    leat_builder *builder = leat_builder_new(config.schema, BATCH_ROWS);
    leat_bytes split = leat_bytes_text(splits.data);
    leat_source_reader *reader = NULL;
    LEAT_TRY(source->open_split(&config, split, (leat_bytes){NULL, 0}, &reader, err));
    leat_code code;
    leat_poll poll = {.max_rows = BATCH_ROWS};
    while ((code = source->poll(reader, &poll, builder, err)) == LEAT_OK) {
        leat_rows rows = leat_builder_rows(builder);
        bids_count(r, &rows);
        r->event_count += rows.row_count;
        leat_builder_clear(builder);
        if (r->sums.count > FOLD_EVERY)
            sums_fold(r);
    }
    source->close(&reader);
    sums_fold(r);
    return code == LEAT_END ? LEAT_OK : code;
}

/* One row of the output: find the sum it claims to be. */
static void row_check(recount *r, const char *line, bool is_hot, const char *path)
{
    json_error_t error;
    json_t *row = json_loads(line, 0, &error);
    leat_time start = 0;
    const char *text = json_string_value(json_object_get(row, "window_start"));
    sum claimed = {.auction = json_integer_value(json_object_get(row, "auction")),
                   .bids = json_integer_value(json_object_get(row, "bids")),
                   .highest = json_integer_value(json_object_get(row, "highest"))};
    json_t *revenue = json_object_get(row, "revenue"); /* sum(bigint) is a decimal: text */
    claimed.revenue = json_is_string(revenue) ? strtoll(json_string_value(revenue), NULL, 10)
                                              : json_integer_value(revenue);
    bool is_read = text != NULL && leat_timestamp_parse(leat_bytes_text(text), &start) == LEAT_OK;
    claimed.window_start = start;
    sum *expected = !is_read || r->sums.count == 0 ? NULL
                                                   : bsearch(&claimed, r->sums.items, r->sums.count,
                                                             sizeof claimed, sum_order);
    r->row_count++;
    bool is_right = expected != NULL && expected->bids == claimed.bids &&
                    expected->revenue == claimed.revenue && expected->highest == claimed.highest &&
                    (expected->bids >= HOT_BIDS) == is_hot;
    if (is_right)
        expected->seen++;
    else if (r->wrong++ < 5)
        printf("wrong row in %s: %s", path, line);
    json_decref(row);
}

static void part_check(recount *r, const char *path, bool is_hot)
{
    FILE *part = fopen(path, "r");
    if (part == NULL) {
        printf("cannot read %s\n", path);
        r->wrong++;
        return;
    }
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, part) > 0)
        row_check(r, line, is_hot, path);
    free(line);
    fclose(part);
}

static void folder_check(recount *r, const char *folder, bool is_hot)
{
    DIR *opened = opendir(folder);
    if (opened == NULL) {
        printf("cannot read folder %s\n", folder);
        r->wrong++;
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(opened)) != NULL) {
        char path[PATH_BYTES_MAX];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        part_check(r, path, is_hot);
    }
    closedir(opened);
}

static int verdict(const recount *r)
{
    uint64_t lost = 0;
    uint64_t duplicated = 0;
    for (size_t i = 0; i < r->sums.count; i++) {
        const sum *one = &r->sums.items[i];
        if (one->seen == 0 && lost++ < 5)
            printf("lost: auction %" PRId64 " of the window that starts at %" PRId64 " us\n",
                   one->auction, one->window_start);
        if (one->seen > 1)
            duplicated += one->seen - 1;
    }
    printf("recount: %zu rows expected, %" PRIu64 " rows found\n", r->sums.count, r->row_count);
    printf("lost=%" PRIu64 " duplicated=%" PRIu64 " ", lost, duplicated);
    if (r->wrong > 0)
        printf("wrong=%" PRIu64 " ", r->wrong);
    printf("events=%" PRIu64 "\n", r->event_count);
    return lost + duplicated + r->wrong == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {
        {"events", required_argument, NULL, 'e'},
        {"event-rate", required_argument, NULL, 'r'},
        {"hot", required_argument, NULL, 'h'},
        {"quiet", required_argument, NULL, 'q'},
        {NULL, 0, NULL, 0},
    };
    const char *events = NULL;
    const char *event_rate = NULL;
    const char *hot = NULL;
    const char *quiet = NULL;
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (c == 'e')
            events = optarg;
        else if (c == 'r')
            event_rate = optarg;
        else if (c == 'h')
            hot = optarg;
        else if (c == 'q')
            quiet = optarg;
    }
    if (events == NULL || event_rate == NULL || hot == NULL || quiet == NULL) {
        fprintf(stderr, "usage: leat-demo-check --events N --event-rate N --hot DIR --quiet DIR\n");
        return 2;
    }
    recount r = {0};
    leat_error err;
    if (bids_read(&r, events, event_rate, &err) != LEAT_OK) {
        printf("the generator failed: %s\n", err.text);
        return 1;
    }
    folder_check(&r, hot, true);
    folder_check(&r, quiet, false);
    int code = verdict(&r);
    leat_vec_fini(&r.sums);
    return code;
}
