/*
 * hashed.h - names with their hashes: those of one question and all above it, each worked out
 * once.
 *
 * A question is looked for under its name and those above it in half a dozen tables. They have
 * the same key (dname_hash_whole), so what one of them needs serves all: `struct hashed`
 * remembers it as long as a question lasts.
 */
#ifndef TREESHREW_UTIL_WIRE_HASHED_H
#define TREESHREW_UTIL_WIRE_HASHED_H

#include "util/wire/dname.h"

enum { HASHED_KEPT = 8 }; /* a power of two; of longer names one takes another's place */

struct hashed {
    struct hash_key key; /* of those tables; {0, 0}: they have none in common, nothing is kept */
    struct dname kept[HASHED_KEPT];
};

static inline bool hashed_has_key(const struct hash_key *key)
{
    return (key->a | key->b) != 0;
}

/**
 * The same name with its hash. @param name its octets stay what they are as long as `hashed`
 * lives.
 */
static inline struct dname hashed_name(struct hashed *hashed, struct dname name)
{
    struct dname *kept = &hashed->kept[name.labels % HASHED_KEPT];

    if (name.hash != 0 || !hashed_has_key(&hashed->key))
        return name;
    if (kept->wire != name.wire)
        *kept = dname_hashed(name, hashed->key);
    return *kept;
}

#endif
