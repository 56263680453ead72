/*
 * rfc5011_test.c - every move of a key of a trust point, and what must not move one.
 *
 * A case is a story of days: on each a DNSKEY set is seen, and the states afterwards are
 * compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "validator/digest.h"
#include "validator/rfc5011.h"
#include "validator/signed_for_tests.h"

enum { DAY = 86400, KEYS = 6, DAYS_MAX = 9, BEGIN = 1700000000 };

/* A DNSKEY set: keys before the bar ("1", "2r" revoked, "3z" without SEP, "4u" of an algorithm
 * nobody knows), then who signed ("1", "2r"; "1x" a broken signature). "" : an answer without a
 * set. */
struct day {
    int day;
    const char *set;
    const char *want; /* the outcome, then the keys, the newest first */
    int mono_day;     /* 0: as the wall clock */
};

struct lab {
    struct arena *arena;
    struct check_for_tests test;
    struct rfc5011_point *point;
    struct signer keys[KEYS], revoked[KEYS], plain[KEYS];
    struct rfc5011_rules rules;
    struct rfc5011_event event; /* the last one */
    struct key_verdict verdict;
};

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));
    const struct crypto_policy policy = {.sha1 = false};

    lab->arena = arena_new(0);
    check_init(&lab->test, lab->arena, &policy);
    for (uint8_t i = 0; i < KEYS; i++) {
        signer_init(&lab->keys[i], lab->arena, "example.", (uint8_t)(i + 1), 257);
        signer_init(&lab->revoked[i], lab->arena, "example.", (uint8_t)(i + 1), 385);
        signer_init(&lab->plain[i], lab->arena, "example.", (uint8_t)(i + 1), 256);
    }
    lab->rules = (struct rfc5011_rules){
        .add_holddown_s = 30 * DAY, .del_holddown_s = 30 * DAY, .keep_missing_s = 366 * DAY};
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;

    for (int i = 0; i < KEYS; i++) {
        signer_clear(&lab->keys[i]);
        signer_clear(&lab->revoked[i]);
        signer_clear(&lab->plain[i]);
    }
    rfc5011_free(lab->point);
    check_clear(&lab->test);
    arena_free(lab->arena);
    free(lab);
    return 0;
}

static struct slice rdata_of(const struct signer *signer)
{
    return slice_of(signer->rdata, sizeof(signer->rdata));
}

/* "1" trusted by the operator, "ds1" by its DS. */
static void begin(struct lab *lab, const char *given)
{
    struct rfc5011_key *key;

    rfc5011_free(lab->point);
    lab->point = rfc5011_new(lab->keys[0].zone, CLASS_IN);
    for (; *given != '\0'; given++) {
        bool is_ds = strncmp(given, "ds", 2) == 0;
        const struct signer *signer;
        uint8_t ds[4 + DIGEST_MAX];

        given += is_ds ? 2 : 0;
        if (*given == ' ')
            continue;
        signer = &lab->keys[*given - '1'];
        if (!is_ds) {
            assert_int_equal(
                rfc5011_add_key(lab->point, rdata_of(signer), 3600, RFC5011_VALID, &key),
                STATUS_OK);
            continue;
        }
        bytes_put_u16(ds, signer->tag);
        ds[2] = ALGORITHM_ED25519;
        ds[3] = DIGEST_SHA256;
        assert_int_equal(digest_ds(lab->test.check.crypto, DIGEST_SHA256, signer->zone,
                                   rdata_of(signer), ds + 4),
                         STATUS_OK);
        assert_int_equal(rfc5011_add_ds(lab->point, slice_of(ds, 4 + 32)), STATUS_OK);
    }
}

static const struct signer *signer_of(struct lab *lab, const char *word)
{
    int i = word[0] - '1';

    return word[1] == 'r' ? &lab->revoked[i] : word[1] == 'z' ? &lab->plain[i] : &lab->keys[i];
}

