/*
 * load.c - asks the questions of a list again and again, as fast as they are answered.
 *
 *     load [-d] [-C] [-e HEX] [-t] [-p] [-o] [-b] [-c SOCKETS] [-w WINDOW] [-P SECONDS] [-r
 *     SEED]
 *          [-n QUESTIONS] [-s SECONDS] ADDRESS PORT FILE
 *
 * FILE has one "name type" a line; the questions go out in an order that looks random and is
 * the same for each seed, until there were so many or so much time has passed. -d sets DO, -C
 * sets CD, -e puts these octets into the OPT, -t asks over TCP connections, -w is how many
 * questions each socket may have under way, -p puts a label out of the seed in front of each
 * name of the list: a flood of names that were never asked before. -o asks each question of the
 * list once, as they stand there. -b sends all QUESTIONS at once, says "sent" and hears no
 * answer before a line comes in: a server that stands still meanwhile then finds full batches.
 * -P is how long a question is waited for before it is given up for lost and another one takes
 * its place; an answer that comes later still counts. Prints one line of JSON: asked, answered,
 * lost, answers by rcode, octets, seconds, the answers a second while questions went out (what
 * is waited for at the end says nothing of speed), and the milliseconds in which half, 99 % and
 * 99.9 % of the answers came.
 *
 * It keeps to few system calls itself, since it shares the processors with who is measured.
 */
#define _GNU_SOURCE /* recvmmsg, sendmmsg */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH = 32,
    SOCKETS_MAX = 64,
    QUESTION_MAX = 400,
    OPTIONS_MAX = 100,
    LISTED_MAX = 1 << 20,
    ANSWER_MAX = 65535 + 2,
    IDS = 1 << 16,
    STEPS = 1 << 20 /* of waiting times, ten microseconds each; longer ones count as the last */
};

struct listed { /* a question in wire form, without the length that TCP wants */
    uint16_t size;
    uint8_t *bytes;
};

struct line { /* one socket */
    int fd;
    unsigned under_way;
    uint8_t *in;
    size_t in_used;
};

struct pending { /* the last question with an id */
    double asked_s; /* 0: answered */
    uint8_t line;
    bool is_lost;
};

struct load {
    const char *address;
    int port;
    bool dnssec_ok, checking_disabled, tcp, flood, once, burst;
    uint8_t options[OPTIONS_MAX]; /* in the OPT */
    uint8_t options_size;
    unsigned sockets, window;
    uint64_t most;
    double seconds; /* 0: as long as it takes */
    double patience_s;
    struct pending pending[IDS];
    uint64_t settled; /* up to this one, questions were answered or given up */
    uint32_t waited[STEPS];
    struct listed *listed;
    size_t listed_count;
    struct line lines[SOCKETS_MAX];
    struct pollfd polls[SOCKETS_MAX];
    uint64_t chance, asked, answered, lost, octets, rcodes[16];
    uint8_t out[BATCH][QUESTION_MAX];
    uint8_t answers[BATCH][4096];
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the list ---- */

static uint16_t type_of(const char *word)
{
    static const struct {
        const char *word;
        uint16_t type;
    } types[] = {{"A", 1},    {"NS", 2},     {"CNAME", 5}, {"SOA", 6}, {"PTR", 12},
                 {"MX", 15},  {"TXT", 16},   {"AAAA", 28}, {"SRV", 33}, {"DS", 43},
                 {"DNSKEY", 48}, {"ANY", 255}};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].word, word) == 0)
            return types[i].type;
    return (uint16_t)atoi(strncmp(word, "TYPE", 4) == 0 ? word + 4 : word);
}

static size_t put_name(uint8_t *to, const char *name)
{
    size_t used = 0;

    while (*name != '\0' && strcmp(name, ".") != 0) {
        size_t size = strcspn(name, ".");

        if (size == 0 || size > 63 || used + size + 2 > 255)
            fail("a name of the list");
        to[used++] = (uint8_t)size;
        memcpy(to + used, name, size);
        used += size;
        name += size + (name[size] == '.');
    }
    to[used++] = 0;
    return used;
}

static struct listed list_one(const struct load *load, const char *name, const char *type)
{
    static const uint8_t header[12] = {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1};
    static const uint8_t opt[11] = {0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0};
    uint8_t bytes[QUESTION_MAX];
    size_t used = sizeof(header);
    uint16_t number = type_of(type);
    struct listed listed;

