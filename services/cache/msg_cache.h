/*
 * msg_cache.h - answers by question: rcode, flags, reasons and references to RRsets.
 *
 * An entry is immutable. It refers to RRsets by reference and, on a hit, the newest RRset of
 * that name in the RRset cache is what goes out. Failures are entries, too (RFC 9520): rcode
 * SERVFAIL, no RRsets, the reasons, and how long the next one will be kept. A failure stands
 * beside the answer of the same question, which may have expired but still be served
 * (RFC 8767).
 *
 * Most answers are plain: one RRset of the question's own name and type, and nothing to add. Of
 * those nothing is kept here but a mark at the RRset in its cache (rrset_cache.h); whoever
 * looks for one is given an entry that is made for him.
 */
#ifndef TREESHREW_SERVICES_CACHE_MSG_CACHE_H
#define TREESHREW_SERVICES_CACHE_MSG_CACHE_H

#include <stdatomic.h>

#include "services/cache/reasons.h"
#include "services/cache/rrset_cache.h"
#include "util/wire/message.h"

struct msg_cache;

/** Which answer is meant, beside the question. */
enum {
    MSG_FLAVOUR_NONE = 0,
    MSG_FLAVOUR_CD = 1,  /* asked with CD: may hold what validation would refuse */
    MSG_FLAVOUR_NO_RD = 2, /* a referral for a client without RD */
    MSG_FLAVOUR_FAILURE = 4, /* a remembered failure; beside it a stale answer may still be kept */
    /* For clients whose answers a module may make (DNS64). Apart from what servers said, which
     * alone counts for sub-questions and for clients that judge for themselves. */
    MSG_FLAVOUR_MADE = 8,
    /* Stands alone: what a server has said to an earlier run of the program, out of a file
     * (snapshot.h). Nobody has judged it yet, and no client sees it as it is: the iterator finds it
     * where it would ask a server. */
    MSG_FLAVOUR_KEPT = 16,
    MSG_FLAVOURS /* all there can be are below */
};

/** An RRset as a memo shows it, and what was known of it then. */
struct msg_shown {
    const struct rrset *set;
    uint8_t security; /* enum security */
};

enum { MSG_IMAGES = 2 }; /* without and with DO */

/**
 * An answer as it was encoded, kept with its entry. What the octets mean is its maker's business
 * (services/client/memo.c); here they only cost memory.
 */
struct msg_memo {
    uint32_t generation; /* of the settings that it was made under */
    int64_t until_s;     /* then the entry, or an RRset, is not fresh any more, or to be fetched anew */
    const struct msg_shown *shown; /* one for each of the entry's RRsets, itself or a newer one */
    struct slice image[MSG_IMAGES]; /* aligned for int64_t; empty: not made */
};

/** One answer in the cache; borrowed fields live as long as the reference. */
struct msg_entry {
    atomic_uint references;
    uint32_t ttl_s;        /* expires_s - stored_s */
    int64_t expires_s;     /* of the message: the least of its RRsets' at storing, negative TTL ... */
    int64_t prefetch_at_s; /* from then on a hit fetches it anew */
    int64_t stored_s;
    uint32_t failure_ttl_s; /* 0: no failure; else how long this one is kept, doubled next time */
    uint16_t rcode;
    uint16_t flags;        /* FLAG_AA is never set; FLAG_TC never; FLAG_AD is security's */
    uint16_t qtype, qclass;
    uint16_t count[SECTIONS];
    uint8_t flavour;
    uint8_t security;      /* enum security of the whole answer when stored */
    bool is_plain;               /* made of a mark; the table has none */
    atomic_bool was_hit;         /* a memo pays for what is asked for again */
    atomic_bool memo_is_refused; /* there is no room for it: it need not be made again */
    atomic_bool is_for_all;      /* for who sets CD there is no other: msg_cache_note_for_all */
    const struct rrset **rrsets; /* references; in sections' order */
    const struct msg_memo *memo; /* NULL: none */
    const struct reasons *reasons; /* never NULL; mostly there are none */
    struct dname qname;
};

struct msg_cache *msg_cache_new(uint64_t size_bytes, unsigned shards, struct hash_key key);
void msg_cache_free(struct msg_cache *cache);
/** From now on plain answers are kept as marks in there. Before anything is stored. */
void msg_cache_rest_on(struct msg_cache *cache, struct rrset_cache *rrsets);
void msg_cache_resize(struct msg_cache *cache, uint64_t size_bytes);

struct msg_store {
    const struct message *message; /* rcode, flags, sections; RRsets must be published ones */
    const struct question *question;
    uint8_t flavour;
    enum security security;
    const struct reasons *reasons; /* may be NULL */
    uint32_t ttl_s;                /* 0: stored as already expired (for serve-expired only) */
    uint32_t failure_ttl_s;
    uint32_t prefetch_s; /* seconds after now_s from which a hit fetches anew; 0: never */
    int64_t now_s;
};

