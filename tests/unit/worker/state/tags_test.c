/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/state/tags.h"

#include <criterion/criterion.h>

enum { SLOTS = 64 };

/* No two tags alike; the slot behind the last is empty. */
static void fill(uint16_t tags[SLOTS + 1 + LEAT_TAGS_PAD])
{
    for (uint32_t i = 0; i < SLOTS; i++)
        tags[i] = (uint16_t)(i * 2 + 1);
}

Test(tags, finds_a_tag_at_any_distance)
{
    uint16_t tags[SLOTS + 1 + LEAT_TAGS_PAD] = {0};
    fill(tags);
    for (uint32_t from = 0; from < SLOTS; from++)
        for (uint32_t at = from; at < SLOTS; at++)
            cr_assert_eq(leat_tags_find(tags, from, tags[at]), at);
}

Test(tags, stops_at_an_empty_slot_before_the_tag)
{
    uint16_t tags[SLOTS + 1 + LEAT_TAGS_PAD] = {0};
    fill(tags);
    tags[20] = 0;
    cr_assert_eq(leat_tags_find(tags, 3, tags[30]), 20u);
    cr_assert_eq(leat_tags_find(tags, 20, tags[30]), 20u);
    cr_assert_eq(leat_tags_find(tags, 21, tags[30]), 30u);
}

Test(tags, stops_at_the_closing_slot)
{
    uint16_t tags[SLOTS + 1 + LEAT_TAGS_PAD] = {0};
    fill(tags);
    for (uint32_t from = 0; from <= SLOTS; from++)
        cr_assert_eq(leat_tags_find(tags, from, UINT16_MAX), SLOTS);
}
