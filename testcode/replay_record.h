/*
 * replay_record.h - reads the records of a scenario, also those that are wrong on purpose.
 *
 * Our reader of presentation form refuses what a careful program should; scenarios send such
 * records to see what the resolver makes of them. Used by replay_entry.c alone.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_RECORD_H
#define TREESHREW_TESTCODE_REPLAY_RECORD_H

#include "util/wire/text_rr.h"

/**
 * As text_rr_read, and also: "\#" data of any length for known types, the textual forms of
 * class IN in other classes, and RRSIGs with no signature or with a quote mark behind it.
 */
enum status replay_record_read(const char *line, const struct dname *origin, uint32_t ttl_s,
                               bool allow_bare, struct arena *arena, struct text_rr *out,
                               const char **why);

#endif
