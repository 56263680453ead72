/*
 * snapshot_read.c - the octets of a file into the caches, each record as if a stranger had sent
 * it.
 *
 * Called by the daemon step by step. What is in a cache already stays: it is newer, and may
 * have been judged. What the file does not say in the right form ends the reading; what it says
 * in the right form but could not have from a server is left out.
 */
#include <stdlib.h>
#include <string.h>

#include "services/cache/snapshot_form.h"
#include "util/wire/rdata.h"

enum {
    /* So much ahead of this clock may a file's be without being called wrong: clocks are set,
     * and a restart takes a moment. */
    FUTURE_MAX_S = 10,
    ARENA_BYTES_MAX = 1 << 20
};

enum state { STATE_HEAD, STATE_SLICE, STATE_RECORDS };

struct answer {
    struct question question;
    struct message message;
    const struct rrset *sets[SECTIONS * SNAPSHOT_SETS_MAX]; /* references */
    size_t count;
    bool is_missing; /* one that it is made of */
};

struct snapshot_reader {
    struct snapshot_caches caches;
    struct snapshot_limits limits;
    int64_t now_s, wall_s;
    enum state state;
    uint64_t number;
    int64_t written_at_s, age_s;
    uint32_t slice; /* the next one's number */
    enum snapshot_slice kind;
    uint32_t size;
    uint64_t sum;
    uint8_t slice_head[SNAPSHOT_SLICE_HEAD_SIZE - SNAPSHOT_SUM_SIZE];
    struct arena *arena; /* of one record */
    struct answer answer;
    bool sets_are_full, messages_are_full; /* when the slice began */
    bool no_memory;
    struct snapshot_counts counts;
};

struct snapshot_limits snapshot_limits_of(const struct cache_options *options)
{
    return (struct snapshot_limits){.ttl_max_s = options->cache_max_ttl,
                                    .negative_ttl_max_s = options->cache_max_negative_ttl,
                                    .rrsets_bytes = options->rrset_cache_size,
                                    .messages_bytes = options->msg_cache_size};
}

struct snapshot_reader *snapshot_reader_new(const struct snapshot_caches *caches,
                                            const struct snapshot_limits *limits, int64_t now_s,
                                            int64_t wall_s)
{
    struct snapshot_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL)
        return NULL;
    reader->arena = arena_new(ARENA_BYTES_MAX);
    if (reader->arena == NULL) {
        free(reader);
        return NULL;
    }
    reader->caches = *caches;
    reader->limits = *limits;
    reader->now_s = now_s;
    reader->wall_s = wall_s;
    return reader;
}

void snapshot_reader_free(struct snapshot_reader *reader)
{
    if (reader == NULL)
        return;
    arena_free(reader->arena);
    free(reader);
}

const struct snapshot_counts *snapshot_loaded(const struct snapshot_reader *reader)
{
    return &reader->counts;
}

int64_t snapshot_written_at_s(const struct snapshot_reader *reader)
{
    return reader->written_at_s;
}

size_t snapshot_wants(const struct snapshot_reader *reader)
{
    switch (reader->state) {
    case STATE_HEAD: return SNAPSHOT_HEAD_SIZE;
    case STATE_SLICE: return SNAPSHOT_SLICE_HEAD_SIZE;
    case STATE_RECORDS: return reader->size;
    }
    UNREACHABLE();
}

/* ---- RRsets ---- */

/* What is left of a life that ends so long after the file was begun. Time since then counts;
 * whatever the clocks did, it is never more than `most_s`. @return 0: it is over. */
static uint32_t left_s(const struct snapshot_reader *reader, uint32_t end_s, uint32_t most_s)
{
    int64_t left = time_min((int64_t)end_s - reader->age_s, most_s);

    return left <= 0 ? 0 : (uint32_t)left;
}

