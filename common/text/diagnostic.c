/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text/diagnostic.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/alloc.h"

enum {
    SNIPPET_MAX = 120, /* bytes of a source line that are shown */
    SNIPPET_LEAD = 60, /* bytes kept before the place when a line is longer than that */
    WORD_MAX = 64,     /* longer words get no suggestion */
};

void leat_diagnostics_init(leat_diagnostics *list,
                           leat_arena *arena,
                           const char *file,
                           leat_bytes source)
{
    *list = (leat_diagnostics){.arena = arena, .file = file, .source = source};
}

void leat_diagnostics_fini(leat_diagnostics *list)
{
    leat_vec_fini(&list->entries);
}

LEAT_PRINTF(4, 0)
static void diagnostic_add(leat_diagnostics *list,
                           leat_severity severity,
                           leat_place place,
                           const char *format,
                           va_list arguments)
{
    if (severity == LEAT_SEVERITY_ERROR)
        list->error_count++;
    if (list->entries.count >= LEAT_DIAGNOSTICS_MAX) {
        list->left_out_count++;
        return;
    }
    va_list again;
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    char *message = leat_arena_alloc(list->arena, (size_t)size + 1);
    vsnprintf(message, (size_t)size + 1, format, again);
    va_end(again);
    leat_diagnostic entry = {severity, place, message};
    leat_vec_push(&list->entries, entry);
}

void leat_diagnostic_error(leat_diagnostics *list, leat_place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    diagnostic_add(list, LEAT_SEVERITY_ERROR, place, format, arguments);
    va_end(arguments);
}

void leat_diagnostic_warning(leat_diagnostics *list, leat_place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    diagnostic_add(list, LEAT_SEVERITY_WARNING, place, format, arguments);
    va_end(arguments);
}

/* Line `number` of the source without its end; empty when there is none. */
static leat_bytes source_line(leat_bytes source, uint32_t number)
{
    const char *at = source.data;
    const char *end = source.size == 0 ? at : at + source.size;
    for (uint32_t line = 1; line < number && at < end; line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline == NULL ? end : newline + 1;
    }
    if (at == end)
        return (leat_bytes){NULL, 0};
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    size_t size = (size_t)((newline == NULL ? end : newline) - at);
    if (size > 0 && at[size - 1] == '\r')
        size--;
    return leat_bytes_of(at, size);
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* One character for each that stands above it: tabs stay, UTF-8 sequences count once. */
static void print_under(leat_buf *out, leat_bytes above, char first, char rest)
{
    char mark = first;
    for (size_t i = 0; i < above.size; i++) {
        if (is_continuation(above.data[i]))
            continue;
        leat_buf_add_char(out, above.data[i] == '\t' && first == ' ' ? '\t' : mark);
        mark = rest;
    }
}

/* The source line and a caret under the span; a long line is cut around it. */
static void print_snippet(const leat_diagnostics *list, leat_place place, leat_buf *out)
{
    leat_bytes line = source_line(list->source, place.line);
    size_t at = place.column - 1;
    if (line.size == 0 || at > line.size)
        return;
    size_t start = line.size > SNIPPET_MAX && at > SNIPPET_LEAD ? at - SNIPPET_LEAD : 0;
    while (start > 0 && is_continuation(line.data[start]))
        start--;
    size_t end = LEAT_MIN(line.size, start + SNIPPET_MAX);
    while (end < line.size && is_continuation(line.data[end]))
        end++;

    leat_buf_print(out, "  %s", start > 0 ? "..." : "");
    for (size_t i = start; i < end; i++) {
        unsigned char c = (unsigned char)line.data[i];
        leat_buf_add_char(out, c < 0x20 && c != '\t' ? '?' : (char)c);
    }
    leat_buf_print(out, "%s\n  %s", end < line.size ? "..." : "", start > 0 ? "   " : "");
    print_under(out, leat_bytes_of(line.data + start, at - start), ' ', ' ');
    size_t span = LEAT_MIN((size_t)place.length, end - at);
    if (span == 0)
        leat_buf_add_char(out, '^');
    else
        print_under(out, leat_bytes_of(line.data + at, span), '^', '~');
    leat_buf_add_char(out, '\n');
}

static void print_entry(const leat_diagnostics *list, const leat_diagnostic *entry, leat_buf *out)
{
    if (entry->place.line == 0)
        leat_buf_print(out, "%s: ", list->file);
    else
        leat_buf_print(out, "%s:%u:%u: ", list->file, entry->place.line, entry->place.column);
    leat_buf_print(out, "%s: %s\n", entry->severity == LEAT_SEVERITY_ERROR ? "error" : "warning",
                   entry->message);
    if (entry->place.line > 0 && entry->place.column > 0)
        print_snippet(list, entry->place, out);
}

/* Source order; the order of reporting where places are equal. */
static int entry_compare(const void *a, const void *b)
{
    const leat_diagnostic *const *first = a;
    const leat_diagnostic *const *second = b;
    leat_place x = (*first)->place;
    leat_place y = (*second)->place;
    if (x.line != y.line)
        return x.line < y.line ? -1 : 1;
    if (x.column != y.column)
        return x.column < y.column ? -1 : 1;
    return *first < *second ? -1 : 1;
}

void leat_diagnostics_print(const leat_diagnostics *list, leat_buf *out)
{
    const leat_diagnostic *sorted[LEAT_DIAGNOSTICS_MAX];
    size_t count = list->entries.count;
    for (size_t i = 0; i < count; i++)
        sorted[i] = &list->entries.items[i];
    if (count > 1)
        qsort(sorted, count, sizeof sorted[0], entry_compare);
    for (size_t i = 0; i < count; i++)
        print_entry(list, sorted[i], out);
    if (list->left_out_count > 0)
        leat_buf_print(out, "%s: %u more not shown\n", list->file, list->left_out_count);
}

/* Edits (insert, remove, replace, swap of neighbours) from one word to another, case ignored. */
static size_t edit_distance(leat_bytes a, leat_bytes b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0];
    size_t *above = rows[1];
    size_t *row = rows[2];
    for (size_t j = 0; j <= b.size; j++)
        above[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        int x = tolower((unsigned char)a.data[i - 1]);
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            int y = tolower((unsigned char)b.data[j - 1]);
            size_t best = above[j - 1] + (x != y);
            best = LEAT_MIN(best, above[j] + 1);
            best = LEAT_MIN(best, row[j - 1] + 1);
            bool is_swap = i > 1 && j > 1 && x == tolower((unsigned char)b.data[j - 2]) &&
                           y == tolower((unsigned char)a.data[i - 2]);
            if (is_swap)
                best = LEAT_MIN(best, before[j - 2] + 1);
            row[j] = best;
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.size];
}

const char *leat_suggest(leat_bytes word, const char *const *candidates, size_t candidate_count)
{
    if (word.size == 0 || word.size > WORD_MAX)
        return NULL;
    const char *nearest = NULL;
    size_t nearest_distance = LEAT_MAX(word.size / 3, (size_t)1) + 1;
    for (size_t i = 0; i < candidate_count; i++) {
        leat_bytes candidate = leat_bytes_text(candidates[i]);
        if (candidate.size > WORD_MAX)
            continue;
        size_t distance = edit_distance(word, candidate);
        /* A word of one or two letters has everything near it. */
        if (distance < nearest_distance && distance < word.size) {
            nearest = candidates[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}
