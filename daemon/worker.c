/*
 * worker.c - puts one thread's parts together.
 *
 * Called by server.c. Life: worker_new (loop, exchange, resolver), worker_follow_ports
 * (sockets), the loop runs; at a reload refresh and follow_ports again, in the worker's thread;
 * worker_free takes all apart in the opposite order, with questions under way ending
 * unanswered.
 */
#include "daemon/worker.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log_bound.h"
#include "daemon/tap_client.h"
#include "services/net/stream.h"
#include "services/net/udp.h"
#include "services/upstream/exchange.h"

/* Over all threads: connections of one /24 or /56; octets in buffers of connections. */
enum { BLOCK_MAX = 32, HELD_MAX = 16 << 20 };

struct served {
    struct addr addr;
    struct udp *udp;
    struct stream_listener *tcp;
};

struct worker {
    struct worker_place place;
    struct log log; /* the thread's own, so that its level changes between two events */
    struct log_bound log_bound;
    struct loop *loop;
    struct exchange *exchange;
    struct resolver *resolver;
    struct streams *streams;
    struct udp_stats udp_before; /* of sockets that are closed */
    size_t served_count;
    struct served served[PORTS_MAX];
};

/* Somebody guesses at our questions, and one guess may have been right. */
static void empty_caches(struct worker *worker)
{
    log_line(&worker->log, LOG_LEVEL_WARN,
             "event=flood msg=false answers reached unwanted-reply-threshold: the caches are emptied");
    msg_cache_flush(resolver_messages(worker->place.shared));
    rrset_cache_flush(resolver_rrsets(worker->place.shared));
}

static void after_event(void *context)
{
    struct worker *worker = context;

    resolver_run(worker->resolver);
    if (exchange_take_flood(worker->exchange))
        empty_caches(worker);
}

static void receive(void *context, struct channel *channel, const struct peer *peer,
                    struct slice packet)
{
    struct worker *worker = context;

    resolver_receive(worker->resolver, channel, peer, packet);
}

static bool foresee(void *context, const struct slice *packets, size_t count)
{
    return resolver_foresee(((struct worker *)context)->resolver, packets, count);
}

/* In its place when a collector is shown what comes and goes. */
static void receive_shown(void *context, struct channel *channel, const struct peer *peer,
                          struct slice packet)
{
    struct worker *worker = context;
    struct channel *shown = tap_client_begin(worker->place.tap, channel, peer, packet);

    resolver_receive(worker->resolver, shown != NULL ? shown : channel, peer, packet);
    if (shown != NULL)
        tap_client_done(shown);
}

static net_receive *receiver_of(const struct worker *worker)
{
    return worker->place.tap != NULL ? receive_shown : receive;
}

static void write_line(struct log *log, struct log_record *record)
{
    const struct worker_place *place = &CONTAINER_OF(log, struct worker, log)->place;

    record->thread = place->index + 1;
    place->log->write(place->log, record);
}

static bool admit_line(struct log *log, enum log_level level, const char *format)
{
    return log_bound_admit(&CONTAINER_OF(log, struct worker, log)->log_bound, level, format);
}

static uint32_t share(uint32_t all, unsigned threads)
{
    return (all + threads - 1) / threads;
}

static struct stream_limits stream_limits_of(const struct worker *worker)
{
    const struct options *options = resolver_options(worker->place.shared);
    unsigned threads = worker->place.threads;

    return (struct stream_limits){share(options->client.incoming_num_tcp, threads),
                                  share(BLOCK_MAX, threads), options->upstream.tcp_idle_timeout,
                                  HELD_MAX / threads};
}

/* One port or a range ("1024-4096") of outgoing-port-permit or -avoid. */
static void mark_ports(uint8_t ports[8192], const char *text, bool allowed)
{
    char *end;
    unsigned long low = strtoul(text, &end, 10), high = low;

    if (*end == '-')
        high = strtoul(end + 1, NULL, 10);
    for (unsigned long i = low; i <= high && i < 65536; i++)
        ports[i / 8] =
            (uint8_t)(allowed ? ports[i / 8] | 1u << i % 8 : ports[i / 8] & ~(1u << i % 8));
}

static void choose_ports(uint8_t ports[8192], const struct upstream_options *options)
{
    memset(ports, 0xff, 8192);
    memset(ports, 0, 1024 / 8);
    for (size_t i = 0; i < options->outgoing_port_permit.count; i++)
        mark_ports(ports, options->outgoing_port_permit.items[i].text, true);
    for (size_t i = 0; i < options->outgoing_port_avoid.count; i++)
        mark_ports(ports, options->outgoing_port_avoid.items[i].text, false);
}

static bool make_parts(struct worker *worker)
{
    const struct options *options = resolver_options(worker->place.shared);
    struct stream_limits streams = stream_limits_of(worker);
    uint8_t ports[8192];
    struct loop_limits limits = {.datagrams_max = options->upstream.outgoing_range,
                                 .ports = ports,
                                 .tls_bundle = options->upstream.tls_cert_bundle};

    choose_ports(ports, &options->upstream);
    worker->loop = loop_new(&limits);
    if (worker->loop == NULL)
        return false;
    worker->exchange =
        exchange_new(loop_world(worker->loop), resolver_infra(worker->place.shared),
                     &options->upstream, NULL, NULL);
    if (worker->exchange == NULL)
        return false;
    if (worker->place.tap != NULL)
        exchange_set_tap(worker->exchange, tap_upstream(worker->place.tap));
    worker->resolver = resolver_new(worker->place.shared, loop_world(worker->loop),
                                    exchange_upstream(worker->exchange), &worker->log);
    worker->streams = streams_new(worker->loop, &streams, receiver_of(worker), worker);
    return worker->resolver != NULL && worker->streams != NULL;
}

