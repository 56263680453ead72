/*
 * scrub.c - one pass a section, building what stays.
 *
 * Answer: the chain from the question's name, as far as it stays in the zone. Authority: SOA and NS
 * that lie between zone and name, and DNSSEC records. Additional: addresses of names that stand in
 * records that stayed. Everything else goes (RFC 2181 section 5.4.1, RFC 5452 section 6).
 */
#include "iterator/scrub.h"

#include <string.h>

#include "iterator/few_signatures.h"
#include "util/wire/rdata.h"

struct scrubber {
    struct message *message;
    const struct question *question;
    struct dname zone;
    bool recursive;
    const struct scrub_rules *rules;
    struct arena *arena;
    struct scrub_result *result;
    struct dname last_name; /* where the chain of aliases leads so far */
    bool answered;          /* something of the type asked for stayed */
    const struct rrset **kept;
    uint16_t kept_count[SECTIONS];
    size_t kept_all;
    bool no_memory;
};

static void keep(struct scrubber *scrubber, enum section section, const struct rrset *set)
{
    scrubber->kept[scrubber->kept_all++] = set;
    scrubber->kept_count[section]++;
}

static bool in_zone(const struct scrubber *scrubber, struct dname name)
{
    return dname_is_at_or_below(name, scrubber->zone);
}

/* Classes are worlds of their own: nothing of another one belongs into an answer. */
static bool in_class(const struct scrubber *scrubber, const struct rrset *set)
{
    return set->rrclass == scrubber->question->qclass ||
           scrubber->question->qclass == CLASS_ANY;
}

/* ---- private addresses ---- */

static bool is_private(const struct scrubber *scrubber, struct slice rdata)
{
    struct addr addr = rdata.size == 4 ? addr_ip4(rdata.data, 0) : addr_ip6(rdata.data, 0);

    for (size_t i = 0; i < scrubber->rules->private_block_count; i++)
        if (netblock_covers(&scrubber->rules->private_blocks[i], &addr))
            return true;
    return false;
}

static bool may_be_private(const struct scrubber *scrubber, struct dname owner)
{
    for (size_t i = 0; i < scrubber->rules->private_domain_count; i++)
        if (dname_is_at_or_below(owner, scrubber->rules->private_domains[i]))
            return true;
    return false;
}

/* The set without addresses of private-address, or NULL when none is left. */
static const struct rrset *without_private(struct scrubber *scrubber, const struct rrset *set)
{
    size_t left;
    bool *stays;
    const struct rrset *rest;

    if (set == NULL || scrubber->rules->private_block_count == 0 || set->rrclass != CLASS_IN ||
        (set->type != TYPE_A && set->type != TYPE_AAAA) ||
        may_be_private(scrubber, rrset_owner(set)))
        return set;
    stays = ARENA_ARRAY(scrubber->arena, bool, (size_t)set->rr_count + set->rrsig_count);
    if (stays == NULL) {
        scrubber->no_memory = true;
        return NULL;
    }
    left = set->rr_count;
    for (size_t i = 0; i < set->rr_count; i++) {
        stays[i] = !is_private(scrubber, rrset_rdata(set, i));
        left -= !stays[i];
    }
    if (left == set->rr_count)
        return set;
    scrubber->result->private_address = true;
    if (left == 0)
        return NULL;
    rest = rrset_filter_in(scrubber->arena, set, stays);
    scrubber->no_memory = scrubber->no_memory || rest == NULL;
    return rest;
}

/* ---- answer ---- */

static const struct rrset *make_alias(struct scrubber *scrubber, const struct rrset *dname_set,
                                      struct dname target)
{
    struct slice rdata = slice_of(target.wire, target.size);
    struct rrset_parts parts = {.owner = scrubber->last_name,
                                .type = TYPE_CNAME,
                                .rrclass = dname_set->rrclass,
                                .ttl_s = dname_set->ttl_s,
                                .now_s = rrset_came_s(dname_set),
                                .trust = TRUST_NONE,
                                .rdata = &rdata,
                                .rr_count = 1};
    const struct rrset *alias = rrset_in(scrubber->arena, &parts);

