/*
 * few_signatures.c - which signatures of an RRset stay when it has more than are kept.
 */
#include "iterator/few_signatures.h"

#include "util/base.h"
#include "util/wire/rdata.h"
#include "util/wire/types.h"

enum { FLAG_SEP = 1, KEYS_LOOKED = 32, NOT_FIRST = FEW_SIGNATURES_LOOKED };

/* A key, or a signature and the key that it names. */
struct candidate {
    uint16_t tag;
    uint8_t algorithm;
    unsigned rank; /* of signatures: the lower, the sooner it stays */
};

struct entry_points {
    struct candidate keys[KEYS_LOOKED];
    size_t count;
};

/* RFC 4034 section 2.1: flags, protocol, algorithm. */
static void find_entry_points(const struct rrset *set, struct entry_points *found)
{
    found->count = 0;
    for (size_t i = 0; set->type == TYPE_DNSKEY && i < set->rr_count && i < KEYS_LOOKED; i++) {
        struct slice dnskey = rrset_rdata(set, i);

        if (dnskey.size > 4 && (dnskey.data[1] & FLAG_SEP) != 0)
            found->keys[found->count++] =
                (struct candidate){dnskey_tag(dnskey), dnskey.data[3], 0};
    }
}

static bool is_by_entry_point(const struct entry_points *found,
                              const struct candidate *candidate)
{
    for (size_t i = 0; i < found->count; i++)
        if (found->keys[i].tag == candidate->tag &&
            found->keys[i].algorithm == candidate->algorithm)
            return true;
    return false;
}

/* How many before it are of its algorithm, and of its kind where there are entry points. */
static void rank(const struct entry_points *found, struct candidate *candidates, size_t at)
{
    struct candidate *candidate = &candidates[at];

    candidate->rank = found->count > 0 && !is_by_entry_point(found, candidate) ? NOT_FIRST : 0;
    for (size_t i = 0; i < at; i++)
        if (candidates[i].algorithm == candidate->algorithm &&
            candidates[i].rank / NOT_FIRST == candidate->rank / NOT_FIRST)
            candidate->rank++;
}

void few_signatures(const struct rrset *set, size_t most, bool *stays)
{
    struct candidate candidates[FEW_SIGNATURES_LOOKED];
    struct entry_points found;
    size_t count = size_min(set->rrsig_count, COUNT(candidates)), kept = 0;

    find_entry_points(set, &found);
    for (size_t i = 0; i < count; i++) {
        struct rdata_rrsig rrsig;

        candidates[i] = (struct candidate){0};
        if (rdata_rrsig(rrset_rrsig(set, i), &rrsig))
            candidates[i] = (struct candidate){rrsig.key_tag, rrsig.algorithm, 0};
        rank(&found, candidates, i);
        stays[i] = false;
    }
    for (unsigned least = 0; kept < most && least < 2 * NOT_FIRST; least++)
        for (size_t i = 0; kept < most && i < count; i++)
            if (candidates[i].rank == least) {
                stays[i] = true;
                kept++;
            }
    for (size_t i = count; i < set->rrsig_count; i++)
        stays[i] = kept++ < most;
}
