/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "worker/connectors/nexmark/model.h"

enum { TEXT_MAX = 64 };

/* The queries name some of the states and cities; people's names are nobody's. */
static const char *const first_names[] = {"Ada",   "Bela", "Carl", "Dora", "Emil", "Finn",
                                          "Greta", "Hugo", "Ines", "Jana", "Karim"};
static const char *const last_names[] = {"Adler", "Berg",  "Conrad", "Dahl",  "Ernst",
                                         "Frey",  "Gross", "Haas",   "Irving"};
static const char *const cities[] = {"Phoenix",  "Los Angeles", "San Francisco", "Boise",
                                     "Portland", "Bend",        "Redmond",       "Seattle",
                                     "Kent",     "Cheyenne"};
static const char *const states[] = {"AZ", "CA", "ID", "OR", "WA", "WY"};

static void
person_id(const nexmark_model *model, const uint64_t *events, uint32_t count, int64_t *out)
{
    (void)model;
    for (uint32_t i = 0; i < count; i++)
        out[i] = (int64_t)(nexmark_last_person(events[i]) + NEXMARK_FIRST_PERSON);
}

static void person_name(const nexmark_model *model,
                        const uint64_t *events,
                        uint32_t count,
                        leat_builder *heap,
                        leat_view *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t draw = nexmark_draw_of(model, events[i], DRAW_NAME);
        char text[TEXT_MAX];
        int size = snprintf(text, sizeof text, "%s %s",
                            first_names[nexmark_low(draw, LEAT_COUNT_OF(first_names))],
                            last_names[nexmark_high(draw, LEAT_COUNT_OF(last_names))]);
        out[i] = leat_nexmark_text(heap, text, (size_t)size);
    }
}

static void person_email(const nexmark_model *model,
                         const uint64_t *events,
                         uint32_t count,
                         leat_builder *heap,
                         leat_view *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t draw = nexmark_draw_of(model, events[i], DRAW_TEXT);
        const char *letters = model->letters + nexmark_high(draw, NEXMARK_LETTERS);
        char text[TEXT_MAX];
        int size = snprintf(text, sizeof text, "%.*s@%.*s.com", 3 + (int)(draw & 3), letters,
                            3 + (int)(draw >> 2 & 1), letters + 8);
        out[i] = leat_nexmark_text(heap, text, (size_t)size);
    }
}

static void person_credit_card(const nexmark_model *model,
                               const uint64_t *events,
                               uint32_t count,
                               leat_builder *heap,
                               leat_view *out)
{
    for (uint32_t i = 0; i < count; i++) {
        leat_prng prng = {nexmark_draw_of(model, events[i], DRAW_MORE)};
        unsigned groups[4];
        for (size_t g = 0; g < LEAT_COUNT_OF(groups); g++)
            groups[g] = (unsigned)leat_prng_below(&prng, 10000);
        char text[TEXT_MAX];
        int size = snprintf(text, sizeof text, "%04u %04u %04u %04u", groups[0], groups[1],
                            groups[2], groups[3]);
        out[i] = leat_nexmark_text(heap, text, (size_t)size);
    }
}

static void person_city(const nexmark_model *model,
                        const uint64_t *events,
                        uint32_t count,
                        leat_builder *heap,
                        leat_view *out)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t draw = nexmark_draw_of(model, events[i], DRAW_AUCTION);
        const char *city = cities[nexmark_low(draw, LEAT_COUNT_OF(cities))];
        out[i] = leat_nexmark_text(heap, city, strlen(city));
    }
}

static void person_state(const nexmark_model *model,
                         const uint64_t *events,
                         uint32_t count,
                         leat_builder *heap,
                         leat_view *out)
{
    (void)heap;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t draw = nexmark_draw_of(model, events[i], DRAW_AUCTION);
        out[i] = leat_view_of(states[nexmark_high(draw, LEAT_COUNT_OF(states))], 2);
    }
}

static void person_extra(const nexmark_model *model,
                         const uint64_t *events,
                         uint32_t count,
                         leat_builder *heap,
                         leat_view *out)
{
    static const nexmark_letters letters = {DRAW_EXTRA, 110,
                                            56}; /* a person has 200 bytes on average */
    leat_nexmark_letters(model, events, count, letters, heap, out);
}

static const nexmark_field fields[] = {
    {{"id", LEAT_TYPE_BIGINT}, person_id, NULL, false},
    {{"name", LEAT_TYPE_STRING}, NULL, person_name, false},
    {{"emailAddress", LEAT_TYPE_STRING}, NULL, person_email, false},
    {{"creditCard", LEAT_TYPE_STRING}, NULL, person_credit_card, false},
    {{"city", LEAT_TYPE_STRING}, NULL, person_city, false},
    {{"state", LEAT_TYPE_STRING}, NULL, person_state, false},
    {{"dateTime", LEAT_TYPE_TIMESTAMP}, leat_nexmark_times, NULL, false},
    {{"extra", LEAT_TYPE_STRING}, NULL, person_extra, false},
};

nexmark_fields leat_nexmark_person_fields(void)
{
    return (nexmark_fields){fields, LEAT_COUNT_OF(fields)};
}
