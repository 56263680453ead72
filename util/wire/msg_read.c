/*
 * msg_read.c - a packet taken apart into question, RRsets and EDNS.
 *
 * Called with what strangers sent: by the client side for questions, by the upstream side for
 * answers. First all records are read, then those of one owner, type and class are gathered
 * through a hash table, so that a full packet of small records costs no more than its octets.
 * The table's key is made from the packet itself: whoever writes records that collide changes
 * the key by it. No clock and no trust here; the receiver ranks what it got.
 */
#include "util/wire/message.h"

#include <string.h>

#include "util/wire/rdata.h"

/* Too small for the number of records that would make collisions felt. */
enum { PACKET_SMALL = 1500 };

/* So few records are looked through faster than they are hashed: all have the hash 0, which makes a
 * list of the table. */
enum { RECORDS_FEW = 12 };

/* RFC 1035 section 4.1.4: two bits that are set, and the offset. */
enum { POINTER_LEAST = 0xc000, POINTER_TO_QUESTION = POINTER_LEAST + HEADER_SIZE };

enum { RECORD_FIXED_SIZE = 10, RECORD_LEAST_SIZE = 11, GROUPS_FIRST = 16 };

/* The end of a list of records, and an empty place in the table. A packet holds 5,957 records.
 */
enum { NONE = 0xffff };

struct record {
    struct dname owner;
    const uint8_t *rdata;
    uint32_t owner_hash;
    uint32_t ttl_s;
    uint16_t rdata_size;
    uint16_t type, rrclass;
    uint16_t next; /* in its group */
};

struct record_list {
    uint16_t first, last, count;
};

/* An RRset in the making. */
struct group {
    uint32_t hash;
    uint32_t ttl_s;
    uint16_t type;
    uint8_t section;
    struct record_list records, rrsigs;
};

struct reader {
    struct arena *arena;
    struct message *message;
    struct hash_key key;
    struct record *records;
    size_t record_count, records_left; /* left: announced by the header, not yet read */
    size_t section_end[SECTIONS];      /* in records */
    struct group *groups;
    size_t group_count, group_room;
    uint16_t *table; /* hash table of groups, then of one group's rdata */
    size_t table_mask;
    unsigned pointer; /* the last owner that was one; 0: none yet */
    struct dname pointed_to;
    bool is_small; /* collisions cannot be felt */
    bool is_few;   /* records need no hash */
    bool has_rrsigs;
};

/* ---- header and question ---- */

static void header_of(const uint8_t *at, struct message *out)
{
    uint16_t bits = bytes_u16(at + 2);

    out->id = bytes_u16(at);
    out->flags =
        bits & (FLAG_QR | FLAG_AA | FLAG_TC | FLAG_RD | FLAG_RA | FLAG_Z | FLAG_AD | FLAG_CD);
    out->opcode = bits >> 11 & 15;
    out->rcode = bits & 15;
}

bool message_read_header(struct slice packet, struct message *out)
{
    if (packet.size < HEADER_SIZE)
        return false;
    header_of(packet.data, out);
    return true;
}

enum status message_read_question(struct cursor *in, struct arena *arena, struct message *out)
{
    struct slice header;
    enum status status;

    message_clear(out);
    out->size_bytes = (uint32_t)cursor_left(in);
    header = cursor_bytes(in, HEADER_SIZE);
    if (cursor_failed(in))
        return STATUS_MALFORMED;
    header_of(header.data, out);
    if (bytes_u16(header.data + HEADER_QDCOUNT) != 1)
        return STATUS_LIMIT;
    status = dname_read(in, arena, &out->question.qname);
    out->question.qtype = cursor_u16(in);
    out->question.qclass = cursor_u16(in);
    if (status == STATUS_NO_MEMORY)
        return status;
    out->has_question = !cursor_failed(in);
    return out->has_question ? STATUS_OK : STATUS_MALFORMED;
}

/* ---- first pass: records ---- */

/* RFC 6891 section 6.1.1. The options are copied: nothing of the message points into the
 * packet. */
static enum status read_opt(struct reader *reader, struct cursor *in, enum section section,
                            struct dname owner)
{
    struct edns *edns = &reader->message->edns;
    size_t size = cursor_left(in) < RECORD_FIXED_SIZE - 2 ? 0 : bytes_u16(in->at + 6);
    struct slice all = cursor_bytes(in, RECORD_FIXED_SIZE - 2 + size);
    struct slice copy;
    struct cursor again;

