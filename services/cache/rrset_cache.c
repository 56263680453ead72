/*
 * rrset_cache.c - RRsets shared by all threads, ranked by trust.
 *
 * Called by the iterator and the validator (store, find), the client's side (the newest RRset
 * of an answer) and control (drop, visit). Never changes a set that somebody can see, but for
 * its `superseded` flag; never looks at a clock.
 *
 * A slot is the table's entry; it lies in the room in front of its set, of which it has one
 * reference. To store is: look whether what is there may stay, else copy without a lock, then
 * decide once more under the shard's lock.
 */
#include "services/cache/rrset_cache.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/shards.h"

/* CVE-2024-1737. The number of types at a name needs no bound: each is an entry of its own. */
enum { RECORDS_MAX = 256, SET_BYTES_MAX = 16 * 1024 };

struct rrset_cache {
    struct shards *shards;
    struct hash_key key;
    rrset_cache_tell *tell; /* NULL: nobody */
    void *listener;
};

/* In the room in front of an RRset. link.own: its marks, in the order of enum rrset_answers.
 * What is not plain has none, and this in place of the first. */
struct slot {
    struct shard_link link;
};

enum { IS_PARENT_SIDE = 0x40 }; /* no mark: RRSET_MARK_IS_SET is missing */

_Static_assert(offsetof(struct slot, link.references) == RRSET_ROOM &&
                   offsetof(struct rrset, references) == 0 &&
                   sizeof(struct slot) == RRSET_ROOM + sizeof(atomic_uint),
               "a slot fills the room, and the RRset begins with the references");
_Static_assert(RRSET_ANSWERS <= sizeof(((struct shard_link *)0)->own), "a place for each mark");

struct rrset_key {
    struct dname owner;
    uint16_t type, rrclass;
    uint8_t flavour;
};

static const struct slot *slot_of(const struct shard_link *link)
{
    return CONTAINER_OF(link, const struct slot, link);
}

static const struct rrset *set_of(const struct slot *slot)
{
    return rrset_behind((void *)(uintptr_t)slot);
}

static enum rrset_flavour flavour_of(const struct slot *slot)
{
    return slot->link.own[0] == IS_PARENT_SIDE ? RRSET_PARENT_SIDE : RRSET_PLAIN;
}

static uint64_t key_hash(const struct rrset_cache *cache, const struct rrset_key *key)
{
    return dname_hash_beside(
        key->owner, (uint64_t)key->flavour << 32 | (uint64_t)key->rrclass << 16 | key->type,
        cache->key);
}

static bool slot_is(const struct slot *slot, const struct rrset_key *key)
{
    return flavour_of(slot) == key->flavour &&
           rrset_is(set_of(slot), key->owner, key->type, key->rrclass);
}

static void slot_release(struct shard_link *link)
{
    rrset_unref(set_of(slot_of(link)));
}

