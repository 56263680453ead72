/*
 * rrset_cache.h - RRsets shared by all threads, ranked by trust.
 *
 * RFC 2181 section 5.4.1: data of lower rank never replaces fresh data of higher rank. An entry
 * is immutable; whoever found it holds a reference and may read in peace after it was replaced.
 *
 * Most answers say no more than one RRset does. For those the message cache keeps nothing of
 * its own but a mark at the RRset: a few bits that live and go with its place in this cache,
 * outside of the RRset itself. What they mean is said here as far as they have to be carried
 * over to a newer set.
 */
#ifndef TREESHREW_SERVICES_CACHE_RRSET_CACHE_H
#define TREESHREW_SERVICES_CACHE_RRSET_CACHE_H

#include "util/hash.h"
#include "util/shards.h"
#include "util/wire/rrset.h"

struct rrset_cache;

struct rrset_cache *rrset_cache_new(uint64_t size_bytes, unsigned shards, struct hash_key key);
void rrset_cache_free(struct rrset_cache *cache);
void rrset_cache_resize(struct rrset_cache *cache, uint64_t size_bytes);

/** What kind of RRset is looked for beside name, type and class. */
enum rrset_flavour {
    RRSET_PLAIN,
    RRSET_PARENT_SIDE, /* NS and addresses as the parent told them, kept as a last resort */
    RRSET_FLAVOURS
};

/**
 * Store a set (in an arena or published). Its TTL has been bounded by the caller (fresh.h).
 *
 * The stored one is a copy of `set` unless fresh data of higher trust, or equal data of the same
 * trust that expires no earlier and has no fewer signatures, is there. Bogus data has no rank. NS
 * sets, and addresses of TRUST_ADDITIONAL_AA or less, never outlive the fresh set they replace,
 * whatever content and trust: else a zone that its parent withdrew could prolong itself (ghost
 * domains). The set that was replaced gets its `superseded` flag; so does one that is dropped or
 * flushed, but not one that is evicted.
 * @return a reference to what is in the cache now (not always `set`), or NULL: no memory or too
 *         large for the cache (over 256 records or 16 KiB); then `set` is used uncached.
 */
const struct rrset *rrset_cache_store(struct rrset_cache *cache, const struct rrset *set,
                                      enum rrset_flavour flavour, int64_t now_s);

/** As above, but replaces whatever is there (validated data, prefetch of a changed set); the expiry
 *  of delegations is bounded all the same. */
const struct rrset *rrset_cache_replace(struct rrset_cache *cache, const struct rrset *set,
                                        enum rrset_flavour flavour, int64_t now_s);

/**
 * A reference that is yours to release, or NULL.
 * @param stale_s expired sets are found as long as they are no older than this; 0: fresh ones only.
 */
const struct rrset *rrset_cache_find(struct rrset_cache *cache, struct dname owner, uint16_t type,
                                     uint16_t rrclass, enum rrset_flavour flavour, int64_t now_s,
                                     uint32_t stale_s);

/**
 * The addresses of a name server as its parent told them, a last resort for when others say
 * something else. As long as the cache has the same by the same rank (TRUST_ADDITIONAL) that is
 * enough; what takes its place then leaves it as RRSET_PARENT_SIDE.
 * @param glue not published; TTL and rank are the caller's.
 */
void rrset_cache_keep_parent_side(struct rrset_cache *cache, const struct rrset *glue,
                                  int64_t now_s);

/** A reference that is yours to release, or NULL; RRSET_PARENT_SIDE, or what is as good. */
const struct rrset *rrset_cache_find_parent_side(struct rrset_cache *cache, struct dname owner,
                                                 uint16_t type, uint16_t rrclass,
                                                 int64_t now_s);

/** Takes it out. @return false: was not there. */
bool rrset_cache_drop(struct rrset_cache *cache, struct dname owner, uint16_t type,
                      uint16_t rrclass, enum rrset_flavour flavour);

