/*
 * caps.h - Linux's capabilities: all are given up but the one for ports below 1024.
 *
 * Used by privs.c and by the command "status". Elsewhere there are none, and these do nothing.
 */
#ifndef TREESHREW_DAEMON_CAPS_H
#define TREESHREW_DAEMON_CAPS_H

#include "util/base.h"

enum { CAPS_TEXT_MAX = 64 };

/** Before the change of user: what is permitted shall stay so across it. */
void caps_keep(void);

/** CAP_NET_BIND_SERVICE stays if it was there, everything else goes. @return false: errno. */
bool caps_reduce(void);

/** No program that this process might start, and there is none, gets more rights than it has.
 */
void caps_no_new(void);

/** "net_bind_service", "none", "all", "0x2400", or "unknown" where there are none. @return out.
 */
const char *caps_text(char out[CAPS_TEXT_MAX]);

#endif
