/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/map.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/prng.h"

enum { UNIVERSE = 64 };

Test(map, agrees_with_an_array_under_random_adds_and_removes)
{
    leat_map map = {0};
    leat_prng prng = {3};
    uint64_t expected[UNIVERSE] = {0};
    size_t count = 0;

    for (uint64_t step = 1; step <= 20000; step++) {
        uint64_t key = leat_prng_below(&prng, UNIVERSE);
        if (leat_prng_chance(&prng, 0.5)) {
            bool is_new;
            leat_map_add(&map, key, &is_new)->value.number = step;
            cr_assert_eq(is_new, expected[key] == 0);
            count += is_new;
            expected[key] = step;
        } else {
            cr_assert_eq(leat_map_remove(&map, key), expected[key] != 0);
            count -= expected[key] != 0;
            expected[key] = 0;
        }
        cr_assert_eq(map.count, count);
    }
    for (uint64_t key = 0; key < UNIVERSE; key++) {
        leat_map_entry *entry = leat_map_find(&map, key);
        cr_assert_eq(entry == NULL ? 0 : entry->value.number, expected[key]);
    }
    leat_map_fini(&map);
}

Test(map, visits_every_entry_once)
{
    leat_map map = {0};
    for (uint64_t key = 0; key < 1000; key++)
        leat_map_add(&map, key * 4096, NULL)->value.number = 1;

    uint64_t sum = 0;
    LEAT_MAP_EACH (entry, &map)
        sum += entry->value.number++;

    cr_assert_eq(sum, 1000);
    leat_map_fini(&map);
}

Test(map, pointers_are_absent_as_null)
{
    leat_map map = {0};
    int value;
    cr_assert_null(leat_map_get(&map, 0));
    leat_map_set(&map, 0, &value);
    cr_assert_eq(leat_map_get(&map, 0), &value);
    leat_map_clear(&map);
    cr_assert_null(leat_map_get(&map, 0));
    leat_map_fini(&map);
}

Test(text_map, agrees_with_an_array_under_random_adds_and_removes)
{
    leat_text_map map = {0};
    leat_prng prng = {4};
    bool expected[UNIVERSE] = {0};

    for (int step = 0; step < 5000; step++) {
        uint64_t number = leat_prng_below(&prng, UNIVERSE);
        char key[16];
        snprintf(key, sizeof key, "key-%u", (unsigned)number);
        if (leat_prng_chance(&prng, 0.5)) {
            bool is_new;
            leat_text_map_add(&map, leat_bytes_text(key), &is_new)->value = &expected[number];
            cr_assert_eq(is_new, !expected[number]);
            expected[number] = true;
        } else {
            cr_assert_eq(leat_text_map_remove(&map, leat_bytes_text(key)), expected[number]);
            expected[number] = false;
        }
        void *found = leat_text_map_get(&map, leat_bytes_text(key));
        cr_assert_eq(found, expected[number] ? &expected[number] : NULL);
    }
    leat_text_map_fini(&map);
}

Test(text_map, the_empty_key_is_a_key)
{
    leat_text_map map = {0};
    int value;
    cr_assert_null(leat_text_map_get(&map, LEAT_BYTES("")));
    leat_text_map_add(&map, LEAT_BYTES(""), NULL)->value = &value;
    cr_assert_eq(leat_text_map_get(&map, (leat_bytes){NULL, 0}), &value);
    leat_text_map_fini(&map);
}
