/*
 * snapshot_write.c - the caches as octets of a file.
 *
 * Called by the daemon step by step. First the RRset cache, then the message cache, its plain
 * answers and the others, each walked through some buckets at a time: references are taken
 * under the lock, the octets are made without it. What changes meanwhile may be left out or be
 * there as it was before; an answer names its RRsets, so that it is complete or left out when
 * it is read.
 */
#include <stdlib.h>

#include "services/cache/snapshot_form.h"

enum {
    SOME = 256,            /* entries taken in one step of a walk */
    ENTRIES_A_STEP = 1024, /* looked at in one step of the work, written or not */
    LEAST_LIFE_S = 1
};

enum phase { PHASE_HEAD, PHASE_SETS, PHASE_PLAIN, PHASE_MESSAGES, PHASE_END, PHASE_OVER };

struct snapshot_writer {
    struct snapshot_caches caches;
    int64_t begun_s, begun_wall_s;
    uint64_t number;
    uint32_t slice; /* the next one's number */
    enum phase phase;
    struct shards_place place;
    struct snapshot_counts counts;
    union {
        const struct rrset *sets[SOME];
        const struct msg_entry *entries[SOME];
    } taken; /* references, from `next` on */
    uint8_t flavours[SOME];
    size_t next, count;
    uint8_t octets[SNAPSHOT_STEP_MAX];
};

struct snapshot_writer *snapshot_writer_new(const struct snapshot_caches *caches, int64_t now_s,
                                            int64_t wall_s, uint64_t number)
{
    struct snapshot_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL)
        return NULL;
    writer->caches = *caches;
    writer->begun_s = now_s;
    writer->begun_wall_s = wall_s;
    writer->number = number;
    return writer;
}

/* Of the reference at `next`. */
static void let_go(struct snapshot_writer *writer)
{
    if (writer->phase == PHASE_SETS)
        rrset_unref(writer->taken.sets[writer->next]);
    else
        msg_entry_unref(writer->taken.entries[writer->next]);
    writer->next++;
}

void snapshot_writer_free(struct snapshot_writer *writer)
{
    if (writer == NULL)
        return;
    while (writer->next < writer->count)
        let_go(writer);
    free(writer);
}

const struct snapshot_counts *snapshot_written(const struct snapshot_writer *writer)
{
    return &writer->counts;
}

/* ---- records ---- */

/* Ends are told as seconds after the file's own time. */
static uint32_t end_of(const struct snapshot_writer *writer, int64_t expires_s)
{
    return (uint32_t)time_min(time_max(expires_s - writer->begun_s, 0), INT32_MAX);
}

static bool is_worth(const struct rrset *set, enum rrset_flavour flavour, int64_t now_s)
{
    const struct rrset_parts parts = {.type = set->type,
                                      .rrclass = set->rrclass,
                                      .trust = (enum trust)set->trust,
                                      .rr_count = set->rr_count,
                                      .rrsig_count = set->rrsig_count};

    return rrset_is_fresh(set, now_s + LEAST_LIFE_S) && rrset_security(set) != SEC_BOGUS &&
           snapshot_may_hold(&parts, flavour);
}

static void write_set(const struct snapshot_writer *writer, const struct rrset *set,
                      enum rrset_flavour flavour, struct sink *out)
{
    size_t records = (size_t)set->rr_count + set->rrsig_count;

    sink_u8(out, (uint8_t)(flavour << 4 | set->trust));
    sink_u16(out, set->type);
    sink_u16(out, set->rrclass);
    sink_u32(out, end_of(writer, set->expires_s));
    sink_u32(out, set->ttl_s);
    sink_u16(out, set->rr_count);
    sink_u16(out, set->rrsig_count);
    dname_write(out, rrset_owner(set));
    for (size_t i = 0; i < records; i++) {
        struct slice rdata = rrset_rdata(set, i);

        sink_u16(out, (uint16_t)rdata.size);
        sink_bytes(out, rdata);
    }
}

static size_t sets_of(const struct msg_entry *entry)
{
    return (size_t)entry->count[0] + entry->count[1] + entry->count[2];
}

