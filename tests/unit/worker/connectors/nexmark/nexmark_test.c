/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/nexmark/nexmark.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "common/base/limits.h"
#include "tests/support/source_text.h"

#define BID                                                                                        \
    "auction bigint, bidder bigint, price bigint, channel string, url string, dateTime "           \
    "timestamp, "                                                                                  \
    "extra string"
#define AUCTION                                                                                    \
    "id bigint, itemName string, description string, initialBid bigint, reserve bigint, "          \
    "dateTime timestamp, expires timestamp, seller bigint, category bigint, extra string"
#define PERSON                                                                                     \
    "id bigint, name string, emailAddress string, creditCard string, city string, state string, "  \
    "dateTime timestamp, extra string"

static const leat_test_run whole = {LEAT_BATCH_ROWS_MAX, 0};

Test(nexmark, golden_bids)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_nexmark_source, BID, "events", "7");

    cr_expect_str_eq(
        leat_test_source_read(&test, "0/1", whole),
        "1007, 2008, 8094714, channel-8618, https://www.nexmark.com/jquxm/ciadx/cckmj/item.ht"
        "m?query=1&channel_id=1625585344, 2015-07-15 00:00:00, ikkumhfxdpvzjncjotslcysskwicey"
        "ojgiavhqmarinbcvyafreghkwulfdxjyiitsrq\n"
        "1010, 2003, 901, channel-9126, https://www.nexmark.com/fwazl/pbtst/jwpiu/item.htm?qu"
        "ery=1&channel_id=1904473215, 2015-07-15 00:00:00, sqwqwcsycfcpjlybstayefgwzjootodojf"
        "zzlaajwuaqpcpnqzvjbwqzfvxalxsgazh\n"
        "1005, 2000, 438833, channel-9583, https://www.nexmark.com/ngmpb/lqlvv/ixxiu/item.htm"
        "?query=1&channel_id=1916270808, 2015-07-15 00:00:00, gwfeygshclepmpqooatggjevpgjlzzg"
        "gxcdgiscgaxralrmzevjbjhcstlcubes\n"
        "end\n");
}

Test(nexmark, golden_auctions)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_nexmark_source,
                "id bigint, itemName string, initialBid bigint, reserve bigint, "
                "dateTime timestamp, expires timestamp, seller bigint, category bigint",
                "table", "auction", "events", "55");

    cr_expect_str_eq(
        leat_test_source_read(&test, "0/1", whole),
        "1000, azibxaeosjgkx, 429064, 482721, 2015-07-15 00:00:00, 2015-07-15 00:00:00.29, 10"
        "04, 12\n"
        "1001, wprrmwkkistsywib, 249, 556, 2015-07-15 00:00:00, 2015-07-15 00:00:00.054, 1000"
        ", 10\n"
        "1002, uhoqrsb, 96936600, 97323067, 2015-07-15 00:00:00, 2015-07-15 00:00:00.254, 100"
        "0, 10\n"
        "1003, mrrzkahtam, 5596041, 5596467, 2015-07-15 00:00:00.005, 2015-07-15 00:00:00.291"
        ", 1000, 11\n"
        "1004, xsbbwgcasy, 18524, 732442, 2015-07-15 00:00:00.005, 2015-07-15 00:00:00.09, 10"
        "00, 11\n"
        "1005, dizytdbjenv, 212, 75875, 2015-07-15 00:00:00.005, 2015-07-15 00:00:00.065, 100"
        "0, 13\n"
        "end\n");
}

Test(nexmark, golden_persons)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_nexmark_source,
                "id bigint, name string, emailAddress string, creditCard string, city string, "
                "state string, dateTime timestamp",
                "table", "person", "events", "101");

    cr_expect_str_eq(
        leat_test_source_read(&test, "0/1", whole),
        "1000, Jana Haas, akuz@yzxi.com, 8873 7568 1529 4746, Bend, OR, 2015-07-15 00:00:00\n"
        "1001, Karim Conrad, kypok@fwti.com, 7762 2026 8782 8365, Portland, CA, 2015-07-15 00"
        ":00:00.005\n"
        "1002, Bela Gross, sawydj@krxm.com, 1908 4317 7226 3537, Bend, WY, 2015-07-15 00:00:0"
        "0.01\n"
        "end\n");
}

static void same_however_read(const char *table, const char *schema)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_nexmark_source, schema, "table", table, "events", "9999");
    const char *rows = leat_test_source_read(&test, "1/3", whole);

    cr_assert_gt(strlen(rows), 1000);
    cr_assert_str_eq(leat_test_source_read(&test, "1/3", (leat_test_run){11, 0}), rows);
    cr_assert_str_eq(leat_test_source_read(&test, "1/3", (leat_test_run){300, 1}), rows);
}

Test(nexmark, rows_are_the_same_whatever_the_batches_and_the_resumes)
{
    same_however_read("bid", BID);
    same_however_read("auction", AUCTION);
    same_however_read("person", PERSON);
    same_however_read("all", "event_type bigint, person_id bigint, auction_id bigint, "
                             "bid_auction bigint, bid_url string, dateTime timestamp");
}

Test(nexmark, a_column_is_the_same_alone_and_among_others)
{
    leat_test_source all;
    leat_test_source some;
    SOURCE_INIT(&all, &leat_nexmark_source, BID, "events", "5000");
    SOURCE_INIT(&some, &leat_nexmark_source, "price bigint, auction bigint", "events", "5000");
    static const bool wanted[] = {true, false, true, false, false, false, false};
    all.config.wanted = wanted;

    const char *rows = leat_test_source_read(&all, "0/1", whole);
    const char *pairs = leat_test_source_read(&some, "0/1", whole);

    long a1, p1, a2, p2;
    cr_assert_eq(sscanf(rows, "%ld, null, %ld, null, null, null, null", &a1, &p1), 2);
    cr_assert_eq(sscanf(pairs, "%ld, %ld", &p2, &a2), 2);
    cr_assert(a1 == a2 && p1 == p2);
}

