/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/prng.h"
#include "tests/support/batch_text.h"
#include "worker/connectors/base/format_json.h"

/* Rows as text, one line per record; a bad record is "bad: reason". */
static const char *
read_wanted(const char *schema_text, const bool *wanted, const char *const *records)
{
    static char result[4096];
    const leat_schema *schema = leat_test_schema(schema_text);
    leat_json_lines *reader = leat_json_lines_new(schema, wanted);
    leat_builder *builder = leat_builder_new(schema, 1);
    leat_buf out = {0};
    for (uint32_t c = 0; wanted != NULL && c < schema->field_count; c++) {
        if (!wanted[c])
            leat_builder_omit(builder, c);
    }
    for (size_t i = 0; records[i] != NULL; i++) {
        const char *reason = NULL;
        /* exactly as much memory as there is text: the sanitizer sees every overrun */
        size_t size = strlen(records[i]);
        char *copy = memcpy(leat_alloc(size), records[i], size);
        if (leat_json_lines_read(reader, leat_bytes_of(copy, size), builder, &reason) == LEAT_OK) {
            leat_rows rows = leat_builder_rows(builder);
            leat_rows_print(&rows, &out);
        } else {
            leat_buf_print(&out, "bad: %s\n", reason);
        }
        leat_builder_clear(builder);
        leat_free(copy);
    }
    snprintf(result, sizeof result, "%s", leat_buf_text(&out));
    leat_buf_fini(&out);
    leat_builder_free(&builder);
    leat_json_lines_free(&reader);
    return result;
}

#define READ(schema, ...) read_wanted(schema, NULL, (const char *const[]){__VA_ARGS__, NULL})

Test(json_reader, fields_come_in_any_order_and_unknown_ones_are_ignored)
{
    cr_assert_str_eq(READ("a bigint, b string", "{\"a\":1,\"b\":\"x\"}", "{\"b\":\"y\",\"a\":2}",
                          "{\"z\":{\"a\":[9,{\"b\":\"}\"}]},\"b\":\"z\",\"q\":null,\"a\":3}",
                          " { \"a\" : 4 , \"b\" : \"w\" } \r", "{}"),
                     "1, x\n2, y\n3, z\n4, w\nnull, null\n");
}

Test(json_reader, missing_and_null_fields_are_null_unless_the_column_forbids_it)
{
    cr_assert_str_eq(READ("a bigint not null, b string", "{\"a\":1}", "{\"a\":null}",
                          "{\"b\":\"x\"}", "{\"a\":2,\"b\":null}"),
                     "1, null\nbad: column `a` is NULL but declared not null\n"
                     "bad: column `a` is missing but declared not null\n2, null\n");
}

Test(json_reader, names_match_exactly_then_without_case_where_unambiguous)
{
    cr_assert_str_eq(READ("Id int, name string", "{\"ID\":1,\"Id\":2,\"iD\":3}", "{\"id\":4}",
                          "{\"Id\":5,\"ID\":6,\"NAME\":\"n\"}", "{\"\\u0049d\":7}"),
                     "2, null\n4, null\n5, n\n7, null\n");
    cr_assert_str_eq(READ("Id int, iD int", "{\"id\":1,\"iD\":2}"), "null, 2\n");
}

