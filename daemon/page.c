/*
 * page.c - takes requests for /metrics, has the threads' counters collected, gives the page.
 *
 * Called by server.c and reload.c, and by services/net/control_socket for each request, whose
 * bounds (connections, octets, seconds) hold here as well. It is used, and not libevent's
 * evhttp, because the latter (2.1) bounds neither connections nor the time of a request: who
 * sends an octet now and then stays.
 *
 * However many ask, the threads are asked once in FRESH_MS: in between everybody gets the same
 * page, and who comes while one is being made waits for it.
 */
#include "daemon/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "daemon/metrics.h"
#include "daemon/stats_round.h"
#include "lib/http_ask.h"
#include "lib/page_places.h"
#include "services/net/control_socket.h"
#include "services/net/sock.h"

enum {
    FRESH_MS = 100,
    WAITING_MAX = PAGE_PLACES_MAX * CONTROL_CLIENTS_MAX,
    PAGE_BYTES_MAX = 8 << 20
};

/* One address. */
struct place {
    struct page *page;
    struct addr addr;
    int fd;                        /* listening; the socket's, once there is one */
    struct control_socket *socket; /* NULL: not served yet */
};

struct places {
    size_t count;
    struct place *list[PAGE_PLACES_MAX];
};

struct waiting {
    const struct place *place;
    struct control_client *client;
};

struct page {
    struct server *server;
    bool any_host;
    struct places served, opened;
    size_t waiting_count;
    struct waiting waiting[WAITING_MAX];
    bool is_round; /* the threads are being asked */
    struct stats_round round;
    struct arena *arena; /* of the page made last */
    struct slice answer;
    int64_t made_ms;
};

static struct world *world_of(const struct page *page)
{
    return loop_world(worker_loop(page->server->threads[0].worker));
}

/* ---- answers ---- */

static void refuse(struct control_client *client, enum http_verdict verdict)
{
    const char *words = http_verdict_words(verdict);
    struct arena *arena = arena_new(0);
    struct text text;

    if (arena == NULL) {
        control_answer(client, slice_of("", 0));
        return;
    }
    text = text_in(arena);
    http_answer_head(verdict, "text/plain; charset=utf-8", strlen(words) + 1, &text);
    text_add(&text, words);
    text_add_char(&text, '\n');
    control_answer(client, text_done(&text) == NULL ? slice_of("", 0)
                                                    : slice_of(text.chars, text.used));
    arena_free(arena);
}

/* @return false: no memory. */
static bool make_page(struct page *page, const struct stats_round *round)
{
    struct metrics_source source = {&round->whole, round->of_thread, page->server->thread_count,
                                    PACKAGE_VERSION};
    struct text body, whole;

    arena_reset(page->arena);
    body = text_in(page->arena);
    whole = text_in(page->arena);
    metrics_text(&body, &source);
    if (text_done(&body) == NULL)
        return false;
    http_answer_head(HTTP_PAGE, METRICS_TYPE, body.used, &whole);
    text_add_slice(&whole, slice_of(body.chars, body.used));
    if (text_done(&whole) == NULL)
        return false;
    page->answer = slice_of(whole.chars, whole.used);
    page->made_ms = world_now_ms(world_of(page));
    return true;
}

static void give(const struct page *page, struct control_client *client)
{
    if (page->answer.size == 0)
        refuse(client, HTTP_UNAVAILABLE);
    else
        control_answer(client, page->answer);
}

static void collected(struct stats_round *round, struct server *server)
{
    struct page *page = CONTAINER_OF(round, struct page, round);

    (void)server;
    page->is_round = false;
    page->answer.size = 0;
    if (!make_page(page, round))
        page->answer.size = 0;
    while (page->waiting_count > 0)
        give(page, page->waiting[--page->waiting_count].client);
}

/* ---- requests ---- */

static void take(void *context, struct control_client *client, struct slice request)
{
    struct place *place = context;
    struct page *page = place->page;
    enum http_verdict verdict = http_ask_read(request, "/metrics", page->any_host);

    if (verdict != HTTP_PAGE) {
        refuse(client, verdict);
    } else if (page->answer.size != 0 &&
               world_now_ms(world_of(page)) - page->made_ms < FRESH_MS) {
        give(page, client);
    } else if (page->waiting_count == WAITING_MAX) {
        refuse(client, HTTP_UNAVAILABLE);
    } else {
        page->waiting[page->waiting_count++] = (struct waiting){place, client};
        if (page->is_round)
            return;
        page->is_round = true;
        page->round.ready = collected;
        stats_round_go(&page->round, page->server);
    }
}

/* ---- places ---- */

/* Who waits there is hung up on. */
static void close_place(struct place *place)
{
    struct page *page = place->page;
    size_t kept = 0;

    for (size_t i = 0; i < page->waiting_count; i++)
        if (page->waiting[i].place != place)
            page->waiting[kept++] = page->waiting[i];
    page->waiting_count = kept;
    if (place->socket != NULL)
        control_socket_free(place->socket);
    else
        close(place->fd);
    free(place);
}

