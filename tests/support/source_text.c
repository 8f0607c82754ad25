/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/source_text.h"

#include "common/base/assert.h"
#include "common/base/limits.h"

static leat_arena forever; /* reachable, so no leak to the sanitizer */

static const char *keep(leat_buf *text)
{
    const char *copy = leat_arena_text(&forever, leat_buf_bytes(text));
    leat_buf_fini(text);
    return copy;
}

void leat_test_source_init(leat_test_source *test,
                           const leat_source_class *source,
                           const char *schema,
                           const char *const *options)
{
    *test = (leat_test_source){.source = source};
    uint32_t count = 0;
    for (; options[2 * count] != NULL; count++) {
        LEAT_ASSERT(count < LEAT_TEST_OPTIONS_MAX);
        test->options[count] =
            (leat_connector_option){.name = leat_bytes_text(options[2 * count]),
                                    .value = leat_bytes_text(options[2 * count + 1]),
                                    .place = {count + 1, 1, 0}};
    }
    test->config = (leat_connector_config){.schema = leat_test_schema(schema),
                                           .options = test->options,
                                           .option_count = count,
                                           .parallelism = 1};
}

const char *leat_test_source_check(const leat_test_source *test)
{
    leat_diagnostics list;
    leat_buf out = {0};
    leat_diagnostics_init(&list, &forever, "t.yaml", leat_bytes_of("", 0));
    test->source->check(&test->config, &list);
    leat_diagnostics_print(&list, &out);
    leat_diagnostics_fini(&list);
    return keep(&out);
}

const char *leat_test_source_splits(const leat_test_source *test)
{
    leat_buf out = {0};
    leat_error err;
    if (test->source->splits(&test->config, &out, &err) != LEAT_OK) {
        leat_buf_clear(&out);
        leat_buf_add_text(&out, err.text);
    }
    for (size_t i = 0; i < out.size; i++)
        out.data[i] = out.data[i] == '\0' ? '\n' : out.data[i];
    return keep(&out);
}

static void bad_print(void *self, const leat_bad_record *record)
{
    leat_buf_print(self, "bad %llu %s\n", (unsigned long long)record->position, record->reason);
}

static leat_code split_reopen(const leat_test_source *test,
                              const char *split,
                              leat_source_reader **reader,
                              leat_error *err)
{
    leat_buf position = {0};
    if (*reader != NULL) {
        test->source->position(*reader, &position);
        test->source->close(reader);
    }
    leat_code code = test->source->open_split(&test->config, leat_bytes_text(split),
                                              leat_buf_bytes(&position), reader, err);
    leat_buf_fini(&position);
    return code;
}

const char *
leat_test_source_read(const leat_test_source *test, const char *split, leat_test_run run)
{
    leat_source_reader *reader = NULL;
    leat_builder *builder = leat_builder_new(test->config.schema, LEAT_BATCH_ROWS_MAX);
    leat_buf out = {0};
    leat_error err = {0};
    leat_code code = split_reopen(test, split, &reader, &err);
    leat_poll poll = {.max_rows = run.max_rows, .bad = bad_print, .bad_self = &out};
    for (uint32_t polls = 1; code == LEAT_OK; polls++) {
        leat_builder_clear(builder);
        code = test->source->poll(reader, &poll, builder, &err);
        leat_rows rows = leat_builder_rows(builder);
        LEAT_ASSERT(rows.row_count <= run.max_rows);
        leat_rows_print(&rows, &out);
        if (code == LEAT_OK && run.resume_every > 0 && polls % run.resume_every == 0)
            code = split_reopen(test, split, &reader, &err);
    }
    leat_buf_print(&out, "%s%s%s\n", leat_code_name(code), err.text[0] != '\0' ? ": " : "",
                   err.text);
    if (reader != NULL)
        test->source->close(&reader);
    leat_builder_free(&builder);
    return keep(&out);
}
