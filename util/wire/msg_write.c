/*
 * msg_write.c - a message made into a packet: compression, TTLs, and what gives way when it is
 * long.
 *
 * Called when a question is sent and when an answer is encoded for the first time; the memo of
 * a cached answer is made of what comes out here. Each octet of the message is looked at a
 * bounded number of times, whatever the names are like. Nothing is allocated; no clock.
 */
#include "util/wire/message.h"

#include <string.h>

#include "util/wire/rdata.h"

enum {
    NAMES_MAX = 128,        /* CVE-2024-8508: compression must not cost more than it saves */
    BUCKETS = 256,          /* a power of two */
    POINTER = 0xc000,       /* RFC 1035 section 4.1.4 */
    POINTER_REACH = 0x4000, /* its 14 bits */
    RECORD_FIXED_SIZE = 10
};

/*
 * Names that are already in the packet form a tree: each entry is one label below its parent. A
 * name is looked up from the root down, one label a step, so that no octet is compared twice. 0
 * is the root, which is never entered; entries are counted from 1.
 */
struct entry {
    uint32_t mix;    /* of the label under its parent's mix */
    uint16_t offset; /* of the label's octets in the packet */
    uint8_t parent;
    uint8_t next; /* in the same bucket; 0: none */
};

struct writer {
    const struct message *message;
    const struct message_write *how;
    struct sink
        packet; /* begins at the header, whatever stands before it in the caller's sink */
    uint16_t counts[SECTIONS];
    uint8_t buckets[BUCKETS];
    struct entry entries[NAMES_MAX + 1];
    uint8_t entry_count; /* the root not counted */
};

/* ---- names ---- */

static uint8_t find_below(const struct writer *writer, uint8_t parent, uint32_t mix,
                          const uint8_t *label)
{
    uint8_t at = writer->buckets[mix % BUCKETS];

    for (; at != 0; at = writer->entries[at].next) {
        const struct entry *entry = writer->entries + at;

        if (entry->mix == mix && entry->parent == parent &&
            dname_label_equal(writer->packet.base + entry->offset, label))
            return at;
    }
    return 0;
}

/* @return the new entry, or 0 when there is no room, or no pointer could point there. */
static uint8_t enter(struct writer *writer, uint8_t parent, uint32_t mix, size_t offset)
{
    uint8_t *bucket = writer->buckets + mix % BUCKETS;

    if (writer->entry_count == NAMES_MAX || offset >= POINTER_REACH)
        return 0;
    writer->entries[++writer->entry_count] =
        (struct entry){mix, (uint16_t)offset, parent, *bucket};
    return *bucket = writer->entry_count;
}

/* Takes back the entries behind the first `count`, newest first as the buckets want it. */
static void forget_names(struct writer *writer, uint8_t count)
{
    for (; writer->entry_count > count; writer->entry_count--) {
        const struct entry *entry = writer->entries + writer->entry_count;

        writer->buckets[entry->mix % BUCKETS] = entry->next;
    }
}

/* Writes a name as briefly as the tree allows and enters what was new about it. @return its
 * entry, or 0: the root, or a name that found no room. */
static uint8_t write_name(struct writer *writer, struct dname name)
{
    uint8_t starts[DNAME_LABELS_MAX];
    size_t begin = writer->packet.used, left = name.labels;
    uint32_t mix = 0;
    uint8_t found = 0;

    dname_label_starts(name, starts);
    for (; left > 0; left--) { /* labels that are there already, from the root down */
        const uint8_t *label = name.wire + starts[left - 1];
        uint8_t below;

        mix = dname_label_mix(mix, label);
        below = find_below(writer, found, mix, label);
        if (below == 0)
            break;
        found = below;
    }
    if (found == 0) {
        dname_write(&writer->packet, name);
    } else {
        sink_bytes(&writer->packet, slice_of(name.wire, starts[left]));
        sink_u16(&writer->packet, (uint16_t)(POINTER | writer->entries[found].offset));
    }
    if (sink_failed(&writer->packet))
        return 0;
    while (left > 0) { /* and those that are new; mix is that of the first of them */
        left--;
        found = enter(writer, found, mix, begin + starts[left]);
        if (found == 0)
            break;
        if (left > 0)
            mix = dname_label_mix(mix, name.wire + starts[left - 1]);
    }
    return found;
}

