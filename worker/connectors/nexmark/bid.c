/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/nexmark/model.h"

static void
bid_auction(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t draw = nexmark_draw_of(model, events[i], DRAW_AUCTION);
        bool is_hot = nexmark_low(draw, model->hot_auction_ratio) > 0;
        uint64_t hot = nexmark_last_auction(events[i]) / NEXMARK_HOT_EVERY * NEXMARK_HOT_EVERY;
        uint64_t any = nexmark_any_auction(events[i], draw);
        out[i] = (int64_t)(nexmark_choose(is_hot, hot, any) + NEXMARK_FIRST_AUCTION);
    }
}

/* Bidders start at 2000: the reference adds the first id twice, and so do its results. */
static void
bid_bidder(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t draw = nexmark_draw_of(model, events[i], DRAW_PERSON);
        bool is_hot = nexmark_low(draw, model->hot_bidder_ratio) > 0;
        uint64_t hot = nexmark_last_person(events[i]) / NEXMARK_HOT_EVERY * NEXMARK_HOT_EVERY + 1;
        uint64_t any = nexmark_any_person(events[i], draw);
        out[i] = (int64_t)(nexmark_choose(is_hot, hot, any) + 2 * NEXMARK_FIRST_PERSON);
    }
}

static void
bid_price(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = nexmark_price(model, nexmark_draw_of(model, events[i], DRAW_PRICE));
}

/* One of the four hot channels, which stand last, in half of the bids. */
static inline uint64_t channel_of(const nexmark_model *model, uint64_t event)
{
    uint64_t draw = nexmark_draw_of(model, event, DRAW_CHANNEL);
    uint64_t cold = nexmark_high(draw, NEXMARK_CHANNELS);
    uint64_t hot = NEXMARK_CHANNELS + (draw >> 1 & 3);
    return nexmark_choose((draw & 1) != 0, hot, cold);
}

static void bid_channel(const nexmark_model *model,
                        const uint64_t *events,
                        uint32_t count,
                        leat_builder *heap,
                        leat_view *out)
{
    (void)heap;
    for (uint32_t i = 0; i < count; i++)
        out[i] = model->channels[channel_of(model, events[i])];
}

static void bid_url(const nexmark_model *model,
                    const uint64_t *events,
                    uint32_t count,
                    leat_builder *heap,
                    leat_view *out)
{
    char *text = leat_builder_heap(heap, (size_t)count * NEXMARK_URL_MAX);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t channel = channel_of(model, events[i]);
        leat_view url = model->urls[channel];
        memcpy(text, url.data, NEXMARK_URL_MAX); /* whole: a constant size is a few moves */
        url.data = text;
        out[i] = url;
        text += url.size;
    }
}

static void bid_extra(const nexmark_model *model,
                      const uint64_t *events,
                      uint32_t count,
                      leat_builder *heap,
                      leat_view *out)
{
    static const nexmark_letters letters = {DRAW_EXTRA, 54,
                                            28}; /* 68 on average: a bid has 100 bytes */
    leat_nexmark_letters(model, events, count, letters, heap, out);
}

static const nexmark_field fields[] = {
    {{"auction", LEAT_TYPE_BIGINT}, bid_auction, NULL, false},
    {{"bidder", LEAT_TYPE_BIGINT}, bid_bidder, NULL, false},
    {{"price", LEAT_TYPE_BIGINT}, bid_price, NULL, false},
    {{"channel", LEAT_TYPE_STRING}, NULL, bid_channel, true},
    {{"url", LEAT_TYPE_STRING}, NULL, bid_url, true},
    {{"dateTime", LEAT_TYPE_TIMESTAMP}, leat_nexmark_times, NULL, false},
    {{"extra", LEAT_TYPE_STRING}, NULL, bid_extra, false},
};

nexmark_fields leat_nexmark_bid_fields(void)
{
    return (nexmark_fields){fields, LEAT_COUNT_OF(fields)};
}
