/*
 * snapshot.h - the caches as octets of a file, and back.
 *
 * Used by the daemon for cache-file and for "cache dump" and "cache load"; it does the input
 * and output, in a thread of its own, and here is neither file nor clock. Both ways go in steps
 * of at most SNAPSHOT_STEP_MAX octets, so that whoever has other things to do can do them in
 * between; no lock of a cache is held for longer than a few dozen entries take.
 *
 * What is in it: RRsets with rank and time, and answers as lists of RRsets. What is not: any
 * verdict of the validator, remembered failures, anything bogus, what a module made. A file may
 * have been changed by anybody, so what it says counts as much as what a server says: each
 * record is checked as if it came from the network, ranks below what servers say with
 * authority, and is judged by its signatures when it is asked for. Answers go into a place of
 * their own (MSG_FLAVOUR_KEPT) that no client is answered from.
 *
 * Format, all numbers big-endian. A head: 8 octets of magic, version (16 bits), 0 (16), a
 * number drawn for this file (64), seconds since 1970 when writing began (48), 0 (16), sum
 * (64). Then slices: number (32, from 0 on), kind (16), 0 (16), octets that follow (32), sum
 * (64), and those octets. The sums are over all of the head or slice but the sum itself, keyed
 * by file and slice, so that nothing can change places. They are against damage, not against
 * malice. The last slice has a kind of its own: without it the file was cut. Each slice before
 * the damage counts by itself.
 */
#ifndef TREESHREW_SERVICES_CACHE_SNAPSHOT_H
#define TREESHREW_SERVICES_CACHE_SNAPSHOT_H

#include "services/cache/cache_options.h"
#include "services/cache/msg_cache.h"
#include "services/cache/rrset_cache.h"

enum {
    SNAPSHOT_VERSION = 1,
    SNAPSHOT_MAGIC_SIZE = 8,
    SNAPSHOT_SLICE_MAX = 64 << 10, /* of records */
    SNAPSHOT_STEP_MAX = SNAPSHOT_SLICE_MAX + 64
};

extern const uint8_t snapshot_magic[SNAPSHOT_MAGIC_SIZE];

struct snapshot_caches {
    struct rrset_cache *rrsets;
    struct msg_cache *messages;
};

struct snapshot_counts {
    uint64_t sets, messages; /* written or loaded */
    /* Read and left out: too old or incomplete, known already, not believed, no room in the
     * cache. */
    uint64_t expired, known, unfit, no_room;
    uint64_t octets;
};

/* ---- writing ---- */

struct snapshot_writer;

/**
 * @param now_s  monotonic, as the times in the caches are; wall_s the same moment since 1970.
 * @param number drawn at random.
 * @return NULL: no memory.
 */
struct snapshot_writer *snapshot_writer_new(const struct snapshot_caches *caches, int64_t now_s,
                                            int64_t wall_s, uint64_t number);
void snapshot_writer_free(struct snapshot_writer *writer);

/**
 * One step of the work.
 * @param octets set to what comes next in the file, often nothing yet; good until the next
 * call.
 * @return false: these were the last.
 */
bool snapshot_write(struct snapshot_writer *writer, int64_t now_s, struct slice *octets);
const struct snapshot_counts *snapshot_written(const struct snapshot_writer *writer);

/* ---- reading ---- */

/* SNAPSHOT_END(ident, "why reading ended"): printed by snapshot_end_text. */
#define SNAPSHOT_ENDS                                                                          \
    SNAPSHOT_END(GOES_ON, "")                                                                  \
    SNAPSHOT_END(WHOLE, "whole")                                                               \
    SNAPSHOT_END(NONE, "this is not a cache file")                                             \
    SNAPSHOT_END(OTHER_VERSION, "it is of another version of shrewd")                          \
    SNAPSHOT_END(FUTURE,                                                                       \
                 "it was written in the future: this clock or the one it was written by "      \
                 "is wrong")                                                                   \
    SNAPSHOT_END(DAMAGED, "it is damaged or cut; what stood before the damage was taken")      \
    SNAPSHOT_END(FULL, "the caches have no room for all of it")                                \
    SNAPSHOT_END(MEMORY, "out of memory")

enum snapshot_end {
#define SNAPSHOT_END(ident, words) SNAPSHOT_##ident,
    SNAPSHOT_ENDS
#undef SNAPSHOT_END
};
const char *snapshot_end_text(enum snapshot_end end);

struct snapshot_limits {
    uint32_t ttl_max_s, negative_ttl_max_s;
    uint64_t rrsets_bytes, messages_bytes; /* the caches' budgets */
};
struct snapshot_limits snapshot_limits_of(const struct cache_options *options);

struct snapshot_reader;

/** @param now_s, wall_s as above, of the moment of reading. @return NULL: no memory. */
struct snapshot_reader *snapshot_reader_new(const struct snapshot_caches *caches,
                                            const struct snapshot_limits *limits, int64_t now_s,
                                            int64_t wall_s);
void snapshot_reader_free(struct snapshot_reader *reader);

/** Exactly how many octets snapshot_read is to be given next; 1 to SNAPSHOT_STEP_MAX. */
size_t snapshot_wants(const struct snapshot_reader *reader);

/**
 * One step of the work. Fewer octets than wanted mean that the file ends here.
 * @return SNAPSHOT_GOES_ON: give more. Anything else is the end.
 */
enum snapshot_end snapshot_read(struct snapshot_reader *reader, struct slice octets);
const struct snapshot_counts *snapshot_loaded(const struct snapshot_reader *reader);

/** Seconds since 1970 at which the file says that it was written; 0 before its head was read.
 */
int64_t snapshot_written_at_s(const struct snapshot_reader *reader);

#endif
