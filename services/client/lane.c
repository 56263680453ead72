/*
 * lane.c - answers to usual questions out of memos.
 *
 * Called with every message. A question is usual when it is one as RFC 1035 has it, with RD, and
 * with no more than an OPT, whose options change nothing about the answer but its cookie.
 * Everything else, whatever is wrong with it included, goes the long way. Access comes first, as
 * there.
 */
#include "services/client/lane.h"

#include <string.h>

#include "services/cache/fresh.h"
#include "services/client/memo.h"
#include "services/client/pace.h"

enum {
    UDP_SIZE_LEAST = 512,
    AT_LOW_FLAGS = 3,
    AT_QDCOUNT = 4,
    AT_ARCOUNT = 10,
    OPT_LEAST = 11,
    OPTION_HEAD_SIZE = 4,
    OPTIONS_MAX = 8, /* that are looked at; who sends more is not usual */
    FORESEEN_MAX = 32,
    COUNTED_EVERY = 64,   /* batches: it is looked how large the cache is */
    SMALL_CACHE = 4096,   /* entries of some 600 octets with their RRsets */
    FLAG_OPCODE = 0x7800,
    DNSSEC_OK = 0x8000
};

/* A usual question, on its way through the lane. */
struct usual {
    struct request_service *service;
    struct msg_wanted wanted;
    struct memo_asker asker;
    enum transport transport;
    const struct addr *client;
    struct slice cookie_shown; /* data NULL: none, or none is answered */
    uint16_t udp_size;
    struct sink *out;
};

size_t lane_size_max(const struct request_settings *settings)
{
    return size_max(UDP_SIZE_LEAST, settings->options->max_udp_size);
}

bool lane_may_open(const struct request_settings *settings)
{
    return settings->generation != 0 && !settings->log.queries && !settings->log.replies &&
           !(settings->check_memos && settings->rates != NULL) &&
           !settings->upstream->disable_edns_do &&
           !settings->env->cache_options->serve_original_ttl;
}

/* The octets of the packet from here on. @return where the question ends; NULL: not usual. */
static inline const uint8_t *read_question(const uint8_t *at, const uint8_t *end,
                                    struct question *question)
{
    const uint8_t *begin = at;
    uint8_t labels = 0;

    for (; at < end && *at != 0; at += 1 + *at, labels++)
        if (*at > DNAME_LABEL_MAX)
            return NULL;
    if (end - at < 5 || at - begin >= DNAME_MAX)
        return NULL;
    question->qname = (struct dname){begin, (uint8_t)(at - begin + 1), labels, 0};
    question->qtype = bytes_u16(at + 1);
    question->qclass = bytes_u16(at + 3);
    return question->qclass == CLASS_IN ? at + 5 : NULL;
}

/* @return false: it is answered, as asker.c and reply.c have it. */
static bool take_option(struct usual *usual, uint16_t code, struct slice data)
{
    const struct client_options *options = usual->service->settings.options;
    bool is_private = usual->transport == TRANSPORT_TLS || usual->transport == TRANSPORT_HTTPS;
    struct client_subnet subnet;

    switch (code) {
    case EDNS_COOKIE:
        if (options->answer_cookie && usual->cookie_shown.data == NULL)
            usual->cookie_shown = data;
        return true;
    case EDNS_NSID: return usual->service->style.nsid.size == 0;
    case EDNS_PADDING: return !is_private || !options->pad_responses;
    case EDNS_TCP_KEEPALIVE: return usual->transport == TRANSPORT_UDP;
    case EDNS_CLIENT_SUBNET: return client_subnet_read(data, &subnet) == STATUS_OK;
    default: return true; /* RFC 6891 section 6.1.2 */
    }
}

static bool take_options(struct usual *usual, const uint8_t *at, const uint8_t *end)
{
    for (unsigned i = 0; at < end; i++) {
        size_t left = (size_t)(end - at), size;

        if (i == OPTIONS_MAX || left < OPTION_HEAD_SIZE)
            return false;
        size = bytes_u16(at + 2);
        if (size > left - OPTION_HEAD_SIZE ||
            !take_option(usual, bytes_u16(at), slice_of(at + OPTION_HEAD_SIZE, size)))
            return false;
        at += OPTION_HEAD_SIZE + size;
    }
    return true;
}

