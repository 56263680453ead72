/*
 * anchor_ask.c - one question over UDP or TCP.
 */
#include "tools/anchor_ask.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "util/text.h"

/* Fragments get lost; 1232 octets fit everywhere. PACKETS_MAX: what a stranger may throw in. */
enum { UDP_SIZE = 1232, QUESTION_SIZE_MAX = 64, PACKETS_MAX = 64, LINES_MAX = 1000 };

/* ---- whom to ask ---- */

void ask_servers_add(struct ask_servers *servers, const struct addr *addr,
                     enum net_family family)
{
    if (servers->count < ASK_SERVERS_MAX && net_family_allows(family, addr))
        servers->items[servers->count++] = *addr;
}

static uint16_t random_number(void)
{
    uint8_t octets[2] = {0};

    if (RAND_bytes(octets, sizeof(octets)) != 1)
        return (uint16_t)net_now_ms();
    return bytes_u16(octets);
}

void ask_servers_shuffle(struct ask_servers *servers)
{
    for (size_t left = servers->count; left > 1; left--) {
        size_t chosen = random_number() % left;
        struct addr last = servers->items[left - 1];

        servers->items[left - 1] = servers->items[chosen];
        servers->items[chosen] = last;
    }
}

/* One line: "nameserver 192.0.2.1". */
static void read_line(struct ask_servers *servers, const char *line, size_t size,
                      enum net_family family)
{
    static const char word[] = "nameserver";
    char text[ADDR_TEXT_MAX];
    struct addr addr;
    size_t skip = sizeof(word) - 1;

    if (size <= skip || memcmp(line, word, skip) != 0 ||
        (line[skip] != ' ' && line[skip] != '\t'))
        return;
    while (skip < size && (line[skip] == ' ' || line[skip] == '\t'))
        skip++;
    line += skip;
    size = size_min(size - skip, strcspn(line, " \t\r\n#;"));
    if (size >= sizeof(text))
        return;
    memcpy(text, line, size);
    text[size] = '\0';
    if (addr_from_text(&addr, text, 53, NULL) == STATUS_OK)
        ask_servers_add(servers, &addr, family);
}

void ask_servers_read(struct ask_servers *servers, const char *text, enum net_family family)
{
    for (unsigned lines = 0; *text != '\0' && lines < LINES_MAX; lines++) {
        size_t size = strcspn(text, "\n");

        read_line(servers, text, size, family);
        text += size + (text[size] == '\n');
    }
}

/* ---- question and answer ---- */

struct slice ask_write(uint16_t id, bool recursive, struct arena *arena)
{
    struct message message = {
        .id = id,
        .flags = (uint16_t)(FLAG_CD | (recursive ? FLAG_RD : 0)),
        .has_question = true,
        .question = {.qname = dname_root, .qtype = TYPE_DNSKEY, .qclass = CLASS_IN},
        .edns = {.present = true, .dnssec_ok = true, .udp_size = UDP_SIZE},
    };
    const struct message_write how = {.dnssec_ok = true, .size_max = QUESTION_SIZE_MAX};
    uint8_t *octets = arena_bytes(arena, QUESTION_SIZE_MAX);
    struct sink out = sink_of(octets, QUESTION_SIZE_MAX);

    if (octets == NULL || message_write(&message, &how, &out) != STATUS_OK)
        return slice_of(NULL, 0);
    return sink_written(&out);
}

static bool is_ours(const struct message *message, uint16_t id)
{
    const struct question wanted = {dname_root, TYPE_DNSKEY, CLASS_IN};

    return message->id == id && (message->flags & FLAG_QR) != 0 && message->opcode == 0 &&
           message->has_question && question_equal(&message->question, &wanted);
}

enum status ask_read(struct slice packet, uint16_t id, struct arena *arena,
                     const struct rrset **dnskeys, const char **why)
{
    struct message message;
    struct cursor in = cursor_of(packet);
    enum status status = message_read_question(&in, arena, &message);

    *dnskeys = NULL;
    *why = "what came is no answer to the question";
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK || !is_ours(&message, id))
        return STATUS_NOT_FOUND;
    *why = "the answer was cut short";
    if ((message.flags & FLAG_TC) != 0)
        return STATUS_NO_SPACE;
    *why = "the answer is malformed";
    status = message_read(packet, arena, 0, &message);
    if (status != STATUS_OK)
        return status == STATUS_NO_MEMORY ? status : STATUS_MALFORMED;
    *why = "the server does not tell the root's keys";
    *dnskeys = message_find(&message, SECTION_ANSWER, dname_root, TYPE_DNSKEY);
    return *dnskeys == NULL || message.rcode != 0 ? STATUS_MALFORMED : STATUS_OK;
}

