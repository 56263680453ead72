/*
 * denial.c - what the verified NSEC and NSEC3 records of one answer prove.
 *
 * Called by the validator's states. Each question is put to the NSEC records first, then to
 * each chain of NSEC3 records (two at most: a zone that changes its salt has two); the first
 * proof counts. Only when there is none is it asked what is missing. Opt-out and iterations
 * lower the security of what was proven, they never make it bogus.
 */
#include "validator/denial.h"

#include <string.h>

#include "util/wire/rdata.h"

/* More parameter sets than old and new of one change are not looked at. */
enum { CHAINS_MAX = 2 };

void denial_begin(struct denial *denial, struct dname zone, const struct nsec3_rules *rules,
                  struct nsec3_memo *memo, const struct crypto *crypto, struct budget *budget,
                  struct arena *arena)
{
    memset(denial, 0, sizeof(*denial));
    denial->zone = zone;
    denial->arena = arena;
    denial->hash.rules = rules;
    denial->hash.memo = memo == NULL ? nsec3_memo_new(arena) : memo;
    denial->hash.exhausted = denial->hash.memo == NULL;
    denial->hash.crypto = crypto;
    denial->hash.budget = budget;
}

static void add_nsec3(struct denial *denial, const struct rrset *set)
{
    struct nsec3 read;

    switch (nsec3_read(set, denial->zone, denial->hash.rules, &read)) {
    case NSEC3_USABLE:
        if (denial->nsec3_count < DENIAL_RECORDS_MAX)
            denial->nsec3[denial->nsec3_count++] = read;
        break;
    case NSEC3_UNKNOWN_HASH: denial->unknown_hash = true; break;
    case NSEC3_TOO_MANY:
        denial->too_many = set;
        denial->iterations = read.iterations;
        break;
    case NSEC3_ALIEN: denial->has_unfit = true; break;
    }
}

bool denial_is_expanded(const struct rrset *set)
{
    struct dname owner = rrset_owner(set);
    struct rdata_rrsig rrsig;

    for (size_t i = 0; i < set->rrsig_count; i++) {
        if (rdata_rrsig(rrset_rrsig(set, i), &rrsig) &&
            rrsig.labels + dname_is_wildcard(owner) < owner.labels)
            return true;
    }
    return false;
}

void denial_add(struct denial *denial, const struct rrset *set, bool is_expanded)
{
    if (is_expanded || denial_is_expanded(set))
        denial->has_unfit = true;
    else if (set->type == TYPE_NSEC3)
        add_nsec3(denial, set);
    else if (set->type == TYPE_NSEC && denial->nsec_count < DENIAL_RECORDS_MAX &&
             nsec_read(set, denial->zone, &denial->nsec[denial->nsec_count]))
        denial->nsec_count++;
    else
        denial->has_unfit = true;
}

void denial_add_unsigned(struct denial *denial)
{
    if (denial->unsigned_count < UINT8_MAX)
        denial->unsigned_count++;
}

/* ---- proofs ---- */

/* What is asked: the name, and what the question needs beside it. */
struct asked {
    struct dname name;
    uint16_t qtype;
    uint8_t closest_labels;
};

static struct proof not_proven(const char *cause)
{
    struct proof proof = {.what = DENIED_NOTHING, .security = SEC_BOGUS};

    proof.finding.cause = cause;
    proof.finding.ede = EDE_NSEC_MISSING;
    return proof;
}

static struct proof proven(enum denied what, const struct rrset *a, const struct rrset *b)
{
    struct proof proof = {.what = what, .security = SEC_SECURE, .used = {a, b}};

    if (a == b)
        proof.used[1] = NULL;
    return proof;
}

static bool is_proven(const struct proof *proof)
{
    return proof->what != DENIED_NOTHING;
}

/* RFC 5155 section 9.2: within an opt-out span there may be unsigned delegations. */
static void note_opt_out(struct proof *proof, const struct nsec3 *cover)
{
    if (!cover->opt_out)
        return;
    proof->opt_out = true;
    proof->security = SEC_INSECURE;
}

