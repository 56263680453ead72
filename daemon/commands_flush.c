/*
 * commands_flush.c - the commands that make the daemon forget.
 *
 * Called by control.c, in the main thread; the caches are shared, so nobody else need be told.
 */
#include "daemon/call.h"

enum what { WHAT_ALL_TYPES, WHAT_ONE_TYPE, WHAT_NEGATIVE, WHAT_BAD };

struct choice {
    enum what what;
    struct dname name;
    bool and_below;
    uint16_t type;
};

static bool covers_name(const struct choice *choice, struct dname name)
{
    return choice->and_below ? dname_is_at_or_below(name, choice->name)
                             : dname_equal(name, choice->name);
}

static bool choose_set(void *context, const struct rrset *set)
{
    const struct choice *choice = context;

    switch (choice->what) {
    case WHAT_ALL_TYPES: return covers_name(choice, rrset_owner(set));
    case WHAT_ONE_TYPE:
        return covers_name(choice, rrset_owner(set)) && set->type == choice->type;
    case WHAT_NEGATIVE: return set->type == TYPE_NSEC || set->type == TYPE_NSEC3;
    case WHAT_BAD: return rrset_security(set) == SEC_BOGUS;
    }
    return false;
}

static bool choose_message(void *context, const struct msg_entry *entry)
{
    const struct choice *choice = context;

    switch (choice->what) {
    case WHAT_ALL_TYPES: return covers_name(choice, entry->qname);
    case WHAT_ONE_TYPE: return covers_name(choice, entry->qname) && entry->qtype == choice->type;
    case WHAT_NEGATIVE: return entry->rcode == RCODE_NXDOMAIN || entry->count[SECTION_ANSWER] == 0;
    case WHAT_BAD:
        return (entry->flavour & MSG_FLAVOUR_FAILURE) != 0 || entry->security == SEC_BOGUS;
    }
    return false;
}

/* Keys and denials that were proven are made of records that may have gone now; they are cheap to
 * have again. */
static void flush(struct call *call, struct choice *choice)
{
    struct resolver_shared *shared = call->server->shared;

    outline_number(&call->out, "messages",
                   (int64_t)msg_cache_drop_if(resolver_messages(shared), choose_message, choice));
    outline_number(&call->out, "RRsets",
                   (int64_t)rrset_cache_drop_if(resolver_rrsets(shared), choose_set, choice));
    resolver_forget_proofs(shared);
    call_done(call);
}

void command_flush_name(struct call *call)
{
    struct choice choice = {.what = WHAT_ALL_TYPES};

    if (call_name(call, call->words[0], &choice.name))
        flush(call, &choice);
}

void command_flush_type(struct call *call)
{
    struct choice choice = {.what = WHAT_ONE_TYPE};

    if (!call_name(call, call->words[0], &choice.name))
        return;
    if (rrtype_from_text(call->words[1], &choice.type) != STATUS_OK)
        call_misused(call, "\"%s\" is not a type of records", call->words[1]);
    else
        flush(call, &choice);
}

void command_flush_zone(struct call *call)
{
    struct choice choice = {.what = WHAT_ALL_TYPES, .and_below = true};

    if (call_name(call, call->words[0], &choice.name))
        flush(call, &choice);
}

void command_flush_negative(struct call *call)
{
    struct choice choice = {.what = WHAT_NEGATIVE};

    flush(call, &choice);
}

void command_flush_bogus(struct call *call)
{
    struct choice choice = {.what = WHAT_BAD};

    flush(call, &choice);
}

void command_flush_infra(struct call *call)
{
    infra_flush(resolver_infra(call->server->shared));
    call_done(call);
}

void command_flush_all(struct call *call)
{
    struct resolver_shared *shared = call->server->shared;

    msg_cache_flush(resolver_messages(shared));
    rrset_cache_flush(resolver_rrsets(shared));
    infra_flush(resolver_infra(shared));
    resolver_forget_proofs(shared);
    call_done(call);
}
