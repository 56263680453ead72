/*
 * msg_cache_test.c - answers come back as they were stored, for as long as they may.
 */
#include "services/cache/msg_cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "services/cache/rrset_cache.h"
#include "services/cache/sets_for_tests.h"

enum { NOW = 1000 };

struct home {
    struct arena *arena;
    struct rrset_cache *rrsets;
    struct msg_cache *cache;
};

static int set_up(void **state)
{
    struct home *home = calloc(1, sizeof(*home));

    home->arena = arena_new(0);
    home->rrsets = rrset_cache_new(1 << 20, 4, (struct hash_key){1, 2});
    home->cache = msg_cache_new(1 << 20, 4, (struct hash_key){3, 4});
    *state = home;
    return home->rrsets == NULL || home->cache == NULL;
}

static int tear_down(void **state)
{
    struct home *home = *state;

    msg_cache_free(home->cache);
    rrset_cache_free(home->rrsets);
    arena_free(home->arena);
    free(home);
    return 0;
}

/* An answer with two RRsets: `www` and its zone's NS. The references are the message's only. */
static enum status store_answer(struct home *home, const struct question *question,
                                uint8_t flavour, uint32_t ttl_s, int64_t now_s)
{
    const struct rrset *sets[2];
    struct message message = {
        .rcode = RCODE_NOERROR,
        .flags = FLAG_QR | FLAG_RA | FLAG_AA | FLAG_TC | FLAG_AD,
        .count = {1, 1, 0},
        .rrsets = sets,
    };
    struct msg_store what = {
        .message = &message,
        .question = question,
        .flavour = flavour,
        .security = SEC_INSECURE,
        .ttl_s = ttl_s,
        .prefetch_s = ttl_s * 9 / 10,
        .now_s = now_s,
    };
    enum status status;

    sets[0] = rrset_cache_store(
        home->rrsets,
        set_of(home->arena, "www.example. 300 IN A 192.0.2.1", TRUST_ANSWER_AA, now_s),
        RRSET_PLAIN, now_s);
    sets[1] = rrset_cache_store(
        home->rrsets,
        set_of(home->arena, "example. 300 IN NS ns.example.", TRUST_AUTHORITY_AA, now_s),
        RRSET_PLAIN, now_s);
    status = msg_cache_store(home->cache, &what);
    rrset_unref(sets[0]);
    rrset_unref(sets[1]);
    return status;
}

static enum status store_failure(struct home *home, const struct question *question,
                                 const struct reasons *reasons, uint32_t ttl_s, int64_t now_s)
{
    struct message message = {.rcode = RCODE_SERVFAIL, .flags = FLAG_QR | FLAG_RA};
    struct msg_store what = {
        .message = &message,
        .question = question,
        .flavour = MSG_FLAVOUR_FAILURE,
        .reasons = reasons,
        .ttl_s = ttl_s,
        .failure_ttl_s = ttl_s,
        .now_s = now_s,
    };

    return msg_cache_store(home->cache, &what);
}

static void comes_back_as_stored(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "WWW.example.", TYPE_A);
    struct question asked = question_of(home->arena, "www.EXAMPLE.", TYPE_A);
    const struct msg_entry *entry;

    assert_int_equal(store_answer(home, &question, MSG_FLAVOUR_NONE, 300, NOW), STATUS_OK);
    entry = msg_cache_find(home->cache, &asked, MSG_FLAVOUR_NONE, NOW + 299, 0);
    assert_non_null(entry);
    assert_int_equal(entry->rcode, RCODE_NOERROR);
    /* AA and TC speak of one packet, AD is what validation found: not what a server said. */
    assert_int_equal(entry->flags, FLAG_QR | FLAG_RA);
    assert_int_equal(entry->security, SEC_INSECURE);
    assert_int_equal(entry->ttl_s, 300);
    assert_int_equal(entry->expires_s, NOW + 300);
    assert_int_equal(entry->prefetch_at_s, NOW + 270);
    assert_int_equal(entry->stored_s, NOW);
    assert_int_equal(entry->count[SECTION_ANSWER], 1);
    assert_int_equal(entry->count[SECTION_AUTHORITY], 1);
    assert_true(rrset_is(entry->rrsets[0], question.qname, TYPE_A, CLASS_IN));
    assert_int_equal(entry->rrsets[1]->type, TYPE_NS);
    assert_int_equal(entry->reasons->count, 0);
    assert_true(dname_equal(entry->qname, question.qname));
    assert_ptr_not_equal(entry->qname.wire, question.qname.wire);
    msg_entry_unref(entry);
}