/* Never too long: the encloser is shorter than a valid name by a label of an octet at least. */
struct dname denial_wildcard(struct dname encloser, uint8_t storage[DNAME_MAX])
{
    static const uint8_t star[] = {1, '*', 0};
    struct dname wildcard = encloser;

    (void)dname_join(dname_of_wire(star), 1, encloser, storage, &wildcard);
    return wildcard;
}

/* ---- NSEC ---- */

static const struct nsec *nsec_match_of(const struct denial *denial, struct dname name)
{
    for (size_t i = 0; i < denial->nsec_count; i++) {
        if (nsec_matches(&denial->nsec[i], name))
            return &denial->nsec[i];
    }
    return NULL;
}

static const struct nsec *nsec_empty_of(const struct denial *denial, struct dname name)
{
    for (size_t i = 0; i < denial->nsec_count; i++) {
        if (nsec_shows_empty(&denial->nsec[i], name))
            return &denial->nsec[i];
    }
    return NULL;
}

static const struct nsec *nsec_cover_of(const struct denial *denial, struct dname name)
{
    for (size_t i = 0; i < denial->nsec_count; i++) {
        if (nsec_covers(&denial->nsec[i], name, denial->zone))
            return &denial->nsec[i];
    }
    return NULL;
}

static struct proof nsec_of_name(struct denial *denial, const struct asked *asked)
{
    uint8_t storage[DNAME_MAX];
    const struct nsec *match = nsec_match_of(denial, asked->name);
    const struct nsec *cover, *no_wildcard;
    struct proof proof;
    struct dname encloser;

    /* RFC 9824: a server may say NXDOMAIN and prove it by NXNAME at the name. */
    if (match != NULL && bitmap_has(match->bitmap, TYPE_NXNAME)) {
        proof = proven(DENIED_NAME, match->set, NULL);
        proof.no_name = true;
        return proof;
    }
    cover = nsec_cover_of(denial, asked->name);
    if (cover == NULL)
        return not_proven("proof=no-cover");
    encloser = nsec_encloser(cover, asked->name);
    no_wildcard = nsec_cover_of(denial, denial_wildcard(encloser, storage));
    if (no_wildcard == NULL)
        return not_proven("proof=no-wildcard");
    proof = proven(DENIED_NAME, cover->set, no_wildcard->set);
    proof.encloser = encloser;
    return proof;
}

/* What the record that matches the asked name, or its wildcard, says of the type. */
static struct proof judged(enum bitmap_word word, const struct rrset *set)
{
    struct proof proof = proven(DENIED_TYPE, set, NULL);

    switch (word) {
    case BITMAP_DENIES: return proof;
    case BITMAP_NO_NAME: proof.no_name = true; return proof;
    case BITMAP_HAS_TYPE: return not_proven("proof=type-exists");
    case BITMAP_OTHER_ZONE: return not_proven("proof=no-cover");
    }
    UNREACHABLE();
}

/* RFC 4035 section 5.4: the name is not there, its wildcard is, but not with this type. */
static struct proof nsec_of_wildcard_type(struct denial *denial, const struct asked *asked)
{
    uint8_t storage[DNAME_MAX];
    const struct nsec *cover = nsec_cover_of(denial, asked->name);
    const struct nsec *match;
    struct dname encloser, wildcard;
    struct proof proof;

    if (cover == NULL)
        return not_proven("proof=no-cover");
    encloser = nsec_encloser(cover, asked->name);
    wildcard = denial_wildcard(encloser, storage);
    match = nsec_match_of(denial, wildcard);
    if (match != NULL) {
        proof = judged(bitmap_judge(match->bitmap, asked->qtype, wildcard, denial->zone),
                       match->set);
    } else {
        match = nsec_empty_of(denial, wildcard); /* the wildcard is an empty non-terminal */
        if (match == NULL)
            return not_proven("proof=no-wildcard");
        proof = proven(DENIED_TYPE, match->set, NULL);
    }
    if (is_proven(&proof)) {
        proof.encloser = encloser;
        proof.used[1] = cover->set == match->set ? NULL : cover->set;
    }
    return proof;
}

static struct proof nsec_of_type(struct denial *denial, const struct asked *asked)
{
    const struct nsec *match = nsec_match_of(denial, asked->name);

