/* SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/rest/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "common/base/alloc.h"

enum {
    THREADS = 2,
    CONNECTIONS_MAX = 64,
    IDLE_SECONDS = 10,
    CONNECTION_MEMORY = 32 * 1024, /* headers of a request must fit: 431 otherwise */
    ADDRESS_BYTES = 128,
    METHOD_BYTES = 16,
};

struct leat_http_server {
    struct MHD_Daemon *daemon;
    leat_http_handler *handler;
    void *self;
    char address[ADDRESS_BYTES];
};

/* One request while its body arrives. */
typedef struct exchange {
    leat_buf body;
    bool is_too_large;
} exchange;

const char *leat_http_argument(const leat_http_request *request, const char *name)
{
    struct MHD_Connection *connection = request->connection;
    const char *value = NULL;
    if (MHD_lookup_connection_value_n(connection, MHD_GET_ARGUMENT_KIND, name, strlen(name), &value,
                                      NULL) == MHD_NO)
        return NULL;
    return value == NULL ? "" : value;
}

static enum MHD_Result respond(struct MHD_Connection *connection, leat_http_response *response)
{
    struct MHD_Response *out = MHD_create_response_from_buffer(
        response->body.size, response->body.data, MHD_RESPMEM_MUST_COPY);
    leat_buf_fini(&response->body);
    if (out == NULL)
        return MHD_NO;
    MHD_add_response_header(out, "Content-Type",
                            response->content_type != NULL ? response->content_type
                                                           : "application/json");
    MHD_add_response_header(out, "X-Content-Type-Options", "nosniff");
    enum MHD_Result result =
        MHD_queue_response(connection, response->status == 0 ? 200 : response->status, out);
    MHD_destroy_response(out);
    return result;
}

/* Split the path in place (a copy); false when it has too many parts. */
static bool split_path(char *path, leat_http_request *request)
{
    char *rest = path;
    char *part;
    while ((part = strsep(&rest, "/")) != NULL) {
        if (*part == '\0')
            continue;
        if (request->segment_count == LEAT_HTTP_SEGMENTS_MAX)
            return false;
        request->segments[request->segment_count++] = leat_bytes_text(part);
    }
    return true;
}

static enum MHD_Result handle(leat_http_server *server,
                              struct MHD_Connection *connection,
                              const char *path,
                              const char *method,
                              const exchange *in)
{
    leat_http_request request = {.method = method,
                                 .body = leat_buf_bytes(&in->body),
                                 .content_type = "",
                                 .connection = connection};
    leat_http_response response = {0};
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");
    if (type != NULL)
        request.content_type = type;
    char *parts = leat_strdup(path);
    if (in->is_too_large) {
        response.status = 413;
        leat_buf_print(&response.body, "{\"error\": \"the body is larger than %d bytes\"}\n",
                       LEAT_HTTP_BODY_MAX);
    } else if (!split_path(parts, &request)) {
        response.status = 404;
        leat_buf_add_text(&response.body, "{\"error\": \"no such path\"}\n");
    } else {
        server->handler(server->self, &request, &response);
    }
    leat_free(parts);
    return respond(connection, &response);
}

/* Called once with the headers, then per piece of the body, then once without. */
static enum MHD_Result on_request(void *self,
                                  struct MHD_Connection *connection,
                                  const char *path,
                                  const char *method,
                                  const char *version,
                                  const char *piece,
                                  size_t *piece_size,
                                  void **state)
{
    (void)version;
    exchange *in = *state;
    if (in == NULL) {
        *state = LEAT_NEW(exchange);
        return MHD_YES;
    }
    if (*piece_size > 0) {
        in->is_too_large |= in->body.size + *piece_size > LEAT_HTTP_BODY_MAX;
        if (!in->is_too_large)
            leat_buf_add(&in->body, piece, *piece_size);
        *piece_size = 0;
        return MHD_YES;
    }
    return handle(self, connection, path, method, in);
}

static void on_completed(void *self,
                         struct MHD_Connection *connection,
                         void **state,
                         enum MHD_RequestTerminationCode how)
{
    (void)self;
    (void)connection;
    (void)how;
    exchange *in = *state;
    if (in == NULL)
        return;
    leat_buf_fini(&in->body);
    leat_free(in);
    *state = NULL;
}

static leat_code resolve(const char *address, struct sockaddr_in *out, leat_error *err)
{
    const char *colon = strrchr(address, ':');
    char host[ADDRESS_BYTES];
    if (colon == NULL || (size_t)(colon - address) >= sizeof host)
        return leat_fail(err, LEAT_INVALID, "'%s' is not an address, expected HOST:PORT", address);
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = '\0';
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(strcmp(host, "*") == 0 ? "0.0.0.0" : host, colon + 1, &hints, &found);
    if (rc != 0)
        return leat_fail(err, LEAT_INVALID, "cannot resolve '%s': %s", address, gai_strerror(rc));
    memcpy(out, found->ai_addr, sizeof *out);
    freeaddrinfo(found);
    return LEAT_OK;
}

leat_code leat_http_server_open(const char *address,
                                leat_http_handler *handler,
                                void *self,
                                leat_http_server **out_server,
                                leat_error *err)
{
    struct sockaddr_in where;
    LEAT_TRY(resolve(address, &where, err));
    leat_http_server *server = LEAT_NEW(leat_http_server);
    server->handler = handler;
    server->self = self;
    errno = 0;
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR,
        &where, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, NULL, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
    if (server->daemon == NULL) {
        int error = errno;
        leat_free(server);
        return leat_fail(err, error == EADDRINUSE ? LEAT_BUSY : LEAT_IO,
                         "cannot listen at '%s': %s", address, strerror(error));
    }
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    char host[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &where.sin_addr, host, sizeof host);
    snprintf(server->address, sizeof server->address, "%s:%u", host,
             info == NULL ? 0u : (unsigned)info->port);
    *out_server = server;
    return LEAT_OK;
}

void leat_http_server_close(leat_http_server **server)
{
    if (*server == NULL)
        return;
    MHD_stop_daemon((*server)->daemon);
    leat_free(*server);
    *server = NULL;
}

const char *leat_http_server_address(const leat_http_server *server)
{
    return server->address;
}