struct rrset_cache *rrset_cache_new(uint64_t size_bytes, unsigned shards, struct hash_key key)
{
    struct rrset_cache *cache = malloc(sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->key = key;
    cache->tell = NULL;
    cache->shards = shards_new(size_bytes, shards, slot_release);
    if (cache->shards != NULL)
        return cache;
    free(cache);
    return NULL;
}

void rrset_cache_free(struct rrset_cache *cache)
{
    if (cache == NULL)
        return;
    shards_free(cache->shards);
    free(cache);
}

void rrset_cache_resize(struct rrset_cache *cache, uint64_t size_bytes)
{
    shards_resize(cache->shards, size_bytes);
}

/* ---- marks; the shard's lock is held ---- */

/* Marks that were not carried over, and their set. */
struct left {
    const struct rrset *set; /* a reference; NULL: none */
    uint8_t marks[RRSET_ANSWERS];
};

/* An answer goes out with the newest RRset of its name. So a mark stays where the set that
 * takes the place is the same, and was found at least as good as the answer was.
 * @param to NULL: none takes the place. */
static void carry_marks(const struct slot *from, struct slot *to, struct left *left)
{
    const struct rrset *old = set_of(from);
    enum security security = to == NULL ? SEC_BOGUS : rrset_security(set_of(to));
    bool same = true;

    for (unsigned i = 0; flavour_of(from) == RRSET_PLAIN && i < RRSET_ANSWERS; i++) {
        uint8_t mark = from->link.own[i];

        if (mark == 0)
            continue;
        same = same && security != SEC_BOGUS && rrset_same_data(old, set_of(to));
        if (same && security >= (mark & RRSET_MARK_SECURITY)) {
            to->link.own[i] = mark;
            continue;
        }
        left->marks[i] = mark;
        if (left->set == NULL)
            left->set = rrset_ref(old);
    }
}

/* Without a lock. The reference is given back. */
static void tell_left(const struct rrset_cache *cache, const struct left *left)
{
    for (unsigned i = 0; left->set != NULL && i < RRSET_ANSWERS; i++)
        if (cache->tell != NULL && left->marks[i] != 0)
            cache->tell(cache->listener, left->set, (enum rrset_answers)i, left->marks[i]);
    rrset_unref(left->set);
}

struct marking {
    struct rrset_key key;
    const struct rrset *only; /* NULL: whichever set is there */
    enum rrset_answers whom;
    bool is_there; /* such a set */
    uint8_t before;
    bool replaces; /* else only a mark that is there is changed */
    uint8_t mark;  /* what it becomes, or what is added to it */
};

static bool match_marking(const struct shard_link *link, const void *context)
{
    return slot_is(slot_of(link), &((const struct marking *)context)->key);
}

static enum shard_verdict decide_mark(struct shard_link *link, void *context)
{
    struct marking *marking = context;
    uint8_t *mark;

    if (link == NULL || (marking->only != NULL && set_of(slot_of(link)) != marking->only))
        return SHARD_KEEP;
    marking->is_there = true;
    mark = &link->own[marking->whom];
    marking->before = *mark;
    if (marking->replaces)
        *mark = marking->mark;
    else if (*mark != 0)
        *mark |= marking->mark;
    return SHARD_KEEP;
}

/* ---- storing ---- */

struct storing {
    struct rrset_key key;
    const struct rrset *set; /* what is offered, the caller's */
    struct rrset *copy;      /* the one that will be seen; NULL while it is not needed */
    int64_t now_s;
    bool replace;               /* whatever is there */
    const struct rrset *result; /* a reference for the caller */
    struct left left;
    const struct rrset
        *glue; /* a reference: what the parent told, and nobody else would know */
};

/* What makes a delegation: the servers' names, and addresses that came beside them. */
static bool is_delegation(const struct rrset *set)
{
    switch (set->type) {
    case TYPE_NS: return true;
    case TYPE_A:
    case TYPE_AAAA: return set->trust <= TRUST_ADDITIONAL_AA;
    default: return false;
    }
}

/*
 * Until when the offered set may live beside the one that is there. A delegation never outlives
 * the one it takes the place of, be its content the same or not: else a zone that its parent
 * has withdrawn could keep itself alive by what it says about itself (ghost domains; RFC 2181
 * section 5.4.1 ranks the child's data higher). When its time is over the parent is asked
 * again.
 */
static int64_t expiry_beside(const struct storing *storing, const struct rrset *old)
{
    if (storing->key.flavour == RRSET_PLAIN && is_delegation(storing->set) &&
        rrset_is_fresh(old, storing->now_s))
        return time_min(storing->set->expires_s, old->expires_s);
    return storing->set->expires_s;
}

/* Signatures are made anew long before data changes: what has still to be judged is judged by
 * those that came last. */
static bool has_same_signatures(const struct rrset *a, const struct rrset *b)
{
    bool same = a->rrsig_count == b->rrsig_count;

    for (size_t i = 0; same && i < a->rrsig_count; i++)
        same = slice_equal(rrset_rrsig(a, i), rrset_rrsig(b, i));
    return same;
}

/* RFC 2181 section 5.4.1; a set known to be bogus defends nothing. */
static bool may_stay(const struct rrset *old, const struct storing *storing)
{
    const struct rrset *set = storing->set;
    enum trust trust = (enum trust)old->trust;

    if (old == set)
        return true;
    if (storing->replace || !rrset_is_fresh(old, storing->now_s))
        return false;
    if (rrset_security(old) == SEC_BOGUS)
        trust = TRUST_NONE;
    if (set->trust != trust)
        return set->trust < trust;
    return old->expires_s >= expiry_beside(storing, old) &&
           old->rrsig_count >= set->rrsig_count && rrset_same_data(old, set) &&
           (rrset_security(old) != SEC_UNCHECKED || set->rrsig_count < old->rrsig_count ||
            has_same_signatures(old, set));
}

static bool look_if_stays(const struct shard_link *link, void *context)
{
    const struct slot *slot = slot_of(link);
    struct storing *storing = context;

    if (!slot_is(slot, &storing->key) || !may_stay(set_of(slot), storing))
        return false;
    storing->result = rrset_ref(set_of(slot));
    return true;
}

static bool match_storing(const struct shard_link *link, const void *context)
{
    return slot_is(slot_of(link), &((const struct storing *)context)->key);
}

/* What a parent told of an address, while nobody else has said anything. */
static bool is_last_resort(const struct rrset *old, const struct storing *storing)
{
    const struct rrset *fresh = storing->copy;

    return storing->key.flavour == RRSET_PLAIN && old->trust == TRUST_ADDITIONAL &&
           (old->type == TYPE_A || old->type == TYPE_AAAA) &&
           rrset_is_fresh(old, storing->now_s) &&
           (fresh->trust != TRUST_ADDITIONAL || !rrset_same_data(old, fresh));
}

static enum shard_verdict decide_store(struct shard_link *link, void *context)
{
    struct storing *storing = context;

