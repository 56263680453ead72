/*
 * named_take_test.c - what becomes of a named.conf: our YAML, and what is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/options.h"
#include "tools/named_inside.h"
#include "tools/named_take.h"

/* What each of the cases says that does not speak of it: named's defaults, near enough. */
#define QUIET     "options { listen-on { 127.0.0.1; }; listen-on-v6 { none; }; prefetch 0; "
#define QUIET_OUT "server:\n  interface:\n    - 127.0.0.1\n"
#define NEAR      "allow-recursion { 127/8; ::1; }; "

static const struct {
    const char *why, *text, *yaml, *notes;
} cases[] = {
    {"an empty file says named's defaults", "",
     "server:\n  interface:\n    - 0.0.0.0\n    - \"::0\"\n  access-control:\n"
     "    - 192.0.2.0/24 allow\n    - \"2001:db8::/64 allow\"\n  prefetch: yes\n",
     "n:1:1: warning: access-control has the networks that this machine is in now, for "
     "\"localnets\" and \"localhost\"; they are not followed when they change\n"},
    {"three kinds of comments", "# one { \n// two {\n/* three { \n */ " QUIET NEAR "};",
     QUIET_OUT "  prefetch: no\n", ""},
    {"plain values of each kind",
     QUIET NEAR
     "max-cache-ttl 1d; max-ncache-ttl PT1H30M; min-cache-ttl 90; recursive-clients 99; "
     "tcp-idle-timeout 50; answer-cookie yes; max-cache-size 3M; querylog no; };",
     "server:\n  log-queries: no\n  interface:\n    - 127.0.0.1\n  num-queries-per-thread: 99\n"
     "  answer-cookie: yes\n  msg-cache-size: 1m\n  rrset-cache-size: 2m\n  cache-min-ttl: 90\n"
     "  cache-max-ttl: 86400\n  cache-max-negative-ttl: 5400\n  prefetch: no\n"
     "  tcp-idle-timeout: 5000\n",
     ""},
    {"none, a text and a text that says none",
     QUIET NEAR "version none; hostname \"none\"; server-id \"ns 1\"; pid-file none; };",
     QUIET_OUT "  identity: none\n  hide-version: yes\n  nsid: ascii_ns 1\n  prefetch: no\n",
     ""},
    {"stale answers",
     QUIET NEAR "stale-answer-enable yes; stale-answer-ttl 30; max-stale-ttl 2h; "
                "stale-answer-client-timeout 0; };",
     QUIET_OUT "  prefetch: no\n  serve-expired: yes\n  serve-expired-ttl: 7200\n"
               "  serve-expired-reply-ttl: 30\n  serve-expired-client-timeout: 0\n",
     ""},
    {"names are minimised strictly, or not at all", QUIET NEAR "qname-minimization strict; };",
     QUIET_OUT "  prefetch: no\n  qname-minimisation: yes\n  qname-minimisation-strict: yes\n",
     ""},
    {"ports",
     QUIET NEAR "use-v4-udp-ports { range 1024 2048; 4000; }; "
                "avoid-v6-udp-ports { 1500; }; };",
     QUIET_OUT "  prefetch: no\n  outgoing-port-permit:\n    - 1024-2048\n    - 4000\n"
               "  outgoing-port-avoid:\n    - 1500\n",
     ""},
    {"where questions leave from",
     QUIET NEAR "query-source 192.0.2.9; "
                "query-source-v6 address 2001:db8::9 port *; };",
     QUIET_OUT
     "  prefetch: no\n  outgoing-interface:\n    - 192.0.2.9\n    - \"2001:db8::9\"\n",
     ""},
    {"private addresses and their exceptions",
     QUIET NEAR "deny-answer-addresses { 10/8; !10.1/16; } except-from { \"a.example\"; }; };",
     QUIET_OUT "  private-address:\n    - 10.0.0.0/8\n    - 10.1.0.0/16\n"
               "  private-domain:\n    - a.example\n  prefetch: no\n",
     ""},
    {"an exception that stands before its netblock",
     QUIET NEAR "deny-answer-addresses { !10.1/16; 10/8; }; };",
     QUIET_OUT "  private-address:\n    - 10.0.0.0/8\n  prefetch: no\n",
     "n:1:128: warning: left out: the exception 10.1.0.0/16; private-address knows none\n"},
    {"listening: two ports, all addresses, a list asked for what the machine has",
     "options { port 5300; listen-on { any; }; listen-on port 5301 { !127.0.0.1; localhost; }; "
     "listen-on-v6 { ::1; 2001:db8::9; }; prefetch 0; " NEAR "};",
     "server:\n  interface:\n    - 0.0.0.0\n    - 192.0.2.9@5301\n    - \"::1\"\n"
     "    - \"2001:db8::9\"\n  port: 5300\n  prefetch: no\n",
     "n:1:42: warning: this list was asked for the addresses that the machine has now; "
     "\"interface\" takes names of network interfaces, too\n"},
    {"nothing is left to listen on",
     "options { listen-on { none; }; listen-on-v6 { none; }; " NEAR "};", NULL,
     "n:1:1: error: none of the addresses to listen on was left\n"},
    {"the first match counts, the longest netblock gets it",
     "acl net { 10/8; }; " QUIET "allow-recursion { 10.1.2/24; !10.1/16; net; !10.2/16; }; };",
     QUIET_OUT "  access-control:\n    - 10.1.2.0/24 allow\n    - 10.1.0.0/16 refuse\n"
               "    - 10.0.0.0/8 allow\n    - 127.0.0.0/8 refuse\n    - \"::1/128 refuse\"\n"
               "  prefetch: no\n",
     ""},
    {"a no inside a list is no no outside of it",
     "acl odd { !10.1/16; 10/8; }; " QUIET "allow-recursion { !odd; any; }; };",
     QUIET_OUT "  access-control:\n    - 10.1.0.0/16 allow\n    - 10.0.0.0/8 refuse\n"
               "    - 0.0.0.0/0 allow\n    - \"::/0 allow\"\n  prefetch: no\n",
     ""},
    {"both lists have to agree, a third drops",
     QUIET "allow-query { none; }; allow-recursion { 10/8; 127/8; ::1; }; "
           "allow-query-cache { !10.1/16; any; }; blackhole { 10.2/16; }; };",
     QUIET_OUT "  access-control:\n    - 10.1.0.0/16 refuse\n    - 10.0.0.0/8 allow\n"
               "    - 10.2.0.0/16 deny\n  prefetch: no\n",
     "n:1:1: warning: clients that may have what is cached but no recursion are refused\n"},
    {"one list stands for those that are not there",
     QUIET "allow-query { 10/8; 127/8; ::1; }; };",
     QUIET_OUT "  access-control:\n    - 10.0.0.0/8 allow\n  prefetch: no\n", ""},
    {"cookies are wanted", QUIET NEAR "require-server-cookie yes; };",
     QUIET_OUT
     "  access-control:\n    - 127.0.0.0/8 allow_cookie\n    - \"::1/128 allow_cookie\"\n"
     "  prefetch: no\n",
     ""},
    {"no recursion, nobody", QUIET NEAR "recursion no; };",
     QUIET_OUT "  access-control:\n    - 127.0.0.0/8 refuse\n    - \"::1/128 refuse\"\n"
               "  prefetch: no\n",
     "n:1:106: warning: without recursion there is nothing to do here: all clients are "
     "refused\n"},
    {"keys in a list match nobody",
     "key k { algorithm hmac-sha256; secret \"x\"; }; " QUIET
     "allow-recursion { key k; 127/8; ::1; }; };",
     QUIET_OUT "  prefetch: no\n",
     "n:1:137: warning: left out: \"key\" in a list of addresses; only addresses tell clients "
     "apart "
     "here\nn:1:1: warning: left out: key k; keys are for zones and for control, neither of "
     "which "
     "need them here\n"},
    {"an acl that nobody made", QUIET "allow-recursion { friends; }; };", NULL,
     "n:1:91: error: \"friends\" is neither an address nor the name of an acl\n"},
    {"an acl in itself", "acl a { a; }; " QUIET "allow-recursion { a; }; };", NULL,
     "n:1:103: error: more than 16 lists within lists, or more than 20000 elements of lists in "
     "all\n"},
    {"forwarding everything, and first",
     QUIET NEAR "forwarders port 5353 { 192.0.2.1; 192.0.2.2 port 53; }; };",
     QUIET_OUT "  prefetch: no\nforward-zone:\n  - name: \".\"\n    forward-addr:\n"
               "      - 192.0.2.1@5353\n      - 192.0.2.2@53\n    forward-first: yes\n",
     ""},
    {"forwarding only, but for one zone",
     QUIET NEAR "forward only; forwarders { 192.0.2.1; }; };\n"
                "zone \"a.example\" { type forward; forwarders { }; };\n"
                "zone b.example in { type forward; forward only; forwarders { 192.0.2.3; }; };",
     QUIET_OUT
     "  prefetch: no\nforward-zone:\n  - name: \".\"\n    forward-addr:\n"
     "      - 192.0.2.1\n  - name: a.example\n  - name: b.example\n    forward-addr:\n"
     "      - 192.0.2.3\n",
     ""},
    {"stubs of both kinds, hints, a zone that would be served",
     QUIET NEAR "directory \"/var/n\"; };\n"
                "zone s.example { type stub; masters { 192.0.2.4; }; };\n"
                "zone t.example { type static-stub; server-addresses { 192.0.2.5; }; "
                "server-names { ns.example; }; };\n"
                "zone \".\" { type hint; file \"hints\"; };\n"
                "zone u.example { type secondary; };",
     QUIET_OUT "  prefetch: no\n  root-hints:\n    - /var/n/hints\nstub-zone:\n"
               "  - name: s.example\n    stub-addr:\n      - 192.0.2.4\n    stub-prime: yes\n"
               "  - name: t.example\n    stub-addr:\n      - 192.0.2.5\n    stub-host:\n"
               "      - ns.example\n",
     "n:5:1: warning: left out: zone u.example; zones are not served here; what is empty or "
     "local "
     "is built in, see local-zone\n"},
    {"no validation, with DNS64",
     QUIET NEAR
     "dnssec-validation no; dns64 2001:db8:64::/96 { exclude { ::ffff:0:0/96; }; }; };",
     QUIET_OUT "  prefetch: no\n  module-config: dns64 iterator\n"
               "  dns64-prefix: \"2001:db8:64::/96\"\n  dns64-exclude:\n"
               "    - \"::ffff:0.0.0.0/96\"\n",
     ""},
    {"validation with anchors of one's own",
     QUIET NEAR
     "dnssec-validation yes; validate-except { \"c.example\"; }; };\n"
     "trust-anchors { a.example. initial-ds 1 13 2 \"E06D44B80B8F1D39A95C0B0D7C65D084"
     "58E880409BBC683457104237C7F8EC8D\"; };\n"
     "trusted-keys { b.example. 257 3 15 \"l02Woi0iS8Aa25FQkUd9\n"
     "  RMzZHJpBoRQwAQEX1SxZJA4=\"; };",
     QUIET_OUT
     "  prefetch: no\n  trust-anchor:\n"
     "    - a.example. DS 1 13 2 E06D44B80B8F1D39A95C0B0D7C65D084"
     "58E880409BBC683457104237C7F8EC8D\n"
     "    - \"b.example. DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\"\n"
     "  root-trust-anchor: no\n  domain-insecure:\n    - c.example\n",
     "n:2:28: warning: named keeps this key up to date (RFC 5011); here it stays as it is, and "
     "auto-trust-anchor-file does that\n"},
    {"of views that for everybody counts, and before the options",
     QUIET "max-cache-ttl 5; minimal-any no; " NEAR "};\n"
           "view inside { match-clients { 10/8; }; max-cache-ttl 6; };\n"
           "view outside { max-cache-ttl 7; zone d.example { type forward; }; };",
     QUIET_OUT "  minimal-any: no\n  cache-max-ttl: 7\n  prefetch: no\nforward-zone:\n"
               "  - name: d.example\n",
     "n:2:1: warning: left out: view inside; there are no views, one of them was taken\n"},
    {"servers",
     QUIET NEAR "};\nserver 192.0.2.66 { bogus yes; };\nserver 192.0.2.67 { edns no; };",
     QUIET_OUT "  prefetch: no\n  do-not-query-address:\n    - 192.0.2.66\n",
     "n:3:1: warning: left out: server 192.0.2.67; only \"bogus yes\" is known of single "
     "servers\n"},
    {"what nobody knows is left out", QUIET NEAR "frobnicate { yes; }; };",
     QUIET_OUT "  prefetch: no\n", "n:1:106: warning: left out: frobnicate\n"},
    {"a value that cannot be stands where it was said",
     QUIET NEAR "max-cache-ttl 1x; recursive-clients many; };", NULL,
     "n:1:120: error: expected a time, as 3600, 1h30m or PT1H30M, not \"1x\"\n"
     "n:1:142: error: num-queries-per-thread: expected a number of questions from 1 to "
     "1000000, not \"many\"\n"},
    {"a semicolon is missing", "options { recursion yes }\n;", NULL,
     "n:1:25: error: a \";\" is missing before this\n"},
    {"a block is open at the end", "options {\n recursion yes;\n", NULL,
     "n:1:9: error: this block is not closed\nn:3:1: error: a \";\" is missing before this\n"},
    {"quotes are open at the end", "options { directory \"/x; };", NULL,
     "n:1:21: error: these quotes are not closed\n"
     "n:1:28: error: a \";\" is missing before this\nn:1:9: error: this block is not closed\n"
     "n:1:28: error: a \";\" is missing before this\n"},
    {"a brace too many", "options { }; }", NULL,
     "n:1:14: error: a \"}\" that closes nothing\n"},
    {"files, where there are none", "include \"other\";", NULL,
     "n:1:1: error: files cannot be included here\n"},
};

