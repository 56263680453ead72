/*
 * nsec3_test.c - hashes of RFC 5155 appendix A, spans of hashes, and what the search for a
 * closest encloser may cost.
 */
#include "validator/nsec3.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "validator/denial_for_tests.h"

static const char *hash_text(struct lab *lab, const uint8_t *hash)
{
    struct text text = text_in(lab->arena);

    text_add_base32hex(&text, slice_of(hash, NSEC3_HASH_SIZE));
    return text_done(&text);
}

static struct nsec3_work work_of(struct lab *lab)
{
    return (struct nsec3_work){.rules = &lab->rules,
                               .memo = nsec3_memo_new(lab->arena),
                               .crypto = lab->crypto,
                               .budget = lab->budget};
}

static void names_hash_as_in_the_rfc(void **state)
{
    static const struct {
        const char *name, *hash;
    } cases[] = {
        {"example.", H_APEX},        {"a.example.", H_A},     {"ai.example.", H_AI},
        {"ns1.example.", H_NS1},     {"ns2.example.", H_NS2}, {"w.example.", H_W},
        {"*.w.example.", H_STAR},    {"x.w.example.", H_X_W}, {"y.w.example.", H_Y_W},
        {"x.y.w.example.", H_X_Y_W}, {"xx.example.", H_XX},   {"XX.Example.", H_XX},
        {H_NS1 ".example.", H_HASH},
    };
    struct lab *lab = *state;
    struct nsec3_work work = work_of(lab);
    struct nsec3 like;

    assert_int_equal(
        nsec3_read(lab_set(lab, APEX3), lab_name(lab, "example."), &lab->rules, &like),
        NSEC3_USABLE);
    for (size_t i = 0; i < COUNT(cases); i++) {
        const uint8_t *hash = nsec3_hash_of(&work, lab_name(lab, cases[i].name), &like);

        assert_non_null(hash);
        assert_string_equal(hash_text(lab, hash), cases[i].hash);
    }
}

