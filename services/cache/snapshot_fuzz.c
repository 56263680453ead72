/*
 * snapshot_fuzz.c - any octets as a file, and any octets as records in a file with the right
 * sums.
 */
#include "services/cache/snapshot_form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CACHE_BYTES = 1 << 18, NOW = 1000 };

static const struct snapshot_limits limits = {86400, 3600, CACHE_BYTES, CACHE_BYTES};

static void read_file(struct snapshot_caches *caches, struct slice file)
{
    struct snapshot_reader *reader =
        snapshot_reader_new(caches, &limits, NOW, INT64_C(1) << 40);
    enum snapshot_end end = SNAPSHOT_GOES_ON;

    while (reader != NULL && end == SNAPSHOT_GOES_ON) {
        size_t wanted = snapshot_wants(reader), size = size_min(wanted, file.size);

        ASSERT(wanted > 0 && wanted <= SNAPSHOT_STEP_MAX);
        end = snapshot_read(reader, slice_of(file.data, size));
        ASSERT(size == wanted || end != SNAPSHOT_GOES_ON);
        file = slice_of(file.data + size, file.size - size);
    }
    snapshot_reader_free(reader);
}

/* Head, one slice of these records, end. @return its size. */
static size_t seal(struct slice records, uint8_t *octets, size_t size)
{
    struct sink out = sink_of(octets, size);

    sink_bytes(&out, slice_of(snapshot_magic, SNAPSHOT_MAGIC_SIZE));
    sink_u16(&out, SNAPSHOT_VERSION);
    sink_u16(&out, 0);
    sink_u64(&out, 1);
    sink_u48(&out, UINT64_C(1) << 40);
    sink_u16(&out, 0);
    sink_u64(&out, snapshot_sum(1, 0, sink_written(&out), slice_of(NULL, 0)));
    for (unsigned slice = 0; slice < 2; slice++) {
        struct slice body = slice == 0 ? records : slice_of(NULL, 0);
        size_t begin = out.used;

        sink_u32(&out, slice);
        sink_u16(&out, slice == 0 ? SLICE_RECORDS : SLICE_END);
        sink_u16(&out, 0);
        sink_u32(&out, (uint32_t)body.size);
        sink_u64(&out,
                 snapshot_sum(1, slice, slice_of(out.base + begin, out.used - begin), body));
        sink_bytes(&out, body);
    }
    return sink_failed(&out) ? 0 : out.used;
}

/* Whatever a file brought in, it is without any verdict, of low rank and within its bounds. */
static void check_sets(struct snapshot_caches *caches)
{
    struct shards_place place = {0};

    while (!place.at_end) {
        const struct rrset *sets[64];
        uint8_t flavours[64];
        size_t count =
            rrset_cache_take_some(caches->rrsets, &place, sets, flavours, COUNT(sets));

        for (size_t i = 0; i < count; i++) {
            ASSERT(rrset_security(sets[i]) == SEC_UNCHECKED && sets[i]->trust <= TRUST_ANSWER);
            ASSERT(sets[i]->expires_s > NOW && sets[i]->expires_s <= NOW + limits.ttl_max_s);
            ASSERT(sets[i]->rr_count > 0 && !rrtype_is_meta(sets[i]->type));
            rrset_unref(sets[i]);
        }
    }
}

typedef size_t take(struct msg_cache *cache, struct shards_place *place,
                    const struct msg_entry **entries, size_t most);

static void check_answers(struct snapshot_caches *caches, take *take_some)
{
    struct shards_place place = {0};

    while (!place.at_end) {
        const struct msg_entry *entries[64];
        size_t count = take_some(caches->messages, &place, entries, COUNT(entries));

        for (size_t i = 0; i < count; i++) {
            ASSERT(entries[i]->flavour == MSG_FLAVOUR_KEPT && entries[i]->expires_s > NOW);
            ASSERT(entries[i]->security == SEC_UNCHECKED);
            msg_entry_unref(entries[i]);
        }
    }
}

/* What was taken in is written and taken in again: as many of both. */
static void check_round_trip(struct snapshot_caches *caches)
{
    struct snapshot_caches again = {rrset_cache_new(CACHE_BYTES, 1, (struct hash_key){5, 6}),
                                    msg_cache_new(CACHE_BYTES, 1, (struct hash_key){7, 8})};
    struct snapshot_writer *writer = snapshot_writer_new(caches, NOW, INT64_C(1) << 40, 3);
    struct snapshot_reader *reader =
        snapshot_reader_new(&again, &limits, NOW, INT64_C(1) << 40);
    enum snapshot_end end = SNAPSHOT_GOES_ON;
    bool more = true;

    while (more) {
        struct slice octets;

        more = snapshot_write(writer, NOW, &octets);
        while (octets.size > 0 && end == SNAPSHOT_GOES_ON) {
            size_t size = snapshot_wants(reader);

            ASSERT(size <= octets.size);
            end = snapshot_read(reader, slice_of(octets.data, size));
            octets = slice_of(octets.data + size, octets.size - size);
        }
    }
    ASSERT(end == SNAPSHOT_WHOLE || end == SNAPSHOT_FULL);
    if (end == SNAPSHOT_WHOLE && snapshot_loaded(reader)->no_room == 0)
        ASSERT(snapshot_loaded(reader)->sets == snapshot_written(writer)->sets &&
               snapshot_loaded(reader)->messages == snapshot_written(writer)->messages);
    snapshot_writer_free(writer);
    snapshot_reader_free(reader);
    msg_cache_free(again.messages);
    rrset_cache_free(again.rrsets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t octets[SNAPSHOT_STEP_MAX * 2];
    struct snapshot_caches caches = {rrset_cache_new(CACHE_BYTES, 1, (struct hash_key){1, 2}),
                                     msg_cache_new(CACHE_BYTES, 1, (struct hash_key){3, 4})};
    bool with_marks = size % 2 == 1; /* plain answers as marks at their RRsets */

    if (caches.rrsets != NULL && caches.messages != NULL) {
        if (with_marks)
            msg_cache_rest_on(caches.messages, caches.rrsets);
        read_file(&caches, slice_of(data, size));
        read_file(&caches,
                  slice_of(octets, seal(slice_of(data, size), octets, sizeof(octets))));
        check_sets(&caches);
        check_answers(&caches, msg_cache_take_some);
        if (with_marks)
            check_answers(&caches, msg_cache_take_plain);
        check_round_trip(&caches);
    }
    msg_cache_free(caches.messages);
    rrset_cache_free(caches.rrsets);
    return 0;
}
