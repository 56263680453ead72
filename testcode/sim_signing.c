/*
 * sim_signing.c - draws how zones are signed, from the root down.
 *
 * Order for each zone: what its delegation will be (secure, insecure in one of several ways, or
 * broken), its keys with a rollover in some state, DNSKEY and NSEC3PARAM, the DS set at its
 * parent. Chains come last: they list all of these. Then anchors, and what follows from them.
 */
#include "testcode/sim_signing.h"

#include <string.h>

#include "testcode/sim_deny.h"
#include "util/text.h"
#include "util/wire/rdata.h"
#include "validator/digest.h"
#include "validator/zone_keys.h"

enum {
    LONG_LIFE_S = 20 * 86400,
    SALT_MAX = 8,
    ITERATIONS_MOST = 50,
    CHANGES_WITHIN_S = 2 * 3600,
    ZONE_FLAW_PERMIL = 90,
    ROOT_FLAW_PERMIL = 15,
    DS_MAX = 6
};

/* What the parent says of a zone. */
enum delegation { AS_SECURE, AS_UNSIGNED, AS_ISLAND, AS_UNKNOWN_ALGORITHM, AS_UNKNOWN_DIGEST };

struct drawing {
    struct sim_net *net;
    struct sim_random random;
    int64_t wall_s;
    struct sim_zone *zone;
    struct sim_signing *signing;
    enum delegation delegation;
    uint8_t algorithm;
    unsigned ds_count;
    struct slice ds[DS_MAX];
};

static uint32_t below(struct drawing *drawing, uint32_t most)
{
    return sim_below(&drawing->random, most);
}

static bool chance(struct drawing *drawing, uint32_t permil)
{
    return sim_chance(&drawing->random, permil);
}

static uint32_t some_ttl(struct drawing *drawing)
{
    static const uint32_t ttls[] = {5, 30, 60, 300, 300, 3600, 3600, 86400, 200000};

    return ttls[below(drawing, COUNT(ttls))];
}

/* ---- keys ---- */

static struct sim_signer *add_key(struct drawing *drawing, uint8_t algorithm, uint16_t flags)
{
    struct sim_signing *signing = drawing->signing;
    struct sim_signer *signer = &signing->signers[signing->signer_count];

    ASSERT(signing->signer_count < SIM_KEYS_MAX);
    if (signing->flaw == FLAW_NO_ZONE_BIT)
        flags &= (uint16_t)~DNSKEY_ZONE;
    if (!sim_key_make(&signer->key, drawing->net->arena, drawing->net->key_count++, algorithm,
                      flags))
        drawing->net->no_memory = true;
    signer->published = true;
    signer->signs_keys = (flags & DNSKEY_SEP) != 0;
    signer->signs_data = !signer->signs_keys;
    signing->signer_count++;
    return signer;
}

static struct sim_signer *add_ksk(struct drawing *drawing, uint8_t algorithm)
{
    uint16_t flags = DNSKEY_ZONE | DNSKEY_SEP;

    if (drawing->signing->flaw == FLAW_REVOKED)
        flags |= DNSKEY_REVOKE;
    return add_key(drawing, algorithm, flags);
}

static struct sim_signer *add_zsk(struct drawing *drawing, uint8_t algorithm)
{
    return add_key(drawing, algorithm, DNSKEY_ZONE);
}

static void add_ds(struct drawing *drawing, const struct sim_signer *signer,
                   uint8_t digest_type)
{
    struct slice rdata =
        sim_key_ds(&signer->key, drawing->zone->apex, digest_type, drawing->net->arena);

    if (rdata.data == NULL)
        drawing->net->no_memory = true;
    else if (drawing->ds_count < DS_MAX)
        drawing->ds[drawing->ds_count++] = rdata;
}

/* DS records of one key, in one or more digests. A broken digest by SHA-1 beside a better one
 * has to be ignored (RFC 4509 section 3). */
static void add_some_ds(struct drawing *drawing, const struct sim_signer *signer)
{
    uint32_t kind = below(drawing, 100);

    if (drawing->delegation == AS_UNKNOWN_DIGEST) {
        add_ds(drawing, signer, chance(drawing, 500) ? DIGEST_SHA1 : 77);
        return;
    }
    if (kind >= 85) {
        add_ds(drawing, signer, DIGEST_SHA1);
        if (chance(drawing, 300) && drawing->ds_count > 0)
            ((uint8_t *)(uintptr_t)drawing->ds[drawing->ds_count - 1].data)[4] ^= 1;
    }
    if (kind < 15)
        add_ds(drawing, signer, DIGEST_SHA384);
    if (kind >= 10)
        add_ds(drawing, signer, DIGEST_SHA256);
}

