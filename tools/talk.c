/*
 * talk.c - connects, sends a request, reads the answer.
 *
 * Called by shrewctl.c and top.c. What the octets mean is lib/control_line's business.
 */
#include "tools/talk.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_MAX = 256 << 20 };

int talk_connect(const char *path, int patience_s)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct timeval patience = {patience_s, 0};
    int fd;

    if (strlen(path) >= sizeof(addr.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(addr.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd == -1)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
        return fd;
    close(fd);
    return -1;
}

bool talk_write_all(int fd, struct slice bytes)
{
    while (bytes.size > 0) {
        ssize_t size = write(fd, bytes.data, bytes.size);

        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return false;
        bytes = slice_of(bytes.data + size, bytes.size - (size_t)size);
    }
    return true;
}

/* The first octets, with the open file. */
static ssize_t send_with_file(int fd, struct slice bytes, int file)
{
    union {
        struct cmsghdr header;
        char octets[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {(void *)(uintptr_t)bytes.data, bytes.size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

    memset(&control, 0, sizeof(control));
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(file));
    memcpy(CMSG_DATA(&control.header), &file, sizeof(file));
    return sendmsg(fd, &message, 0);
}

bool talk_send(int fd, struct slice bytes, int file)
{
    ssize_t sent = file == -1 ? 0 : send_with_file(fd, bytes, file);

    return sent >= 0 &&
           talk_write_all(fd, slice_of(bytes.data + sent, bytes.size - (size_t)sent));
}

bool talk_read(int fd, struct text *out)
{
    char piece[65536];
    ssize_t size;

    while (out->used < ANSWER_MAX) {
        size = read(fd, piece, sizeof(piece));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return false;
        if (size == 0)
            return true;
        text_add_slice(out, slice_of(piece, (size_t)size));
    }
    errno = EFBIG;
    return false;
}
