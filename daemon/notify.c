/*
 * notify.c - the service manager's protocol: datagrams of KEY=VALUE lines to a local socket.
 *
 * Called by server.c, reload.c and watchdog.c. The socket is connected at the start, before
 * rights and paths are given up; when the manager makes it anew (it may at its own upgrade), it
 * is looked for again. Nothing here ever waits.
 */
#include "daemon/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/text.h"

enum { MESSAGE_MAX = 512 };

struct notify {
    int fd;
    struct sockaddr_un addr;
    socklen_t addr_size;
    int64_t watchdog_ms;
};

/* A path, or @name in Linux's name space without files. */
static bool read_address(struct notify *notify, const char *text)
{
    size_t size = strlen(text);

    if ((text[0] != '/' && text[0] != '@') || size < 2 || size >= sizeof(notify->addr.sun_path))
        return false;
    notify->addr.sun_family = AF_UNIX;
    memcpy(notify->addr.sun_path, text, size);
    notify->addr_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    if (text[0] == '@')
        notify->addr.sun_path[0] = '\0'; /* such a name ends where the address ends */
    else
        notify->addr_size++;
    return true;
}

static bool open_socket(struct notify *notify)
{
    int flags;

    notify->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (notify->fd == -1)
        return false;
    flags = fcntl(notify->fd, F_GETFL);
    (void)fcntl(notify->fd, F_SETFD, FD_CLOEXEC);
    if (flags == -1 || fcntl(notify->fd, F_SETFL, flags | O_NONBLOCK) == -1)
        return false;
    (void)connect(notify->fd, (struct sockaddr *)&notify->addr, notify->addr_size);
    return true;
}

static int64_t read_watchdog_ms(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    uint64_t value, whose;

    if (usec == NULL || text_read_u64(usec, INT64_MAX, &value) != STATUS_OK)
        return 0;
    if (pid != NULL &&
        (text_read_u64(pid, INT64_MAX, &whose) != STATUS_OK || whose != (uint64_t)getpid()))
        return 0;
    return (int64_t)(value / 1000);
}

struct notify *notify_new(void)
{
    const char *text = getenv("NOTIFY_SOCKET");
    struct notify *notify = text != NULL ? calloc(1, sizeof(*notify)) : NULL;

    if (notify != NULL) {
        notify->fd = -1;
        notify->watchdog_ms = read_watchdog_ms();
        if (!read_address(notify, text) || !open_socket(notify)) {
            notify_free(notify);
            notify = NULL;
        }
    }
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
    return notify;
}

void notify_free(struct notify *notify)
{
    if (notify == NULL)
        return;
    if (notify->fd != -1)
        close(notify->fd);
    free(notify);
}

int64_t notify_watchdog_ms(const struct notify *notify)
{
    return notify != NULL ? notify->watchdog_ms : 0;
}

void notify_say(struct notify *notify, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    int size;

    if (notify == NULL)
        return;
    va_start(arguments, format);
    size = vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    if (size < 0)
        return;
    size = size < MESSAGE_MAX ? size : MESSAGE_MAX - 1;
    if (send(notify->fd, message, (size_t)size, 0) != -1 || errno == EAGAIN)
        return;
    (void)connect(notify->fd, (struct sockaddr *)&notify->addr, notify->addr_size);
    if (send(notify->fd, message, (size_t)size, 0) == -1)
        return; /* it is told again with the next message */
}

void notify_reloading(struct notify *notify)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    notify_say(notify, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reading the configuration",
               (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}
