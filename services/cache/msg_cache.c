/*
 * msg_cache.c - answers by question, each in one packed allocation.
 *
 * Called by the client's side (a hit), the mesh and the iterator (store), and control. Knows
 * nothing of how an answer is written or judged; never looks at a clock.
 *
 * Layout of an entry: table link, struct msg_entry, RRset pointers, qname, texts of the
 * reasons; and where a memo was made, its struct, what it shows, its images. It is counted: the table has one reference, each hit takes another. A remembered
 * failure (RFC 9520) has a key of its own, so that it does not push out the expired answer that
 * may still be served (RFC 8767).
 */
#include "services/cache/msg_cache.h"

#include <stdlib.h>
#include <string.h>

#include "util/shards.h"

/* How long after its end a failure still makes the next one last longer; RFC 9520 section 3.2.
 */
enum { FAILURE_MEMORY_S = 300 };

struct msg_cache {
    struct shards *shards;
    struct hash_key key;
    _Atomic int64_t forgotten_s; /* failures stored up to then do not count */
};

struct packed {
    struct shard_link link;
    struct msg_entry entry;
};

struct msg_key {
    struct question question;
    uint8_t flavour;
};

static const struct msg_entry *entry_of(const struct shard_link *link)
{
    return &CONTAINER_OF(link, const struct packed, link)->entry;
}

static uint64_t question_hash(const struct msg_cache *cache, const struct question *question,
                              uint8_t flavour)
{
    return dname_hash_whole(question->qname,
                            (uint64_t)flavour << 32 | (uint64_t)question->qclass << 16 |
                                question->qtype,
                            cache->key);
}

static uint64_t key_hash(const struct msg_cache *cache, const struct msg_key *key)
{
    return question_hash(cache, &key->question, key->flavour);
}

static bool entry_answers(const struct msg_entry *entry, const struct question *question,
                          uint8_t flavour)
{
    return entry->qtype == question->qtype && entry->qclass == question->qclass &&
           entry->flavour == flavour && dname_equal(entry->qname, question->qname);
}

static bool entry_is(const struct msg_entry *entry, const struct msg_key *key)
{
    return entry_answers(entry, &key->question, key->flavour);
}

static const struct msg_entry *entry_ref(const struct msg_entry *entry)
{
    atomic_fetch_add_explicit(&((struct msg_entry *)entry)->references, 1,
                              memory_order_relaxed);
    return entry;
}

static size_t entry_rrsets(const struct msg_entry *entry)
{
    return (size_t)entry->count[0] + entry->count[1] + entry->count[2];
}

