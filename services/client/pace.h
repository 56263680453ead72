/*
 * pace.h - how fast one client may ask, and what he gets who asks faster.
 *
 * Used by request.c and lane.c for every question while a rate is configured (ip-ratelimit). A
 * client is a netblock, as long as the options say. Who has shown that he is where he says he
 * is, by a good cookie or a connection, is counted apart from those who may be forged in his
 * name.
 */
#ifndef TREESHREW_SERVICES_CLIENT_PACE_H
#define TREESHREW_SERVICES_CLIENT_PACE_H

#include "services/client/visit.h"

/** A table for those options. @return NULL: no client is limited, or no memory (see
 * pace_limits). */
struct rate_table *pace_table(const struct client_options *options, struct hash_key key);

/** Is there a limit in these options at all? */
bool pace_limits(const struct client_options *options);

/** With a table of rates: counts a question that is answered without visiting the rooms. False:
 * let it visit them. */
bool pace_allows_hit(struct request_service *service, enum transport transport,
                     const struct peer *peer);

/**
 * Counts the question. Too many: some are let through all the same (ip-ratelimit-factor), some
 * are answered by what makes an honest client come back provably (ip-ratelimit-slip): the bit
 * TC, or a cookie; the others not at all.
 * @return true when the visit ends here.
 */
bool pace_meet(struct visit *visit);

#endif
