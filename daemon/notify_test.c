/*
 * notify_test.c - who is told by which address, and what of the environment is believed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/notify.h"

static const struct {
    const char *why, *socket, *usec, *pid; /* "own": ours */
    bool is_there;
    int64_t watchdog_ms;
} cases[] = {
    {"nobody asks", NULL, NULL, NULL, false, 0},
    {"a path", "/nowhere/notify", NULL, NULL, true, 0},
    {"a name without a file", "@notify", NULL, NULL, true, 0},
    {"neither", "notify", NULL, NULL, false, 0},
    {"nothing behind the slash", "/", NULL, NULL, false, 0},
    {"empty", "", NULL, NULL, false, 0},
    {"a watchdog", "/nowhere", "30000000", NULL, true, 30000},
    {"for us", "/nowhere", "2000", "own", true, 2},
    {"for another process", "/nowhere", "30000000", "1", true, 0},
    {"a period that is no number", "/nowhere", "soon", "own", true, 0},
    {"a process that is no number", "/nowhere", "30000000", "me", true, 0},
};

static void set(const char *name, const char *value)
{
    char own[32];

    snprintf(own, sizeof(own), "%ld", (long)getpid());
    if (value == NULL)
        (void)unsetenv(name);
    else
        (void)setenv(name, strcmp(value, "own") == 0 ? own : value, 1);
}

static void environments(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct notify *notify;

        set("NOTIFY_SOCKET", cases[i].socket);
        set("WATCHDOG_USEC", cases[i].usec);
        set("WATCHDOG_PID", cases[i].pid);
        notify = notify_new();
        if ((notify != NULL) != cases[i].is_there ||
            notify_watchdog_ms(notify) != cases[i].watchdog_ms)
            fail_msg("%s", cases[i].why);
        if (getenv("NOTIFY_SOCKET") != NULL || getenv("WATCHDOG_USEC") != NULL ||
            getenv("WATCHDOG_PID") != NULL)
            fail_msg("%s: left in the environment", cases[i].why);
        notify_say(notify, "READY=1"); /* with nobody there: nothing happens */
        notify_free(notify);
    }
}

/* The manager may make its socket anew, as it does when it is upgraded. */
static void made_anew(void **state)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct notify *notify;
    char got[64];

    (void)state;
    snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/shrew-notify-%ld", (long)getpid());
    set("NOTIFY_SOCKET", addr.sun_path);
    notify = notify_new();
    assert_non_null(notify);
    for (int i = 0; i < 3; i++) {
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        ssize_t size;

        assert_int_not_equal(fd, -1);
        assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
        notify_say(notify, "STATUS=%d", i);
        size = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);
        assert_true(size > 0);
        got[size] = '\0';
        assert_int_equal(got[7], '0' + i);
        close(fd);
        assert_int_equal(unlink(addr.sun_path), 0);
    }
    notify_free(notify);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(environments),
        cmocka_unit_test(made_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