/**
 * Stores an entry in place of the one of the same flavour. An answer also drops the remembered
 * failure of its question, so that the next one begins with a short time; one for CD that was
 * judged drops that of who does not set CD, too.
 * @return STATUS_NO_MEMORY, or STATUS_LIMIT (too large, or an RRset is not published because
 *         the RRset cache did not take it): nothing was stored, what was there stays.
 */
enum status msg_cache_store(struct msg_cache *cache, const struct msg_store *what);

/**
 * A reference that is yours, or NULL.
 * @param stale_s entries expired for no longer than this are found as well; 0: fresh ones only.
 */
const struct msg_entry *msg_cache_find(struct msg_cache *cache, const struct question *question,
                                       uint8_t flavour, int64_t now_s, uint32_t stale_s);

/**
 * The same for who looks for a denial: an answer that is one RRset need not be found. Fresh
 * ones only.
 */
const struct msg_entry *msg_cache_find_denial(struct msg_cache *cache,
                                              const struct question *question, uint8_t flavour,
                                              int64_t now_s);
void msg_entry_unref(const struct msg_entry *entry);

/** Who looks without a lock: one thread. Given back before the cache is freed. NULL: no memory. */
struct shards_reader *msg_cache_reader_new(struct msg_cache *cache);
void msg_cache_reader_free(struct shards_reader *reader);

/** Which answer, and when. */
struct msg_wanted {
    struct question question;
    int64_t now_s;
    uint8_t flavour;
};

/**
 * Shows the fresh entry that is wanted to `use`, where it may be read and copied from but not
 * referred to afterwards. Neither lock nor reference is taken, so that a hit writes nothing that
 * threads share.
 * @return what `use` returned; false: no entry, or it is just being put there.
 */
typedef bool msg_cache_use(const struct msg_entry *entry, void *context);
bool msg_cache_show(struct msg_cache *cache, struct shards_reader *reader,
                    const struct msg_wanted *wanted, msg_cache_use *use, void *context);

/** Where ordinary answers to a question are, for msg_cache_foresee. */
uint64_t msg_cache_place(const struct msg_cache *cache, const struct question *question);

/** What msg_cache_show will read for these is fetched ahead (shards_foresee). */
void msg_cache_foresee(struct msg_cache *cache, struct shards_reader *reader,
                       const uint64_t *places, size_t count);

/** Notes that an entry was an answer. @return it had been one before. */
bool msg_cache_note_hit(struct msg_cache *cache, const struct msg_entry *entry);

/**
 * Notes that an entry was the answer for who sets CD as well, since he has none of his own: one
 * that is stored for him later takes the note away. Not carried over to a copy of the entry.
 */
void msg_cache_note_for_all(struct msg_cache *cache, const struct msg_entry *entry, int64_t now_s);

/**
 * Puts a copy of the entry with this memo in the entry's place, unless something newer is there
 * already. The memo's octets are copied, and it pays for them out of the cache's budget; where
 * they are too many for that the entry says so (STATUS_LIMIT).
 */
enum status msg_cache_keep_memo(struct msg_cache *cache, const struct msg_entry *entry,
                                const struct msg_memo *memo);

/** Both the answer and the failure of that flavour. @return false: neither was there. */
bool msg_cache_drop(struct msg_cache *cache, const struct question *question, uint8_t flavour);
/** For tests and control: makes the entry expire at that time. @return false: not there. */
bool msg_cache_expire(struct msg_cache *cache, const struct question *question, uint8_t flavour,
                      int64_t expires_s);
/** Shows plain answers as well; their entries have no references, and are gone afterwards. */
size_t msg_cache_drop_if(struct msg_cache *cache,
                         bool (*drop)(void *context, const struct msg_entry *entry), void *context);
void msg_cache_flush(struct msg_cache *cache);

/** As rrset_cache_take_some: the next few entries of a walk through all, each a reference. */
size_t msg_cache_take_some(struct msg_cache *cache, struct shards_place *place,
                           const struct msg_entry **entries, size_t most);
/** The same walk through plain answers, which are not among those. */
size_t msg_cache_take_plain(struct msg_cache *cache, struct shards_place *place,
                            const struct msg_entry **entries, size_t most);

/**
 * Remembered failures stored up to now are as if they were not there. Costs nothing: they are
 * passed over, not looked for. From any thread.
 */
void msg_cache_forget_failures(struct msg_cache *cache, int64_t now_s);
/** For who was shown one by msg_cache_show, which does not look for that. */
bool msg_cache_is_forgotten(const struct msg_cache *cache, const struct msg_entry *entry);
uint64_t msg_cache_size_bytes(const struct msg_cache *cache);
/** Without plain answers. */
uint64_t msg_cache_count(const struct msg_cache *cache);

#endif