/* ---- records ---- */

/* What is the same in all records of one RRset. */
struct rrset_writing {
    const struct rrset *set;
    uint32_t ttl_s;
    uint8_t owner; /* entry of its name, once written */
};

static void write_owner(struct writer *writer, struct rrset_writing *writing)
{
    if (writing->owner != 0)
        sink_u16(&writer->packet, (uint16_t)(POINTER | writer->entries[writing->owner].offset));
    else
        writing->owner = write_name(writer, rrset_owner(writing->set));
}

/* The TTL will be the next but two octets. */
static void mark_ttl(struct writer *writer)
{
    struct message_marks *marks = writer->how->marks;

    if (marks->ttl_count == marks->ttls_max || marks->mark_count == 0) {
        marks->failed = true;
        return;
    }
    marks->ttls[marks->ttl_count++] = (uint16_t)(writer->packet.used + 4);
    marks->marks[marks->mark_count - 1].ttl_count++;
}

static void write_fixed(struct writer *writer, const struct rrset_writing *writing,
                        uint16_t type, size_t rdata_size)
{
    uint8_t fixed[RECORD_FIXED_SIZE];

    if (writer->how->marks != NULL)
        mark_ttl(writer);
    bytes_put_u16(fixed, type);
    bytes_put_u16(fixed + 2, writing->set->rrclass);
    bytes_put_u32(fixed + 4, writing->ttl_s);
    bytes_put_u16(fixed + 8, (uint16_t)rdata_size);
    sink_bytes(&writer->packet, slice_of(fixed, sizeof(fixed)));
}

/* RFC 3597 section 4: only types of RFC 1035 have names that may be compressed. */
static void write_compressed(struct writer *writer, struct slice rdata, uint16_t type)
{
    struct rdata_name names[RDATA_NAMES_MAX];
    size_t count = rdata_names(rdata, type, names), done = 0;
    size_t begin = writer->packet.used;

    for (size_t i = 0; i < count; i++) {
        sink_bytes(&writer->packet, slice_of(rdata.data + done, names[i].offset - done));
        write_name(writer, names[i].name);
        done = (size_t)names[i].offset + names[i].name.size;
    }
    sink_bytes(&writer->packet, slice_of(rdata.data + done, rdata.size - done));
    sink_patch_u16(&writer->packet, begin - 2, (uint16_t)(writer->packet.used - begin));
}

static bool is_compressed(const struct rrset *set)
{
    struct rdata_name names[RDATA_NAMES_MAX];

    /* It is a matter of the type: the first record speaks for all. */
    return set->rr_count != 0 && rdata_names(rrset_rdata(set, 0), set->type, names) != 0 &&
           names[0].compress;
}

static bool is_movable(const struct rrset *set, bool compressed)
{
    if (compressed || set->rr_count < 2)
        return false;
    for (size_t i = 1; i < set->rr_count; i++)
        if (rrset_rdata(set, i).size != rrset_rdata(set, 0).size)
            return false;
    return true;
}

static void mark_set(struct writer *writer, const struct rrset *set, bool movable)
{
    struct message_marks *marks = writer->how->marks;
    struct message_mark mark = {.set = set};

    if (marks->mark_count == marks->marks_max) {
        marks->failed = true;
        return;
    }
    if (movable) {
        mark.movable = set->rr_count;
        mark.movable_size = (uint16_t)rrset_rdata(set, 0).size;
    }
    marks->marks[marks->mark_count++] = mark;
}

