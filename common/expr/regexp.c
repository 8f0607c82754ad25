/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "common/expr/regexp.h"

#include <pcre2.h>

enum { MATCH_STEPS_MAX = 200 * 1000, MATCH_HEAP_KIB_MAX = 4096, PATTERN_BYTES_MAX = 1 << 14 };

struct leat_regexp {
    pcre2_code *code;
    uint32_t group_count;
};

/* PCRE2 keeps what it is given; the arena takes it back as a whole. */
static void *room_take(size_t size, void *arena)
{
    return leat_arena_alloc(arena, size);
}

static void room_give(void *room, void *arena)
{
    (void)room;
    (void)arena;
}

/* PostgreSQL's escapes for the ends of words and texts. */
static void pattern_translate(leat_bytes pattern, leat_buf *out)
{
    static const struct {
        char letter;
        const char *meaning;
    } escapes[] = {
        {'m', "\\b(?=\\w)"}, {'M', "\\b(?<=\\w)"}, {'y', "\\b"}, {'Y', "\\B"}, {'Z', "\\z"}};
    if (pattern.size >= 4 && memcmp(pattern.data, "***:", 4) == 0)
        pattern = leat_bytes_of(pattern.data + 4, pattern.size - 4);
    for (size_t i = 0; i < pattern.size; i++) {
        const char *meaning = NULL;
        if (pattern.data[i] == '\\' && i + 1 < pattern.size) {
            for (size_t e = 0; e < LEAT_COUNT_OF(escapes); e++)
                if (escapes[e].letter == pattern.data[i + 1])
                    meaning = escapes[e].meaning;
            if (meaning != NULL)
                leat_buf_add_text(out, meaning);
            else
                leat_buf_add(out, pattern.data + i, 2);
            i++;
            continue;
        }
        leat_buf_add_char(out, pattern.data[i]);
    }
}

static bool flags_read(leat_bytes flags, uint32_t *options)
{
    for (size_t i = 0; i < flags.size; i++) {
        switch (flags.data[i]) {
        case 'i':
            *options |= PCRE2_CASELESS;
            break;
        case 'c':
            *options &= ~(uint32_t)PCRE2_CASELESS;
            break;
        case 's': /* a dot takes line ends: as it is */
            break;
        case 'm':
        case 'n':
            *options &= ~(uint32_t)(PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY);
            *options |= PCRE2_MULTILINE;
            break;
        case 'w':
            *options |= PCRE2_MULTILINE;
            break;
        case 'p':
            *options &= ~(uint32_t)PCRE2_DOTALL;
            break;
        case 'x':
            *options |= PCRE2_EXTENDED;
            break;
        case 'g':
            break;
        default:
            return false;
        }
    }
    return true;
}

static const char *reason_of(int error, leat_arena *arena)
{
    PCRE2_UCHAR text[160];
    if (pcre2_get_error_message(error, text, sizeof text) < 0)
        return "the regular expression is not valid";
    return leat_arena_print(arena, "the regular expression is not valid: %s", (const char *)text);
}

leat_regexp *
leat_regexp_new(leat_bytes pattern, leat_bytes flags, leat_arena *arena, const char **out_reason)
{
    uint32_t options = PCRE2_UTF | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
    if (!flags_read(flags, &options)) {
        *out_reason = "unknown flag of a regular expression, expected g, i, c, n, m, s, w, p or x";
        return NULL;
    }
    if (pattern.size > PATTERN_BYTES_MAX) {
        *out_reason = "a regular expression longer than 16 KiB";
        return NULL;
    }
    leat_buf translated = {0};
    pattern_translate(pattern, &translated);
    const char *text = leat_buf_text(&translated);
    pcre2_general_context *memory = pcre2_general_context_create(room_take, room_give, arena);
    pcre2_compile_context *context = pcre2_compile_context_create(memory);
    int error = 0;
    PCRE2_SIZE at = 0;
    leat_regexp *regexp = LEAT_ARENA_NEW(arena, leat_regexp);
    regexp->code = pcre2_compile((PCRE2_SPTR)text, translated.size, options, &error, &at, context);
    leat_buf_fini(&translated);
    if (regexp->code == NULL) {
        *out_reason = reason_of(error, arena);
        return NULL;
    }
    (void)pcre2_pattern_info(regexp->code, PCRE2_INFO_CAPTURECOUNT, &regexp->group_count);
    if (regexp->group_count >= LEAT_REGEXP_GROUPS_MAX) {
        *out_reason = "more than 31 groups in a regular expression";
        return NULL;
    }
    return regexp;
}

uint32_t leat_regexp_group_count(const leat_regexp *regexp)
{
    return regexp->group_count;
}

struct leat_regexp_search {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

leat_regexp_search *leat_regexp_search_new(leat_arena *arena)
{
    leat_regexp_search *search = LEAT_ARENA_NEW(arena, leat_regexp_search);
    pcre2_general_context *memory = pcre2_general_context_create(room_take, room_give, arena);
    search->data = pcre2_match_data_create(LEAT_REGEXP_GROUPS_MAX, memory);
    search->context = pcre2_match_context_create(memory);
    (void)pcre2_set_match_limit(search->context, MATCH_STEPS_MAX);
    (void)pcre2_set_heap_limit(search->context, MATCH_HEAP_KIB_MAX);
    return search;
}

leat_regexp_result leat_regexp_find(const leat_regexp *regexp,
                                    leat_regexp_search *search,
                                    leat_bytes text,
                                    size_t from,
                                    leat_regexp_match *out_match)
{
    /* PCRE2 takes no NULL, not even for nothing */
    PCRE2_SPTR subject = (PCRE2_SPTR)(text.size == 0 ? "" : text.data);
    int count =
        pcre2_match(regexp->code, subject, text.size, from, 0, search->data, search->context);
    if (count == PCRE2_ERROR_NOMATCH)
        return LEAT_REGEXP_NONE;
    if (count <= 0)
        return LEAT_REGEXP_REFUSED;
    const PCRE2_SIZE *bounds = pcre2_get_ovector_pointer(search->data);
    out_match->group_count = regexp->group_count + 1;
    for (uint32_t g = 0; g < out_match->group_count; g++) {
        bool is_there = g < (uint32_t)count && bounds[(size_t)g * 2] != PCRE2_UNSET;
        out_match->start[g] = is_there ? bounds[(size_t)g * 2] : SIZE_MAX;
        out_match->end[g] = is_there ? bounds[(size_t)g * 2 + 1] : SIZE_MAX;
    }
    return LEAT_REGEXP_FOUND;
}
