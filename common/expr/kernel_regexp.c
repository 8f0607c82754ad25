/* SPDX-License-Identifier: Apache-2.0
 *
 * Regular expressions. A constant pattern is compiled once, one that differs by row for each row.
 * A match that takes too many steps makes its row an error.
 */
#include "common/columns/nested.h"
#include "common/expr/function.h"
#include "common/expr/regexp.h"
#include "common/expr/utf8.h"

enum { TEXT_BYTES_MAX = 1 << 20 };

static const char *const not_valid = "the regular expression is not valid";
static const char *const refused = "the regular expression takes too many steps on this text";

/* How a function is called: where its pattern and flags stand, and what it adds to the flags. */
typedef struct regexp_shape {
    uint32_t pattern;
    uint32_t flags; /* argument, or NO_FLAGS */
    const char *fixed_flags;
} regexp_shape;

#define NO_FLAGS UINT32_C(1000)

static const regexp_shape plain_shape = {1, NO_FLAGS, ""};
static const regexp_shape any_case_shape = {1, NO_FLAGS, "i"};
static const regexp_shape flags_2_shape = {1, 2, ""};
static const regexp_shape flags_3_shape = {1, 3, ""};

typedef struct regexp_plan {
    leat_regexp *regexp;
    bool is_global;
} regexp_plan;

static leat_bytes flags_joined(const regexp_shape *shape, leat_bytes given, leat_buf *out)
{
    leat_buf_add_text(out, shape->fixed_flags);
    leat_buf_add(out, given.data, given.size);
    return leat_buf_bytes(out);
}

static bool has_global(leat_bytes flags)
{
    return flags.size > 0 && memchr(flags.data, 'g', flags.size) != NULL;
}

static regexp_plan *plan_new(const regexp_shape *shape,
                             leat_bytes pattern,
                             leat_bytes given,
                             leat_arena *arena,
                             const char **out_reason)
{
    leat_buf flags = {0};
    leat_bytes all = flags_joined(shape, given, &flags);
    regexp_plan *plan = LEAT_ARENA_NEW(arena, regexp_plan);
    plan->is_global = has_global(all);
    plan->regexp = leat_regexp_new(pattern, all, arena, out_reason);
    leat_buf_fini(&flags);
    return plan->regexp == NULL ? NULL : plan;
}

static bool is_known(const leat_bound *bound)
{
    return bound->kind == LEAT_BOUND_CONSTANT && !bound->value.is_null;
}

static const void *plan_prepare(const leat_bound *call,
                                const regexp_shape *shape,
                                leat_arena *arena,
                                const char **out_reason)
{
    bool has_flags = shape->flags < call->argument_count;
    const leat_bound *pattern = call->arguments[shape->pattern];
    if (!is_known(pattern) || (has_flags && !is_known(call->arguments[shape->flags])))
        return NULL;
    leat_bytes flags = has_flags ? call->arguments[shape->flags]->value.text : LEAT_BYTES("");
    return plan_new(shape, pattern->value.text, flags, arena, out_reason);
}

#define PREPARE(name, shape)                                                                       \
    static const void *name(const leat_bound *call, leat_arena *arena, const char **out_reason)    \
    {                                                                                              \
        return plan_prepare(call, &(shape), arena, out_reason);                                    \
    }
PREPARE(plain_prepare, plain_shape)
PREPARE(any_case_prepare, any_case_shape)
PREPARE(flags_2_prepare, flags_2_shape)
PREPARE(flags_3_prepare, flags_3_shape)

static leat_bytes text_at(const leat_kernel_call *call, uint32_t argument, uint32_t row)
{
    return leat_kernel_bytes(&call->arguments[argument], row);
}

