/*
 * rfc5011.h - one trust point of RFC 5011: a zone whose trusted keys follow its rollovers.
 *
 * A story: the operator gives a key or a DS (auto-trust-anchor-file), rfc5011_text.c reads it.
 * Each time the zone's DNSKEY set was fetched, rfc5011_see judges it by the keys that are
 * trusted now and learns from it: a new key waits for a month before it counts, a key that
 * revokes itself never counts again. What came of it goes back into the file as text. No clock,
 * no file and no question to anybody here; trust_points.c has the files, lib/keeper.c the
 * questions.
 *
 * A point belongs to one thread. What others need to know of it they get as struct anchors.
 */
#ifndef TREESHREW_VALIDATOR_RFC5011_H
#define TREESHREW_VALIDATOR_RFC5011_H

#include "validator/key_match.h"

/* Keys that one zone may have at a time; more are not taken up until others are gone. */
enum { RFC5011_KEYS_MAX = 32 };

/* RFC 5011 section 4: RFC5011_STATE(name, number in the file, words in the file). */
#define RFC5011_STATE_LIST(STATE)                                                              \
    STATE(START, 0, "[  START  ]")                                                             \
    STATE(ADDPEND, 1, "[ ADDPEND ]")                                                           \
    STATE(VALID, 2, "[  VALID  ]")                                                             \
    STATE(MISSING, 3, "[ MISSING ]")                                                           \
    STATE(REVOKED, 4, "[ REVOKED ]")                                                           \
    STATE(REMOVED, 5, "[ REMOVED ]")

enum rfc5011_state {
#define STATE(name, number, words) RFC5011_##name = number,
    RFC5011_STATE_LIST(STATE)
#undef STATE
        RFC5011_STATES
};

/** Times that the operator may change, in seconds; 0 of keep_missing: for ever. */
struct rfc5011_rules {
    int64_t add_holddown_s, del_holddown_s, keep_missing_s;
    bool small_holddown; /* also ask more often than once an hour, for tests */
};

struct rfc5011_key {
    struct rfc5011_key *next;
    enum rfc5011_state state;
    uint32_t ttl_s;
    unsigned seen;     /* pending: in how many validated sets */
    int64_t changed_s; /* when it came into its state; 0: given by the operator, not seen yet */
    bool in_set;       /* in the set that is looked at, and not as revoked */
    bool shown;        /* in it in either form */
    uint16_t size;
    uint8_t rdata[]; /* with the REVOKE bit when revoked */
};

/** A DS that the operator gave; gone as soon as keys took its place. */
struct rfc5011_ds {
    struct rfc5011_ds *next;
    uint16_t size;
    uint8_t rdata[];
};

struct rfc5011_point {
    struct dname zone;
    uint8_t zone_octets[DNAME_MAX];
    uint16_t rrclass;
    struct rfc5011_key *keys; /* the newest first */
    struct rfc5011_ds *ds;
    bool built_in; /* nobody gave it: the root's of the program */
    bool deleted;  /* RFC 5011 section 5: all keys were revoked */
    int64_t last_queried_s, last_success_s, next_probe_s; /* wall clock, 0: never */
    uint32_t failed; /* sets that could not be validated since the last good one */
    uint32_t query_interval_s, retry_s;
    /* Both clocks when a set was last good. The signatures were in time then, so the wall clock
     * was about right; a day and more by which the two differ now is a clock that was set. */
    bool has_clock;
    int64_t clock_wall_s, clock_mono_s;
};

/** @return NULL: no memory. */
struct rfc5011_point *rfc5011_new(struct dname zone, uint16_t rrclass);
void rfc5011_free(struct rfc5011_point *point);

/**
 * Adds a key, as the newest, or a DS. A key that is there already only changes its
 * state; one that is revoked stays so.
 * STATUS_NO_MEMORY; STATUS_LIMIT: RFC5011_KEYS_MAX.
 */
enum status rfc5011_add_key(struct rfc5011_point *point, struct slice rdata, uint32_t ttl_s,
                            enum rfc5011_state state, struct rfc5011_key **out);
enum status rfc5011_add_ds(struct rfc5011_point *point, struct slice rdata);

/** "VALID", "ADDPEND" ... */
const char *rfc5011_state_word(enum rfc5011_state state);

/** RFC 5011 section 4.2: valid and missing keys are trusted. */
static inline bool rfc5011_is_trusted(const struct rfc5011_key *key)
{
    return key->state == RFC5011_VALID || key->state == RFC5011_MISSING;
}

/** False: nothing is trusted any more. */
bool rfc5011_has_trust(const struct rfc5011_point *point);

enum rfc5011_seen {
    RFC5011_GOOD,    /* verdict: secure with keys (or insecure: an algorithm nobody knows) */
    RFC5011_BAD,     /* verdict: bogus, or no memory */
    RFC5011_DELETED, /* the last trusted key was revoked; no verdict */
};

struct rfc5011_event {
    const struct rfc5011_rules *rules;
    const struct sig_check *check;
    int64_t wall_s, mono_s;
    int64_t jump_s;     /* rfc5011.c's own */
    bool trust_changed; /* out: other keys are trusted than before */
    bool changed;       /* out: the text is another one ... */
    bool moved;         /* out: ... and not only its times and counts */
};

/**
 * Looks at a DNSKEY set of the zone.
 * @param dnskeys NULL: an answer without one. Need not be validated.
 * @param verdict as keys_verify_by_anchor; its keys are the caller's.
 */
enum rfc5011_seen rfc5011_see(struct rfc5011_point *point, struct rfc5011_event *event,
                              const struct rrset *dnskeys, struct key_verdict *verdict);

/** A probe begins: the next one is due after the retry time, unless this one has success.
 *  @param random a fresh number; probes of many resolvers shall not come at one time. */
void rfc5011_probe_begins(struct rfc5011_point *point, const struct rfc5011_rules *rules,
                          int64_t wall_s, uint32_t random);

/** A set was good: the next probe is due after the query interval. */
void rfc5011_probe_later(struct rfc5011_point *point, int64_t wall_s, uint32_t random);

/** Seconds until the next probe, 0: it is due. Never longer than it could have been set: the
 *  clock was set back then. INT64_MAX: deleted. */
int64_t rfc5011_wait_s(const struct rfc5011_point *point, int64_t wall_s);

#endif