    if (link != NULL) {
        const struct rrset *old = set_of(slot_of(link));
        int64_t expires_s = expiry_beside(storing, old);

        if (may_stay(old, storing)) {
            storing->result = rrset_ref(old);
            return SHARD_KEEP;
        }
        if (expires_s < storing->copy->expires_s) {
            storing->copy->ttl_s = (uint32_t)(expires_s - storing->now_s);
            rrset_set_expiry(storing->copy, expires_s);
        }
        carry_marks(slot_of(link), rrset_room(storing->copy), &storing->left);
        if (is_last_resort(old, storing))
            storing->glue = rrset_ref(old);
        rrset_supersede(old);
    }
    storing->result = rrset_ref(storing->copy);
    return SHARD_PUT;
}

static const struct rrset *put(struct rrset_cache *cache, struct storing *storing)
{
    struct shard_change change = {key_hash(cache, &storing->key), match_storing, decide_store,
                                  storing, NULL};
    struct slot *slot;

    if (storing->set->rr_count > RECORDS_MAX || storing->set->size_bytes > SET_BYTES_MAX)
        return NULL;
    if (shards_look(cache->shards, change.hash, look_if_stays, storing))
        return storing->result;
    storing->copy = rrset_publish(storing->set);
    if (storing->copy == NULL)
        return NULL;
    slot = rrset_room(storing->copy);
    shard_link_init(&slot->link, change.hash, shard_cost(rrset_kept_bytes(storing->copy)));
    slot->link.own[0] = storing->key.flavour == RRSET_PLAIN ? 0 : IS_PARENT_SIDE;
    change.fresh = &slot->link;
    if (shards_change(cache->shards, &change) != SHARD_PUT)
        slot_release(&slot->link);
    tell_left(cache, &storing->left);
    return storing->result;
}

static void keep_glue(struct rrset_cache *cache, const struct rrset *glue, bool replace,
                      int64_t now_s)
{
    struct storing storing = {
        .key = {rrset_owner(glue), glue->type, glue->rrclass, RRSET_PARENT_SIDE},
        .set = glue,
        .now_s = now_s,
        .replace = replace,
    };

    rrset_unref(put(cache, &storing));
}

static const struct rrset *store(struct rrset_cache *cache, struct storing *storing)
{
    const struct rrset *stored = put(cache, storing);

    if (storing->glue != NULL)
        keep_glue(cache, storing->glue, false, storing->now_s);
    rrset_unref(storing->glue);
    return stored;
}

const struct rrset *rrset_cache_store(struct rrset_cache *cache, const struct rrset *set,
                                      enum rrset_flavour flavour, int64_t now_s)
{
    struct storing storing = {
        .key = {rrset_owner(set), set->type, set->rrclass, (uint8_t)flavour},
        .set = set,
        .now_s = now_s,
    };

