/*
 * conn.c - reused connections to servers: framing, ids, and who waits for which answer.
 *
 * Called by exchange.c and, for events, by the world. Life of a connection: made by the first
 * question (opening; questions wait unwritten), open, idle (a timer runs), closed. It leaves
 * the list before anybody is told of its end, so that who asks again at once gets another one.
 * A connection whose question was given up is not trusted with a new one.
 */
#include "services/upstream/conn.h"

#include <stdlib.h>
#include <string.h>

#include "util/wire/message.h"

enum { LENGTH_SIZE = 2, STRAYS_MAX = 16, ID_DRAWS = 64, TLS_NAME_MAX = 255 };

struct conn {
    struct link link; /* in conns->list, until it is closing */
    struct conns *conns;
    struct stream_waiter stream;
    struct addr server;
    bool tls;
    char tls_name[TLS_NAME_MAX + 1];
    bool open, closing, reading;
    bool worn_out; /* no new questions */
    uint32_t questions, answers, strays;
    struct list asks;
    struct timer idle;
    uint8_t *in; /* the beginning of a message that is not complete */
    size_t in_used, in_size;
};

struct conns {
    struct world *world;
    void (*after_event)(void *context);
    void *context;
    struct conn_limits limits;
    struct list list;
    size_t count;
};

struct conns *conns_new(struct world *world, void (*after_event)(void *context), void *context)
{
    struct conns *conns = calloc(1, sizeof(*conns));

    if (conns == NULL)
        return NULL;
    conns->world = world;
    conns->after_event = after_event;
    conns->context = context;
    conns->limits = (struct conn_limits){64, 200, 60000};
    list_init(&conns->list);
    return conns;
}

void conns_set_limits(struct conns *conns, const struct conn_limits *limits)
{
    conns->limits = *limits;
}

struct addr conns_name(struct conns *conns, const struct conn_ask *ask)
{
    if (ask->conn == NULL || conns->world->stream_name == NULL)
        return (struct addr){.family = ADDR_NONE};
    return conns->world->stream_name(conns->world, &ask->conn->stream);
}

size_t conns_count(const struct conns *conns)
{
    return conns->count;
}

/* Out of the list; who still waits is told by tell_end. */
static void take_out(struct conn *conn)
{
    if (conn->closing)
        return;
    conn->closing = true;
    list_remove(&conn->link);
    conn->conns->count--;
    conn->conns->world->timer_stop(conn->conns->world, &conn->idle);
    conn->conns->world->close(conn->conns->world, &conn->stream);
}

static void conn_free(struct conn *conn)
{
    free(conn->in);
    free(conn);
}

static void tell_end(struct conn *conn, int error)
{
    /* A stray may be the answer for one who has given up since, if there was one. */
    bool worn = conn->answers > 0 || (conn->strays > 0 && conn->questions > 1);
    struct link *link;

    take_out(conn);
    while ((link = list_take(&conn->asks)) != NULL) {
        struct conn_ask *ask = CONTAINER_OF(link, struct conn_ask, link);

        ask->conn = NULL;
        ask->failed(ask, error, worn);
    }
    conn_free(conn);
}

void conns_free(struct conns *conns)
{
    struct link *link;

    if (conns == NULL)
        return;
    while ((link = list_first(&conns->list)) != NULL) {
        struct conn *conn = CONTAINER_OF(link, struct conn, link);

        ASSERT(list_is_empty(&conn->asks));
        take_out(conn);
        conn_free(conn);
    }
    free(conns);
}

static void event_done(struct conns *conns)
{
    if (conns->after_event != NULL)
        conns->after_event(conns->context);
}

/* ---- finding one ----------------------------------------------------------------------------
 */

static bool usable(const struct conn *conn, const struct addr *server, const char *tls_name)
{
    return !conn->worn_out && addr_equal(&conn->server, server) &&
           conn->tls == (tls_name != NULL) &&
           (tls_name == NULL || strcmp(conn->tls_name, tls_name) == 0);
}

static struct conn *find(struct conns *conns, const struct addr *server, const char *tls_name)
{
    LIST_EACH(&conns->list, link)
    {
        struct conn *conn = CONTAINER_OF(link, struct conn, link);

        if (usable(conn, server, tls_name))
            return conn;
    }
    return NULL;
}

bool conns_has(struct conns *conns, const struct addr *server, const char *tls_name)
{
    return find(conns, server, tls_name) != NULL;
}

/* Connections stand in the order in which they were last used: the first idle one is the
 * idlest. */
