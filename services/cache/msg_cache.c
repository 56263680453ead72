/*
 * msg_cache.c - answers by question.
 *
 * Called by the client's side (a hit), the mesh and the iterator (store), and control. Knows
 * nothing of how an answer is written or judged; never looks at a clock.
 *
 * How an entry lies in memory is told in msg_pack.c. A remembered failure (RFC 9520) has a key
 * of its own, so that it does not push out the expired answer that may still be served (RFC
 * 8767).
 *
 * A plain answer is a mark at its RRset. There is never both of it, mark and entry, but for a
 * moment: whoever stores one takes the other away, the old one last; who looks finds the entry
 * first. The entry that is made for who finds a mark is nobody else's. When such an answer gets
 * a memo, or its RRset another one in its place, it becomes an entry like others.
 */
#include "services/cache/msg_cache.h"

#include <stdlib.h>
#include <string.h>

#include "services/cache/msg_pack.h"

/* How long after its end a failure still makes the next one last longer; RFC 9520 section 3.2.
 */
enum { FAILURE_MEMORY_S = 300 };

struct msg_cache {
    struct shards *shards;
    struct hash_key key;
    _Atomic int64_t forgotten_s; /* failures stored up to then do not count */
    atomic_bool has_kept; /* once there was one of MSG_FLAVOUR_KEPT: else nobody need look */
    struct rrset_cache *rrsets;  /* where marks are; NULL: plain answers are kept like others */
};

struct msg_key {
    struct question question;
    uint8_t flavour;
};

