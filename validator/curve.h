/*
 * curve.h - verifying ECDSA for many keys of one curve with few objects of OpenSSL.
 *
 * For algo.c. A key with its operation takes OpenSSL some 2,800 octets, and 20 us to make; a
 * zone has one, and there are many zones. So a key is kept as the octets of its point, and for
 * each verification the point is set anew (1 us) in an object that was made ready once and is
 * nobody else's meanwhile.
 */
#ifndef TREESHREW_VALIDATOR_CURVE_H
#define TREESHREW_VALIDATOR_CURVE_H

#include "util/bytes.h"

struct curve;

/** @param group as OpenSSL calls it; @param hash an EVP_MD *, which must live as long.
 *  @return NULL: no memory. */
struct curve *curve_new(const char *group, const void *hash);
void curve_free(struct curve *curve); /* NULL: nothing */

/**
 * Is this a point of the curve (SEC 1 section 2.3.3, uncompressed, with the octet 4)?
 * @return STATUS_OK, STATUS_MALFORMED or STATUS_NO_MEMORY.
 */
enum status curve_check(struct curve *curve, struct slice point);

/**
 * From any thread.
 * @param signature a SEQUENCE of two INTEGERs in DER.
 * @return STATUS_OK: good; STATUS_MALFORMED: bad; STATUS_NO_MEMORY: could not be told.
 */
enum status curve_verify(struct curve *curve, struct slice point, struct slice hash,
                         struct slice signature);

#endif