/* Names and texts lie behind each other in one piece: every size of the first is tried. */
static void names_of_all_sizes(void **state)
{
    struct home *home = *state;
    struct reasons reasons = {.count = 2, .item = {{22, "one"}, {23, ""}}};
    char text[256];

    for (size_t size = 1; size < 250; size++) {
        struct question question;
        const struct msg_entry *entry;

        for (size_t i = 0; i < size; i++)
            text[i] = i % 60 == 59 && i + 1 < size ? '.' : 'x';
        text[size] = '\0';
        question = question_of(home->arena, text, TYPE_TXT);
        assert_int_equal(store_failure(home, &question, &reasons, 5, NOW), STATUS_OK);
        entry = msg_cache_find(home->cache, &question, MSG_FLAVOUR_FAILURE, NOW, 0);
        assert_non_null(entry);
        assert_true(dname_equal(entry->qname, question.qname));
        assert_string_equal(entry->reasons->item[0].text, "one");
        assert_string_equal(entry->reasons->item[1].text, "");
        msg_entry_unref(entry);
    }
}

static const struct {
    const char *why, *name;
    uint16_t type;
    uint8_t flavour;
    int64_t at_s;
    uint32_t stale_s;
    bool found;
} asked[] = {
    {"fresh", "www.example.", TYPE_A, 0, NOW + 299, 0, true},
    {"at its end no longer", "www.example.", TYPE_A, 0, NOW + 300, 0, false},
    {"stale as far as allowed", "www.example.", TYPE_A, 0, NOW + 359, 60, true},
    {"and no further", "www.example.", TYPE_A, 0, NOW + 360, 60, false},
    {"stale for ever", "www.example.", TYPE_A, 0, NOW + 99999999, UINT32_MAX, true},
    {"another type", "www.example.", TYPE_AAAA, 0, NOW, 0, false},
    {"another name", "ww.example.", TYPE_A, 0, NOW, 0, false},
    {"asked with CD", "www.example.", TYPE_A, MSG_FLAVOUR_CD, NOW, 0, false},
    {"without RD", "www.example.", TYPE_A, MSG_FLAVOUR_NO_RD, NOW, 0, false},
    {"no failure", "www.example.", TYPE_A, MSG_FLAVOUR_FAILURE, NOW, 0, false},
};

static void who_finds_it(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);

    store_answer(home, &question, MSG_FLAVOUR_NONE, 300, NOW);
    for (size_t i = 0; i < COUNT(asked); i++) {
        struct question other = question_of(home->arena, asked[i].name, asked[i].type);
        const struct msg_entry *entry = msg_cache_find(home->cache, &other, asked[i].flavour,
                                                       asked[i].at_s, asked[i].stale_s);

        if ((entry != NULL) != asked[i].found)
            fail_msg("%s", asked[i].why);
        msg_entry_unref(entry);
    }
}

