/*
 * chaos.h - class CH: what the server says about itself (RFC 4892).
 */
#ifndef TREESHREW_SERVICES_CLIENT_CHAOS_H
#define TREESHREW_SERVICES_CLIENT_CHAOS_H

#include "services/client/client_options.h"
#include "services/query/env.h"

/**
 * Answers version.bind, version.server, id.server, hostname.bind and trustanchor.unbound of
 * type TXT; everything else of the class, and what is hidden, is REFUSED.
 * @param arena for the message's RRset. @return the rcode; `out` has sections for NOERROR only.
 */
uint16_t chaos_answer(const struct client_options *options, const struct env *env,
                      const struct question *question, struct arena *arena,
                      struct message *out);

#endif
