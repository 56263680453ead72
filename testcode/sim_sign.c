/*
 * sim_sign.c - RRSIG records (RFC 4034 section 3), good ones and such as must not be believed.
 */
#include "testcode/sim_sign.h"

#include <stdlib.h>

#include "util/wire/rdata.h"
#include "validator/algo.h"

enum {
    SIGNATURES_MAX = SIM_KEYS_MAX + 3,
    LOOKED_AT = 4, /* iter-scrub-rrsig */
    RRSIG_HEAD_MAX = 18 + DNAME_MAX,
    FAR_S = 60 * 86400 /* out of date by more than any clock */
};

/* One signature to be made. */
struct making {
    struct sim_net *net;
    const struct sim_zone *zone;
    const struct sim_set *set;
    const struct sim_key *key;
    struct dname signer;
    uint16_t tag;
    int64_t begin_s, end_s;
    bool broken;
};

/* ---- times ---- */

static int64_t half_life_s(const struct sim_signing *signing)
{
    return signing->life_s / 2;
}

static int64_t made_s(const struct sim_signing *signing, int64_t wall_s)
{
    return wall_s / half_life_s(signing) * half_life_s(signing);
}

int64_t sim_sign_end_s(const struct sim_zone *zone, int64_t wall_s)
{
    return made_s(zone->signing, wall_s) + zone->signing->life_s;
}

/* ---- one signature ---- */

