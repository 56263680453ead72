/*
 * dname.h - domain names: uncompressed wire form, looked at through a view of three fields.
 *
 * A view owns nothing: its octets live in a packet, an arena or a cached RRset. Because a view
 * of an ancestor starts further on in the same octets, walking up a name copies nothing. Every
 * view is valid: made by dname_read, dname_from_text or from another one.
 *
 * A view may carry a hash of its name along, so that tables in which it is looked for need not
 * hash it again. Those tables have one key, that of the house (lib/resolver.c), and use no
 * other hash.
 */
#ifndef TREESHREW_UTIL_WIRE_DNAME_H
#define TREESHREW_UTIL_WIRE_DNAME_H

#include "util/arena.h"
#include "util/hash.h"

/* RFC 1035 section 2.3.4. The text form: four characters an octet at most, and the final NUL. */
enum { DNAME_MAX = 255, DNAME_LABEL_MAX = 63, DNAME_LABELS_MAX = 127, DNAME_TEXT_MAX = 1024 };

struct dname {
    const uint8_t *wire;
    uint8_t size;   /* octets, the root label included */
    uint8_t labels; /* the root label not counted */
    uint32_t hash;  /* dname_hash_whole, where it has been worked out (dname_hashed); else 0 */
};

extern const struct dname dname_root;

static inline bool dname_is_root(struct dname name)
{
    return name.labels == 0;
}

/**
 * Reads a name from a message, following pointers (RFC 1035 section 4.1.4).
 *
 * A pointer must point before the place where the name (or the part that holds the pointer) began,
 * so that the work is bounded by the name's 255 octets. Case is kept.
 * @param in    at the name; base is the message's first octet. Left behind the name.
 * @param arena for the octets of a compressed name; an uncompressed one is a view of the message.
 * @return STATUS_MALFORMED (and a failed cursor) or STATUS_NO_MEMORY.
 */
enum status dname_read(struct cursor *in, struct arena *arena, struct dname *out);

/** A name without pointers: a view of the cursor's octets. */
enum status dname_read_plain(struct cursor *in, struct dname *out);

/** A view of octets that are known to be a valid uncompressed name. */
struct dname dname_of_wire(const uint8_t *wire);

/**
 * From presentation form (RFC 1035 section 5.1): \DDD and \X are understood; with or without the
 * final dot; "." is the root; the empty text is malformed.
 * @param storage holds the octets and must live as long as the view.
 */
enum status dname_from_text(const char *text, uint8_t storage[DNAME_MAX], struct dname *out);

/** The same with the octets in an arena. */
enum status dname_from_text_in(struct arena *arena, const char *text, struct dname *out);

/** Presentation form with the final dot. @return out. */
const char *dname_to_text(struct dname name, char out[DNAME_TEXT_MAX]);

/** Lower case and without the final dot (the root is "."), as logs and EDE texts show names. */
const char *dname_to_reason(struct dname name, char out[DNAME_TEXT_MAX]);

/** ASCII case is ignored (RFC 4343). */
bool dname_equal(struct dname a, struct dname b);

/** Canonical order (RFC 4034 section 6.1): <0, 0, >0. */
int dname_compare(struct dname a, struct dname b);

/** Number of labels that both names share, counted from the root. */
uint8_t dname_common_labels(struct dname a, struct dname b);

/** True for the name itself and for everything below it. */
bool dname_is_at_or_below(struct dname name, struct dname ancestor);

static inline bool dname_is_below(struct dname name, struct dname ancestor)
{
    return name.labels > ancestor.labels && dname_is_at_or_below(name, ancestor);
}

/** One label less; the root's parent is the root. */
struct dname dname_parent(struct dname name);

/** The ancestor that has that many labels, at most the name's own number. */
struct dname dname_ancestor(struct dname name, uint8_t labels);

/** First label is "*" (RFC 4592 section 2.1.1). */
bool dname_is_wildcard(struct dname name);

/** A copy whose octets are in the arena. @return a root view with wire NULL: no memory. */
struct dname dname_copy(struct arena *arena, struct dname name);
struct dname dname_copy_lower(struct arena *arena, struct dname name);

/** Copies into storage. */
struct dname dname_store(struct dname name, uint8_t storage[DNAME_MAX]);
struct dname dname_store_lower(struct dname name, uint8_t storage[DNAME_MAX]);

/**
 * prefix (its root label left out) followed by suffix. STATUS_LIMIT: over 255 octets
 * (YXDOMAIN).
 */
enum status dname_join(struct dname prefix, uint8_t prefix_labels, struct dname suffix,
                       uint8_t storage[DNAME_MAX], struct dname *out);

/** The name with the labels of `from` at its end replaced by `to`, for DNAME (RFC 6672). */
enum status dname_replace_suffix(struct dname name, struct dname from, struct dname to,
                                 uint8_t storage[DNAME_MAX], struct dname *out);

/** Hash over the lower-cased labels, taken in from the root down. */
uint64_t dname_hash(struct dname name, struct hash_key key);

/**
 * Hash over the whole name in lower case, never 0. Cheaper than dname_hash.
 * @param key where the view has a hash already (then it is taken), the one that it was made
 *            with.
 */
uint32_t dname_hash_anew(struct dname name, struct hash_key key);

static inline uint32_t dname_hash_whole(struct dname name, struct hash_key key)
{
    return name.hash != 0 ? name.hash : dname_hash_anew(name, key);
}

/** The same name with its hash, for who looks for it more than once. */
static inline struct dname dname_hashed(struct dname name, struct hash_key key)
{
    name.hash = dname_hash_whole(name, key);
    return name;
}

/** For a table: dname_hash_whole and what belongs to the key beside the name (a type). */
static inline uint64_t dname_hash_beside(struct dname name, uint64_t beside,
                                         struct hash_key key)
{
    return hash_beside(dname_hash_whole(name, key), beside);
}

/** hashes[n] is the hash of the ancestor with n labels; equal to dname_hash of it. */
void dname_hashes(struct dname name, struct hash_key key, uint64_t hashes[DNAME_LABELS_MAX + 1]);

/* ---- labels, for who walks along a name; a label is a pointer to its length octet ---- */

/** Where each label begins, the first one first; the root label is left out. */
void dname_label_starts(struct dname name, uint8_t starts[DNAME_LABELS_MAX]);

/** ASCII case is ignored. */
bool dname_label_equal(const uint8_t *a, const uint8_t *b);

/** Case is ignored; `above` stands for the labels nearer to the root. Cheap and without a key: for
 *  tables so small that collisions do not matter. */
uint32_t dname_label_mix(uint32_t above, const uint8_t *label);

void dname_write(struct sink *out, struct dname name);       /* as it is, uncompressed */
void dname_write_lower(struct sink *out, struct dname name); /* canonical form */

#endif
