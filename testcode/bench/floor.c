/*
 * floor.c - the least that a name server can cost: receives questions, flips the bit that makes an
 * answer of each, sends them back.
 *
 *     floor ADDRESS PORT [THREADS]
 *
 * Started by the scripts beside it, ended by a signal. A batch of up to 32 datagrams a system call
 * either way; each thread has a socket of its own (SO_REUSEPORT). Whatever a real server needs more
 * than this one on the same machine in the same run is its own doing.
 */
#define _GNU_SOURCE /* recvmmsg, sendmmsg */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 32, PACKET_MAX = 4096, THREADS_MAX = 64 };

struct place {
    struct sockaddr_in from;
    struct iovec part;
    uint8_t packet[PACKET_MAX];
};

static int open_socket(const char *address, int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), yes = 1, buffer = 4 << 20;

    if (fd == -1 || inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)) != 0 ||
        bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
    return fd;
}

static void *serve(void *argument)
{
    int fd = *(const int *)argument;
    struct place *places = calloc(BATCH, sizeof(*places));
    struct mmsghdr headers[BATCH];

    if (places == NULL)
        return NULL;
    memset(headers, 0, sizeof(headers));
    for (;;) {
        int count;

        for (int i = 0; i < BATCH; i++) {
            places[i].part = (struct iovec){places[i].packet, PACKET_MAX};
            headers[i].msg_hdr.msg_name = &places[i].from;
            headers[i].msg_hdr.msg_namelen = sizeof(places[i].from);
            headers[i].msg_hdr.msg_iov = &places[i].part;
            headers[i].msg_hdr.msg_iovlen = 1;
        }
        count = recvmmsg(fd, headers, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < count; i++) {
            places[i].part.iov_len = headers[i].msg_len;
            places[i].packet[2] |= 0x80;
        }
        for (int done = 0; done < count;) {
            int sent = sendmmsg(fd, headers + done, (unsigned)(count - done), 0);

            done += sent > 0 ? sent : 1;
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 3 ? atoi(argv[3]) : 1, sockets[THREADS_MAX];

    if (argc < 3 || threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: floor ADDRESS PORT [THREADS]\n");
        return 2;
    }
    for (int i = 0; i < threads; i++) {
        sockets[i] = open_socket(argv[1], atoi(argv[2]));
        if (sockets[i] == -1) {
            perror("floor");
            return 1;
        }
    }
    for (int i = 1; i < threads; i++) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, serve, &sockets[i]) != 0)
            return 1;
    }
    serve(&sockets[0]);
    return 1;
}
