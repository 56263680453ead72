/*
 * tap.h - a collector is shown the messages that come and go (dnstap).
 *
 * Made by server.c when dnstap-enable is on; each worker has a tap of its own beside it.
 * Without the library (HAVE_FSTRM) there is none. Whoever has no tap has no code in his way:
 * client messages are seen by a receiver that is chosen when a socket is opened (tap_client.h),
 * those of servers by exchange_set_tap.
 */
#ifndef TREESHREW_DAEMON_TAP_H
#define TREESHREW_DAEMON_TAP_H

#include "daemon/tap_message.h"
#include "lib/options.h"
#include "services/upstream/exchange.h"
#include "util/log.h"

struct taps;
struct tap;

/** Numbers only, from the start of the process. */
struct tap_stats {
    uint64_t sent, lost; /* lost: the collector was away or slow */
};

/**
 * Starts the thread that speaks with the collector, and does so whether there is one yet or
 * not.
 * @return NULL: it is off; not built in, no socket named, no memory: then it has been logged.
 */
struct taps *taps_new(const struct options *options, unsigned threads, struct log *log);
/** No thread may use its tap any more. Ends within a second or so, whatever the collector does.
 */
void taps_free(struct taps *taps);
struct tap_stats taps_stats(const struct taps *taps);

/** The tap of one thread; NULL: taps is NULL. */
struct tap *taps_of(struct taps *taps, unsigned thread);

/** Which messages are shown; in the tap's own thread. */
void tap_follow(struct tap *tap, const struct dnstap_options *options);

/** Shows one, if its kind is wanted. Never waits. */
void tap_show(struct tap *tap, const struct tap_message *message);
bool tap_wants(const struct tap *tap, enum tap_kind kind);

/** Now, since 1970. */
int64_t tap_now_ns(void);

/** For exchange_set_tap. */
struct upstream_tap *tap_upstream(struct tap *tap);

#endif
