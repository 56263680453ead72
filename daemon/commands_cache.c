/*
 * commands_cache.c - the commands that show what is known: of names, and of servers.
 *
 * Called by control.c, in the main thread; the caches are shared, so nobody else need be asked.
 */
#include "daemon/call.h"
#include "util/wire/text_rr.h"

enum { TYPES_LOOKED_AT = 512 }; /* and those that have a name */

static struct world *world_of(const struct call *call)
{
    return loop_world(worker_loop(call->server->threads[0].worker));
}

/* ---- cache lookup ---- */

static void show_records(struct outline *out, const struct rrset *set, struct arena *arena)
{
    char type[TYPE_TEXT_MAX];

    outline_open_list(out, "records");
    for (size_t i = 0; i < (size_t)set->rr_count + set->rrsig_count; i++) {
        uint16_t what = i < set->rr_count ? set->type : TYPE_RRSIG;
        struct text text = text_in(arena);

        rdata_to_text(&text, rrset_rdata(set, i), what, set->rrclass);
        outline_printf(out, NULL, "%s %s", rrtype_to_text(what, type),
                       text_done(&text) == NULL ? "?" : text.chars);
    }
    outline_close(out);
}

static void show_set(struct call *call, const struct rrset *set, enum rrset_flavour flavour,
                     int64_t now_s)
{
    struct outline *out = &call->out;
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];

    outline_open(out, NULL);
    outline_printf(out, "set", "%s %s", dname_to_reason(rrset_owner(set), name),
                   rrtype_to_text(set->type, type));
    if (flavour == RRSET_PARENT_SIDE)
        outline_text(out, "kept", "as the parent zone told it");
    outline_number(out, "ttl", set->expires_s - now_s);
    outline_text(out, "security", security_word(rrset_security(set)));
    outline_text(out, "trust", trust_word((enum trust)set->trust));
    show_records(out, set, call->arena);
    outline_close(out);
}

static void show_sets(struct call *call, struct dname name, uint16_t type, int64_t now_s)
{
    struct rrset_cache *cache = resolver_rrsets(call->server->shared);
    const struct options *options = resolver_options(call->server->shared);
    uint32_t stale_s = options->cache.serve_expired ? UINT32_MAX : 0;

    for (unsigned flavour = 0; flavour < RRSET_FLAVOURS; flavour++) {
        const struct rrset *set = rrset_cache_find(cache, name, type, CLASS_IN,
                                                   (enum rrset_flavour)flavour, now_s, stale_s);

        if (set != NULL)
            show_set(call, set, (enum rrset_flavour)flavour, now_s);
        rrset_unref(set);
    }
}

static void show_message(struct call *call, const struct msg_entry *entry, int64_t now_s)
{
    struct outline *out = &call->out;
    char type[TYPE_TEXT_MAX], rcode[TYPE_TEXT_MAX];

    outline_open(out, NULL);
    outline_text(out, "answer to", rrtype_to_text(entry->qtype, type));
    outline_text(out, "rcode", rcode_to_text(entry->rcode, rcode));
    outline_number(out, "ttl", entry->expires_s - now_s);
    outline_text(out, "security", security_word((enum security)entry->security));
    if ((entry->flavour & MSG_FLAVOUR_FAILURE) != 0)
        outline_text(out, "kept", "as a failure (RFC 9520)");
    else if ((entry->flavour & MSG_FLAVOUR_CD) != 0)
        outline_text(out, "kept", "for who checks by itself (CD)");
    else if ((entry->flavour & MSG_FLAVOUR_NO_RD) != 0)
        outline_text(out, "kept", "as a referral");
    else if ((entry->flavour & MSG_FLAVOUR_MADE) != 0)
        outline_text(out, "kept", "as a module made it (DNS64)");
    else if (entry->flavour == MSG_FLAVOUR_KEPT)
        outline_text(out, "kept", "out of a file, to be judged when it is asked for");
    call_reasons(out, entry->reasons);
    outline_open_list(out, "sets");
    for (size_t i = 0; i < (size_t)entry->count[0] + entry->count[1] + entry->count[2]; i++) {
        char name[DNAME_TEXT_MAX];

        outline_printf(out, NULL, "%s %s", dname_to_reason(rrset_owner(entry->rrsets[i]), name),
                       rrtype_to_text(entry->rrsets[i]->type, type));
    }
    outline_close(out);
    outline_close(out);
}

