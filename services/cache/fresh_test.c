/*
 * fresh_test.c - the age policy in numbers.
 */
#include "services/cache/fresh.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "services/cache/sets_for_tests.h"

static const struct {
    const char *why;
    uint32_t least_s, most_s, ttl_s;
    uint16_t type;
    enum trust trust;
    uint32_t want_s;
} bounds[] = {
    {"in between", 0, 86400, 300, TYPE_A, TRUST_ANSWER_AA, 300},
    {"above the cap", 0, 86400, 86401, TYPE_A, TRUST_ANSWER_AA, 86400},
    {"0 stays 0", 0, 86400, 0, TYPE_A, TRUST_ANSWER_AA, 0},
    {"RFC 2181 section 8: top bit", 0, 86400, 0x80000000, TYPE_A, TRUST_ANSWER_AA, 0},
    {"RFC 2181 section 8: largest", 0, 0x7fffffff, 0x7fffffff, TYPE_A, TRUST_ANSWER_AA,
     0x7fffffff},
    {"raised to the floor", 60, 86400, 5, TYPE_A, TRUST_ANSWER_AA, 60},
    {"the cap wins over a floor above it", 600, 300, 5, TYPE_A, TRUST_ANSWER_AA, 300},
    {"no floor for NS of a referral", 60, 86400, 5, TYPE_NS, TRUST_AUTHORITY, 5},
    {"no floor for NS of the child", 60, 86400, 5, TYPE_NS, TRUST_ANSWER_AA, 5},
    {"no floor for DS", 60, 86400, 5, TYPE_DS, TRUST_AUTHORITY_AA, 5},
    {"no floor for glue", 60, 86400, 5, TYPE_A, TRUST_ADDITIONAL, 5},
    {"no floor for glue, IPv6", 60, 86400, 5, TYPE_AAAA, TRUST_ADDITIONAL_AA, 5},
    {"an address behind an alias is no glue", 60, 86400, 5, TYPE_AAAA, TRUST_ANSWER, 60},
    {"the cap holds for NS", 0, 3600, 86400, TYPE_NS, TRUST_AUTHORITY, 3600},
};

static void ttl_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bounds); i++) {
        struct cache_options options = {.cache_min_ttl = bounds[i].least_s,
                                        .cache_max_ttl = bounds[i].most_s};

        if (fresh_ttl_s(&options, bounds[i].ttl_s, bounds[i].type, bounds[i].trust) !=
            bounds[i].want_s)
            fail_msg("%s", bounds[i].why);
    }
}

static const struct {
    const char *why, *soa;
    uint32_t least_s, most_s, want_s;
} negatives[] = {
    {"MINIMUM is less", "e. 3600 IN SOA a. b. 1 2 3 4 300", 0, 3600, 300},
    {"the SOA's own TTL is less", "e. 60 IN SOA a. b. 1 2 3 4 300", 0, 3600, 60},
    {"above the cap", "e. 86400 IN SOA a. b. 1 2 3 4 86400", 0, 3600, 3600},
    {"raised to the floor", "e. 86400 IN SOA a. b. 1 2 3 4 5", 30, 3600, 30},
    {"MINIMUM with the top bit", "e. 86400 IN SOA a. b. 1 2 3 4 2147483648", 0, 3600, 0},
    {"RFC 2308 section 5: no SOA, no caching, whatever the floor", NULL, 30, 3600, 0},
    {"not a SOA", "e. 3600 IN A 192.0.2.1", 30, 3600, 0},
};

static void negative_ttl(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(negatives); i++) {
        struct cache_options options = {.cache_min_negative_ttl = negatives[i].least_s,
                                        .cache_max_negative_ttl = negatives[i].most_s};
        const struct rrset *soa = negatives[i].soa == NULL ? NULL
                                                           : set_of(arena, negatives[i].soa,
                                                                    TRUST_AUTHORITY_AA, 1000);

        if (fresh_negative_ttl_s(&options, soa) != negatives[i].want_s)
            fail_msg("%s: %u", negatives[i].why, (unsigned)fresh_negative_ttl_s(&options, soa));
    }
    arena_free(arena);
}

/* RFC 8767 section 5 */
static void staleness(void **state)
{
    struct cache_options options = {.serve_expired = false, .serve_expired_ttl = 86400};

    (void)state;
    assert_int_equal(fresh_stale_s(&options), 0);
    options.serve_expired = true;
    assert_int_equal(fresh_stale_s(&options), 86400);
    options.serve_expired_ttl = 0;
    assert_int_equal(fresh_stale_s(&options), UINT32_MAX);
}

static void prefetch(void **state)
{
    struct cache_options options = {.prefetch = false};

    (void)state;
    assert_int_equal(fresh_prefetch_s(&options, 100), 0);
    options.prefetch = true;
    assert_int_equal(fresh_prefetch_s(&options, 100), 90);
    assert_int_equal(fresh_prefetch_s(&options, 99), 89);
    assert_int_equal(fresh_prefetch_s(&options, 1), 0);
    assert_int_equal(fresh_prefetch_s(&options, 0), 0);
    assert_int_equal(fresh_prefetch_s(&options, UINT32_MAX), 3865470565u);
}

/* RFC 9520 section 3.2 */
static void failure_back_off(void **state)
{
    static const uint32_t want_s[] = {5, 10, 20, 40, 60, 60};
    struct cache_options options = {.failure_ttl = 5, .failure_ttl_max = 60};
    uint32_t ttl_s = 0;

    (void)state;
    for (size_t i = 0; i < COUNT(want_s); i++) {
        ttl_s = fresh_failure_ttl_s(&options, ttl_s);
        assert_int_equal(ttl_s, want_s[i]);
    }
    assert_int_equal(fresh_failure_ttl_s(&options, UINT32_MAX), 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ttl_bounds),       cmocka_unit_test(negative_ttl),
        cmocka_unit_test(staleness),        cmocka_unit_test(prefetch),
        cmocka_unit_test(failure_back_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