    scrubber->no_memory = scrubber->no_memory || alias == NULL;
    return alias;
}

/*
 * RFC 6672 section 3.1: a DNAME above the name rewrites it. The CNAME that comes with it must say
 * the same; it is made here, so that a wrong one never counts.
 */
static void follow_dname(struct scrubber *scrubber, const struct rrset *dname_set)
{
    uint8_t storage[DNAME_MAX];
    struct dname to, target;
    const struct rrset *alias;

    if (!rdata_target(rrset_rdata(dname_set, 0), TYPE_DNAME, &to))
        return;
    keep(scrubber, SECTION_ANSWER, dname_set);
    if (dname_replace_suffix(scrubber->last_name, rrset_owner(dname_set), to, storage, &target) !=
        STATUS_OK) {
        scrubber->result->too_long = true;
        return;
    }
    target = dname_copy(scrubber->arena, target);
    if (target.wire == NULL) {
        scrubber->no_memory = true;
        return;
    }
    alias = make_alias(scrubber, dname_set, target);
    if (alias == NULL)
        return;
    keep(scrubber, SECTION_ANSWER, alias);
    scrubber->last_name = target;
}

static const struct rrset *find_dname(const struct rrset **sets, size_t count, struct dname name)
{
    for (size_t i = 0; i < count; i++)
        if (sets[i]->type == TYPE_DNAME && sets[i]->rr_count == 1 &&
            dname_is_below(name, rrset_owner(sets[i])))
            return sets[i];
    return NULL;
}

static const struct rrset *find_set(const struct rrset **sets, size_t count, struct dname name,
                                    uint16_t type)
{
    for (size_t i = 0; i < count; i++)
        if (sets[i]->type == type && dname_equal(rrset_owner(sets[i]), name))
            return sets[i];
    return NULL;
}

/* The set with at most so many records, the first ones, and signatures. NULL: no memory. */
static const struct rrset *at_most(struct scrubber *scrubber, const struct rrset *set,
                                   size_t records, size_t signatures)
{
    bool *stays;
    const struct rrset *rest;

    if (set->rr_count <= records && set->rrsig_count <= signatures)
        return set;
    stays = ARENA_ARRAY(scrubber->arena, bool, (size_t)set->rr_count + set->rrsig_count);
    for (size_t i = 0; stays != NULL && i < set->rr_count; i++)
        stays[i] = i < records;
    if (stays != NULL)
        few_signatures(set, signatures, stays + set->rr_count);
    rest = stays == NULL ? NULL : rrset_filter_in(scrubber->arena, set, stays);
    scrubber->no_memory = scrubber->no_memory || rest == NULL;
    return rest;
}

/* Bounds that a hostile zone would exceed: NS records of a delegation, signatures of a set. */
static const struct rrset *bounded(struct scrubber *scrubber, const struct rrset *set)
{
    size_t records = set->type == TYPE_NS ? scrubber->rules->ns_most : SIZE_MAX;

    return at_most(scrubber, set, records, scrubber->rules->rrsigs_most);
}

/* RFC 4034 section 4.1.1: an NSEC speaks of its own zone; one that reaches beyond it is a lie. */
static bool reaches_out(struct scrubber *scrubber, const struct rrset *set)
{
    struct rdata_name names[RDATA_NAMES_MAX];

    if (set->type != TYPE_NSEC || scrubber->recursive)
        return false;
    for (size_t i = 0; i < set->rr_count; i++)
        if (rdata_names(rrset_rdata(set, i), TYPE_NSEC, names) > 0 &&
            !in_zone(scrubber, names[0].name))
            return scrubber->result->foreign_next = true;
    return false;
}