    if (cursor_failed(in) || section != SECTION_ADDITIONAL || edns->present ||
        !dname_is_root(owner))
        return STATUS_MALFORMED;
    copy = arena_copy(reader->arena, all);
    if (copy.data == NULL)
        return STATUS_NO_MEMORY;
    again = cursor_of(copy);
    return edns_read(&again, edns);
}

/* Signatures over the whole message are none of our business, but they have a place: the last.
 */
static bool is_transaction_signature(const struct record *record, struct slice rdata)
{
    return record->type == TYPE_TSIG || /* RFC 8945 section 5.1 */
           (record->type == TYPE_SIG && rdata.size >= 2 &&
            bytes_u16(rdata.data) == 0); /* RFC 2931 */
}

/* Types that can only be asked for (RFC 6895 section 3.1) are no data, whoever sends them. */
static bool is_question_type(uint16_t type)
{
    return type == 0 || (type >= TYPE_IXFR && type <= TYPE_ANY);
}

/* Records often share their owner's octets with the one before or with the question. */
static uint32_t owner_hash(const struct reader *reader, struct dname owner)
{
    const struct record *before = reader->records + reader->record_count - 1;

    if (reader->is_few)
        return 0;
    if (reader->record_count != 0 && before->owner.wire == owner.wire)
        return before->owner_hash;
    if (reader->is_small)
        return dname_is_root(owner) ? 0 : dname_label_mix(owner.size, owner.wire);
    return (uint32_t)dname_hash(owner, reader->key);
}

static enum status read_data(struct reader *reader, struct cursor *in, enum section section,
                             struct record *record)
{
    struct slice fixed = cursor_bytes(in, RECORD_FIXED_SIZE - 2);
    struct cursor rdata = cursor_sub(in, cursor_failed(in) ? 0 : bytes_u16(fixed.data + 6));
    struct slice data = slice_of(rdata.at, cursor_left(&rdata));
    bool is_last = section == SECTION_ADDITIONAL && reader->records_left == 0;
    enum status status;

    if (cursor_failed(in) || is_question_type(record->type))
        return STATUS_MALFORMED;
    if (is_transaction_signature(record, data) && is_last)
        return STATUS_OK;
    if (record->type == TYPE_TSIG)
        return STATUS_MALFORMED;
    record->rrclass = bytes_u16(fixed.data);
    record->ttl_s = bytes_u32(fixed.data + 2);
    if (record->ttl_s > INT32_MAX) /* RFC 2181 section 8 */
        record->ttl_s = 0;
    status = rdata_read(&rdata, record->type, record->rrclass, reader->arena, &data);
    if (status != STATUS_OK)
        return status;
    if (data.size > UINT16_MAX) /* names became longer than any record can be */
        return STATUS_MALFORMED;
    record->rdata = data.data;
    record->rdata_size = (uint16_t)data.size;
    record->owner_hash = owner_hash(reader, record->owner);
    record->next = NONE;
    reader->has_rrsigs = reader->has_rrsigs || record->type == TYPE_RRSIG;
    reader->record_count++;
    return STATUS_OK;
}

/* Most owners are a pointer alone: to the question, or where the one before pointed to. */
static enum status read_owner(struct reader *reader, struct cursor *in, struct dname *owner)
{
    unsigned pointer = cursor_left(in) < 2 ? 0 : bytes_u16(in->at);
    enum status status;

    if (pointer == POINTER_TO_QUESTION && reader->message->has_question) {
        *owner = reader->message->question.qname;
    } else if (pointer >= POINTER_LEAST && pointer == reader->pointer) {
        *owner = reader->pointed_to;
    } else {
        status = dname_read(in, reader->arena, owner);
        if (status == STATUS_OK && pointer >= POINTER_LEAST) {
            reader->pointer = pointer;
            reader->pointed_to = *owner;
        }
        return status;
    }
    cursor_bytes(in, 2);
    return STATUS_OK;
}

static enum status read_record(struct reader *reader, struct cursor *in, enum section section)
{
    struct record *record = reader->records + reader->record_count;
    enum status status = read_owner(reader, in, &record->owner);

    if (status != STATUS_OK)
        return status;
    record->type = cursor_u16(in);
    reader->records_left--;
    if (record->type == TYPE_OPT)
        return read_opt(reader, in, section, record->owner);
    return read_data(reader, in, section, record);
}

static enum status read_records(struct reader *reader, struct cursor *in, const uint8_t *counts)
{
    enum status status;