void msg_entry_unref(const struct msg_entry *entry)
{
    struct msg_entry *mine = (struct msg_entry *)entry;

    if (entry == NULL ||
        atomic_fetch_sub_explicit(&mine->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < entry_rrsets(mine); i++) {
        rrset_unref(mine->rrsets[i]);
        if (mine->memo != NULL)
            rrset_unref(mine->memo->shown[i].set);
    }
    free(CONTAINER_OF(mine, struct packed, entry));
}

static void entry_release(struct shard_link *link)
{
    msg_entry_unref(entry_of(link));
}

struct msg_cache *msg_cache_new(uint64_t size_bytes, unsigned shards, struct hash_key key)
{
    struct msg_cache *cache = malloc(sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->key = key;
    atomic_init(&cache->forgotten_s, INT64_MIN);
    cache->shards = shards_new(size_bytes, shards, entry_release);
    if (cache->shards != NULL)
        return cache;
    free(cache);
    return NULL;
}

void msg_cache_free(struct msg_cache *cache)
{
    if (cache == NULL)
        return;
    shards_free(cache->shards);
    free(cache);
}

void msg_cache_resize(struct msg_cache *cache, uint64_t size_bytes)
{
    shards_resize(cache->shards, size_bytes);
}

/* ---- packing ---- */

/*
 * What a reference to an RRset costs. The RRset cache pays for what it holds; but a set that it
 * has evicted lives on as long as messages refer to it, and then they are the ones who keep it
 * in memory. So the first four messages that refer to a set share its price, later ones of many
 * (an SOA under all its NXDOMAINs) pay a quarter each: the sum covers the set without charging
 * it a thousand times. Two references are not messages': the cache's and the storing query's.
 */
static uint32_t share_of(const struct rrset *set)
{
    unsigned references = atomic_load_explicit(&set->references, memory_order_relaxed);
    unsigned holders = references > 2 ? references - 2 : 1;

    return shard_cost(rrset_kept_bytes(set)) / (holders < 4 ? holders : 4);
}

static size_t aligned(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

/* With what aligning its beginning may take. */
static size_t memo_size(const struct msg_memo *memo, size_t rrsets)
{
    size_t size = aligned(1) + sizeof(*memo) + rrsets * sizeof(struct msg_shown);

    for (size_t i = 0; i < MSG_IMAGES; i++)
        size += aligned(memo->image[i].size);
    return size;
}

/* @return what the entry is charged for RRsets that are not its own. */
static uint32_t pack_memo(struct msg_entry *entry, const struct msg_memo *memo, uint8_t *at)
{
    size_t rrsets = entry_rrsets(entry);
    uint32_t charge = 0;
    struct msg_memo *copy = (struct msg_memo *)(void *)(at + (-(uintptr_t)at & 7));
    struct msg_shown *shown = (struct msg_shown *)(copy + 1);

    *copy = *memo;
    copy->shown = shown;
    at = (uint8_t *)(shown + rrsets);
    for (size_t i = 0; i < rrsets; i++) {
        shown[i] = (struct msg_shown){rrset_ref(memo->shown[i].set), memo->shown[i].security};
        charge += shown[i].set == entry->rrsets[i] ? 0 : share_of(shown[i].set);
    }
    for (size_t i = 0; i < MSG_IMAGES; i++) {
        if (memo->image[i].size != 0)
            copy->image[i].data = memcpy(at, memo->image[i].data, memo->image[i].size);
        at += aligned(memo->image[i].size);
    }
    entry->memo = copy;
    return charge;
}

static size_t packed_size(const struct msg_store *what)
{
    size_t size = sizeof(struct packed) + what->question->qname.size +
                  message_rrsets(what->message) * sizeof(const struct rrset *);

    for (size_t i = 0; what->reasons != NULL && i < what->reasons->count; i++)
        size += strlen(what->reasons->item[i].text) + 1;
    return size;
}

static void pack_reasons(struct msg_entry *entry, const struct reasons *reasons, char *at)
{
    if (reasons == NULL)
        return;
    ASSERT(reasons->count <= REASONS_MAX);
    entry->reasons.count = reasons->count;
    for (size_t i = 0; i < reasons->count; i++) {
        size_t size = strlen(reasons->item[i].text) + 1;

        entry->reasons.item[i].code = reasons->item[i].code;
        entry->reasons.item[i].text = memcpy(at, reasons->item[i].text, size);
        at += size;
    }
}

/* Takes a reference of each RRset. @return what the entry is charged for them. */
static uint32_t pack_rrsets(struct msg_entry *entry, const struct message *message)
{
    uint32_t charge = 0;

    memcpy(entry->count, message->count, sizeof(entry->count));
    for (size_t i = 0; i < message_rrsets(message); i++) {
        entry->rrsets[i] = rrset_ref(message->rrsets[i]);
        charge += share_of(entry->rrsets[i]);
    }
    return charge;
}

static void pack_fields(struct msg_entry *entry, const struct msg_store *what)
{
    entry->ttl_s = what->ttl_s;
    entry->failure_ttl_s = what->failure_ttl_s;
    entry->stored_s = what->now_s;
    entry->expires_s = what->now_s + entry->ttl_s;
    entry->prefetch_at_s = what->prefetch_s == 0 ? INT64_MAX : what->now_s + what->prefetch_s;
    entry->rcode = what->message->rcode;
    entry->flags = what->message->flags & (uint16_t) ~(FLAG_AA | FLAG_TC | FLAG_AD);
    if (what->security == SEC_SECURE)
        entry->flags |= FLAG_AD;
    entry->qtype = what->question->qtype;
    entry->qclass = what->question->qclass;
    entry->flavour = what->flavour;
    entry->security = (uint8_t)what->security;
}

/* @param memo NULL: none. */
static struct packed *pack(const struct msg_store *what, uint64_t hash,
                           const struct msg_memo *memo)
{
    size_t bare_size = packed_size(what), rrsets = message_rrsets(what->message);
    size_t size = bare_size + (memo == NULL ? 0 : memo_size(memo, rrsets));
    struct packed *packed = calloc(1, size);
    uint32_t charge = 0;
    uint8_t *qname;

    if (packed == NULL)
        return NULL;
    atomic_init(&packed->entry.references, 1);
    packed->entry.rrsets = (const struct rrset **)(void *)(packed + 1);
    qname = (uint8_t *)(packed->entry.rrsets + rrsets);
    packed->entry.qname = what->question->qname;
    packed->entry.qname.wire =
        memcpy(qname, what->question->qname.wire, what->question->qname.size);
    pack_fields(&packed->entry, what);
    pack_reasons(&packed->entry, what->reasons, (char *)qname + what->question->qname.size);
    packed->entry.size_bytes = (uint32_t)size;
    charge = shard_cost(size) + pack_rrsets(&packed->entry, what->message);
    if (memo != NULL)
        charge += pack_memo(&packed->entry, memo, (uint8_t *)packed + bare_size);
    shard_link_init(&packed->link, hash, charge);
    return packed;
}

/* ---- storing ---- */

static bool match_key(const struct shard_link *link, const void *context)
{
    return entry_is(entry_of(link), context);
}

static enum shard_verdict decide_put(struct shard_link *link, void *context)
{
    (void)link, (void)context;
    return SHARD_PUT;
}

static enum shard_verdict decide_drop(struct shard_link *link, void *context)
{
    (void)context;
    return link == NULL ? SHARD_KEEP : SHARD_DROP;
}

static bool drop_key(struct msg_cache *cache, const struct msg_key *key)
{
    struct shard_change change = {key_hash(cache, key), match_key, decide_drop, (void *)key,
                                  NULL};

    return shards_change(cache->shards, &change) == SHARD_DROP;
}

static bool rrsets_are_published(const struct message *message)
{
    for (size_t i = 0; i < message_rrsets(message); i++) {
        if (atomic_load_explicit(&message->rrsets[i]->references, memory_order_relaxed) == 0)
            return false;
    }
    return true;
}

enum status msg_cache_store(struct msg_cache *cache, const struct msg_store *what)
{
    struct msg_key key = {*what->question, what->flavour};
    struct shard_change change = {key_hash(cache, &key), match_key, decide_put, &key, NULL};
    struct packed *packed;

    if (!rrsets_are_published(what->message)) /* one that the RRset cache did not take */
        return STATUS_LIMIT;
    packed = pack(what, change.hash, NULL);
    if (packed == NULL)
        return STATUS_NO_MEMORY;
    change.fresh = &packed->link;
    if (shards_change(cache->shards, &change) != SHARD_PUT) {
        entry_release(&packed->link);
        return STATUS_LIMIT;
    }
    if ((key.flavour & MSG_FLAVOUR_FAILURE) == 0) {
        key.flavour |= MSG_FLAVOUR_FAILURE;
        drop_key(cache, &key);
    }
    return STATUS_OK;
}

/* ---- finding ---- */

struct finding {
    struct msg_key key;
    int64_t oldest_s;    /* expiry that is still good enough */
    int64_t forgotten_s; /* of failures */
    const struct msg_entry *result;
};

static bool look_find(const struct shard_link *link, void *context)
{
    const struct msg_entry *entry = entry_of(link);
    struct finding *finding = context;

    if (entry->expires_s <= finding->oldest_s || !entry_is(entry, &finding->key))
        return false;
    if (entry->failure_ttl_s != 0 && entry->stored_s <= finding->forgotten_s)
        return false;
    finding->result = entry_ref(entry);
    return true;
}

static const struct msg_entry *find(struct msg_cache *cache, const struct msg_key *key,
                                    int64_t oldest_s)
{
    struct finding finding = {
        *key, oldest_s, atomic_load_explicit(&cache->forgotten_s, memory_order_relaxed), NULL};

    shards_look(cache->shards, key_hash(cache, key), look_find, &finding);
    return finding.result;
}

const struct msg_entry *msg_cache_find(struct msg_cache *cache, const struct question *question,
                                       uint8_t flavour, int64_t now_s, uint32_t stale_s)
{
    struct msg_key key = {*question, flavour};

    return find(cache, &key, stale_s == UINT32_MAX ? INT64_MIN : now_s - stale_s);
}

struct showing {
    const struct question *question;
    uint8_t flavour;
    int64_t now_s;
    msg_cache_use *use;
    void *context;
    bool used;
};

static bool look_show(const struct shard_link *link, void *context)
{
    const struct msg_entry *entry = entry_of(link);
    struct showing *showing = context;

    if (entry->expires_s <= showing->now_s ||
        !entry_answers(entry, showing->question, showing->flavour))
        return false;
    showing->used = showing->use(entry, showing->context);
    return true;
}

bool msg_cache_show(struct msg_cache *cache, struct shards_reader *reader,
                    const struct question *question, uint8_t flavour, int64_t now_s,
                    msg_cache_use *use, void *context)
{
    struct showing showing = {question, flavour, now_s, use, context, false};

    shards_peek(cache->shards, reader, question_hash(cache, question, flavour), look_show,
                &showing);
    return showing.used;
}

struct shards_reader *msg_cache_reader_new(struct msg_cache *cache)
{
    return shards_reader_new(cache->shards);
}

void msg_cache_reader_free(struct shards_reader *reader)
{
    shards_reader_free(reader);
}

/* ---- taking out and changing ---- */

void msg_cache_forget_failures(struct msg_cache *cache, int64_t now_s)
{
    atomic_store_explicit(&cache->forgotten_s, now_s, memory_order_relaxed);
}

bool msg_cache_drop(struct msg_cache *cache, const struct question *question, uint8_t flavour)
{
    struct msg_key answer = {*question, flavour};
    struct msg_key failure = {*question, flavour | MSG_FLAVOUR_FAILURE};
    bool dropped_answer = drop_key(cache, &answer);
    bool dropped_failure = drop_key(cache, &failure);

    return dropped_answer || dropped_failure;
}

/* Entries are immutable: a copy takes the place of one that has to change. */
static struct packed *pack_again(const struct msg_entry *entry, uint64_t hash,
                                 const struct msg_memo *memo)
{
    struct question question = {entry->qname, entry->qtype, entry->qclass};
    struct message message = {
        .rcode = entry->rcode, .flags = entry->flags, .rrsets = entry->rrsets};
    struct msg_store what = {
        .message = &message,
        .question = &question,
        .flavour = entry->flavour,
        .security = (enum security)entry->security,
        .reasons = &entry->reasons,
        .failure_ttl_s = entry->failure_ttl_s,
    };
    struct packed *packed;

    memcpy(message.count, entry->count, sizeof(message.count));
    packed = pack(&what, hash, memo);
    if (packed == NULL)
        return NULL;
    packed->entry.ttl_s = entry->ttl_s;
    packed->entry.stored_s = entry->stored_s;
    packed->entry.prefetch_at_s = entry->prefetch_at_s;
    packed->entry.expires_s = entry->expires_s;
    return packed;
}

static enum status put_again(struct msg_cache *cache, struct shard_change *change,
                             struct packed *packed)
{
    change->fresh = &packed->link;
    if (shards_change(cache->shards, change) == SHARD_PUT)
        return STATUS_OK;
    entry_release(&packed->link);
    return STATUS_LIMIT;
}

static enum status put_expiring(struct msg_cache *cache, const struct msg_key *key,
                                const struct msg_entry *entry, int64_t expires_s)
{
    struct shard_change change = {key_hash(cache, key), match_key, decide_put, (void *)key,
                                  NULL};
    struct packed *packed = pack_again(entry, change.hash, NULL);

    if (packed == NULL)
        return STATUS_NO_MEMORY;
    packed->entry.expires_s = expires_s;
    return put_again(cache, &change, packed);
}

static bool match_entry(const struct shard_link *link, const void *context)
{
    return entry_of(link) == context;
}

static enum shard_verdict decide_if_there(struct shard_link *link, void *context)
{
    (void)context;
    return link == NULL ? SHARD_KEEP : SHARD_PUT;
}

enum status msg_cache_keep_memo(struct msg_cache *cache, const struct msg_entry *entry,
                                const struct msg_memo *memo)
{
    const struct msg_key key = {{entry->qname, entry->qtype, entry->qclass}, entry->flavour};
    struct shard_change change = {key_hash(cache, &key), match_entry, decide_if_there,
                                  (void *)entry, NULL};
    struct packed *packed = pack_again(entry, change.hash, memo);
    enum status status;

    if (packed == NULL)
        return STATUS_NO_MEMORY;
    atomic_init(&packed->entry.was_hit, true);
    status = put_again(cache, &change, packed);
    if (status == STATUS_LIMIT)
        atomic_store_explicit(&((struct msg_entry *)entry)->memo_is_refused, true,
                              memory_order_relaxed);
    return status;
}

bool msg_cache_expire(struct msg_cache *cache, const struct question *question, uint8_t flavour,
                      int64_t expires_s)
{
    struct msg_key key = {*question, flavour};
    const struct msg_entry *entry = find(cache, &key, INT64_MIN);
    bool done = entry != NULL && put_expiring(cache, &key, entry, expires_s) == STATUS_OK;

    msg_entry_unref(entry);
    return done;
}

struct dropping {
    bool (*drop)(void *context, const struct msg_entry *entry);
    void *context;
};

static enum shard_verdict visit_drop(struct shard_link *link, void *context)
{
    const struct dropping *dropping = context;

    return dropping->drop(dropping->context, entry_of(link)) ? SHARD_DROP : SHARD_KEEP;
}

size_t msg_cache_drop_if(struct msg_cache *cache,
                         bool (*drop)(void *context, const struct msg_entry *entry),
                         void *context)
{
    struct dropping dropping = {drop, context};

    return shards_visit(cache->shards, visit_drop, &dropping);
}

struct taking {
    const struct msg_entry **entries;
    size_t count, most;
};

static enum shard_verdict visit_take(struct shard_link *link, void *context)
{
    struct taking *taking = context;

    if (taking->count < taking->most)
        taking->entries[taking->count++] = entry_ref(entry_of(link));
    return SHARD_KEEP;
}

size_t msg_cache_take_some(struct msg_cache *cache, struct shards_place *place,
                           const struct msg_entry **entries, size_t most)
{
    struct taking taking = {entries, 0, most};

    shards_visit_some(cache->shards, place, visit_take, &taking);
    return taking.count;
}

void msg_cache_flush(struct msg_cache *cache)
{
    shards_flush(cache->shards);
}

uint64_t msg_cache_size_bytes(const struct msg_cache *cache)
{
    return shards_state(cache->shards).size_bytes;
}

uint64_t msg_cache_count(const struct msg_cache *cache)
{
    return shards_state(cache->shards).entries;
}
