/*
 * server.h - the running daemon: start, threads, reload, stop.
 *
 * Called by shrewd.c, once a process.
 */
#ifndef TREESHREW_DAEMON_SERVER_H
#define TREESHREW_DAEMON_SERVER_H

#include "util/base.h"

struct server_start {
    const char *config; /* NULL: defaults */
    bool foreground, no_pidfile;
    unsigned more_verbose;
};

/** Reads the configuration and says what is wrong with it. @return exit status. */
int server_check(const struct server_start *start);

/** Runs until SIGTERM or SIGINT. @return exit status. */
int server_run(const struct server_start *start);

#endif
