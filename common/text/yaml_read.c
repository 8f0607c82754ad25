/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/alloc.h"
#include "common/text/duration.h"
#include "common/text/yaml.h"

static const char *kind_name(leat_yaml_kind kind)
{
    switch (kind) {
    case LEAT_YAML_NULL:
        return "empty";
    case LEAT_YAML_SCALAR:
        return "a single value";
    case LEAT_YAML_SEQUENCE:
        return "a list";
    case LEAT_YAML_MAPPING:
        return "a mapping";
    }
    LEAT_UNREACHABLE();
}

const leat_yaml *leat_yaml_get(const leat_yaml *mapping, const char *key)
{
    if (mapping == NULL || mapping->kind != LEAT_YAML_MAPPING)
        return NULL;
    for (uint32_t i = 0; i < mapping->count; i++)
        if (leat_bytes_equal(mapping->items[i].key, leat_bytes_text(key)))
            return &mapping->items[i];
    return NULL;
}

static bool is_among(leat_bytes word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (leat_bytes_equal(word, leat_bytes_text(words[i])))
            return true;
    return false;
}

/* "a, b, c" in the diagnostics' arena. */
static const char *words_print(const char *const *words, size_t count, leat_arena *arena)
{
    leat_buf out = {0};
    for (size_t i = 0; i < count; i++)
        leat_buf_print(&out, "%s%s", i == 0 ? "" : ", ", words[i]);
    const char *text = leat_arena_text(arena, leat_buf_bytes(&out));
    leat_buf_fini(&out);
    return text;
}

void leat_yaml_check_keys(const leat_yaml *mapping,
                          const char *what,
                          const char *const *known,
                          size_t known_count,
                          leat_diagnostics *diagnostics)
{
    for (uint32_t i = 0; i < mapping->count; i++) {
        const leat_yaml *entry = &mapping->items[i];
        if (is_among(entry->key, known, known_count))
            continue;
        const char *near = leat_suggest(entry->key, known, known_count);
        if (near != NULL)
            leat_diagnostic_error(diagnostics, entry->key_place,
                                  "unknown key `%.*s` in %s, did you mean `%s`?",
                                  LEAT_FMT(entry->key), what, near);
        else
            leat_diagnostic_error(diagnostics, entry->key_place,
                                  "unknown key `%.*s` in %s; known are %s", LEAT_FMT(entry->key),
                                  what, words_print(known, known_count, diagnostics->arena));
    }
}

bool leat_yaml_expect(const leat_yaml *node, leat_yaml_kind kind, leat_diagnostics *diagnostics)
{
    if (node->kind == kind)
        return true;
    if (node->key.size > 0)
        leat_diagnostic_error(diagnostics, node->place, "`%.*s` must be %s, not %s",
                              LEAT_FMT(node->key), kind_name(kind), kind_name(node->kind));
    else
        leat_diagnostic_error(diagnostics, node->place, "expected %s, not %s", kind_name(kind),
                              kind_name(node->kind));
    return false;
}

bool leat_yaml_read_text(const leat_yaml *node, leat_bytes *out, leat_diagnostics *diagnostics)
{
    if (!leat_yaml_expect(node, LEAT_YAML_SCALAR, diagnostics))
        return false;
    *out = node->text;
    return true;
}

bool leat_yaml_read_number(const leat_yaml *node,
                           uint64_t least,
                           uint64_t greatest,
                           uint64_t *out,
                           leat_diagnostics *diagnostics)
{
    if (!leat_yaml_expect(node, LEAT_YAML_SCALAR, diagnostics))
        return false;
    uint64_t number = 0;
    bool is_number = node->text.size > 0;
    bool is_long = false;
    for (size_t i = 0; i < node->text.size; i++) {
        char c = node->text.data[i];
        if (c == '_' && i > 0) /* 1_000_000 */
            continue;
        is_number &= c >= '0' && c <= '9';
        is_long |= __builtin_mul_overflow(number, 10, &number);
        is_long |= __builtin_add_overflow(number, (uint64_t)(c - '0'), &number);
    }
    if (!is_number || is_long || number < least || number > greatest) {
        leat_diagnostic_error(diagnostics, node->place,
                              "`%.*s` must be a whole number from %llu to %llu, not `%.*s`",
                              LEAT_FMT(node->key), (unsigned long long)least,
                              (unsigned long long)greatest, LEAT_FMT(node->text));
        return false;
    }
    *out = number;
    return true;
}

bool leat_yaml_read_duration(const leat_yaml *node, int64_t *out_us, leat_diagnostics *diagnostics)
{
    if (!leat_yaml_expect(node, LEAT_YAML_SCALAR, diagnostics))
        return false;
    leat_error error;
    if (leat_duration_parse(node->text, out_us, &error) == LEAT_OK)
        return true;
    leat_diagnostic_error(diagnostics, node->place, "`%.*s`: %s", LEAT_FMT(node->key), error.text);
    return false;
}

bool leat_yaml_read_bool(const leat_yaml *node, bool *out, leat_diagnostics *diagnostics)
{
    static const char *const words[] = {"false", "true"};
    uint32_t word;
    if (!leat_yaml_read_word(node, words, 2, &word, diagnostics))
        return false;
    *out = word == 1;
    return true;
}

bool leat_yaml_read_word(const leat_yaml *node,
                         const char *const *words,
                         uint32_t word_count,
                         uint32_t *out,
                         leat_diagnostics *diagnostics)
{
    if (!leat_yaml_expect(node, LEAT_YAML_SCALAR, diagnostics))
        return false;
    for (uint32_t i = 0; i < word_count; i++) {
        if (leat_bytes_equal(node->text, leat_bytes_text(words[i]))) {
            *out = i;
            return true;
        }
    }
    leat_diagnostic_error(diagnostics, node->place, "`%.*s` must be one of %s, not `%.*s`",
                          LEAT_FMT(node->key), words_print(words, word_count, diagnostics->arena),
                          LEAT_FMT(node->text));
    return false;
}

leat_source_text leat_yaml_source(const leat_yaml *scalar)
{
    return (leat_source_text){scalar->text, scalar->place, scalar->is_literal, scalar->indent};
}
