/*
 * rfc5011_text_test.c - files of trust points: what is taken out of them, what is wrong with
 * them, and that what was written is read as it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/text.h"
#include "validator/rfc5011_text.h"

#define DIGEST "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
#define KEY    "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4="
#define KEY_2  "zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs="
/* The root's key of 2017. */
#define KSK_2017                                                                               \
    "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN" \
    "7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8" \
    "efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLY" \
    "A4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="

#define HEAD                                                                                   \
    "; autotrust trust anchor file\n;;id: . 1\n"                                               \
    ";;last_queried: 1792000000 ;;Wed Oct 14 17:46:40 2026\n"                                  \
    ";;last_success: 1791900000 ;;Tue Oct 13 14:00:00 2026\n"                                  \
    ";;next_probe_time: 1792040000 ;;Thu Oct 15 04:53:20 2026\n"                               \
    ";;query_failed: 3\n;;query_interval: 43200\n;;retry_time: 8640\n"

static const char unbounds[] =
    HEAD ".\t86400\tIN\tDNSKEY\t257 3 15 " KEY " ;{id = 3613 (ksk), size = 256b} ;;state=1 "
         "[ ADDPEND ] ;;count=7 ;;lastchange=1791000000 ;;Sat Oct  3 04:00:00 2026\n"
         ".\t86400\tIN\tDNSKEY\t257 3 8 " KSK_2017
         " ;{id = 20326 (ksk), size = 2048b} ;;state=2 [  VALID  ] ;;count=0 "
         ";;lastchange=1502438400 ;;Fri Aug 11 08:00:00 2017\n";

struct lab {
    struct arena *arena;
};

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));

    lab->arena = arena_new(0);
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;

    arena_free(lab->arena);
    free(lab);
    return 0;
}

/* "zone/class ds=n state:tag/seen@changed ..." */
static const char *print(struct lab *lab, const struct rfc5011_point *point)
{
    struct text text = text_in(lab->arena);
    char zone[DNAME_TEXT_MAX];
    unsigned count = 0;

    for (const struct rfc5011_ds *ds = point->ds; ds != NULL; ds = ds->next)
        count++;
    text_printf(&text, "%s/%u ds=%u%s", dname_to_text(point->zone, zone), point->rrclass, count,
                point->deleted ? " deleted" : "");
    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        text_printf(&text, " %d:%c/%u@%lld", (int)key->state, key->rdata[4] == 0x97 ? 'a' : 'b',
                    key->seen, (long long)key->changed_s);
    return text_done(&text);
}

static const struct {
    const char *why, *text, *want;
} cases[] = {
    {"a DS as people write it", ". IN DS 20326 8 2 ( " DIGEST "\n ) ; the root\n", "./1 ds=1"},
    {"keys as dig shows them, with a key of the zone",
     "; <<>> DiG <<>>\na. 300 IN DNSKEY 257 3 15 " KEY
     " ; KSK\na. 300 IN DNSKEY 256 3 15 " KEY_2
     "\na. 300 IN RRSIG DNSKEY 15 1 300 20300101000000 20200101000000 1 a. AA==\n",
     "a./1 ds=0 2:a/0@0"},
    {"only a key without SEP: it is the one that is meant", "a. IN DNSKEY 256 3 15 " KEY "\n",
     "a./1 ds=0 2:a/0@0"},
    {"a state for a key without SEP", "a. IN DNSKEY 256 3 15 " KEY " ;;state=2\n",
     "a./1 ds=0 2:a/0@0"},
    {"a revoked key beside a good one, without states",
     "a. IN DNSKEY 385 3 15 " KEY "\na. IN DNSKEY 257 3 15 " KEY_2 "\n", "a./1 ds=0 2:b/0@0"},
    {"states, the last one comes first",
     ";;id: a. 1\na. IN DNSKEY 257 3 15 " KEY " ;;state=2 ;;count=0 ;;lastchange=17\n"
     "a. IN DNSKEY 257 3 15 " KEY_2 " ;;state=1 [ ADDPEND ] ;;count=3 ;;lastchange=5 ;;x\n",
     "a./1 ds=0 1:b/3@5 2:a/0@17"},
    {"a missing key is trusted", "a. IN DNSKEY 257 3 15 " KEY " ;;state=3\n",
     "a./1 ds=0 3:a/0@0"},
    {"a key with the REVOKE bit is revoked whatever is said",
     "a. IN DNSKEY 385 3 15 " KEY " ;;state=2\na. IN DNSKEY 257 3 15 " KEY_2 " ;;state=2\n",
     "a./1 ds=0 2:b/0@0 4:a/0@0"},
    {"one line says revoked: no other line takes it back",
     "a. IN DNSKEY 385 3 15 " KEY " ;;state=4\na. IN DNSKEY 257 3 15 " KEY_2
     " ;;state=2\na. IN DNSKEY 257 3 15 " KEY " ;;state=2\n",
     "a./1 ds=0 2:b/0@0 4:a/0@0"},
    {"a state of revoked gives the bit",
     "a. IN DNSKEY 257 3 15 " KEY " ;;state=4\na. IN DNSKEY 257 3 15 " KEY_2 " ;;state=2\n",
     "a./1 ds=0 2:b/0@0 4:a/0@0"},
    {"removed keys are gone",
     "a. IN DNSKEY 257 3 15 " KEY " ;;state=5\na. IN DNSKEY 257 3 15 " KEY_2 " ;;state=2\n",
     "a./1 ds=0 2:b/0@0"},
    {"all revoked",
     "; autotrust trust anchor file\n;;REVOKED\n;;id: a. 1\n"
     "a. IN DNSKEY 385 3 15 " KEY " ;;state=4 ;;lastchange=9\n",
     "a./1 ds=0 deleted 4:a/0@9"},
    {"line ends of another system, and none at the end",
     ";;id: a. 1\r\na. IN DNSKEY 257 3 15 " KEY " ;;state=2\r", "a./1 ds=0 2:a/0@0"},
    {"another class", ";;id: a. 3\na. CH DNSKEY 257 3 15 " KEY " ;;state=2\n",
     "a./3 ds=0 2:a/0@0"},
    {"nothing", "", "0: there is no trusted DS or DNSKEY record in it"},
    {"a file that was cut at its beginning", "\n\n",
     "0: there is no trusted DS or DNSKEY record in it"},
    {"only pending keys", ";;id: a. 1\na. IN DNSKEY 257 3 15 " KEY " ;;state=1\n",
     "0: there is no trusted DS or DNSKEY record in it"},
    {"a second zone", "a. IN DNSKEY 257 3 15 " KEY "\nb. IN DNSKEY 257 3 15 " KEY "\n",
     "2: a second zone; each zone needs a file of its own"},
    {"a second zone behind the id", ";;id: a. 1\n\nb. IN DNSKEY 257 3 15 " KEY " ;;state=2\n",
     "3: a second zone; each zone needs a file of its own"},
    {"a key that is cut", ";;id: a. 1\na. IN DNSKEY 257 3\n", "2: a field is missing"},
    {"a state that there is not", "a. IN DNSKEY 257 3 15 " KEY " ;;state=6\n",
     "1: a number is expected behind the key"},
    {"a count that is none", "a. IN DNSKEY 257 3 15 " KEY " ;;state=1 ;;count=x\n",
     "1: a number is expected behind the key"},
    {"a time after the end of all times",
     "a. IN DNSKEY 257 3 15 " KEY " ;;state=1 ;;lastchange=9223372036854775807\n",
     "1: a number is expected behind the key"},
    {"a head without a number", ";;id: a. 1\n;;last_queried: soon\n",
     "2: a number is expected"},
    {"an id without a class", ";;id: a.\n",
     "1: \";;id:\" needs a zone and the number of a class"},
    {"an id that is no name", ";;id: a..b 1\n", "1: \";;id:\" does not name a zone"},
    {"no records at all", "hello\n", "1: the record type is missing"},
};