/* The plan of a row; NULL when the row has failed. */
static const regexp_plan *plan_of(leat_kernel_call *call, const regexp_shape *shape, uint32_t row)
{
    if (call->prepared != NULL)
        return call->prepared;
    bool has_flags = shape->flags < call->argument_count;
    leat_bytes flags = has_flags ? text_at(call, shape->flags, row) : LEAT_BYTES("");
    const char *reason = NULL;
    regexp_plan *plan =
        plan_new(shape, text_at(call, shape->pattern, row), flags, call->arena, &reason);
    if (plan == NULL)
        leat_kernel_fail(call, row, not_valid);
    return plan;
}

/* The first match of a row from a place on; false after a failure, too. */
static bool row_find(leat_kernel_call *call,
                     const regexp_plan *plan,
                     leat_regexp_search *search,
                     uint32_t row,
                     size_t from,
                     leat_regexp_match *out_match)
{
    leat_regexp_result result =
        leat_regexp_find(plan->regexp, search, text_at(call, 0, row), from, out_match);
    if (result == LEAT_REGEXP_REFUSED)
        leat_kernel_fail(call, row, refused);
    return result == LEAT_REGEXP_FOUND;
}

/* Where to look on after a match: an empty one is stepped over. */
static size_t after(leat_bytes text, const leat_regexp_match *match)
{
    size_t end = match->end[0];
    if (match->start[0] < end)
        return end;
    return end < text.size ? end + leat_utf8_size(text, end) : end + 1;
}

static leat_view group_view(leat_bytes text, const leat_regexp_match *match, uint32_t group)
{
    return leat_view_of(text.data + match->start[group], match->end[group] - match->start[group]);
}

/* --- Does it match? --- */

static void match_rows(leat_kernel_call *call, const regexp_shape *shape, bool wanted)
{
    uint64_t *out = call->values;
    leat_regexp_search *search = leat_regexp_search_new(call->arena);
    memset(out, 0, leat_bit_words(call->row_count) * sizeof *out);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        const regexp_plan *plan = plan_of(call, shape, row);
        leat_regexp_match match;
        if (plan != NULL)
            leat_bit_set(out, row, row_find(call, plan, search, row, 0, &match) == wanted);
    }
}

#define MATCH_KERNEL(name, shape, wanted)                                                          \
    static void name(leat_kernel_call *call)                                                       \
    {                                                                                              \
        match_rows(call, &(shape), wanted);                                                        \
    }
MATCH_KERNEL(matches, plain_shape, true)
MATCH_KERNEL(matches_any_case, any_case_shape, true)
MATCH_KERNEL(matches_not, plain_shape, false)
MATCH_KERNEL(matches_not_any_case, any_case_shape, false)
MATCH_KERNEL(matches_flags, flags_2_shape, true)

/* --- Which part? --- */

/* The group of an argument; without one the first there is, else the whole. NULL: no match. */
static void extract_rows(leat_kernel_call *call, bool has_index)
{
    leat_view *out = call->values;
    leat_regexp_search *search = leat_regexp_search_new(call->arena);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        const regexp_plan *plan = plan_of(call, &plain_shape, row);
        leat_regexp_match match;
        if (plan == NULL)
            continue;
        int64_t group = has_index ? LEAT_COLUMN_GET(&call->arguments[2], int32_t, row)
                                  : leat_regexp_group_count(plan->regexp) > 0;
        bool is_there = group >= 0 && group <= leat_regexp_group_count(plan->regexp) &&
                        row_find(call, plan, search, row, 0, &match) &&
                        match.start[group] != SIZE_MAX;
        if (is_there)
            out[row] = group_view(text_at(call, 0, row), &match, (uint32_t)group);
        else
            leat_kernel_set_null(call, row);
    }
}

static void extract_first(leat_kernel_call *call)
{
    extract_rows(call, false);
}

static void extract_group(leat_kernel_call *call)
{
    extract_rows(call, true);
}