static int compare_records(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* RFC 4034 section 6.3. @return NULL: no memory. */
static struct slice *in_order(const struct sim_set *set, struct arena *arena)
{
    struct slice *records = ARENA_ARRAY(arena, struct slice, set->count);

    for (size_t i = 0; records != NULL && i < set->count; i++) {
        size_t size = set->rdata[i].size;
        struct sink canonical = sink_of(arena_bytes(arena, size), size);

        if (canonical.base == NULL)
            return NULL;
        rdata_write_canonical(&canonical, set->rdata[i], set->type);
        records[i] = sink_written(&canonical);
    }
    if (records != NULL)
        qsort(records, set->count, sizeof(records[0]), compare_records);
    return records;
}

static void write_head(struct sink *out, const struct making *making)
{
    struct dname owner = making->set->owner;

    sink_u16(out, making->set->type);
    sink_u8(out, making->key->algorithm);
    sink_u8(out, (uint8_t)(owner.labels - dname_is_wildcard(owner)));
    sink_u32(out, making->set->ttl_s);
    sink_u32(out, (uint32_t)making->end_s);
    sink_u32(out, (uint32_t)making->begin_s);
    sink_u16(out, making->tag);
    dname_write_lower(out, making->signer);
}

/* RFC 4034 section 3.1.8.1: what is signed. @return data NULL: no memory. */
static struct slice to_be_signed(const struct making *making, struct arena *arena)
{
    const struct sim_set *set = making->set;
    const struct slice *records = in_order(set, arena);
    size_t room = RRSIG_HEAD_MAX;
    struct sink out;

    for (size_t i = 0; i < set->count; i++)
        room += set->rdata[i].size + set->owner.size + 10u;
    out = sink_of(arena_bytes(arena, room), room);
    if (out.base == NULL || records == NULL)
        return slice_of(NULL, 0);
    write_head(&out, making);
    for (size_t i = 0; i < set->count; i++) {
        dname_write_lower(&out, set->owner);
        sink_u16(&out, set->type);
        sink_u16(&out, CLASS_IN);
        sink_u32(&out, set->ttl_s);
        sink_u16(&out, (uint16_t)records[i].size);
        sink_bytes(&out, records[i]);
    }
    return sink_written(&out);
}

/* The rdata of an RRSIG; data NULL: no memory. */
static struct slice make(const struct making *making)
{
    struct arena *scratch = arena_new(0);
    struct slice octets = scratch == NULL ? slice_of(NULL, 0) : to_be_signed(making, scratch);
    size_t room = RRSIG_HEAD_MAX + SIM_SIGNATURE_MAX, size = 0;
    uint8_t signature[SIM_SIGNATURE_MAX];
    struct sink out = sink_of(arena_bytes(making->net->arena, room), room);

    if (octets.data != NULL)
        size = sim_key_sign(making->key, octets, signature);
    arena_free(scratch);
    if (size == 0 || out.base == NULL)
        return slice_of(NULL, 0);
    signature[size / 2] ^= making->broken ? 1 : 0;
    write_head(&out, making);
    sink_bytes(&out, slice_of(signature, size));
    return sink_written(&out);
}

/* ---- all of a set ---- */

struct signatures {
    struct making making;
    const struct sim_signing *signing;
    enum sim_flaw way;
    int64_t wall_s;
    unsigned count;
    struct slice rdata[SIGNATURES_MAX];
    bool no_memory;
};

static void add(struct signatures *signatures)
{
    struct slice rdata = make(&signatures->making);

    if (rdata.data == NULL)
        signatures->no_memory = true;
    else if (signatures->count < SIGNATURES_MAX)
        signatures->rdata[signatures->count++] = rdata;
}

static void add_by(struct signatures *signatures, const struct sim_key *key)
{
    signatures->making.key = key;
    signatures->making.tag = key->tag;
    add(signatures);
}

static bool is_active(const struct signatures *signatures, const struct sim_signer *signer)
{
    bool changed = signatures->wall_s >= signatures->signing->change_s;
    bool wanted = signatures->making.set->type == TYPE_DNSKEY &&
                          signatures->signing->flaw != FLAW_KEYS_UNSIGNED
                      ? signer->signs_keys
                      : signer->signs_data;

    return wanted && !(changed ? signer->retires : signer->replaces);
}

/* A zone that the owner name is not in. */
static const struct sim_zone *foreign_zone(const struct sim_net *net, struct dname owner)
{
    for (unsigned i = 0; i < net->zone_count; i++)
        if (net->zones[i]->signing != NULL && net->zones[i]->signing->signer_count > 0 &&
            !dname_is_at_or_below(owner, net->zones[i]->apex))
            return net->zones[i];
    return NULL;
}

static void add_foreign(struct signatures *signatures)
{
    const struct sim_zone *zone =
        foreign_zone(signatures->making.net, signatures->making.set->owner);

    if (zone == NULL) {
        add_by(signatures, &signatures->signing->stranger);
        return;
    }
    signatures->making.signer = zone->apex;
    add_by(signatures, &zone->signing->signers[0].key);
}

/* Signed by the stranger under the tag of a key that may sign. */
static void add_wrong_key(struct signatures *signatures)
{
    const struct sim_signing *signing = signatures->signing;

    signatures->making.key = &signing->stranger;
    signatures->making.tag = signing->stranger.tag;
    for (unsigned i = 0; i < signing->signer_count; i++)
        if (is_active(signatures, &signing->signers[i]) &&
            signing->signers[i].key.algorithm == signing->stranger.algorithm)
            signatures->making.tag = signing->signers[i].key.tag;
    add(signatures);
}

/* Of no use, and of no harm: of an algorithm that nobody knows, of nobody's key, out of date.
 * Not more than leaves the good ones among those that a resolver looks at. */
static void add_noise(struct signatures *signatures)
{
    struct sim_key unknown = {.algorithm = SIM_ALGORITHM_UNKNOWN, .tag = 4711};
    struct making kept = signatures->making;
    const struct sim_key *active = NULL;
    unsigned good = 0;

    for (unsigned i = 0; i < signatures->signing->signer_count; i++)
        if (is_active(signatures, &signatures->signing->signers[i])) {
            active = &signatures->signing->signers[i].key;
            good++;
        }
    if (good + 1 <= LOOKED_AT)
        add_by(signatures, &unknown);
    if (good + 3 <= LOOKED_AT)
        add_by(signatures, &signatures->signing->stranger);
    if (active != NULL && good + 2 <= LOOKED_AT) {
        signatures->making.begin_s -= 2 * FAR_S;
        signatures->making.end_s -= 2 * FAR_S;
        add_by(signatures, active);
    }
    signatures->making = kept;
}

static void add_all(struct signatures *signatures)
{
    const struct sim_signing *signing = signatures->signing;

    switch (signatures->way) {
    case FLAW_STRANGER: add_by(signatures, &signing->stranger); return;
    case FLAW_WRONG_KEY: add_wrong_key(signatures); return;
    case FLAW_FOREIGN: add_foreign(signatures); return;
    default: break;
    }
    if (signing->is_noisy && signatures->way == FLAW_NONE)
        add_noise(signatures);
    for (unsigned i = 0; i < signing->signer_count; i++)
        if (is_active(signatures, &signing->signers[i]))
            add_by(signatures, &signing->signers[i].key);
}

static const struct rrset *with_signatures(const struct signatures *signatures)
{
    const struct sim_set *set = signatures->making.set;
    struct arena *arena = signatures->making.net->arena;
    struct slice *rdata =
        ARENA_ARRAY(arena, struct slice, (size_t)set->count + signatures->count);
    struct rrset_parts parts = {.owner = set->owner,
                                .type = set->type,
                                .rrclass = CLASS_IN,
                                .ttl_s = set->ttl_s,
                                .rdata = rdata,
                                .rr_count = set->count,
                                .rrsig_count = (uint16_t)signatures->count};

    if (rdata == NULL)
        return NULL;
    for (size_t i = 0; i < set->count; i++)
        rdata[i] = set->rdata[i];
    for (size_t i = 0; i < signatures->count; i++)
        rdata[set->count + i] = signatures->rdata[i];
    return rrset_in(arena, &parts);
}

const struct rrset *sim_sign(struct sim_net *net, const struct sim_zone *zone,
                             struct sim_set *set, enum sim_flaw flaw, int64_t wall_s)
{
    const struct sim_signing *signing = zone->signing;
    enum sim_flaw way = flaw <= FLAW_FOREIGN ? flaw : FLAW_NONE;
    struct signatures signatures = {.making = {net, zone, set}, .signing = signing};
    struct sim_signed *kept = &set->ways[way];
    int64_t turn;

    if (signing == NULL || signing->flaw == FLAW_NO_KEYS || flaw == FLAW_STRIPPED)
        return set->rrset;
    turn = 2 * (wall_s / half_life_s(signing)) + (wall_s >= signing->change_s);
    if (kept->rrset != NULL && kept->turn == turn)
        return kept->rrset;
    signatures.way = way;
    signatures.wall_s = wall_s;
    signatures.making.signer = zone->apex;
    signatures.making.end_s = sim_sign_end_s(zone, wall_s);
    signatures.making.begin_s = made_s(signing, wall_s) - signing->life_s;
    signatures.making.broken = way == FLAW_BROKEN;
    if (way == FLAW_EXPIRED || way == FLAW_FUTURE) {
        int64_t shift_s = way == FLAW_FUTURE ? 2 * FAR_S : -2 * FAR_S;

        signatures.making.begin_s += shift_s;
        signatures.making.end_s += shift_s;
    }
    add_all(&signatures);
    kept->turn = turn;
    kept->rrset = signatures.no_memory ? NULL : with_signatures(&signatures);
    return kept->rrset;
}
