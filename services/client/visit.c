/*
 * visit.c - the ways to leave: answers, errors, stale data, silence.
 *
 * Called by request.c. Each visit leaves exactly once, through send_reply or visit_drop;
 * counters are kept and log lines asked for here, so that no way out forgets them.
 */
#include "services/client/visit.h"

#include <string.h>

#include "services/cache/fresh.h"
#include "services/client/lane.h"
#include "services/client/memo.h"

enum { SLOW_MS = 100 }; /* an answer that takes longer was perhaps kept back on purpose */

bool visit_is_unchecked(const struct visit *visit)
{
    const struct request_settings *settings = &visit->service->settings;

    return (visit->asker.flags & FLAG_CD) != 0 && !settings->options->ignore_cd_flag &&
           settings->env->validates;
}

/* ---- out ---- */

static void count_answer(struct visit *visit, const struct reply *reply, struct slice answer)
{
    const struct client_options *options = visit->service->settings.options;
    struct request_stats *stats = &visit->service->stats;

    stats->answered++;
    stats->rcodes[size_min(reply->rcode, REQUEST_RCODES - 1)]++;
    stats->authentic += (bytes_u16(answer.data + 2) & FLAG_AD) != 0;
    if (reply->reasons != NULL && visit->asker.has_edns && options->ede)
        tally_reasons(stats->edes, reply->reasons, options->ede_most);
}

/* Answers that were kept waiting until all come at once would hit whose address is forged
 * (DNSBomb); beyond some octets he comes by TCP for them. */
static bool is_too_much(const struct visit *visit, size_t octets)
{
    const struct request_service *service = visit->service;

    return !visit->asker.is_known && visit->now_ms - visit->arrived_ms > SLOW_MS &&
           !limit_pulse(service->limit, &visit->peer.from, octets,
                        service->settings.options->slow_answers_max, visit->now_ms);
}

/* The same without records and reasons. A failure needs no better one by TCP. */
static enum status write_bare(struct visit *visit, const struct reply *reply, struct sink *out)
{
    struct reply bare = {.rcode = reply->rcode,
                         .no_recursion = reply->no_recursion,
                         .truncated = reply->rcode != RCODE_SERVFAIL,
                         .now_s = reply->now_s};

    *out = sink_of(visit->service->out, sizeof(visit->service->out));
    return reply_write(&visit->service->style, &visit->asker, &bare, visit->arena, out);
}

static void send_reply(struct visit *visit, const struct reply *reply)
{
    struct request_service *service = visit->service;
    struct sink out = sink_of(service->out, sizeof(service->out));
    enum status status = reply_write(&service->style, &visit->asker, reply, visit->arena, &out);

    if (status != STATUS_OK) { /* no memory: what needs none */
        struct reply error = {.rcode = RCODE_SERVFAIL, .now_s = reply->now_s};

        status = write_bare(visit, &error, &out);
    } else if (is_too_much(visit, out.used)) {
        status = write_bare(visit, reply, &out);
    }
    if (service->settings.log.replies)
        visit_log_reply(visit, reply, status == STATUS_OK ? out.used : 0);
    if (status != STATUS_OK) {
        visit_drop(visit, DROP_UNWRITTEN);
        return;
    }
    count_answer(visit, reply, sink_written(&out));
    if (service->settings.check_memos)
        lane_check_sent(service, sink_written(&out));
    if (visit->asker.wants_keepalive && visit->channel->keep != NULL &&
        service->settings.options->edns_tcp_keepalive)
        visit->channel->keep(visit->channel,
                             service->settings.options->edns_tcp_keepalive_timeout);
    visit->channel->send(visit->channel, &visit->peer, sink_written(&out));
}

void visit_drop(struct visit *visit, enum drop_cause cause)
{
    visit->service->stats.dropped[cause]++;
    if (visit->channel->transport != TRANSPORT_UDP) /* a stream counts what is under way */
        visit->channel->send(visit->channel, &visit->peer, slice_of(NULL, 0));
}

