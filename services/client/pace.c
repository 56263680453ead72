/*
 * pace.c - clients are hashed by netblock; who is over his rate is let slip, or not answered.
 *
 * Called by request.c and lane.c. The counting itself is util/rate_table.c, which all threads
 * share.
 */
#include "services/client/pace.h"

bool pace_limits(const struct client_options *options)
{
    return options->ip_ratelimit != 0 || options->ip_ratelimit_cookie != 0;
}

struct rate_table *pace_table(const struct client_options *options, struct hash_key key)
{
    return pace_limits(options) ? rate_table_new(options->ip_ratelimit_size, key) : NULL;
}

/* The first bits of an address, as a number. */
static uint64_t leading(const uint8_t *bytes, uint32_t bits)
{
    uint64_t value = (uint64_t)bytes_u32(bytes) << 32 | bytes_u32(bytes + 4);

    return bits == 0 ? 0 : bits >= 64 ? value : value & ~(UINT64_MAX >> bits);
}

static uint64_t hash_of(const struct request_settings *settings, const struct addr *client,
                        bool is_known)
{
    const struct client_options *options = settings->options;
    struct hash_state state = hash_start(rate_table_key(settings->rates));

    hash_word(&state, (uint64_t)client->family << 1 | is_known);
    if (client->family == ADDR_IP4) {
        hash_word(&state, leading(client->bytes, options->ip_ratelimit_ipv4_prefix));
    } else {
        uint32_t bits = options->ip_ratelimit_ipv6_prefix;

        hash_word(&state, leading(client->bytes, bits));
        if (bits > 64)
            hash_word(&state, leading(client->bytes + 8, bits - 64));
    }
    return hash_end(state);
}

static bool is_within(const struct request_settings *settings, const struct addr *client,
                      bool is_known, bool backoff, int64_t now_ms)
{
    uint32_t most =
        is_known ? settings->options->ip_ratelimit_cookie : settings->options->ip_ratelimit;

    return most == 0 || rate_take(settings->rates, hash_of(settings, client, is_known), most,
                                  backoff, now_ms);
}

bool pace_allows_hit(struct request_service *service, enum transport transport,
                     const struct peer *peer)
{
    bool is_known = transport != TRANSPORT_UDP || service->lane_cookie == COOKIE_GOOD;

    return is_within(&service->settings, &peer->from, is_known, false,
                     world_now_ms(service->world));
}

/* One in so many, by chance, so that nobody can arrange to be the others. 0: none. */
static bool is_one_in(struct request_service *service, uint32_t number)
{
    service->chance = service->chance * 6364136223846793005u + 1442695040888963407u;
    return number != 0 && (service->chance >> 33) % number == 0;
}

/* A connection is not forged, so that its client can be told. */
static void turn_away(struct visit *visit)
{
    struct request_service *service = visit->service;
    struct reply cut = {.rcode = RCODE_NOERROR, .truncated = true};

    if (visit->asker.transport != TRANSPORT_UDP) {
        visit_error_because(visit, RCODE_REFUSED, EDE_PROHIBITED, "limit=rate");
    } else if (!is_one_in(service, service->settings.options->ip_ratelimit_slip)) {
        visit_drop(visit, DROP_RATE);
    } else {
        service->stats.slipped++;
        /* RFC 7873 section 5.2.3: he may come back by UDP, with the cookie that goes with it.
         */
        if (visit->asker.has_cookie && !visit->asker.is_known)
            visit_error(visit, RCODE_BADCOOKIE, NULL);
        else
            visit_answer(visit, &cut);
    }
}

bool pace_meet(struct visit *visit)
{
    struct request_service *service = visit->service;
    const struct client_options *options = service->settings.options;

    if (service->settings.rates == NULL ||
        is_within(&service->settings, &visit->peer.from, visit->asker.is_known,
                  options->ip_ratelimit_backoff, visit->now_ms))
        return false;
    service->stats.rate_limited++;
    if (is_one_in(service, options->ip_ratelimit_factor))
        return false;
    turn_away(visit);
    return true;
}