    if (match != NULL)
        return judged(bitmap_judge(match->bitmap, asked->qtype, asked->name, denial->zone),
                      match->set);
    match = nsec_empty_of(denial, asked->name);
    if (match != NULL)
        return proven(DENIED_TYPE, match->set, NULL);
    return nsec_of_wildcard_type(denial, asked);
}

static struct proof nsec_of_closer(struct denial *denial, const struct asked *asked)
{
    const struct nsec *cover = nsec_cover_of(denial, asked->name);
    struct proof proof;

    /* The record tells how near to the name something is there: were it nearer than the
     * wildcard, another wildcard or none would have been the source (RFC 4592 section 3.3.2).
     */
    if (cover == NULL || nsec_encloser(cover, asked->name).labels != asked->closest_labels)
        return not_proven("proof=no-cover");
    proof = proven(DENIED_CLOSER, cover->set, NULL);
    proof.encloser = dname_ancestor(asked->name, asked->closest_labels);
    return proof;
}

/* What the record that matches a name says of a zone cut there. */
static struct proof judged_cut(struct slice bitmap, const struct rrset *set)
{
    struct proof proof;

    if (bitmap_has(bitmap, TYPE_DS))
        return not_proven("proof=type-exists");
    if (bitmap_has(bitmap, TYPE_SOA)) /* RFC 4035 section 5.2: the child's own, of no use */
        return not_proven("proof=no-ds");
    if (bitmap_has(bitmap, TYPE_NS))
        return proven(DENIED_DS, set, NULL);
    proof = proven(DENIED_CUT, set, NULL);
    proof.no_name = bitmap_has(bitmap, TYPE_NXNAME);
    return proof;
}

static struct proof nsec_of_ds(struct denial *denial, const struct asked *asked)
{
    const struct nsec *found = nsec_match_of(denial, asked->name);
    struct proof proof;

    if (found != NULL)
        return judged_cut(found->bitmap, found->set);
    found = nsec_empty_of(denial, asked->name);
    if (found != NULL)
        return proven(DENIED_CUT, found->set, NULL);
    found = nsec_cover_of(denial, asked->name);
    if (found == NULL)
        return not_proven("proof=no-ds");
    /* No wildcard has to be denied: none makes a zone cut (RFC 4592 section 4.2). */
    proof = proven(DENIED_CUT, found->set, NULL);
    proof.no_name = true;
    return proof;
}

/* ---- NSEC3 ---- */

static const struct nsec3 *match3(struct denial *denial, const struct nsec3 *chain,
                                  struct dname name)
{
    return nsec3_find_match(&denial->hash, denial->nsec3, denial->nsec3_count, chain, name);
}

static const struct nsec3 *cover3(struct denial *denial, const struct nsec3 *chain,
                                  struct dname name)
{
    return nsec3_find_cover(&denial->hash, denial->nsec3, denial->nsec3_count, chain, name);
}

/* RFC 5155 section 8.3: the closest encloser, and that nothing is at the next closer name. */
static bool closest3(struct denial *denial, const struct nsec3 *chain, struct dname name,
                     struct nsec3_encloser *out)
{
    return nsec3_find_encloser(&denial->hash, denial->nsec3, denial->nsec3_count, chain, name,
                               denial->zone, out) &&
           out->cover != NULL;
}

static struct proof proven_below(enum denied what, const struct nsec3_encloser *closest,
                                 const struct nsec3 *third)
{
    struct proof proof = proven(what, closest->match->set, closest->cover->set);
    size_t i = 0;

    proof.encloser = closest->name;
    note_opt_out(&proof, closest->cover);
    while (proof.used[i] != NULL && (third == NULL || proof.used[i] != third->set))
        i++;
    if (third != NULL)
        proof.used[i] = third->set;
    return proof;
}

/* RFC 5155 section 8.4. */
static struct proof nsec3_of_name(struct denial *denial, const struct nsec3 *chain,
                                  const struct asked *asked)
{
    uint8_t storage[DNAME_MAX];
    struct nsec3_encloser closest;
    const struct nsec3 *no_wildcard;

    if (!closest3(denial, chain, asked->name, &closest))
        return not_proven("proof=no-cover");
    no_wildcard = cover3(denial, chain, denial_wildcard(closest.name, storage));
    if (no_wildcard == NULL)
        return not_proven("proof=no-wildcard");
    return proven_below(DENIED_NAME, &closest, no_wildcard);
}

