/*
 * control.h - takes commands from the control socket and has them carried out.
 *
 * Used by server.c. Opened while the process may still make the socket's folder, begun when
 * there is a loop.
 */
#ifndef TREESHREW_DAEMON_CONTROL_H
#define TREESHREW_DAEMON_CONTROL_H

#include "daemon/server_inside.h"

/**
 * Makes the socket (and, as root, its folder), for the user that the process becomes.
 * @return the descriptor; -1: it is off, or could not be had, which has been logged.
 */
int control_open(const struct options *options, struct log *log);

/** @param fd of control_open; closed with the control. @return NULL: no memory. */
struct control *control_new(struct server *server, int fd);

/** Calls that wait end unanswered. */
void control_free(struct control *control);

#endif