static void write_records(struct writer *writer, struct rrset_writing *writing)
{
    const struct rrset *set = writing->set;
    bool compressed = is_compressed(set), movable = is_movable(set, compressed);
    size_t first = movable ? writer->how->rotate % set->rr_count : 0;

    if (writer->how->marks != NULL)
        mark_set(writer, set, movable);
    for (size_t i = 0; i < set->rr_count && !sink_failed(&writer->packet); i++) {
        size_t index = first + i < set->rr_count ? first + i : first + i - set->rr_count;
        struct slice rdata = rrset_rdata(set, index);

        write_owner(writer, writing);
        write_fixed(writer, writing, set->type, rdata.size);
        if (compressed)
            write_compressed(writer, rdata, set->type);
        else
            sink_bytes(&writer->packet, rdata);
    }
}

static void write_rrsigs(struct writer *writer, struct rrset_writing *writing)
{
    for (size_t i = 0; i < writing->set->rrsig_count && !sink_failed(&writer->packet); i++) {
        struct slice rdata = rrset_rrsig(writing->set, i);

        write_owner(writer, writing);
        write_fixed(writer, writing, TYPE_RRSIG, rdata.size);
        sink_bytes(&writer->packet, rdata);
    }
}

/* ---- what is shown ---- */

static uint32_t shown_ttl_s(const struct message_write *how, const struct rrset *set)
{
    uint32_t ttl_s = how->original_ttl ? set->ttl_s : rrset_ttl_left_s(set, how->now_s);

    return how->ttl_cap_s != 0 && ttl_s > how->ttl_cap_s ? how->ttl_cap_s : ttl_s;
}

static bool asks_for(const struct message *message, uint16_t type)
{
    return message->has_question &&
           (message->question.qtype == type || message->question.qtype == TYPE_ANY);
}

static bool is_dnssec_type(uint16_t type)
{
    return type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_NSEC3 || type == TYPE_DS ||
           type == TYPE_DNSKEY;
}

/* RFC 4035 section 3.2.1: without DO only those DNSSEC types that were asked for. */
static bool is_shown(const struct writer *writer, enum section section, uint16_t type)
{
    return writer->how->dnssec_ok || !is_dnssec_type(type) ||
           (section == SECTION_ANSWER && asks_for(writer->message, type));
}

/* @return false when it does not fit; then nothing of it is left in the packet. */
static bool write_rrset(struct writer *writer, enum section section, const struct rrset *set)
{
    struct rrset_writing writing = {set, shown_ttl_s(writer->how, set), 0};
    size_t used = writer->packet.used;
    uint8_t entries = writer->entry_count;
    struct message_marks *marks = writer->how->marks;
    size_t mark_count = marks == NULL ? 0 : marks->mark_count;
    size_t ttl_count = marks == NULL ? 0 : marks->ttl_count;
    bool with_rrsigs = is_shown(writer, section, TYPE_RRSIG);

    write_records(writer, &writing);
    if (with_rrsigs)
        write_rrsigs(writer, &writing);
    if (sink_failed(&writer->packet)) {
        writer->packet.used = used;
        writer->packet.failed = false;
        forget_names(writer, entries);
        if (marks != NULL) {
            marks->mark_count = mark_count;
            marks->ttl_count = ttl_count;
        }
        return false;
    }
    writer->counts[section] = (uint16_t)(writer->counts[section] + set->rr_count +
                                         (with_rrsigs ? set->rrsig_count : 0));
    return true;
}

/* @return false when something was left out that the client has to come back for. */
static bool write_section(struct writer *writer, enum section section)
{
    size_t count;
    const struct rrset **sets = message_section(writer->message, section, &count);

    for (size_t i = 0; i < count; i++) {
        if (!is_shown(writer, section, sets[i]->type))
            continue;
        /* RFC 2181 section 9: what is merely additional is left out without TC. */
        if (!write_rrset(writer, section, sets[i]) && section != SECTION_ADDITIONAL)
            return false;
    }
    return true;
}

/* ---- header, question, OPT ---- */