/* Keys of the words up to the bar. */
static struct rrset *bare_set(struct lab *lab, const char *words)
{
    struct slice *rdata = ARENA_ARRAY(lab->arena, struct slice, 2 * KEYS);
    struct rrset_parts parts = {.owner = lab->keys[0].zone,
                                .type = TYPE_DNSKEY,
                                .rrclass = CLASS_IN,
                                .ttl_s = 3600,
                                .rdata = rdata};

    for (; *words != '|'; words++) {
        struct slice copy;

        if (*words < '1' || *words > '9')
            continue;
        copy = arena_copy(lab->arena, rdata_of(signer_of(lab, words)));
        if (words[1] == 'u')
            ((uint8_t *)(uintptr_t)copy.data)[3] = 200;
        rdata[parts.rr_count++] = copy;
    }
    return rrset_in(lab->arena, &parts);
}

static const struct rrset *signed_set(struct lab *lab, const char *words, int64_t now_s)
{
    struct slice signatures[KEYS];
    struct rrset *set = bare_set(lab, words);
    size_t count = 0;

    for (words = strchr(words, '|'); *words != '\0'; words++) {
        struct how_signed how = {.begin_s = (uint32_t)(now_s - 20 * DAY),
                                 .end_s = (uint32_t)(now_s + 20 * DAY)};

        if (*words < '1' || *words > '9')
            continue;
        how.broken = words[1] == 'x';
        signatures[count++] = sign(signer_of(lab, words), lab->arena, set, &how);
    }
    return with_rrsigs(lab->arena, set, signatures, count);
}

static const char *print(struct lab *lab, enum rfc5011_seen seen)
{
    static const char *const words[] = {"good", "bad", "deleted"};
    static const char *const states[] = {"START",   "pending", "valid",
                                         "missing", "revoked", "REMOVED"};
    struct text text = text_in(lab->arena);

    text_add(&text, words[seen]);
    for (const struct rfc5011_key *key = lab->point->keys; key != NULL; key = key->next) {
        char number = '?';

        for (int i = 0; i < KEYS; i++)
            if (memcmp(key->rdata + 4, lab->keys[i].rdata + 4, 32) == 0)
                number = (char)('1' + i);
        text_printf(&text, " %c:%s", number, states[key->state]);
        if (key->seen > 0)
            text_printf(&text, "/%u", key->seen);
    }
    return text_done(&text);
}

static enum rfc5011_seen see(struct lab *lab, const struct day *day)
{
    int64_t wall_s = BEGIN + (int64_t)day->day * DAY;
    int64_t mono_s = (int64_t)(day->mono_day != 0 ? day->mono_day : day->day) * DAY;
    const struct rrset *set = day->set[0] == '\0' ? NULL : signed_set(lab, day->set, wall_s);
    enum rfc5011_seen seen;

    lab->test.check.wall_s = wall_s;
    lab->event = (struct rfc5011_event){
        .rules = &lab->rules, .check = &lab->test.check, .wall_s = wall_s, .mono_s = mono_s};
    seen = rfc5011_see(lab->point, &lab->event, set, &lab->verdict);
    if (lab->verdict.security == SEC_SECURE)
        zone_keys_unref(lab->verdict.keys);
    return seen;
}

