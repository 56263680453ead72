/*
 * val_prime.c - trust anchors as a walk of CHAIN meets them: where they are, what they say of
 * the zone's keys, and that they are told to the zone's servers.
 *
 * Called by chain.c. The thread that keeps the anchors (RFC 5011) learns here from every DNSKEY
 * set of a trust point that is fetched, whoever asked for it; other threads use what it has
 * learned.
 */
#include "validator/val_state.h"

#include "validator/key_match.h"
#include "validator/trust_points.h"

/* The trust point of RFC 5011 that this thread keeps for the anchor; NULL: another thread does,
 * or a reload has taken it away while the query ran, which goes on with what it was born with.
 */
static struct trust_point *point_of(const struct query *query, const struct anchor *anchor)
{
    const struct validator_env *env = val_env(query);

    if (env->points == NULL || !anchor->is_kept)
        return NULL;
    return trust_points_find(env->points, anchor->zone, anchor->rrclass);
}

/* An anchor that another option gives too stays for good. */
static bool is_gone(const struct query *query, const struct anchor *anchor)
{
    const struct trust_point *point = anchor == NULL ? NULL : point_of(query, anchor);

    return point != NULL && point->point->deleted && !anchor->has_fixed;
}

/* RFC 5011 section 5: without the point, the next one above counts. */
struct anchor_found val_anchor_find(const struct query *query, struct dname name)
{
    const struct validator_env *env = val_env(query);
    uint16_t rrclass = query->question.qclass;
    int64_t wall_s = query->env->world->wall_s(query->env->world);
    struct anchor_found found = anchors_find(env->anchors, name, rrclass, wall_s);

    while (is_gone(query, found.anchor)) {
        struct dname zone = found.anchor->zone;

        found.anchor = NULL;
        if (dname_is_root(zone))
            break;
        found = anchors_find(env->anchors, dname_parent(zone), rrclass, wall_s);
    }
    return found;
}

/* RFC 5011 section 2.3: a question for the keys that wants them fetched and judged anew. */
bool val_is_probe(const struct query *query, const struct anchor *anchor)
{
    return (query->flags & QUERY_REFRESH) != 0 && query->question.qtype == TYPE_DNSKEY &&
           dname_equal(query->question.qname, anchor->zone);
}

bool val_anchor_judge(struct query *query, const struct anchor *anchor,
                      const struct rrset *dnskeys, struct key_verdict *verdict)
{
    const struct validator_env *env = val_env(query);
    struct sig_check check = val_sig_check(query);
    enum rfc5011_seen seen;

    if (point_of(query, anchor) == NULL) {
        *verdict = keys_verify_by_anchor(&check, dnskeys, anchor);
        return true;
    }
    seen =
        trust_points_see(env->points, anchor, env->config->options, &check, query_now_s(query),
                         world_random(query->env->world), dnskeys, verdict);
    if (anchor->has_fixed && verdict->security != SEC_SECURE) {
        *verdict = keys_verify_by_anchor(&check, dnskeys, anchor);
        return true;
    }
    return seen != RFC5011_DELETED;
}

/* ---- RFC 8145 ---- */

/* Four digits a tag and a hyphen between two have to fit into a label. */
enum { TAGS_MAX = 12, TA_LABEL_MAX = DNAME_LABEL_MAX + 1 };

struct tags {
    uint16_t item[TAGS_MAX];
    size_t count;
};

/* RFC 8145 section 5.1: from the lowest to the highest, each once. */
static void add_tag(struct tags *tags, uint16_t tag)
{
    size_t at = 0;

    while (at < tags->count && tags->item[at] < tag)
        at++;
    if (tags->count == TAGS_MAX || (at < tags->count && tags->item[at] == tag))
        return;
    for (size_t i = tags->count++; i > at; i--)
        tags->item[i] = tags->item[i - 1];
    tags->item[at] = tag;
}

static struct tags tags_of(const struct anchor *anchor)
{
    struct tags tags = {.count = 0};
    struct ds ds;

    for (size_t i = 0; anchor->ds != NULL && i < anchor->ds->rr_count; i++)
        if (ds_read(rrset_rdata(anchor->ds, i), &ds))
            add_tag(&tags, ds.tag);
    for (size_t i = 0; anchor->keys != NULL && i < anchor->keys->rr_count; i++)
        add_tag(&tags, dnskey_tag(rrset_rdata(anchor->keys, i)));
    return tags;
}

/* "_ta-4f66-9728." below the zone. */
static bool name_of_tags(const struct tags *tags, struct dname zone, uint8_t storage[DNAME_MAX],
                         struct dname *out)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t label[1 + TA_LABEL_MAX + 1] = {0, '_', 't', 'a'};
    size_t size = 4;

    for (size_t i = 0; i < tags->count; i++) {
        label[size++] = '-';
        for (unsigned shift = 16; shift > 0; shift -= 4)
            label[size++] = (uint8_t)digits[tags->item[i] >> (shift - 4) & 15];
    }
    label[0] = (uint8_t)(size - 1);
    label[size] = 0;
    return dname_join(dname_of_wire(label), 1, zone, storage, out) == STATUS_OK;
}

/* RFC 8145 section 5: whenever the keys of an anchor's zone are asked for. Nobody waits for the
 * answer, and it is no use to anybody else. */
void val_anchor_signal(struct query *query, const struct anchor *anchor)
{
    struct question question = {.qtype = TYPE_NULL, .qclass = anchor->rrclass};
    struct tags tags = tags_of(anchor);
    uint8_t storage[DNAME_MAX];

    if (!val_env(query)->config->options->trust_anchor_signaling || tags.count == 0 ||
        !name_of_tags(&tags, anchor->zone, storage, &question.qname))
        return;
    mesh_look_aside(query, &question, QUERY_CD | QUERY_NO_CACHE_STORE);
}
