/* SPDX-License-Identifier: Apache-2.0
 *
 * model - the arithmetic of Nexmark: which event is what, which ids exist when, what is drawn.
 *
 * Inside worker/connectors/nexmark only. Every function is pure in (model, event).
 */
#ifndef LEAT_WORKER_CONNECTORS_NEXMARK_MODEL_H
#define LEAT_WORKER_CONNECTORS_NEXMARK_MODEL_H

#include "common/base/prng.h"
#include "common/columns/builder.h"
#include "worker/connectors/base/fields.h"

enum {
    NEXMARK_PERIOD = 50, /* events after which the kinds repeat */
    NEXMARK_PERSONS = 1, /* of each period */
    NEXMARK_AUCTIONS = 3,
    NEXMARK_BIDS = 46,

    NEXMARK_FIRST_AUCTION = 1000, /* ids start here */
    NEXMARK_FIRST_PERSON = 1000,
    NEXMARK_HOT_EVERY = 100,     /* the hot one is the last multiple of this */
    NEXMARK_AUCTIONS_OPEN = 100, /* bids go to the last so many ... */
    NEXMARK_AUCTIONS_AHEAD = 10, /* ... and to some that do not exist yet */
    NEXMARK_PEOPLE_ACTIVE = 1000,
    NEXMARK_PEOPLE_AHEAD = 10,

    NEXMARK_PRICES = 4096,
    NEXMARK_LETTERS = 4096,   /* a power of two */
    NEXMARK_TEXT_MAX = 512,   /* of one generated text */
    NEXMARK_CHANNELS = 10000, /* cold ones; four hot ones stand behind them */
    NEXMARK_URL_MAX = 96,
};

typedef struct nexmark_model {
    uint64_t seed;
    uint64_t event_rate; /* events a second of event time */
    leat_time start;
    uint32_t hot_auction_ratio; /* all but one in so many go to the hot one */
    uint32_t hot_seller_ratio;
    uint32_t hot_bidder_ratio;

    int64_t prices[NEXMARK_PRICES + 1]; /* 100 * 10^(6 i / NEXMARK_PRICES) */
    char letters[NEXMARK_LETTERS + NEXMARK_TEXT_MAX];
    leat_view *channels; /* owned, or NULL; names, all inline */
    leat_view *urls;     /* of the channels */
    char *url_texts;     /* NEXMARK_URL_MAX bytes each */
} nexmark_model;

/* Sets what follows from the seed; the first six members are set before. The table of channels
 * takes longer than all else that starts a job: only when somebody reads it. */
void leat_nexmark_model_init(nexmark_model *model, bool has_channels);
void leat_nexmark_model_fini(nexmark_model *model);

/* One field of one kind of event: fills `out` for `count` events. Text kernels put long text into
 * the builder's heap. One of the two is set. */
typedef void
nexmark_integers(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out);
typedef void nexmark_texts(const nexmark_model *model,
                           const uint64_t *events,
                           uint32_t count,
                           leat_builder *heap,
                           leat_view *out);

typedef struct nexmark_field {
    leat_source_field field;
    nexmark_integers *integers;
    nexmark_texts *texts;
    bool reads_channels; /* the model's table of them */
} nexmark_field;

typedef struct nexmark_fields {
    const nexmark_field *fields;
    uint32_t count;
} nexmark_fields;

nexmark_fields leat_nexmark_person_fields(void);
nexmark_fields leat_nexmark_auction_fields(void);
nexmark_fields leat_nexmark_bid_fields(void);

/* What is drawn for an event; persons, auctions and bids never share one. */
typedef enum nexmark_draw {
    DRAW_AUCTION,
    DRAW_PERSON,
    DRAW_PRICE,
    DRAW_PRICE_MORE,
    DRAW_CHANNEL,
    DRAW_EXTRA,
    DRAW_NAME,
    DRAW_TEXT,
    DRAW_MORE,
    NEXMARK_DRAWS
} nexmark_draw;