static bool read_opt(const uint8_t *at, size_t size, struct usual *out)
{
    out->asker.has_edns = true;
    /* The first three octets are the root's name and the type. */
    if (size < OPT_LEAST || bytes_u32(at) >> 8 != TYPE_OPT || at[6] != 0 ||
        bytes_u16(at + 9) != size - OPT_LEAST)
        return false;
    out->udp_size = bytes_u16(at + 3);
    out->asker.dnssec_ok = (bytes_u16(at + 7) & DNSSEC_OK) != 0;
    return size == OPT_LEAST || take_options(out, at + OPT_LEAST, at + size);
}

static bool read_usual(struct slice packet, struct usual *out)
{
    const uint8_t *at = packet.data, *end = at + packet.size;

    if (packet.size < HEADER_SIZE ||
        (bytes_u16(at + 2) & (FLAG_QR | FLAG_OPCODE | FLAG_TC | FLAG_RD)) != FLAG_RD ||
        bytes_u32(at + AT_QDCOUNT) != 1u << 16 || bytes_u32(at + AT_ARCOUNT - 2) > 1)
        return false;
    at = read_question(at + HEADER_SIZE, end, &out->wanted.question);
    if (at == NULL)
        return false;
    out->asker.head = slice_of(packet.data, (size_t)(at - packet.data));
    out->asker.has_edns = out->asker.dnssec_ok = false;
    out->udp_size = UDP_SIZE_LEAST;
    if (bytes_u16(packet.data + AT_ARCOUNT) == 0)
        return at == end;
    return read_opt(at, (size_t)(end - at), out);
}

/* The same as in reply.c. */
static size_t size_limit(const struct usual *usual)
{
    if (usual->transport != TRANSPORT_UDP)
        return MESSAGE_MAX;
    return size_min(size_max(UDP_SIZE_LEAST, usual->udp_size), usual->service->lane_size_max);
}

static bool is_welcome(struct request_service *service, const struct peer *peer)
{
    switch (acl_decide_again(service->settings.acl, &service->recall, &peer->from, &peer->to)) {
    case ACL_ALLOW:
    case ACL_ALLOW_SETRD:
    case ACL_ALLOW_SNOOP: return true;
    default: return false;
    }
}

/* Which answer is meant: as in request.c, but for CD. */
static uint8_t flavour_of(const struct env *env, const struct question *question)
{
    return env->may_make != NULL && env->may_make(env, question) ? MSG_FLAVOUR_MADE
                                                                 : MSG_FLAVOUR_NONE;
}

/* RFC 7873 section 5.2. @return false: it is malformed, or the answer does not fit with it. */
static bool add_cookie(const struct msg_entry *entry, const struct usual *usual)
{
    struct request_service *service = usual->service;
    uint8_t cookie[COOKIE_SIZE];

    service->lane_cookie =
        cookie_judge(&service->settings.cookie_secrets, usual->cookie_shown, usual->client,
                     service->world->wall_s(service->world), cookie);
    return service->lane_cookie != COOKIE_MALFORMED &&
           memo_add_option(entry, &usual->asker, EDNS_COOKIE, slice_of(cookie, sizeof(cookie)),
                           usual->out);
}

/* Reasons are counted one by one. Who has neither them nor a cookie shall not pay for them. */
RARELY_CALLED static bool use_entry_with_options(const struct msg_entry *entry,
                                                 const struct usual *usual)
{
    const struct request_settings *settings = &usual->service->settings;

    if (!memo_write(entry, &usual->asker, usual->out) ||
        (usual->cookie_shown.data != NULL && !add_cookie(entry, usual)))
        return false;
    if (usual->asker.has_edns && settings->options->ede && !settings->check_memos)
        tally_reasons(usual->service->stats.edes, entry->reasons, settings->options->ede_most);
    return true;
}

