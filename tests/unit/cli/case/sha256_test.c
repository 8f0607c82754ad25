/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/case/sha256.h"

#include <criterion/criterion.h>

#include "common/base/buf.h"

static void expect(leat_bytes bytes, const char *hex)
{
    char out[LEAT_SHA256_HEX + 1];
    leat_sha256_hex(bytes, out);
    cr_assert_str_eq(out, hex);
}

Test(sha256, gives_the_digests_of_the_standard)
{
    expect((leat_bytes){NULL, 0},
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(LEAT_BYTES("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(LEAT_BYTES("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

Test(sha256, takes_more_than_a_block)
{
    leat_buf text = {0};
    for (int i = 0; i < 1000000; i++)
        leat_buf_add_char(&text, 'a');
    expect(leat_buf_bytes(&text),
           "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    leat_buf_fini(&text);
}
