/*
 * synth.c - answers made out of answers.
 */
#include "dns64/synth.h"

#include <string.h>

#include "util/prefix64.h"

bool synth_has(const struct message *message, uint16_t type)
{
    for (size_t i = 0; i < message->count[SECTION_ANSWER]; i++)
        if (message->rrsets[i]->type == type)
            return true;
    return false;
}

bool synth_may_represent(const struct dns64_config *config, const uint8_t ip4[4])
{
    struct addr addr = addr_ip4(ip4, 0);

    if (!prefix64_is_well_known(&config->prefix) || !prefix64_is_not_global(ip4))
        return true;
    return config->documentation_global && addr_is_documentation(&addr);
}

static bool copy_sets(struct query *query, const struct message *from, struct message *to)
{
    size_t total = message_rrsets(from);

    *to = *from;
    to->rrsets = ARENA_ARRAY(query->arena, const struct rrset *, total + 1);
    if (to->rrsets != NULL && total > 0)
        memcpy(to->rrsets, from->rrsets, total * sizeof(*to->rrsets));
    return to->rrsets != NULL;
}

/* The set outside of any arena, as the message cache wants it. NULL in, NULL out. */
static const struct rrset *published(struct query *query, const struct rrset *set,
                                     enum security security)
{
    const struct rrset *copy = set == NULL ? NULL : rrset_publish(set);

    if (copy != NULL)
        rrset_set_security(copy, security);
    return query_hold(query, copy);
}

/* ---- excluded addresses ---- */

static bool is_excluded(const struct dns64_config *config, struct slice ip6)
{
    struct addr addr = addr_ip6(ip6.data, 0);

    for (size_t i = 0; i < config->exclude_count; i++)
        if (netblock_covers(&config->exclude[i], &addr))
            return true;
    return false;
}

/* What is left of one set; itself when nothing is excluded. */
static enum synth reduce(struct query *query, const struct dns64_config *config,
                         const struct rrset **set)
{
    size_t total = (size_t)(*set)->rr_count + (*set)->rrsig_count, left = 0;
    bool *keep = ARENA_ARRAY(query->arena, bool, total + 1);

    if (keep == NULL)
        return SYNTH_NO_MEMORY;
    for (size_t i = 0; i < (*set)->rr_count; i++) {
        keep[i] = !is_excluded(config, rrset_rdata(*set, i));
        left += keep[i];
    }
    if (left == 0)
        return SYNTH_NOTHING;
    if (left == (*set)->rr_count)
        return SYNTH_DONE;
    /* Signatures go: they are about the whole set. */
    *set = published(query, rrset_filter_in(query->arena, *set, keep), rrset_security(*set));
    return *set == NULL ? SYNTH_NO_MEMORY : SYNTH_DONE;
}

enum synth synth_take_out(struct query *query, const struct dns64_config *config,
                          struct message *message)
{
    struct message reduced;

    if (!copy_sets(query, message, &reduced))
        return SYNTH_NO_MEMORY;
    for (size_t i = 0; i < reduced.count[SECTION_ANSWER]; i++) {
        enum synth synth = SYNTH_DONE;

        if (reduced.rrsets[i]->type == TYPE_AAAA)
            synth = reduce(query, config, &reduced.rrsets[i]);
        if (synth != SYNTH_DONE)
            return synth;
    }
    *message = reduced;
    return SYNTH_DONE;
}

/* ---- addresses ---- */

static enum synth make_set(struct query *query, const struct dns64_config *config,
                           const struct rrset **set, int64_t until_s, enum security security)
{
    const struct rrset *four = *set;
    struct slice *rdata = ARENA_ARRAY(query->arena, struct slice, (size_t)four->rr_count + 1);
    int64_t now_s = query_now_s(query);
    struct rrset_parts parts = {
        .owner = rrset_owner(four),
        .type = TYPE_AAAA,
        .rrclass = four->rrclass,
        /* RFC 6147 section 5.1.7: neither longer than the A records nor than what is not there.
         */
        .ttl_s = (uint32_t)time_max(time_min(four->expires_s, until_s) - now_s, 0),
        .now_s = now_s,
        .trust = TRUST_NONE,
        .rdata = rdata};

    for (size_t i = 0; rdata != NULL && i < four->rr_count; i++) {
        struct slice ip4 = rrset_rdata(four, i);
        uint8_t *ip6;

        if (ip4.size != 4 || !synth_may_represent(config, ip4.data))
            continue;
        ip6 = arena_bytes(query->arena, 16);
        if (ip6 == NULL)
            return SYNTH_NO_MEMORY;
        prefix64_embed(&config->prefix, ip4.data, ip6);
        rdata[parts.rr_count++] = slice_of(ip6, 16);
    }
    if (rdata != NULL && parts.rr_count == 0)
        return SYNTH_NOTHING;
    *set = rdata == NULL ? NULL : published(query, rrset_in(query->arena, &parts), security);
    return *set == NULL ? SYNTH_NO_MEMORY : SYNTH_DONE;
}

enum synth synth_addresses(struct query *query, const struct dns64_config *config,
                           const struct outcome *four, int64_t until_s, struct message *out)
{
    enum synth synth = SYNTH_NOTHING;

    if (four->failed || four->message.rcode != RCODE_NOERROR ||
        !synth_has(&four->message, TYPE_A))
        return SYNTH_NOTHING;
    if (!copy_sets(query, &four->message, out))
        return SYNTH_NO_MEMORY;
    for (size_t i = 0; i < out->count[SECTION_ANSWER]; i++) {
        if (out->rrsets[i]->type != TYPE_A)
            continue;
        synth = make_set(query, config, &out->rrsets[i], until_s, four->security);
        if (synth != SYNTH_DONE)
            break;
    }
    return synth;
}

/* ---- the alias of a reverse name ---- */

enum synth synth_alias(struct query *query, const struct message *reverse, struct message *out)
{
    const struct rrset *pointer = NULL;
    struct rrset_parts parts = {.owner = query->question.qname,
                                .type = TYPE_CNAME,
                                .rrclass = query->question.qclass,
                                .now_s = query_now_s(query),
                                .rr_count = 1};
    struct slice rdata;

    for (size_t i = 0; i < reverse->count[SECTION_ANSWER] && pointer == NULL; i++)
        if (reverse->rrsets[i]->type == TYPE_PTR)
            pointer = reverse->rrsets[i];
    if (pointer == NULL)
        return SYNTH_NOTHING;
    /* RFC 6147 section 5.3.1: no longer chain than need be, so past aliases that are there. */
    rdata = slice_of(rrset_owner(pointer).wire, rrset_owner(pointer).size);
    parts.rdata = &rdata;
    parts.ttl_s = rrset_ttl_left_s(pointer, parts.now_s);
    *out = (struct message){.rcode = RCODE_NOERROR, .count = {2, 0, 0}};
    out->rrsets = ARENA_ARRAY(query->arena, const struct rrset *, 2);
    if (out->rrsets == NULL)
        return SYNTH_NO_MEMORY;
    out->rrsets[0] = published(query, rrset_in(query->arena, &parts), SEC_INSECURE);
    out->rrsets[1] = pointer;
    return out->rrsets[0] == NULL ? SYNTH_NO_MEMORY : SYNTH_DONE;
}