static bool is_answer_worth(const struct msg_entry *entry, int64_t now_s)
{
    const struct question question = {entry->qname, entry->qtype, entry->qclass};

    for (size_t i = 0; i < SECTIONS; i++)
        if (entry->count[i] > SNAPSHOT_SETS_MAX)
            return false;
    return (entry->flavour == MSG_FLAVOUR_NONE || entry->flavour == MSG_FLAVOUR_CD ||
            entry->flavour == MSG_FLAVOUR_KEPT) &&
           entry->expires_s > now_s + LEAST_LIFE_S && entry->security != SEC_BOGUS &&
           entry->ttl_s > 0 && sets_of(entry) > 0 &&
           snapshot_may_answer(&question, entry->rcode);
}

/* Is it, or the same data, in the RRset cache, so that its name will do? */
static bool is_cached(const struct snapshot_writer *writer, const struct rrset *set,
                      int64_t now_s)
{
    const struct rrset *found =
        rrset_cache_find(writer->caches.rrsets, rrset_owner(set), set->type, set->rrclass,
                         RRSET_PLAIN, now_s + LEAST_LIFE_S, 0);
    bool same =
        found != NULL && rrset_same_data(found, set) && is_worth(found, RRSET_PLAIN, now_s);

    rrset_unref(found);
    return same;
}

/* @return false: the answer is of no use without it. */
static bool write_reference(const struct snapshot_writer *writer, const struct msg_entry *entry,
                            const struct rrset *set, int64_t now_s, struct sink *out)
{
    struct dname owner = rrset_owner(set);

    if (set->rrclass != entry->qclass)
        return false;
    if (!is_cached(writer, set, now_s)) {
        if (!is_worth(set, RRSET_PLAIN, now_s))
            return false;
        sink_u8(out, REFERENCE_INLINE);
        write_set(writer, set, RRSET_PLAIN, out);
        return true;
    }
    if (set->type == entry->qtype && dname_equal(owner, entry->qname)) {
        sink_u8(out, REFERENCE_QUESTION);
        return true;
    }
    if (dname_is_at_or_below(entry->qname, owner)) {
        sink_u8(out, REFERENCE_ANCESTOR);
        sink_u8(out, owner.labels);
    } else {
        sink_u8(out, REFERENCE_NAME);
        dname_write(out, owner);
    }
    sink_u16(out, set->type);
    return true;
}

static bool write_message(const struct snapshot_writer *writer, const struct msg_entry *entry,
                          int64_t now_s, struct sink *out)
{
    bool good = true;

    sink_u16(out, entry->qtype);
    sink_u16(out, entry->qclass);
    sink_u16(out, entry->flags & (FLAG_QR | FLAG_RD | FLAG_RA));
    sink_u16(out, entry->rcode);
    sink_u32(out, end_of(writer, entry->expires_s));
    for (size_t i = 0; i < SECTIONS; i++)
        sink_u8(out, (uint8_t)entry->count[i]);
    dname_write(out, entry->qname);
    for (size_t i = 0; i < sets_of(entry) && good; i++)
        good = write_reference(writer, entry, entry->rrsets[i], now_s, out);
    return good;
}

/* The entry at `next`. @return false: there is nothing to be written of it. */
static bool write_record(struct snapshot_writer *writer, int64_t now_s, struct sink *out)
{
    if (writer->phase == PHASE_SETS) {
        const struct rrset *set = writer->taken.sets[writer->next];
        enum rrset_flavour flavour = (enum rrset_flavour)writer->flavours[writer->next];

        if (!is_worth(set, flavour, now_s))
            return false;
        sink_u8(out, RECORD_SET);
        write_set(writer, set, flavour, out);
        return true;
    }
    if (!is_answer_worth(writer->taken.entries[writer->next], now_s))
        return false;
    sink_u8(out, RECORD_MESSAGE);
    return write_message(writer, writer->taken.entries[writer->next], now_s, out);
}

/* ---- slices ---- */

