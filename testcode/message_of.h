/*
 * message_of.h - messages and names out of text, for unit tests.
 */
#ifndef TREESHREW_TESTCODE_MESSAGE_OF_H
#define TREESHREW_TESTCODE_MESSAGE_OF_H

#include "util/wire/message.h"

/** The name, or the test ends. */
struct dname name_of(struct arena *arena, const char *text);

/** "www.example. A" (class IN). */
struct question question_of(struct arena *arena, const char *text);

/**
 * Records one a line; a line "authority" or "additional" begins that section. Records of one owner
 * and type that follow each other are one RRset. TTL 3600 where none is given.
 * @param flags FLAG_ bits.
 */
struct message *message_of(struct arena *arena, const char *question, uint16_t rcode,
                           uint16_t flags, const char *records);

#endif