/* RFC 9520 and RFC 8767: a failure with its reasons stands beside the expired answer. */
static void failures(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);
    char text[] = "no answer from 192.0.2.1";
    struct reasons reasons = {.count = 1, .item = {{EDE_NO_REACHABLE_AUTHORITY, text}}};
    const struct msg_entry *entry;

    store_answer(home, &question, MSG_FLAVOUR_NONE, 10, NOW);
    assert_int_equal(store_failure(home, &question, &reasons, 5, NOW + 20), STATUS_OK);
    text[0] = 'X'; /* the entry has a copy */
    entry = msg_cache_find(home->cache, &question, MSG_FLAVOUR_FAILURE, NOW + 24, 0);
    assert_non_null(entry);
    assert_int_equal(entry->rcode, RCODE_SERVFAIL);
    assert_int_equal(entry->failure_ttl_s, 5);
    assert_int_equal(entry->reasons->count, 1);
    assert_int_equal(entry->reasons->item[0].code, EDE_NO_REACHABLE_AUTHORITY);
    assert_string_equal(entry->reasons->item[0].text, "no answer from 192.0.2.1");
    msg_entry_unref(entry);
    entry = msg_cache_find(home->cache, &question, MSG_FLAVOUR_NONE, NOW + 24, 3600);
    assert_non_null(entry);
    assert_int_equal(entry->failure_ttl_s, 0);
    msg_entry_unref(entry);
    entry = msg_cache_find(home->cache, &question, MSG_FLAVOUR_FAILURE, NOW + 30, 300);
    assert_non_null(entry); /* lately expired: tells how long the next one is kept */
    msg_entry_unref(entry);

    store_answer(home, &question, MSG_FLAVOUR_NONE, 10, NOW + 31);
    assert_null(msg_cache_find(home->cache, &question, MSG_FLAVOUR_FAILURE, NOW + 31, 300));
}

/* After a change of the network: failures are forgotten, answers and later failures are not. */
static void forgotten_failures(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);
    const struct msg_entry *entry;

    store_answer(home, &question, MSG_FLAVOUR_NONE, 10, NOW);
    store_failure(home, &question, NULL, 60, NOW + 20);
    msg_cache_forget_failures(home->cache, NOW + 21);
    assert_null(msg_cache_find(home->cache, &question, MSG_FLAVOUR_FAILURE, NOW + 21, 300));
    entry = msg_cache_find(home->cache, &question, MSG_FLAVOUR_NONE, NOW + 21, 3600);
    assert_non_null(entry);
    msg_entry_unref(entry);
    store_failure(home, &question, NULL, 5, NOW + 22);
    entry = msg_cache_find(home->cache, &question, MSG_FLAVOUR_FAILURE, NOW + 22, 0);
    assert_non_null(entry);
    msg_entry_unref(entry);
}

/* The entry keeps its RRsets, whatever becomes of them in their cache and of itself in this
 * one. */
static void references(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);
    const struct msg_entry *entry;
    const struct rrset *set;

    store_answer(home, &question, MSG_FLAVOUR_NONE, 300, NOW);
    entry = msg_cache_find(home->cache, &question, MSG_FLAVOUR_NONE, NOW, 0);
    set = rrset_ref(entry->rrsets[0]);
    rrset_cache_flush(home->rrsets);
    msg_cache_flush(home->cache);
    assert_int_equal(msg_cache_count(home->cache), 0);
    assert_int_equal(atomic_load(&set->references), 2);
    assert_true(rrset_is_superseded(entry->rrsets[0]));
    msg_entry_unref(entry);
    assert_int_equal(atomic_load(&set->references), 1);
    rrset_unref(set);
}

static void unpublished_sets_are_refused(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);
    const struct rrset *sets[1] = {
        set_of(home->arena, "www.example. 300 IN A 192.0.2.1", TRUST_ANSWER_AA, NOW)};
    struct message message = {.count = {1, 0, 0}, .rrsets = sets};
    struct msg_store what = {
        .message = &message, .question = &question, .ttl_s = 60, .now_s = NOW};

    assert_int_equal(msg_cache_store(home->cache, &what), STATUS_LIMIT);
    assert_int_equal(msg_cache_count(home->cache), 0);
}

/* TTL 0: never a fresh hit, but there for serve-expired. */
static void already_expired(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);
    const struct msg_entry *entry;

    assert_int_equal(store_answer(home, &question, MSG_FLAVOUR_NONE, 0, NOW), STATUS_OK);
    assert_null(msg_cache_find(home->cache, &question, MSG_FLAVOUR_NONE, NOW, 0));
    entry = msg_cache_find(home->cache, &question, MSG_FLAVOUR_NONE, NOW, 1);
    assert_non_null(entry);
    assert_true(entry->prefetch_at_s == INT64_MAX);
    msg_entry_unref(entry);
}

