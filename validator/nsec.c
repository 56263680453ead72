/*
 * nsec.c - one NSEC record against one name: matches, covers, what its type bitmap says.
 *
 * Called by denial.c, proven.c and (for bitmaps) nsec3.c with records whose signature is good.
 * A good signature does not make a record fit for every question: a zone's parent, a signer
 * gone wrong or a record used out of place must not deny what it has no say in. Nothing here
 * allocates or waits.
 */
#include "validator/nsec.h"

/* Steps over the window at the cursor. False: none is left, or it breaks RFC 4034
 * section 4.1.2. */
static bool next_window(struct cursor *in, int *window, struct slice *bits)
{
    int before = *window;
    uint8_t length;

    if (cursor_left(in) == 0)
        return false;
    *window = cursor_u8(in);
    length = cursor_u8(in);
    *bits = cursor_bytes(in, length);
    if (*window <= before || length < 1 || length > 32)
        cursor_fail(in);
    return !cursor_failed(in);
}

bool bitmap_check(struct slice bitmap)
{
    struct cursor in = cursor_of(bitmap);
    struct slice bits;
    int window = -1;

    while (next_window(&in, &window, &bits))
        continue;
    return !cursor_failed(&in);
}

bool bitmap_has(struct slice bitmap, uint16_t type)
{
    struct cursor in = cursor_of(bitmap);
    struct slice bits;
    int window = -1;
    size_t octet = (type & 0xff) >> 3;

    while (next_window(&in, &window, &bits)) {
        if (window == type >> 8)
            return octet < bits.size && (bits.data[octet] & (0x80 >> (type & 7))) != 0;
    }
    return false;
}

/* What every name with an NSEC has; a question for ANY is denied where nothing else is there.
 */
static bool only_denial_types(struct slice bitmap)
{
    struct cursor in = cursor_of(bitmap);
    struct slice bits;
    int window = -1;

    while (next_window(&in, &window, &bits)) {
        for (size_t i = 0; i < bits.size * 8; i++) {
            uint16_t type = (uint16_t)(window << 8 | (int)i);

            if ((bits.data[i >> 3] & (0x80 >> (i & 7))) != 0 && type != TYPE_NSEC &&
                type != TYPE_RRSIG && type != TYPE_NXNAME)
                return false;
        }
    }
    return true;
}

bool bitmap_is_delegation(struct slice bitmap)
{
    return bitmap_has(bitmap, TYPE_NS) && !bitmap_has(bitmap, TYPE_SOA);
}

enum bitmap_word bitmap_judge(struct slice bitmap, uint16_t qtype, struct dname name,
                              struct dname zone)
{
    /* RFC 6840 section 4.3: a CNAME at the name would have been the answer. */
    if (qtype == TYPE_ANY ? !only_denial_types(bitmap)
                          : bitmap_has(bitmap, qtype) || bitmap_has(bitmap, TYPE_CNAME))
        return BITMAP_HAS_TYPE;
    if (qtype == TYPE_DS) {
        /* RFC 4035 section 5.2, RFC 6840 section 4.4: DS is the parent's. A record with SOA is
         * of the child's apex and cannot deny it; the root has no parent. */
        if ((bitmap_has(bitmap, TYPE_SOA) || dname_equal(name, zone)) && !dname_is_root(name))
            return BITMAP_OTHER_ZONE;
    } else if (bitmap_is_delegation(bitmap) && !dname_equal(name, zone)) {
        /* RFC 6840 section 4.1: the parent's record says nothing of the child but DS. */
        return BITMAP_OTHER_ZONE;
    }
    return bitmap_has(bitmap, TYPE_NXNAME) ? BITMAP_NO_NAME : BITMAP_DENIES;
}

bool nsec_read(const struct rrset *set, struct dname zone, struct nsec *out)
{
    struct cursor in;

    if (set->type != TYPE_NSEC || set->rr_count != 1)
        return false;
    in = cursor_of(rrset_rdata(set, 0));
    out->set = set;
    out->owner = rrset_owner(set);
    if (dname_read_plain(&in, &out->next) != STATUS_OK)
        return false;
    out->bitmap = cursor_rest(&in);
    if (!bitmap_check(out->bitmap))
        return false;
    /* A span that leaves the zone would deny names of others: the signer has no say there. */
    if (!dname_is_at_or_below(out->owner, zone) || !dname_is_at_or_below(out->next, zone))
        return false;
    /* RFC 4034 section 4.1.1: only the last one of the zone turns back, to the apex. */
    return dname_compare(out->next, out->owner) > 0 || dname_equal(out->next, zone);
}

bool nsec_matches(const struct nsec *nsec, struct dname name)
{
    return dname_equal(nsec->owner, name);
}

/* RFC 6840 section 4.1: of what lies below a delegation the parent's record says nothing, and
 * of what lies below a DNAME neither does the DNAME owner's. */
static bool may_speak_below_owner(const struct nsec *nsec, struct dname name)
{
    return !dname_is_below(name, nsec->owner) ||
           (!bitmap_is_delegation(nsec->bitmap) && !bitmap_has(nsec->bitmap, TYPE_DNAME));
}

bool nsec_shows_empty(const struct nsec *nsec, struct dname name)
{
    return dname_compare(nsec->owner, name) < 0 && dname_is_below(nsec->next, name) &&
           may_speak_below_owner(nsec, name);
}

bool nsec_covers(const struct nsec *nsec, struct dname name, struct dname zone)
{
    if (!dname_is_below(name, zone) || dname_compare(nsec->owner, name) >= 0)
        return false;
    if (!dname_equal(nsec->next, zone) && dname_compare(name, nsec->next) >= 0)
        return false;
    return may_speak_below_owner(nsec, name) && !dname_is_below(nsec->next, name);
}

struct dname nsec_encloser(const struct nsec *nsec, struct dname name)
{
    uint8_t with_owner = dname_common_labels(nsec->owner, name);
    uint8_t with_next = dname_common_labels(nsec->next, name);

    return dname_ancestor(name, with_owner > with_next ? with_owner : with_next);
}
