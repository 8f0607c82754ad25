/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/base/assert.h"

static const struct {
    const char *name;
    leat_code_class class;
} codes[LEAT_CODE_COUNT] = {
#define X(name, text, class) {text, LEAT_CLASS_##class},
    LEAT_CODES(X)
#undef X
};

leat_code leat_fail(leat_error *err, leat_code code, const char *format, ...)
{
    LEAT_ASSERT(code != LEAT_OK);
    if (err == NULL)
        return code;
    err->code = code;
    err->frame_count = 0;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return code;
}

leat_code leat_error_add(leat_error *err, const char *format, ...)
{
    if (err == NULL)
        return LEAT_FATAL;
    if (err->frame_count < LEAT_ERROR_FRAMES_MAX) {
        va_list args;
        va_start(args, format);
        vsnprintf(err->frames[err->frame_count++], LEAT_ERROR_FRAME_MAX, format, args);
        va_end(args);
    }
    return err->code;
}

size_t leat_error_print(const leat_error *err, char *out, size_t size)
{
    if (size == 0)
        return 0;
    size_t used = 0;
    out[0] = '\0';
    for (int i = err->frame_count - 1; i >= 0 && used < size; i--)
        used += (size_t)snprintf(out + used, size - used, "%s: ", err->frames[i]);
    if (used < size)
        used += (size_t)snprintf(out + used, size - used, "%s", err->text);
    return LEAT_MIN(used, size - 1);
}

const char *leat_code_name(leat_code code)
{
    LEAT_ASSERT(code < LEAT_CODE_COUNT);
    return codes[code].name;
}

leat_code_class leat_code_class_of(leat_code code)
{
    LEAT_ASSERT(code < LEAT_CODE_COUNT);
    return codes[code].class;
}