static bool use_entry(const struct msg_entry *entry, void *context)
{
    const struct usual *usual = context;

    if (entry->reasons->count != 0 || usual->cookie_shown.data != NULL)
        return use_entry_with_options(entry, usual);
    return memo_write(entry, &usual->asker, usual->out);
}

/* What was judged, for who does not ask for that: where he has no answer of his own. */
static bool use_for_all(const struct msg_entry *entry, void *context)
{
    return atomic_load_explicit(&entry->is_for_all, memory_order_relaxed) &&
           use_entry(entry, context);
}

static bool show(struct usual *usual, uint8_t flavour, msg_cache_use *use)
{
    const struct request_service *service = usual->service;

    usual->wanted.flavour = flavour;
    return msg_cache_show(service->settings.env->messages, service->reader, &usual->wanted, use,
                          usual);
}

/* RFC 4035 section 3.2.2: with CD, as may_be_made and look_up of request.c have it. */
static bool answer_unchecked(struct usual *usual)
{
    const struct env *env = usual->service->settings.env;
    bool counts = !usual->service->settings.options->ignore_cd_flag;
    uint8_t flavour = counts && usual->asker.dnssec_ok
                          ? MSG_FLAVOUR_NONE
                          : flavour_of(env, &usual->wanted.question);

    if (!counts || !env->validates) {
        if (!show(usual, flavour, use_entry))
            return false;
    } else if (!show(usual, flavour | MSG_FLAVOUR_CD, use_entry) &&
               !show(usual, flavour, use_for_all)) {
        return false;
    }
    usual->out->base[AT_LOW_FLAGS] |= FLAG_CD;
    return true;
}

/* As explain_failure of visit.c has them. */
static void tally_failure(struct request_service *service, const struct reasons *reasons)
{
    struct reasons told = *reasons;

    told.count = (uint8_t)size_min(told.count, REASONS_MAX - 1);
    told.item[told.count++].code = EDE_CACHED_ERROR;
    tally_reasons(service->stats.edes, &told, service->settings.options->ede_most);
}

/* A line about it that is to be logged is the long way's. */
static bool use_failure(const struct msg_entry *entry, void *context)
{
    const struct usual *usual = context;
    struct request_service *service = usual->service;
    const struct request_settings *settings = &service->settings;

    if (msg_cache_is_forgotten(settings->env->messages, entry) ||
        !memo_write_failure(entry, &usual->asker, usual->out))
        return false;
    if (settings->check_memos)
        return true;
    service->servfail_is_admitted =
        settings->log.servfail && visit_log_admits_servfail(service);
    if (service->servfail_is_admitted)
        return false;
    if (usual->asker.has_edns && settings->options->ede)
        tally_failure(service, entry->reasons);
    return true;
}

static bool is_there(const struct msg_entry *entry, void *context)
{
    (void)entry, (void)context;
    return true;
}

/* RFC 9520: a failure that is remembered. Where anything else is in the cache, fresh, stale or
 * for who sets CD, the long way finds out what counts. An answer that was stored after the memo
 * was made has dropped it, so marks need not be looked for. */
RARELY_CALLED static bool answer_failure(struct usual *usual)
{
    const struct env *env = usual->service->settings.env;
    uint8_t flavour = usual->wanted.flavour;

    if (usual->asker.now_s >= usual->service->failures_until_s ||
        usual->cookie_shown.data != NULL)
        return false;
    usual->wanted.now_s -= fresh_stale_s(env->cache_options);
    if (show(usual, flavour, is_there) ||
        (env->validates && show(usual, flavour | MSG_FLAVOUR_CD, is_there)))
        return false;
    usual->wanted.now_s = usual->asker.now_s;
    return show(usual, flavour | MSG_FLAVOUR_FAILURE, use_failure);
}

