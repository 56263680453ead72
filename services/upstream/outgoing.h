/*
 * outgoing.h - the lists among the upstream options, read once: sources, exemptions, client
 * strings.
 *
 * Used by exchange.c. Items that make no sense are left out; the reader of the configuration
 * has complained about them before.
 */
#ifndef TREESHREW_SERVICES_UPSTREAM_OUTGOING_H
#define TREESHREW_SERVICES_UPSTREAM_OUTGOING_H

#include "services/upstream/upstream_options.h"
#include "services/world.h"
#include "util/wire/dname.h"

struct outgoing;

/** @return NULL: no memory. */
struct outgoing *outgoing_new(const struct upstream_options *options);
void outgoing_free(struct outgoing *outgoing);

/** One of outgoing-interface for that family, at random; false: the system chooses. Port 0. */
bool outgoing_source(const struct outgoing *outgoing, enum addr_family family,
                     struct world *world, struct addr *out);

/** caps-exempt: at and below such a name the case of letters is left alone. */
bool outgoing_case_exempt(const struct outgoing *outgoing, struct dname name);

/** edns-client-string for that server; size 0: none. */
struct slice outgoing_client_string(const struct outgoing *outgoing, const struct addr *server);

#endif
