/* SPDX-License-Identifier: Apache-2.0 */
#include "common/columns/nested.h"

#include <criterion/criterion.h>

#include "common/columns/nested_json.h"

static leat_type type_of(const char *text)
{
    leat_type type;
    cr_assert_eq(leat_type_parse(leat_bytes_text(text), &type, NULL), LEAT_OK, "%s", text);
    return type;
}

static leat_value value_of(const char *type, const char *text, leat_arena *arena)
{
    leat_value value;
    cr_assert_eq(leat_value_parse(type_of(type), leat_bytes_text(text), arena, &value, NULL),
                 LEAT_OK, "%s: %s", type, text);
    return value;
}

static const char *round_trip(const char *type, const char *text, leat_arena *arena)
{
    leat_value value;
    leat_buf out = {0};
    if (leat_value_parse(type_of(type), leat_bytes_text(text), arena, &value, NULL) != LEAT_OK)
        return "!";
    leat_value_print(&value, &out);
    const char *printed = leat_arena_text(arena, leat_buf_bytes(&out));
    leat_buf_fini(&out);
    return printed;
}

Test(nested, arrays_and_rows_read_and_print_as_in_postgresql)
{
    static const struct {
        const char *type, *text, *printed;
    } cases[] = {
        {"int[]", "{1,2,NULL,-3}", "{1,2,NULL,-3}"},
        {"int[]", " { 1 , 2 } ", "{1,2}"},
        {"int[]", "{}", "{}"},
        {"int[][]", "{{1,2},{3}}", "{{1,2},{3}}"},
        {"int[]", "{1", "!"},
        {"int[]", "{1,}", "!"},
        {"int[]", "{1} x", "!"},
        {"int[]", "1,2", "!"},
        {"int[]", "{99999999999}", "!"},
        {"bigint[]", "[1, 2]", "{1,2}"},
        {"string[]", "{a,\"b c\",\"\",\"NULL\",NULL,\"x\\\"y\\\\z\"}",
         "{a,\"b c\",\"\",\"NULL\",NULL,\"x\\\"y\\\\z\"}"},
        {"boolean[]", "{true,false}", "{t,f}"},
        {"double[]", "{1.5,-0,NaN,-Infinity}", "{1.5,0,NaN,-Infinity}"},
        {"decimal(38,2)[]", "{1.5,-99999999999999999999999999.99}",
         "{1.50,-99999999999999999999999999.99}"},
        {"timestamp[]", "{\"2024-01-02 03:04:05\"}", "{\"2024-01-02 03:04:05\"}"},
        {"date[]", "{2024-01-02,1969-12-31}", "{2024-01-02,1969-12-31}"},
        {"interval[]", "{\"1 mon -2 days\",01:00:00}", "{\"1 mon -2 days\",01:00:00}"},
        {"row<a int, b string>", "(1,\"a b\")", "(1,\"a b\")"},
        {"row<a int, b string, c boolean>", "(,\"\",t)", "(,\"\",t)"},
        {"row<a int, b int[]>", "(1,\"{1,2}\")", "(1,\"{1,2}\")"},
        {"row<a int>", "(1,2)", "!"},
    };
    leat_arena arena = {0};
    for (size_t i = 0; i < LEAT_COUNT_OF(cases); i++)
        cr_expect_str_eq(round_trip(cases[i].type, cases[i].text, &arena), cases[i].printed,
                         "%s %s: %s", cases[i].type, cases[i].text,
                         round_trip(cases[i].type, cases[i].text, &arena));
    leat_arena_fini(&arena);
}

/* Each list ascends. */
Test(nested, bytes_are_in_the_order_of_the_values)
{
    static const struct {
        const char *type;
        const char *texts[10];
    } lists[] = {
        {"bigint[]",
         {"{}", "{-9223372036854775808}", "{-257}", "{-256}", "{-1}", "{0}", "{0,5}", "{255}",
          "{256}", "{NULL}"}},
        {"double[]", {"{-Infinity}", "{-1.5}", "{-1e-300}", "{0}", "{2.5}", "{1e300}", "{NaN}"}},
        {"string[]", {"{\"\"}", "{a}", "{a,a}", "{ab}", "{b}", "{NULL}"}},
        {"row<a int, b string>", {"(1,a)", "(1,b)", "(1,)", "(2,a)", "(,a)"}},
        {"interval[]", {"{\"-1 days\"}", "{00:00:01}", "{\"29 days\"}", "{\"1 mon\"}"}},
        {"int[][]", {"{}", "{{}}", "{{1}}", "{{1},{0}}", "{{1,2}}", "{{2}}"}},
        {"timestamp[]", {"{\"1969-12-31 00:00:00\"}", "{\"1970-01-01 00:00:00\"}"}},
    };
    leat_arena arena = {0};
    for (size_t l = 0; l < LEAT_COUNT_OF(lists); l++)
        for (size_t i = 1; i < 10 && lists[l].texts[i] != NULL; i++) {
            leat_value less = value_of(lists[l].type, lists[l].texts[i - 1], &arena);
            leat_value more = value_of(lists[l].type, lists[l].texts[i], &arena);
            cr_expect_lt(leat_bytes_compare(less.text, more.text), 0, "%s: %s, %s", lists[l].type,
                         lists[l].texts[i - 1], lists[l].texts[i]);
        }
    leat_arena_fini(&arena);
}

