/*
 * proven.c - answers out of validated denials: aggressive use of NSEC and NSEC3 (RFC 8198,
 * 9077).
 *
 * Called by the validator: with each secure denial, and before a question goes out. The table
 * holds one version of each zone (proven_zone.h). What an answer needs is picked out of it, at
 * most four records, and put before the same judge as the records of a message (denial.h): only
 * what is proven securely there becomes an answer.
 */
#include "validator/proven.h"

#include <stdlib.h>
#include <string.h>

#include "util/wire/rdata.h"
#include "validator/proven_zone.h"

/* Tries to put a new version where others do the same; then the news wait for the next answer.
 */
enum { PUT_TRIES = 3 };

struct proven {
    struct shards *zones;
    struct hash_key key;
    atomic_ullong zone_bytes; /* most that one zone may take */
};

/* The table takes no entry over half of it, its own arrays counted in; a zone stays well below.
 */
static uint64_t zone_share(uint64_t size_bytes)
{
    return size_bytes / 3;
}

static struct proven_zone *zone_of(const struct shard_link *link)
{
    return CONTAINER_OF(link, struct proven_zone, link);
}

static void release(struct shard_link *link)
{
    proven_zone_unref(zone_of(link));
}

struct proven *proven_new(uint64_t size_bytes, struct hash_key key)
{
    struct proven *proven = calloc(1, sizeof(*proven));

    if (proven == NULL)
        return NULL;
    /* One shard: a zone has to fit into one, and a look takes no longer than a reference. */
    proven->zones = shards_new(size_bytes, 1, release);
    proven->key = key;
    atomic_init(&proven->zone_bytes, zone_share(size_bytes));
    if (proven->zones == NULL) {
        free(proven);
        return NULL;
    }
    return proven;
}

void proven_free(struct proven *proven)
{
    if (proven == NULL)
        return;
    shards_free(proven->zones);
    free(proven);
}

void proven_resize(struct proven *proven, uint64_t size_bytes)
{
    atomic_store(&proven->zone_bytes, zone_share(size_bytes));
    shards_resize(proven->zones, size_bytes);
}

void proven_flush(struct proven *proven)
{
    shards_flush(proven->zones);
}

static enum shard_verdict visit_below(struct shard_link *link, void *context)
{
    const struct dname *zone = context;

    return dname_is_at_or_below(proven_zone_name(zone_of(link)), *zone) ? SHARD_DROP : SHARD_KEEP;
}

size_t proven_drop(struct proven *proven, struct dname zone)
{
    return shards_visit(proven->zones, visit_below, &zone);
}

uint64_t proven_size_bytes(const struct proven *proven)
{
    return shards_state(proven->zones).size_bytes;
}

/* ---- finding a zone ---- */

struct wanted_zone {
    struct dname name;
    struct proven_zone *found; /* a reference */
};

static bool look_zone(const struct shard_link *link, void *context)
{
    struct wanted_zone *wanted = context;
    struct proven_zone *zone = zone_of(link);

    if (!dname_equal(proven_zone_name(zone), wanted->name))
        return false;
    wanted->found = proven_zone_ref(zone);
    return true;
}

static uint64_t zone_hash(const struct proven *proven, struct dname zone)
{
    return dname_hash_beside(zone, 0, proven->key);
}

static struct proven_zone *find_zone(struct proven *proven, struct dname name, uint64_t hash)
{
    struct wanted_zone wanted = {.name = name};

    shards_look(proven->zones, hash, look_zone, &wanted);
    return wanted.found;
}

/* The nearest zone at or above a name of which denials are known. There may be a nearer one
 * that is not known; the records themselves then do not speak of what is below its cut. */
static struct proven_zone *nearest_zone(struct proven *proven, struct hashed *names,
                                        struct dname name)
{
    for (;; name = dname_parent(name)) {
        struct dname at = hashed_name(names, name);
        struct proven_zone *zone = find_zone(proven, at, zone_hash(proven, at));

        if (zone != NULL || dname_is_root(name))
            return zone;
    }
}

/* ---- learning ---- */

/* What one message brings. */
struct lesson {
    struct dname zone;
    int64_t now_s, soa_expires_s;
    struct proven_news news;
    struct proven_record records[DENIAL_RECORDS_MAX];
};

