/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/nexmark/model.h"

enum { CATEGORIES = 5, FIRST_CATEGORY = 10 };

static void
auction_id(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out)
{
    (void)model;
    for (uint32_t i = 0; i < count; i++)
        out[i] = (int64_t)(nexmark_last_auction(events[i]) + NEXMARK_FIRST_AUCTION);
}

static void auction_item_name(const nexmark_model *model,
                              const uint64_t *events,
                              uint32_t count,
                              leat_builder *heap,
                              leat_view *out)
{
    static const nexmark_letters letters = {DRAW_NAME, 3, 17};
    leat_nexmark_letters(model, events, count, letters, heap, out);
}

static void auction_description(const nexmark_model *model,
                                const uint64_t *events,
                                uint32_t count,
                                leat_builder *heap,
                                leat_view *out)
{
    static const nexmark_letters letters = {DRAW_TEXT, 3, 97};
    leat_nexmark_letters(model, events, count, letters, heap, out);
}

static int64_t first_bid(const nexmark_model *model, uint64_t event)
{
    return nexmark_price(model, nexmark_draw_of(model, event, DRAW_PRICE));
}

static void auction_initial_bid(const nexmark_model *model,
                                const uint64_t *events,
                                uint32_t count,
                                int64_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = first_bid(model, events[i]);
}

static void
auction_reserve(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t more = nexmark_draw_of(model, events[i], DRAW_PRICE_MORE);
        out[i] = first_bid(model, events[i]) + nexmark_price(model, more);
    }
}

/* On average when as many further auctions are open as bids go to. */
static void
auction_expires(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out)
{
    const uint64_t ahead = NEXMARK_AUCTIONS_OPEN * NEXMARK_PERIOD / NEXMARK_AUCTIONS;
    for (uint32_t i = 0; i < count; i++) {
        leat_time now = nexmark_time(model, events[i]);
        int64_t horizon_ms = (nexmark_time(model, events[i] + ahead) - now) / 1000;
        uint64_t spread = (uint64_t)LEAT_MAX(horizon_ms * 2, INT64_C(1));
        leat_prng prng = {nexmark_draw_of(model, events[i], DRAW_MORE)};
        out[i] = now + 1000 * (1 + (int64_t)leat_prng_below(&prng, spread));
    }
}

static void
auction_seller(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t draw = nexmark_draw_of(model, events[i], DRAW_PERSON);
        bool is_hot = nexmark_low(draw, model->hot_seller_ratio) > 0;
        uint64_t hot = nexmark_last_person(events[i]) / NEXMARK_HOT_EVERY * NEXMARK_HOT_EVERY;
        uint64_t any = nexmark_any_person(events[i], draw);
        out[i] = (int64_t)(nexmark_choose(is_hot, hot, any) + NEXMARK_FIRST_PERSON);
    }
}

static void
auction_category(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t draw = nexmark_draw_of(model, events[i], DRAW_AUCTION);
        out[i] = FIRST_CATEGORY + (int64_t)nexmark_low(draw, CATEGORIES);
    }
}

static void auction_extra(const nexmark_model *model,
                          const uint64_t *events,
                          uint32_t count,
                          leat_builder *heap,
                          leat_view *out)
{
    static const nexmark_letters letters = {DRAW_EXTRA, 311,
                                            156}; /* an auction has 500 bytes on average */
    leat_nexmark_letters(model, events, count, letters, heap, out);
}

static const nexmark_field fields[] = {
    {{"id", LEAT_TYPE_BIGINT}, auction_id, NULL, false},
    {{"itemName", LEAT_TYPE_STRING}, NULL, auction_item_name, false},
    {{"description", LEAT_TYPE_STRING}, NULL, auction_description, false},
    {{"initialBid", LEAT_TYPE_BIGINT}, auction_initial_bid, NULL, false},
    {{"reserve", LEAT_TYPE_BIGINT}, auction_reserve, NULL, false},
    {{"dateTime", LEAT_TYPE_TIMESTAMP}, leat_nexmark_times, NULL, false},
    {{"expires", LEAT_TYPE_TIMESTAMP}, auction_expires, NULL, false},
    {{"seller", LEAT_TYPE_BIGINT}, auction_seller, NULL, false},
    {{"category", LEAT_TYPE_BIGINT}, auction_category, NULL, false},
    {{"extra", LEAT_TYPE_STRING}, NULL, auction_extra, false},
};

nexmark_fields leat_nexmark_auction_fields(void)
{
    return (nexmark_fields){fields, LEAT_COUNT_OF(fields)};
}
