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

struct slice cursor_bytes(struct cursor *in, size_t size)
{
    struct slice taken;

    if (in->failed || (size_t)(in->end - in->at) < size) {
        in->failed = true;
        return slice_of(in->at, 0);
    }
    taken = slice_of(in->at, size);
    in->at += size;
    return taken;
}

struct slice cursor_rest(struct cursor *in)
{
    return cursor_bytes(in, cursor_left(in));
}

uint8_t cursor_u8(struct cursor *in)
{
    struct slice taken = cursor_bytes(in, 1);

    return taken.size == 0 ? 0 : taken.data[0];
}

uint16_t cursor_u16(struct cursor *in)
{
    struct slice taken = cursor_bytes(in, 2);

    return taken.size == 0 ? 0 : bytes_u16(taken.data);
}

uint32_t cursor_u32(struct cursor *in)
{
    struct slice taken = cursor_bytes(in, 4);

    return taken.size == 0 ? 0 : bytes_u32(taken.data);
}

uint64_t cursor_u48(struct cursor *in)
{
    uint64_t high = cursor_u16(in);

    return high << 32 | cursor_u32(in);
}

struct cursor cursor_sub(struct cursor *in, size_t size)
{
    struct slice taken = cursor_bytes(in, size);

    return (struct cursor){in->base, taken.data, taken.data + taken.size, in->failed};
}

void cursor_inherit(struct cursor *outer, const struct cursor *inner)
{
    outer->failed = outer->failed || inner->failed;
}

void cursor_finish_sub(struct cursor *outer, const struct cursor *inner)
{
    outer->failed = outer->failed || inner->failed || inner->at != inner->end;
}

/* Room for that many octets, or NULL and a sink that has failed. */
static uint8_t *sink_room(struct sink *out, size_t size)
{
    uint8_t *room;

    if (out->failed || out->size - out->used < size) {
        out->failed = true;
        return NULL;
    }
    room = out->base + out->used;
    out->used += size;
    return room;
}

void sink_u8(struct sink *out, uint8_t value)
{
    uint8_t *room = sink_room(out, 1);

    if (room != NULL)
        *room = value;
}

void sink_u16(struct sink *out, uint16_t value)
{
    uint8_t *room = sink_room(out, 2);

    if (room != NULL)
        bytes_put_u16(room, value);
}

void sink_u32(struct sink *out, uint32_t value)
{
    uint8_t *room = sink_room(out, 4);

    if (room != NULL)
        bytes_put_u32(room, value);
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
