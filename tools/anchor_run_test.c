/*
 * anchor_run_test.c - shrew-anchor as people call it: exit status, words, and what becomes of
 * the file; with a name server and a web server of our own.
 *
 * Runs the program beside this test's folder (BUILD/test/.. is BUILD), with files in a folder
 * of its own under /tmp. Nothing leaves the machine.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tools/anchor_servers_for_tests.h"
#include "util/text.h"
#include "validator/digest.h"
#include "validator/signed_for_tests.h"

#define KSK17                                                                                  \
    ". IN DS 20326 8 2 e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d\n"
#define KSK24                                                                                  \
    ". IN DS 38696 8 2 683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16\n"

enum { DAY_S = 86400 };

static const char *program_folder; /* set once by main */
static char work_folder[] = "/tmp/anchor_run_test.XXXXXX";

struct lab {
    struct arena *arena;
    struct signer old, fresh;      /* the root's keys */
    const char *old_ds, *fresh_ds; /* their DS records, a line each */
    const struct rrset *by_old, *by_fresh, *by_both, *by_nobody, *long_ago; /* key sets */
    struct party ca, stranger, iana, thief, web;
    struct test_servers servers;
};

/* ---- what the world says ---- */

static const char *ds_line(struct lab *lab, const struct signer *signer)
{
    const struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);
    struct text text = text_in(lab->arena);
    uint8_t digest[DIGEST_MAX];

    assert_int_equal(digest_ds(crypto, DIGEST_SHA256, dname_root,
                               slice_of(signer->rdata, sizeof(signer->rdata)), digest),
                     STATUS_OK);
    crypto_free(crypto);
    text_printf(&text, ". IN DS %u 15 2 ", signer->tag);
    text_add_hex(&text, slice_of(digest, 32));
    text_add_char(&text, '\n');
    return text_done(&text);
}

static const struct rrset *keys_signed(struct lab *lab, bool by_old, bool by_fresh,
                                       int64_t at_s)
{
    const struct signer *signers[] = {&lab->old, &lab->fresh};
    const struct how_signed how = {.begin_s = (uint32_t)(at_s - DAY_S),
                                   .end_s = (uint32_t)(at_s + DAY_S)};
    struct rrset *set = dnskeys_of(lab->arena, signers, 2);
    struct slice rrsigs[2];
    size_t count = 0;

    if (by_old)
        rrsigs[count++] = sign(&lab->old, lab->arena, set, &how);
    if (by_fresh)
        rrsigs[count++] = sign(&lab->fresh, lab->arena, set, &how);
    return with_rrsigs(lab->arena, set, rrsigs, count);
}

/* A KeyDigest of a DS line, as ". IN DS 4711 15 2 abcd\n". */
static const char *digest_element(struct lab *lab, const char *ds, const char *until)
{
    char tag[8], digest[80];

    assert_int_equal(sscanf(ds, ". IN DS %7s 15 2 %79s", tag, digest), 2);
    return arena_printf(lab->arena,
                        "<KeyDigest id=\"a\" validFrom=\"2017-02-02T00:00:00+00:00\"%s>"
                        "<KeyTag>%s</KeyTag><Algorithm>15</Algorithm><DigestType>2</DigestType>"
                        "<Digest>%s</Digest></KeyDigest>\n",
                        until, tag, digest);
}

enum content { CONTENT_FRESH, CONTENT_OLD, CONTENT_BOTH, CONTENT_OVER, CONTENT_BROKEN };

static struct slice xml_of(struct lab *lab, enum content content)
{
    static const char over[] = " validUntil=\"2020-01-01T00:00:00+00:00\"";
    const char *fresh = digest_element(lab, lab->fresh_ds, content == CONTENT_OVER ? over : "");
    const char *old = digest_element(lab, lab->old_ds, content == CONTENT_BOTH ? over : "");
    const char *xml =
        arena_printf(lab->arena, "<TrustAnchor id=\"1\" source=\"x\"><Zone>.</Zone>\n%s%s%s",
                     content == CONTENT_OLD || content == CONTENT_BOTH ? old : "",
                     content == CONTENT_OLD ? "" : fresh,
                     content == CONTENT_BROKEN ? "" : "</TrustAnchor>\n");

    return slice_of(xml, strlen(xml));
}

enum signing { SIGNED, SIGNED_BY_STRANGER, SIGNED_BY_THIEF, SIGNED_OTHER, SIGNED_NOT };