/* All signatures are the zone's. */
static bool is_signed_by(const struct rrset *set, struct dname zone)
{
    struct rdata_rrsig rrsig;

    for (size_t i = 0; i < set->rrsig_count; i++) {
        if (!rdata_rrsig(rrset_rrsig(set, i), &rrsig) || !dname_equal(rrsig.signer, zone))
            return false;
    }
    return set->rrsig_count > 0;
}

/* RFC 9077 section 3: the SOA's TTL and its minimum bound every denial of the zone. */
static int64_t soa_bound_s(const struct rrset *soa, int64_t now_s)
{
    struct rdata_soa fields;

    if (soa->rr_count != 1 || !rdata_soa(rrset_rdata(soa, 0), &fields))
        return now_s;
    return time_min(soa->expires_s, now_s + fields.minimum_s);
}

/* Takes the record into the lesson; the first one says of what kind and chain all are. */
static void take(struct lesson *lesson, const struct rrset *set)
{
    static const struct nsec3_rules any = {UINT16_MAX, UINT8_MAX};
    struct proven_record *record = &lesson->records[lesson->news.count];
    struct proven_news *news = &lesson->news;
    struct nsec nsec;
    struct nsec3 nsec3 = {.iterations = 0};

    if (news->count == COUNT(lesson->records) || !is_signed_by(set, lesson->zone) ||
        denial_is_expanded(set))
        return;
    if (set->type == TYPE_NSEC ? !nsec_read(set, lesson->zone, &nsec)
                               : nsec3_read(set, lesson->zone, &any, &nsec3) != NSEC3_USABLE)
        return;
    if (nsec3.opt_out ||
        (news->count > 0 && (news->type != set->type || news->iterations != nsec3.iterations ||
                             !slice_equal(news->salt, nsec3.salt))))
        return;
    record->set = set;
    record->expires_s = time_min(set->expires_s, lesson->soa_expires_s);
    if (record->expires_s <= lesson->now_s)
        return;
    memcpy(record->hash, nsec3.hash, sizeof(record->hash));
    news->type = set->type;
    news->iterations = nsec3.iterations;
    news->salt = nsec3.salt;
    news->count++;
}

/* Is it known, and for at least half of the time that the fresh one would be? */
static bool is_known(const struct proven_zone *zone, const struct proven_record *record,
                     int64_t now_s)
{
    const struct proven_record *there =
        zone->type == TYPE_NSEC3 ? proven_zone_at_hash(zone, record->hash, now_s)
                                 : proven_zone_at_name(zone, rrset_owner(record->set), now_s);

    return there != NULL && rrset_same_data(there->set, record->set) &&
           2 * (there->expires_s - now_s) >= record->expires_s - now_s;
}

static bool all_known(const struct proven_zone *zone, const struct lesson *lesson)
{
    const struct proven_news *news = &lesson->news;

    if (zone == NULL || zone->type != news->type || zone->iterations != news->iterations ||
        !slice_equal(zone->salt, news->salt))
        return false;
    for (size_t i = 0; i < news->count; i++) {
        if (!is_known(zone, &lesson->records[i], lesson->now_s))
            return false;
    }
    return true;
}

struct exchange {
    struct dname name;
    const struct proven_zone *old; /* the version that the new one was made of, or NULL */
};

static bool is_that_zone(const struct shard_link *link, const void *context)
{
    const struct exchange *exchange = context;

    return dname_equal(proven_zone_name(zone_of(link)), exchange->name);
}

static enum shard_verdict only_if_unchanged(struct shard_link *old, void *context)
{
    const struct exchange *exchange = context;

    return (old == NULL ? NULL : zone_of(old)) == exchange->old ? SHARD_PUT : SHARD_KEEP;
}

/* One try; false: somebody else was first. */
static bool put(struct proven *proven, const struct lesson *lesson, struct proven_zone *old,
                uint64_t hash)
{
    struct exchange exchange = {lesson->zone, old};
    struct shard_change change = {
        .hash = hash, .match = is_that_zone, .decide = only_if_unchanged, .context = &exchange};
    struct proven_zone *fresh = proven_zone_merge(
        old, &lesson->news, hash, atomic_load(&proven->zone_bytes), lesson->now_s);
    enum shard_verdict verdict;

    if (fresh == NULL)
        return true; /* no memory: it is only a try */
    change.fresh = &fresh->link;
    verdict = shards_change(proven->zones, &change);
    if (verdict != SHARD_PUT)
        proven_zone_unref(fresh);
    return verdict != SHARD_KEEP;
}