static bool is_failure(void *context, const struct msg_entry *entry)
{
    (void)context;
    return entry->failure_ttl_s != 0;
}

static void dropping_and_expiring(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);
    struct question other = question_of(home->arena, "other.example.", TYPE_A);
    const struct msg_entry *before, *after;

    store_answer(home, &question, MSG_FLAVOUR_NONE, 300, NOW);
    store_failure(home, &other, NULL, 5, NOW);
    assert_int_equal(msg_cache_drop_if(home->cache, is_failure, NULL), 1);
    assert_int_equal(msg_cache_count(home->cache), 1);

    before = msg_cache_find(home->cache, &question, MSG_FLAVOUR_NONE, NOW, 0);
    assert_true(msg_cache_expire(home->cache, &question, MSG_FLAVOUR_NONE, NOW - 3));
    assert_int_equal(before->expires_s, NOW + 300); /* immutable for whoever holds it */
    assert_null(msg_cache_find(home->cache, &question, MSG_FLAVOUR_NONE, NOW, 0));
    after = msg_cache_find(home->cache, &question, MSG_FLAVOUR_NONE, NOW, 4);
    assert_non_null(after);
    assert_int_equal(after->expires_s, NOW - 3);
    assert_int_equal(after->ttl_s, 300);
    assert_int_equal(after->stored_s, NOW);
    assert_int_equal(after->flags, before->flags);
    assert_ptr_equal(after->rrsets[0], before->rrsets[0]);
    assert_ptr_equal(after->rrsets[1], before->rrsets[1]);
    msg_entry_unref(before);
    msg_entry_unref(after);
    assert_false(msg_cache_expire(home->cache, &other, MSG_FLAVOUR_NONE, NOW));

    store_failure(home, &question, NULL, 5, NOW);
    assert_true(msg_cache_drop(home->cache, &question, MSG_FLAVOUR_NONE));
    assert_false(msg_cache_drop(home->cache, &question, MSG_FLAVOUR_NONE));
    assert_int_equal(msg_cache_count(home->cache), 0);
}

/* ---- plain answers: kept as a mark at their RRset ---- */

static int set_up_plain(void **state)
{
    int failed = set_up(state);
    struct home *home = *state;

    msg_cache_rest_on(home->cache, home->rrsets);
    return failed;
}

/* @param lines of one RRset, whose own name and type are asked for. */
static const struct rrset *store_plain(struct home *home, const char *lines, uint8_t flavour,
                                       enum security security, uint32_t prefetch_s,
                                       int64_t now_s)
{
    const struct rrset *set = rrset_cache_replace(
        home->rrsets, set_of(home->arena, lines, TRUST_ANSWER_AA, now_s), RRSET_PLAIN, now_s);
    struct message message = {.count = {1, 0, 0}, .rrsets = &set};
    struct question question = {rrset_owner(set), set->type, CLASS_IN};
    struct msg_store what = {.message = &message,
                             .question = &question,
                             .flavour = flavour,
                             .security = security,
                             .ttl_s = set->ttl_s,
                             .prefetch_s = prefetch_s,
                             .now_s = now_s};

    rrset_set_security(set, security);
    assert_int_equal(msg_cache_store(home->cache, &what), STATUS_OK);
    rrset_unref(set); /* the cache's one is left */
    return set;
}

static const struct msg_entry *find_www(struct home *home, uint8_t flavour, int64_t now_s,
                                        uint32_t stale_s)
{
    struct question question = question_of(home->arena, "www.example.", TYPE_A);

    return msg_cache_find(home->cache, &question, flavour, now_s, stale_s);
}

/* @return is there an answer now, and is it plain? It is given back. */
enum found { FOUND_NONE, FOUND_PLAIN, FOUND_ENTRY };

static enum found look_for_www(struct home *home, uint8_t flavour)
{
    const struct msg_entry *entry = find_www(home, flavour, NOW, 0);
    enum found found = entry == NULL ? FOUND_NONE : entry->is_plain ? FOUND_PLAIN : FOUND_ENTRY;

