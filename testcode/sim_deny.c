/*
 * sim_deny.c - which names a zone has, in the order of NSEC or NSEC3, and who shows what.
 */
#include "testcode/sim_deny.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "util/text.h"
#include "util/wire/rdata.h"

enum { HASH_SIZE = 20, NAMES_MAX = 256, TYPES_MAX = 24, WINDOW_MAX = 34 };

/* ---- names ---- */

struct names {
    unsigned count;
    struct dname name[NAMES_MAX];
};

static void add_name(struct names *names, struct dname name)
{
    for (unsigned i = 0; i < names->count; i++)
        if (dname_equal(names->name[i], name))
            return;
    if (names->count < NAMES_MAX)
        names->name[names->count++] = name;
}

/* RFC 5155 section 7.1: empty non-terminals have records of their own, NSEC has none. */
static void add_with_parents(struct names *names, const struct sim_zone *zone,
                             struct dname name)
{
    add_name(names, name);
    if (zone->signing->nsec3)
        for (uint8_t labels = zone->apex.labels; labels < name.labels; labels++)
            add_name(names, dname_ancestor(name, labels));
}

static void gather(const struct sim_net *net, const struct sim_zone *zone, struct names *names)
{
    for (const struct sim_set *set = zone->sets; set != NULL; set = set->next)
        add_with_parents(names, zone, set->owner);
    for (unsigned i = 0; i < net->zone_count; i++) {
        const struct sim_zone *child = net->zones[i];

        if (child->parent != zone ||
            (zone->signing->opt_out && sim_set_find(zone, child->apex, TYPE_DS) == NULL))
            continue;
        add_with_parents(names, zone, child->apex);
    }
}

/* ---- type bitmaps ---- */

