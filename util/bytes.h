/*
 * bytes.h - slices of bytes, a reading cursor and a writing sink whose errors stick.
 *
 * Used by everything that reads or writes a wire format. After the first failure a cursor reads
 * zeroes and a sink writes nothing; so one question at the end replaces a check after each step.
 * Steps stand here and not in bytes.c: a step is a few instructions, a call of it as many again.
 */
#ifndef TREESHREW_UTIL_BYTES_H
#define TREESHREW_UTIL_BYTES_H

#include "util/base.h"

/** Borrowed bytes; whoever made the slice says how long they live. */
struct slice {
    const uint8_t *data;
    size_t size;
};

static inline struct slice slice_of(const void *data, size_t size)
{
    return (struct slice){(const uint8_t *)data, size};
}

bool slice_equal(struct slice a, struct slice b);

/** Orders like memcmp, the shorter one first where one begins with the other. */
int slice_compare(struct slice a, struct slice b);

/** A place in bytes that are being read. base..end is what may be looked at. */
struct cursor {
    const uint8_t *base;
    const uint8_t *at;
    const uint8_t *end;
    bool failed;
};

static inline struct cursor cursor_of(struct slice bytes)
{
    /* Of an empty slice the data may be NULL, to which C allows not even 0 to be added. */
    const uint8_t *end = bytes.size == 0 ? bytes.data : bytes.data + bytes.size;

    return (struct cursor){bytes.data, bytes.data, end, false};
}

static inline bool cursor_failed(const struct cursor *in)
{
    return in->failed;
}

static inline size_t cursor_left(const struct cursor *in)
{
    return in->failed ? 0 : (size_t)(in->end - in->at);
}

/** Octets between base and the place, which is an offset in a DNS message. */
static inline size_t cursor_offset(const struct cursor *in)
{
    return (size_t)(in->at - in->base);
}

static inline void cursor_fail(struct cursor *in)
{
    in->failed = true;
}

/** The next octets, not copied; an empty slice and a failed cursor when fewer are left. */
static inline struct slice cursor_bytes(struct cursor *in, size_t size)
{
    struct slice taken = slice_of(in->at, size);

    if (in->failed || (size_t)(in->end - in->at) < size) {
        in->failed = true;
        return slice_of(in->at, 0);
    }
    in->at += size;
    return taken;
}

/** All octets that are left. */
static inline struct slice cursor_rest(struct cursor *in)
{
    return cursor_bytes(in, cursor_left(in));
}

/** A cursor over the next octets, which the outer one passes over. Keeps base, for pointers. */
static inline struct cursor cursor_sub(struct cursor *in, size_t size)
{
    struct slice taken = cursor_bytes(in, size);

    return (struct cursor){in->base, taken.data, taken.data + taken.size, in->failed};
}

/** The inner cursor must have been read to its end without failure, else the outer one fails. */
void cursor_finish_sub(struct cursor *outer, const struct cursor *inner);

/** A failure of the inner cursor becomes one of the outer. */
void cursor_inherit(struct cursor *outer, const struct cursor *inner);

/** A place in bytes that are being written. */
struct sink {
    uint8_t *base;
    size_t used;
    size_t size;
    bool failed;
};

static inline struct sink sink_of(void *data, size_t size)
{
    return (struct sink){(uint8_t *)data, 0, size, false};
}

static inline bool sink_failed(const struct sink *out)
{
    return out->failed;
}

static inline struct slice sink_written(const struct sink *out)
{
    return slice_of(out->base, out->used);
}

/** Reads without a cursor, where the size is known to suffice. */
static inline uint16_t bytes_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t bytes_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline void bytes_put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void bytes_put_u32(uint8_t *at, uint32_t value)
{
    bytes_put_u16(at, (uint16_t)(value >> 16));
    bytes_put_u16(at + 2, (uint16_t)value);
}

static inline uint8_t cursor_u8(struct cursor *in)
{
    struct slice taken = cursor_bytes(in, 1);

    return taken.size == 0 ? 0 : taken.data[0];
}

static inline uint16_t cursor_u16(struct cursor *in)
{
    struct slice taken = cursor_bytes(in, 2);

    return taken.size == 0 ? 0 : bytes_u16(taken.data);
}

static inline uint32_t cursor_u32(struct cursor *in)
{
    struct slice taken = cursor_bytes(in, 4);

    return taken.size == 0 ? 0 : bytes_u32(taken.data);
}

uint64_t cursor_u48(struct cursor *in);

/** Room for that many octets, which the caller writes; NULL and a failed sink: there is none. */
static inline uint8_t *sink_room(struct sink *out, size_t size)
{
    if (out->failed || out->size - out->used < size) {
        out->failed = true;
        return NULL;
    }
    out->used += size;
    return out->base + (out->used - size);
}

static inline void sink_u8(struct sink *out, uint8_t value)
{
    uint8_t *room = sink_room(out, 1);

    if (room != NULL)
        *room = value;
}

static inline void sink_u16(struct sink *out, uint16_t value)
{
    uint8_t *room = sink_room(out, 2);

    if (room != NULL)
        bytes_put_u16(room, value);
}

static inline void sink_u32(struct sink *out, uint32_t value)
{
    uint8_t *room = sink_room(out, 4);

    if (room != NULL)
        bytes_put_u32(room, value);
}

void sink_u48(struct sink *out, uint64_t value);
void sink_bytes(struct sink *out, struct slice bytes);

/** Overwrites two octets that are already written. */
void sink_patch_u16(struct sink *out, size_t offset, uint16_t value);

#endif
