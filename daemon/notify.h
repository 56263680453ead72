/*
 * notify.h - tells the service manager how the daemon is, over the socket that NOTIFY_SOCKET
 * names.
 *
 * Used by server.c, reload.c and watchdog.c, in the main thread. The protocol is systemd's
 * (sd_notify(3)); others speak it too (s6 and runit with a helper, OpenRC from 0.60 on).
 */
#ifndef TREESHREW_DAEMON_NOTIFY_H
#define TREESHREW_DAEMON_NOTIFY_H

#include "util/base.h"

struct notify;

/**
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them from the environment.
 * @return NULL: nobody wants to be told, or no way to tell. All functions here take that.
 */
struct notify *notify_new(void);
void notify_free(struct notify *notify);

/** The manager wants a sign of life at least this often; 0: it does not. */
int64_t notify_watchdog_ms(const struct notify *notify);

/** Sends lines as "STATUS=..."; what cannot be sent is lost, and nobody waits for it. */
void notify_say(struct notify *notify, const char *format, ...) PRINTF_LIKE(2, 3);

/** RELOADING=1, with the time that Type=notify-reload asks for. */
void notify_reloading(struct notify *notify);

#endif