Test(nested, elements_and_fields_are_found_by_their_place)
{
    leat_arena arena = {0};
    leat_value array = value_of("string[]", "{a,NULL,c}", &arena);
    leat_value row = value_of("row<a int[], b bigint>", "(\"{1,2}\",7)", &arena);

    leat_value third = leat_nested_at(array.type, array.text, 2, &arena);
    cr_assert(leat_bytes_equal(third.text, LEAT_BYTES("c")));
    cr_assert(leat_nested_at(array.type, array.text, 1, &arena).is_null);
    cr_assert(leat_nested_at(array.type, array.text, 3, &arena).is_null);
    cr_assert_eq(leat_nested_count(array.type, array.text), 3);
    leat_value inner = leat_nested_at(row.type, row.text, 0, &arena);
    cr_assert_eq(leat_nested_count(inner.type, inner.text), 2);
    cr_assert(leat_nested_at(row.type, row.text, 1, &arena).integer == 7);
    leat_arena_fini(&arena);
}

Test(nested, text_with_zero_bytes_comes_back_whole)
{
    leat_arena arena = {0};
    leat_buf bytes = {0};
    leat_value text = {.type = LEAT_TYPE(STRING), .text = leat_bytes_of("a\0\0b\0", 5)};
    leat_nested_add(&bytes, &text);
    leat_nested_add(&bytes, &text);
    leat_nested_end(&bytes);
    leat_type type = leat_type_array(LEAT_TYPE(STRING));

    leat_value second = leat_nested_at(type, leat_buf_bytes(&bytes), 1, &arena);

    cr_assert(leat_bytes_equal(second.text, text.text));
    cr_assert_eq(leat_nested_count(type, leat_buf_bytes(&bytes)), 2);
    leat_buf_fini(&bytes);
    leat_arena_fini(&arena);
}

Test(nested, maps_have_one_form_whatever_the_order_of_their_entries)
{
    leat_arena arena = {0};
    leat_type type = type_of("map<string, int>");
    leat_value a, b;
    cr_assert_eq(leat_json_value(type, LEAT_BYTES("{\"a\": 1, \"b\": 2}"), &arena, &a), LEAT_OK);
    leat_value pairs[6] = {{.type = LEAT_TYPE(STRING), .text = LEAT_BYTES("b")},
                           {.type = LEAT_TYPE(INT), .integer = 1},
                           {.type = LEAT_TYPE(STRING), .text = LEAT_BYTES("a")},
                           {.type = LEAT_TYPE(INT), .integer = 1},
                           {.type = LEAT_TYPE(STRING), .text = LEAT_BYTES("b")},
                           {.type = LEAT_TYPE(INT), .integer = 2}};
    leat_buf bytes = {0};
    leat_nested_map(&bytes, pairs, 3);
    b = (leat_value){.type = type, .text = leat_buf_bytes(&bytes)};

    cr_assert(leat_bytes_equal(a.text, b.text));
    cr_assert(leat_nested_get(type, b.text, &pairs[0], &arena).integer == 2);
    leat_value missing = {.type = LEAT_TYPE(STRING), .text = LEAT_BYTES("c")};
    cr_assert(leat_nested_get(type, b.text, &missing, &arena).is_null);
    leat_buf_fini(&bytes);
    leat_arena_fini(&arena);
}

Test(nested, any_bytes_are_read_without_harm)
{
    static const char *const types[] = {
        "int[]", "string[][]", "row<a double, b interval, c string>", "map<string, row<a int>>"};
    leat_arena arena = {0};
    uint32_t state = 7;
    for (int round = 0; round < 2000; round++) {
        char bytes[24];
        for (size_t i = 0; i < sizeof bytes; i++) {
            state = state * 1664525 + 1013904223;
            bytes[i] = (char)(round % 2 == 0 ? state >> 24 : state >> 30);
        }
        leat_buf out = {0};
        leat_type type = type_of(types[round % 4]);
        leat_nested_print(type, leat_bytes_of(bytes, (size_t)round % sizeof bytes), &out);
        cr_assert(out.size > 0);
        leat_buf_fini(&out);
        leat_arena_reset(&arena);
    }
    leat_arena_fini(&arena);
}