static struct slice signature_of(struct lab *lab, enum signing signing, struct slice xml)
{
    if (signing == SIGNED_NOT)
        return slice_of("", 0);
    if (signing == SIGNED_OTHER)
        xml = xml_of(lab, CONTENT_OVER);
    return party_sign(signing == SIGNED_BY_STRANGER ? &lab->stranger
                      : signing == SIGNED_BY_THIEF  ? &lab->thief
                                                    : &lab->iana,
                      NULL, xml, CMS_DETACHED, lab->arena);
}

/* ---- files ---- */

static void write_octets(const char *name, struct slice octets)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(octets.data, 1, octets.size, file), octets.size);
    assert_int_equal(fclose(file), 0);
}

static void write_text(const char *name, const char *text)
{
    write_octets(name, slice_of(text, strlen(text)));
}

/* @return "" when there is none. */
static const char *read_text(struct lab *lab, const char *name)
{
    static char text[65536];
    FILE *file = fopen(name, "r");
    size_t size = 0;

    if (file != NULL) {
        size = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
    }
    text[size] = '\0';
    return arena_text(lab->arena, text);
}

/* Lines that are no remark. */
static const char *records_of(struct lab *lab, const char *text)
{
    struct text records = text_in(lab->arena);

    text_add(&records, "");
    while (*text != '\0') {
        size_t size = strcspn(text, "\n") + 1;

        if (*text != ';')
            text_add_slice(&records, slice_of(text, size));
        text += size;
    }
    return text_done(&records);
}

/* ---- running ---- */

/* DNS, URL, DEAD (a URL where nobody listens) in the words become what they are in this run. */
static const char *words_of(struct lab *lab, const char *words)
{
    struct text text = text_in(lab->arena);

    text_add(&text, "");
    for (; *words != '\0'; words++)
        if (strncmp(words, "DNS", 3) == 0) {
            text_printf(&text, "--server 127.0.0.1@%u", lab->servers.dns_port);
            words += 2;
        } else if (strncmp(words, "URL", 3) == 0) {
            text_printf(&text, "--url https://127.0.0.1:%u/root-anchors/",
                        lab->servers.web_port);
            words += 2;
        } else if (strncmp(words, "DEAD", 4) == 0) {
            text_add(&text, "--url https://127.0.0.1:1/");
            words += 3;
        } else {
            text_add_char(&text, *words);
        }
    return text_done(&text);
}

