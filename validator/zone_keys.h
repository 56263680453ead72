/*
 * zone_keys.h - the DNSKEY set of one zone, its keys parsed when they are first needed.
 *
 * Counted and shared by threads; nothing changes but that a key becomes known (parsed, or
 * broken). A zone with a hundred broken keys costs nothing until a signature names one of them.
 */
#ifndef TREESHREW_VALIDATOR_ZONE_KEYS_H
#define TREESHREW_VALIDATOR_ZONE_KEYS_H

#include "util/wire/rdata.h"
#include "util/wire/rrset.h"
#include "validator/algo.h"

/* RFC 4034 section 2.1.1, RFC 5011 section 2.1. */
enum { DNSKEY_ZONE = 0x0100, DNSKEY_REVOKE = 0x0080, DNSKEY_SEP = 0x0001, DNSKEY_PROTOCOL = 3 };

/** The fields of DNSKEY rdata; false when it is too short. */
struct dnskey {
    uint16_t flags, tag;
    uint8_t protocol, algorithm;
    struct slice key; /* public key field */
};
bool dnskey_read(struct slice rdata, struct dnskey *out);

/** The fields of DS (and CDS, TA) rdata; false when it is too short. */
struct ds {
    uint16_t tag;
    uint8_t algorithm, digest_type;
    struct slice digest;
};
bool ds_read(struct slice rdata, struct ds *out);

struct zone_keys;

/** Of a DNSKEY RRset, of which a reference is kept; of one that is not counted a copy. One
 * reference.
 *  @return NULL: no memory. */
struct zone_keys *zone_keys_new(const struct rrset *dnskeys);

/**
 * Of the same records in another set (the one that was published when they were found good), so
 * that they are not kept twice. As long as nobody else has a reference. No effect where they
 * are not the same, or the set is not a counted one.
 */
void zone_keys_rest_on(struct zone_keys *keys, const struct rrset *same);

struct zone_keys *zone_keys_ref(struct zone_keys *keys);
void zone_keys_unref(struct zone_keys *keys); /* NULL: nothing */

struct dname zone_keys_zone(const struct zone_keys *keys);
const struct rrset *zone_keys_rrset(const struct zone_keys *keys);
size_t zone_keys_count(const struct zone_keys *keys);
const struct dnskey *zone_keys_at(const struct zone_keys *keys, size_t index);
size_t zone_keys_size_bytes(const struct zone_keys *keys);

/**
 * Zone key, protocol 3 and not revoked (RFC 4034 section 2.1, RFC 5011 section 2.1): fit to
 * verify data with.
 */
bool dnskey_is_usable(const struct dnskey *key);

/** Why no usable key fits a tag and algorithm that a DS or RRSIG names. */
enum key_flaw { KEY_NO_MATCH, KEY_BAD_PROTO, KEY_REVOKED, KEY_NO_ZONE_BIT };

/**
 * Looks among the keys that are not usable for the one that was meant: it has the tag, or would
 * have it without its flaw (the flags are part of what the tag is made of). For findings only.
 */
enum key_flaw zone_keys_flaw(const struct zone_keys *keys, uint16_t tag, uint8_t algorithm);

/**
 * The parsed key, parsed now if it was not; borrowed, lives as long as `keys`.
 * @return as public_key_new.
 */
enum status zone_keys_public(struct zone_keys *keys, const struct crypto *crypto, size_t index,
                             const struct public_key **out);

#endif