static bool make_room(struct conns *conns)
{
    if (conns->count < conns->limits.connections_max)
        return true;
    LIST_EACH(&conns->list, link)
    {
        struct conn *conn = CONTAINER_OF(link, struct conn, link);

        if (list_is_empty(&conn->asks) && !conn->reading) {
            take_out(conn);
            conn_free(conn);
            return true;
        }
    }
    return false;
}

/* ---- asking ---------------------------------------------------------------------------------
 */

static bool id_is_free(const struct conn *conn, uint16_t id)
{
    LIST_EACH(&conn->asks, link)
    if (CONTAINER_OF(link, struct conn_ask, link)->id == id)
        return false;
    return true;
}

static bool choose_id(struct conn *conn, struct conn_ask *ask)
{
    struct world *world = conn->conns->world;

    for (int i = 0; i < ID_DRAWS; i++) {
        uint16_t id;

        world->random(world, &id, sizeof(id));
        if (id_is_free(conn, id)) {
            ask->id = id;
            return true;
        }
    }
    return false;
}

static enum status write_ask(struct conn *conn, struct conn_ask *ask)
{
    struct world *world = conn->conns->world;
    uint8_t head[LENGTH_SIZE + sizeof(ask->id)];
    enum status status;

    ASSERT(ask->packet.size >= HEADER_SIZE && ask->packet.size <= MESSAGE_MAX);
    bytes_put_u16(head, (uint16_t)ask->packet.size);
    bytes_put_u16(head + LENGTH_SIZE, ask->id);
    status = world->write(world, &conn->stream, slice_of(head, sizeof(head)));
    if (status == STATUS_OK)
        status = world->write(
            world, &conn->stream,
            slice_of(ask->packet.data + sizeof(ask->id), ask->packet.size - sizeof(ask->id)));
    ask->written = true;
    ask->written_ms = world_now_ms(world);
    return status;
}

static void stream_opened(struct stream_waiter *stream);
static void stream_received(struct stream_waiter *stream, struct slice bytes);
static void stream_closed(struct stream_waiter *stream, int error);
static void idle_over(struct timer *timer);

static struct conn *conn_new(struct conns *conns, const struct addr *server,
                             const char *tls_name)
{
    struct conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL)
        return NULL;
    conn->conns = conns;
    conn->server = *server;
    conn->tls = tls_name != NULL;
    if (tls_name != NULL)
        memcpy(conn->tls_name, tls_name, strlen(tls_name) + 1);
    conn->stream.opened = stream_opened;
    conn->stream.received = stream_received;
    conn->stream.closed = stream_closed;
    conn->idle.fire = idle_over;
    list_init(&conn->asks);
    return conn;
}

static enum status open_conn(struct conns *conns, const struct addr *server,
                             const struct addr *from, const char *tls_name, struct conn **out)
{
    struct conn *conn;
    enum status status;

    if (tls_name != NULL && strlen(tls_name) > TLS_NAME_MAX)
        return STATUS_MALFORMED;
    if (!make_room(conns))
        return STATUS_LIMIT;
    conn = conn_new(conns, server, tls_name);
    if (conn == NULL)
        return STATUS_NO_MEMORY;
    status = conns->world->connect(conns->world, server, from, tls_name, &conn->stream);
    if (status != STATUS_OK) {
        conn_free(conn);
        return status;
    }
    list_append(&conns->list, &conn->link);
    conns->count++;
    *out = conn;
    return STATUS_OK;
}

/* Nobody waits on it (any more): keep it for a while, or close it. */
static void settle(struct conn *conn)
{
    struct conns *conns = conn->conns;
    int64_t until_ms;

    if (conn->closing || conn->reading || !list_is_empty(&conn->asks))
        return;
    if (conn->in_used == 0) {
        free(conn->in); /* an answer may have been large; who is idle holds little */
        conn->in = NULL;
        conn->in_size = 0;
    }
    until_ms = world_now_ms(conns->world) + conns->limits.idle_ms;
    if (conn->open && !conn->worn_out && conns->limits.idle_ms > 0 &&
        conns->world->timer_set(conns->world, &conn->idle, until_ms) == STATUS_OK)
        return;
    take_out(conn);
    conn_free(conn);
}

enum status conns_ask(struct conns *conns, const struct addr *server, const struct addr *from,
                      const char *tls_name, bool fresh, struct conn_ask *ask)
{
    struct conn *conn = fresh ? NULL : find(conns, server, tls_name);

    ASSERT(ask->conn == NULL);
    if (conn == NULL) {
        enum status status = open_conn(conns, server, from, tls_name, &conn);

        if (status != STATUS_OK)
            return status;
    }
    if (!choose_id(conn, ask)) {
        settle(conn);
        return STATUS_LIMIT;
    }
    ask->written = false;
    if (conn->open) {
        enum status status = write_ask(conn, ask);

        if (status != STATUS_OK) {
            conn->worn_out = true; /* half of a message may be in it; its end will be noticed */
            return status;
        }
    }
    conns->world->timer_stop(conns->world, &conn->idle);
    list_remove(&conn->link);
    list_append(&conns->list, &conn->link);
    ask->conn = conn;
    list_append(&conn->asks, &ask->link);
    if (++conn->questions >= conns->limits.questions_max)
        conn->worn_out = true;
    return STATUS_OK;
}

