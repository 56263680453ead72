/*
 * rollover_fuzz.c - any course of a trust point: keys come, go, sign and revoke themselves in
 * any order, days pass, the daemon is started anew; what RFC 5011 promises holds all along.
 *
 * Four octets a step: days and restart, keys that are published, which of them as revoked, who
 * signs. What holds is written down here once more, without the machine's own words.
 */
#include <string.h>

#include "validator/rfc5011_text.h"
#include "validator/signed_for_tests.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KEYS = 4, STEPS_MAX = 24, DAY_S = 86400, BEGIN_S = 1790000000, HOLD_DAYS = 30 };

/* What is known of a key from outside. */
struct story {
    bool was_trusted, is_revoked;
    int64_t shown_since_s; /* in each good set since then; 0: not in the last one */
    int64_t last_shown_s;  /* in a good set, in whatever form */
};

struct course {
    struct arena *arena;
    struct check_for_tests test;
    struct signer keys[KEYS], revoked[KEYS];
    struct story story[KEYS];
    struct rfc5011_point *point;
    struct rfc5011_rules rules;
    int64_t now_s;
};

struct step {
    unsigned days, published, revoked, signers;
    bool restart;
};

static void begin(struct course *course)
{
    const struct crypto_policy policy = {.sha1 = false};
    struct rfc5011_key *key;

    course->arena = arena_new(0);
    check_init(&course->test, course->arena, &policy);
    course->now_s = BEGIN_S;
    course->rules = (struct rfc5011_rules){.add_holddown_s = HOLD_DAYS * DAY_S,
                                           .del_holddown_s = HOLD_DAYS * DAY_S,
                                           .keep_missing_s = 366 * DAY_S};
    for (uint8_t i = 0; i < KEYS; i++) {
        signer_init(&course->keys[i], course->arena, "example.", (uint8_t)(i + 1), 257);
        signer_init(&course->revoked[i], course->arena, "example.", (uint8_t)(i + 1), 385);
    }
    course->point = rfc5011_new(course->keys[0].zone, CLASS_IN);
    ASSERT(rfc5011_add_key(course->point,
                           slice_of(course->keys[0].rdata, sizeof(course->keys[0].rdata)), 300,
                           RFC5011_VALID, &key) == STATUS_OK);
    course->story[0].was_trusted = true;
}

static void end(struct course *course)
{
    for (int i = 0; i < KEYS; i++) {
        signer_clear(&course->keys[i]);
        signer_clear(&course->revoked[i]);
    }
    rfc5011_free(course->point);
    check_clear(&course->test);
    arena_free(course->arena);
}

static const struct rfc5011_key *key_of(const struct course *course, int i)
{
    for (const struct rfc5011_key *key = course->point->keys; key != NULL; key = key->next)
        if (memcmp(key->rdata + 4, course->keys[i].rdata + 4, 32) == 0)
            return key;
    return NULL;
}

static bool is_trusted(const struct course *course, int i)
{
    const struct rfc5011_key *key = key_of(course, i);

    return key != NULL && rfc5011_is_trusted(key);
}

static const struct signer *form_of(const struct course *course, const struct step *step, int i)
{
    return (step->revoked & BIT(i)) != 0 ? &course->revoked[i] : &course->keys[i];
}

static const struct rrset *set_of(struct course *course, const struct step *step)
{
    const struct signer *published[KEYS];
    struct slice signatures[KEYS];
    struct how_signed how = {.begin_s = (uint32_t)(course->now_s - DAY_S),
                             .end_s = (uint32_t)(course->now_s + DAY_S)};
    size_t count = 0, signed_by = 0;
    struct rrset *set;

    for (int i = 0; i < KEYS; i++)
        if ((step->published & BIT(i)) != 0)
            published[count++] = form_of(course, step, i);
    if (count == 0)
        return NULL;
    set = dnskeys_of(course->arena, published, count);
    for (int i = 0; i < KEYS; i++)
        if ((step->signers & BIT(i)) != 0)
            signatures[signed_by++] = sign(form_of(course, step, i), course->arena, set, &how);
    return with_rrsigs(course->arena, set, signatures, signed_by);
}

