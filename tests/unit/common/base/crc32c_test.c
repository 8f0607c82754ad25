/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/crc32c.h"

#include <criterion/criterion.h>

#include "common/base/prng.h"

Test(crc32c, gives_the_published_check_value)
{
    cr_assert_eq(leat_crc32c("123456789", 9), 0xE3069283);
}

Test(crc32c, gives_the_vectors_of_rfc_3720)
{
    unsigned char data[32] = {0};
    cr_assert_eq(leat_crc32c(data, sizeof data), 0x8A9136AA);

    memset(data, 0xFF, sizeof data);
    cr_assert_eq(leat_crc32c(data, sizeof data), 0x62A8AB43);

    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)i;
    cr_assert_eq(leat_crc32c(data, sizeof data), 0x46DD794E);
}

Test(crc32c, of_nothing_is_zero)
{
    cr_assert_eq(leat_crc32c(NULL, 0), 0);
}

Test(crc32c, the_table_and_the_instruction_agree_at_every_length_and_offset)
{
    unsigned char data[128];
    leat_prng prng = {7};
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)leat_prng_next(&prng);

    for (size_t offset = 0; offset < 16; offset++)
        for (size_t size = 0; offset + size <= sizeof data; size++)
            cr_assert_eq(leat_crc32c_extend(5, data + offset, size),
                         leat_crc32c_extend_table(5, data + offset, size));
}

Test(crc32c, goes_on_from_any_cut)
{
    const char *text = "the quick brown fox jumps over the lazy dog";
    size_t size = strlen(text);
    uint32_t whole = leat_crc32c(text, size);

    for (size_t cut = 0; cut <= size; cut++)
        cr_assert_eq(leat_crc32c_extend(leat_crc32c(text, cut), text + cut, size - cut), whole);
}
