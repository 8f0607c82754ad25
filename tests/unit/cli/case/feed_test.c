/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/feed.h"

#include "common/columns/time_text.h"
#include "tests/support/batch_text.h"
#include "tests/unit/cli/case/case_text.h"

/* A plan of sources alone, one per name. */
typedef struct sources {
    leat_logical_output outputs[2];
    leat_logical_node nodes[2];
    leat_logical_plan plan;
} sources;

static sources sources_of(const char *first, const char *second, bool is_updating)
{
    const char *names[] = {first, second};
    sources s = {.plan.node_count = second == NULL ? 1 : 2};
    for (uint32_t i = 0; i < s.plan.node_count; i++) {
        s.outputs[i] = (leat_logical_output){.schema = leat_test_schema("k string, v bigint"),
                                             .is_updating = is_updating};
        s.nodes[i] =
            (leat_logical_node){.kind = LEAT_LOGICAL_SOURCE, .name = leat_bytes_text(names[i])};
    }
    return s;
}

static leat_case_feed *feed_of(sources *s, const leat_case *one)
{
    leat_case_feed *feed = NULL;
    leat_error err = {0};
    s->plan.nodes = s->nodes;
    for (uint32_t i = 0; i < s->plan.node_count; i++)
        s->nodes[i].outputs = &s->outputs[i];
    cr_assert_eq(leat_case_feed_new(one, &s->plan, &feed, &err), LEAT_OK, "%s", err.text);
    return feed;
}

/* A reader of node `node`, from `position` on. */
typedef struct reader {
    leat_arena arena;
    leat_logical_node node;
    leat_connector_option option;
    leat_connector_config config;
    leat_builder *builder;
    leat_source_reader *reader;
} reader;

static reader *reader_open(leat_case_feed *feed, const sources *s, uint32_t node, const char *at)
{
    reader *r = LEAT_NEW(reader);
    leat_error err = {0};
    r->node = s->nodes[node];
    leat_case_feed_connect(feed, node, &r->node, &r->arena);
    r->option.value = r->node.options[0].value;
    r->config = (leat_connector_config){
        .schema = s->outputs[node].schema, .options = &r->option, .option_count = 1};
    r->builder = leat_builder_new(s->outputs[node].schema, 64);
    cr_assert_eq(leat_case_source.open_split(&r->config, LEAT_BYTES("rows"), leat_bytes_text(at),
                                             &r->reader, &err),
                 LEAT_OK);
    return r;
}

static void reader_close(reader *r)
{
    leat_case_source.close(&r->reader);
    leat_builder_free(&r->builder);
    leat_arena_fini(&r->arena);
    leat_free(r);
}

static void expect(reader *r, leat_code code, const char *rows)
{
    leat_buf text = {0};
    leat_poll poll = {.max_rows = 64};
    cr_assert_eq(leat_case_source.poll(r->reader, &poll, r->builder, NULL), code);
    leat_rows given = leat_builder_rows(r->builder);
    leat_rows_print(&given, &text);
    cr_assert_str_eq(leat_buf_text(&text), rows);
    leat_builder_clear(r->builder);
    leat_buf_fini(&text);
}

#define KEYED(ops)                                                                                 \
    "{'name': 'a', 'sql': 'x', 'tables': [{'name': 't', 'primary_key': ['k']}], 'ops': [" ops "]}"
#define OP(op, row) "{'t': 't', 'op': '" op "', 'row': " row "}"

Test(feed, gives_a_row_only_when_it_is_released_and_ends_when_told)
{
    leat_arena arena = {0};
    sources s = sources_of("t", NULL, false);
    leat_case one = case_of("{'name': 'a', 'sql': 'x', 'tables': [{'name': 'T', 'rows': "
                            "[['a', 1], {'V': 2}]}]}",
                            &arena);
    leat_case_feed *feed = feed_of(&s, &one);
    reader *r = reader_open(feed, &s, 0, "");

    expect(r, LEAT_AGAIN, "");
    cr_assert_not(leat_case_feed_release(feed, 0));
    expect(r, LEAT_OK, "a, 1\n");
    expect(r, LEAT_AGAIN, "");
    leat_case_feed_end(feed);
    expect(r, LEAT_AGAIN, "");
    leat_case_feed_release(feed, 1);
    expect(r, LEAT_END, "null, 2\n");

    reader_close(r);
    leat_case_feed_free(&feed);
    leat_arena_fini(&arena);
}

