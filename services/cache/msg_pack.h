/*
 * msg_pack.h - entries of the message cache, each one packed piece of memory.
 *
 * Private to msg_cache.c.
 */
#ifndef TREESHREW_SERVICES_CACHE_MSG_PACK_H
#define TREESHREW_SERVICES_CACHE_MSG_PACK_H

#include "services/cache/msg_cache.h"
#include "util/shards.h"

/* Further bits of a mark (rrset_cache.h). */
enum { MARK_PREFETCH = 0x08, MARK_WAS_HIT = 0x10, MARK_MEMO_REFUSED = 0x20 };

struct msg_packed {
    struct shard_link link;
    struct msg_entry entry;
};

/** With the one RRset of a plain answer. */
struct msg_unfolded {
    struct msg_packed packed;
    const struct rrset *set;
};

static inline const struct msg_entry *msg_entry_of(const struct shard_link *link)
{
    return &CONTAINER_OF(link, const struct msg_packed, link)->entry;
}

const struct msg_entry *msg_entry_ref(const struct msg_entry *entry);
size_t msg_entry_rrsets(const struct msg_entry *entry);
void msg_entry_release(struct shard_link *link);

/** A new entry with one reference. @param memo NULL: none. @return NULL: no memory. */
struct msg_packed *msg_pack(const struct msg_store *what, uint64_t hash,
                            const struct msg_memo *memo);

/** Entries are immutable: a copy takes the place of one that has to change. */
struct msg_packed *msg_pack_again(const struct msg_entry *entry, uint64_t hash,
                                  const struct msg_memo *memo);

/** RRSET_ANSWERS: answers of that flavour are never plain. */
enum rrset_answers msg_whom_of(uint8_t flavour);

/** When an RRset that is an answer is in the last tenth of its life, as in fresh.c. */
int64_t msg_prefetch_at_s(const struct rrset *set);

/** What a mark says, as an entry. @param packed has room for a pointer behind it. The reference
 * of the set becomes the entry's. */
void msg_unfold(struct msg_packed *packed, const struct rrset *set, enum rrset_answers whom,
                uint8_t mark);

#endif
