/*
 * control_socket.h - a local socket on which commands come in and answers go out.
 *
 * Used by the daemon's main thread, and, since one request a connection with these bounds is
 * all that it takes, for the page of metrics over HTTP as well. One request a connection: the
 * client writes it, gets the answer, and the connection is closed. What a request means is not
 * known here, only when it is whole.
 *
 * Who may: root, the user that the process runs as, and whoever the socket's group lets in; the
 * kernel tells who it is (no keys, no certificates). Bounds: connections at a time, octets and
 * seconds of a request, seconds without progress of an answer; a client beyond them is hung up
 * on, the rest of the daemon does not notice.
 */
#ifndef TREESHREW_SERVICES_NET_CONTROL_SOCKET_H
#define TREESHREW_SERVICES_NET_CONTROL_SOCKET_H

#include <sys/types.h>

#include "services/net/loop.h"
#include "util/bytes.h"
#include "util/log.h"

enum { CONTROL_CLIENTS_MAX = 16, CONTROL_PATH_MAX = 100 };

/**
 * Binds the path: a left-over of a process that has gone is replaced, a socket that answers is not.
 * Folders are not made. The file can be opened by its owner only, and by group when that is not
 * (gid_t)-1.
 * @return a listening descriptor; -1 with errno (EADDRINUSE: somebody answers there; ENAMETOOLONG).
 */
int control_socket_bind(const char *path, gid_t group);

struct control_client;

struct control_handler {
    /**
     * 0: more is needed; 1: the request is whole; -1: it is none, hang up. Called with all that
     * came.
     */
    int (*is_whole)(struct slice request);
    /** The request, until the call returns; control_answer is owed, now or later. */
    void (*take)(void *context, struct control_client *client, struct slice request);
    void *context;
    size_t request_max; /* octets */
    bool group_may;     /* the socket was bound for a group: whoever could open it may */
    bool anybody_may;   /* it is one of the network: who asks is not known, and what is told no secret */
};

struct control_socket;

/** @param fd listening; closed with the socket. @return NULL: no memory; fd stays the caller's. */
struct control_socket *control_socket_new(struct loop *loop, int fd,
                                          const struct control_handler *handler, struct log *log);
/** Requests without an answer yet must not be answered afterwards. */
void control_socket_free(struct control_socket *control);

/** Ends a request; the client is gone from here on. @param answer copied. */
void control_answer(struct control_client *client, struct slice answer);

/**
 * An open file that came with the request (SCM_RIGHTS): what the asker may open the daemon need
 * not be allowed to. @return its descriptor, the caller's from now on; -1: there was none.
 */
int control_client_take_file(struct control_client *client);

/** Who asks, for the log. */
uid_t control_client_uid(const struct control_client *client);

#endif
