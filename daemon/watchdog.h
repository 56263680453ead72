/*
 * watchdog.h - signs of life for the service manager, given only while every thread works.
 *
 * Made by server.c after the threads have started, where the manager asks for it
 * (WATCHDOG_USEC).
 */
#ifndef TREESHREW_DAEMON_WATCHDOG_H
#define TREESHREW_DAEMON_WATCHDOG_H

#include "daemon/server_inside.h"

struct watchdog;

/** @return NULL: nobody asks for signs of life, or no memory. */
struct watchdog *watchdog_new(struct server *server);
void watchdog_free(struct watchdog *watchdog);

#endif