static const struct {
    const char *why, *given;
    struct day days[DAYS_MAX]; /* set NULL: the end */
} stories[] = {
    {"section 4.1, the whole way: Start, AddPend, Valid, Revoked, Removed",
     "1",
     {{0, "1|1", "good 1:valid", 0},
      {1, "1 2|1", "good 2:pending/1 1:valid", 0},
      {20, "1 2|1", "good 2:pending/2 1:valid", 0},
      {32, "1 2|1", "good 2:valid 1:valid", 0},
      {40, "1r 2|1r 2", "good 2:valid 1:revoked", 0},
      {60, "1r 2|1r 2", "good 2:valid 1:revoked", 0},
      {85, "2|2", "good 2:valid 1:revoked", 0}, /* counted from when it was last shown */
      {91, "2|2", "good 2:valid", 0}}},
    {"AddPend, KeyRem: what comes back begins from the start",
     "1",
     {{0, "1 2|1", "good 2:pending/1 1:valid", 0},
      {29, "1|1", "good 1:valid", 0},
      {31, "1 2|1", "good 2:pending/1 1:valid", 0},
      {60, "1 2|1", "good 2:pending/2 1:valid", 0},
      {61, "1 2|1", "good 2:valid 1:valid", 0}}},
    {"AddTime needs two sets, however long it took",
     "1",
     {{0, "1 2|1", "good 2:pending/1 1:valid", 0},
      {100, "1 2|1 2", "good 2:valid 1:valid", 0}}},
    {"a day before the hold-down ends it is not over",
     "1",
     {{0, "1 2|1", "good 2:pending/1 1:valid", 0},
      {29, "1 2|1", "good 2:pending/2 1:valid", 0},
      {30, "1 2|1", "good 2:valid 1:valid", 0}}},
    {"a pending key signs nothing",
     "1",
     {{0, "1 2|1", "good 2:pending/1 1:valid", 0},
      {1, "1 2|1", "good 2:pending/2 1:valid", 0},
      {2, "1 2|2", "bad 2:pending/2 1:valid", 0},
      {29, "2|2", "bad 2:pending/2 1:valid", 0},
      {31, "2|2", "good 2:valid 1:missing", 0}}},
    {"seen once only, it signs nothing after the hold-down either",
     "1",
     {{0, "1 2|1", "good 2:pending/1 1:valid", 0}, {40, "2|2", "bad 2:pending/1 1:valid", 0}}},
    {"Valid, KeyRem and KeyPres: missing keys are trusted as before",
     "12",
     {{0, "1 2|1", "good 2:valid 1:valid", 0},
      {1, "1|1", "good 2:missing 1:valid", 0},
      {2, "1 2|2", "good 2:valid 1:valid", 0},
      {3, "1|2", "good 2:missing 1:valid", 0}}}, /* signs though it is not there */
    {"Missing, RevBit",
     "12",
     {{0, "1|1", "good 2:missing 1:valid", 0}, {1, "1 2r|1 2r", "good 2:revoked 1:valid", 0}}},
    {"keep-missing: given up after a year, as long as another is valid",
     "12",
     {{0, "1|1", "good 2:missing 1:valid", 0},
      {365, "1|1", "good 2:missing 1:valid", 0},
      {366, "1|1", "good 1:valid", 0}}},
    {"keep-missing: never the last ones",
     "1",
     {{0, "3z|1", "good 1:missing", 0},
      {500, "3z|1", "good 1:missing", 0},
      {501, "1|1", "good 1:valid", 0}}},
    {"section 2.1: a revocation that its key has not signed is none",
     "12",
     {{0, "1 2r|1", "good 2:valid 1:valid", 0},
      {1, "1 2r|1 2x", "good 2:valid 1:valid", 0},
      {2, "1|1", "good 2:missing 1:valid", 0},
      {3, "1 2r|1", "good 2:valid 1:valid", 0}}},
    {"a revocation with a broken signature is none",
     "1",
     {{0, "1|1", "good 1:valid", 0}, {1, "1r|1x", "bad 1:valid", 0}}},
    {"a revocation counts though nobody else signed",
     "12",
     {{0, "1 2|1", "good 2:valid 1:valid", 0},
      {1, "1 2r|2r", "bad 2:revoked 1:valid", 0},
      {2, "1 2|2", "bad 2:revoked 1:valid", 0},
      {3, "1 2|1", "good 2:revoked 1:valid", 0}}},
    {"a pending key that revokes itself is gone",
     "1",
     {{0, "1 2|1", "good 2:pending/1 1:valid", 0},
      {1, "1 2r|1 2r", "good 1:valid", 0},
      {2, "1 2r|1 2r", "good 1:valid", 0}}},
    {"a key that comes revoked is no new key", "1", {{0, "1 2r|1 2r", "good 1:valid", 0}}},
    {"revoked is for ever: shown again without the bit it stays so",
     "12",
     {{0, "1 2r|1 2r", "good 2:revoked 1:valid", 0},
      {25, "1 2|1 2", "good 2:revoked 1:valid", 0},
      {50, "1|1", "good 2:revoked 1:valid", 0},
      {56, "1|1", "good 1:valid", 0}}},
    {"section 5: all revoked, the trust point is deleted, and stays so",
     "12",
     {{0, "1r 2r|1r 2r", "deleted 2:revoked 1:revoked", 0},
      {1, "1 2|1 2", "deleted 2:revoked 1:revoked", 0}}},
    {"the last trusted key revoked: a pending one does not save the point",
     "1",
     {{0, "1 2|1", "good 2:pending/1 1:valid", 0},
      {10, "1r 2|1r 2", "deleted 2:pending/1 1:revoked", 0}}},
    {"keys without SEP, and of unknown algorithms, are no new anchors",
     "1",
     {{0, "1 2z 3u|1", "good 1:valid", 0}}},
    {"nobody signed", "1", {{0, "1 2|", "bad 1:valid", 0}, {1, "1 2|2", "bad 1:valid", 0}}},
    {"no DNSKEY set in the answer", "1", {{0, "", "bad 1:valid", 0}}},
    {"a DS of the operator: the key that it names is valid at once, others wait",
     "ds1",
     {{0, "1 2|2", "bad", 0},
      {1, "1 2|1", "good 2:pending/1 1:valid", 0},
      {2, "2|2", "bad 2:pending/1 1:valid", 0}}},
    {"two DS, both keys are there",
     "ds1ds2",
     {{0, "1 2 3|2", "good 3:pending/1 2:valid 1:valid", 0}}},
    {"the clock is set two months forward: no hold-down is over by that",
     "1",
     {{0, "1 2|1", "good 2:pending/1 1:valid", 0},
      {2, "1 2|1", "good 2:pending/2 1:valid", 0},
      {62, "2|2", "bad 2:pending/2 1:valid", 3},
      {62, "1 2|1", "good 2:pending/3 1:valid", 3},
      {80, "1 2|1", "good 2:pending/4 1:valid", 21},
      {89, "1 2|1", "good 2:valid 1:valid", 30}}},
    {"the clock is set back a year: the hold-down goes on",
     "1",
     {{400, "1 2|1", "good 2:pending/1 1:valid", 0},
      {40, "1 2|1", "good 2:pending/2 1:valid", 405},
      {64, "1 2|1", "good 2:pending/3 1:valid", 429},
      {65, "1 2|1", "good 2:valid 1:valid", 430}}},
    {"a clock that is a few hours off is none that jumps",
     "1",
     {{0, "1 2|1", "good 2:pending/1 1:valid", 1}, {30, "1 2|1", "good 2:valid 1:valid", 30}}},
};