static void bound_log(struct worker *worker)
{
    const struct daemon_options *options = &resolver_options(worker->place.shared)->daemon;

    worker->log_bound.most = share(options->log_limit, worker->place.threads);
}

struct worker *worker_new(const struct worker_place *place)
{
    struct worker *worker = calloc(1, sizeof(*worker));

    if (worker == NULL)
        return NULL;
    worker->place = *place;
    worker->log = (struct log){.level = place->log->level, .write = write_line};
    if (!make_parts(worker)) {
        worker_free(worker);
        return NULL;
    }
    log_bound_init(&worker->log_bound, loop_world(worker->loop), &worker->log);
    worker->log.admit = admit_line;
    bound_log(worker);
    loop_set_after(worker->loop, after_event, worker);
    return worker;
}

static void add_udp(struct udp_stats *sum, const struct udp *udp)
{
    const struct udp_stats *stats = udp == NULL ? NULL : udp_stats(udp);

    if (stats == NULL)
        return;
    sum->received += stats->received;
    sum->sent += stats->sent;
    sum->send_failed += stats->send_failed;
}

static void stop_serving(struct worker *worker, struct served *served)
{
    add_udp(&worker->udp_before, served->udp);
    udp_close(served->udp);
    stream_listener_close(served->tcp);
}

void worker_free(struct worker *worker)
{
    if (worker == NULL)
        return;
    log_bound_clear(&worker->log_bound);
    resolver_free(worker->resolver);
    for (size_t i = 0; i < worker->served_count; i++)
        stop_serving(worker, &worker->served[i]);
    streams_free(worker->streams);
    exchange_free(worker->exchange);
    loop_free(worker->loop);
    free(worker);
}

struct loop *worker_loop(struct worker *worker)
{
    return worker->loop;
}

static bool serve(struct worker *worker, struct ports *ports, size_t index)
{
    struct served *served = &worker->served[worker->served_count];
    int udp = ports_take(ports, index, worker->place.index, false);
    int tcp = ports_take(ports, index, worker->place.index, true);

    if (udp == -1 && tcp == -1)
        return true; /* served already */
    *served = (struct served){ports->list[index].addr, NULL, NULL};
    worker->served_count++;
    if (udp != -1) {
        served->udp = udp_new(worker->loop, udp, &served->addr, receiver_of(worker), worker);
        if (served->udp == NULL)
            close(udp);
        else
            udp_foresee(served->udp, foresee);
    }
    if (tcp != -1) {
        served->tcp = streams_listen(worker->streams, tcp, &served->addr);
        if (served->tcp == NULL)
            close(tcp);
    }
    return (udp == -1 || served->udp != NULL) && (tcp == -1 || served->tcp != NULL);
}

bool worker_follow_ports(struct worker *worker, struct ports *ports)
{
    bool good = true;
    size_t i = 0;

    while (i < worker->served_count) {
        if (ports_have(ports, &worker->served[i].addr)) {
            i++;
            continue;
        }
        stop_serving(worker, &worker->served[i]);
        worker->served[i] = worker->served[--worker->served_count];
    }
    for (i = 0; i < ports->count; i++)
        good = serve(worker, ports, i) && good;
    return good;
}

void worker_warm_up(struct worker *worker)
{
    resolver_warm_up(worker->resolver);
}

bool worker_keep_anchors(struct worker *worker, resolver_write_file *write_file, void *context)
{
    return resolver_keep_anchors(worker->resolver, write_file, context);
}

struct mesh *worker_mesh(struct worker *worker)
{
    return resolver_mesh(worker->resolver);
}

struct resolver *worker_resolver(struct worker *worker)
{
    return worker->resolver;
}

const struct frequent *worker_trouble(const struct worker *worker)
{
    return exchange_trouble(worker->exchange);
}

void worker_stats(const struct worker *worker, struct stats *out)
{
    *out = (struct stats){.requests = *resolver_request_stats(worker->resolver),
                          .mesh = *mesh_stats(resolver_mesh(worker->resolver)),
                          .upstream = *exchange_stats(worker->exchange),
                          .streams = *stream_stats(worker->streams),
                          .udp = worker->udp_before,
                          .under_way = mesh_size(resolver_mesh(worker->resolver)),
                          .connections = streams_count(worker->streams),
                          .log_left_out = worker->log_bound.left_out};
    for (size_t i = 0; i < worker->served_count; i++)
        add_udp(&out->udp, worker->served[i].udp);
}

struct log *worker_log(struct worker *worker)
{
    return &worker->log;
}

void worker_follow_log(struct worker *worker)
{
    worker->log.level = worker->place.log->level;
}

void worker_refresh(struct worker *worker)
{
    struct stream_limits limits = stream_limits_of(worker);

    worker_follow_log(worker);
    bound_log(worker);
    if (worker->place.tap != NULL)
        tap_follow(worker->place.tap, &resolver_options(worker->place.shared)->dnstap);
    resolver_refresh(worker->resolver);
    exchange_set_options(worker->exchange, &resolver_options(worker->place.shared)->upstream);
    streams_set_limits(worker->streams, &limits);
}