static void out_of_files(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct anchor_fault fault = {0};
        struct rfc5011_point *point;
        enum status status = rfc5011_read(cases[i].text, lab->arena, &point, &fault);
        const char *got = status == STATUS_OK
                              ? print(lab, point)
                              : arena_printf(lab->arena, "%d: %s", fault.line, fault.why);

        if (strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].why, got);
        rfc5011_free(point);
    }
}

static struct rfc5011_point *read_good(struct lab *lab, const char *text)
{
    struct anchor_fault fault = {0};
    struct rfc5011_point *point;

    assert_int_equal(rfc5011_read(text, lab->arena, &point, &fault), STATUS_OK);
    return point;
}

/* What another program wrote keeps all of it; reading turns the order of the keys round. */
static void unbounds_file(void **state)
{
    struct lab *lab = *state;
    struct rfc5011_point *point = read_good(lab, unbounds);
    const char *once, *twice;

    assert_int_equal(point->last_queried_s, 1792000000);
    assert_int_equal(point->last_success_s, 1791900000);
    assert_int_equal(point->next_probe_s, 1792040000);
    assert_int_equal(point->failed, 3);
    assert_int_equal(point->query_interval_s, 43200);
    assert_int_equal(point->retry_s, 8640);
    assert_int_equal(point->keys->state, RFC5011_VALID);
    assert_int_equal(point->keys->next->state, RFC5011_ADDPEND);
    assert_int_equal(point->keys->next->seen, 7);
    assert_int_equal(point->keys->next->ttl_s, 86400);
    once = rfc5011_write(point, lab->arena);
    rfc5011_free(point);
    assert_string_not_equal(once, unbounds);
    point = read_good(lab, once);
    twice = rfc5011_write(point, lab->arena);
    rfc5011_free(point);
    assert_string_equal(twice, unbounds);
}

static void all_revoked(void **state)
{
    struct lab *lab = *state;
    const char *text = ";;REVOKED\n;;id: a. 1\na. IN DNSKEY 385 3 15 " KEY " ;;state=4\n";
    struct rfc5011_point *point = read_good(lab, text);
    const char *written = rfc5011_write(point, lab->arena);

    assert_non_null(strstr(written, "\n;;REVOKED\n"));
    assert_non_null(strstr(written, ";;next_probe_time: 0 ;;Thu Jan  1 00:00:00 1970\n"));
    assert_non_null(strstr(written, "a.\t0\tIN\tDNSKEY\t385 3 15 "));
    rfc5011_free(point);
    point = read_good(lab, written);
    assert_true(point->deleted);
    rfc5011_free(point);
}

/* DS records that no key has taken the place of yet are not lost. */
static void operators_ds(void **state)
{
    struct lab *lab = *state;
    struct rfc5011_point *point = read_good(lab, ". IN DS 20326 8 2 " DIGEST "\n");
    const char *written = rfc5011_write(point, lab->arena);

    rfc5011_free(point);
    point = read_good(lab, written);
    assert_string_equal(print(lab, point), "./1 ds=1");
    rfc5011_free(point);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(out_of_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unbounds_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_revoked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(operators_ds, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
