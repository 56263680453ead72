/*
 * anchor_ask_test.c - whom shrew-anchor asks, and which packets it takes for an answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tools/anchor_ask.h"
#include "util/text.h"

enum { ID = 0x1234 };

/* ---- whom ---- */

static const struct {
    const char *why, *text;
    enum net_family family;
    const char *servers;
} lists[] = {
    {"as it is everywhere", "# comment\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n",
     NET_ANY, "192.0.2.1:53 [2001:db8::1]:53 "},
    {"no end of the last line", "nameserver 192.0.2.1", NET_ANY, "192.0.2.1:53 "},
    {"blanks and remarks", "nameserver\t 192.0.2.1  ; ours\nnameserver 192.0.2.2#none\r\n",
     NET_ANY, "192.0.2.1:53 192.0.2.2:53 "},
    {"other lines",
     "search example\noptions edns0\nnameservers 192.0.2.1\n nameserver 192.0.2.2\n", NET_ANY,
     ""},
    {"no address", "nameserver\nnameserver \nnameserver example.\nnameserver 192.0.2\n",
     NET_ANY, ""},
    {"IPv4 only", "nameserver 192.0.2.1\nnameserver 2001:db8::1\n", NET_ONLY_IP4,
     "192.0.2.1:53 "},
    {"IPv6 only", "nameserver 192.0.2.1\nnameserver 2001:db8::1\n", NET_ONLY_IP6,
     "[2001:db8::1]:53 "},
    {"an address of a hundred characters",
     "nameserver 1111111111111111111111111111111111111111111111111111111111111111111111111111\n"
     "nameserver 192.0.2.1\n",
     NET_ANY, "192.0.2.1:53 "},
    {"nothing", "", NET_ANY, ""},
};

static void lists_are_read(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct ask_servers servers = {0};
        struct text text = text_in(arena);
        char address[ADDR_TEXT_MAX];

        ask_servers_read(&servers, lists[i].text, lists[i].family);
        text_add(&text, "");
        for (size_t j = 0; j < servers.count; j++)
            text_printf(&text, "%s ", addr_to_text(&servers.items[j], address));
        if (strcmp(text_done(&text), lists[i].servers) != 0)
            fail_msg("%s: %s", lists[i].why, text_done(&text));
    }
    arena_free(arena);
}

static void many_are_bounded_and_none_is_lost(void **state)
{
    struct ask_servers servers = {0};
    bool seen[ASK_SERVERS_MAX] = {false};
    struct addr addr;

    (void)state;
    assert_int_equal(addr_from_text(&addr, "192.0.2.0", 53, NULL), STATUS_OK);
    for (unsigned i = 0; i < ASK_SERVERS_MAX + 3; i++) {
        addr.bytes[3] = (uint8_t)i;
        ask_servers_add(&servers, &addr, NET_ANY);
    }
    assert_int_equal(servers.count, ASK_SERVERS_MAX);
    ask_servers_shuffle(&servers);
    for (size_t i = 0; i < servers.count; i++)
        seen[servers.items[i].bytes[3]] = true;
    for (size_t i = 0; i < ASK_SERVERS_MAX; i++)
        assert_true(seen[i]);
}

/* ---- the question ---- */

static void the_question_has_do_and_cd(void **state)
{
    /* RD only where the server is a resolver; OPT with 1232 octets and DO. */
    static const uint8_t wanted[] = {0x12, 0x34, 0x00, 0x10, 0,    1, 0, 0, 0, 0,
                                     0,    1,    0,    0,    48,   0, 1, 0, 0, 41,
                                     0x04, 0xd0, 0,    0,    0x80, 0, 0, 0};
    struct arena *arena = arena_new(0);
    struct slice octets = ask_write(ID, false, arena);

    (void)state;
    assert_true(slice_equal(octets, slice_of(wanted, sizeof(wanted))));
    octets = ask_write(ID, true, arena);
    assert_int_equal(octets.data[2], 0x01);
    arena_free(arena);
}

/* ---- answers ---- */

#define QUESTION "000030 0001"
#define KEY      "00 0030 0001 00000e10 0008 0101 03 0f 01020304"
#define OPT      "00 0029 04d0 00008000 0000"

static const struct {
    const char *why, *octets;
    enum status status;
    const char *words;
} answers[] = {
    {"an answer", "1234 8400 0001 0001 0000 0000" QUESTION KEY, STATUS_OK, ""},
    {"with EDNS", "1234 8190 0001 0001 0000 0001" QUESTION KEY OPT, STATUS_OK, ""},
    {"nothing", "", STATUS_NOT_FOUND, "what came is no answer"},
    {"another id", "1235 8400 0001 0001 0000 0000" QUESTION KEY, STATUS_NOT_FOUND,
     "what came is no answer"},
    {"our own question", "1234 0010 0001 0000 0000 0000" QUESTION, STATUS_NOT_FOUND,
     "what came is no answer"},
    {"another question", "1234 8400 0001 0000 0000 0000 00 0002 0001", STATUS_NOT_FOUND,
     "what came is no answer"},
    {"another operation", "1234 a400 0001 0001 0000 0000" QUESTION KEY, STATUS_NOT_FOUND,
     "what came is no answer"},
    {"no question", "1234 8400 0000 0001 0000 0000" KEY, STATUS_NOT_FOUND,
     "what came is no answer"},
    {"cut short", "1234 8600 0001 0000 0000 0000" QUESTION, STATUS_NO_SPACE,
     "the answer was cut short"},
    {"cut short, with half a record", "1234 8600 0001 0001 0000 0000" QUESTION "00 0030",
     STATUS_NO_SPACE, "the answer was cut short"},
    {"half a record", "1234 8400 0001 0001 0000 0000" QUESTION "00 0030", STATUS_MALFORMED,
     "the answer is malformed"},
    {"no record", "1234 8400 0001 0000 0000 0000" QUESTION, STATUS_MALFORMED,
     "the server does not tell"},
    {"refused", "1234 8005 0001 0000 0000 0000" QUESTION, STATUS_MALFORMED,
     "the server does not tell"},
    {"refused, with keys", "1234 8005 0001 0001 0000 0000" QUESTION KEY, STATUS_MALFORMED,
     "the server does not tell"},
    {"keys of another zone",
     "1234 8400 0001 0001 0000 0000" QUESTION
     "0161 00 0030 0001 00000e10 0008 0101 03 0f 01020304",
     STATUS_MALFORMED, "the server does not tell"},
    {"keys in another section", "1234 8400 0001 0000 0001 0000" QUESTION KEY, STATUS_MALFORMED,
     "the server does not tell"},
};

static void answers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct arena *arena = arena_new(0);
        uint8_t octets[256];
        struct sink sink = sink_of(octets, sizeof(octets));
        const struct rrset *keys;
        const char *why = "";
        enum status status;

        assert_int_equal(text_read_hex(answers[i].octets, &sink), STATUS_OK);
        status = ask_read(sink_written(&sink), ID, arena, &keys, &why);
        if (status != answers[i].status ||
            (status != STATUS_OK &&
             strncmp(why, answers[i].words, strlen(answers[i].words)) != 0))
            fail_msg("%s: %s: %s", answers[i].why, status_text(status), why);
        if (status == STATUS_OK && (keys == NULL || keys->rr_count != 1))
            fail_msg("%s: no keys", answers[i].why);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_read), cmocka_unit_test(many_are_bounded_and_none_is_lost),
        cmocka_unit_test(the_question_has_do_and_cd), cmocka_unit_test(answers_are_read)};

    return cmocka_run_group_tests_name("anchor_ask", tests, NULL, NULL);
}
