/* SPDX-License-Identifier: Apache-2.0
 *
 * One target under libFuzzer; LEAT_FUZZ_TARGET names it. What has checksums is run twice: as it
 * came, and with the checksums made right.
 */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const leat_fuzz_target *target = &LEAT_FUZZ_TARGET;
    target->run(leat_bytes_of(data, size));
    if (target->mend != NULL) {
        leat_buf mended = {0};
        leat_buf_add(&mended, data, size);
        target->mend(&mended);
        target->run(leat_buf_bytes(&mended));
        leat_buf_fini(&mended);
    }
    return 0;
}