static int run_program(struct lab *lab, const char *words)
{
    const char *command = arena_printf(lab->arena, "'%s/shrew-anchor' %s >out 2>err",
                                       program_folder, words_of(lab, words));
    int status = system(command);

    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool begins_as(const char *text, const char *wanted)
{
    return wanted[0] == '\0' ? text[0] == '\0' : strncmp(text, wanted, strlen(wanted)) == 0;
}

/* ---- the file, renewed ---- */

enum before {
    FILE_OLD,
    FILE_FRESH,
    FILE_BOTH,
    FILE_NONE,
    FILE_EMPTY,
    FILE_OTHER,
    FILE_REVOKED
};
enum after { AFTER_SAME, AFTER_FRESH, AFTER_BUILT_IN };
enum keys { KEYS_OLD, KEYS_FRESH, KEYS_BOTH, KEYS_UNSIGNED, KEYS_LONG_AGO };

#define ASK   "-a root.key -c ca.pem DNS URL"
#define FORCE "-F -a root.key -c ca.pem"
#define GIVEN " -x given.xml -s given.p7s"

static const struct {
    const char *why, *words;
    enum before before;
    enum dns_mood dns;
    enum keys keys;
    enum web_mood web;
    enum content content;
    enum signing signing;
    int code;
    enum after after;
    const char *out, *err; /* how they begin; "": empty; err NULL: does not matter */
} cases[] = {
    {"one of two given keys works; the calls below have this scene too", ASK, FILE_OLD,
     DNS_ANSWERS, KEYS_BOTH, WEB_ANSWERS, CONTENT_FRESH, SIGNED, 0, AFTER_SAME,
     "root.key: good\n", ""},
    {"the new one of two keys", ASK, FILE_FRESH, DNS_ANSWERS, KEYS_BOTH, WEB_404, 0, 0, 0,
     AFTER_SAME, "root.key: good\n", ""},
    {"anchors that work", ASK, FILE_OLD, DNS_ANSWERS, KEYS_OLD, WEB_404, 0, 0, 0, AFTER_SAME,
     "root.key: good\n", ""},
    {"and are told about", ASK " -v", FILE_OLD, DNS_ANSWERS, KEYS_OLD, WEB_404, 0, 0, 0,
     AFTER_SAME, "root.key: good\n", "shrew-anchor: 127.0.0.1:"},
    {"one of two works", ASK, FILE_BOTH, DNS_ANSWERS, KEYS_OLD, WEB_404, 0, 0, 0, AFTER_SAME,
     "root.key: good\n", ""},
    {"the answer comes over TCP", ASK, FILE_OLD, DNS_CUTS, KEYS_OLD, WEB_404, 0, 0, 0,
     AFTER_SAME, "root.key: good\n", ""},
    {"nobody answers", ASK, FILE_OLD, DNS_SILENT, KEYS_OLD, WEB_ANSWERS, CONTENT_FRESH, SIGNED,
     4, AFTER_SAME, "root.key: not checked: ", ""},
    {"nobody tells", ASK, FILE_OLD, DNS_REFUSES, KEYS_OLD, WEB_ANSWERS, CONTENT_FRESH, SIGNED,
     4, AFTER_SAME, "root.key: not checked: ", ""},
    {"IPv6 only, and none is there", ASK " -6", FILE_OLD, DNS_ANSWERS, KEYS_OLD, WEB_404, 0, 0,
     4, AFTER_SAME, "root.key: not checked: ", ""},

    {"no file, nobody tells", ASK, FILE_NONE, DNS_REFUSES, KEYS_OLD, WEB_404, 0, 0, 4,
     AFTER_BUILT_IN, "root.key: installed, not checked: ", ""},
    {"an empty file", ASK, FILE_EMPTY, DNS_REFUSES, KEYS_OLD, WEB_404, 0, 0, 4, AFTER_BUILT_IN,
     "root.key: installed, not checked: ", ""},
    {"no file, and the built-in anchors do not work", ASK, FILE_NONE, DNS_ANSWERS, KEYS_OLD,
     WEB_ANSWERS, CONTENT_FRESH, SIGNED, 1, AFTER_BUILT_IN, "",
     "shrew-anchor: root.key: neither its anchors nor those that are published"},
    {"no file, and those that are published do", ASK, FILE_NONE, DNS_ANSWERS, KEYS_FRESH,
     WEB_ANSWERS, CONTENT_FRESH, SIGNED, 0, AFTER_FRESH, "root.key: replaced\n", ""},
    {"the file is something else", ASK, FILE_OTHER, DNS_ANSWERS, KEYS_OLD, WEB_ANSWERS,
     CONTENT_FRESH, SIGNED, 3, AFTER_SAME, "",
     "shrew-anchor: root.key: trust anchors file, line"},

    {"the root has other keys now", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_ANSWERS,
     CONTENT_FRESH, SIGNED, 0, AFTER_FRESH, "root.key: replaced\n", ""},
    {"shrewd has found all keys revoked: the file starts anew", ASK, FILE_REVOKED, DNS_ANSWERS,
     KEYS_FRESH, WEB_ANSWERS, CONTENT_FRESH, SIGNED, 0, AFTER_FRESH, "root.key: replaced\n",
     ""},
    {"the same in chunks", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_CHUNKS, CONTENT_FRESH,
     SIGNED, 0, AFTER_FRESH, "root.key: replaced\n", ""},
    {"what is over is left out, and told", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_ANSWERS,
     CONTENT_BOTH, SIGNED, 0, AFTER_FRESH, "root.key: replaced\n", "shrew-anchor: https://"},
    {"out of given files", ASK GIVEN, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_404, CONTENT_FRESH,
     SIGNED, 0, AFTER_FRESH, "root.key: replaced\n", ""},
    {"a doubtful web server is told about", ASK " -v", FILE_OLD, DNS_ANSWERS, KEYS_FRESH,
     WEB_ANSWERS, CONTENT_FRESH, SIGNED, 0, AFTER_FRESH, "root.key: replaced\n", NULL},

    {"signed by a CA that is not trusted", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_ANSWERS,
     CONTENT_FRESH, SIGNED_BY_STRANGER, 5, AFTER_SAME, "", "shrew-anchor: https://"},
    {"signed by somebody else", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_ANSWERS,
     CONTENT_FRESH, SIGNED_BY_THIEF, 5, AFTER_SAME, "", "shrew-anchor: https://"},
    {"the signature is of another file", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_ANSWERS,
     CONTENT_FRESH, SIGNED_OTHER, 5, AFTER_SAME, "", "shrew-anchor: https://"},
    {"the signature is empty", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_ANSWERS,
     CONTENT_FRESH, SIGNED_NOT, 5, AFTER_SAME, "", "shrew-anchor: https://"},
    {"a given signature is empty", ASK GIVEN, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_404,
     CONTENT_FRESH, SIGNED_NOT, 5, AFTER_SAME, "", "shrew-anchor: given.xml: "},
    {"ICANN's certificate does not vouch for it", "-a root.key DNS URL", FILE_OLD, DNS_ANSWERS,
     KEYS_FRESH, WEB_ANSWERS, CONTENT_FRESH, SIGNED, 5, AFTER_SAME, "",
     "shrew-anchor: https://"},
    {"another signer is wanted", ASK " -n root@iana.org", FILE_OLD, DNS_ANSWERS, KEYS_FRESH,
     WEB_ANSWERS, CONTENT_FRESH, SIGNED, 5, AFTER_SAME, "", "shrew-anchor: https://"},
    {"signed well, but broken", ASK GIVEN, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_404,
     CONTENT_BROKEN, SIGNED, 5, AFTER_SAME, "",
     "shrew-anchor: given.xml:3:1: no element found"},
    {"nothing in it is valid now", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_ANSWERS,
     CONTENT_OVER, SIGNED, 5, AFTER_SAME, "", "shrew-anchor: https://"},

    {"what is published does not work either", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH,
     WEB_ANSWERS, CONTENT_OLD, SIGNED, 1, AFTER_SAME, "",
     "shrew-anchor: root.key: neither its anchors nor those that are published"},
    {"a forwarder takes the signatures away", ASK, FILE_OLD, DNS_ANSWERS, KEYS_UNSIGNED,
     WEB_ANSWERS, CONTENT_FRESH, SIGNED, 1, AFTER_SAME, "", "shrew-anchor: root.key: neither"},
    {"signatures that are over", ASK, FILE_OLD, DNS_ANSWERS, KEYS_LONG_AGO, WEB_ANSWERS,
     CONTENT_OLD, SIGNED, 1, AFTER_SAME, "", "shrew-anchor: root.key: neither"},
    {"no such page", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_404, 0, 0, 1, AFTER_SAME, "",
     "shrew-anchor: root-anchors.xml: the server says 404 instead of 200\n"},
    {"the web server hangs up", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_HANGS_UP, 0, 0, 1,
     AFTER_SAME, "", "shrew-anchor: root-anchors.xml: no TLS connection"},
    {"the web server knows no TLS", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_NO_TLS, 0, 0, 1,
     AFTER_SAME, "", "shrew-anchor: root-anchors.xml: no TLS connection"},
    {"the web server does not end", ASK, FILE_OLD, DNS_ANSWERS, KEYS_FRESH, WEB_ENDLESS, 0, 0,
     1, AFTER_SAME, "", "shrew-anchor: root-anchors.xml: the reply's body is too large"},
    {"no web server", "-a root.key -c ca.pem DNS DEAD", FILE_OLD, DNS_ANSWERS, KEYS_FRESH,
     WEB_404, 0, 0, 1, AFTER_SAME, "", "shrew-anchor: root-anchors.xml: no connection: "},

    {"forced, out of given files, without any network", FORCE GIVEN, FILE_OLD, DNS_SILENT,
     KEYS_OLD, WEB_404, CONTENT_FRESH, SIGNED, 0, AFTER_FRESH, "root.key: replaced\n", ""},
    {"forced, fetched", FORCE " URL", FILE_OLD, DNS_SILENT, KEYS_OLD, WEB_ANSWERS,
     CONTENT_FRESH, SIGNED, 0, AFTER_FRESH, "root.key: replaced\n", ""},
    {"forced, no file", FORCE GIVEN, FILE_NONE, DNS_SILENT, KEYS_OLD, WEB_404, CONTENT_FRESH,
     SIGNED, 0, AFTER_FRESH, "root.key: replaced\n", ""},
    {"forced, over something else", FORCE GIVEN, FILE_OTHER, DNS_SILENT, KEYS_OLD, WEB_404,
     CONTENT_FRESH, SIGNED, 0, AFTER_FRESH, "root.key: replaced\n", ""},
    {"force does not help a wrong signature", FORCE GIVEN, FILE_OLD, DNS_SILENT, KEYS_OLD,
     WEB_404, CONTENT_FRESH, SIGNED_OTHER, 5, AFTER_SAME, "", "shrew-anchor: given.xml: "},
    {"forced, nobody there", FORCE " DEAD", FILE_OLD, DNS_SILENT, KEYS_OLD, WEB_404, 0, 0, 4,
     AFTER_SAME, "", "shrew-anchor: root-anchors.xml: no connection: "},
};

enum { CASE_CALLS = 0 };

static const char *before_text(const struct lab *lab, enum before before)
{
    return before == FILE_OLD     ? lab->old_ds
           : before == FILE_FRESH ? lab->fresh_ds
           : before == FILE_BOTH  ? arena_printf(lab->arena, "%s%s", lab->fresh_ds, lab->old_ds)
           : before == FILE_OTHER ? "root:x:0:0:root:/root:/bin/bash\n"
           : before == FILE_REVOKED ? ";;REVOKED\n;;id: . 1\n"
                                    : "";
}

/* The files given.* and root.key, and what the servers will say. */
static void set_scene(struct lab *lab, size_t i)
{
    struct test_servers *servers = &lab->servers;
    const struct rrset *const keys[] = {[KEYS_OLD] = lab->by_old,
                                        [KEYS_FRESH] = lab->by_fresh,
                                        [KEYS_BOTH] = lab->by_both,
                                        [KEYS_UNSIGNED] = lab->by_nobody,
                                        [KEYS_LONG_AGO] = lab->long_ago};

    pthread_mutex_lock(&servers->lock);
    servers->dns_mood = cases[i].dns;
    servers->keys = keys[cases[i].keys];
    servers->web_mood = cases[i].web;
    servers->xml = xml_of(lab, cases[i].content);
    servers->signature = signature_of(lab, cases[i].signing, servers->xml);
    atomic_store(&servers->over_tcp, 0);
    pthread_mutex_unlock(&servers->lock);
    write_octets("given.xml", servers->xml);
    write_octets("given.p7s", servers->signature);
    unlink("root.key");
    if (cases[i].before != FILE_NONE)
        write_text("root.key", before_text(lab, cases[i].before));
}

static const char *after_text(struct lab *lab, size_t i)
{
    return cases[i].after == AFTER_FRESH      ? lab->fresh_ds
           : cases[i].after == AFTER_BUILT_IN ? KSK17 KSK24
                                              : before_text(lab, cases[i].before);
}

static void files_are_renewed(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *out, *err, *records;
        int code;

        set_scene(lab, i);
        code = run_program(lab, cases[i].words);
        out = read_text(lab, "out");
        err = read_text(lab, "err");
        records = records_of(lab, read_text(lab, "root.key"));
        if (code != cases[i].code || !begins_as(out, cases[i].out) ||
            (cases[i].err != NULL && !begins_as(err, cases[i].err)))
            fail_msg("%s: status %d\n%s%s", cases[i].why, code, out, err);
        if (strcmp(records, after_text(lab, i)) != 0)
            fail_msg("%s: the file is now\n%s", cases[i].why, records);
        if ((atomic_load(&lab->servers.over_tcp) > 0) != (cases[i].dns == DNS_CUTS))
            fail_msg("%s: TCP was asked, or was not", cases[i].why);
    }
}