/* RFC 5155 sections 8.5, 8.6, 8.7. */
static struct proof nsec3_of_type(struct denial *denial, const struct nsec3 *chain,
                                  const struct asked *asked)
{
    uint8_t storage[DNAME_MAX];
    const struct nsec3 *match = match3(denial, chain, asked->name);
    struct nsec3_encloser closest;
    struct dname wildcard;
    enum bitmap_word word;

    if (match != NULL)
        return judged(bitmap_judge(match->bitmap, asked->qtype, asked->name, denial->zone),
                      match->set);
    if (!closest3(denial, chain, asked->name, &closest))
        return not_proven("proof=no-cover");
    wildcard = denial_wildcard(closest.name, storage);
    match = match3(denial, chain, wildcard);
    if (match != NULL) {
        word = bitmap_judge(match->bitmap, asked->qtype, wildcard, denial->zone);
        return word == BITMAP_DENIES ? proven_below(DENIED_TYPE, &closest, match)
                                     : judged(BITMAP_HAS_TYPE, match->set);
    }
    /* Section 8.6, and of other types as well: an empty non-terminal that only unsigned
     * delegations made has no record of its own (section 7.1). */
    if (closest.cover->opt_out)
        return proven_below(DENIED_TYPE, &closest, NULL);
    return not_proven("proof=no-wildcard");
}

/* RFC 5155 section 8.8: the closest encloser is known from the signature. */
static struct proof nsec3_of_closer(struct denial *denial, const struct nsec3 *chain,
                                    const struct asked *asked)
{
    struct dname next_closer =
        dname_ancestor(asked->name, (uint8_t)(asked->closest_labels + 1));
    const struct nsec3 *cover = cover3(denial, chain, next_closer);
    struct proof proof;

    if (cover == NULL)
        return not_proven("proof=no-cover");
    proof = proven(DENIED_CLOSER, cover->set, NULL);
    proof.encloser = dname_ancestor(asked->name, asked->closest_labels);
    note_opt_out(&proof, cover);
    return proof;
}

/* RFC 5155 sections 8.6 and 8.9. */
static struct proof nsec3_of_ds(struct denial *denial, const struct nsec3 *chain,
                                const struct asked *asked)
{
    const struct nsec3 *match = match3(denial, chain, asked->name);
    struct nsec3_encloser closest;
    struct proof proof;

    if (match != NULL)
        return judged_cut(match->bitmap, match->set);
    if (!closest3(denial, chain, asked->name, &closest))
        return not_proven("proof=no-ds");
    proof = proven_below(closest.cover->opt_out ? DENIED_DS : DENIED_CUT, &closest, NULL);
    proof.no_name = !closest.cover->opt_out;
    return proof;
}

/* ---- asking both ---- */

struct way {
    struct proof (*nsec)(struct denial *denial, const struct asked *asked);
    struct proof (*nsec3)(struct denial *denial, const struct nsec3 *chain,
                          const struct asked *asked);
};

/* The first record of each chain, in order. */
static bool begins_chain(const struct denial *denial, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (nsec3_same_chain(&denial->nsec3[i], &denial->nsec3[at]))
            return false;
    }
    return true;
}

/* Of two failures the one that came further: it tells more of what is wrong. */
static size_t how_far(const struct proof *proof)
{
    static const char *const causes[] = {"proof=no-cover", "proof=no-wildcard",
                                         "proof=type-exists"};

    for (size_t i = 0; i < COUNT(causes); i++) {
        if (strcmp(proof->finding.cause, causes[i]) == 0)
            return i + 1;
    }
    return 0;
}

static struct proof ask_chains(struct denial *denial, const struct way *way,
                               const struct asked *asked, struct proof proof)
{
    size_t chains = 0;

    for (size_t i = 0; i < denial->nsec3_count && chains < CHAINS_MAX; i++) {
        struct proof next;

        if (!begins_chain(denial, i))
            continue;
        chains++;
        next = way->nsec3(denial, &denial->nsec3[i], asked);
        if (is_proven(&next))
            return next;
        if (how_far(&next) > how_far(&proof))
            proof = next;
    }
    return proof;
}