    return store(cache, &storing);
}

const struct rrset *rrset_cache_replace(struct rrset_cache *cache, const struct rrset *set,
                                        enum rrset_flavour flavour, int64_t now_s)
{
    struct storing storing = {
        .key = {rrset_owner(set), set->type, set->rrclass, (uint8_t)flavour},
        .set = set,
        .now_s = now_s,
        .replace = true,
    };

    return store(cache, &storing);
}

/* ---- finding ---- */

struct finding {
    struct rrset_key key;
    int64_t oldest_s; /* expiry that is still good enough */
    const struct rrset *result;
};

static bool look_find(const struct shard_link *link, void *context)
{
    const struct slot *slot = slot_of(link);
    struct finding *finding = context;

    if (set_of(slot)->expires_s <= finding->oldest_s || !slot_is(slot, &finding->key))
        return false;
    finding->result = rrset_ref(set_of(slot));
    return true;
}

const struct rrset *rrset_cache_find(struct rrset_cache *cache, struct dname owner,
                                     uint16_t type, uint16_t rrclass,
                                     enum rrset_flavour flavour, int64_t now_s,
                                     uint32_t stale_s)
{
    struct finding finding = {
        .key = {owner, type, rrclass, (uint8_t)flavour},
        .oldest_s = stale_s == UINT32_MAX ? INT64_MIN : now_s - stale_s,
    };

    shards_look(cache->shards, key_hash(cache, &finding.key), look_find, &finding);
    return finding.result;
}

/* The same by the same rank is in the cache as such. */
static const struct rrset *find_glue(struct rrset_cache *cache, struct dname owner,
                                     uint16_t type, uint16_t rrclass, int64_t now_s)
{
    const struct rrset *set =
        rrset_cache_find(cache, owner, type, rrclass, RRSET_PLAIN, now_s, 0);

    if (set == NULL || set->trust == TRUST_ADDITIONAL)
        return set;
    rrset_unref(set);
    return NULL;
}

void rrset_cache_keep_parent_side(struct rrset_cache *cache, const struct rrset *glue,
                                  int64_t now_s)
{
    const struct rrset *there =
        find_glue(cache, rrset_owner(glue), glue->type, glue->rrclass, now_s);

    if (there == NULL || !rrset_same_data(there, glue))
        keep_glue(cache, glue, true, now_s);
    rrset_unref(there);
}

const struct rrset *rrset_cache_find_parent_side(struct rrset_cache *cache, struct dname owner,
                                                 uint16_t type, uint16_t rrclass, int64_t now_s)
{
    const struct rrset *set =
        rrset_cache_find(cache, owner, type, rrclass, RRSET_PARENT_SIDE, now_s, 0);

    return set != NULL ? set : find_glue(cache, owner, type, rrclass, now_s);
}

/* ---- taking out and showing ---- */

static bool match_key(const struct shard_link *link, const void *context)
{
    return slot_is(slot_of(link), context);
}

struct taking_out {
    struct rrset_key key; /* first: match_key sees no more */
    struct left left;
};

static enum shard_verdict decide_drop(struct shard_link *link, void *context)
{
    struct taking_out *taking = context;