static void count_matches(leat_kernel_call *call)
{
    int32_t *out = call->values;
    leat_regexp_search *search = leat_regexp_search_new(call->arena);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        const regexp_plan *plan = plan_of(call, &plain_shape, row);
        leat_bytes text = text_at(call, 0, row);
        leat_regexp_match match;
        out[row] = 0;
        for (size_t at = 0;
             plan != NULL && at <= text.size && row_find(call, plan, search, row, at, &match);
             at = after(text, &match))
            out[row]++;
    }
}

static void position_of_match(leat_kernel_call *call)
{
    int32_t *out = call->values;
    leat_regexp_search *search = leat_regexp_search_new(call->arena);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        const regexp_plan *plan = plan_of(call, &plain_shape, row);
        leat_bytes text = text_at(call, 0, row);
        leat_regexp_match match;
        out[row] = 0;
        if (plan != NULL && row_find(call, plan, search, row, 0, &match))
            out[row] = (int32_t)leat_utf8_count(leat_bytes_of(text.data, match.start[0])) + 1;
    }
}

/* --- Replacing. --- */

/* \1 to \9 and \& stand for groups, \\ for itself; Java's $1 likewise in its place. */
static void
replacement_add(leat_bytes by, leat_bytes text, const leat_regexp_match *match, leat_buf *out)
{
    for (size_t i = 0; i < by.size; i++) {
        bool is_escape = by.data[i] == '\\' && i + 1 < by.size;
        uint32_t group = UINT32_MAX;
        if (is_escape && by.data[i + 1] == '&')
            group = 0;
        else if (is_escape && by.data[i + 1] >= '0' && by.data[i + 1] <= '9')
            group = (uint32_t)(by.data[i + 1] - '0');
        if (is_escape)
            i++;
        if (group == UINT32_MAX)
            leat_buf_add_char(out, by.data[i]);
        else if (group < match->group_count && match->start[group] != SIZE_MAX)
            leat_buf_add(out, text.data + match->start[group],
                         match->end[group] - match->start[group]);
    }
}

static void replace_row(leat_kernel_call *call,
                        const regexp_plan *plan,
                        leat_regexp_search *search,
                        uint32_t row,
                        bool is_global,
                        leat_buf *built)
{
    leat_view *out = call->values;
    leat_bytes text = text_at(call, 0, row), by = text_at(call, 2, row);
    leat_regexp_match match;
    size_t done = 0, from = 0;
    leat_buf_clear(built);
    while (from <= text.size && built->size <= TEXT_BYTES_MAX &&
           row_find(call, plan, search, row, from, &match)) {
        leat_buf_add(built, text.data + done, match.start[0] - done);
        replacement_add(by, text, &match, built);
        done = match.end[0];
        from = after(text, &match);
        if (!is_global)
            break;
    }
    leat_buf_add(built, text.data + done, text.size - done);
    if (built->size > TEXT_BYTES_MAX)
        leat_kernel_fail(call, row, "text longer than 1 MiB");
    else
        out[row] = leat_kernel_text(call, leat_buf_bytes(built));
}

static void replace_matches(leat_kernel_call *call)
{
    leat_buf built = {0};
    leat_regexp_search *search = leat_regexp_search_new(call->arena);
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        const regexp_plan *plan = plan_of(call, &flags_3_shape, row);
        if (plan != NULL)
            replace_row(call, plan, search, row, plan->is_global, &built);
    }
    leat_buf_fini(&built);
}

/* --- Matches as arrays. --- */

static void
group_add(leat_bytes text, const leat_regexp_match *match, uint32_t group, leat_buf *out)
{
    leat_value value = {.type = LEAT_TYPE(STRING), .is_null = match->start[group] == SIZE_MAX};
    if (!value.is_null)
        value.text =
            leat_bytes_of(text.data + match->start[group], match->end[group] - match->start[group]);
    leat_nested_add(out, &value);
}

static void piece_add(leat_bytes text, size_t from, size_t to, leat_buf *out)
{
    leat_value value = {.type = LEAT_TYPE(STRING),
                        .text = leat_bytes_of(text.data + from, to - from)};
    leat_nested_add(out, &value);
}

