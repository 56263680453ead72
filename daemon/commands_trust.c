/*
 * commands_trust.c - the command that shows whom the validator trusts.
 *
 * Called by control.c, in the main thread, which is the one that keeps trust anchors (RFC
 * 5011).
 */
#include <stdio.h>

#include "daemon/call.h"
#include "validator/anchor.h"
#include "validator/trust_points.h"
#include "validator/zone_keys.h"

static const char *time_text(struct arena *arena, int64_t seconds)
{
    char text[FINDING_TIME_MAX];

    return seconds == 0 ? "never" : arena_text(arena, finding_time(seconds, text));
}

static void begin_row(struct outline *out, struct dname zone, const char *kind)
{
    char text[DNAME_TEXT_MAX];

    outline_open_row(out);
    outline_bare(out, "zone", dname_to_reason(zone, text));
    outline_text(out, "kind", kind);
}

static void show_ds(struct outline *out, struct dname zone, struct slice rdata,
                    const char *origin)
{
    struct ds ds;

    if (!ds_read(rdata, &ds))
        return;
    begin_row(out, zone, "ds");
    outline_number(out, "tag", ds.tag);
    outline_number(out, "algorithm", ds.algorithm);
    outline_number(out, "digest", ds.digest_type);
    outline_text(out, "origin", origin);
    outline_close(out);
}

/* @param key of RFC 5011, or NULL. */
static void show_key(struct call *call, struct dname zone, struct slice rdata,
                     const char *origin, const struct rfc5011_key *key)
{
    struct outline *out = &call->out;
    struct dnskey dnskey;

    if (!dnskey_read(rdata, &dnskey))
        return;
    begin_row(out, zone, "dnskey");
    outline_number(out, "tag", dnskey.tag);
    outline_number(out, "algorithm", dnskey.algorithm);
    outline_text(out, "origin", origin);
    if (key != NULL) {
        outline_text(out, "state", rfc5011_state_word(key->state));
        outline_bool(out, "trusted", rfc5011_is_trusted(key));
        outline_text(out, "since", time_text(call->arena, key->changed_s));
    }
    outline_close(out);
}

static void show_point(struct call *call, const struct trust_point *kept)
{
    const struct rfc5011_point *point = kept->point;

    for (const struct rfc5011_ds *ds = point->ds; ds != NULL; ds = ds->next)
        show_ds(&call->out, point->zone, slice_of(ds->rdata, ds->size), kept->file);
    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        show_key(call, point->zone, slice_of(key->rdata, key->size), kept->file, key);
    begin_row(&call->out, point->zone, "kept");
    outline_text(&call->out, "origin", kept->file);
    outline_text(&call->out, "asked", time_text(call->arena, point->last_queried_s));
    outline_text(&call->out, "good", time_text(call->arena, point->last_success_s));
    outline_text(&call->out, "next", time_text(call->arena, point->next_probe_s));
    outline_number(&call->out, "failed", point->failed);
    outline_close(&call->out);
}

static void show_fixed(struct call *call, const struct anchor *anchor)
{
    const char *origin = anchor->built_in ? "built in" : "configuration";

    for (size_t i = 0; anchor->ds != NULL && i < anchor->ds->rr_count; i++)
        show_ds(&call->out, anchor->zone, rrset_rdata(anchor->ds, i), origin);
    for (size_t i = 0; anchor->keys != NULL && i < anchor->keys->rr_count; i++)
        show_key(call, anchor->zone, rrset_rdata(anchor->keys, i), origin, NULL);
}

static void show_negative(struct call *call, const struct negative_anchor *negative, int64_t wall_s)
{
    begin_row(&call->out, negative->zone, "negative");
    outline_text(&call->out, "until",
                 negative->expires_s == 0 ? "for good"
                                          : time_text(call->arena, negative->expires_s));
    if (negative->expires_s != 0)
        outline_number(&call->out, "left_s", time_max(negative->expires_s - wall_s, 0));
    outline_text(&call->out, "reason", negative->reason);
    outline_close(&call->out);
}

void command_anchors(struct call *call)
{
    struct server *server = call->server;
    const struct anchors *anchors =
        resolver_anchors(worker_resolver(server->threads[0].worker));
    struct world *world = loop_world(worker_loop(server->threads[0].worker));
    const struct trust_points *points = resolver_trust_points(server->shared);

    outline_open_list(&call->out, "anchors");
    LIST_EACH(&points->list, link)
    show_point(call, CONTAINER_OF(link, struct trust_point, link));
    for (size_t i = 0; anchors != NULL && i < anchors_count(anchors); i++)
        if (!anchors_at(anchors, i)->is_kept)
            show_fixed(call, anchors_at(anchors, i));
    for (size_t i = 0; anchors != NULL && i < anchors_negative_count(anchors); i++)
        show_negative(call, anchors_negative_at(anchors, i), world->wall_s(world));
    outline_close(&call->out);
    call_done(call);
}