static void take_some(struct snapshot_writer *writer)
{
    writer->next = 0;
    if (writer->phase == PHASE_SETS)
        writer->count = rrset_cache_take_some(writer->caches.rrsets, &writer->place,
                                              writer->taken.sets, writer->flavours, SOME);
    else if (writer->phase == PHASE_PLAIN)
        writer->count = msg_cache_take_plain(writer->caches.messages, &writer->place,
                                             writer->taken.entries, SOME);
    else
        writer->count = msg_cache_take_some(writer->caches.messages, &writer->place,
                                            writer->taken.entries, SOME);
}

/* As many records as have room, or as one step may look at. One that does not fit into an empty
 * slice fits nowhere. */
static void fill(struct snapshot_writer *writer, int64_t now_s, struct sink *out)
{
    for (unsigned looked = 0; looked < ENTRIES_A_STEP; looked++) {
        size_t before = out->used;
        bool written;

        if (writer->next == writer->count) {
            if (writer->place.at_end)
                return;
            take_some(writer);
            continue;
        }
        written = write_record(writer, now_s, out);
        if (sink_failed(out) && before > 0) {
            out->used = before;
            out->failed = false;
            return;
        }
        if (!written || sink_failed(out)) {
            out->used = before;
            out->failed = false;
        } else if (writer->phase == PHASE_SETS) {
            writer->counts.sets++;
        } else {
            writer->counts.messages++;
        }
        let_go(writer);
    }
}

static struct slice seal(struct snapshot_writer *writer, enum snapshot_slice kind, size_t size)
{
    struct sink head = sink_of(writer->octets, SNAPSHOT_SLICE_HEAD_SIZE);
    struct slice records = slice_of(writer->octets + SNAPSHOT_SLICE_HEAD_SIZE, size);

    sink_u32(&head, writer->slice);
    sink_u16(&head, (uint16_t)kind);
    sink_u16(&head, 0);
    sink_u32(&head, (uint32_t)size);
    sink_u64(&head, snapshot_sum(writer->number, writer->slice, sink_written(&head), records));
    writer->slice++;
    return slice_of(writer->octets, SNAPSHOT_SLICE_HEAD_SIZE + size);
}

static struct slice write_head(struct snapshot_writer *writer)
{
    struct sink head = sink_of(writer->octets, SNAPSHOT_HEAD_SIZE);

    sink_bytes(&head, slice_of(snapshot_magic, SNAPSHOT_MAGIC_SIZE));
    sink_u16(&head, SNAPSHOT_VERSION);
    sink_u16(&head, 0);
    sink_u64(&head, writer->number);
    sink_u48(&head, (uint64_t)writer->begun_wall_s);
    sink_u16(&head, 0);
    sink_u64(&head, snapshot_sum(writer->number, 0, sink_written(&head), slice_of(NULL, 0)));
    return sink_written(&head);
}

static struct slice write_records(struct snapshot_writer *writer, int64_t now_s)
{
    struct sink out = sink_of(writer->octets + SNAPSHOT_SLICE_HEAD_SIZE, SNAPSHOT_SLICE_MAX);

    fill(writer, now_s, &out);
    if (writer->next == writer->count && writer->place.at_end) {
        writer->place = (struct shards_place){0};
        writer->phase++;
    }
    return out.used == 0 ? slice_of(NULL, 0) : seal(writer, SLICE_RECORDS, out.used);
}

bool snapshot_write(struct snapshot_writer *writer, int64_t now_s, struct slice *octets)
{
    switch (writer->phase) {
    case PHASE_HEAD:
        *octets = write_head(writer);
        writer->phase = PHASE_SETS;
        break;
    case PHASE_SETS:
    case PHASE_PLAIN:
    case PHASE_MESSAGES: *octets = write_records(writer, now_s); break;
    case PHASE_END:
        *octets = seal(writer, SLICE_END, 0);
        writer->phase = PHASE_OVER;
        break;
    case PHASE_OVER: *octets = slice_of(NULL, 0); break;
    }
    writer->counts.octets += octets->size;
    return writer->phase != PHASE_OVER;
}