    if (link == NULL)
        return SHARD_KEEP;
    rrset_supersede(set_of(slot_of(link)));
    carry_marks(slot_of(link), NULL, &taking->left);
    return SHARD_DROP;
}

bool rrset_cache_drop(struct rrset_cache *cache, struct dname owner, uint16_t type,
                      uint16_t rrclass, enum rrset_flavour flavour)
{
    struct taking_out taking = {.key = {owner, type, rrclass, (uint8_t)flavour}};
    struct shard_change change = {key_hash(cache, &taking.key), match_key, decide_drop, &taking,
                                  NULL};
    bool dropped = shards_change(cache->shards, &change) == SHARD_DROP;

    tell_left(cache, &taking.left);
    return dropped;
}

struct dropping {
    bool (*drop)(void *context, const struct rrset *set);
    void *context;
};

static enum shard_verdict visit_drop(struct shard_link *link, void *context)
{
    const struct dropping *dropping = context;

    if (dropping->drop != NULL && !dropping->drop(dropping->context, set_of(slot_of(link))))
        return SHARD_KEEP;
    rrset_supersede(set_of(slot_of(link)));
    return SHARD_DROP;
}

size_t rrset_cache_drop_if(struct rrset_cache *cache,
                           bool (*drop)(void *context, const struct rrset *set), void *context)
{
    struct dropping dropping = {drop, context};

    return shards_visit(cache->shards, visit_drop, &dropping);
}

void rrset_cache_flush(struct rrset_cache *cache)
{
    struct dropping all = {NULL, NULL};

    shards_visit(cache->shards, visit_drop, &all);
    shards_flush(cache->shards); /* and the large bucket arrays */
}

struct showing {
    void (*show)(void *context, const struct rrset *set, enum rrset_flavour flavour);
    void *context;
};

static enum shard_verdict visit_show(struct shard_link *link, void *context)
{
    const struct showing *showing = context;
    const struct slot *slot = slot_of(link);

    showing->show(showing->context, set_of(slot), flavour_of(slot));
    return SHARD_KEEP;
}

void rrset_cache_visit(struct rrset_cache *cache,
                       void (*show)(void *context, const struct rrset *set,
                                    enum rrset_flavour flavour),
                       void *context)
{
    struct showing showing = {show, context};

    shards_visit(cache->shards, visit_show, &showing);
}

struct taking {
    const struct rrset **sets;
    uint8_t *flavours;
    size_t count, most;
};

static enum shard_verdict visit_take(struct shard_link *link, void *context)
{
    const struct slot *slot = slot_of(link);
    struct taking *taking = context;

    if (taking->count < taking->most) {
        taking->flavours[taking->count] = (uint8_t)flavour_of(slot);
        taking->sets[taking->count++] = rrset_ref(set_of(slot));
    }
    return SHARD_KEEP;
}

size_t rrset_cache_take_some(struct rrset_cache *cache, struct shards_place *place,
                             const struct rrset **sets, uint8_t *flavours, size_t most)
{
    struct taking taking = {sets, flavours, 0, most};

    shards_visit_some(cache->shards, place, visit_take, &taking);
    return taking.count;
}

uint64_t rrset_cache_size_bytes(const struct rrset_cache *cache)
{
    return shards_state(cache->shards).size_bytes;
}

uint64_t rrset_cache_count(const struct rrset_cache *cache)
{
    return shards_state(cache->shards).entries;
}

/* ---- marks ---- */

void rrset_cache_tell_of_left(struct rrset_cache *cache, rrset_cache_tell *tell, void *context)
{
    cache->tell = tell;
    cache->listener = context;
}

static void change_mark(struct rrset_cache *cache, struct marking *marking)
{
    struct shard_change change = {key_hash(cache, &marking->key), match_marking, decide_mark,
                                  marking, NULL};

    shards_change(cache->shards, &change);
}

static struct rrset_key key_of_plain(const struct rrset *set)
{
    return (struct rrset_key){rrset_owner(set), set->type, set->rrclass, RRSET_PLAIN};
}

bool rrset_cache_mark(struct rrset_cache *cache, const struct rrset *set,
                      enum rrset_answers whom, uint8_t mark)
{
    struct marking marking = {
        .key = key_of_plain(set), .only = set, .whom = whom, .replaces = true, .mark = mark};

