/*
 * nsec3.c - NSEC3 records against names: parameters, hashing within bounds, closest encloser.
 *
 * Called by denial.c and proven.c with records whose signature is good. What a stranger can
 * lengthen is the number of names to hash (labels of the question) and the work for each
 * (iterations): the budget pays for every block before it is computed, the memo keeps each hash
 * for the query's life.
 */
#include "validator/nsec3.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "util/text.h"
#include "validator/nsec.h"

enum { NSEC3_HASH_TEXT = 32 }; /* 20 octets in base32hex */

const struct nsec3_rules nsec3_rules_default = {50, NSEC3_SALT_MAX};

bool nsec3_rules_from_text(const char *text, struct nsec3_rules *out)
{
    unsigned long most = 0;
    unsigned numbers = 0;

    while (*text != '\0') {
        char *end;
        unsigned long number;

        if (isspace((unsigned char)*text)) {
            text++;
            continue;
        }
        if (!isdigit((unsigned char)*text))
            return false;
        number = strtoul(text, &end, 10);
        if (number > UINT16_MAX)
            return false;
        if (++numbers % 2 == 0 && number > most)
            most = number;
        text = end;
    }
    if (numbers == 0 || numbers % 2 != 0)
        return false;
    out->iterations_max = (uint16_t)most;
    out->salt_max = NSEC3_SALT_MAX;
    return true;
}

/* The owner is one label below the zone, and that label is a hash. */
static bool read_owner_hash(const struct rrset *set, struct dname zone, struct nsec3 *out)
{
    struct dname owner = rrset_owner(set);
    char text[NSEC3_HASH_TEXT + 1];
    struct sink hash = sink_of(out->hash, sizeof(out->hash));

    if (owner.labels != zone.labels + 1 || !dname_is_below(owner, zone) ||
        owner.wire[0] != NSEC3_HASH_TEXT)
        return false;
    memcpy(text, owner.wire + 1, NSEC3_HASH_TEXT);
    text[NSEC3_HASH_TEXT] = '\0';
    return text_read_base32hex(text, &hash) == STATUS_OK && hash.used == NSEC3_HASH_SIZE;
}

enum nsec3_use nsec3_read(const struct rrset *set, struct dname zone,
                          const struct nsec3_rules *rules, struct nsec3 *out)
{
    struct cursor in;
    uint8_t algorithm, flags;

    if (set->type != TYPE_NSEC3 || set->rr_count != 1)
        return NSEC3_ALIEN;
    in = cursor_of(rrset_rdata(set, 0));
    out->set = set;
    algorithm = cursor_u8(&in);
    flags = cursor_u8(&in);
    out->iterations = cursor_u16(&in);
    out->salt = cursor_bytes(&in, cursor_u8(&in));
    out->next = cursor_bytes(&in, cursor_u8(&in));
    out->bitmap = cursor_rest(&in);
    out->opt_out = (flags & NSEC3_OPT_OUT) != 0;
    if (cursor_failed(&in) || !dname_is_below(rrset_owner(set), zone))
        return NSEC3_ALIEN;
    if (algorithm != NSEC3_HASH_SHA1)
        return NSEC3_UNKNOWN_HASH;
    /* RFC 5155 section 8.2: other flags may change the meaning of all the rest. */
    if ((flags & ~NSEC3_OPT_OUT) != 0 || out->next.size != NSEC3_HASH_SIZE ||
        !bitmap_check(out->bitmap) || !read_owner_hash(set, zone, out))
        return NSEC3_ALIEN;
    if (out->iterations > rules->iterations_max || out->salt.size > rules->salt_max)
        return NSEC3_TOO_MANY;
    return NSEC3_USABLE;
}

/* ---- hashing ---- */

enum { MEMO_BUCKETS = 32 };

struct nsec3_memo_entry {
    struct nsec3_memo_entry *next;
    struct dname name;
    struct slice salt;
    uint16_t iterations;
    uint8_t hash[NSEC3_HASH_SIZE];
};

struct nsec3_memo {
    struct arena *arena;
    struct nsec3_memo_entry *buckets[MEMO_BUCKETS];
};

struct nsec3_memo *nsec3_memo_new(struct arena *arena)
{
    struct nsec3_memo *memo = ARENA_NEW(arena, struct nsec3_memo);

    if (memo != NULL)
        memo->arena = arena;
    return memo;
}

/* The names of one search differ in their number of labels. Lists are short: whoever makes them
 * long pays a block or more an entry, and there are 2,000 of these in a question's budget. */
static struct nsec3_memo_entry **memo_bucket(struct nsec3_memo *memo, struct dname name)
{
    return &memo->buckets[name.labels % MEMO_BUCKETS];
}

static const struct nsec3_memo_entry *memo_find(struct nsec3_memo *memo, struct dname name,
                                                const struct nsec3 *like)
{
    const struct nsec3_memo_entry *entry = *memo_bucket(memo, name);

    while (entry != NULL &&
           (entry->iterations != like->iterations || !slice_equal(entry->salt, like->salt) ||
            !dname_equal(entry->name, name)))
        entry = entry->next;
    return entry;
}

