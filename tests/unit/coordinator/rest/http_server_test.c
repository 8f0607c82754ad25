/* SPDX-License-Identifier: Apache-2.0
 */
#include "coordinator/rest/http_server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Echoes what it was asked. */
static void echo(void *self, const leat_http_request *request, leat_http_response *response)
{
    (void)self;
    leat_buf_print(&response->body, "%s", request->method);
    for (size_t i = 0; i < request->segment_count; i++)
        leat_buf_print(&response->body, " [%.*s]", LEAT_FMT(request->segments[i]));
    const char *argument = leat_http_argument(request, "mode");
    leat_buf_print(&response->body, " mode=%s body=%zu", argument == NULL ? "-" : argument,
                   request->body.size);
    response->content_type = "text/plain";
    response->status = 201;
}

/* One request on a connection of its own; the whole answer as text. */
static void
talk(const leat_http_server *server, const char *head, size_t body_size, char *out, size_t size)
{
    const char *port = strrchr(leat_http_server_address(server), ':') + 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    cr_assert_eq(send(fd, head, strlen(head), MSG_NOSIGNAL), (ssize_t)strlen(head));
    static char zeros[64 * 1024];
    for (size_t left = body_size; left > 0;) {
        ssize_t sent = send(fd, zeros, LEAT_MIN(left, sizeof zeros), MSG_NOSIGNAL);
        if (sent <= 0)
            break;
        left -= (size_t)sent;
    }
    size_t used = 0;
    ssize_t got;
    while (used + 1 < size && (got = recv(fd, out + used, size - 1 - used, 0)) > 0)
        used += (size_t)got;
    out[used] = '\0';
    close(fd);
}

static leat_http_server *server_open(void)
{
    leat_http_server *server = NULL;
    leat_error err = {0};
    cr_assert_eq(leat_http_server_open("127.0.0.1:0", echo, NULL, &server, &err), LEAT_OK, "%s",
                 err.text);
    return server;
}

#define END "Host: x\r\nConnection: close\r\n"

Test(http_server, gives_the_handler_path_arguments_and_body)
{
    leat_http_server *server = server_open();
    char answer[4096];
    talk(server, "POST /jobs/a%20b/stop?mode=x HTTP/1.1\r\n" END "Content-Length: 3\r\n\r\n", 3,
         answer, sizeof answer);
    cr_assert(strstr(answer, "201") != NULL, "%s", answer);
    cr_assert(strstr(answer, "POST [jobs] [a b] [stop] mode=x body=3") != NULL, "%s", answer);
    leat_http_server_close(&server);
}

Test(http_server, refuses_bodies_above_a_mebibyte)
{
    leat_http_server *server = server_open();
    char answer[4096];
    talk(server, "POST /jobs HTTP/1.1\r\n" END "Content-Length: 1048577\r\n\r\n", 1048577, answer,
         sizeof answer);
    cr_assert(strstr(answer, "413") != NULL, "%s", answer);
    leat_http_server_close(&server);
}

Test(http_server, refuses_paths_that_are_too_deep_and_headers_that_are_too_long)
{
    leat_http_server *server = server_open();
    char answer[4096];
    talk(server, "GET /1/2/3/4/5/6/7/8/9 HTTP/1.1\r\n" END "\r\n", 0, answer, sizeof answer);
    cr_assert(strstr(answer, "404") != NULL, "%s", answer);

    size_t size = 100000;
    char *head = malloc(size);
    int used = snprintf(head, size, "GET / HTTP/1.1\r\n" END "X: ");
    memset(head + used, 'a', size - (size_t)used - 5);
    memcpy(head + size - 5, "\r\n\r\n", 5);
    talk(server, head, 0, answer, sizeof answer);
    cr_assert(strncmp(answer, "HTTP/1.1 2", 10) != 0, "%s", answer);
    free(head);
    leat_http_server_close(&server);
}

Test(http_server, says_that_an_address_is_taken_or_wrong)
{
    leat_http_server *server = server_open();
    leat_http_server *second = NULL;
    leat_error err = {0};
    cr_assert_eq(leat_http_server_open("nonsense", echo, NULL, &second, &err), LEAT_INVALID);
    cr_assert_eq(leat_http_server_open("host.invalid:1", echo, NULL, &second, &err), LEAT_INVALID);
    leat_http_server_close(&server);
}
