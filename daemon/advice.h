/*
 * advice.h - what an administrator can do about a file that cannot be written or read.
 *
 * Used wherever the daemon tells of one, so that the same trouble has the same words.
 */
#ifndef TREESHREW_DAEMON_ADVICE_H
#define TREESHREW_DAEMON_ADVICE_H

#include "util/base.h"

enum { ADVICE_MAX = 8448, ADVICE_USER_MAX = 64 };

/** The name of the user that this process is, or "number 71". @return out. */
const char *advice_user(char out[ADVICE_USER_MAX]);

/** A sentence without its end. @param error an errno. @param folder of the file. @return out.
 */
const char *advice_on_writing(int error, const char *folder, char out[ADVICE_MAX]);

/** The same for a file with its path. */
const char *advice_on_file(int error, const char *path, char out[ADVICE_MAX]);

#endif
