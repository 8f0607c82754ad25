/* SPDX-License-Identifier: Apache-2.0
 *
 * Values as text, the way casts and sources read them: first byte = which type, then the text.
 * What is read, printed and read again is the same value.
 */
#include "tests/fuzz/fuzz.h"

#include "common/columns/value.h"
#include "common/text/duration.h"

static const char *const words[] = {"-",        "+",      ".",    "e", "NaN",
                                    "Infinity", " years", ":",    "Z", "99999999999999999999",
                                    " 12:00",   "T",      "mons", NULL};

static const leat_type types[] = {
    {LEAT_TYPE_BOOLEAN, 0, 0}, {LEAT_TYPE_INT, 0, 0},       {LEAT_TYPE_BIGINT, 0, 0},
    {LEAT_TYPE_DOUBLE, 0, 0},  {LEAT_TYPE_DECIMAL, 12, 2},  {LEAT_TYPE_DECIMAL, 38, 10},
    {LEAT_TYPE_STRING, 0, 0},  {LEAT_TYPE_TIMESTAMP, 0, 0}, {LEAT_TYPE_INTERVAL, 0, 0},
};
enum { TYPE_COUNT = sizeof types / sizeof types[0] };

static const char *const seeds_of[] = {"true",
                                       "-7",
                                       "9223372036854775807",
                                       "1.5e-300",
                                       "12.345",
                                       "1234567890123456789012345678.0000000001",
                                       "text",
                                       "2015-09-12T00:46:58.771+02:00",
                                       "1 year 2 mons -3 days 04:05:06.5"};

static void seed(leat_fuzz_seeds *seeds)
{
    for (uint8_t i = 0; i < TYPE_COUNT; i++) {
        leat_buf *seed = leat_fuzz_seed(seeds);
        leat_buf_add_u8(seed, i);
        leat_buf_add_text(seed, seeds_of[i]);
    }
}

static void print_and_read(const leat_value *value, leat_arena *arena)
{
    leat_buf first = {0}, second = {0};
    leat_value again = {0};
    leat_error err = {0};
    leat_value_print(value, &first);
    leat_code code = leat_value_parse(value->type, leat_buf_bytes(&first), arena, &again, &err);
    LEAT_ASSERT(code == LEAT_OK);
    leat_value_print(&again, &second);
    LEAT_ASSERT(leat_bytes_equal(leat_buf_bytes(&first), leat_buf_bytes(&second)));
    leat_buf_fini(&first);
    leat_buf_fini(&second);
}

static bool run(leat_bytes input)
{
    if (input.size == 0)
        return false;
    leat_arena arena = {0};
    leat_error err = {0};
    leat_value value = {0};
    leat_type type = types[(uint8_t)input.data[0] % TYPE_COUNT];
    leat_bytes text = leat_bytes_of(input.data + 1, input.size - 1);
    bool accepted = leat_value_parse(type, text, &arena, &value, &err) == LEAT_OK;
    if (accepted && !value.is_null)
        print_and_read(&value, &arena);
    leat_type parsed;
    int64_t us;
    (void)(leat_type_parse(text, &parsed, &err) == LEAT_OK);
    (void)(leat_duration_parse(text, &us, &err) == LEAT_OK);
    leat_arena_fini(&arena);
    return accepted;
}

const leat_fuzz_target leat_fuzz_value_text = {
    .name = "value_text", .seed = seed, .run = run, .words = words};