static void moves(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(stories); i++) {
        begin(lab, stories[i].given);
        for (size_t n = 0; n < DAYS_MAX && stories[i].days[n].set != NULL; n++) {
            const struct day *day = &stories[i].days[n];
            const char *got;

            check_clear(&lab->test);
            check_init(&lab->test, lab->arena, &(struct crypto_policy){.sha1 = false});
            got = print(lab, see(lab, day));
            if (strcmp(got, day->want) != 0)
                fail_msg("%s: day %d: %s", stories[i].why, day->day, got);
        }
    }
}

/* A file that was written while the clock was ahead: its hold-down begins again, once. */
static void times_in_the_future(void **state)
{
    struct lab *lab = *state;
    struct rfc5011_key *key;

    begin(lab, "1");
    assert_int_equal(
        rfc5011_add_key(lab->point, rdata_of(&lab->keys[1]), 3600, RFC5011_ADDPEND, &key),
        STATUS_OK);
    key->seen = 5;
    key->changed_s = BEGIN + 900 * DAY;
    assert_string_equal(print(lab, see(lab, &(struct day){0, "1 2|1", NULL, 0})),
                        "good 2:pending/6 1:valid");
    assert_int_equal(key->changed_s, BEGIN);
    assert_string_equal(print(lab, see(lab, &(struct day){30, "1 2|1", NULL, 0})),
                        "good 2:valid 1:valid");
}