/* ---- rollovers (RFC 6781 section 4.1) ---- */

static void keys_plain(struct drawing *drawing)
{
    add_some_ds(drawing, add_ksk(drawing, drawing->algorithm));
    add_zsk(drawing, drawing->algorithm);
}

/* One key for all. */
static void keys_combined(struct drawing *drawing)
{
    struct sim_signer *signer = add_ksk(drawing, drawing->algorithm);

    signer->signs_data = true;
    add_some_ds(drawing, signer);
}

/* The next ZSK stands there already; it takes over during the run. */
static void keys_pre_published(struct drawing *drawing)
{
    keys_plain(drawing);
    drawing->signing->signers[1].retires = true;
    add_zsk(drawing, drawing->algorithm)->replaces = true;
}

static void keys_double_signed(struct drawing *drawing)
{
    keys_plain(drawing);
    add_zsk(drawing, drawing->algorithm);
}

/* Two KSKs sign; the parent has the DS of one of them, or of both. */
static void keys_double_ksk(struct drawing *drawing)
{
    struct sim_signer *next;

    keys_plain(drawing);
    next = add_ksk(drawing, drawing->algorithm);
    if (chance(drawing, 500))
        add_some_ds(drawing, next);
}

/* The DS of the next KSK is there before the key. */
static void keys_double_ds(struct drawing *drawing)
{
    struct sim_signer *next;

    keys_plain(drawing);
    next = add_ksk(drawing, drawing->algorithm);
    next->published = next->signs_keys = false;
    add_some_ds(drawing, next);
}

/* Both KSKs and both DS are there; one signs until the change, the other after it. */
static void keys_change_ksk(struct drawing *drawing)
{
    struct sim_signer *next;

    keys_plain(drawing);
    next = add_ksk(drawing, drawing->algorithm);
    drawing->signing->signers[0].retires = next->replaces = true;
    add_some_ds(drawing, next);
}

/* RFC 5011 section 2.1: the key before is revoked and signs for the last time. */
static void keys_revoked(struct drawing *drawing)
{
    keys_plain(drawing);
    add_key(drawing, drawing->algorithm, DNSKEY_ZONE | DNSKEY_SEP | DNSKEY_REVOKE);
}

/* RFC 6781 section 4.1.4: a second algorithm signs all; the parent knows one or both. */
static void keys_two_algorithms(struct drawing *drawing)
{
    uint8_t other = chance(drawing, 250) ? SIM_ALGORITHM_UNKNOWN : ALGORITHM_ED25519;
    struct sim_signer *next;

    if (other == drawing->algorithm)
        other = ALGORITHM_ECDSAP256SHA256;
    keys_plain(drawing);
    next = add_ksk(drawing, other);
    add_zsk(drawing, other);
    if (chance(drawing, 500))
        add_some_ds(drawing, next);
}

/* RFC 6840 section 5.11: not every algorithm has to sign, as long as one good signature is
 * there. */
static void keys_mixed(struct drawing *drawing)
{
    struct sim_signer *next;

    keys_plain(drawing);
    next = add_ksk(drawing, drawing->algorithm == ALGORITHM_ED25519 ? ALGORITHM_RSASHA256
                                                                    : ALGORITHM_ED25519);
    next->signs_keys = chance(drawing, 500);
    add_some_ds(drawing, next);
}

static void draw_keys(struct drawing *drawing)
{
    uint32_t kind = below(drawing, 100);

    if (drawing->delegation == AS_UNKNOWN_ALGORITHM ||
        drawing->signing->flaw == FLAW_KEYS_UNSIGNED)
        keys_plain(drawing);
    else if (kind < 15)
        keys_combined(drawing);
    else if (kind < 27)
        keys_pre_published(drawing);
    else if (kind < 34)
        keys_double_signed(drawing);
    else if (kind < 41)
        keys_double_ksk(drawing);
    else if (kind < 47)
        keys_double_ds(drawing);
    else if (kind < 53)
        keys_change_ksk(drawing);
    else if (kind < 59)
        keys_revoked(drawing);
    else if (kind < 67)
        keys_two_algorithms(drawing);
    else if (kind < 72 && !drawing->net->strict_algorithms)
        keys_mixed(drawing);
    else
        keys_plain(drawing);
    if (!sim_key_make(&drawing->signing->stranger, drawing->net->arena,
                      drawing->net->key_count++, drawing->signing->signers[0].key.algorithm,
                      DNSKEY_ZONE))
        drawing->net->no_memory = true;
}

/* ---- the zone ---- */

