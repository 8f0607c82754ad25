/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/connectors/nexmark/model.h"

#include <stdio.h>

#include "common/base/alloc.h"
#include "common/base/assert.h"

enum { HOT_CHANNELS = 4, DIRECTORY_LETTERS = 5, COPY_STEP = 32 };

LEAT_STATIC_ASSERT((NEXMARK_LETTERS & (NEXMARK_LETTERS - 1)) == 0, "offsets are masked");

/* Multiplied step by step: pow() may differ between machines in its last bit. */
static void prices_init(nexmark_model *model)
{
    const double step = 1.0033786221027048; /* 10^(6 / NEXMARK_PRICES) */
    double price = 100;
    for (int i = 0; i <= NEXMARK_PRICES; i++, price *= step)
        model->prices[i] = (int64_t)(price + 0.5);
}

static void letters_init(nexmark_model *model)
{
    leat_prng prng = {model->seed};
    for (size_t i = 0; i < sizeof model->letters; i++)
        model->letters[i] = (char)('a' + (int)leat_prng_below(&prng, 26));
}

static void channel_init(nexmark_model *model, uint32_t channel, leat_prng *prng)
{
    static const char *const hot[HOT_CHANNELS] = {"Google", "Facebook", "Baidu", "Apple"};
    char name[LEAT_VIEW_INLINE_MAX + 1];
    bool is_hot = channel >= NEXMARK_CHANNELS;
    int size = is_hot ? snprintf(name, sizeof name, "%s", hot[channel - NEXMARK_CHANNELS])
                      : snprintf(name, sizeof name, "channel-%u", channel);
    model->channels[channel] = leat_view_of(name, (size_t)size);

    char path[3 * DIRECTORY_LETTERS];
    for (size_t i = 0; i < sizeof path; i++)
        path[i] = (char)('a' + (int)leat_prng_below(prng, 26));
    char *url = model->url_texts + (size_t)channel * NEXMARK_URL_MAX;
    size = snprintf(url, NEXMARK_URL_MAX, "https://www.nexmark.com/%.5s/%.5s/%.5s/item.htm?query=1",
                    path, path + DIRECTORY_LETTERS, path + 2 * DIRECTORY_LETTERS);
    if (!is_hot && leat_prng_below(prng, 10) > 0)
        size += snprintf(url + size, (size_t)(NEXMARK_URL_MAX - size), "&channel_id=%u",
                         (unsigned)leat_prng_below(prng, INT32_MAX));
    model->urls[channel] = leat_view_of(url, (size_t)size);
}

static void channels_init(nexmark_model *model)
{
    size_t count = NEXMARK_CHANNELS + HOT_CHANNELS;
    model->channels = leat_alloc_zero(count, sizeof *model->channels);
    model->urls = leat_alloc_zero(count, sizeof *model->urls);
    model->url_texts = leat_alloc_zero(count, NEXMARK_URL_MAX);
    leat_prng prng = {model->seed};
    for (uint32_t i = 0; i < count; i++)
        channel_init(model, i, &prng);
}

void leat_nexmark_model_init(nexmark_model *model, bool has_channels)
{
    prices_init(model);
    letters_init(model);
    if (has_channels)
        channels_init(model);
}

void leat_nexmark_model_fini(nexmark_model *model)
{
    leat_free(model->channels);
    leat_free(model->urls);
    leat_free(model->url_texts);
}

void leat_nexmark_times(const nexmark_model *model,
                        const uint64_t *events,
                        uint32_t count,
                        int64_t *out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = nexmark_time(model, events[i]);
}

/* Copies run over the end of a text by less than a step: the next text overwrites that, and the
 * memory behind the last one is reserved. */
void leat_nexmark_letters(const nexmark_model *model,
                          const uint64_t *events,
                          uint32_t count,
                          nexmark_letters letters,
                          leat_builder *heap,
                          leat_view *out)
{
    LEAT_ASSERT(letters.min + letters.spread <= NEXMARK_TEXT_MAX - COPY_STEP);
    char *text =
        leat_builder_heap(heap, (size_t)count * (letters.min + letters.spread) + COPY_STEP);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t drawn = nexmark_draw_of(model, events[i], letters.draw);
        uint32_t size = letters.min + (uint32_t)nexmark_low(drawn, letters.spread);
        const char *from = model->letters + nexmark_high(drawn, NEXMARK_LETTERS);
        for (uint32_t done = 0; done < size; done += COPY_STEP)
            memcpy(text + done, from + done, COPY_STEP);
        out[i] = leat_view_of(text, size);
        text += size;
    }
}

leat_view leat_nexmark_text(leat_builder *heap, const char *text, size_t size)
{
    if (size > LEAT_VIEW_INLINE_MAX)
        text = memcpy(leat_builder_heap(heap, size), text, size);
    return leat_view_of(text, size);
}
