/*
 * denial_for_tests.h - the signed zones of RFC 4035 and RFC 5155, and records of other zones,
 * for the tests of denial.
 *
 * Included by *_test.c only. Records stand as text, one a line, the way the RFCs print them.
 */
#ifndef TREESHREW_VALIDATOR_DENIAL_FOR_TESTS_H
#define TREESHREW_VALIDATOR_DENIAL_FOR_TESTS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/wire/text_rr.h"
#include "validator/denial.h"

/* RFC 4035 appendix A. */
#define APEX  "example. 3600 IN NSEC a.example. NS SOA MX RRSIG NSEC DNSKEY\n"
#define A     "a.example. 3600 IN NSEC ai.example. NS DS RRSIG NSEC\n"
#define AI    "ai.example. 3600 IN NSEC b.example. A HINFO AAAA RRSIG NSEC\n"
#define B     "b.example. 3600 IN NSEC ns1.example. NS RRSIG NSEC\n"
#define NS1   "ns1.example. 3600 IN NSEC ns2.example. A RRSIG NSEC\n"
#define NS2   "ns2.example. 3600 IN NSEC *.w.example. A RRSIG NSEC\n"
#define STAR  "*.w.example. 3600 IN NSEC x.w.example. MX RRSIG NSEC\n"
#define X_W   "x.w.example. 3600 IN NSEC x.y.w.example. MX RRSIG NSEC\n"
#define X_Y_W "x.y.w.example. 3600 IN NSEC xx.example. MX RRSIG NSEC\n"
#define XX    "xx.example. 3600 IN NSEC example. A HINFO AAAA RRSIG NSEC\n"

/* RFC 5155 appendix A; the names say whose hash the owner is. */
#define N3(owner, next, types)                                                                 \
    owner ".example. 3600 IN NSEC3 1 1 12 aabbccdd " next " " types "\n"
#define H_APEX  "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"
#define H_NS1   "2t7b4g4vsa5smi47k61mv5bv1a22bojr"
#define H_X_Y_W "2vptu5timamqttgl4luu9kg21e0aor3s"
#define H_A     "35mthgpgcu1qg68fab165klnsnk3dpvl"
#define H_X_W   "b4um86eghhds6nea196smvmlo4ors995"
#define H_AI    "gjeqe526plbf1g8mklp59enfd789njgi"
#define H_Y_W   "ji6neoaepv8b5o6k4ev33abha8ht9fgc"
#define H_W     "k8udemvp1j2f7eg6jebps17vp3n8i58h"
#define H_HASH  "kohar7mbb8dc2ce8a9qvl8hon4k53uhi"
#define H_NS2   "q04jkcevqvmu85r014c7dkba38o0ji5r"
#define H_STAR  "r53bq7cc2uvmubfu5ocmm6pers9tk9en"
#define H_XX    "t644ebqk9bibcna874givr6joj62mlhv"
#define APEX3   N3(H_APEX, H_NS1, "MX DNSKEY NS SOA NSEC3PARAM RRSIG")
#define NS1_3   N3(H_NS1, H_X_Y_W, "A RRSIG")
#define X_Y_W3  N3(H_X_Y_W, H_A, "MX RRSIG")
#define A3      N3(H_A, H_X_W, "NS DS RRSIG")
#define X_W3    N3(H_X_W, H_AI, "MX RRSIG")
#define AI3     N3(H_AI, H_Y_W, "HINFO A AAAA RRSIG")
#define Y_W3    N3(H_Y_W, H_W, "")
#define W3      N3(H_W, H_HASH, "")
#define NS2_3   N3(H_NS2, H_STAR, "A RRSIG")
#define STAR3   N3(H_STAR, H_XX, "MX RRSIG")
#define XX3     N3(H_XX, H_APEX, "HINFO A AAAA RRSIG")