static bool is_good_signature(struct slice rdata, const struct rrset_parts *parts)
{
    struct rdata_rrsig signature;

    return rdata_check(rdata, TYPE_RRSIG, parts->rrclass) && rdata_rrsig(rdata, &signature) &&
           signature.type_covered == parts->type && signature.labels <= parts->owner.labels &&
           dname_is_at_or_below(parts->owner, signature.signer);
}

/* No RRset holds a record twice. */
static bool is_repeated(const struct slice *rdata, size_t first, size_t i)
{
    for (size_t k = first; k < i; k++)
        if (slice_equal(rdata[k], rdata[i]))
            return true;
    return false;
}

/* Everything that msg_read.c sees to in what comes from the network. */
static bool is_believable(const struct rrset_parts *parts, enum rrset_flavour flavour)
{
    size_t records = (size_t)parts->rr_count + parts->rrsig_count;

    if (!snapshot_may_hold(parts, flavour))
        return false;
    for (size_t i = 0; i < records; i++) {
        bool is_signature = i >= parts->rr_count;

        if (is_signature ? !is_good_signature(parts->rdata[i], parts)
                         : !rdata_check(parts->rdata[i], parts->type, parts->rrclass))
            return false;
        if (is_repeated(parts->rdata, is_signature ? parts->rr_count : 0, i))
            return false;
    }
    return true;
}

/* The fields of a set, as snapshot_write.c has put them. @return false: the form is broken, or
 * there is no memory. */
static bool read_fields(struct snapshot_reader *reader, struct cursor *in,
                        struct rrset_parts *parts, enum rrset_flavour *flavour, uint32_t *end_s)
{
    uint8_t flavour_and_trust = cursor_u8(in);
    struct slice *rdata;
    size_t records;

    *flavour = (enum rrset_flavour)(flavour_and_trust >> 4);
    parts->trust = (enum trust)(flavour_and_trust & 15);
    parts->type = cursor_u16(in);
    parts->rrclass = cursor_u16(in);
    *end_s = cursor_u32(in);
    parts->ttl_s = cursor_u32(in);
    parts->rr_count = cursor_u16(in);
    parts->rrsig_count = cursor_u16(in);
    records = (size_t)parts->rr_count + parts->rrsig_count;
    if (dname_read_plain(in, &parts->owner) != STATUS_OK || records > SNAPSHOT_RECORDS_MAX) {
        cursor_fail(in);
        return false;
    }
    rdata = ARENA_ARRAY(reader->arena, struct slice, records + 1);
    if (rdata == NULL) {
        reader->no_memory = true;
        return false;
    }
    for (size_t i = 0; i < records; i++)
        rdata[i] = cursor_bytes(in, cursor_u16(in));
    parts->rdata = rdata;
    return !cursor_failed(in);
}

/*
 * @param out the set in the arena; NULL: it has expired, or is not believed.
 * @return false: the form is broken, or there is no memory.
 */
static bool read_set(struct snapshot_reader *reader, struct cursor *in, struct rrset **out,
                     enum rrset_flavour *flavour)
{
    struct rrset_parts parts = {0};
    uint32_t end_s, left;

    *out = NULL;
    if (!read_fields(reader, in, &parts, flavour, &end_s))
        return false;
    if (!is_believable(&parts, *flavour)) {
        reader->counts.unfit++;
        return true;
    }
    parts.ttl_s = (uint32_t)size_min(parts.ttl_s, reader->limits.ttl_max_s);
    left = left_s(reader, end_s, parts.ttl_s);
    if (left == 0) {
        reader->counts.expired++;
        return true;
    }
    /* Below what a server says with authority: what it says now replaces what it said then. The
     * rank of what was validated is not kept, for nobody has validated this. */
    if (parts.trust > TRUST_ANSWER)
        parts.trust = TRUST_ANSWER;
    parts.now_s = reader->now_s - (parts.ttl_s - left);
    *out = rrset_in(reader->arena, &parts);
    reader->no_memory = *out == NULL;
    return *out != NULL;
}