/* RFC 9276 section 3.2: whatever the records would have shown is insecure, and nothing was
 * hashed to see it. */
static struct proof insecure_by_iterations(const struct denial *denial)
{
    struct proof proof = proven(DENIED_ANYTHING, denial->too_many, NULL);
    struct finding *finding = &proof.finding;

    proof.security = SEC_INSECURE;
    *finding = finding_of(EDE_UNSUPPORTED_NSEC3_ITERATIONS, "nsec3=iterations", denial->zone,
                          TYPE_NSEC3PARAM);
    finding->has_count = denial->iterations > denial->hash.rules->iterations_max;
    finding->count = denial->iterations;
    finding->of = denial->hash.rules->iterations_max;
    return proof;
}

/* Which of all that is missing tells most. */
static void explain(const struct denial *denial, const struct asked *asked, struct proof *proof)
{
    struct finding *finding = &proof->finding;

    if (denial->hash.exhausted) {
        proof->exhausted = true;
        finding->cause = "limit=nsec3";
        finding->ede = EDE_OTHER;
    } else if (denial->unsigned_count > 0) {
        finding->cause = "proof=unsigned";
        finding->ede = EDE_RRSIGS_MISSING;
    } else if (denial->nsec_count == 0 && denial->nsec3_count == 0 && denial->unknown_hash) {
        finding->cause = "proof=unknown-hash";
    } else if (denial->has_unfit || strcmp(finding->cause, "proof=no-wildcard") == 0) {
        /* Nothing is missing: what is there is good for something else. */
        finding->ede = EDE_DNSSEC_BOGUS;
    }
    finding->name = asked->name;
    finding->type = asked->qtype;
    finding->zone = denial->zone;
}

/* @param none the cause when there is no record at all. */
static struct proof ask(struct denial *denial, const struct way *way, const struct asked *asked,
                        const char *none)
{
    struct proof proof = not_proven(none);

    if (!dname_is_at_or_below(asked->name, denial->zone)) {
        explain(denial, asked, &proof);
        return proof;
    }
    if (denial->nsec_count > 0)
        proof = way->nsec(denial, asked);
    if (!is_proven(&proof))
        proof = ask_chains(denial, way, asked, proof);
    if (!is_proven(&proof) && denial->too_many != NULL)
        proof = insecure_by_iterations(denial);
    if (!is_proven(&proof))
        explain(denial, asked, &proof);
    return proof;
}

struct proof denial_of_name(struct denial *denial, struct dname qname)
{
    static const struct way way = {nsec_of_name, nsec3_of_name};
    struct asked asked = {.name = qname};

    return ask(denial, &way, &asked, "proof=none");
}

struct proof denial_of_type(struct denial *denial, struct dname qname, uint16_t qtype)
{
    static const struct way way = {nsec_of_type, nsec3_of_type};
    struct asked asked = {.name = qname, .qtype = qtype};

    return ask(denial, &way, &asked, "proof=none");
}

struct proof denial_of_closer(struct denial *denial, struct dname qname, uint8_t closest_labels)
{
    static const struct way way = {nsec_of_closer, nsec3_of_closer};
    struct asked asked = {.name = qname, .closest_labels = closest_labels};
    struct proof proof = not_proven("proof=no-cover");

    if (closest_labels >= denial->zone.labels && closest_labels < qname.labels)
        return ask(denial, &way, &asked, "proof=none");
    explain(denial, &asked, &proof);
    return proof;
}

struct proof denial_of_ds(struct denial *denial, struct dname name)
{
    static const struct way way = {nsec_of_ds, nsec3_of_ds};
    struct asked asked = {.name = name, .qtype = TYPE_DS};
    struct proof proof = not_proven("proof=no-ds");

    /* RFC 4035 section 5.2: what the child says of its own DS proves nothing. */
    if (dname_is_below(name, denial->zone))
        return ask(denial, &way, &asked, "proof=no-ds");
    explain(denial, &asked, &proof);
    return proof;
}