/* What every test of denial has. */
struct lab {
    struct arena *arena;
    struct crypto *crypto;
    struct budget *budget;
    struct nsec3_rules rules;
};

static inline void lab_new_budget(struct lab *lab)
{
    struct budget_limits limits;

    budget_limits_default(&limits);
    budget_unref(lab->budget);
    lab->budget = budget_new(&limits, 0);
    ASSERT(lab->budget != NULL);
}

static inline uint32_t lab_blocks_used(const struct lab *lab)
{
    struct budget_limits limits;

    budget_limits_default(&limits);
    return limits.most[COST_HASH_BLOCKS] - lab->budget->left[COST_HASH_BLOCKS];
}

static inline int lab_set_up(void **state)
{
    struct crypto_policy policy = {false, false, false};
    struct lab *lab = calloc(1, sizeof(*lab));

    ASSERT(lab != NULL);
    lab->arena = arena_new(0);
    lab->crypto = crypto_new(&policy);
    lab->rules = nsec3_rules_default;
    lab_new_budget(lab);
    *state = lab;
    return lab->arena == NULL || lab->crypto == NULL;
}

static inline int lab_tear_down(void **state)
{
    struct lab *lab = *state;

    budget_unref(lab->budget);
    crypto_free(lab->crypto);
    arena_free(lab->arena);
    free(lab);
    return 0;
}

static inline struct dname lab_name(struct lab *lab, const char *text)
{
    struct dname name;

    ASSERT(dname_from_text_in(lab->arena, text, &name) == STATUS_OK);
    return name;
}

/* The RRset of one line, which ends at a line end or NUL. */
static inline const struct rrset *lab_set(struct lab *lab, const char *line)
{
    struct text_rr record;
    struct rrset_parts parts = {.trust = TRUST_VALIDATED, .rr_count = 1};
    char *copy = arena_text(lab->arena, line);

    copy[strcspn(copy, "\n")] = '\0';
    ASSERT(text_rr_read(copy, NULL, 0, false, lab->arena, &record, NULL) == STATUS_OK);
    parts.owner = record.owner;
    parts.type = record.type;
    parts.rrclass = record.rrclass;
    parts.ttl_s = record.ttl_s;
    parts.rdata = &record.rdata;
    return rrset_in(lab->arena, &parts);
}

/* A denial of the zone with all records of the text, each an RRset of its own. */
static inline struct denial lab_denial(struct lab *lab, const char *zone, const char *records)
{
    struct denial denial;

    denial_begin(&denial, lab_name(lab, zone), &lab->rules, NULL, lab->crypto, lab->budget,
                 lab->arena);
    while (*records != '\0') {
        denial_add(&denial, lab_set(lab, records), false);
        records += strcspn(records, "\n");
        records += *records == '\n';
    }
    return denial;
}

/* "name", "type opt-out", "bogus proof=no-cover": a proof in words, for comparing. */
static inline const char *lab_words(struct lab *lab, const struct proof *proof)
{
    static const char *const words[] = {
        [DENIED_NOTHING] = "bogus",    [DENIED_NAME] = "name", [DENIED_TYPE] = "type",
        [DENIED_CLOSER] = "closer",    [DENIED_DS] = "ds",     [DENIED_CUT] = "cut",
        [DENIED_ANYTHING] = "anything"};

    ASSERT((proof->what == DENIED_NOTHING) == (proof->security == SEC_BOGUS));
    ASSERT((proof->security == SEC_SECURE) ==
           (proof->finding.cause == NULL && !proof->opt_out));
    ASSERT((proof->what == DENIED_NOTHING) == (proof->used[0] == NULL));
    return arena_printf(lab->arena, "%s%s%s%s%s", words[proof->what],
                        proof->opt_out ? " opt-out" : "", proof->no_name ? " no-name" : "",
                        proof->finding.cause == NULL ? "" : " ",
                        proof->finding.cause == NULL ? "" : proof->finding.cause);
}

#endif