/* Published sets: those of a message are copied, those of a cache counted. */
static bool publish(struct lesson *lesson)
{
    struct proven_news *news = &lesson->news;
    bool good;

    news->soa = atomic_load(&news->soa->references) == 0 ? rrset_publish(news->soa)
                                                         : rrset_ref(news->soa);
    good = news->soa != NULL;
    for (size_t i = 0; i < news->count; i++) {
        const struct rrset *set = lesson->records[i].set;

        lesson->records[i].set =
            atomic_load(&set->references) == 0 ? rrset_publish(set) : rrset_ref(set);
        good = good && lesson->records[i].set != NULL;
    }
    return good;
}

static void unpublish(struct lesson *lesson)
{
    rrset_unref(lesson->news.soa);
    for (size_t i = 0; i < lesson->news.count; i++)
        rrset_unref(lesson->records[i].set);
}

static bool is_secure(const struct rrset *set)
{
    return set != NULL && rrset_security(set) == SEC_SECURE;
}

static void read_lesson(struct lesson *lesson, const struct message *message,
                        const struct proven_zone *known)
{
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_AUTHORITY, &count);
    const struct rrset *soa = message_find(message, SECTION_AUTHORITY, lesson->zone, TYPE_SOA);

    lesson->news.records = lesson->records;
    lesson->news.soa = is_secure(soa) ? soa : known == NULL ? NULL : known->soa;
    if (lesson->news.soa == NULL)
        return;
    lesson->soa_expires_s = soa_bound_s(lesson->news.soa, lesson->now_s);
    for (size_t i = 0; i < count; i++) {
        if ((sets[i]->type == TYPE_NSEC || sets[i]->type == TYPE_NSEC3) && is_secure(sets[i]))
            take(lesson, sets[i]);
    }
}

void proven_learn(struct proven *proven, struct dname zone, const struct message *message,
                  int64_t now_s)
{
    uint64_t hash = zone_hash(proven, zone);
    struct proven_zone *old = find_zone(proven, zone, hash);
    struct lesson lesson = {.zone = zone, .now_s = now_s};

    read_lesson(&lesson, message, old);
    if (lesson.news.count > 0 && !all_known(old, &lesson)) {
        bool done = !publish(&lesson);

        for (unsigned i = 0; i < PUT_TRIES && !done; i++) {
            done = put(proven, &lesson, old, hash);
            proven_zone_unref(old);
            old = done ? NULL : find_zone(proven, zone, hash);
        }
        unpublish(&lesson);
    }
    proven_zone_unref(old);
}

void proven_learn_wildcard(struct rrset_cache *rrsets, const struct rrset *set,
                           uint8_t closest_labels, struct arena *arena, int64_t now_s)
{
    uint8_t storage[DNAME_MAX];
    struct dname source;
    struct rrset *renamed;

    if (!is_secure(set) || closest_labels >= rrset_owner(set).labels)
        return;
    source = denial_wildcard(dname_ancestor(rrset_owner(set), closest_labels), storage);
    renamed = rrset_rename_in(arena, set, source);
    if (renamed == NULL)
        return;
    rrset_set_security(renamed, SEC_SECURE);
    rrset_unref(rrset_cache_store(rrsets, renamed, RRSET_PLAIN, now_s));
}

/* ---- answering ---- */

/* One question, and the records picked out for it. */
struct
try {
    struct query *query;
    const struct question *question;
    const struct proven_zone *zone;
    struct denial denial;
    struct dname encloser; /* of the asked name, where it is not there; wire NULL: not known */
    int64_t now_s, expires_s;
};

static void pick(struct try *try, const struct proven_record *record)
{
    if (record == NULL)
        return;
    denial_add(&try->denial, record->set, false);
    try->expires_s = time_min(try->expires_s, record->expires_s);
}

static void pick_nsec(struct try *try)
{
    struct dname qname = try->question->qname, wildcard;
    uint8_t storage[DNAME_MAX];
    const struct proven_record *record = proven_zone_at_name(try->zone, qname, try->now_s);
    const struct proven_record *at_wildcard;
    struct nsec nsec;

    if (record == NULL || !nsec_read(record->set, try->denial.zone, &nsec))
        return;
    pick(try, record);
    if (!nsec_covers(&nsec, qname, try->denial.zone))
        return;
    try->encloser = nsec_encloser(&nsec, qname);
    wildcard = denial_wildcard(try->encloser, storage);
    at_wildcard = proven_zone_at_name(try->zone, wildcard, try->now_s);
    if (at_wildcard != record)
        pick(try, at_wildcard);
}

