/*
 * validator.h - the module that judges what the next one found: secure, insecure or bogus.
 *
 * Settings are made once a configuration (struct validator_config, shared by threads,
 * read-only); what is learned of zones' keys is shared by all threads as well.
 */
#ifndef TREESHREW_VALIDATOR_VALIDATOR_H
#define TREESHREW_VALIDATOR_VALIDATOR_H

#include "services/query/module.h"
#include "validator/anchor.h"
#include "validator/key_cache.h"
#include "validator/nsec3.h"
#include "validator/sig.h"

struct proven;
struct trust_points;
struct clock_memory;
struct message;
struct question;

struct validator_config {
    const struct validator_options *options;
    const struct crypto *crypto;
    struct sig_clock clock;
    struct nsec3_rules nsec3_rules;
};

/** Reads times and limits out of the options; crypto is borrowed.
 *  @return in the arena, or NULL after a complaint or without memory. */
struct validator_config *validator_config_new(struct arena *arena,
                                              const struct validator_options *options,
                                              const struct crypto *crypto,
                                              anchor_complain *complain, void *context);

struct validator_env {
    const struct validator_config *config;
    const struct anchors *anchors;
    struct trust_points *points; /* NULL: another thread keeps the anchors up to date */
    struct key_cache *keys;
    struct proven *proven; /* NULL: nothing is answered out of denials */
    struct clock_memory *clock; /* NULL: a wrong clock is told each time */
};

extern const struct module validator_module;

/** For env's renew. */
const struct rrset *validator_renew(struct query *query, const struct rrset *known,
                                    const struct rrset *fresh);

/** For env's known_denial (RFC 8198). */
bool validator_known_denial(struct query *query, const struct question *question,
                            struct message *out, int64_t *expires_s);

#endif