static void spans_of_hashes(void **state)
{
    static const struct {
        const char *why;
        uint8_t owner, next, hash;
        bool matches, covers;
    } cases[] = {
        {"between", 10, 20, 15, false, true},
        {"the owner", 10, 20, 10, true, false},
        {"the next one is there", 10, 20, 20, false, false},
        {"before", 10, 20, 9, false, false},
        {"behind", 10, 20, 21, false, false},
        {"the last span, behind the owner", 200, 10, 201, false, true},
        {"the last span, before the first", 200, 10, 9, false, true},
        {"the last span's next is there", 200, 10, 10, false, false},
        {"not in the last span", 200, 10, 100, false, false},
        {"alone: covers all others", 100, 100, 99, false, true},
        {"alone: but not itself", 100, 100, 100, true, false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t next[NSEC3_HASH_SIZE] = {[19] = cases[i].next};
        uint8_t hash[NSEC3_HASH_SIZE] = {[19] = cases[i].hash};
        struct nsec3 nsec3 = {.hash = {[19] = cases[i].owner}, .next = {next, sizeof(next)}};

        print_message("%s\n", cases[i].why);
        assert_int_equal(nsec3_hash_matches(&nsec3, hash), cases[i].matches);
        assert_int_equal(nsec3_hash_covers(&nsec3, hash), cases[i].covers);
    }
}

static void rules_come_from_pairs(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint16_t iterations_max;
    } cases[] = {
        {"1024 50 2048 50 4096 50", true, 50},
        {"1024 150 2048 500 4096 2500", true, 2500},
        {"1024 150", true, 150},
        {"  1024\t0  ", true, 0},
        {"1024", false, 0},
        {"", false, 0},
        {"1024 many", false, 0},
        {"1024 -1", false, 0},
        {"1024 65536", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct nsec3_rules rules = {9999, 0};

        print_message("'%s'\n", cases[i].text);
        assert_int_equal(nsec3_rules_from_text(cases[i].text, &rules), cases[i].good);
        assert_int_equal(rules.iterations_max, cases[i].good ? cases[i].iterations_max : 9999);
    }
}

static void a_name_is_hashed_once(void **state)
{
    struct lab *lab = *state;
    struct nsec3_work work, again;
    struct nsec3 like, other, older;
    struct dname zone = lab_name(lab, "example.");
    uint32_t used;

    lab_new_budget(lab);
    work = work_of(lab);
    nsec3_read(lab_set(lab, APEX3), zone, &lab->rules, &like);
    nsec3_read(lab_set(lab, H_NS1 ".example. 1 IN NSEC3 1 0 12 - " H_A " A"), zone, &lab->rules,
               &other);
    nsec3_read(lab_set(lab, H_NS1 ".example. 1 IN NSEC3 1 0 1 aabbccdd " H_A " A"), zone,
               &lab->rules, &older);
    assert_non_null(nsec3_hash_of(&work, zone, &like));
    used = lab_blocks_used(lab);
    assert_int_equal(used, 13);
    again = work;
    assert_non_null(nsec3_hash_of(&again, lab_name(lab, "EXAMPLE."), &like));
    assert_int_equal(lab_blocks_used(lab), used);
    assert_non_null(nsec3_hash_of(&again, zone, &other)); /* another salt, another hash */
    assert_int_equal(lab_blocks_used(lab), 2 * used);
    assert_non_null(nsec3_hash_of(&work, zone, &older)); /* as have other iterations */
    assert_int_equal(lab_blocks_used(lab), 2 * used + 2);
}

/* ---- what the search costs ---- */

/* A name of so many labels below the zone, each of one letter or nibble. */
static struct dname deep_name(struct lab *lab, unsigned labels, const char *zone)
{
    struct text text = text_in(lab->arena);

    for (unsigned i = 0; i < labels; i++)
        text_printf(&text, "%x.", (i * 7 + 3) % 16);
    text_add(&text, zone);
    return lab_name(lab, text_done(&text));
}

static void step(uint8_t hash[NSEC3_HASH_SIZE], int by)
{
    hash[NSEC3_HASH_SIZE - 1] = (uint8_t)(hash[NSEC3_HASH_SIZE - 1] + by);
}

/* The record that matches a name and has these types, or (NULL) the one that just covers it. */
static void add_record(struct lab *lab, struct denial *denial, struct dname name,
                       uint16_t iterations, const char *types)
{
    bool covers = types == NULL;
    uint8_t owner[NSEC3_HASH_SIZE], next[NSEC3_HASH_SIZE];
    char zone[DNAME_TEXT_MAX];

    ASSERT(nsec3_hash(lab->crypto, name, slice_of("", 0), iterations, owner) == STATUS_OK);
    memcpy(next, owner, sizeof(next));
    if (covers)
        step(owner, -1);
    step(next, 1);
    denial_add(
        denial,
        lab_set(lab, arena_printf(lab->arena, "%s.%s 1 IN NSEC3 1 0 %u - %s %s",
                                  hash_text(lab, owner), dname_to_text(denial->zone, zone),
                                  iterations, hash_text(lab, next), covers ? "A" : types)),
        false);
}

static const struct {
    const char *why, *zone;
    unsigned labels, encloser_labels; /* below the zone */
    uint16_t iterations;
    const char *words;
    uint32_t blocks_max;
} searches[] = {
    {"24 labels, the parent is there: the legitimate worst", "8.b.d.0.1.0.0.2.ip6.arpa.", 24,
     23, 50, "name", 2000},
    {"24 labels, nothing below the apex", "8.b.d.0.1.0.0.2.ip6.arpa.", 24, 0, 50, "name", 200},
    {"32 labels under ip6.arpa itself", "ip6.arpa.", 32, 31, 50, "name", 2000},
    {"120 labels, nothing below the apex", "example.", 120, 0, 50, "name", 200},
    {"120 labels, the parent is there: 50 iterations are no use to anybody", "example.", 120,
     119, 50, "bogus limit=nsec3", 2000},
    {"120 labels without iterations, as RFC 9276 wants it", "example.", 120, 119, 0, "name",
     600},
};

static void the_search_is_bounded(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(searches); i++) {
        struct dname name = deep_name(lab, searches[i].labels, searches[i].zone);
        struct denial denial = lab_denial(lab, searches[i].zone, "");
        unsigned zone_labels = denial.zone.labels;
        struct dname encloser =
            dname_ancestor(name, (uint8_t)(zone_labels + searches[i].encloser_labels));
        char text[DNAME_TEXT_MAX];
        struct proof proof;

        print_message("%s\n", searches[i].why);
        lab_new_budget(lab);
        denial.hash.budget = lab->budget;
        add_record(lab, &denial, encloser, searches[i].iterations, "");
        add_record(lab, &denial, dname_ancestor(name, (uint8_t)(encloser.labels + 1)),
                   searches[i].iterations, NULL);
        add_record(
            lab, &denial,
            lab_name(lab, arena_printf(lab->arena, "*.%s", dname_to_text(encloser, text))),
            searches[i].iterations, NULL);
        proof = denial_of_name(&denial, name);
        assert_string_equal(lab_words(lab, &proof), searches[i].words);
        assert_true(lab_blocks_used(lab) <= searches[i].blocks_max);
        assert_int_equal(proof.exhausted, proof.what == DENIED_NOTHING);
    }
}

