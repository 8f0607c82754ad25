/* SPDX-License-Identifier: Apache-2.0 */
#include "common/text/variables.h"

#include "common/base/alloc.h"

/* U+E000, private use: three bytes that no file needs; the rest of a mask is 'x'. The shortest
 * reference, `${A}`, has four. */
#define MASK_HEAD "\xee\x80\x80"
enum { MASK_HEAD_BYTES = 3 };

static bool is_name_byte(char c, bool is_first)
{
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return is_letter || (!is_first && c >= '0' && c <= '9');
}

static size_t name_length(leat_bytes text)
{
    size_t length = 0;
    while (length < text.size && is_name_byte(text.data[length], length == 0))
        length++;
    return length;
}

leat_code leat_variable_parse(const char *argument, leat_variable *out_variable, leat_error *err)
{
    leat_bytes text = leat_bytes_text(argument);
    size_t length = name_length(text);
    if (length == 0 || length == text.size || text.data[length] != '=')
        return leat_fail(err, LEAT_INVALID, "expected NAME=VALUE, got `%s`", argument);
    *out_variable =
        (leat_variable){leat_bytes_of(text.data, length), leat_bytes_text(argument + length + 1)};
    return LEAT_OK;
}

/* The value of a name, or data = NULL. */
static leat_bytes variable_find(const leat_variables *variables, leat_bytes name, leat_arena *arena)
{
    for (uint32_t i = variables->count; i > 0; i--)
        if (leat_bytes_equal(variables->items[i - 1].name, name))
            return variables->items[i - 1].value;
    if (variables->find == NULL)
        return (leat_bytes){NULL, 0};
    const char *value = variables->find(leat_arena_text(arena, name));
    return value == NULL ? (leat_bytes){NULL, 0} : leat_bytes_text(value);
}

/* Value of the reference whose inside (between the braces) is `inside`. */
static leat_bytes reference_value(leat_bytes inside,
                                  leat_place place,
                                  const leat_variables *variables,
                                  leat_arena *arena,
                                  leat_diagnostics *diagnostics)
{
    size_t length = name_length(inside);
    bool has_default = length < inside.size && inside.data[length] == ':';
    if (length == 0 || (length < inside.size && !has_default)) {
        leat_diagnostic_error(diagnostics, place,
                              "expected ${NAME} or ${NAME:default}, got `${%.*s}`",
                              LEAT_FMT(inside));
        return LEAT_BYTES("");
    }
    leat_bytes name = leat_bytes_of(inside.data, length);
    leat_bytes value = variable_find(variables, name, arena);
    if (value.data != NULL)
        return leat_arena_bytes(arena, value);
    if (has_default)
        return leat_bytes_of(inside.data + length + 1, inside.size - length - 1);
    leat_diagnostic_error(diagnostics, place,
                          "`%.*s` is not set: give -D %.*s=VALUE, set it in the environment, or "
                          "write ${%.*s:default}",
                          LEAT_FMT(name), LEAT_FMT(name), LEAT_FMT(name));
    return LEAT_BYTES("");
}

leat_masked_text leat_variables_mask(leat_bytes source,
                                     const leat_variables *variables,
                                     leat_arena *arena,
                                     leat_diagnostics *diagnostics)
{
    LEAT_VEC(leat_variable_use) uses = {0};
    char *text = leat_arena_text(arena, source);
    leat_place place = {1, 1, 2};
    bool in_comment = false;
    for (size_t i = 0; i < source.size; i++, place.column++) {
        if (source.data[i] == '\n') {
            place = (leat_place){place.line + 1, 0, 2};
            in_comment = false;
        } else if (source.data[i] == '#' && (i == 0 || strchr(" \t\n", source.data[i - 1]))) {
            /* May also stand inside quotes: then nothing is lost but a reference after it. */
            in_comment = true;
        }
        bool is_reference = !in_comment && source.data[i] == '$' && i + 1 < source.size &&
                            source.data[i + 1] == '{' && (i == 0 || source.data[i - 1] != '$');
        if (!is_reference)
            continue;
        const char *inside = source.data + i + 2;
        size_t length = 0;
        while (inside + length < source.data + source.size && inside[length] != '}' &&
               inside[length] != '\n')
            length++;
        if (inside + length == source.data + source.size || inside[length] != '}') {
            leat_diagnostic_error(diagnostics, place, "`${` without a closing `}` on this line");
            continue;
        }
        leat_place whole = {place.line, place.column, (uint32_t)length + 3};
        leat_variable_use use = {.offset = i, .length = length + 3};
        use.value =
            reference_value(leat_bytes_of(inside, length), whole, variables, arena, diagnostics);
        if (use.length > MASK_HEAD_BYTES) {
            memcpy(text + i, MASK_HEAD, MASK_HEAD_BYTES);
            memset(text + i + MASK_HEAD_BYTES, 'x', use.length - MASK_HEAD_BYTES);
            leat_vec_push(&uses, use);
        }
        i += use.length - 1;
        place.column += (uint32_t)use.length - 1;
    }
    leat_masked_text masked = {.text = leat_bytes_of(text, source.size), .use_count = uses.count};
    masked.uses = leat_arena_copy(arena, uses.items, uses.count * sizeof *uses.items);
    leat_vec_fini(&uses);
    return masked;
}

leat_bytes leat_variables_unmask(const leat_masked_text *masked,
                                 leat_bytes scalar,
                                 size_t offset,
                                 leat_arena *arena)
{
    if (scalar.size < 3)
        return scalar;
    bool has_mask = memmem(scalar.data, scalar.size, MASK_HEAD, MASK_HEAD_BYTES) != NULL;
    bool has_escape = memmem(scalar.data, scalar.size, "$${", 3) != NULL;
    if (!has_mask && !has_escape)
        return scalar;
    size_t use = 0;
    while (use < masked->use_count && masked->uses[use].offset < offset)
        use++;
    leat_buf out = {0};
    for (size_t i = 0; i < scalar.size;) {
        leat_bytes rest = leat_bytes_of(scalar.data + i, scalar.size - i);
        if (rest.size >= 3 && memcmp(rest.data, "$${", 3) == 0) {
            leat_buf_add_text(&out, "${");
            i += 3;
        } else if (use < masked->use_count && rest.size >= masked->uses[use].length &&
                   memcmp(rest.data, MASK_HEAD, MASK_HEAD_BYTES) == 0) {
            leat_buf_add(&out, masked->uses[use].value.data, masked->uses[use].value.size);
            i += masked->uses[use].length;
            use++;
        } else {
            leat_buf_add_char(&out, scalar.data[i]);
            i++;
        }
    }
    leat_bytes text = {leat_arena_text(arena, leat_buf_bytes(&out)), out.size};
    leat_buf_fini(&out);
    return text;
}