static bool load_set(struct snapshot_reader *reader, struct cursor *in)
{
    const struct rrset *known, *stored;
    enum rrset_flavour flavour;
    struct rrset *set;

    if (!read_set(reader, in, &set, &flavour))
        return false;
    if (set == NULL)
        return true;
    if (reader->sets_are_full) {
        reader->counts.no_room++;
        return true;
    }
    known = rrset_cache_find(reader->caches.rrsets, rrset_owner(set), set->type, set->rrclass,
                             flavour, reader->now_s, 0);
    if (known != NULL) {
        reader->counts.known++;
        rrset_unref(known);
        return true;
    }
    stored = rrset_cache_store(reader->caches.rrsets, set, flavour, reader->now_s);
    if (stored != NULL)
        reader->counts.sets++;
    else
        reader->counts.unfit++;
    rrset_unref(stored);
    return true;
}

/* ---- answers ---- */

/* An RRset that has a place in no cache: counted, so that the message cache can hold it. */
static bool read_inline(struct snapshot_reader *reader, struct cursor *in,
                        struct answer *answer)
{
    enum rrset_flavour flavour;
    struct rrset *set;

    if (!read_set(reader, in, &set, &flavour))
        return false;
    answer->is_missing = answer->is_missing || set == NULL || flavour != RRSET_PLAIN ||
                         set->rrclass != answer->question.qclass;
    if (answer->is_missing)
        return true;
    answer->sets[answer->count] = rrset_publish(set);
    if (answer->sets[answer->count] == NULL)
        reader->no_memory = true;
    else
        answer->count++;
    return !reader->no_memory;
}

static bool read_reference(struct snapshot_reader *reader, struct cursor *in,
                           struct answer *answer)
{
    enum snapshot_reference reference = (enum snapshot_reference)cursor_u8(in);
    struct dname owner = answer->question.qname;
    uint16_t type = answer->question.qtype;
    const struct rrset *set;
    uint8_t labels;

    switch (reference) {
    case REFERENCE_QUESTION: break;
    case REFERENCE_ANCESTOR:
        labels = cursor_u8(in);
        if (labels > owner.labels)
            cursor_fail(in);
        else
            owner = dname_ancestor(owner, labels);
        type = cursor_u16(in);
        break;
    case REFERENCE_NAME:
        if (dname_read_plain(in, &owner) != STATUS_OK)
            cursor_fail(in);
        type = cursor_u16(in);
        break;
    case REFERENCE_INLINE: return read_inline(reader, in, answer);
    default: cursor_fail(in); break;
    }
    if (cursor_failed(in))
        return false;
    set = rrset_cache_find(reader->caches.rrsets, owner, type, answer->question.qclass,
                           RRSET_PLAIN, reader->now_s, 0);
    if (set != NULL)
        answer->sets[answer->count++] = set;
    answer->is_missing = answer->is_missing || set == NULL;
    return true;
}

static bool is_known(const struct snapshot_reader *reader, const struct question *question)
{
    static const uint8_t flavours[] = {MSG_FLAVOUR_NONE, MSG_FLAVOUR_CD, MSG_FLAVOUR_KEPT};

    for (size_t i = 0; i < COUNT(flavours); i++) {
        const struct msg_entry *known =
            msg_cache_find(reader->caches.messages, question, flavours[i], reader->now_s, 0);

        msg_entry_unref(known);
        if (known != NULL)
            return true;
    }
    return false;
}

static uint32_t answer_left_s(const struct snapshot_reader *reader, const struct answer *answer,
                              uint32_t end_s)
{
    uint32_t most_s =
        answer->message.count[SECTION_ANSWER] == 0
            ? (uint32_t)size_min(reader->limits.negative_ttl_max_s, reader->limits.ttl_max_s)
            : reader->limits.ttl_max_s;
    size_t count = (size_t)answer->message.count[SECTION_ANSWER] +
                   answer->message.count[SECTION_AUTHORITY];
    uint32_t left = left_s(reader, end_s, most_s);

    for (size_t i = 0; i < count; i++)
        left = (uint32_t)size_min(left, rrset_ttl_left_s(answer->sets[i], reader->now_s));
    return left;
}

