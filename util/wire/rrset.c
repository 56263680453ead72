/*
 * rrset.c - RRsets packed into one piece of memory, and the references to published ones.
 *
 * Called by message readers, caches and whoever changes a copy. Behind the struct lie: where
 * each rdata but the last one ends, the owner name, the rdata one after another. Ends are
 * counted from the begin of the piece, in two octets each, or four where the piece is larger
 * than that; a single record needs none. So an A record of a name of 16 octets takes 48, and 68
 * in a cache.
 */
#include "util/wire/rrset.h"

#include <stdlib.h>
#include <string.h>

#include "util/wire/rdata.h"

enum { REORDER_MAX = 256, SIZE_MOST = INT32_MAX };

/* ---- layout ---- */

static size_t rdata_count(const struct rrset *set)
{
    return (size_t)set->rr_count + set->rrsig_count;
}

static size_t end_width(size_t size_bytes)
{
    return size_bytes > UINT16_MAX ? sizeof(uint32_t) : sizeof(uint16_t);
}

static size_t ends_size(size_t count, size_t size_bytes)
{
    return count == 0 ? 0 : (count - 1) * end_width(size_bytes);
}

static const uint8_t *octets(const struct rrset *set)
{
    return (const uint8_t *)set;
}

static const uint8_t *owner_at(const struct rrset *set)
{
    return octets(set) + sizeof(*set) + ends_size(rdata_count(set), set->size_bytes);
}

/* Where the rdata with that index ends, which is where the next one begins. */
static size_t rdata_end(const struct rrset *set, size_t index)
{
    const uint8_t *ends = octets(set) + sizeof(*set);
    uint16_t narrow;
    uint32_t wide;

    if (index + 1 == rdata_count(set))
        return set->size_bytes;
    if (end_width(set->size_bytes) == sizeof(wide)) {
        memcpy(&wide, ends + index * sizeof(wide), sizeof(wide));
        return wide;
    }
    memcpy(&narrow, ends + index * sizeof(narrow), sizeof(narrow));
    return narrow;
}

static void set_rdata_end(struct rrset *set, size_t index, size_t end)
{
    uint8_t *ends = (uint8_t *)set + sizeof(*set);
    uint16_t narrow = (uint16_t)end;
    uint32_t wide = (uint32_t)end;

    if (index + 1 == rdata_count(set))
        ASSERT(end == set->size_bytes);
    else if (end_width(set->size_bytes) == sizeof(wide))
        memcpy(ends + index * sizeof(wide), &wide, sizeof(wide));
    else
        memcpy(ends + index * sizeof(narrow), &narrow, sizeof(narrow));
}

/* ---- reading ---- */

struct dname rrset_owner(const struct rrset *set)
{
    return (struct dname){owner_at(set), set->owner_size, set->owner_labels, 0};
}

struct slice rrset_rdata(const struct rrset *set, size_t index)
{
    size_t begin;

    ASSERT(index < rdata_count(set));
    begin = index == 0 ? (size_t)(owner_at(set) - octets(set)) + set->owner_size
                       : rdata_end(set, index - 1);
    return slice_of(octets(set) + begin, rdata_end(set, index) - begin);
}