static void write_question(struct writer *writer)
{
    const struct message *message = writer->message;

    for (size_t i = 0; i < HEADER_SIZE / 4; i++)
        sink_u32(&writer->packet, 0);
    if (!message->has_question)
        return;
    /* The first name in the packet: nothing to compress it with, and so its case is kept. */
    write_name(writer, message->question.qname);
    sink_u16(&writer->packet, message->question.qtype);
    sink_u16(&writer->packet, message->question.qclass);
}

static void fill_header(struct writer *writer, bool complete)
{
    const struct message *message = writer->message;
    uint8_t *at = writer->packet.base;
    unsigned rcode = message->rcode;

    /* RFC 6891 section 6.1.3: beyond 15 it takes an OPT to say so. */
    if (rcode > 15 && !message->edns.present)
        rcode = RCODE_SERVFAIL;
    bytes_put_u16(at, message->id);
    bytes_put_u16(at + 2, (uint16_t)(message->flags | (complete ? 0 : FLAG_TC) |
                                     (message->opcode & 15u) << 11 | (rcode & 15)));
    bytes_put_u16(at + 4, message->has_question ? 1 : 0);
    for (size_t i = 0; i < SECTIONS; i++)
        bytes_put_u16(at + 6 + 2 * i, writer->counts[i]);
}

/* Octets of the OPT record when all extended errors are left out. */
static size_t least_edns_size(const struct edns *edns)
{
    size_t size = edns_size(edns);

    for (size_t i = 0; i < edns->option_count; i++)
        if (edns->options[i].code == EDNS_ERROR)
            size -= 4 + edns->options[i].data.size;
    return size;
}

static void drop_option(struct edns *edns, size_t index)
{
    edns->option_count--;
    for (size_t i = index; i < edns->option_count; i++)
        edns->options[i] = edns->options[i + 1];
}

/* RFC 8914 section 3: errors give way to the answer. The last one first, its text before its
 * code. */
static void shorten_errors(struct edns *edns, size_t room)
{
    for (size_t i = edns->option_count; i > 0 && edns_size(edns) > room; i--) {
        struct edns_option *option = &edns->options[i - 1];

        if (option->code != EDNS_ERROR)
            continue;
        option->data.size = size_min(option->data.size, 2);
        if (edns_size(edns) > room)
            drop_option(edns, i - 1);
    }
}

static void write_edns(struct writer *writer)
{
    struct edns edns;

    edns_copy(&edns, &writer->message->edns);
    edns.rcode_high = (uint8_t)(writer->message->rcode >> 4);
    shorten_errors(&edns, writer->packet.size - writer->packet.used);
    edns_write(&writer->packet, &edns);
    writer->counts[SECTION_ADDITIONAL]++;
}

enum status message_write(const struct message *message, const struct message_write *how,
                          struct sink *out)
{
    size_t room = size_min(out->size - out->used, how->size_max);
    size_t reserved = message->edns.present ? least_edns_size(&message->edns) : 0;
    struct writer writer;
    bool complete;

    if (sink_failed(out) || room < reserved)
        return STATUS_NO_SPACE;
    writer.message = message;
    writer.how = how;
    writer.packet = sink_of(out->base + out->used, room - reserved);
    writer.entry_count = 0;
    memset(writer.counts, 0, sizeof(writer.counts));
    memset(writer.buckets, 0, sizeof(writer.buckets));
    write_question(&writer);
    if (sink_failed(&writer.packet))
        return STATUS_NO_SPACE;
    complete = write_section(&writer, SECTION_ANSWER) &&
               write_section(&writer, SECTION_AUTHORITY) &&
               write_section(&writer, SECTION_ADDITIONAL);
    writer.packet.size = room;
    if (how->marks != NULL)
        how->marks->records_end = writer.packet.used;
    if (message->edns.present)
        write_edns(&writer);
    ASSERT(!sink_failed(&writer.packet));
    fill_header(&writer, complete);
    out->used += writer.packet.used;
    return STATUS_OK;
}