static void show_messages(struct call *call, struct dname name, uint16_t type, int64_t now_s)
{
    struct msg_cache *cache = resolver_messages(call->server->shared);
    const struct options *options = resolver_options(call->server->shared);
    uint32_t stale_s = options->cache.serve_expired ? UINT32_MAX : 0;
    struct question question = {name, type, CLASS_IN};

    for (uint8_t flavour = 0; flavour < MSG_FLAVOURS; flavour++) {
        const struct msg_entry *entry =
            msg_cache_find(cache, &question, flavour, now_s, stale_s);

        if (entry == NULL)
            continue;
        show_message(call, entry, now_s);
        msg_entry_unref(entry);
    }
}

/* By looking for each type: a walk through all of a large cache would hold up the thread's
 * clients. */
static void each_type(struct call *call, struct dname name,
                      void (*show)(struct call *, struct dname, uint16_t, int64_t))
{
    static const uint16_t others[] = {
#define RRTYPE(word, number) number,
#include "util/wire/rrtype.def"
#undef RRTYPE
    };
    int64_t now_s = world_now_s(world_of(call));

    for (uint16_t type = 1; type < TYPES_LOOKED_AT; type++)
        show(call, name, type, now_s);
    for (size_t i = 0; i < COUNT(others); i++)
        if (others[i] >= TYPES_LOOKED_AT)
            show(call, name, others[i], now_s);
}

void command_cache_lookup(struct call *call)
{
    struct dname name;

    if (!call_name(call, call->words[0], &name))
        return;
    outline_open_list(&call->out, "messages");
    each_type(call, name, show_messages);
    outline_close(&call->out);
    outline_open_list(&call->out, "RRsets");
    each_type(call, name, show_sets);
    outline_close(&call->out);
    call_done(call);
}

/* ---- upstreams ---- */

struct upstreams {
    struct outline *out;
    struct addr only; /* ADDR_NONE: all */
    int64_t now_ms;
};

static const char *edns_word(uint8_t edns)
{
    return edns == INFRA_EDNS_WORKS ? "works" : edns == INFRA_EDNS_NONE ? "none" : "unknown";
}

static void show_flaws(struct outline *out, const struct infra *infra)
{
    if (infra->lame)
        outline_bool(out, "lame", true);
    if (infra->recursion_lame)
        outline_bool(out, "recursion-lame", true);
    if (infra->dnssec_lame)
        outline_bool(out, "dnssec-lame", true);
    if (infra->case_lame)
        outline_bool(out, "case-lame", true);
}

static void show_upstream(void *context, const struct addr *server, struct dname zone,
                          const struct infra *infra)
{
    struct upstreams *upstreams = context;
    struct outline *out = upstreams->out;
    char text[DNAME_TEXT_MAX];

    if (upstreams->only.family != ADDR_NONE && !addr_same_host(server, &upstreams->only))
        return;
    outline_open_row(out);
    outline_bare(out, "server", addr_to_text(server, text));
    if (!dname_is_root(zone)) /* under the root stands what counts whatever the zone */
        outline_text(out, "zone", dname_to_reason(zone, text));
    if (infra->srtt_ms != 0)
        outline_number(out, "rtt_ms", infra->srtt_ms);
    outline_number(out, "timeout_ms", infra->timeout_ms);
    outline_number(out, "timeouts", infra->timeouts_in_row);
    if (infra->dead_until_ms != 0)
        outline_number(out, "probe_in_ms",
                       time_max(infra->dead_until_ms - upstreams->now_ms, 0));
    outline_text(out, "edns", edns_word(infra->edns));
    outline_bool(out, "cookie", infra->cookie_size != 0);
    show_flaws(out, infra);
    outline_close(out);
}

void command_upstreams(struct call *call)
{
    struct upstreams upstreams = {.out = &call->out, .now_ms = world_now_ms(world_of(call))};

    if (call->count > 0 &&
        addr_from_text(&upstreams.only, call->words[0], 53, NULL) != STATUS_OK) {
        call_misused(call, "\"%s\" is not an address", call->words[0]);
        return;
    }
    outline_open_list(&call->out, "upstreams");
    infra_cache_visit(resolver_infra(call->server->shared), upstreams.now_ms, show_upstream,
                      &upstreams);
    outline_close(&call->out);
    call_done(call);
}
