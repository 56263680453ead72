/*
 * sock_test.c - what the kernel's buffers are like after a wish for them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <unistd.h>

#include "config.h"
#include "services/net/sock.h"
#include "util/base.h"

static int buffer_of(int fd)
{
    int octets = 0;
    socklen_t size = sizeof(octets);

    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, &size), 0);
    return octets;
}

static void ask_for(int fd, int octets)
{
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets)), 0);
}

/* What this process is granted at most when it asks for as much. */
static int granted(int octets)
{
    int fd = sock_new(ADDR_IP4, SOCK_DGRAM), got;

    assert_int_not_equal(fd, -1);
#if HAVE_DECL_SO_RCVBUFFORCE
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &octets, sizeof(octets)) != 0)
#endif
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof(octets));
    got = buffer_of(fd);
    close(fd);
    return got;
}

static struct addr loopback(void)
{
    return addr_ip4((const uint8_t[]){127, 0, 0, 1}, 0);
}

static int listen_wishing(uint64_t octets)
{
    struct sock_wishes wishes = {.receive_buffer = octets};
    struct addr addr = loopback();
    int fd = sock_listen(&addr, SOCK_DGRAM, &wishes);

    assert_int_not_equal(fd, -1);
    return fd;
}

static void receive_buffer_is_as_large_as_may_be(void **state)
{
    static const struct {
        const char *why;
        uint64_t octets;
    } cases[] = {
        {"the default", 1 << 20},
        {"more than most systems grant without rights", 16 << 20},
        {"beyond what an int holds", 1ull << 40},
    };
    int plain = listen_wishing(0), usual = buffer_of(plain);

    (void)state;
    close(plain);
    for (size_t i = 0; i < COUNT(cases); i++) {
        int most = granted(cases[i].octets < 1 << 30 ? (int)cases[i].octets : 1 << 30);
        int fd = listen_wishing(cases[i].octets), got = buffer_of(fd);

        close(fd);
        if (got < most || got < usual)
            fail_msg("%s: %d, where %d would be granted and %d is usual", cases[i].why, got,
                     most, usual);
    }
}

static void receive_buffer_never_shrinks(void **state)
{
    int plain = listen_wishing(0), modest = listen_wishing(4096);

    (void)state;
    assert_int_equal(buffer_of(modest), buffer_of(plain));
    close(plain);
    close(modest);
}

/* A socket that a service manager hands over: what it set for it is not taken back. */
static void adopted_socket_keeps_the_larger(void **state)
{
    struct addr addr = loopback();
    int given = listen_wishing(0), adopted;
    struct sock_wishes modest = {.receive_buffer = 40000};
    struct sock_wishes more = {.receive_buffer = 1 << 20};

    (void)state;
    ask_for(given, 80000);
    adopted = sock_adopt(given, &addr, SOCK_DGRAM, &modest);
    assert_int_not_equal(adopted, -1);
    assert_true(buffer_of(adopted) >= 80000);
    close(adopted);
    adopted = sock_adopt(given, &addr, SOCK_DGRAM, &more);
    assert_int_not_equal(adopted, -1);
    assert_true(buffer_of(adopted) >= granted(1 << 20));
    close(adopted);
    close(given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receive_buffer_is_as_large_as_may_be),
        cmocka_unit_test(receive_buffer_never_shrinks),
        cmocka_unit_test(adopted_socket_keeps_the_larger),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
