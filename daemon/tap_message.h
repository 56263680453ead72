/*
 * tap_message.h - one message of dnstap, as octets.
 *
 * Used by tap.c. The form is that of dnstap.proto (dnstap.info) in the encoding of protocol
 * buffers; of that encoding a dozen fields of four kinds are needed, so there is no compiler
 * for them in between.
 */
#ifndef TREESHREW_DAEMON_TAP_MESSAGE_H
#define TREESHREW_DAEMON_TAP_MESSAGE_H

#include "services/channel.h"
#include "util/wire/dname.h"

/** Numbers of dnstap.proto; the even ones are answers. */
enum tap_kind {
    TAP_RESOLVER_QUERY = 3,
    TAP_RESOLVER_RESPONSE = 4,
    TAP_CLIENT_QUERY = 5,
    TAP_CLIENT_RESPONSE = 6,
    TAP_FORWARDER_QUERY = 7,
    TAP_FORWARDER_RESPONSE = 8
};

struct tap_message {
    enum tap_kind kind;
    enum transport transport;
    const struct addr *asker, *answerer; /* family ADDR_NONE: not known */
    int64_t query_ns, response_ns;       /* since 1970; 0: not known */
    struct dname zone;                   /* whose servers are asked; wire NULL: not known */
    struct slice octets;                 /* the DNS message */
};

/**
 * @param identity, version may be empty.
 * @return memory for free(), `size` octets; NULL: none to be had.
 */
uint8_t *tap_message_encode(const struct tap_message *message, struct slice identity,
                            struct slice version, size_t *size);

#endif