/* ---- calls that need no network ---- */

static const struct {
    const char *why, *words;
    int code;
    const char *out, *err; /* NULL: does not matter */
} calls[] = {
    {"help", "--help", 0, "usage: shrew-anchor ", ""},
    {"nothing", "", 2, "", "shrew-anchor: which file? (-a)\n"},
    {"an option that is none", "--anchor root.key", 2, "",
     "shrew-anchor: --anchor: unknown option\nusage: "},
    {"a value that is missing", "-v -a", 2, "", "shrew-anchor: -a: a value is missing\n"},
    {"a file without its signature", "-a root.key -x given.xml", 2, "",
     "shrew-anchor: without its signature"},
    {"a signature without its file", "-a root.key -s given.p7s", 2, "",
     "shrew-anchor: a signature"},
    {"a server that is no address", "-a root.key -S localhost", 2, "",
     "shrew-anchor: localhost: is not an address\n"},
    {"a URL that is none", "-F -a root.key -u http://x/", 2, "",
     "shrew-anchor: http://x/: only https:// is fetched\n"},
    {"what is built in", "-l", 0, KSK17 KSK24 "-----BEGIN CERTIFICATE-----\n", ""},
    {"a look at a file", "-L -x given.xml", 0, ". IN DS ",
     "shrew-anchor: the signature is not checked (no -s)\n"},
    {"a look at a signed file", "--list -c ca.pem" GIVEN, 0, ". IN DS ", ""},
    {"a look at a fetched file", "-L -c ca.pem URL", 0, ". IN DS ", ""},
    {"a look at a file with a bad signature", "-L" GIVEN, 5, "", "shrew-anchor: given.xml: "},
    {"a file that is not there", "-F -a root.key -x none.xml -s given.p7s", 3, "",
     "shrew-anchor: none.xml: No such file"},
    {"a file that is too large", "-F -a root.key -x large.xml -s given.p7s", 3, "",
     "shrew-anchor: large.xml: is too large\n"},
    {"a CA that is none", "-F -a root.key -c given.xml" GIVEN, 3, "",
     "shrew-anchor: given.xml: there is no certificate in PEM"},
    {"a folder that is not there", "-a none/root.key DNS", 3, "",
     "shrew-anchor: none/root.key: No such file"},
    {"a folder instead of a file", "-a . DNS", 3, "", "shrew-anchor: .: "},
    {"octets instead of text", "-a given.p7s DNS", 3, "",
     "shrew-anchor: given.p7s: is not a text"},
    {"hints without an address", "-a root.key -r empty", 3, "", "shrew-anchor: empty: "},
    {"hints that are none", "-a root.key -r given.xml", 3, "", "shrew-anchor: given.xml: "},
    {"a resolv.conf that names nobody", "-a root.key -f empty", 4,
     "root.key: not checked: no name server answers\n", ""},
    {"a resolv.conf that is not there", "-a root.key -f none", 3, "",
     "shrew-anchor: none: No such"},
};