    msg_entry_unref(entry);
    return found;
}

static const char www[] = "www.example. 301 IN A 192.0.2.1";
static const char other_www[] = "www.example. 400 IN A 192.0.2.2";

static void plain_answers_take_no_entry(void **state)
{
    struct home *home = *state;
    const struct rrset *set = store_plain(home, www, MSG_FLAVOUR_NONE, SEC_SECURE, 270, NOW);
    const struct msg_entry *entry = find_www(home, MSG_FLAVOUR_NONE, NOW + 300, 0);

    assert_int_equal(msg_cache_count(home->cache), 0);
    assert_non_null(entry);
    assert_int_equal(entry->rcode, RCODE_NOERROR);
    assert_int_equal(entry->flags, FLAG_QR | FLAG_AD);
    assert_int_equal(entry->security, SEC_SECURE);
    assert_int_equal(entry->ttl_s, 301);
    assert_int_equal(entry->expires_s, NOW + 301);
    assert_int_equal(entry->prefetch_at_s, NOW + 270);
    assert_int_equal(entry->stored_s, NOW);
    assert_int_equal(entry->count[SECTION_ANSWER], 1);
    assert_int_equal(entry->count[SECTION_AUTHORITY] + entry->count[SECTION_ADDITIONAL], 0);
    assert_ptr_equal(entry->rrsets[0], set);
    assert_int_equal(entry->reasons->count, 0);
    assert_true(dname_equal(entry->qname, rrset_owner(set)));
    msg_entry_unref(entry);
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_CD), FOUND_NONE);
    assert_null(find_www(home, MSG_FLAVOUR_NONE, NOW + 301, 0));
    entry = find_www(home, MSG_FLAVOUR_NONE, NOW + 301, 1); /* stale */
    assert_non_null(entry);
    msg_entry_unref(entry);
    store_plain(home, www, MSG_FLAVOUR_CD, SEC_UNCHECKED, 0, NOW);
    entry = find_www(home, MSG_FLAVOUR_CD, NOW, 0);
    assert_int_equal(entry->security, SEC_UNCHECKED);
    assert_true(entry->prefetch_at_s == INT64_MAX);
    msg_entry_unref(entry);
}

/* What says more, or lives for another time than its RRset, is an entry. */
static void answers_that_are_not_plain(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);
    static const struct {
        const char *why;
        uint32_t ttl_s;
        uint32_t prefetch_s;
        uint16_t answers, qtype, rcode;
        uint8_t flavour;
        bool has_reasons;
        enum found want;
    } cases[] = {
        {"a plain one", 301, 0, 1, TYPE_A, RCODE_NOERROR, 0, false, FOUND_PLAIN},
        {"ends before its RRset", 300, 0, 1, TYPE_A, RCODE_NOERROR, 0, false, FOUND_ENTRY},
        {"fetched anew at another time", 301, 200, 1, TYPE_A, RCODE_NOERROR, 0, false,
         FOUND_ENTRY},
        {"in another section", 301, 0, 0, TYPE_A, RCODE_NOERROR, 0, false, FOUND_ENTRY},
        {"of another type", 301, 0, 1, TYPE_ANY, RCODE_NOERROR, 0, false, FOUND_ENTRY},
        {"another rcode", 301, 0, 1, TYPE_A, RCODE_NXDOMAIN, 0, false, FOUND_ENTRY},
        {"made by a module", 301, 0, 1, TYPE_A, RCODE_NOERROR, MSG_FLAVOUR_MADE, false,
         FOUND_ENTRY},
        {"with a reason", 301, 0, 1, TYPE_A, RCODE_NOERROR, 0, true, FOUND_ENTRY},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct rrset *set = rrset_cache_replace(
            home->rrsets, set_of(home->arena, www, TRUST_ANSWER_AA, NOW), RRSET_PLAIN, NOW);
        struct reasons reasons = {.count = 1, .item = {{22, "why"}}};
        struct message message = {
            .rcode = cases[i].rcode,
            .count = {cases[i].answers, (uint16_t)(1 - cases[i].answers), 0},
            .rrsets = &set};
        struct msg_store what = {.message = &message,
                                 .question = &question,
                                 .flavour = cases[i].flavour,
                                 .reasons = cases[i].has_reasons ? &reasons : NULL,
                                 .ttl_s = cases[i].ttl_s,
                                 .prefetch_s = cases[i].prefetch_s,
                                 .now_s = NOW};
        const struct msg_entry *entry;

        question.qtype = cases[i].qtype;
        assert_int_equal(msg_cache_store(home->cache, &what), STATUS_OK);
        rrset_unref(set);
        entry = msg_cache_find(home->cache, &question, cases[i].flavour, NOW, 0);
        assert_non_null(entry);
        if (entry->is_plain != (cases[i].want == FOUND_PLAIN) ||
            entry->expires_s != NOW + cases[i].ttl_s || entry->rcode != cases[i].rcode)
            fail_msg("%s", cases[i].why);
        msg_entry_unref(entry);
        if (!msg_cache_drop(home->cache, &question, cases[i].flavour) ||
            msg_cache_drop(home->cache, &question, cases[i].flavour))
            fail_msg("%s: dropped once", cases[i].why);
    }
}