/* The record at the hash, told apart: of the name itself, or covering it. NULL: none. */
static const struct proven_record *at_name3(struct try *try, struct dname name, bool *matches)
{
    struct nsec3 like = {.iterations = try->zone->iterations, .salt = try->zone->salt};
    const uint8_t *hash = nsec3_hash_of(&try->denial.hash, name, &like);
    const struct proven_record *record;
    struct nsec3 read;

    *matches = false;
    if (hash == NULL)
        return NULL;
    record = proven_zone_at_hash(try->zone, hash, try->now_s);
    if (record == NULL || nsec3_read(record->set, try->denial.zone, try->denial.hash.rules,
                                     &read) != NSEC3_USABLE)
        return NULL;
    *matches = nsec3_hash_matches(&read, hash);
    return *matches || nsec3_hash_covers(&read, hash) ? record : NULL;
}

/* RFC 5155 section 8.3: below a delegation or a DNAME these records have no say. */
static bool ends_zone(const struct try *try, const struct proven_record *record, unsigned labels)
{
    struct nsec3 read;

    return nsec3_read(record->set, try->denial.zone, try->denial.hash.rules, &read) !=
               NSEC3_USABLE ||
           bitmap_has(read.bitmap, TYPE_DNAME) ||
           (labels > try->denial.zone.labels && bitmap_is_delegation(read.bitmap));
}

/* From the apex down, as nsec3_find_encloser goes. */
static void pick_nsec3(struct try *try)
{
    struct dname qname = try->question->qname;
    const struct proven_record *encloser = NULL, *record = NULL;
    uint8_t storage[DNAME_MAX], encloser_labels = 0;
    bool matches = false;

    for (unsigned labels = try->denial.zone.labels; labels <= qname.labels; labels++) {
        record = at_name3(try, dname_ancestor(qname, (uint8_t)labels), &matches);
        if (matches) {
            encloser = record;
            encloser_labels = (uint8_t)labels;
            if (labels < qname.labels && ends_zone(try, record, labels))
                return;
        } else if (record != NULL) {
            break;
        }
    }
    pick(try, encloser);
    if (encloser == NULL || encloser_labels == qname.labels)
        return;
    try->encloser = dname_ancestor(qname, encloser_labels);
    if (record != encloser)
        pick(try, record);
    record = at_name3(try, denial_wildcard(try->encloser, storage), &matches);
    pick(try, record);
}

/* An upper bound of what picking hashes: each name below the apex, the apex and the wildcard.
 */
static bool is_worth_its_hashes(const struct try *try)
{
    struct dname qname = try->question->qname;
    uint32_t names = (uint32_t)(qname.labels - try->denial.zone.labels) + 2;
    uint32_t blocks =
        names * nsec3_hash_blocks(qname, try->zone->salt.size, try->zone->iterations);

    return blocks <= PROVEN_BLOCKS_MAX && blocks <= try->query->budget->left[COST_HASH_BLOCKS];
}

/* The SOA for the answer, which says how long the denial lives: a reference, or a copy where it
 * would live too long. NULL: no memory. */
static const struct rrset *bounded(struct try *try, const struct rrset *set)
{
    struct rrset *copy;

    if (set->expires_s <= try->expires_s)
        return query_hold(try->query, rrset_ref(set));
    copy = rrset_copy_in(try->query->arena, set);
    if (copy != NULL) {
        rrset_set_expiry(copy, try->expires_s);
        copy->ttl_s = (uint32_t)(try->expires_s - try->now_s);
    }
    return copy;
}

/* Answer (may be NULL), SOA (denials only) and proof. */
static bool write_out(struct try *try, uint16_t rcode, const struct rrset *answer,
                      const struct proof *proof, struct message *out)
{
    const struct rrset **sets =
        ARENA_ARRAY(try->query->arena, const struct rrset *, COUNT(proof->used) + 2);
    size_t count = 0;

    if (sets == NULL)
        return false;
    memset(out, 0, sizeof(*out));
    if (answer != NULL) {
        out->count[SECTION_ANSWER] = 1;
        sets[count++] = answer;
    } else {
        sets[count++] = bounded(try, try->zone->soa);
    }
    for (size_t i = 0; i < COUNT(proof->used) && proof->used[i] != NULL; i++)
        sets[count++] = query_hold(try->query, rrset_ref(proof->used[i]));
    for (size_t i = 0; i < count; i++) {
        if (sets[i] == NULL)
            return false;
    }
    out->rcode = rcode;
    out->has_question = true;
    out->question = *try->question;
    out->rrsets = sets;
    out->count[SECTION_AUTHORITY] = (uint16_t)(count - out->count[SECTION_ANSWER]);
    return true;
}

