/*
 * lane.h - the short way of a usual question whose answer is at hand.
 *
 * The entrance: request_receive stands here, and goes on to request.c with whatever is not
 * usual. What the rooms would find out is known already: that nothing local is told about the
 * name, and how the answer looks, since the memo was made (memo.h); what may differ from client
 * to client is looked at here.
 */
#ifndef TREESHREW_SERVICES_CLIENT_LANE_H
#define TREESHREW_SERVICES_CLIENT_LANE_H

#include "services/client/visit.h"

/** May the lane be used under these settings at all? */
bool lane_may_open(const struct request_settings *settings);

/** Octets that an answer by UDP has at most. */
size_t lane_size_max(const struct request_settings *settings);

/**
 * @param out empty; the answer.
 * @return false: not a usual question, or no memo: by the long way the answer is the same.
 */
bool lane_answer(struct request_service *service, enum transport transport,
                 const struct peer *peer, struct slice packet, struct sink *out);

/**
 * For tests (request_settings.check_memos): what the lane would have answered, and what it
 * would answer now, is what was sent by the long way, octet for octet; else the program ends.
 */
void lane_check_begin(struct request_service *service, enum transport transport,
                      const struct peer *peer, struct slice packet);
void lane_check_sent(struct request_service *service, struct slice sent);
void lane_check_end(struct request_service *service, enum transport transport,
                    const struct peer *peer, struct slice packet);

#endif