/* Everything at the last name that answers the question. @return whether anything does. */
static bool take_data(struct scrubber *scrubber, const struct rrset **sets, size_t count)
{
    uint16_t qtype = scrubber->question->qtype;

    for (size_t i = 0; i < count; i++) {
        const struct rrset *set = sets[i];

        if (!dname_equal(rrset_owner(set), scrubber->last_name) || !in_class(scrubber, set) ||
            (qtype != TYPE_ANY && set->type != qtype))
            continue;
        scrubber->answered = true;
        if (reaches_out(scrubber, set))
            continue;
        set = without_private(scrubber, bounded(scrubber, set));
        if (set != NULL)
            keep(scrubber, SECTION_ANSWER, set);
    }
    return scrubber->answered;
}

static bool follow_cname(struct scrubber *scrubber, const struct rrset *alias)
{
    struct dname target;

    /* RFC 1034 section 3.6.2: one CNAME and no more at a name. */
    if (alias == NULL || alias->rr_count != 1 ||
        !rdata_target(rrset_rdata(alias, 0), TYPE_CNAME, &target))
        return false;
    keep(scrubber, SECTION_ANSWER, alias);
    scrubber->last_name = target;
    return true;
}

static void scrub_answer(struct scrubber *scrubber)
{
    size_t count, room;
    const struct rrset **sets = message_section(scrubber->message, SECTION_ANSWER, &count);
    uint32_t hops_most =
        scrubber->rules->aliases_most == 0 ? 64 : scrubber->rules->aliases_most;

    if (!scrubber->recursive)
        hops_most = (uint32_t)size_min(hops_most, 1);
    room = count * 2; /* each DNAME brings at most one alias; a repeat is a loop */
    for (uint32_t hops = 0; hops <= hops_most && in_zone(scrubber, scrubber->last_name); hops++) {
        const struct rrset *dname_set;

        if (scrubber->kept_all + 2 > room)
            break;
        dname_set = find_dname(sets, count, scrubber->last_name);
        /* RFC 6672 section 2.4: below a DNAME there are no data, not even the CNAME that came. */
        if (dname_set == NULL && (scrubber->recursive || hops == 0) &&
            take_data(scrubber, sets, count))
            break;
        if (hops == hops_most || scrubber->result->too_long || scrubber->no_memory)
            break;
        if (dname_set != NULL && in_zone(scrubber, rrset_owner(dname_set)))
            follow_dname(scrubber, dname_set);
        else if (!follow_cname(scrubber,
                               find_set(sets, count, scrubber->last_name, TYPE_CNAME)))
            break;
    }
}

/* ---- authority ---- */

/* A zone on the way from the one asked to the name that the reply is about. */
static bool is_on_the_way(const struct scrubber *scrubber, struct dname owner)
{
    return in_zone(scrubber, owner) && (dname_is_at_or_below(scrubber->last_name, owner) ||
                                        dname_is_at_or_below(scrubber->question->qname, owner));
}

/* An NS set that nobody asked for beside an answer can only do harm (promiscuous NS). Records that
 * were no answer do not make one of a referral. */
static bool ns_is_unasked(const struct scrubber *scrubber)
{
    return scrubber->rules->promiscuous && scrubber->kept_count[SECTION_ANSWER] != 0 &&
           scrubber->question->qtype != TYPE_NS;
}

static void scrub_authority(struct scrubber *scrubber)
{
    size_t count;
    const struct rrset **sets = message_section(scrubber->message, SECTION_AUTHORITY, &count);
    bool have_ns = false, have_soa = false;

    for (size_t i = 0; i < count; i++) {
        const struct rrset *set = sets[i];
        struct dname owner = rrset_owner(set);

        if (!in_class(scrubber, set))
            continue;
        switch (set->type) {
        case TYPE_NS:
            /* A referral upwards stays, so that it is seen for what it is: lame. */
            if (have_ns || ns_is_unasked(scrubber))
                continue;
            if (!is_on_the_way(scrubber, owner) &&
                !(scrubber->message->count[SECTION_ANSWER] == 0 &&
                  dname_is_at_or_below(scrubber->zone, owner)))
                continue;
            have_ns = true;
            break;
        case TYPE_SOA:
            if (have_soa || !is_on_the_way(scrubber, owner))
                continue;
            have_soa = true;
            break;
        case TYPE_DS:
        case TYPE_NSEC:
        case TYPE_NSEC3:
        case TYPE_RRSIG:
            if (!in_zone(scrubber, owner))
                continue;
            break;
        default:
            if (scrubber->rules->harden_unknown_additional || !in_zone(scrubber, owner))
                continue;
            break;
        }
        set = bounded(scrubber, set);
        if (set != NULL)
            keep(scrubber, SECTION_AUTHORITY, set);
    }
}