/* The CNAMEs of local data stand in front of what was found at their end. */
static bool put_aliases(struct visit *visit, const struct message *found, struct message *out)
{
    size_t total = found == NULL ? 0 : message_rrsets(found);

    out->rrsets = ARENA_ARRAY(visit->arena, const struct rrset *, visit->alias_count + total);
    if (out->rrsets == NULL)
        return false;
    memcpy(out->rrsets, visit->aliases, visit->alias_count * sizeof(*out->rrsets));
    memset(out->count, 0, sizeof(out->count));
    if (found != NULL) {
        if (total != 0)
            memcpy(out->rrsets + visit->alias_count, found->rrsets,
                   total * sizeof(*out->rrsets));
        memcpy(out->count, found->count, sizeof(out->count));
    }
    out->count[SECTION_ANSWER] = (uint16_t)(out->count[SECTION_ANSWER] + visit->alias_count);
    out->rcode = found == NULL ? RCODE_NOERROR : found->rcode;
    return true;
}

/* A timer of ours leaves no client without an answer, but a late one must amplify nothing. */
static bool is_late(const struct visit *visit)
{
    uint32_t most_ms = visit->service->settings.options->discard_timeout;

    return most_ms != 0 && !visit->asker.is_known &&
           visit->now_ms - visit->arrived_ms > most_ms;
}

const struct message *visit_denial_soa(struct visit *visit, const struct message *message,
                                       struct message *changed)
{
    const struct cache_options *options = visit->service->settings.env->cache_options;
    size_t end = (size_t)message->count[SECTION_ANSWER] + message->count[SECTION_AUTHORITY];

    for (size_t i = message->count[SECTION_ANSWER]; i < end; i++) {
        const struct rrset *set = message->rrsets[i];
        uint32_t most_s = set->type == TYPE_SOA ? fresh_negative_ttl_s(options, set) : 0;
        size_t total = message_rrsets(message);
        struct rrset *copy;

        if (set->type != TYPE_SOA || rrset_ttl_left_s(set, visit->now_s) <= most_s)
            continue;
        copy = rrset_copy_in(visit->arena, set);
        changed->rrsets = ARENA_ARRAY(visit->arena, const struct rrset *, total);
        if (copy == NULL || changed->rrsets == NULL)
            return message;
        rrset_set_expiry(copy, visit->now_s + most_s);
        copy->ttl_s = most_s;
        memcpy(changed->rrsets, message->rrsets, total * sizeof(*message->rrsets));
        memcpy(changed->count, message->count, sizeof(changed->count));
        changed->rcode = message->rcode;
        changed->rrsets[i] = copy;
        return changed;
    }
    return message;
}

void visit_answer(struct visit *visit, struct reply *reply)
{
    struct message with_aliases, with_soa;

    reply->now_s = visit->now_s;
    reply->late = is_late(visit);
    if (reply->message != NULL && !reply->authoritative)
        reply->message = visit_denial_soa(visit, reply->message, &with_soa);
    if (visit->alias_count == 0 || reply->rcode == RCODE_SERVFAIL) {
        send_reply(visit, reply);
        return;
    }
    if (!put_aliases(visit, reply->message, &with_aliases)) {
        visit_error(visit, RCODE_SERVFAIL, NULL);
        return;
    }
    reply->message = &with_aliases;
    reply->authoritative = true; /* RFC 1035 section 4.1.1: AA is about the first owner name */
    reply->security = SEC_INSECURE;
    send_reply(visit, reply);
}

void visit_error(struct visit *visit, uint16_t rcode, const struct reasons *reasons)
{
    struct reply reply = {
        .rcode = rcode, .now_s = visit->now_s, .reasons = reasons, .late = is_late(visit)};

    send_reply(visit, &reply);
}

static const char *about(const struct visit *visit, const char *cause)
{
    char type[TYPE_TEXT_MAX];
    const char *name;

    if (!visit->asker.has_question)
        return cause;
    name = reason_name(visit->arena, visit->asker.question.qname);
    return name == NULL ? cause
                        : arena_printf(visit->arena, "%s for %s/%s", cause, name,
                                       rrtype_to_text(visit->asker.question.qtype, type));
}