bool lane_answer(struct request_service *service, enum transport transport,
                 const struct peer *peer, struct slice packet, struct sink *out)
{
    const struct env *env = service->settings.env;
    struct usual usual;

    usual.service = service;
    usual.transport = transport;
    usual.client = &peer->from;
    usual.cookie_shown.data = NULL;
    if (!is_welcome(service, peer) || !read_usual(packet, &usual))
        return false;
    /* RFC 8482: by UDP it is not told all of it. */
    if (usual.wanted.question.qtype == TYPE_ANY && transport == TRANSPORT_UDP)
        return false;
    usual.out = out;
    service->lane_type = usual.wanted.question.qtype;
    service->lane_cookie = COOKIE_ABSENT;
    usual.asker.generation = service->settings.generation;
    usual.wanted.now_s = usual.asker.now_s = world_now_s(service->world);
    usual.asker.wants_ad = usual.asker.dnssec_ok || (bytes_u16(packet.data + 2) & FLAG_AD) != 0;
    usual.asker.size_max = size_limit(&usual);
    usual.asker.id = bytes_u16(packet.data);
    if ((packet.data[AT_LOW_FLAGS] & FLAG_CD) != 0)
        return answer_unchecked(&usual);
    return show(&usual, flavour_of(env, &usual.wanted.question), use_entry) ||
           answer_failure(&usual);
}

bool request_receive(struct request_service *service, struct channel *channel,
                     const struct peer *peer, struct slice packet)
{
    struct sink out = sink_of(service->out, sizeof(service->out));

    if (!service->lane_is_used ||
        !lane_answer(service, channel->transport, peer, packet, &out) ||
        (service->settings.rates != NULL &&
         !pace_allows_hit(service, channel->transport, peer))) {
        visit_all_rooms(service, channel, peer, packet);
        return true;
    }
    if (service->lane_cookie != COOKIE_ABSENT)
        service->stats.cookies[service->lane_cookie]++;
    /* All else that a hit counts; see request_stats. */
    service->lane_answers[type_group_of(service->lane_type)]
                         [service->out[3] & (LANE_ANSWERS - 1)]++;
    channel->send(channel, peer, sink_written(&out));
    return false;
}

/* ---- batches ---- */

/* As long as all entries stay in the processor's caches there is nothing to fetch. */
static bool is_worth_foreseeing(struct request_service *service)
{
    if (!service->lane_is_used)
        return false;
    if (service->batches++ % COUNTED_EVERY == 0)
        service->cache_is_large = msg_cache_count(service->settings.env->messages) > SMALL_CACHE;
    return service->cache_is_large;
}

bool request_foresee(struct request_service *service, const struct slice *packets, size_t count)
{
    struct msg_cache *messages = service->settings.env->messages;
    uint64_t places[FORESEEN_MAX];
    struct question question;
    size_t found = 0;

    if (!is_worth_foreseeing(service))
        return false;
    for (size_t i = 0; i < count && found < FORESEEN_MAX; i++)
        if (packets[i].size > HEADER_SIZE &&
            read_question(packets[i].data + HEADER_SIZE, packets[i].data + packets[i].size,
                          &question) != NULL)
            places[found++] = msg_cache_place(messages, &question);
    msg_cache_foresee(messages, service->reader, places, found);
    return true;
}

/* ---- for tests ---- */

void lane_check_begin(struct request_service *service, enum transport transport,
                      const struct peer *peer, struct slice packet)
{
    struct lane_check *check = &service->check;
    struct sink out = sink_of(check->octets, sizeof(check->octets));

    check->is_expected =
        service->lane_is_open && lane_answer(service, transport, peer, packet, &out);
    check->size = out.used;
}

void lane_check_sent(struct request_service *service, struct slice sent)
{
    struct lane_check *check = &service->check;

    if (check->is_expected)
        ASSERT(slice_equal(sent, slice_of(check->octets, check->size)));
    check->is_expected = false;
    check->size = sent.size;
    memcpy(check->octets, sent.data, sent.size);
}

void lane_check_end(struct request_service *service, enum transport transport,
                    const struct peer *peer, struct slice packet)
{
    struct lane_check *check = &service->check;
    struct sink out = sink_of(service->out, sizeof(service->out));

    ASSERT(!check->is_expected); /* or the long way had no answer */
    if (check->size != 0 && service->lane_is_open &&
        lane_answer(service, transport, peer, packet, &out))
        ASSERT(slice_equal(sink_written(&out), slice_of(check->octets, check->size)));
    check->size = 0;
}