static const struct named_interface interfaces[] = {
    {{.family = ADDR_IP4, .bytes = {127, 0, 0, 1}}, 8},
    {{.family = ADDR_IP4, .bytes = {192, 0, 2, 9}}, 24},
    {{.family = ADDR_IP6,
      .bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}},
     64},
    {{.family = ADDR_IP6, .bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}, 128},
};

static void named_conf_becomes_ours(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct options *options = options_new();
        struct arena *arena = arena_new(0);
        struct conf_report report;
        struct named_source source = {"n", slice_of(cases[i].text, strlen(cases[i].text)), NULL,
                                      interfaces, COUNT(interfaces)};
        enum status status;

        conf_report_init(&report, arena);
        status = options_read_with(options, named_take, &source, &report);
        assert_int_equal(status, cases[i].yaml != NULL ? STATUS_OK : STATUS_MALFORMED);
        print_message("%s\n", cases[i].why);
        assert_string_equal(conf_report_text(&report, arena), cases[i].notes);
        if (cases[i].yaml != NULL)
            assert_string_equal(options_print_yaml(options, false, arena), cases[i].yaml);
        options_free(options);
        arena_free(arena);
    }
}

static void times_are_read_in_both_forms(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds; /* -1: it is no time */
    } times[] = {
        {"0", 0},           {"90", 90},           {"1h30m", 5400},   {"2W3d", 1468800},
        {"P1D", 86400},     {"PT1H1M1S", 3661},   {"P1M", 2592000},  {"p1yt1m", 31536060},
        {"1M", 60},         {"1y", -1},           {"h", -1},         {"1h x", -1},
        {"PT", 0},          {"P5", -1},           {"-1", -1},        {"4294967295", 4294967295},
        {"4294967296", -1}, {"99999999999w", -1}, {"unlimited", -1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        uint64_t seconds;
        bool good = named_seconds(times[i].text, &seconds);

        print_message("%s\n", times[i].text);
        assert_int_equal(good, times[i].seconds >= 0);
        if (good)
            assert_int_equal(seconds, times[i].seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(named_conf_becomes_ours),
        cmocka_unit_test(times_are_read_in_both_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
