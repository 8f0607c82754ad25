/* SPDX-License-Identifier: Apache-2.0
 *
 * client - one request to a coordinator's HTTP API, and its answer.
 *
 * Where the coordinator is: --coordinator URL, else LEAT_COORDINATOR, else loopback.
 */
#ifndef LEAT_CLI_CLIENT_H
#define LEAT_CLI_CLIENT_H

#include "cli/args.h"
#include "common/text/json.h"

#define LEAT_COORDINATOR_DEFAULT "http://127.0.0.1:7070"

typedef struct leat_client_answer {
    long status;
    leat_buf body;
    leat_json *json; /* of the body; NULL when it is none */
} leat_client_answer;

/* Takes --coordinator out of the arguments; borrowed. */
const char *leat_client_coordinator(leat_args *args);

/* `body` of size 0: none. Prints what went wrong (no connection, an error answer with its
 * messages) and returns false; `fini` is wanted either way. */
LEAT_MUST_USE bool leat_client_request(const char *coordinator,
                                       const char *method,
                                       const char *path,
                                       leat_bytes body,
                                       leat_client_answer *out_answer);
void leat_client_answer_fini(leat_client_answer *answer);

/* Append `text` as one segment of a path: escaped. */
void leat_client_escape(leat_buf *out, const char *text);

/* "Usual" members, with what stands for an absent one. */
leat_bytes leat_client_text(const leat_json *json, const char *key);
int64_t leat_client_number(const leat_json *json, const char *key);

#endif