static void store_answer(struct snapshot_reader *reader, struct answer *answer, uint32_t end_s)
{
    const struct msg_store what = {.message = &answer->message,
                                   .question = &answer->question,
                                   .flavour = MSG_FLAVOUR_KEPT,
                                   .security = SEC_UNCHECKED,
                                   .ttl_s = answer_left_s(reader, answer, end_s),
                                   .now_s = reader->now_s};

    answer->message.rrsets = answer->sets;
    if (reader->messages_are_full)
        reader->counts.no_room++;
    else if (what.ttl_s == 0)
        reader->counts.expired++;
    else if (is_known(reader, &answer->question))
        reader->counts.known++;
    else if (msg_cache_store(reader->caches.messages, &what) == STATUS_OK)
        reader->counts.messages++;
    else
        reader->counts.unfit++;
}

static bool read_answer(struct snapshot_reader *reader, struct cursor *in,
                        struct answer *answer, uint32_t *end_s)
{
    size_t total = 0;

    answer->question.qtype = cursor_u16(in);
    answer->question.qclass = cursor_u16(in);
    answer->message.flags = cursor_u16(in) & (FLAG_QR | FLAG_RD | FLAG_RA);
    answer->message.rcode = cursor_u16(in);
    *end_s = cursor_u32(in);
    for (size_t i = 0; i < SECTIONS; i++)
        total += answer->message.count[i] = cursor_u8(in);
    if (dname_read_plain(in, &answer->question.qname) != STATUS_OK)
        cursor_fail(in);
    for (size_t i = 0; i < total && !cursor_failed(in); i++)
        if (!read_reference(reader, in, answer))
            return false;
    return !cursor_failed(in);
}

static bool load_message(struct snapshot_reader *reader, struct cursor *in)
{
    struct answer *answer = &reader->answer;
    uint32_t end_s;
    bool good;

    answer->count = 0;
    answer->is_missing = false;
    good = read_answer(reader, in, answer, &end_s);
    if (good && !snapshot_may_answer(&answer->question, answer->message.rcode))
        reader->counts.unfit++;
    else if (good && answer->is_missing)
        reader->counts.expired++;
    else if (good && answer->count == 0)
        reader->counts.unfit++;
    else if (good)
        store_answer(reader, answer, end_s);
    for (size_t i = 0; i < answer->count; i++)
        rrset_unref(answer->sets[i]);
    return good;
}

/* ---- head and slices ---- */

static enum snapshot_end read_head(struct snapshot_reader *reader, struct slice octets)
{
    struct cursor in = cursor_of(octets);
    struct slice magic = cursor_bytes(&in, SNAPSHOT_MAGIC_SIZE);
    uint64_t sum;

    if (cursor_failed(&in) ||
        !slice_equal(magic, slice_of(snapshot_magic, SNAPSHOT_MAGIC_SIZE)))
        return SNAPSHOT_NONE;
    if (cursor_u16(&in) != SNAPSHOT_VERSION)
        return cursor_failed(&in) ? SNAPSHOT_DAMAGED : SNAPSHOT_OTHER_VERSION;
    (void)cursor_u16(&in);
    reader->number = cursor_u64(&in);
    reader->written_at_s = (int64_t)cursor_u48(&in);
    (void)cursor_u16(&in);
    sum = cursor_u64(&in);
    if (cursor_failed(&in) ||
        sum != snapshot_sum(reader->number, 0,
                            slice_of(octets.data, SNAPSHOT_HEAD_SIZE - SNAPSHOT_SUM_SIZE),
                            slice_of(NULL, 0)))
        return SNAPSHOT_DAMAGED;
    if (reader->written_at_s > reader->wall_s + FUTURE_MAX_S)
        return SNAPSHOT_FUTURE;
    reader->age_s = time_max(reader->wall_s - reader->written_at_s, 0);
    reader->state = STATE_SLICE;
    return SNAPSHOT_GOES_ON;
}