/* Draw number NEXMARK_DRAWS * event + draw of the seed's stream, so that none needs those before.
 */
static inline uint64_t
nexmark_draw_of(const nexmark_model *model, uint64_t event, nexmark_draw draw)
{
    uint64_t number = event * NEXMARK_DRAWS + draw;
    leat_prng prng = {model->seed + number * UINT64_C(0x9E3779B97F4A7C15)};
    return leat_prng_next(&prng);
}

/* [0, bound) from the low or the high half of a draw; bound < 2^32. */
static inline uint64_t nexmark_low(uint64_t draw, uint64_t bound)
{
    return (draw & UINT32_MAX) * bound >> 32;
}

static inline uint64_t nexmark_high(uint64_t draw, uint64_t bound)
{
    return (draw >> 32) * bound >> 32;
}

/* is_first ? first : second without a branch: the hot choices are a coin that no branch predictor
 * foresees. */
static inline uint64_t nexmark_choose(bool is_first, uint64_t first, uint64_t second)
{
    return second ^ ((first ^ second) & -(uint64_t)is_first);
}

static inline leat_time nexmark_time(const nexmark_model *model, uint64_t event)
{
    return model->start + (leat_time)(event * 1000 / model->event_rate * 1000);
}

/* The newest person and auction, from 0, when `event` happens. */
static inline uint64_t nexmark_last_person(uint64_t event)
{
    return event / NEXMARK_PERIOD;
}

static inline uint64_t nexmark_last_auction(uint64_t event)
{
    uint64_t period = event / NEXMARK_PERIOD;
    uint64_t offset = event % NEXMARK_PERIOD;
    if (offset < NEXMARK_PERSONS)
        return period == 0 ? 0 : period * NEXMARK_AUCTIONS - 1;
    offset = LEAT_MIN(offset - NEXMARK_PERSONS, (uint64_t)NEXMARK_AUCTIONS - 1);
    return period * NEXMARK_AUCTIONS + offset;
}

/* Someone active, or not registered yet; from 0. */
static inline uint64_t nexmark_any_person(uint64_t event, uint64_t draw)
{
    uint64_t people = nexmark_last_person(event) + 1;
    uint64_t active = LEAT_MIN(people, (uint64_t)NEXMARK_PEOPLE_ACTIVE);
    return people - active + nexmark_high(draw, active + NEXMARK_PEOPLE_AHEAD);
}

static inline uint64_t nexmark_any_auction(uint64_t event, uint64_t draw)
{
    uint64_t last = nexmark_last_auction(event);
    uint64_t first = last > NEXMARK_AUCTIONS_OPEN ? last - NEXMARK_AUCTIONS_OPEN : 0;
    return first + nexmark_high(draw, last - first + 1 + NEXMARK_AUCTIONS_AHEAD);
}

/* round(100 * 10^(6 u)) for u in [0, 1), between the points of a table. */
static inline int64_t nexmark_price(const nexmark_model *model, uint64_t draw)
{
    uint64_t at = draw >> 52;
    int64_t part = (int64_t)(draw >> 32 & 0xFFFFF);
    int64_t low = model->prices[at];
    return low + ((model->prices[at + 1] - low) * part >> 20);
}

/* Shared kernels. */
void leat_nexmark_times(const nexmark_model *model,
                        const uint64_t *events,
                        uint32_t count,
                        int64_t *out);

/* A text of [min, min + spread) letters, from one draw. */
typedef struct nexmark_letters {
    nexmark_draw draw;
    uint32_t min;
    uint32_t spread;
} nexmark_letters;

void leat_nexmark_letters(const nexmark_model *model,
                          const uint64_t *events,
                          uint32_t count,
                          nexmark_letters letters,
                          leat_builder *heap,
                          leat_view *out);
/* A short text put together on the stack. */
leat_view leat_nexmark_text(leat_builder *heap, const char *text, size_t size);

#endif