static void close_places(struct places *places)
{
    while (places->count > 0)
        close_place(places->list[--places->count]);
}

static struct place *find_place(const struct places *places, const struct addr *addr)
{
    for (size_t i = 0; i < places->count; i++)
        if (addr_equal(&places->list[i]->addr, addr))
            return places->list[i];
    return NULL;
}

static void let_share(int fd, bool may)
{
#if HAVE_DECL_SO_REUSEPORT
    int value = may;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &value, sizeof(value));
#else
    (void)fd;
    (void)may;
#endif
}

static void let_places_share(const struct page *page, uint16_t port, bool may)
{
    for (size_t i = 0; i < page->served.count; i++)
        if (page->served.list[i]->addr.port == port)
            let_share(page->served.list[i]->fd, may);
}

/* From 127.0.0.1 to 0.0.0.0, or back: for the length of a reload both are open, with the same
 * port. Only for that long, so that nobody else gets a share of it. */
static int listen_at(const struct page *page, const struct addr *addr)
{
    struct sock_wishes wishes = {.reuse_port = false};
    int fd = sock_listen(addr, SOCK_STREAM, &wishes), error;

    if (fd != -1 || errno != EADDRINUSE)
        return fd;
    wishes.reuse_port = true;
    let_places_share(page, addr->port, true);
    fd = sock_listen(addr, SOCK_STREAM, &wishes);
    error = errno;
    let_places_share(page, addr->port, false);
    if (fd != -1)
        let_share(fd, false);
    errno = error;
    return fd;
}

static struct place *open_place(struct page *page, const struct addr *addr)
{
    struct place *place = calloc(1, sizeof(*place));

    if (place == NULL)
        return NULL;
    *place = (struct place){.page = page, .addr = *addr};
    place->fd = listen_at(page, addr);
    if (place->fd != -1)
        return place;
    free(place);
    return NULL;
}

static void serve(struct place *place)
{
    const struct control_handler handler = {.is_whole = http_ask_is_whole,
                                            .take = take,
                                            .context = place,
                                            .request_max = HTTP_ASK_MAX,
                                            .anybody_may = true};
    struct server *server = place->page->server;

    place->socket = control_socket_new(worker_loop(server->threads[0].worker), place->fd,
                                       &handler, server->log);
    if (place->socket == NULL)
        log_line(server->log, LOG_LEVEL_ERROR, "event=metrics msg=out of memory");
}

/* ---- the whole ---- */

struct page *page_new(struct server *server)
{
    struct page *page = calloc(1, sizeof(*page));

    if (page == NULL)
        return NULL;
    page->server = server;
    page->arena = arena_new(PAGE_BYTES_MAX);
    page->round.of_thread = calloc(server->thread_count, sizeof(*page->round.of_thread));
    if (page->arena != NULL && page->round.of_thread != NULL)
        return page;
    page_free(page);
    return NULL;
}

void page_free(struct page *page)
{
    if (page == NULL)
        return;
    page_forget(page);
    close_places(&page->served);
    arena_free(page->arena);
    free(page->round.of_thread);
    free(page);
}

bool page_open(struct page *page, const struct options *options, bool must,
               struct conf_report *report, struct log *log)
{
    struct page_places wanted;

    if (!page_places_read(options, &wanted, report))
        return false;
    for (size_t i = 0; i < wanted.count; i++) {
        struct place *place = find_place(&page->served, &wanted.list[i]);
        char text[ADDR_TEXT_MAX];

        if (place == NULL)
            place = open_place(page, &wanted.list[i]);
        if (place != NULL) {
            page->opened.list[page->opened.count++] = place;
            continue;
        }
        log_line(log, must ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
                 "event=metrics address=%s msg=metrics cannot be served there: %s",
                 addr_to_text(&wanted.list[i], text), strerror(errno));
        if (must) {
            page_forget(page);
            return false;
        }
    }
    return true;
}

void page_follow(struct page *page)
{
    for (size_t i = 0; i < page->served.count; i++)
        if (find_place(&page->opened, &page->served.list[i]->addr) == NULL)
            close_place(page->served.list[i]);
    page->any_host = resolver_options(page->server->shared)->daemon.metrics_remote;
    page->served = page->opened;
    page->opened.count = 0;
    for (size_t i = 0; i < page->served.count; i++)
        if (page->served.list[i]->socket == NULL)
            serve(page->served.list[i]);
}

void page_forget(struct page *page)
{
    for (size_t i = 0; i < page->opened.count; i++)
        if (find_place(&page->served, &page->opened.list[i]->addr) == NULL)
            close_place(page->opened.list[i]);
    page->opened.count = 0;
}
