/*
 * snapshot_form.h - what the writer and the reader of snapshots have in common.
 *
 * Used by snapshot_write.c and snapshot_read.c, and by tests that make bad ones. The order of
 * fields stands in the functions that write them.
 */
#ifndef TREESHREW_SERVICES_CACHE_SNAPSHOT_FORM_H
#define TREESHREW_SERVICES_CACHE_SNAPSHOT_FORM_H

#include "services/cache/snapshot.h"

enum {
    SNAPSHOT_HEAD_SIZE = 36, /* its last 8 octets are the sum */
    SNAPSHOT_SLICE_HEAD_SIZE = 20,
    SNAPSHOT_SUM_SIZE = 8,
    SNAPSHOT_RECORDS_MAX = 512, /* of one RRset, signatures included */
    SNAPSHOT_SETS_MAX = 255     /* of one section of an answer */
};

enum snapshot_slice { SLICE_RECORDS = 1, SLICE_END = 2 };

enum snapshot_record { RECORD_SET = 1, RECORD_MESSAGE = 2 };

/* How an answer names an RRset. */
enum snapshot_reference {
    REFERENCE_QUESTION = 1, /* name and type are those of the question */
    REFERENCE_ANCESTOR,     /* the name is the question's, or one above it: number of labels */
    REFERENCE_NAME,
    REFERENCE_INLINE /* it is not in the RRset cache: here it is */
};

/** Over the octets of the head or of one slice (head without sum, then records). */
uint64_t snapshot_sum(uint64_t number, uint32_t slice, struct slice head, struct slice records);

/**
 * Is this what a server may have said and a cache may hold? Asked by the writer of what it has
 * and by the reader of what it finds. Rdata is known to be well-formed by the reader only.
 */
bool snapshot_may_hold(const struct rrset_parts *parts, enum rrset_flavour flavour);
bool snapshot_may_answer(const struct question *question, uint16_t rcode);

static inline void sink_u64(struct sink *out, uint64_t value)
{
    sink_u32(out, (uint32_t)(value >> 32));
    sink_u32(out, (uint32_t)value);
}

static inline uint64_t cursor_u64(struct cursor *in)
{
    uint64_t upper = cursor_u32(in);

    return upper << 32 | cursor_u32(in);
}

#endif