/* ---- additional ---- */

static bool set_names(const struct rrset *set, struct dname name)
{
    for (size_t i = 0; i < set->rr_count; i++) {
        struct dname target;

        if (rdata_target(rrset_rdata(set, i), set->type, &target) && dname_equal(target, name))
            return true;
    }
    return false;
}

/* True when a record that stayed names this host. */
static bool is_named(const struct scrubber *scrubber, struct dname name, size_t before)
{
    for (size_t i = 0; i < before; i++) {
        const struct rrset *set = scrubber->kept[i];

        switch (set->type) {
        case TYPE_NS:
        case TYPE_MX:
        case TYPE_SRV:
        case TYPE_SVCB:
        case TYPE_HTTPS:
        case TYPE_KX:
        case TYPE_NAPTR:
            if (set_names(set, name))
                return true;
            break;
        default: break;
        }
    }
    return false;
}

/* Addresses; and the SRV records that a NAPTR record leads to (RFC 3403 section 4.1). */
static bool may_be_additional(const struct scrubber *scrubber, uint16_t type)
{
    if (type == TYPE_SRV)
        return !scrubber->rules->harden_unknown_additional;
    return type == TYPE_A || type == TYPE_AAAA;
}

static void scrub_additional(struct scrubber *scrubber)
{
    size_t count, before = scrubber->kept_all;
    const struct rrset **sets = message_section(scrubber->message, SECTION_ADDITIONAL, &count);

    for (size_t i = 0; i < count; i++) {
        const struct rrset *set = sets[i];
        struct dname owner = rrset_owner(set);
        bool is_glue = scrubber->kept_count[SECTION_ANSWER] == 0;

        if (!may_be_additional(scrubber, set->type) || !in_class(scrubber, set) ||
            !is_named(scrubber, owner, before))
            continue;
        /* Glue from outside the zone serves to go on at best; it never answers a client. */
        if (!in_zone(scrubber, owner) && (scrubber->rules->harden_glue || !is_glue))
            continue;
        set = without_private(scrubber, set);
        if (set != NULL)
            keep(scrubber, SECTION_ADDITIONAL, set);
    }
}

enum status scrub(struct message *message, const struct question *question, struct dname zone,
                  bool recursive, const struct scrub_rules *rules, struct arena *arena,
                  struct scrub_result *result)
{
    size_t before = message_rrsets(message);
    struct scrubber scrubber = {.message = message,
                                .question = question,
                                .zone = zone,
                                .recursive = recursive,
                                .rules = rules,
                                .arena = arena,
                                .result = result,
                                .last_name = question->qname};

    *result = (struct scrub_result){0};
    scrubber.kept = ARENA_ARRAY(arena, const struct rrset *,
                                before + message->count[SECTION_ANSWER] + 1);
    if (scrubber.kept == NULL)
        return STATUS_NO_MEMORY;
    scrub_answer(&scrubber);
    scrub_authority(&scrubber);
    scrub_additional(&scrubber);
    if (scrubber.no_memory)
        return STATUS_NO_MEMORY;
    result->removed = (unsigned)(before > scrubber.kept_all ? before - scrubber.kept_all : 0);
    message->rrsets = scrubber.kept;
    memcpy(message->count, scrubber.kept_count, sizeof(message->count));
    return STATUS_OK;
}
