/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text/duration.h"

typedef struct duration_unit {
    const char *name;
    int64_t us;
} duration_unit;

/* Longest first, as they are printed. */
static const duration_unit UNITS[] = {
    {"d", INT64_C(86400000000)}, {"h", INT64_C(3600000000)}, {"m", INT64_C(60000000)},
    {"s", INT64_C(1000000)},     {"ms", INT64_C(1000)},      {"us", INT64_C(1)},
};

static const duration_unit *unit_find(leat_bytes name)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(UNITS); i++)
        if (leat_bytes_equal(leat_bytes_text(UNITS[i].name), name))
            return &UNITS[i];
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

leat_code leat_duration_parse(leat_bytes text, int64_t *out_us, leat_error *err)
{
    int64_t total = 0;
    size_t at = 0;
    if (leat_bytes_equal(text, LEAT_BYTES("0"))) {
        *out_us = 0;
        return LEAT_OK;
    }
    while (at < text.size) {
        size_t digits = at;
        int64_t number = 0;
        bool is_long = false;
        while (at < text.size && is_digit(text.data[at])) {
            is_long |= __builtin_mul_overflow(number, 10, &number);
            is_long |= __builtin_add_overflow(number, text.data[at] - '0', &number);
            at++;
        }
        size_t letters = at;
        while (at < text.size && text.data[at] >= 'a' && text.data[at] <= 'z')
            at++;
        const duration_unit *unit = unit_find(leat_bytes_of(text.data + letters, at - letters));
        if (letters == digits || unit == NULL)
            break;
        int64_t part;
        is_long |= __builtin_mul_overflow(number, unit->us, &part);
        is_long |= __builtin_add_overflow(total, part, &total);
        if (is_long)
            return leat_fail(err, LEAT_LIMIT, "the duration `%.*s` is too long", LEAT_FMT(text));
        if (at == text.size) {
            *out_us = total;
            return LEAT_OK;
        }
    }
    return leat_fail(err, LEAT_INVALID,
                     "expected a duration such as 100ms, 5s, 1m, 2h, 1d, got `%.*s`",
                     LEAT_FMT(text));
}

void leat_duration_print(int64_t us, leat_buf *out)
{
    if (us == 0)
        leat_buf_add_text(out, "0s");
    for (size_t i = 0; i < LEAT_COUNT_OF(UNITS); i++) {
        int64_t count = us / UNITS[i].us;
        us -= count * UNITS[i].us;
        if (count > 0)
            leat_buf_print(out, "%lld%s", (long long)count, UNITS[i].name);
    }
}
