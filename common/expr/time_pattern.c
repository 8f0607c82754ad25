/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading patterns. PostgreSQL's keywords are taken longest first, in upper or lower letters
 * throughout; Java's letters come in runs whose length says the width.
 */
#include "common/expr/time_pattern.h"

#include <ctype.h>

#include "common/base/vec.h"

const char *const leat_month_names[12] = {"January",   "February", "March",    "April",
                                          "May",       "June",     "July",     "August",
                                          "September", "October",  "November", "December"};
const char *const leat_day_names[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
const char *const leat_roman_months[12] = {"I",   "II",   "III", "IV", "V",  "VI",
                                           "VII", "VIII", "IX",  "X",  "XI", "XII"};

typedef struct keyword {
    const char *word; /* upper case */
    leat_pattern_field field;
    uint8_t width;  /* filled to, unless FM stands before */
    uint8_t digits; /* read at most */
} keyword;

/* A word stands before the words that begin it. */
static const keyword keywords[] = {
    {"A.D.", LEAT_PATTERN_ERA, 0, 0},
    {"AD", LEAT_PATTERN_ERA, 0, 0},
    {"A.M.", LEAT_PATTERN_HALF_DAY, 0, 0},
    {"AM", LEAT_PATTERN_HALF_DAY, 0, 0},
    {"B.C.", LEAT_PATTERN_ERA, 0, 0},
    {"BC", LEAT_PATTERN_ERA, 0, 0},
    {"CC", LEAT_PATTERN_CENTURY, 2, 2},
    {"DAY", LEAT_PATTERN_DAY_NAME, 9, 0},
    {"DDD", LEAT_PATTERN_DAY_OF_YEAR, 3, 3},
    {"DD", LEAT_PATTERN_DAY, 2, 2},
    {"DY", LEAT_PATTERN_DAY_SHORT, 0, 0},
    {"D", LEAT_PATTERN_WEEKDAY, 0, 1},
    {"FF1", LEAT_PATTERN_FRACTION, 1, 1},
    {"FF2", LEAT_PATTERN_FRACTION, 2, 2},
    {"FF3", LEAT_PATTERN_FRACTION, 3, 3},
    {"FF4", LEAT_PATTERN_FRACTION, 4, 4},
    {"FF5", LEAT_PATTERN_FRACTION, 5, 5},
    {"FF6", LEAT_PATTERN_FRACTION, 6, 6},
    {"HH24", LEAT_PATTERN_HOUR, 2, 2},
    {"HH12", LEAT_PATTERN_HOUR_12, 2, 2},
    {"HH", LEAT_PATTERN_HOUR_12, 2, 2},
    {"IDDD", LEAT_PATTERN_DAY_OF_ISO_YEAR, 3, 3},
    {"ID", LEAT_PATTERN_ISO_WEEKDAY, 0, 1},
    {"IW", LEAT_PATTERN_ISO_WEEK, 2, 2},
    {"IYYY", LEAT_PATTERN_ISO_YEAR, 4, 4},
    {"IYY", LEAT_PATTERN_ISO_YEAR_LAST, 3, 3},
    {"IY", LEAT_PATTERN_ISO_YEAR_LAST, 2, 2},
    {"I", LEAT_PATTERN_ISO_YEAR_LAST, 1, 1},
    {"J", LEAT_PATTERN_JULIAN, 0, 0},
    {"MI", LEAT_PATTERN_MINUTE, 2, 2},
    {"MM", LEAT_PATTERN_MONTH, 2, 2},
    {"MONTH", LEAT_PATTERN_MONTH_NAME, 9, 0},
    {"MON", LEAT_PATTERN_MONTH_SHORT, 0, 0},
    {"MS", LEAT_PATTERN_FRACTION, 3, 3},
    {"OF", LEAT_PATTERN_ZONE_HOURS, 0, 0},
    {"P.M.", LEAT_PATTERN_HALF_DAY, 0, 0},
    {"PM", LEAT_PATTERN_HALF_DAY, 0, 0},
    {"Q", LEAT_PATTERN_QUARTER, 0, 1},
    {"RM", LEAT_PATTERN_MONTH_ROMAN, 4, 0},
    {"SSSSS", LEAT_PATTERN_SECOND_OF_DAY, 0, 5},
    {"SSSS", LEAT_PATTERN_SECOND_OF_DAY, 0, 5},
    {"SS", LEAT_PATTERN_SECOND, 2, 2},
    {"TZH", LEAT_PATTERN_ZONE_HOURS, 0, 0},
    {"TZM", LEAT_PATTERN_ZONE_MINUTES, 0, 2},
    {"TZ", LEAT_PATTERN_ZONE_NAME, 0, 0},
    {"US", LEAT_PATTERN_FRACTION, 6, 6},
    {"WW", LEAT_PATTERN_WEEK, 2, 2},
    {"W", LEAT_PATTERN_WEEK_OF_MONTH, 0, 1},
    {"Y,YYY", LEAT_PATTERN_YEAR_COMMA, 0, 0},
    {"YYYY", LEAT_PATTERN_YEAR, 4, 4},
    {"YYY", LEAT_PATTERN_YEAR_LAST, 3, 3},
    {"YY", LEAT_PATTERN_YEAR_LAST, 2, 2},
    {"Y", LEAT_PATTERN_YEAR_LAST, 1, 1},
};

typedef LEAT_VEC(leat_pattern_item) item_list;

static bool begins(leat_bytes text, const char *word, leat_pattern_case letters)
{
    size_t size = strlen(word);
    if (text.size < size)
        return false;
    for (size_t i = 0; i < size; i++) {
        bool is_upper = letters == LEAT_CASE_UPPER || (letters == LEAT_CASE_TITLE && i == 0);
        char c = is_upper ? word[i] : (char)tolower((unsigned char)word[i]);
        if (text.data[i] != c)
            return false;
    }
    return true;
}

static leat_bytes rest_of(leat_bytes text, size_t size)
{
    return leat_bytes_of(text.data + size, text.size - size);
}

/* One character that means itself; runs of a kind come together. */
static void literal_add(item_list *items, leat_bytes c, bool is_separator)
{
    leat_pattern_field field = is_separator ? LEAT_PATTERN_SEPARATOR : LEAT_PATTERN_LITERAL;
    leat_pattern_item *last = items->count == 0 ? NULL : &items->items[items->count - 1];
    if (last != NULL && last->field == field && last->text.data + last->text.size == c.data) {
        last->text.size += c.size;
        return;
    }
    leat_vec_push(items, ((leat_pattern_item){.field = field, .text = c}));
}

static bool is_plain(char c)
{
    return !isalnum((unsigned char)c) && (unsigned char)c < 0x80;
}

/* --- PostgreSQL. --- */

static const keyword *keyword_find(leat_bytes text, leat_pattern_case *out_letters)
{
    for (size_t i = 0; i < LEAT_COUNT_OF(keywords); i++) {
        for (leat_pattern_case letters = LEAT_CASE_UPPER; letters <= LEAT_CASE_TITLE; letters++) {
            bool is_name = keywords[i].field == LEAT_PATTERN_MONTH_NAME ||
                           keywords[i].field == LEAT_PATTERN_MONTH_SHORT ||
                           keywords[i].field == LEAT_PATTERN_DAY_NAME ||
                           keywords[i].field == LEAT_PATTERN_DAY_SHORT;
            if (letters == LEAT_CASE_TITLE && !is_name)
                continue;
            if (begins(text, keywords[i].word, letters)) {
                *out_letters = letters;
                return &keywords[i];
            }
        }
    }
    return NULL;
}

/* FM, TM and FX before a keyword; returns the bytes that were taken. */
static size_t modifiers_take(leat_bytes text, bool *out_is_filled)
{
    size_t taken = 0;
    for (;;) {
        leat_bytes rest = rest_of(text, taken);
        bool is_fm = begins(rest, "FM", LEAT_CASE_UPPER) || begins(rest, "FM", LEAT_CASE_LOWER);
        bool is_tm = begins(rest, "TM", LEAT_CASE_UPPER) || begins(rest, "TM", LEAT_CASE_LOWER);
        bool is_fx = begins(rest, "FX", LEAT_CASE_UPPER) || begins(rest, "FX", LEAT_CASE_LOWER);
        if (!is_fm && !is_tm && !is_fx)
            return taken;
        if (!is_fx)
            *out_is_filled = false;
        taken += 2;
    }
}

/* "in quotes", a backslash makes the next character plain; returns what follows. */
static leat_bytes quoted_take(item_list *items, leat_bytes text)
{
    text = rest_of(text, 1);
    while (text.size > 0 && text.data[0] != '"') {
        if (text.data[0] == '\\' && text.size > 1)
            text = rest_of(text, 1);
        literal_add(items, leat_bytes_of(text.data, 1), false);
        text = rest_of(text, 1);
    }
    return text.size > 0 ? rest_of(text, 1) : text;
}

static void postgres_read(item_list *items, leat_bytes text)
{
    while (text.size > 0) {
        bool is_filled = true;
        leat_pattern_case letters = LEAT_CASE_UPPER;
        text = rest_of(text, modifiers_take(text, &is_filled));
        const keyword *found = keyword_find(text, &letters);
        if (found != NULL) {
            leat_pattern_item item = {.field = found->field,
                                      .letters = letters,
                                      .width = is_filled ? found->width : 0,
                                      .digits = is_filled ? found->digits : 0,
                                      .has_dots = found->word[1] == '.'};
            if (found->field == LEAT_PATTERN_FRACTION || found->field == LEAT_PATTERN_YEAR_LAST ||
                found->field == LEAT_PATTERN_ISO_YEAR_LAST)
                item.width = found->width;
            text = rest_of(text, strlen(found->word));
            bool is_upper = begins(text, "TH", LEAT_CASE_UPPER);
            item.is_ordinal = is_upper || begins(text, "TH", LEAT_CASE_LOWER);
            if (item.is_ordinal) {
                item.letters = is_upper ? LEAT_CASE_UPPER : LEAT_CASE_LOWER;
                text = rest_of(text, 2);
            }
            leat_vec_push(items, item);
        } else if (text.size > 0 && text.data[0] == '"') {
            text = quoted_take(items, text);
        } else if (text.size > 0) {
            if (text.size > 1 && text.data[0] == '\\' && text.data[1] == '"')
                text = rest_of(text, 1);
            literal_add(items, leat_bytes_of(text.data, 1), is_plain(text.data[0]));
            text = rest_of(text, 1);
        }
    }
}

/* --- Java. --- */

/* The meaning of a letter that stands `count` times. */
static bool java_item(char letter, size_t count, leat_pattern_item *out)
{
    uint8_t width = (uint8_t)LEAT_MIN(count, (size_t)9);
    *out = (leat_pattern_item){
        .letters = LEAT_CASE_TITLE, .width = width, .digits = width > 1 ? width : 0};
    switch (letter) {
    case 'y':
    case 'u':
        out->field = count == 2 ? LEAT_PATTERN_YEAR_LAST : LEAT_PATTERN_YEAR;
        return true;
    case 'Y':
        out->field = count == 2 ? LEAT_PATTERN_ISO_YEAR_LAST : LEAT_PATTERN_ISO_YEAR;
        return true;
    case 'M':
    case 'L':
        out->field = count >= 4   ? LEAT_PATTERN_MONTH_NAME
                     : count == 3 ? LEAT_PATTERN_MONTH_SHORT
                                  : LEAT_PATTERN_MONTH;
        out->width = count >= 3 ? 0 : width;
        return true;
    case 'E':
        out->field = count >= 4 ? LEAT_PATTERN_DAY_NAME : LEAT_PATTERN_DAY_SHORT;
        out->width = 0;
        return true;
    case 'a':
        out->field = LEAT_PATTERN_HALF_DAY;
        out->letters = LEAT_CASE_UPPER;
        return true;
    case 'G':
        out->field = LEAT_PATTERN_ERA;
        out->letters = LEAT_CASE_UPPER;
        return true;
    case 'S':
        out->field = LEAT_PATTERN_FRACTION;
        out->digits = width;
        return true;
    case 'X':
    case 'x':
    case 'Z':
        out->field = LEAT_PATTERN_ZONE_HOURS;
        return true;
    case 'z':
    case 'V':
        out->field = LEAT_PATTERN_ZONE_NAME;
        return true;
    default:
        break;
    }
    static const struct {
        char letter;
        leat_pattern_field field;
    } numbers[] = {
        {'d', LEAT_PATTERN_DAY},         {'D', LEAT_PATTERN_DAY_OF_YEAR},
        {'H', LEAT_PATTERN_HOUR},        {'h', LEAT_PATTERN_HOUR_12},
        {'m', LEAT_PATTERN_MINUTE},      {'s', LEAT_PATTERN_SECOND},
        {'Q', LEAT_PATTERN_QUARTER},     {'q', LEAT_PATTERN_QUARTER},
        {'w', LEAT_PATTERN_ISO_WEEK},    {'W', LEAT_PATTERN_WEEK_OF_MONTH},
        {'e', LEAT_PATTERN_ISO_WEEKDAY},
    };
    for (size_t i = 0; i < LEAT_COUNT_OF(numbers); i++) {
        if (numbers[i].letter == letter) {
            out->field = numbers[i].field;
            return true;
        }
    }
    return false;
}

static void java_read(item_list *items, leat_bytes text)
{
    while (text.size > 0) {
        size_t count = 1;
        while (count < text.size && text.data[count] == text.data[0])
            count++;
        leat_pattern_item item;
        if (text.data[0] == '\'') { /* 'text', and '' for a quote */
            text = rest_of(text, 1);
            if (text.size > 0 && text.data[0] == '\'') {
                literal_add(items, leat_bytes_of(text.data, 1), false);
                text = rest_of(text, 1);
                continue;
            }
            while (text.size > 0 && text.data[0] != '\'') {
                literal_add(items, leat_bytes_of(text.data, 1), false);
                text = rest_of(text, 1);
            }
            text = text.size > 0 ? rest_of(text, 1) : text;
            continue;
        }
        if (java_item(text.data[0], count, &item)) {
            leat_vec_push(items, item);
        } else {
            count = 1;
            literal_add(items, leat_bytes_of(text.data, 1), is_plain(text.data[0]));
        }
        text = rest_of(text, count);
    }
}

/* Minutes after hours can only be Java's mm. */
static leat_pattern_style style_of(leat_bytes text)
{
    bool has_hour = false;
    for (size_t i = 0; i + 1 < text.size; i++) {
        leat_bytes rest = rest_of(text, i);
        bool is_h = tolower((unsigned char)rest.data[0]) == 'h';
        bool is_postgres =
            is_h && rest.size >= 4 &&
            (memcmp(rest.data + 2, "24", 2) == 0 || memcmp(rest.data + 2, "12", 2) == 0);
        if (is_postgres || begins(rest, "MI", LEAT_CASE_UPPER) ||
            begins(rest, "MI", LEAT_CASE_LOWER))
            return LEAT_PATTERN_POSTGRES;
        has_hour |= is_h && tolower((unsigned char)rest.data[1]) != 'h';
        if (has_hour && begins(rest, "MM", LEAT_CASE_LOWER))
            return LEAT_PATTERN_JAVA;
    }
    return LEAT_PATTERN_POSTGRES;
}

leat_time_pattern *
leat_time_pattern_new(leat_bytes text, leat_pattern_style style, leat_arena *arena)
{
    item_list items = {0};
    leat_bytes copy = leat_arena_bytes(arena, text);
    if (style == LEAT_PATTERN_EITHER)
        style = style_of(copy);
    if (style == LEAT_PATTERN_JAVA)
        java_read(&items, copy);
    else
        postgres_read(&items, copy);
    leat_time_pattern *pattern = LEAT_ARENA_NEW(arena, leat_time_pattern);
    pattern->item_count = (uint32_t)items.count;
    pattern->items = leat_arena_copy(arena, items.items, items.count * sizeof *items.items);
    leat_vec_fini(&items);
    return pattern;
}
