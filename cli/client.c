/* SPDX-License-Identifier: Apache-2.0
 */
#include "cli/client.h"

#define CURL_DISABLE_TYPECHECK /* its macros would name the functions */
#include <curl/curl.h>
#include <dlfcn.h>
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

/* libcurl is loaded when a request is made: it and the twenty libraries behind it would take
 * longer to load than `leat run` has until its first row. */
typedef struct curl_library {
    __typeof__(curl_easy_init) *init;
    __typeof__(curl_easy_setopt) *set;
    __typeof__(curl_easy_perform) *perform;
    __typeof__(curl_easy_getinfo) *get;
    __typeof__(curl_easy_cleanup) *cleanup;
    __typeof__(curl_easy_strerror) *error;
    __typeof__(curl_slist_append) *append;
    __typeof__(curl_slist_free_all) *free_all;
} curl_library;

static bool load(curl_library *library)
{
    const struct {
        const char *name;
        void *to;
    } functions[] = {
        {"curl_easy_init", &library->init},       {"curl_easy_setopt", &library->set},
        {"curl_easy_perform", &library->perform}, {"curl_easy_getinfo", &library->get},
        {"curl_easy_cleanup", &library->cleanup}, {"curl_easy_strerror", &library->error},
        {"curl_slist_append", &library->append},  {"curl_slist_free_all", &library->free_all},
    };
    void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL); /* never closed: once a process */
    for (size_t i = 0; handle != NULL && i < LEAT_COUNT_OF(functions); i++) {
        void *function = dlsym(handle, functions[i].name);
        if (function == NULL)
            return false;
        memcpy(functions[i].to, &function, sizeof function);
    }
    return handle != NULL;
}

static size_t on_piece(char *data, size_t size, size_t count, void *self)
{
    leat_buf *body = self;
    if (body->size + size * count > ANSWER_BYTES_MAX)
        return 0;
    leat_buf_add(body, data, size * count);
    return size * count;
}

typedef struct client_request {
    const char *url;
    const char *method;
    leat_bytes body;
} client_request;

static CURLcode
perform(const curl_library *library, const client_request *request, leat_client_answer *answer)
{
    leat_bytes body = request->body;
    CURL *curl = library->init();
    if (curl == NULL)
        return CURLE_FAILED_INIT;
    struct curl_slist *headers = library->append(NULL, "Content-Type: application/json");
    headers = library->append(headers, "Expect:");
    library->set(curl, CURLOPT_URL, request->url);
    library->set(curl, CURLOPT_CUSTOMREQUEST, request->method);
    library->set(curl, CURLOPT_HTTPHEADER, headers);
    library->set(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
    library->set(curl, CURLOPT_NOSIGNAL, 1L);
    library->set(curl, CURLOPT_PROXY, ""); /* a coordinator is near */
    library->set(curl, CURLOPT_WRITEFUNCTION, on_piece);
    library->set(curl, CURLOPT_WRITEDATA, &answer->body);
    if (strcmp(request->method, "GET") != 0) {
        library->set(curl, CURLOPT_POSTFIELDS, body.size > 0 ? body.data : "");
        library->set(curl, CURLOPT_POSTFIELDSIZE, (long)body.size);
    }
    CURLcode code = library->perform(curl);
    if (code == CURLE_OK)
        library->get(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    library->free_all(headers);
    library->cleanup(curl);
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
    if (answer->status == 404)
        fputs("leat: `leat jobs` and `leat workers` list what there is\n", stderr);
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
    client_request request = {.url = leat_buf_text(&url), .method = method, .body = body};
    curl_library library;
    bool is_loaded = load(&library);
    CURLcode code = is_loaded ? perform(&library, &request, out_answer) : CURLE_FAILED_INIT;
    leat_buf_fini(&url);
    if (!is_loaded)
        fputs("leat: libcurl.so.4 is missing: install the package libcurl4\n", stderr);
    else if (code != CURLE_OK)
        fprintf(stderr,
                "leat: no answer from the coordinator at %s: %s\n"
                "leat: --coordinator URL or LEAT_COORDINATOR names another; "
                "`leat coordinator --help` shows how to start one\n",
                coordinator, library.error(code));
    if (code != CURLE_OK)
        return false;
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
