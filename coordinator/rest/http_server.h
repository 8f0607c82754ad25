/* SPDX-License-Identifier: Apache-2.0
 *
 * http_server - HTTP in and out: one handler gets whole requests and fills whole responses.
 *
 * Knows nothing of jobs. Bodies are bounded (413), headers by the library (431), connections and
 * idle time too. The handler runs on a small pool of threads and may block for a moment.
 */
#ifndef LEAT_COORDINATOR_REST_HTTP_SERVER_H
#define LEAT_COORDINATOR_REST_HTTP_SERVER_H

#include "common/base/buf.h"
#include "common/base/error.h"

enum { LEAT_HTTP_BODY_MAX = 1024 * 1024, LEAT_HTTP_SEGMENTS_MAX = 8 };

typedef struct leat_http_request {
    const char *method; /* "GET" */
    size_t segment_count;
    leat_bytes segments[LEAT_HTTP_SEGMENTS_MAX]; /* of the path, decoded: "jobs", "wiki" */
    leat_bytes body;
    const char *content_type; /* "" when absent */
    void *connection;
} leat_http_request;

/* An argument behind `?`, NULL when absent; "" when it has no value. Borrowed. */
const char *leat_http_argument(const leat_http_request *request, const char *name);

typedef struct leat_http_response {
    unsigned status;          /* 200 when left 0 */
    const char *content_type; /* application/json when left NULL; static text */
    leat_buf body;
} leat_http_response;

typedef void
leat_http_handler(void *self, const leat_http_request *request, leat_http_response *response);

typedef struct leat_http_server leat_http_server;

/* `address`: "HOST:PORT", port 0 takes a free one. Errors: LEAT_INVALID, LEAT_BUSY, LEAT_IO. */
LEAT_MUST_USE leat_code leat_http_server_open(const char *address,
                                              leat_http_handler *handler,
                                              void *self,
                                              leat_http_server **out_server,
                                              leat_error *err);
/* Waits for handlers that run. NULL inside is fine. */
void leat_http_server_close(leat_http_server **server);
const char *leat_http_server_address(const leat_http_server *server); /* as bound */

#endif