/* The groups of the first match, or the match when it has none. */
static bool groups_add(leat_kernel_call *call,
                       const regexp_plan *plan,
                       leat_regexp_search *search,
                       uint32_t row,
                       leat_buf *out)
{
    leat_regexp_match match;
    if (!row_find(call, plan, search, row, 0, &match))
        return false;
    for (uint32_t g = match.group_count > 1; g < match.group_count; g++)
        group_add(text_at(call, 0, row), &match, g, out);
    return true;
}

/* The first group (or the whole) of every match. */
static bool all_add(leat_kernel_call *call,
                    const regexp_plan *plan,
                    leat_regexp_search *search,
                    uint32_t row,
                    leat_buf *out)
{
    leat_bytes text = text_at(call, 0, row);
    leat_regexp_match match;
    for (size_t at = 0; at <= text.size && row_find(call, plan, search, row, at, &match);
         at = after(text, &match))
        group_add(text, &match, match.group_count > 1, out);
    return true;
}

/* What stands between matches; an empty one at a character's place cuts before it. */
static bool pieces_add(leat_kernel_call *call,
                       const regexp_plan *plan,
                       leat_regexp_search *search,
                       uint32_t row,
                       leat_buf *out)
{
    leat_bytes text = text_at(call, 0, row);
    leat_regexp_match match;
    size_t done = 0;
    for (size_t at = 0; at <= text.size && row_find(call, plan, search, row, at, &match);
         at = after(text, &match)) {
        bool is_empty = match.start[0] == match.end[0];
        if (is_empty && (match.end[0] == 0 || match.end[0] == text.size || match.end[0] == done))
            continue;
        piece_add(text, done, match.start[0], out);
        done = match.end[0];
    }
    piece_add(text, done, text.size, out);
    return true;
}

typedef bool parts_add(leat_kernel_call *call,
                       const regexp_plan *plan,
                       leat_regexp_search *search,
                       uint32_t row,
                       leat_buf *out);

static void arrays_make(leat_kernel_call *call, parts_add *add)
{
    leat_view *out = call->values;
    leat_regexp_search *search = leat_regexp_search_new(call->arena);
    leat_buf bytes = {0};
    LEAT_KERNEL_EACH_VALID(call, row)
    {
        const regexp_plan *plan = plan_of(call, &flags_2_shape, row);
        leat_buf_clear(&bytes);
        if (plan == NULL || !add(call, plan, search, row, &bytes)) {
            leat_kernel_set_null(call, row);
            continue;
        }
        leat_nested_end(&bytes);
        out[row] = leat_kernel_text(call, leat_buf_bytes(&bytes));
    }
    leat_buf_fini(&bytes);
}

static void match_groups(leat_kernel_call *call)
{
    arrays_make(call, groups_add);
}

static void match_all(leat_kernel_call *call)
{
    arrays_make(call, all_add);
}

/* All groups of every match with the flag g, else of the first: what unnest makes rows of. */
static bool matches_add(leat_kernel_call *call,
                        const regexp_plan *plan,
                        leat_regexp_search *search,
                        uint32_t row,
                        leat_buf *out)
{
    leat_bytes text = text_at(call, 0, row);
    leat_regexp_match match;
    bool is_found = false;
    for (size_t at = 0; at <= text.size && row_find(call, plan, search, row, at, &match);
         at = after(text, &match)) {
        for (uint32_t g = match.group_count > 1; g < match.group_count; g++)
            group_add(text, &match, g, out);
        is_found = true;
        if (!plan->is_global)
            break;
    }
    return is_found;
}

static void match_each(leat_kernel_call *call)
{
    arrays_make(call, matches_add);
}

static void match_split(leat_kernel_call *call)
{
    arrays_make(call, pieces_add);
}

/* --- Rows. --- */

