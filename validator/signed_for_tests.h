/*
 * signed_for_tests.h - RRsets out of text, and a signer with keys of a chosen seed, for tests.
 *
 * Included by *_test.c only. The signer knows Ed25519, whose signatures are the same in each
 * run; it signs whatever it is told to, so that a test can make each kind of wrong signature.
 * That the canonical form is right is shown by vectors of others, not by this.
 */
#ifndef TREESHREW_VALIDATOR_SIGNED_FOR_TESTS_H
#define TREESHREW_VALIDATOR_SIGNED_FOR_TESTS_H

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "services/query/budget.h"
#include "util/wire/text_rr.h"
#include "validator/sig.h"

enum {
    TEST_BEGIN_S = 1790000000,
    TEST_NOW_S = 1792000000,
    TEST_END_S = 1795000000,
    TEST_RECORDS_MAX = 300
};

/* All records of a text: those of one type and its RRSIGs, an RRset of one owner. */
static inline struct rrset *set_of_text(struct arena *arena, const char *text)
{
    struct zone_reader reader = zone_reader_of(text, dname_root, arena);
    struct slice *rdata = ARENA_ARRAY(arena, struct slice, TEST_RECORDS_MAX);
    struct slice *rrsigs = ARENA_ARRAY(arena, struct slice, TEST_RECORDS_MAX);
    struct rrset_parts parts = {.rrclass = CLASS_IN, .trust = TRUST_ANSWER_AA};
    struct text_rr rr;

    while (zone_reader_next(&reader, &rr) == STATUS_OK) {
        parts.owner = rr.owner;
        parts.ttl_s = rr.ttl_s;
        if (rr.type == TYPE_RRSIG) {
            rrsigs[parts.rrsig_count++] = rr.rdata;
            continue;
        }
        parts.type = rr.type;
        rdata[parts.rr_count++] = rr.rdata;
    }
    ASSERT(reader.why == NULL && *reader.at == '\0');
    for (size_t i = 0; i < parts.rrsig_count; i++)
        rdata[parts.rr_count + i] = rrsigs[i];
    parts.rdata = rdata;
    return rrset_in(arena, &parts);
}

/* The same records with these signatures. */
static inline struct rrset *with_rrsigs(struct arena *arena, const struct rrset *set,
                                        const struct slice *rrsigs, size_t count)
{
    struct slice *rdata = ARENA_ARRAY(arena, struct slice, set->rr_count + count);
    struct rrset_parts parts = {.owner = rrset_owner(set),
                                .type = set->type,
                                .rrclass = set->rrclass,
                                .ttl_s = set->ttl_s,
                                .rdata = rdata,
                                .rr_count = set->rr_count,
                                .rrsig_count = (uint16_t)count};

    for (size_t i = 0; i < set->rr_count; i++)
        rdata[i] = rrset_rdata(set, i);
    for (size_t i = 0; i < count; i++)
        rdata[set->rr_count + i] = rrsigs[i];
    return rrset_in(arena, &parts);
}

/* ---- the signer ---- */

struct signer {
    EVP_PKEY *key;
    struct dname zone;
    uint8_t rdata[4 + 32]; /* its DNSKEY */
    uint16_t tag;
};

static inline void signer_init(struct signer *signer, struct arena *arena, const char *zone,
                               uint8_t seed, uint16_t flags)
{
    uint8_t octets[32];
    size_t size = 32;

    memset(octets, seed, sizeof(octets));
    signer->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, octets, sizeof(octets));
    ASSERT(signer->key != NULL);
    bytes_put_u16(signer->rdata, flags);
    signer->rdata[2] = DNSKEY_PROTOCOL;
    signer->rdata[3] = ALGORITHM_ED25519;
    ASSERT(EVP_PKEY_get_raw_public_key(signer->key, signer->rdata + 4, &size) == 1);
    signer->tag = dnskey_tag(slice_of(signer->rdata, sizeof(signer->rdata)));
    ASSERT(dname_from_text_in(arena, zone, &signer->zone) == STATUS_OK);
}

static inline void signer_clear(struct signer *signer)
{
    EVP_PKEY_free(signer->key);
}

/* What may differ from a good signature; 0 and NULL: as it should be. */
struct how_signed {
    uint32_t begin_s, end_s;
    uint8_t labels, algorithm;
    bool zero_labels, broken;
    uint16_t tag, covered;
    const char *signer; /* name of another zone */
};