Test(feed, operations_on_a_key_become_changes_of_its_row)
{
    leat_arena arena = {0};
    sources s = sources_of("t", NULL, true);
    leat_case one = case_of(
        KEYED(OP("+I", "['a', 1]") "," OP("upsert", "['a', 2]") "," OP("-D", "['a', null]") "," OP(
            "-D", "['b', null]") "," OP("+U", "['a', 3]") "," OP("null-value", "['a', null]")),
        &arena);
    leat_case_feed *feed = feed_of(&s, &one);
    reader *r = reader_open(feed, &s, 0, "");

    cr_assert_eq(leat_case_feed_count(feed), 6);
    for (uint32_t i = 0; i < 6; i++)
        leat_case_feed_release(feed, i);
    expect(r, LEAT_OK, "+I a, 1\n-U a, 1\n+U a, 2\n-D a, 2\n+I a, 3\n-D a, 3\n");

    reader_close(r);
    leat_case_feed_free(&feed);
    leat_arena_fini(&arena);
}

Test(feed, resumes_with_the_first_arrival_that_was_not_had)
{
    leat_arena arena = {0};
    sources s = sources_of("t", NULL, true);
    leat_case one = case_of(
        KEYED(OP("+I", "['a', 1]") "," OP("+U", "['a', 2]") "," OP("+I", "['b', 1]")), &arena);
    leat_case_feed *feed = feed_of(&s, &one);

    leat_case_feed_suspend(feed);
    reader *r = reader_open(feed, &s, 0, "3");
    expect(r, LEAT_AGAIN, "");
    cr_assert_eq(leat_case_feed_resume(feed), 2, "a replacement is two rows");
    leat_case_feed_release(feed, 2);
    expect(r, LEAT_OK, "b, 1\n");
    reader_close(r);

    leat_case_feed_suspend(feed);
    cr_assert_eq(leat_case_feed_resume(feed), 3, "a source that nobody opens has ended");
    leat_case_feed_free(&feed);
    leat_arena_fini(&arena);
}

Test(feed, two_sources_of_one_table_take_an_arrival_together)
{
    leat_arena arena = {0};
    sources s = sources_of("t", "T", false);
    leat_case one =
        case_of("{'name': 'a', 'sql': 'x', 'tables': [{'name': 't', 'rows': [['a', 1]]}]}", &arena);
    leat_case_feed *feed = feed_of(&s, &one);
    reader *left = reader_open(feed, &s, 0, "");
    reader *right = reader_open(feed, &s, 1, "");

    cr_assert(leat_case_feed_release(feed, 0), "the other source belongs to it");
    cr_assert_not(leat_case_feed_release(feed, 1));
    expect(left, LEAT_OK, "a, 1\n");
    expect(right, LEAT_OK, "a, 1\n");

    reader_close(left);
    reader_close(right);
    leat_case_feed_free(&feed);
    leat_arena_fini(&arena);
}

Test(feed, processing_time_is_what_the_case_says)
{
    leat_arena arena = {0};
    sources s = sources_of("t", NULL, false);
    leat_case one = case_of("{'name': 'a', 'sql': 'x', 'clock': '1970-01-01 00:00:01',"
                            " 'tables': [{'name': 't'}], 'ops': ["
                            "{'t': 't', 'op': '+I', 'row': ['a', 1]},"
                            "{'at': '1970-01-01 00:00:05'},"
                            "{'t': 't', 'op': '+I', 'row': ['b', 1], 'batch': 1},"
                            "{'t': 't', 'op': '+I', 'row': ['c', 1], 'batch': 1}]}",
                            &arena);
    leat_case_feed *feed = feed_of(&s, &one);

    cr_assert_eq(leat_case_feed_clock_us(feed, UINT32_MAX), LEAT_SECOND_US);
    cr_assert_eq(leat_case_feed_clock_us(feed, 0), LEAT_SECOND_US + 1000);
    cr_assert_eq(leat_case_feed_clock_us(feed, 1), 5 * LEAT_SECOND_US);
    cr_assert_eq(leat_case_feed_clock_us(feed, 2), 5 * LEAT_SECOND_US + 1000);
    cr_assert_eq(leat_case_feed_clock_us(feed, 3), 5 * LEAT_SECOND_US + 1000, "together");
    leat_case_feed_free(&feed);
    leat_arena_fini(&arena);
}