    for (size_t i = 0; i < SECTIONS; i++)
        reader->records_left += bytes_u16(counts + 2 * i);
    if (reader->records_left > cursor_left(in) / RECORD_LEAST_SIZE)
        return STATUS_MALFORMED;
    reader->is_few = reader->records_left <= RECORDS_FEW;
    reader->records = arena_room(reader->arena, reader->records_left * sizeof(*reader->records));
    if (reader->records == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < SECTIONS; i++) {
        for (size_t left = bytes_u16(counts + 2 * i); left > 0; left--) {
            status = read_record(reader, in, (enum section)i);
            if (status != STATUS_OK)
                return status;
        }
        reader->section_end[i] = reader->record_count;
    }
    return cursor_left(in) == 0 ? STATUS_OK : STATUS_MALFORMED;
}

/* ---- second pass: groups ---- */

static enum status make_table(struct reader *reader)
{
    size_t places = 16;

    while (places < 2 * reader->record_count)
        places *= 2;
    reader->table = arena_room(reader->arena, places * sizeof(*reader->table));
    if (reader->table == NULL)
        return STATUS_NO_MEMORY;
    memset(reader->table, 0xff, places * sizeof(*reader->table));
    reader->table_mask = places - 1;
    return STATUS_OK;
}

static uint32_t group_hash(const struct reader *reader, const struct record *record,
                           uint16_t type, size_t section)
{
    uint32_t rest = (uint32_t)type << 16 ^ (uint32_t)record->rrclass << 2 ^ (uint32_t)section;

    if (reader->is_few)
        return 0;
    return record->owner_hash ^ rest * 0x9e3779b1u ^ rest >> 16;
}

static struct record *group_owner(const struct reader *reader, const struct group *group)
{
    return reader->records +
           (group->records.count != 0 ? group->records.first : group->rrsigs.first);
}

static bool is_same_owner(struct dname a, struct dname b)
{
    return a.wire == b.wire ? a.size == b.size : dname_equal(a, b);
}

/* The place in the table of the group that the record belongs to as one of that type. */
static uint16_t *find_group(const struct reader *reader, const struct record *record,
                            uint16_t type, size_t section)
{
    uint32_t hash = group_hash(reader, record, type, section);

    for (size_t at = hash & reader->table_mask;; at = (at + 1) & reader->table_mask) {
        uint16_t *place = reader->table + at;
        const struct group *group;
        const struct record *other;

        if (*place == NONE)
            return place;
        group = reader->groups + *place;
        if (group->hash != hash || group->type != type || group->section != section)
            continue;
        other = group_owner(reader, group);
        if (other->rrclass == record->rrclass && is_same_owner(other->owner, record->owner))
            return place;
    }
}

static bool make_group_room(struct reader *reader)
{
    size_t room = reader->group_room == 0 ? GROUPS_FIRST : 2 * reader->group_room;
    struct group *larger;

    if (reader->group_count < reader->group_room)
        return true;
    larger = arena_room(reader->arena, room * sizeof(*larger));
    if (larger == NULL)
        return false;
    if (reader->group_count != 0)
        memcpy(larger, reader->groups, reader->group_count * sizeof(*larger));
    reader->groups = larger;
    reader->group_room = room;
    return true;
}

static void list_record(struct reader *reader, struct record_list *list, uint16_t index)
{
    if (list->count++ == 0)
        list->first = index;
    else
        reader->records[list->last].next = index;
    list->last = index;
}

static void join_group(struct reader *reader, struct group *group, uint16_t index)
{
    const struct record *record = reader->records + index;
    bool is_first = group->records.count + group->rrsigs.count == 0;
    bool is_signature = record->type == TYPE_RRSIG && group->type != TYPE_RRSIG;

    /* RFC 2181 section 5.2: one TTL for all, the least; a signature's counts, as it goes along.
     */
    if (is_first || record->ttl_s < group->ttl_s)
        group->ttl_s = record->ttl_s;
    list_record(reader, is_signature ? &group->rrsigs : &group->records, index);
}

static enum status group_record(struct reader *reader, uint16_t index, size_t section)
{
    const struct record *record = reader->records + index;
    uint16_t *place = find_group(reader, record, record->type, section);

    if (*place == NONE) {
        if (!make_group_room(reader))
            return STATUS_NO_MEMORY;
        *place = (uint16_t)reader->group_count;
        reader->groups[reader->group_count++] =
            (struct group){.hash = group_hash(reader, record, record->type, section),
                           .type = record->type,
                           .section = (uint8_t)section};
    }
    join_group(reader, reader->groups + *place, index);
    return STATUS_OK;
}

/* A signature goes to what it covers, in its own section or, as some servers place it, in another;
 * on its own it is a record like any other. One that was asked for is the answer, even if what it
 * covers stands in another section. */
