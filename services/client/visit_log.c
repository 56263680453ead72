/*
 * visit_log.c - the log lines of one question: asked, answered, failed, decided here.
 *
 * Called by request.c and visit.c. A client is named as far as the configuration allows. What
 * the administrator has asked for one by one (log-queries, log-replies, log-local-actions,
 * zones of the inform types) is never left out here; lines about failures are bounded, since
 * strangers cause them.
 */
#include "services/client/visit.h"

/* The texts that all lines begin with. */
struct faces {
    char client[ADDR_NETBLOCK_TEXT_MAX], ours[ADDR_TEXT_MAX];
    char name[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX], class_[TYPE_TEXT_MAX];
    const char *to; /* "" unless it is wanted */
    const char *transport;
};

static const char *source_word(enum visit_source source)
{
    static const char *const words[] = {"self", "local", "cache", "stale", "servers"};

    return words[source];
}

static void name_client(const struct request_log *log, const struct addr *from,
                        char out[ADDR_NETBLOCK_TEXT_MAX])
{
    unsigned bits = from->family == ADDR_IP4 ? log->client_bits_ip4 : log->client_bits_ip6;
    struct netblock block;

    if (bits >= 8 * addr_octets(from)) {
        addr_host_text(from, out);
        return;
    }
    block = netblock_around(from, bits);
    netblock_to_text(&block, out);
}

/* @return false: there is no question to speak of. */
static bool put_on(const struct visit *visit, struct faces *faces)
{
    const struct request_log *log = &visit->service->settings.log;
    const struct question *question = &visit->asker.question;

    if (!visit->asker.has_question)
        return false;
    name_client(log, &visit->peer.from, faces->client);
    faces->to = log->destination ? addr_to_text(&visit->peer.to, faces->ours) : "";
    faces->transport = transport_word(visit->channel->transport);
    dname_to_text(question->qname, faces->name);
    rrtype_to_text(question->qtype, faces->type);
    rrclass_to_text(question->qclass, faces->class_);
    return true;
}

static struct log *log_of(const struct visit *visit)
{
    return visit->service->settings.env->log;
}

void visit_log_query(const struct visit *visit)
{
    struct faces faces;

    if (!put_on(visit, &faces))
        return;
    log_each(log_of(visit), LOG_LEVEL_INFO,
             "event=query client=%s to=%s transport=%s name=%s type=%s class=%s", faces.client,
             faces.to, faces.transport, faces.name, faces.type, faces.class_);
}

void visit_log_reply(const struct visit *visit, const struct reply *reply, size_t size)
{
    struct faces faces;
    char rcode[TYPE_TEXT_MAX];

    if (!put_on(visit, &faces))
        return;
    log_each(
        log_of(visit), LOG_LEVEL_INFO,
        "event=reply client=%s to=%s transport=%s name=%s type=%s class=%s rcode=%s source=%s "
        "ms=%lld bytes=%zu ede=%s",
        faces.client, faces.to, faces.transport, faces.name, faces.type, faces.class_,
        rcode_to_text(reply->rcode, rcode), source_word(visit->source),
        (long long)(visit->now_ms - visit->arrived_ms), size,
        reasons_codes(reply->reasons, visit->arena));
}

static const char servfail_format[] =
    "event=servfail client=%s name=%s type=%s source=%s ede=%s why=%s";

bool visit_log_admits_servfail(struct request_service *service)
{
    return log_admits(service->settings.env->log, LOG_LEVEL_INFO, servfail_format);
}

void visit_log_servfail(const struct visit *visit, const struct reasons *reasons)
{
    struct request_service *service = visit->service;
    bool is_admitted = service->servfail_is_admitted;
    struct faces faces;

    service->servfail_is_admitted = false;
    if (!visit->asker.has_question || !(is_admitted || visit_log_admits_servfail(service)) ||
        !put_on(visit, &faces))
        return;
    log_each(log_of(visit), LOG_LEVEL_INFO, servfail_format, faces.client, faces.name, faces.type,
             source_word(visit->source), reasons_codes(reasons, visit->arena),
             reasons_words(reasons, visit->arena));
}

void visit_log_local(const struct visit *visit, struct dname zone, bool is_dropped)
{
    struct faces faces;
    char name[DNAME_TEXT_MAX];

    if (!put_on(visit, &faces))
        return;
    log_each(log_of(visit), LOG_LEVEL_INFO,
             "event=local client=%s name=%s type=%s zone=%s action=%s", faces.client,
             faces.name, faces.type, zone.wire != NULL ? dname_to_text(zone, name) : "",
             is_dropped ? "drop" : "answer");
}