static inline uint64_t question_hash(const struct msg_cache *cache, const struct question *question,
                              uint8_t flavour)
{
    return dname_hash_beside(question->qname,
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

struct msg_cache *msg_cache_new(uint64_t size_bytes, unsigned shards, struct hash_key key)
{
    struct msg_cache *cache = malloc(sizeof(*cache));

    if (cache == NULL)
        return NULL;
    cache->key = key;
    cache->rrsets = NULL;
    atomic_init(&cache->forgotten_s, INT64_MIN);
    atomic_init(&cache->has_kept, false);
    cache->shards = shards_new(size_bytes, shards, msg_entry_release);
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

/* ---- plain answers ---- */

static bool may_have_mark(const struct msg_cache *cache, uint8_t flavour)
{
    return cache->rrsets != NULL && msg_whom_of(flavour) != RRSET_ANSWERS;
}

static bool is_plain(const struct msg_cache *cache, const struct msg_store *what)
{
    const struct message *message = what->message;
    const struct question *question = what->question;
    const struct rrset *set;

    if (!may_have_mark(cache, what->flavour) || message->rcode != RCODE_NOERROR ||
        message_rrsets(message) != 1 || message->count[SECTION_ANSWER] != 1 ||
        (what->reasons != NULL && what->reasons->count != 0) || what->failure_ttl_s != 0)
        return false;
    set = message->rrsets[0];
    return rrset_is(set, question->qname, question->qtype, question->qclass) &&
           what->ttl_s != 0 && set->expires_s == what->now_s + what->ttl_s &&
           (what->prefetch_s == 0 || what->now_s + what->prefetch_s == msg_prefetch_at_s(set));
}

static bool keep_plain(struct msg_cache *cache, const struct msg_store *what)
{
    unsigned mark = RRSET_MARK_IS_SET | what->security;

    mark |= what->prefetch_s == 0 ? 0 : MARK_PREFETCH;
    return rrset_cache_mark(cache->rrsets, what->message->rrsets[0], msg_whom_of(what->flavour),
                            (uint8_t)mark);
}

static bool drop_plain(struct msg_cache *cache, const struct msg_key *key)
{
    const struct question *question = &key->question;

    return may_have_mark(cache, key->flavour) &&
           rrset_cache_unmark(cache->rrsets, question->qname, question->qtype, question->qclass,
                              msg_whom_of(key->flavour), NULL);
}

static const struct msg_entry *find_plain(struct msg_cache *cache, const struct msg_key *key,
                                          int64_t oldest_s)
{
    const struct question *question = &key->question;
    const struct rrset *set;
    struct msg_packed *packed;
    uint8_t mark;

    if (!may_have_mark(cache, key->flavour))
        return NULL;
    set = rrset_cache_find_marked(cache->rrsets, question->qname, question->qtype,
                                  question->qclass, msg_whom_of(key->flavour), oldest_s, &mark);
    if (set == NULL)
        return NULL;
    packed = malloc(sizeof(*packed) + sizeof(const struct rrset *) + question->qname.size);
    if (packed == NULL) {
        rrset_unref(set);
        return NULL;
    }
    msg_unfold(packed, set, msg_whom_of(key->flavour), mark);
    /* In the letters of the question: those of the RRset are as random as what servers were
     * asked with, and so would be slow to compare. */
    packed->entry.qname.wire =
        memcpy(packed->entry.rrsets + 1, question->qname.wire, question->qname.size);
    return &packed->entry;
}

/* ---- storing ---- */

static bool match_key(const struct shard_link *link, const void *context)
{
    return entry_is(msg_entry_of(link), context);
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

static const struct msg_entry *find(struct msg_cache *cache, const struct msg_key *key,
                                    int64_t oldest_s);

static void set_for_all(const struct msg_entry *entry, bool value)
{
    atomic_store_explicit(&((struct msg_entry *)entry)->is_for_all, value, memory_order_relaxed);
}

/* From now on who sets CD has an answer of his own; others can have it, too, if it was judged. */
static void end_for_all(struct msg_cache *cache, const struct msg_store *what)
{
    struct msg_key others = {*what->question, what->flavour ^ MSG_FLAVOUR_CD};
    const struct msg_entry *entry = find(cache, &others, INT64_MIN);

    if (entry != NULL)
        set_for_all(entry, false);
    msg_entry_unref(entry);
    others.flavour |= MSG_FLAVOUR_FAILURE;
    if (what->security == SEC_SECURE || what->security == SEC_INSECURE)
        drop_key(cache, &others);
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
    struct msg_packed *packed;

    if (!rrsets_are_published(what->message)) /* one that the RRset cache did not take */
        return STATUS_LIMIT;
    if (what->flavour == MSG_FLAVOUR_KEPT)
        atomic_store_explicit(&cache->has_kept, true, memory_order_relaxed);
    if (is_plain(cache, what) && keep_plain(cache, what)) {
        drop_key(cache, &key);
    } else {
        packed = msg_pack(what, change.hash, NULL);
        if (packed == NULL)
            return STATUS_NO_MEMORY;
        change.fresh = &packed->link;
        if (shards_change(cache->shards, &change) != SHARD_PUT) {
            msg_entry_release(&packed->link);
            return STATUS_LIMIT;
        }
        drop_plain(cache, &key);
    }
    if ((key.flavour & (MSG_FLAVOUR_CD | MSG_FLAVOUR_FAILURE)) == MSG_FLAVOUR_CD)
        end_for_all(cache, what);
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
    const struct msg_entry *entry = msg_entry_of(link);
    struct finding *finding = context;

    if (entry->expires_s <= finding->oldest_s || !entry_is(entry, &finding->key))
        return false;
    if (entry->failure_ttl_s != 0 && entry->stored_s <= finding->forgotten_s)
        return false;
    finding->result = msg_entry_ref(entry);
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

const struct msg_entry *msg_cache_find_denial(struct msg_cache *cache,
                                              const struct question *question, uint8_t flavour,
                                              int64_t now_s)
{
    struct msg_key key = {*question, flavour};

    return find(cache, &key, now_s);
}

const struct msg_entry *msg_cache_find(struct msg_cache *cache, const struct question *question,
                                       uint8_t flavour, int64_t now_s, uint32_t stale_s)
{
    struct msg_key key = {*question, flavour};
    int64_t oldest_s = stale_s == UINT32_MAX ? INT64_MIN : now_s - stale_s;
    const struct msg_entry *entry, *plain;

    if (flavour == MSG_FLAVOUR_KEPT &&
        !atomic_load_explicit(&cache->has_kept, memory_order_relaxed))
        return NULL;
    entry = find(cache, &key, oldest_s);
    if (entry != NULL && entry->expires_s > now_s)
        return entry;
    plain = find_plain(cache, &key, entry == NULL ? oldest_s : now_s);
    if (plain == NULL)
        return entry;
    msg_entry_unref(entry);
    return plain;
}

struct showing {
    const struct msg_wanted *wanted;
    msg_cache_use *use;
    void *context;
    bool used;
};

static bool look_show(const struct shard_link *link, void *context)
{
    const struct msg_entry *entry = msg_entry_of(link);
    struct showing *showing = context;

    if (entry->expires_s <= showing->wanted->now_s ||
        !entry_answers(entry, &showing->wanted->question, showing->wanted->flavour))
        return false;
    showing->used = showing->use(entry, showing->context);
    return true;
}

bool msg_cache_show(struct msg_cache *cache, struct shards_reader *reader,
                    const struct msg_wanted *wanted, msg_cache_use *use, void *context)
{
    struct showing showing = {wanted, use, context, false};

    shards_peek(cache->shards, reader,
                question_hash(cache, &wanted->question, wanted->flavour), look_show, &showing);
    return showing.used;
}

uint64_t msg_cache_place(const struct msg_cache *cache, const struct question *question)
{
    return question_hash(cache, question, MSG_FLAVOUR_NONE);
}

void msg_cache_foresee(struct msg_cache *cache, struct shards_reader *reader,
                       const uint64_t *places, size_t count)
{
    shards_foresee(cache->shards, reader, places, count);
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

bool msg_cache_is_forgotten(const struct msg_cache *cache, const struct msg_entry *entry)
{
    return entry->failure_ttl_s != 0 &&
           entry->stored_s <= atomic_load_explicit(&cache->forgotten_s, memory_order_relaxed);
}

bool msg_cache_drop(struct msg_cache *cache, const struct question *question, uint8_t flavour)
{
    struct msg_key answer = {*question, flavour};
    struct msg_key failure = {*question, flavour | MSG_FLAVOUR_FAILURE};
    bool dropped_answer = drop_key(cache, &answer);
    bool dropped_plain = drop_plain(cache, &answer);
    bool dropped_failure = drop_key(cache, &failure);

    return dropped_answer || dropped_plain || dropped_failure;
}

static enum status put_again(struct msg_cache *cache, struct shard_change *change,
                             struct msg_packed *packed)
{
    change->fresh = &packed->link;
    if (shards_change(cache->shards, change) == SHARD_PUT)
        return STATUS_OK;
    msg_entry_release(&packed->link);
    return STATUS_LIMIT;
}

static enum status put_expiring(struct msg_cache *cache, const struct msg_key *key,
                                const struct msg_entry *entry, int64_t expires_s)
{
    struct shard_change change = {key_hash(cache, key), match_key, decide_put, (void *)key,
                                  NULL};
    struct msg_packed *packed = msg_pack_again(entry, change.hash, NULL);

    if (packed == NULL)
        return STATUS_NO_MEMORY;
    packed->entry.expires_s = expires_s;
    return put_again(cache, &change, packed);
}

static enum shard_verdict decide_if_absent(struct shard_link *link, void *context)
{
    (void)context;
    return link == NULL ? SHARD_PUT : SHARD_KEEP;
}

/* The RRset of a plain answer is about to go: until something newer is stored, or it is seen
 * that the new one may be shown (services/client/hit.c), the answer is what it was. */
static void keep_replaced(void *context, const struct rrset *set, enum rrset_answers whom,
                          uint8_t mark)
{
    struct msg_cache *cache = context;
    struct msg_unfolded unfolded;
    const struct msg_entry *entry = &unfolded.packed.entry;
    struct msg_key key;
    struct msg_packed *packed;

    msg_unfold(&unfolded.packed, set, whom, mark);
    key = (struct msg_key){{entry->qname, entry->qtype, entry->qclass}, entry->flavour};
    struct shard_change change = {key_hash(cache, &key), match_key, decide_if_absent, &key,
                                  NULL};
    packed = msg_pack_again(entry, change.hash, NULL);
    if (packed != NULL)
        (void)put_again(cache, &change, packed);
}

void msg_cache_rest_on(struct msg_cache *cache, struct rrset_cache *rrsets)
{
    cache->rrsets = rrsets;
    rrset_cache_tell_of_left(rrsets, keep_replaced, cache);
}

static bool match_entry(const struct shard_link *link, const void *context)
{
    return msg_entry_of(link) == context;
}

static enum shard_verdict decide_if_there(struct shard_link *link, void *context)
{
    (void)context;
    return link == NULL ? SHARD_KEEP : SHARD_PUT;
}

bool msg_cache_note_hit(struct msg_cache *cache, const struct msg_entry *entry)
{
    struct msg_entry *mine = (struct msg_entry *)entry;

    if (atomic_load_explicit(&mine->was_hit, memory_order_relaxed))
        return true;
    atomic_store_explicit(&mine->was_hit, true, memory_order_relaxed);
    return entry->is_plain &&
           (rrset_cache_add_to_mark(cache->rrsets, entry->rrsets[0],
                                    msg_whom_of(entry->flavour), MARK_WAS_HIT) &
            MARK_WAS_HIT) != 0;
}

/* Noted first, looked for then: whoever stores one at the same time either is seen here or sees the
 * note. */
void msg_cache_note_for_all(struct msg_cache *cache, const struct msg_entry *entry, int64_t now_s)
{
    const struct question question = {entry->qname, entry->qtype, entry->qclass};
    const struct msg_entry *own;

    if (entry->is_plain || atomic_load_explicit(&entry->is_for_all, memory_order_relaxed))
        return;
    set_for_all(entry, true);
    own = msg_cache_find(cache, &question, entry->flavour | MSG_FLAVOUR_CD, now_s, 0);
    if (own != NULL)
        set_for_all(entry, false);
    msg_entry_unref(own);
}

static void refuse_memo(struct msg_cache *cache, const struct msg_entry *entry)
{
    atomic_store_explicit(&((struct msg_entry *)entry)->memo_is_refused, true,
                          memory_order_relaxed);
    if (entry->is_plain)
        (void)rrset_cache_add_to_mark(cache->rrsets, entry->rrsets[0],
                                      msg_whom_of(entry->flavour), MARK_MEMO_REFUSED);
}

/* The mark of a plain answer goes when the entry is there. When it had gone before, so must the
 * entry: what was flushed, or replaced, meanwhile must not come back. Whoever takes away both
 * takes the mark away first. */
static bool takes_place_of_mark(struct msg_cache *cache, const struct msg_entry *entry,
                                const struct msg_packed *packed, uint64_t hash)
{
    const struct msg_key key = {{entry->qname, entry->qtype, entry->qclass}, entry->flavour};
    struct shard_change change = {hash, match_entry, decide_drop, (void *)&packed->entry, NULL};

    if (rrset_cache_unmark(cache->rrsets, key.question.qname, key.question.qtype,
                           key.question.qclass, msg_whom_of(key.flavour), entry->rrsets[0]))
        return true;
    shards_change(cache->shards, &change);
    return false;
}

enum status msg_cache_keep_memo(struct msg_cache *cache, const struct msg_entry *entry,
                                const struct msg_memo *memo)
{
    const struct msg_key key = {{entry->qname, entry->qtype, entry->qclass}, entry->flavour};
    struct shard_change change = {key_hash(cache, &key), match_entry, decide_if_there,
                                  (void *)entry, NULL};
    struct msg_packed *packed = msg_pack_again(entry, change.hash, memo);
    enum status status;

    if (packed == NULL)
        return STATUS_NO_MEMORY;
    atomic_init(&packed->entry.was_hit, true);
    if (entry->is_plain) {
        change.match = match_key;
        change.decide = decide_if_absent;
        change.context = (void *)&key;
        (void)msg_entry_ref(&packed->entry); /* to be looked for once more */
    }
    status = put_again(cache, &change, packed);
    if (status == STATUS_LIMIT)
        refuse_memo(cache, entry);
    else if (entry->is_plain && !takes_place_of_mark(cache, entry, packed, change.hash))
        status = STATUS_LIMIT;
    if (entry->is_plain)
        msg_entry_unref(&packed->entry);
    return status;
}

bool msg_cache_expire(struct msg_cache *cache, const struct question *question, uint8_t flavour,
                      int64_t expires_s)
{
    struct msg_key key = {*question, flavour};
    const struct msg_entry *entry = msg_cache_find(cache, question, flavour, 0, UINT32_MAX);
    bool done = entry != NULL && put_expiring(cache, &key, entry, expires_s) == STATUS_OK;

    if (done)
        drop_plain(cache, &key);
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

    return dropping->drop(dropping->context, msg_entry_of(link)) ? SHARD_DROP : SHARD_KEEP;
}

static bool unmark_if(void *context, const struct rrset *set, enum rrset_answers whom,
                      uint8_t mark)
{
    const struct dropping *dropping = context;
    struct msg_unfolded unfolded;

    msg_unfold(&unfolded.packed, set, whom, mark);
    return dropping->drop(dropping->context, &unfolded.packed.entry);
}

size_t msg_cache_drop_if(struct msg_cache *cache,
                         bool (*drop)(void *context, const struct msg_entry *entry),
                         void *context)
{
    struct dropping dropping = {drop, context};
    size_t plain =
        cache->rrsets == NULL ? 0 : rrset_cache_unmark_if(cache->rrsets, unmark_if, &dropping);

    return plain + shards_visit(cache->shards, visit_drop, &dropping);
}

struct taking {
    const struct msg_entry **entries;
    size_t count, most;
};

static enum shard_verdict visit_take(struct shard_link *link, void *context)
{
    struct taking *taking = context;

    if (taking->count < taking->most)
        taking->entries[taking->count++] = msg_entry_ref(msg_entry_of(link));
    return SHARD_KEEP;
}

size_t msg_cache_take_some(struct msg_cache *cache, struct shards_place *place,
                           const struct msg_entry **entries, size_t most)
{
    struct taking taking = {entries, 0, most};

    shards_visit_some(cache->shards, place, visit_take, &taking);
    return taking.count;
}

/* @return NULL: no memory. The reference of the set becomes the entry's, or is given back. */
static const struct msg_entry *unfolded_new(const struct rrset *set, enum rrset_answers whom,
                                            uint8_t mark)
{
    struct msg_unfolded *unfolded = malloc(sizeof(*unfolded));

    if (unfolded == NULL) {
        rrset_unref(set);
        return NULL;
    }
    msg_unfold(&unfolded->packed, set, whom, mark);
    return &unfolded->packed.entry;
}

size_t msg_cache_take_plain(struct msg_cache *cache, struct shards_place *place,
                            const struct msg_entry **entries, size_t most)
{
    enum { AT_MOST = 256 };
    const struct rrset *sets[AT_MOST];
    enum rrset_answers whom[AT_MOST];
    uint8_t marks[AT_MOST];
    size_t count, taken = 0;

    if (cache->rrsets == NULL) {
        place->at_end = true;
        return 0;
    }
    count = rrset_cache_take_marked(cache->rrsets, place, sets, whom, marks,
                                    size_min(most, AT_MOST));
    for (size_t i = 0; i < count; i++) {
        entries[taken] = unfolded_new(sets[i], whom[i], marks[i]);
        taken += entries[taken] != NULL;
    }
    return taken;
}

static bool unmark_all(void *context, const struct rrset *set, enum rrset_answers whom,
                       uint8_t mark)
{
    (void)context, (void)set, (void)whom, (void)mark;
    return true;
}

/* Marks first: see msg_cache_keep_memo. */
void msg_cache_flush(struct msg_cache *cache)
{
    if (cache->rrsets != NULL)
        rrset_cache_unmark_if(cache->rrsets, unmark_all, NULL);
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