static enum status group_rrsig(struct reader *reader, uint16_t index, size_t section)
{
    const struct record *record = reader->records + index;
    uint16_t covered = record->rdata_size < 2 ? 0 : bytes_u16(record->rdata);
    const size_t looked_in[] = {section, SECTION_ANSWER, SECTION_AUTHORITY, SECTION_ADDITIONAL};
    bool was_asked_for = section == SECTION_ANSWER && reader->message->question.qtype == TYPE_RRSIG;
    size_t places = was_asked_for ? 1 : COUNT(looked_in);

    for (size_t i = 0; covered != TYPE_ANY && covered != TYPE_RRSIG && i < places; i++) {
        const uint16_t *place = find_group(reader, record, covered, looked_in[i]);

        if (*place != NONE) {
            join_group(reader, reader->groups + *place, index);
            return STATUS_OK;
        }
    }
    return group_record(reader, index, section);
}

/* Signatures come second, since they may stand before the records that they cover. */
static enum status group_records(struct reader *reader, bool rrsigs)
{
    size_t section = 0;
    enum status status = STATUS_OK;

    for (size_t i = 0; i < reader->record_count && status == STATUS_OK; i++) {
        while (i >= reader->section_end[section])
            section++;
        if ((reader->records[i].type == TYPE_RRSIG) != rrsigs)
            continue;
        status = rrsigs ? group_rrsig(reader, (uint16_t)i, section)
                        : group_record(reader, (uint16_t)i, section);
    }
    return status;
}

/* ---- RRsets out of groups ---- */

/* Two names that differ in letter case only are one when a packet is written, since compression
 * may make them so; therefore records that hold such names are compared in canonical form. */
static bool has_compressed_names(struct slice rdata, uint16_t type)
{
    struct rdata_name names[RDATA_NAMES_MAX];

    return rdata_names(rdata, type, names) != 0 && names[0].compress;
}

/* Few records are compared one with the other faster than they are hashed. */
enum { COMPARED_MOST = 4 };

/* The rdata of one list while each is gathered once. The table of groups has done its work and
 * serves once more: it is large enough for all records. */
struct gathering {
    struct slice *rdata;
    size_t count;
    uint16_t *table;
    size_t mask;
    uint16_t type;
    bool canonical;
};

static size_t rdata_hash(const struct reader *reader, const struct gathering *gathering,
                         struct slice rdata)
{
    struct hash_state state = hash_start(reader->key);
    uint8_t octets[3 * DNAME_MAX]; /* the longest such rdata is that of SOA */
    struct sink out = sink_of(octets, sizeof(octets));

    if (gathering->canonical) {
        rdata_write_canonical(&out, rdata, gathering->type);
        rdata = sink_written(&out);
    }
    hash_bytes(&state, rdata);
    return (size_t)hash_end(state);
}

static bool is_same_rdata(const struct gathering *gathering, struct slice a, struct slice b)
{
    return gathering->canonical ? rdata_same(a, b, gathering->type) : slice_equal(a, b);
}

static void compare_rdata(struct gathering *gathering, struct slice rdata)
{
    for (size_t i = 0; i < gathering->count; i++)
        if (slice_equal(gathering->rdata[i], rdata) ||
            (rdata_same(gathering->rdata[i], rdata, gathering->type) &&
             has_compressed_names(rdata, gathering->type)))
            return;
    gathering->rdata[gathering->count++] = rdata;
}

static void add_rdata(const struct reader *reader, struct gathering *gathering,
                      struct slice rdata)
{
    for (size_t at = rdata_hash(reader, gathering, rdata);; at++) {
        uint16_t *place = gathering->table + (at & gathering->mask);

        if (*place == NONE) {
            *place = (uint16_t)gathering->count;
            gathering->rdata[gathering->count++] = rdata;
            return;
        }
        if (is_same_rdata(gathering, gathering->rdata[*place], rdata))
            return;
    }
}

static size_t gather_many(const struct reader *reader, const struct record_list *list,
                     struct slice *out)
{
    const struct record *record = reader->records + list->first;
    struct gathering gathering = {out, 0, reader->table, 15, record->type, false};

    if (list->count > COMPARED_MOST) {
        while (gathering.mask + 1 < 2u * list->count)
            gathering.mask = 2 * gathering.mask + 1;
        memset(gathering.table, 0xff, (gathering.mask + 1) * sizeof(*gathering.table));
        gathering.canonical =
            has_compressed_names(slice_of(record->rdata, record->rdata_size), record->type);
    }
    for (size_t left = list->count; left > 0; left--) {
        struct slice rdata = slice_of(record->rdata, record->rdata_size);

        if (list->count > COMPARED_MOST)
            add_rdata(reader, &gathering, rdata);
        else
            compare_rdata(&gathering, rdata);
        if (left > 1)
            record = reader->records + record->next;
    }
    return gathering.count;
}

