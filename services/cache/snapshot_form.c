/*
 * snapshot_form.c - what the writer and the reader of snapshots have in common.
 */
#include "services/cache/snapshot_form.h"

#include "util/wire/rdata.h"

/* The first octet is not ASCII and the last one is a line feed: a file that was sent through
 * something that changes text is not taken for a damaged one. */
const uint8_t snapshot_magic[SNAPSHOT_MAGIC_SIZE] = {0x89, 'S', 'H', 'R', 'E', 'W', 'C', '\n'};

uint64_t snapshot_sum(uint64_t number, uint32_t slice, struct slice head, struct slice records)
{
    struct hash_state state = hash_start((struct hash_key){number, slice});

    hash_bytes(&state, head);
    hash_bytes(&state, records);
    return hash_end(state);
}

const char *snapshot_end_text(enum snapshot_end end)
{
    switch (end) {
#define SNAPSHOT_END(ident, words)                                                             \
    case SNAPSHOT_##ident: return words;
        SNAPSHOT_ENDS
#undef SNAPSHOT_END
    }
    return "";
}

static bool is_class(uint16_t rrclass)
{
    return rrclass != 0 && rrclass != CLASS_NONE && rrclass != CLASS_ANY;
}

/* RFC 1034 section 3.6.2, RFC 6672 section 2.4, RFC 1035 section 3.3.13. */
static bool is_alone(uint16_t type)
{
    return type == TYPE_CNAME || type == TYPE_DNAME || type == TYPE_SOA;
}

bool snapshot_may_hold(const struct rrset_parts *parts, enum rrset_flavour flavour)
{
    size_t records = (size_t)parts->rr_count + parts->rrsig_count;
    bool is_of_delegation =
        parts->type == TYPE_NS || parts->type == TYPE_A || parts->type == TYPE_AAAA;

    return !rrtype_is_meta(parts->type) && parts->type != TYPE_RRSIG &&
           is_class(parts->rrclass) && parts->rr_count > 0 && records <= SNAPSHOT_RECORDS_MAX &&
           (parts->rr_count == 1 || !is_alone(parts->type)) && parts->trust > TRUST_NONE &&
           parts->trust <= TRUST_VALIDATED &&
           (flavour == RRSET_PLAIN || (flavour == RRSET_PARENT_SIDE && is_of_delegation));
}

bool snapshot_may_answer(const struct question *question, uint16_t rcode)
{
    return !rrtype_is_meta(question->qtype) && question->qtype != TYPE_RRSIG &&
           is_class(question->qclass) && (rcode == RCODE_NOERROR || rcode == RCODE_NXDOMAIN);
}