/* ---- over the network ---- */

struct asking {
    const struct addr *server;
    uint16_t id;
    struct slice question;
    int64_t deadline_ms;
    struct arena *arena;
    uint8_t *room; /* MESSAGE_MAX octets */
    const struct rrset **dnskeys;
    const char **why;
};

static enum status system_fault(struct asking *asking, int error)
{
    *asking->why = error == 0 ? "no answer in time" : strerror(error);
    return STATUS_SYSTEM;
}

/* Sends or receives all of it; a stream brings it in pieces. */
static enum status move(struct asking *asking, int fd, bool is_sending, uint8_t *octets,
                        size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t count;

        if (!net_wait(fd, is_sending, asking->deadline_ms))
            return system_fault(asking, 0);
        count = is_sending ? send(fd, octets + done, size - done, 0)
                           : recv(fd, octets + done, size - done, 0);
        if (count == 0)
            return system_fault(asking, ECONNRESET);
        if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return system_fault(asking, errno);
        done += count > 0 ? (size_t)count : 0;
    }
    return STATUS_OK;
}

static enum status ask_stream(struct asking *asking, int fd)
{
    uint8_t frame[2 + QUESTION_SIZE_MAX];
    enum status status;
    size_t size;

    bytes_put_u16(frame, (uint16_t)asking->question.size);
    memcpy(frame + 2, asking->question.data, asking->question.size);
    status = move(asking, fd, true, frame, 2 + asking->question.size);
    if (status == STATUS_OK)
        status = move(asking, fd, false, frame, 2);
    if (status != STATUS_OK)
        return status;
    size = bytes_u16(frame);
    status = move(asking, fd, false, asking->room, size);
    if (status != STATUS_OK)
        return status;
    return ask_read(slice_of(asking->room, size), asking->id, asking->arena, asking->dnskeys,
                    asking->why);
}

static enum status ask_datagram(struct asking *asking, int fd)
{
    if (send(fd, asking->question.data, asking->question.size, 0) < 0)
        return system_fault(asking, errno);
    for (unsigned packets = 0; packets < PACKETS_MAX; packets++) {
        enum status status;
        ssize_t size;

        if (!net_wait(fd, false, asking->deadline_ms))
            return system_fault(asking, 0);
        size = recv(fd, asking->room, MESSAGE_MAX, 0);
        if (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return system_fault(asking, errno);
        if (size < 0)
            continue;
        status = ask_read(slice_of(asking->room, (size_t)size), asking->id, asking->arena,
                          asking->dnskeys, asking->why);
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    return STATUS_MALFORMED;
}

static enum status ask_over(struct asking *asking, bool is_stream)
{
    int fd = net_connect(asking->server, is_stream, asking->deadline_ms);
    enum status status;

    if (fd < 0)
        return system_fault(asking, errno);
    status = is_stream ? ask_stream(asking, fd) : ask_datagram(asking, fd);
    close(fd);
    return status;
}

enum status ask_root_keys(const struct addr *server, bool recursive, int64_t deadline_ms,
                          struct arena *arena, const struct rrset **dnskeys, const char **why)
{
    struct asking asking = {.server = server,
                            .id = random_number(),
                            .deadline_ms = deadline_ms,
                            .arena = arena,
                            .room = arena_bytes(arena, MESSAGE_MAX),
                            .dnskeys = dnskeys,
                            .why = why};
    enum status status;

    *why = "out of memory";
    asking.question = ask_write(asking.id, recursive, arena);
    if (asking.room == NULL || asking.question.data == NULL)
        return STATUS_NO_MEMORY;
    status = ask_over(&asking, false);
    if (status == STATUS_NO_SPACE)
        status = ask_over(&asking, true);
    /* Over TCP neither can be: the server is not to be used. */
    return status == STATUS_NO_SPACE || status == STATUS_NOT_FOUND ? STATUS_MALFORMED : status;
}
