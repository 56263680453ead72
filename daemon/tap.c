/*
 * tap.c - messages of all threads on their way to a collector.
 *
 * Called by server.c, worker.c and, through struct upstream_tap, by the exchange. Each thread
 * has a queue of its own to the library's thread, of which it is the only user, and which has a
 * bound.
 */
#include "config.h"
#include "daemon/tap.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_FSTRM
#include "daemon/tap_stream.h"
#include "lib/options_files.h"

enum { NAME_MAX_OCTETS = 256, QUEUE_MESSAGES = 2048, NS_OF_SECOND = 1000000000 };

struct tap {
    struct upstream_tap upstream; /* first: cast back */
    struct taps *taps;
    struct fstrm_iothr_queue *queue;
    unsigned wanted; /* bit set of enum tap_kind */
    uint32_t one_of, passed;
};

struct taps {
    struct tap_stream stream;
    struct fstrm_iothr *thread;
    char *path;
    char identity[NAME_MAX_OCTETS], version[NAME_MAX_OCTETS];
    atomic_ullong sent, lost;
    unsigned count;
    struct tap of_thread[];
};

/* ---- one message ---- */

int64_t tap_now_ns(void)
{
    struct timespec now = {.tv_sec = 0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * NS_OF_SECOND + now.tv_nsec;
}

bool tap_wants(const struct tap *tap, enum tap_kind kind)
{
    return (tap->wanted & 1u << kind) != 0;
}

/* In the library's thread, when it is done with a message, whether it could send it or not. */
static void message_done(void *octets, void *context)
{
    struct taps *taps = context;

    atomic_fetch_add(atomic_load(&taps->stream.is_connected) ? &taps->sent : &taps->lost, 1);
    free(octets);
}

void tap_show(struct tap *tap, const struct tap_message *message)
{
    struct taps *taps = tap->taps;
    size_t size;
    uint8_t *octets;

    if (!tap_wants(tap, message->kind) || (tap->one_of > 1 && tap->passed++ % tap->one_of != 0))
        return;
    octets = tap_message_encode(message, slice_of(taps->identity, strlen(taps->identity)),
                                slice_of(taps->version, strlen(taps->version)), &size);
    if (octets != NULL && fstrm_iothr_submit(taps->thread, tap->queue, octets, size,
                                             message_done, taps) == fstrm_res_success)
        return;
    atomic_fetch_add(&taps->lost, 1);
    free(octets);
}

/* ---- messages of servers ---- */

static int64_t sent_to_server(struct upstream_tap *upstream, const struct upstream_shown *shown,
                              struct slice octets)
{
    struct tap *tap = (struct tap *)upstream;
    struct tap_message message = {.kind = shown->is_forwarder ? TAP_FORWARDER_QUERY
                                                              : TAP_RESOLVER_QUERY,
                                  .transport = shown->transport,
                                  .asker = &shown->ours,
                                  .answerer = &shown->server,
                                  .query_ns = tap_now_ns(),
                                  .zone = shown->zone,
                                  .octets = octets};

    tap_show(tap, &message);
    return message.query_ns;
}

static void came_from_server(struct upstream_tap *upstream, const struct upstream_shown *shown,
                             struct slice octets, int64_t sent_ns)
{
    struct tap *tap = (struct tap *)upstream;
    struct tap_message message = {.kind = shown->is_forwarder ? TAP_FORWARDER_RESPONSE
                                                              : TAP_RESOLVER_RESPONSE,
                                  .transport = shown->transport,
                                  .asker = &shown->ours,
                                  .answerer = &shown->server,
                                  .query_ns = sent_ns,
                                  .response_ns = tap_now_ns(),
                                  .zone = shown->zone,
                                  .octets = octets};

    tap_show(tap, &message);
}

struct upstream_tap *tap_upstream(struct tap *tap)
{
    return &tap->upstream;
}

/* ---- settings ---- */

void tap_follow(struct tap *tap, const struct dnstap_options *options)
{
    tap->wanted = 0;
    tap->one_of = options->dnstap_sample_rate;
    if (options->dnstap_log_client_query_messages)
        tap->wanted |= 1u << TAP_CLIENT_QUERY;
    if (options->dnstap_log_client_response_messages)
        tap->wanted |= 1u << TAP_CLIENT_RESPONSE;
    if (options->dnstap_log_resolver_query_messages)
        tap->wanted |= 1u << TAP_RESOLVER_QUERY;
    if (options->dnstap_log_resolver_response_messages)
        tap->wanted |= 1u << TAP_RESOLVER_RESPONSE;
    if (options->dnstap_log_forwarder_query_messages)
        tap->wanted |= 1u << TAP_FORWARDER_QUERY;
    if (options->dnstap_log_forwarder_response_messages)
        tap->wanted |= 1u << TAP_FORWARDER_RESPONSE;
}

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void choose_names(struct taps *taps, const struct dnstap_options *options)
{
    if (options->dnstap_send_identity && is_set(options->dnstap_identity))
        snprintf(taps->identity, sizeof(taps->identity), "%s", options->dnstap_identity);
    else if (options->dnstap_send_identity)
        (void)gethostname(taps->identity, sizeof(taps->identity) - 1);
    if (options->dnstap_send_version)
        snprintf(taps->version, sizeof(taps->version), "%s",
                 is_set(options->dnstap_version) ? options->dnstap_version
                                                 : "treeshrew " PACKAGE_VERSION);
}

/* ---- life ---- */

/* Signals are for the main thread. */
static struct fstrm_iothr *start_thread(const struct fstrm_iothr_options *options,
                                        struct fstrm_writer **writer)
{
    struct fstrm_iothr *thread;
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread = fstrm_iothr_init(options, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return thread;
}

static bool start(struct taps *taps, bool bidirectional)
{
    struct fstrm_writer *writer = tap_stream_writer(&taps->stream, bidirectional);
    struct fstrm_iothr_options *options = fstrm_iothr_options_init();

    if (writer != NULL && options != NULL) {
        (void)fstrm_iothr_options_set_num_input_queues(options, taps->count);
        (void)fstrm_iothr_options_set_input_queue_size(options, QUEUE_MESSAGES);
        /* Queues with a lock: no two threads here meet at one, and ThreadSanitizer understands
         * it. */
        (void)fstrm_iothr_options_set_queue_model(options, FSTRM_IOTHR_QUEUE_MODEL_MPSC);
        taps->thread = start_thread(options, &writer);
    }
    if (writer != NULL)
        (void)fstrm_writer_destroy(&writer);
    if (options != NULL)
        fstrm_iothr_options_destroy(&options);
    return taps->thread != NULL;
}

struct taps *taps_new(const struct options *options, unsigned threads, struct log *log)
{
    const struct dnstap_options *wishes = &options->dnstap;
    struct taps *taps;

    if (!wishes->dnstap_enable)
        return NULL;
    if (!is_set(wishes->dnstap_socket_path)) {
        log_line(
            log, LOG_LEVEL_WARN,
            "event=dnstap msg=it is off: dnstap-socket-path must name the collector's socket");
        return NULL;
    }
    taps = calloc(1, sizeof(*taps) + threads * sizeof(taps->of_thread[0]));
    if (taps == NULL)
        return NULL;
    taps->count = threads;
    taps->path =
        strdup(options_path_inside(options->daemon.chroot, wishes->dnstap_socket_path));
    taps->stream.path = taps->path;
    choose_names(taps, wishes);
    if (taps->path == NULL || !start(taps, wishes->dnstap_bidirectional)) {
        log_line(log, LOG_LEVEL_ERROR, "event=dnstap msg=it is off: out of memory");
        taps_free(taps);
        return NULL;
    }
    for (unsigned i = 0; i < threads; i++) {
        taps->of_thread[i] =
            (struct tap){.upstream = {sent_to_server, came_from_server},
                         .taps = taps,
                         .queue = fstrm_iothr_get_input_queue_idx(taps->thread, i)};
        tap_follow(&taps->of_thread[i], wishes);
    }
    return taps;
}

void taps_free(struct taps *taps)
{
    if (taps == NULL)
        return;
    atomic_store(&taps->stream.is_ending, true);
    if (taps->thread != NULL)
        fstrm_iothr_destroy(&taps->thread);
    free(taps->path);
    free(taps);
}

struct tap *taps_of(struct taps *taps, unsigned thread)
{
    return taps == NULL ? NULL : &taps->of_thread[thread];
}

struct tap_stats taps_stats(const struct taps *taps)
{
    if (taps == NULL)
        return (struct tap_stats){.sent = 0};
    return (struct tap_stats){atomic_load(&taps->sent), atomic_load(&taps->lost)};
}

#else /* there is never a tap */

struct taps *taps_new(const struct options *options, unsigned threads, struct log *log)
{
    (void)threads;
    if (options->dnstap.dnstap_enable)
        log_line(log, LOG_LEVEL_WARN,
                 "event=dnstap msg=it is off: this program was built without it (configure "
                 "--enable-dnstap); set dnstap-enable: no, or install one that has it");
    return NULL;
}

void taps_free(struct taps *taps)
{
    (void)taps;
}

struct tap *taps_of(struct taps *taps, unsigned thread)
{
    (void)taps;
    (void)thread;
    return NULL;
}

struct tap_stats taps_stats(const struct taps *taps)
{
    (void)taps;
    return (struct tap_stats){.sent = 0};
}

void tap_follow(struct tap *tap, const struct dnstap_options *options)
{
    (void)tap;
    (void)options;
}

void tap_show(struct tap *tap, const struct tap_message *message)
{
    (void)tap;
    (void)message;
}

bool tap_wants(const struct tap *tap, enum tap_kind kind)
{
    (void)tap;
    (void)kind;
    return false;
}

int64_t tap_now_ns(void)
{
    return 0;
}

struct upstream_tap *tap_upstream(struct tap *tap)
{
    (void)tap;
    return NULL;
}
#endif
