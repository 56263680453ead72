/*
 * refer.c - the answer to a client that does not want recursion: who knows more.
 *
 * Called by the state START when nothing in the caches answers the question. The referral is
 * made of what is cached, and nothing is asked: the NS set and addresses of the deepest known
 * zone, and what its parent says of its keys, a DS set or the proof that there is none (RFC
 * 4035 section 3.1.4). Whether these are good is for the validator to say.
 */
#include "iterator/iter_state.h"
#include "util/wire/rdata.h"

enum { PROOFS_MAX = 6 };

static void add_set(struct message *message, enum section section, const struct rrset *set)
{
    if (set != NULL) {
        message->rrsets[message_rrsets(message)] = set;
        message->count[section]++;
    }
}

/* What was found bogus is only for who sets CD. */
static const struct rrset *find_to_show(struct query *query, struct dname owner, uint16_t type)
{
    const struct rrset *set = query_hold(
        query, rrset_cache_find(query->env->rrsets, owner, type, query->question.qclass,
                                RRSET_PLAIN, query_now_s(query), 0));
    bool may_be_bogus = !query->env->validates || (query->flags & QUERY_CD) != 0;

    return set == NULL || may_be_bogus || rrset_security(set) != SEC_BOGUS ? set : NULL;
}

static bool is_proof(const struct rrset *set)
{
    return set->type == TYPE_NSEC || set->type == TYPE_NSEC3;
}

static void add_proofs(struct message *message, const struct rrset *const *sets, size_t count)
{
    for (size_t i = 0; i < count && message->count[SECTION_AUTHORITY] < 1 + PROOFS_MAX; i++)
        if (is_proof(sets[i]))
            add_set(message, SECTION_AUTHORITY, sets[i]);
}

/* The parent's NSEC of that name came with the referral; the zone's own would prove nothing. */
static bool is_of_parent(const struct rrset *nsec, struct dname zone)
{
    struct rdata_rrsig fields;

    return nsec->rrsig_count > 0 && rdata_rrsig(rrset_rrsig(nsec, 0), &fields) &&
           dname_is_below(zone, fields.signer);
}

/* The answer that there is no DS, if somebody has asked; the newest RRsets of it. */
static void add_denial_of_entry(struct query *query, const struct question *question,
                                uint8_t flavour, struct message *message)
{
    const struct msg_entry *entry =
        msg_cache_find(query->env->messages, question, flavour, query_now_s(query), 0);
    size_t end;

    if (entry == NULL)
        return;
    end = (size_t)entry->count[SECTION_ANSWER] + entry->count[SECTION_AUTHORITY];
    for (size_t i = 0; entry->count[SECTION_ANSWER] == 0 && i < end; i++) {
        const struct rrset *set = entry->rrsets[i];

        if (!is_proof(set))
            continue;
        set = find_to_show(query, rrset_owner(set), set->type);
        if (set != NULL)
            add_proofs(message, &set, 1);
    }
    msg_entry_unref(entry);
}

static bool has_proof(const struct message *message)
{
    return message->count[SECTION_AUTHORITY] > 1;
}

/* RFC 4035 section 3.1.4: with a referral goes the DS set, or the proof that there is none. */
static void add_keys_of_zone(struct query *query, struct dname zone, struct message *message)
{
    struct question question = {zone, TYPE_DS, query->question.qclass};
    struct message denial;
    const struct rrset *nsec;
    int64_t expires_s;

    if (dname_is_root(zone))
        return;
    add_set(message, SECTION_AUTHORITY, find_to_show(query, zone, TYPE_DS));
    if (has_proof(message))
        return;
    if (query->env->known_denial != NULL &&
        query->env->known_denial(query, &question, &denial, &expires_s)) {
        add_proofs(message, denial.rrsets, message_rrsets(&denial));
        return;
    }
    nsec = find_to_show(query, zone, TYPE_NSEC);
    if (nsec != NULL && is_of_parent(nsec, zone))
        add_proofs(message, &nsec, 1);
    for (uint8_t flavour = MSG_FLAVOUR_NONE; !has_proof(message) && flavour <= MSG_FLAVOUR_CD;
         flavour++)
        add_denial_of_entry(query, &question, flavour, message);
}

/* Where the NS set is bogus there is nothing to refer to. */
enum step iter_refer(struct query *query, struct iter_state *state, const struct deleg *known)
{
    struct message message = {0};

    message.rrsets =
        ARENA_ARRAY(query->arena, const struct rrset *,
                    1 + PROOFS_MAX + (known == NULL ? 0 : (size_t)known->name_count * 2));
    if (message.rrsets == NULL)
        return iter_no_memory(query, state);
    if (known != NULL)
        add_set(&message, SECTION_AUTHORITY, find_to_show(query, known->zone, TYPE_NS));
    if (message.count[SECTION_AUTHORITY] == 0)
        return iter_finish(query, state, &message, query_now_s(query), SEC_UNCHECKED);
    add_keys_of_zone(query, known->zone, &message);
    for (const struct deleg_name *name = known->names; name != NULL; name = name->next) {
        add_set(&message, SECTION_ADDITIONAL, find_to_show(query, name->name, TYPE_A));
        add_set(&message, SECTION_ADDITIONAL, find_to_show(query, name->name, TYPE_AAAA));
    }
    return iter_finish(query, state, &message, query_now_s(query), SEC_UNCHECKED);
}
