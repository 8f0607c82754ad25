/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/core/message.h"

#include "common/base/assert.h"

const char *leat_message_name(leat_message_kind kind)
{
    switch (kind) {
    case LEAT_MESSAGE_DATA:
        return "data";
    case LEAT_MESSAGE_WATERMARK:
        return "watermark";
    case LEAT_MESSAGE_BARRIER:
        return "barrier";
    case LEAT_MESSAGE_END:
        return "end";
    case LEAT_MESSAGE_CREDIT:
        return "credit";
    case LEAT_MESSAGE_KIND_COUNT:
        break;
    }
    LEAT_UNREACHABLE();
}
