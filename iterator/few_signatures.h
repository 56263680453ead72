/*
 * few_signatures.h - which signatures of an RRset stay when it has more than are kept.
 *
 * Used by scrub.c. One good signature is enough for the validator, and which one it will be is
 * not known here; so the choice is spread: those of keys that a DS set may point at, and of
 * each algorithm one, before there is a second.
 */
#ifndef ITERATOR_FEW_SIGNATURES_H
#define ITERATOR_FEW_SIGNATURES_H

#include "util/wire/rrset.h"

/**
 * Choose the signatures that stay.
 *
 * Of a DNSKEY set those by its secure entry points (RFC 4034 section 2.1.1) come first: in the
 * middle of a rollover every key may have signed, and the chain of trust needs these. Chooses
 * among the first FEW_SIGNATURES_LOOKED, so that a stranger's long set costs little; where more
 * may stay the rest follows in order.
 *
 * @param most  how many may stay.
 * @param stays one flag for each signature; all are set or cleared.
 */
void few_signatures(const struct rrset *set, size_t most, bool *stays);

enum { FEW_SIGNATURES_LOOKED = 32 };

#endif
