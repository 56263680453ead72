/*
 * sim_faults.h - what is wrong with a server, and what happens to packets on their way.
 *
 * Drawn by sim_generate.c, carried out by sim_servers.c (what the server does) and sim_faults.c
 * (what becomes of a packet). Nothing here allocates.
 */
#ifndef TREESHREW_TESTCODE_SIM_FAULTS_H
#define TREESHREW_TESTCODE_SIM_FAULTS_H

#include "testcode/sim_random.h"
#include "util/bytes.h"

/* SIM_FAULT(name, word, healthy, silent): healthy: who asks patiently gets the answer all the
 * same; silent: costs the asker a timeout, not just a packet. */
#define SIM_FAULT_TABLE(X)                                                                     \
    X(NONE, "none", true, false)                                                               \
    X(FORMERR_EDNS, "formerr-to-edns", true, false)                                            \
    X(NOTIMP_EDNS, "notimp-to-edns", true, false)                                              \
    X(FORGED_ID, "forged-id", true, false)             /* a liar answers first, id unknown */  \
    X(FORGED_SOURCE, "forged-source", true, false)     /* a liar answers from elsewhere */     \
    X(FORGED_QUESTION, "forged-question", true, false) /* a liar answers another question */   \
    X(POISON, "poison", true, false)                   /* adds what it has no right to say */  \
    X(TRUNCATES, "truncates", true, false)             /* TC for everything; TCP works */      \
    X(SERVFAIL, "servfail", false, false)                                                      \
    X(REFUSED, "refused", false, false)                                                        \
    X(NOTIMP, "notimp", false, false)                                                          \
    X(FORMERR, "formerr", false, false)                                                        \
    X(SILENT, "silent", false, true)                                                           \
    X(UNREACHABLE, "unreachable", false, false) /* ICMP comes back */                          \
    X(LAME_UPWARD, "lame-upward", false, false)                                                \
    X(LAME_EMPTY, "lame-empty", false, false) /* neither AA nor any record */                  \
    X(EMPTY, "empty", false, false)           /* AA, but no record and no SOA */               \
    X(WRONG_ID, "wrong-id", false, true)                                                       \
    X(WRONG_QUESTION, "wrong-question", false, true)                                           \
    X(WRONG_SOURCE, "wrong-source", false, true)                                               \
    X(CORRUPT, "corrupt", false, true)                                                         \
    X(TC_NO_TCP, "tc-without-tcp", false, true)                                                \
    X(SOMETIMES, "sometimes-servfail", false, false)                                           \
    X(SLOW, "slow", false, true)

enum sim_fault_kind {
#define SIM_FAULT_ID(name, word, healthy, silent) FAULT_##name,
    SIM_FAULT_TABLE(SIM_FAULT_ID)
#undef SIM_FAULT_ID
        FAULT_KINDS
};

/** How TCP fares at the server. */
enum sim_tcp { TCP_WORKS, TCP_CLOSES_EARLY, TCP_REFUSED, TCP_SILENT };

struct sim_fault {
    enum sim_fault_kind kind;
    enum sim_tcp tcp;
    uint32_t delay_ms, jitter_ms; /* there and back; jitter reorders */
    uint32_t loss_permil, duplicate_permil;
};

/* SIM_FLAW(name, word, of_zone, of_server): what can be wrong with signatures and proofs, with
 * all that a zone has or with what one of its servers says. */
#define SIM_FLAW_TABLE(X)                                                                      \
    X(NONE, "none", false, false)                                                              \
    X(EXPIRED, "expired", true, true)                                                          \
    X(FUTURE, "future", true, true)                                                            \
    X(BROKEN, "broken", true, true)       /* octets of signatures */                           \
    X(STRANGER, "stranger", true, true)   /* a key that is not published */                    \
    X(WRONG_KEY, "wrong-key", true, true) /* another, under the same tag */                    \
    X(FOREIGN, "foreign", true, true)     /* another zone's name and key */                    \
    X(STRIPPED, "stripped", true, true)   /* neither signatures nor proofs */                  \
    X(NO_PROOF, "no-proof", true, true)                                                        \
    X(WRONG_PROOF, "wrong-proof", true, true)      /* good records that do not fit */          \
    X(NO_KEYS, "no-keys", true, false)             /* DS, but no DNSKEY */                     \
    X(KEYS_UNSIGNED, "keys-unsigned", true, false) /* not by the key of the DS */              \
    X(WRONG_DS, "wrong-ds", true, false)           /* of no key of the zone */                 \
    X(NO_ZONE_BIT, "no-zone-bit", true, false)                                                 \
    X(REVOKED, "revoked", true, false)           /* the key of the DS */                       \
    X(CHANGES_DATA, "changes-data", false, true) /* under the old signature */                 \
    X(LIES, "lies", false, true)                 /* without signature */                       \
    X(FALSE_NXDOMAIN, "false-nxdomain", false, true)                                           \
    X(FALSE_NODATA, "false-nodata", false, true)                                               \
    X(REPLAYS_WILDCARD, "replays-wildcard", false, true) /* where it does not stand */         \
    X(DENIES_DS, "denies-ds", false, true)                                                     \
    X(RAISES_TTL, "raises-ttl", false, true) /* harmless: the TTL is signed */

enum sim_flaw {
#define SIM_FLAW_ID(name, word, of_zone, of_server) FLAW_##name,
    SIM_FLAW_TABLE(SIM_FLAW_ID)
#undef SIM_FLAW_ID
        FLAW_KINDS
};

const char *sim_flaw_word(enum sim_flaw flaw);

/** One that a zone, or a server, can have. */
enum sim_flaw sim_flaw_of_zone(struct sim_random *random);
enum sim_flaw sim_flaw_of_server(struct sim_random *random);

/** No signature of a zone with it is good (DNSKEY may be left out of it). */
bool sim_flaw_spoils_data(enum sim_flaw flaw);
/** Nothing can be denied; data may be good. */
bool sim_flaw_spoils_proofs(enum sim_flaw flaw);
/** The keys cannot be trusted. */
bool sim_flaw_spoils_keys(enum sim_flaw flaw);

const char *sim_fault_word(enum sim_fault_kind kind);

/** Who asks patiently gets the right answer. */
bool sim_fault_is_healthy(const struct sim_fault *fault);
bool sim_fault_is_silent(const struct sim_fault *fault);

/** A fault that keeps a server from being of use, at random. */
enum sim_fault_kind sim_fault_bad(struct sim_random *random);
/** One that a good resolver gets over. */
enum sim_fault_kind sim_fault_mild(struct sim_random *random);

/** The way of one packet there and back. */
uint32_t sim_fault_delay_ms(const struct sim_fault *fault, struct sim_random *random);

/**
 * Breaks a reply in a way that can be noticed: cut off, other id, counts too large, question or
 * pointers damaged. Never in a way that makes another good message of it, since without
 * signatures nobody could tell. @param packet at least a header. @return the new size.
 */
size_t sim_fault_corrupt(uint8_t *packet, size_t size, struct sim_random *random);

#endif