#define REGEXP_ROW(symbol, text, arguments, result, prepare_name, kernel_name)                     \
    {                                                                                              \
        .name = (symbol), .summary = (text), arguments, LEAT_RESULT(result), .can_fail = true,     \
        .may_be_null = true, .prepare = prepare_name, .kernel = kernel_name                        \
    }
#define ARRAY_ROW(symbol, text, arguments, kernel_name)                                            \
    {                                                                                              \
        .name = (symbol), .summary = (text), arguments, .rule = LEAT_RESULT_TEXTS,                 \
        .can_fail = true, .may_be_null = true, .prepare = flags_2_prepare, .kernel = kernel_name   \
    }
#define ARRAY_ROWS(symbol, text, kernel_name)                                                      \
    ARRAY_ROW(symbol, text, TWO, kernel_name), ARRAY_ROW(symbol, text, THREE, kernel_name)
#define TWO   LEAT_ARGUMENTS_2(STRING, STRING)
#define THREE LEAT_ARGUMENTS_3(STRING, STRING, STRING)

static const leat_function rows[] = {
    REGEXP_ROW("~", "matches the regular expression", TWO, BOOLEAN, plain_prepare, matches),
    REGEXP_ROW("~*", "matches it in any case", TWO, BOOLEAN, any_case_prepare, matches_any_case),
    REGEXP_ROW("!~", "does not match it", TWO, BOOLEAN, plain_prepare, matches_not),
    REGEXP_ROW("!~*",
               "does not match it in any case",
               TWO,
               BOOLEAN,
               any_case_prepare,
               matches_not_any_case),
    REGEXP_ROW("regexp_like", "matches the expression", TWO, BOOLEAN, plain_prepare, matches),
    REGEXP_ROW(
        "regexp_like", "with flags: i n s x", THREE, BOOLEAN, flags_2_prepare, matches_flags),
    REGEXP_ROW("regexp", "matches the expression", TWO, BOOLEAN, plain_prepare, matches),
    REGEXP_ROW("regexp_extract",
               "the first group of the first match, or the match; NULL without one",
               TWO,
               STRING,
               plain_prepare,
               extract_first),
    REGEXP_ROW("regexp_extract",
               "that group of the first match; NULL without one",
               LEAT_ARGUMENTS_3(STRING, STRING, INT),
               STRING,
               plain_prepare,
               extract_group),
    REGEXP_ROW("substring",
               "substring(text FROM expression): its first group or match; NULL without one",
               TWO,
               STRING,
               plain_prepare,
               extract_first),
    REGEXP_ROW("regexp_substr",
               "the first match; NULL without one",
               TWO,
               STRING,
               plain_prepare,
               extract_first),
    ARRAY_ROWS("regexp_match", "the groups of the first match, or the match", match_groups),
    ARRAY_ROWS("regexp_matches",
               "for unnest: the groups (or the whole) of the first match, of all with the flag g",
               match_each),
    ARRAY_ROWS("regexp_extract_all", "the first group, or the whole, of each match", match_all),
    ARRAY_ROWS("regexp_split_to_array", "what stands between matches", match_split),
    REGEXP_ROW("regexp_count", "matches", TWO, INT, plain_prepare, count_matches),
    REGEXP_ROW("regexp_instr",
               "where the first match begins, from 1; 0 without one",
               TWO,
               INT,
               plain_prepare,
               position_of_match),
    REGEXP_ROW("regexp_replace",
               "the first match by the third, where \\1 to \\9 are groups and \\& is all",
               THREE,
               STRING,
               flags_3_prepare,
               replace_matches),
    REGEXP_ROW("regexp_replace",
               "with flags: g for every match, i for any case",
               LEAT_ARGUMENTS_4(STRING, STRING, STRING, STRING),
               STRING,
               flags_3_prepare,
               replace_matches),
};

const leat_function_family leat_functions_regexp = {"Regular expressions", rows,
                                                    LEAT_COUNT_OF(rows)};
