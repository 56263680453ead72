/*
 * lacks.c - tries what will be needed, and says what will fail.
 *
 * Called by server.c and reload.c, in the main thread.
 */
#include "daemon/lacks.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "services/net/sock.h"

static bool is_off(const struct options *options, const struct addr *addr)
{
    return addr->family == ADDR_IP4 ? !options->upstream.do_ip4 : !options->upstream.do_ip6;
}

/* @return an errno, or 0: it can be sent from. */
static int try_source(const struct addr *addr)
{
    int fd = sock_new((enum addr_family)addr->family, SOCK_DGRAM), error = 0;

    if (fd == -1)
        return errno == EAFNOSUPPORT ? errno : 0;
    if (sock_bind(fd, addr) != STATUS_OK)
        error = errno;
    close(fd);
    return error;
}

static void check_source(const struct options *options, const struct opt_item *item,
                         struct log *log)
{
    struct netblock block;
    int error;

    /* Of a whole network (its addresses are drawn at random) no single one says anything. */
    if (netblock_from_text(&block, item->text) != STATUS_OK ||
        block.bits != 8 * addr_octets(&block.addr) || is_off(options, &block.addr))
        return;
    error = try_source(&block.addr);
    if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT)
        log_line(log, LOG_LEVEL_WARN,
                 "event=outgoing-interface address=%s msg=this machine does not have it, and "
                 "questions that "
                 "should leave from it fail: give it the address, or take the line out",
                 item->text);
    else if (error != 0)
        log_line(log, LOG_LEVEL_WARN, "event=outgoing-interface address=%s msg=%s", item->text,
                 strerror(error));
}

void lacks_tell(const struct options *options, struct log *log)
{
    const struct opt_list *sources = &options->upstream.outgoing_interface;

    for (size_t i = 0; i < sources->count; i++)
        check_source(options, &sources->items[i], log);
}