uint32_t rrset_ttl_left_s(const struct rrset *set, int64_t now_s)
{
    int64_t left = set->expires_s - now_s;

    return left <= 0 ? 0 : left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

void rrset_set_security(const struct rrset *set, enum security security)
{
    /* One of the members that may change after publication; const is for all the others. */
    atomic_uchar *state = &((struct rrset *)(uintptr_t)set)->state;
    unsigned char old = atomic_load_explicit(state, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(
        state, &old, (unsigned char)((old & RRSET_SUPERSEDED) | security), memory_order_release,
        memory_order_relaxed))
        ;
}

void rrset_supersede(const struct rrset *set)
{
    atomic_fetch_or_explicit(&((struct rrset *)(uintptr_t)set)->state, RRSET_SUPERSEDED,
                             memory_order_release);
}

bool rrset_is(const struct rrset *set, struct dname owner, uint16_t type, uint16_t rrclass)
{
    return set->type == type && set->rrclass == rrclass && dname_equal(rrset_owner(set), owner);
}

/* Where in `set` that rdata stands, looking first at `guess`; rr_count when nowhere. */
static size_t find_rdata(const struct rrset *set, struct slice rdata, size_t guess)
{
    size_t count = set->rr_count;

    for (size_t i = 0; i < count; i++) {
        size_t at = (guess + i) % count;

        if (slice_equal(rrset_rdata(set, at), rdata))
            return at;
        /* In very large sets only the same order and its rotations are recognised, since the
         * work would be quadratic; to be called different costs a check, never a wrong answer.
         */
        if (count > REORDER_MAX && guess != 0)
            break;
    }
    return count;
}

bool rrset_same_data(const struct rrset *a, const struct rrset *b)
{
    size_t guess = 0;

    if (a == b)
        return true;
    if (a->rr_count != b->rr_count || !rrset_is(b, rrset_owner(a), a->type, a->rrclass))
        return false;
    /* No set holds a record twice, so equal numbers and one direction are enough. */
    for (size_t i = 0; i < a->rr_count; i++) {
        size_t found = find_rdata(b, rrset_rdata(a, i), guess);

        if (found == b->rr_count)
            return false;
        guess = found + 1;
    }
    return true;
}

bool rrset_is_proof_of_other_zone(const struct rrset *a, const struct rrset *b)
{
    struct rdata_rrsig of_a, of_b;

    return (a->type == TYPE_NSEC || a->type == TYPE_NSEC3) && a->rrsig_count > 0 &&
           b->rrsig_count > 0 && rdata_rrsig(rrset_rrsig(a, 0), &of_a) &&
           rdata_rrsig(rrset_rrsig(b, 0), &of_b) && !dname_equal(of_a.signer, of_b.signer);
}

/* ---- making ---- */

/* 0 when the piece would be larger than anything that a message can hold. */
static size_t packed_size(const struct rrset_parts *parts)
{
    size_t count = (size_t)parts->rr_count + parts->rrsig_count;
    uint64_t size = sizeof(struct rrset) + (uint64_t)parts->owner.size;

    for (size_t i = 0; i < count; i++)
        size += parts->rdata[i].size;
    if (size + count * sizeof(uint32_t) > SIZE_MOST)
        return 0;
    /* The width of the ends depends on the size that they are part of. */
    if (size + ends_size(count, 0) > UINT16_MAX)
        return (size_t)size + ends_size(count, UINT16_MAX + 1);
    return (size_t)size + ends_size(count, 0);
}

struct rrset *rrset_in(struct arena *arena, const struct rrset_parts *parts)
{
    size_t size = packed_size(parts);
    struct rrset *set = size == 0 ? NULL : arena_room(arena, size);
    uint8_t *at;

    if (set == NULL)
        return NULL;
    atomic_init(&set->references, 0);
    atomic_init(&set->state, SEC_UNCHECKED);
    set->size_bytes = (uint32_t)size;
    rrset_set_expiry(set, parts->now_s + parts->ttl_s);
    set->ttl_s = parts->ttl_s;
    set->type = parts->type;
    set->rrclass = parts->rrclass;
    set->rr_count = parts->rr_count;
    set->rrsig_count = parts->rrsig_count;
    set->owner_size = parts->owner.size;
    set->owner_labels = parts->owner.labels;
    set->trust = (uint8_t)parts->trust;
    at = (uint8_t *)set + (owner_at(set) - octets(set));
    memcpy(at, parts->owner.wire, parts->owner.size);
    at += parts->owner.size;
    for (size_t i = 0; i < rdata_count(set); i++) {
        if (parts->rdata[i].size != 0)
            memcpy(at, parts->rdata[i].data, parts->rdata[i].size);
        at += parts->rdata[i].size;
        set_rdata_end(set, i, (size_t)(at - octets(set)));
    }
    return set;
}

/* What is not in the parts, and TTLs: a copy ends when its original does. */
static struct rrset *like(struct rrset *copy, const struct rrset *set)
{
    if (copy == NULL)
        return NULL;
    copy->expires_s = set->expires_s;
    copy->ttl_s = set->ttl_s;
    atomic_init(&copy->state, (unsigned char)rrset_security(set));
    return copy;
}

static void copy_packed(struct rrset *to, const struct rrset *set, unsigned references)
{
    /* Member by member: the atomic ones of a published set may be changing. */
    atomic_init(&to->references, references);
    to->size_bytes = set->size_bytes;
    to->type = set->type;
    to->rrclass = set->rrclass;
    to->rr_count = set->rr_count;
    to->rrsig_count = set->rrsig_count;
    to->owner_size = set->owner_size;
    to->owner_labels = set->owner_labels;
    to->trust = set->trust;
    like(to, set);
    memcpy((uint8_t *)to + sizeof(*to), octets(set) + sizeof(*set),
           set->size_bytes - sizeof(*set));
}

struct rrset *rrset_publish(const struct rrset *set)
{
    uint8_t *room = malloc(rrset_kept_bytes(set));

    if (room == NULL)
        return NULL;
    copy_packed(rrset_behind(room), set, 1);
    return rrset_behind(room);
}

struct rrset *rrset_behind(void *room)
{
    return (struct rrset *)(void *)((uint8_t *)room + RRSET_ROOM);
}

void *rrset_room(const struct rrset *set)
{
    return (uint8_t *)(uintptr_t)set - RRSET_ROOM;
}

struct rrset *rrset_copy_in(struct arena *arena, const struct rrset *set)
{
    struct rrset *copy = arena_room(arena, set->size_bytes);

    if (copy != NULL)
        copy_packed(copy, set, 0);
    return copy;
}

/* The set taken apart; `kept` has room for all of its rdata. NULL keep: all of it. */
static struct rrset_parts take_apart(const struct rrset *set, const bool *keep,
                                     struct slice *kept)
{
    struct rrset_parts parts = {
        .owner = rrset_owner(set),
        .type = set->type,
        .rrclass = set->rrclass,
        .trust = (enum trust)set->trust,
        .rdata = kept,
    };

    for (size_t i = 0; i < rdata_count(set); i++) {
        if (keep != NULL && !keep[i])
            continue;
        kept[parts.rr_count + parts.rrsig_count] = rrset_rdata(set, i);
        if (i < set->rr_count)
            parts.rr_count++;
        else
            parts.rrsig_count++;
    }
    return parts;
}

struct rrset *rrset_rename_in(struct arena *arena, const struct rrset *set, struct dname owner)
{
    struct slice *kept = ARENA_ARRAY(arena, struct slice, rdata_count(set));
    struct rrset_parts parts;

    if (kept == NULL)
        return NULL;
    parts = take_apart(set, NULL, kept);
    parts.owner = owner;
    return like(rrset_in(arena, &parts), set);
}

struct rrset *rrset_filter_in(struct arena *arena, const struct rrset *set, const bool *keep)
{
    struct slice *kept = ARENA_ARRAY(arena, struct slice, rdata_count(set));
    struct rrset_parts parts;

    if (kept == NULL)
        return NULL;
    parts = take_apart(set, keep, kept);
    return like(rrset_in(arena, &parts), set);
}

/* ---- references ---- */

const struct rrset *rrset_ref(const struct rrset *set)
{
    struct rrset *counted = (struct rrset *)(uintptr_t)set;

    if (atomic_load_explicit(&counted->references, memory_order_relaxed) != 0)
        atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
    return set;
}

void rrset_unref(const struct rrset *set)
{
    struct rrset *counted = (struct rrset *)(uintptr_t)set;

    if (set == NULL || atomic_load_explicit(&counted->references, memory_order_relaxed) == 0)
        return;
    /* Release: what this holder did comes before the free; acquire: the free sees all of it. */
    if (atomic_fetch_sub_explicit(&counted->references, 1, memory_order_acq_rel) == 1)
        free(rrset_room(counted));
}

/* ---- words ---- */

const char *security_word(enum security security)
{
    switch (security) {
    case SEC_UNCHECKED: return "unchecked";
    case SEC_BOGUS: return "bogus";
    case SEC_INDETERMINATE: return "indeterminate";
    case SEC_INSECURE: return "insecure";
    case SEC_SECURE: return "secure";
    }
    return "unknown";
}

const char *trust_word(enum trust trust)
{
    switch (trust) {
    case TRUST_NONE: break;
    case TRUST_ADDITIONAL: return "additional";
    case TRUST_AUTHORITY: return "referral";
    case TRUST_ADDITIONAL_AA: return "additional, authoritative";
    case TRUST_ANSWER: return "answer";
    case TRUST_AUTHORITY_AA: return "authority, authoritative";
    case TRUST_ANSWER_AA: return "answer, authoritative";
    case TRUST_VALIDATED: return "validated";
    case TRUST_CONFIGURED: return "configured";
    }
    return "none";
}
