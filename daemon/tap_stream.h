/*
 * tap_stream.h - the collector's socket, for the library that speaks Frame Streams.
 *
 * Used by tap.c, in builds with dnstap. The library brings a Unix socket of its own, but it
 * waits for a collector that hangs for as long as that hangs, and says of no message whether it
 * was sent; so what carries the octets is ours and the protocol is the library's.
 */
#ifndef TREESHREW_DAEMON_TAP_STREAM_H
#define TREESHREW_DAEMON_TAP_STREAM_H

#include <fstrm.h>
#include <stdatomic.h>

#include "util/base.h"

/** Shared by the library's thread and whoever ends the daemon. */
struct tap_stream {
    const char *path; /* must outlive it */
    int fd;           /* -1: not connected; the library's thread only */
    atomic_bool is_connected;
    atomic_bool is_ending; /* nobody waits any more */
};

/** @param bidirectional the collector is asked what it takes. @return NULL: no memory. */
struct fstrm_writer *tap_stream_writer(struct tap_stream *stream, bool bidirectional);

#endif
