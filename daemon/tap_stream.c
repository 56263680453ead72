/*
 * tap_stream.c - connects, reads and writes for the library, and never waits long.
 *
 * Called in the library's thread. A collector that takes nothing for PATIENCE_MS is given up;
 * the library connects anew some seconds later, and what comes meanwhile is lost and counted.
 */
#include "config.h"

#ifdef HAVE_FSTRM
#include "daemon/tap_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

enum { PATIENCE_MS = 5000, STEP_MS = 100, ENDING_MS = 500 };

static const char content_type[] = "protobuf:dnstap.Dnstap";

static fstrm_res stream_close(void *context)
{
    struct tap_stream *stream = context;

    atomic_store(&stream->is_connected, false);
    if (stream->fd != -1)
        close(stream->fd);
    stream->fd = -1;
    return fstrm_res_success;
}

static fstrm_res give_up(struct tap_stream *stream)
{
    (void)stream_close(stream);
    return fstrm_res_failure;
}

/* In steps, so that the end of the daemon is noticed. */
static bool wait_for(struct tap_stream *stream, short what)
{
    struct pollfd one = {.fd = stream->fd, .events = what};

    for (int waited = 0; waited < PATIENCE_MS; waited += STEP_MS) {
        int count = poll(&one, 1, STEP_MS);

        if (count > 0)
            return true;
        if ((count < 0 && errno != EINTR) ||
            (atomic_load(&stream->is_ending) && waited >= ENDING_MS))
            return false;
    }
    return false;
}

static bool may_try_again(struct tap_stream *stream, short what)
{
    return errno == EINTR ||
           ((errno == EAGAIN || errno == EWOULDBLOCK) && wait_for(stream, what));
}

static fstrm_res stream_open(void *context)
{
    struct tap_stream *stream = context;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    if (strlen(stream->path) >= sizeof(addr.sun_path) || atomic_load(&stream->is_ending))
        return fstrm_res_failure;
    memcpy(addr.sun_path, stream->path, strlen(stream->path) + 1);
    stream->fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (stream->fd == -1)
        return fstrm_res_failure;
    (void)fcntl(stream->fd, F_SETFD, FD_CLOEXEC);
    if (fcntl(stream->fd, F_SETFL, O_NONBLOCK) != 0 ||
        connect(stream->fd, (struct sockaddr *)&addr, sizeof(addr)) != 0)
        return give_up(stream);
    atomic_store(&stream->is_connected, true);
    return fstrm_res_success;
}

static fstrm_res stream_read(void *context, void *data, size_t size)
{
    struct tap_stream *stream = context;
    char *at = data;

    while (size > 0) {
        ssize_t got = stream->fd == -1 ? 0 : recv(stream->fd, at, size, 0);

        if (got == 0 || (got < 0 && !may_try_again(stream, POLLIN)))
            return give_up(stream);
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
    return fstrm_res_success;
}

static bool write_one(struct tap_stream *stream, const char *at, size_t size)
{
    while (size > 0) {
        ssize_t sent = stream->fd == -1 ? 0 : send(stream->fd, at, size, MSG_NOSIGNAL);

        if (sent == 0 || (sent < 0 && !may_try_again(stream, POLLOUT)))
            return false;
        if (sent > 0) {
            at += sent;
            size -= (size_t)sent;
        }
    }
    return true;
}

/* Many frames in one call; what it leaves is sent piece by piece. */
static fstrm_res stream_write(void *context, const struct iovec *pieces, int count)
{
    struct tap_stream *stream = context;
    struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = (size_t)count};
    ssize_t sent = stream->fd == -1 ? -1 : sendmsg(stream->fd, &message, MSG_NOSIGNAL);
    size_t done = sent > 0 ? (size_t)sent : 0;

    if (stream->fd == -1 || (sent < 0 && !may_try_again(stream, POLLOUT)))
        return give_up(stream);
    for (int i = 0; i < count; i++) {
        size_t here = size_min(done, pieces[i].iov_len);

        if (!write_one(stream, (const char *)pieces[i].iov_base + here,
                       pieces[i].iov_len - here))
            return give_up(stream);
        done -= here;
    }
    return fstrm_res_success;
}

struct fstrm_writer *tap_stream_writer(struct tap_stream *stream, bool bidirectional)
{
    struct fstrm_rdwr *rdwr = fstrm_rdwr_init(stream);
    struct fstrm_writer_options *options = fstrm_writer_options_init();
    struct fstrm_writer *writer = NULL;

    stream->fd = -1;
    if (rdwr != NULL && options != NULL &&
        fstrm_writer_options_add_content_type(options, content_type,
                                              sizeof(content_type) - 1) == fstrm_res_success) {
        fstrm_rdwr_set_open(rdwr, stream_open);
        fstrm_rdwr_set_close(rdwr, stream_close);
        fstrm_rdwr_set_write(rdwr, stream_write);
        if (bidirectional)
            fstrm_rdwr_set_read(rdwr, stream_read);
        writer = fstrm_writer_init(options, &rdwr);
    }
    if (rdwr != NULL) /* else it is the writer's */
        (void)fstrm_rdwr_destroy(&rdwr);
    if (options != NULL)
        fstrm_writer_options_destroy(&options);
    return writer;
}
#else
typedef int tap_stream_needs_fstrm; /* a file of C has at least one declaration */
#endif