static bool is_whole(const struct snapshot_reader *reader, struct slice records)
{
    return reader->sum == snapshot_sum(reader->number, reader->slice,
                                       slice_of(reader->slice_head, sizeof(reader->slice_head)),
                                       records);
}

static enum snapshot_end read_slice_head(struct snapshot_reader *reader, struct slice octets)
{
    struct cursor in = cursor_of(octets);
    uint32_t slice = cursor_u32(&in);
    uint16_t kind = cursor_u16(&in), nothing = cursor_u16(&in);

    reader->size = cursor_u32(&in);
    reader->sum = cursor_u64(&in);
    if (cursor_failed(&in) || slice != reader->slice || nothing != 0)
        return SNAPSHOT_DAMAGED;
    memcpy(reader->slice_head, octets.data, sizeof(reader->slice_head));
    if (kind == SLICE_END)
        return reader->size == 0 && is_whole(reader, slice_of(NULL, 0)) ? SNAPSHOT_WHOLE
                                                                        : SNAPSHOT_DAMAGED;
    if (kind != SLICE_RECORDS || reader->size == 0 || reader->size > SNAPSHOT_SLICE_MAX)
        return SNAPSHOT_DAMAGED;
    reader->state = STATE_RECORDS;
    return SNAPSHOT_GOES_ON;
}

/* Whatever the file says of its end: what fills the caches takes fewer octets than they have. */
static bool is_too_long(const struct snapshot_reader *reader)
{
    uint64_t budget = reader->limits.rrsets_bytes + reader->limits.messages_bytes;

    return reader->counts.octets > 2 * budget + SNAPSHOT_STEP_MAX;
}

/* More would push out what was loaded before, or what came since the start. */
static bool is_full(uint64_t used_bytes, uint64_t budget_bytes)
{
    return used_bytes >= budget_bytes - budget_bytes / 8;
}

static bool has_room(struct snapshot_reader *reader)
{
    reader->sets_are_full =
        is_full(rrset_cache_size_bytes(reader->caches.rrsets), reader->limits.rrsets_bytes);
    reader->messages_are_full =
        is_full(msg_cache_size_bytes(reader->caches.messages), reader->limits.messages_bytes);
    return !reader->sets_are_full || !reader->messages_are_full;
}

static bool load_record(struct snapshot_reader *reader, struct cursor *in)
{
    arena_reset(reader->arena);
    switch (cursor_u8(in)) {
    case RECORD_SET: return load_set(reader, in);
    case RECORD_MESSAGE: return load_message(reader, in);
    default: return false;
    }
}

static enum snapshot_end read_records(struct snapshot_reader *reader, struct slice records)
{
    struct cursor in = cursor_of(records);

    if (records.size != reader->size || !is_whole(reader, records))
        return SNAPSHOT_DAMAGED;
    if (!has_room(reader) || is_too_long(reader))
        return SNAPSHOT_FULL;
    while (cursor_left(&in) > 0)
        if (!load_record(reader, &in))
            return reader->no_memory ? SNAPSHOT_MEMORY : SNAPSHOT_DAMAGED;
    if (cursor_failed(&in))
        return SNAPSHOT_DAMAGED;
    reader->slice++;
    reader->state = STATE_SLICE;
    return SNAPSHOT_GOES_ON;
}

enum snapshot_end snapshot_read(struct snapshot_reader *reader, struct slice octets)
{
    reader->counts.octets += octets.size;
    switch (reader->state) {
    case STATE_HEAD: return read_head(reader, octets);
    case STATE_SLICE: return read_slice_head(reader, octets);
    case STATE_RECORDS: return read_records(reader, octets);
    }
    UNREACHABLE();
}
