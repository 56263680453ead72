/*
 * replay_match.h - does a message hold what an entry of a scenario expects?
 *
 * Called by replay_run.c for outgoing questions and for answers to clients. Records of one
 * section are compared as multisets: their order is not part of an expectation. All else has to
 * be equal.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_MATCH_H
#define TREESHREW_TESTCODE_REPLAY_MATCH_H

#include "testcode/replay_entry.h"

/**
 * All words of the entry's MATCH lines must hold.
 * @param received the message under test; @param tcp whether it came over a stream.
 * @param why when it does not match: what differs, in the arena ("no memory" too). May be NULL.
 */
bool entry_matches(const struct entry *entry, const struct packet *received, bool tcp,
                   struct arena *arena, const char **why);

#endif