/* Salt and name are copied: the record may be released before the memo is asked again. */
static struct nsec3_memo_entry *memo_entry_new(struct nsec3_memo *memo, struct dname name,
                                               const struct nsec3 *like)
{
    struct nsec3_memo_entry *entry = ARENA_NEW(memo->arena, struct nsec3_memo_entry);

    if (entry == NULL)
        return NULL;
    entry->name = dname_copy_lower(memo->arena, name);
    entry->salt = arena_copy(memo->arena, like->salt);
    entry->iterations = like->iterations;
    if (entry->name.wire == NULL || (entry->salt.data == NULL && like->salt.size != 0))
        return NULL;
    return entry;
}

const uint8_t *nsec3_hash_of(struct nsec3_work *work, struct dname name,
                             const struct nsec3 *like)
{
    const struct nsec3_memo_entry *known;
    struct nsec3_memo_entry *entry, **bucket;

    if (work->exhausted || work->memo == NULL)
        return NULL;
    known = memo_find(work->memo, name, like);
    if (known != NULL)
        return known->hash;
    entry = memo_entry_new(work->memo, name, like);
    if (entry == NULL ||
        !budget_take(work->budget, COST_HASH_BLOCKS,
                     nsec3_hash_blocks(name, like->salt.size, like->iterations)) ||
        nsec3_hash(work->crypto, name, like->salt, like->iterations, entry->hash) !=
            STATUS_OK) {
        work->exhausted = true;
        return NULL;
    }
    bucket = memo_bucket(work->memo, name);
    entry->next = *bucket;
    *bucket = entry;
    return entry->hash;
}

/* ---- matching and covering ---- */

bool nsec3_same_chain(const struct nsec3 *a, const struct nsec3 *b)
{
    return a->iterations == b->iterations && slice_equal(a->salt, b->salt);
}

bool nsec3_hash_matches(const struct nsec3 *nsec3, const uint8_t hash[NSEC3_HASH_SIZE])
{
    return memcmp(nsec3->hash, hash, NSEC3_HASH_SIZE) == 0;
}

bool nsec3_hash_covers(const struct nsec3 *nsec3, const uint8_t hash[NSEC3_HASH_SIZE])
{
    bool after_owner = memcmp(nsec3->hash, hash, NSEC3_HASH_SIZE) < 0;
    bool before_next = memcmp(hash, nsec3->next.data, NSEC3_HASH_SIZE) < 0;

    /* RFC 5155 section 3.1.7: the last one points to the first; alone it points to itself. */
    if (memcmp(nsec3->hash, nsec3->next.data, NSEC3_HASH_SIZE) >= 0)
        return after_owner || before_next;
    return after_owner && before_next;
}

static const struct nsec3 *find(struct nsec3_work *work, const struct nsec3 *all, size_t count,
                                const struct nsec3 *like, struct dname name,
                                bool (*fits)(const struct nsec3 *nsec3, const uint8_t *hash))
{
    const uint8_t *hash = nsec3_hash_of(work, name, like);

    for (size_t i = 0; hash != NULL && i < count; i++) {
        if (nsec3_same_chain(&all[i], like) && fits(&all[i], hash))
            return &all[i];
    }
    return NULL;
}

const struct nsec3 *nsec3_find_match(struct nsec3_work *work, const struct nsec3 *all,
                                     size_t count, const struct nsec3 *like, struct dname name)
{
    return find(work, all, count, like, name, nsec3_hash_matches);
}

const struct nsec3 *nsec3_find_cover(struct nsec3_work *work, const struct nsec3 *all,
                                     size_t count, const struct nsec3 *like, struct dname name)
{
    return find(work, all, count, like, name, nsec3_hash_covers);
}

/* RFC 5155 section 8.3: a delegation or a DNAME above the name would make the zone the wrong
 * one to speak of it. */
static bool may_enclose(const struct nsec3 *match, struct dname encloser, struct dname zone)
{
    if (bitmap_has(match->bitmap, TYPE_DNAME))
        return false;
    return dname_equal(encloser, zone) || !bitmap_is_delegation(match->bitmap);
}

bool nsec3_find_encloser(struct nsec3_work *work, const struct nsec3 *all, size_t count,
                         const struct nsec3 *like, struct dname name, struct dname zone,
                         struct nsec3_encloser *out)
{
    memset(out, 0, sizeof(*out));
    for (unsigned labels = zone.labels; labels <= name.labels; labels++) {
        struct dname ancestor = dname_ancestor(name, (uint8_t)labels);
        const struct nsec3 *match = nsec3_find_match(work, all, count, like, ancestor);

        if (work->exhausted)
            return false;
        if (match != NULL) {
            out->name = ancestor;
            out->match = match;
        } else if (out->match != NULL && out->name.labels + 1u == labels) {
            out->cover = nsec3_find_cover(work, all, count, like, ancestor);
            if (out->cover != NULL)
                break; /* what is below a name that is not there is not there */
        }
    }
    if (out->match == NULL)
        return false;
    if (out->name.labels == name.labels)
        return true;
    out->next_closer = dname_ancestor(name, (uint8_t)(out->name.labels + 1));
    return may_enclose(out->match, out->name, zone);
}
