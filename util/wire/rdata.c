/*
 * rdata.c - rdata as octets: reading it out of messages, check, names, canonical form, single
 * fields.
 *
 * Called by whatever handles records; the text form is in rdata_print.c and rdata_parse.c. What
 * a type looks like stands in rdata.def alone, except for the getters at the end of this file.
 */
#include "util/wire/rdata.h"

#include <string.h>

#include "util/text.h"
#include "util/wire/rdata_field.h"

enum { RDATA_MAX = 65535 };

bool rdata_check(struct slice rdata, uint16_t type, uint16_t rrclass)
{
    struct layout_walk walk = {rdata_layout(type, rrclass), false};
    struct cursor in = cursor_of(rdata);
    char letter;

    if (rdata.size > RDATA_MAX)
        return false;
    if (walk.at == NULL)
        return true;
    while ((letter = layout_next(&walk, cursor_left(&in) > 0)) != '\0')
        rdata_field(letter)->skip(&in);
    return !cursor_failed(&in) && cursor_left(&in) == 0;
}

/* ---- reading out of a message ---- */

/* Rdata as the run of octets and names that it will be put together from. */
struct pieces {
    struct slice piece[2 * RDATA_NAMES_MAX + 1];
    size_t count, size;
};

static void add_piece(struct pieces *pieces, struct slice piece)
{
    struct slice *last = pieces->piece + (pieces->count == 0 ? 0 : pieces->count - 1);

    if (piece.size == 0)
        return;
    pieces->size += piece.size;
    if (pieces->count != 0 && last->data + last->size == piece.data) { /* nothing lay between */
        last->size += piece.size;
        return;
    }
    ASSERT(pieces->count < COUNT(pieces->piece));
    pieces->piece[pieces->count++] = piece;
}

static enum status join_pieces(const struct pieces *pieces, struct arena *arena,
                               struct slice *out)
{
    uint8_t *octets;
    struct sink sink;

    if (pieces->size > RDATA_MAX)
        return STATUS_MALFORMED;
    if (pieces->count == 1) {
        *out = pieces->piece[0];
        return STATUS_OK;
    }
    octets = arena_bytes(arena, pieces->size);
    if (octets == NULL)
        return STATUS_NO_MEMORY;
    sink = sink_of(octets, pieces->size);
    for (size_t i = 0; i < pieces->count; i++)
        sink_bytes(&sink, pieces->piece[i]);
    *out = sink_written(&sink);
    return STATUS_OK;
}

static bool may_hold_pointers(const char *layout)
{
    for (; layout != NULL && *layout != '\0'; layout++)
        if (*layout == 'C' || *layout == 'D')
            return true;
    return false;
}

/*
 * RFC 3597 section 4: pointers are followed in the types of RFC 1035, and in those that once
 * allowed them (RP, AFSDB, RT, SIG, PX, NXT, NAPTR, SRV). Where there are none it stays a view.
 */
static enum status read_compressed(struct cursor *rdata, const char *layout,
                                   struct arena *arena, struct slice *out)
{
    struct layout_walk walk = {layout, false};
    struct pieces pieces;
    const uint8_t *copied = rdata->at;
    char letter;

    pieces.count = pieces.size = 0;
    while ((letter = layout_next(&walk, cursor_left(rdata) > 0)) != '\0') {
        const uint8_t *start = rdata->at;
        struct dname name;
        enum status status;

        if (letter != 'C' && letter != 'D') {
            rdata_field(letter)->skip(rdata);
            continue;
        }
        status = dname_read(rdata, arena, &name);
        if (status != STATUS_OK)
            return status;
        add_piece(&pieces, slice_of(copied, (size_t)(start - copied)));
        add_piece(&pieces, slice_of(name.wire, name.size));
        copied = rdata->at;
    }
    if (cursor_failed(rdata) || cursor_left(rdata) != 0)
        return STATUS_MALFORMED;
    add_piece(&pieces, slice_of(copied, (size_t)(rdata->at - copied)));
    return join_pieces(&pieces, arena, out);
}

enum status rdata_read(struct cursor *rdata, uint16_t type, uint16_t rrclass,
                       struct arena *arena, struct slice *out)
{
    const char *layout = rdata_layout(type, rrclass);
    struct slice all = slice_of(rdata->at, cursor_left(rdata));
    enum status status = STATUS_MALFORMED;

    *out = slice_of(NULL, 0);
    if (cursor_failed(rdata))
        return STATUS_MALFORMED;
    if (may_hold_pointers(layout)) {
        status = read_compressed(rdata, layout, arena, out);
    } else if (rdata_check(all, type, rrclass)) {
        *out = cursor_rest(rdata);
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        cursor_fail(rdata);
    return status;
}

/* ---- names inside ---- */

size_t rdata_names(struct slice rdata, uint16_t type, struct rdata_name names[RDATA_NAMES_MAX])
{
    struct layout_walk walk = {rdata_layout(type, CLASS_IN), false};
    struct cursor in = cursor_of(rdata);
    size_t count = 0;
    char letter;

    /* Most of the many records hold no name, and a list of names (HIP) is nobody's business
     * here. */
    if (walk.at == NULL || strpbrk(walk.at, "CDLU") == NULL || strstr(walk.at, "U*") != NULL)
        return 0;
    while ((letter = layout_next(&walk, cursor_left(&in) > 0)) != '\0') {
        size_t offset = cursor_offset(&in);

        if (!field_is_name(letter)) {
            rdata_field(letter)->skip(&in);
            continue;
        }
        if (count == RDATA_NAMES_MAX || dname_read_plain(&in, &names[count].name) != STATUS_OK)
            break;
        names[count].offset = (uint16_t)offset;
        names[count].compress = letter == 'C';
        names[count].lower = letter != 'U';
        count++;
    }
    return count;
}

/* The names that canonical form writes in lower case. */
static size_t lower_names(struct slice rdata, uint16_t type,
                          struct rdata_name names[RDATA_NAMES_MAX])
{
    size_t found = rdata_names(rdata, type, names);
    size_t count = 0;

