/*
 * sentinel.h - test names by which users see which root keys are trusted here (RFC 8509).
 */
#ifndef TREESHREW_VALIDATOR_SENTINEL_H
#define TREESHREW_VALIDATOR_SENTINEL_H

#include "util/wire/message.h"
#include "validator/anchor.h"

/**
 * Must this question, whose answer was found secure, fail all the same? RFC 8509 section 3: it
 * does for root-key-sentinel-is-ta-N when key tag N is no trust anchor of the root, and for
 * root-key-sentinel-not-ta-N when it is one; for questions of type A and AAAA only.
 */
bool sentinel_refuses(const struct anchors *anchors, const struct question *question);

#endif
