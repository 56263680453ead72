/*
 * zone_keys.c - the DNSKEY set of one zone, its keys parsed when they are first needed.
 *
 * Life: made of an RRset, shared by references; each key goes once from unknown to parsed or to
 * broken, by whichever thread needs it first. Nothing is ever unlearned.
 */
#include "validator/zone_keys.h"

#include <stdlib.h>

#include "util/shards.h"

struct zone_key {
    struct dnskey fields; /* views of the set */
    _Atomic(struct public_key *) parsed;
    atomic_uchar broken; /* enum status that parsing it gave; STATUS_OK: not known */
};

struct zone_keys {
    atomic_uint references;
    uint32_t count;
    const struct rrset *set;
    struct zone_key keys[];
};

/* The tag that the key would have without its flaws. */
static uint16_t mended_tag(const struct dnskey *key)
{
    uint32_t flags = (key->flags | DNSKEY_ZONE) & ~(uint32_t)DNSKEY_REVOKE;
    uint32_t sum = flags + (DNSKEY_PROTOCOL << 8 | key->algorithm);

    sum += dnskey_tag_sum(key->key);
    return (uint16_t)(sum + (sum >> 16));
}

enum key_flaw zone_keys_flaw(const struct zone_keys *keys, uint16_t tag, uint8_t algorithm)
{
    for (size_t i = 0; i < keys->count; i++) {
        const struct dnskey *key = &keys->keys[i].fields;

        if (dnskey_is_usable(key) || key->algorithm != algorithm ||
            (key->tag != tag && mended_tag(key) != tag))
            continue;
        if ((key->flags & DNSKEY_ZONE) == 0)
            return KEY_NO_ZONE_BIT;
        return (key->flags & DNSKEY_REVOKE) != 0 ? KEY_REVOKED : KEY_BAD_PROTO;
    }
    return KEY_NO_MATCH;
}

bool dnskey_read(struct slice rdata, struct dnskey *out)
{
    struct cursor in = cursor_of(rdata);

    out->flags = cursor_u16(&in);
    out->protocol = cursor_u8(&in);
    out->algorithm = cursor_u8(&in);
    out->key = cursor_rest(&in);
    out->tag = dnskey_tag(rdata);
    return !cursor_failed(&in) && out->key.size > 0;
}

bool ds_read(struct slice rdata, struct ds *out)
{
    struct cursor in = cursor_of(rdata);

    out->tag = cursor_u16(&in);
    out->algorithm = cursor_u8(&in);
    out->digest_type = cursor_u8(&in);
    out->digest = cursor_rest(&in);
    return !cursor_failed(&in) && out->digest.size > 0;
}

bool dnskey_is_usable(const struct dnskey *key)
{
    return (key->flags & DNSKEY_ZONE) != 0 && (key->flags & DNSKEY_REVOKE) == 0 &&
           key->protocol == DNSKEY_PROTOCOL;
}

static bool is_counted(const struct rrset *set)
{
    return atomic_load_explicit(&set->references, memory_order_relaxed) != 0;
}

struct zone_keys *zone_keys_new(const struct rrset *dnskeys)
{
    struct zone_keys *keys =
        calloc(1, sizeof(*keys) + dnskeys->rr_count * sizeof(keys->keys[0]));

    if (keys == NULL)
        return NULL;
    keys->set = is_counted(dnskeys) ? rrset_ref(dnskeys) : rrset_publish(dnskeys);
    if (keys->set == NULL) {
        free(keys);
        return NULL;
    }
    atomic_init(&keys->references, 1);
    for (size_t i = 0; i < dnskeys->rr_count; i++) {
        struct zone_key *key = &keys->keys[keys->count];

        atomic_init(&key->parsed, NULL);
        atomic_init(&key->broken, STATUS_OK);
        keys->count += dnskey_read(rrset_rdata(keys->set, i), &key->fields);
    }
    return keys;
}

void zone_keys_rest_on(struct zone_keys *keys, const struct rrset *same)
{
    const struct rrset *old = keys->set;
    size_t count = 0;

    if (!is_counted(same) || same->rr_count != old->rr_count ||
        atomic_load_explicit(&keys->references, memory_order_relaxed) != 1)
        return;
    for (size_t i = 0; i < old->rr_count; i++)
        if (!slice_equal(rrset_rdata(old, i), rrset_rdata(same, i)))
            return;
    keys->set = rrset_ref(same);
    for (size_t i = 0; count < keys->count; i++) {
        struct zone_key *key = &keys->keys[count];

        if (!dnskey_read(rrset_rdata(same, i), &key->fields))
            continue;
        if (key->parsed != NULL)
            public_key_move(key->parsed, key->fields.key);
        count++;
    }
    rrset_unref(old);
}

struct zone_keys *zone_keys_ref(struct zone_keys *keys)
{
    atomic_fetch_add_explicit(&keys->references, 1, memory_order_relaxed);
    return keys;
}

void zone_keys_unref(struct zone_keys *keys)
{
    if (keys == NULL ||
        atomic_fetch_sub_explicit(&keys->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < keys->count; i++)
        public_key_unref(atomic_load_explicit(&keys->keys[i].parsed, memory_order_acquire));
    rrset_unref(keys->set);
    free(keys);
}

struct dname zone_keys_zone(const struct zone_keys *keys)
{
    return rrset_owner(keys->set);
}

const struct rrset *zone_keys_rrset(const struct zone_keys *keys)
{
    return keys->set;
}

size_t zone_keys_count(const struct zone_keys *keys)
{
    return keys->count;
}

const struct dnskey *zone_keys_at(const struct zone_keys *keys, size_t index)
{
    return &keys->keys[index].fields;
}

size_t zone_keys_size_bytes(const struct zone_keys *keys)
{
    /* Keys are parsed after the set was stored: one that signs the keys and one that signs the
     * rest, the others never. */
    enum { PARSED_MAX = 2 };
    size_t size = shard_cost(sizeof(*keys) + keys->count * sizeof(keys->keys[0])) +
                  shard_cost(rrset_kept_bytes(keys->set));

    for (size_t i = 0; i < keys->count && i < PARSED_MAX; i++)
        size += shard_cost(public_key_size_bytes());
    return size;
}

enum status zone_keys_public(struct zone_keys *keys, const struct crypto *crypto, size_t index,
                             const struct public_key **out)
{
    struct zone_key *key = &keys->keys[index];
    struct public_key *parsed = atomic_load_explicit(&key->parsed, memory_order_acquire);
    struct public_key *before = NULL;
    enum status status;

    *out = parsed;
    if (parsed != NULL)
        return STATUS_OK;
    status = (enum status)atomic_load_explicit(&key->broken, memory_order_relaxed);
    if (status != STATUS_OK)
        return status;
    status = public_key_new(crypto, key->fields.algorithm, key->fields.key, &parsed);
    if (status != STATUS_OK) {
        if (status == STATUS_MALFORMED || status == STATUS_LIMIT)
            atomic_store_explicit(&key->broken, (unsigned char)status, memory_order_relaxed);
        return status;
    }
    /* Another thread may have been faster: then its key counts. */
    if (!atomic_compare_exchange_strong_explicit(&key->parsed, &before, parsed,
                                                 memory_order_acq_rel, memory_order_acquire)) {
        public_key_unref(parsed);
        parsed = before;
    }
    *out = parsed;
    return STATUS_OK;
}
