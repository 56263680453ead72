/*
 * rfc5011_text.h - a trust point as the text of its file, both ways.
 *
 * Called by trust_points.c; the daemon reads and writes the files. The format is Unbound's, so
 * that a root.key can be taken along in both directions. A plain file of DS or DNSKEY records,
 * as an operator makes it, is read too; it becomes the other form with the first success.
 */
#ifndef TREESHREW_VALIDATOR_RFC5011_TEXT_H
#define TREESHREW_VALIDATOR_RFC5011_TEXT_H

#include "validator/anchor_text.h"
#include "validator/rfc5011.h"

/**
 * @param scratch for what is read on the way.
 * @param fault   why and line of a STATUS_MALFORMED; why of a STATUS_NOT_FOUND: nothing in it
 * can be trusted (a file that says that all keys were revoked is fine).
 * @return STATUS_OK with a new point, rfc5011_free's to free; STATUS_NO_MEMORY.
 */
enum status rfc5011_read(const char *text, struct arena *scratch, struct rfc5011_point **out,
                         struct anchor_fault *fault);

/** @return in the arena; NULL: no memory. */
char *rfc5011_write(const struct rfc5011_point *point, struct arena *arena);

#endif