static void calls_are_understood(void **state)
{
    static char large[65537];
    struct lab *lab = *state;

    set_scene(lab, CASE_CALLS);
    write_text("empty", "");
    memset(large, ' ', sizeof(large));
    write_octets("large.xml", slice_of(large, sizeof(large)));
    for (size_t i = 0; i < COUNT(calls); i++) {
        int code = run_program(lab, calls[i].words);
        const char *out = read_text(lab, "out"), *err = read_text(lab, "err");

        if (code != calls[i].code || !begins_as(out, calls[i].out) ||
            !begins_as(err, calls[i].err))
            fail_msg("%s: status %d\n%s%s", calls[i].why, code, out, err);
        if (strcmp(read_text(lab, "root.key"), lab->old_ds) != 0)
            fail_msg("%s: the file was changed", calls[i].why);
    }
}

/* ---- how a file is replaced ---- */

static void mode_and_link_stay(void **state)
{
    struct lab *lab = *state;
    struct stat now;

    set_scene(lab, CASE_CALLS);
    assert_int_equal(chmod("root.key", 0640), 0);
    assert_int_equal(symlink("root.key", "link.key"), 0);
    assert_int_equal(run_program(lab, "-F -c ca.pem -a link.key" GIVEN), 0);
    assert_int_equal(lstat("link.key", &now), 0);
    assert_true(S_ISLNK(now.st_mode));
    assert_int_equal(stat("root.key", &now), 0);
    assert_int_equal(now.st_mode & 0777, 0640);
    assert_string_equal(records_of(lab, read_text(lab, "root.key")), lab->fresh_ds);
    unlink("link.key");
}