Test(nexmark, all_fields_are_made_although_nobody_reads_them_when_asked_for)
{
    leat_test_source all;
    leat_test_source asked;
    SOURCE_INIT(&all, &leat_nexmark_source, BID, "events", "500");
    SOURCE_INIT(&asked, &leat_nexmark_source, BID, "events", "500", "all_fields", "true");
    static const bool wanted[] = {true, false, false, false, false, false, false};
    asked.config.wanted = wanted;
    cr_assert_str_eq(leat_test_source_read(&asked, "0/1", whole),
                     leat_test_source_read(&all, "0/1", whole));
}

/* Lines of a text; the last says how the source ended. */
static uint32_t row_count(const char *text)
{
    uint32_t lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines - 1;
}

Test(nexmark, the_kinds_share_the_events_as_1_to_3_to_46)
{
    static const char *const tables[] = {"person", "auction", "bid", "all"};
    static const uint32_t of_103[] = {3, 8, 92, 103};
    for (size_t i = 0; i < LEAT_COUNT_OF(tables); i++) {
        leat_test_source test;
        SOURCE_INIT(&test, &leat_nexmark_source, "dateTime timestamp", "table", tables[i], "events",
                    "103");
        if (strcmp(tables[i], "all") == 0)
            cr_assert_str_eq(leat_test_source_check(&test), "");
        uint32_t split_rows = 0;
        for (int split = 0; split < 2; split++)
            split_rows +=
                row_count(leat_test_source_read(&test, split == 0 ? "0/2" : "1/2", whole));
        cr_assert_eq(split_rows, of_103[i], "%s: %u", tables[i], split_rows);
    }
}

Test(nexmark, the_table_all_holds_the_rows_of_the_three)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_nexmark_source,
                "event_type bigint, person_id bigint, person_state string, auction_id bigint, "
                "auction_category bigint, bid_channel string",
                "table", "all", "events", "6");

    cr_expect_str_eq(leat_test_source_read(&test, "0/1", whole),
                     "0, 1000, OR, null, null, null\n"
                     "1, null, null, 1000, 12, null\n"
                     "1, null, null, 1001, 10, null\n"
                     "1, null, null, 1002, 10, null\n"
                     "2, null, null, null, null, channel-8618\n"
                     "2, null, null, null, null, channel-9126\n"
                     "end\n");
}

typedef struct bid_counts {
    uint32_t bids;
    uint32_t hot_auctions;
    uint32_t hot_channels;
    uint64_t text_bytes;
} bid_counts;

static void bids_count(const leat_rows *rows, bid_counts *counts)
{
    const int64_t *auctions = rows->columns[0].values;
    const leat_view *channels = rows->columns[1].values;
    const leat_view *urls = rows->columns[2].values;
    const leat_view *extras = rows->columns[3].values;
    for (uint32_t i = 0; i < rows->row_count; i++) {
        counts->bids++;
        counts->hot_auctions += auctions[i] % 100 == 0;
        counts->hot_channels += strncmp(leat_view_bytes(&channels[i]).data, "channel-", 8) != 0;
        counts->text_bytes += urls[i].size + extras[i].size;
        cr_assert(extras[i].size >= 54 && extras[i].size < 82);
    }
}

Test(nexmark, half_of_the_bids_go_to_hot_auctions_and_hot_channels)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_nexmark_source,
                "auction bigint, channel string, url string, extra string", "events", "50000");
    leat_builder *builder = leat_builder_new(test.config.schema, LEAT_BATCH_ROWS_MAX);
    leat_source_reader *reader = NULL;
    bid_counts counts = {0};
    const leat_poll poll = {.max_rows = LEAT_BATCH_ROWS_MAX};

    cr_assert_eq(leat_nexmark_source.open_split(&test.config, LEAT_BYTES("0/1"),
                                                leat_bytes_of(NULL, 0), &reader, NULL),
                 LEAT_OK);
    while (leat_nexmark_source.poll(reader, &poll, builder, NULL) == LEAT_OK) {
        leat_rows rows = leat_builder_rows(builder);
        bids_count(&rows, &counts);
        leat_builder_clear(builder);
    }

    cr_assert_eq(counts.bids, 46000);
    cr_assert(counts.hot_auctions > 22500 && counts.hot_auctions < 24500, "%u",
              counts.hot_auctions);
    cr_assert(counts.hot_channels > 22000 && counts.hot_channels < 24000);
    cr_assert_eq(counts.text_bytes / counts.bids, 135, "%lu", counts.text_bytes / counts.bids);
    leat_nexmark_source.close(&reader);
    leat_builder_free(&builder);
}

Test(nexmark, wrong_options_and_columns_are_named)
{
    leat_test_source test;
    SOURCE_INIT(&test, &leat_nexmark_source, "auctoin bigint, price double", "table", "bids",
                "event_rate", "0");

    const char *text = leat_test_source_check(&test);

    cr_assert(strstr(text, "`table: bids`: expected bid, auction, person or all"), "%s", text);
    cr_assert(strstr(text, "`event_rate: 0`: expected a whole number from 1"), "%s", text);
    cr_assert(strstr(text, "column `auctoin` is no field of the source, did you mean `auction`?"));
    cr_assert(strstr(text, "column `price` must be a bigint"), "%s", text);
}
