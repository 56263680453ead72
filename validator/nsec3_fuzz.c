/*
 * nsec3_fuzz.c - a zone of any names, hashed: each name is matched or covered, and by one
 * record.
 *
 * The input: salt, iterations, and labels out of which the zone's names and the asked one are
 * made. The chain is a true one, so that what is found can be told beforehand.
 */
#include <stdlib.h>
#include <string.h>

#include "util/text.h"
#include "validator/nsec3.h"

enum { NAMES_MAX = 24, DEPTH_MAX = 5 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct chain {
    struct arena *arena;
    struct crypto *crypto;
    struct dname zone;
    struct slice salt;
    uint16_t iterations;
    size_t count;
    struct dname names[NAMES_MAX];
    uint8_t hashes[NAMES_MAX][NSEC3_HASH_SIZE];
    struct nsec3 records[NAMES_MAX];
};

static bool exists(const struct chain *chain, struct dname name)
{
    for (size_t i = 0; i < chain->count; i++)
        if (dname_equal(chain->names[i], name))
            return true;
    return false;
}

/* Labels of one letter: names have much in common. */
static struct dname name_of(const struct chain *chain, struct slice octets)
{
    struct dname name = chain->zone;

    for (size_t i = 0; i < octets.size && i < DEPTH_MAX; i++) {
        const uint8_t label[] = {1, (uint8_t)('a' + octets.data[i] % 6), 0};
        uint8_t storage[DNAME_MAX];

        if (dname_join(dname_of_wire(label), 1, name, storage, &name) == STATUS_OK)
            name = dname_copy(chain->arena, name);
    }
    return name;
}

/* With all names between it and the zone (RFC 5155 section 7.1). */
static void add_name(struct chain *chain, struct dname name)
{
    for (unsigned labels = chain->zone.labels; labels <= name.labels; labels++) {
        struct dname one = dname_ancestor(name, (uint8_t)labels);

        if (chain->count < NAMES_MAX && !exists(chain, one))
            chain->names[chain->count++] = one;
    }
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, NSEC3_HASH_SIZE);
}

static const struct rrset *record_set(const struct chain *chain, size_t at)
{
    struct text text = text_in(chain->arena);
    uint8_t label[DNAME_MAX], joined[DNAME_MAX], rdata[400];
    struct sink out = sink_of(rdata, sizeof(rdata));
    struct slice one;
    struct rrset_parts parts = {
        .type = TYPE_NSEC3, .rrclass = CLASS_IN, .rdata = &one, .rr_count = 1};
    struct dname prefix;

    text_add_base32hex(&text, slice_of(chain->hashes[at], NSEC3_HASH_SIZE));
    ASSERT(dname_from_text(text_done(&text), label, &prefix) == STATUS_OK);
    ASSERT(dname_join(prefix, 1, chain->zone, joined, &parts.owner) == STATUS_OK);
    sink_u8(&out, NSEC3_HASH_SHA1);
    sink_u8(&out, 0);
    sink_u16(&out, chain->iterations);
    sink_u8(&out, (uint8_t)chain->salt.size);
    sink_bytes(&out, chain->salt);
    sink_u8(&out, NSEC3_HASH_SIZE);
    sink_bytes(&out, slice_of(chain->hashes[(at + 1) % chain->count], NSEC3_HASH_SIZE));
    sink_bytes(&out, slice_of("\0\1\x40", 3)); /* A */
    one = sink_written(&out);
    return rrset_in(chain->arena, &parts);
}

static void make_chain(struct chain *chain)
{
    static const struct nsec3_rules rules = {UINT16_MAX, UINT8_MAX};

    for (size_t i = 0; i < chain->count; i++)
        ASSERT(nsec3_hash(chain->crypto, chain->names[i], chain->salt, chain->iterations,
                          chain->hashes[i]) == STATUS_OK);
    qsort(chain->hashes, chain->count, NSEC3_HASH_SIZE, compare_hashes);
    for (size_t i = 0; i < chain->count; i++)
        ASSERT(nsec3_read(record_set(chain, i), chain->zone, &rules, &chain->records[i]) ==
               NSEC3_USABLE);
}

static void check_name(const struct chain *chain, struct nsec3_work *work, struct dname name)
{
    const struct nsec3 *like = &chain->records[0];
    const struct nsec3 *match =
        nsec3_find_match(work, chain->records, chain->count, like, name);
    const struct nsec3 *cover =
        nsec3_find_cover(work, chain->records, chain->count, like, name);
    uint8_t hash[NSEC3_HASH_SIZE];
    struct nsec3_encloser encloser;
    size_t covers = 0;

    ASSERT(nsec3_hash(chain->crypto, name, chain->salt, chain->iterations, hash) == STATUS_OK);
    ASSERT(memcmp(hash, nsec3_hash_of(work, name, like), sizeof(hash)) == 0);
    ASSERT((match != NULL) == exists(chain, name) && (cover == NULL) == (match != NULL));
    for (size_t i = 0; i < chain->count; i++)
        covers += nsec3_hash_covers(&chain->records[i], hash);
    ASSERT(covers == (match == NULL));
    ASSERT(nsec3_find_encloser(work, chain->records, chain->count, like, name, chain->zone,
                               &encloser));
    ASSERT(exists(chain, encloser.name) && dname_is_at_or_below(name, encloser.name));
    if (match != NULL) {
        ASSERT(encloser.name.labels == name.labels);
        return;
    }
    ASSERT(encloser.next_closer.labels == encloser.name.labels + 1 && encloser.cover != NULL);
    ASSERT(!exists(chain, encloser.next_closer));
}

static void run(struct chain *chain, struct cursor *in)
{
    struct budget_limits limits;
    struct nsec3_work work = {.rules = &nsec3_rules_default,
                              .memo = nsec3_memo_new(chain->arena),
                              .crypto = chain->crypto};
    struct dname asked;

    budget_limits_default(&limits);
    limits.most[COST_HASH_BLOCKS] = UINT32_MAX;
    work.budget = budget_new(&limits, 0);
    ASSERT(work.budget != NULL && work.memo != NULL);
    chain->salt = cursor_bytes(in, cursor_u8(in) % 9u);
    chain->iterations = cursor_u8(in) % 6u;
    add_name(chain, chain->zone);
    asked = name_of(chain, cursor_bytes(in, cursor_u8(in) % (DEPTH_MAX + 1u)));
    while (cursor_left(in) > 0)
        add_name(chain, name_of(chain, cursor_bytes(in, cursor_u8(in) % (DEPTH_MAX + 1u))));
    make_chain(chain);
    check_name(chain, &work, asked);
    for (size_t i = 0; i < chain->count; i++)
        check_name(chain, &work, chain->names[i]);
    budget_unref(work.budget);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *crypto; /* made once: it takes longer than a run, and never changes */
    static const uint8_t zone[] = "\2ex";
    const struct crypto_policy policy = {.sha1 = false};
    struct chain *chain = calloc(1, sizeof(*chain));
    struct cursor in = cursor_of(slice_of(data, size));

    if (crypto == NULL)
        crypto = crypto_new(&policy);
    ASSERT(chain != NULL && crypto != NULL);
    chain->arena = arena_new(0);
    chain->crypto = crypto;
    chain->zone = dname_of_wire(zone);
    ASSERT(chain->arena != NULL);
    run(chain, &in);
    arena_free(chain->arena);
    free(chain);
    return 0;
}