/* What was begun and cannot take the file's place does not lie about. */
static void nothing_is_left_behind(void **state)
{
    struct lab *lab = *state;

    set_scene(lab, CASE_CALLS);
    assert_int_equal(run_program(lab, "-F -c ca.pem -a root.key" GIVEN), 0);
    assert_int_not_equal(system("ls -A | grep -q 'root.key[.]'"), 0);
    assert_int_equal(mkdir("folder", 0700), 0);
    assert_int_equal(run_program(lab, "-F -c ca.pem -a folder" GIVEN), 3);
    assert_int_not_equal(system("ls -A | grep -q 'folder[.]'"), 0);
    assert_int_equal(rmdir("folder"), 0);
}

/* A name that would be a record on a line of its own. */
static void names_do_not_become_records(void **state)
{
    static const char name[] = "x\n. IN DS 1 13 2 00";
    struct lab *lab = *state;

    set_scene(lab, CASE_CALLS);
    write_octets(name, lab->servers.xml);
    assert_int_equal(run_program(lab, "-F -c ca.pem -a root.key -s given.p7s -x 'x\n"
                                      ". IN DS 1 13 2 00'"),
                     0);
    assert_string_equal(records_of(lab, read_text(lab, "root.key")), lab->fresh_ds);
    unlink(name);
}

