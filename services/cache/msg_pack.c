/*
 * msg_pack.c - entries of the message cache, each one packed piece of memory.
 *
 * Called by msg_cache.c only. Layout: table link, struct msg_entry, RRset pointers, qname,
 * texts of the reasons; and where a memo was made, its struct, what it shows, its images. An
 * entry is counted: the table has one reference, whoever found it another.
 */
#include "services/cache/msg_pack.h"

#include <stdlib.h>
#include <string.h>

const struct msg_entry *msg_entry_ref(const struct msg_entry *entry)
{
    atomic_fetch_add_explicit(&((struct msg_entry *)entry)->references, 1,
                              memory_order_relaxed);
    return entry;
}

size_t msg_entry_rrsets(const struct msg_entry *entry)
{
    return (size_t)entry->count[0] + entry->count[1] + entry->count[2];
}

void msg_entry_unref(const struct msg_entry *entry)
{
    struct msg_entry *mine = (struct msg_entry *)entry;

    if (entry == NULL ||
        atomic_fetch_sub_explicit(&mine->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < msg_entry_rrsets(mine); i++) {
        rrset_unref(mine->rrsets[i]);
        if (mine->memo != NULL)
            rrset_unref(mine->memo->shown[i].set);
    }
    free(CONTAINER_OF(mine, struct msg_packed, entry));
}

void msg_entry_release(struct shard_link *link)
{
    msg_entry_unref(msg_entry_of(link));
}

/* ---- packing ---- */

/*
 * What a reference to an RRset costs. The RRset cache pays for what it holds; but a set that it
 * has evicted lives on as long as messages refer to it, and then they are the ones who keep it
 * in memory. So the first four messages that refer to a set share its price, later ones of many
 * (an SOA under all its NXDOMAINs) pay a quarter each: the sum covers the set without charging
 * it a thousand times. Two references are not messages': the cache's and the storing query's.
 */
static uint32_t share_of(const struct rrset *set)
{
    unsigned references = atomic_load_explicit(&set->references, memory_order_relaxed);
    unsigned holders = references > 2 ? references - 2 : 1;

    return shard_cost(rrset_kept_bytes(set)) / (holders < 4 ? holders : 4);
}

static size_t aligned(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

/* With what aligning its beginning may take. */
static size_t memo_size(const struct msg_memo *memo, size_t rrsets)
{
    size_t size = aligned(1) + sizeof(*memo) + rrsets * sizeof(struct msg_shown);

    for (size_t i = 0; i < MSG_IMAGES; i++)
        size += aligned(memo->image[i].size);
    return size;
}

/* @return what the entry is charged for RRsets that are not its own. */
static uint32_t pack_memo(struct msg_entry *entry, const struct msg_memo *memo, uint8_t *at)
{
    size_t rrsets = msg_entry_rrsets(entry);
    uint32_t charge = 0;
    struct msg_memo *copy = (struct msg_memo *)(void *)(at + (-(uintptr_t)at & 7));
    struct msg_shown *shown = (struct msg_shown *)(copy + 1);

    *copy = *memo;
    copy->shown = shown;
    at = (uint8_t *)(shown + rrsets);
    for (size_t i = 0; i < rrsets; i++) {
        shown[i] = (struct msg_shown){rrset_ref(memo->shown[i].set), memo->shown[i].security};
        charge += shown[i].set == entry->rrsets[i] ? 0 : share_of(shown[i].set);
    }
    for (size_t i = 0; i < MSG_IMAGES; i++) {
        if (memo->image[i].size != 0)
            copy->image[i].data = memcpy(at, memo->image[i].data, memo->image[i].size);
        at += aligned(memo->image[i].size);
    }
    entry->memo = copy;
    return charge;
}

static const struct reasons no_reasons;

/* Without a memo. */
static size_t packed_size(const struct msg_store *what)
{
    const struct reasons *reasons = what->reasons;
    size_t size = sizeof(struct msg_packed) + what->question->qname.size +
                  message_rrsets(what->message) * sizeof(const struct rrset *);

    if (reasons == NULL || reasons->count == 0)
        return size;
    size += sizeof(*reasons);
    for (size_t i = 0; i < reasons->count; i++)
        size += strlen(reasons->item[i].text) + 1;
    return size;
}

/* @param at behind the RRset pointers. @return behind the reasons; their texts stand elsewhere.
 */
static uint8_t *pack_reasons(struct msg_entry *entry, const struct reasons *reasons,
                             uint8_t *at, size_t qname_size)
{
    struct reasons *copy = (struct reasons *)(void *)at;
    char *text = (char *)(copy + 1) + qname_size;

    entry->reasons = &no_reasons;
    if (reasons == NULL || reasons->count == 0)
        return at;
    ASSERT(reasons->count <= REASONS_MAX);
    entry->reasons = copy;
    copy->count = reasons->count;
    for (size_t i = 0; i < reasons->count; i++) {
        size_t size = strlen(reasons->item[i].text) + 1;

        copy->item[i].code = reasons->item[i].code;
        copy->item[i].text = memcpy(text, reasons->item[i].text, size);
        text += size;
    }
    return (uint8_t *)(copy + 1);
}

/* Takes a reference of each RRset. @return what the entry is charged for them. */
static uint32_t pack_rrsets(struct msg_entry *entry, const struct message *message)
{
    uint32_t charge = 0;

    memcpy(entry->count, message->count, sizeof(entry->count));
    for (size_t i = 0; i < message_rrsets(message); i++) {
        entry->rrsets[i] = rrset_ref(message->rrsets[i]);
        charge += share_of(entry->rrsets[i]);
    }
    return charge;
}

static void pack_fields(struct msg_entry *entry, const struct msg_store *what)
{
    entry->ttl_s = what->ttl_s;
    entry->failure_ttl_s = what->failure_ttl_s;
    entry->stored_s = what->now_s;
    entry->expires_s = what->now_s + entry->ttl_s;
    entry->prefetch_at_s = what->prefetch_s == 0 ? INT64_MAX : what->now_s + what->prefetch_s;
    entry->rcode = what->message->rcode;
    entry->flags = what->message->flags & (uint16_t) ~(FLAG_AA | FLAG_TC | FLAG_AD);
    if (what->security == SEC_SECURE)
        entry->flags |= FLAG_AD;
    entry->qtype = what->question->qtype;
    entry->qclass = what->question->qclass;
    entry->flavour = what->flavour;
    entry->security = (uint8_t)what->security;
}

struct msg_packed *msg_pack(const struct msg_store *what, uint64_t hash,
                            const struct msg_memo *memo)
{
    size_t bare_size = packed_size(what), rrsets = message_rrsets(what->message);
    size_t size = bare_size + (memo == NULL ? 0 : memo_size(memo, rrsets));
    struct msg_packed *packed = calloc(1, size);
    uint32_t charge = 0;
    uint8_t *at;

    if (packed == NULL)
        return NULL;
    atomic_init(&packed->entry.references, 1);
    packed->entry.rrsets = (const struct rrset **)(void *)(packed + 1);
    pack_fields(&packed->entry, what);
    at = pack_reasons(&packed->entry, what->reasons, (uint8_t *)(packed->entry.rrsets + rrsets),
                      what->question->qname.size);
    packed->entry.qname = what->question->qname;
    packed->entry.qname.wire =
        memcpy(at, what->question->qname.wire, what->question->qname.size);
    charge = shard_cost(size) + pack_rrsets(&packed->entry, what->message);
    if (memo != NULL)
        charge += pack_memo(&packed->entry, memo, (uint8_t *)packed + bare_size);
    shard_link_init(&packed->link, hash, charge);
    return packed;
}

static const uint8_t flavours[RRSET_ANSWERS] = {[RRSET_ANSWERS_ALL] = MSG_FLAVOUR_NONE,
                                                [RRSET_ANSWERS_CD] = MSG_FLAVOUR_CD,
                                                [RRSET_ANSWERS_KEPT] = MSG_FLAVOUR_KEPT};

enum rrset_answers msg_whom_of(uint8_t flavour)
{
    unsigned i = 0;

    while (i < RRSET_ANSWERS && flavours[i] != flavour)
        i++;
    return (enum rrset_answers)i;
}

int64_t msg_prefetch_at_s(const struct rrset *set)
{
    return (int64_t)set->expires_s - set->ttl_s / 10 - (set->ttl_s % 10 != 0);
}

void msg_unfold(struct msg_packed *packed, const struct rrset *set, enum rrset_answers whom,
                uint8_t mark)
{
    struct msg_entry *entry = &packed->entry;

    memset(packed, 0, sizeof(*packed));
    atomic_init(&entry->references, 1);
    entry->is_plain = true;
    entry->reasons = &no_reasons;
    entry->expires_s = set->expires_s;
    entry->stored_s = rrset_came_s(set);
    entry->ttl_s = set->ttl_s;
    entry->prefetch_at_s = (mark & MARK_PREFETCH) != 0 ? msg_prefetch_at_s(set) : INT64_MAX;
    entry->security = mark & RRSET_MARK_SECURITY;
    entry->flags = FLAG_QR | (entry->security == SEC_SECURE ? FLAG_AD : 0);
    entry->qtype = set->type;
    entry->qclass = set->rrclass;
    entry->qname = rrset_owner(set);
    entry->flavour = flavours[whom];
    entry->count[SECTION_ANSWER] = 1;
    entry->rrsets = (const struct rrset **)(void *)(packed + 1);
    entry->rrsets[0] = set;
    atomic_init(&entry->was_hit, (mark & MARK_WAS_HIT) != 0);
    atomic_init(&entry->memo_is_refused, (mark & MARK_MEMO_REFUSED) != 0);
}

struct msg_packed *msg_pack_again(const struct msg_entry *entry, uint64_t hash,
                                  const struct msg_memo *memo)
{
    struct question question = {entry->qname, entry->qtype, entry->qclass};
    struct message message = {
        .rcode = entry->rcode, .flags = entry->flags, .rrsets = entry->rrsets};
    struct msg_store what = {
        .message = &message,
        .question = &question,
        .flavour = entry->flavour,
        .security = (enum security)entry->security,
        .reasons = entry->reasons,
        .failure_ttl_s = entry->failure_ttl_s,
    };
    struct msg_packed *packed;

    memcpy(message.count, entry->count, sizeof(message.count));
    packed = msg_pack(&what, hash, memo);
    if (packed == NULL)
        return NULL;
    packed->entry.ttl_s = entry->ttl_s;
    packed->entry.stored_s = entry->stored_s;
    packed->entry.prefetch_at_s = entry->prefetch_at_s;
    packed->entry.expires_s = entry->expires_s;
    return packed;
}