/* One takes the other's place, both ways. */
static void plain_or_not_the_newest_counts(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);
    struct message nothing = {.rcode = RCODE_NXDOMAIN};
    struct msg_store denial = {
        .message = &nothing, .question = &question, .ttl_s = 60, .now_s = NOW};

    store_plain(home, www, MSG_FLAVOUR_NONE, SEC_INSECURE, 0, NOW);
    assert_int_equal(msg_cache_store(home->cache, &denial), STATUS_OK);
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_ENTRY);
    msg_cache_drop_if(home->cache, is_failure, NULL);
    assert_true(msg_cache_drop(home->cache, &question, MSG_FLAVOUR_NONE));
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_NONE);

    assert_int_equal(msg_cache_store(home->cache, &denial), STATUS_OK);
    store_plain(home, www, MSG_FLAVOUR_NONE, SEC_INSECURE, 0, NOW);
    assert_int_equal(msg_cache_count(home->cache), 0);
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_PLAIN);
}

/* What became of the RRset, and of the answer. */
static void plain_answers_when_the_rrset_is_replaced(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);
    const struct rrset *old = store_plain(home, www, MSG_FLAVOUR_NONE, SEC_SECURE, 0, NOW),
                       *fresh;
    const struct msg_entry *entry;
    struct rrset *same = set_of(home->arena, www, TRUST_VALIDATED, NOW + 10);

    /* The same, found as good: still plain. */
    rrset_set_security(same, SEC_SECURE);
    fresh = rrset_cache_replace(home->rrsets, same, RRSET_PLAIN, NOW + 10);
    assert_ptr_not_equal(fresh, old);
    entry = find_www(home, MSG_FLAVOUR_NONE, NOW, 0);
    assert_true(entry->is_plain);
    assert_ptr_equal(entry->rrsets[0], fresh);
    assert_int_equal(entry->security, SEC_SECURE);
    msg_entry_unref(entry);
    rrset_unref(fresh);

    /* Another one that nobody has judged: the answer is what it was. */
    fresh = rrset_cache_replace(
        home->rrsets, set_of(home->arena, other_www, TRUST_ANSWER_AA, NOW), RRSET_PLAIN, NOW);
    rrset_unref(fresh);
    entry = find_www(home, MSG_FLAVOUR_NONE, NOW, 0);
    assert_non_null(entry);
    assert_false(entry->is_plain);
    assert_true(rrset_is_superseded(entry->rrsets[0]));
    assert_int_equal(entry->expires_s, NOW + 10 + 301);
    assert_int_equal(entry->security, SEC_SECURE);
    msg_entry_unref(entry);
    assert_int_equal(msg_cache_count(home->cache), 1);

    /* Dropped: likewise. Flushed: gone. */
    store_plain(home, www, MSG_FLAVOUR_NONE, SEC_INSECURE, 0, NOW);
    assert_int_equal(msg_cache_count(home->cache), 0);
    rrset_cache_drop(home->rrsets, question.qname, TYPE_A, CLASS_IN, RRSET_PLAIN);
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_ENTRY);
    store_plain(home, www, MSG_FLAVOUR_NONE, SEC_INSECURE, 0, NOW);
    rrset_cache_flush(home->rrsets);
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_NONE);
}