/* @return the number of different ones. */
static size_t gather(const struct reader *reader, const struct record_list *list,
                     struct slice *out)
{
    const struct record *first = reader->records + list->first;

    if (list->count > 1)
        return gather_many(reader, list, out);
    if (list->count == 1)
        out[0] = slice_of(first->rdata, first->rdata_size);
    return list->count;
}

static size_t largest_group(const struct reader *reader)
{
    size_t most = 0;

    for (size_t i = 0; i < reader->group_count; i++)
        most = size_max(most, (size_t)reader->groups[i].records.count +
                                  reader->groups[i].rrsigs.count);
    return most;
}

static const struct rrset *make_rrset(struct reader *reader, const struct group *group,
                                      struct slice *scratch, int64_t now_s)
{
    const struct record *first = group_owner(reader, group);
    struct rrset_parts parts = {
        .owner = first->owner,
        .type = group->type,
        .rrclass = first->rrclass,
        .ttl_s = group->ttl_s,
        .now_s = now_s,
        .trust = TRUST_NONE,
        .rdata = scratch,
    };

    parts.rr_count = (uint16_t)gather(reader, &group->records, scratch);
    parts.rrsig_count = (uint16_t)gather(reader, &group->rrsigs, scratch + parts.rr_count);
    return rrset_in(reader->arena, &parts);
}

static enum status make_rrsets(struct reader *reader, int64_t now_s)
{
    struct message *message = reader->message;
    size_t place[SECTIONS] = {0};
    struct slice *scratch =
        arena_room(reader->arena, largest_group(reader) * sizeof(*scratch));

    message->rrsets =
        arena_room(reader->arena, reader->group_count * sizeof(*message->rrsets));
    if (scratch == NULL || message->rrsets == NULL)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < reader->group_count; i++)
        message->count[reader->groups[i].section]++;
    place[SECTION_AUTHORITY] = message->count[SECTION_ANSWER];
    place[SECTION_ADDITIONAL] = place[SECTION_AUTHORITY] + message->count[SECTION_AUTHORITY];
    for (size_t i = 0; i < reader->group_count; i++) {
        const struct group *group = reader->groups + i;
        const struct rrset *set = make_rrset(reader, group, scratch, now_s);

        if (set == NULL)
            return STATUS_NO_MEMORY;
        message->rrsets[place[group->section]++] = set;
    }
    return STATUS_OK;
}

/* ---- the whole ---- */

static struct hash_key key_of_packet(struct slice packet)
{
    struct hash_state state = hash_start((struct hash_key){packet.size, 0});

    if (packet.size > PACKET_SMALL)
        hash_bytes(&state, packet);
    return (struct hash_key){hash_end(state), state.v0};
}

static enum status read_all(struct reader *reader, struct slice packet, int64_t now_s)
{
    struct message *message = reader->message;
    struct cursor in = cursor_of(packet);
    enum status status = message_read_question(&in, reader->arena, message);

    if (status == STATUS_LIMIT && bytes_u16(packet.data + HEADER_QDCOUNT) == 0)
        status = STATUS_OK;
    if (status == STATUS_OK) {
        message->question.qname = dname_copy(reader->arena, message->question.qname);
        status = message->question.qname.wire == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    if (status == STATUS_OK)
        status = read_records(reader, &in, packet.data + HEADER_QDCOUNT + 2);
    if (status == STATUS_OK && message->edns.present)
        message->rcode |= (uint16_t)(message->edns.rcode_high << 4);
    if (status != STATUS_OK || reader->record_count == 0)
        return status;
    status = make_table(reader);
    if (status == STATUS_OK)
        status = group_records(reader, false);
    if (status == STATUS_OK && reader->has_rrsigs)
        status = group_records(reader, true);
    return status == STATUS_OK ? make_rrsets(reader, now_s) : status;
}

enum status message_read(struct slice packet, struct arena *arena, int64_t now_s,
                         struct message *out)
{
    struct reader reader = {.arena = arena, .message = out};
    enum status status;

    if (packet.size > MESSAGE_MAX) {
        message_clear(out);
        return STATUS_MALFORMED;
    }
    reader.key = key_of_packet(packet);
    reader.is_small = packet.size <= PACKET_SMALL;
    status = read_all(&reader, packet, now_s);
    if (status != STATUS_OK) { /* no part of it is believed */
        for (size_t i = 0; i < SECTIONS; i++)
            out->count[i] = 0;
        out->rrsets = NULL;
        out->edns.present = false;
        out->edns.option_count = 0;
        out->rcode &= 15;
    }
    return status;
}
