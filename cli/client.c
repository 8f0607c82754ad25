/* SPDX-License-Identifier: Apache-2.0
 */
#include "cli/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

enum { TIMEOUT_SECONDS = 30, ANSWER_BYTES_MAX = 16 * 1024 * 1024 };

const char *leat_client_coordinator(leat_args *args)
{
    const char *given = leat_args_value(args, "--coordinator");
    if (given == NULL)
        given = getenv("LEAT_COORDINATOR");
    return given == NULL || given[0] == '\0' ? LEAT_COORDINATOR_DEFAULT : given;
}

static size_t on_piece(char *data, size_t size, size_t count, void *self)
{
    leat_buf *body = self;
    if (body->size + size * count > ANSWER_BYTES_MAX)
        return 0;
    leat_buf_add(body, data, size * count);
    return size * count;
}

static CURLcode perform(
    CURL *curl, const char *url, const char *method, leat_bytes body, leat_client_answer *answer)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Expect:");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* a coordinator is near */
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_piece);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->body);
    if (strcmp(method, "GET") != 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.size > 0 ? body.data : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.size);
    }
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_slist_free_all(headers);
    return code;
}

/* What a person should read of an answer that says no. */
static void print_refusal(const leat_client_answer *answer)
{
    leat_bytes messages = leat_client_text(answer->json, "messages");
    leat_bytes error = leat_client_text(answer->json, "error");
    if (messages.size > 0)
        fprintf(stderr, "%.*s", LEAT_FMT(messages));
    else if (error.size > 0)
        fprintf(stderr, "leat: %.*s\n", LEAT_FMT(error));
    else
        fprintf(stderr, "leat: the coordinator answered with status %ld\n", answer->status);
}

bool leat_client_request(const char *coordinator,
                         const char *method,
                         const char *path,
                         leat_bytes body,
                         leat_client_answer *out_answer)
{
    *out_answer = (leat_client_answer){0};
    leat_buf url = {0};
    bool has_scheme = strstr(coordinator, "://") != NULL;
    leat_buf_print(&url, "%s%s%s", has_scheme ? "" : "http://", coordinator, path);
    CURL *curl = curl_easy_init();
    CURLcode code = curl == NULL ? CURLE_FAILED_INIT
                                 : perform(curl, leat_buf_text(&url), method, body, out_answer);
    curl_easy_cleanup(curl);
    leat_buf_fini(&url);
    if (code != CURLE_OK) {
        fprintf(stderr, "leat: no answer from the coordinator at %s: %s\n", coordinator,
                curl_easy_strerror(code));
        return false;
    }
    leat_error err;
    if (leat_json_parse(leat_buf_bytes(&out_answer->body), &out_answer->json, &err) != LEAT_OK)
        out_answer->json = NULL;
    if (out_answer->status >= 200 && out_answer->status < 300)
        return true;
    print_refusal(out_answer);
    return false;
}

void leat_client_answer_fini(leat_client_answer *answer)
{
    leat_json_free(&answer->json);
    leat_buf_fini(&answer->body);
}

void leat_client_escape(leat_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        char c = *text;
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (is_plain)
            leat_buf_add_char(out, c);
        else
            leat_buf_print(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

leat_bytes leat_client_text(const leat_json *json, const char *key)
{
    leat_bytes text = {0};
    (void)leat_json_as_text(leat_json_member(json, key), &text);
    return text;
}

int64_t leat_client_number(const leat_json *json, const char *key)
{
    int64_t number = 0;
    (void)leat_json_as_i64(leat_json_member(json, key), &number);
    return number;
}
