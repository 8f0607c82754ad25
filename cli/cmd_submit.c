/* SPDX-License-Identifier: Apache-2.0
 *
 * `leat submit FILE`: the coordinator compiles; what it says of the file is shown as `validate`
 * would show it.
 */
#include <stdio.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "common/base/limits.h"
#include "common/sys/file.h"

static void put_submission(leat_buf *out,
                           const char *file,
                           leat_bytes text,
                           const leat_variables *variables,
                           bool ignore_state)
{
    leat_json_writer w = leat_json_write(out);
    leat_json_begin_object(&w, NULL);
    leat_json_put_text(&w, "file", leat_bytes_text(file));
    leat_json_put_text(&w, "topology", text);
    leat_json_put_bool(&w, "ignore_state", ignore_state);
    leat_json_begin_object(&w, "defines");
    for (uint32_t i = 0; i < variables->count; i++) {
        bool is_last = true; /* the last of a name wins, and JSON wants each key once */
        for (uint32_t j = i + 1; j < variables->count; j++)
            is_last &= !leat_bytes_equal(variables->items[i].name, variables->items[j].name);
        leat_buf name = {0};
        leat_buf_add(&name, variables->items[i].name.data, variables->items[i].name.size);
        if (is_last)
            leat_json_put_text(&w, leat_buf_text(&name), variables->items[i].value);
        leat_buf_fini(&name);
    }
    leat_json_end(&w);
    leat_json_end(&w);
}

static int submit(const char *coordinator,
                  const char *path,
                  const leat_variables *variables,
                  bool ignore_state,
                  bool wants_json)
{
    leat_buf text = {0};
    leat_buf body = {0};
    leat_client_answer answer = {0};
    leat_error err;
    int code = LEAT_EXIT_FAILED;
    if (leat_file_read(path, LEAT_TOPOLOGY_BYTES_MAX, &text, &err) != LEAT_OK) {
        fprintf(stderr, "leat: %s\n", err.text);
        goto done;
    }
    put_submission(&body, path, leat_buf_bytes(&text), variables, ignore_state);
    if (!leat_client_request(coordinator, "POST", "/jobs", leat_buf_bytes(&body), &answer))
        goto done;
    if (wants_json)
        fputs(leat_buf_text(&answer.body), stdout);
    else
        printf("submitted job %lld\n", (long long)leat_client_number(answer.json, "id"));
    code = LEAT_EXIT_OK;
done:
    leat_client_answer_fini(&answer);
    leat_buf_fini(&body);
    leat_buf_fini(&text);
    return code;
}

int leat_cmd_submit(leat_args *args)
{
    leat_arena arena = {0};
    const char *coordinator = leat_client_coordinator(args);
    leat_variables variables = leat_args_variables(args, &arena);
    bool ignore_state = leat_args_flag(args, "--ignore-state");
    bool wants_json = leat_args_wants_json(args);
    int code = LEAT_EXIT_USAGE;
    if (leat_args_end(args, 1, 1))
        code = submit(coordinator, args->words[0], &variables, ignore_state, wants_json);
    leat_arena_fini(&arena);
    return code;
}