static bool is_answer(void *context, const struct msg_entry *entry)
{
    (void)context;
    return entry->count[SECTION_ANSWER] == 1 && entry->qtype == TYPE_A;
}

static void plain_answers_expire_and_go(void **state)
{
    struct home *home = *state;
    struct question question = question_of(home->arena, "www.example.", TYPE_A);
    const struct msg_entry *entry;

    store_plain(home, www, MSG_FLAVOUR_NONE, SEC_INSECURE, 0, NOW);
    assert_true(msg_cache_expire(home->cache, &question, MSG_FLAVOUR_NONE, NOW - 3));
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_NONE);
    entry = find_www(home, MSG_FLAVOUR_NONE, NOW, 4);
    assert_int_equal(entry->expires_s, NOW - 3);
    msg_entry_unref(entry);
    store_plain(home, www, MSG_FLAVOUR_NONE, SEC_INSECURE, 0, NOW);
    assert_int_equal(msg_cache_drop_if(home->cache, is_failure, NULL), 0);
    assert_int_equal(msg_cache_drop_if(home->cache, is_answer, NULL), 1);
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_NONE);
    store_plain(home, www, MSG_FLAVOUR_NONE, SEC_INSECURE, 0, NOW);
    msg_cache_flush(home->cache);
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_NONE);
}

/* With a memo it is an entry; not so when it was taken away meanwhile. */
static void plain_answers_with_a_memo(void **state)
{
    struct home *home = *state;
    struct msg_shown shown;
    struct msg_memo memo = {.generation = 1, .until_s = NOW + 301, .shown = &shown};
    const struct msg_entry *entry;

    memo.image[0] = slice_of("image", 5);
    store_plain(home, www, MSG_FLAVOUR_NONE, SEC_INSECURE, 0, NOW);
    entry = find_www(home, MSG_FLAVOUR_NONE, NOW, 0);
    assert_false(msg_cache_note_hit(home->cache, entry));
    msg_entry_unref(entry);
    entry = find_www(home, MSG_FLAVOUR_NONE, NOW, 0);
    assert_true(msg_cache_note_hit(home->cache, entry));
    shown = (struct msg_shown){entry->rrsets[0], SEC_INSECURE};
    assert_int_equal(msg_cache_keep_memo(home->cache, entry, &memo), STATUS_OK);
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_ENTRY);
    assert_int_equal(msg_cache_count(home->cache), 1);
    msg_cache_flush(home->cache);
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_NONE); /* the mark had gone */
    assert_int_equal(msg_cache_keep_memo(home->cache, entry, &memo), STATUS_LIMIT);
    assert_int_equal(look_for_www(home, MSG_FLAVOUR_NONE), FOUND_NONE);
    assert_int_equal(msg_cache_count(home->cache), 0);
    msg_entry_unref(entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(comes_back_as_stored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_of_all_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_finds_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgotten_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(references, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unpublished_sets_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(already_expired, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dropping_and_expiring, set_up, tear_down),
        cmocka_unit_test_setup_teardown(plain_answers_take_no_entry, set_up_plain, tear_down),
        cmocka_unit_test_setup_teardown(answers_that_are_not_plain, set_up_plain, tear_down),
        cmocka_unit_test_setup_teardown(plain_or_not_the_newest_counts, set_up_plain,
                                        tear_down),
        cmocka_unit_test_setup_teardown(plain_answers_when_the_rrset_is_replaced, set_up_plain,
                                        tear_down),
        cmocka_unit_test_setup_teardown(plain_answers_expire_and_go, set_up_plain, tear_down),
        cmocka_unit_test_setup_teardown(plain_answers_with_a_memo, set_up_plain, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