static void draw_denial(struct drawing *drawing)
{
    struct sim_signing *signing = drawing->signing;
    uint8_t salt[SALT_MAX];

    signing->nsec3 = chance(drawing, 500);
    if (!signing->nsec3)
        return;
    signing->opt_out = chance(drawing, 300);
    if (chance(drawing, 300))
        signing->iterations =
            (uint16_t)(chance(drawing, 300) ? 45 + below(drawing, 12) : 1 + below(drawing, 20));
    for (size_t i = 0; i < SALT_MAX; i++)
        salt[i] = (uint8_t)sim_random_next(&drawing->random);
    signing->salt = arena_copy(drawing->net->arena,
                               slice_of(salt, below(drawing, 2) * below(drawing, SALT_MAX)));
}

static void draw_signing(struct drawing *drawing)
{
    struct sim_signing *signing = ARENA_NEW(drawing->net->arena, struct sim_signing);
    bool is_root = drawing->zone->parent == NULL;

    drawing->zone->signing = drawing->signing = signing;
    if (signing == NULL) {
        drawing->net->no_memory = true;
        return;
    }
    drawing->algorithm = drawing->delegation != AS_UNKNOWN_ALGORITHM
                             ? sim_algorithm(&drawing->random)
                         : chance(drawing, 500) ? ALGORITHM_RSASHA1
                                                : SIM_ALGORITHM_UNKNOWN;
    signing->life_s = chance(drawing, 700) ? LONG_LIFE_S : 3600 + below(drawing, 2 * 3600);
    signing->change_s = drawing->wall_s + below(drawing, CHANGES_WITHIN_S);
    signing->is_noisy = chance(drawing, 100);
    if (drawing->delegation == AS_SECURE &&
        chance(drawing, is_root ? ROOT_FLAW_PERMIL : ZONE_FLAW_PERMIL)) {
        signing->flaw = sim_flaw_of_zone(&drawing->random);
        signing->flaw_spares_keys = chance(drawing, 600);
    }
    draw_denial(drawing);
    draw_keys(drawing);
}

static void add_keys(struct drawing *drawing)
{
    struct sim_signing *signing = drawing->signing;
    struct slice *rdata = ARENA_ARRAY(drawing->net->arena, struct slice, SIM_KEYS_MAX);
    uint16_t count = 0;

    if (rdata == NULL || drawing->net->no_memory) {
        drawing->net->no_memory = true;
        return;
    }
    for (unsigned i = 0; i < signing->signer_count; i++)
        if (signing->signers[i].published)
            rdata[count++] = signing->signers[i].key.rdata;
    if (signing->flaw != FLAW_NO_KEYS)
        sim_set_add(drawing->net, drawing->zone, drawing->zone->apex, TYPE_DNSKEY,
                    some_ttl(drawing), rdata, count);
}

static void add_parameters(struct drawing *drawing)
{
    struct sim_signing *signing = drawing->signing;
    struct slice *rdata = ARENA_NEW(drawing->net->arena, struct slice);
    struct sink out = sink_of(arena_bytes(drawing->net->arena, 5 + SALT_MAX), 5 + SALT_MAX);

    if (!signing->nsec3 || rdata == NULL || out.base == NULL)
        return;
    sink_u8(&out, 1);
    sink_u8(&out, 0);
    sink_u16(&out, signing->iterations);
    sink_u8(&out, (uint8_t)signing->salt.size);
    sink_bytes(&out, signing->salt);
    *rdata = sink_written(&out);
    sim_set_add(drawing->net, drawing->zone, drawing->zone->apex, TYPE_NSEC3PARAM, 0, rdata, 1);
}

static void add_delegation(struct drawing *drawing)
{
    size_t size = sizeof(struct slice) * drawing->ds_count;
    struct slice *rdata;

    if (drawing->zone->parent == NULL || drawing->zone->parent->signing == NULL ||
        drawing->delegation == AS_ISLAND || drawing->ds_count == 0)
        return;
    rdata = ARENA_ARRAY(drawing->net->arena, struct slice, drawing->ds_count);
    if (rdata == NULL) {
        drawing->net->no_memory = true;
        return;
    }
    memcpy(rdata, drawing->ds, size);
    for (unsigned i = 0; drawing->signing->flaw == FLAW_WRONG_DS && i < drawing->ds_count; i++)
        ((uint8_t *)(uintptr_t)rdata[i].data)[rdata[i].size - 1] ^= 1;
    sim_set_add(drawing->net, drawing->zone->parent, drawing->zone->apex, TYPE_DS,
                some_ttl(drawing), rdata, (uint16_t)drawing->ds_count);
}