void conns_withdraw(struct conns *conns, struct conn_ask *ask)
{
    struct conn *conn = ask->conn;

    (void)conns;
    if (conn == NULL)
        return;
    ask->conn = NULL;
    list_remove(&ask->link);
    if (ask->written)
        conn->worn_out = true;
    settle(conn);
}

/* ---- events ---------------------------------------------------------------------------------
 */

static void idle_over(struct timer *timer)
{
    struct conn *conn = CONTAINER_OF(timer, struct conn, idle);

    take_out(conn);
    conn_free(conn);
}

static void stream_opened(struct stream_waiter *stream)
{
    struct conn *conn = CONTAINER_OF(stream, struct conn, stream);
    struct conns *conns = conn->conns;

    conn->open = true;
    LIST_EACH(&conn->asks, link)
    {
        struct conn_ask *ask = CONTAINER_OF(link, struct conn_ask, link);

        if (write_ask(conn, ask) != STATUS_OK) {
            tell_end(conn, 0);
            event_done(conns);
            return;
        }
    }
    settle(conn);
}

static struct conn_ask *waiting_for(struct conn *conn, uint16_t id)
{
    LIST_EACH(&conn->asks, link)
    {
        struct conn_ask *ask = CONTAINER_OF(link, struct conn_ask, link);

        if (ask->written && ask->id == id)
            return ask;
    }
    return NULL;
}

/* False when the server sends too much that nobody asked for. */
static bool take_message(struct conn *conn, struct slice message)
{
    struct conn_ask *ask = NULL;

    if (message.size >= HEADER_SIZE)
        ask = waiting_for(conn, bytes_u16(message.data));
    if (ask == NULL)
        return ++conn->strays <= STRAYS_MAX;
    conn->answers++;
    ask->conn = NULL;
    list_remove(&ask->link);
    ask->answered(ask, message);
    return true;
}

/* Octets of complete messages; SIZE_MAX: no more of this server. */
static size_t take_messages(struct conn *conn, struct slice bytes)
{
    size_t done = 0;

    while (bytes.size - done >= LENGTH_SIZE) {
        size_t size = bytes_u16(bytes.data + done);

        if (bytes.size - done - LENGTH_SIZE < size)
            break;
        if (!take_message(conn, slice_of(bytes.data + done + LENGTH_SIZE, size)))
            return SIZE_MAX;
        done += LENGTH_SIZE + size;
    }
    return done;
}

static bool keep(struct conn *conn, struct slice bytes)
{
    size_t needed = conn->in_used + bytes.size;

    if (needed > conn->in_size) {
        size_t size = size_max(needed, 2 * conn->in_size);
        uint8_t *in = realloc(conn->in, size);

        if (in == NULL)
            return false;
        conn->in = in;
        conn->in_size = size;
    }
    if (bytes.size > 0)
        memcpy(conn->in + conn->in_used, bytes.data, bytes.size);
    conn->in_used = needed;
    return true;
}

/* What is kept never exceeds one message and one reading of the world's. */
static bool take_bytes(struct conn *conn, struct slice bytes)
{
    size_t done;

    if (conn->in_used == 0) {
        done = take_messages(conn, bytes);
        return done != SIZE_MAX && keep(conn, slice_of(bytes.data + done, bytes.size - done));
    }
    if (!keep(conn, bytes))
        return false;
    done = take_messages(conn, slice_of(conn->in, conn->in_used));
    if (done == SIZE_MAX)
        return false;
    conn->in_used -= done;
    memmove(conn->in, conn->in + done, conn->in_used);
    return true;
}

static void stream_received(struct stream_waiter *stream, struct slice bytes)
{
    struct conn *conn = CONTAINER_OF(stream, struct conn, stream);
    struct conns *conns = conn->conns;
    bool good;

    conn->reading = true;
    good = take_bytes(conn, bytes);
    conn->reading = false;
    if (!good)
        tell_end(conn, 0);
    else
        settle(conn);
    event_done(conns);
}

static void stream_closed(struct stream_waiter *stream, int error)
{
    struct conn *conn = CONTAINER_OF(stream, struct conn, stream);
    struct conns *conns = conn->conns;

    tell_end(conn, error);
    event_done(conns);
}