    change_mark(cache, &marking);
    return marking.is_there;
}

uint8_t rrset_cache_add_to_mark(struct rrset_cache *cache, const struct rrset *set,
                                enum rrset_answers whom, uint8_t bits)
{
    struct marking marking = {
        .key = key_of_plain(set), .only = set, .whom = whom, .mark = bits};

    change_mark(cache, &marking);
    return marking.before;
}

bool rrset_cache_unmark(struct rrset_cache *cache, struct dname owner, uint16_t type,
                        uint16_t rrclass, enum rrset_answers whom, const struct rrset *only)
{
    struct marking marking = {.key = {owner, type, rrclass, RRSET_PLAIN},
                              .only = only,
                              .whom = whom,
                              .replaces = true};

    change_mark(cache, &marking);
    return marking.before != 0;
}

struct finding_marked {
    struct finding finding;
    enum rrset_answers whom;
    uint8_t mark;
};

static bool look_find_marked(const struct shard_link *link, void *context)
{
    struct finding_marked *marked = context;

    marked->mark = link->own[marked->whom];
    return marked->mark != 0 && look_find(link, &marked->finding);
}

const struct rrset *rrset_cache_find_marked(struct rrset_cache *cache, struct dname owner,
                                            uint16_t type, uint16_t rrclass,
                                            enum rrset_answers whom, int64_t oldest_s,
                                            uint8_t *mark)
{
    struct finding_marked marked = {
        .finding = {.key = {owner, type, rrclass, RRSET_PLAIN}, .oldest_s = oldest_s},
        .whom = whom,
    };

    shards_look(cache->shards, key_hash(cache, &marked.finding.key), look_find_marked, &marked);
    *mark = marked.mark;
    return marked.finding.result;
}

struct unmarking {
    bool (*unmark)(void *context, const struct rrset *set, enum rrset_answers whom,
                   uint8_t mark);
    void *context;
    size_t count;
};

static enum shard_verdict visit_unmark(struct shard_link *link, void *context)
{
    struct unmarking *unmarking = context;

    for (unsigned i = 0; flavour_of(slot_of(link)) == RRSET_PLAIN && i < RRSET_ANSWERS; i++) {
        uint8_t *mark = &link->own[i];

        if (*mark == 0 || !unmarking->unmark(unmarking->context, set_of(slot_of(link)),
                                             (enum rrset_answers)i, *mark))
            continue;
        *mark = 0;
        unmarking->count++;
    }
    return SHARD_KEEP;
}

size_t rrset_cache_unmark_if(struct rrset_cache *cache,
                             bool (*unmark)(void *context, const struct rrset *set,
                                            enum rrset_answers whom, uint8_t mark),
                             void *context)
{
    struct unmarking unmarking = {unmark, context, 0};

    shards_visit(cache->shards, visit_unmark, &unmarking);
    return unmarking.count;
}

struct taking_marked {
    const struct rrset **sets;
    enum rrset_answers *whom;
    uint8_t *marks;
    size_t count, most;
};

static enum shard_verdict visit_take_marked(struct shard_link *link, void *context)
{
    struct taking_marked *taking = context;

    if (flavour_of(slot_of(link)) != RRSET_PLAIN)
        return SHARD_KEEP;
    for (unsigned i = 0; i < RRSET_ANSWERS && taking->count < taking->most; i++) {
        if (link->own[i] == 0)
            continue;
        taking->whom[taking->count] = (enum rrset_answers)i;
        taking->marks[taking->count] = link->own[i];
        taking->sets[taking->count++] = rrset_ref(set_of(slot_of(link)));
    }
    return SHARD_KEEP;
}

size_t rrset_cache_take_marked(struct rrset_cache *cache, struct shards_place *place,
                               const struct rrset **sets, enum rrset_answers *whom,
                               uint8_t *marks, size_t most)
{
    struct taking_marked taking = {sets, whom, marks, 0, most};

    shards_visit_some(cache->shards, place, visit_take_marked, &taking);
    return taking.count;
}