    for (size_t i = 0; i < found; i++)
        if (names[i].lower)
            names[count++] = names[i];
    return count;
}

void rdata_write_canonical(struct sink *out, struct slice rdata, uint16_t type)
{
    struct rdata_name names[RDATA_NAMES_MAX];
    size_t count = lower_names(rdata, type, names);
    size_t written = 0;

    for (size_t i = 0; i < count; i++) {
        sink_bytes(out, slice_of(rdata.data + written, names[i].offset - written));
        dname_write_lower(out, names[i].name);
        written = (size_t)names[i].offset + names[i].name.size;
    }
    if (rdata.size > written)
        sink_bytes(out, slice_of(rdata.data + written, rdata.size - written));
}

/* An octet of the canonical form. Length octets of labels are below 'A': lower case spares
 * them. */
static uint8_t canonical_octet(struct slice rdata, size_t at, const struct rdata_name *names,
                               size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (at >= names[i].offset && at < (size_t)names[i].offset + names[i].name.size)
            return (uint8_t)text_lower((char)rdata.data[at]);
    return rdata.data[at];
}

bool rdata_same(struct slice a, struct slice b, uint16_t type)
{
    /* Canonical form changes nothing but the case of letters, and of those only some. */
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (a.data[i] != b.data[i] && text_lower((char)a.data[i]) != text_lower((char)b.data[i]))
            return false;
    return slice_equal(a, b) || rdata_compare(a, b, type) == 0;
}

int rdata_compare(struct slice a, struct slice b, uint16_t type)
{
    struct rdata_name names_a[RDATA_NAMES_MAX], names_b[RDATA_NAMES_MAX];
    size_t count_a = lower_names(a, type, names_a);
    size_t count_b = lower_names(b, type, names_b);

    if (count_a == 0 && count_b == 0)
        return slice_compare(a, b);
    for (size_t i = 0; i < size_min(a.size, b.size); i++) {
        int order =
            canonical_octet(a, i, names_a, count_a) - canonical_octet(b, i, names_b, count_b);

        if (order != 0)
            return order;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

/* ---- single fields ---- */

uint16_t rdata_mx_preference(struct slice rdata)
{
    return rdata.size < 2 ? 0 : bytes_u16(rdata.data);
}

bool rdata_target(struct slice rdata, uint16_t type, struct dname *out)
{
    struct cursor in = cursor_of(rdata);

    switch (type) {
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_DNAME:
    case TYPE_PTR: break;
    case TYPE_MX:
    case TYPE_KX:
    case TYPE_SVCB:
    case TYPE_HTTPS: cursor_bytes(&in, 2); break;
    case TYPE_SRV: cursor_bytes(&in, 6); break;
    case TYPE_NAPTR: /* RFC 3403 section 4.1: flags, services and regexp come first */
        cursor_bytes(&in, 4);
        for (unsigned i = 0; i < 3; i++)
            cursor_bytes(&in, cursor_u8(&in));
        break;
    default: return false;
    }
    return dname_read_plain(&in, out) == STATUS_OK;
}

/* A name, or the root and a failed cursor. */
static struct dname take_name(struct cursor *in)
{
    struct dname name;

    if (dname_read_plain(in, &name) == STATUS_OK)
        return name;
    cursor_fail(in);
    return dname_root;
}

bool rdata_soa(struct slice rdata, struct rdata_soa *out)
{
    struct cursor in = cursor_of(rdata);

    out->mname = take_name(&in);
    out->rname = take_name(&in);
    out->serial = cursor_u32(&in);
    out->refresh_s = cursor_u32(&in);
    out->retry_s = cursor_u32(&in);
    out->expire_s = cursor_u32(&in);
    out->minimum_s = cursor_u32(&in);
    return !cursor_failed(&in) && cursor_left(&in) == 0;
}

bool rdata_rrsig(struct slice rdata, struct rdata_rrsig *out)
{
    struct cursor in = cursor_of(rdata);

    out->type_covered = cursor_u16(&in);
    out->algorithm = cursor_u8(&in);
    out->labels = cursor_u8(&in);
    out->original_ttl_s = cursor_u32(&in);
    out->expiration = cursor_u32(&in);
    out->inception = cursor_u32(&in);
    out->key_tag = cursor_u16(&in);
    out->signer = take_name(&in);
    out->signature = cursor_rest(&in);
    return !cursor_failed(&in);
}

uint32_t dnskey_tag_sum(struct slice octets)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < octets.size; i++)
        sum += (i & 1) != 0 ? octets.data[i] : (uint32_t)octets.data[i] << 8;
    return sum;
}

uint16_t dnskey_tag(struct slice rdata)
{
    enum { ALGORITHM_AT = 3, RSAMD5 = 1 }; /* the one algorithm that had another way */
    uint32_t sum;

    if (rdata.size > ALGORITHM_AT && rdata.data[ALGORITHM_AT] == RSAMD5)
        return rdata.size < 7 ? 0 : bytes_u16(rdata.data + rdata.size - 3);
    sum = dnskey_tag_sum(rdata);
    return (uint16_t)(sum + (sum >> 16));
}