/* RFC 8198 section 5.3: the wildcard's records under the asked name, if nothing is nearer. */
static bool from_wildcard(struct try *try, struct message *out)
{
    struct rrset_cache *rrsets = try->query->env->rrsets;
    uint8_t storage[DNAME_MAX];
    const struct rrset *source;
    struct rrset *answer = NULL;
    struct proof proof;

    if (try->encloser.wire == NULL)
        return false;
    proof = denial_of_closer(&try->denial, try->question->qname, try->encloser.labels);
    if (proof.security != SEC_SECURE)
        return false;
    source =
        rrset_cache_find(rrsets, denial_wildcard(try->encloser, storage), try->question->qtype,
                         try->question->qclass, RRSET_PLAIN, try->now_s, 0);
    /* A wildcard of another zone, below a cut, is not what these records speak of. */
    if (is_secure(source) && is_signed_by(source, try->denial.zone))
        answer = rrset_rename_in(try->query->arena, source, try->question->qname);
    rrset_unref(source);
    if (answer == NULL)
        return false;
    rrset_set_security(answer, SEC_SECURE);
    try->expires_s = time_min(try->expires_s, answer->expires_s);
    rrset_set_expiry(answer, try->expires_s);
    answer->ttl_s = (uint32_t)(try->expires_s - try->now_s);
    return write_out(try, RCODE_NOERROR, answer, &proof, out);
}

static bool answer_from(struct try *try, const struct proven_tools *tools, struct message *out)
{
    struct dname qname = try->question->qname;
    struct proof proof;

    try->expires_s = soa_bound_s(try->zone->soa, try->now_s);
    denial_begin(&try->denial, proven_zone_name(try->zone), tools->rules, tools->memo,
                 tools->crypto, try->query->budget, try->query->arena);
    if (try->zone->type == TYPE_NSEC)
        pick_nsec(try);
    else if (is_worth_its_hashes(try))
        pick_nsec3(try);
    if ((try->denial.nsec_count == 0 && try->denial.nsec3_count == 0) ||
        try->expires_s <= try->now_s)
        return false;
    proof = denial_of_type(&try->denial, qname, try->question->qtype);
    if (proof.security == SEC_SECURE)
        return write_out(try, RCODE_NOERROR, NULL, &proof, out);
    proof = denial_of_name(&try->denial, qname);
    if (proof.security == SEC_SECURE)
        return write_out(try, RCODE_NXDOMAIN, NULL, &proof, out);
    return from_wildcard(try, out);
}

/* Denials of these are of no use, or tell of the denial itself. */
static bool may_be_asked(const struct question *question)
{
    switch (question->qtype) {
    case TYPE_ANY:
    case TYPE_RRSIG:
    case TYPE_NSEC:
    case TYPE_NSEC3: return false;
    case TYPE_DS: return !dname_is_root(question->qname);
    default: return question->qclass == CLASS_IN;
    }
}

/* A function of its own, since for most questions there is no zone, and a try is large. */
OUT_OF_LINE static bool try_zone(const struct proven_zone *zone, struct query *query,
                                 const struct question *question,
                                 const struct proven_tools *tools, struct message *out,
                                 int64_t *expires_s)
{
    struct try try = {
        .query = query, .question = question, .zone = zone, .now_s = query_now_s(query)};
    bool answered = answer_from(&try, tools, out);

    *expires_s = try.expires_s;
    return answered;
}

bool proven_answer(struct proven *proven, struct query *query, const struct question *question,
                   const struct proven_tools *tools, struct message *out, int64_t *expires_s)
{
    struct proven_zone *zone;
    bool answered;

    if (!may_be_asked(question))
        return false;
    /* RFC 4035 section 2.4: the DS of a zone is its parent's. */
    zone = nearest_zone(proven, &query->names,
                        question->qtype == TYPE_DS ? dname_parent(question->qname)
                                                   : question->qname);
    if (zone == NULL)
        return false;
    answered = try_zone(zone, query, question, tools, out, expires_s);
    proven_zone_unref(zone);
    return answered;
}