/* As the daemon ends and begins: all that stays is the text. */
static void restart(struct course *course)
{
    struct anchor_fault fault = {0};
    char *text = rfc5011_write(course->point, course->arena);

    rfc5011_free(course->point);
    ASSERT(rfc5011_read(text, course->arena, &course->point, &fault) == STATUS_OK);
}

/* RFC 5011 section 2.1: published as revoked, and signed by itself. */
static bool revokes_itself(const struct step *step, int i)
{
    return (step->published & step->revoked & step->signers & BIT(i)) != 0;
}

/* Who may have made the set good: a key that was trusted before, or whose hold-down is over. */
static bool has_good_signer(const struct course *course, const struct step *step,
                            const bool *trusted)
{
    for (int i = 0; i < KEYS; i++) {
        const struct story *story = &course->story[i];
        bool is_ripe = story->shown_since_s != 0 && !story->is_revoked &&
                       course->now_s - story->shown_since_s >= HOLD_DAYS * DAY_S;

        if ((step->signers & BIT(i)) != 0 && (step->revoked & BIT(i)) == 0 &&
            (trusted[i] || is_ripe))
            return true;
    }
    return false;
}

static void check_key(struct course *course, const struct step *step, int i, bool was_trusted,
                      bool is_good)
{
    struct story *story = &course->story[i];
    const struct rfc5011_key *key = key_of(course, i);
    bool shown = (step->published & BIT(i)) != 0;

    if (was_trusted && revokes_itself(step, i))
        story->is_revoked = true;
    if (key == NULL && story->is_revoked)
        ASSERT(course->now_s - story->last_shown_s >= HOLD_DAYS * DAY_S);
    if (story->is_revoked) {
        ASSERT(key == NULL || key->state == RFC5011_REVOKED);
        story->is_revoked = key != NULL; /* forgotten: it would be a new one */
    }
    /* Section 2.4.1: no trust before the hold-down is over. */
    if (is_trusted(course, i) && !was_trusted) {
        ASSERT(is_good && shown && story->shown_since_s != 0);
        ASSERT(course->now_s - story->shown_since_s >= HOLD_DAYS * DAY_S);
    }
    if (!is_good)
        return;
    if (shown)
        story->last_shown_s = course->now_s;
    if (!shown || (step->revoked & BIT(i)) != 0 || story->is_revoked)
        story->shown_since_s = 0;
    else if (story->shown_since_s == 0)
        story->shown_since_s = course->now_s;
}

static bool run_step(struct course *course, const struct step *step)
{
    struct rfc5011_event event = {.rules = &course->rules, .check = &course->test.check};
    bool trusted[KEYS];
    struct key_verdict verdict;
    enum rfc5011_seen seen;

    course->now_s += (int64_t)step->days * DAY_S;
    if (step->restart)
        restart(course);
    course->test.check.wall_s = event.wall_s = event.mono_s = course->now_s;
    for (int i = 0; i < KEYS; i++)
        trusted[i] = is_trusted(course, i);
    seen = rfc5011_see(course->point, &event, set_of(course, step), &verdict);
    if (verdict.security == SEC_SECURE)
        zone_keys_unref(verdict.keys);
    ASSERT((seen == RFC5011_DELETED) == course->point->deleted);
    ASSERT(course->point->deleted == !rfc5011_has_trust(course->point));
    if (seen == RFC5011_GOOD)
        ASSERT(has_good_signer(course, step, trusted));
    for (int i = 0; i < KEYS; i++)
        check_key(course, step, i, trusted[i], seen == RFC5011_GOOD);
    return seen != RFC5011_DELETED;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct course course = {0};
    struct budget_limits limits;
    bool goes_on = true;

    begin(&course);
    budget_limits_default(&limits);
    for (size_t at = 0; goes_on && at + 4 <= size && at < (size_t)4 * STEPS_MAX; at += 4) {
        const struct step step = {.days = data[at] & 0x3f,
                                  .restart = (data[at] & 0x80) != 0,
                                  .published = data[at + 1],
                                  .revoked = data[at + 2],
                                  .signers = data[at + 3]};

        budget_unref(course.test.check.budget); /* each question has one of its own */
        course.test.check.budget = budget_new(&limits, 0);
        goes_on = run_step(&course, &step);
    }
    end(&course);
    return 0;
}