    memcpy(bytes, header, sizeof(header));
    if (load->checking_disabled)
        bytes[3] = 0x10;
    used += put_name(bytes + used, name);
    bytes[used++] = (uint8_t)(number >> 8);
    bytes[used++] = (uint8_t)number;
    bytes[used++] = 0;
    bytes[used++] = 1;
    memcpy(bytes + used, opt, sizeof(opt));
    if (load->dnssec_ok)
        bytes[used + 7] = 0x80;
    bytes[used + 10] = load->options_size;
    used += sizeof(opt);
    memcpy(bytes + used, load->options, load->options_size);
    used += load->options_size;
    listed = (struct listed){(uint16_t)used, malloc(used)};
    if (listed.bytes == NULL)
        fail("malloc");
    memcpy(listed.bytes, bytes, used);
    return listed;
}

static void read_options(struct load *load, const char *hex)
{
    unsigned octet;

    for (; sscanf(hex, "%2x", &octet) == 1 && load->options_size < OPTIONS_MAX; hex += 2)
        load->options[load->options_size++] = (uint8_t)octet;
    if (*hex != '\0')
        fail("the octets of -e");
}

static void read_list(struct load *load, const char *file)
{
    char name[300], type[32];
    FILE *in = fopen(file, "r");

    load->listed = calloc(LISTED_MAX, sizeof(*load->listed));
    if (in == NULL || load->listed == NULL)
        fail(file);
    while (load->listed_count < LISTED_MAX && fscanf(in, "%299s %31s", name, type) == 2)
        load->listed[load->listed_count++] = list_one(load, name, type);
    fclose(in);
    if (load->listed_count == 0)
        fail("an empty list");
}

/* xorshift64: a known order of questions in each run */
static uint64_t draw(struct load *load)
{
    load->chance ^= load->chance << 13;
    load->chance ^= load->chance >> 7;
    load->chance ^= load->chance << 17;
    return load->chance;
}

static size_t make_question(struct load *load, const struct line *line, uint8_t *to)
{
    uint64_t number = load->asked++;
    const struct listed *listed =
        &load->listed[(load->once ? number : draw(load)) % load->listed_count];
    size_t size = listed->size, at = 12;

    memcpy(to, listed->bytes, 12);
    if (load->flood) { /* a label of ten letters: eleven octets more */
        to[at++] = 10;
        for (int i = 0; i < 10; i++, number /= 26)
            to[at++] = (uint8_t)('a' + (i < 5 ? number % 26 : draw(load) % 26));
    }
    memcpy(to + at, listed->bytes + 12, size - 12);
    to[0] = (uint8_t)(load->asked >> 8);
    to[1] = (uint8_t)load->asked;
    load->pending[load->asked % IDS] =
        (struct pending){now_s(), (uint8_t)(line - load->lines), false};
    return size + at - 12;
}

/* ---- the sockets ---- */