Test(json_reader, the_last_of_equal_names_counts)
{
    cr_assert_str_eq(READ("a bigint", "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":null}"), "2\nnull\n");
}

Test(json_reader, numbers_keep_their_exact_value)
{
    cr_assert_str_eq(READ("i int, k bigint, d decimal(38,2), x double",
                          "{\"i\":-2147483648,\"k\":9223372036854775807,"
                          "\"d\":123456789012345678901234567890.12,\"x\":0.1}",
                          "{\"i\":3.0,\"k\":\"42\",\"d\":\"0.10\",\"x\":\"-1e3\"}",
                          "{\"d\":1e3,\"x\":5}"),
                     "-2147483648, 9223372036854775807, 123456789012345678901234567890.12, 0.1\n"
                     "3, 42, 0.10, -1000\nnull, null, 1000.00, 5\n");
}

Test(json_reader, numbers_out_of_range_or_of_another_kind_are_bad)
{
    cr_assert_str_eq(
        READ("i int", "{\"i\":2147483648}", "{\"i\":1.5}", "{\"i\":true}", "{\"i\":\"\"}",
             "{\"i\":[1]}", "{\"i\":1e2}"),
        "bad: column `i`: `2147483648` is out of the range of int\n"
        "bad: column `i`: `1.5` is not a valid int\nbad: column `i`: `true` is not a valid int\n"
        "bad: column `i`: `` is not a valid int\nbad: column `i`: `[1]` is not a valid int\n"
        "bad: column `i`: `1e2` is not a valid int\n");
    cr_assert_str_eq(READ("d decimal(4,2)", "{\"d\":100}", "{\"d\":NaN}"),
                     "bad: column `d`: `100` is out of the range of decimal(4,2)\n"
                     "bad: column `d`: `NaN` is not a valid decimal(4,2)\n");
    cr_assert_str_eq(READ("t timestamp", "{\"t\":1442018818}", "{\"t\":\"yesterday\"}"),
                     "bad: column `t`: `1442018818` is not a valid timestamp\n"
                     "bad: column `t`: `yesterday` is not a valid timestamp\n");
}

Test(json_reader, other_types_are_read_from_their_text)
{
    cr_assert_str_eq(READ("b boolean, t timestamp, v interval, y bytes",
                          "{\"b\":true,\"t\":\"2015-09-12T00:46:58.771Z\",\"v\":\"5 minutes\","
                          "\"y\":\"\\\\x00ff\"}",
                          "{\"b\":\"false\",\"t\":\"2015-09-12 02:00:00+02:00\"}"),
                     "true, 2015-09-12 00:46:58.771, 00:05:00, \\x00ff\n"
                     "false, 2015-09-12 00:00:00, null, null\n");
}

Test(json_reader, a_string_column_takes_the_text_of_any_value)
{
    cr_assert_str_eq(
        READ("s string", "{\"s\":12.50}", "{\"s\":true}", "{\"s\":{\"a\":[1,2]}}", "{\"s\":nope}"),
        "12.50\ntrue\n{\"a\":[1,2]}\nbad: column `s`: `nope` is not a valid string\n");
}

Test(json_reader, escapes_become_the_text_they_stand_for)
{
    cr_assert_str_eq(READ("s string", "{\"s\":\"a\\n\\\"b\\\\\\/\"}", "{\"s\":\"\\u00e9\\u20AC\"}",
                          "{\"s\":\"\\ud83d\\ude00!\"}", "{\"s\":\"\\ud83dx\"}"),
                     "a\n\"b\\/\n\u00e9\u20ac\n\U0001F600!\n\uFFFDx\n");
    cr_assert_str_eq(READ("s string", "{\"s\":\"\\x\"}", "{\"s\":\"\\u12\"}"),
                     "bad: not a JSON object: expected valid escapes in the string at byte 6\n"
                     "bad: not a JSON object: expected valid escapes in the string at byte 6\n");
}

Test(json_reader, wrong_json_says_where)
{
    cr_assert_str_eq(READ("a bigint", "[1]", "{\"a\":1", "{\"a\" 1}", "{a:1}", "{\"a\":1}}",
                          "{\"a\":1,}", "{\"a\":}", "{\"a", "{\"z\":[1}", "nonsense"),
                     "bad: not a JSON object: expected `{` at byte 0\n"
                     "bad: not a JSON object: expected `,` or `}` at byte 6\n"
                     "bad: not a JSON object: expected `:` at byte 5\n"
                     "bad: not a JSON object: expected a name in quotes at byte 1\n"
                     "bad: not a JSON object: expected nothing more at byte 7\n"
                     "bad: not a JSON object: expected a name in quotes at byte 7\n"
                     "bad: not a JSON object: expected a value at byte 5\n"
                     "bad: not a JSON object: expected a closing quote at byte 3\n"
                     "bad: not a JSON object: expected a value at byte 5\n"
                     "bad: not a JSON object: expected `{` at byte 0\n");
}

Test(json_reader, unwanted_columns_are_not_even_parsed)
{
    static const bool wanted[] = {false, true};
    const char *const records[] = {"{\"a\":\"not a number\",\"b\":\"x\"}", "{\"b\":\"y\"}", NULL};

    cr_assert_str_eq(read_wanted("a bigint not null, b string", wanted, records),
                     "null, x\nnull, y\n");
}

Test(json_reader, a_bad_record_leaves_no_trace_in_the_next)
{
    cr_assert_str_eq(
        READ("a bigint, b bigint, c bigint", "{\"a\":1,\"b\":null,\"c\":\"x\"}", "{\"c\":3}"),
        "bad: column `c`: `x` is not a valid bigint\nnull, null, 3\n");
}

Test(json_reader, nesting_stops_at_its_limit)
{
    char record[200] = "{\"z\":";
    size_t size = strlen(record);
    memset(record + size, '[', 65);
    memset(record + size + 65, ']', 65);
    strcpy(record + size + 130, "}");

    cr_assert_str_eq(READ("a bigint", record),
                     "bad: not a JSON object: expected a value at byte 5\n");
}

Test(json_reader, no_damage_crashes_the_reader)
{
    static const char record[] =
        "{\"a\":1,\"s\":\"t\\u00e9xt \\\\ long enough for a block\",\"t\":"
        "\"2015-09-12T00:46:58.771Z\",\"z\":{\"q\":[1,\"]\"]},\"d\":-1.50}";
    leat_prng prng = {11};
    for (size_t size = 0; size < sizeof record; size++) {
        char cut[sizeof record] = {0};
        memcpy(cut, record, size);
        READ("a bigint, s string, t timestamp, d decimal(5,2)", cut);
    }
    for (int round = 0; round < 2000; round++) {
        char damaged[sizeof record];
        memcpy(damaged, record, sizeof record);
        for (int hits = 0; hits < 3; hits++)
            damaged[leat_prng_below(&prng, sizeof record - 1)] =
                "\"\\{}[]:,0x\x80u"[leat_prng_below(&prng, 12)];
        READ("a bigint, s string, t timestamp, d decimal(5,2)", damaged);
    }
}

Test(json_reader, nested_values_are_read_from_arrays_and_objects_or_from_their_text)
{
    cr_assert_str_eq(READ("a int[], r row(x int, y string), m map(string, int)",
                          "{\"a\":[1,null,3],\"r\":{\"y\":\"q\",\"x\":5,\"z\":0},\"m\":{\"k\":1}}",
                          "{\"a\":\"{4,5}\",\"r\":\"(6,w)\",\"m\":{}}", "{\"a\":[],\"r\":[7]}"),
                     "{1,NULL,3}, (5,q), {k=1}\n{4,5}, (6,w), {}\n{}, (7,), null\n");
    cr_assert_str_eq(READ("a int[]", "{\"a\":[1,\"x\"]}", "{\"a\":{\"b\":1}}", "{\"a\":5}"),
                     "bad: column `a`: `[1,\"x\"]` is not a valid array<int>\n"
                     "bad: column `a`: `{\"b\":1}` is not a valid array<int>\n"
                     "bad: column `a`: `5` is not a valid array<int>\n");
}

Test(json_reader, json_is_normalized_and_documents_in_quotes_count)
{
    cr_assert_str_eq(READ("j json", "{\"j\":{\"b\":1,\"a\":[ 2.50 ]}}", "{\"j\":\"[1]\"}",
                          "{\"j\":\"[text\"}", "{\"j\":\"12\"}", "{\"j\":12}", "{\"j\":null}"),
                     "{\"a\": [2.50], \"b\": 1}\n[1]\n\"[text\"\n\"12\"\n12\nnull\n");
}

Test(json_reader, days_and_times_of_day_are_read_from_their_text)
{
    cr_assert_str_eq(READ("d date, t time", "{\"d\":\"2024-02-29\",\"t\":\"10:11:12.5\"}",
                          "{\"d\":\"2024-02-30\"}"),
                     "2024-02-29, 10:11:12.5\nbad: column `d`: `2024-02-30` is not a valid date\n");
}
