/*
 * talk.h - the way to a running shrewd: its control socket, from outside.
 *
 * Used by shrewctl for a command, and by top again and again.
 */
#ifndef TREESHREW_TOOLS_TALK_H
#define TREESHREW_TOOLS_TALK_H

#include "util/bytes.h"
#include "util/text.h"

/** @param patience_s for each reading and writing. @return -1 with errno: nobody is there. */
int talk_connect(const char *path, int patience_s);

/** @param file an open file that goes with it; -1: none. */
bool talk_send(int fd, struct slice request, int file);

/** Until the other side hangs up. @return false with errno; EFBIG: it is more than can be. */
bool talk_read(int fd, struct text *out);

bool talk_write_all(int fd, struct slice bytes);

#endif