static void sign_zone(struct drawing *drawing, struct sim_zone *zone)
{
    uint32_t kind = below(drawing, 100);

    drawing->zone = zone;
    drawing->ds_count = 0;
    drawing->delegation = kind < 72   ? AS_SECURE
                          : kind < 88 ? AS_UNSIGNED
                          : kind < 92 ? AS_ISLAND
                          : kind < 96 ? AS_UNKNOWN_ALGORITHM
                                      : AS_UNKNOWN_DIGEST;
    if (zone->parent == NULL)
        drawing->delegation = chance(drawing, 60) ? AS_UNSIGNED : AS_SECURE;
    if (drawing->delegation == AS_UNSIGNED)
        return;
    draw_signing(drawing);
    if (drawing->net->no_memory)
        return;
    add_keys(drawing);
    add_parameters(drawing);
    add_delegation(drawing);
}

/* ---- anchors ---- */

static void anchor_at(struct drawing *drawing, const struct sim_zone *zone)
{
    struct sim_net *net = drawing->net;
    const struct sim_key *key = &zone->signing->signers[0].key;
    struct sim_anchor anchor = {.zone = zone, .type = TYPE_DNSKEY, .rdata = key->rdata};

    if (key->flags != (DNSKEY_ZONE | DNSKEY_SEP) || /* no such key can be configured */
        zone->signing->flaw == FLAW_WRONG_DS || chance(drawing, 700)) {
        anchor.type = TYPE_DS;
        anchor.rdata = sim_key_ds(key, zone->apex, DIGEST_SHA256, net->arena);
        if (anchor.rdata.data == NULL)
            net->no_memory = true;
        else if (zone->signing->flaw == FLAW_WRONG_DS)
            ((uint8_t *)(uintptr_t)anchor.rdata.data)[anchor.rdata.size - 1] ^= 1;
    }
    net->anchors[net->anchor_count++] = anchor;
}

/* The first key is the anchor; it must be one that goes on signing. */
static bool is_fit_for_anchor(const struct sim_zone *zone)
{
    return zone->signing != NULL && !zone->signing->signers[0].retires &&
           zone->signing->signers[0].key.secret != NULL;
}

static void draw_anchors(struct drawing *drawing)
{
    struct sim_net *net = drawing->net;
    struct sim_zone *zone = net->zones[below(drawing, net->zone_count)];

    if (net->zones[0]->signing != NULL && !net->zones[0]->signing->signers[0].retires)
        anchor_at(drawing, net->zones[0]);
    if (zone->parent != NULL && is_fit_for_anchor(zone) &&
        (net->anchor_count == 0 || chance(drawing, 80)))
        anchor_at(drawing, zone);
    zone = net->zones[below(drawing, net->zone_count)];
    if (zone->parent != NULL && chance(drawing, 80))
        net->insecure = zone;
}

static bool is_anchored(const struct sim_net *net, const struct sim_zone *zone)
{
    for (unsigned i = 0; i < net->anchor_count; i++)
        if (net->anchors[i].zone == zone)
            return true;
    return false;
}

/* A DS that can be used: of a known algorithm and a digest that is not SHA-1. */
static bool has_usable_ds(const struct sim_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        struct ds ds;

        if (ds_read(set->rdata[i], &ds) && ds.algorithm != SIM_ALGORITHM_UNKNOWN &&
            ds.algorithm != ALGORITHM_RSASHA1 &&
            (ds.digest_type == DIGEST_SHA256 || ds.digest_type == DIGEST_SHA384))
            return true;
    }
    return false;
}

/* ---- what servers make of it ---- */

static bool has_flawless(const struct sim_zone *zone)
{
    for (unsigned i = 0; i < zone->host_count; i++)
        for (unsigned j = 0; j < zone->hosts[i]->server_count; j++)
            if (sim_fault_is_healthy(&zone->hosts[i]->servers[j]->fault) &&
                zone->hosts[i]->servers[j]->flaw == FLAW_NONE)
                return true;
    return false;
}

/* Most zones keep a server without flaw among those that answer at all. */
static void keep_one_flawless(const struct sim_zone *zone)
{
    for (unsigned i = 0; i < zone->host_count && !has_flawless(zone); i++)
        for (unsigned j = 0; j < zone->hosts[i]->server_count; j++)
            if (sim_fault_is_healthy(&zone->hosts[i]->servers[j]->fault))
                zone->hosts[i]->servers[j]->flaw = FLAW_NONE;
}