/* A pending key without a time (a file that was edited) has waited for nothing yet. */
static void times_that_are_missing(void **state)
{
    struct lab *lab = *state;
    struct rfc5011_key *key;

    begin(lab, "1");
    assert_int_equal(
        rfc5011_add_key(lab->point, rdata_of(&lab->keys[1]), 3600, RFC5011_ADDPEND, &key),
        STATUS_OK);
    key->seen = 5;
    assert_string_equal(print(lab, see(lab, &(struct day){0, "1 2|2", NULL, 0})),
                        "bad 2:pending/5 1:valid");
}

static void what_it_says_of_itself(void **state)
{
    struct lab *lab = *state;

    begin(lab, "1");
    see(lab, &(struct day){0, "1|2", NULL, 0});
    assert_false(lab->event.changed); /* the operator's file stays as it is */
    assert_int_equal(lab->point->failed, 1);
    assert_int_equal(lab->verdict.security, SEC_BOGUS);
    see(lab, &(struct day){1, "1|1", NULL, 0});
    assert_true(lab->event.changed);
    assert_false(lab->event.trust_changed);
    assert_int_equal(lab->point->failed, 0);
    assert_int_equal(lab->point->last_success_s, BEGIN + DAY);
    see(lab, &(struct day){1, "", NULL, 0}); /* an answer without keys proves nothing */
    assert_false(lab->event.changed);
    assert_int_equal(lab->point->failed, 0);
    see(lab, &(struct day){2, "1|2", NULL, 0});
    assert_true(lab->event.changed);
    assert_int_equal(lab->point->last_queried_s, BEGIN + 2 * DAY);
    assert_int_equal(lab->point->last_success_s, BEGIN + DAY);
    see(lab, &(struct day){3, "1 2|1", NULL, 0});
    assert_false(lab->event.trust_changed);
    see(lab, &(struct day){34, "1 2|1", NULL, 0});
    assert_true(lab->event.trust_changed);
    see(lab, &(struct day){35, "2|2", NULL, 0});
    assert_false(lab->event.trust_changed); /* missing ones count */
    see(lab, &(struct day){36, "1r 2|1r 2", NULL, 0});
    assert_true(lab->event.trust_changed);
    begin(lab, "ds1");
    see(lab, &(struct day){0, "1|1", NULL, 0});
    assert_true(lab->event.trust_changed);
    assert_null(lab->point->ds);
}

/* RFC 5011 section 2.3. */
static const struct {
    const char *why;
    uint32_t ttl_s, lifetime_s;
    bool small;
    uint32_t interval_s, retry_s;
} intervals[] = {
    {"half of the TTL, a tenth of it", 172800, 20 * DAY, false, 86400, 17280},
    {"not more often than once an hour", 600, 20 * DAY, false, 3600, 3600},
    {"nor less often than 15 days, or once a day for a retry", 90 * DAY, 90 * DAY, false,
     15 * DAY, DAY},
    {"half of what is left of the signature", 30 * DAY, 4 * DAY, false, 2 * DAY, 34560},
    {"permit-small-holddown", 20, 20 * DAY, true, 10, 2},
    {"... but not all the time", 1, 20 * DAY, true, 1, 1},
};