static void open_line(struct load *load, struct line *line)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load->port)};
    int yes = 1, buffer = 4 << 20;

    line->fd = socket(AF_INET, load->tcp ? SOCK_STREAM : SOCK_DGRAM, 0);
    if (line->fd == -1 || inet_pton(AF_INET, load->address, &to.sin_addr) != 1 ||
        connect(line->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        fail(load->address);
    if (load->tcp) {
        (void)setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
        line->in = malloc(2 * ANSWER_MAX);
        if (line->in == NULL)
            fail("malloc");
    } else {
        (void)setsockopt(line->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    }
    (void)fcntl(line->fd, F_SETFL, O_NONBLOCK);
}

static unsigned may_ask(const struct load *load, const struct line *line)
{
    uint64_t left = load->most == 0 ? BATCH : load->most - load->asked;
    unsigned room = load->window - line->under_way;

    room = room > BATCH ? BATCH : room;
    return room > left ? (unsigned)left : room;
}

static void ask_udp(struct load *load, struct line *line)
{
    unsigned count = may_ask(load, line);
    struct mmsghdr headers[BATCH];
    struct iovec parts[BATCH];

    if (count == 0)
        return;
    memset(headers, 0, sizeof(headers));
    for (unsigned i = 0; i < count; i++) {
        parts[i] = (struct iovec){load->out[i], make_question(load, line, load->out[i])};
        headers[i].msg_hdr.msg_iov = &parts[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }
    line->under_way += count;
    (void)sendmmsg(line->fd, headers, count, 0); /* what did not go out is not answered */
}

/* The window is kept small enough that the kernel takes it whole. */
static void ask_tcp(struct load *load, struct line *line)
{
    unsigned count = may_ask(load, line);
    uint8_t bytes[BATCH * (QUESTION_MAX + 2)];
    size_t used = 0;

    if (count == 0)
        return;
    for (unsigned i = 0; i < count; i++) {
        size_t size = make_question(load, line, bytes + used + 2);

        bytes[used] = (uint8_t)(size >> 8);
        bytes[used + 1] = (uint8_t)size;
        used += size + 2;
    }
    if (send(line->fd, bytes, used, MSG_NOSIGNAL) != (ssize_t)used)
        fail("send");
    line->under_way += count;
}

/* Gives up what was waited for long enough, or whose id is needed for the next one. */
static void settle(struct load *load, double now)
{
    for (; load->settled < load->asked; load->settled++) {
        struct pending *pending = &load->pending[(load->settled + 1) % IDS];

        if (pending->asked_s == 0)
            continue;
        if (now - pending->asked_s <= load->patience_s &&
            load->asked - load->settled < IDS - SOCKETS_MAX * BATCH)
            return;
        pending->is_lost = true;
        load->lost++;
        load->lines[pending->line].under_way--;
    }
}

/* Milliseconds within which that share of the answers came. */
static double wait_of(const struct load *load, double share)
{
    uint64_t all = 0, seen = 0;

    for (size_t i = 0; i < STEPS; i++)
        all += load->waited[i];
    for (size_t i = 0; i < STEPS; i++)
        if ((seen += load->waited[i]) > 0 && (double)seen >= share * (double)all)
            return (double)(i + 1) / 100;
    return 0;
}

static void count_answer(struct load *load, const uint8_t *answer, size_t size)
{
    struct pending *pending;
    double waited_s;

    if (size < 12 || (answer[2] & 0x80) == 0)
        return;
    pending = &load->pending[answer[0] << 8 | answer[1]];
    if (pending->asked_s == 0)
        return;
    waited_s = now_s() - pending->asked_s;
    pending->asked_s = 0;
    load->waited[waited_s < STEPS / 1e5 ? (size_t)(waited_s * 1e5) : STEPS - 1]++;
    load->answered++;
    load->octets += size;
    load->rcodes[answer[3] & 15]++;
    if (pending->is_lost)
        load->lost--;
    else
        load->lines[pending->line].under_way--;
}

static void hear_udp(struct load *load, struct line *line)
{
    struct mmsghdr headers[BATCH];
    struct iovec parts[BATCH];
    int count;

    memset(headers, 0, sizeof(headers));
    for (unsigned i = 0; i < BATCH; i++) {
        parts[i] = (struct iovec){load->answers[i], sizeof(load->answers[i])};
        headers[i].msg_hdr.msg_iov = &parts[i];
        headers[i].msg_hdr.msg_iovlen = 1;
    }
    count = recvmmsg(line->fd, headers, BATCH, 0, NULL);
    for (int i = 0; i < count; i++)
        count_answer(load, load->answers[i], headers[i].msg_len);
}

static void hear_tcp(struct load *load, struct line *line)
{
    ssize_t size = recv(line->fd, line->in + line->in_used, 2 * ANSWER_MAX - line->in_used, 0);
    size_t at = 0;

    if (size == 0 || (size < 0 && errno != EAGAIN))
        fail("recv");
    if (size < 0)
        return;
    line->in_used += (size_t)size;
    while (line->in_used - at >= 2) {
        size_t length = (size_t)(line->in[at] << 8 | line->in[at + 1]);

        if (line->in_used - at - 2 < length)
            break;
        count_answer(load, line->in + at + 2, length);
        at += length + 2;
    }
    line->in_used -= at;
    memmove(line->in, line->in + at, line->in_used);
}

/* @return how many questions are under way. */
static unsigned turn(struct load *load, double now, bool may_go_on)
{
    unsigned under_way = 0;

    for (unsigned i = 0; i < load->sockets; i++) {
        if ((load->polls[i].revents & POLLIN) == 0)
            continue;
        if (load->tcp)
            hear_tcp(load, &load->lines[i]);
        else
            hear_udp(load, &load->lines[i]);
    }
    settle(load, now);
    for (unsigned i = 0; i < load->sockets; i++) {
        struct line *line = &load->lines[i];

        if (may_go_on && line->under_way <= load->window / 2) {
            if (load->tcp)
                ask_tcp(load, line);
            else
                ask_udp(load, line);
        }
        under_way += line->under_way;
    }
    return under_way;
}

/* Everything at once; nothing is heard before somebody says so. */
static void send_all(struct load *load)
{
    unsigned window = load->window;

    load->window = (unsigned)load->most;
    while (load->asked < load->most)
        for (unsigned i = 0; i < load->sockets; i++)
            ask_udp(load, &load->lines[i]);
    load->window = window;
    puts("sent");
    fflush(stdout);
    (void)getchar();
}

static void run(struct load *load)
{
    double begin = now_s(), now = begin, asked_until = begin;
    uint64_t answered = 0; /* until then */
    unsigned under_way = 0;
    bool may_go_on;

    for (unsigned i = 0; i < load->sockets; i++) {
        open_line(load, &load->lines[i]);
        load->polls[i] = (struct pollfd){load->lines[i].fd, POLLIN, 0};
    }
    if (load->burst) {
        send_all(load);
        begin = now_s();
    }
    do {
        now = now_s();
        may_go_on = (load->most == 0 || load->asked < load->most) &&
                    (load->seconds == 0 || now - begin < load->seconds);
        if (may_go_on || load->burst || load->answered == 0) {
            asked_until = now;
            answered = load->answered;
        }
        under_way = turn(load, now, may_go_on);
        (void)poll(load->polls, load->sockets, under_way > 0 ? 20 : 0);
    } while (may_go_on || under_way > 0);
    printf("{\"asked\": %llu, \"answered\": %llu, \"lost\": %llu, \"octets\": %llu, "
           "\"noerror\": %llu, \"servfail\": %llu, \"nxdomain\": %llu, \"seconds\": %.3f, \"rate\": %.0f, "
           "\"p50\": %.2f, \"p99\": %.2f, \"p999\": %.2f}\n",
           (unsigned long long)load->asked, (unsigned long long)load->answered,
           (unsigned long long)load->lost, (unsigned long long)load->octets,
           (unsigned long long)load->rcodes[0], (unsigned long long)load->rcodes[2],
           (unsigned long long)load->rcodes[3], now - begin,
           asked_until > begin ? (double)answered / (asked_until - begin) : 0,
           wait_of(load, 0.5), wait_of(load, 0.99), wait_of(load, 0.999));
}

int main(int argc, char **argv)
{
    static struct load load;
    int option;

    load.sockets = 4;
    load.window = 32;
    load.patience_s = 0.5;
    load.chance = 88172645463325252u;
    while ((option = getopt(argc, argv, "dCe:tpobc:w:P:n:s:r:")) != -1) {
        switch (option) {
        case 'd': load.dnssec_ok = true; break;
        case 'C': load.checking_disabled = true; break;
        case 'e': read_options(&load, optarg); break;
        case 't': load.tcp = true; break;
        case 'p': load.flood = true; break;
        case 'o': load.once = true; break;
        case 'b': load.burst = true; break;
        case 'P': load.patience_s = atof(optarg); break;
        case 'c': load.sockets = (unsigned)atoi(optarg); break;
        case 'w': load.window = (unsigned)atoi(optarg); break;
        case 'n': load.most = strtoull(optarg, NULL, 10); break;
        case 's': load.seconds = atof(optarg); break;
        case 'r': load.chance += strtoull(optarg, NULL, 10) * 0x9e3779b97f4a7c15u; break;
        default: return 2;
        }
    }
    if (argc - optind != 3 || load.sockets < 1 || load.sockets > SOCKETS_MAX || load.window < 1) {
        fprintf(stderr, "usage: load [-d] [-C] [-e HEX] [-t] [-p] [-o] [-b] [-c SOCKETS] [-w WINDOW] "
                        "[-P SECONDS] [-r SEED] [-n QUESTIONS] [-s SECONDS] ADDRESS PORT FILE\n");
        return 2;
    }
    load.address = argv[optind];
    load.port = atoi(argv[optind + 1]);
    read_list(&load, argv[optind + 2]);
    if (load.once && (load.most == 0 || load.most > load.listed_count))
        load.most = load.listed_count;
    if (load.most == 0 && load.seconds == 0)
        load.seconds = 5;
    run(&load);
    return 0;
}
