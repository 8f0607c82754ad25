/* SPDX-License-Identifier: Apache-2.0
 *
 * source_text - a source run by hand: options as text, rows and bad records as text.
 */
#ifndef LEAT_TESTS_SUPPORT_SOURCE_TEXT_H
#define LEAT_TESTS_SUPPORT_SOURCE_TEXT_H

#include "tests/support/batch_text.h"
#include "worker/connectors/base/connector.h"

enum { LEAT_TEST_OPTIONS_MAX = 8 };

/* A config and the memory behind it; keep it where it is. */
typedef struct leat_test_source {
    const leat_source_class *source;
    leat_connector_config config;
    leat_connector_option options[LEAT_TEST_OPTIONS_MAX];
} leat_test_source;

/* options: "name", "value", ..., NULL */
void leat_test_source_init(leat_test_source *test,
                           const leat_source_class *source,
                           const char *schema,
                           const char *const *options);
/* All that check() reports, as text. */
const char *leat_test_source_check(const leat_test_source *test);
/* Split names, one per line; or the error's text. */
const char *leat_test_source_splits(const leat_test_source *test);

typedef struct leat_test_run {
    uint32_t max_rows;     /* per poll */
    uint32_t resume_every; /* polls after which the split is closed and opened anew; 0: never */
} leat_test_run;

/* Poll a split until AGAIN, END or an error: rows, "bad POSITION REASON" lines, then the code. */
const char *
leat_test_source_read(const leat_test_source *test, const char *split, leat_test_run run);

#define SOURCE_INIT(test, source, schema, ...)                                                     \
    leat_test_source_init((test), (source), (schema), (const char *const[]){__VA_ARGS__, NULL})

#endif