static void when_to_ask(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(intervals); i++) {
        struct how_signed how = {.begin_s = BEGIN - DAY,
                                 .end_s = BEGIN + intervals[i].lifetime_s};
        struct rrset *set = bare_set(lab, "1|");
        struct slice signature;

        begin(lab, "1");
        set->ttl_s = intervals[i].ttl_s;
        signature = sign(&lab->keys[0], lab->arena, set, &how);
        lab->rules.small_holddown = intervals[i].small;
        lab->test.check.wall_s = BEGIN;
        lab->event = (struct rfc5011_event){
            .rules = &lab->rules, .check = &lab->test.check, .wall_s = BEGIN};
        if (rfc5011_see(lab->point, &lab->event, with_rrsigs(lab->arena, set, &signature, 1),
                        &lab->verdict) != RFC5011_GOOD)
            fail_msg("%s: not good", intervals[i].why);
        zone_keys_unref(lab->verdict.keys);
        if (lab->point->query_interval_s != intervals[i].interval_s ||
            lab->point->retry_s != intervals[i].retry_s)
            fail_msg("%s: %u and %u", intervals[i].why, lab->point->query_interval_s,
                     lab->point->retry_s);
    }
}

static void waiting(void **state)
{
    struct lab *lab = *state;
    struct rfc5011_point *point;

    begin(lab, "1");
    point = lab->point;
    assert_int_equal(rfc5011_wait_s(point, BEGIN), 0); /* never asked */
    rfc5011_probe_begins(point, &lab->rules, BEGIN, 0);
    assert_int_equal(rfc5011_wait_s(point, BEGIN), 3600);
    rfc5011_probe_begins(point, &lab->rules, BEGIN, UINT32_MAX);
    assert_int_equal(rfc5011_wait_s(point, BEGIN), 3600 - 359);
    point->query_interval_s = 40000;
    point->retry_s = 8000;
    rfc5011_probe_later(point, BEGIN, 0);
    assert_int_equal(rfc5011_wait_s(point, BEGIN), 40000);
    assert_int_equal(rfc5011_wait_s(point, BEGIN + 39999), 1);
    assert_int_equal(rfc5011_wait_s(point, BEGIN + 40000), 0);
    assert_int_equal(rfc5011_wait_s(point, BEGIN - 1), 0);         /* set back: now */
    assert_int_equal(rfc5011_wait_s(point, BEGIN + 900 * DAY), 0); /* set forward: now */
    point->deleted = true;
    assert_int_equal(rfc5011_wait_s(point, BEGIN + 900 * DAY), INT64_MAX);
}

/* Somebody who can sign makes keys without end. */
static void a_bound_of_keys(void **state)
{
    struct lab *lab = *state;
    struct slice rdata[RFC5011_KEYS_MAX + 8];
    struct rrset_parts parts = {.owner = lab->keys[0].zone,
                                .type = TYPE_DNSKEY,
                                .rrclass = CLASS_IN,
                                .ttl_s = 3600,
                                .rdata = rdata,
                                .rr_count = (uint16_t)COUNT(rdata)};
    struct how_signed how = {.begin_s = BEGIN - DAY, .end_s = BEGIN + DAY};
    struct rrset *set;
    struct slice signature;
    size_t count = 0;

    begin(lab, "1");
    rdata[0] = rdata_of(&lab->keys[0]);
    for (size_t i = 1; i < COUNT(rdata); i++) {
        uint8_t *octets = arena_bytes(lab->arena, 36);

        memcpy(octets, lab->keys[0].rdata, 36);
        octets[35] = (uint8_t)(octets[35] + i);
        rdata[i] = slice_of(octets, 36);
    }
    set = rrset_in(lab->arena, &parts);
    signature = sign(&lab->keys[0], lab->arena, set, &how);
    lab->test.check.wall_s = BEGIN;
    lab->event = (struct rfc5011_event){
        .rules = &lab->rules, .check = &lab->test.check, .wall_s = BEGIN};
    assert_int_equal(rfc5011_see(lab->point, &lab->event,
                                 with_rrsigs(lab->arena, set, &signature, 1), &lab->verdict),
                     RFC5011_GOOD);
    zone_keys_unref(lab->verdict.keys);
    for (const struct rfc5011_key *key = lab->point->keys; key != NULL; key = key->next)
        count++;
    assert_int_equal(count, RFC5011_KEYS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(moves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(times_in_the_future, set_up, tear_down),
        cmocka_unit_test_setup_teardown(times_that_are_missing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_says_of_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(when_to_ask, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waiting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bound_of_keys, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
