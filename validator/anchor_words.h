/*
 * anchor_words.h - a trust anchor as a line of text, for who asks whom we trust.
 */
#ifndef TREESHREW_VALIDATOR_ANCHOR_WORDS_H
#define TREESHREW_VALIDATOR_ANCHOR_WORDS_H

#include "validator/anchor.h"

/** "example. 12345 23456": the zone of the index-th anchor and the tags of its keys, each once.
 *  @return false: there are no more. */
bool anchor_words(const struct anchors *anchors, size_t index, struct sink *out);

#endif