static void draw_server_flaws(struct drawing *drawing)
{
    static const uint32_t permils[] = {0, 0, 100, 250, 500};
    struct sim_net *net = drawing->net;
    uint32_t permil = permils[below(drawing, COUNT(permils))];

    for (unsigned i = 0; i < net->server_count; i++)
        if (chance(drawing, permil))
            net->servers[i]->flaw = sim_flaw_of_server(&drawing->random);
    for (unsigned i = 0; i < net->zone_count; i++)
        if (chance(drawing, 900))
            keep_one_flawless(net->zones[i]);
}

/* ---- what follows ---- */

static enum security by_own_keys(const struct sim_zone *zone)
{
    const struct sim_signing *signing = zone->signing;
    bool spoiled = signing == NULL || sim_flaw_spoils_keys(signing->flaw) ||
                   (sim_flaw_spoils_data(signing->flaw) && !signing->flaw_spares_keys);

    return spoiled ? SEC_BOGUS : SEC_SECURE;
}

bool sim_has_too_many_iterations(const struct sim_zone *zone)
{
    return zone->signing != NULL && zone->signing->nsec3 &&
           zone->signing->iterations > ITERATIONS_MOST;
}

enum security sim_denial_security(const struct sim_zone *zone)
{
    const struct sim_signing *signing = zone->signing;

    if (sim_flaw_spoils_data(signing->flaw) || signing->flaw == FLAW_NO_PROOF)
        return SEC_BOGUS;
    if (sim_has_too_many_iterations(zone)) /* nobody looks what it is that they deny */
        return SEC_INSECURE;
    return sim_flaw_spoils_proofs(signing->flaw) ? SEC_BOGUS : SEC_SECURE;
}

static enum security judge_zone(const struct sim_net *net, const struct sim_zone *zone)
{
    const struct sim_zone *parent = zone->parent;
    const struct sim_set *ds;

    if (net->insecure == zone)
        return SEC_INSECURE;
    if (is_anchored(net, zone))
        return by_own_keys(zone);
    if (parent == NULL)
        return SEC_INSECURE;
    if (parent->security != SEC_SECURE)
        return parent->security;
    ds = sim_set_find(parent, zone->apex, TYPE_DS);
    if (ds == NULL)
        return sim_denial_security(parent) == SEC_BOGUS ? SEC_BOGUS : SEC_INSECURE;
    if (sim_flaw_spoils_data(parent->signing->flaw))
        return SEC_BOGUS;
    return has_usable_ds(ds) ? by_own_keys(zone) : SEC_INSECURE;
}

bool sim_sign_net(struct sim_net *net, struct sim_random *random, int64_t wall_s)
{
    struct drawing drawing = {.net = net, .random = *random, .wall_s = wall_s};

    net->strict_algorithms = chance(&drawing, 100);
    for (unsigned i = 0; i < net->zone_count && !net->no_memory; i++)
        sign_zone(&drawing, net->zones[i]);
    for (unsigned i = 0; i < net->zone_count && !net->no_memory; i++)
        if (net->zones[i]->signing != NULL && !sim_chain_make(net, net->zones[i]))
            net->no_memory = true;
    if (!net->no_memory)
        draw_anchors(&drawing);
    draw_server_flaws(&drawing);
    for (unsigned i = 0; i < net->zone_count && !net->no_memory; i++)
        net->zones[i]->security = judge_zone(net, net->zones[i]);
    *random = drawing.random;
    return !net->no_memory;
}

void sim_signing_clear(struct sim_net *net)
{
    for (unsigned i = 0; i < net->zone_count; i++) {
        struct sim_signing *signing = net->zones[i]->signing;

        if (signing == NULL)
            continue;
        for (unsigned j = 0; j < SIM_KEYS_MAX; j++)
            sim_key_clear(&signing->signers[j].key);
        sim_key_clear(&signing->stranger);
    }
}

const char *sim_anchor_lines(const struct sim_net *net)
{
    struct text text = text_in(net->arena);
    char name[DNAME_TEXT_MAX];

    text_add(&text, "");
    for (unsigned i = 0; i < net->anchor_count; i++) {
        const struct sim_anchor *anchor = &net->anchors[i];

        text_printf(&text, "  trust-anchor: \"%s IN %s ",
                    dname_to_text(anchor->zone->apex, name),
                    anchor->type == TYPE_DS ? "DS" : "DNSKEY");
        rdata_to_text(&text, anchor->rdata, anchor->type, CLASS_IN);
        text_add(&text, "\"\n");
    }
    if (net->anchor_count > 0 && net->insecure != NULL)
        text_printf(&text, "  domain-insecure: %s\n", dname_to_text(net->insecure->apex, name));
    return text_done(&text);
}
