/*
 * bytes.c - slices, cursors and sinks; see the header for the idea.
 */
#include "util/bytes.h"

#include <string.h>

bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int slice_compare(struct slice a, struct slice b)
{
    size_t common = size_min(a.size, b.size);
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

    if (order != 0)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

uint64_t cursor_u48(struct cursor *in)
{
    uint64_t high = cursor_u16(in);

    return high << 32 | cursor_u32(in);
}

void cursor_inherit(struct cursor *outer, const struct cursor *inner)
{
    outer->failed = outer->failed || inner->failed;
}

void cursor_finish_sub(struct cursor *outer, const struct cursor *inner)
{
    outer->failed = outer->failed || inner->failed || inner->at != inner->end;
}

void sink_u48(struct sink *out, uint64_t value)
{
    sink_u16(out, (uint16_t)(value >> 32));
    sink_u32(out, (uint32_t)value);
}

void sink_bytes(struct sink *out, struct slice bytes)
{
    uint8_t *room = sink_room(out, bytes.size);

    if (room != NULL && bytes.size != 0)
        memcpy(room, bytes.data, bytes.size);
}

void sink_patch_u16(struct sink *out, size_t offset, uint16_t value)
{
    if (!out->failed) {
        ASSERT(offset + 2 <= out->used);
        bytes_put_u16(out->base + offset, value);
    }
}