/* RFC 5155 section 8.3: who may be the closest encloser. */
static void enclosers_are_of_the_zone(void **state)
{
    static const struct {
        const char *why, *name, *types, *words;
    } cases[] = {
        {"an empty non-terminal", "b.example.", "", "name"},
        {"a name with data", "b.example.", "A RRSIG", "name"},
        {"a delegation: what is below is the child's", "b.example.", "NS",
         "bogus proof=no-cover"},
        {"a signed one as well", "b.example.", "NS DS RRSIG", "bogus proof=no-cover"},
        {"a DNAME: what is below is somewhere else", "b.example.", "DNAME RRSIG",
         "bogus proof=no-cover"},
        {"the apex, which has NS", "example.", "NS SOA RRSIG", "name"},
    };
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct denial denial = lab_denial(lab, "example.", "");
        const char *below = arena_printf(lab->arena, "nx.%s", cases[i].name);
        struct proof proof;

        print_message("%s\n", cases[i].why);
        lab_new_budget(lab);
        denial.hash.budget = lab->budget;
        add_record(lab, &denial, lab_name(lab, cases[i].name), 0, cases[i].types);
        add_record(lab, &denial, lab_name(lab, below), 0, NULL);
        add_record(lab, &denial, lab_name(lab, arena_printf(lab->arena, "*.%s", cases[i].name)),
                   0, NULL);
        proof = denial_of_name(&denial, lab_name(lab, below));
        assert_string_equal(lab_words(lab, &proof), cases[i].words);
        proof = denial_of_ds(&denial, lab_name(lab, below));
        assert_int_equal(proof.what == DENIED_CUT, strcmp(cases[i].words, "name") == 0);
    }
}

/* A restart, or the next question of the same query, pays nothing again. */
static void a_memo_is_kept_over_answers(void **state)
{
    struct lab *lab = *state;
    struct nsec3_memo *memo = nsec3_memo_new(lab->arena);
    uint32_t used = 0;

    lab_new_budget(lab);
    for (unsigned round = 0; round < 5; round++) {
        struct denial denial;
        struct proof proof;

        denial_begin(&denial, lab_name(lab, "example."), &lab->rules, memo, lab->crypto,
                     lab->budget, lab->arena);
        denial_add(&denial, lab_set(lab, X_W3), false);
        denial_add(&denial, lab_set(lab, APEX3), false);
        denial_add(&denial, lab_set(lab, A3), false);
        proof = denial_of_name(&denial, lab_name(lab, "a.c.x.w.example."));
        assert_string_equal(lab_words(lab, &proof), "name opt-out");
        assert_true(round == 0 || lab_blocks_used(lab) == used);
        used = lab_blocks_used(lab);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_hash_as_in_the_rfc),
        cmocka_unit_test(spans_of_hashes),
        cmocka_unit_test(rules_come_from_pairs),
        cmocka_unit_test(a_name_is_hashed_once),
        cmocka_unit_test(the_search_is_bounded),
        cmocka_unit_test(enclosers_are_of_the_zone),
        cmocka_unit_test(a_memo_is_kept_over_answers),
    };

    return cmocka_run_group_tests_name("nsec3", tests, lab_set_up, lab_tear_down);
}
