/*
 * synth.h - answers made out of answers: A records become AAAA records, PTR gets an alias in
 * front.
 *
 * Called by the states in dns64.c. Nothing is asked here and no cache is written: RRsets that
 * are made are published for the message they go into and live as long as it, so nobody finds
 * them under their name.
 */
#ifndef TREESHREW_DNS64_SYNTH_H
#define TREESHREW_DNS64_SYNTH_H

#include "dns64/dns64.h"
#include "services/query/query.h"

/** True when the answer section has a set of that type, behind aliases or not. */
bool synth_has(const struct message *message, uint16_t type);

/** True when the prefix may stand before that address (RFC 6052 section 3.1). */
bool synth_may_represent(const struct dns64_config *config, const uint8_t ip4[4]);

enum synth { SYNTH_NOTHING, SYNTH_DONE, SYNTH_NO_MEMORY };

/**
 * RFC 6147 section 5.1.4: takes excluded addresses out of the AAAA sets of an answer.
 * @return SYNTH_NOTHING: no address is left; then the message is as it was.
 */
enum synth synth_take_out(struct query *query, const struct dns64_config *config,
                          struct message *message);

/**
 * Makes the answer to an AAAA question out of that to the A question (RFC 6147 sections 5.1.5
 * to 5.1.7 and 5.4): aliases and the other sections stay.
 * @param until_s when the absence of AAAA records ends, which bounds their TTL.
 * @return SYNTH_NOTHING: there is no A record, or none that the prefix may represent.
 */
enum synth synth_addresses(struct query *query, const struct dns64_config *config,
                           const struct outcome *four, int64_t until_s, struct message *out);

/** RFC 6147 section 5.3.1: a CNAME from the asked name to where the PTR set stands. */
enum synth synth_alias(struct query *query, const struct message *reverse, struct message *out);

#endif
