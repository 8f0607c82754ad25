/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text/json.h"

#include <criterion/criterion.h>
#include <math.h>

static leat_json *parsed(const char *text)
{
    leat_json *json = NULL;
    cr_assert_eq(leat_json_parse(leat_bytes_text(text), &json, NULL), LEAT_OK, "%s", text);
    return json;
}

Test(json, reads_members_by_type)
{
    LEAT_AUTO(leat_json_free)
    leat_json *json =
        parsed("{\"n\":-5,\"t\":\"x\\u0041\",\"d\":1.5,\"b\":true,\"l\":[1,2],\"z\":null}");
    int64_t n;
    leat_bytes t;
    double d;
    bool b;

    cr_assert(leat_json_as_i64(leat_json_member(json, "n"), &n) && n == -5);
    cr_assert(leat_json_as_text(leat_json_member(json, "t"), &t));
    cr_assert(leat_bytes_equal(t, LEAT_BYTES("xA")));
    cr_assert(leat_json_as_double(leat_json_member(json, "d"), &d) && d == 1.5);
    cr_assert(leat_json_as_double(leat_json_member(json, "n"), &d) && d == -5);
    cr_assert(leat_json_as_bool(leat_json_member(json, "b"), &b) && b);
    cr_assert(leat_json_is_null(leat_json_member(json, "z")));
    cr_assert_eq(leat_json_count(leat_json_member(json, "l")), 2);
    cr_assert(leat_json_as_i64(leat_json_element(leat_json_member(json, "l"), 1), &n) && n == 2);
    cr_assert_str_eq(leat_json_key(json, 2), "d");
}

Test(json, a_member_of_another_type_or_absent_is_not_read)
{
    LEAT_AUTO(leat_json_free) leat_json *json = parsed("{\"n\":1.5}");
    int64_t n = 7;
    cr_assert_not(leat_json_as_i64(leat_json_member(json, "n"), &n));
    cr_assert_not(leat_json_as_i64(leat_json_member(json, "m"), &n));
    cr_assert_null(leat_json_member(leat_json_member(json, "m"), "deeper"));
    cr_assert_eq(n, 7);
}

Test(json, a_needed_member_is_asked_for_by_name)
{
    LEAT_AUTO(leat_json_free) leat_json *json = parsed("{\"n\":\"x\"}");
    leat_error err;
    int64_t n;
    leat_bytes t;

    cr_assert_eq(leat_json_need_i64(json, "n", &n, &err), LEAT_INVALID);
    cr_assert_str_eq(err.text, "`n` is not an integer");
    cr_assert_eq(leat_json_need_text(json, "name", &t, &err), LEAT_INVALID);
    cr_assert_str_eq(err.text, "`name` is missing: expected a text");
}

Test(json, what_is_not_json_is_refused)
{
    static const char *const bad[] = {
        "", "{", "{\"a\":1,\"a\":2}", "[1,]", "{} x", "\"\\ud800\"", "nul", "1e999", "\"a\nb\""};
    for (size_t i = 0; i < LEAT_COUNT_OF(bad); i++) {
        leat_json *json = NULL;
        cr_assert_eq(leat_json_parse(leat_bytes_text(bad[i]), &json, NULL), LEAT_INVALID, "%s",
                     bad[i]);
    }
}

Test(json, deep_nesting_is_refused_before_it_costs_stack)
{
    char text[2 * LEAT_JSON_DEPTH_MAX + 2];
    leat_json *json = NULL;
    memset(text, '[', LEAT_JSON_DEPTH_MAX + 1);
    memset(text + LEAT_JSON_DEPTH_MAX + 1, ']', LEAT_JSON_DEPTH_MAX + 1);

    cr_assert_eq(leat_json_parse(leat_bytes_of(text, sizeof text), &json, NULL), LEAT_INVALID);
    cr_assert_eq(leat_json_parse(leat_bytes_of(text + 1, sizeof text - 2), &json, NULL), LEAT_OK);
    leat_json_free(&json);
}

Test(json, brackets_inside_text_do_not_nest)
{
    char text[LEAT_JSON_DEPTH_MAX * 2 + 4];
    leat_json *json = NULL;
    memset(text, '[', sizeof text);
    memcpy(text, "\"\\\"", 3);
    text[sizeof text - 1] = '"';

    cr_assert_eq(leat_json_parse(leat_bytes_of(text, sizeof text), &json, NULL), LEAT_OK);
    leat_json_free(&json);
}

Test(json_writer, writes_what_the_reader_reads)
{
    LEAT_AUTO(leat_buf_fini) leat_buf out = {0};
    leat_json_writer w = leat_json_write(&out);

    leat_json_begin_object(&w, NULL);
    leat_json_put_text(&w, "t", LEAT_BYTES("a\"b\\\n\x01"));
    leat_json_begin_array(&w, "l");
    leat_json_put_i64(&w, NULL, INT64_MIN);
    leat_json_put_u64(&w, NULL, UINT64_MAX);
    leat_json_begin_object(&w, NULL);
    leat_json_end(&w);
    leat_json_end(&w);
    leat_json_put_double(&w, "d", 0.1);
    leat_json_put_double(&w, "nan", NAN);
    leat_json_put_bool(&w, "b", false);
    leat_json_end(&w);

    cr_assert_str_eq(leat_buf_text(&out),
                     "{\"t\":\"a\\\"b\\\\\\n\\u0001\",\"l\":[-9223372036854775808,"
                     "18446744073709551615,{}],\"d\":0.1,\"nan\":null,\"b\":false}");
}

Test(json_writer, doubles_read_back_the_same)
{
    static const double values[] = {0.1, 1.0 / 3, 1e300, 5e-324, 123456789.123456789, -0.0, 2.0};
    for (size_t i = 0; i < LEAT_COUNT_OF(values); i++) {
        LEAT_AUTO(leat_buf_fini) leat_buf out = {0};
        leat_json_writer w = leat_json_write(&out);
        double read;
        leat_json_put_double(&w, NULL, values[i]);
        LEAT_AUTO(leat_json_free) leat_json *json = parsed(leat_buf_text(&out));
        cr_assert(leat_json_as_double(json, &read) && read == values[i]);
    }
}
