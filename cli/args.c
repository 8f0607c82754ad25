/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/text/duration.h"

void leat_args_init(
    leat_args *args, const char *verb, const char *usage, int count, const char **words)
{
    *args = (leat_args){.verb = verb, .usage = usage, .count = count, .words = words};
    args->options_end = count;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], "--") != 0)
            continue;
        memmove(&words[i], &words[i + 1], (size_t)(count - i - 1) * sizeof *words);
        args->count--;
        args->options_end = i;
        break;
    }
}

LEAT_PRINTF(2, 3) static void args_fail(leat_args *args, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "leat %s: ", args->verb);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    args->has_failed = true;
}

static void take(leat_args *args, int index, int count)
{
    memmove(&args->words[index], &args->words[index + count],
            (size_t)(args->count - index - count) * sizeof *args->words);
    args->count -= count;
    args->options_end -= count;
}

static void ask(leat_args *args, const char *name)
{
    LEAT_ASSERT(args->asked_count < LEAT_ARGS_ASKED_MAX);
    args->asked[args->asked_count++] = name;
}

bool leat_args_flag(leat_args *args, const char *name)
{
    bool is_given = false;
    ask(args, name);
    for (int i = 0; i < args->options_end;) {
        if (strcmp(args->words[i], name) == 0) {
            take(args, i, 1);
            is_given = true;
        } else {
            i++;
        }
    }
    return is_given;
}

/* Take the first `--name VALUE` or `--name=VALUE` at or after *at; NULL when there is none. */
static const char *take_value(leat_args *args, const char *name, int *at)
{
    size_t size = strlen(name);
    for (int i = *at; i < args->options_end; i++) {
        const char *word = args->words[i];
        if (strncmp(word, name, size) != 0)
            continue;
        bool is_short = name[1] != '-';
        if (word[size] == '=' || (is_short && word[size] != '\0')) {
            take(args, i, 1);
            *at = i;
            return word + size + (word[size] == '=');
        }
        if (word[size] != '\0')
            continue;
        if (i + 1 >= args->options_end) {
            args_fail(args, "`%s` needs a value", name);
            take(args, i, 1);
            return NULL;
        }
        const char *value = args->words[i + 1];
        take(args, i, 2);
        *at = i;
        return value;
    }
    return NULL;
}

const char *leat_args_value(leat_args *args, const char *name)
{
    const char *last = NULL;
    const char *value;
    int at = 0;
    ask(args, name);
    while ((value = take_value(args, name, &at)) != NULL)
        last = value;
    return last;
}

void leat_args_number(
    leat_args *args, const char *name, uint64_t least, uint64_t greatest, uint64_t *out)
{
    const char *text = leat_args_value(args, name);
    if (text == NULL)
        return;
    char *end;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < least || number > greatest)
        args_fail(args, "`%s` must be a whole number from %llu to %llu, not `%s`", name,
                  (unsigned long long)least, (unsigned long long)greatest, text);
    else
        *out = number;
}

void leat_args_duration(leat_args *args, const char *name, int64_t *out_us)
{
    const char *text = leat_args_value(args, name);
    leat_error error;
    if (text != NULL && leat_duration_parse(leat_bytes_text(text), out_us, &error) != LEAT_OK)
        args_fail(args, "`%s`: %s", name, error.text);
}

bool leat_args_wants_json(leat_args *args)
{
    const char *format = leat_args_value(args, "--output");
    if (format != NULL && strcmp(format, "json") != 0 && strcmp(format, "text") != 0)
        args_fail(args, "`--output` must be text or json, not `%s`", format);
    return format != NULL && strcmp(format, "json") == 0;
}

static const char *environment_find(const char *name)
{
    return getenv(name);
}

leat_variables leat_args_variables(leat_args *args, leat_arena *arena)
{
    leat_variable *items = LEAT_ARENA_ARRAY(arena, leat_variable, (size_t)args->count + 1);
    leat_variables variables = {.items = items, .find = environment_find};
    const char *text;
    int at = 0;
    ask(args, "-D");
    while ((text = take_value(args, "-D", &at)) != NULL) {
        leat_error error;
        if (leat_variable_parse(text, &items[variables.count], &error) == LEAT_OK)
            variables.count++;
        else
            args_fail(args, "`-D`: %s", error.text);
    }
    return variables;
}

bool leat_args_end(leat_args *args, int least, int most)
{
    for (int i = 0; i < args->options_end; i++) {
        const char *word = args->words[i];
        if (word[0] != '-' || word[1] == '\0')
            continue;
        size_t size = strcspn(word, "=");
        const char *near = leat_suggest(leat_bytes_of(word, size), args->asked, args->asked_count);
        if (near != NULL)
            args_fail(args, "unknown option `%.*s`, did you mean `%s`?", (int)size, word, near);
        else
            args_fail(args, "unknown option `%.*s`", (int)size, word);
    }
    if (!args->has_failed && args->count < least)
        args_fail(args, "something is missing");
    if (!args->has_failed && args->count > most)
        args_fail(args, "`%s` is too much", args->words[most]);
    if (args->has_failed)
        fprintf(stderr, "usage: leat %s %s\n", args->verb, args->usage);
    return !args->has_failed;
}