static void give_reason(const struct visit *visit, struct reasons *reasons, uint16_t code,
                        const char *cause)
{
    reasons->count = 0;
    if (cause != NULL && visit->asker.has_edns)
        reasons_add(reasons, visit->arena, code, about(visit, cause));
}

void visit_error_because(struct visit *visit, uint16_t rcode, uint16_t code, const char *cause)
{
    struct reasons reasons;

    give_reason(visit, &reasons, code, cause);
    visit_error(visit, rcode, &reasons);
}

void visit_turn_away(struct visit *visit, uint16_t rcode, uint16_t code, const char *cause)
{
    struct reasons reasons;
    struct reply reply = {
        .rcode = rcode, .no_recursion = true, .now_s = visit->now_s, .reasons = &reasons};

    give_reason(visit, &reasons, code, cause);
    send_reply(visit, &reply);
}

void visit_servfail(struct visit *visit, const struct reasons *reasons)
{
    visit->service->stats.servfail++;
    if (visit->service->settings.log.servfail)
        visit_log_servfail(visit, reasons);
    visit_error(visit, RCODE_SERVFAIL, reasons);
}

/* ---- from the cache ---- */

/* RFC 8767 section 4 with RFC 8914 sections 4.4 and 4.20; behind it the servers that failed. */
static void explain_stale(struct visit *visit, const struct hit *hit, uint32_t left_s,
                          const struct reasons *why, struct reasons *out)
{
    char type[TYPE_TEXT_MAX];
    const char *name = reason_name(visit->arena, visit->target.qname);
    bool denied = hit->message.rcode == RCODE_NXDOMAIN;
    const char *text = arena_printf(
        visit->arena, "stale=%u for %s/%s left=%u", (unsigned)hit->stale_s,
        name == NULL ? "." : name, rrtype_to_text(visit->target.qtype, type), (unsigned)left_s);

    out->count = 0;
    if (!visit->service->settings.options->ede_serve_expired)
        return;
    reasons_add(out, visit->arena, denied ? EDE_STALE_NXDOMAIN : EDE_STALE_ANSWER, text);
    for (size_t i = 0; why != NULL && i < why->count && out->count < 3; i++)
        if (why->item[i].code == EDE_NETWORK_ERROR)
            reasons_add(out, visit->arena, why->item[i].code, why->item[i].text);
}

/* RFC 8914 section 4.14: the reasons as they were, and that they come from the cache. */
static void explain_failure(struct visit *visit, const struct msg_entry *entry,
                            struct reasons *out)
{
    char type[TYPE_TEXT_MAX];
    const char *name = reason_name(visit->arena, visit->target.qname);
    const char *text = arena_printf(
        visit->arena, "cached=%u for %s/%s left=%u", (unsigned)(visit->now_s - entry->stored_s),
        name == NULL ? "." : name, rrtype_to_text(visit->target.qtype, type),
        (unsigned)(entry->expires_s - visit->now_s));

    reasons_copy(out, entry->reasons, visit->arena);
    if (out->count == REASONS_MAX)
        out->count--;
    reasons_add(out, visit->arena, EDE_CACHED_ERROR, text);
}

void visit_hit(struct visit *visit, struct hit *hit, const struct reasons *why)
{
    const struct request_settings *settings = &visit->service->settings;
    struct reply reply = {.rcode = hit->message.rcode,
                          .message = &hit->message,
                          .security = hit->security,
                          .reasons = hit->entry->reasons};
    struct reasons reasons;

    visit->source = hit->age == HIT_STALE ? SOURCE_STALE : SOURCE_CACHE;
    if (hit->age == HIT_FAILURE) {
        explain_failure(visit, hit->entry, &reasons);
        visit_servfail(visit, &reasons);
        memo_keep_failure(visit, hit, &reasons);
    } else {
        if (hit->age == HIT_STALE) {
            uint32_t left_s = settings->env->cache_options->serve_expired_reply_ttl;

            visit->service->stats.stale++;
            explain_stale(visit, hit, left_s, why, &reasons);
            reply.reasons = &reasons;
        }
        visit_answer(visit, &reply);
        memo_keep(visit, hit);
    }
    hit_release(hit);
}