/**
 * Takes out all for which the visitor says so (flush); locks one shard at a time.
 * @return number.
 */
size_t rrset_cache_drop_if(struct rrset_cache *cache,
                           bool (*drop)(void *context, const struct rrset *set), void *context);
void rrset_cache_flush(struct rrset_cache *cache);

/** Shows every set, shard by shard, newest or oldest first as it comes; the set is borrowed. */
void rrset_cache_visit(struct rrset_cache *cache,
                       void (*show)(void *context, const struct rrset *set,
                                    enum rrset_flavour flavour),
                       void *context);

/**
 * The next few sets of a walk through all, each a reference that is yours; what there is no
 * room for is passed over. Nobody else waits for long meanwhile.
 * @param place    {0} at first; place->at_end: these were the last.
 * @param flavours one for each set.
 * @return their number; 0 does not mean the end.
 */
size_t rrset_cache_take_some(struct rrset_cache *cache, struct shards_place *place,
                             const struct rrset **sets, uint8_t *flavours, size_t most);

/* ---- marks, for msg_cache.c ---- */

/** Whom the RRset answers: a question for its name and type ... */
enum rrset_answers {
    RRSET_ANSWERS_ALL,
    RRSET_ANSWERS_CD,   /* ... with CD set */
    RRSET_ANSWERS_KEPT, /* ... of the iterator, where it would ask a server */
    RRSET_ANSWERS
};

/** A mark: these, and further bits that are the message cache's. 0: there is none. */
enum {
    RRSET_MARK_SECURITY = 7, /* enum security of the answer */
    RRSET_MARK_IS_SET = 0x80
};

/**
 * Who is told of a set that was replaced or dropped and whose mark was not carried over to the
 * one that took its place: the answer is as good as it was. Not of what is evicted or flushed
 * (rrset_cache_drop_if). To be said before anything is stored.
 */
typedef void rrset_cache_tell(void *context, const struct rrset *set, enum rrset_answers whom,
                              uint8_t mark);
void rrset_cache_tell_of_left(struct rrset_cache *cache, rrset_cache_tell *tell, void *context);

/** Marks that very set, if it is the one in the cache. @return false: it is not. */
bool rrset_cache_mark(struct rrset_cache *cache, const struct rrset *set,
                      enum rrset_answers whom, uint8_t mark);

/** Puts more bits into a mark. @return the mark before; 0: none, and there is none now. */
uint8_t rrset_cache_add_to_mark(struct rrset_cache *cache, const struct rrset *set,
                                enum rrset_answers whom, uint8_t bits);

/** @param only NULL: whichever set is there. @return false: there was no such mark. */
bool rrset_cache_unmark(struct rrset_cache *cache, struct dname owner, uint16_t type,
                        uint16_t rrclass, enum rrset_answers whom, const struct rrset *only);

/** As rrset_cache_find, of a marked set; *mark is its mark. */
const struct rrset *rrset_cache_find_marked(struct rrset_cache *cache, struct dname owner,
                                            uint16_t type, uint16_t rrclass,
                                            enum rrset_answers whom, int64_t oldest_s,
                                            uint8_t *mark);

/** Takes away the marks for which the visitor says so. @return number. */
size_t rrset_cache_unmark_if(struct rrset_cache *cache,
                             bool (*unmark)(void *context, const struct rrset *set,
                                            enum rrset_answers whom, uint8_t mark),
                             void *context);

/** As rrset_cache_take_some, of marked sets; one that answers several is there for each. */
size_t rrset_cache_take_marked(struct rrset_cache *cache, struct shards_place *place,
                               const struct rrset **sets, enum rrset_answers *whom,
                               uint8_t *marks, size_t most);

uint64_t rrset_cache_size_bytes(const struct rrset_cache *cache);
uint64_t rrset_cache_count(const struct rrset_cache *cache);

#endif
