/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/operators/time_readers.h"

#include <criterion/criterion.h>

/* Node 0 feeds 1, which feeds 2; node 3 stands alone. */
static bool feeds(leat_logical_node second, leat_logical_node third, leat_logical_node alone)
{
    leat_logical_input first_out = {0, 0}, second_out = {1, 0};
    second.input_count = third.input_count = 1;
    second.inputs = &first_out;
    third.inputs = &second_out;
    leat_logical_node nodes[] = {{.kind = LEAT_LOGICAL_SOURCE}, second, third, alone};
    leat_logical_plan plan = {.node_count = LEAT_COUNT_OF(nodes), .nodes = nodes};
    return leat_feeds_time(&plan, 0);
}

static const leat_logical_node project = {.kind = LEAT_LOGICAL_PROJECT};
static const leat_logical_node sink = {.kind = LEAT_LOGICAL_SINK};
static const leat_logical_node sort = {.kind = LEAT_LOGICAL_SORT};

Test(time_readers, are_found_through_other_operators)
{
    cr_expect_not(feeds(project, sink, sink));
    cr_expect(feeds(project, sort, sink));
    cr_expect_not(feeds(project, sink, sort), "of which it is no input");
}

Test(time_readers, are_joins_and_aggregates_by_their_kind)
{
    static const leat_join regular = {.timing = LEAT_JOIN_REGULAR};
    static const leat_join interval = {.timing = LEAT_JOIN_INTERVAL};
    leat_logical_node join = {.kind = LEAT_LOGICAL_JOIN, .join = &regular};
    cr_expect_not(feeds(project, join, sink));
    join.join = &interval;
    cr_expect(feeds(project, join, sink));

    leat_logical_node aggregate = {.kind = LEAT_LOGICAL_AGGREGATE};
    cr_expect_not(feeds(aggregate, sink, sink));
    aggregate.window.kind = LEAT_WINDOW_CARRIED;
    cr_expect(feeds(aggregate, sink, sink));
}