/* ---- the scene ---- */

static void make_parties(struct lab *lab, int64_t now_s)
{
    const struct how_certified ca = {
        .name = "Ours", .is_ca = true, .begin_s = now_s - DAY_S, .end_s = now_s + DAY_S};
    const struct how_certified stranger = {.name = "Theirs",
                                           .address = "dnssec@iana.org",
                                           .begin_s = ca.begin_s,
                                           .end_s = ca.end_s};
    const struct how_certified iana = {
        .name = "IANA", .address = "dnssec@iana.org", .begin_s = ca.begin_s, .end_s = ca.end_s};
    const struct how_certified thief = {.name = "IANA",
                                        .address = "mail@thief.example",
                                        .begin_s = ca.begin_s,
                                        .end_s = ca.end_s};
    const struct how_certified web = {.name = "localhost",
                                      .alternative = "IP:127.0.0.1",
                                      .begin_s = ca.begin_s,
                                      .end_s = ca.end_s};
    const struct party *bundle[] = {&lab->ca};

    party_init(&lab->ca, NULL, &ca);
    party_init(&lab->stranger, NULL, &stranger);
    party_init(&lab->iana, &lab->ca, &iana);
    party_init(&lab->thief, &lab->ca, &thief);
    party_init(&lab->web, NULL, &web);
    write_octets("ca.pem", party_pem(bundle, 1, lab->arena));
}

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));
    int64_t now_s = (int64_t)time(NULL);

    signal(SIGPIPE, SIG_IGN);
    if (mkdtemp(work_folder) == NULL || chdir(work_folder) != 0)
        return 1;
    lab->arena = arena_new(0);
    signer_init(&lab->old, lab->arena, ".", 1, DNSKEY_ZONE | DNSKEY_SEP);
    signer_init(&lab->fresh, lab->arena, ".", 2, DNSKEY_ZONE | DNSKEY_SEP);
    lab->old_ds = ds_line(lab, &lab->old);
    lab->fresh_ds = ds_line(lab, &lab->fresh);
    lab->by_old = keys_signed(lab, true, false, now_s);
    lab->by_fresh = keys_signed(lab, false, true, now_s);
    lab->by_both = keys_signed(lab, true, true, now_s);
    lab->by_nobody = keys_signed(lab, false, false, now_s);
    lab->long_ago = keys_signed(lab, true, true, now_s - 1000 * DAY_S);
    make_parties(lab, now_s);
    servers_start(&lab->servers, &lab->web);
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"root.key", "given.xml", "given.p7s", "ca.pem",
                                        "empty",    "large.xml", "out",       "err"};
    struct lab *lab = *state;

    servers_stop(&lab->servers);
    party_clear(&lab->ca);
    party_clear(&lab->stranger);
    party_clear(&lab->iana);
    party_clear(&lab->thief);
    party_clear(&lab->web);
    signer_clear(&lab->old);
    signer_clear(&lab->fresh);
    arena_free(lab->arena);
    free(lab);
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(names[i]);
    return chdir("/") != 0 || rmdir(work_folder) != 0;
}

int main(int count, char **words)
{
    static char folder[2048], here[1024];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_renewed), cmocka_unit_test(calls_are_understood),
        cmocka_unit_test(mode_and_link_stay), cmocka_unit_test(nothing_is_left_behind),
        cmocka_unit_test(names_do_not_become_records)};
    char *slash = strrchr(words[0], '/');

    (void)count;
    if (slash == NULL || getcwd(here, sizeof(here)) == NULL)
        return 2;
    *slash = '\0';
    snprintf(folder, sizeof(folder), "%s%s%s/..", words[0][0] == '/' ? "" : here,
             words[0][0] == '/' ? "" : "/", words[0]);
    program_folder = folder;
    return cmocka_run_group_tests_name("anchor_run", tests, set_up, tear_down);
}