static int compare_types(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

static unsigned types_at(const struct sim_net *net, const struct sim_zone *zone,
                         struct dname name, uint16_t types[TYPES_MAX])
{
    bool is_cut = sim_cut_at(net, zone, name) != NULL, is_signed = !zone->signing->nsec3;
    unsigned count = 0;

    if (is_cut)
        types[count++] = TYPE_NS;
    for (const struct sim_set *set = zone->sets; set != NULL && count + 2 < TYPES_MAX;
         set = set->next)
        if (dname_equal(set->owner, name)) {
            types[count++] = set->type;
            is_signed = true;
        }
    if (is_signed)
        types[count++] = TYPE_RRSIG;
    if (!zone->signing->nsec3)
        types[count++] = TYPE_NSEC;
    qsort(types, count, sizeof(types[0]), compare_types);
    return count;
}

/* RFC 4034 section 4.1.2. */
static void write_bitmap(struct sink *out, const uint16_t *types, unsigned count)
{
    for (unsigned i = 0; i < count;) {
        uint8_t bits[32] = {0}, window = (uint8_t)(types[i] >> 8);
        size_t size = 0;

        for (; i < count && types[i] >> 8 == window; i++) {
            bits[(types[i] & 0xff) >> 3] |= (uint8_t)(0x80 >> (types[i] & 7));
            size = ((types[i] & 0xffu) >> 3) + 1;
        }
        sink_u8(out, window);
        sink_u8(out, (uint8_t)size);
        sink_bytes(out, slice_of(bits, size));
    }
}

/* ---- hashes ---- */

/* RFC 5155 section 5. */
static void hash_name(const struct sim_signing *signing, struct dname name,
                      uint8_t out[HASH_SIZE])
{
    uint8_t octets[DNAME_MAX + 64], lower[DNAME_MAX], digest[EVP_MAX_MD_SIZE];
    struct dname folded = dname_store_lower(name, lower);
    size_t size = folded.size;

    memcpy(octets, folded.wire, size);
    for (unsigned i = 0; i <= signing->iterations; i++) {
        if (signing->salt.size != 0)
            memcpy(octets + size, signing->salt.data, signing->salt.size);
        if (!EVP_Digest(octets, size + signing->salt.size, digest, NULL, EVP_sha1(), NULL))
            abort();
        size = HASH_SIZE;
        memcpy(octets, digest, size);
    }
    memcpy(out, digest, HASH_SIZE);
}

static struct dname hashed_owner(struct sim_net *net, const struct sim_zone *zone,
                                 const uint8_t hash[HASH_SIZE])
{
    struct text text = text_in(net->arena);
    uint8_t label[DNAME_MAX], joined[DNAME_MAX];
    struct dname prefix, owner;

    text_add_base32hex(&text, slice_of(hash, HASH_SIZE));
    if (text_done(&text) == NULL || dname_from_text(text.chars, label, &prefix) != STATUS_OK ||
        dname_join(prefix, 1, zone->apex, joined, &owner) != STATUS_OK)
        return dname_root;
    return dname_copy(net->arena, owner);
}

/* ---- the chain ---- */

static int compare_names(const void *a, const void *b)
{
    return dname_compare(((const struct sim_link *)a)->name,
                         ((const struct sim_link *)b)->name);
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(((const struct sim_link *)a)->hash, ((const struct sim_link *)b)->hash,
                  HASH_SIZE);
}

/* RFC 9077 section 3. */
static uint32_t denial_ttl_s(const struct sim_zone *zone)
{
    struct rdata_soa soa;

    return rdata_soa(zone->soa->rdata[0], &soa)
               ? (uint32_t)size_min(soa.minimum_s, zone->soa->ttl_s)
               : 0;
}

static bool make_link(struct sim_net *net, const struct sim_zone *zone, struct sim_link *link,
                      const struct sim_link *next)
{
    const struct sim_signing *signing = zone->signing;
    size_t room = DNAME_MAX + 64 + 2 * WINDOW_MAX;
    struct sink out = sink_of(arena_bytes(net->arena, room), room);
    struct slice *rdata = ARENA_NEW(net->arena, struct slice);
    uint16_t types[TYPES_MAX];
    unsigned count = types_at(net, zone, link->name, types);
    struct dname owner = link->name;

    if (out.base == NULL || rdata == NULL)
        return false;
    if (signing->nsec3) {
        sink_u8(&out, 1);
        sink_u8(&out, signing->opt_out);
        sink_u16(&out, signing->iterations);
        sink_u8(&out, (uint8_t)signing->salt.size);
        sink_bytes(&out, signing->salt);
        sink_u8(&out, HASH_SIZE);
        sink_bytes(&out, slice_of(next->hash, HASH_SIZE));
        owner = hashed_owner(net, zone, link->hash);
    } else {
        dname_write(&out, next->name);
    }
    write_bitmap(&out, types, count);
    *rdata = sink_written(&out);
    link->set = sim_set_new(net, owner, signing->nsec3 ? TYPE_NSEC3 : TYPE_NSEC,
                            denial_ttl_s(zone), rdata, 1);
    return link->set != NULL;
}

bool sim_chain_make(struct sim_net *net, struct sim_zone *zone)
{
    struct sim_signing *signing = zone->signing;
    struct names *names = ARENA_NEW(net->arena, struct names);

    if (names == NULL)
        return false;
    gather(net, zone, names);
    signing->links = ARENA_ARRAY(net->arena, struct sim_link, names->count);
    if (signing->links == NULL)
        return false;
    signing->link_count = names->count;
    for (unsigned i = 0; i < names->count; i++) {
        signing->links[i].name = names->name[i];
        if (signing->nsec3)
            hash_name(signing, names->name[i], signing->links[i].hash);
    }
    qsort(signing->links, names->count, sizeof(signing->links[0]),
          signing->nsec3 ? compare_hashes : compare_names);
    for (unsigned i = 0; i < names->count; i++)
        if (!make_link(net, zone, &signing->links[i], &signing->links[(i + 1) % names->count]))
            return false;
    return true;
}

struct sim_set *sim_chain_find(const struct sim_zone *zone, struct dname owner, uint16_t type)
{
    const struct sim_signing *signing = zone->signing;

    for (unsigned i = 0; signing != NULL && i < signing->link_count; i++)
        if (signing->links[i].set->type == type &&
            dname_equal(signing->links[i].set->owner, owner))
            return signing->links[i].set;
    return NULL;
}

/* ---- proofs ---- */

static struct sim_set *match(const struct sim_zone *zone, struct dname name)
{
    const struct sim_signing *signing = zone->signing;

    for (unsigned i = 0; i < signing->link_count; i++)
        if (dname_equal(signing->links[i].name, name))
            return signing->links[i].set;
    return NULL;
}

/* The last record that comes before the name. */
static struct sim_set *cover(const struct sim_zone *zone, struct dname name)
{
    const struct sim_signing *signing = zone->signing;
    struct sim_link sought = {.name = name};
    unsigned found = signing->link_count - 1; /* before the first comes the last */

    if (signing->nsec3)
        hash_name(signing, name, sought.hash);
    for (unsigned i = 0; i < signing->link_count; i++)
        if ((signing->nsec3 ? compare_hashes : compare_names)(&signing->links[i], &sought) < 0)
            found = i;
        else
            break;
    return signing->links[found].set;
}

static void show(struct sim_proof *proof, struct sim_set *set)
{
    for (unsigned i = 0; i < proof->count; i++)
        if (proof->sets[i] == set)
            return;
    if (set != NULL && proof->count < SIM_PROOF_MAX)
        proof->sets[proof->count++] = set;
}

struct dname sim_wildcard(struct dname encloser, uint8_t storage[DNAME_MAX])
{
    static const uint8_t asterisk[] = {1, '*', 0};
    struct dname wildcard = {NULL, 0, 0, 0};

    (void)dname_join(dname_of_wire(asterisk), 1, encloser, storage, &wildcard);
    return wildcard;
}

static void show_wildcard(const struct sim_zone *zone, struct sim_proof *proof,
                          enum sim_claim claim, struct dname encloser)
{
    uint8_t storage[DNAME_MAX];
    struct dname wildcard = sim_wildcard(encloser, storage);

    if (wildcard.wire != NULL && claim == CLAIM_NO_NAME)
        show(proof, cover(zone, wildcard));
    if (wildcard.wire != NULL && claim == CLAIM_WILDCARD_NO_TYPE)
        show(proof, match(zone, wildcard));
}

static struct sim_proof deny_by_nsec(const struct sim_net *net, const struct sim_zone *zone,
                                     enum sim_claim claim, struct dname name)
{
    struct sim_proof proof = {0};
    struct dname encloser = name;

    if (claim == CLAIM_NO_TYPE) {
        struct sim_set *at_name = match(zone, name);

        show(&proof, at_name != NULL ? at_name : cover(zone, name));
        return proof;
    }
    while (!sim_name_exists(net, zone, encloser))
        encloser = dname_parent(encloser);
    show(&proof, cover(zone, name));
    show_wildcard(zone, &proof, claim, encloser);
    return proof;
}

/* RFC 5155 section 7.2; an encloser that only unsigned delegations make has no record. */
static struct sim_proof deny_by_nsec3(const struct sim_zone *zone, enum sim_claim claim,
                                      struct dname name)
{
    struct sim_proof proof = {0};
    struct dname encloser = name;

    if (claim == CLAIM_NO_TYPE && match(zone, name) != NULL) {
        show(&proof, match(zone, name));
        return proof;
    }
    while (encloser.labels > zone->apex.labels &&
           (encloser.labels == name.labels || match(zone, encloser) == NULL))
        encloser = dname_parent(encloser);
    if (claim != CLAIM_EXPANDED)
        show(&proof, match(zone, encloser));
    show(&proof, cover(zone, dname_ancestor(name, (uint8_t)(encloser.labels + 1))));
    show_wildcard(zone, &proof, claim, encloser);
    return proof;
}

struct sim_proof sim_deny(const struct sim_net *net, const struct sim_zone *zone,
                          enum sim_claim claim, struct dname name)
{
    return zone->signing->nsec3 ? deny_by_nsec3(zone, claim, name)
                                : deny_by_nsec(net, zone, claim, name);
}

struct sim_set *sim_deny_other(const struct sim_zone *zone, const struct sim_proof *proof)
{
    const struct sim_signing *signing = zone->signing;

    for (unsigned i = 0; i < signing->link_count; i++) {
        bool needed = false;

        for (unsigned j = 0; j < proof->count; j++)
            needed = needed || proof->sets[j] == signing->links[i].set;
        if (!needed)
            return signing->links[i].set;
    }
    return NULL;
}