static inline int compare_slices(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static inline void write_records(struct sink *out, const struct rrset *set, struct dname owner,
                                 struct arena *arena)
{
    struct slice *records = ARENA_ARRAY(arena, struct slice, set->rr_count);

    for (size_t i = 0; i < set->rr_count; i++) {
        struct slice rdata = rrset_rdata(set, i);
        struct sink canonical = sink_of(arena_bytes(arena, rdata.size), rdata.size);

        rdata_write_canonical(&canonical, rdata, set->type);
        records[i] = sink_written(&canonical);
    }
    qsort(records, set->rr_count, sizeof(records[0]), compare_slices);
    for (size_t i = 0; i < set->rr_count; i++) {
        dname_write_lower(out, owner);
        sink_u16(out, set->type);
        sink_u16(out, set->rrclass);
        sink_u32(out, set->ttl_s);
        sink_u16(out, (uint16_t)records[i].size);
        sink_bytes(out, records[i]);
    }
}

/* An RRSIG's rdata over the set as it is named; for a wildcard, sign the set of "*" and rename.
 */
static inline struct slice sign(const struct signer *signer, struct arena *arena,
                                const struct rrset *set, const struct how_signed *how)
{
    static const struct how_signed good;
    size_t room = 4096 + (size_t)set->size_bytes + set->rr_count * (DNAME_MAX + 10u);
    struct sink out = sink_of(arena_bytes(arena, room), room);
    struct dname owner = rrset_owner(set), zone = signer->zone;
    uint8_t labels = (uint8_t)(owner.labels - dname_is_wildcard(owner));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t head, size = 64;
    uint8_t signature[64];

    how = how == NULL ? &good : how;
    if (how->signer != NULL)
        ASSERT(dname_from_text_in(arena, how->signer, &zone) == STATUS_OK);
    sink_u16(&out, how->covered != 0 ? how->covered : set->type);
    sink_u8(&out, how->algorithm != 0 ? how->algorithm : ALGORITHM_ED25519);
    sink_u8(&out, how->zero_labels ? 0 : how->labels != 0 ? how->labels : labels);
    sink_u32(&out, set->ttl_s);
    sink_u32(&out, how->end_s != 0 ? how->end_s : TEST_END_S);
    sink_u32(&out, how->begin_s != 0 ? how->begin_s : TEST_BEGIN_S);
    sink_u16(&out, how->tag != 0 ? how->tag : signer->tag);
    dname_write_lower(&out, zone);
    head = out.used;
    write_records(&out, set, owner, arena);
    ASSERT(!sink_failed(&out) && context != NULL);
    ASSERT(EVP_DigestSignInit(context, NULL, NULL, NULL, signer->key) == 1);
    ASSERT(EVP_DigestSign(context, signature, &size, out.base, out.used) == 1);
    EVP_MD_CTX_free(context);
    signature[0] ^= how->broken ? 1 : 0;
    out.used = head;
    sink_bytes(&out, slice_of(signature, size));
    return sink_written(&out);
}

/* A DNSKEY RRset of these keys, without signatures. */
static inline struct rrset *dnskeys_of(struct arena *arena, const struct signer *const *signers,
                                       size_t count)
{
    struct slice *rdata = ARENA_ARRAY(arena, struct slice, count);
    struct rrset_parts parts = {.owner = signers[0]->zone,
                                .type = TYPE_DNSKEY,
                                .rrclass = CLASS_IN,
                                .ttl_s = 3600,
                                .rdata = rdata,
                                .rr_count = (uint16_t)count};

    for (size_t i = 0; i < count; i++)
        rdata[i] = slice_of(signers[i]->rdata, sizeof(signers[i]->rdata));
    return rrset_in(arena, &parts);
}

/* ---- what a check needs ---- */

struct check_for_tests {
    struct sig_clock clock;
    struct sig_check check;
};

static inline void check_init(struct check_for_tests *test, struct arena *arena,
                              const struct crypto_policy *policy)
{
    struct budget_limits limits;

    budget_limits_default(&limits);
    test->clock = (struct sig_clock){.skew_min_s = 3600, .skew_max_s = 86400};
    test->check = (struct sig_check){.crypto = crypto_new(policy),
                                     .clock = &test->clock,
                                     .wall_s = TEST_NOW_S,
                                     .budget = budget_new(&limits, 0),
                                     .arena = arena};
    ASSERT(test->check.crypto != NULL && test->check.budget != NULL);
}

static inline void check_clear(struct check_for_tests *test)
{
    crypto_free((struct crypto *)(uintptr_t)test->check.crypto);
    budget_unref(test->check.budget);
}

static inline uint32_t check_used(const struct check_for_tests *test, enum cost cost)
{
    struct budget_limits limits;

    budget_limits_default(&limits);
    return limits.most[cost] - test->check.budget->left[cost];
}

#endif
