/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/ids.h"

#include <criterion/criterion.h>

Test(ids, are_as_small_as_their_numbers_and_compare_by_value)
{
    cr_assert_eq(sizeof(leat_key_group), 2);
    cr_assert_eq(sizeof(leat_epoch), 8);
    cr_assert(leat_epoch_equal((leat_epoch){7}, (leat_epoch){7}));
    cr_assert_not(leat_slot_id_equal((leat_slot_id){1}, (leat_slot_id){2}));
}
